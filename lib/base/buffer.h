/*
 * stet_buffer - a growing byte string; stet_strv - a growing list of strings.
 *
 * Lifetimes use one vocabulary everywhere in stet:
 *   init     makes a struct usable (its memory is the caller's)
 *   release  frees what a struct holds; it is then as after init
 *   new/free allocate and free the struct itself as well
 *   clear    empties without giving memory back
 *   detach   hands the content to the caller and leaves the struct empty
 *
 * A failed allocation is sticky: later appends do nothing, and
 * stet_buffer_check() reports it. So a run of appends needs one check.
 */
#ifndef STET_BASE_BUFFER_H
#define STET_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "lib/base/error.h"

struct stet_buffer {
    char *data; /* NUL-terminated whenever it is not NULL */
    size_t len; /* bytes, without the NUL */
    size_t cap;
    bool failed;
};

#define STET_BUFFER_INIT                                                                           \
    {                                                                                              \
        NULL, 0, 0, false                                                                          \
    }

void stet_buffer_init(struct stet_buffer *b);
void stet_buffer_release(struct stet_buffer *b);
void stet_buffer_clear(struct stet_buffer *b);

/* Makes room for extra more bytes. Overflow and failed allocation are sticky. */
void stet_buffer_reserve(struct stet_buffer *b, size_t extra);
void stet_buffer_add(struct stet_buffer *b, const void *data, size_t len);
void stet_buffer_add_str(struct stet_buffer *b, const char *s);
void stet_buffer_add_char(struct stet_buffer *b, char c);
void stet_buffer_addf(struct stet_buffer *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void stet_buffer_addv(struct stet_buffer *b, const char *fmt, va_list ap);

/* 0, or -1 with err when an allocation failed since init. */
int stet_buffer_check(const struct stet_buffer *b, const char *what, struct stet_error *err);

/* The content as a string, never NULL; valid until the next change. */
const char *stet_buffer_str(const struct stet_buffer *b);

/* The content as malloc'd memory that the caller frees; NULL when an allocation failed. */
char *stet_buffer_detach(struct stet_buffer *b);

/* A NULL-terminated list of malloc'd strings. */
struct stet_strv {
    char **items; /* NULL only while empty and never grown */
    size_t count;
    size_t cap;
};

#define STET_STRV_INIT                                                                             \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

void stet_strv_init(struct stet_strv *v);
void stet_strv_release(struct stet_strv *v);

/* Appends a copy of s. -1 with err when out of memory. */
int stet_strv_add(struct stet_strv *v, const char *s, struct stet_error *err);
/* Appends a formatted string. */
int stet_strv_addf(struct stet_strv *v, struct stet_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Replaces the content of dst by copies of src's. */
int stet_strv_copy(struct stet_strv *dst, const struct stet_strv *src, struct stet_error *err);
/* Sorts bytewise (strcmp) and keeps one of each. */
void stet_strv_sort_unique(struct stet_strv *v);
/* Is s among the items (linear)? */
bool stet_strv_contains(const struct stet_strv *v, const char *s);

/* A copy of s, or NULL with err when out of memory. NULL gives NULL without an error. */
char *stet_strdup(const char *s, struct stet_error *err);
/* A formatted string that the caller frees, or NULL with err. */
char *stet_format(struct stet_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Grows *items (an array of elements of size bytes with room for *cap) so that
 * need elements fit. Overflow-checked. New room is zeroed. -1 with err.
 */
int stet_grow(void *items, size_t *cap, size_t need, size_t size, struct stet_error *err);

/* Cleanup attributes: the variable is released when its scope ends. */
static inline void stet_cleanup_free(void *p)
{
    free(*(void **)p);
}
#define _cleanup_free_   __attribute__((cleanup(stet_cleanup_free)))
#define _cleanup_buffer_ __attribute__((cleanup(stet_buffer_release)))
#define _cleanup_strv_   __attribute__((cleanup(stet_strv_release)))

/* The pointer in *pp, which becomes NULL: hands ownership out of a cleanup scope. */
static inline void *stet_steal_(void *pp)
{
    void **p = (void **)pp;
    void *value = *p;
    *p = NULL;
    return value;
}
#define stet_steal_pointer(pp) ((__typeof__(*(pp)))stet_steal_(pp))

#endif
