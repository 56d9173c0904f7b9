/* Two .pyc files: header fields, then the code objects part by part. */
#include "lib/diff/python.h"
#include "lib/diff/formats.h"
#include "lib/diff/records.h"

enum {
    INDEXES_MAX = 8,    /* of a constant in a constant, that are named */
    FINDINGS_MAX = 100, /* of a file; the rest is counted */
};

/* Two code trees under comparison. */
struct walk {
    const struct diff_pair *pair;
    struct diff_pyc *a, *b;
    struct stet_error *err;
    uint64_t steps; /* left; references could make the work grow without bound */
    unsigned depth, silent;
    size_t differences; /* found so far, reported or not */
    size_t reported;
    bool file_name; /* one of these differs */
    /* Where it is. */
    struct diff_bytes code;
    const char *part;
    uint32_t indexes[INDEXES_MAX];
    unsigned index_count;
    /* The first object that is the same, marshalled otherwise. */
    char *otherwise;
};

static int compare_nodes(struct walk *w, uint32_t x, uint32_t y);

/* ---- places and values ---- */

static bool is_file_name(const struct walk *w)
{
    return w->part && strcmp(w->part, "file name") == 0;
}

static char *place_text(struct walk *w)
{
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    /* One for all code of the file; which object comes first says nothing. */
    if (is_file_name(w))
        return stet_format(w->err, "file name");
    if (stet_diff_printable(w->code.data, w->code.len, 80, &out, w->err) < 0)
        return NULL;
    stet_buffer_addf(&out, "%s%s", out.len && w->part ? ": " : "", w->part ? w->part : "");
    for (unsigned i = 0; i < w->index_count && i < INDEXES_MAX; i++)
        stet_buffer_addf(&out, "[%u]", w->indexes[i]);
    if (stet_buffer_check(&out, "a place in code", w->err) < 0)
        return NULL;
    return stet_format(w->err, "%s", out.len ? stet_buffer_str(&out) : "code");
}

static void float_text(const unsigned char *p, struct stet_buffer *out)
{
    uint64_t bits = diff_get64(p, false);
    double value;
    memcpy(&value, &bits, sizeof value);
    /* In digits where six after the point say all of it; printf's point would be a locale's. */
    int64_t scaled =
        value > -9e9 && value < 9e9 ? (int64_t)(value * 1e6 + (value < 0 ? -0.5 : 0.5)) : 0;
    if (scaled != 0 && (double)scaled / 1e6 == value)
        stet_buffer_addf(out, "%s%lld.%06lld", scaled < 0 ? "-" : "", llabs(scaled) / 1000000,
                         llabs(scaled) % 1000000);
    else
        stet_buffer_addf(out, "float 0x%016llx", (unsigned long long)bits);
}

static void value_text(const struct diff_node *n, struct stet_buffer *out)
{
    struct stet_error ignored = STET_ERROR_INIT;
    const char *name = n->type == '('   ? "tuple"
                       : n->type == ')' ? "tuple"
                       : n->type == '[' ? "list"
                       : n->type == '<' ? "set"
                       : n->type == '>' ? "frozenset"
                       : n->type == '{' ? "dict"
                       : n->type == ':' ? "slice"
                       : n->type == 'c' ? "code"
                       : n->type == 'N' ? "None"
                       : n->type == 'T' ? "True"
                       : n->type == 'F' ? "False"
                       : n->type == 'S' ? "StopIteration"
                       : n->type == '.' ? "Ellipsis"
                                        : NULL;
    if (name && stet_diff_pyc_is_container(n))
        stet_buffer_addf(out, "%s of %u", name, n->count);
    else if (name)
        stet_buffer_add_str(out, name);
    else if (n->type == 'i')
        stet_buffer_addf(out, "%d", (int)(int32_t)diff_get32(n->bytes.data, false));
    else if (n->type == 'g')
        float_text(n->bytes.data, out);
    else if (stet_diff_pyc_is_text(n))
        stet_diff_printable(n->bytes.data, n->bytes.len, 200, out, &ignored);
    else if (n->type == 's') {
        stet_buffer_add_str(out, "b'");
        stet_diff_printable(n->bytes.data, n->bytes.len, 190, out, &ignored);
        stet_buffer_add_str(out, "'");
    } else {
        stet_buffer_addf(out, "type '%c': ", n->type >= 0x20 && n->type < 0x7f ? n->type : '?');
        stet_diff_hex(out, n->bytes, 20);
    }
}

/* ---- findings ---- */

/* Counts one; says whether it is to be reported. */
static bool count_difference(struct walk *w)
{
    w->differences++;
    if (w->silent)
        return false;
    return w->reported++ < FINDINGS_MAX;
}

static int report_values(struct walk *w, const struct diff_node *x, const struct diff_node *y)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    if (!count_difference(w))
        return 1;
    _cleanup_free_ char *place = place_text(w);
    if (is_file_name(w))
        w->file_name = true;
    if (place && stet_diff_pyc_is_text(x) && stet_diff_pyc_is_text(y))
        return stet_diff_add_bytes(w->pair, "pyc", x->bytes, y->bytes, w->err, "%s", place) ? 1
                                                                                            : -1;
    value_text(x, &a);
    value_text(y, &b);
    if (!place || stet_buffer_check(&a, "a value", w->err) < 0 ||
        stet_buffer_check(&b, "a value", w->err) < 0 ||
        !stet_diff_add(w->pair, "pyc", stet_buffer_str(&a), stet_buffer_str(&b), w->err, "%s",
                       place))
        return -1;
    return 1;
}

static int report_bytes(struct walk *w, struct diff_bytes a, struct diff_bytes b)
{
    if (!count_difference(w))
        return 1;
    _cleanup_free_ char *place = place_text(w);
    if (!place)
        return -1;
    struct diff_region region = {
        .pair = w->pair, .format = "pyc", .name = place, .of = "", .a = a, .b = b};
    return stet_diff_region_compare(&region, w->err) < 0 ? -1 : 1;
}

static void value_list(const struct diff_pyc *p, const uint32_t *nodes, uint32_t count,
                       struct stet_buffer *out)
{
    for (uint32_t i = 0; i < count && out->len < 400; i++) {
        if (i > 0)
            stet_buffer_add_str(out, ", ");
        value_text(stet_diff_pyc_resolve(p, nodes[i]), out);
    }
}

static int report_order(struct walk *w, const uint32_t *x, const uint32_t *y, uint32_t count)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    if (!count_difference(w))
        return 1;
    _cleanup_free_ char *place = place_text(w);
    value_list(w->a, x, count, &a);
    value_list(w->b, y, count, &b);
    if (!place || stet_buffer_check(&a, "a set", w->err) < 0 ||
        stet_buffer_check(&b, "a set", w->err) < 0)
        return -1;
    struct stet_finding *f =
        stet_diff_add(w->pair, "pyc", stet_buffer_str(&a), stet_buffer_str(&b), w->err,
                      "%s: order of constants in a set (hash seed)", place);
    if (!f)
        return -1;
    return stet_diff_because(
               f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY, w->err,
               "the set has the same constants; their order follows the interpreter's hash "
               "seed (PYTHONHASHSEED)") < 0
               ? -1
               : 1;
}

/* ---- containers ---- */

/* The children's numbers, as malloc'd memory. */
static uint32_t *list_children(struct walk *w, const struct diff_pyc *p, const struct diff_node *n)
{
    uint32_t *out = calloc(n->count ? n->count : 1, sizeof *out), i = 0;
    if (!out) {
        stet_error_oom(w->err, "comparing code");
        return NULL;
    }
    for (uint32_t c = n->first; c != DIFF_NO_NODE; c = p->nodes[c].next)
        out[i++] = c;
    return out;
}

static int compare_hashes(const void *x, const void *y, void *ctx)
{
    const struct diff_pyc *p = ctx;
    const uint32_t *a = x, *b = y;
    uint64_t ha = p->nodes[*a].hash, hb = p->nodes[*b].hash;
    if (ha != hb)
        return ha < hb ? -1 : 1;
    return (*a > *b) - (*a < *b);
}

/* Do both have the same elements? Sorted by their hashes, then compared in full. 1; 2: no; 0: too much work; -1. */
static int same_elements(struct walk *w, const uint32_t *x, const uint32_t *y, uint32_t count,
                         bool *same_order)
{
    _cleanup_free_ uint32_t *a = calloc(count, sizeof *a), *b = calloc(count, sizeof *b);
    if (!a || !b)
        return stet_error_oom(w->err, "comparing code");
    *same_order = true;
    for (uint32_t i = 0; i < count; i++) {
        a[i] = x[i];
        b[i] = y[i];
        *same_order = *same_order && w->a->nodes[x[i]].hash == w->b->nodes[y[i]].hash;
    }
    qsort_r(a, count, sizeof *a, compare_hashes, w->a);
    qsort_r(b, count, sizeof *b, compare_hashes, w->b);
    size_t before = w->differences;
    int status = 1;
    w->silent++;
    for (uint32_t i = 0; i < count && status > 0; i++)
        status = compare_nodes(w, a[i], b[i]);
    w->silent--;
    bool same = w->differences == before;
    w->differences = before;
    return status <= 0 ? status : same ? 1 : 2;
}

/* A code object is known by its name: the last part of that sort. */
static struct diff_bytes code_name(const struct diff_pyc *p, const struct diff_node *n)
{
    struct diff_bytes name = {(const unsigned char *)"?", 1};
    uint32_t c = n->first;
    for (const char *const *part = p->layout->parts; *part && c != DIFF_NO_NODE; part++) {
        const struct diff_node *value = stet_diff_pyc_resolve(p, c);
        if ((strcmp(*part, "name") == 0 || strcmp(*part, "qualified name") == 0) &&
            stet_diff_pyc_is_text(value))
            name = value->bytes;
        c = p->nodes[c].next;
    }
    return name;
}

/* An element is known by what it is; code by its name, whatever is in it. */
static int add_elements(struct walk *w, const struct diff_pyc *p, const struct diff_node *n,
                        struct diff_records *out)
{
    for (uint32_t c = n->first; c != DIFF_NO_NODE; c = p->nodes[c].next) {
        const struct diff_node *e = stet_diff_pyc_resolve(p, c);
        struct diff_bytes name = e->type == 'c' ? code_name(p, e) : (struct diff_bytes){NULL, 0};
        struct diff_text key = {(const char *)&e->hash, sizeof e->hash};
        if (name.len > 0)
            key = stet_diff_text_of(&name);
        if (stet_diff_records_add(out, key, (struct diff_text){"", 0}, c, w->err) < 0)
            return -1;
    }
    return 0;
}

static int element_line(struct walk *w, struct diff_details *d, const struct diff_pyc *p, char sign,
                        const struct diff_record *e)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    const struct diff_node *n = stet_diff_pyc_resolve(p, (uint32_t)e->at);
    if (!stet_diff_details_room(d, 1))
        return 0;
    if (n->type == 'c') {
        struct diff_bytes name = code_name(p, n);
        stet_buffer_add_str(&text, "code ");
        if (stet_diff_printable(name.data, name.len, 80, &text, w->err) < 0)
            return -1;
    } else {
        value_text(n, &text);
    }
    if (stet_buffer_check(&text, "a value", w->err) < 0)
        return -1;
    return stet_diff_detail(d->f, sign, stet_buffer_str(&text), text.len, w->err);
}

/* One finding with the elements that one side alone has. */
static int report_elements(struct walk *w, const struct diff_node *x, const struct diff_node *y,
                           const struct diff_record_pairs *pairs)
{
    size_t before = w->pair->diff->result->count;
    int status = report_values(w, x, y);
    if (status <= 0 || w->pair->diff->result->count == before)
        return status;
    struct diff_details d = {.f = &w->pair->diff->result->findings[before]};
    for (size_t i = 0; i < pairs->count; i++) {
        const struct diff_record_pair *one = &pairs->items[i];
        if ((!one->b && element_line(w, &d, w->a, '-', one->a) < 0) ||
            (!one->a && element_line(w, &d, w->b, '+', one->b) < 0))
            return -1;
    }
    return stet_diff_details_end(&d, w->err) < 0 ? -1 : 1;
}

/* Of other lengths: what one side alone has, then what differs in code that both have. */
static int compare_resized(struct walk *w, const struct diff_node *x, const struct diff_node *y)
{
    struct diff_records a = {0}, b = {0};
    struct diff_record_pairs pairs = {0};
    int status = 1;
    if (add_elements(w, w->a, x, &a) < 0 || add_elements(w, w->b, y, &b) < 0 ||
        stet_diff_records_match(&a, &b, &pairs, w->err) < 0)
        status = -1;
    if (status > 0)
        status = report_elements(w, x, y, &pairs);
    for (size_t i = 0; status > 0 && i < pairs.count; i++)
        if (pairs.items[i].a && pairs.items[i].b)
            status =
                compare_nodes(w, (uint32_t)pairs.items[i].a->at, (uint32_t)pairs.items[i].b->at);
    stet_diff_record_pairs_release(&pairs);
    stet_diff_records_release(&a);
    stet_diff_records_release(&b);
    return status;
}

static int compare_sets(struct walk *w, const struct diff_node *x, const struct diff_node *y)
{
    if (x->count != y->count)
        return compare_resized(w, x, y);
    if (x->count == 0)
        return 1;
    _cleanup_free_ uint32_t *a = list_children(w, w->a, x), *b = list_children(w, w->b, y);
    bool same_order = true;
    if (!a || !b)
        return -1;
    int status = same_elements(w, a, b, x->count, &same_order);
    if (status <= 0)
        return status;
    if (status == 1)
        return same_order ? 1 : report_order(w, a, b, x->count);
    for (uint32_t i = 0; i < x->count; i++) {
        status = compare_nodes(w, a[i], b[i]);
        if (status <= 0)
            return status;
    }
    return 1;
}

static int compare_lists(struct walk *w, const struct diff_node *x, const struct diff_node *y)
{
    int status = 1;
    if (x->count != y->count)
        return compare_resized(w, x, y);
    unsigned at = w->index_count++;
    uint32_t i = 0, c = x->first, d = y->first;
    for (; c != DIFF_NO_NODE && status > 0; c = w->a->nodes[c].next, d = w->b->nodes[d].next) {
        if (at < INDEXES_MAX)
            w->indexes[at] = i;
        i++;
        status = compare_nodes(w, c, d);
    }
    w->index_count--;
    return status;
}

static int compare_code(struct walk *w, const struct diff_node *x, const struct diff_node *y)
{
    struct walk saved = *w;
    int status = 1;
    uint32_t c = x->first, d = y->first;
    w->code = code_name(w->a, x);
    w->index_count = 0;
    for (const char *const *part = w->a->layout->parts; *part && status > 0; part++) {
        w->part = **part == '#' ? *part + 1 : *part;
        status = compare_nodes(w, c, d);
        c = w->a->nodes[c].next;
        d = w->b->nodes[d].next;
    }
    w->code = saved.code;
    w->part = saved.part;
    w->index_count = saved.index_count;
    memcpy(w->indexes, saved.indexes, sizeof w->indexes);
    return status;
}

/* ---- any object ---- */

static int compare_leaves(struct walk *w, const struct diff_node *x, const struct diff_node *y)
{
    if (diff_same(x->bytes, y->bytes))
        return 1;
    /* Bytecode and tables; other bytes are constants. */
    if (x->type == 's' && w->part && strcmp(w->part, "constants") != 0)
        return report_bytes(w, x->bytes, y->bytes);
    return report_values(w, x, y);
}

static int note_otherwise(struct walk *w, const struct diff_node *x, const struct diff_node *y)
{
    if (w->otherwise || (x->type == y->type && x->shared == y->shared))
        return 0;
    w->otherwise = place_text(w);
    return w->otherwise ? 0 : -1;
}

static int compare_nodes(struct walk *w, uint32_t x, uint32_t y)
{
    const struct diff_node *a = stet_diff_pyc_resolve(w->a, x), *b = stet_diff_pyc_resolve(w->b, y);
    if (w->steps-- == 0)
        return 0;
    if (note_otherwise(w, &w->a->nodes[x], &w->b->nodes[y]) < 0)
        return -1;
    uint32_t number = (uint32_t)(b - w->b->nodes);
    /* Referred to from several places: told once. What is tried in silence is not told. */
    if (a->partner == number)
        return 1;
    if (!w->silent)
        w->a->nodes[a - w->a->nodes].partner = number;
    if (stet_diff_pyc_kind(a->type) != stet_diff_pyc_kind(b->type))
        return report_values(w, a, b);
    if (!stet_diff_pyc_is_container(a))
        return compare_leaves(w, a, b);
    if (stet_diff_pyc_is_set(a))
        return compare_sets(w, a, b);
    return a->type == 'c' ? compare_code(w, a, b) : compare_lists(w, a, b);
}

/* ---- the marshalled code ---- */

static void count_shared(const struct diff_pyc *p, struct stet_buffer *out)
{
    size_t references = 0;
    for (size_t i = 1; i < p->node_count; i++)
        references += p->nodes[i].type == 'r';
    stet_buffer_addf(out, "%zu objects with FLAG_REF, %zu references", p->shared_count, references);
}

/* Same objects, other bytes. */
static int report_otherwise(struct walk *w)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    if (!w->otherwise)
        return 0;
    count_shared(w->a, &a);
    count_shared(w->b, &b);
    stet_buffer_addf(&a, "; first difference at %s", w->otherwise);
    stet_buffer_addf(&b, "; first difference at %s", w->otherwise);
    if (stet_buffer_check(&a, "a value", w->err) < 0 ||
        stet_buffer_check(&b, "a value", w->err) < 0)
        return -1;
    struct stet_finding *f = stet_diff_add(w->pair, "pyc", stet_buffer_str(&a), stet_buffer_str(&b),
                                           w->err, "how equal objects are marshalled");
    return f ? stet_diff_detailf(
                   f, ' ', w->err,
                   "an object is marked when the compiling process holds it more than "
                   "once, for whatever reason")
             : -1;
}

static int report_more(struct walk *w)
{
    if (w->reported <= FINDINGS_MAX)
        return 0;
    _cleanup_free_ char *count = stet_format(w->err, "%zu", w->reported - FINDINGS_MAX);
    return count && stet_diff_add(w->pair, "pyc", count, count, w->err,
                                  "number of further differences in the code")
               ? 0
               : -1;
}

static int compare_trees(const struct diff_pair *p, struct diff_pyc *a, struct diff_pyc *b,
                         struct stet_error *err)
{
    struct walk w = {.pair = p, .a = a, .b = b, .err = err};
    size_t first = p->diff->result->count;
    w.steps = 4 * ((uint64_t)a->node_count + b->node_count) + 1000;
    int status = compare_nodes(&w, a->root, b->root);
    if (status > 0 && (report_more(&w) < 0 || report_otherwise(&w) < 0 ||
                       stet_diff_build_paths(p, first, w.file_name, err) < 0))
        status = -1;
    free(w.otherwise);
    return status;
}

static int compare_rest(const struct diff_pair *p, const char *name, const struct diff_pyc *a,
                        size_t at_a, const struct diff_pyc *b, size_t at_b, struct stet_error *err)
{
    struct diff_region region = {
        .pair = p,
        .format = "pyc",
        .name = name,
        .of = "",
        .a = diff_part(a->file, at_a, a->file.len - at_a),
        .b = diff_part(b->file, at_b, b->file.len - at_b),
        .base = at_a,
    };
    return stet_diff_region_compare(&region, err) < 0 ? -1 : 1;
}

static int compare_bodies(const struct diff_pair *p, struct diff_pyc *a, struct diff_pyc *b,
                          struct stet_error *err)
{
    if (diff_same(diff_part(a->file, a->begin, a->file.len - a->begin),
                  diff_part(b->file, b->begin, b->file.len - b->begin)))
        return 1;
    /* Of other versions nothing belongs together. */
    if (a->layout != b->layout)
        return compare_rest(p, "code", a, a->begin, b, b->begin, err);
    int status = stet_diff_pyc_read_code(a, err);
    if (status > 0)
        status = stet_diff_pyc_read_code(b, err);
    if (status > 0)
        status = compare_trees(p, a, b, err);
    return status > 0 ? compare_rest(p, "bytes after the code", a, a->end, b, b->end, err) : status;
}

/* ---- the header ---- */

static int compare_magic(const struct diff_pair *p, const struct diff_pyc *a,
                         const struct diff_pyc *b, struct stet_error *err)
{
    if (a->magic == b->magic)
        return 0;
    _cleanup_free_ char *va =
        stet_format(err, "%s (%u)", stet_diff_pyc_version(a->magic), a->magic);
    _cleanup_free_ char *vb =
        stet_format(err, "%s (%u)", stet_diff_pyc_version(b->magic), b->magic);
    return va && vb && stet_diff_add(p, "pyc", va, vb, err, "Python version") ? 0 : -1;
}

static const char *flags_text(const struct diff_pyc *p)
{
    return !(p->flags & 1) ? "by time of the source"
           : p->flags & 2  ? "by hash of the source, checked"
                           : "by hash of the source, unchecked";
}

static int compare_flags(const struct diff_pair *p, const struct diff_pyc *a,
                         const struct diff_pyc *b, struct stet_error *err)
{
    if (a->flags == b->flags)
        return 0;
    _cleanup_free_ char *va = stet_format(err, "0x%x (%s)", a->flags, flags_text(a));
    _cleanup_free_ char *vb = stet_format(err, "0x%x (%s)", b->flags, flags_text(b));
    return va && vb && stet_diff_add(p, "pyc", va, vb, err, "validation") ? 0 : -1;
}

static int compare_mtime(const struct diff_pair *p, const struct diff_pyc *a,
                         const struct diff_pyc *b, struct stet_error *err)
{
    char va[STET_TIME_TEXT_MAX], vb[STET_TIME_TEXT_MAX];
    if (a->mtime == b->mtime)
        return 0;
    stet_diff_time_text(a->mtime, va);
    stet_diff_time_text(b->mtime, vb);
    struct stet_finding *f = stet_diff_add(p, "pyc", va, vb, err, "source mtime");
    if (!f)
        return -1;
    if (a->mtime == 0 || b->mtime == 0)
        return 0;
    return stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN, err,
                             "the header holds when the source file was last written (PEP 552)");
}

static int compare_validation(const struct diff_pair *p, const struct diff_pyc *a,
                              const struct diff_pyc *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    if ((a->flags & 1) != (b->flags & 1))
        return 0;
    if (!(a->flags & 1)) {
        if (compare_mtime(p, a, b, err) < 0)
            return -1;
        if (a->size == b->size)
            return 0;
        stet_buffer_addf(&va, "%u", a->size);
        stet_buffer_addf(&vb, "%u", b->size);
    } else {
        if (diff_same(a->hash, b->hash))
            return 0;
        stet_diff_hex(&va, a->hash, 8);
        stet_diff_hex(&vb, b->hash, 8);
    }
    if (stet_buffer_check(&va, "a value", err) < 0 || stet_buffer_check(&vb, "a value", err) < 0)
        return -1;
    return stet_diff_add(p, "pyc", stet_buffer_str(&va), stet_buffer_str(&vb), err,
                         a->flags & 1 ? "source hash" : "source size")
               ? 0
               : -1;
}

int stet_diff_python(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_pyc a, b;
    size_t first = p->diff->result->count;
    if (!stet_diff_pyc_read_header(p->a, &a) || !stet_diff_pyc_read_header(p->b, &b))
        return 0;
    int status = -1;
    if (compare_magic(p, &a, &b, err) == 0 && compare_flags(p, &a, &b, err) == 0 &&
        compare_validation(p, &a, &b, err) == 0)
        status = compare_bodies(p, &a, &b, err);
    stet_diff_pyc_release(&a);
    stet_diff_pyc_release(&b);
    return status > 0 ? p->diff->result->count > first : status;
}
