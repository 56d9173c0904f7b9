/*
 * Writing to layouts and archives: what is there afterwards, and that nothing is when it fails.
 */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/tar/tar.h"

enum { WRITERS = 12 };

static bool exists(const char *path)
{
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* "DIR/blobs/sha256/HEX", in a static buffer. */
static const char *blob_path(const char *dir, const struct stet_digest *d)
{
    static char path[256];
    char hex[STET_DIGEST_HEX_SIZE];

    stet_digest_hex(d, hex);
    snprintf(path, sizeof(path), "%s/blobs/sha256/%s", dir, hex);
    return path;
}

static void assert_blob(const char *dir, const struct stet_digest *d,
                        const struct stet_buffer *want)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    get_file(blob_path(dir, d), &b);
    assert_int_equal(b.len, want->len);
    assert_memory_equal(b.data, want->data, b.len);
    stet_buffer_release(&b);
}

static void assert_layout_holds(const char *dir, const struct fixture *f)
{
    assert_blob(dir, &f->image.config_digest, &f->image.config);
    assert_blob(dir, &f->image.manifest_digest, &f->image.manifest);
    assert_blob(dir, &f->image.layer.digest, &f->blob);
}

/* An entry of index.json as stet writes it; tag may be NULL. */
static void add_entry(struct stet_buffer *b, const struct fixture *f, const char *tag)
{
    char digest[STET_DIGEST_TEXT_SIZE];

    stet_digest_text(&f->image.manifest_digest, digest);
    stet_buffer_addf(b,
                     "{\"mediaType\":\"" STET_OCI_MEDIA_MANIFEST "\",\"digest\":\"%s\","
                     "\"size\":%zu,\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}",
                     digest, f->image.manifest.len);
    if (tag)
        stet_buffer_addf(b, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}", tag);
    stet_buffer_add_char(b, '}');
}

#define INDEX_HEAD                                                                                 \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","              \
    "\"manifests\":["

static void test_a_new_layout(void **state)
{
    struct fixture f;
    struct stet_buffer want = STET_BUFFER_INIT;

    (void)state;
    make_plain_image(&f, "content");
    must_write(&f.image, "oci:new/deep/out:trixie");
    assert_file_is("new/deep/out/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    stet_buffer_add_str(&want, INDEX_HEAD);
    add_entry(&want, &f, "trixie");
    stet_buffer_add_str(&want, "]}");
    assert_file_is("new/deep/out/index.json", stet_buffer_str(&want));
    assert_layout_holds("new/deep/out", &f);
    stet_buffer_release(&want);
    release_image(&f);
}

static void test_the_variant_is_in_the_platform(void **state)
{
    struct stet_oci_description d = plain_description();
    struct fixture f;
    struct stet_buffer b = STET_BUFFER_INIT;

    (void)state;
    d.architecture = "arm";
    d.variant = "v7";
    make_image(&f, &d, "x", 1, false);
    must_write(&f.image, "oci:variant");
    get_file("variant/index.json", &b);
    assert_non_null(strstr(stet_buffer_str(&b), "\"platform\":{\"architecture\":\"arm\","
                                                "\"os\":\"linux\",\"variant\":\"v7\"}}]}"));
    stet_buffer_release(&b);
    release_image(&f);
}

static void test_tags_are_replaced_one_by_one(void **state)
{
    struct fixture one, two;
    struct stet_buffer want = STET_BUFFER_INIT;

    (void)state;
    make_plain_image(&one, "one");
    make_plain_image(&two, "two");
    must_write(&one.image, "oci:tags:a");
    must_write(&one.image, "oci:tags:b");
    must_write(&one.image, "oci:tags");
    must_write(&two.image, "oci:tags:a");
    must_write(&two.image, "oci:tags");
    must_write(&two.image, "oci:tags:c");
    stet_buffer_add_str(&want, INDEX_HEAD);
    add_entry(&want, &two, "a");
    stet_buffer_add_char(&want, ',');
    add_entry(&want, &one, "b");
    stet_buffer_add_char(&want, ',');
    add_entry(&want, &two, NULL);
    stet_buffer_add_char(&want, ',');
    add_entry(&want, &two, "c");
    stet_buffer_add_str(&want, "]}");
    assert_file_is("tags/index.json", stet_buffer_str(&want));
    assert_layout_holds("tags", &one);
    assert_layout_holds("tags", &two);
    stet_buffer_release(&want);
    release_image(&one);
    release_image(&two);
}

/* A blob's address in an index of another tool; nothing looks for the blob. */
#define FAR_AWAY                                                                                   \
    "\"digest\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\","      \
    "\"size\":1"

static void test_what_others_wrote_stays(void **state)
{
    struct fixture f;
    struct stet_buffer want = STET_BUFFER_INIT;

    (void)state;
    assert_int_equal(mkdir("foreign", 0777), 0);
    put_text("foreign/oci-layout", " { \"imageLayoutVersion\": \"1.0.0\" }\n");
    put_text("foreign/index.json",
             "{\"annotations\": {\"k\": \"v\"}, \"schemaVersion\": 2, \"manifests\": [\n"
             " {\"mediaType\": \"" STET_OCI_MEDIA_INDEX "\", " FAR_AWAY ", \"x\": [null, 1.5]},\n"
             " {\"mediaType\": \"" STET_OCI_MEDIA_MANIFEST "\", " FAR_AWAY
             ", \"annotations\": {\"org.opencontainers.image.ref.name\": \"t\", \"o\": \"p\"}},\n"
             " {\"mediaType\": \"text/plain\", " FAR_AWAY "},\n"
             " {\"mediaType\": \"" STET_OCI_MEDIA_MANIFEST "\", " FAR_AWAY
             ", \"annotations\": {\"org.opencontainers.image.ref.name\": \"t\"}}\n"
             "]}\n");
    make_plain_image(&f, "content");
    must_write(&f.image, "oci:foreign:t");
    stet_buffer_add_str(&want, INDEX_HEAD "{\"mediaType\":\"" STET_OCI_MEDIA_INDEX "\"," FAR_AWAY
                                          ",\"x\":[null,1.5]},");
    add_entry(&want, &f, "t");
    stet_buffer_add_str(&want, ",{\"mediaType\":\"text/plain\"," FAR_AWAY "}],"
                               "\"annotations\":{\"k\":\"v\"}}");
    assert_file_is("foreign/index.json", stet_buffer_str(&want));
    assert_file_is("foreign/oci-layout", " { \"imageLayoutVersion\": \"1.0.0\" }\n");
    stet_buffer_release(&want);
    release_image(&f);
}

static void test_a_damaged_blob_is_written_anew(void **state)
{
    struct fixture f;

    (void)state;
    make_plain_image(&f, "content");
    must_write(&f.image, "oci:damaged");
    put_text(blob_path("damaged", &f.image.layer.digest), "");
    char *other = strdup(f.image.config.data);
    assert_non_null(other);
    other[2] ^= 1;
    put_text(blob_path("damaged", &f.image.config_digest), other);
    free(other);
    must_write(&f.image, "oci:damaged");
    assert_layout_holds("damaged", &f);
    release_image(&f);
}

static void must_not_write(const struct fixture *f, const char *where, const char *why)
{
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(write_to(&f->image, where, &err), -1);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void test_directories_that_are_no_layout(void **state)
{
    struct fixture f;

    (void)state;
    make_plain_image(&f, "content");
    assert_int_equal(mkdir("full", 0777), 0);
    put_text("full/notes.txt", "mine");
    must_not_write(&f, "oci:full:x", "neither empty nor an OCI layout");
    assert_file_is("full/notes.txt", "mine");
    assert_false(exists("full/oci-layout") || exists("full/blobs"));

    assert_int_equal(mkdir("newer", 0777), 0);
    put_text("newer/oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
    must_not_write(&f, "oci:newer:x", "2.0.0");

    assert_int_equal(mkdir("broken", 0777), 0);
    put_text("broken/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    put_text("broken/index.json", "{\"schemaVersion\":2,\"manifests\":[");
    must_not_write(&f, "oci:broken:x", "index.json");
    assert_file_is("broken/index.json", "{\"schemaVersion\":2,\"manifests\":[");

    put_text("file", "mine");
    must_not_write(&f, "oci:file:x", "file");
    must_not_write(&f, "oci:file/below:x", "file");
    assert_file_is("file", "mine");

    assert_int_equal(mkdir("empty", 0777), 0);
    must_write(&f.image, "oci:empty:x");
    release_image(&f);
}

static void test_an_interrupted_layout_is_completed(void **state)
{
    struct fixture f;

    (void)state;
    make_plain_image(&f, "content");
    must_write(&f.image, "oci:half:x");
    assert_int_equal(unlink("half/index.json"), 0);
    assert_int_equal(unlink(blob_path("half", &f.image.config_digest)), 0);
    must_write(&f.image, "oci:half:x");
    assert_layout_holds("half", &f);
    stet_oci_source_free(must_open("oci:half:x"));
    release_image(&f);
}

/* ---- several at once ---- */

static void test_processes_that_write_at_once(void **state)
{
    struct fixture f;
    pid_t pids[WRITERS];

    (void)state;
    make_plain_image(&f, "content");
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            struct stet_error err = STET_ERROR_INIT;
            char where[64];
            snprintf(where, sizeof(where), "oci:shared/out:tag%d", i);
            _exit(write_to(&f.image, where, &err) < 0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        char where[64];
        snprintf(where, sizeof(where), "oci:shared/out:tag%d", i);
        stet_oci_source_free(must_open(where));
    }
    release_image(&f);
}

/* ---- failures ---- */

/* Writes in a child that may not make a file larger than max bytes. Its error's kind. */
static enum stet_error_kind write_limited(const struct fixture *f, const char *where, rlim_t max)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit limit = {max, max};
        struct stet_error err = STET_ERROR_INIT;
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
            _exit(99);
        write_to(&f->image, where, &err);
        _exit(err.kind);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static char *make_noise(size_t len)
{
    char *p = malloc(len);
    uint32_t x = 3;

    assert_non_null(p);
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = (char)(x >> 24);
    }
    return p;
}

static void test_a_full_disk_leaves_nothing(void **state)
{
    struct stet_oci_description d = plain_description();
    struct fixture f;
    char *noise = make_noise(100000);

    (void)state;
    make_image(&f, &d, noise, 100000, true);
    free(noise);
    /* Nothing; the layout's file alone; not the layer; all of it. */
    static const rlim_t limits[] = {0, 40, 50000};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        assert_int_equal(write_limited(&f, "oci:d/e/f:x", limits[i]), STET_ERROR_ENVIRONMENT);
        assert_false(exists("d"));
        assert_int_equal(write_limited(&f, "oci-archive:d.tar", limits[i]), STET_ERROR_ENVIRONMENT);
        assert_false(exists("d.tar"));
        assert_int_equal(write_limited(&f, "docker-archive:d.tar", limits[i]),
                         STET_ERROR_ENVIRONMENT);
        assert_false(exists("d.tar"));
        assert_int_equal(mkdir("kept", 0777), 0);
        assert_int_equal(write_limited(&f, "oci:kept:x", limits[i]), STET_ERROR_ENVIRONMENT);
        assert_int_equal(rmdir("kept"), 0); /* still there, and empty */
    }
    assert_int_equal(write_limited(&f, "oci:d/e/f:x", 110000), STET_ERROR_NONE);
    release_image(&f);
}

static void test_a_full_disk_leaves_what_was_there(void **state)
{
    struct stet_oci_description d = plain_description();
    struct fixture small, large;
    struct stet_buffer before = STET_BUFFER_INIT, after = STET_BUFFER_INIT;
    char *noise = make_noise(100000);

    (void)state;
    make_plain_image(&small, "small");
    make_image(&large, &d, noise, 100000, true);
    free(noise);
    must_write(&small.image, "oci:was:x");
    must_write(&small.image, "oci-archive:was.tar");
    get_file("was/index.json", &before);
    assert_int_equal(write_limited(&large, "oci:was:x", 50000), STET_ERROR_ENVIRONMENT);
    get_file("was/index.json", &after);
    assert_string_equal(stet_buffer_str(&before), stet_buffer_str(&after));
    get_file("was.tar", &before);
    assert_int_equal(write_limited(&large, "oci-archive:was.tar", 50000), STET_ERROR_ENVIRONMENT);
    get_file("was.tar", &after);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    stet_buffer_release(&before);
    stet_buffer_release(&after);
    release_image(&small);
    release_image(&large);
}

static void test_a_layer_that_is_not_what_it_says(void **state)
{
    static const char *const places[] = {"oci:lie", "oci-archive:lie", "docker-archive:lie"};
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        make_plain_image(&f, "content");
        f.image.layer.digest.bytes[0] ^= 1;
        f.image.layer.diff_id.bytes[0] ^= 1;
        must_not_write(&f, places[i], "its digest is");
        assert_false(exists("lie"));
        release_image(&f);

        make_plain_image(&f, "content");
        f.image.layer.size++;
        must_not_write(&f, places[i], "the layer");
        assert_false(exists("lie"));
        release_image(&f);
    }
    make_plain_image(&f, "content");
    f.image.layer.tar_size--;
    must_not_write(&f, "docker-archive:lie", "more than");
    assert_false(exists("lie"));
    must_not_write(&f, "tar:lie", "no image");
    must_not_write(&f, "oci-archive:none/such", "none/such");
    release_image(&f);
}

/* ---- archives ---- */

static void assert_member(struct stet_tar_reader *tar, const char *path, const void *want,
                          size_t len)
{
    const struct stet_entry *e;
    struct stet_error err = STET_ERROR_INIT;
    char content[4096];

    need(stet_tar_reader_next(tar, &e, &err), &err);
    assert_string_equal(e->path, path);
    assert_int_equal(e->mtime, 1789199741);
    assert_int_equal(e->uid, 0);
    assert_int_equal(e->gid, 0);
    assert_int_equal(e->mode, want ? 0644 : 0755);
    assert_int_equal(e->type, want ? STET_ENTRY_FILE : STET_ENTRY_DIRECTORY);
    assert_int_equal(e->size, len);
    if (!want)
        return;
    assert_true(len <= sizeof(content));
    assert_int_equal(stet_tar_reader_read(tar, content, len, &err), len);
    assert_memory_equal(content, want, len);
}

static struct stet_tar_reader *open_tar(const char *path, struct stet_buffer *b,
                                        struct stet_memory_reader *in)
{
    struct stet_error err = STET_ERROR_INIT;

    get_file(path, b);
    stet_memory_reader_init(in, b->data, b->len);
    struct stet_tar_reader *tar = stet_tar_reader_new(&in->base, path, NULL, &err);
    assert_non_null(tar);
    return tar;
}

static void close_tar(struct stet_tar_reader *tar, struct stet_buffer *b)
{
    const struct stet_entry *e;
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(stet_tar_reader_next(tar, &e, &err), 0);
    stet_tar_reader_free(tar);
    stet_buffer_release(b);
}

struct blob {
    char path[128];
    const struct stet_buffer *content;
};

static int compare_blobs(const void *a, const void *b)
{
    return strcmp(((const struct blob *)a)->path, ((const struct blob *)b)->path);
}

static struct blob make_blob(const char *before, const struct stet_digest *d, const char *after,
                             const struct stet_buffer *content)
{
    struct blob b = {.content = content};
    char hex[STET_DIGEST_HEX_SIZE];

    stet_digest_hex(d, hex);
    snprintf(b.path, sizeof(b.path), "%s%s%s", before, hex, after);
    return b;
}

static void test_an_oci_archive(void **state)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
    struct fixture f;
    struct stet_buffer b = STET_BUFFER_INIT, index = STET_BUFFER_INIT;
    struct stet_memory_reader in;

    (void)state;
    make_plain_image(&f, "content");
    must_write(&f.image, "oci-archive:a.tar:v1");
    struct blob blobs[] = {
        make_blob("blobs/sha256/", &f.image.config_digest, "", &f.image.config),
        make_blob("blobs/sha256/", &f.image.manifest_digest, "", &f.image.manifest),
        make_blob("blobs/sha256/", &f.image.layer.digest, "", &f.blob),
    };
    qsort(blobs, 3, sizeof(blobs[0]), compare_blobs);
    struct stet_tar_reader *tar = open_tar("a.tar", &b, &in);
    assert_member(tar, "blobs", NULL, 0);
    assert_member(tar, "blobs/sha256", NULL, 0);
    for (int i = 0; i < 3; i++)
        assert_member(tar, blobs[i].path, blobs[i].content->data, blobs[i].content->len);
    stet_buffer_add_str(&index, INDEX_HEAD);
    add_entry(&index, &f, "v1");
    stet_buffer_add_str(&index, "]}");
    assert_member(tar, "index.json", index.data, index.len);
    assert_member(tar, "oci-layout", layout, strlen(layout));
    close_tar(tar, &b);
    stet_buffer_release(&index);
    release_image(&f);
}

static void check_docker_archive(bool gzip, const char *where, const char *tags)
{
    struct stet_oci_description d = plain_description();
    struct fixture f;
    struct stet_buffer b = STET_BUFFER_INIT, index = STET_BUFFER_INIT;
    struct stet_memory_reader in;

    make_image(&f, &d, "content", 7, gzip);
    must_write(&f.image, where);
    struct blob config = make_blob("", &f.image.config_digest, ".json", &f.image.config);
    struct blob layer = make_blob("", &f.image.layer.diff_id, ".tar", &f.tar);
    struct blob sorted[] = {config, layer};
    qsort(sorted, 2, sizeof(sorted[0]), compare_blobs);
    struct stet_tar_reader *tar = open_tar("d.tar", &b, &in);
    for (int i = 0; i < 2; i++)
        assert_member(tar, sorted[i].path, sorted[i].content->data, sorted[i].content->len);
    stet_buffer_addf(&index, "[{\"Config\":\"%s\",\"RepoTags\":[%s],\"Layers\":[\"%s\"]}]",
                     config.path, tags, layer.path);
    assert_member(tar, "manifest.json", index.data, index.len);
    close_tar(tar, &b);
    stet_buffer_release(&index);
    release_image(&f);
}

static void test_a_docker_archive(void **state)
{
    (void)state;
    check_docker_archive(true, "docker-archive:d.tar:debian", "\"debian:latest\"");
    check_docker_archive(true, "docker-archive:d.tar", "");
    check_docker_archive(false, "docker-archive:d.tar:a/b:c", "\"a/b:c\"");
}

static void test_the_same_image_gives_the_same_archive(void **state)
{
    struct fixture f;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;

    (void)state;
    make_plain_image(&f, "content");
    must_write(&f.image, "oci-archive:one.tar:x");
    mode_t before = umask(077);
    must_write(&f.image, "oci-archive:two.tar:x");
    umask(before);
    get_file("one.tar", &a);
    get_file("two.tar", &b);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
    release_image(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_layout),
        cmocka_unit_test(test_the_variant_is_in_the_platform),
        cmocka_unit_test(test_tags_are_replaced_one_by_one),
        cmocka_unit_test(test_what_others_wrote_stays),
        cmocka_unit_test(test_a_damaged_blob_is_written_anew),
        cmocka_unit_test(test_directories_that_are_no_layout),
        cmocka_unit_test(test_an_interrupted_layout_is_completed),
        cmocka_unit_test(test_processes_that_write_at_once),
        cmocka_unit_test(test_a_full_disk_leaves_nothing),
        cmocka_unit_test(test_a_full_disk_leaves_what_was_there),
        cmocka_unit_test(test_a_layer_that_is_not_what_it_says),
        cmocka_unit_test(test_an_oci_archive),
        cmocka_unit_test(test_a_docker_archive),
        cmocka_unit_test(test_the_same_image_gives_the_same_archive),
    };

    return cmocka_run_group_tests_name("oci/write", tests, enter_temporary, leave_temporary);
}
