/* Running gpgv. */
#include "lib/openpgp/internal.h"

enum {
    STATUS_MAX = 1 << 20,
    DOCUMENT_MAX = 32 << 20,
    SIGNATURE_MAX = 1 << 20,
    GPGV_TIMEOUT_MS = 60000
};

enum { STATUS_FD = 3, FIRST_FILE_FD = 4 };

/* A document, or a signature and what it is of. */
struct job {
    const struct stet_openpgp_keyring *keyring;
    const char *name;
    int files[2];
    size_t file_count;
    struct stet_buffer *text; /* what was signed, for a document; else NULL */
};

static int first_keyring_fd(const struct job *job)
{
    return FIRST_FILE_FD + (int)job->file_count;
}

static int build_command(const struct job *job, struct stet_strv *argv, struct stet_error *err)
{
    static const char *const start[] = {"gpgv",        "--homedir", "/nonexistent",
                                        "--status-fd", "3",         NULL};
    for (size_t i = 0; start[i]; i++)
        if (stet_strv_add(argv, start[i], err) < 0)
            return -1;
    if (job->text &&
        (stet_strv_add(argv, "--output", err) < 0 || stet_strv_add(argv, "-", err) < 0))
        return -1;
    for (size_t i = 0; i < job->keyring->count; i++)
        if (stet_strv_add(argv, "--keyring", err) < 0 ||
            stet_strv_addf(argv, err, "/proc/self/fd/%d", first_keyring_fd(job) + (int)i) < 0)
            return -1;
    for (size_t i = 0; i < job->file_count; i++)
        if (stet_strv_addf(argv, err, "/proc/self/fd/%d", FIRST_FILE_FD + (int)i) < 0)
            return -1;
    return 0;
}

static int run_gpgv(const struct job *job, int status_fd, struct stet_error *err)
{
    size_t keyrings = job->keyring->count, count = 1 + job->file_count + keyrings;
    _cleanup_strv_ struct stet_strv argv = STET_STRV_INIT;
    _cleanup_free_ struct stet_spawn_fd *fds = calloc(count, sizeof *fds);
    if (!fds)
        return stet_error_oom(err, job->name);
    if (build_command(job, &argv, err) < 0)
        return -1;
    fds[0] = (struct stet_spawn_fd){status_fd, STATUS_FD};
    for (size_t i = 0; i < job->file_count; i++)
        fds[1 + i] = (struct stet_spawn_fd){job->files[i], FIRST_FILE_FD + (int)i};
    for (size_t i = 0; i < keyrings; i++)
        fds[1 + job->file_count + i] =
            (struct stet_spawn_fd){job->keyring->fds[i], first_keyring_fd(job) + (int)i};
    struct stet_spawn spawn = {.argv = (const char *const *)argv.items,
                               .fds = fds,
                               .fd_count = count,
                               .out = job->text,
                               .output_max = DOCUMENT_MAX,
                               .timeout_ms = GPGV_TIMEOUT_MS};
    /* Its status lines say more than its exit status, which is 2 for a mere unknown key as well. */
    return stet_spawn_run(&spawn, "gpgv", err) < 0 ? -1 : 0;
}

static int verify(const struct job *job, const struct stet_openpgp_policy *policy,
                  struct stet_strv *signed_by, struct stet_error *err)
{
    static const char what[] = "status of gpgv";
    _cleanup_buffer_ struct stet_buffer status = STET_BUFFER_INIT;
    _cleanup_close_ int status_fd = stet_openpgp_anonymous_file(what, "", 0, err);
    if (status_fd < 0 || run_gpgv(job, status_fd, err) < 0)
        return -1;
    if (lseek(status_fd, 0, SEEK_SET) < 0)
        return stet_error_errno(err, "%s: lseek", what);
    if (stet_fs_read_fd(status_fd, what, STATUS_MAX, &status, err) < 0)
        return -1;
    return stet_openpgp_judge_status(stet_buffer_str(&status), job->name, policy, signed_by, err);
}

static int check_form(const char *document, size_t len, const char *name, struct stet_error *err)
{
    static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----";
    if (len < sizeof begin - 1 || memcmp(document, begin, sizeof begin - 1) != 0)
        return stet_error_input(err, "%s: it is not signed", name);
    if (memchr(document, '\0', len))
        return stet_error_input(err, "%s: it has a NUL byte", name);
    return 0;
}

int stet_openpgp_verify_clearsigned(const struct stet_openpgp_keyring *keyring,
                                    const char *document, size_t len, const char *name,
                                    const struct stet_openpgp_policy *policy,
                                    struct stet_buffer *text, struct stet_strv *signed_by,
                                    struct stet_error *err)
{
    if (check_form(document, len, name, err) < 0)
        return -1;
    _cleanup_close_ int fd = stet_openpgp_anonymous_file(name, document, len, err);
    if (fd < 0)
        return -1;
    struct job job = {
        .keyring = keyring, .name = name, .files = {fd}, .file_count = 1, .text = text};
    return verify(&job, policy, signed_by, err);
}

/*
 * The signature packets of what came as a detached signature. That there is nothing else among them is checked here:
 * a whole signed message would be verified by itself, and say nothing of the file beside it.
 */
static int open_signature(const void *signature, size_t len, const char *name,
                          struct stet_error *err)
{
    static const char begin[] = "-----BEGIN PGP SIGNATURE-----";
    _cleanup_buffer_ struct stet_buffer binary = STET_BUFFER_INIT;
    if (len > SIGNATURE_MAX)
        return stet_error_input(err, "%s: its signature is over 1 MiB", name);
    if (len >= sizeof begin - 1 && memcmp(signature, begin, sizeof begin - 1) == 0) {
        if (stet_openpgp_dearmor_blocks("SIGNATURE", signature, len, name, &binary, err) < 0)
            return -1;
        signature = binary.data;
        len = binary.len;
    }
    if (!stet_openpgp_is_signatures(signature, len))
        return stet_error_input(err, "%s: what came as its signature is not an OpenPGP signature",
                                name);
    return stet_openpgp_anonymous_file(name, signature, len, err);
}

int stet_openpgp_verify_detached(const struct stet_openpgp_keyring *keyring, const void *signature,
                                 size_t signature_len, int data_fd, const char *name,
                                 const struct stet_openpgp_policy *policy,
                                 struct stet_strv *signed_by, struct stet_error *err)
{
    _cleanup_close_ int fd = open_signature(signature, signature_len, name, err);
    if (fd < 0)
        return -1;
    struct job job = {.keyring = keyring, .name = name, .files = {fd, data_fd}, .file_count = 2};
    return verify(&job, policy, signed_by, err);
}
