#include <string.h>

#include "lib/recipe/check.h"
#include "lib/recipe/lock.h"
#include "lib/recipe/node.h"

/* where is the element ("packages"), member its member; s may be NULL only when optional. */
static int check_string(const char *where, size_t i, const char *member, const char *s,
                        bool optional, stet_recipe_check *check, struct stet_error *err)
{
    if (!s && optional)
        return 0;
    if (!s)
        return stet_error_input(err, "%s[%zu].%s: is missing", where, i, member);
    const char *why = check(s);
    return why ? stet_error_input(err, "%s[%zu].%s: '%s' %s", where, i, member,
                                  stet_recipe_show(s).text, why)
               : 0;
}

static int check_time(const char *what, int64_t t, struct stet_error *err)
{
    return t >= 0 && t <= STET_LOCK_TIME_MAX
               ? 0
               : stet_error_input(err, "%s: the time is not within the years 1970 to 9999", what);
}

static int check_size(const char *where, size_t i, uint64_t size, struct stet_error *err)
{
    return size <= (uint64_t)STET_LOCK_INTEGER_MAX
               ? 0
               : stet_error_input(err, "%s[%zu].size: is larger than 2^53 bytes", where, i);
}

static const char *check_base_url(const char *s)
{
    const char *why = stet_recipe_check_url(s);
    if (!why && s[strlen(s) - 1] == '/')
        return "ends in '/'";
    return why;
}

static int check_signers(const struct stet_strv *v, const char *where, size_t i, const char *member,
                         struct stet_error *err)
{
    for (size_t k = 0; k < v->count; k++) {
        if (check_string(where, i, member, v->items[k], false, stet_recipe_check_fingerprint, err) <
            0)
            return -1;
        if (k > 0 && strcmp(v->items[k - 1], v->items[k]) >= 0)
            return stet_error_input(err, "%s[%zu].%s: not in ascending order, each once", where, i,
                                    member);
    }
    return 0;
}

static int check_index(const struct stet_lock_index *x, size_t i, struct stet_error *err)
{
    static const char w[] = "indexes";
    if (check_string(w, i, "suite", x->suite, false, stet_recipe_check_suite, err) < 0 ||
        check_string(w, i, "component", x->component, true, stet_recipe_check_suite, err) < 0 ||
        check_string(w, i, "mirror", x->mirror, false, check_base_url, err) < 0 ||
        check_string(w, i, "url", x->url, false, stet_recipe_check_url, err) < 0 ||
        check_size(w, i, x->size, err) < 0 ||
        check_string(w, i, "release.url", x->release_url, false, stet_recipe_check_url, err) < 0 ||
        check_time("release.date", x->release_date, err) < 0)
        return -1;
    return check_signers(&x->signed_by, w, i, "release.signed-by", err);
}

static int check_urls(const struct stet_strv *v, size_t i, struct stet_error *err)
{
    if (v->count == 0)
        return stet_error_input(err, "packages[%zu].urls: is empty; a package needs one", i);
    for (size_t k = 0; k < v->count; k++)
        if (check_string("packages", i, "urls", v->items[k], false, stet_recipe_check_url, err) < 0)
            return -1;
    return 0;
}

static int check_validation(const struct stet_lock_package *p, size_t i, struct stet_error *err)
{
    static const char *const known[] = {"sha256", "pgp"};
    size_t next = 0;
    for (size_t k = 0; k < p->validation.count; k++) {
        while (next < 2 && strcmp(known[next], p->validation.items[k]) != 0)
            next++;
        if (next++ == 2)
            return stet_error_input(
                err, "packages[%zu].validation: is not of sha256 and pgp, in this order, each once",
                i);
    }
    bool signature = stet_strv_contains(&p->validation, "pgp");
    if (p->validation.count > 0 && signature != (p->signed_by.count > 0))
        return stet_error_input(
            err, "packages[%zu].validation: has pgp exactly when there is signed-by", i);
    return 0;
}

static int check_package(const struct stet_lock_package *p, size_t i, struct stet_error *err)
{
    static const char w[] = "packages";
    if (check_string(w, i, "name", p->name, false, stet_recipe_check_package, err) < 0 ||
        check_string(w, i, "version", p->version, false, stet_recipe_check_version, err) < 0 ||
        check_string(w, i, "architecture", p->architecture, false, stet_recipe_check_architecture,
                     err) < 0 ||
        check_size(w, i, p->size, err) < 0 || check_urls(&p->urls, i, err) < 0 ||
        check_string(w, i, "reason", p->reason, false, stet_recipe_check_reason, err) < 0 ||
        check_string(w, i, "needed-by", p->needed_by, true, stet_recipe_check_package, err) < 0)
        return -1;
    if (p->needed_by && strcmp(p->reason, "dependency") != 0)
        return stet_error_input(err, "packages[%zu].needed-by: only a dependency has it", i);
    if (check_signers(&p->signed_by, w, i, "signed-by", err) < 0)
        return -1;
    return check_validation(p, i, err);
}

/* From 0, without gaps: the number of stages bounds the work of building. */
static int check_stages(const struct stet_lock *l, struct stet_error *err)
{
    unsigned next = 0;
    for (size_t i = 0; i < l->package_count; i++) {
        unsigned stage = l->packages[i].stage;
        if (stage > next || stage + 1 < next)
            return stet_error_input(err,
                                    "packages[%zu].stage: %u does not follow; stages ascend from 0 "
                                    "without gaps",
                                    i, stage);
        next = stage + 1;
    }
    return 0;
}

static int compare_packages(const void *a, const void *b)
{
    const struct stet_lock_package *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order ? order : strcmp((*x)->architecture, (*y)->architecture);
}

static int check_unique(const struct stet_lock *l, struct stet_error *err)
{
    _cleanup_free_ const struct stet_lock_package **sorted = NULL;
    if (l->package_count < 2)
        return 0;
    sorted = calloc(l->package_count, sizeof *sorted);
    if (!sorted)
        return stet_error_oom(err, "checking a lock");
    for (size_t i = 0; i < l->package_count; i++)
        sorted[i] = &l->packages[i];
    qsort(sorted, l->package_count, sizeof *sorted, compare_packages);
    for (size_t i = 1; i < l->package_count; i++)
        if (compare_packages(&sorted[i - 1], &sorted[i]) == 0)
            return stet_error_input(err, "packages: %s (%s) is listed twice", sorted[i]->name,
                                    sorted[i]->architecture);
    return 0;
}

int stet_lock_check(const struct stet_lock *l, struct stet_error *err)
{
    if (check_time("epoch", l->epoch, err) < 0)
        return -1;
    for (size_t i = 0; i < l->index_count; i++)
        if (check_index(&l->indexes[i], i, err) < 0)
            return -1;
    for (size_t i = 0; i < l->package_count; i++)
        if (check_package(&l->packages[i], i, err) < 0)
            return -1;
    return check_stages(l, err) < 0 ? -1 : check_unique(l, err);
}
