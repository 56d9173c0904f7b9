/*
 * Reading Packages files. libsolv parses the relations; this file hands it only the fields that
 * matter for solving (a tenth of the text), in the order of package names, so that the
 * result cannot depend on the order of paragraphs. Two things that libsolv's reader
 * takes literally are said in its own terms: "name:ARCH" with this architecture is the name
 * alone, and "name:any", which only a package marked "Multi-Arch: allowed" may satisfy,
 * becomes the name with ANY_SUFFIX, which such packages get as a Provides.
 */
#include "lib/solve/internal.h"

/* libsolv recurses once for each '|', so one value has a bound; the longest real one is a tenth of
 * it. */
enum { VALUE_MAX = 1 << 20, ALTERNATIVES_MAX = 2000, PARAGRAPHS_MAX = 4000000 };

/* Not ":any", which libsolv's reader would take as its own. */
#define ANY_SUFFIX ":ANY"

struct slice {
    const char *data;
    size_t len;
};

static const struct slice kept_names[KEPT_COUNT] = {
    [KEPT_PACKAGE] = {"Package", 7},
    [KEPT_VERSION] = {"Version", 7},
    [KEPT_ARCHITECTURE] = {"Architecture", 12},
    [KEPT_DEPENDS] = {"Depends", 7},
    [KEPT_PRE_DEPENDS] = {"Pre-Depends", 11},
    [KEPT_RECOMMENDS] = {"Recommends", 10},
    [KEPT_CONFLICTS] = {"Conflicts", 9},
    [KEPT_BREAKS] = {"Breaks", 6},
    [KEPT_PROVIDES] = {"Provides", 8},
    [KEPT_MULTI_ARCH] = {"Multi-Arch", 10},
    [KEPT_ESSENTIAL] = {"Essential", 9},
    [KEPT_PRIORITY] = {"Priority", 8},
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static struct slice trim(const char *start, const char *end)
{
    while (start < end && is_space(*start))
        start++;
    while (end > start && is_space(end[-1]))
        end--;
    return (struct slice){start, (size_t)(end - start)};
}

static struct slice kept(const struct paragraph *p, enum kept_field field)
{
    return (struct slice){p->text + p->kept[field].start, p->kept[field].len};
}

static bool equals(struct slice a, const char *b)
{
    return a.len == strlen(b) && memcmp(a.data, b, a.len) == 0;
}

static int bad_paragraph(const struct index *index, const struct paragraph *p, const char *what,
                         struct stet_error *err)
{
    struct slice name = kept(p, KEPT_PACKAGE);
    return stet_error_input(err, "index %s: package \"%.*s\": %s", index->name,
                            (int)(name.len > 80 ? 80 : name.len), name.data, what);
}

/* ---- cutting the text into paragraphs ---- */

/* Which kept field a line begins, or KEPT_COUNT; *value is then where its value starts. */
static enum kept_field classify(const char *line, size_t len, const char **value)
{
    for (int i = 0; i < KEPT_COUNT; i++) {
        size_t n = kept_names[i].len;
        if (len > n && line[n] == ':' && strncasecmp(line, kept_names[i].data, n) == 0) {
            *value = line + n + 1;
            return (enum kept_field)i;
        }
    }
    return KEPT_COUNT;
}

static void keep(struct paragraph *p, enum kept_field field, const char *start, const char *end)
{
    struct slice s = trim(start, end);
    if (field == KEPT_COUNT)
        return;
    p->kept[field].start = (uint32_t)(s.data - p->text);
    p->kept[field].len = (uint32_t)s.len;
}

/* Reads one paragraph from text (which is not at an empty line); where it ends. */
static const char *read_paragraph(const char *text, const char *stop, struct paragraph *p)
{
    const char *line = text, *value = text;
    enum kept_field field = KEPT_COUNT;
    *p = (struct paragraph){.text = text};
    while (line < stop && *line != '\n') {
        const char *end = memchr(line, '\n', (size_t)(stop - line));
        end = end ? end + 1 : stop;
        if (*line != ' ' && *line != '\t') {
            keep(p, field, value, line);
            field = classify(line, (size_t)(end - line), &value);
        }
        line = end;
    }
    keep(p, field, value, line);
    p->len = (uint32_t)(line - text);
    return line;
}

static int check_paragraph(const struct index *index, const struct paragraph *p,
                           struct stet_error *err)
{
    if (p->kept[KEPT_PACKAGE].len == 0)
        return bad_paragraph(index, p, "a paragraph without Package", err);
    if (p->kept[KEPT_VERSION].len == 0)
        return bad_paragraph(index, p, "it has no Version", err);
    if (p->kept[KEPT_ARCHITECTURE].len == 0)
        return bad_paragraph(index, p, "it has no Architecture", err);
    for (int i = 0; i < KEPT_COUNT; i++) {
        struct slice value = kept(p, (enum kept_field)i);
        const char *c = value.data, *end = c + value.len;
        size_t bars = 0;
        if (value.len > VALUE_MAX)
            return bad_paragraph(index, p, "a field of more than 1 MiB", err);
        while (value.len > ALTERNATIVES_MAX && (c = memchr(c, '|', (size_t)(end - c)))) {
            c++;
            bars++;
        }
        if (bars > ALTERNATIVES_MAX)
            return bad_paragraph(index, p, "a field with more than 2000 alternatives", err);
    }
    return 0;
}

static int cut(struct index *index, const char *data, size_t len, struct stet_error *err)
{
    const char *p = data, *stop = data + len;
    while (p < stop) {
        if (*p == '\n') {
            p++;
            continue;
        }
        if (index->count >= PARAGRAPHS_MAX)
            return stet_error_input(err, "index %s: more than %d packages", index->name,
                                    PARAGRAPHS_MAX);
        if (stet_grow(&index->paragraphs, &index->cap, index->count + 1, sizeof *index->paragraphs,
                      err) < 0)
            return -1;
        struct paragraph *next = &index->paragraphs[index->count++];
        p = read_paragraph(p, stop, next);
        if (check_paragraph(index, next, err) < 0)
            return -1;
    }
    return 0;
}

static int compare_bytes(struct slice a, struct slice b)
{
    int c = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int compare_paragraphs(const struct paragraph *a, const struct paragraph *b)
{
    int c = compare_bytes(kept(a, KEPT_PACKAGE), kept(b, KEPT_PACKAGE));
    return c ? c : compare_bytes((struct slice){a->text, a->len}, (struct slice){b->text, b->len});
}

static int compare_pointers(const void *a, const void *b)
{
    return compare_paragraphs(*(const struct paragraph *const *)a,
                              *(const struct paragraph *const *)b);
}

static bool is_sorted(const struct index *index)
{
    for (size_t i = 1; i < index->count; i++)
        if (compare_paragraphs(&index->paragraphs[i - 1], &index->paragraphs[i]) > 0)
            return false;
    return true;
}

/* Sorts pointers, not the large elements. */
static int sort_paragraphs(struct index *index, struct stet_error *err)
{
    if (is_sorted(index))
        return 0;
    struct paragraph *sorted = calloc(index->count, sizeof *sorted);
    _cleanup_free_ const struct paragraph **order = calloc(index->count, sizeof *order);
    if (!sorted || !order) {
        free(sorted);
        return stet_error_oom(err, "reading a package index");
    }
    for (size_t i = 0; i < index->count; i++)
        order[i] = &index->paragraphs[i];
    qsort(order, index->count, sizeof *order, compare_pointers);
    for (size_t i = 0; i < index->count; i++)
        sorted[i] = *order[i];
    free(index->paragraphs);
    index->paragraphs = sorted;
    index->cap = index->count;
    return 0;
}

/* ---- the reduced text ---- */

static bool ends_name(const char *p, const char *end)
{
    return p == end || is_space(*p) || *p == '(' || *p == '|' || *p == ',';
}

/* Is p inside "(…)"? There a ':' belongs to a version. */
static bool in_parentheses(const char *start, const char *p)
{
    while (p > start && p[-1] != ',' && p[-1] != '|' && p[-1] != ')')
        if (*--p == '(')
            return true;
    return false;
}

static bool is_qualifier(const char *p, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0 && ends_name(p + n, end);
}

/* Appends a list of relations with its architecture qualifiers in libsolv's terms. */
static void add_relations(const struct stet_solver *s, struct slice value, struct stet_buffer *out)
{
    const char *done = value.data, *end = value.data + value.len, *p = done;
    while ((p = memchr(p, ':', (size_t)(end - p)))) {
        const char *word = p + 1;
        bool any = is_qualifier(word, end, "any");
        bool own = is_qualifier(word, end, s->architecture);
        if ((any || own) && !in_parentheses(value.data, p)) {
            stet_buffer_add(out, done, (size_t)(p - done));
            if (any)
                stet_buffer_add_str(out, ANY_SUFFIX);
            done = word + strlen(any ? "any" : s->architecture);
        }
        p = word;
    }
    stet_buffer_add(out, done, (size_t)(end - done));
}

/* "a, b (= 1)" as ", a:ANY, b:ANY (= 1)". */
static void add_any_provides(struct slice value, struct stet_buffer *out)
{
    const char *p = value.data, *end = value.data + value.len;
    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma ? comma : end, *name;
        while (p < stop && is_space(*p))
            p++;
        for (name = p; p < stop && !ends_name(p, stop);)
            p++;
        if (p > name) {
            stet_buffer_add_str(out, ", ");
            stet_buffer_add(out, name, (size_t)(p - name));
            stet_buffer_add_str(out, ANY_SUFFIX " ");
            stet_buffer_add(out, p, (size_t)(stop - p));
        }
        p = comma ? comma + 1 : end;
    }
}

/* What a package marked "Multi-Arch: allowed" provides besides: itself and its Provides, for
 * ":any". */
static void add_allowed(const struct paragraph *p, struct stet_buffer *out)
{
    struct slice name = kept(p, KEPT_PACKAGE), version = kept(p, KEPT_VERSION);
    stet_buffer_add_str(out, "Provides: ");
    stet_buffer_add(out, name.data, name.len);
    stet_buffer_add_str(out, ANY_SUFFIX " (= ");
    stet_buffer_add(out, version.data, version.len);
    stet_buffer_add_str(out, ")");
    add_any_provides(kept(p, KEPT_PROVIDES), out);
    stet_buffer_add_char(out, '\n');
}

static void reduce(const struct stet_solver *s, const struct paragraph *p, struct stet_buffer *out)
{
    for (int i = 0; i <= KEPT_PROVIDES; i++) {
        struct slice value = kept(p, (enum kept_field)i);
        if (value.len == 0)
            continue;
        stet_buffer_add(out, kept_names[i].data, kept_names[i].len);
        stet_buffer_add(out, ": ", 2);
        if (i >= KEPT_DEPENDS && i <= KEPT_BREAKS)
            add_relations(s, value, out);
        else
            stet_buffer_add(out, value.data, value.len);
        stet_buffer_add_char(out, '\n');
    }
    /* A second Provides adds to the first in libsolv's reader. */
    if (equals(kept(p, KEPT_MULTI_ARCH), "allowed"))
        add_allowed(p, out);
    stet_buffer_add_char(out, '\n');
}

/* ---- into libsolv ---- */

static int read_reduced(struct stet_solver *s, struct index *index, struct stet_buffer *text,
                        struct stet_error *err)
{
    index->first = s->pool->nsolvables;
    if (index->count == 0)
        return 0;
    FILE *fp = fmemopen(text->data, text->len, "r");
    if (!fp)
        return stet_error_errno(err, "index %s: reading it from memory", index->name);
    int failed = repo_add_debpackages(index->repo, fp, 0);
    fclose(fp);
    /* Every paragraph is one package, in order: what is told of packages relies on it. */
    if (failed || (size_t)(s->pool->nsolvables - index->first) != index->count)
        return stet_error_input(err, "index %s: libsolv does not read it: %s", index->name,
                                failed ? pool_errstr(s->pool) : "packages were left out");
    return 0;
}

int stet_solve_debian_add(struct stet_solver *s, struct index *index, const char *data, size_t len,
                          struct stet_error *err)
{
    struct stet_buffer text = STET_BUFFER_INIT;
    int result = -1;
    if (len > UINT32_MAX) {
        stet_error_input(err, "index %s: more than 4 GiB", index->name);
        goto out;
    }
    if (memchr(data, '\0', len)) {
        stet_error_input(err, "index %s: it has a NUL byte", index->name);
        goto out;
    }
    if (cut(index, data, len, err) < 0 || sort_paragraphs(index, err) < 0)
        goto out;
    stet_buffer_reserve(&text, len / 3);
    for (size_t i = 0; i < index->count; i++)
        reduce(s, &index->paragraphs[i], &text);
    if (stet_buffer_check(&text, "reading a package index", err) < 0)
        goto out;
    result = read_reduced(s, index, &text, err);
out:
    stet_buffer_release(&text);
    return result;
}

/* ---- what is told of a package ---- */

static bool find_field(const struct paragraph *p, const char *name, struct slice *out)
{
    const char *line = p->text, *stop = p->text + p->len;
    size_t n = strlen(name);
    while (line < stop) {
        const char *end = memchr(line, '\n', (size_t)(stop - line));
        end = end ? end : stop;
        if ((size_t)(end - line) > n && line[n] == ':' && strncasecmp(line, name, n) == 0) {
            *out = trim(line + n + 1, end);
            return true;
        }
        line = end + (end < stop);
    }
    return false;
}

static int describe_location(struct stet_solver *s, const struct paragraph *p,
                             struct stet_solve_package *out, struct stet_error *err)
{
    struct slice f;
    if (!find_field(p, "Filename", &f) || f.len == 0)
        return stet_error_input(err, "package %s: its index names no file", out->name);
    if (stet_strv_addf(&s->strings, err, "%.*s", (int)f.len, f.data) < 0)
        return -1;
    out->location = s->strings.items[s->strings.count - 1];
    if (strncmp(out->location, "./", 2) == 0)
        out->location += 2;
    struct stet_buffer normal = STET_BUFFER_INIT;
    int bad = stet_path_normalize(out->location, &normal, err) < 0 ||
              strcmp(stet_buffer_str(&normal), out->location) != 0;
    stet_buffer_release(&normal);
    if (bad) {
        stet_error_clear(err);
        return stet_error_input(err, "package %s: its index names an impossible file, %s",
                                out->name, out->location);
    }
    return 0;
}

static int describe_size(const struct paragraph *p, struct stet_solve_package *out,
                         struct stet_error *err)
{
    struct slice f;
    char digits[24];
    if (!find_field(p, "Size", &f) || f.len >= sizeof digits)
        return stet_error_input(err, "package %s: its index gives no size", out->name);
    memcpy(digits, f.data, f.len);
    digits[f.len] = '\0';
    if (stet_number_parse(digits, INT64_MAX, &out->size, "Size", err) < 0)
        return stet_error_wrap(err, "package %s", out->name);
    return 0;
}

static int describe_digest(const struct paragraph *p, struct stet_solve_package *out,
                           struct stet_error *err)
{
    struct slice f;
    char hex[STET_DIGEST_HEX_SIZE];
    out->has_digest = find_field(p, "SHA256", &f);
    if (!out->has_digest)
        return 0;
    if (f.len != sizeof hex - 1)
        return stet_error_input(err, "package %s: its SHA256 is not 64 digits", out->name);
    memcpy(hex, f.data, sizeof hex - 1);
    hex[sizeof hex - 1] = '\0';
    if (stet_digest_parse_hex(hex, &out->digest, "SHA256", err) < 0)
        return stet_error_wrap(err, "package %s", out->name);
    return 0;
}

int stet_solve_debian_describe(struct stet_solver *s, const struct paragraph *p,
                               struct stet_solve_package *out, struct stet_error *err)
{
    if (describe_location(s, p, out, err) < 0 || describe_size(p, out, err) < 0)
        return -1;
    return describe_digest(p, out, err);
}

/* ---- base sets ---- */

static int add_if_newest(struct stet_solver *s, const struct index *index,
                         const struct paragraph *p, struct stet_strv *out, struct stet_error *err)
{
    Id id = index->first + (Id)(p - index->paragraphs);
    Id name = s->pool->solvables[id].name;
    if (!stet_solve_installable(s, id) || stet_solve_newest(s, name, NULL) != id)
        return 0;
    return stet_strv_add(out, pool_id2str(s->pool, name), err);
}

/* The value of a field, without a scan for those that base sets are made of. */
static bool value_of(const struct paragraph *p, const char *field, struct slice *out)
{
    for (int i = 0; i < KEPT_COUNT; i++)
        if (strcmp(field, kept_names[i].data) == 0) {
            *out = kept(p, (enum kept_field)i);
            return out->len > 0;
        }
    return find_field(p, field, out);
}

static int names_in_index(struct stet_solver *s, const struct index *index, const char *field,
                          const char *value, struct stet_strv *out, struct stet_error *err)
{
    for (size_t i = 0; i < index->count; i++) {
        const struct paragraph *p = &index->paragraphs[i];
        struct slice f;
        if (value_of(p, field, &f) && equals(f, value) && add_if_newest(s, index, p, out, err) < 0)
            return -1;
    }
    return 0;
}

int stet_solve_debian_names_with(struct stet_solver *s, const char *field, const char *value,
                                 struct stet_strv *out, struct stet_error *err)
{
    for (size_t i = 0; i < s->index_count; i++)
        if (names_in_index(s, &s->indexes[i], field, value, out, err) < 0)
            return -1;
    return 0;
}
