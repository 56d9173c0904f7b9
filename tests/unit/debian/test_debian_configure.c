/* What is run, in which order and surroundings. The sandbox is played by the test. */
#include "tests/unit/debian/deb_fixture.h"

static struct {
    struct fixture *f;
    char calls[8192];       /* one line each */
    char environment[4096]; /* of the last call */
    bool neutral;           /* services could not start in any call */
    int status;             /* what programs exit with */
    const char *const *lines;
    const char *const *status_lines;
    bool installs; /* "dpkg" makes all packages installed */
} played;

static void mark_installed(struct fixture *f)
{
    static const char from[] = "ok unpacked", to[] = "ok installed";
    struct stet_buffer b = STET_BUFFER_INIT;
    const char *text = content(f, "var/lib/dpkg/status"), *hit;
    for (; (hit = strstr(text, from)); text = hit + sizeof from - 1) {
        stet_buffer_add(&b, text, (size_t)(hit - text));
        stet_buffer_add_str(&b, to);
    }
    stet_buffer_add_str(&b, text);
    put(f, "var/lib/dpkg/status", stet_buffer_str(&b));
    stet_buffer_release(&b);
}

int stet_sandbox_run(const struct stet_sandbox *sandbox, const struct stet_sandbox_command *command,
                     int *status, struct stet_error *err)
{
    struct fixture *f = played.f;
    (void)sandbox;
    (void)err;
    size_t used = strlen(played.calls);
    const char *policy = content(f, "usr/sbin/policy-rc.d");
    played.neutral = played.neutral && policy && strcmp(policy, "#!/bin/sh\nexit 101\n") == 0 &&
                     mode_of(f, "usr/sbin/policy-rc.d") == 0755;
    const char *daemon = content(f, "usr/sbin/start-stop-daemon");
    played.neutral = played.neutral && (!daemon || strcmp(daemon, "own") != 0);
    const char *script = content(f, "var/lib/dpkg/tmp.ci/preinst");
    for (size_t i = 0; command->argv[i]; i++)
        used += (size_t)snprintf(played.calls + used, sizeof played.calls - used, "%s ",
                                 command->argv[i]);
    snprintf(played.calls + used, sizeof played.calls - used, "%s\n", script ? script : "");
    used = 0;
    for (size_t i = 0; command->env[i]; i++)
        used += (size_t)snprintf(played.environment + used, sizeof played.environment - used,
                                 "%s\n", command->env[i]);
    for (size_t i = 0; played.lines && played.lines[i]; i++)
        command->line(command->ctx, played.lines[i]);
    for (size_t i = 0; command->status_line && played.status_lines && played.status_lines[i]; i++)
        command->status_line(command->ctx, played.status_lines[i]);
    if (played.installs && !script)
        mark_installed(f);
    *status = played.status;
    return 0;
}

static int setup(void **state)
{
    fixture_setup(state);
    memset(&played, 0, sizeof played);
    played.f = *state;
    played.neutral = true;
    return 0;
}

static void add(struct fixture *f, const char *name, const char *preinst, unsigned stage)
{
    struct deb d;
    deb_begin(&d, name, "");
    if (preinst)
        deb_control(&d, "preinst", preinst, 0755);
    if (strcmp(name, "dpkg") == 0) {
        deb_directory(&d, "./usr/", 0755);
        deb_directory(&d, "./usr/sbin/", 0755);
        deb_file(&d, "./usr/sbin/start-stop-daemon", "own", 0755);
        deb_link(&d, "./sbin", "usr/sbin", false);
    }
    add_deb(f, &d, stage);
}

static int build(struct fixture *f)
{
    unsigned last = f->lock.packages[f->lock.package_count - 1].stage;
    if (stet_debian_prepare_root(&f->ctx, &f->err) < 0)
        return -1;
    for (unsigned stage = 0; stage <= last; stage++)
        if (stet_debian_unpack(&f->ctx, stage, &f->err) < 0 ||
            stet_debian_configure(&f->ctx, stage, &f->err) < 0)
            return -1;
    return stet_debian_finish(&f->ctx, &f->err);
}

static const char dpkg_call[] = "/usr/bin/dpkg --status-fd 3 --abort-after=1 --configure -a \n";

static void test_order(void **state)
{
    struct fixture *f = *state;
    char expected[1024];
    struct stat st;
    add(f, "dpkg", NULL, 0);
    add(f, "b", "b", 0);
    add(f, "a", "a", 0);
    add(f, "z", "z", 1);
    add(f, "c", "c", 1);
    played.installs = true;
    if (build(f) < 0)
        fail_msg("%s", f->err.text);
    snprintf(expected, sizeof expected,
             "/var/lib/dpkg/tmp.ci/preinst install b\n/var/lib/dpkg/tmp.ci/preinst install a\n%s"
             "/var/lib/dpkg/tmp.ci/preinst install z\n/var/lib/dpkg/tmp.ci/preinst install c\n%s",
             dpkg_call, dpkg_call);
    assert_string_equal(played.calls, expected);
    assert_true(played.neutral);
    assert_false(lookup(f, "usr/sbin/policy-rc.d", &st));
    assert_string_equal(content(f, "usr/sbin/start-stop-daemon"), "own");
    assert_false(lookup(f, "usr/sbin/start-stop-daemon.stet-aside", &st));
    assert_true(lookup(f, "usr/sbin/start-stop-daemon", &st));
    assert_int_equal(st.st_mtime, 1500000000);
    assert_false(lookup(f, "var/lib/dpkg/tmp.ci", &st));
}

static void test_environment(void **state)
{
    struct fixture *f = *state;
    static const char *const needed[] = {"DEBIAN_FRONTEND=noninteractive\n",
                                         "DEBCONF_NONINTERACTIVE_SEEN=true\n",
                                         "HOME=/root\n",
                                         "LC_ALL=C.UTF-8\n",
                                         "PERL_HASH_SEED=0\n",
                                         "SOURCE_DATE_EPOCH=1600000000\n",
                                         "DPKG_MAINTSCRIPT_PACKAGE=a\n",
                                         "DPKG_MAINTSCRIPT_ARCH=amd64\n",
                                         "DPKG_MAINTSCRIPT_NAME=preinst\n",
                                         "DPKG_ADMINDIR=/var/lib/dpkg\n",
                                         "DPKG_ROOT=\n",
                                         "DPKG_RUNNING_VERSION=1.0-1\n"};
    add(f, "dpkg", NULL, 0);
    add(f, "a", "a", 0);
    played.status = 1; /* so that the preinst is the last call */
    assert_int_equal(build(f), -1);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!strstr(played.environment, needed[i]))
            fail_msg("no %s", needed[i]);
    assert_null(strstr(played.environment, "TZ="));
}

static void test_policy_of_a_package(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    deb_begin(&d, "policy", "");
    deb_directory(&d, "./usr/", 0755);
    deb_directory(&d, "./usr/sbin/", 0755);
    deb_file(&d, "./usr/sbin/policy-rc.d", "#!own\n", 0700);
    add_deb(f, &d, 0);
    played.installs = true;
    assert_int_equal(build(f), 0);
    assert_true(played.neutral);
    assert_string_equal(content(f, "usr/sbin/policy-rc.d"), "#!own\n");
    assert_int_equal(mode_of(f, "usr/sbin/policy-rc.d"), 0700);
}

static void expect_failure(struct fixture *f, const char *text)
{
    struct stat st;
    assert_int_equal(build(f), -1);
    assert_int_equal(f->err.kind, STET_ERROR_INPUT);
    assert_string_equal(f->err.text, text);
    assert_false(lookup(f, "usr/sbin/policy-rc.d", &st));
}

static void test_preinst_fails(void **state)
{
    static const char *const lines[] = {"one", "two", "", "three", "four", NULL};
    struct fixture *f = *state;
    add(f, "a", "a", 0);
    played.lines = lines;
    played.status = 7;
    expect_failure(
        f, "package a: its preinst script failed with exit status 7; its last output: two | "
           "three | four (--verbose shows all of it)");
}

static void test_dpkg_fails(void **state)
{
    static const char *const lines[] = {"Setting up a (1.0-1) ...",
                                        "fine",
                                        "Setting up b (1.0-1) ...",
                                        "oh no",
                                        "dpkg: error processing package b (--configure):",
                                        " installed b package …",
                                        NULL};
    static const char *const status_lines[] = {
        "processing: configure: b",
        "status: b : error : installed b package post-installation script "
        "subprocess returned error exit status 1",
        "status: c : error : dependency problems", NULL};
    struct fixture *f = *state;
    add(f, "a", NULL, 0);
    played.lines = lines;
    played.status_lines = status_lines;
    played.status = 1;
    expect_failure(f,
                   "package b cannot be configured: installed b package post-installation script "
                   "subprocess returned error exit status 1; its last output: oh no "
                   "(--verbose shows all of it)");
}

static void test_dpkg_fails_silently(void **state)
{
    struct fixture *f = *state;
    add(f, "a", NULL, 0);
    played.status = 2;
    expect_failure(f, "dpkg --configure failed with exit status 2; it printed nothing (--verbose "
                      "shows all of it)");
}

static void test_left_unpacked(void **state)
{
    struct fixture *f = *state;
    add(f, "a", NULL, 0);
    expect_failure(
        f, "package a is not installed after configuring: dpkg says \"install ok unpacked\"");
}

static void test_package_gone(void **state)
{
    struct fixture *f = *state;
    add(f, "a", NULL, 0);
    played.installs = true;
    assert_int_equal(stet_debian_prepare_root(&f->ctx, &f->err), 0);
    assert_int_equal(stet_debian_finish(&f->ctx, &f->err), -1);
    assert_string_equal(f->err.text, "dpkg knows 0 packages and the lock 1");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_order),         CASE(test_environment),  CASE(test_policy_of_a_package),
        CASE(test_preinst_fails), CASE(test_dpkg_fails),   CASE(test_dpkg_fails_silently),
        CASE(test_left_unpacked), CASE(test_package_gone),
    };
    int rc = become_root();
    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
