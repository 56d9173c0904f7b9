/* Recipes as people write them, and the one line they get when something is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/recipe/node.h"
#include "lib/recipe/recipe.h"

#define HEAD "stet: 1\nname: t\necosystem: debian\n"

static int parse(const char *text, struct stet_recipe *r, struct stet_error *err)
{
    *err = (struct stet_error)STET_ERROR_INIT;
    return stet_recipe_parse(text, strlen(text), "r.yaml", r, err);
}

static void parse_ok(const char *text, struct stet_recipe *r)
{
    struct stet_error err;
    if (parse(text, r, &err) < 0)
        fail_msg("%s\n%s", err.text, text);
}

static void expect_error(const char *text, const char *message)
{
    struct stet_recipe r;
    struct stet_error err;
    if (parse(text, &r, &err) == 0)
        fail_msg("parsed:\n%s", text);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    if (strncmp(err.text, message, strlen(message)) != 0)
        fail_msg("'%s'\nwas expected to begin with\n'%s'", err.text, message);
    assert_null(strchr(err.text, '\n'));
    stet_recipe_release(&r);
}

static void list_is(const struct stet_strv *v, const char *const *items)
{
    size_t i = 0;
    for (; items[i]; i++) {
        assert_true(i < v->count);
        assert_string_equal(v->items[i], items[i]);
    }
    assert_int_equal(v->count, i);
}
#define LIST_IS(v, ...) list_is(v, (const char *const[]){__VA_ARGS__, NULL})

static const char *value(const struct stet_recipe_map *m, const char *key)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->items[i].key, key) == 0)
            return m->items[i].value;
    return NULL;
}

static void a_full_recipe_is_read(void **state)
{
    (void)state;
    struct stet_recipe r;
    parse_ok("# comment\n"
             "stet: 1\n"
             "name: debian\n"
             "ecosystem: debian\n"
             "suite: trixie\n"
             "suites: [trixie-updates, trixie-security]\n"
             "components: [main, contrib]\n"
             "architecture: amd64\n"
             "mirror: [https://example.org/debian, file:///srv/mirror]\n"
             "keyring: /usr/share/keyrings/debian-archive-keyring.gpg\n"
             "keys: [/etc/apk/keys]\n"
             "check-valid-until: false\n"
             "base: minbase\n"
             "packages:\n- ca-certificates\n- bash=5.2-1\n"
             "exclude: [/usr/share/doc/**]\n"
             "include: [/usr/share/doc/*/copyright]\n"
             "files:\n- {from: motd, to: /etc/motd, mode: \"0600\"}\n- {from: x/y, to: /y}\n"
             "epoch: 2026-09-12T09:55:41+02:00\n"
             "apt-sources:\n- deb http://example.org/ trixie main\n- |\n  a\n  b\n"
             "image:\n"
             "  cmd: [bash, -l, '']\n"
             "  entrypoint: [/sbin/init]\n"
             "  env: {LANG: C.UTF-8, EDITOR: ''}\n"
             "  labels: {b: 2, a: yes}\n"
             "  user: 1000:1000\n"
             "  working-dir: /srv\n"
             "  stop-signal: SIGQUIT\n"
             "  exposed-ports: [80, 53/udp]\n"
             "  volumes: [/var/lib/x]\n",
             &r);
    assert_string_equal(r.name, "debian");
    assert_string_equal(r.ecosystem, "debian");
    assert_string_equal(r.suite, "trixie");
    LIST_IS(&r.suites, "trixie-updates", "trixie-security");
    assert_true(r.suites_given);
    LIST_IS(&r.components, "main", "contrib");
    assert_string_equal(r.architecture, "amd64");
    LIST_IS(&r.mirrors, "https://example.org/debian", "file:///srv/mirror");
    assert_string_equal(r.keyring, "/usr/share/keyrings/debian-archive-keyring.gpg");
    LIST_IS(&r.keys, "/etc/apk/keys");
    assert_false(r.check_valid_until);
    assert_string_equal(r.base, "minbase");
    LIST_IS(&r.packages, "ca-certificates", "bash=5.2-1");
    LIST_IS(&r.exclude, "usr/share/doc/**");
    LIST_IS(&r.include, "usr/share/doc/*/copyright");
    assert_int_equal(r.file_count, 2);
    assert_string_equal(r.files[0].from, "motd");
    assert_string_equal(r.files[0].to, "/etc/motd");
    assert_int_equal(r.files[0].mode, 0600);
    assert_int_equal(r.files[1].mode, 0644);
    assert_false(r.epoch_auto);
    assert_int_equal(r.epoch, 1789199741);
    assert_int_equal(r.sources, STET_SOURCES_OWN);
    LIST_IS(&r.own_sources, "deb http://example.org/ trixie main", "a\nb");
    LIST_IS(&r.image.cmd, "bash", "-l", "");
    LIST_IS(&r.image.entrypoint, "/sbin/init");
    assert_string_equal(value(&r.image.env, "LANG"), "C.UTF-8");
    assert_string_equal(value(&r.image.env, "EDITOR"), "");
    assert_string_equal(r.image.labels.items[0].key, "a");
    assert_string_equal(r.image.labels.items[0].value, "yes");
    assert_string_equal(r.image.labels.items[1].value, "2");
    assert_string_equal(r.image.user, "1000:1000");
    assert_string_equal(r.image.working_dir, "/srv");
    assert_string_equal(r.image.stop_signal, "SIGQUIT");
    LIST_IS(&r.image.exposed_ports, "80", "53/udp");
    LIST_IS(&r.image.volumes, "/var/lib/x");
    stet_recipe_release(&r);
    assert_null(r.name);
    assert_int_equal(r.packages.count, 0);
}

#define ARCH "stet: 1\nname: t\necosystem: arch\n"

static void an_arch_recipe_is_read(void **state)
{
    (void)state;
    struct stet_recipe r;
    parse_ok(ARCH "mirror: [https://example.org/2026/11/01/$repo/os/$arch, file:///srv/own]\n"
                  "repositories: [core, extra, my-own]\n"
                  "siglevel: optional\n"
                  "database-siglevel: required\n"
                  "keyring: archlinux.gpg\n"
                  "packages: [base, 'linux>=6.1']\n"
                  "noextract: [usr/share/man/*, '!usr/share/man/man8/*']\n"
                  "mirrorlist: ['Server = https://example.org/$repo']\n"
                  "pacman-keyring: public\n",
             &r);
    LIST_IS(&r.mirrors, "https://example.org/2026/11/01/$repo/os/$arch", "file:///srv/own");
    LIST_IS(&r.repositories, "core", "extra", "my-own");
    assert_int_equal(r.siglevel, STET_SIGLEVEL_OPTIONAL);
    assert_int_equal(r.database_siglevel, STET_SIGLEVEL_REQUIRED);
    assert_string_equal(r.keyring, "archlinux.gpg");
    LIST_IS(&r.packages, "base", "linux>=6.1");
    LIST_IS(&r.noextract, "usr/share/man/*", "!usr/share/man/man8/*");
    assert_int_equal(r.sources, STET_SOURCES_OWN);
    LIST_IS(&r.own_sources, "Server = https://example.org/$repo");
    assert_true(r.public_keyring);
    stet_recipe_release(&r);

    parse_ok(ARCH, &r);
    assert_int_equal(r.siglevel, STET_SIGLEVEL_REQUIRED);
    assert_int_equal(r.database_siglevel, STET_SIGLEVEL_OPTIONAL);
    assert_int_equal(r.sources, STET_SOURCES_LOCKED);
    assert_false(r.public_keyring);
    assert_int_equal(r.repositories.count + r.noextract.count, 0);
    stet_recipe_release(&r);
}

static void a_key_of_another_ecosystem_is_an_error(void **state)
{
    (void)state;
    struct stet_recipe r;
    expect_error(ARCH "suite: trixie\n",
                 "r.yaml:4:1: 'suite' is a key for ecosystem debian; this recipe's is arch");
    expect_error(HEAD "noextract: [a]\n",
                 "r.yaml:4:1: 'noextract' is a key for ecosystem arch; this recipe's is debian");
    expect_error("suite: x\n" ARCH, "r.yaml:1:1: 'suite' is a key for ecosystem debian");
    expect_error(ARCH "siglevle: never\n", "r.yaml:4:1: unknown key 'siglevle'; did you mean "
                                           "'siglevel'? Known keys here: stet, name, ecosystem, "
                                           "architecture, mirror, repositories, siglevel,");
    /* Which ecosystems there are is told elsewhere. */
    parse_ok("stet: 1\nname: t\necosystem: dabian\nsuite: trixie\n", &r);
    stet_recipe_release(&r);
}

static void errors_of_arch_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {ARCH "siglevel: always\n",
         "r.yaml:4:11: 'siglevel': 'always' is not required, optional or never"},
        {ARCH "database-siglevel: [never]\n",
         "r.yaml:4:20: 'database-siglevel' must be a string, not a list"},
        {ARCH "pacman-keyring: private\n",
         "r.yaml:4:17: 'pacman-keyring': 'private' is not none or public"},
        {ARCH "repositories: [local]\n", "r.yaml:4:16: 'repositories': 'local' is not a repo"},
        {ARCH "repositories: [a/b]\n", "r.yaml:4:16: 'repositories': 'a/b' is not a repo"},
        {ARCH "repositories: [core, core]\n", "r.yaml:4:22: 'repositories': 'core' is listed"},
        {ARCH "noextract: [/usr/share/man/*]\n",
         "r.yaml:4:13: 'noextract': '/usr/share/man/*' begins with '/'"},
        {ARCH "noextract: ['!']\n", "r.yaml:4:13: 'noextract': '!' is not a pattern"},
        {ARCH "mirrorlist: all\n", "r.yaml:4:13: 'mirrorlist' must be 'locked', 'none', or a list"},
        {ARCH "mirrorlist: [\"a\\nb\"]\n", "r.yaml:4:14: 'mirrorlist': 'a"},
        {ARCH "keyring: ../x.gpg\n", "r.yaml:4:10: 'keyring': '../x.gpg' is not a keyring"},
        {ARCH "keyring: .\n", "r.yaml:4:10: 'keyring': '.' is not a keyring"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(cases[i].text, cases[i].message);
}

static void defaults_are_as_documented(void **state)
{
    (void)state;
    struct stet_recipe r;
    parse_ok(HEAD, &r);
    assert_null(r.suite);
    assert_null(r.architecture);
    assert_null(r.keyring);
    assert_null(r.base);
    LIST_IS(&r.mirrors, "system");
    assert_false(r.suites_given);
    assert_true(r.check_valid_until);
    assert_true(r.epoch_auto);
    assert_int_equal(r.sources, STET_SOURCES_LOCKED);
    assert_int_equal(r.components.count + r.packages.count + r.exclude.count + r.file_count, 0);
    assert_int_equal(r.image.env.count + r.image.labels.count + r.image.cmd.count, 0);
    stet_recipe_release(&r);
}

static void an_empty_suites_is_not_an_absent_one(void **state)
{
    (void)state;
    struct stet_recipe r;
    parse_ok(HEAD "suites: []\n", &r);
    assert_true(r.suites_given);
    assert_int_equal(r.suites.count, 0);
    stet_recipe_release(&r);
}

/* The "Norway problem": what stands there is what is meant. */
static void plain_scalars_stay_text(void **state)
{
    (void)state;
    struct stet_recipe r;
    parse_ok(HEAD "suite: 3.20\n"
                  "image:\n"
                  "  env: {A: no, B: 1.10, C: yes, D: 0x1F, E: 1e3, F: .inf, G: 2001-01-01, H: 010,"
                  " I: true, J: \"null\", K: '', L: \"~\", M: off, N: 1_000, O: 12:30:45}\n",
             &r);
    static const char *const pairs[][2] = {
        {"A", "no"},   {"B", "1.10"},       {"C", "yes"}, {"D", "0x1F"},  {"E", "1e3"},
        {"F", ".inf"}, {"G", "2001-01-01"}, {"H", "010"}, {"I", "true"},  {"J", "null"},
        {"K", ""},     {"L", "~"},          {"M", "off"}, {"N", "1_000"}, {"O", "12:30:45"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(value(&r.image.env, pairs[i][0]), pairs[i][1]);
    assert_string_equal(r.suite, "3.20");
    stet_recipe_release(&r);
}

static void yaml_forms_that_mean_the_same_are_read(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "{stet: 1, name: t, ecosystem: debian}",
        "{\"stet\": 1, \"name\": \"t\", \"ecosystem\": 'debian'}",
        "---\n" HEAD "...\n",
        "%YAML 1.1\n---\n" HEAD,
        "\xef\xbb\xbf" HEAD,
        "stet: 1\r\nname: t\r\necosystem: debian\r\n",
        "stet: 1\nname: >-\n  t\necosystem: debian",
        "? stet\n: 1\n? name\n: t\n? ecosystem\n: debian\n",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct stet_recipe r;
        parse_ok(forms[i], &r);
        assert_string_equal(r.name, "t");
        stet_recipe_release(&r);
    }
}

static void places_and_words_of_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {HEAD "pacakges: [a]\n",
         "r.yaml:4:1: unknown key 'pacakges'; did you mean 'packages'? Known keys here: stet, "
         "name, "
         "ecosystem, suite, suites, components, architecture, mirror, keyring, keys, "
         "check-valid-until, base, packages, exclude, include, files, epoch, apt-sources, image"},
        {HEAD "frobnicate: 1\n", "r.yaml:4:1: unknown key 'frobnicate'. Known keys here: stet, "},
        {HEAD "cmd: [a]\n", "r.yaml:4:1: unknown key 'cmd'; it belongs under 'image'. Known"},
        {HEAD "image: {evn: {}}\n", "r.yaml:4:9: unknown key 'evn'; did you mean 'env'? Known keys "
                                    "here: cmd, entrypoint, env, labels, user, working-dir, "
                                    "stop-signal, exposed-ports, volumes"},
        {HEAD "files: [{from: a, to: /a, content: eA==}]\n",
         "r.yaml:4:27: unknown key 'content'. Known keys here: from, to, mode"},
        {HEAD "architecture: [amd64]\n",
         "r.yaml:4:15: 'architecture' must be a string, not a list"},
        {HEAD "architecture: {a: b}\n",
         "r.yaml:4:15: 'architecture' must be a string, not a mapping"},
        {HEAD "packages: bash\n",
         "r.yaml:4:11: 'packages' must be a list of strings, not a string"},
        {HEAD "packages:\n", "r.yaml:4:10: 'packages' must be a list of strings, not empty"},
        {HEAD "packages:\n- a\n- [b]\n",
         "r.yaml:6:3: item 2 of 'packages' must be a string, not a list"},
        {HEAD "packages: [a, ]\nsuite: ~\n", "r.yaml:5:8: 'suite' has no value; give one"},
        {HEAD "packages: [null]\n", "r.yaml:4:12: 'packages' has no value"},
        {HEAD "suite:\nbase: x\n", "r.yaml:4:7: 'suite' has no value"},
        {HEAD "packages: [a b]\n", "r.yaml:4:12: 'packages': 'a b' is not a package; write NAME"},
        {HEAD "packages: [a, b, a]\n", "r.yaml:4:18: 'packages': 'a' is listed twice"},
        {HEAD "image:\n  env:\n    A: [x]\n", "r.yaml:6:8: 'A' must be a string, not a list"},
        {HEAD "image:\n  env: {A=B: x}\n", "r.yaml:5:9: 'env': 'A=B' is not a variable's name"},
        {HEAD "image: {env: [A]}\n",
         "r.yaml:4:14: 'env' must be a mapping of names to strings, not a list"},
        {HEAD "image: {env: {A: }}\n", "r.yaml:4:18: 'A' has no value"},
        {HEAD "image: x\n", "r.yaml:4:8: 'image' must be a mapping, not a string"},
        {HEAD "image: {entrypoint: ['']}\n", "r.yaml:4:22: 'entrypoint': the program's name"},
        {HEAD "check-valid-until: no\n", "r.yaml:4:20: 'check-valid-until' must be true or false"},
        {HEAD "check-valid-until: 'true'\n", "r.yaml:4:20: 'check-valid-until' must be true or"},
        {HEAD "epoch: now\n", "r.yaml:4:8: 'epoch': 'now' is not a time; write 'auto', or one"},
        {HEAD "epoch: 2026-02-30T00:00:00Z\n", "r.yaml:4:8: 'epoch': '2026-02-30T00:00:00Z' is"},
        {HEAD "epoch: 1789199741\n", "r.yaml:4:8: 'epoch': '1789199741' is not a time"},
        {HEAD "epoch: ''\n", "r.yaml:4:8: 'epoch': '' is empty"},
        {HEAD "mirror: http//example.org\n", "r.yaml:4:9: 'mirror': 'http//example.org' is not a"},
        {HEAD "mirror: sytsem\n", "r.yaml:4:9: 'mirror': 'sytsem' is not a mirror; write 'system'"},
        {HEAD "mirror: []\n", "r.yaml:4:9: 'mirror' must be 'system', a URL, or a list of URLs"},
        {HEAD "mirror: {}\n", "r.yaml:4:9: 'mirror' must be 'system', a URL, or a list of URLs"},
        {HEAD "mirror: [system]\n", "r.yaml:4:10: 'mirror': 'system' is not a URL"},
        {HEAD "mirror: https://u:p@example.org/\n",
         "r.yaml:4:9: 'mirror': 'https://u:p@example.org/' carries credentials"},
        {HEAD "apt-sources: all\n", "r.yaml:4:14: 'apt-sources' must be 'locked', 'none', or"},
        {HEAD "apt-sources: []\n", "r.yaml:4:14: 'apt-sources' must be 'locked', 'none', or"},
        {HEAD "files: {}\n", "r.yaml:4:8: 'files' must be a list of {from, to, mode}, not a map"},
        {HEAD "files: [x]\n", "r.yaml:4:9: item 1 of 'files' must be a mapping, not a string"},
        {HEAD "files: [{from: a}]\n", "r.yaml:4:9: 'to' is missing; a file needs it"},
        {HEAD "files: [{from: a, to: /a, mode: 0644}]\n",
         "r.yaml:4:33: 'mode' must be quoted, as in \"0644\""},
        {HEAD "files: [{from: a, to: /a, mode: '0844'}]\n", "r.yaml:4:33: 'mode': '0844' is not"},
        {HEAD "files: [{from: a, to: /a, mode: '10644'}]\n", "r.yaml:4:33: 'mode': '10644' is"},
        {HEAD "files: [{from: a, to: /a, mode: ''}]\n", "r.yaml:4:33: 'mode': '' is not a mode"},
        {HEAD "files: [{from: a, to: /}]\n", "r.yaml:4:23: 'to': '/' is the root itself"},
        {HEAD "files: [{from: a, to: etc}]\n", "r.yaml:4:23: 'to': 'etc' is not an absolute path"},
        {HEAD "files: [{from: a, to: /a}, {from: b, to: /a}]\n",
         "r.yaml:4:28: 'files': '/a' is written twice"},
        {HEAD "name: u\n", "r.yaml:4:1: 'name' is given twice, first in line 2; keep one"},
        {HEAD "image:\n  env:\n    A: x\n    A: x\n", "r.yaml:7:5: 'A' is given twice, first in"},
        {"name: t\necosystem: debian\n", "r.yaml:1:1: 'stet' is missing; a recipe needs it"},
        {"\n\nstet: 1\nname: t\n", "r.yaml:3:1: 'ecosystem' is missing; a recipe needs it"},
        {"stet: 1\necosystem: a\n", "r.yaml:1:1: 'name' is missing; a recipe needs it"},
        {"new-key: 1\nstet: 2\n", "r.yaml:2:7: this recipe schema is unknown; this stet knows"},
        {"stet: '1'\n", "r.yaml:1:7: 'stet' must be the number of the recipe schema, 1"},
        {"", "r.yaml:1:1: the recipe is empty"},
        {"# nothing\n", "r.yaml:2:1: the recipe is empty"},
        {"- a\n", "r.yaml:1:1: 'recipe' must be a mapping, not a list"},
        {"hello\n", "r.yaml:1:1: 'recipe' must be a mapping, not a string"},
        {HEAD "---\n" HEAD, "r.yaml:4:1: a recipe is one document; remove what follows"},
        {HEAD "packages: &p [a]\n", "r.yaml:4:11: anchors ('&name') are not part of a recipe"},
        {HEAD "packages: *p\n", "r.yaml:4:11: aliases ('*name') are not part of a recipe"},
        {HEAD "suite: !!str x\n", "r.yaml:4:8: tags ('!name') are not part of a recipe"},
        {HEAD "suite: ! x\n", "r.yaml:4:8: tags ('!name') are not part of a recipe"},
        {HEAD "&k suite: x\n", "r.yaml:4:1: anchors"},
        {HEAD "*k : x\n", "r.yaml:4:1: aliases"},
        {HEAD "[a]: x\n", "r.yaml:4:1: a key must be a string, not a list or mapping"},
        {"%TAG !e! tag:example.org,2000:\n---\n" HEAD, "r.yaml:1:1: %TAG directives are not part"},
        {HEAD "suite: \"a\\0b\"\n", "r.yaml:4:8: a string holds a NUL character"},
        {HEAD "\"a\\0b\": x\n", "r.yaml:4:1: a string holds a NUL character"},
        {HEAD "packages: [a\n", "r.yaml:5:1: not YAML: while parsing a flow sequence"},
        {HEAD "\tsuite: x\n", "r.yaml:4:1: not YAML: "},
        {HEAD "suite: \x01\n", "r.yaml:4:8: control characters are not allowed"},
        {HEAD "suite: \xff\n", "r.yaml:4:8: invalid leading UTF-8 octet"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(cases[i].text, cases[i].message);
}

static void control_bytes_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct stet_recipe r;
    struct stet_error err;
    assert_int_equal(parse(HEAD "suite: \"a\\e[31m\"\n", &r, &err), -1);
    assert_null(strchr(err.text, '\x1b'));
    assert_int_equal(parse(HEAD "\"x\\ny\": 1\n", &r, &err), -1);
    assert_null(strchr(err.text, '\n'));
}

static void repeat(struct stet_buffer *b, const char *s, size_t n)
{
    while (n-- > 0)
        stet_buffer_add_str(b, s);
}

static void budgets_hold(void **state)
{
    (void)state;
    _cleanup_buffer_ struct stet_buffer deep = STET_BUFFER_INIT;
    stet_buffer_add_str(&deep, HEAD "packages: ");
    repeat(&deep, "[", 200);
    repeat(&deep, "]", 200);
    expect_error(stet_buffer_str(&deep), "r.yaml:4:43: lists and mappings are nested too deeply");

    _cleanup_buffer_ struct stet_buffer many = STET_BUFFER_INIT;
    stet_buffer_add_str(&many, HEAD "image: {cmd: [");
    repeat(&many, "a,", STET_RECIPE_MEMBERS_MAX);
    struct stet_recipe r;
    struct stet_error err;
    size_t len = many.len;
    stet_buffer_add_str(&many, "]}\n");
    parse_ok(stet_buffer_str(&many), &r);
    assert_int_equal(r.image.cmd.count, STET_RECIPE_MEMBERS_MAX);
    stet_recipe_release(&r);
    many.len = len;
    stet_buffer_add_str(&many, "a]}\n");
    assert_int_equal(parse(stet_buffer_str(&many), &r, &err), -1);
    assert_non_null(strstr(err.text, "too many values"));

    _cleanup_buffer_ struct stet_buffer large = STET_BUFFER_INIT;
    stet_buffer_add_str(&large, HEAD);
    repeat(&large, "#\n", STET_RECIPE_TEXT_MAX / 2);
    expect_error(stet_buffer_str(&large), "r.yaml: larger than 1048576 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_recipe_is_read),
        cmocka_unit_test(an_arch_recipe_is_read),
        cmocka_unit_test(a_key_of_another_ecosystem_is_an_error),
        cmocka_unit_test(errors_of_arch_keys),
        cmocka_unit_test(defaults_are_as_documented),
        cmocka_unit_test(an_empty_suites_is_not_an_absent_one),
        cmocka_unit_test(plain_scalars_stay_text),
        cmocka_unit_test(yaml_forms_that_mean_the_same_are_read),
        cmocka_unit_test(places_and_words_of_errors),
        cmocka_unit_test(control_bytes_do_not_reach_the_terminal),
        cmocka_unit_test(budgets_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
