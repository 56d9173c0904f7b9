/* The lock's canonical text, what is refused, and what its identity depends on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/recipe/lock.h"
#include "lib/recipe/recipe.h"

enum { FORMAT = 1 };

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define D3 "sha256:3333333333333333333333333333333333333333333333333333333333333333"
#define FP "0123456789ABCDEF0123456789ABCDEF01234567"

/* The layout equals that of Python's json.dumps(…, indent=2, ensure_ascii=False). */
static const char golden[] =
    "{\n"
    "  \"stet-lock\": 1,\n"
    "  \"format\": 1,\n"
    "  \"recipe\": {\n"
    "    \"stet\": 1,\n"
    "    \"name\": \"debian\",\n"
    "    \"ecosystem\": \"debian\",\n"
    "    \"suite\": \"trixie\",\n"
    "    \"suites\": [],\n"
    "    \"components\": [\n"
    "      \"main\"\n"
    "    ],\n"
    "    \"architecture\": \"amd64\",\n"
    "    \"mirror\": [\n"
    "      \"https://example.org/debian\"\n"
    "    ],\n"
    "    \"keyring\": \"/usr/share/keyrings/example.gpg\",\n"
    "    \"check-valid-until\": true,\n"
    "    \"base\": \"minbase\",\n"
    "    \"packages\": [\n"
    "      \"ca-certificates\"\n"
    "    ],\n"
    "    \"exclude\": [\n"
    "      \"/usr/share/doc/**\"\n"
    "    ],\n"
    "    \"include\": [\n"
    "      \"/usr/share/doc/*/copyright\"\n"
    "    ],\n"
    "    \"files\": [\n"
    "      {\n"
    "        \"from\": \"motd\",\n"
    "        \"to\": \"/etc/motd\",\n"
    "        \"mode\": \"0644\",\n"
    "        \"content\": \"aGVsbG8K\"\n"
    "      }\n"
    "    ],\n"
    "    \"epoch\": \"auto\",\n"
    "    \"apt-sources\": \"locked\",\n"
    "    \"image\": {\n"
    "      \"cmd\": [\n"
    "        \"bash\"\n"
    "      ],\n"
    "      \"env\": {\n"
    "        \"LANG\": \"C.UTF-8\"\n"
    "      },\n"
    "      \"labels\": {\n"
    "        \"title\": \"d\303\251bian \\\"base\\\"\"\n"
    "      }\n"
    "    }\n"
    "  },\n"
    "  \"epoch\": \"2026-09-12T07:55:41Z\",\n"
    "  \"indexes\": [\n"
    "    {\n"
    "      \"suite\": \"trixie\",\n"
    "      \"component\": \"main\",\n"
    "      \"mirror\": \"https://example.org/debian\",\n"
    "      \"url\": \"https://example.org/debian/dists/trixie/main/binary-amd64/Packages.xz\",\n"
    "      \"size\": 9670984,\n"
    "      \"digest\": \"" D1 "\",\n"
    "      \"release\": {\n"
    "        \"url\": \"https://example.org/debian/dists/trixie/InRelease\",\n"
    "        \"digest\": \"" D2 "\",\n"
    "        \"date\": \"2026-09-12T07:55:41Z\",\n"
    "        \"signed-by\": [\n"
    "          \"" FP "\"\n"
    "        ]\n"
    "      }\n"
    "    }\n"
    "  ],\n"
    "  \"packages\": [\n"
    "    {\n"
    "      \"name\": \"base-files\",\n"
    "      \"version\": \"13.8\",\n"
    "      \"architecture\": \"amd64\",\n"
    "      \"size\": 72876,\n"
    "      \"digest\": \"" D3 "\",\n"
    "      \"urls\": [\n"
    "        \"https://example.org/debian/pool/b/base-files_13.8_amd64.deb\"\n"
    "      ],\n"
    "      \"reason\": \"essential\",\n"
    "      \"stage\": 0\n"
    "    },\n"
    "    {\n"
    "      \"name\": \"libssl3t64\",\n"
    "      \"version\": \"3.5.1-1\",\n"
    "      \"architecture\": \"amd64\",\n"
    "      \"size\": 2400000,\n"
    "      \"digest\": \"" D1 "\",\n"
    "      \"urls\": [\n"
    "        \"https://example.org/debian/pool/libssl3t64_3.5.1-1_amd64.deb\"\n"
    "      ],\n"
    "      \"reason\": \"dependency\",\n"
    "      \"needed-by\": \"ca-certificates\",\n"
    "      \"stage\": 1\n"
    "    }\n"
    "  ]\n"
    "}\n";

/* Of the text above; by sha256sum(1). */
#define GOLDEN_DIGEST "sha256:ef578ddfe0af85fd4a60e39f48eaf9c7a74dd53ac86607658310785d3a09aba1"

static int parse(const char *text, struct stet_lock *l, struct stet_error *err)
{
    *err = (struct stet_error)STET_ERROR_INIT;
    return stet_lock_parse(text, strlen(text), "l.json", FORMAT, l, err);
}

static void parse_ok(const char *text, struct stet_lock *l)
{
    struct stet_error err;
    if (parse(text, l, &err) < 0)
        fail_msg("%s", err.text);
}

/* The golden text with the first old replaced by new_text. */
static char *changed(const char *old, const char *new_text)
{
    const char *at = strstr(golden, old);
    if (!at)
        fail_msg("'%s' is not in the golden text", old);
    return stet_format(NULL, "%.*s%s%s", (int)(at - golden), golden, new_text, at + strlen(old));
}

static void print(const struct stet_lock *l, enum stet_json_layout layout, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_lock_print(l, layout, out, &err) < 0)
        fail_msg("%s", err.text);
}

static void the_canonical_text_is_reproduced(void **state)
{
    (void)state;
    struct stet_lock l;
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    parse_ok(golden, &l);
    print(&l, STET_JSON_INDENTED, &out);
    assert_string_equal(stet_buffer_str(&out), golden);
    assert_int_equal(l.format, 1);
    assert_int_equal(l.epoch, 1789199741);
    assert_true(l.recipe.suites_given);
    assert_int_equal(l.recipe.files[0].content_len, 6);
    assert_memory_equal(l.recipe.files[0].content, "hello\n", 6);
    assert_string_equal(l.recipe.exclude.items[0], "usr/share/doc/**");
    assert_int_equal(l.index_count, 1);
    assert_int_equal(l.indexes[0].size, 9670984);
    assert_int_equal(l.indexes[0].release_date, 1789199741);
    assert_string_equal(l.indexes[0].signed_by.items[0], FP);
    assert_int_equal(l.indexes[0].release_digest.bytes[31], 0x22);
    assert_int_equal(l.package_count, 2);
    assert_string_equal(l.packages[1].needed_by, "ca-certificates");
    assert_null(l.packages[0].needed_by);
    assert_int_equal(l.packages[1].stage, 1);
    assert_int_equal(l.packages[0].digest.bytes[0], 0x33);
    stet_lock_release(&l);
    assert_int_equal(l.package_count, 0);
}

static void layout_and_order_of_members_do_not_matter(void **state)
{
    (void)state;
    struct stet_lock l;
    struct stet_digest d;
    char text[STET_DIGEST_TEXT_SIZE];
    _cleanup_buffer_ struct stet_buffer compact = STET_BUFFER_INIT;
    _cleanup_buffer_ struct stet_buffer again = STET_BUFFER_INIT;
    parse_ok(golden, &l);
    print(&l, STET_JSON_COMPACT, &compact);
    assert_null(strchr(stet_buffer_str(&compact), '\n'));
    stet_lock_release(&l);

    parse_ok(stet_buffer_str(&compact), &l);
    print(&l, STET_JSON_INDENTED, &again);
    assert_string_equal(stet_buffer_str(&again), golden);
    assert_int_equal(stet_lock_digest(&l, &d, NULL), 0);
    stet_digest_text(&d, text);
    assert_string_equal(text, GOLDEN_DIGEST);
    stet_lock_release(&l);

    _cleanup_free_ char *moved = changed("  \"stet-lock\": 1,\n  \"format\": 1,\n",
                                         " \"format\" : 1 , \"stet-lock\"\t:\r\n1,\n");
    parse_ok(moved, &l);
    assert_int_equal(stet_lock_digest(&l, &d, NULL), 0);
    stet_digest_text(&d, text);
    assert_string_equal(text, GOLDEN_DIGEST);
    stet_lock_release(&l);
}

static void any_value_changes_the_identity(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"0644\"", "\"0755\""},
        {"aGVsbG8K", "aGVsbG8L"},
        {"\"suites\": [],", ""},
        {"9670984", "9670985"},
        {"07:55:41Z", "07:55:42Z"},
        {"\"essential\"", "\"required\""},
        {"\"check-valid-until\": true", "\"check-valid-until\": false"},
        {"\"stage\": 1", "\"stage\": 0"},
        {"\"recipe\": {", "\"compression\": \"none\", \"recipe\": {"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct stet_lock l;
        struct stet_digest d;
        char digest[STET_DIGEST_TEXT_SIZE];
        _cleanup_free_ char *text = changed(changes[i][0], changes[i][1]);
        parse_ok(text, &l);
        assert_int_equal(stet_lock_digest(&l, &d, NULL), 0);
        stet_digest_text(&d, digest);
        assert_string_not_equal(digest, GOLDEN_DIGEST);
        stet_lock_release(&l);
    }
}

static void bad_locks_are_refused(void **state)
{
    (void)state;
    /* What is replaced, by what, and a part of the error. */
    static const char *const cases[][3] = {
        {"\"stet-lock\": 1", "\"stet-lock\": 2, \"new\": 1", "schema 2 needs a newer stet"},
        {"\"stet-lock\": 1", "\"stet-lock\": 0", "stet-lock"},
        {"\"stet-lock\": 1", "\"stet-lock\": \"1\"", "stet-lock"},
        {"\"stet-lock\": 1,", "", "not a lock: 'stet-lock' is missing"},
        {"\"format\": 1", "\"format\": 2, \"new\": 1", "format 2 needs a newer stet"},
        {"\"format\": 1", "\"format\": -1", "'format' is -1"},
        {"\"format\": 1", "\"format\": 1, \"new\": 1", "new"},
        {"\"format\": 1", "\"format\": 1, \"format\": 1", "l.json"},
        {"\"recipe\": {", "\"compression\": \"zstd\", \"recipe\": {", "zstd is not offered"},
        {"\"recipe\": {", "\"compression\": \"xz\", \"recipe\": {", "there are gzip and none"},
        {"\"recipe\": {", "\"compression\": 0, \"recipe\": {", "must be a string"},
        {"\"suite\": \"trixie\"", "\"suiet\": \"trixie\"",
         "l.json: recipe.suiet: unknown key 'suiet'; did you mean 'suite'?"},
        {"\"amd64\"", "7", "recipe.architecture: 'architecture' must be a string, not a number"},
        {"\"amd64\"", "null", "recipe.architecture: 'architecture' must be a string, not empty"},
        {"    \"architecture\": \"amd64\",\n", "", "l.json: recipe: 'architecture' is missing"},
        {"    \"epoch\": \"auto\",\n", "", "recipe: 'epoch' is missing"},
        {"\"stet\": 1", "\"stet\": 2", "recipe.stet: this recipe schema is unknown"},
        {"\"stet\": 1", "\"stet\": \"1\"", "recipe.stet: 'stet' must be the number"},
        {"\"ca-certificates\"", "\"ca certificates\"", "recipe.packages[0]: 'packages': 'ca cert"},
        {"\"ca-certificates\"", "[]", "recipe.packages[0]: item 1 of 'packages' must be a string"},
        {"\"check-valid-until\": true", "\"check-valid-until\": \"true\"", "must be true or false"},
        {"\"/usr/share/doc/**\"", "\"usr/share/doc/**\"", "recipe.exclude[0]: "},
        {"aGVsbG8K", "aGVsbG8", "recipe.files[0].content: not base64"},
        {"aGVsbG8K", "aGVsbG9=", "recipe.files[0].content: not base64"},
        {",\n        \"content\": \"aGVsbG8K\"", "", "recipe.files[0]: 'content' is missing"},
        {"\"LANG\"", "\"LA=NG\"", "recipe.image.env.LA=NG: 'env'"},
        {"\"epoch\": \"2026-09-12T07:55:41Z\"", "\"epoch\": \"2026-09-12\"", "epoch"},
        {"\"epoch\": \"2026-09-12T07:55:41Z\"", "\"epoch\": 1789199741", "epoch"},
        {"  \"indexes\": [", "  \"indexes\": [1,", "indexes[0]: must be an object"},
        {"\"component\": \"main\"", "\"component\": \"../main\"",
         "indexes[0].component: '../main'"},
        {"\"mirror\": \"https://example.org/debian\"", "\"mirror\": \"https://example.org/\"",
         "indexes[0].mirror: 'https://example.org/' ends in '/'"},
        {"https://example.org/debian/dists/trixie/main", "ftp://example.org/debian/main",
         "indexes[0].url: "},
        {"https://example.org/debian/dists/trixie/InR", "https://example.org/a b",
         "indexes[0].release.url: "},
        {"9670984", "9007199254740993", "size"},
        {"9670984", "-1", "size"},
        {"9670984", "1.0", "size"},
        {"9670984", "\"9670984\"", "size"},
        {D1, "sha256:11", "digest"},
        {D1, "1111111111111111111111111111111111111111111111111111111111111111", "digest"},
        {D2, "sha256:AAAA222222222222222222222222222222222222222222222222222222222222",
         "indexes[0].release"},
        {"\"" FP "\"", "\"0123\"", "indexes[0].release.signed-by: '0123' is not a fingerprint"},
        {"\"" FP "\"", "\"" FP "\", \"" FP "\"", "indexes[0].release.signed-by: not in ascending"},
        {"\"date\": \"2026-09-12T07:55:41Z\"", "\"date\": \"Sat\"", "indexes[0].release.date"},
        {"\"base-files\"", "\"../base-files\"", "packages[0].name: '../base-files' is not a"},
        {"\"base-files\"", "\".base-files\"", "packages[0].name: '.base-files' is not a"},
        {"\"base-files\"", "\"base\\nfiles\"", "packages[0].name: 'base?files' is not a"},
        {"\"base-files\"", "\"base-files\", \"nmae\": 1", "nmae"},
        {"\"base-files\"", "\"libssl3t64\"", "packages: libssl3t64 (amd64) is listed twice"},
        {"\"13.8\"", "\"1/2\"", "packages[0].version: '1/2' is not a version"},
        {"\"13.8\"", "\"\"", "packages[0].version: '' is not a version"},
        {"\"13.8\",\n      \"architecture\": \"amd64\"", "\"1\",\n \"architecture\": \"a/b\"",
         "packages[0].architecture: 'a/b' is not an architecture"},
        {"\"https://example.org/debian/pool/b/base-files_13.8_amd64.deb\"", "",
         "packages[0].urls: is empty"},
        {"https://example.org/debian/pool/b", "javascript:example",
         "packages[0].urls: 'javascript"},
        {"\"essential\"", "\"wanted\"", "packages[0].reason: 'wanted' is not a reason"},
        {"\"essential\"", "\"essential\", \"needed-by\": \"x\"", "packages[0].needed-by: only a"},
        {"\"stage\": 0", "\"stage\": 1", "packages[0].stage: 1 does not follow"},
        {"\"stage\": 1", "\"stage\": 2", "packages[1].stage: 2 does not follow"},
        {"\"stage\": 1", "\"stage\": -1", "stage"},
        {"\"stage\": 1", "\"stage\": 4294967296", "stage"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_lock l;
        struct stet_error err;
        _cleanup_free_ char *text = changed(cases[i][0], cases[i][1]);
        if (parse(text, &l, &err) == 0)
            fail_msg("'%s' in place of '%s' was taken", cases[i][1], cases[i][0]);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        if (strncmp(err.text, "l.json", 6) != 0 || !strstr(err.text, cases[i][2]))
            fail_msg("'%s' has not '%s'", err.text, cases[i][2]);
        stet_lock_release(&l);
    }
}

static void other_json_is_no_lock(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     "[]",   "1", "{}", "{", "{\"stet-lock\": 1}",
                                        "null", "{} {}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct stet_lock l;
        struct stet_error err;
        if (parse(texts[i], &l, &err) == 0)
            fail_msg("'%s' was taken", texts[i]);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    }
}

static void compression_is_written_unless_it_is_gzip(void **state)
{
    (void)state;
    struct stet_lock l;
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    _cleanup_free_ char *none =
        changed("  \"recipe\": {", "  \"compression\": \"none\",\n  \"recipe\": {");
    _cleanup_free_ char *gzip =
        changed("  \"recipe\": {", "  \"compression\": \"gzip\",\n  \"recipe\": {");
    parse_ok(none, &l);
    assert_int_equal(l.compression, STET_COMPRESSION_NONE);
    print(&l, STET_JSON_INDENTED, &out);
    assert_string_equal(stet_buffer_str(&out), none);
    stet_lock_release(&l);
    parse_ok(gzip, &l);
    assert_int_equal(l.compression, STET_COMPRESSION_GZIP);
    stet_buffer_clear(&out);
    print(&l, STET_JSON_INDENTED, &out);
    assert_string_equal(stet_buffer_str(&out), golden);
    stet_lock_release(&l);
}

/* 0 is a format as well: the one before the first that is frozen. */
static void formats_are_known_up_to_the_given_one(void **state)
{
    (void)state;
    struct stet_lock l;
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    _cleanup_free_ char *zero = changed("\"format\": 1", "\"format\": 0");
    assert_int_equal(stet_lock_parse(golden, strlen(golden), "l", 0, &l, &err), -1);
    assert_string_equal(err.text, "l: output format 1 needs a newer stet; this one knows formats "
                                  "up to 0");
    assert_int_equal(stet_lock_parse(zero, strlen(zero), "l", 0, &l, NULL), 0);
    print(&l, STET_JSON_INDENTED, &out);
    assert_string_equal(stet_buffer_str(&out), zero);
    stet_lock_release(&l);
}

static void stages_must_ascend(void **state)
{
    (void)state;
    struct stet_lock l;
    parse_ok(golden, &l);
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock_package *p = stet_lock_add_package(&l, NULL);
    assert_non_null(p);
    p->name = stet_strdup("c", NULL);
    p->version = stet_strdup("1", NULL);
    p->architecture = stet_strdup("all", NULL);
    p->reason = stet_strdup("base", NULL);
    assert_int_equal(stet_strv_add(&p->urls, "file:///c.deb", NULL), 0);
    p->stage = 0;
    assert_int_equal(stet_lock_check(&l, &err), -1);
    assert_string_equal(err.text,
                        "packages[2].stage: 0 does not follow; stages ascend from 0 without gaps");
    p->stage = 1;
    assert_int_equal(stet_lock_check(&l, NULL), 0);
    p->stage = 2;
    assert_int_equal(stet_lock_check(&l, NULL), 0);
    p->stage = UINT32_MAX;
    assert_int_equal(stet_lock_check(&l, NULL), -1);
    stet_lock_release(&l);
}

/* What an index of a mirror says goes into a lock only if a lock may say it. */
static void nothing_is_printed_that_could_not_be_parsed(void **state)
{
    (void)state;
    struct stet_lock l;
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    parse_ok(golden, &l);
    free(l.packages[0].name);
    l.packages[0].name = stet_strdup("../../etc", NULL);
    assert_int_equal(stet_lock_print(&l, STET_JSON_INDENTED, &out, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_non_null(strstr(err.text, "packages[0].name: '../../etc'"));
    stet_lock_release(&l);

    parse_ok(golden, &l);
    l.packages[0].size = UINT64_MAX;
    assert_int_equal(stet_lock_print(&l, STET_JSON_INDENTED, &out, NULL), -1);
    l.packages[0].size = 1;
    l.epoch = -1;
    assert_int_equal(stet_lock_print(&l, STET_JSON_INDENTED, &out, NULL), -1);
    l.epoch = 0;
    free(stet_steal_pointer(&l.recipe.architecture));
    stet_error_clear(&err);
    assert_int_equal(stet_lock_print(&l, STET_JSON_INDENTED, &out, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INTERNAL);
    stet_lock_release(&l);
}

static void lock_or_recipe(void **state)
{
    (void)state;
    assert_true(stet_lock_looks_like("{", 1));
    assert_true(stet_lock_looks_like(" \n\t\r{}", 6));
    assert_false(stet_lock_looks_like("", 0));
    assert_false(stet_lock_looks_like(" {", 1));
    assert_false(stet_lock_looks_like("stet: 1", 7));
    assert_false(stet_lock_looks_like("# {", 3));
    assert_false(stet_lock_looks_like("\0{", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_canonical_text_is_reproduced),
        cmocka_unit_test(layout_and_order_of_members_do_not_matter),
        cmocka_unit_test(any_value_changes_the_identity),
        cmocka_unit_test(bad_locks_are_refused),
        cmocka_unit_test(other_json_is_no_lock),
        cmocka_unit_test(compression_is_written_unless_it_is_gzip),
        cmocka_unit_test(formats_are_known_up_to_the_given_one),
        cmocka_unit_test(stages_must_ascend),
        cmocka_unit_test(nothing_is_printed_that_could_not_be_parsed),
        cmocka_unit_test(lock_or_recipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
