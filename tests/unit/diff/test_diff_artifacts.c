/*
 * Artifacts of all kinds against each other: what is told, and what is not.
 */
#include "tests/unit/diff/image_fixture.h"

static char dir[] = "/tmp/stet-diff-artifacts-XXXXXX";
static struct image base, image;
static struct stet_diff_result result;
static struct stet_error err;
static struct stet_diff_options options;

/* ---- asking and answering ---- */

static const char *at(const char *name)
{
    static char paths[8][200];
    static unsigned n;
    char *path = paths[n++ % 8];

    snprintf(path, 200, "%s/%s", dir, name);
    return path;
}

static int compare(const char *a, const char *b)
{
    stet_diff_result_release(&result);
    stet_error_clear(&err);
    return stet_diff(a, b, &options, &result, &err);
}

static void print_findings(void)
{
    for (size_t i = 0; i < result.count; i++) {
        const struct stet_finding *f = &result.findings[i];
        print_message("  %s %u \"%s\" %s: %s: %s -> %s\n", stet_diff_level_name(f->level), f->layer,
                      f->path, f->format, f->what, f->a ? f->a : "(none)", f->b ? f->b : "(none)");
    }
}

static void need_count(size_t count)
{
    if (result.count != count) {
        print_findings();
        fail_msg("%zu findings, not %zu", result.count, count);
    }
}

static void compare_and_count(const char *a, const char *b, size_t count)
{
    if (compare(a, b) < 0)
        fail_msg("%s", err.text);
    need_count(count);
}

static const struct stet_finding *need(enum stet_diff_level level, unsigned layer, const char *path,
                                       const char *what, const char *a, const char *b)
{
    for (size_t i = 0; i < result.count; i++) {
        const struct stet_finding *f = &result.findings[i];
        if (f->level == level && f->layer == layer && strcmp(f->path, path) == 0 &&
            strcmp(f->what, what) == 0) {
            assert_string_equal(f->a ? f->a : "(none)", a ? a : "(none)");
            assert_string_equal(f->b ? f->b : "(none)", b ? b : "(none)");
            return f;
        }
    }
    print_findings();
    fail_msg("no finding of \"%s\": %s", path, what);
    return NULL;
}

/* ---- making ---- */

static void write_at(const char *name, const struct stet_buffer *b)
{
    write_file(dir, name, b->data, b->len);
}

#define ENTRY(name, kind, ...)                                                                     \
    (&(struct stet_entry){.path = (char *)(uintptr_t)(name),                                       \
                          .type = STET_ENTRY_##kind,                                               \
                          .mtime = 1790000000,                                                     \
                          __VA_ARGS__})

struct maker {
    struct stet_buffer_writer buffer;
    struct stet_tar_writer *writer;
};

static void begin(struct maker *m, struct stet_buffer *out)
{
    stet_buffer_clear(out);
    stet_buffer_writer_init(&m->buffer, out);
    m->writer = stet_tar_writer_new(&m->buffer.base, &err);
    assert_non_null(m->writer);
}

static void file(struct maker *m, const char *path, const char *content)
{
    add_entry(m->writer, ENTRY(path, FILE, .mode = 0644), content);
}

static void end(struct maker *m)
{
    assert_int_equal(stet_tar_writer_finish(m->writer, &err), 0);
    stet_tar_writer_free(m->writer);
    assert_int_equal(stet_writer_close(&m->buffer.base, &err), 0);
}

/* An image of these layers, not compressed. */
static void write_layers(const char *name, const struct stet_buffer *layers, size_t count)
{
    struct stet_buffer ids = STET_BUFFER_INIT, list = STET_BUFFER_INIT;
    struct image i = {0};
    char digest[STET_DIGEST_TEXT_SIZE];

    for (size_t k = 0; k < count; k++) {
        digest_text(&layers[k], digest);
        stet_buffer_addf(&ids, "%s\"%s\"", k ? "," : "", digest);
        stet_buffer_addf(&list,
                         "%s{\"mediaType\":\"" STET_OCI_MEDIA_LAYER_TAR
                         "\",\"digest\":\"%s\",\"size\":%zu}",
                         k ? "," : "", digest, layers[k].len);
    }
    stet_buffer_addf(&i.config,
                     "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
                     "\"diff_ids\":[%s]}}",
                     stet_buffer_str(&ids));
    digest_text(&i.config, i.config_digest);
    stet_buffer_addf(&i.manifest,
                     "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"" STET_OCI_MEDIA_CONFIG
                     "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[%s]}",
                     i.config_digest, i.config.len, stet_buffer_str(&list));
    make_index(&i);
    copy_bytes(&i.gzip, &layers[0]);
    digest_text(&i.gzip, i.gzip_digest);
    write_image(at(name), &i);
    for (size_t k = 1; k < count; k++) {
        digest_text(&layers[k], digest);
        write_blob(at(name), digest, &layers[k]);
    }
    image_release(&i);
    stet_buffer_release(&ids);
    stet_buffer_release(&list);
}

/* Two layers; the second takes "a" and what was in "d" away. */
static void make_two_layers(struct stet_buffer layers[2])
{
    struct maker m;

    begin(&m, &layers[0]);
    file(&m, "a", "of the first layer");
    add_entry(m.writer, ENTRY("d", DIRECTORY, .mode = 0755), NULL);
    file(&m, "d/gone", "1");
    file(&m, "e", "e");
    file(&m, "f", "below");
    end(&m);
    begin(&m, &layers[1]);
    file(&m, ".wh.a", "");
    add_entry(m.writer, ENTRY("d", DIRECTORY, .mode = 0755), NULL);
    file(&m, "d/.wh..wh..opq", "");
    file(&m, "d/new", "2");
    file(&m, "f", "above");
    end(&m);
}

/* What they come to. */
static void make_flat(struct stet_buffer *layer)
{
    struct maker m;

    begin(&m, layer);
    add_entry(m.writer, ENTRY("d", DIRECTORY, .mode = 0755), NULL);
    file(&m, "d/new", "2");
    file(&m, "e", "e");
    file(&m, "f", "above");
    end(&m);
}

static void release_layers(struct stet_buffer *layers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        stet_buffer_release(&layers[i]);
}

/* ---- layers ---- */

static void other_compression_is_one_finding(void **state)
{
    (void)state;
    copy_image(&image, &base);
    gzip_bytes(&image.tar, 1, 8, Z_DEFAULT_STRATEGY, &image.gzip);
    make_documents(&image);
    write_image(at("b"), &image);
    compare_and_count(at("a"), at("b"), 1);
    assert_int_equal(result.findings[0].level, STET_DIFF_LAYER);
    assert_int_equal(result.findings[0].layer, 1);
    assert_int_equal(result.findings[0].cause, STET_CAUSE_COMPRESSOR);
}

static void the_same_layers_in_another_order(void **state)
{
    struct stet_buffer layers[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT}, swap;

    (void)state;
    make_two_layers(layers);
    write_layers("b", layers, 2);
    swap = layers[0];
    layers[0] = layers[1];
    layers[1] = swap;
    write_layers("c", layers, 2);
    compare_and_count(at("b"), at("c"), 2);
    need(STET_DIFF_LAYER, 1, "", "order of layers", "layer 1", "layer 2");
    need(STET_DIFF_LAYER, 2, "", "order of layers", "layer 2", "layer 1");
    release_layers(layers, 2);
}

static void another_number_of_layers(void **state)
{
    struct stet_buffer layers[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT}, flat = STET_BUFFER_INIT;

    (void)state;
    make_two_layers(layers);
    make_flat(&flat);
    write_layers("b", layers, 2);
    write_layers("c", &flat, 1);
    compare_and_count(at("b"), at("c"), 1);
    need(STET_DIFF_LAYER, 0, "", "number of layers", "2", "1");
    assert_false(result.partial);
    options.flatten = true;
    compare_and_count(at("b"), at("c"), 0);
    assert_true(result.partial);
    /* A tar of what they come to is no layer, but the same. */
    write_at("flat.tar", &flat);
    compare_and_count(at("b"), at("flat.tar"), 0);
    options.flatten = false;
    compare_and_count(at("b"), at("flat.tar"), 0);
    assert_true(result.partial);
    release_layers(layers, 2);
    stet_buffer_release(&flat);
}

static void what_whiteouts_leave_is_compared(void **state)
{
    struct stet_buffer layers[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT};

    (void)state;
    options.flatten = true;
    make_two_layers(layers);
    write_layers("b", layers, 2);
    write_layers("c", layers, 1);
    compare_and_count(at("b"), at("c"), 4);
    need(STET_DIFF_ENTRY, 0, "a", "entry", NULL, "file, mode 0644, 18 bytes");
    need(STET_DIFF_ENTRY, 0, "d/gone", "entry", NULL, "file, mode 0644, 1 byte");
    need(STET_DIFF_ENTRY, 0, "d/new", "entry", "file, mode 0644, 1 byte", NULL);
    need(STET_DIFF_CONTENT, 0, "f", "line 1", "above", "below");
    release_layers(layers, 2);
}

static void a_blob_that_is_not_what_its_digest_says(void **state)
{
    (void)state;
    copy_image(&image, &base);
    image.tar.data[tar_offset(&base, "etc/hosts")] = '9';
    gzip_bytes(&image.tar, 6, 8, Z_DEFAULT_STRATEGY, &image.gzip);
    write_image(at("b"), &image);
    char found[STET_DIGEST_TEXT_SIZE];
    digest_text(&image.gzip, found);
    compare_and_count(at("a"), at("b"), 2);
    need(STET_DIFF_LAYER, 1, "", "content of the blob", "as its digest says", found);
    need(STET_DIFF_CONTENT, 1, "etc/hosts", "line 1", "127.0.0.1 localhost", "927.0.0.1 localhost");
}

static void a_blob_that_is_missing(void **state)
{
    char name[STET_DIGEST_TEXT_SIZE + 40];
    const char *digest = base.gzip_digest;

    (void)state;
    write_image(at("b"), &base);
    snprintf(name, sizeof name, "b/blobs/sha256/%.64s", digest + 7);
    assert_int_equal(unlink(at(name)), 0);
    assert_int_equal(compare(at("a"), at("b")), 0);
    snprintf(name, sizeof name, "blob %.71s", digest);
    need(STET_DIFF_LAYER, 1, "", name, "there", "missing");
}

static void a_stream_that_ends_too_early(void **state)
{
    (void)state;
    copy_image(&image, &base);
    image.gzip.len -= 60;
    make_manifest(&image);
    make_index(&image);
    write_image(at("b"), &image);
    assert_int_equal(compare(at("a"), at("b")), 0);
    need(STET_DIFF_LAYER, 1, "", "compressed data", "whole", "compressed data end too early");
    /* It is told once, and not of each. */
    for (size_t i = 0; i < result.count; i++)
        assert_true(strcmp(result.findings[i].what, "entry") != 0);
}

/* ---- documents ---- */

static void a_config_by_its_fields(void **state)
{
    (void)state;
    copy_image(&image, &base);
    char *c = strstr(image.config.data, "LANG=C.UTF-8");
    assert_non_null(c);
    memcpy(c, "LANG=D", 6);
    make_manifest(&image);
    make_index(&image);
    write_image(at("b"), &image);
    compare_and_count(at("a"), at("b"), 1);
    need(STET_DIFF_IMAGE, 0, "", "config.config.Env[1]", "LANG=C.UTF-8", "LANG=D.UTF-8");
}

static void an_annotation_of_the_index(void **state)
{
    (void)state;
    copy_image(&image, &base);
    char *c = strstr(image.index.data, "name\":\"test");
    assert_non_null(c);
    memcpy(c + 7, "best", 4);
    write_image(at("b"), &image);
    compare_and_count(at("a"), at("b"), 1);
    assert_int_equal(result.findings[0].level, STET_DIFF_IMAGE);
    assert_string_equal(result.findings[0].a, "test");
    /* Two images that were named are the same whatever their names are. */
    char a[220], b[220];
    snprintf(a, sizeof a, "oci:%s:test", at("a"));
    snprintf(b, sizeof b, "oci:%s:best", at("b"));
    compare_and_count(a, b, 0);
    snprintf(b, sizeof b, "oci:%s:rest", at("b"));
    assert_int_equal(compare(a, b), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_non_null(strstr(err.text, "rest"));
}

/* ---- archives of images ---- */

static void add_blob(struct maker *m, const char *name, const struct stet_buffer *b, int64_t mtime)
{
    struct stet_entry e = {.path = (char *)(uintptr_t)name,
                           .type = STET_ENTRY_FILE,
                           .mode = 0644,
                           .size = b->len,
                           .mtime = mtime};

    assert_int_equal(stet_tar_writer_entry(m->writer, &e, &err), 0);
    assert_int_equal(stet_tar_writer_data(m->writer, b->data, b->len, &err), 0);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void write_oci_archive(const char *name, const struct image *i, int64_t mtime)
{
    const struct stet_buffer *blobs[] = {&i->config, &i->gzip, &i->manifest};
    char names[3][100];
    struct stet_buffer out = STET_BUFFER_INIT;
    struct maker m;

    snprintf(names[0], 100, "blobs/sha256/%s 0", i->config_digest + 7);
    snprintf(names[1], 100, "blobs/sha256/%s 1", i->gzip_digest + 7);
    snprintf(names[2], 100, "blobs/sha256/%s 2", i->manifest_digest + 7);
    qsort(names, 3, 100, compare_strings);
    begin(&m, &out);
    for (size_t k = 0; k < 3; k++) {
        char *space = strchr(names[k], ' ');
        *space = '\0';
        add_blob(&m, names[k], blobs[space[1] - '0'], 1790000000);
    }
    add_blob(&m, "index.json", &i->index, mtime);
    file(&m, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    end(&m);
    write_at(name, &out);
    stet_buffer_release(&out);
}

static void write_docker_archive(const char *name, const struct image *i)
{
    struct stet_buffer out = STET_BUFFER_INIT, text = STET_BUFFER_INIT;
    struct maker m;

    stet_buffer_addf(&text,
                     "[{\"Config\":\"config.json\",\"RepoTags\":[\"test:latest\"],\"Layers\":["
                     "\"layer.tar\"]}]");
    begin(&m, &out);
    add_blob(&m, "config.json", &i->config, 1790000000);
    add_blob(&m, "layer.tar", &i->tar, 1790000000);
    add_blob(&m, "manifest.json", &text, 1790000000);
    end(&m);
    write_at(name, &out);
    stet_buffer_release(&out);
    stet_buffer_release(&text);
}

static void one_image_in_many_forms(void **state)
{
    (void)state;
    write_oci_archive("a.oci", &base, 1790000000);
    write_docker_archive("a.docker", &base);
    write_at("a.tar", &base.tar);
    write_at("a.tar.gz", &base.gzip);
    const char *forms[] = {at("a"), at("a.oci"), at("a.docker"), at("a.tar")};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            compare_and_count(forms[i], forms[j], 0);
    assert_string_equal(result.a_kind, "tar");
    compare_and_count(at("a.oci"), at("a.docker"), 0);
    assert_string_equal(result.a_kind, "OCI archive");
    assert_string_equal(result.b_kind, "docker archive");
    compare_and_count(at("a.tar"), at("a.tar.gz"), 1);
    assert_int_equal(result.findings[0].cause, STET_CAUSE_COMPRESSOR);
    assert_string_equal(result.b_kind, "tar (gzip)");
}

static void how_an_archive_holds_an_image(void **state)
{
    (void)state;
    write_oci_archive("a.oci", &base, 1790000000);
    write_oci_archive("b.oci", &base, 1790000001);
    compare_and_count(at("a.oci"), at("b.oci"), 1);
    need(STET_DIFF_ENTRY, 0, "index.json", "mtime", "2026-09-21T14:13:20Z", "2026-09-21T14:13:21Z");
    /* What an image refers to has another name when it is another: no more is told of it. */
    copy_image(&image, &base);
    image.tar.data[tar_offset(&base, "etc/hosts")] = '9';
    gzip_bytes(&image.tar, 6, 8, Z_DEFAULT_STRATEGY, &image.gzip);
    make_documents(&image);
    write_oci_archive("b.oci", &image, 1790000000);
    compare_and_count(at("a.oci"), at("b.oci"), 1);
    need(STET_DIFF_CONTENT, 1, "etc/hosts", "line 1", "127.0.0.1 localhost", "927.0.0.1 localhost");
    write_docker_archive("a.docker", &base);
    write_docker_archive("b.docker", &image);
    compare_and_count(at("a.docker"), at("b.docker"), 1);
    compare_and_count(at("a.docker"), at("b.oci"), 1);
}

/* ---- directories and files ---- */

static void a_directory_against_others(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct maker m;
    char text[64];
    struct stat st;

    (void)state;
    assert_int_equal(stet_fs_mkdirs(AT_FDCWD, at("tree/d"), NULL), 0);
    write_file(dir, "tree/d/f", "content\n", 8);
    assert_int_equal(symlink("d/f", at("tree/l")), 0);
    const struct timespec times[2] = {{1790000000, 5}, {1790000000, 5}};
    const char *const paths[] = {"tree/d/f", "tree/l", "tree/d"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(utimensat(AT_FDCWD, at(paths[i]), times, AT_SYMLINK_NOFOLLOW), 0);
        if (i != 1)
            assert_int_equal(chmod(at(paths[i]), i ? 0755 : 0644), 0);
    }
    assert_int_equal(stat(at("tree/d/f"), &st), 0);
    begin(&m, &tar);
    add_entry(m.writer, ENTRY("d", DIRECTORY, .mode = 0755, .uid = st.st_uid, .gid = st.st_gid),
              NULL);
    add_entry(m.writer, ENTRY("d/f", FILE, .mode = 0644, .uid = st.st_uid, .gid = st.st_gid),
              "content\n");
    add_entry(m.writer,
              ENTRY("l", SYMLINK, .mode = 0777, .link = (char *)(uintptr_t) "d/f", .uid = st.st_uid,
                    .gid = st.st_gid),
              NULL);
    end(&m);
    write_at("tree.tar", &tar);
    compare_and_count(at("tree"), at("tree.tar"), 0);
    assert_string_equal(result.a_kind, "directory");
    compare_and_count(at("tree"), at("tree"), 0);
    write_file(dir, "tree/d/f", "other\n", 6);
    assert_int_equal(chmod(at("tree/d/f"), 0600), 0);
    assert_int_equal(utimensat(AT_FDCWD, at("tree/d/f"), times, 0), 0);
    compare_and_count(at("tree.tar"), at("tree"), 2);
    need(STET_DIFF_ENTRY, 0, "d/f", "mode", "0644", "0600");
    need(STET_DIFF_CONTENT, 0, "d/f", "line 1", "content", "other");
    snprintf(text, sizeof text, "rootfs:%s", at("nowhere"));
    assert_int_equal(compare(text, at("tree")), -1);
    assert_int_equal(compare(at("nowhere"), at("tree")), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    compare_and_count(at("tree/d/f"), at("tree"), 1);
    need(STET_DIFF_ENTRY, 0, "", "type", "file", "directory");
    stet_buffer_release(&tar);
}

static void write_packed(const char *name, const char *info, const char *content)
{
    struct stet_buffer package = STET_BUFFER_INIT, out = STET_BUFFER_INIT;
    struct maker m;

    begin(&m, &package);
    file(&m, ".BUILDINFO", info);
    file(&m, ".PKGINFO", "pkgname = demo\npkgver = 1-1\n");
    file(&m, "usr/share/made", content);
    end(&m);
    begin(&m, &out);
    add_blob(&m, "demo.pkg.tar", &package, 1790000000);
    end(&m);
    write_at(name, &out);
    stet_buffer_release(&package);
    stet_buffer_release(&out);
}

/* What a package says of its build holds for what is in it. */
static void a_package_tells_of_itself(void **state)
{
    (void)state;
    write_packed("a.tar", "builddate = 1795458700\nbuilddir = /build/alpha\n",
                 "made at 1795458700\n");
    write_packed("b.tar", "builddate = 1795545200\nbuilddir = /build/alpha\n",
                 "made at 1795545200\n");
    compare_and_count(at("a.tar"), at("b.tar"), 2);
    const struct stet_finding *f = need(STET_DIFF_CONTENT, 0, "demo.pkg.tar!usr/share/made",
                                        "line 1", "made at 1795458700", "made at 1795545200");
    assert_int_equal(f->cause, STET_CAUSE_BUILD_TIME);
}

/* Of which names are one file: a tar's first name against a tree's. */
static void names_of_one_file(void **state)
{
    struct stet_buffer one = STET_BUFFER_INIT, other = STET_BUFFER_INIT;
    struct maker m;

    (void)state;
    begin(&m, &one);
    file(&m, "a", "content");
    add_entry(m.writer, ENTRY("b", HARDLINK, .mode = 0644, .link = (char *)(uintptr_t) "a"), NULL);
    add_entry(m.writer, ENTRY("c", HARDLINK, .mode = 0644, .link = (char *)(uintptr_t) "a"), NULL);
    end(&m);
    begin(&m, &other);
    file(&m, "a", "content");
    file(&m, "b", "content");
    add_entry(m.writer, ENTRY("c", HARDLINK, .mode = 0644, .link = (char *)(uintptr_t) "b"), NULL);
    file(&m, "d", "content");
    end(&m);
    write_layers("linked", &one, 1);
    write_layers("split", &other, 1);
    options.flatten = true;
    compare_and_count(at("linked"), at("linked"), 0);
    compare_and_count(at("linked"), at("split"), 3);
    need(STET_DIFF_ENTRY, 0, "b", "hard links", "one file with a", "a file of its own");
    need(STET_DIFF_ENTRY, 0, "c", "hard links", "one file with a", "one file with b");
    need(STET_DIFF_ENTRY, 0, "d", "entry", NULL, "file, mode 0644, 7 bytes");
    options.flatten = false;
    stet_buffer_release(&one);
    stet_buffer_release(&other);
}

/* The same two names of one file, of which another one comes first. */
static void first_of_the_names_of_a_file(void **state)
{
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct maker m;

    (void)state;
    begin(&m, &a);
    file(&m, "a", "content");
    add_entry(m.writer, ENTRY("b", HARDLINK, .mode = 0644, .link = (char *)(uintptr_t) "a"), NULL);
    end(&m);
    copy_bytes(&b, &a);
    char *first = b.data, *link = b.data + 1024;
    first[0] = 'b';
    link[0] = 'a';
    link[157] = 'b';
    fix_checksum(first);
    fix_checksum(link);
    write_at("a.tar", &a);
    write_at("b.tar", &b);
    assert_int_equal(compare(at("a.tar"), at("b.tar")), 0);
    need(STET_DIFF_ARCHIVE, 0, "a", "first of the names of a file", "it holds the content",
         "it is a link to another name");
    need(STET_DIFF_ARCHIVE, 0, "b", "first of the names of a file", "it is a link to another name",
         "it holds the content");
    for (size_t i = 0; i < result.count; i++)
        assert_int_equal(result.findings[i].level, STET_DIFF_ARCHIVE);
    /* Their content is compared all the same, once. */
    memcpy(b.data + 512, "CONTENT", 7);
    write_at("b.tar", &b);
    assert_int_equal(compare(at("a.tar"), at("b.tar")), 0);
    size_t contents = 0;
    for (size_t i = 0; i < result.count; i++)
        contents += result.findings[i].level == STET_DIFF_CONTENT;
    assert_int_equal(contents, 1);
    need(STET_DIFF_CONTENT, 0, "a", "line 1", "content", "CONTENT");
    /* A link to itself is something else. */
    copy_bytes(&b, &a);
    b.data[1024 + 157] = 'b';
    fix_checksum(b.data + 1024);
    write_at("b.tar", &b);
    assert_int_equal(compare(at("a.tar"), at("b.tar")), 0);
    need(STET_DIFF_ENTRY, 0, "b", "link", "a", "b");
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void two_files(void **state)
{
    (void)state;
    write_file(dir, "one", "a\nb\n", 4);
    write_file(dir, "two", "a\nc\n", 4);
    compare_and_count(at("one"), at("two"), 1);
    need(STET_DIFF_CONTENT, 0, "", "line 2", "b", "c");
    assert_string_equal(result.a_kind, "file");
}

/* ---- archives ---- */

static void move_all(void **state)
{
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct maker m;

    (void)state;
    begin(&m, &a);
    for (char name[] = "a"; name[0] <= 'z'; name[0]++)
        file(&m, name, "");
    end(&m);
    for (size_t i = 26; i-- > 0;)
        put(&b, a.data + i * 512, 512);
    put(&b, a.data + 26 * 512, a.len - 26 * 512);
    write_at("a.tar", &a);
    write_at("b.tar", &b);
    compare_and_count(at("a.tar"), at("b.tar"), 1);
    const struct stet_finding *f =
        need(STET_DIFF_ARCHIVE, 0, "", "order of entries: 25 of 26 stand elsewhere",
             "sorted by path", "not sorted by path");
    assert_int_equal(f->cause, STET_CAUSE_FILE_ORDER);
    /* One that moved is told by its name. */
    stet_buffer_clear(&b);
    put(&b, a.data, 5 * 512);
    put(&b, a.data + 6 * 512, 10 * 512);
    put(&b, a.data + 5 * 512, 512);
    put(&b, a.data + 16 * 512, a.len - 16 * 512);
    write_at("b.tar", &b);
    compare_and_count(at("a.tar"), at("b.tar"), 1);
    need(STET_DIFF_ARCHIVE, 0, "f", "order of entries", "entry 6, after e", "entry 16, after p");
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void what_no_field_shows(void **state)
{
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct maker m;

    (void)state;
    begin(&m, &a);
    file(&m, "a", "12");
    end(&m);
    copy_bytes(&b, &a);
    b.data[512 + 5] = 'x';
    write_at("a.tar", &a);
    write_at("b.tar", &b);
    compare_and_count(at("a.tar"), at("b.tar"), 1);
    assert_string_equal(result.findings[0].what, "padding");
    copy_bytes(&b, &a);
    memcpy(b.data + 265, "builder", 7);
    fix_checksum(b.data);
    write_at("b.tar", &b);
    compare_and_count(at("a.tar"), at("b.tar"), 1);
    need(STET_DIFF_ARCHIVE, 0, "a", "header.uname", "", "builder");
    assert_int_equal(result.findings[0].cause, STET_CAUSE_OWNER);
    copy_bytes(&b, &a);
    memcpy(b.data + 257, "ustar  ", 8);
    fix_checksum(b.data);
    write_at("b.tar", &b);
    compare_and_count(at("a.tar"), at("b.tar"), 1);
    need(STET_DIFF_ARCHIVE, 0, "", "dialect of headers", "ustar", "GNU");
    copy_bytes(&b, &a);
    put(&b, (char[512]){0}, 512);
    write_at("b.tar", &b);
    compare_and_count(at("a.tar"), at("b.tar"), 1);
    need(STET_DIFF_ARCHIVE, 0, "", "end of the archive", "2 blocks of zeroes",
         "3 blocks of zeroes");
    copy_bytes(&b, &a);
    b.data[148] = ' ';
    write_at("b.tar", &b);
    compare_and_count(at("a.tar"), at("b.tar"), 1);
    assert_string_equal(result.findings[0].what, "header.checksum");
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

/* A header that is lost takes nothing along. */
static void what_comes_after_damage_is_compared(void **state)
{
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct maker m;

    (void)state;
    begin(&m, &a);
    file(&m, "a", "1");
    file(&m, "b", "2");
    file(&m, "c", "3");
    end(&m);
    copy_bytes(&b, &a);
    memset(b.data + 2 * 512, 'Z', 512);
    b.data[5 * 512] = '4';
    write_at("a.tar", &a);
    write_at("b.tar", &b);
    compare_and_count(at("a.tar"), at("b.tar"), 3);
    need(STET_DIFF_ARCHIVE, 0, "a", "damage after this entry", NULL,
         "1024 bytes at 1024 are no entry");
    need(STET_DIFF_ENTRY, 0, "b", "entry", "file, mode 0644, 1 byte", NULL);
    need(STET_DIFF_CONTENT, 0, "c", "line 1", "3", "4");
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

/* ---- rules ---- */

static void what_is_ignored_is_counted(void **state)
{
    struct stet_strv rules = STET_STRV_INIT;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct maker m;

    (void)state;
    begin(&m, &a);
    file(&m, "gone", "1");
    file(&m, "var/x", "1");
    file(&m, "var/y", "1");
    end(&m);
    begin(&m, &b);
    file(&m, "var/x", "2");
    file(&m, "var/y", "2");
    end(&m);
    write_at("a.tar", &a);
    write_at("b.tar", &b);
    assert_int_equal(stet_strv_add(&rules, "/var/**", NULL), 0);
    assert_int_equal(stet_strv_add(&rules, "missing", NULL), 0);
    assert_int_equal(stet_strv_add(&rules, "none", NULL), 0);
    options.ignore = &rules;
    compare_and_count(at("a.tar"), at("b.tar"), 0);
    assert_int_equal(result.ignored_count, 3);
    assert_string_equal(result.ignored[0].rule, "/var/**");
    assert_int_equal(result.ignored[0].count, 2);
    assert_int_equal(result.ignored[1].count, 1);
    assert_int_equal(result.ignored[2].count, 0);
    stet_strv_release(&rules);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

/* ---- */

static int each(void **state)
{
    (void)state;
    options = (struct stet_diff_options){.threads = 2};
    write_image(at("a"), &base);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    make_image(&base);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stet_diff_result_release(&result);
    image_release(&base);
    image_release(&image);
    return stet_fs_remove(AT_FDCWD, dir, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, each)
    const struct CMUnitTest tests[] = {
        TEST(other_compression_is_one_finding),
        TEST(the_same_layers_in_another_order),
        TEST(another_number_of_layers),
        TEST(what_whiteouts_leave_is_compared),
        TEST(a_blob_that_is_not_what_its_digest_says),
        TEST(a_blob_that_is_missing),
        TEST(a_stream_that_ends_too_early),
        TEST(a_config_by_its_fields),
        TEST(an_annotation_of_the_index),
        TEST(one_image_in_many_forms),
        TEST(how_an_archive_holds_an_image),
        TEST(a_directory_against_others),
        TEST(a_package_tells_of_itself),
        TEST(names_of_one_file),
        TEST(two_files),
        TEST(move_all),
        TEST(first_of_the_names_of_a_file),
        TEST(what_no_field_shows),
        TEST(what_comes_after_damage_is_compared),
        TEST(what_is_ignored_is_counted),
    };
    return cmocka_run_group_tests_name("diff/artifacts", tests, set_up, tear_down);
}
