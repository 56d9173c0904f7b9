/*
 * The JSON of an image, byte by byte (docs/format-1.md, "Image JSON").
 */
#include "fixture.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES  "0101010101010101010101010101010101010101010101010101010101010101"

static struct stet_oci_layer sample_layer(void)
{
    struct stet_oci_layer layer = {.media_type = STET_OCI_MEDIA_LAYER_GZIP, .size = 1234, .fd = -1};

    memset(layer.diff_id.bytes, 1, sizeof(layer.diff_id.bytes));
    return layer;
}

static void test_the_smallest_image(void **state)
{
    struct stet_oci_description d = {.architecture = "amd64", .os = "linux"};
    struct stet_oci_layer layer = sample_layer();
    struct stet_oci_image image;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_oci_image_init(&image);
    need(stet_oci_describe(&d, &layer, &image, &err), &err);
    assert_string_equal(stet_buffer_str(&image.config),
                        "{\"created\":\"1970-01-01T00:00:00Z\",\"architecture\":\"amd64\","
                        "\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\","
                        "\"diff_ids\":[\"sha256:" ONES "\"]},"
                        "\"history\":[{\"created\":\"1970-01-01T00:00:00Z\"}]}");
    struct stet_buffer want = STET_BUFFER_INIT;
    stet_buffer_addf(&want,
                     "{\"schemaVersion\":2,"
                     "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                     "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
                     "\"digest\":\"%s\",\"size\":%zu},"
                     "\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\","
                     "\"digest\":\"sha256:" ZEROS "\",\"size\":1234}]}",
                     digest_of(image.config.data, image.config.len), image.config.len);
    assert_string_equal(stet_buffer_str(&image.manifest), stet_buffer_str(&want));
    stet_buffer_release(&want);
    stet_oci_image_release(&image);
}

static void add_all(struct stet_strv *v, const char *const *items)
{
    struct stet_error err = STET_ERROR_INIT;

    for (; *items; items++)
        need(stet_strv_add(v, *items, &err), &err);
}

static void test_every_member_in_its_order(void **state)
{
    struct stet_strv cmd = STET_STRV_INIT, entrypoint = STET_STRV_INIT, ports = STET_STRV_INIT,
                     volumes = STET_STRV_INIT;
    const struct stet_oci_pair env[] = {
        {"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"A", NULL}};
    const struct stet_oci_pair labels[] = {{"b", "2 \"<&>/\" \x7f"}, {"B", "1"}, {"a.b", "\n"}};
    const struct stet_oci_pair notes[] = {{"z", "1"}, {"org.example", "\xc3\xa9"}};
    struct stet_oci_description d = {
        .architecture = "arm",
        .variant = "v7",
        .os = "linux",
        .created = 1789199741,
        .history = "stet",
        .cmd = &cmd,
        .entrypoint = &entrypoint,
        .exposed_ports = &ports,
        .volumes = &volumes,
        .env = env,
        .env_count = 3,
        .labels = labels,
        .label_count = 3,
        .annotations = notes,
        .annotation_count = 2,
        .user = "nobody",
        .working_dir = "/srv",
        .stop_signal = "SIGTERM",
    };
    struct stet_oci_layer layer = sample_layer();
    struct stet_oci_image image;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    add_all(&cmd, (const char *const[]){"-c", "", "-c", NULL});
    add_all(&entrypoint, (const char *const[]){"/bin/sh", NULL});
    add_all(&ports, (const char *const[]){"80/tcp", "443/tcp", "80/tcp", NULL});
    add_all(&volumes, (const char *const[]){"/srv", "/data", NULL});
    stet_oci_image_init(&image);
    need(stet_oci_describe(&d, &layer, &image, &err), &err);
    assert_string_equal(
        stet_buffer_str(&image.config),
        "{\"created\":\"2026-09-12T07:55:41Z\",\"architecture\":\"arm\",\"variant\":\"v7\","
        "\"os\":\"linux\",\"config\":{\"User\":\"nobody\","
        "\"ExposedPorts\":{\"443/tcp\":{},\"80/tcp\":{}},"
        "\"Env\":[\"A=\",\"LANG=C.UTF-8\",\"PATH=/usr/bin:/bin\"],\"Entrypoint\":[\"/bin/sh\"],"
        "\"Cmd\":[\"-c\",\"\",\"-c\"],\"Volumes\":{\"/data\":{},\"/srv\":{}},"
        "\"WorkingDir\":\"/srv\","
        "\"Labels\":{\"B\":\"1\",\"a.b\":\"\\n\",\"b\":\"2 \\\"<&>/\\\" \\u007f\"},"
        "\"StopSignal\":\"SIGTERM\"},\"rootfs\":{\"type\":\"layers\","
        "\"diff_ids\":[\"sha256:" ONES "\"]},"
        "\"history\":[{\"created\":\"2026-09-12T07:55:41Z\",\"created_by\":\"stet\"}]}");
    assert_non_null(strstr(stet_buffer_str(&image.manifest),
                           "],\"annotations\":{\"org.example\":\"\xc3\xa9\",\"z\":\"1\"}}"));
    stet_oci_image_release(&image);
    stet_strv_release(&cmd);
    stet_strv_release(&entrypoint);
    stet_strv_release(&ports);
    stet_strv_release(&volumes);
}

static void test_the_order_given_does_not_matter(void **state)
{
    const struct stet_oci_pair one[] = {{"A", "1"}, {"B", "2"}}, two[] = {{"B", "2"}, {"A", "1"}};
    struct stet_oci_description d = plain_description();
    struct stet_oci_layer layer = sample_layer();
    struct stet_oci_image a, b;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_oci_image_init(&a);
    stet_oci_image_init(&b);
    d.env_count = d.label_count = d.annotation_count = 2;
    d.env = d.labels = d.annotations = one;
    need(stet_oci_describe(&d, &layer, &a, &err), &err);
    d.env = d.labels = d.annotations = two;
    need(stet_oci_describe(&d, &layer, &b, &err), &err);
    assert_true(stet_digest_equal(&a.manifest_digest, &b.manifest_digest));
    stet_oci_image_release(&a);
    stet_oci_image_release(&b);
}

static void assert_not_described(const struct stet_oci_description *d, enum stet_error_kind kind,
                                 const char *why)
{
    struct stet_oci_layer layer = sample_layer();
    struct stet_oci_image image;
    struct stet_error err = STET_ERROR_INIT;

    stet_oci_image_init(&image);
    assert_int_equal(stet_oci_describe(d, &layer, &image, &err), -1);
    assert_int_equal(err.kind, kind);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    assert_null(image.config.data);
    assert_null(image.manifest.data);
}

static void test_what_cannot_be_described(void **state)
{
    const struct stet_oci_pair twice[] = {{"A", "1"}, {"B", "2"}, {"A", "3"}};
    const struct stet_oci_pair equals[] = {{"A=B", "1"}}, empty[] = {{"", "1"}};
    const struct stet_oci_pair invalid[] = {{"A", "\xff"}};
    struct stet_oci_description d = plain_description();

    (void)state;
    d.env = twice;
    d.env_count = 3;
    assert_not_described(&d, STET_ERROR_INPUT, "env: \"A\" is given twice");
    d.env = equals;
    d.env_count = 1;
    assert_not_described(&d, STET_ERROR_INPUT, "A=B");
    d.env = empty;
    assert_not_described(&d, STET_ERROR_INPUT, "empty name");
    d.env = invalid;
    assert_not_described(&d, STET_ERROR_INPUT, "");
    d = plain_description();
    d.labels = twice;
    d.label_count = 3;
    assert_not_described(&d, STET_ERROR_INPUT, "labels: \"A\" is given twice");
    d = plain_description();
    d.annotations = twice;
    d.annotation_count = 3;
    assert_not_described(&d, STET_ERROR_INPUT, "annotations: \"A\" is given twice");
    d = plain_description();
    d.created = -1;
    assert_not_described(&d, STET_ERROR_INPUT, "-1");
    d.created = INT64_C(253402300800);
    assert_not_described(&d, STET_ERROR_INPUT, "253402300800");
    d = plain_description();
    d.architecture = "";
    assert_not_described(&d, STET_ERROR_INPUT, "architecture");
}

static void test_an_unknown_layer_type(void **state)
{
    struct stet_oci_description d = plain_description();
    struct stet_oci_layer layer = sample_layer();
    struct stet_oci_image image;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_oci_image_init(&image);
    layer.media_type = "text/plain";
    assert_int_equal(stet_oci_describe(&d, &layer, &image, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_smallest_image),
        cmocka_unit_test(test_every_member_in_its_order),
        cmocka_unit_test(test_the_order_given_does_not_matter),
        cmocka_unit_test(test_what_cannot_be_described),
        cmocka_unit_test(test_an_unknown_layer_type),
    };

    return cmocka_run_group_tests_name("oci/describe", tests, NULL, NULL);
}
