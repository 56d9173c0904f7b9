#include "tests/unit/base/base_test.h"

/* A stream that records what is done to it, and fails at the write of that number. */
struct probe {
    struct stet_writer base;
    int writes, closes;
    int fail_at; /* 0: never */
    bool fail_close, silent, told_failed;
};

static int probe_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct probe *p = ctx;

    (void)data;
    (void)len;
    if (++p->writes != p->fail_at)
        return 0;
    return p->silent ? -1 : stet_error_input(err, "write %d", p->writes);
}

static int probe_close(void *ctx, bool failed, struct stet_error *err)
{
    struct probe *p = ctx;

    p->closes++;
    p->told_failed = failed;
    return p->fail_close ? stet_error_input(err, "close") : 0;
}

static void probe_init(struct probe *p)
{
    static const struct stet_writer_ops ops = {probe_write, probe_close};

    memset(p, 0, sizeof(*p));
    stet_writer_init(&p->base, &ops, p);
}

static void writes_and_closes_once(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct probe p;

    (void)state;
    probe_init(&p);
    assert_ok(stet_writer_write(&p.base, "abc", 3, &err), &err);
    assert_ok(stet_writer_write(&p.base, "", 0, &err), &err);
    assert_ok(stet_writer_write(&p.base, "de", 2, &err), &err);
    assert_int_equal(p.base.written, 5);
    assert_int_equal(p.writes, 2);
    assert_ok(stet_writer_close(&p.base, &err), &err);
    assert_ok(stet_writer_close(&p.base, &err), &err);
    assert_int_equal(p.closes, 1);
    assert_false(p.told_failed);
    assert_fails(stet_writer_write(&p.base, "x", 1, &err), &err, STET_ERROR_INTERNAL, "closed");
    assert_int_equal(p.writes, 2);
}

static void first_write_error_is_sticky(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct probe p;

    (void)state;
    probe_init(&p);
    p.fail_at = 2;
    assert_ok(stet_writer_write(&p.base, "a", 1, &err), &err);
    assert_fails(stet_writer_write(&p.base, "b", 1, &err), &err, STET_ERROR_INPUT, "write 2");
    stet_error_clear(&err);
    assert_fails(stet_writer_write(&p.base, "c", 1, &err), &err, STET_ERROR_INPUT, "write 2");
    assert_int_equal(p.writes, 2);
    assert_int_equal(p.base.written, 1);
    p.fail_close = true;
    for (int i = 0; i < 2; i++) {
        stet_error_clear(&err);
        assert_fails(stet_writer_close(&p.base, &err), &err, STET_ERROR_INPUT, "write 2");
    }
    assert_int_equal(p.closes, 1);
    assert_true(p.told_failed);
}

static void close_error_is_sticky(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct probe p;

    (void)state;
    probe_init(&p);
    p.fail_close = true;
    assert_fails(stet_writer_close(&p.base, &err), &err, STET_ERROR_INPUT, "close");
    stet_error_clear(&err);
    assert_fails(stet_writer_close(&p.base, &err), &err, STET_ERROR_INPUT, "close");
    assert_int_equal(stet_writer_close(&p.base, NULL), -1);
}

static void a_silent_failure_is_an_error(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct probe p;

    (void)state;
    probe_init(&p);
    p.fail_at = 1;
    p.silent = true;
    assert_int_equal(stet_writer_write(&p.base, "a", 1, NULL), -1);
    assert_int_equal(stet_writer_close(&p.base, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INTERNAL);
}

static void keeps_a_filled_error(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct probe p;

    (void)state;
    probe_init(&p);
    p.fail_at = 1;
    (void)stet_error_input(&err, "earlier");
    assert_int_equal(stet_writer_write(&p.base, "a", 1, &err), -1);
    assert_string_equal(err.text, "earlier");
}

static void writes_to_a_buffer(void **state)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_buffer_writer w;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_buffer_writer_init(&w, &b);
    assert_ok(stet_writer_write(&w.base, "a\0b", 3, &err), &err);
    assert_ok(stet_writer_write(&w.base, "c", 1, &err), &err);
    assert_ok(stet_writer_close(&w.base, &err), &err);
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "a\0bc", 4);
    stet_buffer_release(&b);
}

static void writes_to_a_descriptor(void **state)
{
    struct scratch *s = *state;
    struct stet_fd_writer w;
    struct stet_error err = STET_ERROR_INIT;
    int fd = openat(s->fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    stet_fd_writer_init(&w, fd, "f");
    assert_ok(stet_writer_write(&w.base, "hello", 5, &err), &err);
    assert_ok(stet_writer_close(&w.base, &err), &err);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC); /* still open */
    close(fd);
    assert_file(s->fd, "f", "hello");
}

static void names_the_descriptor_that_fails(void **state)
{
    struct stet_fd_writer w;
    struct stet_error err = STET_ERROR_INIT;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    if (fd < 0)
        skip();
    stet_fd_writer_init(&w, fd, "the layer");
    assert_fails(stet_writer_write(&w.base, "x", 1, &err), &err, STET_ERROR_ENVIRONMENT,
                 "the layer: No space left on device");
    assert_int_equal(stet_writer_close(&w.base, NULL), -1);
    close(fd);
}

static void reads_memory(void **state)
{
    struct stet_memory_reader r;
    struct stet_error err = STET_ERROR_INIT;
    char data[8];

    (void)state;
    stet_memory_reader_init(&r, "abcdef", 6);
    assert_int_equal(stet_reader_read(&r.base, data, 0, &err), 0);
    assert_int_equal(stet_reader_read(&r.base, data, 4, &err), 4);
    assert_memory_equal(data, "abcd", 4);
    assert_int_equal(stet_reader_read(&r.base, data, 4, &err), 2);
    assert_int_equal(stet_reader_read(&r.base, data, 4, &err), 0);
    assert_int_equal(stet_reader_read(&r.base, data, 4, &err), 0);
    assert_int_equal(r.base.consumed, 6);
    stet_reader_close(&r.base);
    assert_fails((int)stet_reader_read(&r.base, data, 1, &err), &err, STET_ERROR_INTERNAL,
                 "closed");
    stet_reader_close(&r.base);
    stet_memory_reader_init(&r, NULL, 0);
    assert_int_equal(stet_reader_read(&r.base, data, 4, NULL), 0);
}

static void reads_full_or_not_at_all(void **state)
{
    struct stet_memory_reader r;
    struct stet_error err = STET_ERROR_INIT;
    char data[8];

    (void)state;
    stet_memory_reader_init(&r, "abcdef", 6);
    assert_int_equal(stet_reader_read_full(&r.base, data, 0, &err), 1);
    assert_int_equal(stet_reader_read_full(&r.base, data, 6, &err), 1);
    assert_memory_equal(data, "abcdef", 6);
    assert_int_equal(stet_reader_read_full(&r.base, data, 6, &err), 0);
    stet_memory_reader_init(&r, "abcdef", 6);
    assert_fails(stet_reader_read_full(&r.base, data, 7, &err), &err, STET_ERROR_INPUT, "byte 6");
    stet_error_clear(&err);
    /* Sticky as any other error. */
    assert_fails((int)stet_reader_read(&r.base, data, 1, &err), &err, STET_ERROR_INPUT, "byte 6");
}

static ssize_t drip(void *ctx, void *data, size_t len, struct stet_error *err)
{
    int *left = ctx;

    (void)len;
    if (*left == 0)
        return stet_error_input(err, "dry");
    --*left;
    *(char *)data = 'x';
    return 1;
}

static ssize_t lie(void *ctx, void *data, size_t len, struct stet_error *err)
{
    (void)ctx;
    (void)data;
    (void)err;
    return (ssize_t)len + 1;
}

static void reads_full_through_short_reads(void **state)
{
    static const struct stet_reader_ops ops = {.read = drip};
    static const struct stet_reader_ops lying = {.read = lie};
    struct stet_reader r;
    struct stet_error err = STET_ERROR_INIT;
    char data[8] = "";
    int left = 6;

    (void)state;
    stet_reader_init(&r, &ops, &left);
    assert_int_equal(stet_reader_read_full(&r, data, 5, &err), 1);
    assert_string_equal(data, "xxxxx");
    assert_fails(stet_reader_read_full(&r, data, 5, &err), &err, STET_ERROR_INPUT, "dry");
    stet_error_clear(&err);
    assert_fails((int)stet_reader_read(&r, data, 1, &err), &err, STET_ERROR_INPUT, "dry");
    stet_reader_close(&r);
    stet_reader_init(&r, &lying, NULL);
    stet_error_clear(&err);
    assert_int_equal(stet_reader_read(&r, data, 1, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INTERNAL);
}

static void reads_a_descriptor(void **state)
{
    struct scratch *s = *state;
    struct stet_fd_reader r;
    struct stet_error err = STET_ERROR_INIT;
    char data[8];
    int fd;

    put_file(s->fd, "f", "hello");
    fd = openat(s->fd, "f", O_RDONLY | O_CLOEXEC);
    assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
    stet_fd_reader_init(&r, fd, "f");
    assert_int_equal(stet_reader_read(&r.base, data, 8, &err), 3);
    assert_memory_equal(data, "llo", 3);
    assert_int_equal(stet_reader_read(&r.base, data, 8, &err), 0);
    stet_reader_close(&r.base);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    close(fd);
    stet_fd_reader_init(&r, s->fd, "the directory");
    assert_fails((int)stet_reader_read(&r.base, data, 8, &err), &err, STET_ERROR_ENVIRONMENT,
                 "the directory: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_closes_once),
        cmocka_unit_test(first_write_error_is_sticky),
        cmocka_unit_test(close_error_is_sticky),
        cmocka_unit_test(a_silent_failure_is_an_error),
        cmocka_unit_test(keeps_a_filled_error),
        cmocka_unit_test(writes_to_a_buffer),
        cmocka_unit_test_setup_teardown(writes_to_a_descriptor, scratch_setup, scratch_teardown),
        cmocka_unit_test(names_the_descriptor_that_fails),
        cmocka_unit_test(reads_memory),
        cmocka_unit_test(reads_full_or_not_at_all),
        cmocka_unit_test(reads_full_through_short_reads),
        cmocka_unit_test_setup_teardown(reads_a_descriptor, scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
