/*
 * Archives of directories: the golden bytes again, this time from disk; the same bytes with and
 * without reading ahead; and what other tools unpack from them.
 */
#include "tests/unit/tree/support.h"

#include <archive.h>
#include <archive_entry.h>

static int write_tar(const struct stet_tree *t, int root, unsigned threads, struct stet_buffer *out,
                     struct stet_error *err)
{
    struct stet_buffer_writer w;
    stet_buffer_writer_init(&w, out);
    int rc = stet_tree_write_tar(t, root, &w.base, threads, NULL, err);
    if (stet_writer_close(&w.base, err) < 0)
        rc = -1;
    return rc;
}

/* The archive of everything in s, which must not depend on the number of threads. */
static void archive(const struct scratch *s, struct stet_buffer *out)
{
    struct stet_tree t;
    struct stet_buffer threaded = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    scan(s, &t);
    if (write_tar(&t, s->fd, 1, out, &err) < 0 || write_tar(&t, s->fd, 4, &threaded, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(out->len, threaded.len);
    assert_memory_equal(out->data, threaded.data, out->len);
    stet_buffer_release(&threaded);
    stet_tree_release(&t);
}

static void read_golden(const char *name, struct stet_buffer *out)
{
    const char *root = getenv("STET_SOURCE_ROOT");
    char path[512];
    struct stet_error err = STET_ERROR_INIT;
    snprintf(path, sizeof(path), "%s/tests/data/tar/golden/%s", root == NULL ? "." : root, name);
    if (stet_fs_read(AT_FDCWD, path, 1 << 20, out, &err) < 0)
        fail_msg("%s", err.text);
}

static void fill(const struct scratch *s, const char *path, char c, size_t len)
{
    char content[1024];
    memset(content, c, len);
    content[len] = '\0';
    make_file(s, path, content);
}

/* tests/data/tar/golden/types.tar, made as make-golden.sh makes it. */
static void test_golden(void **state)
{
    (void)state;
    static const char *const paths[] = {"dir/empty",   "dir/file",    "dir/file511",
                                        "dir/file512", "dir/file513", "dir/sub/symlink",
                                        "dir/sub",     "dir",         "dir.d/setuid",
                                        "dir.d",       "fifo",        "null",
                                        "loop",        "tmp",         "."};
    struct scratch s;
    struct stet_buffer got = STET_BUFFER_INIT, want = STET_BUFFER_INIT;
    if (geteuid() != 0)
        skip();
    scratch_make(&s);
    make_dir(&s, "dir");
    make_dir(&s, "dir/sub");
    make_dir(&s, "dir.d");
    make_dir(&s, "tmp");
    make_file(&s, "dir/empty", "");
    make_file(&s, "dir/file", "hello\n");
    fill(&s, "dir/file511", 'a', 511);
    fill(&s, "dir/file512", 'b', 512);
    fill(&s, "dir/file513", 'c', 513);
    assert_int_equal(linkat(s.fd, "dir/file", s.fd, "dir/sub/linked", 0), 0);
    assert_int_equal(linkat(s.fd, "dir/file", s.fd, "zz-linked", 0), 0);
    assert_int_equal(symlinkat("../file", s.fd, "dir/sub/symlink"), 0);
    assert_int_equal(mkfifoat(s.fd, "fifo", 0644), 0);
    make_file(&s, "dir.d/setuid", "x");
    if (mknodat(s.fd, "null", S_IFCHR | 0644, makedev(1, 3)) < 0 ||
        mknodat(s.fd, "loop", S_IFBLK | 0644, makedev(7, 300)) < 0) {
        scratch_remove(&s);
        skip();
    }
    assert_int_equal(fchownat(s.fd, "dir/file", 1, 2, 0), 0);
    assert_int_equal(fchmodat(s.fd, "dir/file", 0640, 0), 0);
    assert_int_equal(fchmodat(s.fd, "dir/empty", 0, 0), 0);
    assert_int_equal(fchmodat(s.fd, "dir/sub", 0700, 0), 0);
    assert_int_equal(fchmodat(s.fd, "dir.d/setuid", 06755, 0), 0);
    assert_int_equal(fchmodat(s.fd, "tmp", 01777, 0), 0);
    static const char *const nodes[] = {"fifo", "null", "loop"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fchmodat(s.fd, nodes[i], 0644, 0), 0);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        set_time(&s, paths[i], 1700000000, 987654321);
    archive(&s, &got);
    read_golden("types.tar", &want);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.data, want.data, want.len);
    stet_buffer_release(&got);
    stet_buffer_release(&want);
    scratch_remove(&s);
}

/* Files around the size of the read-ahead's buffers, many and large. */
static void test_many_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1,      262143, 262144,  262145, 5,      524288,
                                   100000, 0,      2097152, 511,    3000001};
    struct scratch s;
    struct stet_buffer got = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    const struct stet_entry *e;
    struct stet_memory_reader in;
    scratch_make(&s);
    size_t count = sizeof(sizes) / sizeof(sizes[0]);
    for (size_t i = 0; i < 300; i++) {
        char name[32];
        size_t size = i < count ? sizes[i] : i * 37;
        snprintf(name, sizeof(name), "f%03zu", i);
        int fd = openat(s.fd, name, O_WRONLY | O_CREAT, 0644);
        char *data = malloc(size + 1);
        assert_non_null(data);
        for (size_t j = 0; j < size; j++)
            data[j] = (char)(j * 31 + i + j / 1000);
        assert_int_equal(write(fd, data, size), size);
        close(fd);
        free(data);
    }
    archive(&s, &got);
    stet_memory_reader_init(&in, got.data, got.len);
    struct stet_tar_reader *r = stet_tar_reader_new(&in.base, "own", NULL, &err);
    assert_int_equal(stet_tar_reader_next(r, &e, &err), 1);
    for (size_t i = 0; i < 300; i++) {
        unsigned char piece[4096];
        size_t at = 0;
        ssize_t n;
        if (stet_tar_reader_next(r, &e, &err) != 1)
            fail_msg("%s", err.text);
        while ((n = stet_tar_reader_read(r, piece, sizeof(piece), &err)) > 0) {
            for (ssize_t j = 0; j < n; j++, at++) {
                if (piece[j] != (unsigned char)(at * 31 + i + at / 1000))
                    fail_msg("%s: byte %zu", e->path, at);
            }
        }
        assert_int_equal(at, i < count ? sizes[i] : i * 37);
    }
    assert_int_equal(stet_tar_reader_next(r, &e, &err), 0);
    stet_tar_reader_free(r);
    stet_buffer_release(&got);
    scratch_remove(&s);
}

/* ---- files that change between scan and archive ---- */

static void grow(const struct scratch *s)
{
    make_file(s, "dir/file", "longer than before");
}
static void shrink(const struct scratch *s)
{
    make_file(s, "dir/file", "x");
}
static void vanish(const struct scratch *s)
{
    assert_int_equal(unlinkat(s->fd, "dir/file", 0), 0);
}
static void become_symlink(const struct scratch *s)
{
    vanish(s);
    make_file(s, "dir/other", "content");
    assert_int_equal(symlinkat("other", s->fd, "dir/file"), 0);
}
static void become_fifo(const struct scratch *s)
{
    vanish(s);
    assert_int_equal(mkfifoat(s->fd, "dir/file", 0600), 0);
}
static void parent_becomes_symlink(const struct scratch *s)
{
    assert_int_equal(renameat(s->fd, "dir", s->fd, "elsewhere"), 0);
    assert_int_equal(symlinkat("elsewhere", s->fd, "dir"), 0);
}

static void test_changes(void **state)
{
    (void)state;
    static const struct {
        void (*change)(const struct scratch *);
        const char *reason;
    } changes[] = {
        {grow, "\"dir/file\" changed its size from 7 to 18 bytes"},
        {shrink, "\"dir/file\" changed its size from 7 to 1 bytes"},
        {vanish, "cannot open \"dir/file\""},
        {become_symlink, "\"dir/file\" became a symlink"},
        {become_fifo, "\"dir/file\" is no longer a regular file"},
        {parent_becomes_symlink, "cannot open the directory of \"dir/file\""},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        for (unsigned threads = 1; threads <= 2; threads++) {
            struct scratch s;
            struct stet_tree t;
            struct stet_buffer out = STET_BUFFER_INIT;
            struct stet_error err = STET_ERROR_INIT;
            scratch_make(&s);
            make_file(&s, "before", "something to deliver first");
            make_dir(&s, "dir");
            make_file(&s, "dir/file", "content");
            make_file(&s, "zz", "after");
            scan(&s, &t);
            changes[i].change(&s);
            assert_int_equal(write_tar(&t, s.fd, threads, &out, &err), -1);
            if (strstr(err.text, changes[i].reason) == NULL)
                fail_msg("\"%s\", not \"%s\"", err.text, changes[i].reason);
            stet_tree_release(&t);
            stet_buffer_release(&out);
            scratch_remove(&s);
        }
    }
}

/* The file changes while it is being read: the size on disk is not what the scan saw. */
static void test_size_at_reading(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    struct stet_error err = STET_ERROR_INIT;
    struct tree_content c;
    char buf[16];
    size_t got;
    scratch_make(&s);
    make_file(&s, "a", "0123456789");
    scan(&s, &t);
    stet_tree_content_init(&c, &t, s.fd);
    assert_int_equal(stet_tree_content_read(&c, buf, 4, &got, &err), 0);
    assert_int_equal(got, 4);
    int fd = openat(s.fd, "a", O_WRONLY | O_TRUNC);
    assert_int_equal(stet_tree_content_read(&c, buf, 16, &got, &err), -1);
    assert_non_null(strstr(err.text, "\"a\" changed its size while it was read"));
    stet_tree_content_release(&c);
    stet_error_clear(&err);
    /* Growth by one byte at the very end of a full buffer. */
    assert_int_equal(write(fd, "0123456789", 10), 10);
    stet_tree_content_init(&c, &t, s.fd);
    assert_int_equal(stet_tree_content_read(&c, buf, 4, &got, &err), 0);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(stet_tree_content_read(&c, buf, 6, &got, &err), -1);
    assert_non_null(strstr(err.text, "changed its size"));
    stet_tree_content_release(&c);
    close(fd);
    stet_tree_release(&t);
    scratch_remove(&s);
}

static int fail_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    size_t *left = ctx;
    (void)data;
    if (len > *left)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "disk full");
    *left -= len;
    return 0;
}

/* The output fails while the reader is ahead and waits: nothing hangs. */
static void test_output_fails(void **state)
{
    (void)state;
    static const struct stet_writer_ops ops = {fail_write, NULL};
    struct scratch s;
    struct stet_tree t;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_writer out;
    size_t left = 100000;
    scratch_make(&s);
    make_file(&s, "large", "");
    int fd = openat(s.fd, "large", O_WRONLY);
    assert_int_equal(ftruncate(fd, 20 << 20), 0);
    close(fd);
    scan(&s, &t);
    stet_writer_init(&out, &ops, &left);
    assert_int_equal(stet_tree_write_tar(&t, s.fd, &out, 2, NULL, &err), -1);
    assert_string_equal(err.text, "disk full");
    assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
    stet_tree_release(&t);
    scratch_remove(&s);
}

struct progress {
    uint64_t items, bytes, items_expected, bytes_expected;
    int begun, ended;
};
static void begin(void *ctx, const char *phase, uint64_t items, uint64_t bytes)
{
    struct progress *p = ctx;
    (void)phase;
    p->begun++;
    p->items_expected = items;
    p->bytes_expected = bytes;
}
static void advance(void *ctx, uint64_t items, uint64_t bytes, const char *item)
{
    struct progress *p = ctx;
    assert_non_null(item);
    p->items += items;
    p->bytes += bytes;
}
static void end(void *ctx, const char *phase)
{
    (void)phase;
    ((struct progress *)ctx)->ended++;
}

static void test_progress(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    struct progress p = {0};
    const struct stet_log log = {&p, NULL, begin, advance, end};
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_buffer_writer w;
    struct stet_error err = STET_ERROR_INIT;
    scratch_make(&s);
    make_sample(&s);
    scan(&s, &t);
    stet_buffer_writer_init(&w, &out);
    assert_int_equal(stet_tree_write_tar(&t, s.fd, &w.base, 2, &log, &err), 0);
    assert_int_equal(p.begun, 1);
    assert_int_equal(p.ended, 1);
    assert_int_equal(p.items, t.count);
    assert_int_equal(p.items, p.items_expected);
    assert_int_equal(p.bytes, p.bytes_expected);
    assert_true(p.bytes > 0);
    stet_writer_close(&w.base, NULL);
    stet_buffer_release(&out);
    stet_tree_release(&t);
    scratch_remove(&s);
}

/* ---- other tools ---- */

/* Does a program of the host run at all? */
static bool have(const char *program)
{
    const char *const argv[] = {program, "--version", NULL};
    const struct stet_spawn spawn = {.argv = argv};
    return stet_spawn_run(&spawn, NULL, NULL) == 0;
}

static void drop_nothing(struct stet_tree *t)
{
    (void)t;
}

/* bsdtar keeps no attributes unasked, and leaves the folder itself as it was, whatever the name
 * of the root's entry. */
static void drop_xattrs(struct stet_tree *t)
{
    struct tree_meta *metas = (struct tree_meta *)(void *)t->data->metas.base;
    stet_tree_record(t, 0)->mtime = 0;
    for (size_t i = 0; i < t->data->metas.len / sizeof(*metas); i++)
        metas[i].xattrs = 0;
}

/* Lets argv unpack the archive (its last argument is the folder) and compares the trees. */
static void check_tool(const char **argv, size_t count, void (*prepare)(struct stet_tree *))
{
    struct scratch s, to, work;
    struct stet_tree a, b;
    struct stet_buffer tar = STET_BUFFER_INIT, said = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    char file[512];
    scratch_make(&s);
    scratch_make(&to);
    scratch_make(&work);
    make_sample(&s);
    archive(&s, &tar);
    snprintf(file, sizeof(file), "%s/a.tar", work.path);
    assert_int_equal(stet_fs_write(AT_FDCWD, file, tar.data, tar.len, &err), 0);
    argv[count] = file;
    argv[count + 1] = "-C";
    argv[count + 2] = to.path;
    argv[count + 3] = NULL;
    const struct stet_spawn spawn = {.argv = argv, .errout = &said, .output_max = 4096};
    int status = stet_spawn_run(&spawn, NULL, &err);
    /* Warnings about early times are theirs to give. */
    if (status != 0)
        fail_msg("%s: status %d, %s%s", argv[0], status, stet_buffer_str(&said), err.text);
    scan(&s, &a);
    scan(&to, &b);
    prepare(&a);
    prepare(&b);
    assert_same_tree(&a, &b, false);
    stet_tree_release(&a);
    stet_tree_release(&b);
    stet_buffer_release(&tar);
    stet_buffer_release(&said);
    scratch_remove(&s);
    scratch_remove(&to);
    scratch_remove(&work);
}

static void test_gnu_tar(void **state)
{
    (void)state;
    const char *argv[16] = {"tar",
                            "-x",
                            "-p",
                            "--same-owner",
                            "--numeric-owner",
                            "--xattrs",
                            "--xattrs-include=user.*",
                            "--xattrs-include=security.capability",
                            "-f"};
    if (geteuid() != 0 || !have("tar"))
        skip();
    check_tool(argv, 9, drop_nothing);
}

static void test_bsdtar(void **state)
{
    (void)state;
    const char *argv[16] = {"bsdtar", "-x", "-p", "--same-owner", "--numeric-owner", "-f"};
    if (geteuid() != 0 || !have("bsdtar"))
        skip();
    check_tool(argv, 6, drop_xattrs);
}

static void check_entry(const struct stet_tree *t, struct archive_entry *ae)
{
    const char *name = archive_entry_pathname(ae);
    struct stet_buffer path = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    assert_non_null(name);
    assert_int_equal(stet_path_normalize(name, &path, &err), 0);
    const struct stet_entry *e = find(t, stet_buffer_str(&path));
    assert_int_equal(archive_entry_perm(ae), e->mode);
    assert_int_equal(archive_entry_uid(ae), e->uid);
    assert_int_equal(archive_entry_gid(ae), e->gid);
    assert_int_equal(archive_entry_mtime(ae), e->mtime);
    assert_int_equal(archive_entry_mtime_nsec(ae), 0);
    const char *hard = archive_entry_hardlink(ae), *sym = archive_entry_symlink(ae);
    assert_true((hard != NULL) == (e->type == STET_ENTRY_HARDLINK));
    assert_true((sym != NULL) == (e->type == STET_ENTRY_SYMLINK));
    if (hard != NULL || sym != NULL)
        assert_string_equal(hard != NULL ? hard : sym, e->link);
    else
        assert_int_equal(archive_entry_size(ae), e->size);
    assert_int_equal(archive_entry_xattr_count(ae), e->xattr_count);
    stet_buffer_release(&path);
}

static void test_libarchive(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct archive_entry *ae;
    size_t count = 0;
    int rc;
    scratch_make(&s);
    make_sample(&s);
    archive(&s, &tar);
    scan(&s, &t);
    struct archive *a = archive_read_new();
    archive_read_support_format_tar(a);
    assert_int_equal(archive_read_open_memory(a, tar.data, tar.len), ARCHIVE_OK);
    while ((rc = archive_read_next_header(a, &ae)) == ARCHIVE_OK) {
        check_entry(&t, ae);
        count++;
    }
    if (rc != ARCHIVE_EOF)
        fail_msg("%s", archive_error_string(a));
    assert_int_equal(count, t.count);
    archive_read_free(a);
    stet_buffer_release(&tar);
    stet_tree_release(&t);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),       cmocka_unit_test(test_many_sizes),
        cmocka_unit_test(test_changes),      cmocka_unit_test(test_size_at_reading),
        cmocka_unit_test(test_output_fails), cmocka_unit_test(test_progress),
        cmocka_unit_test(test_gnu_tar),      cmocka_unit_test(test_bsdtar),
        cmocka_unit_test(test_libarchive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
