/*
 * stet_error - what went wrong, once, with its reason.
 *
 * Every function that can fail returns int: 0 (or a documented non-negative
 * value) on success, -1 on failure, and takes a struct stet_error as its last
 * parameter. The error is filled once, at the call that failed, and given
 * context on the way up with stet_error_wrap(). Libraries never print it.
 *
 * Text is UTF-8, one line, without a trailing newline; control bytes in
 * anything formatted into it are replaced by '?', because names in errors come
 * from untrusted archives and end on terminals.
 */
#ifndef STET_BASE_ERROR_H
#define STET_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

/* Why an operation failed; decides the program's exit status. */
enum stet_error_kind {
    STET_ERROR_NONE = 0,
    STET_ERROR_INPUT,       /* what was read is wrong: usage, recipe, lock, archive, signature */
    STET_ERROR_ENVIRONMENT, /* the machine or network failed: disk, permission, timeout */
    STET_ERROR_DIFFERS,     /* a comparison that was asked for does not hold */
    STET_ERROR_INTERRUPTED, /* the user asked to stop */
    STET_ERROR_INTERNAL,    /* a broken invariant of stet itself */
};

enum { STET_ERROR_TEXT_MAX = 2048 };

struct stet_error {
    enum stet_error_kind kind;
    int errnum; /* errno of the failing call, or 0 */
    char text[STET_ERROR_TEXT_MAX];
};

/* An error without content; a struct zeroed by other means is equally valid. */
#define STET_ERROR_INIT                                                                            \
    {                                                                                              \
        STET_ERROR_NONE, 0, ""                                                                     \
    }

/*
 * Fills err with kind, errnum and the formatted text; when errnum is not 0,
 * ": " and its description (independent of the locale) are appended. A NULL
 * err is allowed; an err that is already filled keeps its first content.
 * Saves the caller a line: always returns -1.
 */
int stet_error_set(struct stet_error *err, enum stet_error_kind kind, int errnum, const char *fmt,
                   ...) __attribute__((format(printf, 4, 5)));

/* stet_error_set() with STET_ERROR_ENVIRONMENT and the current errno. Returns -1. */
int stet_error_errno(struct stet_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* stet_error_set() with STET_ERROR_INPUT and no errno. Returns -1. */
int stet_error_input(struct stet_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Out of memory, at the named operation. Returns -1. */
int stet_error_oom(struct stet_error *err, const char *what);

/* Puts the formatted text and ": " before what err says. Returns -1. */
int stet_error_wrap(struct stet_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Copies src over dst, whatever dst held. For errors that cross threads. */
void stet_error_copy(struct stet_error *dst, const struct stet_error *src);

/* Makes err empty again, so that it can be filled anew. */
void stet_error_clear(struct stet_error *err);

#endif
