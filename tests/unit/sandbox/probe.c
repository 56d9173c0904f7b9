/*
 * sandbox-probe - the program that the sandbox's tests run inside. Static, so that a root needs
 * nothing else. Each subcommand tries one thing and prints what happened: results, not verdicts.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

extern char **environ;

static const char *name_of(int errnum)
{
    const char *name = strerrorname_np(errnum);

    return name != NULL ? name : "?";
}

static void say(const char *what, long result)
{
    printf("%s %s\n", what, result < 0 ? name_of(errno) : "ok");
}

/* ---- clocks ---- */

static void clock_line(const char *how, clockid_t id)
{
    struct timespec a = {-1, -1}, b = {-1, -1};

    clock_gettime(id, &a);
    syscall(SYS_clock_gettime, (long)id, &b);
    printf("%s %lld.%ld %lld.%ld\n", how, (long long)a.tv_sec, a.tv_nsec, (long long)b.tv_sec,
           b.tv_nsec);
}

static int probe_clocks(char **args)
{
    struct timespec t = {-1, -1};
    struct timeval tv = {-1, -1}, raw = {-1, -1};
    time_t stored = -1;

    (void)args;
    clock_line("realtime", CLOCK_REALTIME);
    clock_line("coarse", CLOCK_REALTIME_COARSE);
    clock_line("tai", CLOCK_TAI);
    clock_line("alarm", CLOCK_REALTIME_ALARM);
    /* The kernel ignores the upper half of a clock's number. */
    syscall(SYS_clock_gettime, 0x700000000L, &t);
    printf("upper %lld.%ld\n", (long long)t.tv_sec, t.tv_nsec);
    gettimeofday(&tv, NULL);
    syscall(SYS_gettimeofday, &raw, NULL);
    printf("timeofday %lld.%ld %lld.%ld\n", (long long)tv.tv_sec, (long)tv.tv_usec,
           (long long)raw.tv_sec, (long)raw.tv_usec);
    printf("time %lld %lld", (long long)time(NULL), (long long)time(&stored));
    printf(" %lld\n", (long long)stored);
    timespec_get(&t, TIME_UTC);
    printf("timespec_get %lld.%ld\n", (long long)t.tv_sec, t.tv_nsec);
    printf("vdso %s\n", getauxval(AT_SYSINFO_EHDR) == 0 ? "hidden" : "visible");
    return 0;
}

static int64_t nanoseconds(clockid_t id)
{
    struct timespec t;

    return clock_gettime(id, &t) < 0 ? -1 : (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int probe_monotonic(char **args)
{
    static const clockid_t ids[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME};

    (void)args;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        int64_t before = nanoseconds(ids[i]), after;

        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        after = nanoseconds(ids[i]);
        printf("%d %s\n", (int)ids[i], after - before >= 20000000 ? "goes" : "stands");
    }
    return 0;
}

static int probe_bad_pointers(char **args)
{
    (void)args;
    say("clock_gettime", syscall(SYS_clock_gettime, 0L, 8L));
    say("gettimeofday", syscall(SYS_gettimeofday, 8L, 0L));
    say("uname", syscall(SYS_uname, 8L));
    say("sysinfo", syscall(SYS_sysinfo, 8L));
    say("affinity", syscall(SYS_sched_getaffinity, 0L, 8L, 8L));
    say("affinity-short", syscall(SYS_sched_getaffinity, 0L, 4L, 8L));
    say("getcpu", syscall(SYS_getcpu, 8L, 0L, 0L));
    say("clock-unknown", syscall(SYS_clock_gettime, 77L, 8L));
    return 0;
}

/* Exits 1 when any wall clock says anything but the epoch. */
static int probe_is_epoch(char **args)
{
    struct timespec t;
    time_t want = (time_t)strtoll(args[0], NULL, 10);

    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec == want && t.tv_nsec == 0 && time(NULL) == want ? 0 : 1;
}

/* ---- the machine ---- */

static int probe_machine(char **args)
{
    struct utsname u;
    struct sysinfo s;
    char host[128] = "", domain[128] = "";
    unsigned cpu = 9, node = 9;
    cpu_set_t set;

    (void)args;
    uname(&u);
    gethostname(host, sizeof(host));
    getdomainname(domain, sizeof(domain));
    printf("%s|%s|%s|%s|%s|%s|%s|%s\n", u.sysname, u.nodename, u.release, u.version, u.machine,
           u.domainname, host, domain);
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof(set), &set);
    getcpu(&cpu, &node);
    printf("cpus %d %ld %ld on %u %u\n", CPU_COUNT(&set), sysconf(_SC_NPROCESSORS_ONLN),
           sysconf(_SC_NPROCESSORS_CONF), cpu, node);
    sysinfo(&s);
    printf("sysinfo %ld %lu %lu %u\n", s.uptime, s.totalram, s.freeram, s.procs);
    printf("pages %ld\n", sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
    return 0;
}

static int probe_ids(char **args)
{
    uid_t r, e, s;
    gid_t rg, eg, sg;
    mode_t mask = umask(0);

    (void)args;
    getresuid(&r, &e, &s);
    getresgid(&rg, &eg, &sg);
    printf("uid %u %u %u gid %u %u %u groups %d\n", r, e, s, rg, eg, sg, getgroups(0, NULL));
    printf("umask %03o session %s tty %s\n", mask, getsid(0) == getpid() ? "own" : "foreign",
           open("/dev/tty", O_RDWR) < 0 ? name_of(errno) : "open");
    return 0;
}

static int probe_limits(char **args)
{
    static const int ids[] = {RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_STACK, RLIMIT_RTPRIO};

    (void)args;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct rlimit l;

        getrlimit((__rlimit_resource_t)ids[i], &l);
        printf("%llu ", (unsigned long long)l.rlim_cur);
    }
    printf("\n");
    return 0;
}

static int probe_env(char **args)
{
    char directory[256];

    for (; *args != NULL; args++)
        printf("arg %s\n", *args);
    for (char **e = environ; *e != NULL; e++)
        printf("env %s\n", *e);
    printf("cwd %s\n", getcwd(directory, sizeof(directory)));
    return 0;
}

static int probe_fds(char **args)
{
    (void)args;
    for (int fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            printf("%d ", fd);
    }
    printf("\n");
    return 0;
}

static int probe_cat(char **args)
{
    char buffer[4096];
    int fd = args[0] != NULL ? open(args[0], O_RDONLY) : 0;
    ssize_t n;

    if (fd < 0) {
        printf("%s\n", name_of(errno));
        return 1;
    }
    while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
        if (write(1, buffer, (size_t)n) != n)
            return 1;
    }
    return n < 0;
}

static int probe_write(char **args)
{
    for (; *args != NULL; args++) {
        int fd = open(*args, O_WRONLY | O_CREAT, 0666);

        say(*args, fd < 0 ? fd : (int)write(fd, "x", 1));
        if (fd >= 0)
            close(fd);
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a directory, sorted; numbers left out. */
static int probe_list(char **args)
{
    static char *names[1024];
    size_t count = 0;
    DIR *dir = opendir(args[0]);
    struct dirent *d;

    if (dir == NULL)
        return 1;
    while ((d = readdir(dir)) != NULL && count < 1024) {
        if (d->d_name[0] != '.' && d->d_name[strspn(d->d_name, "0123456789")] != '\0')
            names[count++] = strdup(d->d_name);
    }
    closedir(dir);
    qsort(names, count, sizeof(names[0]), by_name);
    for (size_t i = 0; i < count; i++)
        printf("%s ", names[i]);
    printf("\n");
    return 0;
}

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
        say("unshare", unshare((int)flags[i].flag));
        printf("%s ", flags[i].name);
        say("clone", clone_with(flags[i].flag));
    }
    say("unshare-time", unshare(0x80));
    say("unshare-files", unshare(CLONE_FILES));
    say("clone-untraced", clone_with(0x00800000));
    say("clone-plain", clone_with(0));
    say("clone3", syscall(435, NULL, 0L));
    say("setns", syscall(SYS_setns, 0L, 0L));
}

static void deny_mounts(void)
{
    say("mount", mount("tmpfs", "/work", "tmpfs", 0, NULL));
    say("bind", mount("/work", "/tmp", NULL, MS_BIND, NULL));
    say("remount", mount(NULL, "/dev/null", NULL, MS_BIND | MS_REMOUNT, NULL));
    say("umount", umount2("/proc/sys", MNT_DETACH));
    say("pivot_root", syscall(SYS_pivot_root, "/work", "/work"));
    say("open_tree", syscall(428, AT_FDCWD, "/", 1));
    say("move_mount", syscall(429, -1, "", -1, "/", 0));
    say("fsopen", syscall(430, "tmpfs", 0));
    say("fsmount", syscall(432, -1, 0, 0));
    say("mount_setattr", syscall(442, -1, "", 0, NULL, 0));
}

static void deny_kernel(void)
{
    struct timeval tv = {1, 0};
    struct timespec ts = {1, 0};
    struct timex tx = {0};

    say("settimeofday", settimeofday(&tv, NULL));
    say("clock_settime", clock_settime(CLOCK_REALTIME, &ts));
    say("adjtimex", adjtimex(&tx));
    say("sethostname", sethostname("x", 1));
    say("setdomainname", setdomainname("x", 1));
    say("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
    say("swapon", syscall(SYS_swapon, "/work", 0));
    say("init_module", syscall(SYS_init_module, NULL, 0, ""));
    say("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
    say("bpf", syscall(SYS_bpf, 0, NULL, 0));
    say("perf_event_open", syscall(SYS_perf_event_open, NULL, 0, 0, -1, 0));
    say("syslog", syscall(SYS_syslog, 3, NULL, 0));
    say("userfaultfd", syscall(SYS_userfaultfd, 0));
    say("io_uring_setup", syscall(425, 1, NULL));
    say("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    say("add_key", syscall(SYS_add_key, "user", "x", "x", 1, 0));
    say("request_key", syscall(SYS_request_key, "user", "x", NULL, 0));
    say("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0));
    say("seccomp", syscall(SYS_seccomp, 0, 0, NULL));
    say("rseq", syscall(SYS_rseq, NULL, 0, 0, 0));
    say("statmount", syscall(457, NULL, NULL, 0, 0));
    say("quotactl", syscall(SYS_quotactl, 0, "/", 0, NULL));
    say("fanotify_init", syscall(SYS_fanotify_init, 0, 0));
}

static void deny_processes(void)
{
    say("ptrace-me", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    say("ptrace-init", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
    say("process_vm_readv", syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0));
    say("process_vm_writev", syscall(SYS_process_vm_writev, 1, NULL, 0, NULL, 0, 0));
    say("pidfd_getfd", syscall(438, -1, 0, 0));
    say("kcmp", syscall(SYS_kcmp, 1, 1, 0, 0, 0));
    say("personality-32", personality(PER_LINUX32));
    say("personality-exec", personality(READ_IMPLIES_EXEC));
    say("personality-norandom", personality(ADDR_NO_RANDOMIZE));
    say("priority", setpriority(PRIO_PROCESS, 0, -5));
}

static void deny_terminals(void)
{
    char c = 'x';

    say("tiocsti", ioctl(0, TIOCSTI, &c));
    say("tiocsti-upper", syscall(SYS_ioctl, 0L, 0x100000000L | TIOCSTI, &c));
    say("tioclinux", ioctl(0, TIOCLINUX, &c));
    say("fionread", ioctl(0, FIONREAD, &(int){0}));
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
        say("socket", syscall(SYS_socket, families[i].family, (long)SOCK_DGRAM, 0L));
    }
    say("raw", socket(AF_INET, SOCK_RAW, 1));
}

static void deny_nodes(void)
{
    say("char", mknod("/work/c", S_IFCHR | 0666, makedev(1, 3)));
    say("block", mknod("/work/b", S_IFBLK | 0666, makedev(8, 0)));
    say("whiteout", mknod("/work/w", S_IFCHR, 0));
    say("char-at", syscall(SYS_mknodat, AT_FDCWD, "/work/d", S_IFCHR | 0666, makedev(1, 3)));
    say("fifo", mknod("/work/f", S_IFIFO | 0666, 0));
    say("file", mknod("/work/r", S_IFREG | 0644, 0));
    say("socket", mknod("/work/s", S_IFSOCK | 0644, 0));
}

static int probe_deny(char **args)
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

static int probe_open(char **args)
{
    for (; *args != NULL; args++) {
        int fd = open(*args, O_RDONLY);

        say(*args, fd);
        if (fd >= 0)
            close(fd);
    }
    return 0;
}

static int probe_open_write(char **args)
{
    for (; *args != NULL; args++) {
        int fd = open(*args, O_WRONLY);

        say(*args, fd);
        if (fd >= 0)
            close(fd);
    }
    return 0;
}

static int probe_readlink(char **args)
{
    char target[512];

    for (; *args != NULL; args++)
        say(*args, readlink(*args, target, sizeof(target)));
    return 0;
}

static int probe_chmod(char **args)
{
    for (; *args != NULL; args++) {
        say(*args, chmod(*args, 0600));
        say(*args, chown(*args, 1, 1));
    }
    return 0;
}

/* The classic way out of a chroot that has no pivot_root. */
static int probe_escape(char **args)
{
    int here = open("/", O_RDONLY | O_DIRECTORY);

    say("chroot", chroot("/work"));
    say("fchdir", fchdir(here));
    for (int i = 0; i < 64; i++) {
        if (chdir("..") < 0)
            return 1;
    }
    say("chroot-up", chroot("."));
    say(args[0], open(args[0], O_RDONLY));
    return 0;
}

static int probe_connect(char **args)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = strlen(args[1]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    in.sin_port = htons((uint16_t)strtoul(args[0], NULL, 10));
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    say("tcp", connect(fd, (void *)&in, sizeof(in)));
    in.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1, TEST-NET-1 */
    say("elsewhere", connect(fd, (void *)&in, sizeof(in)));
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(un.sun_path + 1, args[1], len);
    say("abstract",
        connect(fd, (void *)&un, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)));
    return 0;
}

/* System calls of other instruction sets: each must be the end. */
static int probe_i386(char **args)
{
    (void)args;
#if defined(__x86_64__)
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory"); /* getpid */
    printf("alive %ld\n", result);
#endif
    return 0;
}

static int probe_x32(char **args)
{
    (void)args;
    printf("alive %ld\n", syscall(0x40000000L + 39));
    return 0;
}

/* ---- what is allowed ---- */

static int probe_files(char **args)
{
    static const unsigned char v2[20] = {1, 0, 0, 2, 0, 4}; /* cap_net_bind_service, effective */
    unsigned char got[64];
    int fd = open("/work/file", O_CREAT | O_WRONLY, 0666);

    (void)args;
    say("write", write(fd, "x", 1));
    say("chown", fchown(fd, 65534, 42));
    say("chown-max", fchown(fd, 65535, 65535));
    say("chmod", fchmod(fd, 04755));
    say("setcap", fsetxattr(fd, "security.capability", v2, sizeof(v2), 0));
    printf("getcap %zd\n", fgetxattr(fd, "security.capability", got, sizeof(got)));
    say("user-xattr", fsetxattr(fd, "user.x", "y", 1, 0));
    say("link", link("/work/file", "/work/link"));
    say("symlink", symlink("file", "/work/symlink"));
    say("fsync", fsync(fd));
    sync();
    say("syncfs", syncfs(fd));
    say("utimes", futimens(fd, NULL));
    say("chroot", chroot("/work"));
    return 0;
}

static int probe_become(char **args)
{
    const gid_t groups[] = {7, 8};
    char *argv[] = {args[0], args[1], NULL};
    char *env[] = {NULL};

    say("setgroups", setgroups(2, groups));
    say("setgid", setresgid(1000, 1000, 1000));
    say("setuid", setresuid(1000, 1000, 1000));
    say("back", setuid(0));
    fflush(stdout);
    execve(args[0], argv, env);
    return 1;
}

static int probe_status(char **args)
{
    char buffer[64];

    for (; *args != NULL; args++) {
        FILE *f = fopen("/proc/self/status", "r");
        char line[256];

        while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
            if (strncmp(line, *args, strlen(*args)) == 0 &&
                sscanf(line + strlen(*args), ": %63s", buffer) == 1)
                printf("%s %s\n", *args, buffer);
        }
        if (f != NULL)
            fclose(f);
    }
    return 0;
}

/* ---- processes ---- */

static int probe_exit(char **args)
{
    return (int)strtol(args[0], NULL, 10);
}

static int probe_kill(char **args)
{
    kill(getpid(), (int)strtol(args[0], NULL, 10));
    return 0;
}

static int probe_sleep(char **args)
{
    printf("asleep\n");
    fflush(stdout);
    sleep((unsigned)strtoul(args[0], NULL, 10));
    return 0;
}

static int probe_daemon(char **args)
{
    (void)args;
    if (fork() == 0) {
        setsid();
        signal(SIGHUP, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        if (fork() == 0) {
            sleep(1000);
            _exit(0);
        }
        _exit(0);
    }
    wait(NULL);
    printf("started\n");
    return 3;
}

static int probe_bomb(char **args)
{
    (void)args;
    while (fork() >= -1)
        ;
    return 0;
}

static void *wait_forever(void *p)
{
    (void)p;
    while (pause() <= 0)
        ;
    return NULL;
}

static int probe_thread_bomb(char **args)
{
    pthread_attr_t attr;
    pthread_t t;

    (void)args;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 65536);
    while (pthread_create(&t, &attr, wait_forever, NULL) >= 0)
        ;
    return 0;
}

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
    caught = sig;
}

/* Signals reach a traced program, and job control works on it. */
static int probe_signals(char **args)
{
    static const int signals[] = {SIGUSR1, SIGTRAP, SIGTERM, SIGCHLD};
    int status = 0;
    pid_t child;

    (void)args;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], on_signal);
        caught = 0;
        raise(signals[i]);
        printf("%d %s\n", signals[i], caught == signals[i] ? "caught" : "lost");
        signal(signals[i], SIG_DFL);
    }
    child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        _exit(5);
    }
    waitpid(child, &status, WUNTRACED);
    printf("stopped %d\n", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    printf("still %s\n", waitpid(child, NULL, WNOHANG) == 0 ? "stopped" : "gone");
    kill(child, SIGCONT);
    waitpid(child, &status, 0);
    printf("continued %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}

static void exec_is_epoch(char *epoch)
{
    const char *const argv[] = {"/probe", "is-epoch", epoch, NULL};

    execve(argv[0], (char *const *)(uintptr_t)argv, environ);
    _exit(9);
}

static void *exec_again(void *p)
{
    char **args = p;
    char left[32];
    const char *const argv[] = {"/probe", "thread-exec", args[0], left, NULL};
    long n = strtol(args[1], NULL, 10);

    if (n <= 1)
        exec_is_epoch(args[0]);
    snprintf(left, sizeof(left), "%ld", n - 1);
    execve(argv[0], (char *const *)(uintptr_t)argv, environ);
    _exit(9);
}

/* A thread that is not the leader executes, so many times; the process must go on as that. */
static int probe_thread_exec(char **args)
{
    pthread_t t;

    for (int i = 0; i < 4; i++)
        pthread_create(&t, NULL, wait_forever, NULL);
    pthread_create(&t, NULL, exec_again, args);
    wait_forever(NULL);
    return 0;
}

static pid_t spawn_forked(char *epoch)
{
    pid_t child = fork();

    if (child == 0)
        exec_is_epoch(epoch);
    return child;
}

static pid_t spawn_vforked(char *epoch)
{
    pid_t child = vfork();

    if (child == 0)
        exec_is_epoch(epoch);
    return child;
}

static void *spawn_often(void *p)
{
    char *epoch = *(char **)p;
    time_t want = (time_t)strtoll(epoch, NULL, 10);
    intptr_t bad = 0;

    for (int i = 0; i < 25; i++) {
        int status = -1;
        pid_t child = i % 2 ? spawn_vforked(epoch) : spawn_forked(epoch);

        for (int k = 0; k < 50; k++)
            bad += time(NULL) != want;
        if (waitpid(child, &status, 0) != child || status != 0)
            bad++;
    }
    return (void *)bad;
}

static int probe_stress(char **args)
{
    pthread_t t[8];
    intptr_t bad = 0;

    for (size_t i = 0; i < 8; i++)
        pthread_create(&t[i], NULL, spawn_often, args);
    for (size_t i = 0; i < 8; i++) {
        void *result = NULL;

        pthread_join(t[i], &result);
        bad += (intptr_t)result;
    }
    printf("bad %ld\n", (long)bad);
    return 0;
}

static int probe_output(char **args)
{
    (void)args;
    fputs("to stdout\n", stdout);
    fflush(stdout);
    fputs("to stderr\n", stderr);
    fputs("escape \033[31m red\ttab\r cr \302\233 c1 \303\244\n", stdout);
    fputs("no newline", stdout);
    return 0;
}

static int probe_long_line(char **args)
{
    for (long n = strtol(args[0], NULL, 10); n > 0; n--)
        putchar('a');
    putchar('\n');
    return 0;
}

static int probe_status_fd(char **args)
{
    for (; *args != NULL; args++) {
        if (dprintf(3, "%s\n", *args) < 0) {
            printf("%s\n", name_of(errno));
            return 1;
        }
    }
    return 0;
}

static const struct {
    const char *name;
    int (*run)(char **args);
} commands[] = {
    {"bad-pointers", probe_bad_pointers},
    {"become", probe_become},
    {"bomb", probe_bomb},
    {"cat", probe_cat},
    {"chmod", probe_chmod},
    {"clocks", probe_clocks},
    {"connect", probe_connect},
    {"daemon", probe_daemon},
    {"deny", probe_deny},
    {"env", probe_env},
    {"escape", probe_escape},
    {"exit", probe_exit},
    {"fds", probe_fds},
    {"files", probe_files},
    {"i386", probe_i386},
    {"ids", probe_ids},
    {"is-epoch", probe_is_epoch},
    {"kill", probe_kill},
    {"limits", probe_limits},
    {"list", probe_list},
    {"long-line", probe_long_line},
    {"machine", probe_machine},
    {"monotonic", probe_monotonic},
    {"open", probe_open},
    {"open-write", probe_open_write},
    {"output", probe_output},
    {"readlink", probe_readlink},
    {"signals", probe_signals},
    {"sleep", probe_sleep},
    {"status", probe_status},
    {"status-fd", probe_status_fd},
    {"stress", probe_stress},
    {"thread-bomb", probe_thread_bomb},
    {"thread-exec", probe_thread_exec},
    {"write", probe_write},
    {"x32", probe_x32},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argv + 2);
    }
    return 125;
}
