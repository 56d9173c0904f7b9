/*
 * Any bytes as the database of an Arch repository: refused with one line, or solved to packages
 * that can be installed in one transaction. What is no tar is taken as text and made one, so that
 * descriptions are reached without the right checksums: "@PATH" begins a file, the lines up
 * to the next are its content.
 */
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

enum { BLOCK = 512 };

static void add_header(struct stet_buffer *tar, const char *path, size_t path_len, size_t size)
{
    char h[BLOCK] = {0};
    unsigned sum = 0;
    memcpy(h, path, path_len < 100 ? path_len : 100);
    memcpy(h + 100, "0000644", 7);
    snprintf(h + 124, 12, "%011o", (unsigned)size & 0777777777);
    memset(h + 148, ' ', 8);
    h[156] = '0';
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < sizeof h; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum & 0777777);
    stet_buffer_add(tar, h, sizeof h);
}

/* The next line that begins with '@'. */
static const char *next_file(const char *p, const char *stop)
{
    while (p < stop && *p != '@') {
        const char *end = memchr(p, '\n', (size_t)(stop - p));
        p = end ? end + 1 : stop;
    }
    return p;
}

static void make_tar(const char *text, size_t len, struct stet_buffer *tar)
{
    static const char zeros[2 * BLOCK];
    const char *stop = text + len, *p = next_file(text, stop);
    while (p < stop) {
        const char *path = p + 1, *end = memchr(p, '\n', (size_t)(stop - p));
        const char *content = end ? end + 1 : stop, *next = next_file(content, stop);
        size_t size = (size_t)(next - content);
        add_header(tar, path, (size_t)((end ? end : stop) - path), size);
        stet_buffer_add(tar, content, size);
        stet_buffer_add(tar, zeros, (BLOCK - size % BLOCK) % BLOCK);
        p = next;
    }
    stet_buffer_add(tar, zeros, sizeof zeros);
}

static void run(const char *data, size_t size)
{
    static const char *const targets[] = {"a", "b=1", "base"};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv install = STET_STRV_INIT;
    struct stet_solver *s = stet_solver_new(STET_SOLVE_ARCH, "x86_64", &err);
    if (!s)
        return;
    if (stet_solver_add_index(s, "fuzz", data, size, 0, &err) < 0) {
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
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct stet_buffer tar = STET_BUFFER_INIT;
    if (size > BLOCK && memcmp(text + 257, "ustar", 5) == 0) {
        run(text, size);
        return 0;
    }
    make_tar(text, size, &tar);
    run(tar.data, tar.len);
    stet_buffer_release(&tar);
    return 0;
}
