/*
 * probe - what a program in the sandbox can reach, one "name value" a line. For tests only; linked statically,
 * so that it asks the kernel without the C library of the image. Arguments: PORT, on which the host listens.
 *
 * What it tries would harm a machine that lets it. So it does nothing where the kernel does not call itself
 * what the sandbox calls it.
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
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* What came of a call: "done", or the name of its error. */
static void tell(const char *name, long result)
{
    printf("%s %s\n", name, result >= 0 ? "done" : strerrorname_np(errno));
}

static void connect_to_host(const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    tell("connect-loopback", fd < 0 ? -1 : connect(fd, (struct sockaddr *)&a, sizeof(a)));
    inet_pton(AF_INET, "192.0.2.1", &a.sin_addr);
    tell("connect-outside", fd < 0 ? -1 : connect(fd, (struct sockaddr *)&a, sizeof(a)));
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

static void try_privileges(void)
{
    tell("mount", mount("none", "/mnt", "tmpfs", 0, NULL));
    tell("bind-mount", mount("/etc", "/mnt", NULL, MS_BIND, NULL));
    tell("remount", mount(NULL, "/proc", NULL, MS_REMOUNT, NULL));
    tell("umount", umount2("/proc", MNT_DETACH));
    tell("unshare-mounts", unshare(CLONE_NEWNS));
    tell("unshare-user", unshare(CLONE_NEWUSER));
    tell("mknod-disk", mknod("/tmp/disk", S_IFBLK | 0600, makedev(7, 0)));
    tell("set-host-name", sethostname("other", 5));
    struct timeval tv = {.tv_sec = 1};
    tell("set-clock", settimeofday(&tv, NULL));
    /* With a wrong magic number: refused for that (EINVAL) by whoever would allow it. */
    tell("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
    tell("keyring", syscall(SYS_add_key, "user", "x", "x", 1, -3));
    tell("bpf", syscall(SYS_bpf, 0, NULL, 0));
    tell("open-tty", open("/dev/tty", O_RDWR | O_CLOEXEC));
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
    list_descriptors();
    connect_to_host(argc > 1 ? argv[1] : "1");
    list_interfaces();
    tell_time();
    try_privileges();
    printf("no-new-privileges %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}
