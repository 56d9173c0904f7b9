#include "lib/distro/arch/resolve.h"

#include <sys/utsname.h>

#include "lib/distro/arch/signature.h"
#include "lib/distro/common/index.h"
#include "lib/solve/solve.h"

/* ---- completing a recipe ---- */

static int complete_architecture(struct stet_recipe *r, struct stet_error *err)
{
    struct utsname u;
    if (r->architecture) {
        if (stet_arch_machine(r->architecture))
            return 0;
        return stet_error_input(err,
                                "architecture: \"%s\" is not one that stet knows of Arch; x86_64, "
                                "aarch64, armv7h, i686, riscv64 and loong64 are",
                                r->architecture);
    }
    const char *own = uname(&u) < 0 ? NULL : stet_arch_of_machine(u.machine);
    if (!own)
        return stet_error_input(err, "architecture: Arch has no name for this machine's; say "
                                     "which is meant in the recipe");
    r->architecture = stet_strdup(own, err);
    return r->architecture ? 0 : -1;
}

static int check_mirrors(const struct stet_recipe *r, struct stet_error *err)
{
    if (r->mirrors.count > 0 && !stet_strv_contains(&r->mirrors, "system"))
        return 0;
    return stet_error_input(err,
                            "mirror: what pacman uses on this machine is not looked at; give a "
                            "Server, such as \"https://mirror.example.org/$repo/os/$arch\"");
}

/* Words that become parts of paths and URLs. */
static bool is_plain_name(const char *s)
{
    static const char words[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    return *s && !strchr("._+-", *s) && s[strspn(s, words)] == '\0' && strcmp(s, "local") != 0;
}

static int check_repositories(const struct stet_recipe *r, struct stet_error *err)
{
    for (size_t i = 0; i < r->repositories.count; i++)
        if (!is_plain_name(r->repositories.items[i]))
            return stet_error_input(err, "repositories: \"%s\" is not the name of a repository",
                                    r->repositories.items[i]);
    return 0;
}

static int check_foreign_keys(const struct stet_recipe *r, struct stet_error *err)
{
    if (r->suite || r->suites_given)
        return stet_error_input(err, "suite%s: Arch has none; a dated mirror pins a day",
                                r->suite ? "" : "s");
    if (r->components.count > 0)
        return stet_error_input(err, "components: Arch has none; it has \"repositories\"");
    if (r->base)
        return stet_error_input(err, "base: Arch has none; list \"base\" among the packages");
    if (r->keys.count > 0)
        return stet_error_input(err, "keys: Arch recipes name a keyring file, in \"keyring\"");
    if (r->packages.count == 0)
        return stet_error_input(err,
                                "packages: an Arch recipe names what to install, such as base");
    return 0;
}

static bool looks_at_signatures(const struct stet_recipe *r)
{
    return r->siglevel != STET_SIGLEVEL_NEVER || r->database_siglevel != STET_SIGLEVEL_NEVER;
}

int stet_arch_complete_recipe(struct stet_recipe *r, struct stet_error *err)
{
    if (check_foreign_keys(r, err) < 0 || check_mirrors(r, err) < 0 ||
        check_repositories(r, err) < 0 || complete_architecture(r, err) < 0)
        return -1;
    if (r->repositories.count == 0 && (stet_strv_add(&r->repositories, "core", err) < 0 ||
                                       stet_strv_add(&r->repositories, "extra", err) < 0))
        return -1;
    if (!r->keyring && looks_at_signatures(r)) {
        r->keyring = stet_strdup("archlinux.gpg", err);
        return r->keyring ? 0 : -1;
    }
    return 0;
}

/* ---- filling the lock ---- */

static int fill_index(const struct stet_arch_repository *x, struct stet_lock *lock,
                      struct stet_error *err)
{
    struct stet_lock_index *out = stet_lock_add_index(lock, err);
    if (!out)
        return -1;
    out->suite = stet_strdup(x->name, err);
    out->mirror = stet_strdup(x->servers.items[x->from], err);
    out->url = stet_strdup(x->urls.items[x->from], err);
    out->release_url = stet_strdup(x->urls.items[x->from], err);
    if (!out->suite || !out->mirror || !out->url || !out->release_url)
        return -1;
    out->size = x->size;
    out->digest = out->release_digest = x->digest;
    out->release_date = x->date;
    if (lock->recipe.epoch_auto && (lock->index_count == 1 || x->date > lock->epoch))
        lock->epoch = x->date;
    return stet_strv_copy(&out->signed_by, &x->signed_by, err);
}

/* On every mirror, that of the database first. */
static int add_urls(const struct stet_arch_repository *x, const char *file, struct stet_strv *out,
                    struct stet_error *err)
{
    for (size_t i = 0; i < x->servers.count; i++) {
        size_t k = i == 0 ? x->from : i <= x->from ? i - 1 : i;
        _cleanup_free_ char *url = stet_distro_url(x->servers.items[k], file, err);
        if (!url || stet_strv_add(out, url, err) < 0)
            return -1;
    }
    return 0;
}

static int check_entry(const struct stet_solve_package *p, const struct stet_arch_repository *x,
                       struct stet_error *err)
{
    const char *database = x->urls.items[x->from];
    if (!p->has_digest)
        return stet_error_input(err, "package %s: %s gives no SHA-256 of it (%%SHA256SUM%%)",
                                p->name, database);
    if (!p->location || !*p->location || *p->location == '.' || strchr(p->location, '/'))
        return stet_error_input(err, "package %s: %s names no file of it (%%FILENAME%%)", p->name,
                                database);
    if (p->size == 0)
        return stet_error_input(err, "package %s: %s does not say how large it is (%%CSIZE%%)",
                                p->name, database);
    return 0;
}

static int add_candidate(const struct stet_solve_package *p, const struct stet_arch_repository *x,
                         size_t package, struct stet_arch_candidates *out, struct stet_error *err)
{
    if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    struct stet_arch_candidate *c = &out->items[out->count++];
    *c = (struct stet_arch_candidate){.package = package, .repository = x};
    if (!p->signature)
        return 0;
    _cleanup_free_ char *name = stet_format(
        err, "package %s of repository %s: its signature (%%PGPSIG%%)", p->name, x->name);
    c->signature.present = c->in_database = true;
    return name ? stet_openpgp_from_base64(p->signature, name, &c->signature.content, err) : -1;
}

static int fill_package(const struct stet_solve_package *p, const struct stet_arch_repository *x,
                        struct stet_lock *lock, struct stet_error *err)
{
    if (check_entry(p, x, err) < 0)
        return -1;
    struct stet_lock_package *out =
        stet_distro_lock_package(lock, p, p->requested ? "requested" : "dependency", err);
    if (!out)
        return -1;
    return add_urls(x, p->location, &out->urls, err);
}

/* ---- resolving ---- */

static int add_indexes(struct stet_solver *s, struct stet_arch_repositories *r,
                       struct stet_error *err)
{
    for (size_t i = 0; i < r->count; i++) {
        struct stet_arch_repository *x = &r->items[i];
        if (stet_solver_add_index(s, x->urls.items[x->from], stet_buffer_str(&x->text), x->text.len,
                                  (unsigned)i, err) < 0)
            return -1;
        x->date = stet_solver_index_date(s, (unsigned)i);
    }
    return 0;
}

static int fill_indexes(const struct stet_arch_repositories *r, struct stet_lock *lock,
                        struct stet_error *err)
{
    for (size_t i = 0; i < r->count; i++)
        if (fill_index(&r->items[i], lock, err) < 0)
            return -1;
    return 0;
}

static int fill_packages(const struct stet_solve_result *found,
                         const struct stet_arch_repositories *r, struct stet_lock *lock,
                         struct stet_arch_candidates *candidates, struct stet_error *err)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct stet_solve_package *p = &found->packages[i];
        const struct stet_arch_repository *x = &r->items[p->index_id];
        if (fill_package(p, x, lock, err) < 0)
            return -1;
        if (lock->recipe.siglevel != STET_SIGLEVEL_NEVER &&
            add_candidate(p, x, lock->package_count - 1, candidates, err) < 0)
            return -1;
    }
    return 0;
}

static int solve(const struct stet_resolve_context *ctx, struct stet_arch_repositories *r,
                 struct stet_lock *lock, struct stet_arch_candidates *candidates,
                 struct stet_error *err)
{
    struct stet_solve_result found = {NULL, 0};
    struct stet_solver *s = stet_solver_new(STET_SOLVE_ARCH, lock->recipe.architecture, err);
    int result = s ? add_indexes(s, r, err) : -1;
    if (result == 0)
        result = stet_arch_repositories_check_dates(ctx, r, err);
    if (result == 0)
        result = fill_indexes(r, lock, err);
    if (result == 0) {
        struct stet_solve_request request = {.install = &lock->recipe.packages};
        result = stet_solve(s, &request, &found, err);
    }
    if (result == 0)
        result = fill_packages(&found, r, lock, candidates, err);
    stet_solve_result_release(&found);
    stet_solver_free(s);
    return result;
}

/* ---- what to say of keys that have expired since ---- */

static int append(struct stet_strv *out, const struct stet_strv *more, struct stet_error *err)
{
    for (size_t i = 0; i < more->count; i++)
        if (stet_strv_add(out, more->items[i], err) < 0)
            return -1;
    return 0;
}

static int tell_expired_as_of(const struct stet_log *log, const struct stet_arch_repositories *r,
                              const struct stet_arch_candidates *c, int64_t as_of,
                              struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv keys = STET_STRV_INIT;
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    char date[STET_TIME_TEXT_MAX];
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].as_of == as_of && append(&keys, &r->items[i].expired, err) < 0)
            return -1;
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].repository->as_of == as_of && append(&keys, &c->items[i].expired, err) < 0)
            return -1;
    if (keys.count == 0)
        return 0;
    stet_strv_sort_unique(&keys);
    for (size_t i = 0; i < keys.count; i++)
        stet_buffer_addf(&text, "%s%s", i ? ", " : "", keys.items[i]);
    if (stet_buffer_check(&text, "telling of keys", err) < 0)
        return -1;
    stet_time_format(as_of, date);
    stet_log_message(
        log, STET_LOG_INFO,
        "signatures by keys that have expired since count as of %.10s, the date of the "
        "mirror: %s",
        date, stet_buffer_str(&text));
    return 0;
}

static int tell_expired(const struct stet_log *log, const struct stet_arch_repositories *r,
                        const struct stet_arch_candidates *c, struct stet_error *err)
{
    for (size_t i = 0; i < r->count; i++) {
        bool told = r->items[i].as_of == INT64_MIN;
        for (size_t k = 0; k < i && !told; k++)
            told = r->items[k].as_of == r->items[i].as_of;
        if (!told && tell_expired_as_of(log, r, c, r->items[i].as_of, err) < 0)
            return -1;
    }
    return 0;
}

int stet_arch_resolve(const struct stet_resolve_context *ctx, struct stet_lock *lock,
                      struct stet_error *err)
{
    struct stet_arch_keyring keyring = STET_ARCH_KEYRING_INIT;
    struct stet_arch_repositories repositories = {NULL, 0, 0};
    struct stet_arch_candidates candidates = {NULL, 0, 0};
    int result = 0;
    if (looks_at_signatures(&lock->recipe))
        result = stet_arch_keyring_open(ctx, &lock->recipe, &keyring, err);
    if (result == 0)
        result = stet_arch_repositories_get(ctx, &lock->recipe, &keyring, &repositories, err);
    if (result == 0)
        result = solve(ctx, &repositories, lock, &candidates, err);
    if (result == 0)
        result = stet_arch_signatures_check(ctx, &keyring, &candidates, lock, err);
    if (result == 0)
        result = tell_expired(ctx->log, &repositories, &candidates, err);
    stet_arch_candidates_release(&candidates);
    stet_arch_repositories_release(&repositories);
    stet_arch_keyring_release(&keyring);
    return result;
}
