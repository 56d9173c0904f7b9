#include <string.h>

#include "lib/distro/arch/image.h"
#include "lib/distro/arch/state.h"

enum { SHADOW_MAX = 16 << 20 };

static const char *const logs[] = {"var/log/pacman.log", "var/log/journal/**", NULL};
static const char *const login_records[] = {"var/log/btmp", "var/log/lastlog", "var/log/faillog",
                                            "var/log/wtmp", NULL};
static const char *const pacman_state[] = {"var/lib/pacman/sync", "var/lib/pacman/db.lck",
                                           "var/cache/pacman/pkg/*", NULL};
/* What gpg leaves beside a keyring, and whatever could hold a private key. */
static const char *const keyring_leftovers[] = {"etc/pacman.d/gnupg/*~",
                                                "etc/pacman.d/gnupg/*.lock",
                                                "etc/pacman.d/gnupg/.#*",
                                                "etc/pacman.d/gnupg/S.*",
                                                "etc/pacman.d/gnupg/random_seed",
                                                "etc/pacman.d/gnupg/secring.gpg",
                                                "etc/pacman.d/gnupg/private-keys-v1.d",
                                                "etc/pacman.d/gnupg/openpgp-revocs.d",
                                                "etc/pacman.d/gnupg/crls.d",
                                                NULL};

bool stet_arch_owns(const struct stet_build_context *ctx, const char *path)
{
    const struct stet_arch_state *state = ctx->state;
    size_t len = strlen(path);
    for (size_t i = 0; i < state->count; i++) {
        const struct stet_strv *files = &state->packages[i].files;
        size_t low = 0, high = files->count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (strcmp(files->items[middle], path) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        /* Between "dir" and "dir/" there may be "dir-x". */
        for (; low < files->count && strncmp(files->items[low], path, len) == 0; low++)
            if (strcmp(files->items[low] + len, "") == 0 ||
                strcmp(files->items[low] + len, "/") == 0)
                return true;
    }
    return false;
}

/* Scripts and hooks may have made a keyring, with a private key. */
static int drop_keyring(struct stet_build_context *ctx, struct stet_error *err)
{
    return ctx->lock->recipe.public_keyring || stet_arch_owns(ctx, "etc/pacman.d/gnupg")
               ? 0
               : stet_fs_remove_in(ctx->root, "etc/pacman.d/gnupg", err);
}

/* The text of shadow(5) with root's password locked; false when it is already, or when there is no root. */
static bool lock_root(const char *text, struct stet_buffer *out)
{
    static const char name[] = "root:";
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, name, sizeof name - 1) != 0)
            continue;
        const char *password = line + sizeof name - 1;
        if (*password == '!' || *password == '*')
            return false;
        stet_buffer_add(out, text, (size_t)(password - text));
        stet_buffer_add_char(out, '!');
        stet_buffer_add_str(out, password);
        return true;
    }
    return false;
}

static int lock_root_password(struct stet_build_context *ctx, struct stet_error *err)
{
    static const char path[] = "etc/shadow";
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT, locked = STET_BUFFER_INIT;
    struct stat st;
    int rc = stet_fs_read_in(ctx->root, path, SHADOW_MAX, &text, err);
    if (rc < 0)
        return rc == -2 ? 0 : -1;
    if (!lock_root(stet_buffer_str(&text), &locked))
        return 0;
    if (stet_buffer_check(&locked, path, err) < 0 ||
        stet_fs_stat_in(ctx->root, path, &st, err) <= 0)
        return -1;
    return stet_fs_write_in(ctx->root, path, locked.data, locked.len, st.st_mode & 07777, st.st_uid,
                            st.st_gid, err);
}

const struct stet_scrub_rule stet_arch_scrub_rules[] = {
    {.name = "package-logs", .why = "tell when and how this root was built", .remove = logs},
    {.name = "login-records",
     .why = "kept with the owner that their package gives them, but empty",
     .truncate = login_records},
    {.name = "pacman-state",
     .why = "downloaded databases and packages; pacman -Sy gets them again",
     .remove = pacman_state},
    {.name = "pacman-keyring-leftovers",
     .why = "a private key in an image is everybody's; locks, sockets and backups are of no use",
     .remove = keyring_leftovers},
    {.name = "pacman-keyring",
     .why = "no keyring unless the recipe asks for its public part",
     .run = drop_keyring},
    {.name = "root-password",
     .why = "filesystem ships an empty one, with which anybody may log in",
     .run = lock_root_password},
    {.name = NULL},
};
