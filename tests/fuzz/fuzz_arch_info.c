/* What an Arch package says of itself, from any bytes: by the first byte .PKGINFO, .MTREE or a desc of the local database. */
#include "lib/distro/arch/info.h"
#include "lib/distro/arch/localdb.h"
#include "lib/distro/arch/unpack_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum mode { INFO, MTREE, DESC, MODES };

static void check(bool condition)
{
    if (!condition)
        abort();
}

static void check_error(const struct stet_error *err)
{
    check(err->kind == STET_ERROR_INPUT && err->text[0] && !strchr(err->text, '\n'));
}

/* What was accepted goes into the local database, and comes back from it. */
static void check_database(const struct stet_arch_package *p)
{
    struct stet_buffer desc = STET_BUFFER_INIT, want = STET_BUFFER_INIT;
    struct stet_strv line = STET_STRV_INIT;
    check(stet_arch_localdb_desc(p, 1600000000, &desc, NULL) == 0);
    check(stet_arch_localdb_read_desc(desc.data, desc.len, "desc", &line, NULL) == 0);
    stet_buffer_addf(&want, "%s %s %s", p->info.name, p->info.version, p->info.architecture);
    check(line.count == 1 && strcmp(line.items[0], stet_buffer_str(&want)) == 0);
    stet_buffer_release(&desc);
    stet_buffer_release(&want);
    stet_strv_release(&line);
}

static void read_info(const char *text, size_t len)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock_package locked = {.reason = NULL};
    struct stet_arch_package p = {.locked = &locked};
    if (stet_arch_info_parse(text, len, "fuzz", &p.info, &err) < 0) {
        check_error(&err);
        return;
    }
    check(p.info.name[0] && !strchr(p.info.name, '/') && p.info.name[0] != '.');
    check(strchr(p.info.version, '-') && !strchr(p.info.version, '/'));
    check(p.info.build_date >= 0);
    for (size_t i = 0; i < p.info.backup.count; i++)
        check(p.info.backup.items[i][0] != '/' && !strpbrk(p.info.backup.items[i], "\n\t"));
    check_database(&p);
    stet_arch_info_release(&p.info);
}

static void read_mtree(const char *text, size_t len)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv files = STET_STRV_INIT;
    if (stet_arch_mtree_files(text, len, "fuzz", &files, &err) < 0)
        check_error(&err);
    for (size_t i = 0; i < files.count; i++) {
        const char *path = files.items[i];
        check(*path && *path != '/' && *path != '.' && !strpbrk(path, "\n\t") &&
              !strstr(path, "/../"));
    }
    stet_strv_release(&files);
}

static void read_desc(const char *text, size_t len)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv line = STET_STRV_INIT;
    if (stet_arch_localdb_read_desc(text, len, "fuzz", &line, &err) < 0)
        check_error(&err);
    else
        check(line.count == 1 && !strpbrk(line.items[0], "\n\t\x1b"));
    stet_strv_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    if (data[0] % MODES == INFO)
        read_info(text, size - 1);
    else if (data[0] % MODES == MTREE)
        read_mtree(text, size - 1);
    else
        read_desc(text, size - 1);
    return 0;
}
