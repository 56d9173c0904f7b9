#include "lib/distro/debian/configure.h"

#include "lib/distro/common/program.h"
#include "lib/distro/debian/neutral.h"
#include "lib/distro/debian/package_file.h"

enum { STATUS_MAX = 256 << 20 };

/* What a program says while it runs. */
struct output {
    struct stet_build_context *ctx;
    struct stet_distro_output last; /* the script's */
    bool stopped;                   /* what follows is dpkg about the failure */
    char package[256];              /* the first that failed, as dpkg says */
    char reason[512];
};

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static void on_line(void *ctx, const char *text)
{
    struct output *o = ctx;
    stet_log_message(o->ctx->log, STET_LOG_VERBOSE, "%s", text);
    if (starts_with(text, "dpkg: error processing package "))
        o->stopped = true;
    if (o->stopped)
        return;
    if (starts_with(text, "Setting up ") || starts_with(text, "Processing triggers for "))
        o->last.count = 0; /* what came before was another package */
    else
        stet_distro_output_add(&o->last, text);
}

/* "processing: configure: NAME" and "status: NAME : error : TEXT" of dpkg --status-fd. */
static void on_status(void *ctx, const char *text)
{
    static const char configuring[] = "processing: configure: ", error[] = " : error : ";
    struct output *o = ctx;
    const char *reason = strstr(text, error);
    if (starts_with(text, configuring))
        stet_log_phase_advance(o->ctx->log, 1, 0, text + sizeof configuring - 1);
    if (!reason || !starts_with(text, "status: ") || *o->package)
        return;
    snprintf(o->package, sizeof o->package, "%.*s", (int)(reason - text - 8), text + 8);
    snprintf(o->reason, sizeof o->reason, "%s", reason + sizeof error - 1);
}

static int fail_script(const struct output *o, const char *what, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    stet_distro_output_describe(&o->last, &b);
    return stet_error_input(err, "%s; %s (--verbose shows all of it)", what, stet_buffer_str(&b));
}

/* ---- the environment ---- */

/* As mmdebstrap's, less what is of the host; hash seeds are fixed so that nothing is written in
 * hash order. */
static int make_environment(const struct stet_build_context *ctx, struct stet_strv *env,
                            struct stet_error *err)
{
    static const char *const variables[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "LANG=C.UTF-8",
        "LANGUAGE=C.UTF-8",
        "LC_ALL=C.UTF-8",
        "DEBIAN_FRONTEND=noninteractive",
        "DEBCONF_NONINTERACTIVE_SEEN=true",
        "PERL_HASH_SEED=0",
        "PYTHONHASHSEED=0",
        NULL,
    };
    return stet_distro_make_environment(ctx, variables, env, err);
}

static const char *dpkg_version(const struct stet_lock *lock)
{
    for (size_t i = 0; i < lock->package_count; i++)
        if (strcmp(lock->packages[i].name, "dpkg") == 0)
            return lock->packages[i].version;
    return "";
}

/* What dpkg sets for a script (dpkg(1), "Internal environment"). */
static int add_script_environment(const struct stet_build_context *ctx,
                                  const struct stet_lock_package *p, struct stet_strv *env,
                                  struct stet_error *err)
{
    static const char *const variables[] = {"DPKG_MAINTSCRIPT_NAME=preinst",
                                            "DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1",
                                            "DPKG_MAINTSCRIPT_DEBUG=0",
                                            "DPKG_ADMINDIR=/var/lib/dpkg",
                                            "DPKG_ROOT=",
                                            "DPKG_FORCE=security-mac,downgrade",
                                            NULL};
    if (stet_distro_add_variables(env, variables, err) < 0 ||
        stet_strv_addf(env, err, "DPKG_MAINTSCRIPT_PACKAGE=%s", p->name) < 0 ||
        stet_strv_addf(env, err, "DPKG_MAINTSCRIPT_ARCH=%s", p->architecture) < 0)
        return -1;
    return stet_strv_addf(env, err, "DPKG_RUNNING_VERSION=%s", dpkg_version(ctx->lock));
}

/* stet_strv is ended by no NULL that its header promises. */
static const char **as_list(const struct stet_strv *v, struct stet_error *err)
{
    const char **list = calloc(v->count + 1, sizeof *list);
    if (!list)
        stet_error_oom(err, "running a program");
    for (size_t i = 0; list && i < v->count; i++)
        list[i] = v->items[i];
    return list;
}

static int run(struct stet_build_context *ctx, const char *const *argv, const struct stet_strv *env,
               bool with_status, struct output *o, int *status, struct stet_error *err)
{
    const char **list = as_list(env, err);
    if (!list)
        return -1;
    struct stet_sandbox_command command = {.argv = argv,
                                           .env = list,
                                           .line = on_line,
                                           .status_line = with_status ? on_status : NULL,
                                           .ctx = o};
    int rc = stet_sandbox_run(ctx->sandbox, &command, status, err);
    free(list);
    return rc;
}

/* ---- preinst ---- */

static int run_preinst(struct stet_build_context *ctx, size_t i, struct stet_error *err)
{
    static const char *const argv[] = {"/var/lib/dpkg/tmp.ci/preinst", "install", NULL};
    const struct stet_lock_package *p = &ctx->lock->packages[i];
    _cleanup_strv_ struct stet_strv env = STET_STRV_INIT;
    struct output o = {.ctx = ctx};
    char what[512];
    int status;
    if (stet_debian_place_control(ctx, i, err) < 0 || make_environment(ctx, &env, err) < 0 ||
        add_script_environment(ctx, p, &env, err) < 0)
        return -1;
    if (run(ctx, argv, &env, false, &o, &status, err) < 0)
        return stet_error_wrap(err, "package %s: preinst", p->name);
    if (status != 0) {
        snprintf(what, sizeof what, "package %s: its preinst script failed with exit status %d",
                 p->name, status);
        return fail_script(&o, what, err);
    }
    return stet_debian_clear_control(ctx, err);
}

static int run_preinsts(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    const struct stet_debian_state *state = ctx->state;
    for (size_t i = 0; i < state->count; i++)
        if (ctx->lock->packages[i].stage == stage &&
            stet_strv_contains(&state->packages[i].scripts, "preinst") &&
            run_preinst(ctx, i, err) < 0)
            return -1;
    return 0;
}

/* ---- dpkg --configure ---- */

static int run_dpkg(struct stet_build_context *ctx, struct stet_error *err)
{
    /* The first failure counts; what follows it would only hide it. */
    static const char *const argv[] = {"/usr/bin/dpkg", "--status-fd", "3", "--abort-after=1",
                                       "--configure",   "-a",          NULL};
    _cleanup_strv_ struct stet_strv env = STET_STRV_INIT;
    struct output o = {.ctx = ctx};
    char what[1024];
    int status;
    if (make_environment(ctx, &env, err) < 0)
        return -1;
    if (run(ctx, argv, &env, true, &o, &status, err) < 0)
        return stet_error_wrap(err, "dpkg --configure");
    if (status == 0)
        return 0;
    if (*o.package)
        snprintf(what, sizeof what, "package %s cannot be configured: %s", o.package, o.reason);
    else
        snprintf(what, sizeof what, "dpkg --configure failed with exit status %d", status);
    return fail_script(&o, what, err);
}

static size_t count_stage(const struct stet_build_context *ctx, unsigned stage)
{
    size_t count = 0;
    for (size_t i = 0; i < ctx->lock->package_count; i++)
        count += ctx->lock->packages[i].stage == stage;
    return count;
}

static int configure_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    if (stage == 0 && run_preinsts(ctx, stage, err) < 0)
        return -1;
    stet_log_phase_begin(ctx->log, "configure", count_stage(ctx, stage), 0);
    int rc = run_dpkg(ctx, err);
    stet_log_phase_end(ctx->log, "configure");
    return rc;
}

/* Runs step with services neutralised. */
static int with_neutral(struct stet_build_context *ctx, unsigned stage,
                        int (*step)(struct stet_build_context *, unsigned, struct stet_error *),
                        struct stet_error *err)
{
    int rc = stet_debian_neutralise(ctx->root, err);
    if (rc == 0)
        rc = step(ctx, stage, err);
    /* Also after a failure, whose error stays. */
    if (stet_debian_restore(ctx->root, err) < 0)
        rc = -1;
    return rc;
}

int stet_debian_unpack(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    if (stet_debian_read_stage(ctx, stage, err) < 0)
        return -1;
    if (stage > 0 && with_neutral(ctx, stage, run_preinsts, err) < 0)
        return -1;
    return stet_debian_unpack_stage(ctx, stage, err);
}

int stet_debian_configure(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    stet_debian_ahead_begin(ctx, stage);
    int rc = with_neutral(ctx, stage, configure_stage, err);
    stet_debian_ahead_end(ctx);
    return rc;
}

/* ---- the end ---- */

static int check_installed(const struct stet_deb822 *p, struct stet_error *err)
{
    const char *name = stet_deb822_get(p, "Package"), *status = stet_deb822_get(p, "Status");
    if (name && status && strcmp(status, "install ok installed") == 0)
        return 0;
    return stet_error_input(err, "package %s is not installed after configuring: dpkg says \"%s\"",
                            name ? name : "(without a name)", status ? status : "(nothing)");
}

int stet_debian_finish(struct stet_build_context *ctx, struct stet_error *err)
{
    static const char path[] = "var/lib/dpkg/status";
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_deb822 p;
    size_t pos = 0, count = 0;
    unsigned line = 1;
    int rc = stet_fs_read_in(ctx->root, path, STATUS_MAX, &b, err);
    if (rc < 0)
        return rc == -2 ? stet_error_input(err, "the root has no /%s", path) : -1;
    stet_deb822_init(&p);
    while ((rc = stet_deb822_next(stet_buffer_str(&b), b.len, &pos, &line, false, path, &p, err)) >
           0) {
        count++;
        if (check_installed(&p, err) < 0) {
            rc = -1;
            break;
        }
    }
    stet_deb822_release(&p);
    if (rc == 0 && count != ctx->lock->package_count)
        return stet_error_input(err, "dpkg knows %zu packages and the lock %zu", count,
                                ctx->lock->package_count);
    return rc;
}
