#include "tests/unit/arch/run_fixture.h"

static void on_message(void *ctx, enum stet_log_level level, const char *text)
{
    struct run_fixture *f = ctx;
    stet_buffer_addf(&f->logged, "%s: %s\n", level == STET_LOG_WARNING ? "warning" : "verbose",
                     text);
}

static void on_begin(void *ctx, const char *phase, uint64_t items, uint64_t bytes)
{
    struct run_fixture *f = ctx;
    (void)bytes;
    stet_buffer_addf(&f->logged, "begin %s %ju\n", phase, (uintmax_t)items);
}

static void on_advance(void *ctx, uint64_t items, uint64_t bytes, const char *item)
{
    struct run_fixture *f = ctx;
    (void)bytes;
    assert_int_equal(items, 1);
    stet_buffer_addf(&f->logged, "advance %s\n", item);
}

static void on_end(void *ctx, const char *phase)
{
    struct run_fixture *f = ctx;
    stet_buffer_addf(&f->logged, "end %s\n", phase);
}

int run_setup(void **state)
{
    static const char *const directories[] = {"dev", "proc", "sys", "run"};
    struct run_fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->path, sizeof f->path, "/tmp/stet-test-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    assert_int_equal(chmod(f->path, 0755), 0);
    f->ctx.root = open(f->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->ctx.root >= 0);
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        assert_int_equal(mkdirat(f->ctx.root, directories[i], 0755), 0);
    stet_lock_init(&f->lock);
    f->lock.epoch = RUN_EPOCH;
    f->sandbox = (struct stet_sandbox){.root = f->ctx.root, .epoch = RUN_EPOCH};
    f->log = (struct stet_log){f, on_message, on_begin, on_advance, on_end};
    f->ctx.lock = &f->lock;
    f->ctx.sandbox = &f->sandbox;
    f->ctx.log = &f->log;
    f->ctx.threads = 1;
    *state = f;
    return 0;
}

int run_teardown(void **state)
{
    struct run_fixture *f = *state;
    int rc = stet_fs_remove(AT_FDCWD, f->path, NULL);
    close(f->ctx.root);
    stet_arch_state_free(f->state);
    stet_lock_release(&f->lock);
    stet_buffer_release(&f->logged);
    free(f);
    return rc;
}

void run_add_package(struct run_fixture *f, const char *name, const char *version, unsigned stage)
{
    struct stet_lock_package *p = stet_lock_add_package(&f->lock, NULL);
    assert_non_null(p);
    p->name = stet_strdup(name, NULL);
    p->version = stet_strdup(version, NULL);
    p->stage = stage;
}

void run_begin(struct run_fixture *f)
{
    f->state = stet_arch_state_new(&f->lock, NULL);
    assert_non_null(f->state);
    f->ctx.state = f->state;
    for (size_t i = 0; i < f->state->count; i++) {
        struct stet_arch_package *p = &f->state->packages[i];
        p->info.name = stet_strdup(p->locked->name, NULL);
        p->info.version = stet_strdup(p->locked->version, NULL);
    }
}

void run_add_files(struct run_fixture *f, size_t i, ...)
{
    const char *path;
    va_list ap;
    va_start(ap, i);
    while ((path = va_arg(ap, const char *)))
        assert_int_equal(stet_strv_add(&f->state->packages[i].files, path, NULL), 0);
    va_end(ap);
}

static void make_parent(struct run_fixture *f, const char *path)
{
    char *parent = stet_strdup(path, NULL), *slash = strrchr(parent, '/');
    if (slash) {
        *slash = '\0';
        assert_int_equal(stet_fs_mkdirs_in(f->ctx.root, parent, NULL), 0);
    }
    free(parent);
}

void run_put(struct run_fixture *f, const char *path, const char *text, mode_t mode)
{
    make_parent(f, path);
    assert_int_equal(
        stet_fs_write_in(f->ctx.root, path, text, strlen(text), mode, (uid_t)-1, (gid_t)-1, NULL),
        0);
}

void run_link(struct run_fixture *f, const char *path, const char *target)
{
    make_parent(f, path);
    assert_int_equal(symlinkat(target, f->ctx.root, path), 0);
}

bool run_exists(struct run_fixture *f, const char *path)
{
    struct stat st;
    return fstatat(f->ctx.root, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}
