/* What a program can't do. Each expectation is the answer it gets. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/unit/sandbox/harness.h"

static void expect(struct box *b, const char *part, const char *want)
{
    box_probe_ok(b, "deny", part, NULL);
    assert_string_equal(stet_buffer_str(&b->out), want);
}

static void namespaces(void **state)
{
    expect(*state, "namespaces",
           "mnt unshare EPERM\nmnt clone EPERM\nuts unshare EPERM\nuts clone EPERM\n"
           "ipc unshare EPERM\nipc clone EPERM\nuser unshare EPERM\nuser clone EPERM\n"
           "pid unshare EPERM\npid clone EPERM\nnet unshare EPERM\nnet clone EPERM\n"
           "cgroup unshare EPERM\ncgroup clone EPERM\nunshare-time EPERM\nunshare-files ok\n"
           "clone-untraced EPERM\nclone-plain ok\nclone3 ENOSYS\nsetns EPERM\n");
}

static void mounts(void **state)
{
    expect(*state, "mounts",
           "mount EPERM\nbind EPERM\nremount EPERM\numount EPERM\npivot_root EPERM\n"
           "open_tree ENOSYS\nmove_mount ENOSYS\nfsopen ENOSYS\nfsmount ENOSYS\n"
           "mount_setattr ENOSYS\n");
}

static void kernel(void **state)
{
    expect(*state, "kernel",
           "settimeofday EPERM\nclock_settime EPERM\nadjtimex EPERM\nsethostname EPERM\n"
           "setdomainname EPERM\nreboot EPERM\nswapon EPERM\ninit_module EPERM\nkexec_load EPERM\n"
           "bpf EPERM\nperf_event_open EPERM\nsyslog EPERM\nuserfaultfd ENOSYS\n"
           "io_uring_setup ENOSYS\nkeyctl ENOSYS\nadd_key ENOSYS\nrequest_key ENOSYS\n"
           "open_by_handle_at EPERM\nseccomp ENOSYS\nrseq ENOSYS\nstatmount ENOSYS\n"
           "quotactl EPERM\nfanotify_init EPERM\n");
}

static void processes(void **state)
{
    expect(*state, "processes",
           "ptrace-me EPERM\nptrace-init EPERM\nprocess_vm_readv EPERM\nprocess_vm_writev EPERM\n"
           "pidfd_getfd EPERM\nkcmp EPERM\npersonality-32 ENOSYS\npersonality-exec ENOSYS\n"
           "personality-norandom ok\npriority EACCES\n");
}

static void terminals(void **state)
{
    expect(*state, "terminals",
           "tiocsti EPERM\ntiocsti-upper EPERM\ntioclinux EPERM\nfionread ENOTTY\n");
}

static void sockets(void **state)
{
    expect(*state, "sockets",
           "unix socket ok\ninet socket ok\ninet6 socket ok\nnetlink socket EAFNOSUPPORT\n"
           "packet socket EAFNOSUPPORT\nvsock socket EAFNOSUPPORT\nalg socket EAFNOSUPPORT\n"
           "unspec socket EAFNOSUPPORT\nipx socket EAFNOSUPPORT\nkey socket EAFNOSUPPORT\n"
           "upper socket EAFNOSUPPORT\nnegative socket EAFNOSUPPORT\nraw EPERM\n");
}

static void nodes(void **state)
{
    expect(*state, "nodes",
           "char EPERM\nblock EPERM\nwhiteout EPERM\nchar-at EPERM\nfifo ok\nfile ok\nsocket ok\n");
}

static void other_instruction_sets(void **state)
{
    struct box *b = *state;

#if defined(__x86_64__)
    assert_int_equal(box_probe(b, "i386", NULL), 0);
    assert_int_equal(b->exit_status, 128 + 31); /* SIGSYS */
    assert_string_equal(stet_buffer_str(&b->out), "");
    assert_int_equal(box_probe(b, "x32", NULL), 0);
    assert_int_equal(b->exit_status, 128 + 31);
    assert_string_equal(stet_buffer_str(&b->out), "");
#else
    (void)b;
    skip();
#endif
}

static int listen_tcp(char port[16])
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t len = sizeof(in);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (void *)&in, sizeof(in)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (void *)&in, &len), 0);
    snprintf(port, 16, "%u", ntohs(in.sin_port));
    return fd;
}

static int listen_abstract(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(un.sun_path + 1, name, strlen(name));
    assert_int_equal(bind(fd, (void *)&un, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void network(void **state)
{
    struct box *b = *state;
    char port[16];
    int tcp = listen_tcp(port);
    int local = listen_abstract(b->path);

    box_probe_ok(b, "connect", port, b->path, NULL);
    assert_string_equal(stet_buffer_str(&b->out),
                        "tcp ENETUNREACH\nelsewhere ENETUNREACH\nabstract ECONNREFUSED\n");
    close(tcp);
    close(local);
}

static void files_of_the_host(void **state)
{
    struct box *b = *state;
    char secret[128];
    int fd;

    snprintf(secret, sizeof(secret), "%s.secret", b->path);
    fd = open(secret, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    close(fd);
    box_probe_ok(b, "open", secret, b->path, "/proc/1/root", "/proc/1/cwd", NULL);
    assert_null(strstr(stet_buffer_str(&b->out), " ok"));
    box_probe_ok(b, "escape", secret, NULL);
    unlink(secret);
    assert_non_null(strstr(stet_buffer_str(&b->out), "chroot ok\nfchdir ok\nchroot-up ok\n"));
    assert_non_null(strstr(stet_buffer_str(&b->out), ".secret ENOENT\n"));
}

static void init_can_not_be_touched(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "open", "/proc/1/mem", "/proc/1/maps", "/proc/1/environ", "/proc/1/auxv", NULL);
    assert_null(strstr(stet_buffer_str(&b->out), " ok"));
    box_probe_ok(b, "readlink", "/proc/1/exe", "/proc/1/root", "/proc/1/cwd", "/proc/1/ns/user",
                 NULL);
    assert_string_equal(stet_buffer_str(&b->out), "/proc/1/exe EACCES\n/proc/1/root EACCES\n"
                                                  "/proc/1/cwd EACCES\n/proc/1/ns/user EACCES\n");
    /* The arguments of the calling program, this test, are its own business. */
    box_probe_ok(b, "cat", "/proc/1/cmdline", NULL);
    assert_int_equal(strspn(stet_buffer_str(&b->out), "?\n"), b->out.len);
}

/* Real root's uid is the host's 0, to whom these would belong. */
static void kernel_files(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "open-write", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
                 "/proc/sysrq-trigger", "/proc/sys/kernel/modprobe", "/proc/meminfo", NULL);
    assert_null(strstr(stet_buffer_str(&b->out), " ok"));
    box_probe_ok(b, "open", "/proc/sys/kernel/core_pattern", "/proc/fs/cgroup", "/sys/kernel",
                 NULL);
    assert_null(strstr(stet_buffer_str(&b->out), " ok"));
    if (access("/proc/kallsyms", F_OK) == 0) {
        box_probe_ok(b, "cat", "/proc/kallsyms", NULL);
        assert_string_equal(stet_buffer_str(&b->out), "");
    }
}

static void device_nodes_of_the_host(void **state)
{
    struct box *b = *state;
    struct stat before, after;

    assert_int_equal(stat("/dev/null", &before), 0);
    box_probe_ok(b, "chmod", "/dev/null", "/dev/tty", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "/dev/null EROFS\n/dev/null EROFS\n"
                                                  "/dev/tty EROFS\n/dev/tty EROFS\n");
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_int_equal(before.st_mode, after.st_mode);
    assert_int_equal(before.st_uid, after.st_uid);
}

/*
 * The kernel would run the host's own executable, this test, as the interpreter (CVE-2019-5736),
 * with the root's dynamic linker, which is the probe here and would be the attacker's there.
 */
static void script_that_leads_out(void **state)
{
    static const char *const linkers[] = {"lib64/ld-linux-x86-64.so.2",
                                          "lib/ld-linux-aarch64.so.1"};
    const char *const argv[] = {"/script", NULL};
    struct box *b = *state;

    box_write(b, "script", "#!/proc/self/exe\n", 0755);
    assert_int_equal(mkdirat(b->root, "lib", 0755), 0);
    assert_int_equal(mkdirat(b->root, "lib64", 0755), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(linkat(b->root, "probe", b->root, linkers[i], 0), 0);
    b->command.argv = argv;
    assert_int_equal(box_probe(b, "exit", "0", NULL), -1);
    assert_int_equal(b->err.kind, STET_ERROR_INPUT);
    assert_non_null(strstr(b->err.text, "leads out of"));
    /* An honest script is no such thing. */
    box_write(b, "script", "#!/probe exit\n", 0755);
    assert_int_equal(box_probe(b, NULL), 0);
    assert_int_equal(b->exit_status, 0);
}

static void refuse(struct box *b, const char *directory)
{
    assert_int_equal(box_probe(b, "exit", "0", NULL), -1);
    assert_int_equal(b->err.kind, STET_ERROR_INPUT);
    assert_non_null(strstr(b->err.text, directory));
}

static void directories_that_are_links(void **state)
{
    static const char *const names[] = {"dev", "proc", "sys"};
    struct box *b = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(unlinkat(b->root, names[i], AT_REMOVEDIR), 0);
        refuse(b, names[i]);
        assert_int_equal(symlinkat("area", b->root, names[i]), 0);
        refuse(b, names[i]);
        assert_int_equal(unlinkat(b->root, names[i], 0), 0);
        box_write(b, names[i], "a file", 0644);
        refuse(b, names[i]);
        assert_int_equal(unlinkat(b->root, names[i], 0), 0);
        assert_int_equal(mkdirat(b->root, names[i], 0755), 0);
    }
    /* Links in place of the scratch directories just stay. */
    assert_int_equal(unlinkat(b->root, "tmp", AT_REMOVEDIR), 0);
    assert_int_equal(symlinkat("/etc", b->root, "tmp"), 0);
    box_probe_ok(b, "exit", "0", NULL);
    assert_int_equal(unlinkat(b->root, "tmp", 0), 0);
    box_probe_ok(b, "exit", "0", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, box_make, box_remove)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(namespaces),
        TEST(mounts),
        TEST(kernel),
        TEST(processes),
        TEST(terminals),
        TEST(sockets),
        TEST(nodes),
        TEST(other_instruction_sets),
        TEST(network),
        TEST(files_of_the_host),
        TEST(init_can_not_be_touched),
        TEST(kernel_files),
        TEST(device_nodes_of_the_host),
        TEST(script_that_leads_out),
        TEST(directories_that_are_links),
    };

    harness_begin(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
