/* YAML text to nodes, over libyaml's events: they carry places, and are small enough to refuse what
 * a recipe has no use for. */
#include <string.h>
#include <yaml.h>

#include "lib/recipe/node.h"

struct reader {
    yaml_parser_t parser;
    const struct stet_recipe_source *source;
    const char *text;
    size_t len;
    size_t nodes;
};

static int error_at(const struct reader *r, const yaml_mark_t *mark, struct stet_error *err,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int error_at(const struct reader *r, const yaml_mark_t *mark, struct stet_error *err,
                    const char *fmt, ...)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    va_list ap;
    va_start(ap, fmt);
    stet_buffer_addv(&b, fmt, ap);
    va_end(ap);
    return stet_error_input(err, "%s:%zu:%zu: %s", r->source->name, mark->line + 1,
                            mark->column + 1, stet_buffer_str(&b));
}

/* Bytes that are not characters: libyaml gives an offset only. The column counts bytes. */
static int encoding_error(const struct reader *r, struct stet_error *err)
{
    size_t end = r->parser.problem_offset < r->len ? r->parser.problem_offset : r->len;
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < end; i++) {
        mark.column++;
        if (r->text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return error_at(r, &mark, err, "%s; a recipe is UTF-8 text without control characters",
                    r->parser.problem ? r->parser.problem : "invalid text");
}

static int parser_error(const struct reader *r, struct stet_error *err)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return stet_error_oom(err, "reading a recipe");
    if (p->error == YAML_READER_ERROR)
        return encoding_error(r, err);
    return error_at(r, &p->problem_mark, err, "not YAML: %s%s%s", p->context ? p->context : "",
                    p->context ? ": " : "", p->problem ? p->problem : "syntax error");
}

static int next(struct reader *r, yaml_event_t *ev, struct stet_error *err)
{
    return yaml_parser_parse(&r->parser, ev) ? 0 : parser_error(r, err);
}

/* Anchors and tags change what a value is; a recipe says what it means where it means it. */
static int check_properties(const struct reader *r, const yaml_event_t *ev, struct stet_error *err)
{
    const unsigned char *anchor = NULL, *tag = NULL;
    if (ev->type == YAML_ALIAS_EVENT)
        return error_at(r, &ev->start_mark, err,
                        "aliases ('*name') are not part of a recipe; write the value out");
    if (ev->type == YAML_SCALAR_EVENT) {
        anchor = ev->data.scalar.anchor;
        tag = ev->data.scalar.tag;
    } else if (ev->type == YAML_SEQUENCE_START_EVENT) {
        anchor = ev->data.sequence_start.anchor;
        tag = ev->data.sequence_start.tag;
    } else if (ev->type == YAML_MAPPING_START_EVENT) {
        anchor = ev->data.mapping_start.anchor;
        tag = ev->data.mapping_start.tag;
    }
    if (anchor)
        return error_at(r, &ev->start_mark, err,
                        "anchors ('&name') are not part of a recipe; write the value out");
    if (tag)
        return error_at(r, &ev->start_mark, err,
                        "tags ('!name') are not part of a recipe; leave the tag out");
    return 0;
}

static bool is_null(const char *s)
{
    return !*s || strcmp(s, "~") == 0 || strcmp(s, "null") == 0 || strcmp(s, "Null") == 0 ||
           strcmp(s, "NULL") == 0;
}

/* The text of a scalar event, as malloc'd memory, or NULL with err. */
static char *scalar_text(const struct reader *r, const yaml_event_t *ev, struct stet_error *err)
{
    if (memchr(ev->data.scalar.value, 0, ev->data.scalar.length)) {
        error_at(r, &ev->start_mark, err, "a string holds a NUL character; leave it out");
        return NULL;
    }
    return stet_strdup((const char *)ev->data.scalar.value, err);
}

static int fill_scalar(const struct reader *r, struct stet_recipe_node *n, const yaml_event_t *ev,
                       struct stet_error *err)
{
    n->owned_text = scalar_text(r, ev, err);
    if (!n->owned_text)
        return -1;
    n->text = n->owned_text;
    n->kind = STET_NODE_TEXT;
    if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        n->kind = is_null(n->text) ? STET_NODE_NULL : STET_NODE_PLAIN;
    return 0;
}

static int fill(struct reader *r, struct stet_recipe_node *n, const yaml_event_t *ev,
                unsigned depth, struct stet_error *err);

/* A new member of parent for the value that ev begins; key (or NULL) is taken over. */
static struct stet_recipe_node *add_member(struct reader *r, struct stet_recipe_node *parent,
                                           const yaml_event_t *ev, struct stet_error *err)
{
    if (++r->nodes > STET_RECIPE_NODES_MAX || parent->count >= STET_RECIPE_MEMBERS_MAX) {
        error_at(r, &ev->start_mark, err,
                 "too many values (at most %d in a recipe, %d in one list or mapping)",
                 STET_RECIPE_NODES_MAX, STET_RECIPE_MEMBERS_MAX);
        return NULL;
    }
    return stet_recipe_node_add(parent, r->source, STET_NODE_NULL, err);
}

static int check_key(const struct reader *r, const struct stet_recipe_node *map,
                     const yaml_event_t *ev, const char *key, struct stet_error *err)
{
    const struct stet_recipe_node *first = stet_recipe_node_get(map, key);
    if (!first)
        return 0;
    return error_at(r, &ev->start_mark, err, "'%s' is given twice, first in line %zu; keep one",
                    stet_recipe_show(key).text, first->key_line);
}

/* ev is the key's event. */
static int fill_pair(struct reader *r, struct stet_recipe_node *map, const yaml_event_t *ev,
                     unsigned depth, struct stet_error *err)
{
    if (check_properties(r, ev, err) < 0)
        return -1;
    if (ev->type != YAML_SCALAR_EVENT)
        return error_at(r, &ev->start_mark, err, "a key must be a string, not a list or mapping");
    _cleanup_free_ char *key = scalar_text(r, ev, err);
    if (!key || check_key(r, map, ev, key, err) < 0)
        return -1;
    yaml_event_t value;
    if (next(r, &value, err) < 0)
        return -1;
    int rc = -1;
    struct stet_recipe_node *n = add_member(r, map, &value, err);
    if (n) {
        n->key = n->owned_key = stet_steal_pointer(&key);
        n->key_line = ev->start_mark.line + 1;
        n->key_column = ev->start_mark.column + 1;
        rc = fill(r, n, &value, depth, err);
    }
    yaml_event_delete(&value);
    return rc;
}

static int fill_item(struct reader *r, struct stet_recipe_node *list, const yaml_event_t *ev,
                     unsigned depth, struct stet_error *err)
{
    struct stet_recipe_node *n = add_member(r, list, ev, err);
    return n ? fill(r, n, ev, depth, err) : -1;
}

/* Members until the end event of a list or mapping. */
static int fill_members(struct reader *r, struct stet_recipe_node *n, unsigned depth,
                        struct stet_error *err)
{
    for (;;) {
        yaml_event_t ev;
        if (next(r, &ev, err) < 0)
            return -1;
        bool end = ev.type == YAML_MAPPING_END_EVENT || ev.type == YAML_SEQUENCE_END_EVENT;
        int rc = 0;
        if (!end && n->kind == STET_NODE_MAP)
            rc = fill_pair(r, n, &ev, depth + 1, err);
        else if (!end)
            rc = fill_item(r, n, &ev, depth + 1, err);
        yaml_event_delete(&ev);
        if (end || rc < 0)
            return rc;
    }
}

static int fill(struct reader *r, struct stet_recipe_node *n, const yaml_event_t *ev,
                unsigned depth, struct stet_error *err)
{
    n->line = ev->start_mark.line + 1;
    n->column = ev->start_mark.column + 1;
    if (check_properties(r, ev, err) < 0)
        return -1;
    if (depth > STET_RECIPE_DEPTH_MAX)
        return error_at(r, &ev->start_mark, err, "lists and mappings are nested too deeply");
    if (ev->type == YAML_SCALAR_EVENT)
        return fill_scalar(r, n, ev, err);
    n->kind = ev->type == YAML_MAPPING_START_EVENT ? STET_NODE_MAP : STET_NODE_LIST;
    return fill_members(r, n, depth, err);
}

/* The next event, which must be of this type; anything else is more than one document. */
static int expect(struct reader *r, yaml_event_type_t type, struct stet_error *err)
{
    yaml_event_t ev;
    if (next(r, &ev, err) < 0)
        return -1;
    int rc = 0;
    if (ev.type != type)
        rc = error_at(r, &ev.start_mark, err, "a recipe is one document; remove what follows");
    yaml_event_delete(&ev);
    return rc;
}

static int begin_document(struct reader *r, struct stet_error *err)
{
    yaml_event_t ev;
    if (expect(r, YAML_STREAM_START_EVENT, err) < 0 || next(r, &ev, err) < 0)
        return -1;
    int rc = 0;
    if (ev.type == YAML_STREAM_END_EVENT)
        rc = error_at(r, &ev.start_mark, err, "the recipe is empty; it begins with 'stet: 1'");
    else if (ev.data.document_start.tag_directives.start !=
             ev.data.document_start.tag_directives.end)
        rc = error_at(r, &ev.start_mark, err, "%%TAG directives are not part of a recipe");
    yaml_event_delete(&ev);
    return rc;
}

static int fill_document(struct reader *r, struct stet_recipe_node *root, struct stet_error *err)
{
    yaml_event_t ev;
    if (begin_document(r, err) < 0 || next(r, &ev, err) < 0)
        return -1;
    int rc = fill(r, root, &ev, 0, err);
    yaml_event_delete(&ev);
    if (rc < 0 || expect(r, YAML_DOCUMENT_END_EVENT, err) < 0)
        return -1;
    return expect(r, YAML_STREAM_END_EVENT, err);
}

struct stet_recipe_node *stet_recipe_node_from_yaml(const char *text, size_t len,
                                                    const struct stet_recipe_source *source,
                                                    struct stet_error *err)
{
    struct reader r = {.source = source, .text = text, .len = len};
    if (len > STET_RECIPE_TEXT_MAX) {
        stet_error_input(err, "%s: larger than %d bytes, which no recipe needs", source->name,
                         STET_RECIPE_TEXT_MAX);
        return NULL;
    }
    /* libyaml takes a byte order mark that it did not look for itself for a character. */
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        r.text += 3;
        r.len -= 3;
    }
    struct stet_recipe_node *root = stet_recipe_node_add(NULL, source, STET_NODE_NULL, err);
    if (!root)
        return NULL;
    if (!yaml_parser_initialize(&r.parser)) {
        stet_error_oom(err, "reading a recipe");
        stet_recipe_node_free(root);
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.len);
    int rc = fill_document(&r, root, err);
    yaml_parser_delete(&r.parser);
    if (rc == 0)
        return root;
    stet_recipe_node_free(root);
    return NULL;
}
