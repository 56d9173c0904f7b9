/* Reading .pyc: header, and the tree of marshalled objects. */
#include "lib/diff/python.h"

enum { FLAG_REF = 0x80 };

/* ---- versions ---- */

static const struct diff_code_layout layout_3_3 = {
    {"#argcount", "#kwonlyargcount", "#nlocals", "#stacksize", "#flags", "bytecode", "constants",
     "names", "variables", "free variables", "cell variables", "file name", "name", "#first line",
     "line table", NULL}};
static const struct diff_code_layout layout_3_8 = {
    {"#argcount", "#posonlyargcount", "#kwonlyargcount", "#nlocals", "#stacksize", "#flags",
     "bytecode", "constants", "names", "variables", "free variables", "cell variables", "file name",
     "name", "#first line", "line table", NULL}};
static const struct diff_code_layout layout_3_11 = {
    {"#argcount", "#posonlyargcount", "#kwonlyargcount", "#stacksize", "#flags", "bytecode",
     "constants", "names", "variables", "kinds of variables", "file name", "name", "qualified name",
     "#first line", "line table", "exception table", NULL}};

/* Magic numbers up to each version's last one (CPython, Include/internal/pycore_magic_number.h). */
static const struct {
    uint32_t last;
    const char *name;
    bool has_flags;
    const struct diff_code_layout *layout;
} versions[] = {
    {3189, NULL, false, NULL},          {3230, "3.3", false, &layout_3_3},
    {3310, "3.4", false, &layout_3_3},  {3351, "3.5", false, &layout_3_3},
    {3379, "3.6", false, &layout_3_3},  {3394, "3.7", true, &layout_3_3},
    {3413, "3.8", true, &layout_3_8},   {3425, "3.9", true, &layout_3_8},
    {3439, "3.10", true, &layout_3_8},  {3449, NULL, true, NULL},
    {3495, "3.11", true, &layout_3_11}, {3531, "3.12", true, &layout_3_11},
    {3599, "3.13", true, &layout_3_11}, {3649, "3.14", true, &layout_3_11},
};
enum { VERSIONS = sizeof versions / sizeof *versions };

static size_t find_version(uint32_t magic)
{
    size_t i = 0;
    while (i < VERSIONS && magic > versions[i].last)
        i++;
    return i;
}

const char *stet_diff_pyc_version(uint32_t magic)
{
    size_t i = find_version(magic);
    return i < VERSIONS ? versions[i].name : NULL;
}

/* ---- hashes: to sort and to find, never as proof ---- */

static uint64_t mix(uint64_t h, uint64_t value)
{
    h = (h ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t hash_bytes(uint64_t h, struct diff_bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        h = mix(h, b.data[i]);
    return mix(h, b.len);
}

/* ---- objects ---- */

bool stet_diff_pyc_is_text(const struct diff_node *n)
{
    return n->type && memchr("utaAzZ", n->type, 6);
}

bool stet_diff_pyc_is_set(const struct diff_node *n)
{
    return n->type == '<' || n->type == '>';
}

bool stet_diff_pyc_is_container(const struct diff_node *n)
{
    return n->type && memchr("()[<>{:c", n->type, 8);
}

/* Forms of one type differ by how they are marshalled alone. */
unsigned char stet_diff_pyc_kind(unsigned char type)
{
    if (type && memchr("utaAzZ", type, 6))
        return 'u';
    return type == ')' ? '(' : type;
}

const struct diff_node *stet_diff_pyc_resolve(const struct diff_pyc *p, uint32_t node)
{
    const struct diff_node *n = &p->nodes[node];
    return n->type == 'r' ? &p->nodes[n->target] : n;
}

struct reader {
    struct diff_pyc *pyc;
    size_t at;
    unsigned depth;
    struct stet_error *err;
};

static bool take(struct reader *r, uint64_t len, struct diff_bytes *out)
{
    if (!diff_has(r->pyc->file, r->at, len))
        return false;
    *out = diff_part(r->pyc->file, r->at, len);
    r->at += (size_t)len;
    return true;
}

static bool take_number(struct reader *r, unsigned width, uint32_t *out)
{
    struct diff_bytes b;
    if (!take(r, width, &b))
        return false;
    *out = width == 1   ? b.data[0]
           : width == 2 ? diff_get16(b.data, false)
                        : diff_get32(b.data, false);
    return true;
}

/* Leaves: the value alone. false: damaged. */
static bool take_leaf(struct reader *r, unsigned char type, struct diff_bytes *out)
{
    uint32_t n;
    switch (type) {
    case '0':
    case 'N':
    case 'F':
    case 'T':
    case 'S':
    case '.':
        return take(r, 0, out);
    case 'i':
        return take(r, 4, out);
    case 'I':
    case 'g':
        return take(r, 8, out);
    case 'y':
        return take(r, 16, out);
    case 'l':
        if (!take_number(r, 4, &n))
            return false;
        r->at -= 4;
        return take(r, 4 + 2 * (uint64_t)(n & 0x80000000 ? -n : n), out);
    case 'z':
    case 'Z':
    case 'f':
        return take_number(r, 1, &n) && take(r, n, out);
    case 's':
    case 'u':
    case 't':
    case 'a':
    case 'A':
        return take_number(r, 4, &n) && take(r, n, out);
    case 'x': {
        size_t begin = r->at;
        struct diff_bytes part;
        if (!take_number(r, 1, &n) || !take(r, n, &part) || !take_number(r, 1, &n) ||
            !take(r, n, &part))
            return false;
        *out = diff_part(r->pyc->file, begin, r->at - begin);
        return true;
    }
    default:
        return false;
    }
}

static int read_object(struct reader *r, uint32_t *out);

static void add_child(struct diff_pyc *p, uint32_t parent, uint32_t *last, uint32_t child)
{
    if (*last == DIFF_NO_NODE)
        p->nodes[parent].first = child;
    else
        p->nodes[*last].next = child;
    p->nodes[parent].count++;
    *last = child;
}

static int read_children(struct reader *r, uint32_t node, uint64_t count)
{
    uint32_t last = DIFF_NO_NODE;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t child;
        int status = read_object(r, &child);
        if (status <= 0)
            return status;
        add_child(r->pyc, node, &last, child);
    }
    return 1;
}

/* Keys and values, ended by a null. */
static int read_dictionary(struct reader *r, uint32_t node)
{
    for (uint32_t last = DIFF_NO_NODE, child;; add_child(r->pyc, node, &last, child)) {
        int status = read_object(r, &child);
        if (status <= 0 || r->pyc->nodes[child].type == '0')
            return status;
    }
}

static int new_node(struct diff_pyc *p, uint32_t *out, struct stet_error *err)
{
    if (p->node_count >= DIFF_MARSHAL_NODES_MAX)
        return 0;
    if (stet_grow(&p->nodes, &p->node_cap, p->node_count + 1, sizeof *p->nodes, err) < 0)
        return -1;
    *out = (uint32_t)p->node_count++;
    return 1;
}

static int read_code(struct reader *r, uint32_t node)
{
    uint32_t last = DIFF_NO_NODE;
    for (const char *const *part = r->pyc->layout->parts; *part; part++) {
        uint32_t child;
        int status;
        if (**part == '#') {
            struct diff_bytes value;
            if (!take(r, 4, &value))
                return 0;
            status = new_node(r->pyc, &child, r->err);
            if (status <= 0)
                return status;
            r->pyc->nodes[child].type = 'i';
            r->pyc->nodes[child].bytes = value;
            r->pyc->nodes[child].hash = hash_bytes('i', value);
        } else {
            status = read_object(r, &child);
            if (status <= 0)
                return status;
        }
        add_child(r->pyc, node, &last, child);
    }
    return 1;
}

static void hash_node(struct diff_pyc *p, struct diff_node *n)
{
    uint64_t h = stet_diff_pyc_kind(n->type), sum = 0;
    if (n->type == 'r') {
        n->hash = p->nodes[n->target].hash;
        return;
    }
    if (!stet_diff_pyc_is_container(n))
        h = hash_bytes(h, n->bytes);
    for (uint32_t c = n->first; c != DIFF_NO_NODE; c = p->nodes[c].next) {
        if (stet_diff_pyc_is_set(n))
            sum += p->nodes[c].hash;
        else
            h = mix(h, p->nodes[c].hash);
    }
    n->hash = mix(h, sum);
}

static int read_reference(struct reader *r, uint32_t node)
{
    struct diff_pyc *p = r->pyc;
    uint32_t index;
    /* To one that is whole: no object is in itself. */
    if (!take_number(r, 4, &index) || index >= p->shared_count || p->shared[index] == DIFF_NO_NODE)
        return 0;
    p->nodes[node].target = p->shared[index];
    return 1;
}

static int read_value(struct reader *r, uint32_t node, unsigned char type)
{
    uint32_t count;
    struct diff_bytes value;
    switch (type) {
    case 'r':
        return read_reference(r, node);
    case '(':
    case '[':
    case '<':
    case '>':
        return take_number(r, 4, &count) ? read_children(r, node, count) : 0;
    case ')':
        return take_number(r, 1, &count) ? read_children(r, node, count) : 0;
    case ':':
        return read_children(r, node, 3);
    case '{':
        return read_dictionary(r, node);
    case 'c':
        return read_code(r, node);
    default:
        if (!take_leaf(r, type, &value))
            return 0;
        r->pyc->nodes[node].bytes = value;
        return 1;
    }
}

static int reserve_shared(struct diff_pyc *p, size_t *index, struct stet_error *err)
{
    if (stet_grow(&p->shared, &p->shared_cap, p->shared_count + 1, sizeof *p->shared, err) < 0)
        return -1;
    *index = p->shared_count++;
    p->shared[*index] = DIFF_NO_NODE;
    return 0;
}

static int read_object(struct reader *r, uint32_t *out)
{
    struct diff_pyc *p = r->pyc;
    struct diff_bytes tag;
    size_t index = 0, begin = r->at;
    if (r->depth >= DIFF_MARSHAL_DEPTH_MAX || !take(r, 1, &tag))
        return 0;
    unsigned char type = tag.data[0] & (FLAG_REF - 1);
    bool shared = (tag.data[0] & FLAG_REF) && type != 'r';
    int status = new_node(p, out, r->err);
    if (status <= 0)
        return status;
    p->nodes[*out].type = type;
    p->nodes[*out].shared = shared;
    if (shared && reserve_shared(p, &index, r->err) < 0)
        return -1;
    r->depth++;
    status = read_value(r, *out, type);
    r->depth--;
    if (status <= 0)
        return status;
    if (shared)
        p->shared[index] = *out;
    if (!p->nodes[*out].bytes.data)
        p->nodes[*out].bytes = diff_part(p->file, begin, r->at - begin);
    hash_node(p, &p->nodes[*out]);
    return 1;
}

/* ---- the file ---- */

/* Where the marshalled object begins; 0: no .pyc. */
static size_t read_header(struct diff_pyc *p)
{
    const unsigned char *d = p->file.data;
    if (p->file.len < 16 || d[2] != '\r' || d[3] != '\n')
        return 0;
    p->magic = diff_get16(d, false);
    size_t version = find_version(p->magic);
    if (version == VERSIONS || !versions[version].layout)
        return 0;
    p->layout = versions[version].layout;
    p->has_flags = versions[version].has_flags;
    p->flags = p->has_flags ? diff_get32(d + 4, false) : 0;
    size_t at = p->has_flags ? 8 : 4;
    if (p->flags & 1) {
        p->hash = diff_part(p->file, at, 8);
    } else {
        p->mtime = diff_get32(d + at, false);
        p->size = diff_get32(d + at + 4, false);
    }
    return at + 8;
}

int stet_diff_pyc_read_header(struct diff_bytes file, struct diff_pyc *out)
{
    memset(out, 0, sizeof *out);
    out->file = file;
    out->begin = read_header(out);
    return out->begin > 0;
}

int stet_diff_pyc_read_code(struct diff_pyc *p, struct stet_error *err)
{
    struct reader r = {p, p->begin, 0, err};
    uint32_t unused;
    int status = new_node(p, &unused, err);
    if (status > 0)
        status = read_object(&r, &p->root);
    p->end = r.at;
    return status > 0 && p->nodes[p->root].type != 'c' ? 0 : status;
}

void stet_diff_pyc_release(struct diff_pyc *p)
{
    free(p->nodes);
    free(p->shared);
    memset(p, 0, sizeof *p);
}
