/*
 * causes_words - names of hosts and users, random values, languages, machines.
 */
#include "lib/diff/causes.h"

enum { WORD_MAX = 128 };

static bool name_char(char c)
{
    return (stet_cause_is_word(c) && (unsigned char)c < 0x80) || c == '-' || c == '.';
}

/* The word at i: letters, digits, '_', '-', '.'; not one that a word goes on to. */
static struct cause_text word_at(struct cause_text t, size_t i)
{
    size_t n = 0;
    if (i > 0 && name_char(t.s[i - 1]))
        return (struct cause_text){t.s + i, 0};
    while (i + n < t.len && name_char(t.s[i + n]))
        n++;
    while (n > 0 && t.s[i + n - 1] == '.')
        n--;
    return (struct cause_text){t.s + i, n};
}

static bool both_words(const struct cause_walk *w, struct cause_match *m, struct cause_text *a,
                       struct cause_text *b)
{
    *a = word_at(w->a, w->i);
    *b = word_at(w->b, w->j);
    m->a = a->len;
    m->b = b->len;
    return a->len > 0 && b->len > 0 && a->len < WORD_MAX && b->len < WORD_MAX;
}

#define WORDS(a, b) (int)(a).len, (a).s, (int)(b).len, (b).s

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
    if (!both_words(w, m, &u1, &u2))
        return false;
    struct cause_text h1 = host_of(w->a, u1), h2 = host_of(w->b, u2);
    if (h1.len == 0 || h2.len == 0 || h1.len > WORD_MAX || h2.len > WORD_MAX)
        return false;
    const struct diff_side *s = w->c->d->side;
    bool known = is_among(&s[0].hosts, h1) && is_among(&s[1].hosts, h2);
    if (!known && (!is_bare_host(h1) || !is_bare_host(h2)))
        return false;
    m->a = u1.len + 1 + h1.len;
    m->b = u2.len + 1 + h2.len;
    return stet_cause_say(m, STET_CAUSE_HOST, known ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY,
                          "%.*s and %.*s are users at hosts%s", (int)m->a, u1.s, (int)m->b, u2.s,
                          known ? ", those of the two builds" : "");
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

static bool match_uname(const struct cause_walk *w, struct cause_text a, struct cause_text b,
                        struct cause_match *m)
{
    static const char linux_[] = "Linux ";
    if (w->i != sizeof linux_ - 1 || memcmp(w->a.s, linux_, w->i) != 0 ||
        !memmem(w->a.s, w->a.len, " #", 2))
        return false;
    return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_LIKELY,
                          "%.*s and %.*s are node names in the output of uname", WORDS(a, b));
}

bool stet_cause_match_host(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a, b;
    const struct diff_side *s = w->c->d->side;
    if (match_user_at_host(w, m))
        return true;
    if (!both_words(w, m, &a, &b))
        return false;
    if (is_among(&s[0].hosts, a) && is_among(&s[1].hosts, b))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_CERTAIN,
                              "%.*s and %.*s are the host names of the two builds", WORDS(a, b));
    if (is_among(&s[0].users, a) && is_among(&s[1].users, b))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_CERTAIN,
                              "%.*s and %.*s are the users of the two builds", WORDS(a, b));
    if (match_uname(w, a, b, m))
        return true;
    if (stet_cause_is_named(w, "build host|buildhost|host of build|build machine|nodename|built on "
                               "host|compiled on host|kbuild build host|"
                               "build hostname"))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_LIKELY,
                              "%.*s and %.*s are named as build hosts", WORDS(a, b));
    if (stet_cause_is_named(
            w,
            "build user|built by|builduser|compiled by|logname|kbuild build user|packaged by user"))
        return stet_cause_say(m, STET_CAUSE_HOST, STET_DIFF_LIKELY,
                              "%.*s and %.*s are named as the users who built", WORDS(a, b));
    if (!stet_cause_is_named(w, "hostname|host name"))
        return false;
    bool containers = is_container(a) && is_container(b);
    return stet_cause_say(m, STET_CAUSE_HOST, containers ? STET_DIFF_LIKELY : STET_DIFF_POSSIBLE,
                          "%.*s and %.*s are named as host names", WORDS(a, b));
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
    while (i + n < t.len && (name_char(t.s[i + n]) || strchr("+/=", t.s[i + n])) && t.s[i + n])
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

bool stet_cause_match_random(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a, b;
    if (both_words(w, m, &a, &b)) {
        if (is_random_uuid(a) && is_random_uuid(b))
            return stet_cause_say(m, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
                                  "%.*s and %.*s are random identifiers (UUIDs of version 4)",
                                  WORDS(a, b));
        if (is_address(a) && is_address(b))
            return stet_cause_say(m, STET_CAUSE_RANDOM, STET_DIFF_LIKELY,
                                  "%.*s and %.*s are addresses, which are random in each process",
                                  WORDS(a, b));
    }
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
    if (!both_words(w, m, &a, &b) || a.len != b.len || !is_digest(a) || !is_digest(b) ||
        !stet_cause_is_named(
            w, "md5digest|sha1digest|sha256digest|sha512digest|md5|md5sum|sha1|sha256|"
               "sha256sum|sha512|"
               "digest|checksum|hash|sha256digest "))
        return false;
    return stet_cause_say(m, STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, "checksums");
}

/* ---- language and time zone ---- */

static size_t to_end(struct cause_text t, size_t i)
{
    size_t n = t.len - i;
    while (n > 0 && strchr(" \t\r\"',;", t.s[i + n - 1]))
        n--;
    return n;
}

/* Is the whole name before the token one of these environment variables? */
static bool is_variable(const struct cause_walk *w, const char *const *names)
{
    size_t end = w->i;
    while (end > 0 && strchr("=\"'", w->a.s[end - 1]))
        end--;
    if (end == w->i || end == 0)
        return false;
    for (; *names; names++) {
        size_t n = strlen(*names);
        if (end >= n && memcmp(w->a.s + end - n, *names, n) == 0 &&
            (end == n || !stet_cause_is_word(w->a.s[end - n - 1])))
            return true;
    }
    return false;
}

/* 1,5 and 1.5 */
static bool match_decimal(const struct cause_walk *w, struct cause_match *m)
{
    const char *p = w->a.s + w->i, *q = w->b.s + w->j;
    size_t left = w->a.len - w->i < w->b.len - w->j ? w->a.len - w->i : w->b.len - w->j;
    size_t n = 0, marks = 0;
    if (w->i > 0 && (stet_cause_is_word(p[-1]) || p[-1] == '.' || p[-1] == ','))
        return false;
    for (; n < left && n < 40; n++) {
        bool digit = p[n] >= '0' && p[n] <= '9';
        if (digit ? p[n] != q[n] : !((p[n] == ',' && q[n] == '.') || (p[n] == '.' && q[n] == ',')))
            break;
        if (!digit && (n == 0 || p[n - 1] < '0'))
            return false;
        marks += !digit;
    }
    if (n < 3 || marks != 1 || p[n - 1] < '0' ||
        (n < left && (stet_cause_is_word(p[n]) || stet_cause_is_word(q[n])) && p[n] != q[n]))
        return false;
    m->a = m->b = n;
    return stet_cause_say(m, STET_CAUSE_LOCALE, STET_DIFF_LIKELY,
                          "%.*s and %.*s are one number with two decimal signs", (int)n, p, (int)n,
                          q);
}

bool stet_cause_match_locale(const struct cause_walk *w, struct cause_match *m)
{
    static const char *const languages[] = {
        "LANG",        "LC_ALL",     "LANGUAGE",    "LC_CTYPE", "LC_TIME", "LC_COLLATE",
        "LC_MESSAGES", "LC_NUMERIC", "LC_MONETARY", "LC_PAPER", NULL};
    static const char *const zones[] = {"TZ", "TIMEZONE", "timezone", NULL};
    struct cause_text a, b;
    if (match_decimal(w, m))
        return true;
    bool language = is_variable(w, languages), zone = is_variable(w, zones);
    if (!language && !zone)
        return false;
    a = (struct cause_text){w->a.s + w->i, to_end(w->a, w->i)};
    b = (struct cause_text){w->b.s + w->j, to_end(w->b, w->j)};
    m->a = a.len;
    m->b = b.len;
    return a.len < WORD_MAX && b.len < WORD_MAX &&
           stet_cause_say(m, STET_CAUSE_LOCALE, STET_DIFF_CERTAIN, "%.*s and %.*s are %s",
                          WORDS(a, b),
                          language ? "two settings of the language" : "two time zones");
}

/* ---- machine ---- */

/* "6.1.0-13-amd64" */
static bool is_release(struct cause_text t)
{
    size_t dots = 0, i = 0;
    for (; i < t.len && ((t.s[i] >= '0' && t.s[i] <= '9') || t.s[i] == '.'); i++)
        dots += t.s[i] == '.';
    return i > 2 && dots >= 1 && dots <= 3 && t.s[0] != '.';
}

static bool is_level(struct cause_text t)
{
    return t.len == 9 && memcmp(t.s, "x86-64-v", 8) == 0;
}

static bool is_architecture(struct cause_text t)
{
    static const char *const names[] = {"x86_64",  "i386",    "i486",   "i586",   "i686",
                                        "amd64",   "aarch64", "armv7l", "armv8l", "arm64",
                                        "ppc64le", "s390x",   "riscv64"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (stet_cause_text_is(t, names[i]))
            return true;
    return false;
}

/* The line is of uname or of the kernel's own words. */
static bool is_kernel_line(const struct cause_walk *w)
{
    return (w->a.len > 6 && memcmp(w->a.s, "Linux ", 6) == 0) ||
           stet_cause_has_word(w->a, "uname") || stet_cause_has_word(w->a, "Linux version") ||
           stet_cause_is_named(
               w,
               "kernel|kernel release|kernel version|osrelease|uname|uname r|running kernel|build "
               "kernel|os release|built on kernel|build system|build os|host kernel");
}

bool stet_cause_match_machine(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a, b;
    if (stet_cause_is_named(
            w, "model name|vendor id|cpu family|microcode|cpu mhz|bogomips|stepping|cache size|"
               "cpu flags|flags\t|cpu model|processor model")) {
        a = (struct cause_text){w->a.s + w->i, to_end(w->a, w->i)};
        b = (struct cause_text){w->b.s + w->j, to_end(w->b, w->j)};
        m->a = a.len;
        m->b = b.len;
        return a.len < 4 * WORD_MAX && b.len < 4 * WORD_MAX &&
               stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "the values describe a processor");
    }
    /* "Linux host 6.1.0-13-amd64 #1 SMP …": what follows is of the kernel's own build. */
    if (w->i > 0 && w->a.s[w->i - 1] == '#' && w->a.len > 6 && memcmp(w->a.s, "Linux ", 6) == 0) {
        m->a = to_end(w->a, w->i);
        m->b = to_end(w->b, w->j);
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "the values are the kernel's own version, as uname tells it");
    }
    if (!both_words(w, m, &a, &b))
        return false;
    if (is_level(a) && is_level(b))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "%.*s and %.*s are levels of the processor", WORDS(a, b));
    if (stet_cause_is_named(w, "march|mtune|mcpu|target cpu"))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "%.*s and %.*s are processors that were compiled for", WORDS(a, b));
    if (is_release(a) && is_release(b) && is_kernel_line(w))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "%.*s and %.*s are releases of the kernel", WORDS(a, b));
    if (is_architecture(a) && is_architecture(b) &&
        (is_kernel_line(w) ||
         stet_cause_is_named(w, "machine|uname m|host cpu|build cpu|build arch")))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "%.*s and %.*s are machines, as uname names them", WORDS(a, b));
    bool numbers =
        a.s[0] >= '0' && a.s[0] <= '9' && b.s[0] >= '0' && b.s[0] <= '9' && a.len < 5 && b.len < 5;
    if (numbers &&
        stet_cause_is_named(w, "nproc|cpus|cpu count|processors|cores|siblings|cpu cores|number of "
                               "processors|ncpu|ncpus|num cpus|hardware concurrency"))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "%.*s and %.*s are named as numbers of processors", WORDS(a, b));
    return false;
}
