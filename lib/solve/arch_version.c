/*
 * Versions as libalpm orders them (alpm_pkg_vercmp, pacman 7.1; vercmp(8)), and what satisfies a
 * relation.
 */
#include "lib/solve/arch.h"

struct slice {
    const char *data;
    size_t len;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(char c)
{
    return !is_digit(c) && !is_letter(c);
}

static size_t count_while(struct slice s, size_t from, bool (*is)(char))
{
    size_t n = 0;
    while (from + n < s.len && is(s.data[from + n]))
        n++;
    return n;
}

static int compare_bytes(struct slice a, struct slice b)
{
    int c = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

static struct slice without_zeros(struct slice s)
{
    while (s.len > 0 && *s.data == '0') {
        s.data++;
        s.len--;
    }
    return s;
}

static int compare_numbers(struct slice a, struct slice b)
{
    a = without_zeros(a);
    b = without_zeros(b);
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return compare_bytes(a, b);
}

/* One of them, or both, has an end at i or j. Letters that are left over come before the end ("1rc"
 * before "1"), anything else after it. */
static int compare_ends(struct slice a, size_t i, struct slice b, size_t j)
{
    if (i == a.len && j == b.len)
        return 0;
    if (i == a.len)
        return is_letter(b.data[j]) ? 1 : -1;
    return is_letter(a.data[i]) ? -1 : 1;
}

/*
 * Compares run by run of digits or letters. A longer separator is newer, and so is a number
 * against letters.
 */
static int compare_parts(struct slice a, struct slice b)
{
    size_t i = 0, j = 0;
    if (compare_bytes(a, b) == 0)
        return 0;
    while (i < a.len && j < b.len) {
        size_t gap_a = count_while(a, i, is_separator), gap_b = count_while(b, j, is_separator);
        i += gap_a;
        j += gap_b;
        if (i == a.len || j == b.len)
            break;
        if (gap_a != gap_b)
            return gap_a < gap_b ? -1 : 1;
        bool number = is_digit(a.data[i]);
        bool (*is)(char) = number ? is_digit : is_letter;
        struct slice x = {a.data + i, count_while(a, i, is)};
        struct slice y = {b.data + j, count_while(b, j, is)};
        if (y.len == 0)
            return number ? 1 : -1;
        int c = number ? compare_numbers(x, y) : compare_bytes(x, y);
        if (c)
            return c;
        i += x.len;
        j += y.len;
    }
    return compare_ends(a, i, b, j);
}

struct parts {
    struct slice epoch, version, release;
    bool has_release;
};

/* [EPOCH:]VERSION[-RELEASE]; no epoch is 0. */
static struct parts split(struct slice text)
{
    size_t digits = count_while(text, 0, is_digit);
    struct parts p = {.epoch = {"0", 1}, .version = text};
    if (digits < text.len && text.data[digits] == ':') {
        if (digits > 0)
            p.epoch = (struct slice){text.data, digits};
        p.version = (struct slice){text.data + digits + 1, text.len - digits - 1};
    }
    const char *dash = memrchr(p.version.data, '-', p.version.len);
    if (dash) {
        p.has_release = true;
        p.release = (struct slice){dash + 1, (size_t)(p.version.data + p.version.len - dash - 1)};
        p.version.len = (size_t)(dash - p.version.data);
    }
    return p;
}

static int compare_versions(struct slice a, struct slice b)
{
    struct parts x = split(a), y = split(b);
    int c = compare_parts(x.epoch, y.epoch);
    if (c == 0)
        c = compare_parts(x.version, y.version);
    if (c == 0 && x.has_release && y.has_release)
        c = compare_parts(x.release, y.release);
    return c;
}

static struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

int stet_solve_arch_vercmp(const char *a, const char *b)
{
    return compare_versions(slice_of(a), slice_of(b));
}

/* ---- relations ---- */

/* The first of these operators that is anywhere in the text counts, in this order. */
size_t stet_solve_arch_split(const char *text, int *flags, const char **version, const char **end)
{
    static const struct {
        char sign;
        int flag;
    } operators[] = {{'<', REL_LT}, {'>', REL_GT}, {'=', REL_EQ}};
    const char *colon = strstr(text, ": ");
    size_t len = colon ? (size_t)(colon - text) : strlen(text);
    *end = text + len;
    *flags = 0;
    *version = NULL;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        const char *at = memchr(text, operators[i].sign, len);
        if (!at)
            continue;
        bool equal = operators[i].sign != '=' && at + 1 < *end && at[1] == '=';
        *flags = operators[i].flag | (equal ? REL_EQ : 0);
        *version = at + 1 + equal;
        return (size_t)(at - text);
    }
    return len;
}

struct arch_relation stet_solve_arch_relation(Pool *pool, Id dep)
{
    if (!ISRELDEP(dep))
        return (struct arch_relation){dep, 0, NULL};
    const Reldep *rd = GETRELDEP(pool, dep);
    return (struct arch_relation){rd->name, rd->flags, pool_id2str(pool, rd->evr)};
}

static bool suits(struct slice version, int flags, struct slice wanted)
{
    if (flags == 0)
        return true;
    int c = compare_versions(version, wanted);
    return flags & (c < 0 ? REL_LT : c > 0 ? REL_GT : REL_EQ);
}

static bool accepts(const struct arch_relation *r, const char *version)
{
    return r->flags == 0 || suits(slice_of(version), r->flags, slice_of(r->version));
}

bool stet_solve_arch_is(Pool *pool, Id p, const struct arch_relation *r)
{
    const Solvable *s = pool->solvables + p;
    return s->name == r->name && accepts(r, pool_id2str(pool, s->evr));
}

/* A package is among its own provisions. Of provisions with a version only "NAME=VERSION" counts
 * where a version is asked for. */
bool stet_solve_arch_satisfies(Pool *pool, Id p, const struct arch_relation *r)
{
    const Solvable *s = pool->solvables + p;
    for (const Id *id = s->repo->idarraydata + s->provides; *id; id++) {
        struct arch_relation has = stet_solve_arch_relation(pool, *id);
        if (has.name != r->name)
            continue;
        if (r->flags == 0 || (has.flags == REL_EQ && accepts(r, has.version)))
            return true;
    }
    return false;
}

/* ---- the same from texts ---- */

struct text_relation {
    struct slice name, version;
    int flags;
};

static struct text_relation read_relation(const char *text)
{
    const char *version, *end;
    struct text_relation r = {{text, 0}, {"", 0}, 0};
    r.name.len = stet_solve_arch_split(text, &r.flags, &version, &end);
    if (version)
        r.version = (struct slice){version, (size_t)(end - version)};
    return r;
}

bool stet_solve_arch_satisfied(const char *dependency, const char *name, const char *version,
                               const struct stet_strv *provides)
{
    struct text_relation r = read_relation(dependency);
    if (compare_bytes(slice_of(name), r.name) == 0 && suits(slice_of(version), r.flags, r.version))
        return true;
    for (size_t i = 0; i < provides->count; i++) {
        struct text_relation has = read_relation(provides->items[i]);
        if (compare_bytes(has.name, r.name) == 0 &&
            (r.flags == 0 || (has.flags == REL_EQ && suits(has.version, r.flags, r.version))))
            return true;
    }
    return false;
}
