/* Databases: getting and verifying them. */
#include "lib/distro/arch/repository.h"

#include <inttypes.h>
#include <sys/mman.h>

#include "lib/distro/common/index.h"

/* Arch's largest is 9 MB, 40 MB plain. */
enum { FILE_MAX = 128 << 20, PLAIN_MAX = 256 << 20, SIGNATURE_MAX = 64 << 10 };
/* The newest package may leave a repository, and of the machines behind one name some are slower: so far a database may
 * go back. */
enum { CLOCKS_DIFFER = 24 * 3600, MAY_GO_BACK = 3 * 24 * 3600, AT_ONCE = 8 };

void stet_arch_repositories_release(struct stet_arch_repositories *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct stet_arch_repository *x = &r->items[i];
        stet_strv_release(&x->servers);
        stet_strv_release(&x->urls);
        stet_buffer_release(&x->text);
        stet_buffer_release(&x->signature.content);
        free(x->signature_url);
        stet_strv_release(&x->signed_by);
        stet_strv_release(&x->expired);
    }
    free(r->items);
    *r = (struct stet_arch_repositories){NULL, 0, 0};
}

/* ---- which ones ---- */

/* The mirror as pacman's Server for this repository. */
static int add_server(const char *mirror, const char *repository, const char *architecture,
                      struct stet_strv *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer url = STET_BUFFER_INIT;
    for (const char *p = mirror; *p;) {
        if (strncmp(p, "$repo", 5) == 0) {
            stet_buffer_add_str(&url, repository);
            p += 5;
        } else if (strncmp(p, "$arch", 5) == 0) {
            stet_buffer_add_str(&url, architecture);
            p += 5;
        } else {
            stet_buffer_add_char(&url, *p++);
        }
    }
    if (stet_buffer_check(&url, mirror, err) < 0)
        return -1;
    while (url.len > 0 && url.data[url.len - 1] == '/')
        url.data[--url.len] = '\0';
    return stet_strv_add(out, stet_buffer_str(&url), err);
}

static int add_repository(const struct stet_recipe *recipe, const char *name,
                          struct stet_arch_repositories *out, struct stet_error *err)
{
    if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    struct stet_arch_repository *x = &out->items[out->count++];
    *x = (struct stet_arch_repository){.name = name, .as_of = INT64_MIN};
    _cleanup_free_ char *file = stet_format(err, "%s.db", name);
    if (!file)
        return -1;
    for (size_t i = 0; i < recipe->mirrors.count; i++) {
        if (add_server(recipe->mirrors.items[i], name, recipe->architecture, &x->servers, err) < 0)
            return -1;
        _cleanup_free_ char *url = stet_distro_url(x->servers.items[i], file, err);
        if (!url || stet_strv_add(&x->urls, url, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- memory of earlier runs ---- */

/* Remembered of a database is which content it was: "SHA256 SIZE". */
static int remember_content(const struct stet_resolve_context *ctx,
                            const struct stet_arch_repository *x, struct stet_error *err)
{
    char hex[STET_DIGEST_HEX_SIZE];
    stet_digest_hex(&x->digest, hex);
    _cleanup_free_ char *text = stet_format(err, "%s %" PRIu64, hex, x->size);
    return text ? stet_store_memo_put(ctx->store, x->urls.items[x->from], text, strlen(text), err)
                : -1;
}

/* 1, or 0 when the database at this URL was never fetched. */
static int recall_content(const struct stet_resolve_context *ctx, const char *url,
                          struct stet_arch_repository *x, struct stet_error *err)
{
    static const char what[] = "a remembered database";
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    int got = stet_store_memo_get(ctx->store, url, &text, err);
    if (got <= 0)
        return got;
    if (text.len < STET_DIGEST_HEX_SIZE || text.data[STET_DIGEST_HEX_SIZE - 1] != ' ')
        return stet_error_input(err, "%s: %s is damaged", url, what);
    text.data[STET_DIGEST_HEX_SIZE - 1] = '\0';
    if (stet_digest_parse_hex(text.data, &x->digest, what, err) < 0 ||
        stet_number_parse(text.data + STET_DIGEST_HEX_SIZE, FILE_MAX, &x->size, what, err) < 0)
        return -1;
    return 1;
}

static int read_content(const struct stet_resolve_context *ctx, const char *url,
                        const struct stet_arch_repository *x, struct stet_buffer *out,
                        struct stet_error *err)
{
    struct stet_digest digest;
    _cleanup_close_ int fd = stet_store_open_content(ctx->store, &x->digest, (int64_t)x->size, err);
    if (fd == -2)
        return stet_error_input(err,
                                "%s: it is not in the store any more; run again without "
                                "--offline",
                                url);
    if (fd < 0 || stet_fs_read_fd(fd, url, FILE_MAX, out, err) < 0 ||
        stet_digest_of(out->data, out->len, &digest, err) < 0)
        return -1;
    if (stet_digest_equal(&digest, &x->digest))
        return 0;
    stet_store_discard(ctx->store, &x->digest);
    return stet_error_input(err,
                            "%s: what the store had of it is damaged; run again without "
                            "--offline",
                            url);
}

static int recall(const struct stet_resolve_context *ctx, struct stet_arch_repository *x,
                  struct stet_buffer *out, struct stet_error *err)
{
    for (x->from = 0; x->from < x->urls.count; x->from++) {
        const char *url = x->urls.items[x->from];
        int got = recall_content(ctx, url, x, err);
        if (got != 0)
            return got < 0 ? -1 : read_content(ctx, url, x, out, err);
    }
    return stet_error_input(err, "%s: it was never fetched; run again without --offline",
                            x->urls.items[0]);
}

/* ---- the file ---- */

static int refuse_missing(const struct stet_arch_repository *x, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    for (size_t i = 0; i < x->urls.count; i++)
        stet_buffer_addf(&text, "%s%s", i ? " and " : "", x->urls.items[i]);
    return stet_error_input(err, "repository %s: no mirror has it (%s %s not exist)", x->name,
                            stet_buffer_str(&text), x->urls.count > 1 ? "do" : "does");
}

static int download(const struct stet_resolve_context *ctx, struct stet_arch_repository *x,
                    struct stet_buffer *out, struct stet_error *err)
{
    struct stet_arch_document d = {
        .urls = (const char *const *)x->urls.items, .name = x->urls.items[0], .max = FILE_MAX};
    int result = stet_arch_find(ctx, &d, err);
    if (result < 0)
        stet_error_wrap(err, "repository %s", x->name);
    else if (!d.present)
        result = refuse_missing(x, err);
    else
        result = stet_store_put(ctx->store, d.content.data, d.content.len, &x->digest, err);
    x->from = d.from;
    x->size = d.content.len;
    *out = d.content;
    return result;
}

static int decode(const struct stet_buffer *file, const char *url, struct stet_buffer *out,
                  struct stet_error *err)
{
    struct stet_memory_reader memory;
    stet_memory_reader_init(&memory, file->data, file->len);
    int result = stet_distro_decode(&memory.base, url, PLAIN_MAX, "reading a database", out, err);
    stet_reader_close(&memory.base);
    return result;
}

/* ---- its signature ---- */

struct getting {
    const struct stet_resolve_context *ctx;
    const struct stet_recipe *recipe;
    const struct stet_arch_keyring *keyring;
    struct stet_arch_repositories *repositories;
};

/* The same URL's, never another mirror's: each signs what it has. */
static int get_signature(const struct stet_resolve_context *ctx, const char *url,
                         struct stet_arch_document *d, struct stet_error *err)
{
    if (!ctx->offline)
        return stet_arch_find(ctx, d, err);
    int got = stet_arch_recall(ctx, url, d, err);
    if (got == 0)
        return stet_error_input(err, "%s: it was never asked for; run again without --offline",
                                url);
    return got < 0 ? -1 : 0;
}

static int refuse_unsigned(const struct stet_arch_repository *x, struct stet_error *err)
{
    return stet_error_input(err,
                            "repository %s: its database is not signed (%s does not exist); Arch "
                            "signs packages alone: say \"database-siglevel: optional\" if that is "
                            "enough",
                            x->name, x->signature_url);
}

/* What was downloaded itself, not what the store has under its digest, which may have been there before. */
static int verify(const struct getting *g, struct stet_arch_repository *x,
                  const struct stet_buffer *file, struct stet_error *err)
{
    const char *url = x->urls.items[x->from];
    struct stet_openpgp_policy policy = stet_arch_keyring_policy(g->keyring, x->as_of, &x->expired);
    _cleanup_close_ int fd = memfd_create("stet", MFD_CLOEXEC);
    if (fd < 0)
        return stet_error_errno(err, "%s: memfd_create", url);
    if (stet_fs_write_fd(fd, url, file->data, file->len, err) < 0)
        return -1;
    return stet_openpgp_verify_detached(&g->keyring->keys, x->signature.content.data,
                                        x->signature.content.len, fd, url, &policy, &x->signed_by,
                                        err);
}

static int check_signature(const struct getting *g, struct stet_arch_repository *x,
                           const struct stet_buffer *file, struct stet_error *err)
{
    if (g->recipe->database_siglevel == STET_SIGLEVEL_NEVER)
        return 0;
    x->signature_url = stet_format(err, "%s.sig", x->urls.items[x->from]);
    if (!x->signature_url)
        return -1;
    const char *const urls[] = {x->signature_url, NULL};
    x->signature.urls = urls;
    x->signature.name = x->signature_url;
    x->signature.max = SIGNATURE_MAX;
    int result = get_signature(g->ctx, x->signature_url, &x->signature, err);
    x->signature.urls = NULL;
    if (result < 0)
        return -1;
    if (x->signature.present)
        return verify(g, x, file, err);
    return g->recipe->database_siglevel == STET_SIGLEVEL_OPTIONAL ? 0 : refuse_unsigned(x, err);
}

static int get_one(void *ctx, size_t i, struct stet_error *err)
{
    const struct getting *g = ctx;
    struct stet_arch_repository *x = &g->repositories->items[i];
    _cleanup_buffer_ struct stet_buffer file = STET_BUFFER_INIT;
    if ((g->ctx->offline ? recall(g->ctx, x, &file, err) : download(g->ctx, x, &file, err)) < 0)
        return -1;
    x->as_of = stet_arch_snapshot_date(x->urls.items[x->from]);
    if (check_signature(g, x, &file, err) < 0)
        return -1;
    return decode(&file, x->urls.items[x->from], &x->text, err);
}

int stet_arch_repositories_get(const struct stet_resolve_context *ctx,
                               const struct stet_recipe *recipe,
                               const struct stet_arch_keyring *keyring,
                               struct stet_arch_repositories *out, struct stet_error *err)
{
    struct getting g = {ctx, recipe, keyring, out};
    for (size_t i = 0; i < recipe->repositories.count; i++)
        if (add_repository(recipe, recipe->repositories.items[i], out, err) < 0)
            return -1;
    /* They wait for the network, not for processors. */
    return stet_pool_run(AT_ONCE, out->count, get_one, &g, err);
}

/* ---- dates ---- */

static int refuse_older(const struct stet_arch_repository *x, int64_t before,
                        struct stet_error *err)
{
    char now[STET_TIME_TEXT_MAX], then[STET_TIME_TEXT_MAX];
    stet_time_format(x->date, now);
    stet_time_format(before, then);
    return stet_error_input(err,
                            "%s: its newest package is of %s, but one of %s was seen there before; "
                            "the mirror is behind or someone replays an old database: try another "
                            "mirror",
                            x->urls.items[x->from], now, then);
}

static int refuse_future(const struct stet_resolve_context *ctx,
                         const struct stet_arch_repository *x, struct stet_error *err)
{
    char now[STET_TIME_TEXT_MAX], then[STET_TIME_TEXT_MAX];
    stet_time_format(x->date, then);
    stet_time_format(ctx->now, now);
    return stet_error_input(err,
                            "%s: its newest package is of %s, which is in the future; this "
                            "machine's clock says %s",
                            x->urls.items[x->from], then, now);
}

static int remember(const struct stet_resolve_context *ctx, const struct stet_arch_repository *x,
                    struct stet_error *err)
{
    if (remember_content(ctx, x, err) < 0)
        return -1;
    return x->signature_url ? stet_arch_remember(ctx, x->signature_url, &x->signature, err) : 0;
}

static int check_date(const struct stet_resolve_context *ctx, const struct stet_arch_repository *x,
                      struct stet_error *err)
{
    int64_t before = 0;
    _cleanup_free_ char *key = stet_format(err, "%s#date", x->urls.items[x->from]);
    if (!key)
        return -1;
    /* Once remembered, a date that is wrong would keep every right one out. */
    if (x->date > ctx->now + CLOCKS_DIFFER)
        return refuse_future(ctx, x, err);
    int known = stet_distro_recall_date(ctx->store, key, &before, err);
    if (known < 0)
        return -1;
    if (known && x->date < before - MAY_GO_BACK)
        return refuse_older(x, before, err);
    if (ctx->offline)
        return 0;
    if (remember(ctx, x, err) < 0)
        return -1;
    if (known && x->date <= before)
        return 0;
    return stet_distro_remember_date(ctx->store, key, x->date, err);
}

int stet_arch_repositories_check_dates(const struct stet_resolve_context *ctx,
                                       const struct stet_arch_repositories *r,
                                       struct stet_error *err)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct stet_arch_repository *x = &r->items[i];
        char date[STET_TIME_TEXT_MAX];
        if (check_date(ctx, x, err) < 0)
            return -1;
        stet_time_format(x->date, date);
        stet_log_message(ctx->log, STET_LOG_VERBOSE, "%s: its newest package is of %s, %s%s",
                         x->urls.items[x->from], date,
                         x->signed_by.count > 0 ? "signed by " : "without a signature",
                         x->signed_by.count > 0 ? x->signed_by.items[0] : "");
    }
    return 0;
}
