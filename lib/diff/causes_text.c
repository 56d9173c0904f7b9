/*
 * causes_text - the lines of a finding, and the walk along them.
 */
#include "lib/diff/causes.h"

enum { LINE_MAX_ = 8192 };

/* ---- what a finding says ---- */

static const char ELLIPSIS[] = "…";

static bool is_cut(struct cause_text t)
{
    size_t n = sizeof ELLIPSIS - 1;
    return t.len >= n &&
           (memcmp(t.s, ELLIPSIS, n) == 0 || memcmp(t.s + t.len - n, ELLIPSIS, n) == 0);
}

static void add_line(struct cause_text *to, size_t *count, struct cause_text line, bool *cut)
{
    *cut |= is_cut(line) || line.len > LINE_MAX_ || *count == CAUSE_LINES_MAX;
    if (*count < CAUSE_LINES_MAX)
        to[(*count)++] = line;
}

/* A note that something is missing: "12 more lines", "no newline at the end of the second". */
static bool is_loss(struct cause_text note)
{
    return memmem(note.s, note.len, " more ", 6) || memmem(note.s, note.len, "too ", 4) ||
           memmem(note.s, note.len, "…", 3);
}

static void read_detail(const char *detail, struct cause_lines *out)
{
    for (const char *p = detail; *p;) {
        const char *end = strchrnul(p, '\n');
        struct cause_text line = {p + 1, (size_t)(end - p) - (end > p)};
        if (*p == '-')
            add_line(out->a, &out->a_count, line, &out->cut);
        else if (*p == '+')
            add_line(out->b, &out->b_count, line, &out->cut);
        else if (*p == '@' || (*p == ' ' && end > p + 4 && memcmp(p + 1, ELLIPSIS, 3) == 0))
            out->cut |= is_loss(line);
        p = end + (*end == '\n');
    }
}

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

void stet_cause_lines_read(const struct stet_finding *f, struct cause_lines *out)
{
    out->a_count = out->b_count = 0;
    out->cut = false;
    const char *bytes = f->what ? strstr(f->what, "byte") : NULL;
    out->hex = bytes && (starts_with(bytes, "byte ") || starts_with(bytes, "bytes ")) && f->detail;
    if (f->detail)
        read_detail(f->detail, out);
    if (out->a_count > 0 || out->b_count > 0)
        return;
    out->hex = false;
    if (f->a)
        add_line(out->a, &out->a_count, (struct cause_text){f->a, strlen(f->a)}, &out->cut);
    if (f->b)
        add_line(out->b, &out->b_count, (struct cause_text){f->b, strlen(f->b)}, &out->cut);
}

/* ---- words ---- */

bool stet_cause_is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

bool stet_cause_text_is(struct cause_text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.s, s, t.len) == 0;
}

bool stet_cause_has_word(struct cause_text text, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.len; i++)
        if (strncasecmp(text.s + i, word, n) == 0 &&
            (i == 0 || !stet_cause_is_word(text.s[i - 1])) &&
            (i + n == text.len || !stet_cause_is_word(text.s[i + n])))
            return true;
    return false;
}

const char *stet_cause_base_name(const char *path)
{
    const char *base = path;
    for (const char *p = path; *p; p++)
        if (*p == '/' || *p == '!')
            base = p + 1;
    return base;
}

/* The name that stands right before position i: "build date" of "build date: ". Empty: none. */
static struct cause_text name_before(struct cause_text line, size_t i)
{
    size_t end = i;
    while (end > 0 && strchr(" \t\"'=:(<[>", line.s[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && !strchr("\t\"'=:(<[,;{|", line.s[begin - 1]) && end - begin < 60)
        begin--;
    return (struct cause_text){line.s + begin, end - begin};
}

/* Does name end in word? Hyphens, '_' and blanks are alike, and case. */
static bool ends_in(struct cause_text name, const char *word, size_t n)
{
    if (n == 0 || n > name.len)
        return false;
    const char *s = name.s + name.len - n;
    for (size_t i = 0; i < n; i++) {
        char x = s[i] == '-' || s[i] == '_' ? ' ' : s[i], y = word[i];
        x = x >= 'A' && x <= 'Z' ? (char)(x | 0x20) : x;
        if (x != y)
            return false;
    }
    return n == name.len || !stet_cause_is_word(s[-1]) || s[-1] == '_';
}

bool stet_cause_is_named(const struct cause_walk *w, const char *words)
{
    struct cause_text name = name_before(w->a, w->i);
    if (name.len == 0 && w->f->what) {
        const char *last = w->f->what;
        for (const char *p = last; *p; p++)
            last = *p == '.' || *p == '/' || *p == '[' ? p + 1 : last;
        name = (struct cause_text){last, strcspn(last, "]")};
    }
    while (*words) {
        size_t n = strcspn(words, "|");
        if (ends_in(name, words, n))
            return true;
        words += n + (words[n] == '|');
    }
    return false;
}

bool stet_cause_say(struct cause_match *m, enum stet_diff_cause cause, enum stet_diff_sureness sure,
                    const char *why)
{
    m->cause = cause;
    m->sure = sure;
    m->why = why;
    return true;
}

/* ---- the walk ---- */

static void note(struct cause_cues *cues, const struct cause_match *m)
{
    struct cause_cue *cue = &cues->of[m->cause];
    if (cue->count++ == 0) {
        cue->sure = m->sure;
        cue->why = m->why;
    } else if (m->sure < cue->sure) {
        cue->sure = m->sure;
    }
}

static bool same_text(const struct cause_walk *w, const struct cause_match *m)
{
    return m->a == m->b && memcmp(w->a.s + w->i, w->b.s + w->j, m->a) == 0;
}

static bool match(const struct cause_walk *w, struct cause_match *m)
{
    static cause_matcher *const matchers[] = {stet_cause_match_locale,   stet_cause_match_machine,
                                              stet_cause_match_time,     stet_cause_match_path,
                                              stet_cause_match_checksum, stet_cause_match_host,
                                              stet_cause_match_random};
    for (size_t i = 0; i < sizeof matchers / sizeof *matchers; i++) {
        *m = (struct cause_match){0};
        if (matchers[i](w, m) && m->a > 0 && m->b > 0 && !same_text(w, m))
            return true;
    }
    return false;
}

/* Where a token may begin. */
static bool at_start(const struct cause_walk *w)
{
    return (w->i == 0 || !stet_cause_is_word(w->a.s[w->i - 1]) ||
            !stet_cause_is_word(w->a.s[w->i])) &&
           (w->j == 0 || !stet_cause_is_word(w->b.s[w->j - 1]) ||
            !stet_cause_is_word(w->b.s[w->j]));
}

/* One more blank than on the other side, as columns have. */
static bool is_padding(struct cause_text t, size_t i)
{
    return t.s[i] == ' ' && (i == 0 || t.s[i - 1] == ' ');
}

/* What is left is a mark that the line goes on, or blanks. */
static bool at_end(struct cause_text t, size_t i)
{
    while (i < t.len && t.s[i] == ' ')
        i++;
    return i == t.len || (t.len - i == sizeof ELLIPSIS - 1 && memcmp(t.s + i, ELLIPSIS, 3) == 0);
}

/* Walks along two lines. False: they differ in what tells nothing. */
static bool walk(struct causes *c, const struct stet_finding *f, struct cause_text a,
                 struct cause_text b, struct cause_cues *cues)
{
    struct cause_walk w = {c, f, a, b, 0, 0};
    /* Before the first difference nothing is looked for but where a token that differs begins. */
    while (w.i < a.len && w.j < b.len) {
        struct cause_match m;
        if ((at_start(&w) && match(&w, &m)) || stet_cause_match_mark(&w, &m)) {
            note(cues, &m);
            w.i += m.a;
            w.j += m.b;
        } else if (a.s[w.i] == b.s[w.j]) {
            w.i++;
            w.j++;
        } else if (is_padding(a, w.i)) {
            w.i++;
        } else if (is_padding(b, w.j)) {
            w.j++;
        } else {
            return at_end(a, w.i) && at_end(b, w.j);
        }
    }
    return at_end(a, w.i) && at_end(b, w.j);
}

/* ---- the verdict ---- */

static bool in_database(const char *path)
{
    return starts_with(path, "var/lib/pacman/") || starts_with(path, "var/lib/dpkg/") ||
           starts_with(path, "lib/apk/db/") || starts_with(path, "usr/lib/apk/db/") ||
           starts_with(path, "var/lib/rpm/");
}

static enum stet_diff_cause cause_here(const struct stet_finding *f, enum stet_diff_cause cause)
{
    if (cause == STET_CAUSE_BUILD_TIME && f->level == STET_DIFF_CONTENT && in_database(f->path))
        return STET_CAUSE_DATABASE_TIME;
    return cause;
}

/* The cue that most is seen of gives the cause; the others are told beside it. */
static int conclude(struct stet_finding *f, const struct cause_cues *cues, bool cut,
                    struct stet_error *err)
{
    int best = 0, others = 0;
    enum stet_diff_sureness sure = cut ? STET_DIFF_LIKELY : STET_DIFF_CERTAIN;
    for (int i = 1; i < STET_CAUSE_COUNT; i++) {
        const struct cause_cue *cue = &cues->of[i];
        if (cue->count == 0)
            continue;
        best = best == 0 || cue->count > cues->of[best].count ? i : best;
        sure = cue->sure < sure ? cue->sure : sure;
        others++;
    }
    if (best == 0)
        return 0;
    if (cues->of[STET_CAUSE_UNEXPLAINED].count > 0)
        sure = STET_DIFF_POSSIBLE;
    const struct cause_cue *main_cue = &cues->of[best];
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    stet_buffer_add_str(&text, main_cue->why);
    for (int i = 1; others > 1 && i < STET_CAUSE_COUNT; i++)
        if (i != best && cues->of[i].count > 0)
            stet_buffer_addf(&text, "; beside it %s", cues->of[i].why);
    if (cues->of[STET_CAUSE_UNEXPLAINED].count > 0)
        stet_buffer_add_str(&text, "; beside it are checksums, which follow from what they are of");
    if (stet_buffer_check(&text, "the evidence of a finding", err) < 0 ||
        stet_diff_because(f, cause_here(f, (enum stet_diff_cause)best), sure, err, "%s",
                          stet_buffer_str(&text)) < 0)
        return -1;
    return 1;
}

int stet_cause_by_text(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    const struct cause_lines *l = &c->lines;
    struct cause_cues cues = {0};
    if (l->hex || l->a_count == 0 || l->a_count != l->b_count)
        return 0;
    for (size_t i = 0; i < l->a_count; i++) {
        struct cause_text a = l->a[i], b = l->b[i];
        if (a.len > LINE_MAX_ || b.len > LINE_MAX_)
            return 0;
        if (!walk(c, f, a, b, &cues))
            return 0;
    }
    return c->counting ? 0 : conclude(f, &cues, l->cut, err);
}
