#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "lib/distro/arch/hook_private.h"

enum { HOOK_MAX = 1 << 20, HOOKS_MAX = 4096, LINKS_MAX = 40, TARGET_MAX = 4096 };

static const char suffix[] = ".hook";

void stet_arch_hooks_release(struct stet_arch_hooks *hooks)
{
    for (size_t i = 0; i < hooks->count; i++)
        stet_arch_hook_release(&hooks->items[i]);
    free(hooks->items);
    *hooks = (struct stet_arch_hooks){0};
}

static bool has_name(const struct stet_arch_hooks *hooks, const char *name)
{
    for (size_t i = 0; i < hooks->count; i++)
        if (strcmp(hooks->items[i].name, name) == 0)
            return true;
    return false;
}

/* ---- links to /dev/null ---- */

/* Appends the components of path to parts, by their text alone. */
static int join(struct stet_strv *parts, const char *path, struct stet_error *err)
{
    if (*path == '/')
        stet_strv_release(parts);
    for (size_t len; *path; path += len) {
        path += strspn(path, "/");
        len = strcspn(path, "/");
        if (len == 0 || (len == 1 && *path == '.'))
            continue;
        if (len == 2 && memcmp(path, "..", 2) == 0) {
            if (parts->count > 0) {
                free(parts->items[--parts->count]);
                parts->items[parts->count] = NULL;
            }
            continue;
        }
        if (stet_strv_addf(parts, err, "%.*s", (int)len, path) < 0)
            return -1;
    }
    return 0;
}

static char *path_of(const struct stet_strv *parts, struct stet_error *err)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    for (size_t i = 0; i < parts->count; i++)
        stet_buffer_addf(&b, "%s%s", i > 0 ? "/" : "", parts->items[i]);
    char *path = stet_buffer_detach(&b);
    if (!path)
        stet_error_oom(err, "reading hooks");
    return path;
}

/* The text of the link at path: its length, -2 when it is none, -1. */
static ssize_t read_link(int root, const char *path, char target[TARGET_MAX],
                         struct stet_error *err)
{
    const char *leaf;
    struct stat st;
    int there = stet_fs_stat_in(root, path, &st, err);
    if (there <= 0 || !S_ISLNK(st.st_mode))
        return there < 0 ? -1 : -2;
    _cleanup_close_ int parent = stet_fs_open_parent_in(root, path, &leaf, err);
    if (parent < 0)
        return -1;
    ssize_t len = readlinkat(parent, leaf, target, TARGET_MAX - 1);
    if (len < 0)
        return stet_error_errno(err, "cannot read the link /%s", path);
    target[len] = '\0';
    return len;
}

/* Does path lead to /dev/null, by links? There may be no such device in the root. 1, 0, -1. */
static int is_disabled(int root, const char *path, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv parts = STET_STRV_INIT;
    char target[TARGET_MAX];
    if (join(&parts, path, err) < 0)
        return -1;
    for (int links = 0; links < LINKS_MAX && parts.count > 0; links++) {
        _cleanup_free_ char *at = path_of(&parts, err);
        if (!at)
            return -1;
        if (links > 0 && strcmp(at, "dev/null") == 0)
            return 1;
        ssize_t len = read_link(root, at, target, err);
        if (len < 0)
            return len == -2 ? 0 : -1;
        if (join(&parts, "..", err) < 0 || join(&parts, target, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- one file ---- */

static int read_text(int root, const char *path, struct stet_buffer *text, struct stet_error *err)
{
    int rc = stet_fs_read_in(root, path, HOOK_MAX, text, err);
    if (rc == -2)
        return stet_error_input(err, "hook /%s is a link to nothing in the root", path);
    return rc < 0 ? stet_error_wrap(err, "hook") : 0;
}

/* 1, 0, -1. A directory is passed over, whatever its name. */
static int is_directory(int root, const char *path, struct stet_error *err)
{
    struct stat st;
    _cleanup_close_ int fd = stet_fs_try_open_in(root, path, O_PATH, err);
    if (fd < 0)
        return fd == -2 ? 0 : -1;
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "cannot stat /%s in the root", path);
    return S_ISDIR(st.st_mode);
}

/* path is absolute in the root, as it is shown. */
static int parse_file(struct stet_build_context *ctx, const char *path, struct stet_arch_hook *out,
                      struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    int disabled = is_disabled(ctx->root, path + 1, err);
    if (disabled < 0 || (!disabled && read_text(ctx->root, path + 1, &text, err) < 0))
        return -1;
    return stet_arch_hook_parse_logged(ctx->log, stet_buffer_str(&text), text.len, path, out, err);
}

static int add_hook(struct stet_build_context *ctx, const char *directory, const char *name,
                    struct stet_arch_hooks *hooks, struct stet_error *err)
{
    struct stet_arch_hook *h;
    if (has_name(hooks, name))
        return 0;
    _cleanup_free_ char *path = stet_format(err, "/%s/%s", directory, name);
    int skipped = path ? is_directory(ctx->root, path + 1, err) : -1;
    if (skipped != 0)
        return skipped < 0 ? -1 : 0;
    if (hooks->count == HOOKS_MAX)
        return stet_error_input(err, "the root has more than %d hooks", (int)HOOKS_MAX);
    if (stet_grow(&hooks->items, &hooks->cap, hooks->count + 1, sizeof *hooks->items, err) < 0)
        return -1;
    h = &hooks->items[hooks->count];
    if (parse_file(ctx, path, h, err) < 0)
        return -1;
    hooks->count++;
    h->name = stet_strdup(name, err);
    return h->name ? 0 : -1;
}

/* ---- directories ---- */

static bool is_hook_name(const char *name)
{
    size_t len = strlen(name), suffix_len = sizeof suffix - 1;
    return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static int list_names(DIR *d, const char *path, struct stet_strv *names, struct stet_error *err)
{
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(d))) {
        if (!is_hook_name(entry->d_name))
            continue;
        if (names->count == HOOKS_MAX)
            return stet_error_input(err, "/%s has more than %d hooks", path, (int)HOOKS_MAX);
        if (stet_strv_add(names, entry->d_name, err) < 0)
            return -1;
    }
    if (errno != 0)
        return stet_error_errno(err, "cannot read the directory /%s of the root", path);
    stet_strv_sort_unique(names);
    return 0;
}

static int list_directory(int root, const char *path, struct stet_strv *names,
                          struct stet_error *err)
{
    _cleanup_close_ int fd = stet_fs_try_open_in(root, path, O_RDONLY | O_DIRECTORY, err);
    if (fd < 0)
        return fd == -2 ? 0 : -1;
    DIR *d = fdopendir(fd);
    if (!d)
        return stet_error_errno(err, "cannot read the directory /%s of the root", path);
    (void)stet_steal_fd(&fd);
    int rc = list_names(d, path, names, err);
    closedir(d);
    return rc;
}

/* By the names without their suffix: "a.hook" before "a-b.hook", although '-' is less than '.'. */
static int compare_hooks(const void *a, const void *b)
{
    const char *left = ((const struct stet_arch_hook *)a)->name;
    const char *right = ((const struct stet_arch_hook *)b)->name;
    size_t left_len = strlen(left) - (sizeof suffix - 1);
    size_t right_len = strlen(right) - (sizeof suffix - 1);
    int order = memcmp(left, right, left_len < right_len ? left_len : right_len);
    return order != 0 ? order : (left_len > right_len) - (left_len < right_len);
}

int stet_arch_hooks_read(struct stet_build_context *ctx, struct stet_arch_hooks *out,
                         struct stet_error *err)
{
    static const char *const directories[] = {"etc/pacman.d/hooks", "usr/share/libalpm/hooks"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof directories / sizeof *directories; i++) {
        _cleanup_strv_ struct stet_strv names = STET_STRV_INIT;
        rc = list_directory(ctx->root, directories[i], &names, err);
        for (size_t j = 0; rc == 0 && j < names.count; j++)
            rc = add_hook(ctx, directories[i], names.items[j], out, err);
    }
    if (rc < 0) {
        stet_arch_hooks_release(out);
        return -1;
    }
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_hooks);
    return 0;
}
