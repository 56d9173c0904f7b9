#include "lib/distro/arch/image.h"

#include <string.h>

#include "lib/distro/arch/image_private.h"

#define CONF       "etc/pacman.conf"
#define MIRRORLIST "etc/pacman.d/mirrorlist"

enum { CONF_MAX = 1 << 20 };

static void add_patterns(const struct stet_strv *patterns, struct stet_buffer *out)
{
    for (size_t i = 0; i < patterns->count; i++) {
        stet_buffer_add_str(out, "NoExtract = ");
        for (const char *p = patterns->items[i]; *p; p++)
            stet_buffer_add_char(out, *p == ' ' ? '?' : *p);
        stet_buffer_add_char(out, '\n');
    }
}

/* Where the line after "[options]" begins, or NULL. */
static const char *after_options(const char *conf)
{
    static const char section[] = "[options]";
    for (const char *line = conf; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *p = line + strspn(line, " \t");
        if (strncmp(p, section, sizeof section - 1) != 0)
            continue;
        p += sizeof section - 1;
        p += strspn(p, " \t\r");
        if (*p == '\n' || *p == '\0')
            return *p ? p + 1 : p;
    }
    return NULL;
}

int stet_arch_add_noextract(const char *conf, const struct stet_strv *patterns,
                            struct stet_buffer *out, struct stet_error *err)
{
    const char *rest = after_options(conf);
    if (!rest) {
        rest = conf;
        stet_buffer_add_str(out, "[options]\n");
    }
    stet_buffer_add(out, conf, (size_t)(rest - conf));
    if (rest > conf && rest[-1] != '\n')
        stet_buffer_add_char(out, '\n');
    add_patterns(patterns, out);
    stet_buffer_add_str(out, rest);
    return stet_buffer_check(out, CONF, err);
}

/* The root has pacman's configuration: 1, 0, -1. */
static int write_noextract(struct stet_build_context *ctx, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT, changed = STET_BUFFER_INIT;
    int rc = stet_fs_read_in(ctx->root, CONF, CONF_MAX, &text, err);
    if (rc < 0)
        return rc == -2 ? 0 : -1;
    if (ctx->lock->recipe.noextract.count == 0)
        return 1;
    if (stet_arch_add_noextract(stet_buffer_str(&text), &ctx->lock->recipe.noextract, &changed,
                                err) < 0 ||
        stet_fs_write_in(ctx->root, CONF, changed.data, changed.len, 0644, 0, 0, err) < 0)
        return -1;
    return 1;
}

static int write_mirrorlist(struct stet_build_context *ctx, struct stet_error *err)
{
    const struct stet_recipe *r = &ctx->lock->recipe;
    const struct stet_strv *lines =
        r->sources == STET_SOURCES_LOCKED ? &r->mirrors : &r->own_sources;
    const char *prefix = r->sources == STET_SOURCES_LOCKED ? "Server = " : "";
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (r->sources == STET_SOURCES_NONE)
        return 0;
    for (size_t i = 0; i < lines->count; i++)
        stet_buffer_addf(&text, "%s%s\n", prefix, lines->items[i]);
    if (stet_buffer_check(&text, MIRRORLIST, err) < 0 ||
        stet_fs_mkdirs_in(ctx->root, "etc/pacman.d", err) < 0)
        return -1;
    return stet_fs_write_in(ctx->root, MIRRORLIST, text.data, text.len, 0644, 0, 0, err);
}

int stet_arch_finish(struct stet_build_context *ctx, struct stet_error *err)
{
    int pacman = write_noextract(ctx, err);
    if (pacman < 0 || (pacman && write_mirrorlist(ctx, err) < 0))
        return -1;
    return ctx->lock->recipe.public_keyring ? stet_arch_public_keyring(ctx, err) : 0;
}
