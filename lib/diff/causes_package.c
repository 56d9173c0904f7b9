/*
 * causes_package - packages that differ as a whole: one finding for each, and not one for each of their files.
 */
#include "lib/diff/causes.h"

/* A finding of a package. */
struct member {
    const char *package; /* borrowed from the evidence, or kept in names */
    size_t index;
};
struct members {
    struct member *items;
    size_t count, cap;
};

static int add(struct members *m, const char *package, size_t index, struct stet_error *err)
{
    if (stet_grow(&m->items, &m->cap, m->count + 1, sizeof *m->items, err) < 0)
        return -1;
    m->items[m->count++] = (struct member){package, index};
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = strcmp(x->package, y->package);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* ---- which packages ---- */

/* Has the database of s a package of this name? packages is sorted, each begins with the name and a blank. */
static bool has(const struct diff_side *s, const char *package)
{
    size_t low = 0, high = s->packages.count, n = strlen(package);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *item = s->packages.items[middle];
        int order = strncmp(item, package, n);
        if (order == 0)
            order = (unsigned char)item[n] < ' ' ? -1 : item[n] > ' ';
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool other_version(const struct diff *d, const char *package)
{
    const char *a = stet_diff_evidence_version(&d->side[0], package),
               *b = stet_diff_evidence_version(&d->side[1], package);
    return a && b && strcmp(a, b) != 0;
}

static bool one_sided(const struct diff *d, const char *package)
{
    bool a = has(&d->side[0], package), b = has(&d->side[1], package);
    return a != b && d->side[0].packages.count > 0 && d->side[1].packages.count > 0;
}

/* The package by which the finding is explained; NULL: none. */
static const char *package_of(const struct diff *d, const struct stet_finding *f, const char *path)
{
    const char *owners[2] = {stet_diff_evidence_owner(&d->side[0], path),
                             stet_diff_evidence_owner(&d->side[1], path)};
    /* Packages are renamed, too. */
    bool moved = owners[0] && owners[1] && strcmp(owners[0], owners[1]) != 0;
    bool lost = !f->a != !f->b;
    for (int side = 0; side < 2; side++) {
        const char *package = owners[side];
        if (package && (other_version(d, package) || ((lost || moved) && one_sided(d, package))))
            return package;
    }
    return NULL;
}

/* The package that a finding of a database is about: of "name: Version" and "package name:arch", the name and what follows;
 * NULL: none. */
static const char *told_package(const struct stet_finding *f)
{
    static const char noun[] = "package ";
    if (f->level != STET_DIFF_CONTENT ||
        (!strstr(f->path, "lib/dpkg/") && !strstr(f->path, "lib/apk/db/")))
        return NULL;
    if (strncmp(f->what, noun, sizeof noun - 1) == 0)
        return f->what + sizeof noun - 1;
    return f->cause == STET_CAUSE_PACKAGE_VERSION ? f->what : NULL;
}

/* What may be a secret stays a finding of its own, and so does what the database says. */
static bool may_be_told_with_package(const struct stet_finding *f)
{
    return f->level >= STET_DIFF_ARCHIVE && f->path[0] != '\0' &&
           !stet_diff_cause_info(f->cause)->loud && !told_package(f);
}

static int find_members(struct diff *d, struct members *out, struct stet_error *err)
{
    struct stet_diff_result *r = d->result;
    char path[4096];
    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        size_t n = strcspn(f->path, "!");
        if (n >= sizeof path || !may_be_told_with_package(f))
            continue;
        memcpy(path, f->path, n);
        path[n] = '\0';
        const char *package = package_of(d, f, path);
        if (package && add(out, package, i, err) < 0)
            return -1;
    }
    if (out->count > 0)
        qsort(out->items, out->count, sizeof *out->items, compare);
    return 0;
}

/* ---- telling ---- */

/* Names end where a ':', a blank or the string does. */
static int compare_told(const char *a, const char *b)
{
    size_t n = strcspn(a, ": "), m = strcspn(b, ": ");
    int order = memcmp(a, b, n < m ? n : m);
    return order ? order : (n > m) - (n < m);
}

static int compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = compare_told(x->package, y->package);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int find_told(struct stet_diff_result *r, struct members *out, struct stet_error *err)
{
    for (size_t i = 0; i < r->count; i++) {
        const char *package = told_package(&r->findings[i]);
        if (package && add(out, package, i, err) < 0)
            return -1;
    }
    if (out->count > 0)
        qsort(out->items, out->count, sizeof *out->items, compare_members);
    return 0;
}

/* The first finding by which a comparator told of the package itself; NULL: none. */
static struct stet_finding *find_database(struct stet_diff_result *r, const struct members *told,
                                          const char *package)
{
    size_t low = 0, high = told->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_told(told->items[middle].package, package) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == told->count || compare_told(told->items[low].package, package) != 0)
        return NULL;
    return &r->findings[told->items[low].index];
}

static int say(struct stet_finding *f, const struct diff *d, const char *package,
               struct stet_error *err)
{
    if (!f->package && !(f->package = stet_diff_shared_new(package, err)))
        return -1;
    if (other_version(d, package))
        return stet_diff_because(f, STET_CAUSE_PACKAGE_VERSION, STET_DIFF_CERTAIN, err,
                                 "the databases name two versions of the package");
    return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err,
                             "only the %s has the package",
                             has(&d->side[0], package) ? "first" : "second");
}

static int replace(char **to, const char *value, struct stet_error *err)
{
    char *copy = value ? stet_diff_shared_new(value, err) : NULL;
    if (value && !copy)
        return -1;
    stet_diff_shared_release(*to);
    *to = copy;
    return 0;
}

/* Makes of a package's first finding the one of the package. */
static int make_host(struct stet_finding *f, const struct diff *d, const char *package,
                     struct stet_error *err)
{
    _cleanup_free_ char *what = stet_format(err, "package %s", package);
    if (!what || replace(&f->what, what, err) < 0 || replace(&f->format, "package", err) < 0 ||
        replace(&f->a,
                has(&d->side[0], package) ? stet_diff_evidence_version(&d->side[0], package) : NULL,
                err) < 0 ||
        replace(&f->b,
                has(&d->side[1], package) ? stet_diff_evidence_version(&d->side[1], package) : NULL,
                err) < 0)
        return -1;
    free(f->detail);
    f->detail = NULL;
    return 0;
}

/* "path: what, what" for the findings of each path, as detail of host. */
static int list(struct stet_finding *host, const struct stet_diff_result *r, const struct member *m,
                size_t count, struct stet_error *err)
{
    _cleanup_free_ char *head =
        stet_format(err, "%zu difference%s in files of the package:", count, count == 1 ? "" : "s");
    if (!head || stet_diff_detail(host, '@', head, strlen(head), err) < 0)
        return -1;
    for (size_t i = 0; i < count;) {
        const struct stet_finding *f = &r->findings[m[i].index];
        _cleanup_buffer_ struct stet_buffer line = STET_BUFFER_INIT;
        stet_buffer_addf(&line, "%s: %s", f->path, f->what);
        size_t k = i + 1;
        for (; k < count && strcmp(r->findings[m[k].index].path, f->path) == 0; k++)
            if (line.len < 300)
                stet_buffer_addf(&line, ", %s", r->findings[m[k].index].what);
        if (stet_buffer_check(&line, "the files of a package", err) < 0 ||
            stet_diff_detail(host, ' ', line.data, line.len, err) < 0)
            return -1;
        i = k;
    }
    return 0;
}

/* One package: its findings become one. Those that go have no path afterwards. */
static int fold(struct diff *d, const struct members *told, const struct member *m, size_t count,
                struct stet_error *err)
{
    struct stet_diff_result *r = d->result;
    struct stet_finding *host = find_database(r, told, m[0].package),
                        *first = &r->findings[m[0].index];
    struct stet_finding made = {0};
    if (!host) {
        made = *first; /* until the list is written, the findings must stay */
        made.path = stet_diff_shared_new(first->path, err);
        made.format = made.what = made.a = made.b = made.detail = made.evidence = made.package =
            NULL;
        if (!made.path || make_host(&made, d, m[0].package, err) < 0) {
            stet_diff_finding_release(&made);
            return -1;
        }
    }
    struct stet_finding *to = host ? host : &made;
    if (list(to, r, m, count, err) < 0 || say(to, d, m[0].package, err) < 0) {
        stet_diff_finding_release(&made);
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        stet_diff_finding_release(&r->findings[m[i].index]);
    if (!host)
        *first = made;
    return 0;
}

static void close_gaps(struct stet_diff_result *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!r->findings[i].path)
            continue;
        if (n != i) {
            r->findings[n] = r->findings[i];
            r->findings[i] = (struct stet_finding){0};
        }
        n++;
    }
    r->count = n;
}

/* What a database says of a package that is there in another version: "busybox: files". */
static int tell_versions(struct diff *d, struct stet_error *err)
{
    struct stet_diff_result *r = d->result;
    char name[256];
    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        size_t n = strcspn(f->what, ":");
        if (f->cause != STET_CAUSE_UNEXPLAINED || f->what[n] != ':' || n >= sizeof name ||
            !strstr(f->path, "lib/apk/db/"))
            continue;
        memcpy(name, f->what, n);
        name[n] = '\0';
        if (other_version(d, name) && say(f, d, name, err) < 0)
            return -1;
    }
    return 0;
}

/* What the databases say of the paths of the findings that stay. */
static int name_packages(struct diff *d, struct stet_error *err)
{
    struct stet_diff_result *r = d->result;
    char path[4096];
    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        size_t n = strcspn(f->path, "!");
        if (f->package || n == 0 || n >= sizeof path)
            continue;
        memcpy(path, f->path, n);
        path[n] = '\0';
        const char *a = stet_diff_evidence_owner(&d->side[0], path),
                   *b = stet_diff_evidence_owner(&d->side[1], path);
        if ((a || b) && !(f->package = stet_diff_recent(&d->recent, a ? a : b, err)))
            return -1;
    }
    return 0;
}

/* The name in "lock!packages[NAME].version", as a lock, a list of materials or the like says it; false: there is none. */
static bool listed_package(const char *what, char out[256])
{
    static const char key[] = "packages[";
    const char *p = strstr(what, key), *end = p ? strchr(p, ']') : NULL;

    if (!end || (size_t)(end - p) - strlen(key) >= 256)
        return false;
    p += strlen(key);
    memcpy(out, p, (size_t)(end - p));
    out[end - p] = '\0';
    return end > p;
}

/* What documents say of packages that the databases have in other versions, or on one side. */
static int tell_listed(struct diff *d, struct stet_error *err)
{
    struct stet_diff_result *r = d->result;
    char package[256];

    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        if (f->cause != STET_CAUSE_UNEXPLAINED || strcmp(f->format, "json") != 0 ||
            !listed_package(f->what, package))
            continue;
        if ((other_version(d, package) || one_sided(d, package)) && say(f, d, package, err) < 0)
            return -1;
    }
    return 0;
}

int stet_cause_by_package(struct causes *c, struct stet_error *err)
{
    struct diff *d = c->d;
    struct members m = {0}, told = {0};
    int rc = find_members(d, &m, err);
    if (rc == 0 && m.count > 0)
        rc = find_told(d->result, &told, err);
    for (size_t i = 0; rc == 0 && i < m.count;) {
        size_t k = i + 1;
        while (k < m.count && strcmp(m.items[k].package, m.items[i].package) == 0)
            k++;
        rc = fold(d, &told, m.items + i, k - i, err);
        i = k;
    }
    free(m.items);
    free(told.items);
    close_gaps(d->result);
    return rc < 0 || tell_versions(d, err) < 0 || tell_listed(d, err) < 0 ? -1
                                                                          : name_packages(d, err);
}
