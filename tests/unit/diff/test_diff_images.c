/*
 * Images as other tools write them: names that are digests or ids follow from what they are of.
 */
#include "tests/unit/diff/image_fixture.h"

#include "lib/diff/roles.h"

enum { FILES_MAX = 64 };

static char dir[] = "/tmp/stet-diff-images-XXXXXX";
static struct stet_diff_result result;
static struct stet_error err;

/* ---- making ---- */

/* The files of an artifact; links have a target. */
struct made {
    struct {
        char *path, *content;
        bool link;
    } items[FILES_MAX];
    size_t count;
};

static void add(struct made *m, const char *path, const char *content, bool link)
{
    assert_true(m->count < FILES_MAX);
    m->items[m->count].path = strdup(path);
    m->items[m->count].content = strdup(content);
    m->items[m->count++].link = link;
}

static int compare_made(const void *a, const void *b)
{
    return stet_path_compare(*(char *const *)a, *(char *const *)b);
}

static void release_made(struct made *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->items[i].path);
        free(m->items[i].content);
    }
    *m = (struct made){0};
}

static void write_archive(const char *name, struct made *m)
{
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_buffer_writer buffer;

    qsort(m->items, m->count, sizeof m->items[0], compare_made);
    stet_buffer_writer_init(&buffer, &out);
    struct stet_tar_writer *w = stet_tar_writer_new(&buffer.base, &err);
    assert_non_null(w);
    for (size_t i = 0; i < m->count; i++) {
        struct stet_entry e = {.path = m->items[i].path, .mode = 0644, .mtime = 1790000000};
        e.type = m->items[i].link ? STET_ENTRY_SYMLINK : STET_ENTRY_FILE;
        e.link = m->items[i].link ? m->items[i].content : NULL;
        if (m->items[i].link)
            e.mode = 0777;
        add_entry(w, &e, m->items[i].link ? NULL : m->items[i].content);
    }
    assert_int_equal(stet_tar_writer_finish(w, &err), 0);
    stet_tar_writer_free(w);
    assert_int_equal(stet_writer_close(&buffer.base, &err), 0);
    write_file(dir, name, out.data, out.len);
    stet_buffer_release(&out);
}

static void write_layout(const char *name, const struct made *m)
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s/blobs/sha256", dir, name);
    assert_int_equal(stet_fs_mkdirs(AT_FDCWD, path, &err), 0);
    for (size_t i = 0; i < m->count; i++) {
        snprintf(path, sizeof path, "%s/%s", name, m->items[i].path);
        write_file(dir, path, m->items[i].content, strlen(m->items[i].content));
    }
}

static const char *hex_of(const char *text)
{
    static char digests[16][STET_DIGEST_TEXT_SIZE];
    static unsigned n;
    struct stet_buffer b = {.data = (char *)(uintptr_t)text, .len = strlen(text)};
    char *out = digests[n++ % 16];

    digest_text(&b, out);
    return out + strlen("sha256:");
}

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...)
{
    static char texts[32][4000];
    static unsigned n;
    char *out = texts[n++ % 32];
    va_list ap;

    va_start(ap, format);
    vsnprintf(out, sizeof texts[0], format, ap);
    va_end(ap);
    return out;
}

/* ---- asking ---- */

static void print_findings(void)
{
    for (size_t i = 0; i < result.count; i++) {
        const struct stet_finding *f = &result.findings[i];
        print_message("  %s %u \"%s\" %s: %s: %s -> %s\n", stet_diff_level_name(f->level), f->layer,
                      f->path, f->format, f->what, f->a ? f->a : "(none)", f->b ? f->b : "(none)");
    }
}

static void compare(const char *a, const char *b, size_t count)
{
    const struct stet_diff_options options = {0};
    char x[300], y[300];

    snprintf(x, sizeof x, "%s/%s", dir, a);
    snprintf(y, sizeof y, "%s/%s", dir, b);
    stet_diff_result_release(&result);
    if (stet_diff(x, y, &options, &result, &err) < 0)
        fail_msg("%s", err.text);
    if (result.count != count) {
        print_findings();
        fail_msg("%zu findings, not %zu", result.count, count);
    }
}

static const struct stet_finding *need(const char *path, const char *what)
{
    for (size_t i = 0; i < result.count; i++)
        if (strcmp(result.findings[i].path, path) == 0 &&
            strcmp(result.findings[i].what, what) == 0)
            return &result.findings[i];
    print_findings();
    fail_msg("no finding of \"%s\": %s", path, what);
    return NULL;
}

/* ---- docker's first form ---- */

/* Contents that are no tar are compared as what they are. */
#define BELOW "below"

/* As docker save wrote it, or (links) as skopeo does: two layers, the upper one of this content. */
static void write_docker(const char *name, const char *created, const char *upper, bool links)
{
    struct made m = {0};
    char *config =
        text("{\"created\":\"%s\",\"architecture\":\"amd64\",\"rootfs\":{\"type\":\"layers\","
             "\"diff_ids\":[\"sha256:%s\",\"sha256:%s\"]}}",
             created, hex_of(BELOW), hex_of(upper));
    const char *low = hex_of(text("low %s", created));
    const char *high = hex_of(text("high %s %s", created, upper));
    char *layers[2];

    for (int i = 0; i < 2; i++) {
        const char *id = i == 0 ? low : high, *content = i == 0 ? BELOW : upper;
        char *layer = text("%s/layer.tar", id);
        layers[i] = links ? text("%s.tar", hex_of(content)) : layer;
        add(&m, layers[i], content, false);
        if (links)
            add(&m, layer, text("../%s", layers[i]), true);
        add(&m, text("%s/VERSION", id), "1.0", false);
        add(&m, text("%s/json", id),
            i == 0 ? text("{\"id\":\"%s\",\"created\":\"%s\"}", low, created)
                   : text("{\"id\":\"%s\",\"parent\":\"%s\",\"created\":\"%s\",\"os\":\"linux\"}",
                          high, low, created),
            false);
    }
    add(&m, text("%s.json", hex_of(config)), config, false);
    add(&m, "manifest.json",
        text("[{\"Config\":\"%s.json\",\"RepoTags\":[\"example.org/x:1\"],\"Layers\":[\"%s\","
             "\"%s\"]}]",
             hex_of(config), layers[0], layers[1]),
        false);
    add(&m, "repositories", text("{\"example.org/x\":{\"1\":\"%s\"}}", high), false);
    write_archive(name, &m);
    release_made(&m);
}

#define EARLY "2026-09-21T14:13:20Z"
#define LATE  "2026-09-21T15:20:01Z"

static void ids_of_layers(void **state)
{
    (void)state;
    for (int links = 0; links < 2; links++) {
        write_docker("a", EARLY, "above", links);
        write_docker("b", LATE, "above", links);
        write_docker("c", EARLY, "other", links);
        compare("a", "a", 0);
        compare("a", "b", 4);
        need("", "config.created");
        const struct stet_finding *f = need("", "ids of the layers");
        assert_int_equal(f->cause, STET_CAUSE_BUILD_TIME);
        assert_int_equal(f->sure, STET_DIFF_CERTAIN);
        /* One line for each side of each layer. */
        assert_int_equal(strlen(f->detail), 4 * (1 + DIFF_NAME_LEN + 1));
        f = need(text("%s/json", hex_of("low " EARLY)), "created");
        assert_string_equal(f->a, EARLY);
        assert_string_equal(f->b, LATE);
        need(text("%s/json", hex_of("high " EARLY " above")), "created");
        /* What is in a layer differs: names follow. */
        compare("a", "c", 1);
        need("", "trailing bytes: bytes 0-4");
    }
}

/* ---- layouts ---- */

/* Adds a blob; its descriptor, with more members. */
static char *blob(struct made *m, const char *type, const char *content, const char *more)
{
    add(m, text("blobs/sha256/%s", hex_of(content)), content, false);
    return text("{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%zu%s}", type,
                hex_of(content), strlen(content), more);
}

/* A manifest with one layer. */
static char *image_of(struct made *m, const char *config, const char *type, const char *layer,
                      const char *more)
{
    char *c = blob(m, STET_OCI_MEDIA_CONFIG, config, "");
    char *l = blob(m, type, layer, "");

    return blob(m, STET_OCI_MEDIA_MANIFEST,
                text("{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s]}", c, l), more);
}

static void add_index(struct made *m, const char *manifests)
{
    add(m, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", false);
    add(m, "index.json", text("{\"schemaVersion\":2,\"manifests\":[%s]}", manifests), false);
}

static const char *digest_in(const char *descriptor)
{
    static char digests[4][DIFF_NAME_SIZE];
    static unsigned n;
    char *out = digests[n++ % 4];

    snprintf(out, DIFF_NAME_SIZE, "%s", stet_diff_name_in(descriptor, strlen(descriptor)));
    return out;
}

/* An image of this platform and its attestation, which names it; then a signature by its tag. */
static void make_attested(const char *name, const char *created, const char *machine)
{
    struct made m = {0};
    char *platform = text(",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}", machine);
    char *image =
        image_of(&m, text("{\"created\":\"%s\"}", created), "text/plain", "layer", platform);
    char *statement = text("{\"subject\":{\"sha256\":\"%s\"}}", digest_in(image));
    char *of =
        text(",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"},\"annotations\":"
             "{\"vnd.docker.reference.digest\":\"sha256:%s\"}",
             digest_in(image));
    char *attestation = image_of(&m, "{}", "application/vnd.in-toto+json", statement, of);
    char *tag = text(",\"annotations\":{\"org.opencontainers.image.ref.name\":\"sha256-%s.sig\"}",
                     digest_in(image));
    char *signature = image_of(&m, "{ }", "text/plain", text("signed %s", digest_in(image)), tag);

    add_index(&m, text("%s,%s,%s", image, attestation, signature));
    write_layout(name, &m);
    release_made(&m);
}

static void what_names_an_image_follows_from_it(void **state)
{
    (void)state;
    make_attested("early", EARLY, "amd64");
    make_attested("late", LATE, "amd64");
    make_attested("other", EARLY, "arm64");
    compare("early", "early", 0);
    compare("early", "late", 1);
    need("linux/amd64", "config.created");
    compare("early", "other", 5);
    need("", "index.manifests[0].platform.architecture");
}

/* Two platforms, whose layers hold the same path. */
static void make_platforms(const char *name, const char *content, const char *config)
{
    static const char *const machines[] = {"amd64", "arm64"};
    struct made m = {0};
    char *images[2];

    for (size_t i = 0; i < 2; i++)
        images[i] = image_of(
            &m, text(config, machines[i]), "text/plain", text("%s %s", content, machines[i]),
            text(",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}", machines[i]));
    add_index(&m, text("%s,%s", images[0], images[1]));
    write_layout(name, &m);
    release_made(&m);
}

static void a_layer_is_of_an_image(void **state)
{
    (void)state;
    make_platforms("first", "layer", "{\"x\":\"%s\"}");
    make_platforms("second", "other layer", "{\"x\":\"%s\"}");
    compare("first", "second", 2);
    assert_string_equal(result.findings[0].image, "linux/amd64");
    assert_string_equal(result.findings[1].image, "linux/arm64");
    assert_int_equal(result.findings[1].layer, 1);
}

static void white_space_is_of_a_document(void **state)
{
    (void)state;
    make_platforms("tight", "layer", "{\"x\":\"%s\"}");
    make_platforms("loose", "layer", "{ \"x\":\"%s\"}");
    compare("tight", "loose", 2);
    assert_null(need("linux/amd64", "config: white space")->image);
    need("linux/arm64", "config: white space");
}

/* Blobs that nothing refers to: docker's descriptions of layers, of which each names the one below. */
static void make_strays(const char *name, const char *salt, size_t count)
{
    struct made m = {0};
    const char *below = NULL;

    add_index(&m, image_of(&m, "{\"created\":\"" EARLY "\"}", "text/plain", "layer", ""));
    for (size_t i = 0; i < count; i++) {
        const char *id = hex_of(text("%s %zu", salt, i));
        char *parent = below ? text(",\"parent\":\"%s\"", below) : text(",\"parent\":\"\"");
        char *json = text("{\"id\":\"%s\"%s,\"level\":%zu}", id, parent, i);
        add(&m, text("blobs/sha256/%s", hex_of(json)), json, false);
        below = id;
    }
    write_layout(name, &m);
    write_archive(text("%s.tar", name), &m);
    release_made(&m);
}

static void strays_belong_together_by_their_content(void **state)
{
    (void)state;
    make_strays("one", "one", 4);
    make_strays("two", "two", 4);
    make_strays("less", "two", 3);
    compare("one", "one", 0);
    assert_false(result.partial);
    compare("one", "one.tar", 0);
    assert_true(result.partial);
    /* That they differ in ids alone follows from nothing. */
    compare("one", "two", 7);
    assert_string_equal(result.findings[0].what, "id");
    compare("one.tar", "two.tar", 7);
    compare("less", "two", 1);
    assert_int_equal(result.findings[0].cause, STET_CAUSE_MISSING);
}

/* ---- names ---- */

#define NAME_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NAME_B "f0112233445566778899aabbccddeeff00112233445566778899aabbccddeef0"

static void names_that_stand_for_the_same(void **state)
{
    struct diff_roles roles = {0};
    char renamed[] = "x " NAME_B " " NAME_B "0 " NAME_B;

    (void)state;
    assert_null(stet_diff_name_in(NAME_A, 63));
    assert_null(stet_diff_name_in(NAME_A "0", 65));
    assert_string_equal(stet_diff_name_in("0/" NAME_A, 66), NAME_A);
    assert_false(stet_diff_roles_same(&roles, NAME_A, NAME_B));
    assert_int_equal(stet_diff_roles_add(&roles, "a/" NAME_A, NAME_B ".json", &err), 0);
    assert_int_equal(stet_diff_roles_add(&roles, NAME_A, NAME_A, &err), 0);
    assert_int_equal(stet_diff_roles_add(&roles, NAME_A, "nothing", &err), 0);
    assert_int_equal(stet_diff_roles_add(&roles, NULL, NAME_A, &err), 0);
    assert_int_equal(roles.count, 1);
    assert_true(stet_diff_roles_same(&roles, "sha256:" NAME_A, "sha256:" NAME_B));
    assert_true(stet_diff_roles_same(&roles, NAME_A "/" NAME_A, NAME_B "/" NAME_A));
    assert_false(stet_diff_roles_same(&roles, NAME_B, NAME_A));
    assert_false(stet_diff_roles_same(&roles, "x" NAME_A, "y" NAME_B));
    assert_false(stet_diff_roles_same(&roles, NAME_A "x", NAME_B "y"));
    assert_int_equal(stet_diff_roles_rename(&roles, renamed, strlen(renamed)), 2);
    assert_string_equal(renamed, "x " NAME_A " " NAME_B "0 " NAME_A);
    stet_diff_roles_release(&roles);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    stet_diff_result_release(&result);
    return stet_fs_remove(AT_FDCWD, dir, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_layers),
        cmocka_unit_test(a_layer_is_of_an_image),
        cmocka_unit_test(white_space_is_of_a_document),
        cmocka_unit_test(what_names_an_image_follows_from_it),
        cmocka_unit_test(strays_belong_together_by_their_content),
        cmocka_unit_test(names_that_stand_for_the_same),
    };
    return cmocka_run_group_tests_name("diff/images", tests, set_up, tear_down);
}
