#include "lib/distro/debian/dpkgdb.h"

#include <ctype.h>

enum { TRIGGERS_FILE_MAX = 16 << 20 };

/* What stands in Unincorp for one trigger: the packages that wait for it, or "-". */
struct activation {
    char *trigger;
    struct stet_strv awaiters;
};

struct triggers {
    struct stet_build_context *ctx;
    const struct stet_debian_package *package; /* the one being looked at */
    struct stet_buffer file;                   /* triggers/File as it will be */
    struct stet_strv watched; /* paths somebody was interested in before this stage */
    struct activation *activations;
    size_t count, cap;
    bool activate; /* an earlier stage is configured */
};

static void release(struct triggers *t)
{
    stet_buffer_release(&t->file);
    stet_strv_release(&t->watched);
    for (size_t i = 0; i < t->count; i++) {
        free(t->activations[i].trigger);
        stet_strv_release(&t->activations[i].awaiters);
    }
    free(t->activations);
}

/* Names become file names, and words of line-based files. */
static bool is_explicit_name(const char *s)
{
    if (!isalnum((unsigned char)*s))
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("+-.", *s))
            return false;
    return true;
}

static bool is_path_name(const char *s)
{
    if (*s != '/' || strstr(s, "//") || s[strlen(s) - 1] == '/')
        return false;
    for (; *s; s++)
        if (*s <= ' ' || *s > '~')
            return false;
    return true;
}

/* Is there a line that begins with "path package" and ends there or in '/'? */
static bool has_interest(const struct stet_buffer *b, const char *key)
{
    size_t n = strlen(key);
    for (const char *p = stet_buffer_str(b); *p;) {
        const char *end = strchrnul(p, '\n');
        if ((size_t)(end - p) >= n && memcmp(p, key, n) == 0 && (p + n == end || p[n] == '/'))
            return true;
        p = *end ? end + 1 : end;
    }
    return false;
}

static int add_file_interest(struct triggers *t, const char *trigger, bool await,
                             struct stet_error *err)
{
    _cleanup_free_ char *key = stet_format(err, "%s %s", trigger, t->package->infix);
    if (!key)
        return -1;
    if (!has_interest(&t->file, key))
        stet_buffer_addf(&t->file, "%s%s\n", key, await ? "" : "/noawait");
    return 0;
}

static int add_explicit_interest(struct triggers *t, const char *trigger, bool await,
                                 struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    _cleanup_free_ char *path = stet_format(err, "var/lib/dpkg/triggers/%s", trigger);
    if (!path || stet_fs_read_in(t->ctx->root, path, TRIGGERS_FILE_MAX, &b, err) == -1)
        return -1;
    if (has_interest(&b, t->package->infix))
        return 0;
    stet_buffer_addf(&b, "%s%s\n", t->package->infix, await ? "" : "/noawait");
    if (stet_buffer_check(&b, "writing trigger interests", err) < 0)
        return -1;
    return stet_fs_write_in(t->ctx->root, path, stet_buffer_str(&b), b.len, 0644, 0, 0, err);
}

static struct activation *find_activation(struct triggers *t, const char *trigger,
                                          struct stet_error *err)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->activations[i].trigger, trigger) == 0)
            return &t->activations[i];
    if (stet_grow(&t->activations, &t->cap, t->count + 1, sizeof *t->activations, err) < 0)
        return NULL;
    struct activation *a = &t->activations[t->count];
    *a = (struct activation){stet_strdup(trigger, err), STET_STRV_INIT};
    if (!a->trigger)
        return NULL;
    t->count++;
    return a;
}

static int activate(struct triggers *t, const char *trigger, bool await, struct stet_error *err)
{
    const char *awaiter = await ? t->package->infix : "-";
    if (!t->activate)
        return 0;
    struct activation *a = find_activation(t, trigger, err);
    if (!a)
        return -1;
    if (stet_strv_contains(&a->awaiters, awaiter))
        return 0;
    return stet_strv_add(&a->awaiters, awaiter, err);
}

/* One directive, "interest-noawait /usr/share/x". */
static int apply_directive(struct triggers *t, const char *word, const char *trigger,
                           bool interests, struct stet_error *err)
{
    bool is_interest = strncmp(word, "interest", 8) == 0;
    const char *option = strlen(word) > 8 ? word + 8 : ""; /* both words have 8 letters */
    bool noawait = strcmp(option, "-noawait") == 0;
    if ((!is_interest && strncmp(word, "activate", 8) != 0) ||
        (*option && !noawait && strcmp(option, "-await") != 0))
        return stet_error_input(err, "%s: its triggers file has the unknown directive \"%s\"",
                                t->package->locked->name, word);
    if (!is_path_name(trigger) && !is_explicit_name(trigger))
        return stet_error_input(err, "%s: its triggers file names the invalid trigger \"%s\"",
                                t->package->locked->name, trigger);
    if (is_interest != interests)
        return 0;
    if (!is_interest)
        return activate(t, trigger, !noawait, err);
    return *trigger == '/' ? add_file_interest(t, trigger, !noawait, err)
                           : add_explicit_interest(t, trigger, !noawait, err);
}

static int parse_triggers(struct triggers *t, bool interests, struct stet_error *err)
{
    const struct stet_debian_control_file *c = stet_debian_control_find(t->package, "triggers");
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    static const char space[] = " \t\r";
    if (!c)
        return 0;
    stet_buffer_add(&b, c->data, c->len);
    if (stet_buffer_check(&b, "reading triggers", err) < 0)
        return -1;
    for (char *p = b.data; p && *p;) {
        char *line = p, *end = strchrnul(p, '\n');
        p = *end ? end + 1 : end;
        *end = '\0';
        line += strspn(line, space);
        while (end > line && strchr(space, end[-1]))
            *--end = '\0';
        if (*line == '\0' || *line == '#')
            continue;
        char *trigger = line + strcspn(line, space);
        if (*trigger)
            *trigger++ = '\0';
        trigger += strspn(trigger, space);
        if (apply_directive(t, line, trigger, interests, err) < 0)
            return -1;
    }
    return 0;
}

/* File triggers hit by what the package ships. The interest decides whether it is waited for. */
static int activate_paths(struct triggers *t, struct stet_error *err)
{
    for (size_t i = 0; t->activate && i < t->watched.count; i++)
        if (stet_strv_contains(&t->package->list, t->watched.items[i]) &&
            activate(t, t->watched.items[i], true, err) < 0)
            return -1;
    return 0;
}

static int read_interests(struct triggers *t, struct stet_error *err)
{
    if (stet_fs_read_in(t->ctx->root, "var/lib/dpkg/triggers/File", TRIGGERS_FILE_MAX, &t->file,
                        err) == -1)
        return -1;
    for (const char *p = stet_buffer_str(&t->file); *p;) {
        const char *end = strchrnul(p, '\n');
        size_t len = strcspn(p, " \n");
        if (stet_strv_addf(&t->watched, err, "%.*s", (int)len, p) < 0)
            return -1;
        p = *end ? end + 1 : end;
    }
    stet_strv_sort_unique(&t->watched);
    return 0;
}

static int write_activations(struct triggers *t, struct stet_error *err)
{
    static const char path[] = "var/lib/dpkg/triggers/Unincorp";
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (stet_fs_read_in(t->ctx->root, path, TRIGGERS_FILE_MAX, &b, err) == -1)
        return -1;
    for (size_t i = 0; i < t->count; i++) {
        stet_buffer_add_str(&b, t->activations[i].trigger);
        for (size_t j = 0; j < t->activations[i].awaiters.count; j++)
            stet_buffer_addf(&b, " %s", t->activations[i].awaiters.items[j]);
        stet_buffer_add_char(&b, '\n');
    }
    if (stet_buffer_check(&b, "writing trigger activations", err) < 0)
        return -1;
    return stet_fs_write_in(t->ctx->root, path, stet_buffer_str(&b), b.len, 0644, 0, 0, err);
}

static int write_triggers(struct triggers *t, unsigned stage, struct stet_error *err)
{
    struct stet_debian_state *state = t->ctx->state;
    /* Activations first and for all: interests of this stage's own packages do not count yet. */
    for (int interests = 0; interests <= 1; interests++)
        for (size_t i = 0; i < state->count; i++) {
            t->package = &state->packages[i];
            if (t->package->locked->stage != stage)
                continue;
            if (parse_triggers(t, interests, err) < 0 || (!interests && activate_paths(t, err) < 0))
                return -1;
        }
    if (stet_buffer_check(&t->file, "writing trigger interests", err) < 0)
        return -1;
    if (t->file.len > 0 && stet_fs_write_in(t->ctx->root, "var/lib/dpkg/triggers/File",
                                            t->file.data, t->file.len, 0644, 0, 0, err) < 0)
        return -1;
    return t->count > 0 ? write_activations(t, err) : 0;
}

int stet_dpkgdb_write_triggers(struct stet_build_context *ctx, unsigned stage,
                               struct stet_error *err)
{
    struct triggers t = {.ctx = ctx, .activate = stage > 0};
    int rc = read_interests(&t, err);
    if (rc == 0)
        rc = write_triggers(&t, stage, err);
    release(&t);
    return rc;
}
