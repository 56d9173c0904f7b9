/* The queue: which request goes into which slot, which URL is asked, and what follows from an
 * outcome. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "lib/net/internal.h"

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready;

static void curl_begin(void)
{
    curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int64_t stet_net_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + 1; /* never 0 */
}

/* ---- one request's way through its URLs ---- */

static const char *name_of(const struct stet_net_request *req)
{
    return req->name != NULL ? req->name : "a document";
}

/* "name: " before what names the URL anyway; "" where the name is the URL. */
static const char *prefix_of(const struct stet_net_request *req, const char **separator)
{
    bool named =
        req->name != NULL && (req->urls[0] == NULL || strcmp(req->name, req->urls[0]) != 0);

    *separator = named ? ": " : "";
    return named ? req->name : "";
}

static void free_slot(struct stet_net_transfer *t)
{
    stet_net_url_release(&t->first);
    stet_net_url_release(&t->now);
    stet_buffer_clear(&t->reasons);
    free(t->redirect);
    t->redirect = NULL;
    t->req = NULL;
}

static void end_request(struct stet_net_transfer *t, int status)
{
    stet_log_phase_advance(t->run->log, 1, 0, name_of(t->req));
    t->req->status = status;
    free_slot(t);
}

static int fail_request(struct stet_net_transfer *t, struct stet_error *err)
{
    const char *separator, *prefix = prefix_of(t->req, &separator);
    stet_error_set(err, t->wrong_content ? STET_ERROR_INPUT : STET_ERROR_ENVIRONMENT, 0,
                   "cannot get %s%s%s", prefix, separator, stet_buffer_str(&t->reasons));
    free_slot(t);
    return -1;
}

/* Remembers why the current URL did not serve. */
static void add_reason(struct stet_net_transfer *t)
{
    if (t->failure.kind == STET_ERROR_INPUT)
        t->wrong_content = true;
    if (t->reasons.len > STET_ERROR_TEXT_MAX / 2)
        return;
    if (t->reasons.len > 0)
        stet_buffer_add_str(&t->reasons, "; ");
    if (t->first.shown != NULL)
        stet_buffer_addf(&t->reasons, "%s: ", t->first.shown);
    if (t->now.shown != NULL && t->first.shown != NULL && strcmp(t->now.shown, t->first.shown) != 0)
        stet_buffer_addf(&t->reasons, "(redirected to %s) ", t->now.shown);
    stet_buffer_add_str(&t->reasons, t->failure.text);
}

static bool is_put_off(const struct stet_net_transfer *t, size_t i)
{
    return i < 64 && (t->put_off >> i & 1) != 0;
}

/* Sets url_index to the next URL to ask, from i on. false when there is none. */
static bool find_url(struct stet_net_transfer *t, size_t i)
{
    for (; t->req->urls[i] != NULL; i++)
        if (!t->second_pass || is_put_off(t, i)) {
            t->url_index = i;
            return true;
        }
    if (t->second_pass || t->put_off == 0)
        return false;
    t->second_pass = true;
    return find_url(t, 0);
}

static int set_now(struct stet_net_transfer *t, const char *url)
{
    stet_net_url_release(&t->now);
    stet_error_clear(&t->failure);
    return stet_net_url_parse(url, &t->now, &t->failure);
}

static int begin_url(struct stet_net_transfer *t);

static int next_url(struct stet_net_transfer *t, struct stet_error *err)
{
    struct stet_net_request *req = t->req;
    while (find_url(t, t->url_index + 1)) {
        if (begin_url(t) == 0)
            return 0;
    }
    if (req->optional && t->all_missing) {
        end_request(t, STET_NET_ABSENT);
        return 0;
    }
    return fail_request(t, err);
}

/* -1: this URL is passed over, for now or for good. */
static int begin_url(struct stet_net_transfer *t)
{
    const char *url = t->req->urls[t->url_index];
    t->attempt = 0;
    t->no_range = false;
    t->due_ms = 0;
    stet_net_url_release(&t->first);
    stet_net_url_release(&t->now);
    stet_error_clear(&t->failure);
    if (stet_net_url_parse(url, &t->first, &t->failure) < 0) {
        t->all_missing = false;
        add_reason(t);
        return -1;
    }
    /* Waiting for a dead server once is enough: others of this request go first. */
    if (!t->second_pass && t->url_index < 64 &&
        stet_strv_contains(&t->run->unreachable, t->first.origin)) {
        t->put_off |= (uint64_t)1 << t->url_index;
        return -1;
    }
    if (t->have > 0 && t->req->size < 0)
        t->fresh = true; /* nothing says that this URL has the same content */
    return 0;
}

static int begin_request(struct stet_net_transfer *t, struct stet_net_request *req,
                         struct stet_error *err)
{
    CURL *easy = t->easy;
    struct stet_buffer reasons = t->reasons;
    *t = (struct stet_net_transfer){.run = t->run, .req = req, .easy = easy, .reasons = reasons};
    t->all_missing = true;
    int64_t from = req->resume_from;
    if (req->start != NULL) {
        int rc = req->start(req->ctx, &from, err);
        if (rc < 0)
            return stet_error_wrap(err, "cannot get %s", name_of(req));
        if (rc > 0) {
            req->status = STET_NET_SKIPPED;
            free_slot(t);
            return 0;
        }
    }
    if (from > 0) {
        t->have = from;
        t->reported = from;
        t->mixed = true;
        t->fresh = req->size >= 0 && from >= req->size;
    }
    if (req->urls[0] == NULL) {
        stet_buffer_add_str(&t->reasons, "no URL is known for it");
        return fail_request(t, err);
    }
    t->url_index = 0;
    return begin_url(t) == 0 ? 0 : next_url(t, err);
}

/* ---- attempts ---- */

static int sink_failed(struct stet_net_transfer *t, struct stet_error *err)
{
    stet_error_copy(err, &t->failure);
    if (err->kind != STET_ERROR_INTERRUPTED)
        stet_error_wrap(err, "cannot get %s", name_of(t->req));
    return -1;
}

static void begin_attempt(struct stet_net_transfer *t)
{
    t->outcome = STET_NET_OPEN;
    t->answered = false;
    t->discard = false;
    t->unreachable = false;
    t->received = 0;
    t->header_bytes = 0;
    t->discarded = 0;
    t->mark_ms = 0;
    t->mark_bytes = 0;
    t->retry_after_s = 0;
}

static int launch(struct stet_net_transfer *t, struct stet_error *err)
{
    if (t->now.clean == NULL) {
        t->redirects = 0;
        if (set_now(t, t->req->urls[t->url_index]) < 0)
            return sink_failed(t, err); /* it was read before: out of memory */
    }
    begin_attempt(t);
    if (t->have > 0 && (t->fresh || t->no_range) && stet_net_sink_restart(t) < 0)
        return sink_failed(t, err);
    t->fresh = false;
    if (t->now.scheme == STET_NET_FILE) {
        stet_net_file_run(t);
        return 0;
    }
    if (stet_net_http_prepare(t, err) < 0)
        return -1;
    CURLMcode rc = curl_multi_add_handle(t->run->multi, t->easy);
    if (rc != CURLM_OK)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "cannot start a download: %s",
                              curl_multi_strerror(rc));
    t->running = true;
    return 0;
}

static int give_up_url(struct stet_net_transfer *t, struct stet_error *err)
{
    t->all_missing = t->all_missing && t->outcome == STET_NET_MISSING;
    add_reason(t);
    stet_log_message(t->run->log, t->outcome == STET_NET_MISSING ? STET_LOG_VERBOSE : STET_LOG_INFO,
                     "%s: %s: %s", name_of(t->req), t->first.shown, t->failure.text);
    if (t->unreachable && !stet_strv_contains(&t->run->unreachable, t->first.origin) &&
        stet_strv_add(&t->run->unreachable, t->first.origin, err) < 0)
        return -1;
    return next_url(t, err);
}

static int again(struct stet_net_transfer *t, struct stet_error *err)
{
    const struct stet_net_options *opt = &t->run->opt;
    t->attempt++;
    if (t->attempt >= opt->attempts)
        return give_up_url(t, err);
    unsigned doublings = t->attempt - 1 < 16 ? t->attempt - 1 : 16;
    int64_t pause = (int64_t)opt->retry_ms << doublings;
    if (pause < (int64_t)t->retry_after_s * 1000)
        pause = (int64_t)t->retry_after_s * 1000;
    if (pause > STET_NET_PAUSE_MAX_MS)
        pause = STET_NET_PAUSE_MAX_MS;
    t->due_ms = stet_net_now_ms() + pause;
    if (t->req->size < 0)
        t->fresh = true; /* it may have changed meanwhile, and nothing would tell */
    const char *separator, *prefix = prefix_of(t->req, &separator);
    stet_log_message(t->run->log, STET_LOG_INFO, "%s%s%s: %s; trying again in %" PRId64 " ms",
                     prefix, separator, t->now.shown, t->failure.text, pause);
    stet_net_url_release(&t->now);
    return 0;
}

static int redirect(struct stet_net_transfer *t, struct stet_error *err)
{
    enum stet_net_scheme from = t->now.scheme;
    struct stet_net_url target;
    if (++t->redirects > STET_NET_REDIRECTS_MAX) {
        stet_net_stop(t, STET_NET_GIVE_UP, STET_ERROR_ENVIRONMENT,
                      "the server redirects more than %d times", STET_NET_REDIRECTS_MAX);
        return give_up_url(t, err);
    }
    t->outcome = STET_NET_GIVE_UP;
    stet_error_clear(&t->failure);
    if (stet_net_url_parse(t->redirect, &target, &t->failure) < 0) {
        stet_error_wrap(&t->failure, "the server redirects astray");
        return give_up_url(t, err);
    }
    const char *refusal = stet_net_redirect_refused(from, target.scheme);
    if (refusal != NULL) {
        stet_net_url_release(&target);
        stet_net_stop(t, STET_NET_GIVE_UP, STET_ERROR_INPUT,
                      "the server redirects %s, which is refused", refusal);
        return give_up_url(t, err);
    }
    stet_log_message(t->run->log, STET_LOG_VERBOSE, "%s: %s redirects to %s", name_of(t->req),
                     t->now.shown, target.shown);
    stet_net_url_release(&t->now);
    t->now = target;
    t->due_ms = 0;
    return 0;
}

static int settle(struct stet_net_transfer *t, struct stet_error *err)
{
    switch (t->outcome) {
    case STET_NET_COMPLETE:
        stet_log_message(t->run->log, STET_LOG_VERBOSE, "%s: got %" PRId64 " bytes from %s",
                         name_of(t->req), t->have, t->now.shown);
        end_request(t, STET_NET_DONE);
        return 0;
    case STET_NET_REDIRECT:
        return redirect(t, err);
    case STET_NET_AGAIN:
        return again(t, err);
    case STET_NET_REDO:
        t->fresh = true;
        t->due_ms = 0;
        stet_log_message(t->run->log, STET_LOG_INFO, "%s: %s: %s; asking for all of it",
                         name_of(t->req), t->now.shown, t->failure.text);
        stet_net_url_release(&t->now);
        return 0;
    case STET_NET_MISSING:
    case STET_NET_GIVE_UP:
        return give_up_url(t, err);
    case STET_NET_FATAL:
        return sink_failed(t, err);
    case STET_NET_OPEN:
        break;
    }
    return stet_error_set(err, STET_ERROR_INTERNAL, 0, "a download of %s ended without an outcome",
                          name_of(t->req));
}

/* ---- the loop ---- */

static bool is_due(const struct stet_net_transfer *t, int64_t now)
{
    return t->req != NULL && !t->running && t->due_ms <= now;
}

/* Fills free slots and starts what is due. *busy tells whether anything is under way at all. */
static int start_transfers(struct stet_net_runner *run, bool *busy, struct stet_error *err)
{
    *busy = false;
    for (size_t i = 0; i < run->slot_count; i++) {
        struct stet_net_transfer *t = &run->slots[i];
        while (t->req == NULL && run->next < run->count)
            if (begin_request(t, &run->requests[run->next++], err) < 0)
                return -1;
        if (is_due(t, stet_net_now_ms())) {
            if (launch(t, err) < 0 || (!t->running && settle(t, err) < 0))
                return -1;
        }
        *busy = *busy || t->req != NULL || run->next < run->count;
    }
    return 0;
}

static void stop_transfer(struct stet_net_transfer *t)
{
    if (t->running)
        curl_multi_remove_handle(t->run->multi, t->easy);
    t->running = false;
}

/* A handle whose transfer failed keeps more than curl_easy_reset() resets: it is not used again. */
static void drop_handle(struct stet_net_transfer *t)
{
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
}

static int take_results(struct stet_net_runner *run, struct stet_error *err)
{
    int left;
    for (;;) {
        CURLMsg *msg = curl_multi_info_read(run->multi, &left);
        if (msg == NULL)
            return 0;
        if (msg->msg != CURLMSG_DONE)
            continue;
        struct stet_net_transfer *t = NULL;
        CURLcode code = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        stop_transfer(t);
        stet_net_http_finish(t, code);
        if (code != CURLE_OK)
            drop_handle(t);
        if (settle(t, err) < 0)
            return -1;
    }
}

/* libcurl's own speed limit looks at an average over some seconds, so that a stall after a fast
 * start is seen late. Here the clock starts anew with every stall_timeout_s bytes. */
static int check_stalls(struct stet_net_runner *run, struct stet_error *err)
{
    int64_t now = stet_net_now_ms();
    for (size_t i = 0; i < run->slot_count; i++) {
        struct stet_net_transfer *t = &run->slots[i];
        if (!t->running || t->mark_ms == 0)
            continue;
        if (t->received - t->mark_bytes >= (uint64_t)run->opt.stall_timeout_s) {
            t->mark_bytes = t->received;
            t->mark_ms = now;
            continue;
        }
        if (now - t->mark_ms < (int64_t)run->opt.stall_timeout_s * 1000)
            continue;
        stop_transfer(t);
        drop_handle(t);
        stet_net_stop(
            t, STET_NET_AGAIN, STET_ERROR_ENVIRONMENT, "the server sent %s for %ld seconds",
            t->received == t->mark_bytes ? "nothing" : "next to nothing", run->opt.stall_timeout_s);
        if (settle(t, err) < 0)
            return -1;
    }
    return 0;
}

/* How long the loop may sleep: not at all when there is something to start or nothing to wait for,
 * else until the next pause ends, but not past a request to stop. */
static int sleep_ms(const struct stet_net_runner *run)
{
    int64_t now = stet_net_now_ms();
    int64_t wait = STET_NET_POLL_MS;
    bool busy = false;
    for (size_t i = 0; i < run->slot_count; i++) {
        const struct stet_net_transfer *t = &run->slots[i];
        if (t->req == NULL && run->next < run->count)
            return 0;
        if (t->req != NULL && !t->running && t->due_ms - now < wait)
            wait = t->due_ms > now ? t->due_ms - now : 0;
        busy = busy || t->req != NULL;
    }
    return busy ? (int)wait : 0;
}

static int run_loop(struct stet_net_runner *run, struct stet_error *err)
{
    for (;;) {
        bool busy = false;
        int running = 0;
        if (stet_cancel_check(err) < 0 || start_transfers(run, &busy, err) < 0)
            return -1;
        if (!busy)
            return 0;
        CURLMcode rc = curl_multi_perform(run->multi, &running);
        if (rc == CURLM_OK) {
            if (take_results(run, err) < 0 || check_stalls(run, err) < 0)
                return -1;
            rc = curl_multi_poll(run->multi, NULL, 0, sleep_ms(run), NULL);
        }
        if (rc != CURLM_OK)
            return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "downloading failed: %s",
                                  curl_multi_strerror(rc));
    }
}

static void fill_options(struct stet_net_options *opt, const struct stet_net_options *given)
{
    *opt = given != NULL ? *given : (struct stet_net_options){.parallel = 0};
    if (opt->parallel == 0)
        opt->parallel = 8;
    if (opt->parallel > STET_NET_PARALLEL_MAX)
        opt->parallel = STET_NET_PARALLEL_MAX;
    if (opt->attempts == 0)
        opt->attempts = 3;
    if (opt->retry_ms == 0)
        opt->retry_ms = 500;
    if (opt->connect_timeout_s <= 0)
        opt->connect_timeout_s = 15;
    if (opt->stall_timeout_s <= 0)
        opt->stall_timeout_s = 30;
    if (opt->budget == 0)
        opt->budget = (uint64_t)16 << 30;
    if (opt->user_agent == NULL)
        opt->user_agent = "stet";
}

static int runner_init(struct stet_net_runner *run, const struct stet_net_options *options,
                       struct stet_error *err)
{
    fill_options(&run->opt, options);
    pthread_once(&curl_once, curl_begin);
    if (curl_ready != CURLE_OK)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "libcurl cannot be used: %s",
                              curl_easy_strerror(curl_ready));
    size_t slots = run->count < run->opt.parallel ? run->count : run->opt.parallel;
    run->slots = calloc(slots, sizeof(*run->slots));
    run->multi = curl_multi_init();
    if (run->slots == NULL || run->multi == NULL)
        return stet_error_oom(err, "preparing downloads");
    run->slot_count = slots;
    for (size_t i = 0; i < slots; i++)
        run->slots[i].run = run;
    return 0;
}

static void runner_release(struct stet_net_runner *run)
{
    for (size_t i = 0; i < run->slot_count; i++) {
        struct stet_net_transfer *t = &run->slots[i];
        stop_transfer(t);
        curl_easy_cleanup(t->easy);
        free_slot(t);
        stet_buffer_release(&t->reasons);
    }
    free(run->slots);
    curl_multi_cleanup(run->multi);
    stet_strv_release(&run->unreachable);
}

/* With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE alone, and a TLS library may raise it. */
struct sigpipe_guard {
    sigset_t before;
    bool active;
};

static void sigpipe_block(struct sigpipe_guard *g)
{
    sigset_t pipe_set;
    sigset_t pending;
    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    g->active = sigpending(&pending) == 0 && !sigismember(&pending, SIGPIPE) &&
                pthread_sigmask(SIG_BLOCK, &pipe_set, &g->before) == 0;
}

static void sigpipe_restore(struct sigpipe_guard *g)
{
    if (!g->active)
        return;
    sigset_t pipe_set;
    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    struct timespec none = {0, 0};
    sigtimedwait(&pipe_set, NULL, &none);
    pthread_sigmask(SIG_SETMASK, &g->before, NULL);
}

int stet_net_run(struct stet_net_request *requests, size_t count,
                 const struct stet_net_options *options, const struct stet_log *log,
                 struct stet_error *err)
{
    struct stet_error local = STET_ERROR_INIT;
    struct stet_net_runner run = {.log = log, .requests = requests, .count = count};
    struct sigpipe_guard guard;
    for (size_t i = 0; i < count; i++)
        requests[i].status = STET_NET_PENDING;
    if (count == 0)
        return 0;
    sigpipe_block(&guard);
    int rc = runner_init(&run, options, &local);
    if (rc == 0)
        rc = run_loop(&run, &local);
    runner_release(&run);
    sigpipe_restore(&guard);
    if (rc < 0 && err != NULL)
        stet_error_copy(err, &local);
    return rc;
}
