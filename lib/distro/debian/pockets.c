/*
 * From a recipe to the suites to use. The rules are written down in docs/debian.md, "Sources".
 */
#include "lib/distro/debian/sources.h"

/* The names that Debian gives its releases; a recipe's own suite counts as well. */
static const char *const releases[] = {
    "stable",   "oldstable", "oldoldstable", "testing", "unstable", "experimental",
    "rc-buggy", "wheezy",    "jessie",       "stretch", "buster",   "bullseye",
    "bookworm", "trixie",    "forky",        "duke",    "sid",      NULL,
};
/* Releases without -updates and -security. */
static const char *const rolling[] = {"unstable", "sid", "experimental", "rc-buggy", NULL};
/* Releases whose security suite is called "NAME/updates". */
static const char *const slashed[] = {"wheezy", "jessie", "stretch", "buster", NULL};

/* Endings of suite names. Longer ones first: "-updates" also ends "-proposed-updates". */
static const char *const endings[] = {
    "-proposed-updates", "-backports-sloppy", "-backports", "-updates", "-security", "/updates", "",
};

static bool listed(const char *const *list, const char *name, size_t len)
{
    for (size_t i = 0; list[i]; i++)
        if (strlen(list[i]) == len && memcmp(list[i], name, len) == 0)
            return true;
    return false;
}

/* Takes "trixie-updates" apart: the length of the release's name and the ending. False when it is
 * no suite of Debian or of own. */
static bool split_suite(const char *suite, const char *own, size_t *release_len,
                        const char **ending)
{
    size_t len = strlen(suite);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (len <= n || strcmp(suite + len - n, endings[i]) != 0)
            continue;
        if (!listed(releases, suite, len - n) &&
            !(strlen(own) == len - n && memcmp(own, suite, len - n) == 0))
            continue;
        *release_len = len - n;
        *ending = strcmp(endings[i], "/updates") == 0 ? "-security" : endings[i];
        return true;
    }
    return false;
}

static void pocket_release(struct stet_debian_pocket *p)
{
    free(p->suite);
    stet_strv_release(&p->mirrors);
    stet_strv_release(&p->signers.files);
    free(p->signers.key);
}

void stet_debian_pockets_release(struct stet_debian_pockets *p)
{
    for (size_t i = 0; i < p->count; i++)
        pocket_release(&p->items[i]);
    free(p->items);
    *p = (struct stet_debian_pockets){NULL, 0, 0};
}

/* ---- which suites ---- */

static int add_pocket(struct stet_debian_pockets *out, const char *suite, bool required,
                      struct stet_error *err)
{
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->items[i].suite, suite) == 0)
            return 0;
    if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    struct stet_debian_pocket *p = &out->items[out->count];
    *p = (struct stet_debian_pocket){.required = required};
    p->suite = stet_strdup(suite, err);
    if (!p->suite)
        return -1;
    out->count++;
    return 0;
}

static int add_default_pockets(const char *suite, struct stet_debian_pockets *out,
                               struct stet_error *err)
{
    bool slash = listed(slashed, suite, strlen(suite));
    if (listed(rolling, suite, strlen(suite)))
        return 0;
    _cleanup_free_ char *updates = stet_format(err, "%s-updates", suite);
    _cleanup_free_ char *security =
        stet_format(err, "%s%s", suite, slash ? "/updates" : "-security");
    if (!updates || !security || add_pocket(out, updates, false, err) < 0)
        return -1;
    return add_pocket(out, security, false, err);
}

static int name_pockets(const struct stet_recipe *r, struct stet_debian_pockets *out,
                        struct stet_error *err)
{
    if (add_pocket(out, r->suite, true, err) < 0)
        return -1;
    if (!r->suites_given)
        return add_default_pockets(r->suite, out, err);
    for (size_t i = 0; i < r->suites.count; i++)
        if (add_pocket(out, r->suites.items[i], true, err) < 0)
            return -1;
    return 0;
}

/* ---- which mirrors ---- */

static int add_mirror(struct stet_strv *out, const char *mirror, struct stet_error *err)
{
    size_t len = strlen(mirror);
    while (len > 0 && mirror[len - 1] == '/')
        len--;
    _cleanup_free_ char *plain = stet_format(err, "%.*s", (int)len, mirror);
    if (!plain)
        return -1;
    return stet_strv_contains(out, plain) ? 0 : stet_strv_add(out, plain, err);
}

static int add_mirrors(struct stet_strv *out, const struct stet_strv *mirrors,
                       struct stet_error *err)
{
    for (size_t i = 0; i < mirrors->count; i++)
        if (add_mirror(out, mirrors->items[i], err) < 0)
            return -1;
    return 0;
}

static bool serves(const struct stet_debian_entry *e, const char *architecture)
{
    return e->architectures.count == 0 || stet_strv_contains(&e->architectures, architecture);
}

/* Does the machine have entries of this very release? Then others do not stand in for it. */
static bool has_release(const struct stet_recipe *r, const struct stet_debian_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        for (size_t k = 0; k < entries->items[i].suites.count; k++) {
            size_t len;
            const char *ending;
            if (serves(&entries->items[i], r->architecture) &&
                split_suite(entries->items[i].suites.items[k], r->suite, &len, &ending) &&
                strlen(r->suite) == len &&
                memcmp(entries->items[i].suites.items[k], r->suite, len) == 0)
                return true;
        }
    return false;
}

struct search {
    const struct stet_recipe *recipe;
    const struct stet_debian_entries *entries;
    bool own_release; /* only entries of the recipe's release count */
};

static bool entry_has(const struct search *s, const struct stet_debian_entry *e, const char *ending)
{
    const char *own = s->recipe->suite, *found;
    size_t len;
    if (!serves(e, s->recipe->architecture) || e->uris.count == 0)
        return false;
    for (size_t i = 0; i < e->suites.count; i++) {
        const char *suite = e->suites.items[i];
        if (!split_suite(suite, own, &len, &found) || strcmp(found, ending) != 0)
            continue;
        if (!s->own_release || (strlen(own) == len && memcmp(own, suite, len) == 0))
            return true;
    }
    return false;
}

/* The mirrors of all entries that carry pockets with this ending; signers of the first. */
static int find_mirrors(const struct search *s, const char *ending, struct stet_debian_pocket *out,
                        struct stet_error *err)
{
    for (size_t i = 0; i < s->entries->count; i++) {
        const struct stet_debian_entry *e = &s->entries->items[i];
        if (!entry_has(s, e, ending))
            continue;
        if (out->mirrors.count == 0 &&
            stet_strv_copy(&out->signers.files, &e->signers.files, err) < 0)
            return -1;
        if (out->mirrors.count == 0 && e->signers.key && !out->signers.key) {
            out->signers.key = stet_strdup(e->signers.key, err);
            if (!out->signers.key)
                return -1;
        }
        if (add_mirrors(&out->mirrors, &e->uris, err) < 0)
            return -1;
    }
    return 0;
}

static int fill_from_system(const struct search *s, struct stet_debian_pocket *p,
                            struct stet_error *err)
{
    size_t len;
    const char *ending = "";
    (void)split_suite(p->suite, s->recipe->suite, &len, &ending);
    if (find_mirrors(s, ending, p, err) < 0)
        return -1;
    /* A suite that the recipe asks for by name is where the release itself is, when the machine
     * does not say. */
    if (p->mirrors.count == 0 && p->required)
        return find_mirrors(s, "", p, err);
    return 0;
}

static void drop_pocket(struct stet_debian_pockets *p, size_t i)
{
    pocket_release(&p->items[i]);
    p->count--;
    memmove(&p->items[i], &p->items[i + 1], (p->count - i) * sizeof *p->items);
}

static int fill_all_from_system(const struct stet_recipe *r,
                                const struct stet_debian_entries *entries,
                                struct stet_debian_pockets *out, struct stet_error *err)
{
    struct search s = {r, entries, has_release(r, entries)};
    for (size_t i = 0; i < out->count;) {
        if (fill_from_system(&s, &out->items[i], err) < 0)
            return -1;
        if (out->items[i].mirrors.count > 0) {
            i++;
            continue;
        }
        if (out->items[i].required)
            return stet_error_input(err,
                                    "mirror: system: this machine's apt sources have no Debian "
                                    "archive for %s; give the recipe the URL of a mirror",
                                    r->architecture);
        drop_pocket(out, i);
    }
    return 0;
}

int stet_debian_pockets_of(const struct stet_recipe *r, const struct stet_debian_entries *entries,
                           struct stet_debian_pockets *out, struct stet_error *err)
{
    if (name_pockets(r, out, err) < 0)
        return -1;
    if (r->mirrors.count == 1 && strcmp(r->mirrors.items[0], "system") == 0)
        return fill_all_from_system(r, entries, out, err);
    for (size_t i = 0; i < out->count; i++)
        if (add_mirrors(&out->items[i].mirrors, &r->mirrors, err) < 0)
            return -1;
    return 0;
}
