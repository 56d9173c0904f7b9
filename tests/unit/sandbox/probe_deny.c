/* What the probe tries and should not be able to do, a group of calls at a time. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/sandbox/probe.h"

/* ---- what is denied ---- */

static long clone_with(unsigned long flags)
{
    long pid = syscall(SYS_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid((pid_t)pid, NULL, __WALL);
    return pid;
}

static void deny_namespaces(void)
{
    static const struct {
        const char *name;
        unsigned long flag;
    } flags[] = {
        {"mnt", CLONE_NEWNS},    {"uts", CLONE_NEWUTS}, {"ipc", CLONE_NEWIPC},
        {"user", CLONE_NEWUSER}, {"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET},
        {"cgroup", 0x02000000},
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        printf("%s ", flags[i].name);
        probe_say("unshare", unshare((int)flags[i].flag));
        printf("%s ", flags[i].name);
        probe_say("clone", clone_with(flags[i].flag));
    }
    probe_say("unshare-time", unshare(0x80));
    probe_say("unshare-files", unshare(CLONE_FILES));
    probe_say("clone-untraced", clone_with(0x00800000));
    probe_say("clone-plain", clone_with(0));
    probe_say("clone3", syscall(435, NULL, 0L));
    probe_say("setns", syscall(SYS_setns, 0L, 0L));
}

static void deny_mounts(void)
{
    probe_say("mount", mount("tmpfs", "/area", "tmpfs", 0, NULL));
    probe_say("bind", mount("/area", "/tmp", NULL, MS_BIND, NULL));
    probe_say("remount", mount(NULL, "/dev/null", NULL, MS_BIND | MS_REMOUNT, NULL));
    probe_say("umount", umount2("/proc/sys", MNT_DETACH));
    probe_say("pivot_root", syscall(SYS_pivot_root, "/area", "/area"));
    probe_say("open_tree", syscall(428, AT_FDCWD, "/", 1));
    probe_say("move_mount", syscall(429, -1, "", -1, "/", 0));
    probe_say("fsopen", syscall(430, "tmpfs", 0));
    probe_say("fsmount", syscall(432, -1, 0, 0));
    probe_say("mount_setattr", syscall(442, -1, "", 0, NULL, 0));
}

static void deny_kernel(void)
{
    struct timeval tv = {1, 0};
    struct timespec ts = {1, 0};
    struct timex tx = {0};

    probe_say("settimeofday", settimeofday(&tv, NULL));
    probe_say("clock_settime", clock_settime(CLOCK_REALTIME, &ts));
    probe_say("adjtimex", adjtimex(&tx));
    probe_say("sethostname", sethostname("x", 1));
    probe_say("setdomainname", setdomainname("x", 1));
    probe_say("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
    probe_say("swapon", syscall(SYS_swapon, "/area", 0));
    probe_say("init_module", syscall(SYS_init_module, NULL, 0, ""));
    probe_say("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
    probe_say("bpf", syscall(SYS_bpf, 0, NULL, 0));
    probe_say("perf_event_open", syscall(SYS_perf_event_open, NULL, 0, 0, -1, 0));
    probe_say("syslog", syscall(SYS_syslog, 3, NULL, 0));
    probe_say("userfaultfd", syscall(SYS_userfaultfd, 0));
    probe_say("io_uring_setup", syscall(425, 1, NULL));
    probe_say("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    probe_say("add_key", syscall(SYS_add_key, "user", "x", "x", 1, 0));
    probe_say("request_key", syscall(SYS_request_key, "user", "x", NULL, 0));
    probe_say("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0));
    probe_say("seccomp", syscall(SYS_seccomp, 0, 0, NULL));
    probe_say("rseq", syscall(SYS_rseq, NULL, 0, 0, 0));
    probe_say("statmount", syscall(457, NULL, NULL, 0, 0));
    probe_say("quotactl", syscall(SYS_quotactl, 0, "/", 0, NULL));
    probe_say("fanotify_init", syscall(SYS_fanotify_init, 0, 0));
}

static void deny_processes(void)
{
    probe_say("ptrace-me", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    probe_say("ptrace-init", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
    probe_say("process_vm_readv", syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0));
    probe_say("process_vm_writev", syscall(SYS_process_vm_writev, 1, NULL, 0, NULL, 0, 0));
    probe_say("pidfd_getfd", syscall(438, -1, 0, 0));
    probe_say("kcmp", syscall(SYS_kcmp, 1, 1, 0, 0, 0));
    probe_say("personality-32", personality(PER_LINUX32));
    probe_say("personality-exec", personality(READ_IMPLIES_EXEC));
    probe_say("personality-norandom", personality(ADDR_NO_RANDOMIZE));
    probe_say("priority", setpriority(PRIO_PROCESS, 0, -5));
}

static void deny_terminals(void)
{
    char c = 'x';

    probe_say("tiocsti", ioctl(0, TIOCSTI, &c));
    probe_say("tiocsti-upper", syscall(SYS_ioctl, 0L, 0x100000000L | TIOCSTI, &c));
    probe_say("tioclinux", ioctl(0, TIOCLINUX, &c));
    probe_say("fionread", ioctl(0, FIONREAD, &(int){0}));
}

static void deny_sockets(void)
{
    static const struct {
        const char *name;
        long family;
    } families[] = {
        {"unix", AF_UNIX},
        {"inet", AF_INET},
        {"inet6", AF_INET6},
        {"netlink", AF_NETLINK},
        {"packet", AF_PACKET},
        {"vsock", AF_VSOCK},
        {"alg", AF_ALG},
        {"unspec", AF_UNSPEC},
        {"ipx", 4},
        {"key", 15},
        {"upper", 0x100000000L | AF_NETLINK},
        {"negative", -1},
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        printf("%s ", families[i].name);
        probe_say("socket", syscall(SYS_socket, families[i].family, (long)SOCK_DGRAM, 0L));
    }
    probe_say("raw", socket(AF_INET, SOCK_RAW, 1));
}

static void deny_nodes(void)
{
    probe_say("char", mknod("/area/c", S_IFCHR | 0666, makedev(1, 3)));
    probe_say("block", mknod("/area/b", S_IFBLK | 0666, makedev(8, 0)));
    probe_say("whiteout", mknod("/area/w", S_IFCHR, 0));
    probe_say("char-at", syscall(SYS_mknodat, AT_FDCWD, "/area/d", S_IFCHR | 0666, makedev(1, 3)));
    probe_say("fifo", mknod("/area/f", S_IFIFO | 0666, 0));
    probe_say("file", mknod("/area/r", S_IFREG | 0644, 0));
    probe_say("socket", mknod("/area/s", S_IFSOCK | 0644, 0));
}

int probe_deny(char **args)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {
        {"namespaces", deny_namespaces}, {"mounts", deny_mounts},       {"kernel", deny_kernel},
        {"processes", deny_processes},   {"terminals", deny_terminals}, {"sockets", deny_sockets},
        {"nodes", deny_nodes},
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(parts[i].name, args[0]) == 0) {
            parts[i].run();
            return 0;
        }
    }
    return 2;
}
