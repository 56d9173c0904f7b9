/* A scratch folder with a store in it, and files that a server may serve. */
#ifndef STET_TESTS_UNIT_STORE_FIXTURE_H
#define STET_TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/store/store.h"
#include "tests/support/server.h"

enum { FIXTURE_SIZE = 200000 };

struct fixture {
    char *dir;
    char store_dir[512];
    unsigned char *bytes; /* of the file "a" */
    struct stet_digest digest;
    char hex[STET_DIGEST_HEX_SIZE];
    struct stet_store *store;
    struct stet_test_server server;
    struct stet_net_options opt;
    struct stet_error err;
};

static inline void fixture_open(struct fixture *f)
{
    stet_store_free(f->store);
    f->store = stet_store_open(f->store_dir, NULL, &f->err);
    if (f->store == NULL)
        fail_msg("%s", f->err.text);
}

static inline int fixture_set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->dir = stet_test_dir_new();
    setenv("HOME", f->dir, 1);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    snprintf(f->store_dir, sizeof(f->store_dir), "%s/deep/store", f->dir);
    f->bytes = stet_test_bytes(FIXTURE_SIZE, 3);
    stet_test_write(f->dir, "a", f->bytes, FIXTURE_SIZE);
    assert_int_equal(stet_digest_of(f->bytes, FIXTURE_SIZE, &f->digest, &f->err), 0);
    stet_digest_hex(&f->digest, f->hex);
    f->opt = (struct stet_net_options){.retry_ms = 5, .stall_timeout_s = 20};
    fixture_open(f);
    *state = f;
    return 0;
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->server.pid > 0)
        stet_test_server_stop(&f->server);
    stet_store_free(f->store);
    stet_test_dir_remove(f->dir);
    free(f->bytes);
    free(f);
    return 0;
}

/* Paths relative to the scratch folder. */
static inline const char *content_name(struct fixture *f)
{
    static char name[256];
    snprintf(name, sizeof(name), "deep/store/sha256/%.2s/%s", f->hex, f->hex);
    return name;
}

static inline const char *partial_name(struct fixture *f)
{
    static char name[256];
    snprintf(name, sizeof(name), "deep/store/partial/%s", f->hex);
    return name;
}

static inline void serve(struct fixture *f, const char *fault1, const char *fault2)
{
    const char *args[] = {"--fault", fault1, fault2 != NULL ? "--fault" : NULL, fault2, NULL};
    stet_test_server_start(&f->server, f->dir, fault1 != NULL ? args : NULL);
}

/* Fetches the file "a" from these paths of the server. */
static inline int fetch(struct fixture *f, const char *path, const char *path2)
{
    const char *urls[] = {stet_test_url(&f->server, path),
                          path2 != NULL ? stet_test_url(&f->server, path2) : NULL, NULL};
    struct stet_store_item item = {
        .digest = f->digest, .size = FIXTURE_SIZE, .urls = urls, .name = "a.deb"};
    stet_error_clear(&f->err);
    int rc = stet_store_fetch(f->store, &item, 1, false, &f->opt, NULL, &f->err);
    assert_int_equal(item.present, rc == 0);
    return rc;
}

static inline void assert_stored(struct fixture *f)
{
    if (f->err.kind != STET_ERROR_NONE)
        fail_msg("%s", f->err.text);
    assert_true(stet_test_same(f->dir, content_name(f), f->bytes, FIXTURE_SIZE));
    assert_false(stet_test_same(f->dir, partial_name(f), f->bytes, FIXTURE_SIZE));
}

static inline void assert_says(struct fixture *f, enum stet_error_kind kind, const char *part)
{
    if (strstr(f->err.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", f->err.text, part);
    assert_int_equal(f->err.kind, kind);
}

static inline bool exists(struct fixture *f, const char *name)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

#endif
