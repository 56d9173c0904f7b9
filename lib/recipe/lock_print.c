/* The canonical text of a lock. docs/lock.md documents what is written here. */
#include "lib/recipe/lock.h"
#include "lib/recipe/schema.h"

static void write_digest(struct stet_json_writer *w, const struct stet_digest *d)
{
    char text[STET_DIGEST_TEXT_SIZE];
    stet_digest_text(d, text);
    stet_json_key_string(w, "digest", text);
}

static void write_time(struct stet_json_writer *w, const char *key, int64_t t)
{
    char text[STET_TIME_TEXT_MAX];
    stet_time_format(t, text);
    stet_json_key_string(w, key, text);
}

static void write_index(struct stet_json_writer *w, const struct stet_lock_index *x)
{
    stet_json_object_begin(w);
    stet_json_key_string(w, "suite", x->suite);
    stet_json_key_string(w, "component", x->component);
    stet_json_key_string(w, "mirror", x->mirror);
    stet_json_key_string(w, "url", x->url);
    stet_json_key_integer(w, "size", (int64_t)x->size);
    write_digest(w, &x->digest);
    stet_json_key(w, "release");
    stet_json_object_begin(w);
    stet_json_key_string(w, "url", x->release_url);
    write_digest(w, &x->release_digest);
    write_time(w, "date", x->release_date);
    stet_json_key_strings(w, "signed-by", &x->signed_by);
    stet_json_object_end(w);
    stet_json_object_end(w);
}

static void write_package(struct stet_json_writer *w, const struct stet_lock_package *p)
{
    stet_json_object_begin(w);
    stet_json_key_string(w, "name", p->name);
    stet_json_key_string(w, "version", p->version);
    stet_json_key_string(w, "architecture", p->architecture);
    stet_json_key_integer(w, "size", (int64_t)p->size);
    write_digest(w, &p->digest);
    stet_json_key_strings(w, "urls", &p->urls);
    stet_json_key_string(w, "reason", p->reason);
    stet_json_key_string(w, "needed-by", p->needed_by);
    stet_json_key_integer(w, "stage", p->stage);
    if (p->signed_by.count > 0)
        stet_json_key_strings(w, "signed-by", &p->signed_by);
    if (p->validation.count > 0)
        stet_json_key_strings(w, "validation", &p->validation);
    stet_json_object_end(w);
}

static int write_lock(struct stet_json_writer *w, const struct stet_lock *l, struct stet_error *err)
{
    stet_json_object_begin(w);
    stet_json_key_integer(w, "stet-lock", STET_LOCK_SCHEMA);
    stet_json_key_integer(w, "format", l->format);
    if (l->compression != STET_COMPRESSION_GZIP)
        stet_json_key_string(w, "compression", stet_compression_name(l->compression));
    stet_json_key(w, "recipe");
    if (stet_recipe_write(w, &l->recipe, err) < 0)
        return -1;
    write_time(w, "epoch", l->epoch);
    stet_json_key(w, "indexes");
    stet_json_array_begin(w);
    for (size_t i = 0; i < l->index_count; i++)
        write_index(w, &l->indexes[i]);
    stet_json_array_end(w);
    stet_json_key(w, "packages");
    stet_json_array_begin(w);
    for (size_t i = 0; i < l->package_count; i++)
        write_package(w, &l->packages[i]);
    stet_json_array_end(w);
    stet_json_object_end(w);
    return 0;
}

int stet_lock_print(const struct stet_lock *l, enum stet_json_layout layout,
                    struct stet_buffer *out, struct stet_error *err)
{
    const struct stet_recipe *r = &l->recipe;
    if (!r->name || !r->ecosystem || !r->architecture)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0,
                              "a lock without name, ecosystem or architecture is printed");
    if (stet_lock_check(l, err) < 0)
        return stet_error_wrap(err, "lock");
    struct stet_json_writer w;
    stet_json_writer_init(&w, layout, out);
    if (write_lock(&w, l, err) < 0)
        return -1;
    return stet_json_writer_finish(&w, err);
}
