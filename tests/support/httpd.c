/*
 * stet-test-httpd - a small HTTP/1.1 server that misbehaves on request. For tests only.
 *
 *   stet-test-httpd [OPTION]... FOLDER
 *
 * Serves the files of FOLDER on 127.0.0.1, on a free port, which is printed on standard output as
 * the only line. Understands GET and HEAD, keep-alive, "Range: bytes=A-" and "bytes=A-B", and the
 * absolute URLs that are sent to a proxy (whatever their host, it answers from FOLDER). From a
 * shell:
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
 *   longer[:N]        N bytes (default 7) more than the file has, and a Content-Length that says so
 *   shorter[:N]       N bytes (default 7) fewer, and a Content-Length that says so
 *   chunked           everything, without a Content-Length
 *   longer-chunked[:N], shorter-chunked[:N]
 *                     more or fewer, without a Content-Length
 *   flip[:OFFSET]     one bit of the byte at OFFSET of the file (default: its middle) is wrong
 *   slow[:BYTES]      so many bytes a second (default 1000), ten times a second
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
#include "tests/support/httpd_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct server server = {.folder = -1, .log = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

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

static void die(const char *what, const char *arg)
{
    fprintf(stderr, "stet-test-httpd: %s%s%s\n", what, arg[0] != '\0' ? ": " : "", arg);
    exit(2);
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
