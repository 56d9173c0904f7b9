#include "lib/distro/arch/unpack.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/distro/arch/localdb.h"
#include "lib/distro/arch/scriptlet.h"
#include "lib/distro/arch/unpack_private.h"

static const char local_path[] = "var/lib/pacman/local";

/* ---- state ---- */

void stet_arch_unpack_free(struct stet_arch_unpack *u)
{
    if (!u)
        return;
    free(u->seen);
    free(u->owners);
    free(u);
}

int stet_arch_unpack_begin(struct stet_build_context *ctx, struct stet_error *err)
{
    if (!ctx->state && !(ctx->state = stet_arch_state_new(ctx->lock, err)))
        return -1;
    struct stet_arch_state *state = ctx->state;
    if (state->unpack)
        return 0;
    state->unpack = calloc(1, sizeof *state->unpack);
    if (!state->unpack ||
        !(state->unpack->seen = calloc(state->count + 1, sizeof *state->unpack->seen)))
        return stet_error_oom(err, "unpacking");
    return 0;
}

/* ---- the empty root ---- */

static int make_directory(struct stet_build_context *ctx, const char *path, mode_t mode,
                          struct stet_error *err)
{
    if (stet_fs_mkdirs_in(ctx->root, path, err) < 0)
        return -1;
    _cleanup_close_ int fd =
        stet_fs_open_in(ctx->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, err);
    if (fd < 0)
        return -1;
    if (fchown(fd, 0, 0) < 0 || fchmod(fd, mode) < 0)
        return stet_error_errno(err, "setting owner and mode of /%s in the root", path);
    return 0;
}

int stet_arch_prepare_root(struct stet_build_context *ctx, struct stet_error *err)
{
    static const struct {
        const char *path;
        mode_t mode;
    } directories[] = {{"var/cache/pacman/pkg", 0755},
                       {"var/lib/pacman", 0755},
                       {"var/log", 0755},
                       {"dev", 0755},
                       {"run", 0755},
                       {"etc/pacman.d", 0755},
                       {"tmp", 01777},
                       {"proc", 0555},
                       {"sys", 0555},
                       {local_path, 0755}};
    static const char version[] = "9\n";
    if (stet_arch_unpack_begin(ctx, err) < 0)
        return -1;
    if (fchownat(ctx->root, ".", 0, 0, 0) < 0 || fchmodat(ctx->root, ".", 0755, 0) < 0)
        return stet_error_errno(err, "setting owner and mode of the new root");
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        if (make_directory(ctx, directories[i].path, directories[i].mode, err) < 0)
            return -1;
    return stet_fs_write_in(ctx->root, "var/lib/pacman/local/ALPM_DB_VERSION", version,
                            strlen(version), 0644, 0, 0, err);
}

/* ---- the packages of one stage, in the order of the lock ---- */

struct stage {
    struct stet_build_context *ctx;
    struct stet_arch_state *state;
    size_t *numbers;
    size_t count;
    int local; /* descriptor of var/lib/pacman/local */
    struct stet_arch_ahead *ahead;
};

static int stage_init(struct stage *s, struct stet_build_context *ctx, unsigned stage,
                      struct stet_error *err)
{
    *s = (struct stage){.ctx = ctx, .local = -1};
    if (stet_arch_unpack_begin(ctx, err) < 0)
        return -1;
    s->state = ctx->state;
    s->numbers = calloc(s->state->count + 1, sizeof *s->numbers);
    if (!s->numbers)
        return stet_error_oom(err, "unpacking");
    for (size_t i = 0; i < s->state->count; i++)
        if (s->state->packages[i].locked->stage == stage)
            s->numbers[s->count++] = i;
    return 0;
}

static void stage_release(struct stage *s)
{
    stet_arch_ahead_free(s->ahead);
    stet_cleanup_close(&s->local);
    free(s->numbers);
}

/* ---- reading ---- */

static int read_job(void *ctx, size_t n, struct stet_error *err)
{
    struct stage *s = ctx;
    if (stet_cancel_check(err) < 0)
        return -1;
    return stet_arch_read_package(s->ctx, s->numbers[n], err);
}

int stet_arch_read_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    struct stage s;
    int rc = stage_init(&s, ctx, stage, err);
    if (rc == 0)
        rc = stet_pool_run(ctx->threads, s.count, read_job, &s, err);
    for (size_t n = 0; rc == 0 && n < s.count; n++)
        rc = stet_arch_claim_paths(s.state, s.numbers[n], err);
    stage_release(&s);
    return rc;
}

/* ---- the local database ---- */

/* The new directory of the package's entry; a descriptor. */
static int make_entry(const struct stage *s, const struct stet_arch_package *p,
                      struct stet_error *err)
{
    _cleanup_free_ char *name = stet_format(err, "%s-%s", p->info.name, p->info.version);
    if (!name)
        return -1;
    _cleanup_close_ int fd = -1;
    int rc = mkdirat(s->local, name, 0755);
    if (rc < 0 && errno == EEXIST)
        return stet_error_input(
            err, "package %s: /%s/%s is in the root already; an earlier package must have made it",
            p->info.name, local_path, name);
    if (rc < 0 ||
        (fd = openat(s->local, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
        fchown(fd, 0, 0) < 0 || fchmod(fd, 0755) < 0)
        return stet_error_errno(err, "package %s: creating /%s/%s in the root", p->info.name,
                                local_path, name);
    return stet_steal_fd(&fd);
}

static int write_entry_file(const struct stet_arch_package *p, int database, const char *name,
                            const struct stet_buffer *text, struct stet_error *err)
{
    if (stet_fs_write_in(database, name, stet_buffer_str(text), text->len, 0644, 0, 0, err) < 0)
        return stet_error_wrap(err, "package %s: its entry in the local database", p->info.name);
    return 0;
}

static int write_entry(const struct stage *s, const struct stet_arch_package *p, int database,
                       char *const *hashes, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer desc = STET_BUFFER_INIT;
    _cleanup_buffer_ struct stet_buffer files = STET_BUFFER_INIT;
    if (stet_arch_localdb_desc(p, s->ctx->lock->epoch, &desc, err) < 0 ||
        stet_arch_localdb_files(p, (const char *const *)hashes, &files, err) < 0 ||
        write_entry_file(p, database, "desc", &desc, err) < 0)
        return -1;
    return write_entry_file(p, database, "files", &files, err);
}

/* ---- installing ---- */

static int extract_package(const struct stage *s, size_t i, struct stet_reader *in,
                           struct stet_error *err)
{
    const struct stet_arch_package *p = &s->state->packages[i];
    size_t count = p->info.backup.count;
    char **hashes = calloc(count + 1, sizeof *hashes);
    if (!hashes)
        return stet_error_oom(err, "unpacking");
    _cleanup_close_ int database = make_entry(s, p, err);
    int rc = database < 0 ? -1 : stet_arch_extract(s->ctx, i, in, database, hashes, err);
    if (rc == 0)
        rc = write_entry(s, p, database, hashes, err);
    for (size_t n = 0; n < count; n++)
        free(hashes[n]);
    free(hashes);
    return rc;
}

static int install_package(const struct stage *s, size_t i, struct stet_error *err)
{
    struct stet_arch_package *p = &s->state->packages[i];
    if (stet_cancel_check(err) < 0 || stet_arch_scriptlet_run(s->ctx, p, "pre_install", err) < 0)
        return -1;
    struct stet_reader *in = stet_arch_ahead_next(s->ahead, err);
    if (!in || extract_package(s, i, in, err) < 0 ||
        stet_arch_scriptlet_run(s->ctx, p, "post_install", err) < 0)
        return -1;
    p->installed = true;
    stet_log_phase_advance(s->ctx->log, 1, p->locked->size, p->locked->name);
    return 0;
}

static int install_packages(struct stage *s, struct stet_error *err)
{
    s->local = stet_fs_open_in(s->ctx->root, local_path, O_RDONLY | O_DIRECTORY, 0, err);
    if (s->local < 0)
        return -1;
    s->ahead = stet_arch_ahead_new(s->ctx, s->numbers, s->count, err);
    if (!s->ahead)
        return -1;
    for (size_t n = 0; n < s->count; n++)
        if (install_package(s, s->numbers[n], err) < 0)
            return -1;
    return 0;
}

int stet_arch_install_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    struct stage s;
    int rc = stage_init(&s, ctx, stage, err);
    if (rc == 0) {
        uint64_t bytes = 0;
        for (size_t n = 0; n < s.count; n++)
            bytes += ctx->lock->packages[s.numbers[n]].size;
        stet_log_phase_begin(ctx->log, "unpack", s.count, bytes);
        rc = install_packages(&s, err);
        stet_log_phase_end(ctx->log, "unpack");
    }
    stage_release(&s);
    return rc;
}
