/*
 * private - what the sources of lib/diff share: a comparison under way, contents, and adding findings.
 */
#ifndef STET_DIFF_PRIVATE_H
#define STET_DIFF_PRIVATE_H

#include "lib/diff/diff.h"
#include "lib/digest/digest.h"
#include "lib/entry/entry.h"

/* ---- evidence about the two builds, gathered before contents are compared (evidence.c) ---- */

struct diff_side {
    int64_t time_min,
        time_max; /* span of times that belong to this build: created, newest mtimes, …; 0: not known */
    struct stet_strv hosts;       /* host names seen (etc/hostname, .BUILDINFO, logs, …) */
    struct stet_strv users;       /* user names of the builder seen */
    struct stet_strv build_paths; /* absolute directories in which something was built */
    struct stet_strv packages;    /* "name version architecture" of its package database, sorted */
    struct diff_evidence *evidence; /* more, for evidence.c alone; NULL: none */
};

/* Texts that findings were given last (shared.c). One of zeroes is empty. */
enum { DIFF_RECENT = 4096 };
struct diff_recent {
    char *texts[DIFF_RECENT];
    size_t made; /* bytes that were taken for new ones, in all */
};
/* A text for a finding: one of these when it is among them, else a new one. NULL with err. */
char *stet_diff_recent(struct diff_recent *r, const char *text, struct stet_error *err);
/* The same for a text that a finding has already (or NULL). */
void stet_diff_recent_replace(struct diff_recent *r, char **text);
void stet_diff_recent_release(struct diff_recent *r);

/* A comparison under way. */
#define DIFF_BUDGET_BYTES (UINT64_C(8) << 30) /* by default, at the most */
/* Of it, what is there at first, and what each byte of a content adds: real ones are packed less, bombs more. */
#define DIFF_BUDGET_FIRST (UINT64_C(1) << 30)
#define DIFF_BUDGET_RATIO 16
struct diff {
    const struct stet_diff_options *options;
    struct stet_diff_result *result;
    const char *image; /* whose layers are under comparison, as in struct stet_finding */
    struct diff_side side[2];
    uint64_t bytes_left;  /* of options->budget_bytes */
    uint64_t bytes_later; /* of it, what contents have yet to add to bytes_left */
    uint64_t details;     /* bytes of all findings' details but the last's (content.c) */
    struct diff_recent recent;
    size_t settled;             /* findings that are complete (content.c) */
    size_t left_out;            /* and that the budget had no room for */
    int temporary;              /* directory descriptor for unnamed files */
    struct diff_scopes *scopes; /* packages in something else (scopes.c); NULL: none */
    struct diff_guard *guard;   /* of what is mapped; NULL: nothing watches it */
    uint64_t looked_at;         /* bytes of members since pages were forgotten (content.c) */
};

/* ---- contents ---- */

/* Bytes in memory (perhaps a mapped file), borrowed. */
struct diff_bytes {
    const unsigned char *data;
    size_t len;
};

/* Two contents at one place. At least one byte differs, or their lengths do. */
struct diff_pair {
    struct diff *diff;
    const struct diff_pair *outer; /* whose member this is, or NULL */
    unsigned layer;
    const char *path; /* as in struct stet_finding, members after '!' */
    const char *file; /* the file's own path ("etc/shadow"), whatever is opened inside of it */
    unsigned depth;   /* of nesting, 0: a file */
    struct diff_bytes a, b;
};

/*
 * A comparator of one format. It says 1 when it added at least one finding that accounts for the difference, 0 when the
 * contents are not of its format, are damaged, or show no difference in its terms (the next one is asked; the last is
 * that of bytes, which always finds one), -1 with err. It never reads outside of the two contents, and its
 * work is bounded by their length (a small factor) or by the budgets.
 */
typedef int diff_comparator(const struct diff_pair *p, struct stet_error *err);

struct diff_format {
    const char *name; /* as in struct stet_finding */
    diff_comparator *compare;
};
/* All of them, in the order in which they are asked, ended by a NULL name (formats.c). */
extern const struct diff_format stet_diff_formats[];

/* Asks them. Adds at least one finding (content.c). */
int stet_diff_content(const struct diff_pair *p, struct stet_error *err);

/* ---- large contents (mapped.c) ---- */

/* Is it more than can be looked into in bounded time and memory? Comparators of what is no archive go over all of it. */
bool stet_diff_is_large(const struct diff_pair *p);
/* Compares such contents as bytes: one finding, that says so. Memory stays small. */
int stet_diff_large(const struct diff_pair *p, struct stet_error *err);
/* Are they the same? Memory stays small whatever their length. */
bool stet_diff_bytes_equal(const struct diff_bytes *a, const struct diff_bytes *b);

/*
 * Compares what a member of the contents is on both sides, within the budgets of depth and bytes: "a.tar" + '!' +
 * "member". Equal ones cost a comparison and add nothing. A side that has no such member is NULL (both may not be).
 * Where a budget ends it adds a finding that says so. Returns the number of findings added, or -1.
 */
int stet_diff_member(const struct diff_pair *outer, const char *member, const struct diff_bytes *a,
                     const struct diff_bytes *b, struct stet_error *err);

/* ---- adding findings ---- */

/*
 * Adds a finding of level CONTENT at p's place; what is a format for it, a and b are texts (copied, shortened to 200
 * characters, control characters and bad UTF-8 written \xNN) or NULL. Returns it, to be given detail and cause; it is
 * valid until the next one is added. NULL with err.
 */
struct stet_finding *stet_diff_add(const struct diff_pair *p, const char *format, const char *a,
                                   const char *b, struct stet_error *err, const char *what, ...)
    __attribute__((format(printf, 6, 7)));

/* The same at any level and place (p's are level CONTENT, p->layer and p->path). Past options->budget_findings it gives
 * a finding that is not kept. */
struct stet_finding *stet_diff_add_at(struct diff *d, enum stet_diff_level level, unsigned layer,
                                      const char *path, const char *format, const char *a,
                                      const char *b, struct stet_error *err, const char *what, ...)
    __attribute__((format(printf, 9, 10)));

/* When some were not kept, adds one that says how many. */
int stet_diff_tell_left_out(struct diff *d, struct stet_error *err);

/* Frees what f holds; it is then empty. */
void stet_diff_finding_release(struct stet_finding *f);
/* Takes back the findings from index count on. */
void stet_diff_take_back(struct stet_diff_result *r, size_t count);

/* Sets cause and evidence (a format). When the comparator knows the cause; else the engine looks for it afterwards. */
int stet_diff_because(struct stet_finding *f, enum stet_diff_cause cause,
                      enum stet_diff_sureness sure, struct stet_error *err, const char *evidence,
                      ...) __attribute__((format(printf, 5, 6)));

/* Appends one line to f->detail: sign ' ', '-', '+' or '@', then text of len bytes, made printable; at most 400 lines a
 * finding, then one that says how many more there are. */
int stet_diff_detail(struct stet_finding *f, char sign, const char *text, size_t len,
                     struct stet_error *err);

/* Text of any bytes as it may stand in a finding (see struct stet_finding), shortened to max characters with "…". */
int stet_diff_printable(const void *data, size_t len, size_t max, struct stet_buffer *out,
                        struct stet_error *err);

/* ---- helpers for comparators (helpers.c) ---- */

/* "1 byte", "2 bytes"; malloc'd. */
char *stet_diff_length_text(uint64_t bytes, struct stet_error *err);

/* Line diff of two texts (Myers, O(ND) with a bound; where that is reached, a longer script than needed): adds one
 * finding "lines N-M" for each run of changed lines (numbers of a; where a has none, of b), with up to three lines of
 * context, at most 200 runs. Returns how many. */
int stet_diff_lines(const struct diff_pair *p, const char *format, struct stet_error *err);
/* Byte ranges that differ, near ones joined, each with a hex window: at most 100 findings; the always-last comparator. */
int stet_diff_raw(const struct diff_pair *p, const char *format, struct stet_error *err);

/* Is value a time within side's span (give or take a day)? Seconds since 1970. */
bool stet_diff_in_span(const struct diff_side *side, int64_t value);

/* ---- the cause of what no comparator explained (causes.c) ---- */

/* Hashes of passwords in the texts of findings give way to their kinds (hidden.c). After causes were looked for. */
int stet_diff_hide_hashes(struct stet_diff_result *r, struct stet_error *err);

/* Looks at every unexplained finding of the result and at what surrounds it; sets causes. After all was compared. */
int stet_diff_explain(struct diff *d, struct stet_error *err);

#endif
