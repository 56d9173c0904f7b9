#include "lib/distro/arch/version.h"

#include <fnmatch.h>
#include <string.h>

/* A part of a text. */
struct span {
    const char *at, *end;
};

static struct span span_of(const char *text)
{
    return (struct span){text, text + strlen(text)};
}

static bool is_empty(struct span s)
{
    return s.at == s.end;
}

static bool span_equal(struct span a, struct span b)
{
    size_t len = (size_t)(a.end - a.at);
    return len == (size_t)(b.end - b.at) && memcmp(a.at, b.at, len) == 0;
}

/* Of ASCII, whatever the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- versions ---- */

/* Goes over what is neither digit nor letter; how much that was. */
static size_t skip_separators(struct span *s)
{
    const char *start = s->at;
    while (!is_empty(*s) && !is_digit(*s->at) && !is_alpha(*s->at))
        s->at++;
    return (size_t)(s->at - start);
}

/* Takes the digits, or the letters, that s begins with. */
static struct span take(struct span *s, bool (*belongs)(char))
{
    struct span taken = {s->at, s->at};
    while (!is_empty(*s) && belongs(*s->at))
        s->at++;
    taken.end = s->at;
    return taken;
}

static int compare_letters(struct span a, struct span b)
{
    size_t a_len = (size_t)(a.end - a.at), b_len = (size_t)(b.end - b.at);
    int order = memcmp(a.at, b.at, a_len < b_len ? a_len : b_len);
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

/* Numbers of any length. */
static int compare_digits(struct span a, struct span b)
{
    while (!is_empty(a) && *a.at == '0')
        a.at++;
    while (!is_empty(b) && *b.at == '0')
        b.at++;
    if (a.end - a.at != b.end - b.at)
        return a.end - a.at < b.end - b.at ? -1 : 1;
    return compare_letters(a, b);
}

/* The next segment of both, each of which has one. */
static int compare_segment(struct span *a, struct span *b)
{
    bool number = is_digit(*a->at);
    struct span left = take(a, number ? is_digit : is_alpha);
    struct span right = take(b, number ? is_digit : is_alpha);
    if (is_empty(right))
        return number ? 1 : -1; /* a number is newer than letters */
    return number ? compare_digits(left, right) : compare_letters(left, right);
}

/* What is left when one of both has ended: letters make older ("1.0rc" < "1.0"), all else newer. */
static int compare_rest(struct span a, struct span b)
{
    if (is_empty(a) && is_empty(b))
        return 0;
    if (!is_empty(a))
        return is_alpha(*a.at) ? -1 : 1;
    return is_alpha(*b.at) ? 1 : -1;
}

static int compare_part(struct span a, struct span b)
{
    while (!is_empty(a) && !is_empty(b)) {
        size_t a_skipped = skip_separators(&a), b_skipped = skip_separators(&b);
        if (is_empty(a) || is_empty(b))
            break;
        if (a_skipped != b_skipped)
            return a_skipped < b_skipped ? -1 : 1;
        int order = compare_segment(&a, &b);
        if (order != 0)
            return order;
    }
    return compare_rest(a, b);
}

struct version {
    struct span epoch, version, release;
    bool has_release;
};

static struct version split_version(struct span text)
{
    static const char zero[] = "0";
    struct version v = {.epoch = {zero, zero + 1}, .version = text};
    struct span digits = text;
    take(&digits, is_digit);
    if (!is_empty(digits) && *digits.at == ':') {
        if (digits.at > text.at)
            v.epoch = (struct span){text.at, digits.at};
        v.version.at = digits.at + 1;
    }
    const char *dash = memrchr(v.version.at, '-', (size_t)(v.version.end - v.version.at));
    if (dash) {
        v.has_release = true;
        v.release = (struct span){dash + 1, v.version.end};
        v.version.end = dash;
    }
    return v;
}

static int compare_versions(struct span a, struct span b)
{
    struct version left = split_version(a), right = split_version(b);
    int order = compare_part(left.epoch, right.epoch);
    if (order == 0)
        order = compare_part(left.version, right.version);
    if (order == 0 && left.has_release && right.has_release)
        order = compare_part(left.release, right.release);
    return order;
}

int stet_arch_version_compare(const char *a, const char *b)
{
    return compare_versions(span_of(a), span_of(b));
}

/* ---- dependencies ---- */

enum { LESS = 1, EQUAL = 2, GREATER = 4, ANY = LESS | EQUAL | GREATER };

struct dependency {
    struct span name, version;
    unsigned wanted; /* results of comparing that will do; ANY: there is no version */
};

/* As libalpm reads one: '<' is looked for before '>', and '>' before '='; a description follows ": ". */
static struct dependency split_dependency(const char *text)
{
    const char *description = strstr(text, ": ");
    struct span whole = {text, description ? description : text + strlen(text)};
    size_t len = (size_t)(whole.end - whole.at);
    struct dependency d = {.name = whole, .wanted = ANY};
    const char *sign = memchr(text, '<', len);
    if (!sign)
        sign = memchr(text, '>', len);
    if (!sign)
        sign = memchr(text, '=', len);
    if (!sign)
        return d;
    bool or_equal = *sign != '=' && sign + 1 < whole.end && sign[1] == '=';
    d.wanted = *sign == '<' ? LESS : *sign == '>' ? GREATER : EQUAL;
    if (or_equal)
        d.wanted |= EQUAL;
    d.name.end = sign;
    d.version = (struct span){sign + 1 + or_equal, whole.end};
    return d;
}

static bool version_suits(struct span version, const struct dependency *d)
{
    if (d->wanted == ANY)
        return true;
    int order = compare_versions(version, d->version);
    return d->wanted & (order < 0 ? LESS : order > 0 ? GREATER : EQUAL);
}

static bool provision_suits(const char *text, const struct dependency *d)
{
    struct dependency provided = split_dependency(text);
    if (!span_equal(provided.name, d->name))
        return false;
    return d->wanted == ANY || (provided.wanted == EQUAL && version_suits(provided.version, d));
}

bool stet_arch_satisfies(const struct stet_arch_info *p, const char *dependency)
{
    struct dependency d = split_dependency(dependency);
    if (span_equal(span_of(p->name), d.name) && version_suits(span_of(p->version), &d))
        return true;
    for (size_t i = 0; i < p->provides.count; i++)
        if (provision_suits(p->provides.items[i], &d))
            return true;
    return false;
}

/* ---- patterns ---- */

/* fnmatch(3) for each path of a root and each pattern takes seconds; most differ before the first special character. */
static bool may_match(const char *pattern, const char *path)
{
    while (*pattern && !strchr("*?[\\", *pattern))
        if (*pattern++ != *path++)
            return false;
    return true;
}

bool stet_arch_match(const struct stet_strv *patterns, const char *path)
{
    for (size_t i = patterns->count; i-- > 0;) {
        const char *pattern = patterns->items[i];
        bool inverted = *pattern == '!';
        if (inverted || *pattern == '\\')
            pattern++;
        if (may_match(pattern, path) && fnmatch(pattern, path, 0) == 0)
            return !inverted;
    }
    return false;
}
