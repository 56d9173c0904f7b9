/*
 * databases - which package databases the layers of an image show when they are laid over each other.
 */
#include "lib/build/internal.h"

enum { DATABASE_MAX = 256 << 20 };

void stet_databases_release(struct stet_databases *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->files[i].path);
        stet_buffer_release(&d->files[i].text);
    }
    free(d->files);
    *d = (struct stet_databases){0};
}

static void drop(struct stet_databases *d, size_t i)
{
    struct stet_database_file *f = &d->files[i];
    d->bytes -= f->text.len;
    free(f->path);
    stet_buffer_release(&f->text);
    *f = d->files[--d->count];
}

/* Is path the entry at dir/leaf, or (leaf NULL: anything) below dir? dir is the first dir_len bytes. */
static bool is_at(const char *path, const char *dir, size_t dir_len, const char *leaf)
{
    if (dir_len > 0 && (strncmp(path, dir, dir_len) != 0 || path[dir_len] != '/'))
        return false;
    if (!leaf)
        return true;
    path += dir_len + (dir_len > 0);
    size_t len = strlen(leaf);
    return strncmp(path, leaf, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* Forgets what layers before this one have at dir/leaf, or below dir. */
static void hide(struct stet_databases *d, const char *dir, size_t dir_len, const char *leaf,
                 size_t layer)
{
    for (size_t i = d->count; i-- > 0;)
        if (d->files[i].layer < layer && is_at(d->files[i].path, dir, dir_len, leaf))
            drop(d, i);
}

static void hide_lower(struct stet_databases *d, const struct stet_entry *e, size_t layer)
{
    static const char whiteout[] = ".wh.", opaque[] = ".wh..wh..opq";
    const char *slash = strrchr(e->path, '/');
    const char *leaf = slash ? slash + 1 : e->path;
    size_t dir_len = slash ? (size_t)(slash - e->path) : 0;
    if (strcmp(leaf, opaque) == 0)
        hide(d, e->path, dir_len, NULL, layer);
    else if (strncmp(leaf, whiteout, sizeof whiteout - 1) == 0)
        hide(d, e->path, dir_len, leaf + sizeof whiteout - 1, layer);
    else if (e->type != STET_ENTRY_DIRECTORY)
        hide(d, e->path, dir_len, leaf, layer + 1); /* a path that comes twice counts once */
}

static const struct stet_distro *owner_of(const char *path)
{
    for (const struct stet_distro *const *d = stet_distro_all(); *d; d++)
        if (stet_path_match((*d)->database_glob, path, false))
            return *d;
    return NULL;
}

static int read_file(struct stet_databases *d, struct stet_tar_reader *tar,
                     struct stet_database_file *f, uint64_t size, struct stet_error *err)
{
    char block[65536];
    ssize_t n;
    if (size > DATABASE_MAX - d->bytes)
        return stet_error_input(err, "package database '%s' is larger than %d bytes", f->path,
                                DATABASE_MAX);
    while ((n = stet_tar_reader_read(tar, block, sizeof(block), err)) > 0)
        stet_buffer_add(&f->text, block, (size_t)n);
    d->bytes += f->text.len;
    return n < 0 ? -1 : stet_buffer_check(&f->text, "package database", err);
}

int stet_databases_take(struct stet_databases *d, struct stet_tar_reader *tar,
                        const struct stet_entry *e, size_t layer, struct stet_error *err)
{
    hide_lower(d, e, layer);
    const struct stet_distro *distro = e->type == STET_ENTRY_FILE ? owner_of(e->path) : NULL;
    if (!distro)
        return 0;
    if (stet_grow(&d->files, &d->cap, d->count + 1, sizeof *d->files, err) < 0)
        return -1;
    struct stet_database_file *f = &d->files[d->count];
    *f = (struct stet_database_file){.layer = layer, .distro = distro};
    f->path = stet_strdup(e->path, err);
    if (!f->path)
        return -1;
    d->count++;
    return read_file(d, tar, f, e->size, err);
}

int stet_databases_list(const struct stet_databases *d, struct stet_strv *packages,
                        const char **ecosystem, struct stet_error *err)
{
    const struct stet_database_file *highest = NULL;
    for (size_t i = 0; i < d->count; i++)
        if (!highest || d->files[i].layer > highest->layer)
            highest = &d->files[i];
    *ecosystem = highest ? highest->distro->name : NULL;
    for (size_t i = 0; i < d->count; i++) {
        const struct stet_database_file *f = &d->files[i];
        if (f->distro == highest->distro &&
            f->distro->list_packages(stet_buffer_str(&f->text), f->text.len, packages, err) < 0)
            return stet_error_wrap(err, "%s", f->path);
    }
    stet_strv_sort_unique(packages);
    return 0;
}
