#include "lib/distro/arch/keyring.h"

#include <errno.h>

enum { REVOKED_MAX = 1 << 20 };

#define PACKAGE "archlinux-keyring"

void stet_arch_keyring_release(struct stet_arch_keyring *k)
{
    stet_openpgp_keyring_release(&k->keys);
    stet_strv_release(&k->revoked);
}

/* ---- where it is ---- */

static int list_places(const struct stet_resolve_context *ctx, const struct stet_recipe *r,
                       struct stet_strv *out, struct stet_error *err)
{
    static const char *const folders[] = {"/usr/share/pacman/keyrings", "/usr/share/keyrings"};
    const char *root = ctx->apt_root ? ctx->apt_root : "";
    if (strchr(r->keyring, '/'))
        return stet_strv_add(out, r->keyring, err);
    if (r->directory && stet_strv_addf(out, err, "%s/%s", r->directory, r->keyring) < 0)
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (stet_strv_addf(out, err, "%s%s/%s", root, folders[i], r->keyring) < 0)
            return -1;
    return 0;
}

static int missing(const struct stet_recipe *r, const struct stet_strv *places,
                   struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    for (size_t i = 0; i < places->count; i++)
        stet_buffer_addf(&text, "%s%s", i ? ", " : "", places->items[i]);
    return stet_error_input(err,
                            "keyring %s: it does not exist (%s); install Debian's package " PACKAGE
                            " or give the recipe another keyring",
                            r->keyring, stet_buffer_str(&text));
}

/* The first of the places that exists, or NULL with err. */
static const char *find(const struct stet_recipe *r, const struct stet_strv *places,
                        struct stet_error *err)
{
    for (size_t i = 0; i < places->count; i++)
        if (access(places->items[i], F_OK) == 0)
            return places->items[i];
    missing(r, places, err);
    return NULL;
}

/* ---- keys that never count ---- */

/* Upper-case hex from hex of both cases; false when it is no fingerprint. */
static bool to_fingerprint(char *s)
{
    size_t len = strlen(s);
    for (char *p = s; *p; p++) {
        if (*p >= 'a' && *p <= 'f')
            *p = (char)(*p - 'a' + 'A');
        if (!((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'F')))
            return false;
    }
    return len == 40 || len == 64;
}

int stet_arch_keyring_parse_revoked(struct stet_buffer *text, const char *path,
                                    struct stet_strv *out, struct stet_error *err)
{
    char *save = NULL;
    if (text->len == 0)
        return 0;
    /* What follows a NUL would be passed over in silence. */
    if (memchr(text->data, '\0', text->len))
        return stet_error_input(err, "%s: it has a NUL byte", path);
    for (char *line = strtok_r(text->data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " \t\r");
        line[strcspn(line, " \t\r#")] = '\0';
        if (!*line)
            continue;
        if (!to_fingerprint(line))
            return stet_error_input(err, "%s: \"%s\" is not a full fingerprint", path, line);
        if (stet_strv_add(out, line, err) < 0)
            return -1;
    }
    return 0;
}

static int add_revoked(const char *keyring, struct stet_strv *out, struct stet_error *err)
{
    static const char suffix[] = ".gpg";
    size_t len = strlen(keyring);
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (len < sizeof suffix || strcmp(keyring + len - (sizeof suffix - 1), suffix) != 0)
        return 0;
    _cleanup_free_ char *path =
        stet_format(err, "%.*s-revoked", (int)(len - (sizeof suffix - 1)), keyring);
    if (!path)
        return -1;
    if (access(path, F_OK) < 0)
        return errno == ENOENT ? 0 : stet_error_errno(err, "%s", path);
    if (stet_fs_read(AT_FDCWD, path, REVOKED_MAX, &text, err) < 0)
        return -1;
    return stet_arch_keyring_parse_revoked(&text, path, out, err);
}

int stet_arch_keyring_open(const struct stet_resolve_context *ctx, const struct stet_recipe *recipe,
                           struct stet_arch_keyring *k, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv places = STET_STRV_INIT;
    if (list_places(ctx, recipe, &places, err) < 0)
        return -1;
    const char *path = find(recipe, &places, err);
    if (!path || stet_openpgp_keyring_add_file(&k->keys, path, PACKAGE, err) < 0)
        return -1;
    return add_revoked(path, &k->revoked, err);
}

struct stet_openpgp_policy stet_arch_keyring_policy(const struct stet_arch_keyring *k,
                                                    int64_t as_of, struct stet_strv *expired)
{
    return (struct stet_openpgp_policy){
        .as_of = as_of,
        .revoked = &k->revoked,
        .expired_cure = "use a newer keyring, or a dated mirror (.../YYYY/MM/DD/...) of a day "
                        "before that",
        .expired = expired,
    };
}
