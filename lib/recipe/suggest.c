#include <string.h>

#include "lib/recipe/schema.h"

enum { WORD_LIMIT = 32 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment, three rows at a time; words are shorter than WORD_LIMIT. */
size_t stet_recipe_distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    size_t rows[3][WORD_LIMIT + 1];
    if (m > WORD_LIMIT || n > WORD_LIMIT)
        return m > n ? m : n;
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *upper = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            row[j] = least(least(up[j], row[j - 1]) + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], upper[j - 2] + 1);
        }
    }
    return rows[m % 3][n];
}

const char *stet_recipe_suggest(const char *s, const struct stet_recipe_table *table,
                                const struct stet_recipe_context *ctx)
{
    const char *best = NULL;
    /* A third of the word may be wrong: 'arch' is no misspelt 'name'. */
    size_t best_distance = strlen(s) / 3 + 1;
    for (size_t i = 0; i < table->count; i++) {
        const struct stet_recipe_key *key = &table->keys[i];
        size_t d = stet_recipe_distance(s, key->name);
        if (d <= best_distance && d < strlen(key->name) &&
            (ctx->lock || !(key->flags & STET_KEY_LOCK_ONLY)) &&
            stet_recipe_key_applies(table, key, ctx->ecosystem) && (!best || d < best_distance)) {
            best = key->name;
            best_distance = d;
        }
    }
    return best;
}
