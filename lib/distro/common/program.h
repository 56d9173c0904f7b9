/*
 * program - what running programs of the root shares: their environment, and what they said last.
 */
#ifndef STET_DISTRO_COMMON_PROGRAM_H
#define STET_DISTRO_COMMON_PROGRAM_H

#include "lib/distro/distro.h"

/* Adds the variables, up to a NULL, in their order. */
int stet_distro_add_variables(struct stet_strv *env, const char *const *variables,
                              struct stet_error *err);
/* The same, and SOURCE_DATE_EPOCH: the whole of what a program gets, as nothing of the caller's reaches it. */
int stet_distro_make_environment(const struct stet_build_context *ctx, const char *const *variables,
                                 struct stet_strv *env, struct stet_error *err);

/* The last lines that a program printed, for the error that says that it failed. */
enum { STET_DISTRO_LAST_LINES = 3, STET_DISTRO_LAST_LINE_MAX = 400 };
struct stet_distro_output {
    char last[STET_DISTRO_LAST_LINES][STET_DISTRO_LAST_LINE_MAX]; /* a ring */
    size_t count;                                                 /* of all; 0 begins anew */
};
/* An empty line is left out, a long one cut off. */
void stet_distro_output_add(struct stet_distro_output *o, const char *line);
/* "its last output: one | two | three", or "it printed nothing". */
void stet_distro_output_describe(const struct stet_distro_output *o, struct stet_buffer *out);

#endif
