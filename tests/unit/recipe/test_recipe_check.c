/* The grammars of single values: what each takes and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/recipe/check.h"
#include "lib/recipe/schema.h"

static void takes(stet_recipe_check *check, const char *const *values)
{
    for (; *values; values++) {
        const char *why = check(*values);
        if (why)
            fail_msg("'%s' %s", *values, why);
    }
}

static void refuses(stet_recipe_check *check, const char *const *values)
{
    for (; *values; values++)
        if (!check(*values))
            fail_msg("'%s' was taken", *values);
}

#define TAKES(check, ...)   takes(check, (const char *const[]){__VA_ARGS__, NULL})
#define REFUSES(check, ...) refuses(check, (const char *const[]){__VA_ARGS__, NULL})

static void names(void **state)
{
    (void)state;
    TAKES(stet_recipe_check_name, "debian", "Debian-12.slim_x", "0");
    REFUSES(stet_recipe_check_name, "", ".debian", "a b", "a/b", "d\xc3\xa9", "a\n");
    TAKES(stet_recipe_check_word, "debian", "minbase", "x-2");
    REFUSES(stet_recipe_check_word, "", "Debian", "2x", "a b", "a/b");
    TAKES(stet_recipe_check_suite, "trixie", "trixie-updates", "buster/updates", "v3.20", "main",
          "non-free-firmware", "2026.09~1+x");
    REFUSES(stet_recipe_check_suite, "", "/trixie", "trixie/", "a//b", "a/../b", "..", ".hidden",
            "a b", "a?b", "-x", "a/./b");
}

static void urls(void **state)
{
    (void)state;
    TAKES(stet_recipe_check_url, "http://example.org", "https://example.org/debian",
          "https://example.org:8080/a%20b?x=y&z=1", "file:///srv/mirror", "http://[::1]:80/x",
          "http://example.org/a@b", "http://example.org/a_1%3a2~+.deb");
    REFUSES(stet_recipe_check_url, "", "ftp://example.org/", "http:/example.org", "http://",
            "http:///path", "https://?x", "file://host/path", "file:srv", "HTTP://example.org",
            "http://a b/", "http://example.org/\x01", "http://example.org/\n",
            "http://example.org/\xc3\xa4", "http://user:pw@example.org/", "http://u@example.org",
            "http://example.org/#x", "http://example.org/{a,b}", "http://example.org/[a]<",
            "javascript://example.org/");
}

static void requests(void **state)
{
    (void)state;
    TAKES(stet_recipe_check_request, "bash", "libstdc++6", "g++", "bash=5.2-1", "libc6:i386",
          "libc6:i386=2.41-1", "perl=1:5.36.0-7~deb12u1", "busybox>=1.36", "musl~1.2", "a<2",
          "so:libc.musl-x86_64.so.1", "lib32-glibc", "0ad", "python>3");
    REFUSES(stet_recipe_check_request, "", "-o", "a b", "a=", "=1", "a= 1", "a===1", "a/stable",
            "a\n", ".a", "a:", "a=1;b", "a=$(x)", "\xc3\xa4", "a=-1");
}

static void globs_and_paths(void **state)
{
    (void)state;
    TAKES(stet_recipe_check_glob, "/usr/share/doc/**", "/usr/**/*.pyc", "/var/log/[a-z]*", "/a?",
          "/x/[!]]y", "/x/[]]y", "/usr/lib/a\\*b", "/etc/motd");
    REFUSES(stet_recipe_check_glob, "", "/", "usr/share", "/usr//doc", "/usr/../x", "/usr/./x",
            "/usr/", "/a**", "/**a", "/a[b", "/a[b/]c", "/a\\", "/a\\/b", "/a\nb", "/***");
    TAKES(stet_recipe_check_path, "/", "/etc/motd", "/a b", "/\xc3\xa4", "/...");
    REFUSES(stet_recipe_check_path, "", "etc", "/etc/", "//", "/a/../b", "/a/.", "/a\x7f", "/a\tb");
    TAKES(stet_recipe_check_from, "motd", "files/motd", "./motd", "a b");
    REFUSES(stet_recipe_check_from, "", "/etc/motd", "../motd", "a/../../b", "a/", "./", "a\n");
    TAKES(stet_recipe_check_host_path, "/usr/share/keyrings/x.gpg", "/a/../b");
    REFUSES(stet_recipe_check_host_path, "", "x.gpg", "~/x", "/a\n");
    char *name = calloc(1, 300);
    assert_non_null(name);
    memset(name, 'a', 257);
    name[0] = '/';
    REFUSES(stet_recipe_check_path, name);
    name[256] = '\0';
    TAKES(stet_recipe_check_path, name);
    free(name);
}

static void image_values(void **state)
{
    (void)state;
    TAKES(stet_recipe_check_port, "1", "80", "65535", "8080/tcp", "53/udp", "9/sctp");
    REFUSES(stet_recipe_check_port, "", "0", "080", "65536", "100000000000", "80/", "80/TCP",
            "80/tcp ", "a", "80-90", "-1", "+80");
    TAKES(stet_recipe_check_env_name, "PATH", "a", "a.b-c", "http_proxy");
    REFUSES(stet_recipe_check_env_name, "", "A=B", "A B", "A\n", "=");
    TAKES(stet_recipe_check_label, "org.opencontainers.image.title", "a/b");
    REFUSES(stet_recipe_check_label, "", "a b", "a\t");
    TAKES(stet_recipe_check_user, "root", "0", "1000:1000", "www-data:www-data");
    REFUSES(stet_recipe_check_user, "", ":", "a:", ":a", "a:b:c", "a b", "a/b");
    TAKES(stet_recipe_check_signal, "SIGTERM", "SIGUSR1", "SIGRTMIN+3", "SIGRTMAX-2", "15", "64");
    REFUSES(stet_recipe_check_signal, "", "TERM", "SIG", "SIG1", "sigterm", "0", "65", "SIGRTMIN+",
            "SIGRTMIN+0", "SIGRTMIN+99", "SIG TERM");
    TAKES(stet_recipe_check_sources, "deb http://example.org/ trixie main", "a\n\tb\n");
    REFUSES(stet_recipe_check_sources, "", "\n", "  ", "a\x1b[0m", "a\rb");
}

static void lock_values(void **state)
{
    (void)state;
    TAKES(stet_recipe_check_package, "bash", "g++", "lib32-glibc", "_x", "+x", "@x");
    REFUSES(stet_recipe_check_package, "", ".bash", "..", "a/b", "-a", "a b", "a:b", "a\x01",
            "a=1");
    TAKES(stet_recipe_check_version, "1:5.2.37-2+b9", "2.41~rc1", "20260912", "1%2", "r0_git");
    REFUSES(stet_recipe_check_version, "", ".1", "-1", "1/2", "1 2", "1\n", "1\x7f", "\xc3\xa4",
            "../../x", "1;x", "$x", "`x`");
    TAKES(stet_recipe_check_architecture, "amd64", "x86_64", "all", "any", "kfreebsd-amd64", "386");
    REFUSES(stet_recipe_check_architecture, "", "AMD64", "a/b", ".", "_x", "a b");
    TAKES(stet_recipe_check_fingerprint, "0123456789ABCDEF0123456789ABCDEF01234567",
          "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF");
    REFUSES(stet_recipe_check_fingerprint, "", "0123456789ABCDEF",
            "0123456789abcdef0123456789ABCDEF01234567", "0123456789ABCDEF0123456789ABCDEF0123456G",
            "0123 456789ABCDEF0123456789ABCDEF0123456");
    TAKES(stet_recipe_check_reason, "essential", "required", "base", "requested", "dependency");
    REFUSES(stet_recipe_check_reason, "", "Essential", "depends");
}

static void distances(void **state)
{
    (void)state;
    const struct stet_recipe_context plain = {0}, debian = {.ecosystem = "debian"},
                                     arch = {.ecosystem = "arch"};
    assert_int_equal(stet_recipe_distance("", ""), 0);
    assert_int_equal(stet_recipe_distance("abc", ""), 3);
    assert_int_equal(stet_recipe_distance("packages", "packages"), 0);
    assert_int_equal(stet_recipe_distance("pacakges", "packages"), 1); /* neighbours swapped */
    assert_int_equal(stet_recipe_distance("package", "packages"), 1);
    assert_int_equal(stet_recipe_distance("kitten", "sitting"), 3);
    assert_int_equal(stet_recipe_distance("ca", "abc"), 3);
    assert_string_equal(stet_recipe_suggest("pacakges", &stet_recipe_table, &plain), "packages");
    assert_string_equal(stet_recipe_suggest("arhcitecture", &stet_recipe_table, &plain),
                        "architecture");
    assert_string_equal(stet_recipe_suggest("Suite", &stet_recipe_table, &plain), "suite");
    assert_string_equal(stet_recipe_suggest("workingdir", &stet_recipe_image_table, &plain),
                        "working-dir");
    /* Only what the ecosystem has. */
    assert_string_equal(stet_recipe_suggest("siglevl", &stet_recipe_table, &arch), "siglevel");
    assert_null(stet_recipe_suggest("siglevl", &stet_recipe_table, &debian));
    assert_null(stet_recipe_suggest("frobnicate", &stet_recipe_table, &plain));
    assert_null(stet_recipe_suggest("", &stet_recipe_table, &plain));
    assert_null(stet_recipe_suggest("a-key-that-is-far-longer-than-any-known-word-there-is",
                                    &stet_recipe_table, &plain));
}

static void shown_values_are_cut_at_characters(void **state)
{
    (void)state;
    char s[200];
    memset(s, 'a', sizeof s);
    s[STET_RECIPE_SHOW_MAX] = '\0';
    assert_string_equal(stet_recipe_show(s).text, s);
    memcpy(s + STET_RECIPE_SHOW_MAX - 1, "\xc3\xa4", 3);
    struct stet_recipe_shown shown = stet_recipe_show(s);
    assert_int_equal(strlen(shown.text), STET_RECIPE_SHOW_MAX - 1 + 3);
    assert_string_equal(shown.text + STET_RECIPE_SHOW_MAX - 1, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),        cmocka_unit_test(urls),
        cmocka_unit_test(requests),     cmocka_unit_test(globs_and_paths),
        cmocka_unit_test(image_values), cmocka_unit_test(lock_values),
        cmocka_unit_test(distances),    cmocka_unit_test(shown_values_are_cut_at_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
