/*
 * Private parts of net: a URL taken apart, a transfer, and what came of an attempt.
 *
 * A runner has a few transfers (slots); each works on one request at a time. An attempt ends
 * with an outcome, and only the runner (run.c) decides what follows from it.
 */
#ifndef STET_NET_INTERNAL_H
#define STET_NET_INTERNAL_H

#include <curl/curl.h>

#include "lib/net/net.h"

enum {
    STET_NET_REDIRECTS_MAX = 5,
    STET_NET_PARALLEL_MAX = 64,
    STET_NET_HEADERS_MAX = 256 * 1024, /* bytes of one answer's headers */
    STET_NET_DISCARD_MAX = 64 * 1024,  /* bytes read of an error page, to keep the connection */
    STET_NET_PAUSE_MAX_MS = 30000,
    STET_NET_POLL_MS = 200,
};

enum stet_net_scheme { STET_NET_FILE, STET_NET_HTTP, STET_NET_HTTPS };

struct stet_net_url {
    enum stet_net_scheme scheme;
    char *clean;  /* what is asked for: without user, password and fragment */
    char *shown;  /* for people: without the query as well, which may be a signature */
    char *origin; /* scheme://host:port, lower case */
    char *user;   /* decoded, or NULL */
    char *password;
    char *path; /* decoded; of file: only */
};

/* Takes text apart. Anything but http, https and file is STET_ERROR_INPUT. */
int stet_net_url_parse(const char *text, struct stet_net_url *out, struct stet_error *err);
void stet_net_url_release(struct stet_net_url *u);

/* Why no server may redirect so, or NULL when it may. */
const char *stet_net_redirect_refused(enum stet_net_scheme from, enum stet_net_scheme to);

/* "bytes A-B/T" of RFC 9110, 14.4; total is -1 for '*'. 0, or -1 when it is anything else. */
int stet_net_parse_content_range(const char *s, int64_t *first, int64_t *last, int64_t *total);

/* What came of one attempt. */
enum stet_net_outcome {
    STET_NET_OPEN,     /* not ended */
    STET_NET_COMPLETE, /* the sink has kept the content */
    STET_NET_MISSING,  /* this URL has no such file */
    STET_NET_AGAIN,    /* failed in a way that may pass */
    STET_NET_REDO,     /* ask the same URL for the whole; happens once for each cause */
    STET_NET_REDIRECT, /* ask the URL in redirect */
    STET_NET_GIVE_UP,  /* no use asking this URL again */
    STET_NET_FATAL,    /* the sink failed, or a limit is reached: everything ends */
};

struct stet_net_runner;

struct stet_net_transfer {
    struct stet_net_runner *run;
    struct stet_net_request *req; /* NULL: the slot is free */
    CURL *easy;                   /* made when first needed */
    bool running;                 /* added to the multi handle */
    int64_t due_ms;               /* not running: when to ask (monotonic) */

    /* of the request: */
    size_t url_index;
    uint64_t put_off;           /* bit i: URL i was passed over, its server being unreachable */
    bool second_pass;           /* asks those now */
    bool all_missing;           /* every URL so far has no such file */
    bool wrong_content;         /* some URL served a wrong content */
    int64_t have;               /* bytes the sink holds */
    int64_t reported;           /* the most it ever held, of which the log was told */
    struct stet_buffer reasons; /* "URL: why; URL: why" */

    /* of the URL: */
    struct stet_net_url first; /* as given: credentials go to its origin only */
    unsigned attempt;
    bool no_range; /* its server does not do ranges right */

    /* of the attempt: */
    struct stet_net_url now; /* after redirects */
    unsigned redirects;
    bool fresh; /* begin at 0: what the sink holds is worth nothing */
    bool mixed; /* the sink's bytes come from more than one answer */
    int64_t asked_from;
    bool answered;    /* the head of the answer was looked at */
    bool discard;     /* the body is not the content */
    bool unreachable; /* no connection came about */
    uint64_t received;
    size_t header_bytes;
    size_t discarded;
    int64_t mark_ms; /* the stall clock; 0: not connected yet */
    uint64_t mark_bytes;
    long retry_after_s;
    enum stet_net_outcome outcome;
    struct stet_error failure; /* why, unless COMPLETE or REDIRECT */
    char *redirect;
    char curl_text[CURL_ERROR_SIZE];
};

struct stet_net_runner {
    struct stet_net_options opt; /* without zeroes */
    const struct stet_log *log;
    CURLM *multi;
    struct stet_net_request *requests;
    size_t count;
    size_t next;
    struct stet_net_transfer *slots;
    size_t slot_count;
    uint64_t received;            /* of all transfers */
    struct stet_strv unreachable; /* origins */
};

int64_t stet_net_now_ms(void);

/* Ends the attempt with this outcome and reason. Returns -1. */
int stet_net_stop(struct stet_net_transfer *t, enum stet_net_outcome outcome,
                  enum stet_error_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- sink.c: the request's functions, and what is checked before they are called. On failure
 * the attempt is stopped. ---- */

/* The answer begins at offset first (0 or t->have); length is what the server says will come, or
 * -1. */
int stet_net_sink_begin(struct stet_net_transfer *t, int64_t first, int64_t length);
int stet_net_sink_data(struct stet_net_transfer *t, const void *data, size_t len);
/* Forgets what the sink holds. */
int stet_net_sink_restart(struct stet_net_transfer *t);
/* The content has ended; sets the outcome. */
void stet_net_sink_end(struct stet_net_transfer *t);

/* ---- http.c ---- */

/* Sets up t->easy for t->now. */
int stet_net_http_prepare(struct stet_net_transfer *t, struct stet_error *err);
/* libcurl is through with it: sets the outcome, if no callback did. */
void stet_net_http_finish(struct stet_net_transfer *t, CURLcode code);

/* ---- file.c ---- */

/* The whole attempt. */
void stet_net_file_run(struct stet_net_transfer *t);

#endif
