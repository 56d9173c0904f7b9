/*
 * node - a recipe's text as a tree that remembers where everything stood.
 *
 * Private to lib/recipe. YAML and JSON give the same tree, so that a recipe and the
 * recipe inside a lock go through one reader (schema.c). Plain YAML scalars stay text:
 * "no" and "1.10" are what was written, whatever YAML's schemas make of them.
 */
#ifndef STET_RECIPE_NODE_H
#define STET_RECIPE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/json/json.h"

enum {
    STET_RECIPE_TEXT_MAX = 1 << 20, /* bytes of a recipe */
    STET_RECIPE_DEPTH_MAX = 32,     /* lists and mappings inside each other */
    STET_RECIPE_NODES_MAX = 1 << 16,
    STET_RECIPE_MEMBERS_MAX = 4096, /* of one list or mapping: members are compared pairwise */
};

enum stet_recipe_node_kind {
    STET_NODE_NULL,    /* nothing, "~" or "null"; JSON's null */
    STET_NODE_TEXT,    /* a quoted or block scalar; JSON's string */
    STET_NODE_PLAIN,   /* a YAML scalar without quotes */
    STET_NODE_INTEGER, /* JSON only */
    STET_NODE_BOOLEAN, /* JSON only */
    STET_NODE_REAL,    /* JSON only, never valid */
    STET_NODE_LIST,
    STET_NODE_MAP,
};

/* What all nodes of a tree share. */
struct stet_recipe_source {
    const char *name; /* the file's, for errors; borrowed */
    const char
        *root; /* NULL: errors give line and column (YAML); else the path of the root (JSON) */
};

struct stet_recipe_node {
    const struct stet_recipe_source *source;
    const struct stet_recipe_node *parent; /* NULL at the root */
    enum stet_recipe_node_kind kind;
    const char *text;                          /* TEXT and PLAIN */
    int64_t integer;                           /* INTEGER and BOOLEAN */
    const char *key;                           /* in a map */
    size_t index;                              /* in a list, from 0 */
    size_t line, column, key_line, key_column; /* from 1 */
    struct stet_recipe_node **members;         /* LIST and MAP, in the order of the text */
    size_t count, cap;
    char *owned_text, *owned_key;
};

/* The tree of YAML text, or NULL with err. source is borrowed by the tree. */
struct stet_recipe_node *stet_recipe_node_from_yaml(const char *text, size_t len,
                                                    const struct stet_recipe_source *source,
                                                    struct stet_error *err);
/* The tree of a JSON value, or NULL with err. value and source are borrowed by the tree. */
struct stet_recipe_node *stet_recipe_node_from_json(const json_t *value,
                                                    const struct stet_recipe_source *source,
                                                    struct stet_error *err);
void stet_recipe_node_free(struct stet_recipe_node *n);

/* A new empty child of parent (NULL: a root); owned by the parent. NULL with err. */
struct stet_recipe_node *stet_recipe_node_add(struct stet_recipe_node *parent,
                                              const struct stet_recipe_source *source,
                                              enum stet_recipe_node_kind kind,
                                              struct stet_error *err);
/* The member of a map, or NULL. */
const struct stet_recipe_node *stet_recipe_node_get(const struct stet_recipe_node *map,
                                                    const char *key);
/* "a list", "a string", …: for errors. */
const char *stet_recipe_node_describe(const struct stet_recipe_node *n);

/* STET_ERROR_INPUT at the node's value, or at its key. Return -1. */
int stet_recipe_node_error(const struct stet_recipe_node *n, struct stet_error *err,
                           const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int stet_recipe_node_key_error(const struct stet_recipe_node *n, struct stet_error *err,
                               const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts the node's place before what err says. Returns -1. */
int stet_recipe_node_wrap(const struct stet_recipe_node *n, struct stet_error *err);

/* A value for an error: cut at a character's edge, with "..." when it was longer. */
enum { STET_RECIPE_SHOW_MAX = 80 };
struct stet_recipe_shown {
    char text[STET_RECIPE_SHOW_MAX + 4];
};
struct stet_recipe_shown stet_recipe_show(const char *s);

#endif
