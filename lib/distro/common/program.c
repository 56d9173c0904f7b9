#include "lib/distro/common/program.h"

int stet_distro_add_variables(struct stet_strv *env, const char *const *variables,
                              struct stet_error *err)
{
    for (; *variables; variables++)
        if (stet_strv_add(env, *variables, err) < 0)
            return -1;
    return 0;
}

int stet_distro_make_environment(const struct stet_build_context *ctx, const char *const *variables,
                                 struct stet_strv *env, struct stet_error *err)
{
    if (stet_distro_add_variables(env, variables, err) < 0)
        return -1;
    return stet_strv_addf(env, err, "SOURCE_DATE_EPOCH=%jd", (intmax_t)ctx->lock->epoch);
}

void stet_distro_output_add(struct stet_distro_output *o, const char *line)
{
    if (*line)
        snprintf(o->last[o->count++ % STET_DISTRO_LAST_LINES], STET_DISTRO_LAST_LINE_MAX, "%s",
                 line);
}

void stet_distro_output_describe(const struct stet_distro_output *o, struct stet_buffer *out)
{
    size_t first = o->count > STET_DISTRO_LAST_LINES ? o->count - STET_DISTRO_LAST_LINES : 0;
    stet_buffer_add_str(out, o->count == 0 ? "it printed nothing" : "its last output: ");
    for (size_t i = first; i < o->count; i++)
        stet_buffer_addf(out, "%s%s", i > first ? " | " : "", o->last[i % STET_DISTRO_LAST_LINES]);
}
