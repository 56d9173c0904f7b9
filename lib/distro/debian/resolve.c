#include "lib/distro/debian/resolve.h"

#include <sys/utsname.h>

#include "lib/distro/common/index.h"
#include "lib/distro/debian/architecture.h"
#include "lib/distro/debian/archive.h"
#include "lib/solve/solve.h"

/* ---- completing a recipe ---- */

static const char *const architectures[] = {
    "amd64", "arm64", "armhf", "armel", "i386", "ppc64el", "riscv64", "s390x", "loong64", NULL,
};

/* The Debian name of what the kernel says it runs on, or NULL. */
static const char *machine_architecture(void)
{
    struct utsname u;
    if (uname(&u) < 0)
        return NULL;
    for (size_t i = 0; architectures[i]; i++) {
        const char *machine = stet_debian_machine(architectures[i]);
        if (machine && strcmp(machine, u.machine) == 0)
            return architectures[i];
    }
    return strncmp(u.machine, "armv8", 5) == 0 ? "armhf" : NULL;
}

static int complete_architecture(struct stet_recipe *r, struct stet_error *err)
{
    if (r->architecture) {
        if (stet_debian_machine(r->architecture))
            return 0;
        return stet_error_input(err,
                                "architecture: \"%s\" is not one that stet knows of Debian; "
                                "amd64, arm64, armhf, armel, i386, ppc64el, riscv64, s390x "
                                "and loong64 are",
                                r->architecture);
    }
    const char *own = machine_architecture();
    if (!own)
        return stet_error_input(err, "architecture: Debian has no name for this machine's; say "
                                     "which is meant in the recipe");
    r->architecture = stet_strdup(own, err);
    return r->architecture ? 0 : -1;
}

/* Words that become parts of paths and URLs. */
static bool is_plain_name(const char *s, const char *also)
{
    if (!*s || *s == '.' || *s == '-' || *s == '/')
        return false;
    for (const char *p = s; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
              strchr("+-._", *p) || strchr(also, *p)))
            return false;
    return strstr(s, "..") == NULL && strstr(s, "//") == NULL;
}

static int check_names(const struct stet_strv *v, const char *key, const char *also,
                       struct stet_error *err)
{
    for (size_t i = 0; i < v->count; i++)
        if (!is_plain_name(v->items[i], also))
            return stet_error_input(err, "%s: \"%s\" is not a name that Debian would use", key,
                                    v->items[i]);
    return 0;
}

static int check_recipe(const struct stet_recipe *r, struct stet_error *err)
{
    if (!r->suite)
        return stet_error_input(err, "suite: a Debian recipe needs one, such as \"trixie\"");
    if (!is_plain_name(r->suite, ""))
        return stet_error_input(err, "suite: \"%s\" is not the name of a suite", r->suite);
    if (r->keyring && *r->keyring != '/')
        return stet_error_input(err, "keyring: \"%s\" is not an absolute path", r->keyring);
    if (r->keys.count > 0)
        return stet_error_input(err, "keys: Debian recipes name a keyring file, in \"keyring\"");
    if (r->base && strcmp(r->base, "minbase") != 0 && strcmp(r->base, "essential") != 0)
        return stet_error_input(err,
                                "base: \"%s\" is not one of Debian's; essential and minbase "
                                "are",
                                r->base);
    if (check_names(&r->suites, "suites", "/", err) < 0 ||
        check_names(&r->components, "components", "/", err) < 0)
        return -1;
    return check_names(&r->packages, "packages", "=:~", err);
}

static int set_default(char **field, const char *value, struct stet_error *err)
{
    if (!*field)
        *field = stet_strdup(value, err);
    return *field ? 0 : -1;
}

static int set_default_list(struct stet_strv *field, const char *value, struct stet_error *err)
{
    return field->count > 0 ? 0 : stet_strv_add(field, value, err);
}

#define DEFAULT_KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

/*
 * Where the default keyring is missing under both of its names, this machine's own sources may
 * still say whom they trust; that is for "mirror: system" only.
 */
static int complete_keyring(struct stet_recipe *r, struct stet_error *err)
{
    bool system = stet_strv_contains(&r->mirrors, "system");
    bool missing = access(DEFAULT_KEYRING, F_OK) < 0 &&
                   access("/usr/share/keyrings/debian-archive-keyring.pgp", F_OK) < 0;
    if (system && missing)
        return 0;
    return set_default(&r->keyring, DEFAULT_KEYRING, err);
}

int stet_debian_complete_recipe(struct stet_recipe *r, struct stet_error *err)
{
    if (check_recipe(r, err) < 0 || complete_architecture(r, err) < 0 ||
        set_default(&r->base, "minbase", err) < 0 ||
        set_default_list(&r->components, "main", err) < 0 ||
        set_default_list(&r->mirrors, "system", err) < 0)
        return -1;
    return complete_keyring(r, err);
}

/* ---- what is asked of the solver ---- */

struct base_sets {
    struct stet_strv essential, required, favor, install;
};

static void base_sets_release(struct base_sets *b)
{
    stet_strv_release(&b->essential);
    stet_strv_release(&b->required);
    stet_strv_release(&b->favor);
    stet_strv_release(&b->install);
}

static int append(struct stet_strv *out, const struct stet_strv *more, struct stet_error *err)
{
    for (size_t i = 0; i < more->count; i++)
        if (stet_strv_add(out, more->items[i], err) < 0)
            return -1;
    return 0;
}

static int append_priority(struct stet_solver *s, const char *priority, struct stet_strv *out,
                           struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv names = STET_STRV_INIT;
    if (stet_solver_names_with(s, "Priority", priority, &names, err) < 0)
        return -1;
    return append(out, &names, err);
}

static int find_base_sets(struct stet_solver *s, const struct stet_recipe *r, struct base_sets *b,
                          struct stet_error *err)
{
    if (stet_solver_names_with(s, "Essential", "yes", &b->essential, err) < 0 ||
        stet_solver_names_with(s, "Priority", "required", &b->required, err) < 0 ||
        append(&b->favor, &b->required, err) < 0 ||
        append_priority(s, "important", &b->favor, err) < 0 ||
        append_priority(s, "standard", &b->favor, err) < 0)
        return -1;
    if (b->essential.count == 0)
        return stet_error_input(err,
                                "suite %s: it has no essential packages for %s; is the mirror "
                                "a whole archive?",
                                r->suite, r->architecture);
    if (append(&b->install, &b->essential, err) < 0)
        return -1;
    if (strcmp(r->base, "minbase") == 0 &&
        (append(&b->install, &b->required, err) < 0 || stet_strv_add(&b->install, "apt", err) < 0))
        return -1;
    return append(&b->install, &r->packages, err);
}

/* ---- filling the lock ---- */

static int fill_index(const struct stet_debian_index *x, struct stet_lock *lock,
                      struct stet_error *err)
{
    struct stet_lock_index *out = stet_lock_add_index(lock, err);
    if (!out)
        return -1;
    out->suite = stet_strdup(x->archive->pocket->suite, err);
    out->component = stet_strdup(x->component, err);
    out->mirror = stet_strdup(x->archive->mirror, err);
    out->url = stet_strdup(x->url, err);
    out->release_url = stet_strdup(x->archive->url, err);
    if (!out->suite || !out->component || !out->mirror || !out->url || !out->release_url)
        return -1;
    out->size = x->size;
    out->digest = x->digest;
    out->release_digest = x->archive->digest;
    out->release_date = x->archive->release.date;
    if (lock->recipe.epoch_auto && (lock->index_count == 1 || out->release_date > lock->epoch))
        lock->epoch = out->release_date;
    return stet_strv_copy(&out->signed_by, &x->archive->signed_by, err);
}

static int add_url(const char *mirror, const char *location, struct stet_strv *out,
                   struct stet_error *err)
{
    _cleanup_free_ char *url = stet_distro_url(mirror, location, err);
    return url ? stet_strv_add(out, url, err) : -1;
}

static bool names_package(const char *request, const char *name)
{
    size_t len = strcspn(request, "=:");
    return strlen(name) == len && memcmp(request, name, len) == 0;
}

static const char *reason_of(const struct stet_solve_package *p, const struct base_sets *b,
                             const struct stet_recipe *r)
{
    bool minbase = strcmp(r->base, "minbase") == 0;
    if (stet_strv_contains(&b->essential, p->name))
        return "essential";
    if (minbase && stet_strv_contains(&b->required, p->name))
        return "required";
    if (minbase && strcmp(p->name, "apt") == 0)
        return "base";
    for (size_t i = 0; i < r->packages.count; i++)
        if (names_package(r->packages.items[i], p->name))
            return "requested";
    /* Asked for by the name of a virtual package, which it alone provides. */
    return p->requested ? "requested" : "dependency";
}

static int fill_package(const struct stet_solve_package *p, const struct base_sets *b,
                        const struct stet_debian_indexes *indexes, struct stet_lock *lock,
                        struct stet_error *err)
{
    const struct stet_debian_index *index = &indexes->items[p->index_id];
    const char *reason = reason_of(p, b, &lock->recipe);
    if (!p->has_digest)
        return stet_error_input(err, "package %s: %s gives no SHA256 of it", p->name, index->url);
    struct stet_lock_package *out = stet_distro_lock_package(lock, p, reason, err);
    if (!out)
        return -1;
    for (size_t i = 0; i < index->mirrors.count; i++)
        if (add_url(index->mirrors.items[i], p->location, &out->urls, err) < 0)
            return -1;
    return 0;
}

static int fill_packages(const struct stet_solve_result *result, const struct base_sets *b,
                         const struct stet_debian_indexes *indexes, struct stet_lock *lock,
                         struct stet_error *err)
{
    for (size_t i = 0; i < result->count; i++)
        if (fill_package(&result->packages[i], b, indexes, lock, err) < 0)
            return -1;
    return 0;
}

/* ---- resolving ---- */

static int add_indexes(struct stet_solver *s, const struct stet_debian_indexes *indexes,
                       struct stet_error *err)
{
    for (size_t i = 0; i < indexes->count; i++) {
        const struct stet_debian_index *x = &indexes->items[i];
        if (stet_solver_add_index(s, x->url, stet_buffer_str(&x->text), x->text.len, (unsigned)i,
                                  err) < 0)
            return -1;
    }
    return 0;
}

static int solve(const struct stet_debian_indexes *indexes, struct stet_lock *lock,
                 struct stet_error *err)
{
    const struct stet_recipe *r = &lock->recipe;
    struct base_sets base = {STET_STRV_INIT, STET_STRV_INIT, STET_STRV_INIT, STET_STRV_INIT};
    struct stet_solve_result found = {NULL, 0};
    struct stet_solver *s = stet_solver_new(STET_SOLVE_DEBIAN, r->architecture, err);
    int result = s ? add_indexes(s, indexes, err) : -1;
    if (result == 0)
        result = find_base_sets(s, r, &base, err);
    if (result == 0) {
        struct stet_solve_request request = {
            .install = &base.install, .favor = &base.favor, .first = &base.essential};
        result = stet_solve(s, &request, &found, err);
    }
    if (result == 0)
        result = fill_packages(&found, &base, indexes, lock, err);
    stet_solve_result_release(&found);
    base_sets_release(&base);
    stet_solver_free(s);
    return result;
}

static int fill_indexes(const struct stet_debian_indexes *indexes, struct stet_lock *lock,
                        struct stet_error *err)
{
    for (size_t i = 0; i < indexes->count; i++)
        if (fill_index(&indexes->items[i], lock, err) < 0)
            return -1;
    return 0;
}

static int find_pockets(const struct stet_resolve_context *ctx, const struct stet_recipe *r,
                        struct stet_debian_pockets *out, struct stet_error *err)
{
    struct stet_debian_entries entries = {NULL, 0, 0};
    int result = 0;
    if (stet_strv_contains(&r->mirrors, "system"))
        result = stet_debian_sources_read(ctx->apt_root, &entries, err);
    if (result == 0)
        result = stet_debian_pockets_of(r, &entries, out, err);
    stet_debian_entries_release(&entries);
    return result;
}

int stet_debian_resolve(const struct stet_resolve_context *ctx, struct stet_lock *lock,
                        struct stet_error *err)
{
    struct stet_debian_pockets pockets = {NULL, 0, 0};
    struct stet_debian_archives archives = {NULL, 0, 0};
    struct stet_debian_indexes indexes = {NULL, 0, 0};
    const struct stet_recipe *r = &lock->recipe;
    int result = find_pockets(ctx, r, &pockets, err);
    if (result == 0)
        result = stet_debian_archives_get(ctx, r, &pockets, &archives, err);
    if (result == 0)
        result = stet_debian_indexes_get(ctx, r, &archives, &indexes, err);
    if (result == 0)
        result = fill_indexes(&indexes, lock, err);
    if (result == 0)
        result = solve(&indexes, lock, err);
    stet_debian_indexes_release(&indexes);
    stet_debian_archives_release(&archives);
    stet_debian_pockets_release(&pockets);
    return result;
}
