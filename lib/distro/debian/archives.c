/* InRelease documents: getting, verifying, and remembering them. */
#include "lib/distro/common/index.h"
#include "lib/distro/debian/archive.h"

enum { DOCUMENT_MAX = 16 << 20 };

#define KEYRING_PACKAGE "debian-archive-keyring"

void stet_debian_archives_release(struct stet_debian_archives *a)
{
    for (size_t i = 0; i < a->count; i++) {
        struct stet_debian_archive *x = &a->items[i];
        free(x->url);
        stet_buffer_release(&x->document);
        stet_debian_release_release(&x->release);
        stet_strv_release(&x->signed_by);
    }
    free(a->items);
    *a = (struct stet_debian_archives){NULL, 0, 0};
}

static int list_archives(const struct stet_debian_pockets *pockets,
                         struct stet_debian_archives *out, struct stet_error *err)
{
    for (size_t i = 0; i < pockets->count; i++)
        for (size_t k = 0; k < pockets->items[i].mirrors.count; k++) {
            if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
                return -1;
            struct stet_debian_archive *x = &out->items[out->count];
            *x = (struct stet_debian_archive){.pocket = &pockets->items[i]};
            x->mirror = pockets->items[i].mirrors.items[k];
            x->url = stet_format(err, "%s/dists/%s/InRelease", x->mirror, x->pocket->suite);
            if (!x->url)
                return -1;
            out->count++;
        }
    return 0;
}

/* ---- download ---- */

static int restart(void *ctx, struct stet_error *err)
{
    (void)err;
    stet_buffer_clear(ctx);
    return 0;
}

static int take(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    stet_buffer_add(ctx, data, len);
    return stet_buffer_check(ctx, "keeping a document", err);
}

static int done(void *ctx, const char *url, struct stet_error *err)
{
    (void)ctx;
    (void)url;
    (void)err;
    return 0;
}

static int download(const struct stet_resolve_context *ctx, struct stet_debian_archives *a,
                    struct stet_error *err)
{
    _cleanup_free_ struct stet_net_request *requests = calloc(a->count, sizeof *requests);
    _cleanup_free_ const char **urls = calloc(2 * a->count, sizeof *urls);
    if (!requests || !urls)
        return stet_error_oom(err, "getting release documents");
    for (size_t i = 0; i < a->count; i++) {
        urls[2 * i] = a->items[i].url;
        requests[i] = (struct stet_net_request){.urls = &urls[2 * i],
                                                .name = a->items[i].url,
                                                .size = -1,
                                                .max_size = DOCUMENT_MAX,
                                                .optional = true,
                                                .ctx = &a->items[i].document,
                                                .restart = restart,
                                                .data = take,
                                                .done = done};
    }
    if (stet_net_run(requests, a->count, &ctx->net, ctx->log, err) < 0)
        return -1;
    for (size_t i = 0; i < a->count; i++)
        a->items[i].present = requests[i].status == STET_NET_DONE;
    return 0;
}

/* ---- memory of earlier runs ---- */

static int recall(const struct stet_resolve_context *ctx, struct stet_debian_archives *a,
                  struct stet_error *err)
{
    for (size_t i = 0; i < a->count; i++) {
        struct stet_debian_archive *x = &a->items[i];
        int got = stet_store_memo_get(ctx->store, x->url, &x->document, err);
        if (got < 0)
            return -1;
        x->present = got > 0;
    }
    return 0;
}

static char *date_key(const struct stet_debian_archive *x, struct stet_error *err)
{
    return stet_format(err, "%s#date", x->url);
}

/* The newest Date ever seen at this URL: 1, 0 when there is none. */
static int recall_date(const struct stet_resolve_context *ctx, const struct stet_debian_archive *x,
                       int64_t *date, struct stet_error *err)
{
    _cleanup_free_ char *key = date_key(x, err);
    return key ? stet_distro_recall_date(ctx->store, key, date, err) : -1;
}

static int remember(const struct stet_resolve_context *ctx, const struct stet_debian_archive *x,
                    struct stet_error *err)
{
    int64_t before = 0;
    int known = recall_date(ctx, x, &before, err);
    if (known < 0)
        return -1;
    if (stet_store_memo_put(ctx->store, x->url, x->document.data, x->document.len, err) < 0)
        return -1;
    if (known && before >= x->release.date)
        return 0;
    _cleanup_free_ char *key = date_key(x, err);
    return key ? stet_distro_remember_date(ctx->store, key, x->release.date, err) : -1;
}

static int check_not_older(const struct stet_resolve_context *ctx,
                           const struct stet_debian_archive *x, struct stet_error *err)
{
    int64_t before;
    char now[STET_TIME_TEXT_MAX], then[STET_TIME_TEXT_MAX];
    int known = recall_date(ctx, x, &before, err);
    if (known <= 0 || before <= x->release.date)
        return known < 0 ? -1 : 0;
    stet_time_format(x->release.date, now);
    stet_time_format(before, then);
    return stet_error_input(err,
                            "%s: it is dated %s, but one dated %s was seen there before; the "
                            "mirror is behind or someone replays old indexes",
                            x->url, now, then);
}

/* ---- verification ---- */

struct verification {
    const struct stet_resolve_context *ctx;
    const struct stet_recipe *recipe;
    struct stet_debian_archives *archives;
    const struct stet_openpgp_keyring *keyring; /* the recipe's; NULL: each pocket's signers */
};

static int machine_keyring(const struct verification *v, const struct stet_debian_archive *x,
                           struct stet_openpgp_keyring *out, struct stet_error *err)
{
    const struct stet_debian_signers *s = &x->pocket->signers;
    for (size_t i = 0; i < s->files.count; i++) {
        const char *file = s->files.items[i];
        if (file[0] != '/')
            continue; /* a fingerprint */
        _cleanup_free_ char *path = stet_format(err, "%s%s", v->ctx->apt_root, file);
        if (!path || stet_openpgp_keyring_add_file(out, path, KEYRING_PACKAGE, err) < 0)
            return -1;
    }
    if (s->key && stet_openpgp_keyring_add(out, s->key, strlen(s->key), "Signed-By", err) < 0)
        return -1;
    if (out->count > 0)
        return 0;
    return stet_error_input(err,
                            "%s: no keyring to check it with; install Debian's "
                            "package " KEYRING_PACKAGE " or give the recipe a keyring",
                            x->url);
}

static int check_signature(const struct verification *v, struct stet_debian_archive *x,
                           struct stet_buffer *text, struct stet_error *err)
{
    struct stet_openpgp_policy policy = STET_OPENPGP_POLICY_INIT;
    struct stet_openpgp_keyring own = {NULL, 0, 0};
    const struct stet_openpgp_keyring *keyring = v->keyring ? v->keyring : &own;
    policy.allow_expired = !v->recipe->check_valid_until;
    policy.expired_cure =
        "use a newer keyring, or \"check-valid-until: false\" for a dated snapshot";
    int result = v->keyring ? 0 : machine_keyring(v, x, &own, err);
    if (result == 0)
        result = stet_openpgp_verify_clearsigned(keyring, x->document.data, x->document.len, x->url,
                                                 &policy, text, &x->signed_by, err);
    stet_openpgp_keyring_release(&own);
    return result;
}

static int verify_one(void *ctx, size_t i, struct stet_error *err)
{
    const struct verification *v = ctx;
    struct stet_debian_archive *x = &v->archives->items[i];
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (!x->present)
        return 0;
    if (check_signature(v, x, &text, err) < 0 ||
        stet_digest_of(x->document.data, x->document.len, &x->digest, err) < 0 ||
        stet_debian_release_parse(stet_buffer_str(&text), text.len, x->url, &x->release, err) < 0 ||
        stet_debian_release_check_suite(&x->release, x->pocket->suite, x->url, err) < 0)
        return -1;
    if (!v->recipe->check_valid_until)
        return 0;
    if (stet_debian_release_check_time(&x->release, v->ctx->now, x->url, err) < 0)
        return -1;
    return check_not_older(v->ctx, x, err);
}

static int verify_all(const struct stet_resolve_context *ctx, const struct stet_recipe *recipe,
                      struct stet_debian_archives *a, struct stet_error *err)
{
    struct stet_openpgp_keyring keyring = {NULL, 0, 0};
    struct verification v = {ctx, recipe, a, recipe->keyring ? &keyring : NULL};
    int result = 0;
    if (recipe->keyring)
        result = stet_openpgp_keyring_add_file(&keyring, recipe->keyring, KEYRING_PACKAGE, err);
    if (result == 0)
        result = stet_pool_run(stet_pool_cpus(), a->count, verify_one, &v, err);
    stet_openpgp_keyring_release(&keyring);
    return result;
}

/* ---- presence ---- */

static bool on_a_mirror(const struct stet_debian_archives *a, const struct stet_debian_pocket *p)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].pocket == p && a->items[i].present)
            return true;
    return false;
}

static int missing(const struct stet_resolve_context *ctx, const struct stet_debian_archives *a,
                   const struct stet_debian_pocket *p, struct stet_error *err)
{
    const char *url = NULL;
    int64_t date;
    for (size_t i = 0; i < a->count; i++) {
        if (a->items[i].pocket != p)
            continue;
        if (!url)
            url = a->items[i].url;
        int known = p->required || ctx->offline ? 0 : recall_date(ctx, &a->items[i], &date, err);
        if (known < 0)
            return -1;
        /* Withholding the security suite is the cheapest attack on an image that is built anew. */
        if (known)
            return stet_error_input(err,
                                    "%s: it was there before and is gone; if that is right, list "
                                    "the suites to use in the recipe",
                                    a->items[i].url);
    }
    if (!p->required)
        return 0;
    if (ctx->offline)
        return stet_error_input(err, "%s: it was never fetched; run again without --offline", url);
    return stet_error_input(err, "suite %s: no mirror has it (%s does not exist)", p->suite, url);
}

static int check_presence(const struct stet_resolve_context *ctx,
                          const struct stet_debian_pockets *pockets,
                          const struct stet_debian_archives *a, struct stet_error *err)
{
    for (size_t i = 0; i < pockets->count; i++) {
        const struct stet_debian_pocket *p = &pockets->items[i];
        if (on_a_mirror(a, p))
            continue;
        if (missing(ctx, a, p, err) < 0)
            return -1;
        stet_log_message(ctx->log, STET_LOG_VERBOSE, "suite %s: not on the mirror, left out",
                         p->suite);
    }
    return 0;
}

int stet_debian_archives_get(const struct stet_resolve_context *ctx,
                             const struct stet_recipe *recipe,
                             const struct stet_debian_pockets *pockets,
                             struct stet_debian_archives *out, struct stet_error *err)
{
    if (list_archives(pockets, out, err) < 0)
        return -1;
    if ((ctx->offline ? recall(ctx, out, err) : download(ctx, out, err)) < 0)
        return -1;
    if (check_presence(ctx, pockets, out, err) < 0 || verify_all(ctx, recipe, out, err) < 0)
        return -1;
    for (size_t i = 0; i < out->count; i++) {
        const struct stet_debian_archive *x = &out->items[i];
        char date[STET_TIME_TEXT_MAX];
        if (!x->present)
            continue;
        stet_time_format(x->release.date, date);
        stet_log_message(ctx->log, STET_LOG_VERBOSE, "%s: dated %s, signed by %s", x->url, date,
                         x->signed_by.items[0]);
        if (!ctx->offline && remember(ctx, x, err) < 0)
            return -1;
    }
    return 0;
}
