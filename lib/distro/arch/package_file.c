#include "lib/distro/arch/package_file.h"

/* ---- the file ---- */

static int open_content(struct stet_build_context *ctx, const struct stet_lock_package *l,
                        struct stet_error *err)
{
    int fd = stet_store_open_content(ctx->store, &l->digest, (int64_t)l->size, err);
    if (fd == -2)
        return stet_error_input(
            err, "package %s %s is not in the store; run again, without --offline, to fetch it",
            l->name, l->version);
    return fd < 0 ? stet_error_wrap(err, "package %s", l->name) : fd;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int fail_damaged(struct stet_build_context *ctx, const struct stet_lock_package *l,
                        const struct stet_digest *have, struct stet_error *err)
{
    char want[STET_DIGEST_HEX_SIZE], hex[STET_DIGEST_HEX_SIZE];
    stet_digest_hex(&l->digest, want);
    stet_digest_hex(have, hex);
    stet_store_discard(ctx->store, &l->digest);
    return stet_error_input(err,
                            "package %s %s: its file in the store, sha256/%.2s/%s, is damaged (it "
                            "now has SHA-256 %s); it was removed: run again to fetch it anew",
                            l->name, l->version, want, want, hex);
}

static int verify(struct stet_build_context *ctx, size_t i, int fd, struct stet_error *err)
{
    struct stet_arch_state *state = ctx->state;
    const struct stet_lock_package *l = state->packages[i].locked;
    struct stet_digest have;
    struct stat st;
    uint64_t size;
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "looking at the file of package %s", l->name);
    if (st.st_ino != 0 && is_same(&st, &state->unpack->verified[i]))
        return 0;
    if (stet_digest_of_fd(fd, l->name, &have, &size, err) < 0)
        return -1;
    if (size != l->size || !stet_digest_equal(&have, &l->digest))
        return fail_damaged(ctx, l, &have, err);
    if (lseek(fd, 0, SEEK_SET) < 0)
        return stet_error_errno(err, "reading the file of package %s", l->name);
    state->unpack->verified[i] = st;
    return 0;
}

int stet_arch_open_package(struct stet_build_context *ctx, size_t i, struct stet_error *err)
{
    const struct stet_arch_state *state = ctx->state;
    _cleanup_close_ int fd = open_content(ctx, state->packages[i].locked, err);
    if (fd < 0 || verify(ctx, i, fd, err) < 0)
        return -1;
    return stet_steal_fd(&fd);
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
