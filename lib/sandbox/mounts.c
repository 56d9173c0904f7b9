/*
 * The tree of mounts a program sees.
 *
 * Runs in init, in mount, PID, UTS and network namespaces that are new but belong to the
 * *caller's* user namespace. That order is deliberate: the user namespace of the program is
 * made afterwards (inside.c), one level deeper, so no capability the program can ever hold,
 * not even CAP_SYS_ADMIN through a kernel bug in capability bookkeeping, gives power over any
 * mount made here.
 *
 * The tree is untrusted, so no path into it is ever resolved: directories are opened by one
 * name with O_NOFOLLOW relative to a descriptor, entered with fchdir(2), and mounted on as ".".
 * A mount on a descriptor's directory is not visible through that descriptor, so it is
 * opened once more by the same name from the directory above.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "lib/sandbox/private.h"

static const int directory = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

static int open_directory(int at, const char *name)
{
    int fd = openat(at, name, directory);

    if (fd < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_DIRECTORY_MISSING, name);
    return fd;
}

static void enter(int fd)
{
    if (fchdir(fd) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_MOUNT, "fchdir");
}

/* Mounts a file system on directory name of at; the descriptor is that of its root. */
static int mount_on(int at, const char *name, const char *type, unsigned long flags,
                    const char *data)
{
    int below = open_directory(at, name);

    enter(below);
    close(below);
    if (mount(type, ".", type, flags, data) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_MOUNT, name);
    return open_directory(at, name);
}

/*
 * Adds flags to the mount that path is the root of. A bind mount starts with the flags of its
 * source, and in a user namespace those are locked: they have to be named again or the
 * kernel refuses. statvfs tells them.
 */
static int add_flags(const char *path, unsigned long flags)
{
    static const struct {
        unsigned long have, want;
    } kept[] = {
        {ST_RDONLY, MS_RDONLY},     {ST_NOSUID, MS_NOSUID},   {ST_NODEV, MS_NODEV},
        {ST_NOEXEC, MS_NOEXEC},     {ST_NOATIME, MS_NOATIME}, {ST_NODIRATIME, MS_NODIRATIME},
        {ST_RELATIME, MS_RELATIME},
    };
    struct statvfs vfs;

    if (statvfs(path, &vfs) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (vfs.f_flag & kept[i].have)
            flags |= kept[i].want;
    }
    return mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | flags, NULL);
}

/*
 * Makes the tree (the current directory) a mount of its own and returns its root. The bind mount
 * lies on top of the directory it shows, and nothing names that directory; but ".." from a
 * directory inside it walks up and then onto what is mounted there.
 */
static int mount_tree(void)
{
    struct stat want, got;
    int dev = open_directory(AT_FDCWD, "dev");
    int root;

    if (stat(".", &want) < 0 || mount(".", ".", NULL, MS_BIND, NULL) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_ROOT, "");
    root = openat(dev, "..", directory);
    if (root < 0 || fstat(root, &got) < 0 || got.st_dev != want.st_dev || got.st_ino != want.st_ino)
        stet_sandbox_die(STET_SANDBOX_STEP_ROOT, "");
    close(dev);
    enter(root);
    /* nosuid: what runs inside is root of its ids already, and no_new_privs forbids more. nodev: a
     * device node that came with the tree opens nothing. */
    if (add_flags(".", MS_NOSUID | MS_NODEV) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_ROOT_FLAGS, "");
    return root;
}

/* ---- /dev ---- */

static const struct {
    const char *name, *path;
    unsigned major, minor;
} devices[] = {
    {"null", "/dev/null", 1, 3},     {"zero", "/dev/zero", 1, 5},       {"full", "/dev/full", 1, 7},
    {"random", "/dev/random", 1, 8}, {"urandom", "/dev/urandom", 1, 9}, {"tty", "/dev/tty", 5, 0},
};

/*
 * The host's own device nodes, bound: creating nodes is not allowed in a user namespace. Each is
 * read-only as a mount, which does not limit reading and writing the device, but keeps a
 * root inside that is the host's uid 0 from changing mode or owner of the host's node.
 */
static void add_device(size_t i)
{
    struct stat st;
    int fd;

    if (lstat(devices[i].path, &st) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_DEVICE, devices[i].path);
    if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(devices[i].major, devices[i].minor)) {
        errno = ENODEV;
        stet_sandbox_die(STET_SANDBOX_STEP_DEVICE, devices[i].path);
    }
    fd = open(devices[i].name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_DEVICE, devices[i].path);
    close(fd);
    if (mount(devices[i].path, devices[i].name, NULL, MS_BIND, NULL) < 0 ||
        add_flags(devices[i].name, MS_RDONLY | MS_NOSUID | MS_NOEXEC) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_DEVICE, devices[i].path);
}

static void mount_dev(int root)
{
    static const char *const links[][2] = {
        {"/proc/self/fd", "fd"},       {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
        {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"},
    };
    int dev = mount_on(root, "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=4m");

    enter(dev);
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        add_device(i);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (symlinkat(links[i][0], dev, links[i][1]) < 0)
            stet_sandbox_die(STET_SANDBOX_STEP_DEVICE, links[i][1]);
    }
    if (mkdirat(dev, "shm", 0755) < 0 || mkdirat(dev, "pts", 0755) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_DEVICE, "/dev/shm");
    close(mount_on(dev, "shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m"));
    /* Pseudo terminals are a convenience that some kernels lack: without them /dev/pts is empty. */
    enter(dev);
    if (mount("devpts", "pts", "devpts", MS_NOSUID | MS_NOEXEC,
              "newinstance,ptmxmode=0666,mode=0620,gid=5") < 0)
        mount("devpts", "pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666");
    close(dev);
}

/* ---- /proc and /sys ---- */

enum { PATH_BYTES = 128 };

/* The name of the i-th fixed text in the store: "0", "1", … for a file of /proc itself, and its
 * own path for those below sys/. */
static void text_name(const struct stet_sandbox_plan *plan, size_t i, char out[PATH_BYTES])
{
    if (strncmp(plan->texts[i].path, "sys/", 4) == 0)
        snprintf(out, PATH_BYTES, "%s", plan->texts[i].path);
    else
        snprintf(out, PATH_BYTES, "%zu", i);
}

static void make_parents(int at, const char *path)
{
    char part[PATH_BYTES];

    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
        if (mkdirat(at, part, 0755) < 0 && errno != EEXIST)
            stet_sandbox_die(STET_SANDBOX_STEP_PROC, path);
    }
}

static void write_text(int at, const char *name, const void *data, size_t len)
{
    int fd;

    make_parents(at, name);
    fd = openat(at, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        stet_sandbox_die(STET_SANDBOX_STEP_PROC, name);
    close(fd);
}

/*
 * A tmpfs that holds the fixed texts, an empty file and an empty directory, for a while on the
 * tree's /sys. Once filled it is read-only, and so is everything bound from it.
 */
static void mount_texts(const struct stet_sandbox_plan *plan, int root)
{
    int store =
        mount_on(root, "sys", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755,size=4m");
    char name[PATH_BYTES];

    for (size_t i = 0; i < plan->text_count; i++) {
        text_name(plan, i, name);
        write_text(store, name, plan->texts[i].text.data, plan->texts[i].text.len);
    }
    write_text(store, "empty", "", 0);
    write_text(store, "sys/kernel/random/uuid", "", 0);
    if (mkdirat(store, "none", 0555) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PROC, "none");
    enter(store);
    close(store);
    if (add_flags(".", MS_RDONLY) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PROC, "");
}

static bool is_kept(const char *name)
{
    static const char *const kept[] = {"self", "thread-self", "mounts", "net", ".", ".."};

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (strcmp(name, kept[i]) == 0)
            return true;
    }
    return name[strspn(name, "0123456789")] == '\0';
}

/* Puts a fixed text or nothing in place of one entry of /proc (the current directory is the tree).
 */
static void mask(const struct stet_sandbox_plan *plan, const char *name, unsigned char type)
{
    char source[PATH_BYTES + 8] = "sys/empty", part[PATH_BYTES], target[NAME_MAX + 8];
    unsigned long flags = MS_BIND;

    if (type == DT_LNK || is_kept(name))
        return;
    for (size_t i = 0; i < plan->text_count; i++) {
        if (strcmp(plan->texts[i].path, name) == 0) {
            text_name(plan, i, part);
            snprintf(source, sizeof(source), "sys/%s", part);
        }
    }
    if (type == DT_DIR) {
        bool is_sys = strcmp(name, "sys") == 0;

        snprintf(source, sizeof(source), "sys/%s", is_sys ? "sys" : "none");
        flags |= is_sys ? MS_REC : 0;
    }
    snprintf(target, sizeof(target), "proc/%s", name);
    if (mount(source, target, NULL, flags, NULL) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_MASK, name);
}

struct linux_dirent64 {
    uint64_t d_ino;
    int64_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[];
};

/*
 * Everything in /proc that is not about a process is either known to be harmless or masked. Root
 * inside may be the host's uid 0, to whom many of these files belong (core_pattern among
 * them), so a list of what to hide would have to grow with every kernel; this one does not.
 */
static void mask_proc(const struct stet_sandbox_plan *plan, int proc)
{
    _Alignas(struct linux_dirent64) char buffer[32768];
    int fd = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n;

    if (fd < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PROC, "");
    while ((n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < n;) {
            const struct linux_dirent64 *d = (const void *)(buffer + at);

            mask(plan, d->d_name, d->d_type);
            at += d->d_reclen;
        }
    }
    if (n < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PROC, "");
    close(fd);
}

static void mount_proc(const struct stet_sandbox_plan *plan, int root)
{
    int proc;

    mount_texts(plan, root);
    proc = open_directory(root, "proc");
    enter(proc);
    close(proc);
    if (mount("proc", ".", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PROC, "");
    proc = open_directory(root, "proc");
    enter(root);
    /* The one file of /proc/sys that is meant to be different each time. */
    if (mount("proc/sys/kernel/random/uuid", "sys/sys/kernel/random/uuid", NULL, MS_BIND, NULL) <
            0 ||
        add_flags("sys/sys/kernel/random/uuid", MS_RDONLY) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PROC, "sys/kernel/random/uuid");
    mask_proc(plan, proc);
    close(proc);
    /* What was bound lives on without the store's own mount. */
    if (umount2("sys", MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PROC, "sys");
    close(mount_on(root, "sys", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                   "mode=0555,size=4k"));
}

/* A tmpfs over a directory that need not be there. A symlink is left as it is: it leads to
 * somewhere in the tree. */
static void mount_scratch(int root, const char *name, const char *data)
{
    struct stat st;

    if (fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
        close(mount_on(root, name, "tmpfs", MS_NOSUID | MS_NODEV, data));
}

void stet_sandbox_mounts(const struct stet_sandbox_plan *plan)
{
    int root;

    /* First of all: nothing that happens here propagates to the host, nor from it. */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PRIVATE, "");
    root = mount_tree();
    mount_dev(root);
    mount_proc(plan, root);
    if (!plan->keep_tmp)
        mount_scratch(root, "tmp", "mode=1777");
    if (plan->private_run)
        mount_scratch(root, "run", "mode=0755");
    /*
     * pivot_root(".", ".") stacks the old root onto the new one, and the unmount takes it off
     * again with all that is below it. After that no path leads out: unlike after chroot(2),
     * there is nothing above "/". Descriptors that were opened outside are closed before
     * the program runs (inside.c).
     */
    enter(root);
    close(root);
    if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_PIVOT, "");
}
