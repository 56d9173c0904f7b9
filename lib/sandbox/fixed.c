/*
 * Texts that stand in place of files of /proc that describe the machine. They are the same on
 * every machine, so that no script's output depends on it; their forms are proc(5)'s.
 */
#include <inttypes.h>

#include "lib/sandbox/private.h"

static const char filesystems[] = "nodev\ttmpfs\nnodev\tproc\nnodev\tdevpts\n\text4\n";

static const char meminfo[] = "MemTotal:        4194304 kB\n"
                              "MemFree:         4194304 kB\n"
                              "MemAvailable:    4194304 kB\n"
                              "Buffers:               0 kB\n"
                              "Cached:                0 kB\n"
                              "SwapCached:            0 kB\n"
                              "SwapTotal:             0 kB\n"
                              "SwapFree:              0 kB\n";

/* The instruction set every machine of the kind has; a program that wants more asks the CPU. */
static const char cpu_x86[] =
    "processor\t: 0\nvendor_id\t: stet\ncpu family\t: 6\nmodel\t\t: 0\n"
    "model name\t: x86-64\nstepping\t: 0\ncpu MHz\t\t: 1000.000\ncache size\t: 1024 KB\n"
    "physical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\nfpu\t\t: yes\n"
    "flags\t\t: fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx "
    "fxsr sse sse2 syscall nx lm\nbogomips\t: 1000.00\naddress sizes\t: 40 bits physical, 48 bits "
    "virtual\n\n";
static const char cpu_other[] = "processor\t: 0\nBogoMIPS\t: 100.00\nFeatures\t: fp asimd\n\n";

/* Files whose text depends on nothing. "sys/…" are all there is below /proc/sys. */
static const struct {
    const char *path, *text;
} constant[] = {
    {"cmdline", "\n"},
    {"devices", "Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n"},
    {"filesystems", filesystems},
    {"loadavg", "0.00 0.00 0.00 1/1 1\n"},
    {"meminfo", meminfo},
    {"partitions", "major minor  #blocks  name\n\n"},
    {"swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"},
    {"uptime", "1.00 1.00\n"},
    {"sys/crypto/fips_enabled", "0\n"},
    {"sys/fs/file-max", "1048576\n"},
    {"sys/fs/nr_open", "1048576\n"},
    {"sys/kernel/cap_last_cap", "40\n"},
    {"sys/kernel/domainname", "(none)\n"},
    {"sys/kernel/ngroups_max", "65536\n"},
    {"sys/kernel/ostype", "Linux\n"},
    {"sys/kernel/overflowgid", "65534\n"},
    {"sys/kernel/overflowuid", "65534\n"},
    {"sys/kernel/pid_max", "32768\n"},
    {"sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000000\n"},
    {"sys/kernel/threads-max", "32768\n"},
    {"sys/vm/max_map_count", "65530\n"},
    {"sys/vm/overcommit_memory", "0\n"},
};

static int add(struct stet_sandbox_plan *plan, const char *path, const char *text,
               struct stet_error *err)
{
    struct stet_sandbox_text *t = &plan->texts[plan->text_count++];

    t->path = path;
    stet_buffer_init(&t->text);
    stet_buffer_add_str(&t->text, text);
    return stet_buffer_check(&t->text, "sandbox: fixed file", err);
}

static int add_varying(struct stet_sandbox_plan *plan, struct stet_error *err)
{
    const struct utsname *u = &plan->uts;
    char text[512];

    snprintf(text, sizeof(text),
             "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\nintr 0\nctxt 0\n"
             "btime %" PRId64 "\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n",
             plan->epoch);
    if (add(plan, "stat", text, err) < 0)
        return -1;
    snprintf(text, sizeof(text), "Linux version %s %s\n", u->release, u->version);
    if (add(plan, "version", text, err) < 0)
        return -1;
    snprintf(text, sizeof(text), "%s\n", u->nodename);
    if (add(plan, "sys/kernel/hostname", text, err) < 0)
        return -1;
    snprintf(text, sizeof(text), "%s\n", u->release);
    if (add(plan, "sys/kernel/osrelease", text, err) < 0)
        return -1;
    snprintf(text, sizeof(text), "%s\n", u->version);
    if (add(plan, "sys/kernel/version", text, err) < 0)
        return -1;
    return add(plan, "cpuinfo", strcmp(u->machine, "x86_64") == 0 ? cpu_x86 : cpu_other, err);
}

int stet_sandbox_fixed_make(struct stet_sandbox_plan *plan, struct stet_error *err)
{
    size_t constants = sizeof(constant) / sizeof(constant[0]);

    plan->texts = calloc(constants + 6, sizeof(*plan->texts));
    if (plan->texts == NULL)
        return stet_error_oom(err, "sandbox: fixed files");
    for (size_t i = 0; i < constants; i++) {
        if (add(plan, constant[i].path, constant[i].text, err) < 0)
            return -1;
    }
    return add_varying(plan, err);
}

void stet_sandbox_fixed_release(struct stet_sandbox_plan *plan)
{
    for (size_t i = 0; i < plan->text_count; i++)
        stet_buffer_release(&plan->texts[i].text);
    free(plan->texts);
    plan->texts = NULL;
    plan->text_count = 0;
}
