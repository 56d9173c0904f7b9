/*
 * Any bytes as two tars, of which each is a half, perhaps compressed: as they are, and laid over each other. Where they
 * differ something must be told.
 */
#include "lib/diff/sides.h"
#include "tests/fuzz/fuzz_diff.h"

static void check(const struct comparing *c, int rc, bool must_differ)
{
    if (rc < 0 && c->err.kind != STET_ERROR_INPUT)
        abort();
    if (rc == 0 && must_differ && c->result.count == 0)
        abort();
    for (size_t i = 0; i < c->result.count; i++)
        fuzz_check_finding(&c->result.findings[i]);
}

static void compare_streams(struct comparing *c, struct diff_stream *a, struct diff_stream *b)
{
    bool same = stet_diff_map_equal(&a->blob, &b->blob);

    check(c, stet_diff_streams(&c->diff, 1, a, b, true, &c->err), !same);
    stet_diff_take_back(&c->result, 0);
}

/* The first alone, and the second on top of it. */
static void compare_flat(struct comparing *c, struct diff_stream *a, struct diff_stream *b)
{
    struct diff_tar *layers[] = {&a->index, &b->index};
    struct diff_list x = {0}, y = {0};

    int rc = stet_diff_list_flat(layers, 1, &x, &c->err);
    if (rc == 0)
        rc = stet_diff_list_flat(layers, 2, &y, &c->err);
    if (rc == 0)
        rc = stet_diff_entries(&c->diff, 0, &x, &y, false, &c->err);
    check(c, rc, false);
    stet_diff_list_free(&x);
    stet_diff_list_free(&y);
}

static int nothing(const struct diff_pair *p, struct stet_error *err)
{
    (void)p;
    (void)err;
    return 0;
}

static char *copy(const uint8_t *data, size_t len)
{
    char *out = malloc(len ? len : 1);

    if (!out)
        abort();
    if (len)
        memcpy(out, data, len);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct comparing c;
    struct diff_stream a = {.name = copy((const uint8_t *)"a", 2)};
    struct diff_stream b = {.name = copy((const uint8_t *)"b", 2)};
    size_t half = size / 2;
    char *first = copy(data, half), *second = copy(data + half, size - half);
    struct diff_stream *both[] = {&a, &b};

    comparing_run(&c, nothing, "", "", 0, "", 0);
    c.options.budget_bytes = 1 << 20;
    c.diff.temporary = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    a.blob.bytes = (struct diff_bytes){(unsigned char *)first, half};
    b.blob.bytes = (struct diff_bytes){(unsigned char *)second, size - half};
    if (c.diff.temporary < 0 || stet_diff_streams_open(&c.diff, both, 2, &c.err) < 0)
        abort();
    compare_streams(&c, &a, &b);
    compare_flat(&c, &a, &b);
    stet_diff_stream_release(&a);
    stet_diff_stream_release(&b);
    close(c.diff.temporary);
    comparing_release(&c);
    free(first);
    free(second);
    return 0;
}
