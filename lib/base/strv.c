#include <string.h>

#include "lib/base/buffer.h"

void stet_strv_init(struct stet_strv *v)
{
    *v = (struct stet_strv)STET_STRV_INIT;
}

void stet_strv_release(struct stet_strv *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->items[i]);
    free(v->items);
    stet_strv_init(v);
}

/* Appends s, which becomes v's own; frees it on failure. */
static int add_owned(struct stet_strv *v, char *s, struct stet_error *err)
{
    if (s == NULL)
        return -1;
    /* count is less than SIZE_MAX / sizeof(char *), so + 2 cannot overflow. */
    if (stet_grow(&v->items, &v->cap, v->count + 2, sizeof(*v->items), err) < 0) {
        free(s);
        return -1;
    }
    v->items[v->count++] = s;
    v->items[v->count] = NULL;
    return 0;
}

int stet_strv_add(struct stet_strv *v, const char *s, struct stet_error *err)
{
    return add_owned(v, stet_strdup(s, err), err);
}

int stet_strv_addf(struct stet_strv *v, struct stet_error *err, const char *fmt, ...)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    char *text;
    va_list ap;

    va_start(ap, fmt);
    stet_buffer_addv(&b, fmt, ap);
    va_end(ap);
    text = stet_buffer_detach(&b);
    if (text == NULL)
        return stet_error_oom(err, "cannot format a string");
    return add_owned(v, text, err);
}

int stet_strv_copy(struct stet_strv *dst, const struct stet_strv *src, struct stet_error *err)
{
    struct stet_strv copy = STET_STRV_INIT;

    if (dst == src)
        return 0;
    for (size_t i = 0; i < src->count; i++) {
        if (stet_strv_add(&copy, src->items[i], err) < 0) {
            stet_strv_release(&copy);
            return -1;
        }
    }
    stet_strv_release(dst);
    *dst = copy;
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void stet_strv_sort_unique(struct stet_strv *v)
{
    size_t kept = 0;

    if (v->count == 0)
        return;
    qsort(v->items, v->count, sizeof(*v->items), compare);
    for (size_t i = 1; i < v->count; i++) {
        if (strcmp(v->items[kept], v->items[i]) == 0)
            free(v->items[i]);
        else
            v->items[++kept] = v->items[i];
    }
    v->count = kept + 1;
    v->items[v->count] = NULL;
}

bool stet_strv_contains(const struct stet_strv *v, const char *s)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->items[i], s) == 0)
            return true;
    return false;
}
