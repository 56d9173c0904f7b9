#include "lib/distro/debian/rules.h"

enum { RULES_FILE_MAX = 16 << 20 };

void stet_unpack_rules_release(struct stet_unpack_rules *r)
{
    for (size_t i = 0; i < r->diversion_count; i++) {
        free(r->diversions[i].from);
        free(r->diversions[i].to);
        free(r->diversions[i].package);
    }
    for (size_t i = 0; i < r->override_count; i++)
        free(r->overrides[i].path);
    free(r->diversions);
    free(r->overrides);
    *r = (struct stet_unpack_rules){0};
}

/* Ends the line at *text and steps over it; NULL at the end. */
static char *next_line(char **text)
{
    char *line = *text;
    if (*line == '\0')
        return NULL;
    char *end = strchrnul(line, '\n');
    *text = *end ? end + 1 : end;
    *end = '\0';
    return line;
}

static char *relative(const char *path, const char *file, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (*path != '/') {
        stet_error_input(err, "%s: \"%s\" is not an absolute path", file, path);
        return NULL;
    }
    if (stet_path_normalize(path + strspn(path, "/"), &b, err) < 0) {
        stet_error_wrap(err, "%s", file);
        return NULL;
    }
    return stet_strdup(stet_buffer_str(&b), err);
}

/* ---- diversions: three lines each ---- */

static int read_diversions(int root, struct stet_unpack_rules *r, struct stet_error *err)
{
    static const char file[] = "var/lib/dpkg/diversions";
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    int rc = stet_fs_read_in(root, file, RULES_FILE_MAX, &b, err);
    if (rc < 0)
        return rc == -2 ? 0 : -1;
    char *text = b.data, *from, *to, *package;
    while (text && (from = next_line(&text)) != NULL) {
        if (!(to = next_line(&text)) || !(package = next_line(&text)))
            return stet_error_input(err, "/%s in the root ends in the middle of a record", file);
        if (stet_grow(&r->diversions, &r->diversion_cap, r->diversion_count + 1,
                      sizeof *r->diversions, err) < 0)
            return -1;
        struct stet_diversion *d = &r->diversions[r->diversion_count++];
        *d = (struct stet_diversion){NULL, NULL, NULL};
        d->from = relative(from, file, err);
        d->to = d->from ? relative(to, file, err) : NULL;
        if (!d->to)
            return -1;
        if (strcmp(package, ":") != 0 && !(d->package = stet_strdup(package, err)))
            return -1;
    }
    return 0;
}

const struct stet_diversion *stet_unpack_rules_diversion(const struct stet_unpack_rules *r,
                                                         const char *path)
{
    for (size_t i = 0; i < r->diversion_count; i++)
        if (strcmp(r->diversions[i].from, path) == 0)
            return &r->diversions[i];
    return NULL;
}

const struct stet_diversion *stet_unpack_rules_divert(const struct stet_unpack_rules *r,
                                                      const char *path, const char *package)
{
    const struct stet_diversion *d = stet_unpack_rules_diversion(r, path);
    if (d && d->package && strcmp(d->package, package) == 0)
        return NULL;
    return d;
}

/* ---- statoverride: user group mode path ---- */

/* The id of name in an etc/passwd or etc/group text: "name:x:ID:…". */
static int find_id(const char *text, const char *name, uint32_t *out, struct stet_error *err)
{
    size_t n = strlen(name);
    for (const char *line = text; *line;) {
        const char *end = strchrnul(line, '\n');
        const char *second = strncmp(line, name, n) == 0 && line[n] == ':' ? line + n + 1 : NULL;
        const char *third = second ? memchr(second, ':', (size_t)(end - second)) : NULL;
        if (third) {
            char digits[11];
            size_t len = strspn(++third, "0123456789");
            uint64_t value;
            if (len == 0 || len >= sizeof digits)
                break;
            memcpy(digits, third, len);
            digits[len] = '\0';
            if (stet_number_parse(digits, UINT32_MAX - 1, &value, "an id", err) < 0)
                return -1;
            *out = (uint32_t)value;
            return 0;
        }
        line = *end ? end + 1 : end;
    }
    return stet_error_input(err, "there is no user or group \"%s\" in the root", name);
}

static int lookup_id(int root, const char *file, const char *name, uint32_t *out,
                     struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    uint64_t value;
    if (*name == '#') {
        if (stet_number_parse(name + 1, UINT32_MAX - 1, &value, "an id", err) < 0)
            return -1;
        *out = (uint32_t)value;
        return 0;
    }
    if (stet_fs_read_in(root, file, RULES_FILE_MAX, &b, err) == -1)
        return -1;
    return find_id(stet_buffer_str(&b), name, out, err);
}

/* Ends the word at *text and steps to the next; NULL when there is none. */
static char *next_word(char **text)
{
    char *word = *text, *end = strchr(word, ' ');
    if (!end || end == word)
        return NULL;
    *end = '\0';
    *text = end + 1;
    return word;
}

static int parse_override(int root, char *line, struct stet_stat_override *o,
                          struct stet_error *err)
{
    char *user = next_word(&line), *group = user ? next_word(&line) : NULL;
    char *mode = group ? next_word(&line) : NULL;
    uint64_t bits;
    if (!mode)
        return stet_error_input(err, "a line with fewer than four words");
    if (stet_number_parse_octal(mode, 07777, &bits, "a mode", err) < 0)
        return -1;
    o->mode = (uint32_t)bits;
    if (lookup_id(root, "etc/passwd", user, &o->uid, err) < 0 ||
        lookup_id(root, "etc/group", group, &o->gid, err) < 0)
        return -1;
    o->path = relative(line, "statoverride", err);
    return o->path ? 0 : -1;
}

static int read_overrides(int root, struct stet_unpack_rules *r, struct stet_error *err)
{
    static const char file[] = "var/lib/dpkg/statoverride";
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    int rc = stet_fs_read_in(root, file, RULES_FILE_MAX, &b, err);
    if (rc < 0)
        return rc == -2 ? 0 : -1;
    char *text = b.data, *line;
    while (text && (line = next_line(&text)) != NULL) {
        if (stet_grow(&r->overrides, &r->override_cap, r->override_count + 1, sizeof *r->overrides,
                      err) < 0)
            return -1;
        struct stet_stat_override *o = &r->overrides[r->override_count++];
        *o = (struct stet_stat_override){0};
        if (parse_override(root, line, o, err) < 0)
            return stet_error_wrap(err, "/%s in the root", file);
    }
    return 0;
}

const struct stet_stat_override *stet_unpack_rules_override(const struct stet_unpack_rules *r,
                                                            const char *path)
{
    for (size_t i = 0; i < r->override_count; i++)
        if (strcmp(r->overrides[i].path, path) == 0)
            return &r->overrides[i];
    return NULL;
}

int stet_unpack_rules_read(int root, struct stet_unpack_rules *out, struct stet_error *err)
{
    *out = (struct stet_unpack_rules){0};
    if (read_diversions(root, out, err) < 0 || read_overrides(root, out, err) < 0) {
        stet_unpack_rules_release(out);
        return -1;
    }
    return 0;
}

/* ---- versions ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* '~' before the end, the end before letters, letters before the rest. */
static int rank(char c)
{
    if (c == '\0' || is_digit(c))
        return 0;
    if (c == '~')
        return -1;
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter ? (unsigned char)c : (unsigned char)c + 256;
}

static int compare_digits(const char **a, const char **b)
{
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    size_t la = strspn(*a, "0123456789"), lb = strspn(*b, "0123456789");
    int order = la != lb ? (la < lb ? -1 : 1) : strncmp(*a, *b, la);
    *a += la;
    *b += lb;
    return order;
}

static int compare_part(const char *a, const char *b)
{
    while (*a || *b) {
        while ((*a && !is_digit(*a)) || (*b && !is_digit(*b))) {
            int ra = rank(*a), rb = rank(*b);
            if (ra != rb)
                return ra < rb ? -1 : 1;
            a++; /* equal ranks other than 0 mean equal bytes, so neither is at its end */
            b++;
        }
        int order = compare_digits(&a, &b);
        if (order != 0)
            return order;
    }
    return 0;
}

/* Copies "epoch:upstream-revision" apart into buf (at least strlen(v) + 3 bytes). */
static void split_version(const char *v, char *buf, const char **epoch, const char **upstream,
                          const char **revision)
{
    size_t n = strlen(v);
    memcpy(buf, v, n + 1);
    char *colon = strchr(buf, ':'), *start = colon ? colon + 1 : buf;
    char *dash = strrchr(start, '-');
    *epoch = colon ? buf : "";
    *revision = dash ? dash + 1 : "";
    *upstream = start;
    if (colon)
        *colon = '\0';
    if (dash)
        *dash = '\0';
}

int stet_dpkg_version_compare(const char *a, const char *b)
{
    enum { VERSION_MAX = 512 };
    char buf_a[VERSION_MAX], buf_b[VERSION_MAX];
    const char *parts_a[3], *parts_b[3];
    if (strlen(a) >= VERSION_MAX || strlen(b) >= VERSION_MAX)
        return strcmp(a, b);
    split_version(a, buf_a, &parts_a[0], &parts_a[1], &parts_a[2]);
    split_version(b, buf_b, &parts_b[0], &parts_b[1], &parts_b[2]);
    for (int i = 0; i < 3; i++) {
        int order = compare_part(parts_a[i], parts_b[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

/* ---- Replaces: "a (<< 1.0), b, c (>= 2)" ---- */

static bool satisfied(const char *version, const char *op, size_t op_len, const char *than)
{
    int order = stet_dpkg_version_compare(version, than);
    if (op_len == 2 && memcmp(op, "<<", 2) == 0)
        return order < 0;
    if (op_len == 2 && memcmp(op, ">>", 2) == 0)
        return order > 0;
    if (op_len > 0 && op[0] == '<')
        return order <= 0;
    if (op_len > 0 && op[0] == '>')
        return order >= 0;
    return order == 0;
}

/* One relation, text[0..len). */
static bool relation_covers(const char *text, size_t len, const char *name, const char *version)
{
    static const char space[] = " \t\n";
    char buf[1024], *p = buf;
    if (len >= sizeof buf)
        return false;
    memcpy(buf, text, len);
    buf[len] = '\0';
    p += strspn(p, space);
    size_t n = strcspn(p, " \t\n(:");
    if (n != strlen(name) || memcmp(p, name, n) != 0)
        return false;
    p = strchr(p, '(');
    if (!p)
        return true;
    p++;
    p += strspn(p, space);
    size_t op_len = strspn(p, "<>=");
    const char *op = p;
    p += op_len;
    p += strspn(p, space);
    p[strcspn(p, " \t\n)")] = '\0';
    return satisfied(version, op, op_len, p);
}

bool stet_unpack_replaces(const struct stet_deb822 *control, const char *name, const char *version)
{
    const char *p = stet_deb822_get(control, "Replaces");
    while (p && *p) {
        size_t len = strcspn(p, ",");
        if (relation_covers(p, len, name, version))
            return true;
        p += len + (p[len] == ',');
    }
    return false;
}
