/* Any bytes as the database of an Arch repository: refused with one line, or solved to
 * packages that can be installed in one transaction. */
#include <stdint.h>

#include "lib/solve/solve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct stet_solve_result *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct stet_solve_package *p = &r->packages[i];
        if (!*p->name || !*p->version || !*p->architecture || !*p->location)
            abort();
        if (strchr(p->location, '/') || p->location[0] == '.' || p->stage != 0)
            abort();
        if (p->requested == (p->needed_by != NULL))
            abort();
        for (size_t k = 0; k < i; k++)
            if (strcmp(p->name, r->packages[k].name) == 0)
                abort();
    }
}

static void solve(struct stet_solver *s, const struct stet_strv *install)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_solve_request request = {.install = install};
    struct stet_solve_result result = {NULL, 0};
    if (stet_solve(s, &request, &result, &err) == 0)
        check(&result);
    else if (!err.text[0] || strchr(err.text, '\n'))
        abort();
    stet_solve_result_release(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const targets[] = {"a", "b=1", "base"};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv install = STET_STRV_INIT;
    struct stet_solver *s = stet_solver_new(STET_SOLVE_ARCH, "x86_64", &err);
    if (!s)
        return 0;
    if (stet_solver_add_index(s, "fuzz", (const char *)data, size, 0, &err) < 0) {
        if (!err.text[0] || strchr(err.text, '\n'))
            abort();
    } else {
        if (stet_solver_index_date(s, 0) < 0)
            abort();
        if (stet_solver_names_with(s, "GROUPS", "base", &install, &err) == 0)
            solve(s, &install);
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
            if (stet_strv_add(&install, targets[i], &err) == 0)
                solve(s, &install);
    }
    stet_solver_free(s);
    stet_strv_release(&install);
    return 0;
}
