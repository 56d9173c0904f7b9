#include "lib/base/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Objects larger than this cannot be addressed by pointer differences. */
static const size_t SIZE_LIMIT = PTRDIFF_MAX;

void stet_buffer_init(struct stet_buffer *b)
{
    *b = (struct stet_buffer)STET_BUFFER_INIT;
}

void stet_buffer_release(struct stet_buffer *b)
{
    free(b->data);
    stet_buffer_init(b);
}

void stet_buffer_clear(struct stet_buffer *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void stet_buffer_reserve(struct stet_buffer *b, size_t extra)
{
    size_t need;
    size_t cap;
    char *data;

    if (b->failed)
        return;
    if (__builtin_add_overflow(b->len, extra, &need) || need >= SIZE_LIMIT) {
        b->failed = true;
        return;
    }
    need++; /* the NUL */
    if (need <= b->cap)
        return;
    cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need)
        cap = cap > SIZE_LIMIT / 2 ? need : cap * 2;
    data = realloc(b->data, cap);
    if (data == NULL) {
        b->failed = true;
        return;
    }
    if (b->data == NULL)
        data[0] = '\0';
    b->data = data;
    b->cap = cap;
}

void stet_buffer_add(struct stet_buffer *b, const void *data, size_t len)
{
    stet_buffer_reserve(b, len);
    if (b->failed || len == 0)
        return;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void stet_buffer_add_str(struct stet_buffer *b, const char *s)
{
    stet_buffer_add(b, s, strlen(s));
}

void stet_buffer_add_char(struct stet_buffer *b, char c)
{
    stet_buffer_add(b, &c, 1);
}

void stet_buffer_addv(struct stet_buffer *b, const char *fmt, va_list ap)
{
    va_list again;
    int n;

    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) {
        b->failed = true;
        return;
    }
    stet_buffer_reserve(b, (size_t)n);
    if (b->failed)
        return;
    (void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    b->len += (size_t)n;
}

void stet_buffer_addf(struct stet_buffer *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    stet_buffer_addv(b, fmt, ap);
    va_end(ap);
}

int stet_buffer_check(const struct stet_buffer *b, const char *what, struct stet_error *err)
{
    return b->failed ? stet_error_oom(err, what) : 0;
}

const char *stet_buffer_str(const struct stet_buffer *b)
{
    return b->data == NULL ? "" : b->data;
}

char *stet_buffer_detach(struct stet_buffer *b)
{
    char *data;

    stet_buffer_reserve(b, 0); /* an empty content is a string too */
    if (b->failed) {
        stet_buffer_release(b);
        return NULL;
    }
    data = b->data;
    stet_buffer_init(b);
    return data;
}

char *stet_strdup(const char *s, struct stet_error *err)
{
    char *copy;

    if (s == NULL)
        return NULL;
    copy = strdup(s);
    if (copy == NULL)
        (void)stet_error_oom(err, "cannot copy a string");
    return copy;
}

char *stet_format(struct stet_error *err, const char *fmt, ...)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    char *text;
    va_list ap;

    va_start(ap, fmt);
    stet_buffer_addv(&b, fmt, ap);
    va_end(ap);
    text = stet_buffer_detach(&b);
    if (text == NULL)
        (void)stet_error_oom(err, "cannot format a string");
    return text;
}

int stet_grow(void *items, size_t *cap, size_t need, size_t size, struct stet_error *err)
{
    size_t grown = *cap < 8 ? 8 : *cap;
    size_t bytes;
    void *old;
    char *data;

    if (need <= *cap)
        return 0;
    while (grown < need)
        grown = grown > SIZE_LIMIT / 2 ? need : grown * 2;
    if (__builtin_mul_overflow(grown, size, &bytes) || bytes > SIZE_LIMIT)
        return stet_error_oom(err, "a list is too long");
    memcpy(&old, items, sizeof(old));
    data = realloc(old, bytes);
    if (data == NULL)
        return stet_error_oom(err, "cannot grow a list");
    memset(data + *cap * size, 0, bytes - *cap * size);
    memcpy(items, &data, sizeof(data));
    *cap = grown;
    return 0;
}
