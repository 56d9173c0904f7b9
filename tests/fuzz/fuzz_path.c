/*
 * Any two strings (the input up to and after its first NUL) as a path of an archive, a glob, a
 * number and a time: what is accepted must be normal, and stay the same when read again.
 */
#include <stdint.h>
#include <string.h>

#include "lib/base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_error(const struct stet_error *err)
{
    check(err->kind == STET_ERROR_INPUT && err->text[0] != '\0');
    check(stet_utf8_valid(err->text, strlen(err->text)));
    for (const char *c = err->text; *c != '\0'; c++)
        check((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void check_components(const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");

        check(len > 0 && len <= 255);
        check(!(len == 1 && path[0] == '.'));
        check(!(len == 2 && path[0] == '.' && path[1] == '.'));
        path += len;
        check(path[0] == '\0' || path[1] != '\0');
        path += *path == '/';
    }
}

static void normalize(const char *path)
{
    struct stet_buffer once = STET_BUFFER_INIT;
    struct stet_buffer twice = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;

    if (stet_path_normalize(path, &once, &err) < 0) {
        check_error(&err);
        check(once.len == 0);
    } else {
        check(once.len <= 4095 && once.len == strlen(once.data));
        check_components(stet_buffer_str(&once));
        if (once.len > 0) {
            check(stet_path_normalize(once.data, &twice, &err) == 0);
            check(strcmp(once.data, twice.data) == 0);
        }
    }
    stet_buffer_release(&once);
    stet_buffer_release(&twice);
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void compare(const char *a, const char *b)
{
    check(sign(stet_path_compare(a, b)) == -sign(stet_path_compare(b, a)));
    check((stet_path_compare(a, b) == 0) == (strcmp(a, b) == 0));
    (void)stet_path_match(a, b, true);
    (void)stet_path_match(a, b, false);
    /* At the end it stands for one component at least. */
    check(*b == '\0' || stet_path_match("**", b, false));
    check(stet_path_match("*", b, true));
}

static void read_time(const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    char again[STET_TIME_TEXT_MAX];
    int64_t t = 0;
    int64_t back = -1;

    if (stet_time_parse_rfc3339(text, &t, &err) < 0) {
        check_error(&err);
        stet_error_clear(&err);
        if (stet_time_parse_rfc2822(text, &t, &err) < 0) {
            check_error(&err);
            return;
        }
    }
    stet_time_format(t, again);
    check(strlen(again) == 20);
    check(stet_time_parse_rfc3339(again, &back, &err) == 0 && back == t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
    size_t first = nul == NULL ? size : (size_t)(nul - data);
    size_t rest = nul == NULL ? 0 : strnlen((const char *)nul + 1, size - first - 1);
    char *a = strndup((const char *)data, first);
    char *b = strndup(nul == NULL ? "" : (const char *)nul + 1, rest);
    struct stet_error err = STET_ERROR_INIT;
    uint64_t number;

    if (size <= 10000 && a != NULL && b != NULL) {
        normalize(a);
        compare(a, b);
        read_time(a);
        if (stet_number_parse(a, UINT64_MAX, &number, "it", &err) < 0)
            check_error(&err);
    }
    free(a);
    free(b);
    return 0;
}
