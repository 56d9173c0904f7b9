/*
 * hidden - hashes of passwords in texts of any kind: a report is read by more people than the artifacts, so only what kind
 * they are is shown. After causes were looked for, which rest on them.
 */
#include "lib/diff/private.h"

enum { HASH_MIN = 16 }; /* characters of salt and hash */

static bool is_hash_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("$./=,+-", c) != NULL);
}

/* "$6$salt$hash" as in crypt(5) at s: the length of "$6$" in *kind, and that of all; 0: there is none. */
static size_t hash_at(const char *s, size_t *kind)
{
    static const char *const kinds[] = {"$1$",      "$2$",       "$2a$",      "$2b$",      "$2x$",
                                        "$2y$",     "$5$",       "$6$",       "$7$",       "$y$",
                                        "$gy$",     "$md5$",     "$md5,",     "$sha1$",    "$apr1$",
                                        "$scrypt$", "$argon2i$", "$argon2d$", "$argon2id$"};
    size_t len = 0;

    *kind = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && *kind == 0; i++)
        if (strncmp(s, kinds[i], strlen(kinds[i])) == 0)
            *kind = strlen(kinds[i]);
    while (*kind > 0 && is_hash_char(s[*kind + len]))
        len++;
    /* A value that was shortened may end anywhere in it. */
    bool cut = strncmp(s + *kind + len, "…", strlen("…")) == 0;
    return *kind > 0 && (len >= HASH_MIN || cut) ? *kind + len : 0;
}

/* The first one in text; NULL: there is none. */
static const char *find_hash(const char *text, size_t *kind, size_t *len)
{
    for (const char *p = text; (p = strchr(p, '$')); p++)
        if ((*len = hash_at(p, kind)) > 0)
            return p;
    return NULL;
}

/* What text shows instead; NULL with err. */
static char *hide(const char *text, struct stet_error *err)
{
    struct stet_buffer out = STET_BUFFER_INIT;
    size_t kind, len;

    for (const char *hash; (hash = find_hash(text, &kind, &len)); text = hash + len) {
        stet_buffer_add(&out, text, (size_t)(hash - text) + kind);
        stet_buffer_add_str(&out, "(hidden)");
    }
    stet_buffer_add_str(&out, text);
    if (stet_buffer_check(&out, "the text of a finding", err) < 0) {
        stet_buffer_release(&out);
        return NULL;
    }
    return stet_buffer_detach(&out);
}

static int hide_shared(char **text, struct stet_error *err)
{
    size_t kind, len;

    if (!*text || !find_hash(*text, &kind, &len))
        return 0;
    _cleanup_free_ char *hidden = hide(*text, err);
    char *shared = hidden ? stet_diff_shared_new(hidden, err) : NULL;
    if (!shared)
        return -1;
    stet_diff_shared_release(*text);
    *text = shared;
    return 0;
}

int stet_diff_hide_hashes(struct stet_diff_result *r, struct stet_error *err)
{
    size_t kind, len;

    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        if (hide_shared(&f->a, err) < 0 || hide_shared(&f->b, err) < 0)
            return -1;
        if (!f->detail || !find_hash(f->detail, &kind, &len))
            continue;
        char *hidden = hide(f->detail, err);
        if (!hidden)
            return -1;
        free(f->detail);
        f->detail = hidden;
    }
    return 0;
}
