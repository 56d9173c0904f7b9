/* One request over HTTP: libcurl's handle, its callbacks, and the judgement of answers. Redirects
 * are not followed by libcurl but by the runner, one request each: so the rules about schemes
 * and credentials are applied to every step by code that can be read here. */
#include <inttypes.h>

#include "lib/net/internal.h"

static const struct {
    long code;
    const char *text;
} meanings[] = {
    {401, "credentials are wanted; put them into ~/.netrc"},
    {403, "forbidden"},
    {404, "not found"},
    {407, "the proxy wants credentials"},
    {410, "gone"},
    {429, "too many requests"},
    {500, "the server failed"},
    {502, "the server behind it failed"},
    {503, "not available now"},
    {504, "the server behind it did not answer"},
};

static enum stet_net_outcome outcome_of_code(const struct stet_net_transfer *t, long code)
{
    if (code == 404 || code == 410)
        return STET_NET_MISSING;
    if (code == 416 && t->asked_from > 0)
        return STET_NET_REDO;
    if (code == 408 || code == 425 || code == 429 || code >= 500)
        return STET_NET_AGAIN;
    return STET_NET_GIVE_UP;
}

static void judge_code(struct stet_net_transfer *t, long code)
{
    char *target = NULL;
    if (code >= 300 && code < 400 &&
        curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &target) == CURLE_OK && target != NULL) {
        free(t->redirect);
        t->redirect = stet_strdup(target, NULL);
        if (t->redirect != NULL) {
            t->outcome = STET_NET_REDIRECT;
            return;
        }
    }
    enum stet_net_outcome outcome = outcome_of_code(t, code);
    curl_off_t wait = 0;
    if (curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
        t->retry_after_s =
            wait < STET_NET_PAUSE_MAX_MS / 1000 ? (long)wait : STET_NET_PAUSE_MAX_MS / 1000;
    if (outcome == STET_NET_REDO)
        t->no_range = true;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].code == code) {
            stet_net_stop(t, outcome, STET_ERROR_ENVIRONMENT, "the server answers %ld (%s)", code,
                          meanings[i].text);
            return;
        }
    stet_net_stop(t, outcome, STET_ERROR_ENVIRONMENT, "the server answers %ld", code);
}

/* A part of the file: it must be the one asked for. */
static int begin_part(struct stet_net_transfer *t, int64_t length)
{
    struct curl_header *h = NULL;
    int64_t first = -1;
    int64_t last = -1;
    int64_t total = -1;
    if (curl_easy_header(t->easy, "Content-Range", 0, CURLH_HEADER, -1, &h) != CURLHE_OK ||
        stet_net_parse_content_range(h->value, &first, &last, &total) < 0 ||
        first != t->asked_from) {
        t->no_range = true;
        t->fresh = true;
        return stet_net_stop(t, t->asked_from > 0 ? STET_NET_REDO : STET_NET_GIVE_UP,
                             STET_ERROR_INPUT,
                             "the server answers with another part of the file than asked for");
    }
    if (total >= 0)
        length = total - first;
    return stet_net_sink_begin(t, first, length);
}

/* Looks at the head of the answer, once, before its first byte of body. */
static int judge_head(struct stet_net_transfer *t)
{
    long code = 0;
    curl_off_t length = -1;
    t->answered = true;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (code == 200)
        return stet_net_sink_begin(t, 0, length);
    if (code == 206)
        return begin_part(t, length);
    t->discard = true;
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct stet_net_transfer *t = ctx;
    size_t len = size * count; /* size is 1, says libcurl */
    if (!t->answered && judge_head(t) < 0)
        return CURL_WRITEFUNC_ERROR;
    if (t->discard) {
        t->discarded += len;
        if (t->discarded > STET_NET_DISCARD_MAX)
            return CURL_WRITEFUNC_ERROR;
    }
    return stet_net_sink_data(t, data, len) < 0 ? CURL_WRITEFUNC_ERROR : len;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct stet_net_transfer *t = ctx;
    (void)data;
    t->header_bytes += size * count;
    if (t->header_bytes <= STET_NET_HEADERS_MAX)
        return size * count;
    stet_net_stop(t, STET_NET_GIVE_UP, STET_ERROR_INPUT, "the server sends headers without end");
    return 0;
}

/* There is a connection: what the server does is its own doing from now on. */
static int on_connected(void *ctx, char *peer, char *local, int peer_port, int local_port)
{
    struct stet_net_transfer *t = ctx;
    (void)peer;
    (void)local;
    (void)peer_port;
    (void)local_port;
    t->mark_ms = stet_net_now_ms();
    return CURL_PREREQFUNC_OK;
}

struct setter {
    CURL *easy;
    CURLcode rc;
};
#define SET(s, option, value)                                                                      \
    do {                                                                                           \
        CURLcode rc_ = curl_easy_setopt((s)->easy, (option), (value));                             \
        if ((s)->rc == CURLE_OK)                                                                   \
            (s)->rc = rc_;                                                                         \
    } while (0)

static void set_callbacks(struct setter *s, struct stet_net_transfer *t)
{
    SET(s, CURLOPT_PRIVATE, t);
    SET(s, CURLOPT_ERRORBUFFER, t->curl_text);
    SET(s, CURLOPT_WRITEFUNCTION, on_body);
    SET(s, CURLOPT_WRITEDATA, t);
    SET(s, CURLOPT_HEADERFUNCTION, on_header);
    SET(s, CURLOPT_HEADERDATA, t);
    SET(s, CURLOPT_PREREQFUNCTION, on_connected);
    SET(s, CURLOPT_PREREQDATA, t);
}

/* Credentials go where the user sent them and nowhere else: to the origin of the URL as given. */
static void set_credentials(struct setter *s, const struct stet_net_transfer *t)
{
    bool home = strcmp(t->now.origin, t->first.origin) == 0;
    SET(s, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    SET(s, CURLOPT_NETRC, home ? (long)CURL_NETRC_OPTIONAL : (long)CURL_NETRC_IGNORED);
    if (home && t->first.user != NULL) {
        SET(s, CURLOPT_USERNAME, t->first.user);
        SET(s, CURLOPT_PASSWORD, t->first.password != NULL ? t->first.password : "");
    }
}

int stet_net_http_prepare(struct stet_net_transfer *t, struct stet_error *err)
{
    if (t->easy == NULL)
        t->easy = curl_easy_init();
    if (t->easy == NULL)
        return stet_error_oom(err, "preparing a download");
    curl_easy_reset(t->easy);
    t->curl_text[0] = '\0';
    struct setter s = {t->easy, CURLE_OK};
    set_callbacks(&s, t);
    set_credentials(&s, t);
    SET(&s, CURLOPT_URL, t->now.clean);
    SET(&s, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(&s, CURLOPT_FOLLOWLOCATION, 0L);
    SET(&s, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(&s, CURLOPT_NOSIGNAL, 1L);
    SET(&s, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    /* A name lookup that hangs is left to itself: waiting for it would stop all transfers. */
    SET(&s, CURLOPT_QUICK_EXIT, 1L);
    SET(&s, CURLOPT_CONNECTTIMEOUT, t->run->opt.connect_timeout_s);
    SET(&s, CURLOPT_USERAGENT, t->run->opt.user_agent);
    SET(&s, CURLOPT_BUFFERSIZE, 128L * 1024);
    /* A few plain connections fill the line as well as one multiplexed one, and fail one by one. */
    SET(&s, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    char range[32];
    t->asked_from = t->no_range ? 0 : t->have;
    if (t->asked_from > 0) {
        snprintf(range, sizeof(range), "%" PRId64 "-", t->asked_from);
        SET(&s, CURLOPT_RANGE, range);
    }
    if (s.rc != CURLE_OK)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "libcurl refuses a setting: %s",
                              curl_easy_strerror(s.rc));
    return 0;
}

static bool never_passes(CURLcode code)
{
    return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
           code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_OUT_OF_MEMORY;
}

static void judge_failure(struct stet_net_transfer *t, CURLcode code)
{
    const char *why = t->curl_text[0] != '\0' ? t->curl_text : curl_easy_strerror(code);
    enum stet_net_outcome outcome = never_passes(code) ? STET_NET_GIVE_UP : STET_NET_AGAIN;
    t->unreachable = t->mark_ms == 0;
    if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING)
        stet_net_stop(t, outcome, STET_ERROR_ENVIRONMENT,
                      "the connection broke off after %" PRIu64 " bytes (%s)", t->received, why);
    else
        stet_net_stop(t, outcome, STET_ERROR_ENVIRONMENT, "%s", why);
}

void stet_net_http_finish(struct stet_net_transfer *t, CURLcode code)
{
    if (t->outcome != STET_NET_OPEN)
        return;
    if (code == CURLE_OK && !t->answered && judge_head(t) < 0)
        return;
    if (t->answered && t->discard) {
        long status = 0;
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        judge_code(t, status);
        return;
    }
    /* All bytes are here: how the connection ended after them does not matter. */
    bool whole = t->answered && t->req->size >= 0 && t->have == t->req->size;
    if (code == CURLE_OK || whole)
        stet_net_sink_end(t);
    else
        judge_failure(t, code);
}
