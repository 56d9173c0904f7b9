/*
 * python - compiled Python (.pyc), as read for comparison: the header (PEP 552) and the marshalled code, as a tree.
 *
 * marshal.c reads (CPython, Python/marshal.c describes the form; versions 3.3 to 3.14), python.c compares.
 */
#ifndef STET_DIFF_PYTHON_H
#define STET_DIFF_PYTHON_H

#include "lib/diff/region.h"

enum {
    DIFF_MARSHAL_DEPTH_MAX = 200,
    DIFF_MARSHAL_NODES_MAX = 1 << 19,
    DIFF_CODE_PARTS_MAX = 17,
    DIFF_NO_NODE = 0, /* node 0 is never used */
};

/* One marshalled object. Children are linked: first, then next. */
struct diff_node {
    unsigned char type; /* without the flag */
    bool shared;        /* FLAG_REF: later objects may refer to it */
    uint32_t first, next, count;
    uint32_t target;         /* of 'r': the node it stands for */
    uint32_t partner;        /* while comparing: what it was compared with */
    uint64_t hash;           /* equal for equal objects, whatever the order of sets */
    struct diff_bytes bytes; /* of a leaf: its value; else its whole extent */
};

/* A code object's parts, in the order in which they are marshalled. */
struct diff_code_layout {
    const char *parts[DIFF_CODE_PARTS_MAX + 1]; /* '#' begins those that are plain 32-bit numbers */
};

struct diff_pyc {
    struct diff_bytes file;
    uint32_t magic;
    bool has_flags; /* PEP 552, since 3.7 */
    uint32_t flags, mtime, size;
    struct diff_bytes hash; /* of the source, when flags say so */
    const struct diff_code_layout *layout;
    struct diff_node *nodes;
    size_t node_count, node_cap;
    uint32_t *shared; /* nodes in the order of their references */
    size_t shared_count, shared_cap;
    uint32_t root;
    size_t begin, end; /* of the marshalled object */
};

/* 1; 0: none, or of a version that is not known. */
int stet_diff_pyc_read_header(struct diff_bytes file, struct diff_pyc *out);
/* Then the code. 1; 0: damaged; -1 with err. To be released in any case. */
int stet_diff_pyc_read_code(struct diff_pyc *p, struct stet_error *err);
void stet_diff_pyc_release(struct diff_pyc *p);

/* The object itself, where node may refer to one. */
const struct diff_node *stet_diff_pyc_resolve(const struct diff_pyc *p, uint32_t node);
bool stet_diff_pyc_is_text(const struct diff_node *n);
bool stet_diff_pyc_is_container(const struct diff_node *n);
bool stet_diff_pyc_is_set(const struct diff_node *n);
/* The same for types that differ by how they are marshalled alone. */
unsigned char stet_diff_pyc_kind(unsigned char type);
/* "3.11", or NULL. */
const char *stet_diff_pyc_version(uint32_t magic);

#endif
