/*
 * probe - what a program in the sandbox can reach, one "name value" a line. For tests only; linked statically,
 * so that it asks the kernel without the C library of the image. Arguments: PORT, on which the host listens;
 * MARKER, the name of a file in the host's root directory.
 *
 * It does nothing where the kernel does not call itself what the sandbox calls it. Where the sandbox has a hole
 * it must do no harm either: each privileged call has an argument that is wrong in a way the kernel looks at
 * after the privilege only. Refused is EPERM (or ENOSYS, of a call that does not exist inside); EINVAL, ENODEV
 * or ENOENT say that it would have been allowed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What came of a call: "done", or the name of its error. */
static void tell(const char *name, long result)
{
    printf("%s %s\n", name, result >= 0 ? "done" : strerrorname_np(errno));
}

/* Without waiting for an answer: on its way (EINPROGRESS) is reached already. */
static void try_connection(const char *name, const char *address, const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    inet_pton(AF_INET, address, &a.sin_addr);
    tell(name, fd < 0 ? -1 : connect(fd, (struct sockaddr *)&a, sizeof(a)));
    close(fd);
}

static void try_network(const char *port)
{
    try_connection("connect-loopback", "127.0.0.1", port);
    try_connection("connect-outside", "192.0.2.1", port);
    tell("raw-socket", socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
    tell("packet-socket", socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static void list_interfaces(void)
{
    struct if_nameindex *list = if_nameindex();

    printf("interfaces");
    for (struct if_nameindex *i = list; i && i->if_index; i++)
        printf(" %s", i->if_name);
    printf("\n");
}

static void try_mounts(void)
{
    /* No such file system, no such source, and not the place of a mount. */
    tell("mount", mount("none", "/", "stet-none", 0, NULL));
    tell("bind-mount", mount("/stet-none", "/", NULL, MS_BIND, NULL));
    tell("remount", mount(NULL, "/usr/share", NULL, MS_REMOUNT, NULL));
    tell("umount", umount2("/usr/share", MNT_DETACH));
}

static void try_kernel(void)
{
    struct timespec no_time = {.tv_nsec = 2000000000};
    struct timex no_tick = {.modes = ADJ_TICK, .tick = 0};

    tell("set-host-name", syscall(SYS_sethostname, NULL, 1000L)); /* too long */
    tell("set-domain-name", syscall(SYS_setdomainname, NULL, 1000L));
    tell("set-clock", syscall(SYS_clock_settime, CLOCK_REALTIME, &no_time));
    tell("set-time-of-day",
         syscall(SYS_settimeofday, NULL, NULL)); /* sets neither clock nor zone */
    tell("adjust-clock", adjtimex(&no_tick));
    tell("reboot", syscall(SYS_reboot, 0, 0, 0, NULL)); /* wrong magic numbers */
    tell("keyring", syscall(SYS_add_key, "", "x", "x", 1, 0));
    tell("bpf", syscall(SYS_bpf, 0, NULL, 0));
    tell("open-tty", open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC));
}

/* The node is of no device, and does not stay. */
static void try_device(void)
{
    int result = mknod("/tmp/stet-none", S_IFBLK, makedev(0, 0));

    tell("mknod-block", result);
    if (result == 0)
        unlink("/tmp/stet-none");
}

/* In a process of its own, which is all that would change. */
static void try_namespace(const char *name, int flag)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        tell(name, unshare(flag));
        fflush(stdout);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

/*
 * The classic way out of a chroot: root of a smaller one keeps a directory outside of it open, and from there
 * ".." has no end before the real root. Looks for the marker there.
 */
static void try_to_climb(const char *marker)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (chroot("/usr") == 0 && fchdir(top) == 0) {
            for (int i = 0; i < 64 && chdir("..") == 0; i++)
                ;
            printf("climb %s\n", access(marker, F_OK) == 0 ? "host" : "root");
        }
        fflush(stdout);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

static void tell_time(void)
{
    struct timespec t = {0};
    struct timeval v = {0};

    printf("time %ld\n", (long)time(NULL));
    gettimeofday(&v, NULL);
    printf("gettimeofday %ld.%06ld\n", (long)v.tv_sec, (long)v.tv_usec);
    clock_gettime(CLOCK_REALTIME, &t);
    printf("clock_gettime %ld.%09ld\n", (long)t.tv_sec, t.tv_nsec);
    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    printf("clock_gettime-coarse %ld.%09ld\n", (long)t.tv_sec, t.tv_nsec);
    if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &t) == 0)
        printf("system-call %ld.%09ld\n", (long)t.tv_sec, t.tv_nsec);
}

static void list_descriptors(void)
{
    printf("descriptors");
    for (int fd = 0; fd < 4096; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            printf(" %d", fd);
    printf("\n");
}

static int is_inside(void)
{
    struct utsname u;

    return uname(&u) == 0 && strcmp(u.release, "6.1.0-stet") == 0 &&
           strcmp(u.nodename, "stet") == 0;
}

int main(int argc, char **argv)
{
    if (!is_inside()) {
        fprintf(stderr, "probe: to be run in the sandbox only\n");
        return 1;
    }
    if (argc != 3) {
        fprintf(stderr, "usage: probe PORT MARKER\n");
        return 2;
    }
    list_descriptors();
    try_network(argv[1]);
    list_interfaces();
    tell_time();
    try_mounts();
    try_kernel();
    try_device();
    try_namespace("unshare-mounts", CLONE_NEWNS);
    try_namespace("unshare-user", CLONE_NEWUSER);
    try_namespace("unshare-network", CLONE_NEWNET);
    try_to_climb(argv[2]);
    printf("no-new-privileges %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}
