/*
 * diff_json - JSON by path. Private to diff.
 */
#ifndef STET_DIFF_DIFF_JSON_H
#define STET_DIFF_DIFF_JSON_H

#include "lib/diff/private.h"
#include "lib/json/json.h"

/* Where the findings go. */
struct diff_json_place {
    struct diff *diff;
    enum stet_diff_level level;
    unsigned layer;
    const char *path;   /* of the findings */
    const char *format; /* of the findings: "json" */
    const char *prefix; /* of the property: "config" gives "config.Env[2]"; "": the document */
};

/*
 * Compares two values: one finding for each path whose values differ (a string as it is, anything else as JSON, NULL
 * where there is none), for each list that has the same items in another order, and one for objects whose members
 * come in another order. At most 1000, then one that counts the rest. The number of findings, or -1.
 */
int stet_diff_json_values(const struct diff_json_place *place, const json_t *a, const json_t *b,
                          struct stet_error *err);

/*
 * The same for two texts that differ, and also how they are written: white space, and notation of equal values. Returns 0
 * when one of them is no JSON (an object or a list) of at most 4 MiB; else the number of findings, at least
 * one; or -1.
 */
int stet_diff_json_texts(const struct diff_json_place *place, const struct diff_bytes *a,
                         const struct diff_bytes *b, struct stet_error *err);

#endif
