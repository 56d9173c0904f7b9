/* Private parts of stet-test-httpd: httpd.c sets up and reads requests, httpd_answer.c answers
 * them. */
#ifndef STET_TESTS_SUPPORT_HTTPD_H
#define STET_TESTS_SUPPORT_HTTPD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

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

struct fault {
    char *glob;
    enum kind kind;
    char *arg;     /* "" when there is none */
    long long num; /* arg as a number, or -1 */
    long left;     /* requests it still applies to; -1: all */
};

struct server {
    int folder;
    int log;
    char *auth; /* the value of a right Authorization header, or NULL */
    struct fault faults[FAULTS_MAX];
    size_t fault_count;
    pthread_mutex_t lock; /* of fault.left */
    atomic_int threads;
    atomic_uint loops;
};
extern struct server server;

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

/* Answers one request. false: the connection is to be closed. */
bool answer(int fd, struct request *r);
/* A short answer without a file. extra: header lines, each with its end. */
bool answer_status(int fd, struct request *r, int code, const char *extra);

#endif
