/*
 * net - downloads in parallel, over libcurl. http, https and file URLs.
 */
#ifndef STET_NET_NET_H
#define STET_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"

struct stet_net_options {
    unsigned parallel;      /* transfers at once; 0: 8 */
    unsigned attempts;      /* tries of one URL on transient failures; 0: 3 */
    unsigned retry_ms;      /* pause before the second try, doubled for each further one; 0: 500 */
    long connect_timeout_s; /* 0: 15 */
    long stall_timeout_s;   /* give up when under 1 byte/s for so long; 0: 30 */
    uint64_t budget;        /* bytes of all transfers together; 0: 16 GiB */
    const char *user_agent; /* NULL: "stet" */
};

/*
 * One thing to get. The content goes to the sink's functions, in order, from the
 * calling thread only. URLs are tried in turn until one serves it: a URL is given up for
 * good on 4xx (but 408, 425, 429), a wrong size or a failed check, retried on the rest.
 */
struct stet_net_request {
    const char *const *urls; /* NULL-terminated, at least one; borrowed */
    const char *name;        /* for errors and progress; NULL: the URL alone; borrowed */
    int64_t size;            /* exact size expected, or -1: unknown */
    uint64_t max_size;       /* most accepted when size is unknown */
    int64_t resume_from;     /* bytes the sink already has (a Range request); 0: none. restart() is
                                called if the server starts over */
    bool optional; /* 404 or 410 on all URLs (or no such file:) is no failure: status ABSENT */
    void *ctx;
    /* May be NULL. Called once, just before the first URL is asked, so that what a request needs
     * (files, locks) is held only while it runs; may change *resume_from. 0: go; 1: nothing to get
     * after all, status becomes SKIPPED; -1 with err: everything is aborted. */
    int (*start)(void *ctx, int64_t *resume_from, struct stet_error *err);
    int (*restart)(void *ctx, struct stet_error *err); /* forget what was received */
    int (*data)(void *ctx, const void *data, size_t len, struct stet_error *err);
    /* The content is complete: checks it (hash), keeps it. STET_ERROR_INPUT tries the next URL. */
    int (*done)(void *ctx, const char *url, struct stet_error *err);
    /* out: */
    enum { STET_NET_PENDING, STET_NET_DONE, STET_NET_ABSENT, STET_NET_SKIPPED } status;
};

/*
 * Runs all requests; returns when all are done, or -1 after the first final failure (the rest is
 * aborted). Redirects: at most 5, only to http and https, never from https to http, never from
 * http(s) to file; credentials in a URL or ~/.netrc are sent to that URL's own scheme, host and
 * port only. Proxies by the usual environment variables. Nothing is decompressed: the bytes are
 * those of the file. A file: URL must name a regular file. Checks stet_cancel at least five times a
 * second. An error names the request, each URL tried (without credentials and query) and what its
 * server did; it is STET_ERROR_INPUT when one of them served a wrong content, else
 * STET_ERROR_ENVIRONMENT. Errors of the sink's functions end everything (but STET_ERROR_INPUT of
 * done). Progress: the log's current phase is advanced by the bytes received and by 1 item for each
 * request that ends; the caller begins and ends the phase. Safe in several threads at once.
 */
int stet_net_run(struct stet_net_request *requests, size_t count,
                 const struct stet_net_options *options, const struct stet_log *log,
                 struct stet_error *err);

/* One small document into a buffer (at most max bytes). optional as above: returns 0 absent, 1 got,
 * -1 err. */
int stet_net_get(const char *url, uint64_t max, bool optional,
                 const struct stet_net_options *options, struct stet_buffer *out,
                 struct stet_error *err);

#endif
