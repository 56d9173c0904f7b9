/*
 * Becoming root of 65536 ids, without being anybody else outside.
 *
 * An unprivileged process may make a user namespace, but may map only itself into it. The
 * set-uid programs newuidmap and newgidmap map more: the ranges that the administrator gave
 * the user in /etc/subuid and /etc/subgid. They have to run outside the new namespace, so a
 * child is forked first that stays there. There is no fallback to a map of one id: files
 * could not be given to their owners, and the image would be a different one.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/sandbox/private.h"

enum { IDS = 65536, MAP_MAX = 65536, SUBID_MAX = 16 << 20 };

/* ---- map and range files ---- */

/* The next decimal number at *at, after blanks; false where there is none or it is too large. */
static bool take_number(const char **at, uint64_t *out)
{
    uint64_t value = 0;
    const char *p = *at + strspn(*at, " \t");
    const char *first = p;

    for (; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return false;
    }
    *at = p;
    *out = value;
    return p != first;
}

int stet_sandbox_identity_map(const char *map, struct stet_buffer *out, bool *all,
                              struct stet_error *err)
{
    uint64_t total = 0;

    stet_buffer_clear(out);
    for (const char *at = map; *at != '\0';) {
        uint64_t inside, outside, count;

        if (!take_number(&at, &inside) || !take_number(&at, &outside) ||
            !take_number(&at, &count) || *at != '\n')
            return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                                  "sandbox: the id map of this process can't be read");
        at++;
        total += count;
        stet_buffer_addf(out, "%llu %llu %llu\n", (unsigned long long)inside,
                         (unsigned long long)inside, (unsigned long long)count);
    }
    *all = total >= UINT32_MAX;
    return stet_buffer_check(out, "sandbox: id map", err);
}

/* Is the owner field of a line, up to its colon, this name or this id? */
static bool is_owner(const char *line, size_t len, const char *name, uid_t id)
{
    char number[16];
    int n = snprintf(number, sizeof(number), "%u", (unsigned)id);

    if (name != NULL && strlen(name) == len && memcmp(line, name, len) == 0)
        return true;
    return (size_t)n == len && memcmp(line, number, len) == 0;
}

int stet_sandbox_find_range(const char *text, const char *name, uid_t id, uint64_t need,
                            uint64_t *start)
{
    for (const char *line = text; *line != '\0';) {
        const char *end = line + strcspn(line, "\n");
        const char *at = memchr(line, ':', (size_t)(end - line));
        uint64_t first = 0, count = 0;

        if (at != NULL && is_owner(line, (size_t)(at - line), name, id)) {
            at++;
            if (take_number(&at, &first) && *at++ == ':' && take_number(&at, &count) && at == end &&
                count >= need && first <= UINT32_MAX && need <= UINT32_MAX - first) {
                *start = first;
                return 1;
            }
        }
        line = *end == '\0' ? end : end + 1;
    }
    return 0;
}

struct ranges {
    uid_t uid;
    gid_t gid;
    char name[64]; /* for messages: the user's name, or the id */
    uint64_t subuid, subgid;
};

static int find_in(const char *file, const char *option, const struct ranges *r, uint64_t *start,
                   struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;

    if (access(file, F_OK) == 0 && stet_fs_read(AT_FDCWD, file, SUBID_MAX, &text, err) < 0)
        return stet_error_wrap(err, "sandbox");
    if (stet_sandbox_find_range(stet_buffer_str(&text), r->name, r->uid, IDS - 1, start))
        return 0;
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                          "sandbox: %s gives user %s no range of %d ids; add the line "
                          "\"%s:100000:65536\" (or other ids that nobody has), as root: usermod %s "
                          "100000-165535 %s",
                          file, r->name, IDS - 1, r->name, option, r->name);
}

static int find_ranges(struct ranges *r, struct stet_error *err)
{
    char buffer[16384];
    struct passwd entry, *found = NULL;

    r->uid = getuid();
    r->gid = getgid();
    snprintf(r->name, sizeof(r->name), "%u", (unsigned)r->uid);
    if (getpwuid_r(r->uid, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL &&
        strlen(found->pw_name) < sizeof(r->name))
        snprintf(r->name, sizeof(r->name), "%s", found->pw_name);
    if (find_in("/etc/subuid", "--add-subuids", r, &r->subuid, err) < 0)
        return -1;
    return find_in("/etc/subgid", "--add-subgids", r, &r->subgid, err);
}

/* ---- the helper that stays outside ---- */

static int map_ids(const char *program, pid_t pid, uint64_t own, uint64_t sub,
                   struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer said = STET_BUFFER_INIT;
    _cleanup_strv_ struct stet_strv argv = STET_STRV_INIT;
    struct stet_spawn spawn = {.errout = &said, .output_max = 1024, .timeout_ms = 30000};
    int status;

    if (stet_strv_add(&argv, program, err) < 0 || stet_strv_addf(&argv, err, "%d", (int)pid) < 0 ||
        stet_strv_add(&argv, "0", err) < 0 ||
        stet_strv_addf(&argv, err, "%llu", (unsigned long long)own) < 0 ||
        stet_strv_add(&argv, "1", err) < 0 || stet_strv_add(&argv, "1", err) < 0 ||
        stet_strv_addf(&argv, err, "%llu", (unsigned long long)sub) < 0 ||
        stet_strv_addf(&argv, err, "%d", IDS - 1) < 0)
        return -1;
    spawn.argv = (const char *const *)argv.items;
    status = stet_spawn_run(&spawn, "uidmap", err);
    if (status < 0)
        return stet_error_wrap(err, "sandbox");
    if (status != 0)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "sandbox: %s failed (status %d): %s",
                              program, status, stet_buffer_str(&said));
    return 0;
}

struct helper {
    pid_t pid;
    int go;     /* written to: the namespace is there */
    int answer; /* read from: an error, or nothing when all is well */
};

/* Waits for the word, maps, and sends what went wrong. Ends when the caller does, as go closes. */
noreturn static void help(const struct ranges *r, pid_t target, int go, int answer)
{
    struct stet_error err = STET_ERROR_INIT;
    char word;

    if (read(go, &word, 1) != 1)
        _exit(1);
    if (map_ids("newuidmap", target, r->uid, r->subuid, &err) == 0 &&
        map_ids("newgidmap", target, r->gid, r->subgid, &err) == 0)
        _exit(0);
    if (stet_fs_write_fd(answer, "pipe", &err, sizeof(err), NULL) < 0)
        _exit(2);
    _exit(1);
}

static int start_helper(const struct ranges *r, struct helper *h, struct stet_error *err)
{
    int go[2], answer[2];
    pid_t target = getpid();

    if (pipe2(go, O_CLOEXEC) < 0)
        return stet_error_errno(err, "sandbox: pipe");
    if (pipe2(answer, O_CLOEXEC) < 0) {
        stet_error_errno(err, "sandbox: pipe");
        close(go[0]);
        close(go[1]);
        return -1;
    }
    h->pid = fork();
    if (h->pid == 0) {
        close(go[1]);
        close(answer[0]);
        help(r, target, go[0], answer[1]);
    }
    if (h->pid < 0)
        stet_error_errno(err, "sandbox: fork");
    close(go[0]);
    close(answer[1]);
    h->go = go[1];
    h->answer = answer[0];
    return h->pid < 0 ? -1 : 0;
}

/* Lets the helper work (or, with work false, go), and takes its answer. */
static int finish_helper(struct helper *h, bool work, struct stet_error *err)
{
    struct stet_error theirs = STET_ERROR_INIT;
    ssize_t got = 0, n;
    int status = 0;

    if (work && write(h->go, "", 1) != 1)
        stet_error_errno(err, "sandbox: helper");
    close(h->go);
    while (h->pid > 0 && (size_t)got < sizeof(theirs)) {
        n = read(h->answer, (char *)&theirs + got, sizeof(theirs) - (size_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += n;
    }
    close(h->answer);
    while (h->pid > 0 && waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!work || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return 0;
    if ((size_t)got == sizeof(theirs) && theirs.kind != STET_ERROR_NONE)
        return stet_error_set(err, theirs.kind, 0, "%s", theirs.text);
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                          "sandbox: the helper that maps ids ended without an answer");
}

/* ---- the namespace ---- */

static bool sysctl_is(const char *file, char value)
{
    _cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);
    char c = 0;

    return fd >= 0 && read(fd, &c, 1) == 1 && c == value;
}

/* Why the kernel refused, as far as it can be known: one cause, one cure. */
static int explain_refusal(int errnum, struct stet_error *err)
{
    const char *why = "is the process in a chroot, or in a container whose seccomp profile "
                      "denies unshare?";

    if (sysctl_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
        why = "AppArmor restricts them: sysctl kernel.apparmor_restrict_unprivileged_userns=0";
    if (sysctl_is("/proc/sys/kernel/unprivileged_userns_clone", '0'))
        why = "they are switched off: sysctl kernel.unprivileged_userns_clone=1";
    if (errnum == ENOSPC || errnum == EUSERS ||
        sysctl_is("/proc/sys/user/max_user_namespaces", '0'))
        why = "their number is limited: raise the sysctl user.max_user_namespaces";
    if (errnum == EINVAL)
        why = "the kernel lacks CONFIG_USER_NS, or the process has several threads";
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, errnum,
                          "sandbox: no user namespace for an ordinary user (%s; or run as root)",
                          why);
}

static int take_root(struct stet_error *err)
{
    /* The groups first, while there still is a right to; then the ids, real, effective and saved.
     */
    if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return stet_error_errno(err, "sandbox: becoming root of the user namespace");
    return 0;
}

static int make_private(struct stet_error *err)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return 0;
    if (sysctl_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
        return stet_error_errno(err,
                                "sandbox: no rights in the new user namespace, AppArmor takes them "
                                "away (sysctl kernel.apparmor_restrict_unprivileged_userns=0)");
    return stet_error_errno(err, "sandbox: making mounts private");
}

static int become_as_user(struct stet_error *err)
{
    struct ranges r;
    struct helper h;
    bool made;
    int errnum;

    /* What can be known to fail is asked before anything changes. */
    if (find_ranges(&r, err) < 0 || start_helper(&r, &h, err) < 0)
        return -1;
    made = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    errnum = errno;
    if (finish_helper(&h, made, err) < 0)
        return -1;
    if (!made)
        return explain_refusal(errnum, err);
    if (take_root(err) < 0)
        return -1;
    return make_private(err);
}

/* Root of what? Of all ids, or of enough of them; a namespace with a single id (unshare -r) can
 * own no file of another user. */
static int check_ids(const char *file, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    uint64_t covered = 0;

    if (stet_fs_read(AT_FDCWD, file, MAP_MAX, &text, err) < 0)
        return stet_error_wrap(err, "sandbox");
    for (const char *at = stet_buffer_str(&text); *at != '\0';) {
        uint64_t inside = 0, outside = 0, count = 0;

        if (!take_number(&at, &inside) || !take_number(&at, &outside) ||
            !take_number(&at, &count) || *at++ != '\n')
            break;
        if (inside < IDS)
            covered += count < IDS - inside ? count : IDS - inside;
    }
    if (covered >= IDS)
        return 0;
    return stet_error_set(
        err, STET_ERROR_ENVIRONMENT, 0,
        "sandbox: root of a user namespace with %llu of the ids 0 to %d (%s); run "
        "stet outside of it, as root or as an ordinary user",
        (unsigned long long)covered, IDS - 1, file);
}

static int become_as_root(struct stet_error *err)
{
    if (check_ids("/proc/self/uid_map", err) < 0 || check_ids("/proc/self/gid_map", err) < 0)
        return -1;
    if (unshare(CLONE_NEWNS) < 0)
        return stet_error_errno(
            err, "sandbox: no mount namespace, though this is root (in a container? it "
                 "needs CAP_SYS_ADMIN; or run as an ordinary user)");
    return make_private(err);
}

int stet_sandbox_become_root(struct stet_error *err)
{
    return geteuid() == 0 ? become_as_root(err) : become_as_user(err);
}
