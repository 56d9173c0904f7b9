/*
 * package - whether two packages are of one version, by their descriptions.
 */
#include "lib/diff/members.h"

enum { VALUE_MAX = 100 };

/* The value of "key: …" or "key = …" that begins a line; no data when there is none. */
static struct diff_bytes value_of(const struct diff_bytes *text, const char *key, char sign)
{
    const unsigned char *p = text->data, *end = p + text->len;
    size_t len = strlen(key);

    while (text->len && p < end) {
        const unsigned char *nl = memchr(p, '\n', (size_t)(end - p));
        const unsigned char *stop = nl ? nl : end;
        if ((size_t)(stop - p) > len && memcmp(p, key, len) == 0) {
            const unsigned char *s = p + len;
            while (s < stop && *s == ' ')
                s++;
            if (s < stop && *s == sign) {
                for (s++; s < stop && *s == ' ';)
                    s++;
                return (struct diff_bytes){s, (size_t)(stop - s)};
            }
        }
        p = nl ? nl + 1 : end;
    }
    return (struct diff_bytes){NULL, 0};
}

struct package {
    struct diff_bytes name, version, architecture;
};

static bool describe(const struct diff_bytes *text, struct package *out)
{
    out->name = value_of(text, "Package", ':');
    out->version = value_of(text, "Version", ':');
    out->architecture = value_of(text, "Architecture", ':');
    if (out->name.data && out->version.data)
        return true;
    out->name = value_of(text, "pkgname", '=');
    out->version = value_of(text, "pkgver", '=');
    out->architecture = value_of(text, "arch", '=');
    return out->name.data && out->version.data;
}

static bool is_equal(const struct diff_bytes *a, const struct diff_bytes *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static int package_text(const struct package *x, struct stet_buffer *out, struct stet_error *err)
{
    const struct diff_bytes *parts[] = {&x->name, &x->version, &x->architecture};

    for (size_t i = 0; i < 3; i++) {
        if (!parts[i]->data)
            continue;
        stet_buffer_add_str(out, i ? " " : "");
        if (stet_diff_printable(parts[i]->data, parts[i]->len, VALUE_MAX, out, err) < 0)
            return -1;
    }
    return stet_buffer_check(out, "a package", err);
}

int stet_diff_package_versions(const struct diff_pair *p, const char *format,
                               const struct diff_bytes *a, const struct diff_bytes *b,
                               struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer s = STET_BUFFER_INIT, t = STET_BUFFER_INIT;
    struct package x, y;

    if (!describe(a, &x) || !describe(b, &y) ||
        (is_equal(&x.name, &y.name) && is_equal(&x.version, &y.version)))
        return 0;
    bool renamed = !is_equal(&x.name, &y.name);
    if (package_text(&x, &s, err) < 0 || package_text(&y, &t, err) < 0)
        return -1;
    struct stet_finding *f = stet_diff_add(p, format, stet_buffer_str(&s), stet_buffer_str(&t), err,
                                           renamed ? "package" : "version of the package");
    if (!f || stet_diff_because(
                  f, STET_CAUSE_PACKAGE_VERSION, STET_DIFF_CERTAIN, err,
                  renamed ? "by their own descriptions they are different packages"
                          : "by their own descriptions they are different versions of it") < 0)
        return -1;
    return 1;
}
