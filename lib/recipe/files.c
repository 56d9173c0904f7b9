/* "files": single files that go into the image, with their contents. */
#include <string.h>

#include "lib/recipe/base64.h"
#include "lib/recipe/files.h"

#define AT(member) offsetof(struct stet_recipe_file, member)

static int read_to(struct stet_recipe_context *ctx, const struct stet_recipe_node *n, void *object,
                   struct stet_error *err)
{
    (void)ctx;
    struct stet_recipe_file *f = object;
    if (stet_recipe_read_string(n, stet_recipe_check_path, &f->to, err) < 0)
        return -1;
    if (f->to[1] == '\0')
        return stet_recipe_node_error(n, err, "'to': '/' is the root itself; name a file");
    return 0;
}

static int write_to(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    const struct stet_recipe_file *f = object;
    stet_json_key_string(w, "to", f->to);
    return 0;
}

static int read_mode(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                     void *object, struct stet_error *err)
{
    (void)ctx;
    struct stet_recipe_file *f = object;
    /* Unquoted, other YAML readers take 0644 for a number, and not all for the same. */
    if (n->kind == STET_NODE_PLAIN)
        return stet_recipe_node_error(n, err, "'mode' must be quoted, as in \"0644\"");
    const char *text = stet_recipe_read_text(n, stet_recipe_check_text, err);
    if (!text)
        return -1;
    size_t digits = strspn(text, "01234567");
    if (text[digits] != '\0' || digits < 3 || digits > 4)
        return stet_recipe_node_error(n, err,
                                      "'mode': '%s' is not a mode; write three or four octal "
                                      "digits, as in \"0644\"",
                                      stet_recipe_show(text).text);
    f->mode = 0;
    for (size_t i = 0; i < digits; i++)
        f->mode = f->mode << 3 | (uint32_t)(text[i] - '0');
    return 0;
}

static int write_mode(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    const struct stet_recipe_file *f = object;
    if (f->mode > 07777)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "mode %o of %s is out of range", f->mode,
                              f->to);
    _cleanup_free_ char *text = stet_format(err, "%04o", f->mode);
    if (!text)
        return -1;
    stet_json_key_string(w, "mode", text);
    return 0;
}

/* Takes over the buffer's bytes. */
static int set_content(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                       struct stet_recipe_file *f, struct stet_buffer *b, struct stet_error *err)
{
    if (b->len > STET_RECIPE_FILE_MAX)
        return stet_recipe_node_error(n, err, "the file is larger than %d MiB",
                                      STET_RECIPE_FILE_MAX >> 20);
    if (b->len > STET_RECIPE_FILES_TOTAL_MAX - ctx->embedded)
        return stet_recipe_node_error(n, err, "the files are larger than %d MiB together",
                                      STET_RECIPE_FILES_TOTAL_MAX >> 20);
    ctx->embedded += b->len;
    f->content_len = b->len;
    f->content = (unsigned char *)stet_buffer_detach(b);
    return 0;
}

static int read_content(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                        void *object, struct stet_error *err)
{
    struct stet_recipe_file *f = object;
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    const char *text = stet_recipe_read_text(n, stet_recipe_check_text, err);
    if (!text)
        return -1;
    size_t len = strlen(text);
    /* Before the memory is spent. */
    if (len / 4 * 3 > (size_t)STET_RECIPE_FILE_MAX + 2)
        return stet_recipe_node_error(n, err, "the file is larger than %d MiB",
                                      STET_RECIPE_FILE_MAX >> 20);
    if (stet_recipe_base64_decode(text, len, &b, err) < 0)
        return stet_recipe_node_wrap(n, err);
    return set_content(ctx, n, f, &b, err);
}

static int write_content(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    const struct stet_recipe_file *f = object;
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (f->content_len > STET_RECIPE_FILE_MAX)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "content of %s is too large", f->to);
    stet_recipe_base64_encode(f->content, f->content_len, &b);
    if (stet_buffer_check(&b, "printing a lock", err) < 0)
        return -1;
    stet_json_key_string(w, "content", stet_buffer_str(&b));
    return 0;
}

static const struct stet_recipe_key keys[] = {
    {"from", STET_KEY_STRING, STET_KEY_REQUIRED, AT(from), stet_recipe_check_from, NULL, NULL},
    {"to", STET_KEY_OWN, STET_KEY_REQUIRED, 0, NULL, read_to, write_to},
    {"mode", STET_KEY_OWN, STET_KEY_REQUIRED_IN_LOCK, 0, NULL, read_mode, write_mode},
    {"content", STET_KEY_OWN, STET_KEY_LOCK_ONLY | STET_KEY_REQUIRED_IN_LOCK, 0, NULL, read_content,
     write_content},
};
static const struct stet_recipe_table table = {keys, sizeof keys / sizeof *keys, "a file"};

/* Resolved below the recipe's directory, symbolic links too: a recipe from elsewhere must not be
 * able to put this machine's secrets into an image. */
static int embed(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                 struct stet_recipe_file *f, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    const struct stet_recipe_node *from = stet_recipe_node_get(n, "from");
    int rc = stet_fs_read_in(ctx->dirfd, f->from, STET_RECIPE_FILE_MAX, &b, err);
    if (rc == -2)
        return stet_recipe_node_error(from, err,
                                      "'from': there is no file '%s' below the recipe's directory",
                                      stet_recipe_show(f->from).text);
    if (rc < 0)
        return stet_recipe_node_wrap(from, err);
    return set_content(ctx, from, f, &b, err);
}

static int read_file(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                     struct stet_recipe *r, struct stet_error *err)
{
    if (stet_grow(&r->files, &r->file_cap, r->file_count + 1, sizeof *r->files, err) < 0)
        return -1;
    struct stet_recipe_file *f = &r->files[r->file_count++];
    *f = (struct stet_recipe_file){.mode = 0644};
    if (stet_recipe_read_object(ctx, &table, n, f, err) < 0)
        return -1;
    for (size_t i = 0; i + 1 < r->file_count; i++)
        if (strcmp(r->files[i].to, f->to) == 0)
            return stet_recipe_node_error(n, err, "'files': '%s' is written twice",
                                          stet_recipe_show(f->to).text);
    return ctx->dirfd >= 0 ? embed(ctx, n, f, err) : 0;
}

int stet_recipe_read_files(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                           void *object, struct stet_error *err)
{
    struct stet_recipe *r = object;
    if (n->kind != STET_NODE_LIST)
        return stet_recipe_node_error(n, err, "'files' must be a list of {from, to, mode}, not %s",
                                      stet_recipe_node_describe(n));
    for (size_t i = 0; i < n->count; i++)
        if (read_file(ctx, n->members[i], r, err) < 0)
            return -1;
    return 0;
}

int stet_recipe_write_files(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    const struct stet_recipe *r = object;
    if (r->file_count == 0)
        return 0;
    stet_json_key(w, "files");
    stet_json_array_begin(w);
    for (size_t i = 0; i < r->file_count; i++) {
        stet_json_object_begin(w);
        if (stet_recipe_write_members(w, &table, NULL, &r->files[i], err) < 0)
            return -1;
        stet_json_object_end(w);
    }
    stet_json_array_end(w);
    return 0;
}
