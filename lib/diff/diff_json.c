/*
 * diff_json - JSON by path.
 */
#include "lib/diff/diff_json.h"
#include "lib/diff/formats.h"

enum {
    TEXT_MAX = 4 << 20,
    SORTED_MAX = 1 << 15,
    FINDINGS_MAX = 1000,
    VALUE_MAX = 200,
    NAMES_SHOWN = 8,
    TEXTS_DEPTH_MAX = 4, /* of JSON in strings of JSON */
};

struct walk {
    const struct diff_json_place *place;
    struct stet_buffer path;
    int added;
    size_t more;    /* differences past FINDINGS_MAX */
    unsigned depth; /* of texts in texts */
    /* the first object whose members come in another order */
    struct stet_buffer order_path, order_a, order_b;
    size_t reordered; /* how many objects */
};

static int compare(struct walk *w, const json_t *a, const json_t *b, struct stet_error *err);

/* ---- paths and values as text ---- */

static bool is_plain(const char *key)
{
    for (const char *s = key; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
              *s == '_' || *s == '-'))
            return false;
    return *key != '\0';
}

/* Appends ".key", or ["key"] where that would not be clear. Returns the length before. */
static size_t push_key(struct stet_buffer *path, const char *key, struct stet_error *err)
{
    size_t before = path->len;

    if (is_plain(key)) {
        stet_buffer_addf(path, "%s%s", before && path->data[before - 1] != '!' ? "." : "", key);
    } else {
        stet_buffer_add_str(path, "[\"");
        stet_diff_printable(key, strlen(key), VALUE_MAX, path, err);
        stet_buffer_add_str(path, "\"]");
    }
    return before;
}

static size_t push_index(struct stet_buffer *path, size_t i)
{
    size_t before = path->len;

    stet_buffer_addf(path, "[%zu]", i);
    return before;
}

static void pop(struct stet_buffer *path, size_t len)
{
    path->len = len;
    if (path->data)
        path->data[len] = '\0';
}

struct shortened {
    struct stet_buffer *out;
    size_t max;
};

/* Stops when there is enough of it. */
static int dump_some(const char *data, size_t len, void *ctx)
{
    struct shortened *s = ctx;

    stet_buffer_add(s->out, data, len);
    return s->out->len > s->max ? -1 : 0;
}

/* A string as it is when both are strings, anything else as JSON. */
static int value_text(const json_t *v, bool quoted, struct stet_buffer *out, struct stet_error *err)
{
    struct shortened s = {out, 4 * VALUE_MAX + 4};

    if (json_is_string(v) && !quoted)
        return stet_diff_printable(json_string_value(v), json_string_length(v), VALUE_MAX, out,
                                   err);
    json_dump_callback(v, dump_some, &s, JSON_COMPACT | JSON_ENCODE_ANY);
    return stet_buffer_check(out, "comparing JSON", err);
}

static const char *root_name(const struct walk *w)
{
    return w->path.len ? stet_buffer_str(&w->path) : "document";
}

static int add_difference(struct walk *w, const json_t *a, const json_t *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer x = STET_BUFFER_INIT, y = STET_BUFFER_INIT;
    const struct diff_json_place *at = w->place;
    bool quoted = a && b && json_typeof(a) != json_typeof(b);

    if (w->added >= FINDINGS_MAX) {
        w->more++;
        return 0;
    }
    if ((a && value_text(a, quoted, &x, err) < 0) || (b && value_text(b, quoted, &y, err) < 0))
        return -1;
    if (!stet_diff_add_at(at->diff, at->level, at->layer, at->path, at->format,
                          a ? stet_buffer_str(&x) : NULL, b ? stet_buffer_str(&y) : NULL, err, "%s",
                          root_name(w)))
        return -1;
    w->added++;
    return 0;
}

/* ---- objects ---- */

/* The names of both, in the order of one: those that the other has as well. */
static size_t common_names(json_t *of, const json_t *other, const char **names)
{
    size_t n = 0;
    const char *key;
    json_t *value;

    json_object_foreach(of, key, value)
    {
        if (json_object_get(other, key))
            names[n++] = key;
    }
    return n;
}

static void add_names(struct stet_buffer *out, const char **names, size_t from, size_t n)
{
    for (size_t i = from; i < n && i < from + NAMES_SHOWN; i++)
        stet_buffer_addf(out, "%s%s", i > from ? ", " : "", names[i]);
    if (n > from + NAMES_SHOWN)
        stet_buffer_add_str(out, ", …");
}

static int compare_order(struct walk *w, json_t *a, json_t *b, struct stet_error *err)
{
    size_t max =
        json_object_size(a) < json_object_size(b) ? json_object_size(a) : json_object_size(b);
    _cleanup_free_ const char **x = calloc(max + 1, sizeof *x), **y = calloc(max + 1, sizeof *y);
    size_t first = 0;

    if (!x || !y)
        return stet_error_oom(err, "comparing JSON");
    size_t n = common_names(a, b, x);
    common_names(b, a, y);
    while (first < n && strcmp(x[first], y[first]) == 0)
        first++;
    if (first == n)
        return 0;
    if (w->reordered++ == 0) {
        stet_buffer_add_str(&w->order_path, stet_buffer_str(&w->path));
        add_names(&w->order_a, x, first, n);
        add_names(&w->order_b, y, first, n);
    }
    return stet_buffer_check(&w->order_b, "comparing JSON", err);
}

/* a's members in their order, then those that only b has. */
static int compare_objects(struct walk *w, json_t *a, json_t *b, struct stet_error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach(a, key, value)
    {
        size_t before = push_key(&w->path, key, err);
        json_t *other = json_object_get(b, key);
        int rc = other ? compare(w, value, other, err) : add_difference(w, value, NULL, err);
        pop(&w->path, before);
        if (rc < 0)
            return -1;
    }
    json_object_foreach(b, key, value)
    {
        if (json_object_get(a, key))
            continue;
        size_t before = push_key(&w->path, key, err);
        int rc = add_difference(w, NULL, value, err);
        pop(&w->path, before);
        if (rc < 0)
            return -1;
    }
    return compare_order(w, a, b, err);
}

/* ---- lists ---- */

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++)
        free(texts[i]);
    free(texts);
}

/* The n items from index from on, each as canonical text, sorted. */
static char **item_texts(const json_t *list, size_t from, size_t n, struct stet_error *err)
{
    char **texts = calloc(n + 1, sizeof *texts);

    for (size_t i = 0; texts && i < n; i++) {
        texts[i] = json_dumps(json_array_get(list, from + i),
                              JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        if (!texts[i]) {
            free_texts(texts, n);
            texts = NULL;
        }
    }
    if (texts)
        qsort(texts, n, sizeof *texts, compare_strings);
    else
        stet_error_oom(err, "comparing JSON");
    return texts;
}

/* Are the n items from index from on the same ones? */
static int is_reordered(const json_t *a, const json_t *b, size_t from, size_t n,
                        struct stet_error *err)
{
    char **x = item_texts(a, from, n, err), **y = x ? item_texts(b, from, n, err) : NULL;
    int same = x && y ? 1 : -1;

    for (size_t i = 0; same == 1 && i < n; i++)
        same = strcmp(x[i], y[i]) == 0;
    free_texts(x, x ? n : 0);
    free_texts(y, y ? n : 0);
    return same;
}

static int add_list_order(struct walk *w, json_t *a, json_t *b, size_t from, struct stet_error *err)
{
    size_t before = w->path.len;

    stet_buffer_addf(&w->path, "%sorder of items, from [%zu] on", before ? ": " : "", from);
    int rc = add_difference(w, json_array_get(a, from), json_array_get(b, from), err);
    pop(&w->path, before);
    return rc;
}

/* ---- lists of objects that have names ---- */

struct named {
    const char *name;
    size_t index;
};

static int compare_named(const void *pa, const void *pb)
{
    return strcmp(((const struct named *)pa)->name, ((const struct named *)pb)->name);
}

/* The items by their names; NULL when not each of them is an object with a name of its own, or out of memory. */
static struct named *names_of(const json_t *list)
{
    size_t n = json_array_size(list);
    struct named *items = n > 1 ? calloc(n, sizeof *items) : NULL;
    bool unique = items != NULL;

    for (size_t i = 0; unique && i < n; i++) {
        items[i].name = json_string_value(json_object_get(json_array_get(list, i), "name"));
        items[i].index = i;
        unique = items[i].name && items[i].name[0] && strlen(items[i].name) <= VALUE_MAX;
    }
    if (unique)
        qsort(items, n, sizeof *items, compare_named);
    for (size_t i = 1; unique && i < n; i++)
        unique = strcmp(items[i - 1].name, items[i].name) != 0;
    if (!unique) {
        free(items);
        return NULL;
    }
    return items;
}

static int compare_item(struct walk *w, const char *name, const json_t *a, const json_t *b,
                        struct stet_error *err)
{
    size_t before = w->path.len;

    stet_buffer_add_char(&w->path, '[');
    if (stet_diff_printable(name, strlen(name), VALUE_MAX, &w->path, err) < 0)
        return -1;
    stet_buffer_add_char(&w->path, ']');
    int rc = a && b ? compare(w, a, b, err) : add_difference(w, a, b, err);
    pop(&w->path, before);
    return rc;
}

static int compare_indexes(const void *pa, const void *pb)
{
    const struct named *a = pa, *b = pb;
    return (a->index > b->index) - (a->index < b->index);
}

/* Those of both lists that the other has too are the first kept ones; are they in one order? */
static int compare_named_order(struct walk *w, json_t *a, json_t *b, struct named *x,
                               struct named *y, size_t kept, struct stet_error *err)
{
    qsort(x, kept, sizeof *x, compare_indexes);
    qsort(y, kept, sizeof *y, compare_indexes);
    for (size_t i = 0; i < kept; i++) {
        if (strcmp(x[i].name, y[i].name) == 0)
            continue;
        size_t before = w->path.len;
        stet_buffer_addf(&w->path, "%sorder of items, from [%zu] on", before ? ": " : "",
                         x[i].index);
        int rc = add_difference(w, json_object_get(json_array_get(a, x[i].index), "name"),
                                json_object_get(json_array_get(b, y[i].index), "name"), err);
        pop(&w->path, before);
        return rc;
    }
    return 0;
}

/* Items belong together by their names. 1, 0 when they have none, or -1. */
static int compare_named_lists(struct walk *w, json_t *a, json_t *b, struct stet_error *err)
{
    _cleanup_free_ struct named *x = names_of(a), *y = x ? names_of(b) : NULL;
    size_t n = json_array_size(a), m = json_array_size(b), kept = 0;

    if (!x || !y)
        return 0;
    for (size_t i = 0, j = 0; i < n || j < m;) {
        int order = i == n ? 1 : j == m ? -1 : strcmp(x[i].name, y[j].name);
        if (compare_item(w, order <= 0 ? x[i].name : y[j].name,
                         order <= 0 ? json_array_get(a, x[i].index) : NULL,
                         order >= 0 ? json_array_get(b, y[j].index) : NULL, err) < 0)
            return -1;
        if (order == 0) {
            x[kept] = x[i];
            y[kept++] = y[j];
        }
        i += order <= 0;
        j += order >= 0;
    }
    return compare_named_order(w, a, b, x, y, kept, err) < 0 ? -1 : 1;
}

/* Items between the common begin and the common end belong together by their index. */
static int compare_lists(struct walk *w, json_t *a, json_t *b, struct stet_error *err)
{
    size_t n = json_array_size(a), m = json_array_size(b), min = n < m ? n : m;
    size_t begin = 0, end = 0;

    while (begin < min && json_equal(json_array_get(a, begin), json_array_get(b, begin)))
        begin++;
    while (end < min - begin &&
           json_equal(json_array_get(a, n - end - 1), json_array_get(b, m - end - 1)))
        end++;
    /* In equal lists members of objects may still come in another order. */
    if (begin == n && n == m)
        begin = end = 0;
    else if (n == m && n - begin - end > 1 && n - begin - end <= SORTED_MAX) {
        int same = is_reordered(a, b, begin, n - begin - end, err);
        if (same != 0)
            return same < 0 ? -1 : add_list_order(w, a, b, begin, err);
    }
    int named = begin == 0 && end == n && n == m ? 0 : compare_named_lists(w, a, b, err);
    if (named != 0)
        return named < 0 ? -1 : 0;
    for (size_t i = begin; i < n - end || i < m - end; i++) {
        size_t before = push_index(&w->path, i);
        json_t *x = i < n - end ? json_array_get(a, i) : NULL;
        json_t *y = i < m - end ? json_array_get(b, i) : NULL;
        int rc = x && y ? compare(w, x, y, err) : add_difference(w, x, y, err);
        pop(&w->path, before);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* ---- all ---- */

static json_t *parse(const struct diff_bytes *text, struct stet_error *err);

/* The object or list that a string holds; NULL: none. */
static json_t *held_by(const json_t *string)
{
    struct stet_error why = STET_ERROR_INIT;
    struct diff_bytes text = {(const unsigned char *)json_string_value(string),
                              json_string_length(string)};

    return text.len > 1 && (text.data[0] == '{' || text.data[0] == '[') ? parse(&text, &why) : NULL;
}

/* JSON in strings is compared as such: "annotations.lock!packages[3].version". */
static int compare_texts(struct walk *w, const json_t *a, const json_t *b, struct stet_error *err)
{
    size_t added = (size_t)w->added + w->more + w->reordered;
    json_t *x = w->depth < TEXTS_DEPTH_MAX ? held_by(a) : NULL, *y = x ? held_by(b) : NULL;
    int rc = 0;

    if (x && y) {
        size_t before = w->path.len;
        w->depth++;
        stet_buffer_add_char(&w->path, '!');
        rc = compare(w, x, y, err);
        pop(&w->path, before);
        w->depth--;
    }
    json_decref(x);
    json_decref(y);
    if (rc < 0 || (size_t)w->added + w->more + w->reordered > added)
        return rc;
    return add_difference(w, a, b, err);
}

static int compare(struct walk *w, const json_t *a, const json_t *b, struct stet_error *err)
{
    if (json_is_object(a) && json_is_object(b))
        return compare_objects(w, (json_t *)(uintptr_t)a, (json_t *)(uintptr_t)b, err);
    if (json_is_array(a) && json_is_array(b))
        return compare_lists(w, (json_t *)(uintptr_t)a, (json_t *)(uintptr_t)b, err);
    if (json_equal(a, b))
        return 0;
    return json_is_string(a) && json_is_string(b) ? compare_texts(w, a, b, err)
                                                  : add_difference(w, a, b, err);
}

static int add_rest(struct walk *w, struct stet_error *err)
{
    const struct diff_json_place *at = w->place;

    if (w->reordered > 0) {
        const char *name = stet_buffer_str(&w->order_path);
        struct stet_finding *f = stet_diff_add_at(
            at->diff, at->level, at->layer, at->path, at->format, stet_buffer_str(&w->order_a),
            stet_buffer_str(&w->order_b), err, "%s%sorder of members", name, *name ? ": " : "");
        if (!f)
            return -1;
        w->added++;
        _cleanup_free_ char *text = stet_format(err, "%zu object%s with members in another order",
                                                w->reordered, w->reordered > 1 ? "s" : "");
        if (!text || stet_diff_detail(f, '@', text, strlen(text), err) < 0)
            return -1;
    }
    if (w->more > 0) {
        _cleanup_free_ char *text = stet_format(err, "%zu values", w->more);
        if (!text || !stet_diff_add_at(at->diff, at->level, at->layer, at->path, at->format, text,
                                       text, err, "more values that differ"))
            return -1;
        w->added++;
    }
    return 0;
}

int stet_diff_json_values(const struct diff_json_place *place, const json_t *a, const json_t *b,
                          struct stet_error *err)
{
    struct walk w = {.place = place};

    stet_buffer_add_str(&w.path, place->prefix);
    int rc = compare(&w, a, b, err);
    if (rc == 0)
        rc = add_rest(&w, err);
    if (rc == 0)
        rc = stet_buffer_check(&w.path, "comparing JSON", err);
    stet_buffer_release(&w.path);
    stet_buffer_release(&w.order_path);
    stet_buffer_release(&w.order_a);
    stet_buffer_release(&w.order_b);
    return rc < 0 ? -1 : w.added;
}

/* ---- how a text is written ---- */

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next part of valid JSON: a string, a number or word, or one character. False at the end. space counts what
 * was passed over. */
static bool next_token(const struct diff_bytes *x, size_t *at, struct diff_bytes *token,
                       size_t *space)
{
    size_t i = *at;

    while (i < x->len && is_space(x->data[i]))
        i++;
    *space += i - *at;
    size_t from = i;
    if (i < x->len && x->data[i] == '"') {
        for (i++; i < x->len && x->data[i] != '"'; i++)
            i += x->data[i] == '\\' && i + 1 < x->len;
        i += i < x->len;
    } else if (i < x->len && strchr("{}[],:", x->data[i])) {
        i++;
    } else {
        while (i < x->len && !is_space(x->data[i]) && !strchr("{}[],:\"", x->data[i]))
            i++;
    }
    *token = (struct diff_bytes){x->data + from, i - from};
    *at = i;
    return i > from;
}

static bool is_equal(const struct diff_bytes *a, const struct diff_bytes *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* One finding of the whole document, by its name where it has one: 1, or -1. */
static int add_of_document(const struct diff_json_place *at, const char *a, const char *b,
                           const char *what, struct stet_error *err)
{
    return stet_diff_add_at(at->diff, at->level, at->layer, at->path, at->format, a, b, err,
                            "%s%s%s", at->prefix, at->prefix[0] ? ": " : "", what)
               ? 1
               : -1;
}

static int add_notation(const struct diff_json_place *at, const struct diff_bytes *x,
                        const struct diff_bytes *y, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;

    if (stet_diff_printable(x->data, x->len, VALUE_MAX, &a, err) < 0 ||
        stet_diff_printable(y->data, y->len, VALUE_MAX, &b, err) < 0)
        return -1;
    return add_of_document(at, stet_buffer_str(&a), stet_buffer_str(&b), "notation of equal values",
                           err);
}

static bool ends_in_newline(const struct diff_bytes *x)
{
    return x->data[x->len - 1] == '\n';
}

static int add_space(const struct diff_json_place *at, const struct diff_bytes *a,
                     const struct diff_bytes *b, size_t a_space, size_t b_space,
                     struct stet_error *err)
{
    bool last = ends_in_newline(a) != ends_in_newline(b);
    struct diff_bytes x = {a->data, a->len - (last && ends_in_newline(a))};
    struct diff_bytes y = {b->data, b->len - (last && ends_in_newline(b))};

    if (last && is_equal(&x, &y))
        return add_of_document(at, ends_in_newline(a) ? "one" : "none",
                               ends_in_newline(b) ? "one" : "none", "final newline", err);
    _cleanup_free_ char *s = stet_format(err, "%zu byte%s of it", a_space, a_space == 1 ? "" : "s");
    _cleanup_free_ char *t = stet_format(err, "%zu byte%s of it", b_space, b_space == 1 ? "" : "s");
    return s && t ? add_of_document(at, s, t, "white space", err) : -1;
}

/* values: the number of findings that the values gave. */
static int compare_writing(const struct diff_json_place *at, const struct diff_bytes *a,
                           const struct diff_bytes *b, int values, struct stet_error *err)
{
    size_t i = 0, j = 0, a_space = 0, b_space = 0;
    struct diff_bytes x, y, odd_x = {NULL, 0}, odd_y = {NULL, 0};
    bool more_a = true, more_b = true;
    int added = 0;

    while (more_a || more_b) {
        more_a = next_token(a, &i, &x, &a_space);
        more_b = next_token(b, &j, &y, &b_space);
        if (!odd_x.data && more_a && more_b && !is_equal(&x, &y)) {
            odd_x = x;
            odd_y = y;
        }
    }
    /* Where values or their order differ, so do the tokens, and white space by what stands around them. */
    if (values == 0 && odd_x.data) {
        if (add_notation(at, &odd_x, &odd_y, err) < 0)
            return -1;
        added++;
    }
    if (values == 0 ? odd_x.data == NULL || a_space != b_space : (a_space == 0) != (b_space == 0)) {
        if (add_space(at, a, b, a_space, b_space, err) < 0)
            return -1;
        added++;
    }
    return added;
}

static json_t *parse(const struct diff_bytes *x, struct stet_error *err)
{
    struct stet_error why = STET_ERROR_INIT;
    size_t i = 0;

    while (i < x->len && is_space(x->data[i]))
        i++;
    /* A lone number or word is rather text. */
    if (i == x->len || x->len > TEXT_MAX || (x->data[i] != '{' && x->data[i] != '['))
        return NULL;
    json_t *value = stet_json_parse((const char *)x->data, x->len, TEXT_MAX, "", &why);
    if (!value && why.kind != STET_ERROR_INPUT)
        stet_error_copy(err, &why);
    return value;
}

int stet_diff_json_texts(const struct diff_json_place *place, const struct diff_bytes *a,
                         const struct diff_bytes *b, struct stet_error *err)
{
    struct stet_error why = STET_ERROR_INIT;
    json_t *x = parse(a, &why), *y = x ? parse(b, &why) : NULL;
    int n = 0;

    if (x && y)
        n = stet_diff_json_values(place, x, y, err);
    if (x && y && n >= 0) {
        int writing = compare_writing(place, a, b, n, err);
        n = writing < 0 ? -1 : n + writing;
    }
    json_decref(x);
    json_decref(y);
    if (why.kind != STET_ERROR_NONE) {
        stet_error_copy(err, &why);
        return -1;
    }
    return n;
}

/* ---- what is nested too deep to be read ---- */

/* Levels of brackets; 0 when it neither begins nor ends with one. What is no JSON may be counted wrongly. */
static size_t depth_of(const struct diff_bytes *x)
{
    size_t begin = 0, end = x->len, depth = 0, deepest = 0;
    bool in_string = false;

    while (begin < end && is_space(x->data[begin]))
        begin++;
    while (end > begin && is_space(x->data[end - 1]))
        end--;
    if (begin == end || !strchr("[{", x->data[begin]) || !strchr("]}", x->data[end - 1]))
        return 0;
    for (size_t i = begin; i < end; i++) {
        unsigned char c = x->data[i];
        if (c == '"')
            in_string = !in_string;
        else if (in_string)
            i += c == '\\';
        else if (c == '[' || c == '{')
            depth++;
        else if (c == ']' || c == '}')
            depth -= depth > 0;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* Says so, and compares it as text or bytes. */
static int compare_deep(const struct diff_pair *p, struct stet_error *err)
{
    size_t a = depth_of(&p->a), b = depth_of(&p->b);

    if (a == 0 || b == 0 || (a <= STET_JSON_DEPTH_MAX && b <= STET_JSON_DEPTH_MAX))
        return 0;
    _cleanup_free_ char *ta = stet_format(err, "%zu levels", a);
    _cleanup_free_ char *tb = stet_format(err, "%zu levels", b);
    if (!ta || !tb ||
        !stet_diff_add(p, "json", ta, tb, err,
                       "budget of depth: it is nested too deep to be read as JSON"))
        return -1;
    p->diff->result->cut_short = true;
    int rc = stet_diff_text_compare(p, err);
    return rc ? rc : stet_diff_raw(p, "bytes", err) < 0 ? -1 : 1;
}

int stet_diff_json_compare(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_json_place place = {p->diff, STET_DIFF_CONTENT, p->layer, p->path, "json", ""};
    int n = stet_diff_json_texts(&place, &p->a, &p->b, err);

    return n != 0 ? (n < 0 ? -1 : 1) : compare_deep(p, err);
}
