#include "lib/distro/arch/signature.h"

#include "lib/distro/arch/info.h"
#include "lib/distro/arch/package_file.h"
#include "lib/distro/common/index.h"

enum { SIGNATURE_MAX = 64 << 10, INFO_MAX = 8 << 20 };

void stet_arch_candidates_release(struct stet_arch_candidates *c)
{
    for (size_t i = 0; i < c->count; i++) {
        stet_buffer_release(&c->items[i].signature.content);
        stet_strv_release(&c->items[i].expired);
    }
    free(c->items);
    *c = (struct stet_arch_candidates){NULL, 0, 0};
}

struct checking {
    const struct stet_resolve_context *ctx;
    const struct stet_arch_keyring *keyring;
    struct stet_arch_candidates *candidates;
    struct stet_lock *lock;
};

static struct stet_lock_package *package_of(const struct checking *c,
                                            const struct stet_arch_candidate *x)
{
    return &c->lock->packages[x->package];
}

/* "package bash 5.3-1 of repository core". The caller frees it. */
static char *name_of(const struct checking *c, const struct stet_arch_candidate *x,
                     struct stet_error *err)
{
    const struct stet_lock_package *p = package_of(c, x);
    return stet_format(err, "package %s %s of repository %s", p->name, p->version,
                       x->repository->name);
}

/* ---- signatures beside the packages ---- */

/* By the file's digest: a name may get another content. */
static char *memo_key(const struct stet_lock_package *p, struct stet_error *err)
{
    char text[STET_DIGEST_TEXT_SIZE];
    stet_digest_text(&p->digest, text);
    return stet_format(err, "%s.sig", text);
}

/* The URLs of the packages' files with ".sig", one package after the other. */
static int list_urls(const struct checking *c, const size_t *wanted, size_t count,
                     struct stet_strv *urls, struct stet_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct stet_lock_package *p = package_of(c, &c->candidates->items[wanted[i]]);
        for (size_t k = 0; k < p->urls.count; k++)
            if (stet_strv_addf(urls, err, "%s.sig", p->urls.items[k]) < 0)
                return -1;
    }
    return 0;
}

static int download(const struct checking *c, const size_t *wanted, size_t count,
                    struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv all = STET_STRV_INIT;
    if (list_urls(c, wanted, count, &all, err) < 0)
        return -1;
    _cleanup_free_ const char **urls = calloc(all.count + count + 1, sizeof *urls);
    _cleanup_free_ struct stet_arch_document *documents = calloc(count + 1, sizeof *documents);
    if (!urls || !documents)
        return stet_error_oom(err, "getting signatures");
    size_t from = 0, to = 0;
    for (size_t i = 0; i < count; i++) {
        const struct stet_lock_package *p = package_of(c, &c->candidates->items[wanted[i]]);
        documents[i] = (struct stet_arch_document){
            .urls = &urls[to], .name = all.items[from], .max = SIGNATURE_MAX};
        for (size_t k = 0; k < p->urls.count; k++)
            urls[to++] = all.items[from++];
        to++;
    }
    int result = stet_arch_download(c->ctx, documents, count, err);
    for (size_t i = 0; i < count; i++) {
        struct stet_arch_document *d = &c->candidates->items[wanted[i]].signature;
        *d = documents[i];
        d->urls = NULL;
        d->name = NULL;
    }
    return result;
}

static int recall(const struct checking *c, const size_t *wanted, size_t count,
                  struct stet_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct stet_arch_candidate *x = &c->candidates->items[wanted[i]];
        const struct stet_lock_package *p = package_of(c, x);
        _cleanup_free_ char *key = memo_key(p, err);
        int got = key ? stet_arch_recall(c->ctx, key, &x->signature, err) : -1;
        if (got < 0)
            return -1;
        if (got == 0)
            return stet_error_input(
                err, "package %s: its signature was never asked for; run again without --offline",
                p->name);
    }
    return 0;
}

static int remember(const struct checking *c, const size_t *wanted, size_t count,
                    struct stet_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct stet_arch_candidate *x = &c->candidates->items[wanted[i]];
        _cleanup_free_ char *key = memo_key(package_of(c, x), err);
        if (!key || stet_arch_remember(c->ctx, key, &x->signature, err) < 0)
            return -1;
    }
    return 0;
}

static int check_presence(const struct checking *c, struct stet_error *err)
{
    if (c->lock->recipe.siglevel != STET_SIGLEVEL_REQUIRED)
        return 0;
    for (size_t i = 0; i < c->candidates->count; i++) {
        const struct stet_arch_candidate *x = &c->candidates->items[i];
        if (x->signature.present)
            continue;
        _cleanup_free_ char *name = name_of(c, x, err);
        if (!name)
            return -1;
        return stet_error_input(err,
                                "%s: it is not signed (%s.sig does not exist); say \"siglevel: "
                                "optional\" if the repository need not sign",
                                name, package_of(c, x)->urls.items[0]);
    }
    return 0;
}

/* ---- the files ---- */

static int fetch(const struct checking *c, struct stet_error *err)
{
    size_t count = 0;
    _cleanup_free_ struct stet_store_item *items = calloc(c->candidates->count + 1, sizeof *items);
    if (!items)
        return stet_error_oom(err, "getting packages");
    for (size_t i = 0; i < c->candidates->count; i++) {
        const struct stet_lock_package *p = package_of(c, &c->candidates->items[i]);
        if (stet_distro_is_among(items, count, &p->digest))
            continue;
        items[count++] = (struct stet_store_item){.digest = p->digest,
                                                  .size = (int64_t)p->size,
                                                  .urls = (const char *const *)p->urls.items,
                                                  .name = p->name};
    }
    return stet_store_fetch(c->ctx->store, items, count, c->ctx->offline, &c->ctx->net, c->ctx->log,
                            err);
}

/* Opened from the store with its SHA-256 checked, which the store did only when it was downloaded. */
static int open_file(const struct checking *c, const struct stet_lock_package *p, const char *name,
                     struct stet_error *err)
{
    struct stet_digest have;
    int fd = stet_store_open_verified(c->ctx->store, &p->digest, (int64_t)p->size, name, NULL,
                                      &have, err);
    if (fd == -2)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "%s: it vanished from the store",
                              name);
    if (fd == -3) {
        stet_store_discard(c->ctx->store, &p->digest);
        return stet_error_input(err,
                                "%s: its file in the store was damaged and has been removed; "
                                "run again to fetch it anew",
                                name);
    }
    return fd;
}

/* ---- what is in them ---- */

static int read_content(struct stet_archive *r, const struct stet_entry *e, const char *name,
                        struct stet_buffer *out, struct stet_error *err)
{
    const void *data;
    size_t len;
    uint64_t offset;
    int got;
    if (e->size > INFO_MAX)
        return stet_error_input(err, "%s: its .PKGINFO is over 8 MiB", name);
    while ((got = stet_archive_block(r, &data, &len, &offset, err)) > 0) {
        if (offset != out->len)
            return stet_error_input(err, "%s: its .PKGINFO has a hole", name);
        stet_buffer_add(out, data, len);
    }
    return got < 0 ? -1 : stet_buffer_check(out, name, err);
}

/* The text of .PKGINFO, the first there is. */
static int find_info(struct stet_archive *r, const char *name, struct stet_buffer *out,
                     struct stet_error *err)
{
    struct stet_entry e;
    stet_entry_init(&e);
    int got;
    while ((got = stet_archive_next(r, &e, err)) > 0)
        if (strcmp(e.path, ".PKGINFO") == 0)
            break;
    if (got == 0)
        stet_error_input(err, "%s: it has no .PKGINFO; it is not a package of makepkg", name);
    else if (got > 0)
        got = read_content(r, &e, name, out, err) < 0 ? -1 : 1;
    stet_entry_release(&e);
    return got > 0 ? 0 : -1;
}

static int read_info(int fd, const char *name, struct stet_arch_info *info, struct stet_error *err)
{
    struct stet_arch_decoder decoder;
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (stet_arch_decoder_open(&decoder, fd, name, err) < 0)
        return -1;
    struct stet_archive *reader = stet_arch_archive_new(decoder.decoded, name, err);
    int result = reader ? find_info(reader, name, &text, err) : -1;
    if (result == 0)
        result = stet_arch_info_parse(stet_buffer_str(&text), text.len, name, info, err);
    stet_archive_free(reader);
    stet_arch_decoder_close(&decoder);
    return result;
}

static int same(const char *name, const char *what, const char *inside, const char *database,
                struct stet_error *err)
{
    if (strcmp(inside, database) == 0)
        return 0;
    return stet_error_input(err,
                            "%s: its file says that its %s is \"%s\", and not the database's "
                            "\"%s\"; one of them was altered, or the mirror is broken",
                            name, what, inside, database);
}

static int check_info(int fd, const struct stet_lock_package *p, const char *name,
                      struct stet_error *err)
{
    struct stet_arch_info info;
    stet_arch_info_init(&info);
    int result = read_info(fd, name, &info, err);
    if (result == 0)
        result = same(name, "name", info.name, p->name, err);
    if (result == 0)
        result = same(name, "version", info.version, p->version, err);
    if (result == 0)
        result = same(name, "architecture", info.architecture, p->architecture, err);
    stet_arch_info_release(&info);
    return result;
}

/* ---- all of it ---- */

/* As pacman has it: the database's SHA-256 is not looked at where the database also has the signature. */
static int note_validation(const struct stet_arch_candidate *x, struct stet_lock_package *p,
                           struct stet_error *err)
{
    if (!x->in_database && stet_strv_add(&p->validation, "sha256", err) < 0)
        return -1;
    return p->signed_by.count > 0 ? stet_strv_add(&p->validation, "pgp", err) : 0;
}

static int check_one(void *ctx, size_t i, struct stet_error *err)
{
    const struct checking *c = ctx;
    struct stet_arch_candidate *x = &c->candidates->items[i];
    struct stet_lock_package *p = package_of(c, x);
    struct stet_openpgp_policy policy =
        stet_arch_keyring_policy(c->keyring, x->repository->as_of, &x->expired);
    _cleanup_free_ char *name = name_of(c, x, err);
    if (!name || stet_cancel_check(err) < 0)
        return -1;
    _cleanup_close_ int fd = open_file(c, p, name, err);
    if (fd < 0)
        return -1;
    if (x->signature.present &&
        stet_openpgp_verify_detached(&c->keyring->keys, x->signature.content.data,
                                     x->signature.content.len, fd, name, &policy, &p->signed_by,
                                     err) < 0)
        return -1;
    if (check_info(fd, p, name, err) < 0)
        return -1;
    return note_validation(x, p, err);
}

int stet_arch_signatures_check(const struct stet_resolve_context *ctx,
                               const struct stet_arch_keyring *keyring,
                               struct stet_arch_candidates *candidates, struct stet_lock *lock,
                               struct stet_error *err)
{
    struct checking c = {ctx, keyring, candidates, lock};
    size_t count = 0;
    if (lock->recipe.siglevel == STET_SIGLEVEL_NEVER)
        return 0;
    _cleanup_free_ size_t *wanted = calloc(candidates->count + 1, sizeof *wanted);
    if (!wanted)
        return stet_error_oom(err, "getting signatures");
    for (size_t i = 0; i < candidates->count; i++)
        if (!candidates->items[i].signature.present)
            wanted[count++] = i;
    if ((ctx->offline ? recall : download)(&c, wanted, count, err) < 0 ||
        check_presence(&c, err) < 0 || fetch(&c, err) < 0 ||
        stet_pool_run(stet_pool_cpus(), candidates->count, check_one, &c, err) < 0)
        return -1;
    return ctx->offline ? 0 : remember(&c, wanted, count, err);
}
