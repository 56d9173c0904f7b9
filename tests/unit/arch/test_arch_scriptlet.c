/* Scriptlets, ldconfig and programs of hooks in the sandbox itself: by root, or where an ordinary user can become it;
 * skipped elsewhere. */
#include <stdio.h>

#include "lib/distro/arch/hook.h"
#include "lib/distro/arch/scriptlet.h"
#include "tests/unit/arch/run_fixture.h"

static struct stet_buffer program = STET_BUFFER_INIT; /* program.c's */

static int setup(void **state)
{
    run_setup(state);
    run_add_package(*state, "some", "1:2.0-3", 0);
    run_begin(*state);
    return 0;
}

static void put_program(struct run_fixture *f, const char *path, mode_t mode)
{
    run_put(f, path, "", mode);
    assert_int_equal(stet_fs_write_in(f->ctx.root, path, program.data, program.len, mode, (uid_t)-1,
                                      (gid_t)-1, NULL),
                     0);
}

static int scriptlet(struct run_fixture *f, const char *text)
{
    struct stet_arch_package *p = &f->state->packages[0];
    free(p->install);
    p->install = stet_strdup(text, NULL);
    p->install_len = strlen(text);
    stet_buffer_clear(&f->logged);
    stet_error_clear(&f->err);
    return stet_arch_scriptlet_run(&f->ctx, p, "post_install", &f->err);
}

static void scriptlet_ok(struct run_fixture *f, const char *text, const char *logged)
{
    if (scriptlet(f, text) < 0)
        fail_msg("%s", f->err.text);
    assert_string_equal(stet_buffer_str(&f->logged), logged);
    assert_false(run_exists(f, "tmp/alpm_stet"));
}

static void test_scriptlet(void **state)
{
    struct run_fixture *f = *state;
    struct stat st;
    put_program(f, "bin/sh", 0755);
    scriptlet_ok(f, "post_install\nsay a b\nmode /tmp/alpm_stet\nmode /tmp/alpm_stet/.INSTALL\n",
                 "verbose: program /bin/sh\nverbose: call post_install 1:2.0-3\nverbose: a b\n"
                 "verbose: /tmp/alpm_stet: 40755\nverbose: /tmp/alpm_stet/.INSTALL: 100644\n");
    assert_int_equal(fstatat(f->ctx.root, "tmp", &st, 0), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 01777);
    /* What others left there does not matter, and neither does /tmp's mode; bash comes first. */
    assert_int_equal(fchmodat(f->ctx.root, "tmp", 0700, 0), 0);
    run_put(f, "tmp/alpm_stet/x/y", "", 0644);
    put_program(f, "opt/bash", 0700);
    run_link(f, "usr/bin/bash", "/opt/bash");
    scriptlet_ok(f, "post_install\nmode /tmp/alpm_stet/x\nmode /tmp\n",
                 "verbose: program /usr/bin/bash\nverbose: call post_install 1:2.0-3\n"
                 "verbose: /tmp/alpm_stet/x: none\nverbose: /tmp: 40700\n");
}

static void test_scriptlet_environment(void **state)
{
    struct run_fixture *f = *state;
    put_program(f, "bin/sh", 0755);
    scriptlet_ok(f, "post_install\nenvironment\ninput\n",
                 "verbose: program /bin/sh\nverbose: call post_install 1:2.0-3\n"
                 "verbose: PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                 "verbose: HOME=/root\nverbose: LANG=C.UTF-8\nverbose: LC_ALL=C.UTF-8\n"
                 "verbose: SHLVL=1\nverbose: TERM=dumb\nverbose: TZ=UTC0\n"
                 "verbose: PERL_HASH_SEED=0\nverbose: PYTHONHASHSEED=0\n"
                 "verbose: SOURCE_DATE_EPOCH=1700000000\n");
}

/* Where libalpm sees a function: not behind a '#', nor across the 1023 bytes that it takes for a line. */
static void test_scriptlet_without(void **state)
{
    struct run_fixture *f = *state;
    char text[4096];
    put_program(f, "bin/sh", 0755);
    scriptlet_ok(f, "", "");
    scriptlet_ok(f, "pre_install() {\n", "");
    scriptlet_ok(f, "# post_install\nx # post_install\npost_\ninstall\n", "");
    snprintf(text, sizeof text, "%01018dpost_install", 0);
    scriptlet_ok(f, text, "");
    snprintf(text, sizeof text, "%01011dpost_install", 0);
    assert_int_equal(scriptlet(f, text), 0);
    assert_string_not_equal(stet_buffer_str(&f->logged), "");
    snprintf(text, sizeof text, "#%01022dpost_install", 0);
    assert_int_equal(scriptlet(f, text), 0);
    assert_string_not_equal(stet_buffer_str(&f->logged), "");
    free(f->state->packages[0].install);
    f->state->packages[0].install = NULL;
    stet_buffer_clear(&f->logged);
    assert_int_equal(
        stet_arch_scriptlet_run(&f->ctx, &f->state->packages[0], "post_install", &f->err), 0);
    assert_string_equal(stet_buffer_str(&f->logged), "");
}

static void test_scriptlet_fails(void **state)
{
    struct run_fixture *f = *state;
    put_program(f, "bin/sh", 0755);
    assert_int_equal(scriptlet(f, "post_install\nsay 1\nsay 2\nsay\nsay 3\nexit 7\n"), -1);
    assert_string_equal(f->err.text, "package some: its post_install failed with exit status 7; "
                                     "its last output: 1 | 2 | 3 (--verbose shows all of it)");
    assert_int_equal(f->err.kind, STET_ERROR_INPUT);
    assert_false(run_exists(f, "tmp/alpm_stet"));
    run_put(f, "bin/sh", "not a program", 0755);
    assert_int_equal(scriptlet(f, "post_install\n"), -1);
    assert_string_equal(f->err.text,
                        "package some: its post_install failed with exit status 127; sandbox: "
                        "/bin/sh: it could not be executed: Exec format error (--verbose shows "
                        "all of it)");
    assert_false(run_exists(f, "tmp/alpm_stet"));
    run_put(f, "bin/sh", "\177ELF of another machine", 0755);
    assert_int_equal(scriptlet(f, "post_install\n"), -1);
    assert_string_equal(f->err.text,
                        "package some: post_install: sandbox: /bin/sh: it could not be executed: "
                        "Exec format error");
    assert_false(run_exists(f, "tmp/alpm_stet"));
}

static void test_scriptlet_no_shell(void **state)
{
    struct run_fixture *f = *state;
    static const char warning[] =
        "warning: package some: its post_install was not run: the root has no shell\n";
    scriptlet_ok(f, "post_install\n", warning);
    run_put(f, "bin/sh", "x", 0644);
    run_link(f, "usr/bin/bash", "/none");
    scriptlet_ok(f, "post_install\n", warning);
    assert_false(run_exists(f, "tmp"));
}

static void ldconfig_ok(struct run_fixture *f, const char *logged)
{
    stet_buffer_clear(&f->logged);
    if (stet_arch_ldconfig(&f->ctx, &f->err) < 0)
        fail_msg("%s", f->err.text);
    assert_string_equal(stet_buffer_str(&f->logged), logged);
}

static void test_ldconfig(void **state)
{
    struct run_fixture *f = *state;
    ldconfig_ok(f, "");
    put_program(f, "sbin/ldconfig", 0755);
    ldconfig_ok(f, "");
    run_put(f, "etc/ld.so.conf", "", 0644);
    ldconfig_ok(f, "verbose: program /sbin/ldconfig\n");
    put_program(f, "usr/bin/ldconfig", 0644);
    ldconfig_ok(f, "verbose: program /sbin/ldconfig\n");
    put_program(f, "usr/bin/ldconfig", 0755);
    ldconfig_ok(f, "verbose: program /usr/bin/ldconfig\n");
    run_put(f, "usr/bin/ldconfig", "#!/none\n", 0755);
    ldconfig_ok(f, "warning: /usr/bin/ldconfig failed with exit status 127; sandbox: "
                   "/usr/bin/ldconfig: it could not be executed: No such file or directory\n");
    stet_fs_remove_in(f->ctx.root, "usr/bin/ldconfig", NULL);
    stet_fs_remove_in(f->ctx.root, "sbin/ldconfig", NULL);
    ldconfig_ok(f, "");
}

static void test_hooks(void **state)
{
    struct run_fixture *f = *state;
    run_add_files(f, 0, "usr/b", "usr/a", NULL);
    put_program(f, "bin/program", 0755);
    run_put(f, "usr/share/libalpm/hooks/a.hook",
            "[Trigger]\nOperation = Install\nType = Path\nTarget = usr/*\n"
            "[Action]\nWhen = PostTransaction\nNeedsTargets\n"
            "Exec = bin/program 'say a  b' input \"exit 4\"\n",
            0644);
    run_put(f, "usr/share/libalpm/hooks/b.hook",
            "[Trigger]\nOperation = Install\nType = Package\nTarget = *\n"
            "[Action]\nWhen = PostTransaction\nExec = /bin/missing\n",
            0644);
    run_put(f, "usr/share/libalpm/hooks/c.hook",
            "[Trigger]\nOperation = Install\nType = Package\nTarget = *\n"
            "[Action]\nWhen = PostTransaction\nExec = /bin/program input 'exit 1'\n",
            0644);
    if (stet_arch_hooks_run(&f->ctx, 0, STET_ARCH_POST_TRANSACTION, &f->err) < 0)
        fail_msg("%s", f->err.text);
    assert_string_equal(
        stet_buffer_str(&f->logged),
        "begin configure 3\nadvance a.hook\nverbose: program /bin/program\nverbose: a  b\n"
        "verbose: usr/a\nverbose: usr/b\n"
        "warning: hook a.hook: /bin/program failed with exit status 4; its last output: a  b | "
        "usr/a | usr/b\n"
        "advance b.hook\nwarning: hook b.hook: /bin/missing failed with exit status 127; sandbox: "
        "/bin/missing: it could not be executed: No such file or directory\n"
        "advance c.hook\nverbose: program /bin/program\n"
        "warning: hook c.hook: /bin/program failed with exit status 1; its last output: program "
        "/bin/program\n"
        "end configure\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, run_teardown)

int main(int argc, char **argv)
{
    struct stet_error err = STET_ERROR_INIT;
    const struct CMUnitTest tests[] = {
        TEST(test_scriptlet),       TEST(test_scriptlet_environment), TEST(test_scriptlet_without),
        TEST(test_scriptlet_fails), TEST(test_scriptlet_no_shell),    TEST(test_ldconfig),
        TEST(test_hooks),
    };
    if (argc != 2 || stet_fs_read(AT_FDCWD, argv[1], 64 << 20, &program, &err) < 0) {
        printf("it needs the path of its program: %s\n", err.text);
        return 1;
    }
    if (stet_sandbox_become_root(&err) < 0) {
        printf("skipped: %s\n", err.text);
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    stet_buffer_release(&program);
    return failed;
}
