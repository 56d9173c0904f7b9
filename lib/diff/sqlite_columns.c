/* Names of columns, from the statement that made their table (sqlite.org/lang_createtable.html). */
#include "lib/diff/sqlite.h"

static bool is_word(unsigned char c)
{
    return c >= 0x80 || c == '_' || c == '$' || (c >= '0' && c <= '9') ||
           ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The end of what begins at at: a quoted name or text, a word, or one character. 0: it has no end, or is a comment. */
static size_t token_end(struct diff_bytes sql, size_t at)
{
    unsigned char c = sql.data[at], close = c == '[' ? ']' : c;
    size_t end = at + 1;

    if (end < sql.len && ((c == '-' && sql.data[end] == '-') || (c == '/' && sql.data[end] == '*')))
        return 0;
    if (c == '"' || c == '`' || c == '\'' || c == '[') {
        while (end < sql.len && sql.data[end] != close)
            end++;
        return end < sql.len ? end + 1 : 0;
    }
    while (is_word(c) && end < sql.len && is_word(sql.data[end]))
        end++;
    return end;
}

/* A word, or what is between quotes; empty: it is no name. */
static struct diff_bytes name_of(struct diff_bytes token)
{
    return is_word(token.data[0]) ? token : diff_part(token, 1, token.len < 2 ? 0 : token.len - 2);
}

struct diff_bytes stet_diff_sqlite_column(struct diff_bytes sql, unsigned column)
{
    const struct diff_bytes unknown = {NULL, 0};
    unsigned depth = 0;
    bool begins = false; /* a definition */

    for (size_t at = 0, end; at < sql.len; at = end) {
        end = is_space(sql.data[at]) ? at + 1 : token_end(sql, at);
        if (end == 0)
            return unknown;
        if (is_space(sql.data[at]))
            continue;
        struct diff_bytes token = diff_part(sql, at, end - at);
        unsigned char c = token.data[0];
        if (begins && column == 0)
            return name_of(token);
        /* Of a generated column nothing need be stored. */
        if (depth == 1 && token.len == 2 && strncasecmp((const char *)token.data, "as", 2) == 0)
            return unknown;
        begins = (c == '(' && depth == 0) || (c == ',' && depth == 1);
        column -= c == ',' && depth == 1;
        depth += c == '(';
        if (c == ')' && depth-- <= 1)
            return unknown;
    }
    return unknown;
}
