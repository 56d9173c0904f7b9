/*
 * Paths below an untrusted root. Where openat2(2) cannot be had, the same walk is
 * done here one component at a time: each is opened with O_PATH | O_NOFOLLOW, and the
 * text of a symbolic link is put before what is left of the path. ".." is never given to
 * the kernel, because a directory that is moved meanwhile could lead it out of the root;
 * the parent is reached by walking again from the root.
 */
#include <errno.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "lib/base/fs_private.h"

enum {
    LINKS_MAX = 40,      /* as the kernel's own limit */
    TARGET_MAX = 4096,   /* PATH_MAX of every Linux file system */
    STEPS_MAX = 1 << 16, /* components opened for one path, walks back to ".." included */
    AGAIN_MAX = 16,
    PROC_MAGIC = 0x9fa0,
};

atomic_bool stet_fs_deny_openat2;

struct walk {
    int root;
    int dir;                 /* where the walk stands */
    struct stet_strv names;  /* how it got there, without links and ".." */
    struct stet_buffer rest; /* what is still to be walked */
    size_t at;               /* the place in it */
    unsigned links;
    unsigned steps;
};

static int open_dir_path(int dirfd, const char *name)
{
    return openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void walk_release(struct walk *w)
{
    int saved = errno;

    stet_cleanup_close(&w->dir);
    stet_strv_release(&w->names);
    stet_buffer_release(&w->rest);
    errno = saved;
}

static int fail(int errnum)
{
    errno = errnum;
    return -1;
}

/* Stands at dir from now on, which becomes the walk's. */
static int stand(struct walk *w, int dir)
{
    if (dir < 0)
        return -1;
    stet_cleanup_close(&w->dir);
    w->dir = dir;
    return 0;
}

static int step(struct walk *w)
{
    return ++w->steps > STEPS_MAX ? fail(ELOOP) : 0;
}

static int go_root(struct walk *w)
{
    stet_strv_release(&w->names);
    return stand(w, openat(w->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static int go_up(struct walk *w)
{
    if (w->names.count == 0)
        return 0;
    free(w->names.items[--w->names.count]);
    w->names.items[w->names.count] = NULL;
    if (stand(w, openat(w->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return -1;
    for (size_t i = 0; i < w->names.count; i++)
        if (step(w) < 0 || stand(w, open_dir_path(w->dir, w->names.items[i])) < 0)
            return -1;
    return 0;
}

/* Takes fd over. */
static int go_down(struct walk *w, const char *name, int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode)) {
        close(fd);
        return fail(ENOTDIR);
    }
    if (stet_strv_add(&w->names, name, NULL) < 0) {
        close(fd);
        return fail(ENOMEM);
    }
    return stand(w, fd);
}

/*
 * Links of /proc that lead to an object rather than to a name (exe, fd/3, ns/net). Their
 * text is absolute, "(unreachable)…" or "kind:[number]"; that of the others ("self",
 * "mounts") is a plain relative path.
 */
static bool is_magic(int link, const char *text)
{
    struct statfs fs;
    bool alnum = (text[0] >= '0' && text[0] <= '9') || (text[0] >= 'A' && text[0] <= 'Z') ||
                 (text[0] >= 'a' && text[0] <= 'z');

    if (fstatfs(link, &fs) < 0)
        return true;
    return fs.f_type == PROC_MAGIC && (!alnum || strchr(text, ':') != NULL);
}

/* Puts the target of link, an O_PATH descriptor, before the rest of the path. */
static int follow(struct walk *w, int link)
{
    char target[TARGET_MAX + 1];
    struct stet_buffer rest = STET_BUFFER_INIT;
    ssize_t len = readlinkat(link, "", target, sizeof(target));

    if (len < 0)
        return -1;
    if (len == 0)
        return fail(ENOENT);
    if (len >= TARGET_MAX)
        return fail(ENAMETOOLONG);
    target[len] = '\0';
    if (w->links++ >= LINKS_MAX || is_magic(link, target))
        return fail(ELOOP);
    if (target[0] == '/' && go_root(w) < 0)
        return -1;
    stet_buffer_add(&rest, target, (size_t)len);
    stet_buffer_add_str(&rest, stet_buffer_str(&w->rest) + w->at);
    stet_buffer_release(&w->rest);
    w->rest = rest;
    w->at = 0;
    return rest.failed ? fail(ENOMEM) : 0;
}

/* Takes the next component into name; 0 at the end of the path. *last: only slashes
 * follow; *slash: at least one does. */
static int next_component(struct walk *w, char name[256], bool *last, bool *slash)
{
    const char *p = stet_buffer_str(&w->rest) + w->at;
    const char *start = p + strspn(p, "/");
    size_t len = strcspn(start, "/");
    const char *after = start + len;

    if (len == 0)
        return 0;
    if (len > 255)
        return fail(ENAMETOOLONG);
    memcpy(name, start, len);
    name[len] = '\0';
    *slash = *after == '/';
    *last = after[strspn(after, "/")] == '\0';
    w->at += (size_t)(after - p);
    return 1;
}

static int is_link(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -1;
    return S_ISLNK(st.st_mode);
}

/* Opens the last component. -2: it was a link, and the walk goes on. */
static int open_last(struct walk *w, const char *name, bool slash, int flags, mode_t mode)
{
    _cleanup_close_ int probe = -1;
    bool follows =
        slash || ((flags & O_NOFOLLOW) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL));

    if (slash && (flags & O_CREAT) != 0)
        return fail(EISDIR);
    if (follows) {
        int link = 0;

        probe = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (probe >= 0)
            link = is_link(probe);
        else if (errno != ENOENT)
            return -1;
        if (link < 0)
            return -1;
        if (link == 1)
            return follow(w, probe) < 0 ? -1 : -2;
    }
    if (slash)
        flags |= O_DIRECTORY;
    return openat(w->dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

/* A component with more behind it: a directory, or a link to follow. */
static int pass_through(struct walk *w, const char *name)
{
    _cleanup_close_ int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int link;

    if (fd < 0)
        return -1;
    link = is_link(fd);
    if (link < 0)
        return -1;
    return link ? follow(w, fd) : go_down(w, name, stet_steal_fd(&fd));
}

/* The walk ends at the directory it stands in. */
static int open_here(const struct walk *w, int flags, mode_t mode)
{
    if ((flags & O_CREAT) != 0)
        return fail((flags & O_EXCL) != 0 ? EEXIST : EISDIR);
    return openat(w->dir, ".", (flags & ~O_NOFOLLOW) | O_CLOEXEC, mode);
}

static int walk_path(struct walk *w, int flags, mode_t mode)
{
    char name[256];
    bool last = false;
    bool slash = false;
    int more;

    while ((more = next_component(w, name, &last, &slash)) > 0) {
        if (step(w) < 0)
            return -1;
        if (strcmp(name, ".") == 0)
            continue;
        if (strcmp(name, "..") == 0) {
            if (go_up(w) < 0)
                return -1;
        } else if (last) {
            int fd = open_last(w, name, slash, flags, mode);

            if (fd != -2)
                return fd;
        } else if (pass_through(w, name) < 0) {
            return -1;
        }
    }
    return more < 0 ? -1 : open_here(w, flags, mode);
}

static int resolve_by_hand(int root, const char *path, int flags, mode_t mode)
{
    struct walk w = {.root = root, .dir = -1};
    int fd = -1;

    if (strlen(path) >= TARGET_MAX)
        return fail(ENAMETOOLONG);
    stet_buffer_add_str(&w.rest, path);
    if (w.rest.failed)
        errno = ENOMEM;
    else if (go_root(&w) == 0)
        fd = walk_path(&w, flags, mode);
    walk_release(&w);
    return fd;
}

static int resolve_by_kernel(int root, const char *path, int flags, mode_t mode)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                           .mode = mode,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int fd = -1;

    /* EAGAIN: something was renamed while ".." was resolved. */
    for (int i = 0; i < AGAIN_MAX; i++) {
        fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            return fd;
    }
    return fd;
}

int stet_fs_resolve(int root, const char *path, int flags, mode_t mode)
{
    /* openat2 refuses what openat ignores. */
    if ((flags & O_PATH) != 0)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
    if ((flags & O_CREAT) == 0 && (flags & O_TMPFILE) != O_TMPFILE)
        mode = 0;
    mode &= 07777;
    if (!atomic_load(&stet_fs_deny_openat2)) {
        int fd = resolve_by_kernel(root, path, flags, mode);

        if (fd >= 0)
            return fd;
        /* A seccomp filter says EPERM; where that is the real answer, it comes again. */
        if (errno != ENOSYS && errno != EPERM && errno != EAGAIN)
            return -1;
    }
    return resolve_by_hand(root, path, flags, mode);
}

const char *stet_fs_strip(const char *path)
{
    while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
        path++;
    return *path == '\0' ? "." : path;
}

static int check_path(const char *path, struct stet_error *err)
{
    size_t len = strlen(path);

    if (strstr(path, "//") != NULL || (len > 0 && path[len - 1] == '/'))
        return stet_error_input(err, "the path \"%s\" has an empty component", path);
    return 0;
}

/* As the public function; a missing file gives -2. */
static int open_in(int root, const char *path, int flags, mode_t mode, struct stet_error *err)
{
    const char *stripped = stet_fs_strip(path);
    int fd;

    if (check_path(stripped, err) < 0)
        return -1;
    fd = stet_fs_resolve(root, stripped, flags, mode);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return -2;
    if (fd < 0)
        return stet_error_errno(err, "cannot open %s in the tree", path);
    return fd;
}

int stet_fs_open_in(int root, const char *path, int flags, mode_t mode, struct stet_error *err)
{
    int fd = open_in(root, path, flags, mode, err);

    return fd == -2 ? stet_error_errno(err, "cannot open %s in the tree", path) : fd;
}

int stet_fs_try_open_in(int root, const char *path, int flags, struct stet_error *err)
{
    return open_in(root, path, flags, 0, err);
}

int stet_fs_try_open_parent_in(int root, const char *path, const char **leaf,
                               struct stet_error *err)
{
    const char *stripped = stet_fs_strip(path);
    const char *slash = strrchr(stripped, '/');
    const char *name = slash == NULL ? stripped : slash + 1;
    _cleanup_free_ char *parent = NULL;

    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return stet_error_input(err, "the path \"%s\" does not end in a name", path);
    parent = slash == NULL ? strdup(".") : strndup(stripped, (size_t)(slash - stripped));
    if (parent == NULL)
        return stet_error_oom(err, "cannot copy a path");
    *leaf = name;
    return open_in(root, parent, O_PATH | O_DIRECTORY, 0, err);
}

int stet_fs_open_parent_in(int root, const char *path, const char **leaf, struct stet_error *err)
{
    int fd = stet_fs_try_open_parent_in(root, path, leaf, err);

    return fd == -2 ? stet_error_errno(err, "cannot open the directory of %s in the tree", path)
                    : fd;
}

/* Makes prefix, whose parent exists. */
static int make_dir_in(int root, const char *prefix, struct stet_error *err)
{
    const char *leaf = NULL;
    _cleanup_close_ int parent = stet_fs_open_parent_in(root, prefix, &leaf, err);

    if (parent < 0)
        return -1;
    if (mkdirat(parent, leaf, 0755) < 0)
        return stet_error_errno(err, "cannot make the directory %s in the tree", prefix);
    if (fchmodat(parent, leaf, 0755, AT_SYMLINK_NOFOLLOW) < 0)
        return stet_error_errno(err, "cannot set the mode of the directory %s in the tree", prefix);
    return 0;
}

static int is_dir_in(int root, const char *path, struct stet_error *err)
{
    int fd = stet_fs_resolve(root, path, O_PATH | O_DIRECTORY, 0);

    if (fd >= 0) {
        close(fd);
        return 1;
    }
    if (errno == ENOENT)
        return 0;
    return stet_error_errno(err, "cannot open the directory %s in the tree", path);
}

int stet_fs_mkdirs_in(int root, const char *path, struct stet_error *err)
{
    const char *stripped = stet_fs_strip(path);
    _cleanup_free_ char *prefix = NULL;
    size_t len = strlen(stripped);

    if (check_path(stripped, err) < 0)
        return -1;
    prefix = stet_strdup(stripped, err);
    if (prefix == NULL)
        return -1;
    for (size_t i = 1; i <= len; i++) {
        int there;

        if (stripped[i] != '/' && stripped[i] != '\0')
            continue;
        prefix[i] = '\0';
        there = is_dir_in(root, prefix, err);
        if (there < 0 || (there == 0 && make_dir_in(root, prefix, err) < 0))
            return -1;
        prefix[i] = stripped[i];
    }
    return 0;
}

int stet_fs_stat_in(int root, const char *path, struct stat *st, struct stet_error *err)
{
    struct stat ignored;
    _cleanup_close_ int fd = open_in(root, path, O_PATH | O_NOFOLLOW, 0, err);

    if (fd == -2)
        return 0;
    if (fd < 0)
        return -1;
    if (fstat(fd, st == NULL ? &ignored : st) < 0)
        return stet_error_errno(err, "cannot stat %s in the tree", path);
    return 1;
}
