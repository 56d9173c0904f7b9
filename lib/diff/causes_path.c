/*
 * causes_path - two directories that stand before the same names.
 */
#include "lib/diff/causes.h"

/* ---- taking them apart ---- */

static bool is_path_char(char c)
{
    return stet_cause_is_word(c) || strchr("./-+~@%=", c);
}

/* The absolute path at i: its length; 0: none. */
static size_t path_at(struct cause_text t, size_t i)
{
    size_t n = 0;
    if (i >= t.len || t.s[i] != '/')
        return 0;
    char before = i > 0 ? t.s[i - 1] : ' ';
    bool option = i > 1 && t.s[i - 2] == '-' && before >= 'A' && before <= 'Z'; /* -I/usr/include */
    bool address = before == ':' && i + 1 < t.len && t.s[i + 1] == '/';         /* http://… */
    bool file = i > 6 && memcmp(t.s + i - 7, "file://", 7) == 0;
    bool inside = is_path_char(before) && before != '=' && before != '@' && !option;
    if (!file && (inside || address))
        return 0;
    while (i + n < t.len && t.s[i + n] != '\0' && is_path_char(t.s[i + n]))
        n++;
    while (n > 1 && (t.s[i + n - 1] == '.' || t.s[i + n - 1] == '/'))
        n--; /* the end of a sentence */
    return n > 1 ? n : 0;
}

/* How many characters at the end of both are whole components that are equal. */
static size_t common_end(struct cause_text a, struct cause_text b)
{
    size_t n = 0, whole = 0;
    while (n < a.len && n < b.len && a.s[a.len - n - 1] == b.s[b.len - n - 1]) {
        n++;
        if (a.s[a.len - n] == '/')
            whole = n;
    }
    return whole == a.len || whole == b.len ? 0 : whole;
}

static bool text_equal(struct cause_text a, struct cause_text b)
{
    return a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
}

static struct cause_prefix *find(struct causes *c, struct cause_text a, struct cause_text b)
{
    for (size_t i = 0; i < c->prefix_count; i++)
        if (stet_cause_text_is(a, c->prefixes[i].a) && stet_cause_text_is(b, c->prefixes[i].b))
            return &c->prefixes[i];
    return NULL;
}

static void count(struct causes *c, struct cause_text a, struct cause_text b, size_t below)
{
    struct cause_prefix *p = find(c, a, b);
    if (!p) {
        if (c->prefix_count == CAUSE_PREFIXES_MAX || a.len >= CAUSE_PREFIX_LEN ||
            b.len >= CAUSE_PREFIX_LEN)
            return;
        p = &c->prefixes[c->prefix_count++];
        *p = (struct cause_prefix){0};
        memcpy(p->a, a.s, a.len);
        memcpy(p->b, b.s, b.len);
    }
    p->count++;
    p->below += below > 0;
}

/* ---- which directories things are built in ---- */

static bool begins_with(struct cause_text t, const char *directory)
{
    size_t n = strlen(directory);
    return t.len > n && memcmp(t.s, directory, n) == 0;
}

static bool is_build_place(struct cause_text t)
{
    static const char *const places[] = {"/build/",
                                         "/builds/",
                                         "/buildkit/",
                                         "/tmp/",
                                         "/var/tmp/",
                                         "/dev/shm/",
                                         "/home/",
                                         "/Users/",
                                         "/root/",
                                         "/workspace",
                                         "/usr/src/",
                                         "/usr/local/src/",
                                         "/github/",
                                         "/var/lib/jenkins/",
                                         "/var/cache/pbuilder/",
                                         "/var/lib/buildkite",
                                         "/startdir",
                                         "/opt/build"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (begins_with(t, places[i]))
            return true;
    return stet_cause_text_is(t, "/build") || stet_cause_text_is(t, "/root") ||
           stet_cause_text_is(t, "/startdir") || stet_cause_text_is(t, "/workspace");
}

/* Where a distribution or an administrator puts things: another such directory is another configuration. */
static bool is_system_place(struct cause_text t)
{
    static const char *const places[] = {"/usr", "/etc",  "/bin", "/sbin", "/lib",
                                         "/var", "/opt",  "/dev", "/proc", "/sys",
                                         "/run", "/boot", "/srv", "/media"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (begins_with(t, places[i]) || stet_cause_text_is(t, places[i]))
            return !is_build_place(t);
    return false;
}

/* "tmp.Ab12Cd34Ef", "name-a1B2c3": made by mktemp(1) or like it. */
static bool ends_at_random(struct cause_text t)
{
    size_t n = 0;
    bool upper = false, lower = false, digit = false;
    while (n < t.len && stet_cause_is_word(t.s[t.len - n - 1])) {
        char c = t.s[t.len - n - 1];
        upper |= c >= 'A' && c <= 'Z';
        lower |= c >= 'a' && c <= 'z';
        digit |= c >= '0' && c <= '9';
        n++;
    }
    return n >= 6 && n < t.len && strchr("-._/", t.s[t.len - n - 1]) && upper + lower + digit >= 2;
}

static bool is_told(const struct diff_side *s, struct cause_text t)
{
    for (size_t i = 0; i < s->build_paths.count; i++) {
        size_t n = strlen(s->build_paths.items[i]);
        if (t.len >= n && memcmp(t.s, s->build_paths.items[i], n) == 0 &&
            (t.len == n || t.s[n] == '/'))
            return true;
    }
    return false;
}

/* How sure one is that a and b (with below characters of equal names after them) are two places of one build; -1: not. */
static int judge(const struct cause_walk *w, struct cause_text a, struct cause_text b, size_t below)
{
    const struct diff *d = w->c->d;
    const struct cause_prefix *p = find(w->c, a, b);
    size_t seen = p ? p->count : 0, seen_below = p ? p->below : 0;
    bool named = stet_cause_is_named(
        w, "comp dir|dw at comp dir|builddir|build dir|srcdir|pwd|workdir|build path|"
           "source dir|directory|entering directory|cwd|srctree|objtree|rpath");
    if (is_told(&d->side[0], a) && is_told(&d->side[1], b))
        return STET_DIFF_CERTAIN;
    if (is_system_place(a) || is_system_place(b))
        return -1;
    if (is_build_place(a) && is_build_place(b)) {
        if (below == 0 && seen_below == 0 && !named)
            return ends_at_random(a) && ends_at_random(b) ? STET_DIFF_POSSIBLE : -1;
        return seen >= 3 || (ends_at_random(a) && ends_at_random(b)) ? STET_DIFF_CERTAIN
                                                                     : STET_DIFF_LIKELY;
    }
    if (named && (below > 0 || seen_below > 0))
        return STET_DIFF_LIKELY;
    return seen_below >= 3 ? STET_DIFF_LIKELY : seen_below == 2 ? STET_DIFF_POSSIBLE : -1;
}

bool stet_cause_match_path(const struct cause_walk *w, struct cause_match *m)
{
    m->a = path_at(w->a, w->i);
    m->b = path_at(w->b, w->j);
    struct cause_text a = {w->a.s + w->i, m->a}, b = {w->b.s + w->j, m->b};
    if (m->a == 0 || m->b == 0 || text_equal(a, b))
        return false;
    size_t below = common_end(a, b);
    a.len -= below;
    b.len -= below;
    if (w->c->counting) {
        count(w->c, a, b, below);
        return stet_cause_say(m, STET_CAUSE_BUILD_PATH, STET_DIFF_POSSIBLE, "counted");
    }
    int sure = judge(w, a, b, below);
    return sure >= 0 &&
           stet_cause_say(m, STET_CAUSE_BUILD_PATH, (enum stet_diff_sureness)sure,
                          "the paths differ by the directory in which the builds were");
}
