#include "lib/distro/debian/signature.h"

#include <sys/mman.h>

enum {
    KEYRING_MAX = 16 << 20,
    STATUS_MAX = 1 << 20,
    DOCUMENT_MAX = 32 << 20,
    GPGV_TIMEOUT_MS = 60000
};

/* ---- keyrings ---- */

void stet_debian_keyring_release(struct stet_debian_keyring *k)
{
    for (size_t i = 0; i < k->count; i++)
        close(k->fds[i]);
    free(k->fds);
    *k = (struct stet_debian_keyring){NULL, 0, 0};
}

/* The 6 bits of a base64 digit, or -1. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes the lines of one block from p to stop; a line "=ABCD" (checksum) ends it. False on
 * anything else. */
static bool decode_base64(const char *p, const char *stop, struct stet_buffer *out)
{
    uint32_t bits = 0;
    unsigned have = 0, padding = 0;
    for (bool line_start = true; p < stop; p++) {
        if (*p == '\n' || *p == '\r' || *p == ' ' || *p == '\t') {
            line_start = line_start || *p == '\n';
            continue;
        }
        if (*p == '=' && line_start && have == 0)
            return true;
        line_start = false;
        int value = *p == '=' ? 0 : digit(*p);
        if (value < 0 || (padding && *p != '='))
            return false;
        padding += *p == '=';
        bits = bits << 6 | (uint32_t)value;
        if (++have < 4)
            continue;
        for (unsigned i = 0; i + padding < 3; i++)
            stet_buffer_add_char(out, (char)(bits >> (16 - 8 * i) & 0xff));
        if (padding > 2)
            return false;
        bits = have = 0;
    }
    return have == 0;
}

/* Past the armor headers ("Version: …") that end with an empty line. NULL when there is none. */
static const char *skip_headers(const char *p, const char *stop)
{
    while (p < stop) {
        const char *end = memchr(p, '\n', (size_t)(stop - p));
        if (!end)
            return NULL;
        size_t len = (size_t)(end - p);
        while (len > 0 && (p[len - 1] == '\r' || p[len - 1] == ' ' || p[len - 1] == '\t'))
            len--;
        if (len == 0)
            return end + 1;
        p = end + 1;
    }
    return NULL;
}

#define BEGIN_KEY "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define END_KEY   "-----END PGP PUBLIC KEY BLOCK-----"

int stet_debian_dearmor(const char *text, size_t len, const char *name, struct stet_buffer *out,
                        struct stet_error *err)
{
    const char *p = text, *stop = text + len, *begin;
    size_t before = out->len;
    while ((begin = memmem(p, (size_t)(stop - p), BEGIN_KEY, strlen(BEGIN_KEY)))) {
        const char *end = memmem(begin, (size_t)(stop - begin), END_KEY, strlen(END_KEY));
        const char *line = end ? memchr(begin, '\n', (size_t)(end - begin)) : NULL;
        const char *body = line ? skip_headers(line + 1, end) : NULL;
        if (!body || !decode_base64(body, end, out))
            return stet_error_input(err, "%s: a damaged armored key block", name);
        p = end + strlen(END_KEY);
    }
    if (stet_buffer_check(out, "reading a keyring", err) < 0)
        return -1;
    return out->len > before ? 0 : stet_error_input(err, "%s: no armored key block", name);
}

/* A new anonymous file with these bytes, read from its start. */
static int anonymous_file(const char *name, const void *data, size_t len, struct stet_error *err)
{
    int fd = memfd_create("stet", MFD_CLOEXEC);
    if (fd < 0)
        return stet_error_errno(err, "%s: memfd_create", name);
    if (stet_fs_write_fd(fd, name, data, len, err) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
        stet_error_errno(err, "%s: lseek", name);
        close(fd);
        return -1;
    }
    return fd;
}

int stet_debian_keyring_add(struct stet_debian_keyring *k, const char *data, size_t len,
                            const char *name, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer binary = STET_BUFFER_INIT;
    if (stet_grow(&k->fds, &k->cap, k->count + 1, sizeof *k->fds, err) < 0)
        return -1;
    if (memmem(data, len, BEGIN_KEY, strlen(BEGIN_KEY))) {
        if (stet_debian_dearmor(data, len, name, &binary, err) < 0)
            return -1;
        data = binary.data;
        len = binary.len;
    }
    int fd = anonymous_file(name, data, len, err);
    if (fd < 0)
        return -1;
    k->fds[k->count++] = fd;
    return 0;
}

int stet_debian_keyring_add_file(struct stet_debian_keyring *k, const char *path,
                                 struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer data = STET_BUFFER_INIT;
    _cleanup_free_ char *other = NULL;
    size_t len = strlen(path);
    if (len > 4 && strcmp(path + len - 4, ".gpg") == 0 && access(path, F_OK) < 0) {
        other = stet_format(err, "%.*s.pgp", (int)(len - 4), path);
        if (!other)
            return -1;
        if (access(other, F_OK) == 0)
            path = other;
    }
    if (access(path, F_OK) < 0)
        return stet_error_input(err,
                                "keyring %s: it does not exist; install Debian's package "
                                "debian-archive-keyring or give the recipe another keyring",
                                path);
    if (stet_fs_read(AT_FDCWD, path, KEYRING_MAX, &data, err) < 0)
        return -1;
    return stet_debian_keyring_add(k, stet_buffer_str(&data), data.len, path, err);
}

/* ---- gpgv's verdict ---- */

/* One signature, between two NEWSIG lines. */
struct seen {
    bool good, expired, bad, unusable;
};

struct judgement {
    const char *name;
    bool allow_expired;
    struct seen now;
    unsigned expired, unknown;
    bool bad;
    struct stet_strv *signed_by;
};

static size_t word(const char **p, const char **start)
{
    *p += strspn(*p, " ");
    *start = *p;
    size_t len = strcspn(*p, " ");
    *p += len;
    return len;
}

static bool is_fingerprint(const char *s, size_t len)
{
    if (len != 40 && len != 64)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'A' && s[i] <= 'F')))
            return false;
    return true;
}

/* VALIDSIG FPR DATE TIME EXPIRES VERSION RESERVED KEYALGO HASHALGO CLASS PRIMARYFPR (doc/DETAILS of
 * GnuPG). */
static int take_valid(struct judgement *j, const char *arguments, struct stet_error *err)
{
    const char *start[10], *p = arguments;
    size_t len[10];
    for (int i = 0; i < 10; i++)
        len[i] = word(&p, &start[i]);
    if (j->now.unusable || !(j->now.good || (j->now.expired && j->allow_expired)))
        return 0;
    /* SHA-256, SHA-384, SHA-512; and a signature of a document, binary or text. */
    bool strong = (len[7] == 1 && (*start[7] == '8' || *start[7] == '9')) ||
                  (len[7] == 2 && memcmp(start[7], "10", 2) == 0);
    bool document = len[8] == 2 && start[8][0] == '0' && (start[8][1] == '0' || start[8][1] == '1');
    if (!strong || !document || !is_fingerprint(start[9], len[9]))
        return 0;
    return stet_strv_addf(j->signed_by, err, "%.*s", (int)len[9], start[9]);
}

static int take_status(struct judgement *j, const char *line, struct stet_error *err)
{
    const char *keyword, *p = line;
    size_t len = word(&p, &keyword);
#define IS(text) (len == strlen(text) && memcmp(keyword, text, len) == 0)
    if (IS("NEWSIG"))
        j->now = (struct seen){0};
    else if (IS("GOODSIG"))
        j->now.good = true;
    else if (IS("EXPKEYSIG")) {
        j->now.expired = true;
        j->expired++;
    } else if (IS("BADSIG") || IS("NODATA") ||
               (IS("ERROR") && strncmp(p, " proc_pkt.plaintext", 19) == 0)) /* a second document */
        j->bad = true;
    else if (IS("EXPSIG") || IS("REVKEYSIG"))
        j->now.unusable = true;
    else if (IS("NO_PUBKEY"))
        j->unknown++;
    else if (IS("VALIDSIG"))
        return take_valid(j, p, err);
#undef IS
    return 0;
}

static int conclude(const struct judgement *j, struct stet_error *err)
{
    if (j->bad)
        return stet_error_input(err, "%s: wrong signature; it was altered or damaged on the way",
                                j->name);
    if (j->signed_by->count > 0) {
        stet_strv_sort_unique(j->signed_by);
        return 0;
    }
    if (j->expired > 0)
        return stet_error_input(err,
                                "%s: it is signed by a key that has expired; use a newer keyring, "
                                "or \"check-valid-until: false\" for a dated snapshot",
                                j->name);
    if (j->unknown > 0)
        return stet_error_input(err,
                                "%s: it is not signed by a key of the keyring; use the keyring "
                                "of this archive",
                                j->name);
    return stet_error_input(err, "%s: it has no valid signature", j->name);
}

int stet_debian_judge_status(const char *status, const char *name, bool allow_expired,
                             struct stet_strv *signed_by, struct stet_error *err)
{
    static const char prefix[] = "[GNUPG:] ";
    struct judgement j = {.name = name, .allow_expired = allow_expired, .signed_by = signed_by};
    while (*status) {
        size_t len = strcspn(status, "\n");
        if (len > sizeof prefix - 1 && memcmp(status, prefix, sizeof prefix - 1) == 0) {
            _cleanup_free_ char *line = stet_format(err, "%.*s", (int)(len - (sizeof prefix - 1)),
                                                    status + sizeof prefix - 1);
            if (!line || take_status(&j, line, err) < 0)
                return -1;
        }
        status += len + (status[len] == '\n');
    }
    return conclude(&j, err);
}

/* ---- running gpgv ---- */

enum { STATUS_FD = 3, DOCUMENT_FD = 4, FIRST_KEYRING_FD = 5 };

static int build_command(const struct stet_debian_keyring *keyring, struct stet_strv *argv,
                         struct stet_error *err)
{
    static const char *const start[] = {
        "gpgv", "--homedir", "/nonexistent", "--status-fd", "3", "--output", "-", NULL};
    for (size_t i = 0; start[i]; i++)
        if (stet_strv_add(argv, start[i], err) < 0)
            return -1;
    for (size_t i = 0; i < keyring->count; i++)
        if (stet_strv_add(argv, "--keyring", err) < 0 ||
            stet_strv_addf(argv, err, "/proc/self/fd/%zu", FIRST_KEYRING_FD + i) < 0)
            return -1;
    return stet_strv_addf(argv, err, "/proc/self/fd/%d", DOCUMENT_FD);
}

static int run_gpgv(const struct stet_debian_keyring *keyring, int status_fd, int document_fd,
                    const char *name, struct stet_buffer *text, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv argv = STET_STRV_INIT;
    _cleanup_free_ struct stet_spawn_fd *fds = calloc(keyring->count + 2, sizeof *fds);
    if (!fds)
        return stet_error_oom(err, name);
    if (build_command(keyring, &argv, err) < 0)
        return -1;
    fds[0] = (struct stet_spawn_fd){status_fd, STATUS_FD};
    fds[1] = (struct stet_spawn_fd){document_fd, DOCUMENT_FD};
    for (size_t i = 0; i < keyring->count; i++)
        fds[2 + i] = (struct stet_spawn_fd){keyring->fds[i], FIRST_KEYRING_FD + (int)i};
    struct stet_spawn spawn = {.argv = (const char *const *)argv.items,
                               .fds = fds,
                               .fd_count = keyring->count + 2,
                               .out = text,
                               .output_max = DOCUMENT_MAX,
                               .timeout_ms = GPGV_TIMEOUT_MS};
    /* Its status lines say more than its exit status, which is 2 for a mere unknown key as well. */
    return stet_spawn_run(&spawn, "gpgv", err) < 0 ? -1 : 0;
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

int stet_debian_verify(const struct stet_debian_keyring *keyring, const char *document, size_t len,
                       const char *name, bool allow_expired, struct stet_buffer *text,
                       struct stet_strv *signed_by, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer status = STET_BUFFER_INIT;
    if (check_form(document, len, name, err) < 0)
        return -1;
    _cleanup_close_ int document_fd = anonymous_file(name, document, len, err);
    _cleanup_close_ int status_fd =
        document_fd < 0 ? -1 : anonymous_file("status of gpgv", "", 0, err);
    if (status_fd < 0 || run_gpgv(keyring, status_fd, document_fd, name, text, err) < 0)
        return -1;
    if (lseek(status_fd, 0, SEEK_SET) < 0)
        return stet_error_errno(err, "status of gpgv: lseek");
    if (stet_fs_read_fd(status_fd, "status of gpgv", STATUS_MAX, &status, err) < 0)
        return -1;
    return stet_debian_judge_status(stet_buffer_str(&status), name, allow_expired, signed_by, err);
}
