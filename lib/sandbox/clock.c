/*
 * System calls that the supervisor answers in the kernel's place: the wall clock, and what
 * tells one machine from another. The filters (seccomp.c) stop a program at exactly these, so
 * everything else runs at full speed.
 *
 * libc usually reads clocks from the vDSO, without a system call. The kernel tells a
 * new program where the vDSO is in the auxiliary vector on its stack; turning that entry into
 * AT_IGNORE before the first instruction makes every libc, and every runtime without one,
 * fall back to the system call. A program that searches its memory for the vDSO, or reads the
 * CPU's cycle counter, still finds the time: this is for reproducibility, not for secrecy.
 *
 * The tracee's memory is read and written with process_vm_readv and process_vm_writev, which
 * respect its page protections as the kernel would: a bad pointer is its EFAULT.
 */
#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "lib/sandbox/private.h"

/* ---- registers, by machine ---- */

struct call {
    long number;
    unsigned long args[3];
    unsigned long stack;
#if defined(__x86_64__)
    struct user_regs_struct regs;
#elif defined(__aarch64__)
    struct user_regs_struct regs;
#else
#error "sandbox: clock.c does not know this machine's registers"
#endif
};

static int get_registers(pid_t pid, struct call *c)
{
    struct iovec io = {&c->regs, sizeof(c->regs)};

    return ptrace(PTRACE_GETREGSET, pid, (void *)(long)NT_PRSTATUS, &io) < 0 ? -1 : 0;
}

#if defined(__x86_64__)
static int get_call(pid_t pid, struct call *c)
{
    if (get_registers(pid, c) < 0)
        return -1;
    c->number = (long)c->regs.orig_rax;
    c->args[0] = c->regs.rdi;
    c->args[1] = c->regs.rsi;
    c->args[2] = c->regs.rdx;
    c->stack = c->regs.rsp;
    return 0;
}

/* Number -1 makes the kernel skip the call and return what is in the result register. */
static void set_result(pid_t pid, struct call *c, long result)
{
    struct iovec io = {&c->regs, sizeof(c->regs)};

    c->regs.orig_rax = (unsigned long long)-1;
    c->regs.rax = (unsigned long long)result;
    ptrace(PTRACE_SETREGSET, pid, (void *)(long)NT_PRSTATUS, &io);
}
#elif defined(__aarch64__)
static int get_call(pid_t pid, struct call *c)
{
    if (get_registers(pid, c) < 0)
        return -1;
    c->number = (long)c->regs.regs[8];
    for (int i = 0; i < 3; i++)
        c->args[i] = c->regs.regs[i];
    c->stack = c->regs.sp;
    return 0;
}

static void set_result(pid_t pid, struct call *c, long result)
{
    struct iovec io = {&c->regs, sizeof(c->regs)};
    int none = -1;
    struct iovec number = {&none, sizeof(none)};

    c->regs.regs[0] = (unsigned long long)result;
    ptrace(PTRACE_SETREGSET, pid, (void *)(long)NT_PRSTATUS, &io);
    ptrace(PTRACE_SETREGSET, pid, (void *)(long)NT_ARM_SYSTEM_CALL, &number);
}
#endif

/* ---- memory ---- */

/* 0, or -EFAULT as the kernel would say. */
static long put(pid_t pid, unsigned long address, const void *data, size_t len)
{
    struct iovec local = {(void *)(uintptr_t)data, len};
    struct iovec remote = {(void *)address, len};

    return process_vm_writev(pid, &local, 1, &remote, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

/* As put(), for a pointer that may be NULL. */
static long put_optional(pid_t pid, unsigned long address, const void *data, size_t len)
{
    return address == 0 ? 0 : put(pid, address, data, len);
}

/* ---- the answers ---- */

static long answer_time_of_day(pid_t pid, const struct call *c, int64_t epoch)
{
    struct timeval tv = {.tv_sec = epoch};
    struct timezone {
        int minuteswest, dsttime;
    } tz = {0, 0};
    long result = put_optional(pid, c->args[0], &tv, sizeof(tv));

    return result < 0 ? result : put_optional(pid, c->args[1], &tz, sizeof(tz));
}

/* One CPU, number 0, wherever it really runs: output that depends on the number of CPUs is not
 * reproducible. The kernel wants room for a mask in whole words. */
static long answer_affinity(pid_t pid, const struct call *c)
{
    const unsigned long mask = 1;
    unsigned len = (unsigned)c->args[1];

    if (len < sizeof(mask) || len % sizeof(mask) != 0)
        return -EINVAL;
    return put(pid, c->args[2], &mask, sizeof(mask)) < 0 ? -EFAULT : (long)sizeof(mask);
}

static long answer_cpu(pid_t pid, const struct call *c)
{
    const unsigned zero = 0;
    long result = put_optional(pid, c->args[0], &zero, sizeof(zero));

    return result < 0 ? result : put_optional(pid, c->args[1], &zero, sizeof(zero));
}

/* The same machine as the texts in place of /proc/meminfo, uptime and loadavg (fixed.c). */
static long answer_sysinfo(pid_t pid, const struct call *c)
{
    struct sysinfo info;

    memset(&info, 0, sizeof(info));
    info.uptime = 1;
    info.totalram = info.freeram = 4UL << 30;
    info.procs = 1;
    info.mem_unit = 1;
    return put(pid, c->args[0], &info, sizeof(info));
}

void stet_sandbox_answer(const struct stet_sandbox_plan *plan, pid_t pid)
{
    struct timespec now = {.tv_sec = plan->epoch};
    struct call c;
    long result;

    if (get_call(pid, &c) < 0)
        return;
    switch (c.number) {
    case SYS_clock_gettime: /* of a wall clock: the filter lets the others through */
        result = put(pid, c.args[1], &now, sizeof(now));
        break;
    case SYS_gettimeofday:
        result = answer_time_of_day(pid, &c, plan->epoch);
        break;
#ifdef SYS_time
    case SYS_time:
        result = put_optional(pid, c.args[0], &now.tv_sec, sizeof(now.tv_sec));
        if (result == 0)
            result = (long)plan->epoch;
        break;
#endif
    case SYS_uname:
        result = put(pid, c.args[0], &plan->uts, sizeof(plan->uts));
        break;
    case SYS_sysinfo:
        result = answer_sysinfo(pid, &c);
        break;
    case SYS_sched_getaffinity:
        result = answer_affinity(pid, &c);
        break;
    case SYS_getcpu:
        result = answer_cpu(pid, &c);
        break;
    default: /* a program's own filter asked for a tracer: it gets the call as it is */
        return;
    }
    set_result(pid, &c, result);
}

/* ---- the vDSO ---- */

/* A window on the tracee's stack, read upwards a page's worth at a time. */
struct words {
    pid_t pid;
    unsigned long next; /* address of the word after the buffered ones */
    size_t at, count;
    unsigned long word[512];
};

static int next_word(struct words *w, unsigned long *word, unsigned long *address)
{
    if (w->at == w->count) {
        /* To the end of a page, so that a stack that ends there is no error. */
        size_t len = sizeof(w->word) - w->next % sizeof(w->word);
        struct iovec local = {w->word, len};
        struct iovec remote = {(void *)w->next, len};

        if (process_vm_readv(w->pid, &local, 1, &remote, 1, 0) != (ssize_t)len)
            return -1;
        w->at = 0;
        w->count = len / sizeof(w->word[0]);
        w->next += len;
    }
    *address = w->next - (w->count - w->at) * sizeof(w->word[0]);
    *word = w->word[w->at++];
    return 0;
}

/* The stack of a new program: argc, arguments, 0, environment, 0, pairs of type and value. */
void stet_sandbox_hide_vdso(pid_t pid)
{
    const unsigned long ignore = AT_IGNORE;
    struct words w = {.pid = pid};
    unsigned long word, address;
    struct call c;

    if (get_call(pid, &c) < 0)
        return;
    w.next = c.stack + sizeof(unsigned long);
    for (int terminators = 0; terminators < 2;) {
        if (next_word(&w, &word, &address) < 0)
            return;
        terminators += word == 0;
    }
    do {
        unsigned long type_address;

        if (next_word(&w, &word, &type_address) < 0)
            return;
        if (word == AT_SYSINFO_EHDR)
            put(pid, type_address, &ignore, sizeof(ignore));
        if (word != AT_NULL && next_word(&w, &(unsigned long){0}, &address) < 0)
            return;
    } while (word != AT_NULL);
}
