/*
 * From new namespaces to the program: PID 1 of the sandbox, and the program's process up
 * to its exec. Order matters more than anything else here; each step says why it is where it is.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "lib/sandbox/private.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* ---- who it is ---- */

/*
 * Real root works without a user namespace where the kernel has none: the ids are the same (the
 * map is the identity) and the bounding set is. An ordinary user can't get here without one.
 */
static bool is_bearable(const struct stet_sandbox_plan *plan)
{
    return plan->initial_user_namespace &&
           (errno == EINVAL || errno == ENOSYS || errno == ENOSPC || errno == EUSERS);
}

/*
 * A user namespace whose ids are those of the namespace around it. Files keep their owners, and
 * root inside has power over them; but the capabilities count in this namespace alone, and every
 * other namespace of the sandbox, every mount in it and the kernel itself belong to outer ones.
 */
static void enter_user_namespace(const struct stet_sandbox_plan *plan)
{
    if (unshare(CLONE_NEWUSER) < 0) {
        if (!is_bearable(plan))
            stet_sandbox_die(STET_SANDBOX_STEP_USER_NAMESPACE, "");
        return;
    }
    if (stet_sandbox_sync_send(STET_SANDBOX_FD_SYNC, STET_SANDBOX_SYNC_MAP) < 0 ||
        stet_sandbox_sync_wait(STET_SANDBOX_FD_SYNC, STET_SANDBOX_SYNC_MAP) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_ID_MAP, "");
}

static void become_nobody_but_root(void)
{
    /* The system calls themselves: libc's wrappers talk to threads that this process lost. */
    if (syscall(SYS_setgroups, (size_t)0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 ||
        syscall(SYS_setresuid, 0, 0, 0) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_IDS, "");
}

/* ---- what it may ---- */

/*
 * What maintainer scripts need to install files and to act as other users, each limited to the
 * ids of the map. Left out on purpose: MKNOD, SYS_ADMIN, SYS_PTRACE, NET_*, and DAC_READ_SEARCH,
 * which is open_by_handle_at(2)'s and adds nothing to DAC_OVERRIDE.
 */
static const int kept_capabilities[] = {
    CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID,  CAP_KILL,
    CAP_SETGID, CAP_SETUID,       CAP_SETPCAP, CAP_SETFCAP, CAP_SYS_CHROOT,
};

static bool is_kept_capability(int cap)
{
    for (size_t i = 0; i < sizeof(kept_capabilities) / sizeof(kept_capabilities[0]); i++) {
        if (kept_capabilities[i] == cap)
            return true;
    }
    return false;
}

static int set_capabilities(const uint32_t set[2])
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    for (int i = 0; i < 2; i++) {
        data[i].effective = data[i].permitted = set[i];
        data[i].inheritable = 0;
    }
    return (int)syscall(SYS_capset, &header, data);
}

/* The bounding set first, while CAP_SETPCAP is certain to be there: it is what root gets back at
 * every exec, so nothing left out here ever returns. */
static void reduce_capabilities(void)
{
    uint32_t keep[2] = {0, 0};
    int cap = 0;

    for (; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        if (is_kept_capability(cap))
            keep[cap / 32] |= 1U << (cap % 32);
        else if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
            stet_sandbox_die(STET_SANDBOX_STEP_CAPABILITIES, "");
    }
    if (cap <= CAP_SETFCAP) /* the end of the list is an error as well: was it the end? */
        stet_sandbox_die(STET_SANDBOX_STEP_CAPABILITIES, "");
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* EINVAL before Linux 4.3 */
    if (set_capabilities(keep) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_CAPABILITIES, "");
}

static void install_filters(const struct stet_sandbox_plan *plan)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_SECCOMP, "no_new_privs");
    for (int i = 0; i < 2; i++) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &plan->filters[i], 0, 0) < 0)
            stet_sandbox_die(STET_SANDBOX_STEP_SECCOMP, "");
    }
}

/* ---- the program's process ---- */

static void set_limit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit now, want = {soft, hard};

    if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_LIMITS, "");
    /* Nobody raises a hard limit without a capability over the machine. */
    if (now.rlim_max < want.rlim_max)
        want.rlim_max = now.rlim_max;
    if (want.rlim_max < want.rlim_cur)
        want.rlim_cur = want.rlim_max;
    if (setrlimit((__rlimit_resource_t)resource, &want) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_LIMITS, "");
}

/* Limits that scripts can see or that fail builds when a login shell sets them low. */
static void set_limits(void)
{
    static const int unlimited[] = {RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_RSS, RLIMIT_FSIZE};

    set_limit(RLIMIT_CORE, 0, 0); /* a core file would become part of the image */
    set_limit(RLIMIT_NOFILE, 1024, 4096);
    set_limit(RLIMIT_STACK, 8U << 20, 8U << 20);
    set_limit(RLIMIT_MEMLOCK, 64U << 10, 64U << 10);
    set_limit(RLIMIT_NICE, 0, 0);
    set_limit(RLIMIT_RTPRIO, 0, 0);
    for (size_t i = 0; i < sizeof(unlimited) / sizeof(unlimited[0]); i++)
        set_limit(unlimited[i], RLIM_INFINITY, RLIM_INFINITY);
}

static void reset_signals(void)
{
    struct sigaction act = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int sig = 1; sig < NSIG; sig++)
        sigaction(sig, &act, NULL); /* EINVAL for those that can't be changed */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors 0, 1, 2 and perhaps 3 stay; the report pipe closes at the exec, the rest now. */
static void keep_only_standard_descriptors(const struct stet_sandbox_plan *plan)
{
    if (!plan->has_input) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

        if (null < 0 || dup3(null, 0, O_CLOEXEC) < 0)
            stet_sandbox_die(STET_SANDBOX_STEP_DESCRIPTORS, "/dev/null");
        close(null);
    }
    for (int fd = 0; fd <= (plan->has_status_fd ? 3 : 2); fd++) {
        if (fcntl(fd, F_SETFD, 0) < 0)
            stet_sandbox_die(STET_SANDBOX_STEP_DESCRIPTORS, "");
    }
    if (!plan->has_status_fd)
        close(3);
    if (fcntl(STET_SANDBOX_FD_REPORT, F_SETFD, FD_CLOEXEC) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_DESCRIPTORS, "");
    close(STET_SANDBOX_FD_SYNC);
}

noreturn static void run_program(const struct stet_sandbox_plan *plan)
{
    setsid(); /* no controlling terminal, and none can be had: TIOCSTI has no target */
    keep_only_standard_descriptors(plan);
    umask(022);
    set_limits();
    setpriority(PRIO_PROCESS, 0, 0); /* only root may lower it; a courtesy to scripts, no more */
    personality(ADDR_NO_RANDOMIZE);  /* one source of differences less, where it is allowed */
    if (chdir(plan->directory) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_WORKING_DIRECTORY, "");
    reset_signals();
    execve(plan->argv.items[0], plan->argv.items, plan->env.items);
    stet_sandbox_die(STET_SANDBOX_STEP_EXEC, "");
}

/* ---- PID 1 ---- */

/*
 * Sleeps until it is killed, which kills everything in the namespace. It keeps no capability and
 * no descriptor, its children reap themselves (SIGCHLD ignored), it may not be traced or
 * looked into (not dumpable), and the program's filters apply to it as well: taking it over
 * would gain nothing.
 */
noreturn static void sleep_as_init(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    const uint32_t none[2] = {0, 0};

    sigaction(SIGCHLD, &ignore, NULL);
    if (set_capabilities(none) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_CAPABILITIES, "");
    for (int fd = 0; fd < STET_SANDBOX_FD_COUNT; fd++)
        close(fd);
    for (;;)
        pause();
}

static void name_host(const struct stet_sandbox_plan *plan)
{
    const char *domain = plan->uts.domainname;

    if (sethostname(plan->uts.nodename, strlen(plan->uts.nodename)) < 0 ||
        setdomainname(domain, strlen(domain)) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_HOST_NAME, "");
}

noreturn void stet_sandbox_init_main(const struct stet_sandbox_plan *plan)
{
    long child;

    umask(0);
    prctl(PR_SET_NAME, "init", 0, 0, 0);
    name_host(plan);
    stet_sandbox_mounts(
        plan); /* with the outer namespace's capabilities: before the user namespace */
    enter_user_namespace(plan);
    become_nobody_but_root();
    /* After the last change of ids, which clears it. The supervisor may be gone already: then it
     * never says GO, and this process ends as its socket does. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_CAPABILITIES, "");
    reduce_capabilities();
    memset(plan->args, 0, plan->args_len);
    install_filters(plan);
    if (stet_sandbox_sync_send(STET_SANDBOX_FD_SYNC, STET_SANDBOX_SYNC_READY) < 0 ||
        stet_sandbox_sync_wait(STET_SANDBOX_FD_SYNC, STET_SANDBOX_SYNC_GO) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_TRACE, "");
    /* From here on, and before anyone else is here, /proc/1 shows neither memory nor executable to
     * a process without CAP_SYS_PTRACE over the host. Not earlier: an ordinary user's supervisor
     * has no such capability either, and could not have attached. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_CAPABILITIES, "");
    /* A plain fork; the supervisor traces the child from its first instruction. */
    child = syscall(SYS_clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, 0UL);
    if (child < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_START, "");
    if (child == 0)
        run_program(plan);
    sleep_as_init();
}
