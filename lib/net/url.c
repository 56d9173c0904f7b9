/* URLs: taken apart once, so that credentials are in one place and errors show none. */
#include "lib/net/internal.h"

static char *part(CURLU *u, CURLUPart what, unsigned flags, CURLUcode missing,
                  struct stet_error *err)
{
    char *value = NULL;
    CURLUcode rc = curl_url_get(u, what, &value, flags);
    if (rc != CURLUE_OK) {
        if (rc != missing)
            stet_error_input(err, "%s", curl_url_strerror(rc));
        return NULL;
    }
    char *copy = stet_strdup(value, err);
    curl_free(value);
    return copy;
}

static int scheme_of(CURLU *u, enum stet_net_scheme *out, struct stet_error *err)
{
    _cleanup_free_ char *name = part(u, CURLUPART_SCHEME, 0, CURLUE_OK, err);
    if (name == NULL)
        return -1;
    if (strcasecmp(name, "https") == 0)
        *out = STET_NET_HTTPS;
    else if (strcasecmp(name, "http") == 0)
        *out = STET_NET_HTTP;
    else if (strcasecmp(name, "file") == 0)
        *out = STET_NET_FILE;
    else
        return stet_error_input(err, "the scheme %s is not supported (use http, https or file)",
                                name);
    return 0;
}

static int set_origin(CURLU *u, struct stet_net_url *out, struct stet_error *err)
{
    if (out->scheme == STET_NET_FILE) {
        out->origin = stet_strdup("file://", err);
        return out->origin == NULL ? -1 : 0;
    }
    _cleanup_free_ char *host = part(u, CURLUPART_HOST, 0, CURLUE_OK, err);
    if (host == NULL)
        return -1;
    _cleanup_free_ char *port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, CURLUE_OK, err);
    if (port == NULL)
        return -1;
    for (char *p = host; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    out->origin = stet_format(err, "%s://%s:%s", out->scheme == STET_NET_HTTPS ? "https" : "http",
                              host, port);
    return out->origin == NULL ? -1 : 0;
}

static int set_credentials(CURLU *u, struct stet_net_url *out, struct stet_error *err)
{
    struct stet_error local = STET_ERROR_INIT;
    out->user = part(u, CURLUPART_USER, CURLU_URLDECODE, CURLUE_NO_USER, &local);
    if (local.kind == STET_ERROR_NONE)
        out->password = part(u, CURLUPART_PASSWORD, CURLU_URLDECODE, CURLUE_NO_PASSWORD, &local);
    if (local.kind != STET_ERROR_NONE) {
        stet_error_input(err, "the user name or password in it cannot be read");
        return -1;
    }
    curl_url_set(u, CURLUPART_USER, NULL, 0);
    curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
    curl_url_set(u, CURLUPART_OPTIONS, NULL, 0);
    curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
    return 0;
}

static int set_texts(CURLU *u, struct stet_net_url *out, struct stet_error *err)
{
    out->clean = part(u, CURLUPART_URL, 0, CURLUE_OK, err);
    if (out->clean == NULL)
        return -1;
    bool query = strchr(out->clean, '?') != NULL;
    curl_url_set(u, CURLUPART_QUERY, NULL, 0);
    _cleanup_free_ char *bare = part(u, CURLUPART_URL, 0, CURLUE_OK, err);
    if (bare == NULL)
        return -1;
    out->shown = stet_format(err, "%s%s", bare, query ? "?..." : "");
    return out->shown == NULL ? -1 : 0;
}

static int take_apart(CURLU *u, const char *text, struct stet_net_url *out, struct stet_error *err)
{
    CURLUcode rc = curl_url_set(u, CURLUPART_URL, text, 0);
    if (rc == CURLUE_OUT_OF_MEMORY)
        return stet_error_oom(err, "reading a URL");
    if (rc != CURLUE_OK)
        return stet_error_input(err, "%s", curl_url_strerror(rc));
    if (scheme_of(u, &out->scheme, err) < 0 || set_credentials(u, out, err) < 0 ||
        set_origin(u, out, err) < 0)
        return -1;
    if (out->scheme == STET_NET_FILE) {
        out->path = part(u, CURLUPART_PATH, CURLU_URLDECODE, CURLUE_OK, err);
        if (out->path == NULL)
            return -1;
    }
    return set_texts(u, out, err);
}

int stet_net_url_parse(const char *text, struct stet_net_url *out, struct stet_error *err)
{
    *out = (struct stet_net_url){.scheme = STET_NET_HTTP};
    CURLU *u = curl_url();
    if (u == NULL)
        return stet_error_oom(err, "reading a URL");
    int rc = take_apart(u, text, out, err);
    curl_url_cleanup(u);
    if (rc < 0) {
        stet_net_url_release(out);
        /* What cannot be taken apart cannot be freed of its credentials either. */
        bool secret = strpbrk(text, "@?") != NULL;
        stet_error_wrap(err, "%s is no usable URL", secret ? "what is given" : text);
    }
    return rc;
}

void stet_net_url_release(struct stet_net_url *u)
{
    free(u->clean);
    free(u->shown);
    free(u->origin);
    free(u->user);
    free(u->password);
    free(u->path);
    *u = (struct stet_net_url){.scheme = STET_NET_HTTP};
}

const char *stet_net_redirect_refused(enum stet_net_scheme from, enum stet_net_scheme to)
{
    if (to == STET_NET_FILE)
        return "to a file of this machine";
    if (from == STET_NET_HTTPS && to == STET_NET_HTTP)
        return "from https to http";
    return NULL;
}

static int digits(const char **p, int64_t *out)
{
    int64_t value = 0;
    const char *s = *p;
    if (*s < '0' || *s > '9')
        return -1;
    for (; *s >= '0' && *s <= '9'; s++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *s - '0', &value))
            return -1;
    *p = s;
    *out = value;
    return 0;
}

int stet_net_parse_content_range(const char *s, int64_t *first, int64_t *last, int64_t *total)
{
    *total = -1;
    if (strncasecmp(s, "bytes ", 6) != 0)
        return -1;
    s += 6;
    if (digits(&s, first) < 0 || *s++ != '-' || digits(&s, last) < 0 || *s++ != '/')
        return -1;
    if (*s == '*')
        s++;
    else if (digits(&s, total) < 0)
        return -1;
    if (*s != '\0' || *last < *first || (*total >= 0 && *last >= *total))
        return -1;
    return 0;
}
