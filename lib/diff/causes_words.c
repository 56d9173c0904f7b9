/*
 * causes_words - names of hosts and users, random values, checksums.
 */
#include "lib/diff/causes.h"

bool stet_cause_is_name(char c)
{
    return (stet_cause_is_word(c) && (unsigned char)c < 0x80) || c == '-' || c == '.';
}

/* The word at i: letters, digits, '_', '-', '.'; not one that a word goes on to. */
static struct cause_text word_at(struct cause_text t, size_t i)
{
    size_t n = 0;
    if (i > 0 && stet_cause_is_name(t.s[i - 1]))
        return (struct cause_text){t.s + i, 0};
    while (i + n < t.len && stet_cause_is_name(t.s[i + n]))
        n++;
    while (n > 0 && t.s[i + n - 1] == '.')
        n--;
    return (struct cause_text){t.s + i, n};
}

bool stet_cause_both_words(const struct cause_walk *w, struct cause_match *m, struct cause_text *a,
                           struct cause_text *b)
{
    *a = word_at(w->a, w->i);
    *b = word_at(w->b, w->j);
    m->a = a->len;
    m->b = b->len;
    return a->len > 0 && b->len > 0 && a->len < CAUSE_WORD_MAX && b->len < CAUSE_WORD_MAX;
}

/* ---- words whose meaning is learned ---- */

void stet_cause_learn(const struct cause_walk *w, enum stet_diff_cause cause, struct cause_text a,
                      struct cause_text b)
{
    struct causes *c = w->c;
    if (!c->counting || c->word_count == CAUSE_LEARNED_MAX || a.len < 3 || b.len < 3 ||
        a.len >= CAUSE_WORD_MAX || b.len >= CAUSE_WORD_MAX ||
        stet_cause_is_learned(w, cause, a, b, false))
        return;
    struct cause_learned *l = &c->words[c->word_count++];
    *l = (struct cause_learned){.cause = cause};
    memcpy(l->a, a.s, a.len);
    memcpy(l->b, b.s, b.len);
}

static bool begins_word(struct cause_text t, const char *word, bool part)
{
    size_t n = strlen(word);
    return t.len <= n && memcmp(t.s, word, t.len) == 0 &&
           (t.len == n || (part && word[t.len] == '-'));
}

bool stet_cause_is_learned(const struct cause_walk *w, enum stet_diff_cause cause,
                           struct cause_text a, struct cause_text b, bool part)
{
    for (size_t i = 0; i < w->c->word_count; i++) {
        const struct cause_learned *l = &w->c->words[i];
        if (l->cause == cause && begins_word(a, l->a, part) && begins_word(b, l->b, part))
            return true;
    }
    return false;
}

/* ---- hosts and users ---- */

/* Is t one of names, or the first part of one ("host" of "host.example.org")? */
static bool is_among(const struct stet_strv *names, struct cause_text t)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t n = strlen(names->items[i]), first = strcspn(names->items[i], ".");
        if ((t.len == n || t.len == first) && memcmp(names->items[i], t.s, t.len) == 0)
            return true;
    }
    return false;
}

static struct cause_text first_label(struct cause_text t)
{
    const char *dot = memchr(t.s, '.', t.len);
    return (struct cause_text){t.s, dot ? (size_t)(dot - t.s) : t.len};
}

/* "a.example.org" and "b.example.org" */
static bool are_in_one_domain(struct cause_text a, struct cause_text b)
{
    size_t x = first_label(a).len, y = first_label(b).len;
    return x < a.len && a.len - x == b.len - y && memcmp(a.s + x, b.s + y, a.len - x) == 0;
}

/* A host that is no domain on the net. */
static bool is_bare_host(struct cause_text t)
{
    return !memchr(t.s, '.', t.len) || (t.len > 6 && memcmp(t.s + t.len - 6, ".local", 6) == 0) ||
           (t.len > 9 && memcmp(t.s + t.len - 9, ".internal", 9) == 0);
}

/* What follows "user@". */
static struct cause_text host_of(struct cause_text t, struct cause_text user)
{
    struct cause_text none = {t.s, 0};
    size_t end = (size_t)(user.s - t.s) + user.len;
    if (end >= t.len || t.s[end] != '@')
        return none;
    struct cause_text host = word_at(t, end + 1);
    return host;
}

/* "root@build-1", where it is no address of mail. */
static bool match_user_at_host(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text u1, u2;
    if (!stet_cause_both_words(w, m, &u1, &u2))
        return false;
    struct cause_text h1 = host_of(w->a, u1), h2 = host_of(w->b, u2);
    if (h1.len == 0 || h2.len == 0 || h1.len > CAUSE_WORD_MAX || h2.len > CAUSE_WORD_MAX)
        return false;
    const struct diff_side *s = w->c->d->side;
    bool known = is_among(&s[0].hosts, h1) && is_among(&s[1].hosts, h2);
    if (!known && (!is_bare_host(h1) || !is_bare_host(h2)))
        return false;
    m->a = u1.len + 1 + h1.len;
    m->b = u2.len + 1 + h2.len;
    return stet_cause_say(m, STET_CAUSE_HOST, known ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY,
                          known ? "both are users at the hosts of the builds"
                                : "both are users at hosts");
}

/* mtree(5): "./file uid=0 gname=root mode=644 time=1.0 …" */
static bool is_mtree_line(struct cause_text t)
{
    static const char *const keys[] = {
        " uid=", " gid=", " uname=", " gname=", " mode=", " time=", " type="};
    size_t seen = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        seen += memmem(t.s, t.len, keys[i], strlen(keys[i])) != NULL;
    return seen >= 3;
}

static bool match_mtree_owner(const struct cause_walk *w, struct cause_match *m)
{
    return is_mtree_line(w->a) && is_mtree_line(w->b) &&
           stet_cause_is_named(w, "uid|gid|uname|gname") &&
           stet_cause_say(m, STET_CAUSE_OWNER, STET_DIFF_CERTAIN,
                          "the list says to whom the entry belongs");
}

/* "3f2a9c01d4e5": the host name that containers get. */
static bool is_container(struct cause_text t)
{
    bool digit = false;
    for (size_t i = 0; i < t.len; i++) {
        digit |= t.s[i] >= '0' && t.s[i] <= '9';
        if (!((t.s[i] >= '0' && t.s[i] <= '9') || (t.s[i] >= 'a' && t.s[i] <= 'f')))
            return false;
    }
    return t.len == 12 && digit;
}

static bool match_uname(const struct cause_walk *w, struct cause_match *m)
{
    static const char linux_[] = "Linux ";
    if (w->i != sizeof linux_ - 1 || memcmp(w->a.s, linux_, w->i) != 0 ||
        !memmem(w->a.s, w->a.len, " #", 2))
        return false;
    return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_LIKELY,
                          "both are node names in the output of uname");
}

bool stet_cause_match_host(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a, b;
    const struct diff_side *s = w->c->d->side;
    if (match_user_at_host(w, m))
        return true;
    if (!stet_cause_both_words(w, m, &a, &b))
        return false;
    if (match_mtree_owner(w, m))
        return true;
    if (is_among(&s[0].hosts, a) && is_among(&s[1].hosts, b))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_CERTAIN,
                              "both are the host names of the builds");
    if (are_in_one_domain(a, b) && is_among(&s[0].hosts, first_label(a)) &&
        is_among(&s[1].hosts, first_label(b)))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_LIKELY,
                              "both begin with the host names of the builds");
    if (is_among(&s[0].users, a) && is_among(&s[1].users, b))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_CERTAIN,
                              "both are the users of the builds");
    if (match_uname(w, m)) {
        stet_cause_learn(w, STET_CAUSE_HOST, a, b);
        return true;
    }
    if (stet_cause_is_learned(w, STET_CAUSE_HOST, a, b, false))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_LIKELY,
                              "other lines name both as host names");
    if (stet_cause_is_named(w, "build host|buildhost|host of build|build machine|nodename|built on "
                               "host|compiled on host|kbuild build host|compile host|"
                               "build hostname"))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_LIKELY,
                              "both are named as build hosts");
    if (stet_cause_is_named(
            w, "build user|built by|builduser|compiled by|compile by|logname|kbuild build user|"
               "packaged by user"))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_LIKELY,
                              "both are named as the users who built");
    if (!stet_cause_is_named(w, "hostname|host name"))
        return false;
    stet_cause_learn(w, STET_CAUSE_HOST, a, b);
    bool containers = is_container(a) && is_container(b);
    return stet_cause_say(m, STET_CAUSE_HOST, containers ? STET_DIFF_LIKELY : STET_DIFF_POSSIBLE,
                          "both are named as host names");
}

/* ---- random ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_uuid(struct cause_text t)
{
    if (t.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? t.s[i] != '-' : hex_digit(t.s[i]) < 0)
            return false;
    }
    return true;
}

/* Version 1: the time in units of 100 ns since 1582-10-15 (RFC 9562), as seconds since 1970; 0: it is another. */
static int64_t uuid_time(struct cause_text t)
{
    static const unsigned char order[] = {15, 16, 17, 9, 10, 11, 12, 0, 1, 2, 3, 4, 5, 6, 7};
    uint64_t value = 0;
    if (!is_uuid(t) || t.s[14] != '1' || (hex_digit(t.s[19]) & 12) != 8)
        return 0;
    for (size_t i = 0; i < sizeof order; i++)
        value = value * 16 + (uint64_t)hex_digit(t.s[order[i]]);
    return (int64_t)(value / 10000000) - INT64_C(12219292800);
}

static bool match_uuid_time(const struct cause_walk *w, struct cause_text a, struct cause_text b,
                            struct cause_match *m)
{
    /* A whole time, and no number that might be any. */
    struct diff_time x = {.form = DIFF_TIME_NAMED, .grain = 1, .zoned = true}, y = x;
    x.seconds = x.other = uuid_time(a);
    y.seconds = y.other = uuid_time(b);
    x.len = a.len;
    y.len = b.len;
    if (x.seconds <= 0 || y.seconds <= 0 || !stet_cause_judge_times(w, &x, &y, m))
        return false;
    return stet_cause_say(m, STET_CAUSE_BUILD_TIME, m->sure,
                          "both are identifiers that are made of the time (UUIDs of version 1)");
}

/* Version 4 and its variant. */
static bool is_random_uuid(struct cause_text t)
{
    return is_uuid(t) && t.s[14] == '4' && (hex_digit(t.s[19]) & 12) == 8;
}

/* Letters and digits without a pattern: of many characters, most of them different, none of them words. */
static bool looks_random(struct cause_text t)
{
    unsigned counts[256] = {0};
    unsigned distinct = 0, digits = 0, most = 0;
    bool hex = true;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.s[i];
        distinct += counts[c]++ == 0;
        most = counts[c] > most ? counts[c] : most;
        digits += c >= '0' && c <= '9';
        hex &= hex_digit(t.s[i]) >= 0;
    }
    if (t.len < 12 || digits == 0 || most * 3 > t.len)
        return false;
    return hex ? t.len >= 16 && distinct >= 8 : distinct * 2 >= (t.len < 40 ? t.len : 40);
}

static struct cause_text secret_at(struct cause_text t, size_t i)
{
    size_t n = 0;
    if (i > 0 && stet_cause_is_word(t.s[i - 1]))
        return (struct cause_text){t.s + i, 0};
    while (i + n < t.len && (stet_cause_is_name(t.s[i + n]) || strchr("+/=", t.s[i + n])) &&
           t.s[i + n])
        n++;
    return (struct cause_text){t.s + i, n};
}

/* Where shared libraries, stacks and heaps of 64-bit programs lie. */
static bool is_address(struct cause_text t)
{
    if (t.len != 14 ||
        (memcmp(t.s, "0x7f", 4) != 0 && memcmp(t.s, "0x55", 4) != 0 && memcmp(t.s, "0x56", 4) != 0))
        return false;
    for (size_t i = 2; i < t.len; i++)
        if (hex_digit(t.s[i]) < 0)
            return false;
    return true;
}

/* "$6$salt$hash", as crypt(5) has it; what is behind it may be of the same password. */
static struct cause_text password_hash_at(struct cause_text t, size_t i)
{
    struct cause_text none = {t.s, 0};
    size_t n = 0, dollars = 0;
    if (i >= t.len || t.s[i] != '$' || (i > 0 && stet_cause_is_word(t.s[i - 1])))
        return none;
    while (i + n < t.len && t.s[i + n] != '\0' &&
           (stet_cause_is_word(t.s[i + n]) || strchr("$./=,+-", t.s[i + n])))
        dollars += t.s[i + n++] == '$';
    bool cut = i + n + 3 == t.len && memcmp(t.s + i + n, "…", 3) == 0;
    return dollars >= 3 && (n >= 30 || cut) ? (struct cause_text){t.s + i, n} : none;
}

static bool match_password_hash(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a = password_hash_at(w->a, w->i), b = password_hash_at(w->b, w->j);
    m->a = a.len;
    m->b = b.len;
    return a.len > 0 && b.len > 0 &&
           stet_cause_say(m, STET_CAUSE_RANDOM, STET_DIFF_LIKELY,
                          "both are password hashes, which have a random salt");
}

bool stet_cause_match_random(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a, b;
    if (stet_cause_both_words(w, m, &a, &b)) {
        if (is_random_uuid(a) && is_random_uuid(b))
            return stet_cause_say(m, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
                                  "both are random identifiers (UUIDs of version 4)");
        if (match_uuid_time(w, a, b, m))
            return true;
        if (is_address(a) && is_address(b))
            return stet_cause_say(m, STET_CAUSE_RANDOM, STET_DIFF_LIKELY,
                                  "both are addresses, which are random in each process");
    }
    if (match_password_hash(w, m))
        return true;
    a = secret_at(w->a, w->i);
    b = secret_at(w->b, w->j);
    m->a = a.len;
    m->b = b.len;
    if (a.len == 0 || b.len == 0 || !looks_random(a) || !looks_random(b) ||
        !stet_cause_is_named(
            w, "salt|seed|nonce|machine id|boot id|random|cookie|secret|token|invocation id|"
               "instance id|uuid|guid|api key|private key|key|password|iv|entropy|secret "
               "key|session id|unique id"))
        return false;
    return stet_cause_say(m, STET_CAUSE_RANDOM, STET_DIFF_LIKELY,
                          "the values have no pattern, and are named as random ones");
}

/* ---- checksums ---- */

static bool is_digest(struct cause_text t)
{
    if (t.len != 32 && t.len != 40 && t.len != 56 && t.len != 64 && t.len != 96 && t.len != 128)
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (hex_digit(t.s[i]) < 0)
            return false;
    return true;
}

bool stet_cause_match_checksum(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a, b;
    if (!stet_cause_both_words(w, m, &a, &b) || a.len != b.len || !is_digest(a) || !is_digest(b) ||
        !stet_cause_is_named(
            w, "md5digest|sha1digest|sha256digest|sha512digest|md5|md5sum|sha1|sha256|"
               "sha256sum|sha512|"
               "digest|checksum|hash|sha256digest "))
        return false;
    return stet_cause_say(m, STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, "checksums");
}
