#include "lib/distro/debian/unpack.h"

#include <errno.h>

#include "lib/distro/debian/control.h"
#include "lib/distro/debian/dpkgdb.h"
#include "lib/distro/debian/extract.h"
#include "lib/distro/debian/package_file.h"

/* ---- state ---- */

static void drop_files(struct stet_debian_package *p)
{
    for (size_t i = 0; i < p->file_count; i++) {
        free(p->files[i].name);
        free(p->files[i].data);
    }
    free(p->files);
    p->files = NULL;
    p->file_count = p->file_cap = 0;
}

struct stet_debian_state *stet_debian_state_new(const struct stet_lock *lock,
                                                struct stet_error *err)
{
    struct stet_debian_state *s = calloc(1, sizeof *s);
    if (!s) {
        stet_error_oom(err, "unpacking");
        return NULL;
    }
    s->ahead_fd = -1;
    s->packages = calloc(lock->package_count + 1, sizeof *s->packages);
    s->registry = stet_unpack_registry_new(err);
    if (!s->packages || !s->registry) {
        stet_error_oom(err, "unpacking");
        stet_debian_state_free(s);
        return NULL;
    }
    s->count = lock->package_count;
    for (size_t i = 0; i < s->count; i++) {
        s->packages[i].locked = &lock->packages[i];
        s->packages[i].first = strcmp(lock->packages[i].name, "base-files") == 0;
    }
    return s;
}

void stet_debian_state_free(struct stet_debian_state *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++) {
        struct stet_debian_package *p = &s->packages[i];
        stet_deb822_release(&p->control);
        free(p->infix);
        stet_strv_release(&p->conffiles);
        stet_strv_release(&p->scripts);
        stet_strv_release(&p->list);
        stet_strv_release(&p->lost);
        stet_strv_release(&p->md5sums);
        stet_strv_release(&p->unhashed);
        drop_files(p);
    }
    free(s->packages);
    stet_unpack_registry_free(s->registry);
    stet_cleanup_close(&s->ahead_fd);
    free(s);
}

/* ---- the packages of one stage, biggest first ---- */

struct stage {
    struct stet_build_context *ctx;
    struct stet_debian_state *state;
    unsigned number;
    size_t *order; /* numbers of packages */
    size_t count;
    struct stet_unpack_rules rules;
    int info; /* var/lib/dpkg/info */
};

static const struct stet_lock *lock_of(const struct stage *s)
{
    return s->ctx->lock;
}

static int compare_size(const void *a, const void *b, void *ctx)
{
    const struct stet_lock *lock = lock_of(ctx);
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    uint64_t x = lock->packages[i].size, y = lock->packages[j].size;
    if (x != y)
        return x > y ? -1 : 1;
    return i < j ? -1 : i > j;
}

static int stage_init(struct stage *s, struct stet_build_context *ctx, unsigned number,
                      struct stet_error *err)
{
    *s = (struct stage){.ctx = ctx, .state = ctx->state, .number = number, .info = -1};
    s->order = calloc(s->state->count + 1, sizeof *s->order);
    if (!s->order)
        return stet_error_oom(err, "unpacking");
    for (size_t i = 0; i < s->state->count; i++)
        if (ctx->lock->packages[i].stage == number)
            s->order[s->count++] = i;
    qsort_r(s->order, s->count, sizeof *s->order, compare_size, s);
    return 0;
}

static void stage_release(struct stage *s)
{
    free(s->order);
    stet_unpack_rules_release(&s->rules);
    stet_cleanup_close(&s->info);
}

/* ---- reading ---- */

static int read_package(void *ctx, size_t n, struct stet_error *err)
{
    struct stage *s = ctx;
    struct stet_deb deb;
    if (stet_cancel_check(err) < 0)
        return -1;
    _cleanup_close_ int fd = stet_debian_open_package(s->ctx, s->order[n], &deb, err);
    if (fd < 0)
        return -1;
    return stet_deb_read_control(&deb, s->ctx->lock->epoch, &s->state->packages[s->order[n]], err);
}

int stet_debian_read_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    struct stage s;
    if (!ctx->state && !(ctx->state = stet_debian_state_new(ctx->lock, err)))
        return -1;
    int rc = stage_init(&s, ctx, stage, err);
    if (rc == 0)
        rc = stet_pool_run(ctx->threads, s.count, read_package, &s, err);
    stage_release(&s);
    return rc;
}

/* ---- control files for preinst ---- */

static const char control_directory[] = "var/lib/dpkg/tmp.ci";

int stet_debian_clear_control(struct stet_build_context *ctx, struct stet_error *err)
{
    return stet_fs_remove_in(ctx->root, control_directory, err);
}

static bool is_script(const struct stet_debian_package *p, const char *name)
{
    return stet_strv_contains(&p->scripts, name);
}

int stet_debian_place_control(struct stet_build_context *ctx, size_t i, struct stet_error *err)
{
    struct stet_debian_state *state = ctx->state;
    const struct stet_debian_package *p = &state->packages[i];
    if (stet_debian_clear_control(ctx, err) < 0 ||
        stet_fs_mkdirs_in(ctx->root, control_directory, err) < 0)
        return -1;
    for (size_t f = 0; f < p->file_count; f++) {
        const struct stet_debian_control_file *c = &p->files[f];
        _cleanup_free_ char *path = stet_format(err, "%s/%s", control_directory, c->name);
        mode_t mode = is_script(p, c->name) ? 0755 : c->mode;
        if (!path || stet_fs_write_in(ctx->root, path, c->data, c->len, mode, 0, 0, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- unpacking ---- */

static int unpack_package(struct stage *s, size_t i, struct stet_error *err)
{
    struct stet_debian_package *p = &s->state->packages[i];
    struct stet_deb deb;
    _cleanup_close_ int fd = stet_debian_open_package(s->ctx, i, &deb, err);
    if (fd >= 0)
        stet_debian_ahead_use(s->ctx, i, &deb);
    if (fd < 0 || stet_deb_extract(s->ctx, &s->rules, &deb, i, err) < 0)
        return -1;
    if (stet_dpkgdb_write_info(s->ctx, s->info, p, err) < 0)
        return stet_error_wrap(err, "package %s", p->locked->name);
    stet_log_phase_advance(s->ctx->log, 1, p->locked->size, p->locked->name);
    return 0;
}

static int unpack_job(void *ctx, size_t n, struct stet_error *err)
{
    struct stage *s = ctx;
    size_t i = s->order[n];
    return s->state->packages[i].first ? 0 : unpack_package(s, i, err);
}

static int unpack_all(struct stage *s, struct stet_error *err)
{
    for (size_t n = 0; n < s->count; n++)
        if (s->state->packages[s->order[n]].first && unpack_package(s, s->order[n], err) < 0)
            return -1;
    if (stet_pool_run(s->ctx->threads, s->count, unpack_job, s, err) < 0)
        return -1;
    return stet_deb_extract_directories(s->ctx, s->number, err);
}

/* The lists of this stage's packages, and of earlier ones that lost a file to it. */
static int write_lists(struct stage *s, struct stet_error *err)
{
    for (size_t i = 0; i < s->state->count; i++) {
        const struct stet_debian_package *p = &s->state->packages[i];
        bool due =
            p->locked->stage == s->number || (p->locked->stage < s->number && p->lost.count > 0);
        if (due && stet_dpkgdb_write_list(s->info, p, err) < 0)
            return -1;
        if (p->locked->stage == s->number && stet_dpkgdb_write_md5sums(s->info, p, err) < 0)
            return -1;
    }
    return 0;
}

static int write_status(struct stage *s, struct stet_error *err)
{
    static const char path[] = "var/lib/dpkg/status";
    enum { STATUS_MAX = 256 << 20 };
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (stet_fs_read_in(s->ctx->root, path, STATUS_MAX, &b, err) == -1)
        return -1;
    for (size_t i = 0; i < s->state->count; i++)
        if (s->state->packages[i].locked->stage == s->number &&
            stet_dpkgdb_add_status(&s->state->packages[i], &b, err) < 0)
            return -1;
    return stet_fs_write_in(s->ctx->root, path, stet_buffer_str(&b), b.len, 0644, 0, 0, err);
}

static int write_database(struct stage *s, struct stet_error *err)
{
    if (write_lists(s, err) < 0 || write_status(s, err) < 0)
        return -1;
    return stet_dpkgdb_write_triggers(s->ctx, s->number, err);
}

static int unpack_stage(struct stage *s, struct stet_error *err)
{
    uint64_t bytes = 0;
    for (size_t n = 0; n < s->count; n++)
        bytes += s->ctx->lock->packages[s->order[n]].size;
    s->info = stet_fs_open_in(s->ctx->root, "var/lib/dpkg/info", O_RDONLY | O_DIRECTORY, 0, err);
    if (s->info < 0 || stet_unpack_rules_read(s->ctx->root, &s->rules, err) < 0)
        return -1;
    stet_log_phase_begin(s->ctx->log, "unpack", s->count, bytes);
    int rc = unpack_all(s, err);
    if (rc == 0)
        rc = write_database(s, err);
    stet_log_phase_end(s->ctx->log, "unpack");
    return rc;
}

int stet_debian_unpack_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    struct stage s;
    int rc = stage_init(&s, ctx, stage, err);
    if (rc == 0)
        rc = unpack_stage(&s, err);
    /* Stage 0's preinst scripts come later and need the control files; nobody else does. */
    for (size_t n = 0; stage > 0 && n < s.count; n++)
        drop_files(&s.state->packages[s.order[n]]);
    stet_debian_ahead_drop(ctx, stage);
    stage_release(&s);
    return rc;
}
