/*
 * Reading databases of Arch repositories: a tar with NAME-VERSION/desc for each package (in
 * old ones also NAME-VERSION/depends, in those with file lists NAME-VERSION/files). Packages are
 * given to libsolv's pool in the order of their names, as libalpm sorts them, so that the
 * order of entries cannot matter. libsolv's own reader is not used: it drops lines over 4 KiB
 * silently.
 */
#include "lib/solve/arch.h"
#include "lib/tar/tar.h"

enum { DESC_MAX = 1 << 20, ENTRIES_MAX = 2000000 };

/* ---- entries ---- */

static int new_package(struct index *index, const char *directory, size_t len,
                       struct stet_error *err)
{
    if (stet_grow(&index->packages, &index->cap, index->count + 1, sizeof *index->packages, err) <
        0)
        return -1;
    struct arch_package *p = &index->packages[index->count++];
    *p = (struct arch_package){.directory = (uint32_t)index->text.len};
    stet_buffer_add(&index->text, directory, len);
    stet_buffer_add_char(&index->text, '\0');
    return stet_buffer_check(&index->text, "reading a package database", err);
}

/* Is the package read last the one of this directory? */
static bool is_current(const struct index *index, const char *directory, size_t len)
{
    if (index->count == 0)
        return false;
    const char *last = stet_solve_arch_string(index, index->packages[index->count - 1].directory);
    return strncmp(last, directory, len) == 0 && last[len] == '\0';
}

static int read_content(const struct index *index, struct stet_tar_reader *tar,
                        const struct stet_entry *e, struct stet_buffer *out, struct stet_error *err)
{
    char piece[16384];
    ssize_t n;
    stet_buffer_clear(out);
    if (e->size > DESC_MAX)
        return stet_error_input(err, "index %s: %s has more than 1 MiB", index->name, e->path);
    while ((n = stet_tar_reader_read(tar, piece, sizeof piece, err)) > 0)
        stet_buffer_add(out, piece, (size_t)n);
    return n < 0 ? -1 : stet_buffer_check(out, "reading a package database", err);
}

static int read_description(struct index *index, struct stet_tar_reader *tar,
                            const struct stet_entry *e, size_t directory, struct stet_buffer *text,
                            struct stet_error *err)
{
    if (!is_current(index, e->path, directory) && new_package(index, e->path, directory, err) < 0)
        return -1;
    if (read_content(index, tar, e, text, err) < 0)
        return -1;
    return stet_solve_arch_desc(index, &index->packages[index->count - 1], stet_buffer_str(text),
                                text->len, err);
}

static int read_entry(struct index *index, struct stet_tar_reader *tar, const struct stet_entry *e,
                      struct stet_buffer *text, struct stet_error *err)
{
    const char *slash = strchr(e->path, '/');
    if (e->type == STET_ENTRY_DIRECTORY)
        return 0;
    if (e->type != STET_ENTRY_FILE || !slash || strchr(slash + 1, '/'))
        return stet_error_input(err, "index %s: %s does not belong into a package database",
                                index->name, e->path);
    if (strcmp(slash, "/desc") != 0 && strcmp(slash, "/depends") != 0)
        return 0;
    return read_description(index, tar, e, (size_t)(slash - e->path), text, err);
}

static int read_tar(struct index *index, const char *data, size_t len, struct stet_error *err)
{
    const struct stet_tar_limits limits = {.entries = ENTRIES_MAX, .bytes = UINT32_MAX};
    _cleanup_free_ char *name = stet_format(err, "index %s", index->name);
    if (!name)
        return -1;
    struct stet_memory_reader in;
    stet_memory_reader_init(&in, data, len);
    struct stet_tar_reader *tar = stet_tar_reader_new(&in.base, name, &limits, err);
    struct stet_buffer text = STET_BUFFER_INIT;
    const struct stet_entry *e;
    int result = tar ? 1 : -1;
    while (result > 0 && (result = stet_tar_reader_next(tar, &e, err)) > 0)
        if (read_entry(index, tar, e, &text, err) < 0)
            result = -1;
    stet_buffer_release(&text);
    if (tar)
        stet_tar_reader_free(tar);
    stet_reader_close(&in.base);
    return result;
}

/* ---- order ---- */

static int compare_packages(const void *a, const void *b, void *index)
{
    const struct arch_package *x = a, *y = b;
    return strcmp(stet_solve_arch_string(index, x->name), stet_solve_arch_string(index, y->name));
}

static int sort_packages(struct index *index, struct stet_error *err)
{
    for (size_t i = 0; i < index->count; i++)
        if (stet_solve_arch_check(index, &index->packages[i], err) < 0)
            return -1;
    if (index->count > 1)
        qsort_r(index->packages, index->count, sizeof *index->packages, compare_packages, index);
    for (size_t i = 1; i < index->count; i++)
        if (compare_packages(&index->packages[i - 1], &index->packages[i], index) == 0)
            return stet_error_input(err, "index %s: package %s is in it twice", index->name,
                                    stet_solve_arch_string(index, index->packages[i].name));
    return 0;
}

/* ---- into libsolv's pool ---- */

static Id relation_id(Pool *pool, const char *text)
{
    const char *version, *end;
    int flags;
    size_t len = stet_solve_arch_split(text, &flags, &version, &end);
    Id name = pool_strn2id(pool, text, (unsigned)len, 1);
    if (!version)
        return name;
    return pool_rel2id(pool, name, pool_strn2id(pool, version, (unsigned)(end - version), 1), flags,
                       1);
}

static Offset add_relations(const struct index *index, struct arch_list list)
{
    const char *text = stet_solve_arch_string(index, list.start);
    Offset out = 0;
    for (uint32_t i = 0; i < list.count; i++, text += strlen(text) + 1)
        out = repo_addid(index->repo, out, relation_id(index->repo->pool, text));
    return out;
}

static void add_solvable(const struct index *index, const struct arch_package *p)
{
    Pool *pool = index->repo->pool;
    Solvable *x = pool_id2solvable(pool, repo_add_solvable(index->repo));
    x->name = pool_str2id(pool, stet_solve_arch_string(index, p->name), 1);
    x->evr = pool_str2id(pool, stet_solve_arch_string(index, p->version), 1);
    x->arch = pool_str2id(pool, stet_solve_arch_string(index, p->architecture), 1);
    x->provides = repo_addid(index->repo, add_relations(index, p->provides),
                             pool_rel2id(pool, x->name, x->evr, REL_EQ, 1));
    x->requires = add_relations(index, p->depends);
    x->conflicts = add_relations(index, p->conflicts);
}

int stet_solve_arch_add(struct stet_solver *s, struct index *index, const char *data, size_t len,
                        struct stet_error *err)
{
    if (len > UINT32_MAX)
        return stet_error_input(err, "index %s: more than 4 GiB", index->name);
    stet_buffer_add_char(&index->text, '\0'); /* place 0 is the empty string */
    if (stet_buffer_check(&index->text, "reading a package database", err) < 0 ||
        read_tar(index, data, len, err) < 0 || sort_packages(index, err) < 0) {
        index->count = 0;
        return -1;
    }
    index->first = s->pool->nsolvables;
    for (size_t i = 0; i < index->count; i++)
        add_solvable(index, &index->packages[i]);
    return 0;
}

/* ---- what is told of packages ---- */

const struct arch_package *stet_solve_arch_package(const struct stet_solver *s, Id p,
                                                   const struct index **index)
{
    for (size_t i = 0; i < s->index_count; i++) {
        const struct index *x = &s->indexes[i];
        if (p >= x->first && (size_t)(p - x->first) < x->count) {
            *index = x;
            return &x->packages[p - x->first];
        }
    }
    return NULL;
}

int64_t stet_solver_index_date(const struct stet_solver *s, unsigned index_id)
{
    int64_t newest = 0;
    for (size_t i = 0; i < s->index_count; i++) {
        const struct index *index = &s->indexes[i];
        if (index->id != index_id || !index->packages)
            continue;
        for (size_t k = 0; k < index->count; k++)
            if (index->packages[k].built > newest)
                newest = index->packages[k].built;
    }
    return newest;
}

bool stet_solve_arch_in_group(const struct index *index, const struct arch_package *p,
                              const char *group)
{
    const char *text = stet_solve_arch_string(index, p->groups.start);
    for (uint32_t i = 0; i < p->groups.count; i++, text += strlen(text) + 1)
        if (strcmp(text, group) == 0)
            return true;
    return false;
}

/* Has an earlier index a package of this name? */
static bool is_hidden(struct stet_solver *s, Id package)
{
    Pool *pool = s->pool;
    Id p, pp;
    FOR_PROVIDES(p, pp, pool->solvables[package].name)
    if (p < package && pool->solvables[p].name == pool->solvables[package].name)
        return true;
    return false;
}

int stet_solve_arch_names_with(struct stet_solver *s, const char *field, const char *value,
                               struct stet_strv *out, struct stet_error *err)
{
    if (strcmp(field, "GROUPS") != 0)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0,
                              "packages of Arch are not listed by their %s", field);
    for (Id p = 1; p < s->pool->nsolvables; p++) {
        const struct index *index = NULL;
        const struct arch_package *package = stet_solve_arch_package(s, p, &index);
        if (!package || !stet_solve_installable(s, p) || is_hidden(s, p) ||
            !stet_solve_arch_in_group(index, package, value))
            continue;
        if (stet_strv_add(out, stet_solve_arch_string(index, package->name), err) < 0)
            return -1;
    }
    return 0;
}
