/*
 * schema - the keys of a recipe: one table that reads, orders and prints them.
 *
 * Private to lib/recipe. The order of a table is the order of the lock's canonical text.
 */
#ifndef STET_RECIPE_SCHEMA_H
#define STET_RECIPE_SCHEMA_H

#include "lib/recipe/check.h"
#include "lib/recipe/node.h"
#include "lib/recipe/recipe.h"

enum {
    STET_RECIPE_SCHEMA = 1,                  /* of the recipe; a lock has its own number */
    STET_RECIPE_FILES_TOTAL_MAX = 128 << 20, /* so that they fit into a lock */
};

struct stet_recipe_context {
    bool lock;             /* reading a lock's recipe: contents embedded, architecture required */
    const char *ecosystem; /* the recipe's, as far as it is known; or NULL */
    int dirfd;             /* where the contents of "files" are read, or -1: they are not */
    size_t embedded;       /* bytes of contents so far */
};

/* Reads a whole recipe into an initialised r. On failure r holds what was read so far. */
int stet_recipe_from_node(struct stet_recipe_context *ctx, const struct stet_recipe_node *root,
                          struct stet_recipe *r, struct stet_error *err);
/* Writes the recipe as a JSON object. */
int stet_recipe_write(struct stet_json_writer *w, const struct stet_recipe *r,
                      struct stet_error *err);

/* ---- the machine behind the tables ---- */

enum stet_recipe_key_kind {
    STET_KEY_STRING, /* char * */
    STET_KEY_LIST,   /* struct stet_strv */
    STET_KEY_MAP,    /* struct stet_recipe_map */
    STET_KEY_OWN,    /* read and write */
};
enum {
    STET_KEY_REQUIRED = 1,
    STET_KEY_REQUIRED_IN_LOCK = 2,
    STET_KEY_LOCK_ONLY = 4,
    STET_KEY_UNIQUE = 8, /* a list: no item twice */
};
struct stet_recipe_key {
    const char *name;
    enum stet_recipe_key_kind kind;
    unsigned flags;
    size_t offset;            /* of the member in the struct that the table describes */
    stet_recipe_check *check; /* of the string, each item, or each map key */
    int (*read)(struct stet_recipe_context *ctx, const struct stet_recipe_node *n, void *object,
                struct stet_error *err);
    int (*write)(struct stet_json_writer *w, const void *object, struct stet_error *err);
    const char *ecosystem; /* whose key it is; NULL: everyone's */
};
struct stet_recipe_table {
    const struct stet_recipe_key *keys;
    size_t count;
    const char *what; /* "a recipe": for errors */
};

int stet_recipe_read_object(struct stet_recipe_context *ctx, const struct stet_recipe_table *table,
                            const struct stet_recipe_node *n, void *object, struct stet_error *err);
/* Writes the members that are everyone's or ecosystem's (NULL: everyone's), without the braces. */
int stet_recipe_write_members(struct stet_json_writer *w, const struct stet_recipe_table *table,
                              const char *ecosystem, const void *object, struct stet_error *err);

/* May a recipe of ecosystem have key? Also when ecosystem is NULL or has no keys of its own in the table: then it is
 * not known, which lib/distro says better. */
bool stet_recipe_key_applies(const struct stet_recipe_table *table,
                             const struct stet_recipe_key *key, const char *ecosystem);

/* A string value; NULL with err for any other. Borrowed from n. */
const char *stet_recipe_read_text(const struct stet_recipe_node *n, stet_recipe_check *check,
                                  struct stet_error *err);
int stet_recipe_read_string(const struct stet_recipe_node *n, stet_recipe_check *check, char **out,
                            struct stet_error *err);
int stet_recipe_read_list(const struct stet_recipe_node *n, stet_recipe_check *check, bool unique,
                          struct stet_strv *out, struct stet_error *err);
int stet_recipe_read_map(const struct stet_recipe_node *n, stet_recipe_check *check,
                         struct stet_recipe_map *out, struct stet_error *err);

/* The known word nearest to s, or NULL when none is near. count words, name by name. */
const char *stet_recipe_suggest(const char *s, const struct stet_recipe_table *table,
                                const struct stet_recipe_context *ctx);
/* Single-character edits (insert, delete, replace, swap neighbours) between two words. */
size_t stet_recipe_distance(const char *a, const char *b);

/* The table of "image"; its object is a struct stet_recipe_image. */
extern const struct stet_recipe_table stet_recipe_image_table;
/* The table of the recipe itself. */
extern const struct stet_recipe_table stet_recipe_table;

#endif
