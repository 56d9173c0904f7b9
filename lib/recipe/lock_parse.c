/* Reading a lock. Types and digests are checked here, values in lock_check.c and schema.c. */
#include <string.h>

#include "lib/recipe/lock.h"
#include "lib/recipe/schema.h"

static int get_copy(const json_t *o, const char *where, const char *key, char **out,
                    struct stet_error *err)
{
    const char *s = NULL;
    if (stet_json_get_string(o, where, key, &s, err) < 0)
        return -1;
    *out = stet_strdup(s, err);
    return *out ? 0 : -1;
}

static int opt_copy(const json_t *o, const char *where, const char *key, char **out,
                    struct stet_error *err)
{
    const char *s = NULL;
    int found = stet_json_opt_string(o, where, key, &s, err);
    if (found <= 0)
        return found;
    *out = stet_strdup(s, err);
    return *out ? 0 : -1;
}

static int get_digest(const json_t *o, const char *where, struct stet_digest *out,
                      struct stet_error *err)
{
    const char *s = NULL;
    if (stet_json_get_string(o, where, "digest", &s, err) < 0)
        return -1;
    if (stet_digest_parse_text(s, out, "digest", err) < 0)
        return stet_error_wrap(err, "%s", where);
    return 0;
}

static int get_size(const json_t *o, const char *where, uint64_t *out, struct stet_error *err)
{
    int64_t n;
    if (stet_json_get_integer(o, where, "size", 0, STET_LOCK_INTEGER_MAX, &n, err) < 0)
        return -1;
    *out = (uint64_t)n;
    return 0;
}

static int get_time(const json_t *o, const char *where, const char *key, int64_t *out,
                    struct stet_error *err)
{
    const char *s = NULL;
    if (stet_json_get_string(o, where, key, &s, err) < 0)
        return -1;
    if (stet_time_parse_rfc3339(s, out, err) < 0)
        return stet_error_wrap(err, "%s%s%s", where, *where ? "." : "", key);
    return 0;
}

static int read_release(const json_t *o, const char *where, struct stet_lock_index *x,
                        struct stet_error *err)
{
    static const char *const keys[] = {"url", "digest", "date", "signed-by", NULL};
    _cleanup_free_ char *path = stet_format(err, "%s.release", where);
    json_t *release;
    if (!path || stet_json_get_object(o, where, "release", &release, err) < 0 ||
        stet_json_only_keys(release, path, keys, err) < 0 ||
        get_copy(release, path, "url", &x->release_url, err) < 0 ||
        get_digest(release, path, &x->release_digest, err) < 0 ||
        get_time(release, path, "date", &x->release_date, err) < 0)
        return -1;
    return stet_json_get_strings(release, path, "signed-by", &x->signed_by, err);
}

static int read_index(const json_t *o, const char *where, struct stet_lock *l,
                      struct stet_error *err)
{
    static const char *const keys[] = {"suite", "component", "mirror",  "url",
                                       "size",  "digest",    "release", NULL};
    struct stet_lock_index *x = stet_lock_add_index(l, err);
    if (!x || stet_json_only_keys(o, where, keys, err) < 0 ||
        get_copy(o, where, "suite", &x->suite, err) < 0 ||
        opt_copy(o, where, "component", &x->component, err) < 0 ||
        get_copy(o, where, "mirror", &x->mirror, err) < 0 ||
        get_copy(o, where, "url", &x->url, err) < 0 || get_size(o, where, &x->size, err) < 0 ||
        get_digest(o, where, &x->digest, err) < 0)
        return -1;
    return read_release(o, where, x, err);
}

static int opt_strings(const json_t *o, const char *where, const char *key, struct stet_strv *out,
                       struct stet_error *err)
{
    if (!json_object_get(o, key))
        return 0;
    if (stet_json_get_strings(o, where, key, out, err) < 0)
        return -1;
    return out->count > 0
               ? 0
               : stet_error_input(err, "%s.%s: is empty; then it is left out", where, key);
}

static int read_package(const json_t *o, const char *where, struct stet_lock *l,
                        struct stet_error *err)
{
    static const char *const keys[] = {"name",   "version",   "architecture", "size",
                                       "digest", "urls",      "reason",       "needed-by",
                                       "stage",  "signed-by", "validation",   NULL};
    int64_t stage;
    struct stet_lock_package *p = stet_lock_add_package(l, err);
    if (!p || stet_json_only_keys(o, where, keys, err) < 0 ||
        get_copy(o, where, "name", &p->name, err) < 0 ||
        get_copy(o, where, "version", &p->version, err) < 0 ||
        get_copy(o, where, "architecture", &p->architecture, err) < 0 ||
        get_size(o, where, &p->size, err) < 0 || get_digest(o, where, &p->digest, err) < 0 ||
        stet_json_get_strings(o, where, "urls", &p->urls, err) < 0 ||
        get_copy(o, where, "reason", &p->reason, err) < 0 ||
        opt_copy(o, where, "needed-by", &p->needed_by, err) < 0 ||
        stet_json_get_integer(o, where, "stage", 0, INT32_MAX, &stage, err) < 0)
        return -1;
    p->stage = (unsigned)stage;
    if (opt_strings(o, where, "signed-by", &p->signed_by, err) < 0)
        return -1;
    return opt_strings(o, where, "validation", &p->validation, err);
}

/* Each element of an array of objects, in order. */
static int read_array(const json_t *root, const char *key, struct stet_lock *l,
                      int (*read)(const json_t *o, const char *where, struct stet_lock *l,
                                  struct stet_error *err),
                      struct stet_error *err)
{
    json_t *array;
    if (stet_json_get_array(root, "lock", key, &array, err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(array); i++) {
        char where[64];
        snprintf(where, sizeof where, "%s[%zu]", key, i);
        const json_t *o = json_array_get(array, i);
        if (!json_is_object(o))
            return stet_error_input(err, "%s: must be an object", where);
        if (read(o, where, l, err) < 0)
            return -1;
    }
    return 0;
}

/* Numbers first: what a newer stet wrote may have members unknown here. */
static int read_numbers(const json_t *root, unsigned max_format, struct stet_lock *l,
                        struct stet_error *err)
{
    int64_t schema, format;
    if (!json_object_get(root, "stet-lock"))
        return stet_error_input(err, "not a lock: 'stet-lock' is missing; a lock is what 'stet "
                                     "lock' writes");
    if (stet_json_get_integer(root, "lock", "stet-lock", 1, INT32_MAX, &schema, err) < 0)
        return -1;
    if (schema > STET_LOCK_SCHEMA)
        return stet_error_input(err,
                                "lock schema %lld needs a newer stet; this one knows schema %d",
                                (long long)schema, STET_LOCK_SCHEMA);
    if (stet_json_get_integer(root, "lock", "format", 0, INT32_MAX, &format, err) < 0)
        return -1;
    if (format > max_format)
        return stet_error_input(err,
                                "output format %lld needs a newer stet; this one knows formats up "
                                "to %u",
                                (long long)format, max_format);
    l->format = (unsigned)format;
    return 0;
}

static int read_compression(const json_t *root, struct stet_lock *l, struct stet_error *err)
{
    const json_t *value = json_object_get(root, "compression");
    if (!value)
        return 0;
    if (!json_is_string(value))
        return stet_error_input(err, "lock.compression: must be a string");
    return stet_compression_parse(json_string_value(value), "lock.compression", &l->compression,
                                  err);
}

/* Errors of the recipe name the file themselves, as in a recipe of its own. */
static int read_recipe(const json_t *root, const char *name, struct stet_lock *l,
                       struct stet_error *err)
{
    struct stet_recipe_source source = {.name = name, .root = "recipe"};
    struct stet_recipe_context ctx = {.lock = true, .dirfd = -1};
    struct stet_recipe_node *n =
        stet_recipe_node_from_json(json_object_get(root, "recipe"), &source, err);
    if (!n)
        return -1;
    int rc = stet_recipe_from_node(&ctx, n, &l->recipe, err);
    stet_recipe_node_free(n);
    return rc;
}

static int read_lock(const json_t *root, unsigned max_format, struct stet_lock *l,
                     struct stet_error *err)
{
    static const char *const keys[] = {"stet-lock", "format",  "compression", "recipe",
                                       "epoch",     "indexes", "packages",    NULL};
    json_t *recipe;
    if (!json_is_object(root))
        return stet_error_input(err, "not a lock: it must be a JSON object");
    if (read_numbers(root, max_format, l, err) < 0 ||
        stet_json_only_keys(root, "lock", keys, err) < 0 || read_compression(root, l, err) < 0 ||
        stet_json_get_object(root, "lock", "recipe", &recipe, err) < 0 ||
        get_time(root, "lock", "epoch", &l->epoch, err) < 0 ||
        read_array(root, "indexes", l, read_index, err) < 0 ||
        read_array(root, "packages", l, read_package, err) < 0)
        return -1;
    return stet_lock_check(l, err);
}

int stet_lock_parse(const char *text, size_t len, const char *name, unsigned max_format,
                    struct stet_lock *out, struct stet_error *err)
{
    stet_lock_init(out);
    json_t *root = stet_json_parse(text, len, STET_LOCK_SIZE_MAX, name, err);
    if (!root)
        return -1;
    int rc = read_lock(root, max_format, out, err);
    if (rc < 0)
        stet_error_wrap(err, "%s", name);
    else
        rc = read_recipe(root, name, out, err);
    json_decref(root);
    if (rc < 0)
        stet_lock_release(out);
    return rc;
}
