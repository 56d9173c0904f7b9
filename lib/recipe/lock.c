/* The lock: its lifetime and its identity. */
#include "lib/recipe/lock.h"

#include <string.h>

void stet_lock_init(struct stet_lock *l)
{
    *l = (struct stet_lock){0};
    stet_recipe_init(&l->recipe);
}

static const char *const compressions[] = {"gzip", "none"};

const char *stet_compression_name(enum stet_compression compression)
{
    return compressions[compression];
}

int stet_compression_parse(const char *text, const char *what, enum stet_compression *out,
                           struct stet_error *err)
{
    for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++)
        if (strcmp(text, compressions[i]) == 0) {
            *out = (enum stet_compression)i;
            return 0;
        }
    if (strcmp(text, "zstd") == 0)
        return stet_error_input(
            err,
            "%s: zstd is not offered, as its bytes change with the version of its library, and "
            "the digest with them; there are gzip and none",
            what);
    return stet_error_input(err, "%s: '%s' is not known; there are gzip and none", what, text);
}

static void release_index(struct stet_lock_index *x)
{
    free(x->suite);
    free(x->component);
    free(x->mirror);
    free(x->url);
    free(x->release_url);
    stet_strv_release(&x->signed_by);
}

static void release_package(struct stet_lock_package *p)
{
    free(p->name);
    free(p->version);
    free(p->architecture);
    free(p->reason);
    free(p->needed_by);
    stet_strv_release(&p->urls);
    stet_strv_release(&p->signed_by);
    stet_strv_release(&p->validation);
}

void stet_lock_release(struct stet_lock *l)
{
    for (size_t i = 0; i < l->index_count; i++)
        release_index(&l->indexes[i]);
    for (size_t i = 0; i < l->package_count; i++)
        release_package(&l->packages[i]);
    free(l->indexes);
    free(l->packages);
    stet_recipe_release(&l->recipe);
    stet_lock_init(l);
}

struct stet_lock_index *stet_lock_add_index(struct stet_lock *l, struct stet_error *err)
{
    if (stet_grow(&l->indexes, &l->index_cap, l->index_count + 1, sizeof *l->indexes, err) < 0)
        return NULL;
    struct stet_lock_index *x = &l->indexes[l->index_count++];
    *x = (struct stet_lock_index){0};
    return x;
}

struct stet_lock_package *stet_lock_add_package(struct stet_lock *l, struct stet_error *err)
{
    if (stet_grow(&l->packages, &l->package_cap, l->package_count + 1, sizeof *l->packages, err) <
        0)
        return NULL;
    struct stet_lock_package *p = &l->packages[l->package_count++];
    *p = (struct stet_lock_package){0};
    return p;
}

int stet_lock_digest(const struct stet_lock *l, struct stet_digest *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (stet_lock_print(l, STET_JSON_INDENTED, &text, err) < 0)
        return -1;
    return stet_digest_of(text.data, text.len, out, err);
}

bool stet_lock_looks_like(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr(" \t\r\n", text[i]) || text[i] == '\0')
            return text[i] == '{';
    return false;
}
