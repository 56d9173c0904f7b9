/* Fetching into the store: resumption, damage, sharing with other processes, a full disk. */
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

static void test_fetch(void **state)
{
    struct fixture *f = *state;
    char path[1024];
    struct stat st;
    serve(f, NULL, NULL);
    assert_int_equal(fetch(f, "/a", NULL), 0);
    assert_stored(f);
    snprintf(path, sizeof(path), "%s/%s", f->dir, content_name(f));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0444);
    assert_int_equal(fetch(f, "/a", NULL), 0);
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 1);
}

static void test_fetch_from_a_folder(void **state)
{
    struct fixture *f = *state;
    char url[1024];
    const char *urls[] = {url, NULL};
    snprintf(url, sizeof(url), "file://%s/a", f->dir);
    struct stet_store_item item = {
        .digest = f->digest, .size = FIXTURE_SIZE, .urls = urls, .name = "a.deb"};
    assert_int_equal(stet_store_fetch(f->store, &item, 1, false, NULL, NULL, &f->err), 0);
    assert_true(item.present);
    assert_stored(f);
}

static void test_cut_off_download_is_resumed(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=truncate:60000@1", NULL);
    f->opt.attempts = 1;
    assert_int_equal(fetch(f, "/a", NULL), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "cannot get a.deb: http://127.0.0.1:");
    assert_true(stet_test_same(f->dir, partial_name(f), f->bytes, 60000));
    fixture_open(f);
    assert_int_equal(fetch(f, "/a", NULL), 0);
    assert_stored(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 206 range=bytes=60000-", NULL), 1);
}

static void test_damaged_rest_is_replaced(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    stet_test_write(f->dir, partial_name(f), "garbage", 7);
    assert_int_equal(fetch(f, "/a", NULL), 0);
    assert_stored(f);
}

static void test_too_long_rest_is_replaced(void **state)
{
    struct fixture *f = *state;
    unsigned char *more = stet_test_bytes(FIXTURE_SIZE + 1, 4);
    serve(f, NULL, NULL);
    stet_test_write(f->dir, partial_name(f), more, FIXTURE_SIZE + 1);
    free(more);
    assert_int_equal(fetch(f, "/a", NULL), 0);
    assert_stored(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 200 range=- ", NULL), 1);
}

static void test_complete_rest_needs_no_server(void **state)
{
    struct fixture *f = *state;
    stet_test_write(f->dir, partial_name(f), f->bytes, FIXTURE_SIZE);
    assert_int_equal(fetch(f, "/a", NULL), 0);
    assert_stored(f);
}

static void test_complete_but_damaged_rest(void **state)
{
    struct fixture *f = *state;
    unsigned char *other = stet_test_bytes(FIXTURE_SIZE, 5);
    serve(f, NULL, NULL);
    stet_test_write(f->dir, partial_name(f), other, FIXTURE_SIZE);
    free(other);
    assert_int_equal(fetch(f, "/a", NULL), 0);
    assert_stored(f);
}

static void test_damaged_content(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=flip", NULL);
    stet_test_write(f->dir, "b", f->bytes, FIXTURE_SIZE);
    assert_int_equal(fetch(f, "/a", NULL), -1);
    assert_says(f, STET_ERROR_INPUT, "/a: the content is damaged or another one: its SHA-256 is ");
    assert_false(exists(f, content_name(f)));
    assert_false(exists(f, partial_name(f)));
    assert_int_equal(fetch(f, "/a", "/b"), 0);
    assert_stored(f);
}

static void test_lies_about_the_size(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=longer-chunked", NULL);
    stet_test_write(f->dir, "b", f->bytes, FIXTURE_SIZE);
    assert_int_equal(fetch(f, "/a", "/b"), 0);
    assert_stored(f);
}

static void test_optional(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    const char *none[] = {stet_test_url(&f->server, "/none"), NULL};
    const char *urls[] = {stet_test_url(&f->server, "/a"), NULL};
    struct stet_store_item items[] = {
        {.size = 5, .urls = none, .name = "none", .optional = true, .present = true},
        {.digest = f->digest, .size = FIXTURE_SIZE, .urls = urls, .name = "a", .optional = true},
    };
    assert_int_equal(stet_store_fetch(f->store, items, 2, false, &f->opt, NULL, &f->err), 0);
    assert_false(items[0].present);
    assert_true(items[1].present);
    assert_int_equal(stet_store_fetch(f->store, items, 2, true, &f->opt, NULL, &f->err), 0);
    assert_false(items[0].present);
}

static void test_same_content_twice(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    const char *urls[] = {stet_test_url(&f->server, "/a"), NULL};
    struct stet_store_item items[3] = {{.size = 0}};
    for (size_t i = 0; i < 3; i++)
        items[i] = (struct stet_store_item){
            .digest = f->digest, .size = FIXTURE_SIZE, .urls = urls, .name = "a"};
    assert_int_equal(stet_store_fetch(f->store, items, 3, false, &f->opt, NULL, &f->err), 0);
    assert_true(items[0].present && items[1].present && items[2].present);
    assert_stored(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 1);
}

static void test_offline(void **state)
{
    struct fixture *f = *state;
    const char *urls[] = {"http://127.0.0.1:1/none", NULL};
    struct stet_store_item items[3] = {{.size = 0}};
    for (size_t i = 0; i < 3; i++)
        items[i] = (struct stet_store_item){.size = 5, .urls = urls, .name = "x.deb"};
    assert_int_equal(stet_store_put(f->store, "hello", 5, &items[0].digest, &f->err), 0);
    items[1].name = "first.deb";
    items[1].digest.bytes[0] = 1;
    items[2].digest.bytes[0] = 2;
    assert_int_equal(stet_store_fetch(f->store, items, 1, true, NULL, NULL, &f->err), 0);
    assert_true(items[0].present);
    assert_int_equal(stet_store_fetch(f->store, items, 3, true, NULL, NULL, &f->err), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT,
                "first.deb and 1 more of 3 files are not in the store /");
    assert_says(f, STET_ERROR_ENVIRONMENT, "without --offline");
    stet_error_clear(&f->err);
    assert_int_equal(stet_store_fetch(f->store, items, 2, true, NULL, NULL, &f->err), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "first.deb is not in the store /");
}

struct progress {
    uint64_t items;
    uint64_t bytes;
    uint64_t items_expected;
    uint64_t bytes_expected;
    unsigned ends;
};

static void on_begin(void *ctx, const char *phase, uint64_t items, uint64_t bytes)
{
    struct progress *p = ctx;
    assert_string_equal(phase, "fetch");
    p->items_expected = items;
    p->bytes_expected = bytes;
}

static void on_advance(void *ctx, uint64_t items, uint64_t bytes, const char *item)
{
    struct progress *p = ctx;
    (void)item;
    p->items += items;
    p->bytes += bytes;
}

static void on_end(void *ctx, const char *phase)
{
    struct progress *p = ctx;
    (void)phase;
    p->ends++;
}

/* One there, one resumed, one new, one there in partial/: together exactly all. */
static void test_progress(void **state)
{
    struct fixture *f = *state;
    struct progress p = {0};
    struct stet_log log = {
        .ctx = &p, .phase_begin = on_begin, .phase_advance = on_advance, .phase_end = on_end};
    struct stet_store_item items[3] = {{.size = 0}};
    serve(f, NULL, NULL);
    const char *urls[] = {stet_test_url(&f->server, "/a"), NULL};
    const char *urls2[] = {stet_test_url(&f->server, "/new"), NULL};
    stet_test_write(f->dir, "new", "new", 3);
    stet_test_write(f->dir, partial_name(f), f->bytes, 100);
    for (size_t i = 0; i < 3; i++)
        items[i] = (struct stet_store_item){.size = 5, .urls = urls2, .name = "x"};
    assert_int_equal(stet_store_put(f->store, "hello", 5, &items[0].digest, &f->err), 0);
    items[1].digest = f->digest;
    items[1].size = FIXTURE_SIZE;
    items[1].urls = urls;
    assert_int_equal(stet_digest_of("new", 3, &items[2].digest, &f->err), 0);
    items[2].size = 3;
    assert_int_equal(stet_store_fetch(f->store, items, 3, false, &f->opt, &log, &f->err), 0);
    assert_int_equal(p.items_expected, 3);
    assert_int_equal(p.items, 3);
    assert_int_equal(p.bytes_expected, FIXTURE_SIZE + 8);
    assert_int_equal(p.bytes, FIXTURE_SIZE + 8);
    assert_int_equal(p.ends, 1);
}

/* ---- several processes ---- */

static pid_t fork_quiet(void)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum { MANY = 12, PROCESSES = 4 };

/* Fetches MANY files in an order of its own. Run in a child: only its exit status tells. */
static int fetch_many(struct fixture *f, unsigned order)
{
    static const char *urls[MANY][2];
    static char paths[MANY][16];
    struct stet_store_item items[MANY];
    struct stet_store *s = stet_store_open(f->store_dir, NULL, &f->err);
    if (s == NULL)
        return 2;
    for (unsigned i = 0; i < MANY; i++) {
        unsigned n = (i * 5 + order * 3) % MANY;
        snprintf(paths[i], sizeof(paths[i]), "/many%02u", n);
        urls[i][0] = strdup(stet_test_url(&f->server, paths[i]));
        items[i] = (struct stet_store_item){.size = 6, .urls = urls[i], .name = paths[i]};
        if (stet_digest_of(paths[i] + 1, 6, &items[i].digest, &f->err) < 0)
            return 2;
    }
    f->opt.parallel = 2;
    int rc = stet_store_fetch(s, items, MANY, false, &f->opt, NULL, &f->err);
    for (unsigned i = 0; rc == 0 && i < MANY; i++) {
        int fd = stet_store_open_content(s, &items[i].digest, 6, &f->err);
        if (!items[i].present || fd < 0)
            rc = -1;
    }
    if (rc < 0)
        fprintf(stderr, "%s\n", f->err.text);
    return rc < 0 ? 1 : 0;
}

static void test_processes_share_downloads(void **state)
{
    struct fixture *f = *state;
    pid_t pids[PROCESSES];
    for (unsigned i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof(name), "many%02u", i);
        stet_test_write(f->dir, name, name, 6);
    }
    serve(f, "*=wait:20", NULL);
    for (unsigned i = 0; i < PROCESSES; i++) {
        pids[i] = fork_quiet();
        if (pids[i] == 0)
            _exit(fetch_many(f, i));
    }
    for (unsigned i = 0; i < PROCESSES; i++)
        assert_int_equal(wait_for(pids[i]), 0);
    assert_int_equal(stet_test_requests(&f->server, "GET /many", NULL), MANY);
}

static void wait_for_partial(struct fixture *f, off_t size)
{
    char path[1024];
    struct stat st = {.st_size = 0};
    snprintf(path, sizeof(path), "%s/%s", f->dir, partial_name(f));
    for (int i = 0; i < 500 && st.st_size != size; i++) {
        poll(NULL, 0, 10);
        if (stat(path, &st) < 0)
            st.st_size = 0;
    }
    assert_int_equal(st.st_size, size);
}

static void test_killed_process_is_succeeded(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=stall:70000@1", NULL);
    pid_t first = fork_quiet();
    if (first == 0)
        _exit(fetch(f, "/a", NULL) == 0 ? 0 : 1);
    wait_for_partial(f, 70000);
    pid_t second = fork_quiet();
    if (second == 0)
        _exit(fetch(f, "/a", NULL) == 0 ? 0 : 1);
    poll(NULL, 0, 150);
    /* The second waits: it has asked for nothing, and has not ended. */
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 1);
    assert_int_equal(waitpid(second, NULL, WNOHANG), 0);
    kill(first, SIGKILL);
    assert_int_equal(wait_for(first), 128 + SIGKILL);
    assert_int_equal(wait_for(second), 0);
    assert_stored(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 206 range=bytes=70000-", NULL), 1);
}

static void on_alarm(int signum)
{
    stet_cancel_request(signum);
}

static void test_cancel_while_waiting_for_another(void **state)
{
    struct fixture *f = *state;
    char path[1024];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct sigaction action = {.sa_handler = on_alarm};
    snprintf(path, sizeof(path), "%s/%s", f->dir, partial_name(f));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    sigaction(SIGALRM, &action, NULL);
    ualarm(100000, 0);
    long long before = stet_test_now_ms();
    assert_int_equal(fetch(f, "/a", NULL), -1);
    stet_cancel_request(0);
    assert_int_equal(f->err.kind, STET_ERROR_INTERRUPTED);
    assert_in_range(stet_test_now_ms() - before, 90, 1500);
    close(fd);
}

/* ---- a full disk ---- */

enum { EXIT_NOT_PERMITTED = 77 };

static int write_proc(const char *path, const char *text)
{
    size_t len = strlen(text);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, len);
    close(fd);
    return n == (ssize_t)len ? 0 : -1;
}

/* Mounts of our own: as root at once, else as root of a user namespace. */
static int own_mounts(void)
{
    char uids[32];
    char gids[32];
    snprintf(uids, sizeof(uids), "0 %u 1", (unsigned)geteuid());
    snprintf(gids, sizeof(gids), "0 %u 1", (unsigned)getegid());
    if (unshare(CLONE_NEWNS) == 0)
        return 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return -1;
    if (write_proc("/proc/self/setgroups", "deny") < 0 ||
        write_proc("/proc/self/gid_map", gids) < 0)
        return -1;
    return write_proc("/proc/self/uid_map", uids);
}

static int fill_disk(struct fixture *f)
{
    char small[600];
    snprintf(small, sizeof(small), "%s/small", f->dir);
    if (own_mounts() < 0)
        return EXIT_NOT_PERMITTED;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mkdir(small, 0755) < 0 ||
        mount("small", small, "tmpfs", 0, "size=64k") < 0)
        return EXIT_NOT_PERMITTED;
    struct stet_store *s = stet_store_open(small, NULL, &f->err);
    if (s == NULL)
        return 2;
    stet_store_free(f->store);
    f->store = s;
    if (fetch(f, "/a", NULL) == 0)
        return 3;
    if (f->err.kind != STET_ERROR_ENVIRONMENT || f->err.errnum != ENOSPC ||
        strstr(f->err.text, small) == NULL || strstr(f->err.text, "free some space") == NULL ||
        strstr(f->err.text, "No space left") == NULL) {
        fprintf(stderr, "%s\n", f->err.text);
        return 4;
    }
    struct stet_digest d;
    stet_error_clear(&f->err);
    if (stet_store_put(s, f->bytes, FIXTURE_SIZE, &d, &f->err) == 0 ||
        strstr(f->err.text, "free some space") == NULL)
        return 5;
    return 0;
}

static void test_full_disk(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    pid_t pid = fork_quiet();
    if (pid == 0)
        _exit(fill_disk(f));
    int status = wait_for(pid);
    if (status == EXIT_NOT_PERMITTED)
        skip();
    assert_int_equal(status, 0);
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_fetch),
        T(test_fetch_from_a_folder),
        T(test_cut_off_download_is_resumed),
        T(test_damaged_rest_is_replaced),
        T(test_too_long_rest_is_replaced),
        T(test_complete_rest_needs_no_server),
        T(test_complete_but_damaged_rest),
        T(test_damaged_content),
        T(test_lies_about_the_size),
        T(test_optional),
        T(test_same_content_twice),
        T(test_offline),
        T(test_progress),
        T(test_processes_share_downloads),
        T(test_killed_process_is_succeeded),
        T(test_cancel_while_waiting_for_another),
        T(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
