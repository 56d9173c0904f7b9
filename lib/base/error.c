#include "lib/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

/* Cuts s to at most max bytes without leaving part of a character. */
static void cut(char *s, size_t max)
{
    if (strlen(s) <= max)
        return;
    while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
        max--;
    s[max] = '\0';
}

/* The formatted text, fit for one line, in out of size bytes. */
static void format_text(char *out, size_t size, const char *fmt, va_list ap)
{
    int n = vsnprintf(out, size, fmt, ap);

    if (n < 0)
        (void)snprintf(out, size, "(a message that cannot be formatted)");
    else if ((size_t)n >= size)
        cut(out, size - 2);
    stet_utf8_make_printable(out);
}

static void append(struct stet_error *err, const char *text)
{
    size_t len = strlen(err->text);

    (void)snprintf(err->text + len, sizeof(err->text) - len, "%s", text);
}

static void append_reason(struct stet_error *err, int errnum)
{
    char reason[128];
    const char *text = strerrordesc_np(errnum);

    if (text == NULL)
        (void)snprintf(reason, sizeof(reason), ": error %d", errnum);
    else
        (void)snprintf(reason, sizeof(reason), ": %s", text);
    /* The reason must survive a name that fills the whole line. */
    cut(err->text, sizeof(err->text) - 1 - strlen(reason));
    append(err, reason);
}

static int set(struct stet_error *err, enum stet_error_kind kind, int errnum, const char *fmt,
               va_list ap)
{
    int saved = errno;

    if (err == NULL || err->kind != STET_ERROR_NONE)
        return -1;
    err->kind = kind == STET_ERROR_NONE ? STET_ERROR_INTERNAL : kind;
    err->errnum = errnum;
    format_text(err->text, sizeof(err->text), fmt, ap);
    if (errnum != 0)
        append_reason(err, errnum);
    errno = saved;
    return -1;
}

int stet_error_set(struct stet_error *err, enum stet_error_kind kind, int errnum, const char *fmt,
                   ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)set(err, kind, errnum, fmt, ap);
    va_end(ap);
    return -1;
}

int stet_error_errno(struct stet_error *err, const char *fmt, ...)
{
    int errnum = errno;
    va_list ap;

    va_start(ap, fmt);
    (void)set(err, STET_ERROR_ENVIRONMENT, errnum, fmt, ap);
    va_end(ap);
    return -1;
}

int stet_error_input(struct stet_error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)set(err, STET_ERROR_INPUT, 0, fmt, ap);
    va_end(ap);
    return -1;
}

int stet_error_oom(struct stet_error *err, const char *what)
{
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, ENOMEM, "%s", what);
}

int stet_error_wrap(struct stet_error *err, const char *fmt, ...)
{
    char old[STET_ERROR_TEXT_MAX];
    char context[STET_ERROR_TEXT_MAX];
    size_t room;
    va_list ap;

    if (err == NULL)
        return -1;
    va_start(ap, fmt);
    format_text(context, sizeof(context), fmt, ap);
    va_end(ap);
    memcpy(old, err->text, sizeof(old));
    old[sizeof(old) - 1] = '\0';
    if (err->kind == STET_ERROR_NONE)
        err->kind = STET_ERROR_INTERNAL;
    /* What went wrong matters more than where: a long context is cut first. */
    room = sizeof(err->text) - 1 - strlen(old);
    room = room < 2 ? 0 : room - 2;
    if (room < sizeof(err->text) / 4)
        room = sizeof(err->text) / 4;
    cut(context, room);
    (void)snprintf(err->text, sizeof(err->text), "%s", context);
    if (old[0] != '\0') {
        cut(old, sizeof(err->text) - 1 - strlen(err->text) - 2);
        append(err, ": ");
        append(err, old);
    }
    return -1;
}

void stet_error_copy(struct stet_error *dst, const struct stet_error *src)
{
    if (dst != NULL && dst != src)
        *dst = *src;
}

void stet_error_clear(struct stet_error *err)
{
    if (err == NULL)
        return;
    err->kind = STET_ERROR_NONE;
    err->errnum = 0;
    err->text[0] = '\0';
}
