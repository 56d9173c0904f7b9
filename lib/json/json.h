/*
 * json - a canonical writer, and strict reading.
 *
 * Writing: the output is stet's promise, so the writer is ours. UTF-8; keys in the
 * order the caller gives them; no number but integers; '"', '\\' and U+0000..U+001F
 * are escaped (\b \f \n \r \t, else \u00XX in lower case), as is U+007F; nothing else is escaped,
 * and '/' is not. Invalid UTF-8 in a string is STET_ERROR_INPUT. Two layouts: compact (no white
 * space at all), and indented (two spaces a level, "key": value, empty
 * containers as {} and [], a newline at the very end).
 *
 * Reading: RFC 8259 over jansson: a second occurrence of a key, bytes after the value, a NUL
 * in a string, invalid UTF-8, nesting beyond 64 and input beyond the caller's limit are errors.
 */
#ifndef STET_JSON_JSON_H
#define STET_JSON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"

enum stet_json_layout { STET_JSON_COMPACT, STET_JSON_INDENTED };
enum { STET_JSON_DEPTH_MAX = 64 };

struct stet_json_writer {
    struct stet_buffer *out; /* borrowed */
    enum stet_json_layout layout;
    unsigned depth;
    bool after_key;
    unsigned char state[STET_JSON_DEPTH_MAX + 1]; /* per level: object or array, first or later */
    struct stet_error error;                      /* sticky */
};

void stet_json_writer_init(struct stet_json_writer *w, enum stet_json_layout layout,
                           struct stet_buffer *out);
void stet_json_object_begin(struct stet_json_writer *w);
void stet_json_object_end(struct stet_json_writer *w);
void stet_json_array_begin(struct stet_json_writer *w);
void stet_json_array_end(struct stet_json_writer *w);
void stet_json_key(struct stet_json_writer *w, const char *key);
void stet_json_string(struct stet_json_writer *w, const char *value);
void stet_json_integer(struct stet_json_writer *w, int64_t value);
void stet_json_boolean(struct stet_json_writer *w, bool value);
/* A value that was read, members in their order. Real numbers and null are STET_ERROR_INPUT. */
void stet_json_value(struct stet_json_writer *w, const json_t *value);
/* key and value at once; with a NULL string value nothing is written. */
void stet_json_key_string(struct stet_json_writer *w, const char *key, const char *value);
void stet_json_key_integer(struct stet_json_writer *w, const char *key, int64_t value);
void stet_json_key_boolean(struct stet_json_writer *w, const char *key, bool value);
/* "key": ["a", "b"]; written also when empty. */
void stet_json_key_strings(struct stet_json_writer *w, const char *key, const struct stet_strv *v);
/* Ends the document (the newline of the indented layout). -1 with the first error, an
 * unbalanced document (STET_ERROR_INTERNAL) or failed allocation. */
int stet_json_writer_finish(struct stet_json_writer *w, struct stet_error *err);

/* A parsed value (the caller calls json_decref), or NULL with err: name, line and column. */
json_t *stet_json_parse(const char *data, size_t len, size_t max, const char *name,
                        struct stet_error *err);
/* A file, parsed; at most max bytes. */
json_t *stet_json_read(int dirfd, const char *path, size_t max, struct stet_error *err);

/*
 * Typed members of an object. where is the path of obj for errors ("packages[3]").
 * A missing required member or one of another type is STET_ERROR_INPUT. The optional forms
 * return 1 found, 0 absent, -1 error. Strings are borrowed from obj.
 */
int stet_json_get_string(const json_t *obj, const char *where, const char *key, const char **out,
                         struct stet_error *err);
int stet_json_opt_string(const json_t *obj, const char *where, const char *key, const char **out,
                         struct stet_error *err);
int stet_json_get_integer(const json_t *obj, const char *where, const char *key, int64_t min,
                          int64_t max, int64_t *out, struct stet_error *err);
int stet_json_opt_integer(const json_t *obj, const char *where, const char *key, int64_t min,
                          int64_t max, int64_t *out, struct stet_error *err);
int stet_json_get_object(const json_t *obj, const char *where, const char *key, json_t **out,
                         struct stet_error *err);
int stet_json_opt_object(const json_t *obj, const char *where, const char *key, json_t **out,
                         struct stet_error *err);
int stet_json_get_array(const json_t *obj, const char *where, const char *key, json_t **out,
                        struct stet_error *err);
int stet_json_opt_array(const json_t *obj, const char *where, const char *key, json_t **out,
                        struct stet_error *err);
/* Appends the strings of an array member; an element of another type is an error. */
int stet_json_get_strings(const json_t *obj, const char *where, const char *key,
                          struct stet_strv *out, struct stet_error *err);
int stet_json_opt_strings(const json_t *obj, const char *where, const char *key,
                          struct stet_strv *out, struct stet_error *err);
/* A key of obj that is not in the NULL-terminated list is STET_ERROR_INPUT. */
int stet_json_only_keys(const json_t *obj, const char *where, const char *const *keys,
                        struct stet_error *err);
#endif
