#include "lib/recipe/node.h"

#include <string.h>

struct stet_recipe_node *stet_recipe_node_add(struct stet_recipe_node *parent,
                                              const struct stet_recipe_source *source,
                                              enum stet_recipe_node_kind kind,
                                              struct stet_error *err)
{
    if (parent && stet_grow(&parent->members, &parent->cap, parent->count + 1,
                            sizeof *parent->members, err) < 0)
        return NULL;
    struct stet_recipe_node *n = calloc(1, sizeof *n);
    if (!n) {
        stet_error_oom(err, "reading a recipe");
        return NULL;
    }
    n->source = source;
    n->parent = parent;
    n->kind = kind;
    if (parent) {
        n->index = parent->count;
        parent->members[parent->count++] = n;
    }
    return n;
}

void stet_recipe_node_free(struct stet_recipe_node *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->count; i++)
        stet_recipe_node_free(n->members[i]);
    free(n->members);
    free(n->owned_text);
    free(n->owned_key);
    free(n);
}

const struct stet_recipe_node *stet_recipe_node_get(const struct stet_recipe_node *map,
                                                    const char *key)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->members[i]->key, key) == 0)
            return map->members[i];
    return NULL;
}

const char *stet_recipe_node_describe(const struct stet_recipe_node *n)
{
    switch (n->kind) {
    case STET_NODE_NULL:
        return "empty";
    case STET_NODE_TEXT:
    case STET_NODE_PLAIN:
        return "a string";
    case STET_NODE_INTEGER:
    case STET_NODE_REAL:
        return "a number";
    case STET_NODE_BOOLEAN:
        return "true or false";
    case STET_NODE_LIST:
        return "a list";
    case STET_NODE_MAP:
        return "a mapping";
    }
    return "something else";
}

/* "recipe.image.env.LANG", "recipe.files[2]": from the root down. */
static void add_path(struct stet_buffer *out, const struct stet_recipe_node *n)
{
    if (!n->parent) {
        stet_buffer_add_str(out, n->source->root);
        return;
    }
    add_path(out, n->parent);
    if (n->key)
        stet_buffer_addf(out, ".%s", stet_recipe_show(n->key).text);
    else
        stet_buffer_addf(out, "[%zu]", n->index);
}

static void add_place(struct stet_buffer *out, const struct stet_recipe_node *n, bool at_key)
{
    stet_buffer_add_str(out, n->source->name);
    stet_buffer_add_str(out, ":");
    if (n->source->root) {
        stet_buffer_add_char(out, ' ');
        add_path(out, n);
    } else if (at_key) {
        stet_buffer_addf(out, "%zu:%zu", n->key_line, n->key_column);
    } else {
        stet_buffer_addf(out, "%zu:%zu", n->line, n->column);
    }
}

static int error_at(const struct stet_recipe_node *n, bool at_key, struct stet_error *err,
                    const char *fmt, va_list ap)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    add_place(&b, n, at_key);
    stet_buffer_add_str(&b, ": ");
    stet_buffer_addv(&b, fmt, ap);
    return stet_error_input(err, "%s", stet_buffer_str(&b));
}

int stet_recipe_node_error(const struct stet_recipe_node *n, struct stet_error *err,
                           const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    error_at(n, false, err, fmt, ap);
    va_end(ap);
    return -1;
}

int stet_recipe_node_key_error(const struct stet_recipe_node *n, struct stet_error *err,
                               const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    error_at(n, true, err, fmt, ap);
    va_end(ap);
    return -1;
}

int stet_recipe_node_wrap(const struct stet_recipe_node *n, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    add_place(&b, n, false);
    return stet_error_wrap(err, "%s", stet_buffer_str(&b));
}

struct stet_recipe_shown stet_recipe_show(const char *s)
{
    struct stet_recipe_shown out;
    size_t len = strlen(s), keep = len;
    if (len > STET_RECIPE_SHOW_MAX) {
        keep = STET_RECIPE_SHOW_MAX;
        /* Not in the middle of a UTF-8 sequence. */
        while (keep > 0 && ((unsigned char)s[keep] & 0xc0) == 0x80)
            keep--;
    }
    memcpy(out.text, s, keep);
    memcpy(out.text + keep, len > keep ? "..." : "", len > keep ? 4 : 1);
    return out;
}

static int add_json(struct stet_recipe_node *n, const json_t *value, struct stet_error *err);

static int add_json_child(struct stet_recipe_node *n, const char *key, const json_t *value,
                          struct stet_error *err)
{
    if (n->count >= STET_RECIPE_MEMBERS_MAX)
        return stet_recipe_node_error(n, err, "has more than %d members", STET_RECIPE_MEMBERS_MAX);
    struct stet_recipe_node *child = stet_recipe_node_add(n, n->source, STET_NODE_NULL, err);
    if (!child)
        return -1;
    child->key = key;
    return add_json(child, value, err);
}

/* Depth is bounded by the JSON reader. */
static int add_json(struct stet_recipe_node *n, const json_t *value, struct stet_error *err)
{
    const char *key;
    json_t *member;
    size_t i;
    switch (json_typeof(value)) {
    case JSON_STRING:
        n->kind = STET_NODE_TEXT;
        n->text = json_string_value(value);
        break;
    case JSON_INTEGER:
        n->kind = STET_NODE_INTEGER;
        n->integer = json_integer_value(value);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        n->kind = STET_NODE_BOOLEAN;
        n->integer = json_is_true(value);
        break;
    case JSON_REAL:
        n->kind = STET_NODE_REAL;
        break;
    case JSON_NULL:
        break;
    case JSON_ARRAY:
        n->kind = STET_NODE_LIST;
        json_array_foreach(value, i, member)
        {
            if (add_json_child(n, NULL, member, err) < 0)
                return -1;
        }
        break;
    case JSON_OBJECT:
        n->kind = STET_NODE_MAP;
        json_object_foreach((json_t *)value, key, member)
        {
            if (add_json_child(n, key, member, err) < 0)
                return -1;
        }
        break;
    }
    return 0;
}

struct stet_recipe_node *stet_recipe_node_from_json(const json_t *value,
                                                    const struct stet_recipe_source *source,
                                                    struct stet_error *err)
{
    struct stet_recipe_node *n = stet_recipe_node_add(NULL, source, STET_NODE_NULL, err);
    if (n && add_json(n, value, err) < 0) {
        stet_recipe_node_free(n);
        return NULL;
    }
    return n;
}
