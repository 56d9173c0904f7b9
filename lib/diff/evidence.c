/*
 * evidence - the span of times of a build, and the names that belong to it. Which package ships what: owners.c.
 */
#include "lib/diff/evidence.h"

#include "lib/diff/owners.h"
#include "lib/diff/times.h"

enum {
    DAYS_MAX = 32,            /* days of mtimes that are remembered, the newest ones */
    HISTORY_MAX = 64,         /* times of an image's history */
    NAMES_MAX = 64,           /* host names, users, directories */
    NEAR = 7 * DIFF_TIME_DAY, /* further apart, two times are not of one build */
};

struct day {
    int64_t number, first, last; /* since 1970; seconds */
};

struct diff_evidence {
    int64_t created;            /* 0: not known */
    int64_t told_min, told_max; /* by logs and build records; 0: none */
    int64_t history[HISTORY_MAX];
    size_t history_count;
    struct day days[DAYS_MAX]; /* newest first */
    size_t day_count;
    struct diff_owners owners;
    bool finished;
};

/* What is told, or NULL when out of memory: times are then not known. */
static struct diff_evidence *evidence_of(struct diff_side *s)
{
    if (!s->evidence)
        s->evidence = calloc(1, sizeof *s->evidence);
    return s->evidence && !s->evidence->finished ? s->evidence : NULL;
}

void stet_diff_side_release(struct diff_side *s)
{
    stet_strv_release(&s->hosts);
    stet_strv_release(&s->users);
    stet_strv_release(&s->build_paths);
    stet_strv_release(&s->packages);
    if (s->evidence)
        stet_diff_owners_release(&s->evidence->owners);
    free(s->evidence);
    *s = (struct diff_side){0};
}

/* ---- times ---- */

/* Of what is plausible as the time of a build. */
static bool plausible(int64_t t)
{
    return t >= stet_diff_time_make(1980, 1, 2, 0) && t <= stet_diff_time_make(2099, 12, 31, 0);
}

static int64_t parse(const char *rfc3339)
{
    struct diff_time t;
    if (!rfc3339 || !stet_diff_time_scan(rfc3339, strlen(rfc3339), 0, &t) || t.grain != 1)
        return 0;
    return plausible(t.seconds) ? t.seconds : 0;
}

void stet_diff_evidence_created(struct diff_side *s, const char *rfc3339)
{
    struct diff_evidence *e = evidence_of(s);
    int64_t t = parse(rfc3339);
    if (e && t > e->created)
        e->created = t;
}

void stet_diff_evidence_history(struct diff_side *s, const char *rfc3339)
{
    struct diff_evidence *e = evidence_of(s);
    int64_t t = parse(rfc3339);
    if (!e || t == 0)
        return;
    size_t i = e->history_count < HISTORY_MAX ? e->history_count++ : HISTORY_MAX;
    if (i == HISTORY_MAX) { /* the newest are kept, in whatever order they come */
        i = 0;
        for (size_t k = 1; k < HISTORY_MAX; k++)
            i = e->history[k] < e->history[i] ? k : i;
        if (e->history[i] >= t)
            return;
    }
    e->history[i] = t;
}

void stet_diff_evidence_mtime(struct diff_side *s, int64_t seconds)
{
    struct diff_evidence *e = evidence_of(s);
    if (!e || !plausible(seconds))
        return;
    int64_t number = seconds / DIFF_TIME_DAY;
    size_t i = 0;
    while (i < e->day_count && e->days[i].number > number)
        i++;
    if (i < e->day_count && e->days[i].number == number) {
        struct day *d = &e->days[i];
        d->first = seconds < d->first ? seconds : d->first;
        d->last = seconds > d->last ? seconds : d->last;
        return;
    }
    if (i == DAYS_MAX)
        return;
    size_t move = (e->day_count < DAYS_MAX ? e->day_count : DAYS_MAX - 1) - i;
    memmove(&e->days[i + 1], &e->days[i], move * sizeof *e->days);
    e->days[i] = (struct day){number, seconds, seconds};
    e->day_count += e->day_count < DAYS_MAX;
}

static void told(struct diff_evidence *e, int64_t t)
{
    if (!plausible(t))
        return;
    if (e->told_min == 0 || t < e->told_min)
        e->told_min = t;
    if (t > e->told_max)
        e->told_max = t;
}

/* ---- files that tell ---- */

enum teller {
    TELLS_NOTHING,
    TELLS_HOSTNAME,
    TELLS_HOSTS,
    TELLS_LOG,
    TELLS_RECORD,
    TELLS_PACKAGES,
};

static enum teller teller_of(const char *path)
{
    static const struct {
        const char *path;
        enum teller teller;
    } files[] = {
        {"etc/hostname", TELLS_HOSTNAME},
        {"etc/mailname", TELLS_HOSTNAME},
        {"etc/hosts", TELLS_HOSTS},
        {"var/log/dpkg.log", TELLS_LOG},
        {"var/log/alternatives.log", TELLS_LOG},
        {"var/log/apt/history.log", TELLS_LOG},
        {"var/log/apt/term.log", TELLS_LOG},
        {"var/log/pacman.log", TELLS_LOG},
        {"var/log/apk.log", TELLS_LOG},
        {".BUILDINFO", TELLS_RECORD},
        {".PKGINFO", TELLS_RECORD},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(path, files[i].path) == 0)
            return files[i].teller;
    return stet_diff_owners_wants(path) ? TELLS_PACKAGES : TELLS_NOTHING;
}

bool stet_diff_evidence_wants(const char *path)
{
    return teller_of(path) != TELLS_NOTHING;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/* The name (of a host, a user) that s begins with. */
static int add_name(struct stet_strv *to, const char *s, size_t len, struct stet_error *err)
{
    char name[256];
    size_t n = 0;
    while (n < len && n < sizeof name - 1 && name_char(s[n]))
        n++;
    memcpy(name, s, n);
    name[n] = '\0';
    if (n < 2 || to->count >= NAMES_MAX || strncmp(name, "localhost", 9) == 0 ||
        stet_strv_contains(to, name))
        return 0;
    return stet_strv_add(to, name, err);
}

/* Takes the next line off *s. */
static bool next_line(const char **s, size_t *left, const char **line, size_t *len)
{
    if (*left == 0)
        return false;
    const char *end = memchr(*s, '\n', *left);
    *line = *s;
    *len = end ? (size_t)(end - *s) : *left;
    *s += *len + (end != NULL);
    *left -= *len + (end != NULL);
    return true;
}

/* "127.0.1.1 host.example.org host" */
static int read_hosts(struct diff_side *s, const char *data, size_t left, struct stet_error *err)
{
    const char *line;
    size_t len;
    for (int count = 0; count < 1000 && next_line(&data, &left, &line, &len); count++) {
        if (len < 4 || memcmp(line, "127.", 4) != 0)
            continue;
        for (size_t i = 4; i < len && line[i] != '#'; i++) {
            if ((line[i - 1] == ' ' || line[i - 1] == '\t') && name_char(line[i]) &&
                add_name(&s->hosts, line + i, len - i, err) < 0)
                return -1;
        }
    }
    return 0;
}

/* The first time in a line of a log. */
static void read_log_line(struct diff_evidence *e, const char *line, size_t len)
{
    len = len < 400 ? len : 400;
    for (size_t i = 0; i < len; i++) {
        struct diff_time t;
        if (i > 0 && (name_char(line[i - 1]) || !name_char(line[i])))
            continue;
        if (stet_diff_time_scan(line + i, len - i, 0, &t) && t.form == DIFF_TIME_DATE &&
            t.grain <= 60) {
            told(e, t.seconds);
            return;
        }
    }
}

static int read_log(struct diff_side *s, const char *data, size_t left, struct stet_error *err)
{
    static const char by[] = "Requested-By: ";
    const char *line;
    size_t len;
    while (next_line(&data, &left, &line, &len)) {
        if (len > sizeof by && memcmp(line, by, sizeof by - 1) == 0) {
            if (add_name(&s->users, line + sizeof by - 1, len - sizeof by + 1, err) < 0)
                return -1;
        } else {
            read_log_line(s->evidence, line, len);
        }
    }
    return 0;
}

static int add_directory(struct diff_side *s, const char *value, size_t len, struct stet_error *err)
{
    char path[1024];
    while (len > 1 && value[len - 1] == '/')
        len--;
    if (len < 2 || len >= sizeof path || value[0] != '/' || s->build_paths.count >= NAMES_MAX)
        return 0;
    memcpy(path, value, len);
    path[len] = '\0';
    return stet_strv_contains(&s->build_paths, path) ? 0
                                                     : stet_strv_add(&s->build_paths, path, err);
}

/* "key = value" lines, as in .BUILDINFO and .PKGINFO. */
static int read_record(struct diff_side *s, const char *data, size_t left, struct stet_error *err)
{
    const char *line;
    size_t len;
    for (int count = 0; count < 10000 && next_line(&data, &left, &line, &len); count++) {
        const char *sign = memmem(line, len, " = ", 3);
        if (!sign)
            continue;
        const char *value = sign + 3;
        size_t key = (size_t)(sign - line), n = len - key - 3;
        struct diff_time t;
        if (key == 9 && memcmp(line, "builddate", 9) == 0) {
            if (stet_diff_time_scan(value, n, 0, &t) && t.form == DIFF_TIME_NUMBER && t.len == n)
                told(s->evidence, t.seconds);
        } else if ((key == 8 && memcmp(line, "builddir", 8) == 0) ||
                   (key == 8 && memcmp(line, "startdir", 8) == 0)) {
            if (add_directory(s, value, n, err) < 0)
                return -1;
        }
    }
    return 0;
}

int stet_diff_evidence_file(struct diff_side *s, const char *path, const struct diff_bytes *content,
                            struct stet_error *err)
{
    struct diff_evidence *e = evidence_of(s);
    if (!e)
        return s->evidence ? 0 : stet_error_oom(err, "gather evidence");
    const char *data = (const char *)content->data;
    size_t len = content->len;
    if (len == 0 || len > DIFF_EVIDENCE_FILE_MAX)
        return 0;
    switch (teller_of(path)) {
    case TELLS_HOSTNAME:
        return add_name(&s->hosts, data, len, err);
    case TELLS_HOSTS:
        return read_hosts(s, data, len, err);
    case TELLS_LOG:
        return read_log(s, data, len, err);
    case TELLS_RECORD:
        return read_record(s, data, len, err);
    case TELLS_PACKAGES:
        return stet_diff_owners_read(&e->owners, &s->packages, path, data, len, err);
    case TELLS_NOTHING:
        break;
    }
    return 0;
}

/* ---- the span ---- */

static bool near(int64_t a, int64_t b)
{
    return a != 0 && b != 0 && (a < b ? b - a : a - b) <= NEAR;
}

static void widen(struct diff_side *s, int64_t t)
{
    if (t == 0)
        return;
    s->time_min = s->time_min == 0 || t < s->time_min ? t : s->time_min;
    s->time_max = t > s->time_max ? t : s->time_max;
}

/*
 * Files tell most of when files were made: the logs' last time, else the newest mtime that is not after the image's own
 * time. The image's time counts alone when there are none, and with them when it is near: an image that was packed
 * long after its root was made, or that says a fixed time, has files of another time than its own.
 */
static void make_span(struct diff_side *s, const struct diff_evidence *e)
{
    const struct day *newest = NULL;
    for (size_t i = 0; i < e->day_count && !newest; i++)
        if (e->created == 0 || e->days[i].last <= e->created + 2 * DIFF_TIME_DAY)
            newest = &e->days[i];
    int64_t mtime = newest ? newest->last : 0;
    int64_t anchor = near(e->created, e->told_max) || near(e->created, mtime) ? e->created
                     : e->told_max                                            ? e->told_max
                     : mtime                                                  ? mtime
                                                                              : e->created;
    widen(s, anchor);
    const int64_t others[] = {e->created, e->told_min, e->told_max, mtime,
                              newest ? newest->first : 0};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (near(others[i], anchor))
            widen(s, others[i]);
    for (size_t i = 0; i < e->history_count; i++)
        if (near(e->history[i], anchor))
            widen(s, e->history[i]);
}

int stet_diff_evidence_finish(struct diff_side *s, struct stet_error *err)
{
    if (!s->evidence || s->evidence->finished)
        return 0;
    make_span(s, s->evidence);
    stet_strv_sort_unique(&s->hosts);
    stet_strv_sort_unique(&s->users);
    stet_strv_sort_unique(&s->build_paths);
    stet_strv_sort_unique(&s->packages);
    s->evidence->finished = true;
    return stet_diff_owners_finish(&s->evidence->owners, err);
}

const char *stet_diff_evidence_owner(const struct diff_side *s, const char *path)
{
    return s->evidence && s->evidence->finished ? stet_diff_owners_find(&s->evidence->owners, path)
                                                : NULL;
}

const char *stet_diff_evidence_version(const struct diff_side *s, const char *package)
{
    return s->evidence && s->evidence->finished
               ? stet_diff_owners_version(&s->evidence->owners, package)
               : NULL;
}
