/*
 * What the tests of base share: cmocka, and a scratch directory for each test.
 */
#ifndef STET_TEST_BASE_H
#define STET_TEST_BASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <errno.h>

#include "lib/base/base.h"

struct scratch {
    char path[256];
    int fd; /* of the directory */
};

static inline void assert_ok(int rc, const struct stet_error *err)
{
    if (rc < 0)
        fail_msg("failed: %s", err->text);
}

static inline void assert_fails(int rc, const struct stet_error *err, enum stet_error_kind kind,
                                const char *says)
{
    assert_int_equal(rc, -1);
    assert_int_equal(err->kind, kind);
    if (strstr(err->text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err->text, says);
}

static inline int scratch_setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct scratch *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return -1;
    (void)snprintf(s->path, sizeof(s->path), "%s/stet-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(s->path) == NULL)
        return -1;
    s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = s;
    return s->fd < 0 ? -1 : 0;
}

static inline int scratch_teardown(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    int rc = stet_fs_remove(AT_FDCWD, s->path, &err);

    if (rc < 0)
        print_message("cannot clean up: %s\n", err.text);
    close(s->fd);
    free(s);
    return rc;
}

static inline void put_file(int dirfd, const char *path, const char *text)
{
    int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static inline void assert_file(int dirfd, const char *path, const char *text)
{
    char content[4096] = "";
    int fd = openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        fail_msg("there is no %s", path);
    n = read(fd, content, sizeof(content) - 1);
    close(fd);
    assert_true(n >= 0);
    content[n] = '\0';
    assert_string_equal(content, text);
}

#endif
