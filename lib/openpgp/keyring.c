#include "lib/openpgp/internal.h"

#include <sys/mman.h>

enum { KEYRING_MAX = 16 << 20 };

/* ---- armor ---- */

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

int stet_openpgp_from_base64(const char *text, const char *name, struct stet_buffer *out,
                             struct stet_error *err)
{
    size_t len = strlen(text), digits = 0;
    while (digits < len && digit(text[digits]) >= 0)
        digits++;
    size_t padding = strspn(text + digits, "=");
    if (digits < 2 || len % 4 != 0 || padding > 2 || digits + padding != len ||
        !decode_base64(text, text + len, out))
        return stet_error_input(err, "%s: not base64", name);
    return stet_buffer_check(out, name, err);
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

int stet_openpgp_dearmor_blocks(const char *type, const char *text, size_t len, const char *name,
                                struct stet_buffer *out, struct stet_error *err)
{
    _cleanup_free_ char *begin_line = stet_format(err, "-----BEGIN PGP %s-----", type);
    _cleanup_free_ char *end_line = stet_format(err, "-----END PGP %s-----", type);
    const char *p = text, *stop = text + len, *begin;
    int blocks = 0;
    if (!begin_line || !end_line)
        return -1;
    while ((begin = memmem(p, (size_t)(stop - p), begin_line, strlen(begin_line)))) {
        const char *end = memmem(begin, (size_t)(stop - begin), end_line, strlen(end_line));
        const char *line = end ? memchr(begin, '\n', (size_t)(end - begin)) : NULL;
        const char *body = line ? skip_headers(line + 1, end) : NULL;
        if (!body || !decode_base64(body, end, out))
            return stet_error_input(err, "%s: a damaged armored %s", name,
                                    strstr(type, "KEY") ? "key block" : "signature");
        p = end + strlen(end_line);
        blocks++;
    }
    return stet_buffer_check(out, name, err) < 0 ? -1 : blocks;
}

#define KEY_BLOCK "PUBLIC KEY BLOCK"

int stet_openpgp_dearmor(const char *text, size_t len, const char *name, struct stet_buffer *out,
                         struct stet_error *err)
{
    size_t before = out->len;
    if (stet_openpgp_dearmor_blocks(KEY_BLOCK, text, len, name, out, err) < 0)
        return -1;
    return out->len > before ? 0 : stet_error_input(err, "%s: no armored key block", name);
}

/* ---- keyrings ---- */

void stet_openpgp_keyring_release(struct stet_openpgp_keyring *k)
{
    for (size_t i = 0; i < k->count; i++)
        close(k->fds[i]);
    free(k->fds);
    *k = (struct stet_openpgp_keyring){NULL, 0, 0};
}

/* A new anonymous file with these bytes, read from its start. */
int stet_openpgp_anonymous_file(const char *name, const void *data, size_t len,
                                struct stet_error *err)
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

int stet_openpgp_keyring_add(struct stet_openpgp_keyring *k, const char *data, size_t len,
                             const char *name, struct stet_error *err)
{
    static const char begin[] = "-----BEGIN PGP " KEY_BLOCK "-----";
    _cleanup_buffer_ struct stet_buffer binary = STET_BUFFER_INIT;
    if (stet_grow(&k->fds, &k->cap, k->count + 1, sizeof *k->fds, err) < 0)
        return -1;
    if (memmem(data, len, begin, sizeof begin - 1)) {
        if (stet_openpgp_dearmor(data, len, name, &binary, err) < 0)
            return -1;
        data = binary.data;
        len = binary.len;
    }
    int fd = stet_openpgp_anonymous_file(name, data, len, err);
    if (fd < 0)
        return -1;
    k->fds[k->count++] = fd;
    return 0;
}

int stet_openpgp_keyring_add_file(struct stet_openpgp_keyring *k, const char *path,
                                  const char *package, struct stet_error *err)
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
                                "keyring %s: it does not exist; install Debian's package %s or "
                                "give the recipe another keyring",
                                path, package);
    if (stet_fs_read(AT_FDCWD, path, KEYRING_MAX, &data, err) < 0)
        return -1;
    return stet_openpgp_keyring_add(k, stet_buffer_str(&data), data.len, path, err);
}
