/*
 * stet-test-httpd - a small HTTP/1.1 server that misbehaves on request. For tests only.
 *
 *   stet-test-httpd [OPTION]... FOLDER
 *
 * Serves the files of FOLDER on 127.0.0.1, on a free port, which is printed on standard output as
 * the only line. Understands GET and HEAD, keep-alive, and "Range: bytes=A-" and "bytes=A-B". From
 * a shell:
 *
 *   stet-test-httpd --log requests.txt "$dir" > port.txt &
 *   until [ -s port.txt ]; do sleep 0.05; done
 *   url=http://127.0.0.1:$(cat port.txt)
 *
 * Options:
 *   --fault GLOB=KIND[:ARG][@N]  misbehave when the path (with its '/', without the query) matches
 *                                GLOB; with @N for the first N such requests only. Of several
 *                                faults the first that is not used up applies.
 *   --auth USER:PASSWORD         want these credentials (Basic) for everything
 *   --log FILE                   append a line for each request:
 *                                METHOD TARGET STATUS range=R auth=A encoding=E agent=U
 *                                (a header's value with spaces as '_', or '-' when it is not sent)
 *   --port N                     this port and not a free one
 *   --lifetime SECONDS           exit after so long; 600 by default
 *   --stdin                      exit when standard input ends
 *
 * Kinds of faults:
 *   status:CODE       answer CODE; status:CODE:SECONDS adds Retry-After
 *   close             close the connection without an answer
 *   silent            accept the request and say nothing
 *   stall[:BYTES]     stop after BYTES of the body (default: half), keep the connection open
 *   truncate[:BYTES]  promise everything, close after BYTES of the body (default: half)
 *   longer[:N]        N bytes (default 7) more than the file has, with a Content-Length that says
 * so shorter[:N]       N bytes (default 7) fewer, with a Content-Length that says so chunked
 * everything, without a Content-Length longer-chunked[:N], shorter-chunked[:N]   the same two
 * without a Content-Length flip[:OFFSET]     one bit of the byte at OFFSET of the file (default:
 * its middle) is wrong slow[:BYTES]      so many bytes a second (default 1000), ten times a second
 *   wait[:MS]         answer rightly, but so much later (default 200)
 *   ignore-range      answer 200 and the whole file to a Range
 *   wrong-range       answer a Range with another part of the file
 *   refuse-range      answer a Range with 416
 *   redirect:URL      302 to URL, which may be relative
 *   redirect-loop     302 to the same path with another query, for ever
 *   headers           send headers without end
 *
 * It exits when its parent dies (PR_SET_PDEATHSIG), at the end of its lifetime, or on a signal;
 * every wait for a client is bounded as well. Not a secure server: it follows symbolic links in
 * FOLDER.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEAD_MAX = 16 * 1024,
    FAULTS_MAX = 64,
    THREADS_MAX = 256,
    CLIENT_TIMEOUT_S = 60,
    PATH_ROOM = 4096,
};

enum kind {
    NONE,
    STATUS,
    CLOSE,
    SILENT,
    STALL,
    TRUNCATE,
    LONGER,
    SHORTER,
    CHUNKED,
    LONGER_CHUNKED,
    SHORTER_CHUNKED,
    FLIP,
    SLOW,
    WAIT,
    IGNORE_RANGE,
    WRONG_RANGE,
    REFUSE_RANGE,
    REDIRECT,
    REDIRECT_LOOP,
    HEADERS,
};

static const char *const kind_names[] = {
    [NONE] = "none",
    [STATUS] = "status",
    [CLOSE] = "close",
    [SILENT] = "silent",
    [STALL] = "stall",
    [TRUNCATE] = "truncate",
    [LONGER] = "longer",
    [SHORTER] = "shorter",
    [CHUNKED] = "chunked",
    [LONGER_CHUNKED] = "longer-chunked",
    [SHORTER_CHUNKED] = "shorter-chunked",
    [FLIP] = "flip",
    [SLOW] = "slow",
    [WAIT] = "wait",
    [IGNORE_RANGE] = "ignore-range",
    [WRONG_RANGE] = "wrong-range",
    [REFUSE_RANGE] = "refuse-range",
    [REDIRECT] = "redirect",
    [REDIRECT_LOOP] = "redirect-loop",
    [HEADERS] = "headers",
};

struct fault {
    char *glob;
    enum kind kind;
    char *arg;     /* "" when there is none */
    long long num; /* arg as a number, or -1 */
    long left;     /* requests it still applies to; -1: all */
};

static struct {
    int folder;
    int log;
    char *auth; /* the value of a right Authorization header, or NULL */
    struct fault faults[FAULTS_MAX];
    size_t fault_count;
    pthread_mutex_t lock; /* of fault.left */
    atomic_int threads;
    atomic_uint loops;
} server = {.folder = -1, .log = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

struct request {
    char method[16];
    char target[PATH_ROOM];
    char path[PATH_ROOM]; /* decoded, without the query */
    char range[128];
    char auth[512];
    char encoding[128];
    char agent[128];
    bool close;
};

static void die(const char *what, const char *arg)
{
    fprintf(stderr, "stet-test-httpd: %s%s%s\n", what, arg[0] != '\0' ? ": " : "", arg);
    exit(2);
}

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

/* ---- requests ---- */

static int unhex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool decode_path(const char *target, char *out)
{
    size_t n = 0;
    if (strncmp(target, "http://", 7) == 0) {
        target = strchr(target + 7, '/');
        if (target == NULL)
            return false;
    }
    for (; *target != '\0' && *target != '?' && *target != '#'; target++) {
        char c = *target;
        if (c == '%') {
            int high = unhex(target[1]);
            int low = high < 0 ? -1 : unhex(target[2]);
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            target += 2;
        }
        if (c == '\0')
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return out[0] == '/' && strstr(out, "/../") == NULL &&
           !(n >= 3 && memcmp(out + n - 3, "/..", 3) == 0);
}

static void keep_header(const char *line, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    if (strncasecmp(line, name, len) != 0 || line[len] != ':')
        return;
    line += len + 1;
    while (*line == ' ')
        line++;
    snprintf(out, size, "%s", line);
}

static bool parse_request(char *head, struct request *r)
{
    char connection[64] = "";
    char *end = strstr(head, "\r\n");
    if (end == NULL)
        return false;
    *end = '\0';
    if (sscanf(head, "%15s %4095s", r->method, r->target) != 2)
        return false;
    for (char *line = end + 2; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
        *end = '\0';
        keep_header(line, "Range", r->range, sizeof(r->range));
        keep_header(line, "Authorization", r->auth, sizeof(r->auth));
        keep_header(line, "Accept-Encoding", r->encoding, sizeof(r->encoding));
        keep_header(line, "User-Agent", r->agent, sizeof(r->agent));
        keep_header(line, "Connection", connection, sizeof(connection));
    }
    r->close = strcasecmp(connection, "close") == 0;
    return decode_path(r->target, r->path);
}

/* Reads up to the empty line; what follows it is not expected (GET has no body). */
static bool read_head(int fd, char *head)
{
    size_t len = 0;
    while (len < HEAD_MAX - 1) {
        ssize_t n = recv(fd, head + len, HEAD_MAX - 1 - len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        len += (size_t)n;
        head[len] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

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

/* ---- answers ---- */

/* A short answer without a file. extra: header lines, each with its end. */
static bool answer_status(int fd, struct request *r, int code, const char *extra)
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

/* Answers one request. false: close the connection. */
static bool answer(int fd, struct request *r)
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

static void *serve_client(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char *head = malloc(HEAD_MAX);
    struct request *r = malloc(sizeof(*r));
    while (head != NULL && r != NULL && read_head(fd, head)) {
        memset(r, 0, sizeof(*r));
        if (!parse_request(head, r)) {
            answer_status(fd, r, 400, "Connection: close\r\n");
            break;
        }
        if (!answer(fd, r) || r->close)
            break;
    }
    free(head);
    free(r);
    close(fd);
    atomic_fetch_sub(&server.threads, 1);
    return NULL;
}

/* ---- set-up ---- */

static long long number(const char *s)
{
    char *end;
    errno = 0;
    long long value = strtoll(s, &end, 10);
    return s[0] == '\0' || *end != '\0' || errno != 0 || value < 0 ? -1 : value;
}

static void add_fault(const char *spec)
{
    struct fault *f = &server.faults[server.fault_count];
    char *text = strdup(spec);
    char *equals = text != NULL ? strchr(text, '=') : NULL;
    if (server.fault_count == FAULTS_MAX || equals == NULL)
        die("a fault is given as GLOB=KIND[:ARG][@N]", spec);
    *equals = '\0';
    f->glob = text;
    f->left = -1;
    char *at = strrchr(equals + 1, '@');
    if (at != NULL && number(at + 1) >= 0) {
        f->left = (long)number(at + 1);
        *at = '\0';
    }
    char *colon = strchr(equals + 1, ':');
    f->arg = colon != NULL ? colon + 1 : equals + 1 + strlen(equals + 1);
    f->num = number(f->arg);
    if (colon != NULL)
        *colon = '\0';
    for (size_t i = 1; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
        if (strcmp(equals + 1, kind_names[i]) == 0)
            f->kind = (enum kind)i;
    if (f->kind == NONE)
        die("unknown kind of fault", equals + 1);
    server.fault_count++;
}

static void set_auth(const char *credentials)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(credentials);
    char *out = calloc(1, len * 2 + 16);
    if (out == NULL)
        die("out of memory", "");
    size_t n = (size_t)snprintf(out, 7, "Basic ");
    for (size_t i = 0; i < len; i += 3) {
        unsigned long v = 0;
        for (size_t j = 0; j < 3; j++)
            v = v << 8 | (i + j < len ? (unsigned char)credentials[i + j] : 0U);
        for (size_t j = 0; j < 4; j++)
            out[n++] = i + j > len ? '=' : digits[v >> (18 - 6 * j) & 63];
    }
    server.auth = out;
}

static int listen_on(long long port)
{
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        die("cannot listen on 127.0.0.1", "");
    printf("%u\n", (unsigned)ntohs(addr.sin_port));
    if (fflush(stdout) != 0)
        die("cannot print the port", "");
    return fd;
}

static void accept_client(int listener)
{
    int one = 1;
    struct timeval limit = {.tv_sec = CLIENT_TIMEOUT_S};
    pthread_t thread;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (atomic_fetch_add(&server.threads, 1) >= THREADS_MAX ||
        pthread_create(&thread, NULL, serve_client, (void *)(intptr_t)fd) != 0) {
        atomic_fetch_sub(&server.threads, 1);
        close(fd);
        return;
    }
    pthread_detach(thread);
}

static void loop(int listener, bool watch_stdin)
{
    struct pollfd fds[2] = {{.fd = listener, .events = POLLIN},
                            {.fd = watch_stdin ? STDIN_FILENO : -1, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            die("poll failed", "");
        char byte;
        if (fds[1].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0)
            exit(0);
        if (fds[0].revents != 0)
            accept_client(listener);
    }
}

int main(int argc, char **argv)
{
    pid_t parent = getppid();
    bool watch_stdin = false;
    long long port = 0;
    long long lifetime = 600;
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--stdin") == 0) {
            watch_stdin = true;
            continue;
        }
        if (strcmp(argv[i], "--fault") == 0)
            add_fault(value);
        else if (strcmp(argv[i], "--auth") == 0)
            set_auth(value);
        else if (strcmp(argv[i], "--log") == 0)
            server.log = open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        else if (strcmp(argv[i], "--port") == 0)
            port = number(value);
        else if (strcmp(argv[i], "--lifetime") == 0)
            lifetime = number(value);
        else
            die("unknown option", argv[i]);
        i++;
    }
    if (i != argc - 1 || port < 0 || port > 65535 || lifetime <= 0 || lifetime > 86400)
        die("usage: stet-test-httpd [--fault GLOB=KIND[:ARG][@N]] [--auth USER:PASSWORD] "
            "[--log FILE] [--port N] [--lifetime SECONDS] [--stdin] FOLDER",
            "");
    server.folder = open(argv[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (server.folder < 0)
        die("cannot open the folder", argv[i]);
    /* The parent may have died before the request to be told. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        die("the parent is gone", "");
    signal(SIGPIPE, SIG_IGN); /* sendfile(2) knows no MSG_NOSIGNAL */
    alarm((unsigned)lifetime);
    loop(listen_on(port), watch_stdin);
    return 0;
}
