/* The answers of stet-test-httpd, right and wrong ones. */
#include "tests/support/httpd_private.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- sending ---- */

static bool send_all(int fd, const void *data, size_t len, int flags)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL | flags);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool send_file(int fd, int file, off_t from, off_t len)
{
    while (len > 0) {
        ssize_t n = sendfile(fd, file, &from, (size_t)len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        len -= n;
    }
    return true;
}

static bool send_flipped(int fd, int file, off_t from, off_t len, off_t at)
{
    unsigned char byte;
    if (at < from || at >= from + len)
        return send_file(fd, file, from, len);
    if (pread(file, &byte, 1, at) != 1)
        return false;
    byte ^= 0x10;
    return send_file(fd, file, from, at - from) && send_all(fd, &byte, 1, 0) &&
           send_file(fd, file, at + 1, from + len - at - 1);
}

static bool send_padding(int fd, long long n)
{
    static const char pad[64] = "padding padding padding padding padding padding padding paddin";
    for (; n > 0; n -= (long long)sizeof(pad))
        if (!send_all(fd, pad, n < (long long)sizeof(pad) ? (size_t)n : sizeof(pad), 0))
            return false;
    return true;
}

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* Until the client goes, or the time for clients is over. */
static void wait_for_client_to_go(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
}

static bool send_slowly(int fd, int file, off_t from, off_t len, long long per_second)
{
    off_t step = per_second >= 10 ? per_second / 10 : 1;
    while (len > 0) {
        off_t n = len < step ? len : step;
        if (!send_file(fd, file, from, n))
            return false;
        from += n;
        len -= n;
        sleep_ms(100);
    }
    return true;
}

/* One chunk of HTTP's chunked coding for the file's part, one for the padding. */
static bool send_chunked(int fd, int file, off_t from, off_t len, long long extra)
{
    char head[32];
    if (extra < 0)
        len = len > -extra ? len + extra : 0;
    if (len > 0) {
        int n = snprintf(head, sizeof(head), "%llx\r\n", (unsigned long long)len);
        if (!send_all(fd, head, (size_t)n, MSG_MORE) || !send_file(fd, file, from, len) ||
            !send_all(fd, "\r\n", 2, 0))
            return false;
    }
    if (extra > 0) {
        int n = snprintf(head, sizeof(head), "%llx\r\n", (unsigned long long)extra);
        if (!send_all(fd, head, (size_t)n, MSG_MORE) || !send_padding(fd, extra) ||
            !send_all(fd, "\r\n", 2, 0))
            return false;
    }
    return send_all(fd, "0\r\n\r\n", 5, 0);
}

/* ---- the log ---- */

static const char *field(char *s)
{
    for (char *p = s; *p != '\0'; p++)
        if (*p == ' ' || (unsigned char)*p < 0x20)
            *p = '_';
    return s[0] != '\0' ? s : "-";
}

static void log_request(struct request *r, int status)
{
    if (server.log < 0)
        return;
    char line[PATH_ROOM + 2048];
    int n = snprintf(line, sizeof(line), "%s %s %d range=%s auth=%s encoding=%s agent=%s\n",
                     r->method, r->target, status, field(r->range), field(r->auth),
                     field(r->encoding), field(r->agent));
    if (n > 0 && (size_t)n < sizeof(line) && write(server.log, line, (size_t)n) < 0)
        return;
}

/* ---- answers ---- */

static struct fault find_fault(const char *path)
{
    struct fault found = {.kind = NONE, .num = -1};
    pthread_mutex_lock(&server.lock);
    for (size_t i = 0; i < server.fault_count; i++) {
        struct fault *f = &server.faults[i];
        if (f->left == 0 || fnmatch(f->glob, path, 0) != 0)
            continue;
        if (f->left > 0)
            f->left--;
        found = *f;
        break;
    }
    pthread_mutex_unlock(&server.lock);
    return found;
}

bool answer_status(int fd, struct request *r, int code, const char *extra)
{
    char text[PATH_ROOM + 512];
    const char *body = strcmp(r->method, "HEAD") == 0 ? "" : "This is not the file.\n";
    log_request(r, code);
    int n = snprintf(
        text, sizeof(text),
        "HTTP/1.1 %d Status\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n%s", code,
        strlen(body), extra, body);
    return n > 0 && (size_t)n < sizeof(text) && send_all(fd, text, (size_t)n, 0);
}

/* The part asked for: 206, 200 when there is no (understood) Range, or 416. */
static int find_part(const struct request *r, const struct fault *f, off_t size, off_t *from,
                     off_t *len)
{
    long long a = 0;
    long long b = size - 1;
    *from = 0;
    *len = size;
    if (r->range[0] == '\0' || f->kind == IGNORE_RANGE)
        return 200;
    int n = sscanf(r->range, "bytes=%lld-%lld", &a, &b);
    if (n < 1 || a < 0)
        return 200;
    if (a >= size || b < a || f->kind == REFUSE_RANGE)
        return 416;
    if (f->kind == WRONG_RANGE && a > 0)
        a--;
    if (b >= size)
        b = size - 1;
    *from = a;
    *len = b - a + 1;
    return 206;
}

static bool is_chunked(enum kind kind)
{
    return kind == CHUNKED || kind == LONGER_CHUNKED || kind == SHORTER_CHUNKED;
}

static long long extra_bytes(const struct fault *f)
{
    long long n = f->num >= 0 ? f->num : 7;
    if (f->kind == LONGER || f->kind == LONGER_CHUNKED)
        return n;
    if (f->kind == SHORTER || f->kind == SHORTER_CHUNKED)
        return -n;
    return 0;
}

static bool send_body(int fd, int file, const struct fault *f, off_t size, off_t from, off_t len)
{
    long long extra = extra_bytes(f);
    off_t part = f->num >= 0 && f->num < len ? (off_t)f->num : len / 2;
    if (is_chunked(f->kind))
        return send_chunked(fd, file, from, len, extra);
    switch (f->kind) {
    case STALL:
        if (send_file(fd, file, from, part))
            wait_for_client_to_go(fd);
        return false;
    case TRUNCATE:
        send_file(fd, file, from, part);
        return false;
    case LONGER:
        return send_file(fd, file, from, len) && send_padding(fd, extra);
    case SHORTER:
        return send_file(fd, file, from, len > -extra ? len + extra : 0);
    case FLIP:
        return send_flipped(fd, file, from, len, f->num >= 0 ? (off_t)f->num : size / 2);
    case SLOW:
        return send_slowly(fd, file, from, len, f->num > 0 ? f->num : 1000);
    default:
        return send_file(fd, file, from, len);
    }
}

static bool answer_file(int fd, struct request *r, const struct fault *f, int file, off_t size)
{
    off_t from;
    off_t len;
    char head[512];
    char range[128] = "";
    char length[64] = "Transfer-Encoding: chunked\r\n";
    int code = find_part(r, f, size, &from, &len);
    if (code == 416) {
        snprintf(range, sizeof(range), "Content-Range: bytes */%lld\r\n", (long long)size);
        return answer_status(fd, r, 416, range);
    }
    log_request(r, code);
    long long said = len + extra_bytes(f) > 0 ? len + extra_bytes(f) : 0;
    if (!is_chunked(f->kind))
        snprintf(length, sizeof(length), "Content-Length: %lld\r\n", said);
    if (code == 206)
        snprintf(range, sizeof(range), "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)from,
                 (long long)(from + len - 1), (long long)size);
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.1 %d OK\r\nContent-Type: application/octet-stream\r\n"
                     "Accept-Ranges: bytes\r\n%s%s\r\n",
                     code, length, range);
    bool no_body = strcmp(r->method, "HEAD") == 0 || said == 0;
    if (!send_all(fd, head, (size_t)n, no_body ? 0 : MSG_MORE))
        return false;
    return strcmp(r->method, "HEAD") == 0 || send_body(fd, file, f, size, from, len);
}

static bool serve_file(int fd, struct request *r, const struct fault *f)
{
    struct stat st;
    int file = openat(server.folder, r->path[1] != '\0' ? r->path + 1 : ".",
                      O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool keep;
    if (file < 0 || fstat(file, &st) < 0 || !S_ISREG(st.st_mode))
        keep = answer_status(fd, r, 404, "");
    else
        keep = answer_file(fd, r, f, file, st.st_size);
    if (file >= 0)
        close(file);
    return keep;
}

static bool answer_redirect(int fd, struct request *r, const struct fault *f)
{
    char line[PATH_ROOM + 64];
    if (f->kind == REDIRECT)
        snprintf(line, sizeof(line), "Location: %s\r\n", f->arg);
    else
        snprintf(line, sizeof(line), "Location: %s?again=%u\r\n", r->path,
                 atomic_fetch_add(&server.loops, 1));
    return answer_status(fd, r, 302, line);
}

static bool answer_code(int fd, struct request *r, const struct fault *f)
{
    int code = 500;
    int after = 0;
    char line[64] = "";
    if (sscanf(f->arg, "%d:%d", &code, &after) == 2)
        snprintf(line, sizeof(line), "Retry-After: %d\r\n", after);
    return answer_status(fd, r, code, line);
}

static bool send_headers_for_ever(int fd)
{
    char line[256];
    memset(line, 'x', sizeof(line));
    memcpy(line, "X-More: ", 8);
    memcpy(line + sizeof(line) - 2, "\r\n", 2);
    if (!send_all(fd, "HTTP/1.1 200 OK\r\n", 17, 0))
        return false;
    for (long i = 0; i < 256L * 1024; i++)
        if (!send_all(fd, line, sizeof(line), 0))
            return false;
    return false;
}

bool answer(int fd, struct request *r)
{
    if (server.auth != NULL && strcmp(r->auth, server.auth) != 0)
        return answer_status(fd, r, 401, "WWW-Authenticate: Basic realm=\"test\"\r\n");
    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0)
        return answer_status(fd, r, 405, "Connection: close\r\n") && false;
    struct fault f = find_fault(r->path);
    switch (f.kind) {
    case STATUS:
        return answer_code(fd, r, &f);
    case CLOSE:
        log_request(r, 0);
        return false;
    case SILENT:
        log_request(r, 0);
        wait_for_client_to_go(fd);
        return false;
    case REDIRECT:
    case REDIRECT_LOOP:
        return answer_redirect(fd, r, &f);
    case HEADERS:
        log_request(r, 200);
        return send_headers_for_ever(fd);
    case WAIT:
        sleep_ms(f.num >= 0 ? (long)f.num : 200);
        break;
    default:
        break;
    }
    return serve_file(fd, r, &f);
}
