/*
 * Reading images: what stet wrote comes back, and what is ambiguous, damaged or hostile does not.
 */
#include "fixture.h"

/* Reads layer i whole; 0, or -1 with err. */
static int read_layer(struct stet_oci_source *s, size_t i, struct stet_buffer *out,
                      struct stet_error *err)
{
    char piece[1000];
    ssize_t n;
    struct stet_reader *r = stet_oci_source_layer(s, i, err);

    stet_buffer_clear(out);
    if (!r)
        return -1;
    while ((n = stet_reader_read(r, piece, sizeof(piece), err)) > 0)
        stet_buffer_add(out, piece, (size_t)n);
    stet_oci_source_layer_close(r);
    return (int)n;
}

static void assert_layer(struct stet_oci_source *s, size_t i, const void *want, size_t len)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;

    need(read_layer(s, i, &b, &err), &err);
    assert_int_equal(b.len, len);
    if (len > 0)
        assert_memory_equal(b.data, want, len);
    stet_buffer_release(&b);
}

static void must_not_read_layer(const char *where, const char *why)
{
    struct stet_oci_source *s = must_open(where);
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(read_layer(s, 0, &b, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    stet_oci_source_free(s);
    stet_buffer_release(&b);
}

static void test_what_was_written_comes_back(void **state)
{
    static const char *const places[] = {"oci:back:t", "oci:back", "oci-archive:back.tar:t",
                                         "oci-archive:back.tar"};
    struct fixture f;

    (void)state;
    make_plain_image(&f, "some content of a layer");
    for (size_t i = 0; i < 4; i++) {
        if (i % 2 == 0)
            must_write(&f.image, places[i]);
        struct stet_oci_source *s = must_open(places[i]);
        const struct stet_oci_source_info *info = stet_oci_source_info(s);
        assert_true(info->has_manifest);
        assert_true(stet_digest_equal(&info->manifest_digest, &f.image.manifest_digest));
        assert_true(stet_digest_equal(&info->config_digest, &f.image.config_digest));
        assert_int_equal(info->manifest_size, f.image.manifest.len);
        assert_int_equal(info->config_size, f.image.config.len);
        assert_non_null(json_object_get(info->manifest, "layers"));
        assert_non_null(json_object_get(info->config, "rootfs"));
        assert_int_equal(info->layer_count, 1);
        assert_string_equal(info->layers[0].descriptor.media_type, STET_OCI_MEDIA_LAYER_GZIP);
        assert_true(stet_digest_equal(&info->layers[0].diff_id, &f.image.layer.diff_id));
        assert_int_equal(info->layers[0].descriptor.size, f.blob.len);
        assert_layer(s, 0, f.blob.data, f.blob.len);
        assert_layer(s, 0, f.blob.data, f.blob.len);
        struct stet_error err = STET_ERROR_INIT;
        assert_null(stet_oci_source_layer(s, 1, &err));
        stet_oci_source_free(s);
    }
    release_image(&f);
}

static void test_a_docker_archive_comes_back(void **state)
{
    struct fixture f;

    (void)state;
    make_plain_image(&f, "some content of a layer");
    must_write(&f.image, "docker-archive:dback.tar:debian:12");
    static const char *const names[] = {"docker-archive:dback.tar",
                                        "docker-archive:dback.tar:debian:12",
                                        "docker-archive:dback.tar:docker.io/library/debian:12"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct stet_oci_source *s = must_open(names[i]);
        const struct stet_oci_source_info *info = stet_oci_source_info(s);
        assert_false(info->has_manifest);
        assert_null(info->manifest);
        assert_true(stet_digest_equal(&info->config_digest, &f.image.config_digest));
        assert_int_equal(info->config_size, f.image.config.len);
        assert_string_equal(info->layers[0].descriptor.media_type, STET_OCI_MEDIA_LAYER_TAR);
        assert_true(stet_digest_equal(&info->layers[0].descriptor.digest, &f.image.layer.diff_id));
        assert_layer(s, 0, f.tar.data, f.tar.len);
        stet_oci_source_free(s);
    }
    must_not_open("docker-archive:dback.tar:debian:13", "debian:12");
    release_image(&f);
}

static void test_content_is_at_its_offset_in_large_archives(void **state)
{
    struct stet_oci_description d = plain_description();
    struct fixture f;
    size_t len = 3000001;
    char *p = malloc(len);

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < len; i++)
        p[i] = (char)(i * i >> 7);
    make_image(&f, &d, p, len, false);
    must_write(&f.image, "oci-archive:large.tar");
    must_write(&f.image, "docker-archive:dlarge.tar");
    static const char *const names[] = {"oci-archive:large.tar", "docker-archive:dlarge.tar"};
    for (size_t i = 0; i < 2; i++) {
        struct stet_oci_source *s = must_open(names[i]);
        assert_layer(s, 0, p, len);
        stet_oci_source_free(s);
    }
    free(p);
    release_image(&f);
}

/* ---- choosing ---- */

static void test_which_image_is_meant(void **state)
{
    struct fixture one, two;

    (void)state;
    make_plain_image(&one, "one");
    make_plain_image(&two, "two");
    must_write(&one.image, "oci:which:a");
    must_write(&one.image, "oci:which:b");
    stet_oci_source_free(must_open("oci:which")); /* two tags, one image */
    must_write(&two.image, "oci:which:c");
    must_not_open("oci:which", "several images");
    must_not_open("oci:which:d", "tags: a, b, c");
    struct stet_oci_source *s = must_open("oci:which:c");
    assert_true(
        stet_digest_equal(&stet_oci_source_info(s)->manifest_digest, &two.image.manifest_digest));
    stet_oci_source_free(s);
    release_image(&one);
    release_image(&two);
}

/* ---- layouts by hand ---- */

#define CONFIG_HEAD                                                                                \
    "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["

static void put_blob(const char *text, size_t len)
{
    char path[128];

    snprintf(path, sizeof(path), "hand/blobs/sha256/%s", digest_of(text, len) + 7);
    put_file(path, text, len);
}

static void put_layout(const char *index)
{
    struct stet_error err = STET_ERROR_INIT;

    need(stet_fs_remove(AT_FDCWD, "hand", &err), &err);
    need(stet_fs_mkdirs(AT_FDCWD, "hand/blobs/sha256", &err), &err);
    put_text("hand/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    put_text("hand/index.json", index);
}

/* A descriptor of text as JSON; the result is the caller's. */
static char *descriptor(const char *media_type, const char *text, const char *more)
{
    struct stet_error err = STET_ERROR_INIT;
    char *out = stet_format(&err, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s}",
                            media_type, digest_of(text, strlen(text)), strlen(text), more);

    assert_non_null(out);
    return out;
}

/* A layout whose index.json has one entry: this document, of this type. */
static void put_document(const char *media_type, const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    char *d = descriptor(media_type, text, "");
    char *index = stet_format(&err, "{\"schemaVersion\":2,\"manifests\":[%s]}", d);

    assert_non_null(index);
    put_layout(index);
    put_blob(text, strlen(text));
    free(index);
    free(d);
}

/* A manifest of a config and the layer "layer"; members beyond them in more. */
static char *make_manifest(const char *config_type, const char *config, const char *layer_type,
                           const char *more)
{
    struct stet_error err = STET_ERROR_INIT;
    char *c = descriptor(config_type, config, ""), *l = descriptor(layer_type, "layer", "");
    char *m =
        stet_format(&err, "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s]%s}", c, l, more);

    assert_non_null(m);
    free(c);
    free(l);
    return m;
}

static char *make_config(void)
{
    struct stet_error err = STET_ERROR_INIT;

    return stet_format(&err, CONFIG_HEAD "\"%s\"]}}", digest_of("layer", 5));
}

/* The whole image by hand. */
static void put_image(const char *type, const char *config_type, const char *config,
                      const char *layer_type, const char *more)
{
    char *m = make_manifest(config_type, config, layer_type, more);

    put_document(type, m);
    put_blob(config, strlen(config));
    put_blob("layer", 5);
    free(m);
}

static void test_types_that_are_known(void **state)
{
    static const struct {
        const char *manifest, *config, *layer;
    } cases[] = {
        {STET_OCI_MEDIA_MANIFEST, STET_OCI_MEDIA_CONFIG, STET_OCI_MEDIA_LAYER_TAR},
        {STET_OCI_MEDIA_MANIFEST, STET_OCI_MEDIA_CONFIG,
         "application/vnd.oci.image.layer.v1.tar+zstd"},
        {"application/vnd.docker.distribution.manifest.v2+json",
         "application/vnd.docker.container.image.v1+json",
         "application/vnd.docker.image.rootfs.diff.tar.gzip"},
    };
    char *config = make_config();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put_image(cases[i].manifest, cases[i].config, config, cases[i].layer, "");
        struct stet_oci_source *s = must_open("oci:hand");
        assert_layer(s, 0, "layer", 5);
        stet_oci_source_free(s);
    }
    free(config);
}

static void test_types_that_are_not(void **state)
{
    char *config = make_config();

    (void)state;
    put_image("text/plain", STET_OCI_MEDIA_CONFIG, config, STET_OCI_MEDIA_LAYER_TAR, "");
    must_not_open("oci:hand", "holds no image");
    put_image(STET_OCI_MEDIA_MANIFEST, "application/vnd.example+json", config,
              STET_OCI_MEDIA_LAYER_TAR, "");
    must_not_open("oci:hand", "an artifact");
    put_image(STET_OCI_MEDIA_MANIFEST, STET_OCI_MEDIA_CONFIG, config, "text/plain", "");
    must_not_open("oci:hand", "text/plain");
    free(config);
}

static void test_a_document_that_is_two_things(void **state)
{
    static const char *const more[] = {
        ",\"manifests\":[]",
        ",\"Manifests\":[]",
        ",\"fsLayers\":[]",
        ",\"LAYERS\":[]",
        ",\"mediaType\":\"" STET_OCI_MEDIA_INDEX "\"",
        ",\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\"",
        ",\"mediaType\":\"text/plain\"",
        ",\"mediaType\":1",
        ",\"layers\":[]",
    };
    char *config = make_config();

    (void)state;
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        put_image(STET_OCI_MEDIA_MANIFEST, STET_OCI_MEDIA_CONFIG, config, STET_OCI_MEDIA_LAYER_TAR,
                  more[i]);
        must_not_open("oci:hand", "");
    }
    /* A manifest where an index is promised. */
    put_image(STET_OCI_MEDIA_INDEX, STET_OCI_MEDIA_CONFIG, config, STET_OCI_MEDIA_LAYER_TAR, "");
    must_not_open("oci:hand", "ambiguous");
    put_layout("{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}");
    must_not_open("oci:hand", "ambiguous");
    put_layout("{\"schemaVersion\":2,\"manifests\":[],\"config\":{}}");
    must_not_open("oci:hand", "ambiguous");
    free(config);
}

static void test_documents_that_are_wrong(void **state)
{
    static const char *const indexes[] = {
        "",
        "[]",
        "{}",
        "{\"schemaVersion\":1,\"manifests\":[]}",
        "{\"manifests\":[]}",
        "{\"schemaVersion\":2}",
        "{\"schemaVersion\":2,\"manifests\":{}}",
        "{\"schemaVersion\":2,\"manifests\":[]}",
        "{\"schemaVersion\":2,\"manifests\":[1,null]}",
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" STET_OCI_MEDIA_MANIFEST "\"}]}"};
    static const char *const manifests[] = {"{}",
                                            "[]",
                                            "{\"schemaVersion\":2}",
                                            "{\"schemaVersion\":2,\"layers\":[]}",
                                            "{\"schemaVersion\":2,\"layers\":[],\"config\":[]}",
                                            "{\"schemaVersion\":2,\"layers\":{},\"config\":{}}",
                                            "{\"schemaVersion\":2,\"layers\":[],\"config\":{}}"};

    (void)state;
    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        put_layout(indexes[i]);
        must_not_open("oci:hand", "");
    }
    for (size_t i = 0; i < sizeof(manifests) / sizeof(manifests[0]); i++) {
        put_document(STET_OCI_MEDIA_MANIFEST, manifests[i]);
        must_not_open("oci:hand", "");
    }
    put_layout("{\"schemaVersion\":2,\"manifests\":[]}");
    put_text("hand/oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
    must_not_open("oci:hand", "2.0.0");
}

static void test_configs_that_are_wrong(void **state)
{
    static const char zeros[] = "sha256:"
                                "0000000000000000000000000000000000000000000000000000000000000000";
    struct stet_buffer two = STET_BUFFER_INIT;
    const char *const configs[] = {
        "[]",
        "{}",
        "{\"architecture\":\"amd64\",\"os\":\"linux\"}",
        CONFIG_HEAD "]}}",
        CONFIG_HEAD "1]}}",
        CONFIG_HEAD "\"sha256:00\"]}}",
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[]}}",
        "{\"architecture\":\"a\",\"os\":\"b\",\"rootfs\":{\"type\":\"x\",\"diff_ids\":[]}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        put_image(STET_OCI_MEDIA_MANIFEST, STET_OCI_MEDIA_CONFIG, configs[i],
                  STET_OCI_MEDIA_LAYER_TAR, "");
        must_not_open("oci:hand", "");
    }
    stet_buffer_addf(&two, CONFIG_HEAD "\"%s\",\"%s\"]}}", zeros, zeros);
    put_image(STET_OCI_MEDIA_MANIFEST, STET_OCI_MEDIA_CONFIG, stet_buffer_str(&two),
              STET_OCI_MEDIA_LAYER_TAR, "");
    must_not_open("oci:hand", "1 layers, the config 2");
    stet_buffer_release(&two);
}

static void test_digests_that_are_paths(void **state)
{
    static const char *const digests[] = {
        "sha256:../../../etc/passwd",
        "../../secret",
        "sha256:",
        "sha512:0000000000000000000000000000000000000000000000000000000000000000",
        "sha256:000000000000000000000000000000000000000000000000000000000000000/",
        "sha256:000000000000000000000000000000000000000000000000000000000000000A",
        "sha256:00000000000000000000000000000000000000000000000000000000000000000",
        "../sha256:0000000000000000000000000000000000000000000000000000000000000000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        struct stet_buffer index = STET_BUFFER_INIT;
        stet_buffer_addf(&index,
                         "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\","
                         "\"digest\":\"%s\",\"size\":1}]}",
                         STET_OCI_MEDIA_MANIFEST, digests[i]);
        put_layout(stet_buffer_str(&index));
        must_not_open("oci:hand", "");
        stet_buffer_release(&index);
    }
}

static void test_links_lead_nowhere_else(void **state)
{
    struct fixture f;
    char hex[STET_DIGEST_HEX_SIZE], path[128];

    (void)state;
    make_plain_image(&f, "content");
    must_write(&f.image, "oci:linked");
    stet_digest_hex(&f.image.config_digest, hex);
    snprintf(path, sizeof(path), "linked/blobs/sha256/%s", hex);
    put_file("outside", f.image.config.data, f.image.config.len);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("../../../outside", path), 0);
    must_not_open("oci:linked", "has no blobs/sha256/");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0666), 0);
    must_not_open("oci:linked", "not a regular file");
    release_image(&f);
}

static void test_damage_is_noticed(void **state)
{
    struct fixture f;
    char hex[3][STET_DIGEST_HEX_SIZE], path[128];
    static const char *const why[] = {"damaged", "damaged", "damaged"};
    const struct stet_buffer *content[3];

    (void)state;
    make_plain_image(&f, "content");
    stet_digest_hex(&f.image.manifest_digest, hex[0]);
    stet_digest_hex(&f.image.config_digest, hex[1]);
    stet_digest_hex(&f.image.layer.digest, hex[2]);
    content[0] = &f.image.manifest;
    content[1] = &f.image.config;
    content[2] = &f.blob;
    for (int i = 0; i < 3; i++) {
        must_write(&f.image, "oci:harm");
        snprintf(path, sizeof(path), "harm/blobs/sha256/%s", hex[i]);
        char *copy = malloc(content[i]->len + 1);
        assert_non_null(copy);
        memcpy(copy, content[i]->data, content[i]->len);
        copy[content[i]->len] = ' ';
        copy[content[i]->len / 2] ^= 4;
        put_file(path, copy, content[i]->len);
        i < 2 ? must_not_open("oci:harm", why[i]) : must_not_read_layer("oci:harm", why[i]);
        copy[content[i]->len / 2] ^= 4;
        put_file(path, copy, content[i]->len + 1);
        i < 2 ? must_not_open("oci:harm", "its descriptor says")
              : must_not_read_layer("oci:harm", "its descriptor says");
        put_file(path, copy, content[i]->len - 1);
        i < 2 ? must_not_open("oci:harm", "its descriptor says")
              : must_not_read_layer("oci:harm", "its descriptor says");
        assert_int_equal(unlink(path), 0);
        i < 2 ? must_not_open("oci:harm", "has no") : must_not_read_layer("oci:harm", "has no");
        free(copy);
    }
    release_image(&f);
}

static void test_a_damaged_layer_never_ends_well(void **state)
{
    struct stet_oci_description d = plain_description();
    struct fixture f;
    char hex[STET_DIGEST_HEX_SIZE], path[128], piece[8];
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    make_image(&f, &d, "content", 7, false);
    must_write(&f.image, "oci:last");
    stet_digest_hex(&f.image.layer.digest, hex);
    snprintf(path, sizeof(path), "last/blobs/sha256/%s", hex);
    put_text(path, "contenT");
    struct stet_oci_source *s = must_open("oci:last");
    struct stet_reader *r = stet_oci_source_layer(s, 0, &err);
    assert_non_null(r);
    /* Someone who reads exactly the size must not get all of it. */
    assert_int_equal(stet_reader_read(r, piece, 6, &err), 6);
    assert_int_equal(stet_reader_read(r, piece, 1, &err), -1);
    stet_oci_source_layer_close(r);
    stet_oci_source_free(s);
    release_image(&f);
}

static void test_indexes_within_indexes(void **state)
{
    char *config = make_config();
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    for (int depth = 4; depth <= 5; depth++) {
        char *doc = make_manifest(STET_OCI_MEDIA_CONFIG, config, STET_OCI_MEDIA_LAYER_TAR, "");
        const char *type = STET_OCI_MEDIA_MANIFEST;
        put_layout("{}");
        put_blob(config, strlen(config));
        put_blob("layer", 5);
        for (int i = 0; i <= depth; i++) {
            char *d = descriptor(type, doc, "");
            put_blob(doc, strlen(doc));
            free(doc);
            doc = stet_format(&err, "{\"schemaVersion\":2,\"manifests\":[%s]}", d);
            free(d);
            type = STET_OCI_MEDIA_INDEX;
        }
        put_text("hand/index.json", doc);
        free(doc);
        if (depth == 4)
            stet_oci_source_free(must_open("oci:hand"));
        else
            must_not_open("oci:hand", "deep");
    }
    free(config);
}

static void test_the_image_for_this_machine(void **state)
{
    static const char *const architectures[] = {"amd64", "arm64",   "386",     "arm",   "ppc64le",
                                                "s390x", "riscv64", "loong64", "ppc64", "mips64le"};
    enum { COUNT = sizeof(architectures) / sizeof(architectures[0]) };
    char *config = make_config(), more[200];
    struct stet_buffer index = STET_BUFFER_INIT;

    (void)state;
    put_layout("{}");
    put_blob(config, strlen(config));
    put_blob("layer", 5);
    stet_buffer_add_str(&index, "{\"schemaVersion\":2,\"manifests\":[");
    for (int i = 0; i < COUNT; i++) {
        snprintf(more, sizeof(more), ",\"annotations\":{\"a\":\"%s\"}", architectures[i]);
        char *m = make_manifest(STET_OCI_MEDIA_CONFIG, config, STET_OCI_MEDIA_LAYER_TAR, more);
        snprintf(more, sizeof(more), ",\"platform\":{\"architecture\":\"%s\",\"os\":\"linux\"}",
                 architectures[i]);
        char *d = descriptor(STET_OCI_MEDIA_MANIFEST, m, more);
        put_blob(m, strlen(m));
        stet_buffer_addf(&index, "%s,", d);
        free(m);
        free(d);
    }
    char *extra = descriptor(STET_OCI_MEDIA_MANIFEST, "not there",
                             ",\"platform\":{\"architecture\":\"unknown\",\"os\":\"unknown\"}");
    stet_buffer_addf(&index, "%s]}", extra);
    put_text("hand/index.json", stet_buffer_str(&index));
    struct stet_oci_source *s = must_open("oci:hand");
    const json_t *annotations = json_object_get(stet_oci_source_info(s)->manifest, "annotations");
#ifdef __x86_64__
    assert_string_equal(json_string_value(json_object_get(annotations, "a")), "amd64");
#else
    assert_non_null(json_object_get(annotations, "a"));
#endif
    stet_oci_source_free(s);
    free(extra);
    free(config);
    stet_buffer_release(&index);
}

static void test_sizes_have_limits(void **state)
{
    size_t len = (4 << 20) + 1;
    char *large = malloc(len + 1);

    (void)state;
    assert_non_null(large);
    memset(large, ' ', len);
    large[len] = '\0';
    memcpy(large, "{}", 2);
    put_document(STET_OCI_MEDIA_MANIFEST, large);
    must_not_open("oci:hand", "larger than");
    put_layout(large);
    must_not_open("oci:hand", "larger than");
    free(large);
}

/* ---- archives by hand ---- */

/* manifest.json, a config and the layer "layer" under these names. */
static void add_docker(struct stet_buffer *tar, const char *tags, const char *config_name,
                       const char *layer_name)
{
    char *config = make_config();
    struct stet_buffer index = STET_BUFFER_INIT;

    stet_buffer_addf(&index, "[{\"Config\":\"%s\",\"RepoTags\":%s,\"Layers\":[\"%s\"]}]",
                     config_name, tags, layer_name);
    add_text(tar, "manifest.json", stet_buffer_str(&index));
    add_text(tar, config_name, config);
    free(config);
    stet_buffer_release(&index);
}

static void test_links_to_layers(void **state)
{
    static const struct {
        char type;
        const char *link;
        const char *refused; /* why, or NULL */
    } cases[] = {
        {'2', "../other/layer.tar", NULL},
        {'2', ".././a/../other//layer.tar", NULL},
        {'1', "other/layer.tar", NULL},
        {'2', "layer.tar", "does not end"},
        {'2', "../missing", "has no a/layer.tar"},
        {'2', "../../other/layer.tar", "out of the archive"},
        {'2', "/other/layer.tar", "absolute"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_buffer tar = STET_BUFFER_INIT;
        add_text(&tar, "other/layer.tar", "layer");
        add_docker(&tar, "null", "c.json", "a/layer.tar");
        add_member(&tar, "a/layer.tar", cases[i].type, cases[i].link, "", 0);
        put_tar("link.tar", &tar);
        if (cases[i].refused) {
            must_not_open("docker-archive:link.tar", cases[i].refused);
            continue;
        }
        struct stet_oci_source *s = must_open("docker-archive:link.tar");
        assert_layer(s, 0, "layer", 5);
        stet_oci_source_free(s);
    }
}

static void test_compressed_layers_in_docker_archives(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT, gz = STET_BUFFER_INIT;

    (void)state;
    gzip_into(&gz, "layer", 5);
    add_docker(&tar, "[\"x:1\"]", "c.json", "l.tar");
    add_member(&tar, "l.tar", '0', "", gz.data, gz.len);
    put_tar("gz.tar", &tar);
    struct stet_oci_source *s = must_open("docker-archive:gz.tar:x:1");
    const struct stet_oci_source_layer *l = stet_oci_source_info(s)->layers;
    char text[STET_DIGEST_TEXT_SIZE];
    assert_string_equal(l->descriptor.media_type, STET_OCI_MEDIA_LAYER_GZIP);
    stet_digest_text(&l->descriptor.digest, text);
    assert_string_equal(text, digest_of(gz.data, gz.len));
    stet_digest_text(&l->diff_id, text);
    assert_string_equal(text, digest_of("layer", 5));
    assert_layer(s, 0, gz.data, gz.len);
    stet_oci_source_free(s);
    stet_buffer_release(&gz);
}

static void test_docker_archives_that_are_wrong(void **state)
{
    static const char *const manifests[] = {
        "{}",
        "[]",
        "[1]",
        "[{}]",
        "[{\"Config\":\"c.json\"}]",
        "[{\"Config\":\"c.json\",\"Layers\":[]}]",
        "[{\"Config\":\"c.json\",\"Layers\":[1]}]",
        "[{\"Config\":\"c.json\",\"Layers\":[\"../l.tar\"]}]",
        "[{\"Config\":\"../c.json\",\"Layers\":[\"l.tar\"]}]",
        "[{\"Config\":\"c.json\",\"Layers\":[\"/etc/passwd\"]}]",
        "[{\"Config\":\"c.json\",\"Layers\":[\"c.json\"]},{}]"};
    char *config = make_config();
    struct stet_buffer tar = STET_BUFFER_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(manifests) / sizeof(manifests[0]); i++) {
        add_text(&tar, "c.json", config);
        add_text(&tar, "l.tar", "layer");
        add_text(&tar, "manifest.json", manifests[i]);
        put_tar("wrong.tar", &tar);
        must_not_open("docker-archive:wrong.tar", "");
    }
    add_text(&tar, "repositories", "{}");
    put_tar("wrong.tar", &tar);
    must_not_open("docker-archive:wrong.tar", "no manifest.json");
    /* Two files of a name: which one counts is up to the reader. */
    add_docker(&tar, "[]", "c.json", "l.tar");
    add_text(&tar, "l.tar", "layer");
    add_text(&tar, "./l.tar", "LAYER");
    put_tar("wrong.tar", &tar);
    must_not_open("docker-archive:wrong.tar", "\"l.tar\" twice");
    /* A layer that is not what the config says. */
    add_docker(&tar, "[]", "c.json", "l.tar");
    add_text(&tar, "l.tar", "LAYER");
    put_tar("wrong.tar", &tar);
    must_not_read_layer("docker-archive:wrong.tar", "damaged");
    /* A config whose name is another's digest. */
    add_docker(&tar, "[]", "0000000000000000000000000000000000000000000000000000000000000000.json",
               "l.tar");
    add_text(&tar, "l.tar", "layer");
    put_tar("wrong.tar", &tar);
    must_not_open("docker-archive:wrong.tar", "damaged");
    free(config);
}

static void test_archives_that_are_none(void **state)
{
    struct stet_buffer gz = STET_BUFFER_INIT;

    (void)state;
    put_text("none", "this is not a tar");
    must_not_open("oci-archive:none", "none");
    must_not_open("docker-archive:none", "none");
    put_text("none", "");
    must_not_open("oci-archive:none", "none");
    gzip_into(&gz, "x", 1);
    put_file("none", gz.data, gz.len);
    must_not_open("docker-archive:none", "compressed by gzip");
    assert_int_equal(mkdir("directory", 0777), 0);
    must_not_open("oci-archive:directory", "not a regular file");
    stet_buffer_release(&gz);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_comes_back),
        cmocka_unit_test(test_a_docker_archive_comes_back),
        cmocka_unit_test(test_content_is_at_its_offset_in_large_archives),
        cmocka_unit_test(test_which_image_is_meant),
        cmocka_unit_test(test_types_that_are_known),
        cmocka_unit_test(test_types_that_are_not),
        cmocka_unit_test(test_a_document_that_is_two_things),
        cmocka_unit_test(test_documents_that_are_wrong),
        cmocka_unit_test(test_configs_that_are_wrong),
        cmocka_unit_test(test_digests_that_are_paths),
        cmocka_unit_test(test_links_lead_nowhere_else),
        cmocka_unit_test(test_damage_is_noticed),
        cmocka_unit_test(test_a_damaged_layer_never_ends_well),
        cmocka_unit_test(test_indexes_within_indexes),
        cmocka_unit_test(test_the_image_for_this_machine),
        cmocka_unit_test(test_sizes_have_limits),
        cmocka_unit_test(test_links_to_layers),
        cmocka_unit_test(test_compressed_layers_in_docker_archives),
        cmocka_unit_test(test_docker_archives_that_are_wrong),
        cmocka_unit_test(test_archives_that_are_none),
    };

    return cmocka_run_group_tests_name("oci/source", tests, enter_temporary, leave_temporary);
}
