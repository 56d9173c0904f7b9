/* What a program sees: the same on every machine, at every time, for every user. */
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

#include "tests/unit/sandbox/harness.h"

static void wall_clocks_stand(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "clocks", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "realtime 1700000000.0 1700000000.0\n"
                                                  "coarse 1700000000.0 1700000000.0\n"
                                                  "tai 1700000000.0 1700000000.0\n"
                                                  "alarm 1700000000.0 1700000000.0\n"
                                                  "upper 1700000000.0\n"
                                                  "timeofday 1700000000.0 1700000000.0\n"
                                                  "time 1700000000 1700000000 1700000000\n"
                                                  "timespec_get 1700000000.0\n"
                                                  "vdso hidden\n");
}

static void the_epoch_is_any_time(void **state)
{
    struct box *b = *state;

    b->sandbox.epoch = 0;
    box_probe_ok(b, "is-epoch", "0", NULL);
    b->sandbox.epoch = 4102444800; /* 2100 */
    box_probe_ok(b, "is-epoch", "4102444800", NULL);
}

static void monotonic_clocks_go(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "monotonic", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "1 goes\n4 goes\n7 goes\n");
}

static void bad_pointers_are_refused_as_ever(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "bad-pointers", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "clock_gettime EFAULT\ngettimeofday EFAULT\n"
                                                  "uname EFAULT\nsysinfo EFAULT\naffinity EFAULT\n"
                                                  "affinity-short EINVAL\ngetcpu EFAULT\n"
                                                  "clock-unknown EINVAL\n");
}

static void machine_is_fixed(void **state)
{
    struct box *b = *state;

    b->sandbox.machine = "x86_64";
    box_probe_ok(b, "machine", NULL);
    assert_string_equal(stet_buffer_str(&b->out),
                        "Linux|stet|6.1.0-stet|#1 SMP stet|x86_64|(none)|stet|(none)\n"
                        "cpus 1 1 1 on 0 0\n"
                        "sysinfo 1 4294967296 4294967296 1\n"
                        "pages 4294967296\n");
}

static void machine_as_asked(void **state)
{
    struct box *b = *state;

    b->sandbox.host_name = "builder";
    b->sandbox.machine = "riscv64";
    b->sandbox.release = "5.0";
    box_probe_ok(b, "machine", NULL);
    assert_non_null(strstr(stet_buffer_str(&b->out),
                           "Linux|builder|5.0|#1 SMP stet|riscv64|(none)|builder|(none)\n"));
    box_probe_ok(b, "cat", "/proc/sys/kernel/hostname", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "builder\n");
    box_probe_ok(b, "cat", "/proc/version", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "Linux version 5.0 #1 SMP stet\n");
}

static void names_that_do_not_fit(void **state)
{
    struct box *b = *state;

    b->sandbox.host_name = "an-extraordinarily-long-name-for-a-host-that-no-kernel-has-room-for-x";
    assert_int_equal(box_probe(b, "exit", "0", NULL), -1);
    assert_int_equal(b->err.kind, STET_ERROR_INPUT);
    b->sandbox.host_name = "";
    assert_int_equal(box_probe(b, "exit", "0", NULL), -1);
    assert_int_equal(b->err.kind, STET_ERROR_INPUT);
}

static void ids_and_session(void **state)
{
    struct box *b = *state;
    mode_t before = umask(077); /* the caller's own does not matter */

    box_probe_ok(b, "ids", NULL);
    umask(before);
    assert_string_equal(stet_buffer_str(&b->out), "uid 0 0 0 gid 0 0 0 groups 0\n"
                                                  "umask 022 session own tty ENXIO\n");
}

static void limits(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "limits", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "0 1024 8388608 0 \n");
}

static void arguments_and_environment(void **state)
{
    struct box *b = *state;

    b->command.directory = "/area";
    box_probe_ok(b, "env", "one", "two words", NULL);
    assert_string_equal(stet_buffer_str(&b->out),
                        "arg one\narg two words\nenv PATH=/bin\nenv STET_TEST=a b\ncwd /area\n");
}

static void capabilities(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "status", "CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb", "NoNewPrivs",
                 "Seccomp", NULL);
    /* chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, sys_chroot, setfcap */
    assert_string_equal(stet_buffer_str(&b->out),
                        "CapPrm 00000000800401fb\nCapEff 00000000800401fb\n"
                        "CapBnd 00000000800401fb\nCapInh 0000000000000000\n"
                        "CapAmb 0000000000000000\nNoNewPrivs 1\nSeccomp 2\n");
}

static void dev_is_minimal(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "list", "/dev", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "fd full null ptmx pts random shm stderr stdin "
                                                  "stdout tty urandom zero \n");
    box_probe_ok(b, "write", "/dev/null", "/dev/zero", "/dev/full", "/dev/shm/x", "/dev/x", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "/dev/null ok\n/dev/zero ok\n/dev/full ENOSPC\n"
                                                  "/dev/shm/x ok\n/dev/x ok\n");
}

static void sys_is_empty(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "list", "/sys", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "\n");
    box_probe_ok(b, "write", "/sys/x", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "/sys/x EROFS\n");
}

static void proc_texts_are_fixed(void **state)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        {"/proc/uptime", "1.00 1.00\n"},
        {"/proc/loadavg", "0.00 0.00 0.00 1/1 1\n"},
        {"/proc/cmdline", "\n"},
        {"/proc/version", "Linux version 6.1.0-stet #1 SMP stet\n"},
        {"/proc/modules", ""},
        {"/proc/sys/kernel/hostname", "stet\n"},
        {"/proc/sys/kernel/osrelease", "6.1.0-stet\n"},
        {"/proc/sys/kernel/ngroups_max", "65536\n"},
        {"/proc/sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000000\n"},
        {"/proc/filesystems", "nodev\ttmpfs\nnodev\tproc\nnodev\tdevpts\n\text4\n"},
    };
    struct box *b = *state;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        _cleanup_buffer_ struct stet_buffer want = STET_BUFFER_INIT;

        /* /proc/modules is only there when the kernel has modules */
        if (box_probe(b, "cat", files[i].path, NULL) != 0 || b->exit_status != 0) {
            assert_string_equal(files[i].path, "/proc/modules");
            continue;
        }
        for (const char *p = files[i].text; *p != '\0'; p++)
            stet_buffer_add_char(&want, *p == '\t' ? ' ' : *p);
        assert_string_equal(stet_buffer_str(&b->out), stet_buffer_str(&want));
    }
    box_probe_ok(b, "cat", "/proc/stat", NULL);
    assert_non_null(strstr(stet_buffer_str(&b->out), "btime 1700000000\n"));
    box_probe_ok(b, "cat", "/proc/sys/kernel/random/uuid", NULL);
    assert_int_equal(b->out.len, 37);
    box_probe_ok(b, "list", "/proc/sys", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "crypto fs kernel vm \n");
}

/* A package's script may give its files any owner, mode, capability and attribute. */
static void files_as_a_package_needs_them(void **state)
{
    struct box *b = *state;
    unsigned char cap[64];
    char path[128];
    struct stat st;

    box_probe_ok(b, "files", NULL);
    assert_string_equal(stet_buffer_str(&b->out),
                        "write ok\nchown ok\nchown-max ok\nchmod ok\nsetcap ok\ngetcap 20\n"
                        "user-xattr ok\nlink ok\nsymlink ok\nfsync ok\nsyncfs ok\nutimes ok\n"
                        "chroot ok\n");
    assert_int_equal(fstatat(b->root, "area/file", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_uid, 65535);
    assert_int_equal(st.st_gid, 65535);
    assert_int_equal(st.st_mode, S_IFREG | 04755);
    assert_int_equal(st.st_nlink, 2);
    /* Read where the image is sealed, it is the plain form, 20 bytes. */
    snprintf(path, sizeof(path), "%s/area/file", b->path);
    assert_int_equal(getxattr(path, "security.capability", cap, sizeof(cap)), 20);
    assert_memory_equal(cap, "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
}

static void other_users(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "become", "/probe", "clocks", NULL);
    assert_non_null(strstr(stet_buffer_str(&b->out), "setgroups ok\nsetgid ok\nsetuid ok\n"
                                                     "back EPERM\nrealtime 1700000000.0 17"));
    /* A set-uid program gives nothing back. */
    assert_int_equal(fchmodat(b->root, "probe", 04755, 0), 0);
    box_probe_ok(b, "become", "/probe", "ids", NULL);
    assert_non_null(
        strstr(stet_buffer_str(&b->out), "uid 1000 1000 1000 gid 1000 1000 1000 groups 2"));
}

static void input_and_descriptors(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "fds", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "0 1 2 \n");
    box_probe_ok(b, "cat", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "");
    b->command.input = "some\nlines\n";
    b->command.input_len = 11;
    box_probe_ok(b, "cat", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "some\nlines\n");
    box_probe_ok(b, "fds", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "0 1 2 \n");
    b->command.input_len = 0;
    box_probe_ok(b, "cat", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "");
}

static void callers_descriptors_stay_out(void **state)
{
    struct box *b = *state;
    int fds[50];

    for (size_t i = 0; i < 50; i++)
        assert_true((fds[i] = open("/dev/null", O_RDONLY)) >= 0); /* without O_CLOEXEC */
    box_probe_ok(b, "fds", NULL);
    for (size_t i = 0; i < 50; i++)
        close(fds[i]);
    assert_string_equal(stet_buffer_str(&b->out), "0 1 2 \n");
}

static void status_descriptor(void **state)
{
    struct box *b = *state;

    b->status_wanted = true;
    box_probe_ok(b, "fds", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "0 1 2 3 \n");
    box_probe_ok(b, "status-fd", "processing: x", "end", NULL);
    assert_string_equal(stet_buffer_str(&b->status), "processing: x\nend\n");
    assert_string_equal(stet_buffer_str(&b->out), "");
    b->status_wanted = false;
    assert_int_equal(box_probe(b, "status-fd", "x", NULL), 0);
    assert_int_equal(b->exit_status, 1);
    assert_string_equal(stet_buffer_str(&b->out), "EBADF\n");
}

static void output(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "output", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "to stdout\nto stderr\n"
                                                  "escape ?[31m red tab? cr ? c1 \303\244\n"
                                                  "no newline\n");
    box_probe_ok(b, "long-line", "1000000", NULL);
    assert_int_equal(b->out.len, 1000000 + 245); /* pieces of 4095 */
    b->command.line = NULL;
    box_probe_ok(b, "long-line", "1000000", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "");
}

static bool exists(const struct box *b, const char *path)
{
    return faccessat(b->root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void scratch_directories(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "write", "/tmp/x", "/run/x", "/area/x", "/dev/y", NULL);
    assert_false(exists(b, "tmp/x"));
    assert_true(exists(b, "run/x"));
    assert_true(exists(b, "area/x"));
    assert_false(exists(b, "dev/y"));
    b->sandbox.keep_tmp = b->sandbox.private_run = true;
    box_probe_ok(b, "write", "/tmp/z", "/run/z", NULL);
    assert_true(exists(b, "tmp/z"));
    assert_false(exists(b, "run/z"));
}

static void what_was_there_is_untouched(void **state)
{
    struct box *b = *state;
    struct stat st;

    box_write(b, "dev/mine", "d", 0640);
    box_write(b, "proc/mine", "p", 0640);
    box_write(b, "sys/mine", "s", 0640);
    box_write(b, "tmp/mine", "t", 0640);
    box_probe_ok(b, "open", "/dev/mine", "/proc/mine", "/sys/mine", "/tmp/mine", NULL);
    assert_string_equal(
        stet_buffer_str(&b->out),
        "/dev/mine ENOENT\n/proc/mine ENOENT\n/sys/mine ENOENT\n/tmp/mine ENOENT\n");
    assert_int_equal(fstatat(b->root, "dev/mine", &st, 0), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0640);
    assert_true(exists(b, "proc/mine") && exists(b, "sys/mine") && exists(b, "tmp/mine"));
    assert_false(exists(b, "dev/null"));
    assert_false(exists(b, "sys/empty"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, box_make, box_remove)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(wall_clocks_stand),
        TEST(the_epoch_is_any_time),
        TEST(monotonic_clocks_go),
        TEST(bad_pointers_are_refused_as_ever),
        TEST(machine_is_fixed),
        TEST(machine_as_asked),
        TEST(names_that_do_not_fit),
        TEST(ids_and_session),
        TEST(limits),
        TEST(arguments_and_environment),
        TEST(capabilities),
        TEST(dev_is_minimal),
        TEST(sys_is_empty),
        TEST(proc_texts_are_fixed),
        TEST(files_as_a_package_needs_them),
        TEST(other_users),
        TEST(input_and_descriptors),
        TEST(callers_descriptors_stay_out),
        TEST(status_descriptor),
        TEST(output),
        TEST(scratch_directories),
        TEST(what_was_there_is_untouched),
    };

    harness_begin(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
