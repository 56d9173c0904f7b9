/* Any bytes as a Packages file: refused with one line, or solved to an order that keeps its
 * promises. */
#include <stdint.h>

#include "lib/solve/solve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct stet_solve_result *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct stet_solve_package *p = &r->packages[i];
        if (!p->name || !p->version || !p->architecture || !p->location || p->location[0] == '/')
            abort();
        if (i > 0 && p->stage < r->packages[i - 1].stage)
            abort();
        for (size_t k = 0; k < i; k++)
            if (strcmp(p->name, r->packages[k].name) == 0)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv install = STET_STRV_INIT;
    struct stet_solve_request request = {.install = &install, .first = &install};
    struct stet_solve_result result = {NULL, 0};
    struct stet_solver *s = stet_solver_new(STET_SOLVE_DEBIAN, "amd64", &err);
    if (!s)
        return 0;
    request.recommends = size % 2;
    if (stet_solver_add_index(s, "fuzz", (const char *)data, size, 0, &err) == 0 &&
        stet_solver_names_with(s, "Essential", "yes", &install, &err) == 0 &&
        stet_strv_add(&install, "a", &err) == 0 && stet_solve(s, &request, &result, &err) == 0)
        check(&result);
    else if (!err.text[0] || strchr(err.text, '\n'))
        abort();
    stet_solve_result_release(&result);
    stet_solver_free(s);
    stet_strv_release(&install);
    return 0;
}
