/* What the probe sees of clocks and of the machine. */
#include <sched.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/unit/sandbox/probe.h"

/* ---- clocks ---- */

static void clock_line(const char *how, clockid_t id)
{
    struct timespec a = {-1, -1}, b = {-1, -1};

    clock_gettime(id, &a);
    syscall(SYS_clock_gettime, (long)id, &b);
    printf("%s %lld.%ld %lld.%ld\n", how, (long long)a.tv_sec, a.tv_nsec, (long long)b.tv_sec,
           b.tv_nsec);
}

int probe_clocks(char **args)
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

int probe_monotonic(char **args)
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

int probe_bad_pointers(char **args)
{
    (void)args;
    probe_say("clock_gettime", syscall(SYS_clock_gettime, 0L, 8L));
    probe_say("gettimeofday", syscall(SYS_gettimeofday, 8L, 0L));
    probe_say("uname", syscall(SYS_uname, 8L));
    probe_say("sysinfo", syscall(SYS_sysinfo, 8L));
    probe_say("affinity", syscall(SYS_sched_getaffinity, 0L, 8L, 8L));
    probe_say("affinity-short", syscall(SYS_sched_getaffinity, 0L, 4L, 8L));
    probe_say("getcpu", syscall(SYS_getcpu, 8L, 0L, 0L));
    probe_say("clock-unknown", syscall(SYS_clock_gettime, 77L, 8L));
    return 0;
}

/* Exits 1 when any wall clock says anything but the epoch. */
int probe_is_epoch(char **args)
{
    struct timespec t;
    time_t want = (time_t)strtoll(args[0], NULL, 10);

    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec == want && t.tv_nsec == 0 && time(NULL) == want ? 0 : 1;
}

/* ---- the machine ---- */

int probe_machine(char **args)
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
