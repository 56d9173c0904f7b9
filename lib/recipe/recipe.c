/* The recipe: its lifetime, its keys, reading it. */
#include "lib/recipe/recipe.h"

#include <string.h>

#include "lib/recipe/files.h"

void stet_recipe_init(struct stet_recipe *r)
{
    *r = (struct stet_recipe){
        .check_valid_until = true, .epoch_auto = true, .database_siglevel = STET_SIGLEVEL_OPTIONAL};
}

static void release_map(struct stet_recipe_map *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->items[i].key);
        free(m->items[i].value);
    }
    free(m->items);
}

static void release_image(struct stet_recipe_image *image)
{
    stet_strv_release(&image->cmd);
    stet_strv_release(&image->entrypoint);
    release_map(&image->env);
    release_map(&image->labels);
    free(image->user);
    free(image->working_dir);
    free(image->stop_signal);
    stet_strv_release(&image->exposed_ports);
    stet_strv_release(&image->volumes);
}

static void release_files(struct stet_recipe *r)
{
    for (size_t i = 0; i < r->file_count; i++) {
        free(r->files[i].from);
        free(r->files[i].to);
        free(r->files[i].content);
    }
    free(r->files);
}

void stet_recipe_release(struct stet_recipe *r)
{
    char *strings[] = {r->name,    r->ecosystem, r->suite,    r->architecture,
                       r->keyring, r->base,      r->directory};
    struct stet_strv *lists[] = {&r->mirrors,   &r->suites,      &r->components, &r->keys,
                                 &r->packages,  &r->exclude,     &r->include,    &r->own_sources,
                                 &r->noextract, &r->repositories};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        stet_strv_release(lists[i]);
    release_files(r);
    release_image(&r->image);
    stet_recipe_init(r);
}

/* ---- keys with a form of their own ---- */

static int read_schema(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                       void *object, struct stet_error *err)
{
    (void)object;
    bool number = ctx->lock ? n->kind == STET_NODE_INTEGER : n->kind == STET_NODE_PLAIN;
    if (!number)
        return stet_recipe_node_error(n, err, "'stet' must be the number of the recipe schema, %d",
                                      STET_RECIPE_SCHEMA);
    if (ctx->lock ? n->integer == STET_RECIPE_SCHEMA : strcmp(n->text, "1") == 0)
        return 0;
    return stet_recipe_node_error(n, err,
                                  "this recipe schema is unknown; this stet knows schema %d, a "
                                  "newer stet may be needed",
                                  STET_RECIPE_SCHEMA);
}

static int write_schema(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)object;
    (void)err;
    stet_json_key_integer(w, "stet", STET_RECIPE_SCHEMA);
    return 0;
}

static int read_suites(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                       void *object, struct stet_error *err)
{
    (void)ctx;
    struct stet_recipe *r = object;
    r->suites_given = true;
    return stet_recipe_read_list(n, stet_recipe_check_suite, true, &r->suites, err);
}

/* Printed when empty as well: "none" is not "the ecosystem's". */
static int write_suites(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    const struct stet_recipe *r = object;
    if (r->suites_given || r->suites.count > 0)
        stet_json_key_strings(w, "suites", &r->suites);
    return 0;
}

static const char *check_mirror(const char *s)
{
    if (strcmp(s, "system") == 0)
        return NULL;
    const char *why = stet_recipe_check_url(s);
    return why && !strchr(s, '/') ? "is not a mirror; write 'system', or a URL of http://, "
                                    "https:// or file://"
                                  : why;
}

static int read_mirror(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                       void *object, struct stet_error *err)
{
    (void)ctx;
    struct stet_recipe *r = object;
    if (n->kind == STET_NODE_LIST && n->count > 0)
        return stet_recipe_read_list(n, stet_recipe_check_url, true, &r->mirrors, err);
    if (n->kind == STET_NODE_LIST || n->kind == STET_NODE_MAP)
        return stet_recipe_node_error(n, err,
                                      "'mirror' must be 'system', a URL, or a list of URLs, not %s",
                                      n->kind == STET_NODE_MAP ? "a mapping" : "an empty list");
    const char *text = stet_recipe_read_text(n, check_mirror, err);
    return text ? stet_strv_add(&r->mirrors, text, err) : -1;
}

static int write_mirror(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    const struct stet_recipe *r = object;
    size_t count = r->mirrors.count;
    if (count == 0 || (count == 1 && strcmp(r->mirrors.items[0], "system") == 0))
        stet_json_key_string(w, "mirror", "system");
    else
        stet_json_key_strings(w, "mirror", &r->mirrors);
    return 0;
}

static int read_valid_until(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                            void *object, struct stet_error *err)
{
    (void)ctx;
    struct stet_recipe *r = object;
    bool plain = n->kind == STET_NODE_PLAIN;
    if (n->kind == STET_NODE_BOOLEAN)
        r->check_valid_until = n->integer != 0;
    else if (plain && strcmp(n->text, "true") == 0)
        r->check_valid_until = true;
    else if (plain && strcmp(n->text, "false") == 0)
        r->check_valid_until = false;
    else
        return stet_recipe_node_error(n, err, "'check-valid-until' must be true or false");
    return 0;
}

static int write_valid_until(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    const struct stet_recipe *r = object;
    stet_json_key_boolean(w, "check-valid-until", r->check_valid_until);
    return 0;
}

/* Globs are written like paths of the image, and kept without the leading '/'. */
static int read_globs(const struct stet_recipe_node *n, struct stet_strv *out,
                      struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv globs = STET_STRV_INIT;
    if (stet_recipe_read_list(n, stet_recipe_check_glob, true, &globs, err) < 0)
        return -1;
    for (size_t i = 0; i < globs.count; i++)
        if (stet_strv_add(out, globs.items[i] + 1, err) < 0)
            return -1;
    return 0;
}

static int write_globs(struct stet_json_writer *w, const char *key, const struct stet_strv *v,
                       struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv globs = STET_STRV_INIT;
    for (size_t i = 0; i < v->count; i++)
        if (stet_strv_addf(&globs, err, "/%s", v->items[i]) < 0)
            return -1;
    if (globs.count > 0)
        stet_json_key_strings(w, key, &globs);
    return 0;
}

static int read_exclude(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                        void *object, struct stet_error *err)
{
    (void)ctx;
    return read_globs(n, &((struct stet_recipe *)object)->exclude, err);
}

static int write_exclude(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    return write_globs(w, "exclude", &((const struct stet_recipe *)object)->exclude, err);
}

static int read_include(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                        void *object, struct stet_error *err)
{
    (void)ctx;
    return read_globs(n, &((struct stet_recipe *)object)->include, err);
}

static int write_include(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    return write_globs(w, "include", &((const struct stet_recipe *)object)->include, err);
}

static int read_epoch(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                      void *object, struct stet_error *err)
{
    (void)ctx;
    struct stet_recipe *r = object;
    const char *text = stet_recipe_read_text(n, stet_recipe_check_nonempty, err);
    if (!text)
        return -1;
    r->epoch_auto = strcmp(text, "auto") == 0;
    if (r->epoch_auto)
        return 0;
    if (stet_time_parse_rfc3339(text, &r->epoch, NULL) < 0)
        return stet_recipe_node_error(n, err,
                                      "'epoch': '%s' is not a time; write 'auto', or one such as "
                                      "2026-09-12T07:55:41Z (RFC 3339, 1970 to 9999)",
                                      stet_recipe_show(text).text);
    return 0;
}

static int write_epoch(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    const struct stet_recipe *r = object;
    char text[STET_TIME_TEXT_MAX];
    if (!r->epoch_auto)
        stet_time_format(r->epoch, text);
    stet_json_key_string(w, "epoch", r->epoch_auto ? "auto" : text);
    return 0;
}

/* A block scalar ends with a newline that is YAML's, not the line's. */
static void drop_final_newlines(struct stet_strv *v)
{
    for (size_t i = 0; i < v->count; i++) {
        size_t len = strlen(v->items[i]);
        if (len > 1 && v->items[i][len - 1] == '\n')
            v->items[i][len - 1] = '\0';
    }
}

/* 'locked', 'none', or lines. */
static int read_lines(const struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                      stet_recipe_check *check, const char *file, struct stet_recipe *r,
                      struct stet_error *err)
{
    bool text = n->kind == STET_NODE_TEXT || n->kind == STET_NODE_PLAIN;
    r->sources = STET_SOURCES_OWN;
    if (text && strcmp(n->text, "locked") == 0)
        r->sources = STET_SOURCES_LOCKED;
    else if (text && strcmp(n->text, "none") == 0)
        r->sources = STET_SOURCES_NONE;
    else if (n->kind != STET_NODE_LIST || n->count == 0)
        return stet_recipe_node_error(
            n, err, "'%s' must be 'locked', 'none', or a list of lines of %s", n->key, file);
    if (r->sources != STET_SOURCES_OWN)
        return 0;
    if (stet_recipe_read_list(n, check, false, &r->own_sources, err) < 0)
        return -1;
    /* In a lock the text is exact. */
    if (!ctx->lock)
        drop_final_newlines(&r->own_sources);
    return 0;
}

static void write_lines(struct stet_json_writer *w, const char *key, const struct stet_recipe *r)
{
    if (r->sources == STET_SOURCES_OWN && r->own_sources.count > 0)
        stet_json_key_strings(w, key, &r->own_sources);
    else
        stet_json_key_string(w, key, r->sources == STET_SOURCES_LOCKED ? "locked" : "none");
}

static int read_sources(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                        void *object, struct stet_error *err)
{
    return read_lines(ctx, n, stet_recipe_check_sources, "sources.list(5)", object, err);
}

static int write_sources(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    write_lines(w, "apt-sources", object);
    return 0;
}

static int read_mirrorlist(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                           void *object, struct stet_error *err)
{
    return read_lines(ctx, n, stet_recipe_check_server_line, "pacman's mirrorlist", object, err);
}

static int write_mirrorlist(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    write_lines(w, "mirrorlist", object);
    return 0;
}

/* Which of words (ended by NULL) the text is; -1 with err when it is none. */
static int read_choice(const struct stet_recipe_node *n, const char *const *words,
                       struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer known = STET_BUFFER_INIT;
    const char *text = stet_recipe_read_text(n, stet_recipe_check_nonempty, err);
    if (!text)
        return -1;
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0)
            return i;
        stet_buffer_addf(&known, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    }
    return stet_recipe_node_error(n, err, "'%s': '%s' is not %s", n->key,
                                  stet_recipe_show(text).text, stet_buffer_str(&known));
}

static const char *const siglevels[] = {"required", "optional", "never", NULL};

static int read_level(const struct stet_recipe_node *n, enum stet_siglevel *out,
                      struct stet_error *err)
{
    int level = read_choice(n, siglevels, err);
    if (level < 0)
        return -1;
    *out = (enum stet_siglevel)level;
    return 0;
}

static int read_siglevel(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                         void *object, struct stet_error *err)
{
    (void)ctx;
    return read_level(n, &((struct stet_recipe *)object)->siglevel, err);
}

static int read_database_siglevel(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                                  void *object, struct stet_error *err)
{
    (void)ctx;
    return read_level(n, &((struct stet_recipe *)object)->database_siglevel, err);
}

static int write_siglevel(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    const struct stet_recipe *r = object;
    stet_json_key_string(w, "siglevel", siglevels[r->siglevel]);
    return 0;
}

static int write_database_siglevel(struct stet_json_writer *w, const void *object,
                                   struct stet_error *err)
{
    (void)err;
    const struct stet_recipe *r = object;
    stet_json_key_string(w, "database-siglevel", siglevels[r->database_siglevel]);
    return 0;
}

static const char *const pacman_keyrings[] = {"none", "public", NULL};

static int read_pacman_keyring(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                               void *object, struct stet_error *err)
{
    (void)ctx;
    struct stet_recipe *r = object;
    int choice = read_choice(n, pacman_keyrings, err);
    r->public_keyring = choice == 1;
    return choice < 0 ? -1 : 0;
}

static int write_pacman_keyring(struct stet_json_writer *w, const void *object,
                                struct stet_error *err)
{
    (void)err;
    const struct stet_recipe *r = object;
    stet_json_key_string(w, "pacman-keyring", pacman_keyrings[r->public_keyring]);
    return 0;
}

static int read_image(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                      void *object, struct stet_error *err)
{
    struct stet_recipe *r = object;
    return stet_recipe_read_object(ctx, &stet_recipe_image_table, n, &r->image, err);
}

static int write_image(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    const struct stet_recipe *r = object;
    stet_json_key(w, "image");
    stet_json_object_begin(w);
    if (stet_recipe_write_members(w, &stet_recipe_image_table, NULL, &r->image, err) < 0)
        return -1;
    stet_json_object_end(w);
    return 0;
}

/* ---- the table ---- */

#define AT(member) offsetof(struct stet_recipe, member)
#define STRING(name, flags, member, check, whose)                                                  \
    {                                                                                              \
        name, STET_KEY_STRING, flags, AT(member), check, NULL, NULL, whose                         \
    }
#define LIST(name, member, check, whose)                                                           \
    {                                                                                              \
        name, STET_KEY_LIST, STET_KEY_UNIQUE, AT(member), check, NULL, NULL, whose                 \
    }
#define OWN(name, flags, read, write, whose)                                                       \
    {                                                                                              \
        name, STET_KEY_OWN, flags, 0, NULL, read, write, whose                                     \
    }
#define ANY    NULL
#define DEBIAN "debian"
#define ARCH   "arch"

static const struct stet_recipe_key keys[] = {
    OWN("stet", STET_KEY_REQUIRED, read_schema, write_schema, ANY),
    STRING("name", STET_KEY_REQUIRED, name, stet_recipe_check_name, ANY),
    STRING("ecosystem", STET_KEY_REQUIRED, ecosystem, stet_recipe_check_word, ANY),
    STRING("suite", 0, suite, stet_recipe_check_suite, DEBIAN),
    OWN("suites", 0, read_suites, write_suites, DEBIAN),
    LIST("components", components, stet_recipe_check_suite, DEBIAN),
    STRING("architecture", STET_KEY_REQUIRED_IN_LOCK, architecture, stet_recipe_check_architecture,
           ANY),
    OWN("mirror", 0, read_mirror, write_mirror, ANY),
    LIST("repositories", repositories, stet_recipe_check_repository, ARCH),
    OWN("siglevel", STET_KEY_REQUIRED_IN_LOCK, read_siglevel, write_siglevel, ARCH),
    OWN("database-siglevel", STET_KEY_REQUIRED_IN_LOCK, read_database_siglevel,
        write_database_siglevel, ARCH),
    STRING("keyring", 0, keyring, stet_recipe_check_keyring, ANY),
    LIST("keys", keys, stet_recipe_check_host_path, ANY),
    OWN("check-valid-until", STET_KEY_REQUIRED_IN_LOCK, read_valid_until, write_valid_until,
        DEBIAN),
    STRING("base", 0, base, stet_recipe_check_word, DEBIAN),
    LIST("packages", packages, stet_recipe_check_request, ANY),
    LIST("noextract", noextract, stet_recipe_check_pattern, ARCH),
    OWN("exclude", 0, read_exclude, write_exclude, ANY),
    OWN("include", 0, read_include, write_include, ANY),
    OWN("files", 0, stet_recipe_read_files, stet_recipe_write_files, ANY),
    OWN("epoch", STET_KEY_REQUIRED_IN_LOCK, read_epoch, write_epoch, ANY),
    OWN("apt-sources", STET_KEY_REQUIRED_IN_LOCK, read_sources, write_sources, DEBIAN),
    OWN("mirrorlist", STET_KEY_REQUIRED_IN_LOCK, read_mirrorlist, write_mirrorlist, ARCH),
    OWN("pacman-keyring", STET_KEY_REQUIRED_IN_LOCK, read_pacman_keyring, write_pacman_keyring,
        ARCH),
    OWN("image", 0, read_image, write_image, ANY),
};

const struct stet_recipe_table stet_recipe_table = {keys, sizeof keys / sizeof *keys, "a recipe"};

/* ---- reading and writing ---- */

int stet_recipe_from_node(struct stet_recipe_context *ctx, const struct stet_recipe_node *root,
                          struct stet_recipe *r, struct stet_error *err)
{
    /* The schema first: a newer one may well have keys that are unknown here. */
    const struct stet_recipe_node *schema =
        root->kind == STET_NODE_MAP ? stet_recipe_node_get(root, "stet") : NULL;
    if (schema && read_schema(ctx, schema, r, err) < 0)
        return -1;
    const struct stet_recipe_node *ecosystem =
        root->kind == STET_NODE_MAP ? stet_recipe_node_get(root, "ecosystem") : NULL;
    if (ecosystem && (ecosystem->kind == STET_NODE_TEXT || ecosystem->kind == STET_NODE_PLAIN))
        ctx->ecosystem = ecosystem->text;
    if (stet_recipe_read_object(ctx, &stet_recipe_table, root, r, err) < 0)
        return -1;
    return r->mirrors.count > 0 ? 0 : stet_strv_add(&r->mirrors, "system", err);
}

int stet_recipe_write(struct stet_json_writer *w, const struct stet_recipe *r,
                      struct stet_error *err)
{
    stet_json_object_begin(w);
    if (stet_recipe_write_members(w, &stet_recipe_table, r->ecosystem, r, err) < 0)
        return -1;
    stet_json_object_end(w);
    return 0;
}

static int parse(const char *text, size_t len, const char *name, int dirfd, struct stet_recipe *out,
                 struct stet_error *err)
{
    struct stet_recipe_source source = {.name = name};
    struct stet_recipe_context ctx = {.dirfd = dirfd};
    struct stet_recipe_node *root = stet_recipe_node_from_yaml(text, len, &source, err);
    stet_recipe_init(out);
    if (!root)
        return -1;
    int rc = stet_recipe_from_node(&ctx, root, out, err);
    stet_recipe_node_free(root);
    if (rc < 0)
        stet_recipe_release(out);
    return rc;
}

int stet_recipe_parse(const char *text, size_t len, const char *name, struct stet_recipe *out,
                      struct stet_error *err)
{
    return parse(text, len, name, -1, out, err);
}

/* The directory that path's file is in. */
static char *directory_of(const char *path, struct stet_error *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == path)
        return stet_strdup("/", err);
    return slash ? stet_format(err, "%.*s", (int)(slash - path), path) : stet_strdup(".", err);
}

int stet_recipe_read(const char *path, struct stet_recipe *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    _cleanup_close_ int dirfd = -1;
    _cleanup_free_ char *directory = NULL;
    bool standard = strcmp(path, "-") == 0;
    stet_recipe_init(out);
    int rc = standard
                 ? stet_fs_read_fd(STDIN_FILENO, "standard input", STET_RECIPE_TEXT_MAX, &text, err)
                 : stet_fs_read(AT_FDCWD, path, STET_RECIPE_TEXT_MAX, &text, err);
    if (rc < 0)
        return -1;
    directory = directory_of(standard ? "." : path, err);
    if (directory)
        dirfd = stet_fs_open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0, err);
    if (dirfd < 0 || parse(stet_buffer_str(&text), text.len, standard ? "standard input" : path,
                           dirfd, out, err) < 0)
        return -1;
    out->directory = stet_steal_pointer(&directory);
    return 0;
}
