#include "lib/distro/arch/scriptlet.h"

#include <errno.h>

#include "lib/distro/common/program.h"

enum {
    /* libalpm reads a scriptlet in lines of at most so many bytes; a longer one is several to it. */
    GREP_LINE_MAX = 1023,
    CANNOT_EXECUTE = 127,
};

static const char temporary[] = "tmp/alpm_stet";

/* ---- running a program of the root ---- */

/* What a program says while it runs. */
struct output {
    const struct stet_log *log;
    struct stet_distro_output last;
};

static void on_line(void *ctx, const char *text)
{
    struct output *o = ctx;
    stet_log_message(o->log, STET_LOG_VERBOSE, "%s", text);
    stet_distro_output_add(&o->last, text);
}

static char *last_lines(const struct stet_distro_output *o, struct stet_error *err)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    stet_distro_output_describe(o, &b);
    char *text = stet_buffer_detach(&b);
    if (!text)
        stet_error_oom(err, "running a program");
    return text;
}

/* What of libalpm's caller reaches a program is a fixed set here; SHLVL is as libalpm sets it, and hash seeds are
 * fixed so that nothing is written in hash order. UTC0 needs no time zone data in the root. */
static int make_environment(const struct stet_build_context *ctx, struct stet_strv *env,
                            struct stet_error *err)
{
    static const char *const variables[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "LANG=C.UTF-8",
        "LC_ALL=C.UTF-8",
        "SHLVL=1",
        "TERM=dumb",
        "TZ=UTC0",
        "PERL_HASH_SEED=0",
        "PYTHONHASHSEED=0",
        NULL,
    };
    return stet_distro_make_environment(ctx, variables, env, err);
}

/* Do programs of the root start at all, as far as that is the root's own affair? */
static bool root_is_complete(int root)
{
    static const char *const directories[] = {"dev", "proc", "sys"};
    struct stat st;
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        if (stet_fs_stat_in(root, directories[i], &st, NULL) != 1 || !S_ISDIR(st.st_mode))
            return false;
    return true;
}

/* A program in machine code, or a script that names its interpreter. */
static bool has_known_format(int root, const char *path)
{
    struct stet_error ignored = STET_ERROR_INIT;
    _cleanup_close_ int fd = stet_fs_try_open_in(root, path, O_RDONLY | O_NONBLOCK, &ignored);
    char magic[4];
    return fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
           (memcmp(magic, "\177ELF", 4) == 0 || memcmp(magic, "#!", 2) == 0);
}

/*
 * Is a run that failed with err the fault of the program, on every machine? It is not when the root is unfit for any
 * program, nor when this machine cannot execute a program that another could: then the image must not be made
 * without what the program does.
 */
static bool is_own_fault(int root, const char *program, const struct stet_error *err)
{
    if (err->kind != STET_ERROR_INPUT || !root_is_complete(root))
        return false;
    switch (err->errnum) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case ELOOP:
    case EISDIR:
    case ENAMETOOLONG:
        return true;
    case ENOEXEC:
        return !has_known_format(root, program);
    default:
        return false;
    }
}

static int run_in(struct stet_build_context *ctx, const struct stet_sandbox *sandbox,
                  const struct stet_sandbox_command *command, int *status, char **last,
                  struct stet_error *err)
{
    struct stet_error failure = STET_ERROR_INIT;
    struct output o = {.log = ctx->log};
    struct stet_sandbox_command c = *command;
    c.line = on_line;
    c.ctx = &o;
    if (stet_sandbox_run(sandbox, &c, status, &failure) < 0) {
        if (!is_own_fault(ctx->root, c.argv[0], &failure)) {
            stet_error_copy(err, &failure);
            return -1;
        }
        *status = CANNOT_EXECUTE;
        if (last)
            *last = stet_strdup(failure.text, err);
    } else if (last) {
        *last = last_lines(&o.last, err);
    }
    return last && !*last ? -1 : 0;
}

static int run(struct stet_build_context *ctx, const struct stet_sandbox *sandbox,
               const struct stet_sandbox_command *command, int *status, char **last,
               struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv env = STET_STRV_INIT;
    struct stet_sandbox_command c = *command;
    if (last)
        *last = NULL;
    if (make_environment(ctx, &env, err) < 0)
        return -1;
    c.env = (const char *const *)env.items;
    return run_in(ctx, sandbox, &c, status, last, err);
}

int stet_arch_run(struct stet_build_context *ctx, const char *const *argv, const void *input,
                  size_t input_len, int *status, char **last, struct stet_error *err)
{
    const struct stet_sandbox_command command = {
        .argv = argv, .input = input, .input_len = input_len};
    return run(ctx, ctx->sandbox, &command, status, last, err);
}

/* Is path, by links inside of the root, a regular file that can be executed? 1, 0, -1. */
static int is_program(int root, const char *path, struct stet_error *err)
{
    struct stat st;
    _cleanup_close_ int fd = stet_fs_try_open_in(root, path, O_PATH, err);
    if (fd == -2)
        return 0;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "cannot stat /%s in the root", path);
    return S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

/* The first of the paths (of length count, with a leading '/') that is a program, or NULL. -1 on failure. */
static int find_program(int root, const char *const *paths, size_t count, const char **found,
                        struct stet_error *err)
{
    *found = NULL;
    for (size_t i = 0; i < count && !*found; i++) {
        int is = is_program(root, paths[i] + 1, err);
        if (is < 0)
            return -1;
        if (is)
            *found = paths[i];
    }
    return 0;
}

/* ---- scriptlets ---- */

/* What libalpm calls a line that may define the function: a '#' ends it. */
static bool line_has(const char *line, size_t len, const char *function)
{
    const char *comment = memchr(line, '#', len);
    size_t end = comment ? (size_t)(comment - line) : len;
    return memmem(line, end, function, strlen(function)) != NULL;
}

static bool has_function(const struct stet_arch_package *p, const char *function)
{
    for (size_t at = 0, len; at < p->install_len; at += len) {
        size_t left = p->install_len - at;
        const char *line = p->install + at, *newline;
        len = left < GREP_LINE_MAX ? left : GREP_LINE_MAX;
        newline = memchr(line, '\n', len);
        if (newline)
            len = (size_t)(newline - line) + 1;
        if (line_has(line, len, function))
            return true;
    }
    return false;
}

/* A root without /tmp gets one, as libalpm makes it. */
static int make_tmp(int root, struct stet_error *err)
{
    _cleanup_close_ int fd = stet_fs_try_open_in(root, "tmp", O_RDONLY | O_DIRECTORY, err);
    if (fd != -2)
        return fd < 0 ? -1 : 0;
    if (stet_fs_mkdirs_in(root, "tmp", err) < 0)
        return -1;
    fd = stet_fs_open_in(root, "tmp", O_RDONLY | O_DIRECTORY, 0, err);
    if (fd < 0)
        return -1;
    return fchmod(fd, 01777) < 0 ? stet_error_errno(err, "cannot change the mode of /tmp") : 0;
}

static int place(int root, const struct stet_arch_package *p, struct stet_error *err)
{
    if (make_tmp(root, err) < 0 || stet_fs_remove_in(root, temporary, err) < 0 ||
        stet_fs_mkdirs_in(root, temporary, err) < 0)
        return -1;
    return stet_fs_write_in(root, "tmp/alpm_stet/.INSTALL", p->install, p->install_len, 0644,
                            (uid_t)-1, (gid_t)-1, err);
}

static int run_placed(struct stet_build_context *ctx, const struct stet_arch_package *p,
                      const char *shell, const char *function, struct stet_error *err)
{
    struct stet_sandbox sandbox = *ctx->sandbox;
    _cleanup_free_ char *last = NULL;
    /* Not quoted, as libalpm's: whoever writes the version writes the scriptlet. */
    _cleanup_free_ char *text =
        stet_format(err, ". /%s/.INSTALL; %s %s", temporary, function, p->info.version);
    int status;
    if (!text)
        return -1;
    const char *const argv[] = {shell, "-c", text, NULL};
    const struct stet_sandbox_command command = {.argv = argv};
    sandbox.keep_tmp = true;
    if (run(ctx, &sandbox, &command, &status, &last, err) < 0)
        return stet_error_wrap(err, "package %s: %s", p->locked->name, function);
    if (status == 0)
        return 0;
    return stet_error_input(
        err, "package %s: its %s failed with exit status %d; %s (--verbose shows all of it)",
        p->locked->name, function, status, last);
}

int stet_arch_scriptlet_run(struct stet_build_context *ctx, const struct stet_arch_package *p,
                            const char *function, struct stet_error *err)
{
    static const char *const shells[] = {"/usr/bin/bash", "/bin/sh"};
    const char *shell;
    if (!p->install || !has_function(p, function))
        return 0;
    if (find_program(ctx->root, shells, sizeof shells / sizeof *shells, &shell, err) < 0)
        return -1;
    if (!shell) {
        stet_log_message(ctx->log, STET_LOG_WARNING,
                         "package %s: its %s was not run: the root has no shell", p->locked->name,
                         function);
        return 0;
    }
    int rc = place(ctx->root, p, err);
    if (rc < 0)
        stet_error_wrap(err, "package %s: its scriptlet", p->locked->name);
    else
        rc = run_placed(ctx, p, shell, function, err);
    /* Also after a failure, whose error stays. */
    if (stet_fs_remove_in(ctx->root, temporary, err) < 0)
        rc = -1;
    return rc;
}

/* ---- ldconfig ---- */

int stet_arch_ldconfig(struct stet_build_context *ctx, struct stet_error *err)
{
    static const char *const paths[] = {"/usr/bin/ldconfig", "/sbin/ldconfig"};
    _cleanup_free_ char *last = NULL;
    const char *program;
    int status;
    _cleanup_close_ int configuration =
        stet_fs_try_open_in(ctx->root, "etc/ld.so.conf", O_PATH, err);
    if (configuration < 0)
        return configuration == -2 ? 0 : -1;
    if (find_program(ctx->root, paths, sizeof paths / sizeof *paths, &program, err) < 0)
        return -1;
    if (!program)
        return 0;
    const char *const argv[] = {program, NULL};
    if (stet_arch_run(ctx, argv, NULL, 0, &status, &last, err) < 0)
        return stet_error_wrap(err, "ldconfig");
    if (status != 0)
        stet_log_message(ctx->log, STET_LOG_WARNING, "%s failed with exit status %d; %s", program,
                         status, last);
    return 0;
}
