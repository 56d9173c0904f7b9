/*
 * Packages from any bytes. The first byte says what the rest is: a whole .deb, or, since ar headers
 * would keep mutations from getting far, one of its members, the control file, or conffiles.
 */
#include <sys/mman.h>

#include "lib/distro/debian/control.h"
#include "lib/tar/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum mode { WHOLE, CONTROL_TAR, DATA_TAR, CONTROL, CONFFILES, MODES };
enum { DATA_MAX = 1 << 22 };

static const char control[] = "Package: a\nVersion: 1\nArchitecture: amd64\n";

static void check(bool condition)
{
    if (!condition)
        abort();
}

static void ar_member(struct stet_buffer *out, const char *name, const void *data, size_t len)
{
    stet_buffer_addf(out, "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, 0, 0, 0, "100644", len);
    stet_buffer_add(out, data, len);
    if (len % 2 == 1)
        stet_buffer_add_char(out, '\n');
}

static void tar_file(struct stet_tar_writer *tar, const char *path, const void *data, size_t len)
{
    struct stet_entry e;
    stet_entry_init(&e);
    e.path = (char *)path;
    e.mode = 0644;
    e.size = len;
    check(stet_tar_writer_entry(tar, &e, NULL) == 0);
    check(stet_tar_writer_data(tar, data, len, NULL) == 0);
}

static void make_tar(struct stet_buffer *out, enum mode mode, const uint8_t *data, size_t size)
{
    struct stet_buffer_writer below;
    stet_buffer_writer_init(&below, out);
    struct stet_tar_writer *tar = stet_tar_writer_new(&below.base, NULL);
    check(tar != NULL);
    if (mode == CONFFILES)
        tar_file(tar, "conffiles", data, size);
    if (mode == CONTROL)
        tar_file(tar, "control", data, size);
    else
        tar_file(tar, "control", control, strlen(control));
    check(stet_tar_writer_finish(tar, NULL) == 0);
    stet_tar_writer_free(tar);
    stet_writer_close(&below.base, NULL);
}

static void make_package(struct stet_buffer *out, enum mode mode, const uint8_t *data, size_t size)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    if (mode == WHOLE) {
        stet_buffer_add(out, data, size);
        return;
    }
    stet_buffer_add_str(out, "!<arch>\n");
    ar_member(out, "debian-binary", "2.0\n", 4);
    make_tar(&tar, mode, data, size);
    ar_member(out, "control.tar", mode == CONTROL_TAR ? data : (const uint8_t *)tar.data,
              mode == CONTROL_TAR ? size : tar.len);
    ar_member(out, "data.tar", mode == DATA_TAR ? data : (const uint8_t *)tar.data,
              mode == DATA_TAR ? size : tar.len);
    stet_buffer_release(&tar);
}

static void check_error(const struct stet_error *err)
{
    check(err->kind == STET_ERROR_INPUT && err->text[0] && !strchr(err->text, '\n'));
}

static void read_control(const struct stet_deb *deb)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    stet_lock_init(&lock);
    struct stet_lock_package *locked = stet_lock_add_package(&lock, NULL);
    check(locked != NULL);
    locked->name = stet_strdup("a", NULL);
    locked->version = stet_strdup("1", NULL);
    locked->architecture = stet_strdup("amd64", NULL);
    struct stet_debian_state *state = stet_debian_state_new(&lock, NULL);
    check(state != NULL);
    struct stet_debian_package *p = &state->packages[0];
    if (stet_deb_read_control(deb, 1000, p, &err) < 0)
        check_error(&err);
    for (size_t i = 0; i < p->file_count; i++)
        check(!p->files[i].name || !strpbrk(p->files[i].name, "/."));
    for (size_t i = 0; i < p->conffiles.count; i++)
        check(p->conffiles.items[i][0] == '/' && !strstr(p->conffiles.items[i], "/../"));
    stet_debian_state_free(state);
    stet_lock_release(&lock);
}

static void check_entry(const struct stet_entry *e)
{
    struct stet_buffer normal = STET_BUFFER_INIT;
    if (e->path[0]) {
        check(stet_path_normalize(e->path, &normal, NULL) == 0);
        check(strcmp(stet_buffer_str(&normal), e->path) == 0);
    }
    check(e->mode <= 07777 && e->mtime >= 0);
    check(e->size == 0 || e->type == STET_ENTRY_FILE);
    stet_buffer_release(&normal);
}

static void read_data(const struct stet_deb *deb)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_entry e;
    const void *data;
    size_t len;
    int more = -1;
    struct stet_deb_reader *r = stet_deb_reader_new(deb, &deb->data, DATA_MAX, &err);
    stet_entry_init(&e);
    while (r && (more = stet_deb_reader_next(r, &e, &err)) > 0) {
        uint64_t total = 0;
        check_entry(&e);
        if (e.type != STET_ENTRY_FILE)
            continue;
        while ((more = stet_deb_reader_block(r, &data, &len, &err)) > 0)
            total += len;
        if (more < 0)
            break;
        check(total == e.size);
    }
    if (more < 0)
        check_error(&err);
    stet_entry_release(&e);
    stet_deb_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer package = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_deb deb;
    if (size == 0)
        return 0;
    make_package(&package, data[0] % MODES, data + 1, size - 1);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    check(fd >= 0 && stet_fs_write_fd(fd, "fuzz", package.data, package.len, NULL) == 0);
    if (stet_deb_open(&deb, fd, package.len, "fuzz", &err) == 0) {
        read_control(&deb);
        read_data(&deb);
    } else {
        check_error(&err);
    }
    close(fd);
    stet_buffer_release(&package);
    return 0;
}
