#include "tests/support/root_fixture.h"

#include <sched.h>

static const char *base = "/tmp";

static int write_map(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

int become_root(void)
{
    char uid[32], gid[32];
    if (geteuid() == 0)
        return 0;
    snprintf(uid, sizeof uid, "0 %u 1", (unsigned)geteuid());
    snprintf(gid, sizeof gid, "0 %u 1", (unsigned)getegid());
    if (unshare(CLONE_NEWUSER) < 0 || write_map("/proc/self/setgroups", "deny") < 0 ||
        write_map("/proc/self/uid_map", uid) < 0 || write_map("/proc/self/gid_map", gid) < 0)
        return 77;
    return 0;
}

void fixtures_in_memory(void)
{
    char dir[] = "/dev/shm/stet-XXXXXX";
    if (mkdtemp(dir) && rmdir(dir) == 0)
        base = "/dev/shm";
}

static int keep(void *ctx, int64_t mtime, struct stet_error *err)
{
    struct fixture *f = ctx;
    (void)err;
    size_t i = __atomic_fetch_add(&f->kept_count, 1, __ATOMIC_RELAXED);
    if (i < sizeof f->kept / sizeof *f->kept)
        f->kept[i] = mtime;
    return 0;
}

static void on_message(void *ctx, enum stet_log_level level, const char *text)
{
    struct fixture *f = ctx;
    (void)level;
    stet_buffer_addf(&f->logged, "%s\n", text);
    if (f->on_message)
        f->on_message(f, text);
}

struct fixture *fixture_new(const char *name)
{
    struct fixture *f = calloc(1, sizeof *f);
    char path[128];
    assert_non_null(f);
    snprintf(f->dir, sizeof f->dir, "%s/stet-%s-XXXXXX", base, name);
    assert_non_null(mkdtemp(f->dir));
    snprintf(path, sizeof path, "%s/root", f->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    stet_lock_init(&f->lock);
    f->lock.epoch = EPOCH;
    f->log = (struct stet_log){.ctx = f, .message = on_message};
    f->ctx = (struct stet_build_context){.lock = &f->lock,
                                         .threads = 3,
                                         .keep_mtime = keep,
                                         .keep_ctx = f,
                                         .sandbox = &f->sandbox,
                                         .log = &f->log};
    f->ctx.root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->ctx.work = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "%s/store", f->dir);
    f->ctx.store = stet_store_open(path, NULL, &f->err);
    assert_non_null(f->ctx.store);
    f->sandbox.root = f->ctx.root;
    return f;
}

void fixture_free(struct fixture *f)
{
    struct stet_error err = STET_ERROR_INIT;
    stet_store_free(f->ctx.store);
    stet_lock_release(&f->lock);
    stet_buffer_release(&f->logged);
    close(f->ctx.root);
    close(f->ctx.work);
    if (stet_fs_remove(AT_FDCWD, f->dir, &err) < 0)
        fail_msg("%s", err.text);
    free(f);
}

size_t add_bytes(struct fixture *f, const struct stet_buffer *bytes, const char *name,
                 const char *version, const char *architecture, unsigned stage)
{
    struct stet_lock_package *p = stet_lock_add_package(&f->lock, &f->err);
    assert_non_null(p);
    p->name = stet_strdup(name, &f->err);
    p->version = stet_strdup(version, &f->err);
    p->architecture = stet_strdup(architecture, &f->err);
    p->size = bytes->len;
    p->stage = stage;
    assert_int_equal(stet_store_put(f->ctx.store, bytes->data, bytes->len, &p->digest, &f->err), 0);
    return f->lock.package_count - 1;
}

char *stored_path(struct fixture *f, size_t i)
{
    char hex[STET_DIGEST_HEX_SIZE];
    stet_digest_hex(&f->lock.packages[i].digest, hex);
    return stet_format(&f->err, "%s/store/sha256/%.2s/%s", f->dir, hex, hex);
}

void assert_refused(const struct fixture *f, const char *part)
{
    if (f->err.kind != STET_ERROR_INPUT || !strstr(f->err.text, part) || strchr(f->err.text, '\n'))
        fail_msg("expected \"%s\", got kind %d: %s", part, f->err.kind, f->err.text);
}

const char *content(struct fixture *f, const char *path)
{
    static char text[65536];
    struct stet_buffer b = STET_BUFFER_INIT;
    int rc = stet_fs_read_in(f->ctx.root, path, sizeof text - 1, &b, &f->err);
    if (rc == 0)
        snprintf(text, sizeof text, "%s", stet_buffer_str(&b));
    stet_buffer_release(&b);
    return rc == 0 ? text : NULL;
}

bool lookup(struct fixture *f, const char *path, struct stat *st)
{
    return fstatat(f->ctx.root, path, st, AT_SYMLINK_NOFOLLOW) == 0;
}

unsigned mode_of(struct fixture *f, const char *path)
{
    struct stat st;
    assert_true(lookup(f, path, &st));
    return st.st_mode & 07777;
}

void put(struct fixture *f, const char *path, const char *text)
{
    assert_int_equal(stet_fs_write_in(f->ctx.root, path, text, strlen(text), 0644, 0, 0, &f->err),
                     0);
}
