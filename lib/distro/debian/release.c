#include "lib/distro/debian/release.h"

#include "lib/distro/debian/deb822.h"

enum { DAY = 24 * 60 * 60 };

void stet_debian_release_release(struct stet_debian_release *r)
{
    free(r->suite);
    free(r->codename);
    free(r->sha256);
    stet_strv_release(&r->components);
    *r = (struct stet_debian_release){0};
}

static int split_words(const char *text, struct stet_strv *out, struct stet_error *err)
{
    while (text && *text) {
        text += strspn(text, " \t\n");
        size_t len = strcspn(text, " \t\n");
        if (len > 0 && stet_strv_addf(out, err, "%.*s", (int)len, text) < 0)
            return -1;
        text += len;
    }
    return 0;
}

static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    while (text && *text) {
        text += strspn(text, " \t\n");
        size_t len = strcspn(text, " \t\n");
        if (len == n && memcmp(text, word, n) == 0)
            return true;
        text += len;
    }
    return false;
}

static int copy_field(const struct stet_deb822 *p, const char *field, char **out,
                      struct stet_error *err)
{
    const char *value = stet_deb822_get(p, field);
    *out = stet_strdup(value, err);
    return value && !*out ? -1 : 0;
}

static int parse_dates(const struct stet_deb822 *p, const char *name,
                       struct stet_debian_release *out, struct stet_error *err)
{
    const char *date = stet_deb822_get(p, "Date"), *until = stet_deb822_get(p, "Valid-Until");
    if (!date)
        return stet_error_input(err, "%s: it has no Date", name);
    if (stet_time_parse_rfc2822(date, &out->date, err) < 0)
        return stet_error_wrap(err, "%s: Date", name);
    out->has_valid_until = until != NULL;
    if (until && stet_time_parse_rfc2822(until, &out->valid_until, err) < 0)
        return stet_error_wrap(err, "%s: Valid-Until", name);
    return 0;
}

static int take_fields(const struct stet_deb822 *p, const char *name,
                       struct stet_debian_release *out, struct stet_error *err)
{
    const char *by_hash = stet_deb822_get(p, "Acquire-By-Hash");
    if (copy_field(p, "Suite", &out->suite, err) < 0 ||
        copy_field(p, "Codename", &out->codename, err) < 0 ||
        copy_field(p, "SHA256", &out->sha256, err) < 0 ||
        split_words(stet_deb822_get(p, "Components"), &out->components, err) < 0 ||
        parse_dates(p, name, out, err) < 0)
        return -1;
    if (!out->sha256)
        return stet_error_input(err, "%s: it lists no SHA256 digests", name);
    if (!out->suite && !out->codename)
        return stet_error_input(err, "%s: it names no suite", name);
    out->by_hash = by_hash && strcasecmp(by_hash, "yes") == 0;
    out->separate_all =
        has_word(stet_deb822_get(p, "Architectures"), "all") &&
        !has_word(stet_deb822_get(p, "No-Support-for-Architecture-all"), "Packages");
    return 0;
}

int stet_debian_release_parse(const char *text, size_t len, const char *name,
                              struct stet_debian_release *out, struct stet_error *err)
{
    struct stet_deb822 p, rest;
    size_t pos = 0;
    unsigned line = 1;
    *out = (struct stet_debian_release){0};
    stet_deb822_init(&p);
    stet_deb822_init(&rest);
    int got = stet_deb822_next(text, len, &pos, &line, false, name, &p, err);
    int result = got < 0 ? -1 : 0;
    if (got == 0)
        result = stet_error_input(err, "%s: it is empty", name);
    if (result == 0) {
        got = stet_deb822_next(text, len, &pos, &line, false, name, &rest, err);
        if (got != 0)
            result = got < 0 ? -1 : stet_error_input(err, "%s: more than one paragraph", name);
    }
    if (result == 0)
        result = take_fields(&p, name, out, err);
    stet_deb822_release(&p);
    stet_deb822_release(&rest);
    if (result < 0)
        stet_debian_release_release(out);
    return result;
}

/* "DIGEST SIZE PATH" of one line. */
static int parse_listed(const char *line, size_t path_start, uint64_t *size,
                        struct stet_digest *digest, const char *path, struct stet_error *err)
{
    char hex[STET_DIGEST_HEX_SIZE], digits[24];
    const char *p = line + strspn(line, " \t");
    size_t len = strcspn(p, " \t");
    if (len != sizeof hex - 1)
        return stet_error_input(err, "the SHA256 of %s is not 64 digits", path);
    memcpy(hex, p, len);
    hex[len] = '\0';
    p += len;
    p += strspn(p, " \t");
    len = strcspn(p, " \t");
    if (len >= sizeof digits || p + len > line + path_start)
        return stet_error_input(err, "the size of %s is not a number", path);
    memcpy(digits, p, len);
    digits[len] = '\0';
    if (stet_digest_parse_hex(hex, digest, path, err) < 0)
        return -1;
    return stet_number_parse(digits, INT64_MAX, size, path, err);
}

int stet_debian_release_find(const struct stet_debian_release *r, const char *path, uint64_t *size,
                             struct stet_digest *digest, struct stet_error *err)
{
    const char *line = r->sha256;
    size_t n = strlen(path);
    while (*line) {
        size_t len = strcspn(line, "\n");
        if (len > n + 1 && memcmp(line + len - n, path, n) == 0 &&
            (line[len - n - 1] == ' ' || line[len - n - 1] == '\t'))
            return parse_listed(line, len - n, size, digest, path, err) < 0 ? -1 : 1;
        line += len + (line[len] == '\n');
    }
    return 0;
}

static bool is_named(const char *have, const char *suite, size_t len)
{
    return have && strlen(have) == len && memcmp(have, suite, len) == 0;
}

int stet_debian_release_check_suite(const struct stet_debian_release *r, const char *suite,
                                    const char *name, struct stet_error *err)
{
    size_t len = strlen(suite);
    if (is_named(r->suite, suite, len) || is_named(r->codename, suite, len))
        return 0;
    /* Up to buster the security archive called its suites NAME/updates, and the Codename NAME. */
    if (len > 8 && strcmp(suite + len - 8, "/updates") == 0 &&
        (is_named(r->suite, suite, len - 8) || is_named(r->codename, suite, len - 8)))
        return 0;
    return stet_error_input(err, "%s: it is the index of %s (%s), not of %s; the mirror is broken",
                            name, r->codename ? r->codename : "-", r->suite ? r->suite : "-",
                            suite);
}

int stet_debian_release_check_time(const struct stet_debian_release *r, int64_t now,
                                   const char *name, struct stet_error *err)
{
    char then[STET_TIME_TEXT_MAX], today[STET_TIME_TEXT_MAX];
    stet_time_format(now, today);
    if (r->date > now && r->date - now > DAY) {
        stet_time_format(r->date, then);
        return stet_error_input(err,
                                "%s: it is dated %s, in the future; this machine's clock says %s",
                                name, then, today);
    }
    if (r->has_valid_until && now > r->valid_until) {
        stet_time_format(r->valid_until, then);
        return stet_error_input(err,
                                "%s: it was valid until %s, and now is %s; use a current mirror, "
                                "or \"check-valid-until: false\" for a dated snapshot",
                                name, then, today);
    }
    return 0;
}
