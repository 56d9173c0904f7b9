/* Who signed packages, by which key, as of which date; and packages that are not what the database says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/arch/resolve_fixture.h"

#define SIGNED(key) "lib 1-1 dependency base " key "\nbase 2-1 requested - Good\n"

static struct fixture_recipe at(const char *mirrors)
{
    return (struct fixture_recipe){
        .mirrors = mirrors, .repositories = "core", .database = STET_SIGLEVEL_OPTIONAL};
}

static struct fixture_recipe optional_at(const char *mirrors)
{
    struct fixture_recipe r = at(mirrors);
    r.siglevel = STET_SIGLEVEL_OPTIONAL;
    return r;
}

/* A copy of good/, changed. */
static void mirror(const char *name, const char *change)
{
    struct stet_error err = STET_ERROR_INIT;
    char *script = stet_format(&err, "rm -rf '%s'; mkdir -p '%s'; cp -a good/. '%s'; m='%s'\n%s",
                               name, name, name, name, change);
    assert_non_null(script);
    fixture_run(script);
    free(script);
}

/* Refused whether signatures are required or optional. */
static void refuse(const char *error)
{
    struct fixture_recipe required = at("%/m"), optional = optional_at("%/m");
    fixture_refuse(&required, error);
    fixture_refuse(&optional, error);
}

static void good(void **state)
{
    struct fixture_recipe r = at("%/m");
    (void)state;
    mirror("m", "signs Other m lib");
    fixture_expect(&r, SIGNED("Other"));
    mirror("m", "f=$(file m lib); signs Other m lib; cat \"$f.sig\" good/lib*.sig > both\n"
                "mv both \"$f.sig\"");
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    if (fixture_resolve(&r, &lock, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(lock.packages[0].signed_by.count, 2);
    assert_true(strcmp(lock.packages[0].signed_by.items[0], lock.packages[0].signed_by.items[1]) <
                0);
    stet_lock_release(&lock);
}

static void missing(void **state)
{
    struct fixture_recipe required = at("%/m"), optional = optional_at("%/m");
    (void)state;
    mirror("m", "rm m/lib*.sig");
    fixture_refuse(&required, "package lib 1-1 of repository core: it is not signed (file://");
    fixture_refuse(&required, "/m/lib-1-1-x86_64.pkg.tar.gz.sig does not exist); say \"siglevel: ");
    fixture_expect(&optional, "lib 1-1 dependency base\nbase 2-1 requested - Good\n");
    optional.offline = true;
    fixture_expect(&optional, "lib 1-1 dependency base\nbase 2-1 requested - Good\n");
}

static void wrong(void **state)
{
    (void)state;
    mirror("m", "signs Good m tool; cp \"$(file m tool).sig\" \"$(file m lib).sig\"");
    refuse("package lib 1-1 of repository core: wrong signature");
    mirror("m", "echo words > \"$(file m lib).sig\"");
    refuse("package lib 1-1 of repository core: what came as its signature is not an OpenPGP");
    mirror("m", ": > \"$(file m lib).sig\"");
    refuse("package lib 1-1 of repository core: what came as its signature is not an OpenPGP");
    mirror("m", "signs Stranger m lib");
    refuse("package lib 1-1 of repository core: it is not signed by a key of the keyring, but by ");
}

static void wrong_in_the_database(void **state)
{
    (void)state;
    mirror("m", "embed m lib; edit m lib '/PGPSIG/{n;s/^..../Zm9v/}'; db m core base lib");
    refuse("package lib 1-1 of repository core: what came as its signature is not an OpenPGP");
    mirror("m", "embed m lib; edit m lib '/PGPSIG/{n;s/^./*/}'; db m core base lib");
    refuse("%PGPSIG% is not base64");
    mirror("m", "cp m/tool*.sig \"$(file m lib).sig\"; embed m lib; db m core base lib\n"
                "cp good/lib*.sig m");
    refuse("package lib 1-1 of repository core: wrong signature");
}

/* ---- keys ---- */

static char messages[4096];

static void take_message(void *ctx, enum stet_log_level level, const char *text)
{
    (void)ctx;
    if (level == STET_LOG_INFO)
        (void)snprintf(messages + strlen(messages), sizeof messages - strlen(messages), "%s\n",
                       text);
}

static void expired(void **state)
{
    static const struct stet_log log = {.message = take_message};
    struct fixture_recipe r = at("%/m");
    (void)state;
    mirror("m", "signs Old m lib");
    refuse("package lib 1-1 of repository core: it is signed by a key that has expired (");
    refuse("on 2021-01-01T00:00:00Z); use a newer keyring, or a dated mirror");
    mirror("repos/2020/05/06", "signs Old \"$m\" lib; signs Old \"$m\" tool");
    r = at("%/repos/2020/05/06");
    r.log = &log;
    r.packages = "base tool";
    r.repositories = "core extra";
    messages[0] = '\0';
    fixture_expect(&r, SIGNED("Old") "tool 1:3-1 requested - Old\n");
    assert_int_equal(strncmp(messages,
                             "signatures by keys that have expired since count as of 2020-05-06, "
                             "the date of the mirror: ",
                             88),
                     0);
    char *end = strchr(messages, '\n');
    assert_int_equal(end - messages, strlen("signatures by keys that have expired since count as "
                                            "of 2020-05-06, the date of the mirror: ") +
                                         40);
    assert_string_equal(end, "\n"); /* said once */
    mirror("repos/2021/01/01", "signs Old \"$m\" lib");
    r = at("%/repos/2021/01/01");
    fixture_refuse(&r, "by a key that has expired (");
    mirror("repos/2020/02/30", "signs Old \"$m\" lib");
    r = at("%/repos/2020/02/30");
    fixture_refuse(&r, "by a key that has expired (");
    /* What counts is where the database came from. */
    r = at("%/repos/2019/01/01 %/m");
    fixture_refuse(&r, "by a key that has expired (");
    messages[0] = '\0';
    mirror("repos/2020/05/07", "");
    r = at("%/repos/2020/05/07");
    r.log = &log;
    fixture_expect(&r, SIGNED("Good"));
    assert_string_equal(messages, "");
}

static void revoked(void **state)
{
    struct fixture_recipe r = at("%/gone-signed"), dated = at("%/repos/2020/05/06");
    (void)state;
    fixture_refuse(&r,
                   "package lib 1-1 of repository core: it is signed by a key that was revoked");
    mirror("repos/2020/05/06", "cp gone-signed/lib* \"$m\"");
    fixture_refuse(&dated, "it is signed by a key that was revoked (");
    /* By the list beside the keyring. */
    fixture_run("mkdir -p list; cp keyring.gpg list/k.gpg; g --export =Good > list/other.gpg\n"
                "{ echo '# no more'; echo; tr A-F a-f < Other.fpr; } > list/k-revoked");
    char *keyring = stet_format(NULL, "%s/list/k.gpg", fixture_dir);
    mirror("m", "signs Other m lib");
    r = at("%/m");
    fixture_expect(&r, SIGNED("Other"));
    r.keyring = keyring;
    fixture_refuse(&r, "it is signed by a key that was revoked (");
    r.mirrors = "%/good";
    fixture_expect(&r, SIGNED("Good"));
    fixture_run("echo 0123456789ABCDEF > list/k-revoked");
    fixture_refuse(&r, "/list/k-revoked: \"0123456789ABCDEF\" is not a full fingerprint");
    free(keyring);
}

static void keyring_places(void **state)
{
    struct fixture_recipe r = at("%/good");
    (void)state;
    r.keyring = "mine.gpg";
    fixture_refuse(&r, "keyring mine.gpg: it does not exist (");
    fixture_refuse(&r, "/mine.gpg, ");
    fixture_refuse(&r, "/usr/share/pacman/keyrings/mine.gpg, ");
    fixture_refuse(&r, "/usr/share/keyrings/mine.gpg); install Debian's package archlinux-keyring");
    fixture_run("mkdir -p machine/usr/share/keyrings machine/usr/share/pacman/keyrings\n"
                "cp keyring.gpg machine/usr/share/keyrings/mine.gpg");
    fixture_expect(&r, SIGNED("Good"));
    fixture_run("g --export =Other > machine/usr/share/pacman/keyrings/mine.gpg");
    fixture_refuse(&r, "it is not signed by a key of the keyring");
    fixture_run("g --armor --export =Good > mine.gpg");
    fixture_expect(&r, SIGNED("Good"));
    r.keyring = "/nonexistent/mine.gpg";
    fixture_refuse(&r, "keyring /nonexistent/mine.gpg: it does not exist (");
}

/* ---- files that are not what the database says ---- */

static void disagrees(void **state)
{
    (void)state;
    mirror("m", "inside_name=bil; pkg m lib 1-1; signs Good m lib; db m core base lib");
    refuse(
        "package lib 1-1 of repository core: its file says that its name is \"bil\", and not the "
        "database's \"lib\"");
    mirror("m", "inside_version=0.9-1; pkg m lib 1-1; signs Good m lib; db m core base lib");
    refuse("its file says that its version is \"0.9-1\", and not the database's \"1-1\"");
    mirror("m", "inside_arch=any; pkg m lib 1-1; signs Good m lib; db m core base lib");
    refuse("its file says that its architecture is \"any\", and not the database's \"x86_64\"");
    mirror("m", "echo x > root/.PKGINFO; f=$(file m lib); h=$(sha256sum < $f); h=${h%% *}\n"
                "tar -czf \"$f\" -C root usr; signs Good m lib\n"
                "edit m lib \"s/$h/$(sha256sum < $f | cut -d' ' -f1)/\"\n"
                "edit m lib \"/CSIZE/{n;s/.*/$(stat -c %s $f)/}\"; db m core base lib");
    refuse("it has no .PKGINFO");
}

static void other_content(void **state)
{
    (void)state;
    mirror("m", "pkg x lib 1-1 other; cp \"$(file x lib)\" m; signs Good m lib\n"
                "edit m lib \"/CSIZE/{n;s/.*/$(stat -c %s $(file m lib))/}\"; db m core base lib");
    refuse("cannot get lib: file://");
    refuse("the content is damaged or another one: its SHA-256 is ");
    mirror("m", "edit m lib '/CSIZE/{n;s/$/0/}'; db m core base lib");
    refuse("are expected: the file there is another one");
}

static void damaged_in_the_store(void **state)
{
    struct fixture_recipe r = at("%/good");
    (void)state;
    fixture_expect(&r, SIGNED("Good"));
    fixture_run("h=$(sha256sum < \"$(file good lib)\" | cut -d' ' -f1)\n"
                "f=$(find store/sha256 -name \"*${h#??}\"); chmod u+w \"$f\"\n"
                "printf X | dd of=\"$f\" bs=1 seek=30 conv=notrunc status=none");
    fixture_refuse(&r, "package lib 1-1 of repository core: its file in the store was damaged");
    fixture_expect(&r, SIGNED("Good"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
        TEST(good),           TEST(missing),
        TEST(wrong),          TEST(wrong_in_the_database),
        TEST(expired),        TEST(revoked),
        TEST(keyring_places), TEST(disagrees),
        TEST(other_content),  TEST(damaged_in_the_store),
    };
    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
