/*
 * select - from index.json to the one manifest that is meant.
 */
#include <sys/utsname.h>

#include "lib/oci/internal.h"

/* This machine's architecture in Go's words, or NULL when it has none. */
static const char *machine_architecture(void)
{
    static const struct {
        const char *machine, *architecture;
    } table[] = {
        {"x86_64", "amd64"},    {"aarch64", "arm64"},   {"i386", "386"},
        {"i486", "386"},        {"i586", "386"},        {"i686", "386"},
        {"armv5l", "arm"},      {"armv6l", "arm"},      {"armv7l", "arm"},
        {"armv8l", "arm"},      {"ppc64le", "ppc64le"}, {"ppc64", "ppc64"},
        {"s390x", "s390x"},     {"riscv64", "riscv64"}, {"loongarch64", "loong64"},
        {"mips64", "mips64le"},
    };
    struct utsname name;

    if (uname(&name) < 0)
        return NULL;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(name.machine, table[i].machine) == 0)
            return table[i].architecture;
    return NULL;
}

/* Images and indexes of them; not signatures, attestations and other things that go with them. */
static bool is_image(const json_t *entry)
{
    const char *media_type = json_string_value(json_object_get(entry, "mediaType"));
    const json_t *platform = json_object_get(entry, "platform");
    const char *os = json_string_value(json_object_get(platform, "os"));
    const char *artifact = json_string_value(json_object_get(entry, "artifactType"));

    return media_type && stet_oci_media_class(media_type) != STET_OCI_CLASS_OTHER &&
           !(artifact && !stet_oci_media_is_config(artifact)) &&
           !(os && strcmp(os, "unknown") == 0);
}

static bool is_for(const json_t *entry, const char *architecture)
{
    const json_t *platform = json_object_get(entry, "platform");
    const char *found = json_string_value(json_object_get(platform, "architecture"));
    const char *os = json_string_value(json_object_get(platform, "os"));

    return architecture && found && os && strcmp(found, architecture) == 0 &&
           strcmp(os, "linux") == 0;
}

static bool same_digest(const json_t *a, const json_t *b)
{
    const char *x = json_string_value(json_object_get(a, "digest"));
    const char *y = json_string_value(json_object_get(b, "digest"));

    return x && y && strcmp(x, y) == 0;
}

struct choice {
    const json_t *entry; /* the first that fits */
    size_t count;        /* of different ones that fit */
};

static struct choice choose_among(const json_t *entries, const char *reference,
                                  const char *architecture)
{
    struct choice c = {NULL, 0};

    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *e = json_array_get(entries, i);
        const char *name = stet_oci_entry_reference(e);
        if (!is_image(e) || (reference && (!name || strcmp(name, reference) != 0)) ||
            (architecture && !is_for(e, architecture)))
            continue;
        if (!c.entry)
            c.entry = e;
        c.count += c.count == 0 || !same_digest(c.entry, e);
    }
    return c;
}

/* The tags of an index, for an error. */
static void list_references(const json_t *entries, struct stet_buffer *out)
{
    const char *separator = "";

    for (size_t i = 0; i < json_array_size(entries) && i < 20; i++) {
        const char *name = stet_oci_entry_reference(json_array_get(entries, i));
        if (!name)
            continue;
        stet_buffer_addf(out, "%s%s", separator, name);
        separator = ", ";
    }
    if (out->len == 0)
        stet_buffer_add_str(out, "none");
}

static const json_t *choose(const json_t *entries, const char *name, const char *reference,
                            struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer tags = STET_BUFFER_INIT;
    struct choice any = choose_among(entries, reference, NULL);

    if (any.count == 1)
        return any.entry;
    list_references(entries, &tags);
    if (any.count == 0) {
        stet_error_input(err, "%s: holds no image%s%s (tags: %s)", name,
                         reference ? " tagged " : "", reference ? reference : "",
                         stet_buffer_str(&tags));
        return NULL;
    }
    const char *architecture = machine_architecture();
    struct choice own = choose_among(entries, reference, architecture ? architecture : "-");
    if (own.count == 1)
        return own.entry;
    stet_error_input(err,
                     "%s: holds several images, and not just one of them is for linux/%s: name "
                     "one by its tag (tags: %s)",
                     name, architecture ? architecture : "this machine", stet_buffer_str(&tags));
    return NULL;
}

static int choose_descriptor(const struct stet_oci_files *files, const struct stet_buffer *text,
                             const char *media_type, const char *reference,
                             struct stet_oci_descriptor *out, struct stet_error *err)
{
    json_t *manifests;
    json_t *doc = stet_json_parse(text->data, text->len, STET_OCI_MANIFEST_MAX, files->path, err);
    int rc = -1;

    if (doc && stet_oci_check_index(doc, files->path, media_type, err) == 0 &&
        stet_json_get_array(doc, files->path, "manifests", &manifests, err) == 0) {
        const json_t *entry = choose(manifests, files->path, reference, err);
        if (entry)
            rc = stet_oci_descriptor_parse(entry, "manifests", out, err);
    }
    json_decref(doc);
    return rc;
}

static int check_layout(const struct stet_oci_files *files, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    const char *version;

    if (stet_oci_files_read(files, STET_OCI_LAYOUT_FILE, STET_OCI_MANIFEST_MAX, &text, err) < 0)
        return -1;
    json_t *doc = stet_json_parse(text.data, text.len, text.len, STET_OCI_LAYOUT_FILE, err);
    if (!doc)
        return stet_error_wrap(err, "%s", files->path);
    int rc = stet_json_get_string(doc, STET_OCI_LAYOUT_FILE, "imageLayoutVersion", &version, err);
    if (rc == 0 && strcmp(version, "1.0.0") != 0)
        rc = stet_error_input(err, "%s: an OCI layout of version \"%s\", not 1.0.0", files->path,
                              version);
    json_decref(doc);
    return rc;
}

int stet_oci_select(const struct stet_oci_files *files, const char *reference,
                    struct stet_oci_descriptor *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;

    if (check_layout(files, err) < 0 ||
        stet_oci_files_read(files, STET_OCI_INDEX_FILE, STET_OCI_MANIFEST_MAX, &text, err) < 0 ||
        choose_descriptor(files, &text, NULL, reference, out, err) < 0)
        return -1;
    for (int depth = 0; stet_oci_media_class(out->media_type) == STET_OCI_CLASS_INDEX; depth++) {
        struct stet_oci_descriptor index = *out;
        memset(out, 0, sizeof(*out));
        int rc = depth == STET_OCI_INDEX_DEPTH_MAX
                     ? stet_error_input(err, "%s: indexes within indexes, over %d deep",
                                        files->path, STET_OCI_INDEX_DEPTH_MAX)
                     : stet_oci_files_read_blob(files, &index.digest, index.size,
                                                STET_OCI_MANIFEST_MAX, &text, err);
        if (rc == 0)
            rc = choose_descriptor(files, &text, index.media_type, NULL, out, err);
        stet_oci_descriptor_release(&index);
        if (rc < 0)
            return -1;
    }
    return 0;
}
