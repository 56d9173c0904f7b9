/*
 * scrub - removes what a build leaves behind that is no part of an image.
 *
 * A rule is data: globs to remove, globs to keep, globs to empty, and at most one function for
 * what globs can't say. The tree is walked once for all rules of a table, so that a rule costs a
 * comparison and not a walk.
 */
#include "lib/build/internal.h"

/* Globs are relative to the root, without a leading '/'. */
static const char *const runtime_dirs[] = {"tmp/**", "var/tmp/**", "dev/**", "proc/**",
                                           "sys/**", "run/**",     NULL};
static const char *const runtime_kept[] = {"run/lock", "run/lock/**", NULL};
static const char *const ldconfig_cache[] = {"var/cache/ldconfig/aux-cache", NULL};
static const char *const account_backups[] = {
    "etc/passwd-",    "etc/group-",      "etc/shadow-",      "etc/gshadow-",
    "etc/subuid-",    "etc/subgid-",     "etc/.pwd.lock",    "etc/passwd.lock",
    "etc/group.lock", "etc/shadow.lock", "etc/gshadow.lock", NULL};
static const char *const host_identity[] = {"etc/hostname",
                                            "etc/resolv.conf",
                                            "var/lib/dbus/machine-id",
                                            "var/lib/systemd/random-seed",
                                            "var/lib/systemd/credential.secret",
                                            "etc/ssh/ssh_host_*_key",
                                            "etc/ssh/ssh_host_*_key.pub",
                                            NULL};
static const char *const systemd_catalog[] = {"var/lib/systemd/catalog/database", NULL};
static const char *const bytecode[] = {"usr/**/__pycache__", "usr/**/__pycache__/**", NULL};

static int empty_machine_id(struct stet_build_context *ctx, struct stet_error *err)
{
    int there = stet_fs_stat_in(ctx->root, "etc/machine-id", NULL, err);
    if (there <= 0)
        return there;
    return stet_fs_write_in(ctx->root, "etc/machine-id", "", 0, 0644, 0, 0, err);
}

const struct stet_scrub_rule stet_scrub_general[] = {
    {.name = "runtime-directories",
     .why = "what lies in /tmp, /var/tmp, /dev, /proc, /sys and /run belongs to a running system",
     .remove = runtime_dirs,
     .keep = runtime_kept},
    {.name = "machine-id",
     .why = "random; an empty file makes each container or machine get its own on first boot",
     .run = empty_machine_id},
    {.name = "ldconfig-aux-cache",
     .why = "keyed by inode number, device and change time of the machine that built it",
     .remove = ldconfig_cache},
    {.name = "account-backups",
     .why = "copies and locks that passwd tools leave beside the files they change",
     .remove = account_backups},
    {.name = "host-identity",
     .why = "names, secrets and random key material of one host must not be shared by all copies",
     .remove = host_identity},
    {.name = "systemd-catalog",
     .why = "binary index that systemd makes again; its order depends on hashing",
     .remove = systemd_catalog},
    {.name = "python-bytecode",
     .why = "compiled on first use; holds source times and hash-ordered constants",
     .remove = bytecode},
    {.name = NULL},
};

static bool matches_any(const char *const *globs, const char *path)
{
    for (; globs && *globs; globs++)
        if (stet_path_match(*globs, path, false))
            return true;
    return false;
}

static int empty_file(int root, const struct stet_entry *e, struct stet_error *err)
{
    _cleanup_close_ int fd =
        stet_fs_open_in(root, e->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0, err);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, 0) < 0)
        return stet_error_errno(err, "cannot empty '%s' in the root", e->path);
    return 0;
}

typedef bool owns_function(const struct stet_build_context *ctx, const char *path);

static int apply_rule(struct stet_build_context *ctx, const struct stet_scrub_rule *rule,
                      owns_function *owns, const struct stet_entry *e, bool *removed,
                      struct stet_error *err)
{
    if (matches_any(rule->remove, e->path) && !matches_any(rule->keep, e->path) &&
        !(owns && owns(ctx, e->path))) {
        stet_log_message(ctx->log, STET_LOG_VERBOSE, "scrub %s: removed /%s", rule->name, e->path);
        *removed = true;
        return stet_fs_remove_in(ctx->root, e->path, err);
    }
    if (e->type == STET_ENTRY_FILE && e->size > 0 && matches_any(rule->truncate, e->path)) {
        stet_log_message(ctx->log, STET_LOG_VERBOSE, "scrub %s: emptied /%s", rule->name, e->path);
        return empty_file(ctx->root, e, err);
    }
    return 0;
}

/* Is path below the directory dir? */
static bool is_below(const char *path, const char *dir, size_t dir_len)
{
    return strncmp(path, dir, dir_len) == 0 && path[dir_len] == '/';
}

static int apply_globs(struct stet_build_context *ctx, const struct stet_scrub_rule *rules,
                       owns_function *owns, const struct stet_tree *tree, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer gone = STET_BUFFER_INIT; /* the directory removed last */
    struct stet_tree_view view;
    stet_tree_view_init(&view, tree);
    for (size_t i = 1; i < tree->count; i++) {
        const struct stet_entry *e = stet_tree_view_at(&view, i);
        /* What is below it went with it. */
        if (gone.len > 0 && is_below(e->path, gone.data, gone.len))
            continue;
        bool removed = false;
        for (const struct stet_scrub_rule *r = rules; r->name && !removed; r++)
            if (apply_rule(ctx, r, owns, e, &removed, err) < 0)
                return stet_error_wrap(err, "scrub rule '%s'", r->name);
        if (removed) {
            stet_buffer_clear(&gone);
            stet_buffer_add_str(&gone, e->path);
            if (stet_buffer_check(&gone, "scrub", err) < 0)
                return -1;
        }
    }
    return 0;
}

int stet_scrub(struct stet_build_context *ctx, const struct stet_scrub_rule *rules,
               bool (*owns)(const struct stet_build_context *ctx, const char *path),
               struct stet_error *err)
{
    struct stet_tree tree;
    stet_tree_init(&tree);
    struct stet_tree_scan_options options = {.threads = ctx->threads};
    int result = stet_tree_scan(ctx->root, "the root", &options, NULL, &tree, err);
    if (result == 0)
        result = apply_globs(ctx, rules, owns, &tree, err);
    stet_tree_release(&tree);
    for (const struct stet_scrub_rule *r = rules; result == 0 && r->name; r++) {
        if (!r->run)
            continue;
        stet_log_message(ctx->log, STET_LOG_VERBOSE, "scrub %s", r->name);
        if (r->run(ctx, err) < 0)
            result = stet_error_wrap(err, "scrub rule '%s'", r->name);
    }
    return result;
}
