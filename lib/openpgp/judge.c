/* The verdict over gpgv's status lines (doc/DETAILS of GnuPG). */
#include <time.h>

#include "lib/openpgp/internal.h"

/* One signature, between two NEWSIG lines. */
struct seen {
    bool good, expired, bad, unusable;
    /* KEYEXPIRED: the first, the earliest, and the last before SIG_ID; -1: none. */
    int64_t first, earliest, last, own;
};

struct judgement {
    const char *name;
    const struct stet_openpgp_policy *policy;
    struct seen now;
    unsigned expired, unknown, revoked;
    int64_t expired_at; /* of the last expired key; -1: not told */
    char who[68];       /* the last key that was expired, unknown or revoked */
    bool bad;
    struct stet_strv *signed_by;
};

static const struct seen nothing_seen = {.first = -1, .earliest = -1, .last = -1, .own = -1};

static size_t word(const char **p, const char **start)
{
    *p += strspn(*p, " ");
    *start = *p;
    size_t len = strcspn(*p, " ");
    *p += len;
    return len;
}

static bool is_fingerprint(const char *s, size_t len)
{
    if (len != 40 && len != 64)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'A' && s[i] <= 'F')))
            return false;
    return true;
}

/* A decimal number of seconds, -1 when it is none. */
static int64_t seconds(const char *s, size_t len)
{
    int64_t value = 0;
    if (len == 0 || len > 12)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

/*
 * When the key of this signature expired, -1 when gpgv does not say. gpgv tells the expiry of every key of the block
 * that did expire, without saying whose it is; the primary key's comes first, and that of the key that signed last
 * before SIG_ID: 0 when it has none of its own, so that it is the primary key that expired.
 */
static int64_t expiry(const struct seen *s)
{
    if (s->own == 0)
        return s->first;
    /* A key that expires later on counts as expired because of its primary key, which may be any of those told. */
    return s->own > 0 && s->own <= (int64_t)time(NULL) ? s->own : s->earliest;
}

static bool may_be_expired(const struct judgement *j, int64_t made)
{
    const struct stet_openpgp_policy *policy = j->policy;
    int64_t at = expiry(&j->now);
    if (policy->allow_expired)
        return true;
    return policy->as_of != INT64_MIN && at > 0 && policy->as_of < at && made >= 0 && made < at;
}

static void remember_who(struct judgement *j, const char *s, size_t len)
{
    (void)snprintf(j->who, sizeof j->who, "%.*s", (int)len, s);
}

static bool is_listed(const struct stet_strv *list, const char *s, size_t len)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (strlen(list->items[i]) == len && memcmp(list->items[i], s, len) == 0)
            return true;
    return false;
}

enum { VALID_MADE = 2, VALID_HASH = 7, VALID_CLASS = 8, VALID_PRIMARY = 9, VALID_WORDS };

/* VALIDSIG FPR DATE TIME EXPIRES VERSION RESERVED KEYALGO HASHALGO CLASS PRIMARYFPR */
static int take_valid(struct judgement *j, const char *arguments, struct stet_error *err)
{
    const char *start[VALID_WORDS], *p = arguments;
    size_t len[VALID_WORDS];
    for (int i = 0; i < VALID_WORDS; i++)
        len[i] = word(&p, &start[i]);
    if (j->now.unusable || !(j->now.good || j->now.expired))
        return 0;
    /* SHA-256, SHA-384, SHA-512; and a signature of a document, binary or text. */
    const char *hash = start[VALID_HASH], *class = start[VALID_CLASS];
    bool strong = (len[VALID_HASH] == 1 && (*hash == '8' || *hash == '9')) ||
                  (len[VALID_HASH] == 2 && memcmp(hash, "10", 2) == 0);
    bool document =
        len[VALID_CLASS] == 2 && class[0] == '0' && (class[1] == '0' || class[1] == '1');
    if (!strong || !document || !is_fingerprint(start[VALID_PRIMARY], len[VALID_PRIMARY]))
        return 0;
    if (is_listed(j->policy->revoked, start[0], len[0]) ||
        is_listed(j->policy->revoked, start[VALID_PRIMARY], len[VALID_PRIMARY])) {
        remember_who(j, start[VALID_PRIMARY], len[VALID_PRIMARY]);
        j->revoked++;
        return 0;
    }
    if (!j->now.good) {
        if (!may_be_expired(j, seconds(start[VALID_MADE], len[VALID_MADE]))) {
            remember_who(j, start[VALID_PRIMARY], len[VALID_PRIMARY]);
            j->expired_at = expiry(&j->now);
            j->expired++;
            return 0;
        }
        if (j->policy->expired && stet_strv_addf(j->policy->expired, err, "%.*s",
                                                 (int)len[VALID_PRIMARY], start[VALID_PRIMARY]) < 0)
            return -1;
    }
    return stet_strv_addf(j->signed_by, err, "%.*s", (int)len[VALID_PRIMARY], start[VALID_PRIMARY]);
}

static void take_expiry(struct seen *s, const char *arguments)
{
    const char *start, *p = arguments;
    size_t len = word(&p, &start);
    int64_t at = seconds(start, len);
    if (at < 0)
        return;
    s->last = at;
    if (at > 0 && s->first < 0)
        s->first = at;
    if (at > 0 && (s->earliest < 0 || at < s->earliest))
        s->earliest = at;
}

static int take_status(struct judgement *j, const char *line, struct stet_error *err)
{
    const char *keyword, *id, *p = line;
    size_t len = word(&p, &keyword);
    const char *arguments = p;
    size_t id_len = word(&p, &id);
#define IS(text) (len == strlen(text) && memcmp(keyword, text, len) == 0)
    if (IS("NEWSIG"))
        j->now = nothing_seen;
    else if (IS("GOODSIG"))
        j->now.good = true;
    else if (IS("EXPKEYSIG"))
        j->now.expired = true;
    else if (IS("KEYEXPIRED"))
        take_expiry(&j->now, arguments);
    else if (IS("SIG_ID"))
        j->now.own = j->now.last;
    else if (IS("BADSIG") || IS("NODATA") ||
             (IS("ERROR") && strncmp(arguments, " proc_pkt.plaintext", 19) == 0)) /* a second one */
        j->bad = true;
    else if (IS("EXPSIG"))
        j->now.unusable = true;
    else if (IS("REVKEYSIG")) {
        j->now.unusable = true;
        remember_who(j, id, id_len);
        j->revoked++;
    } else if (IS("NO_PUBKEY")) {
        remember_who(j, id, id_len);
        j->unknown++;
    } else if (IS("VALIDSIG"))
        return take_valid(j, arguments, err);
#undef IS
    return 0;
}

static int refuse_expired(const struct judgement *j, struct stet_error *err)
{
    const char *cure = j->policy->expired_cure ? j->policy->expired_cure : "use a newer keyring";
    char date[STET_TIME_TEXT_MAX];
    if (j->expired_at <= 0)
        return stet_error_input(err, "%s: it is signed by a key that has expired (%s); %s", j->name,
                                j->who, cure);
    stet_time_format(j->expired_at, date);
    return stet_error_input(err, "%s: it is signed by a key that has expired (%s, on %s); %s",
                            j->name, j->who, date, cure);
}

static int conclude(const struct judgement *j, struct stet_error *err)
{
    if (j->bad)
        return stet_error_input(err, "%s: wrong signature; it was altered or damaged on the way",
                                j->name);
    if (j->signed_by->count > 0) {
        stet_strv_sort_unique(j->signed_by);
        return 0;
    }
    if (j->revoked > 0)
        return stet_error_input(err,
                                "%s: it is signed by a key that was revoked (%s); use a mirror "
                                "that has it signed by another",
                                j->name, j->who);
    if (j->expired > 0)
        return refuse_expired(j, err);
    if (j->unknown > 0)
        return stet_error_input(err,
                                "%s: it is not signed by a key of the keyring, but by %s; use the "
                                "keyring of this archive, or a newer one",
                                j->name, j->who);
    return stet_error_input(err, "%s: it has no valid signature", j->name);
}

int stet_openpgp_judge_status(const char *status, const char *name,
                              const struct stet_openpgp_policy *policy, struct stet_strv *signed_by,
                              struct stet_error *err)
{
    static const char prefix[] = "[GNUPG:] ";
    struct judgement j = {.name = name,
                          .policy = policy,
                          .now = nothing_seen,
                          .expired_at = -1,
                          .signed_by = signed_by};
    while (*status) {
        size_t len = strcspn(status, "\n");
        if (len > sizeof prefix - 1 && memcmp(status, prefix, sizeof prefix - 1) == 0) {
            _cleanup_free_ char *line = stet_format(err, "%.*s", (int)(len - (sizeof prefix - 1)),
                                                    status + sizeof prefix - 1);
            if (!line || take_status(&j, line, err) < 0)
                return -1;
        }
        status += len + (status[len] == '\n');
    }
    return conclude(&j, err);
}
