/*
 * The public keyring: what "pacman-key --init" and "--populate" make, less the private key with which they sign the
 * keys that the keyrings of the image trust. Those get ultimate trust themselves.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "lib/distro/arch/image_private.h"
#include "lib/distro/arch/scriptlet.h"

#define KEYRINGS "usr/share/pacman/keyrings"
#define GNUPG    "etc/pacman.d/gnupg"
#define GNUPG_IN "/etc/pacman.d/gnupg" /* as the image has it */

enum { KEYRINGS_MAX = 256, TRUST_FILE_MAX = 1 << 20, DISABLED = 128, ULTIMATE = 6 };

/* As pacman-key(8) writes them. */
static const char gpg_conf[] = "no-greeting\n"
                               "no-permission-warning\n"
                               "lock-never\n"
                               "keyserver-options timeout=10\n"
                               "keyserver-options import-clean\n"
                               "keyserver-options no-self-sigs-only\n";
static const char gpg_agent_conf[] = "disable-scdaemon\n";

/* The names of the keyrings of the image without ".gpg", sorted. */
static int list_keyrings(int root, struct stet_strv *out, struct stet_error *err)
{
    int fd = stet_fs_try_open_in(root, KEYRINGS, O_RDONLY | O_DIRECTORY, err);
    if (fd < 0)
        return fd == -2 ? 0 : -1;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return stet_error_errno(err, "reading /%s in the root", KEYRINGS);
    }
    int result = 0;
    for (struct dirent *e; result == 0 && out->count < KEYRINGS_MAX && (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (len > 4 && *e->d_name != '.' && *e->d_name != '-' &&
            strcmp(e->d_name + len - 4, ".gpg") == 0)
            result = stet_strv_addf(out, err, "%.*s", (int)(len - 4), e->d_name);
    }
    closedir(dir);
    stet_strv_sort_unique(out);
    return result;
}

static bool is_fingerprint(const char *s, size_t len)
{
    return (len == 40 || len == 64) && strspn(s, "0123456789ABCDEFabcdef") >= len;
}

/* Appends "FINGERPRINT:TRUST:" for each line of a NAME-trusted or NAME-revoked file, if there is one. */
static int add_trust(int root, const char *keyring, const char *suffix, int trust,
                     struct stet_buffer *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    _cleanup_free_ char *path = stet_format(err, KEYRINGS "/%s-%s", keyring, suffix);
    int rc = path ? stet_fs_read_in(root, path, TRUST_FILE_MAX, &text, err) : -1;
    if (rc < 0)
        return rc == -2 ? 0 : -1;
    for (const char *line = stet_buffer_str(&text); *line;
         line += strcspn(line, "\n"), line += *line == '\n') {
        size_t len = strcspn(line, ": \t\r\n");
        if (is_fingerprint(line, len))
            stet_buffer_addf(out, "%.*s:%d:\n", (int)len, line, trust);
    }
    return stet_buffer_check(out, "the trust of keys", err);
}

static int run_gpg(struct stet_build_context *ctx, const char *const *arguments, const void *input,
                   size_t len, struct stet_error *err)
{
    static const char *const start[] = {"/usr/bin/gpg", "--homedir", GNUPG_IN,
                                        "--no-permission-warning", "--batch", "--quiet", "--no-tty",
                                        "--no-autostart", "--no-auto-check-trustdb",
                                        /* An epoch may be older than a key. */
                                        "--ignore-time-conflict", "--ignore-valid-from"};
    enum { START = sizeof start / sizeof *start, ARGUMENTS_MAX = 4 };
    const char *argv[START + ARGUMENTS_MAX + 1] = {NULL};
    _cleanup_free_ char *last = NULL;
    int status;
    memcpy(argv, start, sizeof start);
    for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i]; i++)
        argv[START + i] = arguments[i];
    if (stet_arch_run(ctx, argv, input, len, &status, &last, err) < 0)
        return -1;
    if (status == 0)
        return 0;
    return stet_error_input(err, "pacman-keyring: gpg %s of the image ended with status %d; %s",
                            arguments[0], status, last);
}

static int import_keys(struct stet_build_context *ctx, const struct stet_strv *keyrings,
                       struct stet_error *err)
{
    for (size_t i = 0; i < keyrings->count; i++) {
        _cleanup_free_ char *path = stet_format(err, "/" KEYRINGS "/%s.gpg", keyrings->items[i]);
        if (!path || run_gpg(ctx, (const char *const[]){"--import", path, NULL}, NULL, 0, err) < 0)
            return -1;
    }
    /* gpg ends well also when there was no key that it would take. */
    struct stat st;
    if (stet_fs_stat_in(ctx->root, GNUPG "/pubring.gpg", &st, err) < 0)
        return -1;
    return st.st_size > 0
               ? 0
               : stet_error_input(err, "pacman-keyring: the gpg of the image took no key from the "
                                       "keyrings in /" KEYRINGS "; pacman would accept nothing");
}

static int import_trust(struct stet_build_context *ctx, const struct stet_strv *keyrings,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer trust = STET_BUFFER_INIT;
    for (size_t i = 0; i < keyrings->count; i++)
        if (add_trust(ctx->root, keyrings->items[i], "trusted", ULTIMATE, &trust, err) < 0)
            return -1;
    if (trust.len == 0)
        return stet_error_input(err,
                                "pacman-keyring: no keyring in /" KEYRINGS " of the image says "
                                "which keys it trusts (NAME-trusted); pacman would accept nothing");
    for (size_t i = 0; i < keyrings->count; i++)
        if (add_trust(ctx->root, keyrings->items[i], "revoked", DISABLED, &trust, err) < 0)
            return -1;
    if (run_gpg(ctx, (const char *const[]){"--import-ownertrust", NULL}, trust.data, trust.len,
                err) < 0)
        return -1;
    return run_gpg(ctx, (const char *const[]){"--check-trustdb", NULL}, NULL, 0, err);
}

static int write_file(int root, const char *path, const char *text, struct stet_error *err)
{
    return stet_fs_write_in(root, path, text, strlen(text), 0644, 0, 0, err);
}

int stet_arch_public_keyring(struct stet_build_context *ctx, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv keyrings = STET_STRV_INIT;
    if (list_keyrings(ctx->root, &keyrings, err) < 0)
        return -1;
    if (keyrings.count == 0)
        return stet_error_input(err, "pacman-keyring: the image has no keyring in /" KEYRINGS
                                     "; add a package that has one, such as archlinux-keyring");
    /* Whatever a script made there had a private key of its own. With pubring.gpg there, gpg keeps to that format. */
    if (stet_fs_remove_in(ctx->root, GNUPG, err) < 0 ||
        stet_fs_mkdirs_in(ctx->root, GNUPG, err) < 0 ||
        write_file(ctx->root, GNUPG "/pubring.gpg", "", err) < 0 ||
        write_file(ctx->root, GNUPG "/gpg.conf", gpg_conf, err) < 0 ||
        write_file(ctx->root, GNUPG "/gpg-agent.conf", gpg_agent_conf, err) < 0 ||
        import_keys(ctx, &keyrings, err) < 0 || import_trust(ctx, &keyrings, err) < 0)
        return -1;
    /* Readable for everyone, as pacman-key makes it. */
    _cleanup_close_ int fd =
        stet_fs_open_in(ctx->root, GNUPG "/trustdb.gpg", O_RDONLY | O_NOFOLLOW, 0, err);
    if (fd < 0)
        return -1;
    return fchmod(fd, 0644) < 0 ? stet_error_errno(err, "/" GNUPG "/trustdb.gpg in the root: chmod")
                                : 0;
}
