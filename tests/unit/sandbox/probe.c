/*
 * sandbox-probe - the program that the sandbox's tests run inside. Static, so that a root needs
 * nothing else. Each subcommand tries one thing and prints what happened: results, not verdicts.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/sandbox/probe.h"

extern char **environ;

const char *probe_error(int errnum)
{
    const char *name = strerrorname_np(errnum);

    return name != NULL ? name : "?";
}

void probe_say(const char *what, long result)
{
    printf("%s %s\n", what, result < 0 ? probe_error(errno) : "ok");
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
           open("/dev/tty", O_RDWR) < 0 ? probe_error(errno) : "open");
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
        printf("%s\n", probe_error(errno));
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

        probe_say(*args, fd < 0 ? fd : (int)write(fd, "x", 1));
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

/* ---- what is out of reach ---- */

static int probe_open(char **args)
{
    for (; *args != NULL; args++) {
        int fd = open(*args, O_RDONLY);

        probe_say(*args, fd);
        if (fd >= 0)
            close(fd);
    }
    return 0;
}

static int probe_open_write(char **args)
{
    for (; *args != NULL; args++) {
        int fd = open(*args, O_WRONLY);

        probe_say(*args, fd);
        if (fd >= 0)
            close(fd);
    }
    return 0;
}

static int probe_readlink(char **args)
{
    char target[512];

    for (; *args != NULL; args++)
        probe_say(*args, readlink(*args, target, sizeof(target)));
    return 0;
}

static int probe_chmod(char **args)
{
    for (; *args != NULL; args++) {
        probe_say(*args, chmod(*args, 0600));
        probe_say(*args, chown(*args, 1, 1));
    }
    return 0;
}

/* The classic way out of a chroot that has no pivot_root. */
static int probe_escape(char **args)
{
    int here = open("/", O_RDONLY | O_DIRECTORY);

    probe_say("chroot", chroot("/area"));
    probe_say("fchdir", fchdir(here));
    for (int i = 0; i < 64; i++) {
        if (chdir("..") < 0)
            return 1;
    }
    probe_say("chroot-up", chroot("."));
    probe_say(args[0], open(args[0], O_RDONLY));
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
    probe_say("tcp", connect(fd, (void *)&in, sizeof(in)));
    in.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1, TEST-NET-1 */
    probe_say("elsewhere", connect(fd, (void *)&in, sizeof(in)));
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(un.sun_path + 1, args[1], len);
    probe_say("abstract", connect(fd, (void *)&un,
                                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)));
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
    int fd = open("/area/file", O_CREAT | O_WRONLY, 0666);

    (void)args;
    probe_say("write", write(fd, "x", 1));
    probe_say("chown", fchown(fd, 65534, 42));
    probe_say("chown-max", fchown(fd, 65535, 65535));
    probe_say("chmod", fchmod(fd, 04755));
    probe_say("setcap", fsetxattr(fd, "security.capability", v2, sizeof(v2), 0));
    printf("getcap %zd\n", fgetxattr(fd, "security.capability", got, sizeof(got)));
    probe_say("user-xattr", fsetxattr(fd, "user.x", "y", 1, 0));
    probe_say("link", link("/area/file", "/area/link"));
    probe_say("symlink", symlink("file", "/area/symlink"));
    probe_say("fsync", fsync(fd));
    sync();
    probe_say("syncfs", syncfs(fd));
    probe_say("utimes", futimens(fd, NULL));
    probe_say("chroot", chroot("/area"));
    return 0;
}

static int probe_become(char **args)
{
    const gid_t groups[] = {7, 8};
    char *argv[] = {args[0], args[1], NULL};
    char *env[] = {NULL};

    probe_say("setgroups", setgroups(2, groups));
    probe_say("setgid", setresgid(1000, 1000, 1000));
    probe_say("setuid", setresuid(1000, 1000, 1000));
    probe_say("back", setuid(0));
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
            printf("%s\n", probe_error(errno));
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
