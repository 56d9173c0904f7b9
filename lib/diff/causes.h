/*
 * causes - what the sources that look for causes share. Private to causes*.c.
 *
 * A finding's values are compared by walking along both texts at once. Where both have a token of the same kind at the
 * same place (a time, a path, a host name, …) that differs in a telling way, the walk steps over it and notes a cue;
 * everything between must be equal. A finding has a cause only when the walk reaches the end of all its lines.
 */
#ifndef STET_DIFF_CAUSES_H
#define STET_DIFF_CAUSES_H

#include "lib/diff/evidence.h"
#include "lib/diff/times.h"

struct cause_text {
    const char *s;
    size_t len;
};

enum { CAUSE_LINES_MAX = 512 }; /* more than stet_diff_detail() keeps */

/* What a finding says of its two sides. */
struct cause_lines {
    struct cause_text a[CAUSE_LINES_MAX], b[CAUSE_LINES_MAX];
    size_t a_count, b_count;
    bool cut; /* something was left out of them */
    bool hex; /* they are rows of a hex window */
};
void stet_cause_lines_read(const struct stet_finding *f, struct cause_lines *out);

/* ---- directories that differ ---- */

/* Two directories under which the same names lie on the two sides. */
enum { CAUSE_PREFIXES_MAX = 256, CAUSE_PREFIX_LEN = 256 };
struct cause_prefix {
    char a[CAUSE_PREFIX_LEN], b[CAUSE_PREFIX_LEN];
    size_t count; /* places where they differ so */
    size_t below; /* of them with a name below */
};

/* ---- when the builds were (causes_clock.c) ---- */

/* Two whole times that stand at one place. */
struct cause_clock {
    int64_t a, b;
};
enum { CAUSE_CLOCKS_MAX = 512 };

/* ---- words that some lines say the meaning of (causes_words.c) ---- */

enum { CAUSE_WORD_MAX = 128, CAUSE_LEARNED_MAX = 32 };
/* On the two sides, at one place. */
struct cause_learned {
    enum stet_diff_cause cause;
    char a[CAUSE_WORD_MAX], b[CAUSE_WORD_MAX];
};

/* The search under way. */
struct causes {
    struct diff *d;
    int year[2]; /* of the two builds, for times without one; 0: not known */
    /* Both sides say the same time, which is then set (SOURCE_DATE_EPOCH), and before the builds; 0: they do not. */
    int64_t fixed;
    struct cause_clock clocks[CAUSE_CLOCKS_MAX]; /* that the contents have */
    size_t clock_count;
    struct cause_learned words[CAUSE_LEARNED_MAX];
    size_t word_count;
    size_t support; /* how many of the times are those of the spans that were learned */
    bool learned;   /* the builds' spans are those of the contents' times */
    struct cause_prefix prefixes[CAUSE_PREFIXES_MAX];
    size_t prefix_count;
    bool counting;            /* the pass that only gathers prefixes and times */
    struct cause_lines lines; /* of the finding that is looked at */
};

/* ---- cues ---- */

struct cause_cue {
    size_t count;
    enum stet_diff_sureness sure;
    const char *why; /* of the first */
};
struct cause_cues {
    struct cause_cue of[STET_CAUSE_COUNT];
};

/* Two lines that are walked along. */
struct cause_walk {
    struct causes *c;
    const struct stet_finding *f;
    struct cause_text a, b;
    size_t i, j; /* where the walk stands */
};
/* A token on each side. */
struct cause_match {
    size_t a, b; /* characters */
    enum stet_diff_cause cause;
    enum stet_diff_sureness sure;
    const char
        *why; /* static: the report shows the values, and a million findings share one sentence */
};
/* Do both sides have a token here, which differs? */
typedef bool cause_matcher(const struct cause_walk *w, struct cause_match *m);

cause_matcher stet_cause_match_time; /* causes_time.c */
cause_matcher stet_cause_match_path; /* causes_path.c */
cause_matcher stet_cause_match_host; /* causes_words.c */
cause_matcher stet_cause_match_random;
cause_matcher stet_cause_match_locale; /* causes_settings.c */
cause_matcher stet_cause_match_machine;
cause_matcher stet_cause_match_mark; /* a quotation mark or hyphen, wherever it is */
/* Of its content: no cause by itself (UNEXPLAINED), and none against those beside it. */
cause_matcher stet_cause_match_checksum;

/* Returns true. */
bool stet_cause_say(struct cause_match *m, enum stet_diff_cause cause, enum stet_diff_sureness sure,
                    const char *why);

/* How two times that stand at one place are to be judged. text: as they are written. False: not at all. */
bool stet_cause_judge_times(const struct cause_walk *w, const struct diff_time *x,
                            const struct diff_time *y, struct cause_match *m);

/* Leaves aside the spans of builds that are one and the same: a fixed time says nothing of when it was built. */
void stet_cause_set_aside_fixed(struct causes *c);
/* Keeps two times that a finding has, if they may be those of the builds. */
void stet_cause_keep_clock(struct causes *c, int64_t a, int64_t b);
/* Where the spans are not known: the builds were when most of these times are, if that are some. */
void stet_cause_learn_spans(struct causes *c);
/* Is t within the build's span; or, where there is none, not long after the fixed time? */
bool stet_cause_in_build(const struct causes *c, int side, int64_t t);
/* Is t not long after the fixed time, where there is one? */
bool stet_cause_after_fixed(const struct causes *c, int64_t t);
/* Are the builds' spans known, by whatever? Told: by what is around the contents, and not learned from them. */
bool stet_cause_spans_known(const struct causes *c);
bool stet_cause_spans_told(const struct causes *c);

/* ---- words around a token (causes_text.c) ---- */

/* The words at both places, of letters, digits, '_', '-' and '.'; m is given their lengths. False where one has none. */
bool stet_cause_both_words(const struct cause_walk *w, struct cause_match *m, struct cause_text *a,
                           struct cause_text *b);
bool stet_cause_is_name(char c); /* may it be in such a word? */
bool stet_cause_is_word(char c); /* letter, digit, '_', or part of one beyond ASCII */
/* Does text contain word, as a whole word, whatever its case? */
bool stet_cause_has_word(struct cause_text text, const char *word);
/* Is one of words (separated by '|') the name that stands before the token of a: "name=", "name: ", "\"name\": ", "name "?
 * Where nothing stands before it, the last part of the finding's what is the name. */
bool stet_cause_is_named(const struct cause_walk *w, const char *words);
bool stet_cause_text_is(struct cause_text t, const char *s);
/* Keeps two words that a line says to be of this cause. */
void stet_cause_learn(const struct cause_walk *w, enum stet_diff_cause cause, struct cause_text a,
                      struct cause_text b);
/* Are these two such words? Or, where part, does each begin such a word, up to a '-'? */
bool stet_cause_is_learned(const struct cause_walk *w, enum stet_diff_cause cause,
                           struct cause_text a, struct cause_text b, bool part);
/* A path's last component; members after '!' count. */
const char *stet_cause_base_name(const char *path);

/* ---- rules; each returns 1 when it set a cause, 0, or -1 with err ---- */

int stet_cause_by_text(struct causes *c, struct stet_finding *f,
                       struct stet_error *err); /* causes_text.c */
int stet_cause_by_messages(struct causes *c, struct stet_finding *f,
                           struct stet_error *err); /* causes_settings.c */
int stet_cause_by_bytes(struct causes *c, struct stet_finding *f,
                        struct stet_error *err); /* causes_bytes.c */
int stet_cause_by_place(struct causes *c, struct stet_finding *f,
                        struct stet_error *err); /* causes_place.c */
/* Findings from..to (indexes) of one place: the same lines in another order (causes_order.c). */
int stet_cause_by_order(struct causes *c, size_t from, size_t to, struct stet_error *err);
int stet_cause_by_line_order(struct causes *c, struct stet_finding *f, struct stet_error *err);
/* Modes of all findings, by the umask (causes_place.c). */
int stet_cause_by_umask(struct causes *c, struct stet_error *err);
/* Packages whose version differs, or that one side lacks: their findings become one (causes_package.c). */
int stet_cause_by_package(struct causes *c, struct stet_error *err);
/* Findings from..to of one place: what follows from the causes of others there (causes_beside.c). */
int stet_cause_by_others(struct causes *c, size_t from, size_t to, struct stet_error *err);
/* Entries of the cache of libraries whose libraries one side lacks. */
int stet_cause_by_libraries(struct causes *c, struct stet_error *err);

#endif
