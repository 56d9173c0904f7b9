/*
 * Paths below an untrusted root, through openat2 and without it: the same tables for both.
 */
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "lib/base/fs_private.h"
#include "tests/unit/base/base_test.h"

/* root/ is the tree; what is beside it must never be reached. */
static int make_tree(void **state)
{
    static const char *const dirs[] = {"outside",  "root",       "root/a",
                                       "root/a/b", "root/a/b/c", "root/etc"};
    static const char *const links[][2] = {
        {"a/b", "rel"},
        {"/a/b", "abs"},
        {"/a/b/c/file", "absfile"},
        {"a/b/c/file", "relfile"},
        {"../../../../outside/secret", "a/escape"},
        {"../a/b/c/file", "a/up"},
        {"../../../../../../a/b/c/file", "a/b/c/far"},
        {"/", "slash"},
        {".", "dot"},
        {"..", "dotdot"},
        {"a/b/", "dirslash"},
        {"a/b/c/file/", "fileslash"},
        {"nowhere", "dangling"},
        {"/a/new", "a/b/toabsent"},
        {"loop2", "loop1"},
        {"loop1", "loop2"},
        {"self/x", "self"},
        {"slash/slash/abs/../b/c", "winding"},
        {"a//b///c", "doubled"},
        {"dirslash/../..", "above"},
    };
    struct scratch *s;

    if (scratch_setup(state) < 0)
        return -1;
    s = *state;
    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
        if (mkdirat(s->fd, dirs[i], 0755) < 0)
            return -1;
    put_file(s->fd, "outside/secret", "secret");
    put_file(s->fd, "root/a/b/c/file", "file");
    put_file(s->fd, "root/top", "top");
    if (mkfifoat(s->fd, "root/fifo", 0644) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "root/%s", links[i][1]);
        if (symlinkat(links[i][0], s->fd, name) < 0)
            return -1;
    }
    /* n1 needs one link, n40 needs forty. */
    for (int i = 1; i <= 41; i++) {
        char name[64];
        char target[64] = "top";

        (void)snprintf(name, sizeof(name), "root/n%d", i);
        if (i > 1)
            (void)snprintf(target, sizeof(target), "n%d", i - 1);
        if (symlinkat(target, s->fd, name) < 0)
            return -1;
    }
    return 0;
}

static int open_root(struct scratch *s)
{
    int fd = openat(s->fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

/* Asks without a path, so that only whether the call is there shows. */
static bool kernel_resolves(void)
{
    return syscall(SYS_openat2, -1, "", NULL, 0) < 0 && errno != ENOSYS && errno != EPERM;
}

static const struct {
    const char *path;
    int flags;
    int errnum;       /* 0: it opens */
    const char *real; /* the same file, without links and ".." */
} opens[] = {
    {"a/b/c/file", O_RDONLY, 0, "a/b/c/file"},
    {"/a/b/c/file", O_RDONLY, 0, "a/b/c/file"},
    {"./a/b/c/file", O_RDONLY, 0, "a/b/c/file"},
    {"/././/a/b", O_RDONLY, 0, "a/b"},
    {"a/./b/./c", O_PATH, 0, "a/b/c"},
    {"", O_PATH, 0, "."},
    {"/", O_PATH, 0, "."},
    {".", O_RDONLY | O_DIRECTORY, 0, "."},
    {"..", O_PATH, 0, "."},
    {"../..", O_PATH, 0, "."},
    {"../../a", O_PATH, 0, "a"},
    {"a/../..", O_PATH, 0, "."},
    {"a/b/../../top", O_RDONLY, 0, "top"},
    {"rel/c/file", O_RDONLY, 0, "a/b/c/file"},
    {"abs/c/file", O_RDONLY, 0, "a/b/c/file"},
    {"absfile", O_RDONLY, 0, "a/b/c/file"},
    {"relfile", O_RDONLY, 0, "a/b/c/file"},
    {"a/up", O_RDONLY, 0, "a/b/c/file"},
    {"a/b/c/far", O_RDONLY, 0, "a/b/c/file"},
    {"a/escape", O_RDONLY, ENOENT, NULL},
    {"../outside/secret", O_RDONLY, ENOENT, NULL},
    {"slash", O_PATH, 0, "."},
    {"slash/slash/slash/top", O_RDONLY, 0, "top"},
    {"slash/../../outside", O_PATH, ENOENT, NULL},
    {"dot/dot/top", O_RDONLY, 0, "top"},
    {"dotdot", O_PATH, 0, "."},
    {"dotdot/top", O_RDONLY, 0, "top"},
    {"rel/..", O_PATH, 0, "a"},
    {"rel/../..", O_PATH, 0, "."},
    {"dirslash", O_PATH, 0, "a/b"},
    {"dirslash/c", O_PATH, 0, "a/b/c"},
    {"dirslash", O_PATH | O_NOFOLLOW, 0, "dirslash"},
    {"fileslash", O_PATH, ENOTDIR, NULL},
    {"fileslash", O_PATH | O_NOFOLLOW, 0, "fileslash"},
    {"winding", O_PATH, 0, "a/b/c"},
    {"doubled/file", O_RDONLY, 0, "a/b/c/file"},
    {"above", O_PATH, 0, "."},
    {"above/top", O_RDONLY, 0, "top"},
    {"missing", O_RDONLY, ENOENT, NULL},
    {"missing/x", O_RDONLY, ENOENT, NULL},
    {"a/missing/..", O_PATH, ENOENT, NULL},
    {"top/x", O_RDONLY, ENOTDIR, NULL},
    {"top/.", O_PATH, ENOTDIR, NULL},
    {"top/..", O_PATH, ENOTDIR, NULL},
    {"absfile/..", O_PATH, ENOTDIR, NULL},
    {"dangling", O_RDONLY, ENOENT, NULL},
    {"dangling/x", O_RDONLY, ENOENT, NULL},
    {"dangling", O_PATH | O_NOFOLLOW, 0, "dangling"},
    {"absfile", O_PATH | O_NOFOLLOW, 0, "absfile"},
    {"absfile", O_RDONLY | O_NOFOLLOW, ELOOP, NULL},
    {"abs", O_RDONLY | O_NOFOLLOW, ELOOP, NULL},
    {"abs", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, ENOTDIR, NULL},
    {"abs/c", O_PATH | O_NOFOLLOW, 0, "a/b/c"},
    {"a/b", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, 0, "a/b"},
    {"top", O_RDONLY | O_DIRECTORY, ENOTDIR, NULL},
    {"absfile", O_PATH | O_DIRECTORY, ENOTDIR, NULL},
    {"abs", O_PATH | O_DIRECTORY, 0, "a/b"},
    {"loop1", O_RDONLY, ELOOP, NULL},
    {"loop1/x", O_RDONLY, ELOOP, NULL},
    {"loop1", O_PATH | O_NOFOLLOW, 0, "loop1"},
    {"self", O_PATH, ELOOP, NULL},
    {"n1", O_RDONLY, 0, "top"},
    {"n39", O_RDONLY, 0, "top"},
    {"n40", O_RDONLY, 0, "top"},
    {"n41", O_RDONLY, ELOOP, NULL},
    {"n41", O_PATH | O_NOFOLLOW, 0, "n41"},
    {"dot/n39", O_RDONLY, 0, "top"},
    {"dot/n40", O_RDONLY, ELOOP, NULL},
    {"a", O_WRONLY, EISDIR, NULL},
    {"a", O_RDWR, EISDIR, NULL},
    {"top", O_RDONLY | O_CREAT, 0, "top"},
    {"top", O_RDONLY | O_CREAT | O_EXCL, EEXIST, NULL},
    {"a", O_RDONLY | O_CREAT, EISDIR, NULL},
    {"dangling", O_WRONLY | O_CREAT | O_EXCL, EEXIST, NULL},
    {"absfile", O_WRONLY | O_CREAT | O_EXCL, EEXIST, NULL},
    {"absfile", O_RDONLY | O_CREAT, 0, "a/b/c/file"},
    {"absfile", O_RDONLY | O_CREAT | O_NOFOLLOW, ELOOP, NULL},
    {"missing/new", O_WRONLY | O_CREAT, ENOENT, NULL},
    {"top/new", O_WRONLY | O_CREAT, ENOTDIR, NULL},
};

static void assert_same_file(int root, int fd, const char *real)
{
    struct stat a;
    struct stat b;

    assert_int_equal(fstat(fd, &a), 0);
    assert_int_equal(fstatat(root, real, &b, AT_SYMLINK_NOFOLLOW), 0);
    if (a.st_ino != b.st_ino || a.st_dev != b.st_dev)
        fail_msg("this is not %s", real);
}

static void opens_what_a_chrooted_process_would(void **state)
{
    int root = open_root(*state);

    for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        int fd = stet_fs_open_in(root, opens[i].path, opens[i].flags, 0644, &err);

        if ((fd < 0) != (opens[i].errnum != 0) || err.errnum != opens[i].errnum)
            fail_msg("%s (flags %#o): %s", opens[i].path, (unsigned)opens[i].flags,
                     fd < 0 ? err.text : "it opens");
        if (fd < 0)
            continue;
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_same_file(root, fd, opens[i].real);
        close(fd);
    }
    close(root);
}

static void refuses_empty_components(void **state)
{
    static const char *const paths[] = {"a//b", "a/", "a/b//", ".//a//b"};
    int root = open_root(*state);

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;

        assert_fails(stet_fs_open_in(root, paths[i], O_PATH, 0, &err), &err, STET_ERROR_INPUT,
                     "empty component");
        stet_error_clear(&err);
        assert_fails(stet_fs_mkdirs_in(root, paths[i], &err), &err, STET_ERROR_INPUT,
                     "empty component");
    }
    close(root);
}

static void refuses_long_names(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    int root = open_root(*state);
    char path[5001];

    memset(path, 'x', 256);
    path[256] = '\0';
    assert_int_equal(stet_fs_open_in(root, path, O_PATH, 0, &err), -1);
    assert_int_equal(err.errnum, ENAMETOOLONG);
    for (size_t i = 0; i < 5000; i++)
        path[i] = i % 2 == 0 ? '.' : '/';
    path[4999] = '\0';
    path[0] = 'a';
    stet_error_clear(&err);
    assert_int_equal(stet_fs_open_in(root, path, O_PATH, 0, &err), -1);
    assert_int_equal(err.errnum, ENAMETOOLONG);
    close(root);
}

static void creates_inside_only(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    int root = open_root(s);
    const mode_t mask = umask(0);
    struct stat st;
    int fd = stet_fs_open_in(root, "a/b/toabsent", O_WRONLY | O_CREAT, 0640, &err);

    (void)umask(mask);
    assert_ok(fd, &err);
    assert_same_file(root, fd, "a/new");
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    close(fd);
    fd = stet_fs_open_in(root, "../../../../new", O_WRONLY | O_CREAT | O_EXCL, 0600, &err);
    assert_ok(fd, &err);
    assert_same_file(root, fd, "new");
    close(fd);
    assert_int_equal(faccessat(s->fd, "new", F_OK, 0), -1);
    fd = stet_fs_open_in(root, "rel", O_TMPFILE | O_RDWR, 0600, &err);
    if (fd < 0)
        assert_int_equal(err.errnum, EOPNOTSUPP);
    else
        close(fd);
    close(root);
}

static void tries_without_an_error(void **state)
{
    static const char *const missing[] = {"missing", "a/missing/x", "top/x", "dangling",
                                          "a/escape"};
    struct stet_error err = STET_ERROR_INIT;
    int root = open_root(*state);
    int fd;

    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        assert_int_equal(stet_fs_try_open_in(root, missing[i], O_RDONLY, &err), -2);
    assert_int_equal(err.kind, STET_ERROR_NONE);
    fd = stet_fs_try_open_in(root, "absfile", O_RDONLY, &err);
    assert_ok(fd, &err);
    close(fd);
    assert_int_equal(stet_fs_try_open_in(root, "loop1", O_RDONLY, &err), -1);
    assert_int_equal(err.errnum, ELOOP);
    close(root);
}

static void opens_parents(void **state)
{
    static const struct {
        const char *path;
        const char *parent; /* NULL: fails */
        const char *leaf;
    } cases[] = {
        {"top", ".", "top"},       {"/top", ".", "top"},        {"./missing", ".", "missing"},
        {"abs/c", "a/b", "c"},     {"absfile", ".", "absfile"}, {"../../x", ".", "x"},
        {"rel/../x", "a", "x"},    {"/", NULL, NULL},           {"", NULL, NULL},
        {".", NULL, NULL},         {"a/..", NULL, NULL},        {"a/.", NULL, NULL},
        {"a/", NULL, NULL},        {"missing/x", NULL, NULL},   {"top/x", NULL, NULL},
        {"absfile/x", NULL, NULL}, {"a//x", NULL, NULL},
    };
    int root = open_root(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        const char *leaf = NULL;
        int fd = stet_fs_open_parent_in(root, cases[i].path, &leaf, &err);

        if ((fd < 0) != (cases[i].parent == NULL))
            fail_msg("%s: %s", cases[i].path, fd < 0 ? err.text : "it opens");
        if (fd < 0)
            continue;
        assert_string_equal(leaf, cases[i].leaf);
        assert_true(leaf >= cases[i].path && leaf <= cases[i].path + strlen(cases[i].path));
        assert_same_file(root, fd, cases[i].parent);
        close(fd);
    }
    close(root);
}

static void makes_directories(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    int root = open_root(s);
    const mode_t mask = umask(0077);
    struct stat st;

    assert_ok(stet_fs_mkdirs_in(root, "var/lib/dpkg", &err), &err);
    assert_ok(stet_fs_mkdirs_in(root, "/var/lib/dpkg", &err), &err);
    assert_ok(stet_fs_mkdirs_in(root, "abs/x/y", &err), &err);
    assert_ok(stet_fs_mkdirs_in(root, "/", &err), &err);
    assert_ok(stet_fs_mkdirs_in(root, "../../z", &err), &err);
    (void)umask(mask);
    assert_int_equal(fstatat(root, "var/lib", &st, 0), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 0755);
    assert_int_equal(fstatat(root, "a/b/x/y", &st, 0), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 0755);
    assert_int_equal(fstatat(root, "z", &st, 0), 0);
    assert_int_equal(faccessat(s->fd, "z", F_OK, 0), -1);
    assert_int_equal(stet_fs_mkdirs_in(root, "top/x", &err), -1);
    stet_error_clear(&err);
    assert_int_equal(stet_fs_mkdirs_in(root, "top", &err), -1);
    stet_error_clear(&err);
    assert_int_equal(stet_fs_mkdirs_in(root, "dangling/x", &err), -1);
    stet_error_clear(&err);
    assert_int_equal(stet_fs_mkdirs_in(root, "loop1", &err), -1);
    close(root);
}

static void stats_without_following(void **state)
{
    static const struct {
        const char *path;
        int found;
        mode_t type;
    } cases[] = {
        {"top", 1, S_IFREG},
        {"absfile", 1, S_IFLNK},
        {"dangling", 1, S_IFLNK},
        {"fifo", 1, S_IFIFO},
        {"abs/c", 1, S_IFDIR},
        {"/", 1, S_IFDIR},
        {"", 1, S_IFDIR},
        {"..", 1, S_IFDIR},
        {"missing", 0, 0},
        {"top/x", 0, 0},
        {"dangling/x", 0, 0},
        {"a/b/toabsent", 1, S_IFLNK},
        {"../outside/secret", 0, 0},
        {"loop1/x", -1, 0},
    };
    int root = open_root(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        struct stat st = {0};

        assert_int_equal(stet_fs_stat_in(root, cases[i].path, &st, &err), cases[i].found);
        assert_int_equal(st.st_mode & S_IFMT, cases[i].type);
        assert_int_equal(stet_fs_stat_in(root, cases[i].path, NULL, &err), cases[i].found);
    }
    close(root);
}

static void reads_files(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer out = STET_BUFFER_INIT;
    int root = open_root(*state);

    stet_buffer_add_str(&out, "<");
    assert_ok(stet_fs_read_in(root, "absfile", 4, &out, &err), &err);
    assert_string_equal(stet_buffer_str(&out), "<file");
    assert_fails(stet_fs_read_in(root, "absfile", 3, &out, &err), &err, STET_ERROR_INPUT,
                 "larger than the limit of 3");
    assert_string_equal(stet_buffer_str(&out), "<file");
    stet_error_clear(&err);
    assert_int_equal(stet_fs_read_in(root, "missing", 3, &out, &err), -2);
    assert_int_equal(stet_fs_read_in(root, "a/escape", 30, &out, &err), -2);
    assert_int_equal(err.kind, STET_ERROR_NONE);
    assert_fails(stet_fs_read_in(root, "a", 3, &out, &err), &err, STET_ERROR_INPUT, "regular");
    stet_error_clear(&err);
    /* Must not wait for a writer. */
    assert_fails(stet_fs_read_in(root, "fifo", 3, &out, &err), &err, STET_ERROR_INPUT, "regular");
    stet_buffer_release(&out);
    close(root);
}

static void writes_files(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    int root = open_root(s);
    struct stat st;

    assert_ok(stet_fs_write_in(root, "etc/new", "one", 3, 04755, (uid_t)-1, (gid_t)-1, &err), &err);
    assert_file(root, "etc/new", "one");
    assert_int_equal(fstatat(root, "etc/new", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 04755);
    assert_ok(stet_fs_write_in(root, "etc/new", "2", 1, 0600, getuid(), getgid(), &err), &err);
    assert_file(root, "etc/new", "2");
    /* A link in the tree is replaced, and what it named is left alone. */
    assert_ok(stet_fs_write_in(root, "a/escape", "x", 1, 0600, getuid(), getgid(), &err), &err);
    assert_file(root, "a/escape", "x");
    assert_file(s->fd, "outside/secret", "secret");
    assert_ok(stet_fs_write_in(root, "abs/viaabs", "", 0, 0600, getuid(), getgid(), &err), &err);
    assert_file(root, "a/b/viaabs", "");
    assert_int_equal(stet_fs_write_in(root, "a", "x", 1, 0600, getuid(), getgid(), &err), -1);
    stet_error_clear(&err);
    assert_int_equal(stet_fs_write_in(root, "no/x", "x", 1, 0600, getuid(), getgid(), &err), -1);
    if (getuid() == 0) {
        assert_ok(stet_fs_write_in(root, "etc/own", "x", 1, 06711, 123, 456, &err), &err);
        assert_int_equal(fstatat(root, "etc/own", &st, 0), 0);
        assert_int_equal(st.st_uid, 123);
        assert_int_equal(st.st_gid, 456);
        assert_int_equal(st.st_mode & 07777, 06711);
    }
    /* No other name is left, neither by success nor by failure. */
    assert_int_equal(unlinkat(root, "etc/new", 0), 0);
    (void)unlinkat(root, "etc/own", 0);
    assert_int_equal(unlinkat(root, "etc", AT_REMOVEDIR), 0);
    close(root);
}

static void removes_below_the_root(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    int root = open_root(s);

    assert_ok(stet_fs_remove_in(root, "missing", &err), &err);
    assert_ok(stet_fs_remove_in(root, "missing/x", &err), &err);
    assert_ok(stet_fs_remove_in(root, "top/x", &err), &err);
    assert_ok(stet_fs_remove_in(root, "a/escape", &err), &err);
    assert_ok(stet_fs_remove_in(root, "abs", &err), &err);
    assert_file(root, "a/b/c/file", "file");
    assert_ok(stet_fs_remove_in(root, "rel/c", &err), &err);
    assert_int_equal(faccessat(root, "a/b/c", F_OK, 0), -1);
    assert_ok(stet_fs_remove_in(root, "a", &err), &err);
    assert_int_equal(faccessat(root, "a", F_OK, 0), -1);
    assert_file(s->fd, "outside/secret", "secret");
    assert_file(root, "top", "top");
    assert_fails(stet_fs_remove_in(root, "/", &err), &err, STET_ERROR_INPUT, "name");
    close(root);
}

/* Links of /proc lead to objects, wherever those are. */
static void refuses_magic_links(void **state)
{
    static const struct {
        const char *path;
        int flags, errnum;
    } cases[] = {
        {"self/status", O_RDONLY, 0},
        {"thread-self/comm", O_RDONLY, 0},
        {"mounts", O_RDONLY, 0},
        {"net", O_PATH, 0},
        {"self/exe", O_RDONLY, ELOOP},
        {"self/cwd", O_PATH, ELOOP},
        {"self/root", O_PATH, ELOOP},
        {"self/root/etc", O_PATH, ELOOP},
        {"self/cwd/..", O_PATH, ELOOP},
        {"self/ns/net", O_RDONLY, ELOOP},
        {"self/exe", O_PATH | O_NOFOLLOW, 0},
    };
    struct stet_error err = STET_ERROR_INIT;
    struct statfs fs;
    char path[64];
    int pipes[2];
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    if (proc < 0 || fstatfs(proc, &fs) < 0 || fs.f_type != 0x9fa0) {
        print_message("skipped: /proc is not mounted\n");
        skip();
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = stet_fs_open_in(proc, cases[i].path, cases[i].flags, 0, &err);

        if (err.errnum != cases[i].errnum)
            fail_msg("%s: %s", cases[i].path, fd < 0 ? err.text : "it opens");
        if (fd >= 0)
            close(fd);
        stet_error_clear(&err);
    }
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof(path), "self/fd/%d", i == 0 ? pipes[0] : proc);
        assert_int_equal(stet_fs_open_in(proc, path, O_PATH, 0, &err), -1);
        assert_int_equal(err.errnum, ELOOP);
        stet_error_clear(&err);
    }
    close(pipes[0]);
    close(pipes[1]);
    close(proc);
}

/* ".." from every level, forty links through ever deeper paths: bounded, in time and memory. */
static void bounds_its_work(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    int root = open_root(*state);
    struct stet_buffer text = STET_BUFFER_INIT;

    for (int i = 0; i < 500; i++)
        stet_buffer_add_str(&text, i == 0 ? "d" : "/d");
    assert_ok(stet_fs_mkdirs_in(root, stet_buffer_str(&text), &err), &err);
    for (int i = 0; i < 500; i++)
        stet_buffer_add_str(&text, "/..");
    /* It may be refused where it is walked by hand, but then with an error. */
    for (int i = 0; i < 2; i++) {
        int fd = stet_fs_open_in(root, stet_buffer_str(&text), O_PATH, 0, &err);

        if (fd >= 0)
            assert_same_file(root, fd, ".");
        else
            assert_int_equal(err.errnum, ELOOP);
        stet_error_clear(&err);
        if (fd >= 0)
            close(fd);
        stet_buffer_add_str(&text, "/a");
        if (i == 0)
            stet_buffer_add_str(&text, "/..");
    }
    stet_buffer_release(&text);
    close(root);
}

/* ---- both ways side by side ---- */

struct outcome {
    int errnum;
    ino_t ino;
    bool created;
};

static struct outcome try_one(int root, const char *path, int flags, bool deny)
{
    struct outcome o = {0};
    struct stat st;
    int fd;

    atomic_store(&stet_fs_deny_openat2, deny);
    fd = stet_fs_resolve(root, stet_fs_strip(path), flags, 0600);
    o.errnum = fd < 0 ? errno : 0;
    atomic_store(&stet_fs_deny_openat2, false);
    if (fd < 0)
        return o;
    assert_int_equal(fstat(fd, &st), 0);
    /* Files that this made are of mode 0600, the others are not. */
    o.created = S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600;
    o.ino = o.created ? 0 : st.st_ino;
    if (o.created) {
        char self[64];
        char name[4096];
        ssize_t n;

        (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        n = readlink(self, name, sizeof(name) - 1);
        assert_true(n > 0);
        name[n] = '\0';
        assert_int_equal(unlink(name), 0);
    }
    close(fd);
    return o;
}

static void both_ways_agree(void **state)
{
    static const char *const words[] = {
        "a",        "b",        "c",     "file",    "top",     "..",       ".",
        "abs",      "rel",      "slash", "dot",     "dotdot",  "dirslash", "fileslash",
        "dangling", "toabsent", "loop1", "winding", "doubled", "above",    "up",
        "escape",   "far",      "n20",   "n21",     "n38",     "absfile",  "new",
        "fifo",     "etc",      "..",    "..",      "a",       ""};
    static const int flags[] = {O_PATH,
                                O_PATH | O_NOFOLLOW,
                                O_PATH | O_DIRECTORY,
                                O_RDONLY | O_NONBLOCK,
                                O_RDONLY | O_NONBLOCK | O_NOFOLLOW,
                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                                O_RDWR | O_NONBLOCK,
                                O_RDWR | O_NONBLOCK | O_CREAT,
                                O_RDWR | O_NONBLOCK | O_CREAT | O_EXCL,
                                O_RDWR | O_NONBLOCK | O_CREAT | O_NOFOLLOW};
    int root = open_root(*state);
    uint32_t seed = 20260912;

    if (!kernel_resolves()) {
        print_message("skipped: this kernel has no openat2\n");
        close(root);
        skip();
    }
    for (int i = 0; i < 40000; i++) {
        char path[256] = "";
        size_t len = 0;
        struct outcome kernel;
        struct outcome hand;
        int f;

        seed = seed * 1664525 + 1013904223;
        for (uint32_t n = 1 + (seed >> 8) % 7; n > 0; n--) {
            seed = seed * 1664525 + 1013904223;
            len += (size_t)snprintf(path + len, sizeof(path) - len, "%s%s", len == 0 ? "" : "/",
                                    words[(seed >> 8) % (sizeof(words) / sizeof(words[0]))]);
        }
        f = flags[(seed >> 16) % (sizeof(flags) / sizeof(flags[0]))];
        kernel = try_one(root, path, f, false);
        hand = try_one(root, path, f, true);
        /* A walk that the kernel has to begin again, because something else changed meanwhile,
         * keeps the count of links of the first try: then it says ELOOP too early. */
        for (int again = 0; again < 10 && kernel.errnum == ELOOP && hand.errnum != ELOOP; again++)
            kernel = try_one(root, path, f, false);
        if (kernel.errnum != hand.errnum || kernel.ino != hand.ino ||
            kernel.created != hand.created)
            fail_msg("\"%s\" (flags %#o): the kernel says %d (inode %lu), by hand %d (inode %lu)",
                     path, (unsigned)f, kernel.errnum, (unsigned long)kernel.ino, hand.errnum,
                     (unsigned long)hand.ino);
    }
    close(root);
}

static int use_kernel(void **state)
{
    (void)state;
    atomic_store(&stet_fs_deny_openat2, false);
    return 0;
}

static int use_hand(void **state)
{
    (void)state;
    atomic_store(&stet_fs_deny_openat2, true);
    return 0;
}

int main(void)
{
#define in_tree(test) cmocka_unit_test_setup_teardown(test, make_tree, scratch_teardown)
    const struct CMUnitTest tests[] = {
        in_tree(opens_what_a_chrooted_process_would),
        in_tree(refuses_empty_components),
        in_tree(refuses_long_names),
        in_tree(creates_inside_only),
        in_tree(tries_without_an_error),
        in_tree(opens_parents),
        in_tree(makes_directories),
        in_tree(stats_without_following),
        in_tree(reads_files),
        in_tree(writes_files),
        in_tree(removes_below_the_root),
        cmocka_unit_test(refuses_magic_links),
        in_tree(bounds_its_work),
    };
    const struct CMUnitTest side_by_side[] = {in_tree(both_ways_agree)};
    int failed = 0;

    failed += cmocka_run_group_tests_name("openat2", tests, use_kernel, NULL);
    failed += cmocka_run_group_tests_name("by hand", tests, use_hand, NULL);
    failed += cmocka_run_group_tests_name("side by side", side_by_side, use_kernel, NULL);
    return failed;
}
