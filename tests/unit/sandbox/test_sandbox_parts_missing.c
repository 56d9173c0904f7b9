/*
 * There is no mode with less: each part of the sandbox is denied in turn, by a seccomp filter around
 * the whole run, and the run must fail, say which part it was, and leave nothing behind.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/unit/sandbox/harness.h"

static const struct denial {
    const char *call;
    int errnum;
    int argument; /* -1: whatever the arguments */
    uint64_t mask, value;
    const char *says;
} denials[] = {
    {"clone", EPERM, 0, CLONE_NEWNS, CLONE_NEWNS, "no new mount, PID, UTS, IPC and network"},
    {"clone", EPERM, 0, CLONE_NEWNET, CLONE_NEWNET, "no new mount, PID, UTS, IPC and network"},
    {"unshare", EPERM, -1, 0, 0, "user.max_user_namespaces"},
    {"setgroups", EPERM, -1, 0, 0, "uid and gid 0"},
    {"setresuid", EPERM, -1, 0, 0, "uid and gid 0"},
    {"ptrace", EPERM, -1, 0, 0, "ptrace_scope"},
    {"sethostname", EPERM, -1, 0, 0, "host name"},
    {"mount", EPERM, 3, MS_PRIVATE, MS_PRIVATE, "private"},
    {"mount", EACCES, 3, MS_BIND | MS_REMOUNT, MS_BIND, "bind-mounted"},
    {"mount", EPERM, 3, MS_BIND | MS_REMOUNT, MS_BIND | MS_REMOUNT, "nosuid and nodev"},
    {"mount", EPERM, 3, MS_NOSUID | MS_REMOUNT, MS_NOSUID, "mounted on /dev"},
    {"symlinkat", EIO, -1, 0, 0, "device"},
    {"getdents64", EIO, -1, 0, 0, "/proc"},
    {"umount2", EPERM, -1, 0, 0, "/proc"},
    {"pivot_root", EINVAL, -1, 0, 0, "pivot_root"},
    {"capset", EPERM, -1, 0, 0, "capabilities"},
    {"prctl", EPERM, 0, 0xffffffff, PR_CAPBSET_DROP, "capabilities"},
    {"prctl", EPERM, 0, 0xffffffff, PR_SET_NO_NEW_PRIVS, "seccomp"},
    {"prctl", EINVAL, 0, 0xffffffff, PR_SET_SECCOMP, "seccomp"},
    {"prctl", EINVAL, 0, 0xffffffff, PR_CAPBSET_READ, "capabilities"},
    {"prctl", EPERM, 0, 0xffffffff, PR_SET_PDEATHSIG, "supervisor"},
    {"close_range", ENOSYS, -1, 0, 0, "close_range"},
    {"prlimit64", EPERM, -1, 0, 0, "limits"},
};

static int deny(const struct denial *d)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int number = seccomp_syscall_resolve_name(d->call);
    struct scmp_arg_cmp compare =
        SCMP_CMP((unsigned)d->argument, SCMP_CMP_MASKED_EQ, d->mask, d->value);
    int r = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO((uint32_t)d->errnum), number,
                                   d->argument < 0 ? 0 : 1, &compare);

    if (r == 0)
        r = seccomp_load(ctx);
    seccomp_release(ctx);
    return r;
}

static void run_without(struct box *b, const struct denial *d)
{
    if (deny(d) < 0)
        _exit(10);
    if (box_probe(b, "exit", "0", NULL) != -1)
        _exit(11);
    if (b->err.kind != STET_ERROR_ENVIRONMENT || strstr(b->err.text, d->says) == NULL) {
        print_message("%s\n", b->err.text);
        _exit(12);
    }
    _exit(0);
}

static void every_part_is_needed(void **state)
{
    struct box *b = *state;
    bool failed = false;

    for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
        int status = 0;
        pid_t child = fork();

        if (child == 0)
            run_without(b, &denials[i]);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0) {
            print_message("without %s (%zu): %x\n", denials[i].call, i, (unsigned)status);
            failed = true;
        }
        assert_true(box_wait_processes(b, 0));
    }
    assert_false(failed);
}

/* The one exception: real root on a kernel without user namespaces, with the same capabilities. */
static void without_user_namespaces(void **state)
{
    static const struct denial none = {"unshare", ENOSPC, 0, CLONE_NEWUSER, CLONE_NEWUSER, ""};
    _cleanup_buffer_ struct stet_buffer map = STET_BUFFER_INIT;
    struct box *b = *state;
    int status = 0;
    bool real_root;
    pid_t child;

    assert_int_equal(stet_fs_read(AT_FDCWD, "/proc/self/uid_map", 4096, &map, NULL), 0);
    real_root = strstr(stet_buffer_str(&map), " 4294967295\n") != NULL;
    child = fork();
    if (child == 0) {
        if (deny(&none) < 0)
            _exit(10);
        if (box_probe(b, "status", "CapBnd", "CapEff", "Seccomp", NULL) < 0)
            _exit(b->err.kind == STET_ERROR_ENVIRONMENT ? 20 : 11);
        _exit(strcmp(stet_buffer_str(&b->out),
                     "CapBnd 00000000800401fb\nCapEff 00000000800401fb\nSeccomp 2\n") == 0
                  ? 0
                  : 12);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), real_root ? 0 : 20);
}

/* In a child, since what succeeds can not be undone: 0 when the error says both texts. */
static int become_root_says(int (*prepare)(void), const char *one, const char *two)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct stet_error err = STET_ERROR_INIT;

        if (prepare() < 0)
            _exit(77);
        if (stet_sandbox_become_root(&err) != -1 || err.kind != STET_ERROR_ENVIRONMENT)
            _exit(1);
        if (strstr(err.text, one) == NULL || strstr(err.text, two) == NULL) {
            print_message("%s\n", err.text);
            _exit(2);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

/* An id that no machine gives to a user, so it has no subordinate ids. */
static int as_a_stranger(void)
{
    return setresuid(54321, 54321, 54321);
}

static int as_root_of_nothing(void)
{
    return unshare(CLONE_NEWUSER);
}

static int as_root_without_mounts(void)
{
    static const struct denial d = {"unshare", EPERM, 0, CLONE_NEWNS, CLONE_NEWNS, ""};

    return deny(&d);
}

static int as_root_with_shared_mounts(void)
{
    static const struct denial d = {"mount", EACCES, -1, 0, 0, ""};

    return deny(&d);
}

static void becoming_root_says_what_is_missing(void **state)
{
    (void)state;
    assert_int_equal(become_root_says(as_a_stranger, "/etc/subuid", "54321:100000:65536"), 0);
    assert_int_equal(become_root_says(as_a_stranger, "usermod --add-subuids", "54321"), 0);
    /* Without a map the ids are the overflow ids: an ordinary user to all appearances. */
    assert_int_equal(become_root_says(as_root_of_nothing, "/etc/subuid", "range of 65535 ids"), 0);
    assert_int_equal(become_root_says(as_root_without_mounts, "mount namespace", "CAP_SYS_ADMIN"),
                     0);
    assert_int_equal(become_root_says(as_root_with_shared_mounts, "private", "sandbox"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, box_make, box_remove)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(every_part_is_needed),
        TEST(without_user_namespaces),
        TEST(becoming_root_says_what_is_missing),
    };

    harness_begin(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
