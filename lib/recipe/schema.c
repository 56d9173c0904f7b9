/* The machine behind the tables of keys: strict reading of nodes, canonical printing. */
#include "lib/recipe/schema.h"

#include <string.h>

/* What a value is called in errors: its own key, or that of the list or mapping it is in. */
static const char *label(const struct stet_recipe_node *n)
{
    while (!n->key && n->parent)
        n = n->parent;
    return n->key ? n->key : "recipe";
}

static int type_error(const struct stet_recipe_node *n, const char *wanted, struct stet_error *err)
{
    const char *is = stet_recipe_node_describe(n);
    if (n->key || !n->parent)
        return stet_recipe_node_error(n, err, "'%s' must be %s, not %s",
                                      stet_recipe_show(label(n)).text, wanted, is);
    return stet_recipe_node_error(n, err, "item %zu of '%s' must be %s, not %s", n->index + 1,
                                  stet_recipe_show(label(n)).text, wanted, is);
}

const char *stet_recipe_read_text(const struct stet_recipe_node *n, stet_recipe_check *check,
                                  struct stet_error *err)
{
    if (n->kind == STET_NODE_NULL && !n->source->root) {
        stet_recipe_node_error(n, err,
                               "'%s' has no value; give one, or quote it (\"\", \"null\") if that "
                               "text is meant",
                               stet_recipe_show(label(n)).text);
        return NULL;
    }
    if (n->kind != STET_NODE_TEXT && n->kind != STET_NODE_PLAIN) {
        type_error(n, "a string", err);
        return NULL;
    }
    const char *why = check(n->text);
    if (!why)
        return n->text;
    stet_recipe_node_error(n, err, "'%s': '%s' %s", stet_recipe_show(label(n)).text,
                           stet_recipe_show(n->text).text, why);
    return NULL;
}

int stet_recipe_read_string(const struct stet_recipe_node *n, stet_recipe_check *check, char **out,
                            struct stet_error *err)
{
    const char *text = stet_recipe_read_text(n, check, err);
    if (!text)
        return -1;
    *out = stet_strdup(text, err);
    return *out ? 0 : -1;
}

int stet_recipe_read_list(const struct stet_recipe_node *n, stet_recipe_check *check, bool unique,
                          struct stet_strv *out, struct stet_error *err)
{
    if (n->kind != STET_NODE_LIST)
        return type_error(n, "a list of strings", err);
    for (size_t i = 0; i < n->count; i++) {
        const char *text = stet_recipe_read_text(n->members[i], check, err);
        if (!text)
            return -1;
        if (unique && stet_strv_contains(out, text))
            return stet_recipe_node_error(n->members[i], err, "'%s': '%s' is listed twice",
                                          stet_recipe_show(label(n)).text,
                                          stet_recipe_show(text).text);
        if (stet_strv_add(out, text, err) < 0)
            return -1;
    }
    return 0;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct stet_recipe_pair *x = a, *y = b;
    return strcmp(x->key, y->key);
}

static int read_pair(const struct stet_recipe_node *n, stet_recipe_check *check,
                     struct stet_recipe_map *out, struct stet_error *err)
{
    const char *why = check(n->key);
    if (why)
        return stet_recipe_node_key_error(n, err, "'%s': '%s' %s",
                                          stet_recipe_show(label(n->parent)).text,
                                          stet_recipe_show(n->key).text, why);
    if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    struct stet_recipe_pair *pair = &out->items[out->count++];
    *pair = (struct stet_recipe_pair){0};
    pair->key = stet_strdup(n->key, err);
    return pair->key ? stet_recipe_read_string(n, stet_recipe_check_text, &pair->value, err) : -1;
}

int stet_recipe_read_map(const struct stet_recipe_node *n, stet_recipe_check *check,
                         struct stet_recipe_map *out, struct stet_error *err)
{
    if (n->kind != STET_NODE_MAP)
        return type_error(n, "a mapping of names to strings", err);
    for (size_t i = 0; i < n->count; i++)
        if (read_pair(n->members[i], check, out, err) < 0)
            return -1;
    if (out->count > 0)
        qsort(out->items, out->count, sizeof *out->items, compare_pairs);
    return 0;
}

/* Everyone's, or ecosystem's own. */
static bool is_of(const struct stet_recipe_key *key, const char *ecosystem)
{
    return !key->ecosystem || (ecosystem && strcmp(key->ecosystem, ecosystem) == 0);
}

bool stet_recipe_key_applies(const struct stet_recipe_table *table,
                             const struct stet_recipe_key *key, const char *ecosystem)
{
    if (!ecosystem || is_of(key, ecosystem))
        return true;
    for (size_t i = 0; i < table->count; i++)
        if (table->keys[i].ecosystem && strcmp(table->keys[i].ecosystem, ecosystem) == 0)
            return false;
    return true;
}

static bool known_here(const struct stet_recipe_context *ctx, const struct stet_recipe_key *key)
{
    return ctx->lock || !(key->flags & STET_KEY_LOCK_ONLY);
}

static const struct stet_recipe_key *find_key(const struct stet_recipe_context *ctx,
                                              const struct stet_recipe_table *table,
                                              const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->keys[i].name, name) == 0 && known_here(ctx, &table->keys[i]))
            return &table->keys[i];
    return NULL;
}

static int unknown_key(const struct stet_recipe_context *ctx, const struct stet_recipe_table *table,
                       const struct stet_recipe_node *n, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    const char *near = stet_recipe_suggest(n->key, table, ctx);
    if (near)
        stet_buffer_addf(&b, "; did you mean '%s'?", near);
    else if (table == &stet_recipe_table && find_key(ctx, &stet_recipe_image_table, n->key))
        stet_buffer_addf(&b, "; it belongs under 'image'.");
    else
        stet_buffer_add_char(&b, '.');
    stet_buffer_add_str(&b, " Known keys here: ");
    const char *separator = "";
    for (size_t i = 0; i < table->count; i++) {
        if (!known_here(ctx, &table->keys[i]) ||
            !stet_recipe_key_applies(table, &table->keys[i], ctx->ecosystem))
            continue;
        stet_buffer_addf(&b, "%s%s", separator, table->keys[i].name);
        separator = ", ";
    }
    return stet_recipe_node_key_error(n, err, "unknown key '%s'%s", stet_recipe_show(n->key).text,
                                      stet_buffer_str(&b));
}

static int read_member(struct stet_recipe_context *ctx, const struct stet_recipe_key *key,
                       const struct stet_recipe_node *n, void *object, struct stet_error *err)
{
    void *member = (char *)object + key->offset;
    switch (key->kind) {
    case STET_KEY_STRING:
        return stet_recipe_read_string(n, key->check, member, err);
    case STET_KEY_LIST:
        return stet_recipe_read_list(n, key->check, key->flags & STET_KEY_UNIQUE, member, err);
    case STET_KEY_MAP:
        return stet_recipe_read_map(n, key->check, member, err);
    case STET_KEY_OWN:
        break;
    }
    return key->read(ctx, n, object, err);
}

static int check_required(const struct stet_recipe_context *ctx,
                          const struct stet_recipe_table *table, const struct stet_recipe_node *n,
                          struct stet_error *err)
{
    unsigned required = STET_KEY_REQUIRED | (ctx->lock ? STET_KEY_REQUIRED_IN_LOCK : 0u);
    for (size_t i = 0; i < table->count; i++)
        if (table->keys[i].flags & required && is_of(&table->keys[i], ctx->ecosystem) &&
            !stet_recipe_node_get(n, table->keys[i].name))
            return stet_recipe_node_error(n, err, "'%s' is missing; %s needs it",
                                          table->keys[i].name, table->what);
    return 0;
}

int stet_recipe_read_object(struct stet_recipe_context *ctx, const struct stet_recipe_table *table,
                            const struct stet_recipe_node *n, void *object, struct stet_error *err)
{
    if (n->kind != STET_NODE_MAP)
        return type_error(n, "a mapping", err);
    for (size_t i = 0; i < n->count; i++) {
        const struct stet_recipe_key *key = find_key(ctx, table, n->members[i]->key);
        if (!key)
            return unknown_key(ctx, table, n->members[i], err);
        if (!stet_recipe_key_applies(table, key, ctx->ecosystem))
            return stet_recipe_node_key_error(n->members[i], err,
                                              "'%s' is a key for ecosystem %s; this recipe's is %s",
                                              key->name, key->ecosystem, ctx->ecosystem);
        if (read_member(ctx, key, n->members[i], object, err) < 0)
            return -1;
    }
    return check_required(ctx, table, n, err);
}

static void write_map(struct stet_json_writer *w, const char *name,
                      const struct stet_recipe_map *map)
{
    stet_json_key(w, name);
    stet_json_object_begin(w);
    for (size_t i = 0; i < map->count; i++)
        stet_json_key_string(w, map->items[i].key, map->items[i].value);
    stet_json_object_end(w);
}

static int write_member(struct stet_json_writer *w, const struct stet_recipe_key *key,
                        const void *object, struct stet_error *err)
{
    const void *member = (const char *)object + key->offset;
    const struct stet_strv *list = member;
    const struct stet_recipe_map *map = member;
    switch (key->kind) {
    case STET_KEY_STRING:
        stet_json_key_string(w, key->name, *(char *const *)member);
        return 0;
    case STET_KEY_LIST:
        if (list->count > 0)
            stet_json_key_strings(w, key->name, list);
        return 0;
    case STET_KEY_MAP:
        if (map->count > 0)
            write_map(w, key->name, map);
        return 0;
    case STET_KEY_OWN:
        break;
    }
    return key->write(w, object, err);
}

int stet_recipe_write_members(struct stet_json_writer *w, const struct stet_recipe_table *table,
                              const char *ecosystem, const void *object, struct stet_error *err)
{
    for (size_t i = 0; i < table->count; i++)
        if (is_of(&table->keys[i], ecosystem) && write_member(w, &table->keys[i], object, err) < 0)
            return -1;
    return 0;
}
