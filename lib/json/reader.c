/*
 * Strict reading over jansson.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/json/json.h"

/*
 * What jansson does not see as we do. It calls itself once a level, up to a limit far above ours:
 * so the depth is known before it begins. It takes a NUL after a number for the end of the text.
 * What is no JSON may be counted wrongly here; jansson refuses it afterwards.
 */
static int check_text(const char *data, size_t len, const char *name, struct stet_error *err)
{
    unsigned depth = 0;
    unsigned line = 1;
    size_t line_start = 0;
    bool in_string = false;

    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n') {
            line++;
            line_start = i + 1;
        }
        if (data[i] == '\0')
            return stet_error_input(err, "%s:%u:%zu: not valid JSON: a NUL byte", name, line,
                                    i - line_start + 1);
        if (in_string) {
            if (data[i] == '\\')
                i++;
            else if (data[i] == '"')
                in_string = false;
        } else if (data[i] == '"') {
            in_string = true;
        } else if (data[i] == '[' || data[i] == '{') {
            if (++depth > STET_JSON_DEPTH_MAX)
                return stet_error_input(err, "%s:%u:%zu: nested more than %d levels deep", name,
                                        line, i - line_start + 1, STET_JSON_DEPTH_MAX);
        } else if (data[i] == ']' || data[i] == '}') {
            depth -= depth > 0;
        }
    }
    return 0;
}

json_t *stet_json_parse(const char *data, size_t len, size_t max, const char *name,
                        struct stet_error *err)
{
    json_error_t where;

    if (len > max) {
        stet_error_input(err, "%s: larger than the %zu bytes allowed", name, max);
        return NULL;
    }
    if (check_text(data, len, name, err) < 0)
        return NULL;
    json_t *value =
        json_loadb(data ? data : "", len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (!value && json_error_code(&where) == json_error_out_of_memory)
        stet_error_oom(err, name);
    else if (!value)
        stet_error_input(err, "%s:%d:%d: not valid JSON: %s", name, where.line, where.column,
                         where.text);
    return value;
}

json_t *stet_json_read(int dirfd, const char *path, size_t max, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;

    if (stet_fs_read(dirfd, path, max, &text, err) < 0)
        return NULL;
    return stet_json_parse(text.data, text.len, max, path, err);
}

/* Between where and what is said of it; the document itself has no name. */
static const char *colon(const char *where)
{
    return *where ? ": " : "";
}

static const char *type_name_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction or exponent";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "of no known type";
}

static int require_object(const json_t *obj, const char *where, struct stet_error *err)
{
    if (json_is_object(obj))
        return 0;
    return stet_error_input(err, "%s%san object is needed here", where, colon(where));
}

/* The member of that type: 1, 0 absent, -1 another type. */
static int member(const json_t *obj, const char *where, const char *key, json_type type,
                  const char *type_name, json_t **out, struct stet_error *err)
{
    json_t *value = json_object_get(obj, key);

    *out = NULL;
    if (require_object(obj, where, err) < 0)
        return -1;
    if (!value)
        return 0;
    if (json_typeof(value) != type)
        return stet_error_input(err, "%s%s'%s' must be %s, not %s", where, colon(where), key,
                                type_name, type_name_of(value));
    *out = value;
    return 1;
}

/* Turns "absent" into an error. */
static int required(int found, const char *where, const char *key, struct stet_error *err)
{
    if (found > 0)
        return 0;
    return found < 0 ? -1 : stet_error_input(err, "%s%s'%s' is missing", where, colon(where), key);
}

int stet_json_opt_string(const json_t *obj, const char *where, const char *key, const char **out,
                         struct stet_error *err)
{
    json_t *value;
    int found = member(obj, where, key, JSON_STRING, "a string", &value, err);

    *out = found > 0 ? json_string_value(value) : NULL;
    if (found > 0 && strlen(*out) != json_string_length(value))
        return stet_error_input(err, "%s%s'%s' holds a NUL byte", where, colon(where), key);
    return found;
}

int stet_json_get_string(const json_t *obj, const char *where, const char *key, const char **out,
                         struct stet_error *err)
{
    return required(stet_json_opt_string(obj, where, key, out, err), where, key, err);
}

int stet_json_opt_integer(const json_t *obj, const char *where, const char *key, int64_t min,
                          int64_t max, int64_t *out, struct stet_error *err)
{
    json_t *value;
    int found = member(obj, where, key, JSON_INTEGER, "a whole number", &value, err);

    if (found <= 0)
        return found;
    *out = (int64_t)json_integer_value(value);
    if (*out < min || *out > max)
        return stet_error_input(
            err, "%s%s'%s' is %" PRId64 ", which is not from %" PRId64 " to %" PRId64, where,
            colon(where), key, *out, min, max);
    return 1;
}

int stet_json_get_integer(const json_t *obj, const char *where, const char *key, int64_t min,
                          int64_t max, int64_t *out, struct stet_error *err)
{
    return required(stet_json_opt_integer(obj, where, key, min, max, out, err), where, key, err);
}

int stet_json_opt_object(const json_t *obj, const char *where, const char *key, json_t **out,
                         struct stet_error *err)
{
    return member(obj, where, key, JSON_OBJECT, "an object", out, err);
}

int stet_json_get_object(const json_t *obj, const char *where, const char *key, json_t **out,
                         struct stet_error *err)
{
    return required(stet_json_opt_object(obj, where, key, out, err), where, key, err);
}

int stet_json_opt_array(const json_t *obj, const char *where, const char *key, json_t **out,
                        struct stet_error *err)
{
    return member(obj, where, key, JSON_ARRAY, "a list", out, err);
}

int stet_json_get_array(const json_t *obj, const char *where, const char *key, json_t **out,
                        struct stet_error *err)
{
    return required(stet_json_opt_array(obj, where, key, out, err), where, key, err);
}

int stet_json_opt_strings(const json_t *obj, const char *where, const char *key,
                          struct stet_strv *out, struct stet_error *err)
{
    json_t *list, *item;
    size_t i;
    int found = stet_json_opt_array(obj, where, key, &list, err);

    if (found <= 0)
        return found;
    json_array_foreach(list, i, item)
    {
        const char *s = json_string_value(item);
        if (!s || strlen(s) != json_string_length(item))
            return stet_error_input(err, "%s%s'%s[%zu]' must be a string, not %s", where,
                                    colon(where), key, i, type_name_of(item));
        if (stet_strv_add(out, s, err) < 0)
            return -1;
    }
    return 1;
}

int stet_json_get_strings(const json_t *obj, const char *where, const char *key,
                          struct stet_strv *out, struct stet_error *err)
{
    return required(stet_json_opt_strings(obj, where, key, out, err), where, key, err);
}

static bool is_known(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

int stet_json_only_keys(const json_t *obj, const char *where, const char *const *keys,
                        struct stet_error *err)
{
    const char *key;
    json_t *value;

    if (require_object(obj, where, err) < 0)
        return -1;
    json_object_foreach((json_t *)obj, key, value)
    {
        if (!is_known(key, keys))
            return stet_error_input(err, "%s%sunknown member '%s'", where, colon(where), key);
    }
    return 0;
}
