/*
 * logs - logs of package managers, whose lines begin with a time: the times are told as one finding, and the lines are
 * compared without them.
 */
#include "lib/diff/formats.h"
#include "lib/diff/records.h"

static const char format_name[] = "log";

enum { LOG_MAX = 64 << 20 };

static const char *const logs[] = {
    "var/log/dpkg.log*",         "var/log/pacman.log*",
    "var/log/alternatives.log*", "var/log/apt/*.log*",
    "var/log/apk.log*",          "var/log/bootstrap.log",
    "var/log/dnf*.log",          "var/log/unattended-upgrades/*.log",
};

static bool is_log(const struct diff_pair *p)
{
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++)
        if (stet_diff_file_matches(p, logs[i]) || stet_diff_file_is(p, logs[i]))
            return true;
    return false;
}

/* Does s begin so, where '0' stands for a digit? */
static bool has_form(const char *s, size_t len, const char *form)
{
    for (size_t i = 0; form[i]; i++) {
        if (i >= len)
            return false;
        if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
            return false;
    }
    return true;
}

/* Characters that a time at the beginning of s takes: "2026-11-23 16:10:30", "2026-11-23T16:10:30+0000"; 0: there is
 * none. apt writes two blanks. */
static size_t time_len(const char *s, size_t len)
{
    static const char *const forms[] = {"0000-00-00 00:00:00", "0000-00-00  00:00:00",
                                        "0000-00-00T00:00:00", "0000-00-00 00:00"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t n = strlen(forms[i]);
        if (!has_form(s, len, forms[i]))
            continue;
        if (has_form(s + n, len - n, "+0000") || has_form(s + n, len - n, "-0000"))
            return n + 5;
        return n + (n < len && s[n] == 'Z');
    }
    return 0;
}

/* A log with its times taken out; numbers of lines stay as they are. */
struct masked {
    struct stet_buffer text;
    size_t times;
    struct diff_text first, last;
};

static void mask_line(struct masked *m, struct diff_text line)
{
    size_t i = 0;
    while (i < line.len) {
        size_t n = time_len(line.s + i, line.len - i);
        if (n == 0) {
            stet_buffer_add_char(&m->text, line.s[i++]);
            continue;
        }
        m->last = (struct diff_text){line.s + i, n};
        if (m->times++ == 0)
            m->first = m->last;
        stet_buffer_add_str(&m->text, "<time>");
        i += n;
    }
}

static int mask(struct masked *m, const struct diff_bytes *content, struct stet_error *err)
{
    struct diff_text rest = stet_diff_text_of(content), line;
    stet_buffer_add_str(&m->text, "");
    while (stet_diff_text_line(&rest, &line)) {
        mask_line(m, line);
        if (line.s + line.len < (const char *)content->data + content->len)
            stet_buffer_add_char(&m->text, '\n');
    }
    return stet_buffer_check(&m->text, "a log", err);
}

/* Lines whose times alone differ, of two logs that are equal but for times. */
static size_t lines_with_other_time(const struct diff_pair *p)
{
    struct diff_text a = stet_diff_text_of(&p->a), b = stet_diff_text_of(&p->b), la, lb;
    size_t count = 0;
    while (stet_diff_text_line(&a, &la) && stet_diff_text_line(&b, &lb))
        count += !stet_diff_text_equal(la, lb);
    return count;
}

static void times_text(struct stet_buffer *out, const struct masked *m)
{
    if (m->times == 0)
        stet_buffer_add_str(out, "none");
    else if (stet_diff_text_equal(m->first, m->last))
        stet_buffer_addf(out, "%.*s", (int)m->first.len, m->first.s);
    else
        stet_buffer_addf(out, "%.*s to %.*s", (int)m->first.len, m->first.s, (int)m->last.len,
                         m->last.s);
}

static int add_times(const struct diff_pair *p, const struct masked *a, const struct masked *b,
                     bool alone, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct stet_finding *f;
    times_text(&ta, a);
    times_text(&tb, b);
    if (stet_buffer_check(&ta, "a finding", err) < 0 ||
        stet_buffer_check(&tb, "a finding", err) < 0)
        return -1;
    f = alone ? stet_diff_add(p, format_name, stet_buffer_str(&ta), stet_buffer_str(&tb), err,
                              "times of %zu lines", lines_with_other_time(p))
              : stet_diff_add(p, format_name, stet_buffer_str(&ta), stet_buffer_str(&tb), err,
                              "times");
    if (!f)
        return -1;
    return stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY, err,
                             "a log says when each thing was done");
}

/* Do the times differ, whatever else does: does one side have a first or last one that the other has not? */
static bool times_differ(const struct masked *a, const struct masked *b)
{
    return a->times != b->times || !stet_diff_text_equal(a->first, b->first) ||
           !stet_diff_text_equal(a->last, b->last);
}

static int compare_masked(const struct diff_pair *p, const struct masked *a, const struct masked *b,
                          struct stet_error *err)
{
    struct diff_pair inner = *p;
    bool alone = a->text.len == b->text.len && memcmp(a->text.data, b->text.data, a->text.len) == 0;
    if ((alone || times_differ(a, b)) && add_times(p, a, b, alone, err) < 0)
        return -1;
    if (alone)
        return 1;
    inner.a = (struct diff_bytes){(const unsigned char *)a->text.data, a->text.len};
    inner.b = (struct diff_bytes){(const unsigned char *)b->text.data, b->text.len};
    return stet_diff_lines(&inner, format_name, err) < 0 ? -1 : 1;
}

int stet_diff_logs(const struct diff_pair *p, struct stet_error *err)
{
    struct masked a = {0}, b = {0};
    int status = 0;
    if (!is_log(p) || p->a.len > LOG_MAX || p->b.len > LOG_MAX ||
        !stet_diff_text_plain(stet_diff_text_of(&p->a)) ||
        !stet_diff_text_plain(stet_diff_text_of(&p->b)))
        return 0;
    if (mask(&a, &p->a, err) < 0 || mask(&b, &p->b, err) < 0)
        status = -1;
    else if (a.times > 0 && b.times > 0)
        status = compare_masked(p, &a, &b, err);
    stet_buffer_release(&a.text);
    stet_buffer_release(&b.text);
    return status;
}
