#include "lib/distro/arch/package_file.h"

#include "lib/distro/common/package.h"

/* ---- the file ---- */

int stet_arch_open_package(struct stet_build_context *ctx, size_t i, struct stet_error *err)
{
    const struct stet_arch_state *state = ctx->state;
    return stet_distro_open_package(ctx->store, state->packages[i].locked, &state->unpack->seen[i],
                                    err);
}

int stet_arch_decoder_open(struct stet_arch_decoder *d, int fd, const char *name,
                           struct stet_error *err)
{
    snprintf(d->name, sizeof d->name, "package %s", name);
    stet_fd_reader_init(&d->raw, fd, d->name);
    d->decoded = stet_codec_decoder_new(&d->raw.base, d->name, STET_ARCH_PACKAGE_MAX, NULL, err);
    return d->decoded ? 0 : -1;
}

void stet_arch_decoder_close(struct stet_arch_decoder *d)
{
    if (d->decoded)
        stet_codec_decoder_free(d->decoded);
    d->decoded = NULL;
}

/* ---- the tar inside ---- */

static int check_path(const char *name, const char *path, struct stet_error *err)
{
    if (path[0] == '.' && (path[1] == '/' || path[1] == '\0'))
        return stet_error_input(
            err, "%s: the path \"%s\" begins with \"./\", which pacman would leave out", name,
            path);
    return 0;
}

struct stet_archive *stet_arch_archive_new(struct stet_reader *in, const char *name,
                                           struct stet_error *err)
{
    _cleanup_free_ char *full = stet_format(err, "package %s", name);
    const struct stet_archive_options options = {
        .name = full,
        .max_entries = STET_ARCH_ENTRIES_MAX,
        .max_bytes = STET_ARCH_PACKAGE_MAX,
        .may_have_holes = true,
        .may_have_devices = true,
        .check_path = check_path,
    };
    return full ? stet_archive_new(in, &options, err) : NULL;
}
