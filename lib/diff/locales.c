/*
 * locales - locale-archive (glibc, locale/locarchive.h): which locales it holds, and how full its tables are.
 */
#include <inttypes.h>

#include "lib/diff/formats.h"
#include "lib/diff/records.h"
#include "lib/diff/region.h"

static const char format_name[] = "locale archive";

enum { HEADER = 56, NAME_ENTRY = 12, NAME_MAX_ = 256 };
static const uint32_t magic = 0xde020109;

static const struct {
    const char *name;
    size_t at;
} counts[] = {
    {"serial number", 4},
    {"size of the table of names", 16},
    {"bytes of names", 24},
    {"number of locales", 36},
    {"size of the table of locales", 40},
    {"number of parts", 48},
    {"size of the table of parts", 52},
};

static bool is_archive(const struct diff_bytes *c, bool *big)
{
    if (c->len < HEADER)
        return false;
    *big = diff_get32(c->data, true) == magic;
    return *big || diff_get32(c->data, false) == magic;
}

/* The names in the table. 1; 0 when it is damaged; -1 with err. */
static int read_names(struct diff_records *out, const struct diff_bytes *c, bool big,
                      struct stet_error *err)
{
    uint32_t at = diff_get32(c->data + 8, big), size = diff_get32(c->data + 16, big);
    if (at > c->len || size > (c->len - at) / NAME_ENTRY)
        return 0;
    for (uint32_t i = 0; i < size && !out->full; i++) {
        const unsigned char *entry = c->data + at + (size_t)i * NAME_ENTRY;
        uint32_t name = diff_get32(entry + 4, big);
        size_t max;
        if (diff_get32(entry + 8, big) == 0)
            continue;
        if (name >= c->len)
            return 0;
        max = c->len - name < NAME_MAX_ ? c->len - name : NAME_MAX_;
        if (stet_diff_records_add(out,
                                  (struct diff_text){(const char *)c->data + name,
                                                     strnlen((const char *)c->data + name, max)},
                                  (struct diff_text){"", 0}, name, err) < 0)
            return -1;
    }
    return !out->full;
}

/* The number of findings, or -1. */
static int compare_counts(const struct diff_pair *p, bool big_a, bool big_b, struct stet_error *err)
{
    int told = 0;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t a = diff_get32(p->a.data + counts[i].at, big_a),
                 b = diff_get32(p->b.data + counts[i].at, big_b);
        char ta[16], tb[16];
        if (a == b)
            continue;
        snprintf(ta, sizeof ta, "%" PRIu32, a);
        snprintf(tb, sizeof tb, "%" PRIu32, b);
        if (!stet_diff_add(p, format_name, ta, tb, err, "%s", counts[i].name))
            return -1;
        told++;
    }
    return told;
}

/* Names, then counts; then, where nothing of these differs, the bytes are left to others. */
int stet_diff_locale_archive(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_records a = {0}, b = {0};
    bool big_a, big_b;
    int status, names = 0, told = 0;
    if (!is_archive(&p->a, &big_a) || !is_archive(&p->b, &big_b))
        return 0;
    status = read_names(&a, &p->a, big_a, err);
    if (status > 0)
        status = read_names(&b, &p->b, big_b, err);
    if (status > 0)
        names = stet_diff_records_compare(p, format_name, "locales", &a, &b, err);
    if (status > 0 && names >= 0)
        told = compare_counts(p, big_a, big_b, err);
    stet_diff_records_release(&a);
    stet_diff_records_release(&b);
    if (status <= 0)
        return status;
    return names < 0 || told < 0 ? -1 : names + told > 0;
}
