/*
 * stet inspect IMAGE [--json] - what an image is made of.
 */
#include <inttypes.h>

#include "cmd/command.h"
#include "lib/build/build.h"

struct view {
    const char *name;
    const struct stet_oci_source_info *info;
    const struct stet_build_contents *contents;
};

static const char *config_text(const struct view *v, const char *key)
{
    const char *text = json_string_value(json_object_get(v->info->config, key));
    return text ? text : "";
}

static const char *annotation(const struct view *v, const char *key)
{
    return json_string_value(
        json_object_get(json_object_get(v->info->manifest, "annotations"), key));
}

/* ---- for people ---- */

/* Text from an image goes to a terminal: no control bytes. */
static void print_text(const char *text)
{
    for (; *text; text++)
        putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void print_field(const char *name, const char *value)
{
    printf("%-10s ", name);
    print_text(value);
    putchar('\n');
}

static void print_list(const char *name, const json_t *list)
{
    size_t i;
    json_t *item;
    if (json_array_size(list) == 0)
        return;
    printf("%-10s", name);
    json_array_foreach((json_t *)list, i, item)
    {
        putchar(' ');
        print_text(json_string_value(item) ? json_string_value(item) : "");
    }
    putchar('\n');
}

static void print_digests(const struct view *v)
{
    char digest[STET_DIGEST_TEXT_SIZE];
    if (v->info->has_manifest) {
        stet_digest_text(&v->info->manifest_digest, digest);
        print_field("manifest", digest);
    }
    stet_digest_text(&v->info->config_digest, digest);
    print_field("config", digest);
}

static void print_layers(const struct view *v)
{
    char digest[STET_DIGEST_TEXT_SIZE], size[24];
    for (size_t i = 0; i < v->info->layer_count; i++) {
        const struct stet_oci_source_layer *layer = &v->info->layers[i];
        stet_digest_text(&layer->descriptor.digest, digest);
        format_bytes(layer->descriptor.size, size, sizeof(size));
        printf("%-10s %s  %s\n", "layer", digest, size);
        stet_digest_text(&layer->diff_id, digest);
        print_field("diff_id", digest);
    }
    format_bytes(v->contents->bytes, size, sizeof(size));
    printf("%-10s %" PRIu64 " entries, %s\n", "content", v->contents->entries, size);
}

static void print_index(const struct stet_lock_index *x)
{
    printf("%-10s %s%s%s  %s\n", "index", x->suite, x->component ? " " : "",
           x->component ? x->component : "", x->mirror);
}

static void print_lock(const struct view *v)
{
    const struct stet_build_contents *c = v->contents;
    const char *format = annotation(v, STET_ANNOTATION_FORMAT);
    const char *encoder = annotation(v, STET_ANNOTATION_ENCODER);
    if (format)
        printf("%-10s %s (%s)\n", "format", format, encoder ? encoder : "?");
    if (!c->lock_digest[0])
        return;
    print_field("lock", c->lock_digest);
    if (!c->has_lock)
        return;
    char epoch[STET_TIME_TEXT_MAX];
    stet_time_format(c->lock.epoch, epoch);
    const struct stet_recipe *r = &c->lock.recipe;
    printf("%-10s %s: %s %s%s%s, epoch %s\n", "recipe", r->name, r->ecosystem,
           r->suite ? r->suite : "", r->suite ? " " : "", r->architecture, epoch);
    for (size_t i = 0; i < c->lock.index_count; i++)
        print_index(&c->lock.indexes[i]);
}

static void print_people(const struct view *v)
{
    const json_t *config = json_object_get(v->info->config, "config");
    print_field("image", v->name);
    print_digests(v);
    print_field("created", config_text(v, "created"));
    printf("%-10s %s/%s\n", "platform", config_text(v, "os"), config_text(v, "architecture"));
    print_list("entrypoint", json_object_get(config, "Entrypoint"));
    print_list("command", json_object_get(config, "Cmd"));
    print_list("env", json_object_get(config, "Env"));
    print_layers(v);
    print_lock(v);
    if (!v->contents->ecosystem)
        return;
    printf("%-10s %zu (%s)\n", "packages", v->contents->packages.count, v->contents->ecosystem);
    for (size_t i = 0; i < v->contents->packages.count; i++) {
        fputs("  ", stdout);
        print_text(v->contents->packages.items[i]);
        putchar('\n');
    }
}

/* ---- for programs ---- */

static void json_digest(struct stet_json_writer *w, const char *key, const struct stet_digest *d)
{
    char text[STET_DIGEST_TEXT_SIZE];
    stet_digest_text(d, text);
    stet_json_key_string(w, key, text);
}

static void json_layers(struct stet_json_writer *w, const struct view *v)
{
    stet_json_key(w, "layers");
    stet_json_array_begin(w);
    for (size_t i = 0; i < v->info->layer_count; i++) {
        const struct stet_oci_source_layer *layer = &v->info->layers[i];
        stet_json_object_begin(w);
        stet_json_key_string(w, "mediaType", layer->descriptor.media_type);
        json_digest(w, "digest", &layer->descriptor.digest);
        stet_json_key_integer(w, "size", (int64_t)layer->descriptor.size);
        json_digest(w, "diffId", &layer->diff_id);
        stet_json_object_end(w);
    }
    stet_json_array_end(w);
}

/* "name version architecture" as an object. */
static void json_package(struct stet_json_writer *w, const char *line)
{
    static const char *const keys[] = {"name", "version", "architecture"};
    stet_json_object_begin(w);
    for (size_t i = 0; i < 3; i++) {
        size_t len = strcspn(line, " ");
        char word[512];
        snprintf(word, sizeof(word), "%.*s", (int)len, line);
        stet_json_key_string(w, keys[i], word);
        line += line[len] ? len + 1 : len;
    }
    stet_json_object_end(w);
}

static void json_packages(struct stet_json_writer *w, const struct view *v)
{
    stet_json_key(w, "packages");
    stet_json_array_begin(w);
    for (size_t i = 0; i < v->contents->packages.count; i++)
        json_package(w, v->contents->packages.items[i]);
    stet_json_array_end(w);
}

static void json_lock(struct stet_json_writer *w, const struct view *v)
{
    const struct stet_build_contents *c = v->contents;
    stet_json_key_string(w, "format", annotation(v, STET_ANNOTATION_FORMAT));
    stet_json_key_string(w, "encoder", annotation(v, STET_ANNOTATION_ENCODER));
    if (c->lock_digest[0])
        stet_json_key_string(w, "lockDigest", c->lock_digest);
    if (!c->has_lock)
        return;
    /* Checked as a lock already, so it parses again. */
    const char *text = annotation(v, STET_ANNOTATION_LOCK);
    json_t *lock = stet_json_parse(text, strlen(text), SIZE_MAX, STET_ANNOTATION_LOCK, NULL);
    if (!lock)
        return;
    stet_json_key(w, "lock");
    stet_json_value(w, lock);
    json_decref(lock);
}

static int print_json(const struct view *v, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_json_writer w;
    stet_json_writer_init(&w, STET_JSON_INDENTED, &out);
    stet_json_object_begin(&w);
    stet_json_key_string(&w, "image", v->name);
    if (v->info->has_manifest)
        json_digest(&w, "manifestDigest", &v->info->manifest_digest);
    json_digest(&w, "configDigest", &v->info->config_digest);
    stet_json_key_string(&w, "created", config_text(v, "created"));
    stet_json_key_string(&w, "os", config_text(v, "os"));
    stet_json_key_string(&w, "architecture", config_text(v, "architecture"));
    json_layers(&w, v);
    stet_json_key_integer(&w, "entries", (int64_t)v->contents->entries);
    stet_json_key_integer(&w, "bytes", (int64_t)v->contents->bytes);
    json_lock(&w, v);
    stet_json_key_string(&w, "ecosystem", v->contents->ecosystem);
    json_packages(&w, v);
    stet_json_object_end(&w);
    if (stet_json_writer_finish(&w, err) < 0)
        return -1;
    fwrite(out.data, 1, out.len, stdout);
    return 0;
}

/* ---- */

struct options {
    const char *image;
    bool json;
};

static int parse_options(int argc, char **argv, struct options *o, struct stet_error *err)
{
    enum { OPT_JSON = OPT_COMMAND };
    static const struct option long_options[] = {
        {"json", no_argument, NULL, OPT_JSON}, {"help", no_argument, NULL, OPT_HELP}, {0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (c != OPT_JSON)
            return usage_error(argv, c, "inspect", err);
        o->json = true;
    }
    if (argc - optind != 1)
        return stet_error_input(err, "stet inspect needs one image: oci:DIR:TAG, for example");
    o->image = argv[optind];
    return 0;
}

static int inspect(const struct options *o, struct stet_oci_source *source, struct stet_error *err)
{
    struct stet_build_contents contents;
    stet_build_contents_init(&contents);
    int result = stet_build_contents_read(source, &contents, err);
    struct view v = {o->image, stet_oci_source_info(source), &contents};
    if (result == 0 && o->json)
        result = print_json(&v, err);
    else if (result == 0)
        print_people(&v);
    stet_build_contents_release(&contents);
    return result;
}

int cmd_inspect(int argc, char **argv)
{
    struct options o = {0};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_oci_place place = {0};
    if (parse_options(argc, argv, &o, &err) < 0 || stet_oci_place_parse(o.image, &place, &err) < 0)
        return report_failure(&err);
    struct stet_oci_source *source = stet_oci_source_open(&place, &err);
    int result = source ? inspect(&o, source, &err) : -1;
    stet_oci_source_free(source);
    stet_oci_place_release(&place);
    return result < 0 ? report_failure(&err) : finish_stdout(STET_EXIT_OK);
}
