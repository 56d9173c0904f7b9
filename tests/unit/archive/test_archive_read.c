/* What is read of a tar, and what is refused. The tars are made byte by byte. */
#include "tests/unit/tar/support.h"

#include <locale.h>

#include "lib/archive/archive.h"

/* ---- making ---- */

/* One record of a pax header: its length counts itself. */
static void add_record(struct stet_buffer *b, const char *key, const void *value, size_t value_len)
{
    size_t rest = strlen(key) + value_len + 3, len = rest + 1;
    char digits[24];
    while ((size_t)snprintf(digits, sizeof digits, "%zu", len) + rest != len)
        len = rest + strlen(digits);
    stet_buffer_addf(b, "%s %s=", digits, key);
    stet_buffer_add(b, value, value_len);
    stet_buffer_add_char(b, '\n');
}

/* A pax header of key and value pairs, for the entry after it. */
static void add_pax(struct stet_buffer *tar, ...)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    const char *key;
    va_list ap;
    va_start(ap, tar);
    while ((key = va_arg(ap, const char *))) {
        const char *value = va_arg(ap, const char *);
        add_record(&b, key, value, strlen(value));
    }
    va_end(ap);
    add_extended(tar, 'x', b.data, b.len);
    stet_buffer_release(&b);
}

static void add(struct stet_buffer *tar, char type, const char *name, const char *link)
{
    add_header(tar, &(struct raw_header){.type = type, .name = name, .link = link});
}

/* A file of 4096 bytes, which are holes but for five. */
static void add_sparse(struct stet_buffer *tar, const char *name)
{
    add_pax(tar, "GNU.sparse.size", "4096", "GNU.sparse.numblocks", "1", "GNU.sparse.map", "1024,5",
            NULL);
    add_file(tar, name, "piece");
}

/* ---- reading ---- */

static const struct stet_archive_options strict = {
    .name = "lib", .part = "data.tar", .max_entries = 10, .max_bytes = 1 << 20};
static const struct stet_archive_options lax = {.name = "package bash",
                                                .max_entries = 10,
                                                .max_bytes = 1 << 20,
                                                .may_be_empty = true,
                                                .may_have_holes = true,
                                                .may_have_devices = true};

struct reading {
    struct stet_memory_reader in;
    struct stet_archive *archive;
    struct stet_entry e;
    struct stet_error err;
};

static void begin(struct reading *r, struct stet_buffer *tar,
                  const struct stet_archive_options *options)
{
    memset(r, 0, sizeof *r);
    stet_memory_reader_init(&r->in, tar->data, tar->len);
    stet_entry_init(&r->e);
    r->archive = stet_archive_new(&r->in.base, options, &r->err);
    assert_non_null(r->archive);
}

static void end(struct reading *r, struct stet_buffer *tar)
{
    stet_archive_free(r->archive);
    stet_entry_release(&r->e);
    stet_buffer_release(tar);
}

static void next(struct reading *r, enum stet_entry_type type, const char *path)
{
    if (stet_archive_next(r->archive, &r->e, &r->err) != 1)
        fail_msg("%s: %s", path, r->err.text);
    assert_string_equal(r->e.path, path);
    assert_int_equal(r->e.type, type);
}

static void at_end(struct reading *r)
{
    if (stet_archive_next(r->archive, &r->e, &r->err) != 0)
        fail_msg("%s", r->err.text);
}

/* All entries with their content: 0, or -1 with err. */
static int read_all(struct stet_buffer *tar, const struct stet_archive_options *options,
                    struct stet_error *err)
{
    struct stet_memory_reader in;
    struct stet_entry e;
    const void *data;
    size_t len;
    uint64_t offset;
    int rc = -1, more;
    stet_memory_reader_init(&in, tar->data, tar->len);
    stet_entry_init(&e);
    struct stet_archive *a = stet_archive_new(&in.base, options, err);
    while (a && (rc = stet_archive_next(a, &e, err)) > 0) {
        while ((more = stet_archive_block(a, &data, &len, &offset, err)) > 0)
            assert_true(len > 0 && offset + len <= e.size);
        if (more < 0) {
            rc = -1;
            break;
        }
    }
    stet_entry_release(&e);
    stet_archive_free(a);
    return rc;
}

/* Ends tar, reads all of it, and releases it. text: the whole error; or its part when it begins with "…". */
static void refused(struct stet_buffer *tar, const struct stet_archive_options *options,
                    const char *text)
{
    static const char anything[] = "…";
    struct stet_error err = STET_ERROR_INIT;
    const size_t skip = sizeof anything - 1;
    add_end(tar);
    assert_int_equal(read_all(tar, options, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    if (strncmp(text, anything, skip) == 0 ? !strstr(err.text, text + skip)
                                           : strcmp(err.text, text) != 0)
        fail_msg("expected \"%s\", got \"%s\"", text, err.text);
    stet_buffer_release(tar);
}

/* ---- entries ---- */

static void test_fields(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct reading r;
    (void)state;
    add_header(&tar, &(struct raw_header){
                         .type = '5', .name = "./usr/", .mode = "0001775", .mtime = "00000000001"});
    add_header(&tar, &(struct raw_header){
                         .type = '0', .name = "usr//./file", .mode = "0104755", .uid = "0000017"});
    add(&tar, '2', "usr/soft", "../a//b");
    add(&tar, '1', "usr/hard", "./usr/file");
    add(&tar, '5', "./", NULL);
    add_end(&tar);
    begin(&r, &tar, &strict);
    next(&r, STET_ENTRY_DIRECTORY, "usr");
    assert_int_equal(r.e.mode, 01775);
    assert_int_equal(r.e.mtime, 1);
    next(&r, STET_ENTRY_FILE, "usr/file");
    assert_int_equal(r.e.mode, 04755);
    assert_int_equal(r.e.uid, 15);
    assert_int_equal(r.e.gid, 0);
    assert_int_equal(r.e.size, 0);
    next(&r, STET_ENTRY_SYMLINK, "usr/soft");
    assert_string_equal(r.e.link, "../a//b");
    next(&r, STET_ENTRY_HARDLINK, "usr/hard");
    assert_string_equal(r.e.link, "usr/file");
    next(&r, STET_ENTRY_DIRECTORY, "");
    at_end(&r);
    end(&r, &tar);
}

static void test_pax_fields(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct reading r;
    (void)state;
    add_pax(&tar, "path", "a/long", "uid", "4294967294", "gid", "3000000", "mtime", "1500000000.5",
            "SCHILY.xattr.user.b", "2", "SCHILY.xattr.security.capability", "1",
            "SCHILY.acl.access", "user::rwx", NULL);
    add_file(&tar, "short", "text");
    add_end(&tar);
    begin(&r, &tar, &strict);
    next(&r, STET_ENTRY_FILE, "a/long");
    assert_true(r.e.uid == 4294967294u);
    assert_int_equal(r.e.gid, 3000000);
    assert_int_equal(r.e.mtime, 1500000000);
    assert_int_equal(r.e.mtime_ns, 0);
    assert_int_equal(r.e.size, 4);
    assert_int_equal(r.e.xattr_count, 2);
    assert_string_equal(r.e.xattrs[0].name, "security.capability");
    assert_string_equal(r.e.xattrs[1].name, "user.b");
    assert_int_equal(r.e.xattrs[1].len, 1);
    at_end(&r);
    end(&r, &tar);
}

static void check_content(struct reading *r, const char *path, size_t size)
{
    const void *data;
    size_t len;
    uint64_t offset, sum = 0;
    int more;
    next(r, STET_ENTRY_FILE, path);
    assert_int_equal(r->e.size, size);
    while ((more = stet_archive_block(r->archive, &data, &len, &offset, &r->err)) > 0) {
        assert_int_equal(offset, sum);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(((const unsigned char *)data)[i], (sum + i) % 251);
        sum += len;
    }
    assert_int_equal(more, 0);
    assert_int_equal(sum, size);
}

/* Also of more than one buffer; what nobody reads is skipped. */
static void test_content(void **state)
{
    enum { SIZE = 300001 };
    struct stet_buffer tar = STET_BUFFER_INIT, content = STET_BUFFER_INIT;
    struct reading r;
    char size[24];
    (void)state;
    for (size_t i = 0; i < SIZE; i++)
        stet_buffer_add_char(&content, (char)(i % 251));
    snprintf(size, sizeof size, "%011o", SIZE);
    for (int i = 0; i < 3; i++) {
        const char *const names[] = {"one", "two", "three"};
        add_header(&tar, &(struct raw_header){.type = '0', .name = names[i], .size = size});
        add_content(&tar, content.data, SIZE);
    }
    add_end(&tar);
    begin(&r, &tar, &strict);
    check_content(&r, "one", SIZE);
    next(&r, STET_ENTRY_FILE, "two");
    check_content(&r, "three", SIZE);
    at_end(&r);
    end(&r, &tar);
    stet_buffer_release(&content);
}

static void test_holes(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct reading r;
    const void *data;
    size_t len;
    uint64_t offset;
    (void)state;
    add_sparse(&tar, "sparse");
    add_file(&tar, "after", "x");
    add_end(&tar);
    begin(&r, &tar, &lax);
    next(&r, STET_ENTRY_FILE, "sparse");
    assert_int_equal(r.e.size, 4096);
    assert_int_equal(stet_archive_block(r.archive, &data, &len, &offset, &r.err), 1);
    assert_int_equal(offset, 1024);
    assert_int_equal(len, 5);
    assert_memory_equal(data, "piece", 5);
    assert_int_equal(stet_archive_block(r.archive, &data, &len, &offset, &r.err), 0);
    next(&r, STET_ENTRY_FILE, "after");
    at_end(&r);
    end(&r, &tar);
    add_sparse(&tar, "sparse");
    refused(&tar, &strict,
            "lib: \"sparse\" in its data.tar is a sparse file, which packages must not hold");
}

static void test_devices(void **state)
{
    static const char types[] = "346";
    static const enum stet_entry_type known[] = {STET_ENTRY_CHAR, STET_ENTRY_BLOCK,
                                                 STET_ENTRY_FIFO};
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct reading r;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        add_header(&tar,
                   &(struct raw_header){.type = types[i], .name = "dev/x", .devmajor = "0000011"});
        add_end(&tar);
        begin(&r, &tar, &lax);
        next(&r, known[i], "dev/x");
        assert_int_equal(r.e.major, types[i] == '6' ? 0 : 9);
        at_end(&r);
        end(&r, &tar);
        add(&tar, types[i], "dev/x", NULL);
        refused(&tar, &strict,
                "lib: \"dev/x\" in its data.tar is a device, fifo or socket, which packages must "
                "not hold");
    }
}

/* Bytes of ustar and UTF-8 of pax are the same, whatever the locale, and it stays as it is. */
static void test_names_without_locale(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct reading r;
    (void)state;
    assert_non_null(setlocale(LC_ALL, "C"));
    add_file(&tar, "\303\266\377", "x");
    add_pax(&tar, "path", "\303\266\347\214\253", "linkpath", "\303\274", NULL);
    add(&tar, '2', "x", "x");
    add_pax(&tar, "linkpath", "\303\266", NULL);
    add(&tar, '1', "y", "x");
    add_end(&tar);
    begin(&r, &tar, &strict);
    next(&r, STET_ENTRY_FILE, "\303\266\377");
    next(&r, STET_ENTRY_SYMLINK, "\303\266\347\214\253");
    assert_string_equal(r.e.link, "\303\274");
    next(&r, STET_ENTRY_HARDLINK, "y");
    assert_string_equal(r.e.link, "\303\266");
    at_end(&r);
    assert_true(uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
    end(&r, &tar);
}

/* ---- what is refused ---- */

static void test_paths(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    (void)state;
    add_file(&tar, "a/../../outside", "x");
    refused(&tar, &strict, "…..");
    add_file(&tar, "/outside", "x");
    refused(&tar, &strict, "…/outside");
    add_file(&tar, "out\nside", "x");
    refused(&tar, &strict, "…lib: its data.tar: ");
    add_file(&tar, "out\nside", "x");
    refused(&tar, &lax, "…package bash: ");
    add(&tar, '1', "hard", "../outside");
    refused(&tar, &strict, "…..");
    add(&tar, '1', "hard", "/outside");
    refused(&tar, &lax, "…/outside");
}

static void test_attributes(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    (void)state;
    add_pax(&tar, "uid", "4294967295", NULL);
    add_file(&tar, "a", "x");
    refused(&tar, &strict, "lib: \"a\" in its data.tar has an owner out of range");
    add_pax(&tar, "gid", "4294967295", NULL);
    add_file(&tar, "a", "x");
    refused(&tar, &lax, "package bash: \"/a\" has an owner out of range");
    add_pax(&tar, "mtime", "-5", NULL);
    add_file(&tar, "a", "x");
    refused(&tar, &lax, "package bash: \"/a\" has a time before 1970");
    add_pax(&tar, "SCHILY.devmajor", "4294967296", NULL);
    add(&tar, '4', "d", NULL);
    refused(&tar, &lax, "package bash: \"/d\" has a device number out of range");
}

static void test_links(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT, target = STET_BUFFER_INIT;
    (void)state;
    add(&tar, '2', "soft", "");
    refused(&tar, &lax, "package bash: \"/soft\" is a symlink without a valid target");
    for (int i = 0; i < 4096; i++)
        stet_buffer_add_char(&target, 'x');
    add_pax(&tar, "linkpath", stet_buffer_str(&target), NULL);
    add(&tar, '2', "soft", "x");
    refused(&tar, &strict, "lib: \"soft\" in its data.tar is a symlink without a valid target");
    add_pax(&tar, "linkpath", stet_buffer_str(&target) + 1, NULL);
    add(&tar, '2', "soft", "x");
    add_end(&tar);
    assert_int_equal(read_all(&tar, &strict, NULL), 0);
    stet_buffer_release(&tar);
    stet_buffer_release(&target);
}

static void test_xattrs(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT, records = STET_BUFFER_INIT;
    (void)state;
    add_pax(&tar, "SCHILY.xattr.trusted.overlay.opaque", "y", NULL);
    add_file(&tar, "a", "x");
    refused(&tar, &lax,
            "package bash: \"/a\" carries an extended attribute other than security.capability and "
            "user.*");
    add_pax(&tar, "SCHILY.xattr.user.a", "y", NULL);
    add(&tar, '2', "l", "a");
    refused(&tar, &lax,
            "package bash: \"/l\" carries an extended attribute and is no file or directory");
    for (int i = 0; i <= STET_ARCHIVE_XATTRS_MAX; i++) {
        char key[64];
        snprintf(key, sizeof key, "SCHILY.xattr.user.%d", i);
        add_record(&records, key, "", 0);
    }
    add_extended(&tar, 'x', records.data, records.len);
    add_file(&tar, "a", "x");
    refused(&tar, &strict, "lib: \"a\" in its data.tar carries too many extended attributes");
    stet_buffer_release(&records);
}

static void test_budgets(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct stet_archive_options o = lax;
    (void)state;
    o.max_entries = 2;
    o.max_bytes = 4097;
    for (int i = 0; i < 3; i++)
        add(&tar, '5', "d", NULL);
    refused(&tar, &o, "package bash: it has more than 2 entries");
    o.part = "data.tar";
    for (int i = 0; i < 3; i++)
        add(&tar, '5', "d", NULL);
    refused(&tar, &o, "package bash: its data.tar has more than 2 entries");
    add_sparse(&tar, "a");
    add_file(&tar, "b", "x");
    add_end(&tar);
    assert_int_equal(read_all(&tar, &o, NULL), 0);
    stet_buffer_clear(&tar);
    add_sparse(&tar, "a");
    add_file(&tar, "b", "xx");
    refused(&tar, &o, "package bash: its files are too big");
}

static int no_dots(const char *name, const char *path, struct stet_error *err)
{
    return *path == '.' ? stet_error_input(err, "%s: no \"%s\"", name, path) : 0;
}

static void test_check_path(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct stet_archive_options o = lax;
    (void)state;
    o.check_path = no_dots;
    add_file(&tar, "./a", "x");
    refused(&tar, &o, "package bash: no \"./a\"");
    add(&tar, '1', "a", "./b");
    refused(&tar, &o, "package bash: no \"./b\"");
    add(&tar, '2', "a", "./b");
    add_end(&tar);
    assert_int_equal(read_all(&tar, &o, NULL), 0);
    stet_buffer_release(&tar);
}

/* ---- the stream ---- */

static void test_empty(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    (void)state;
    assert_int_equal(read_all(&tar, &lax, &err), 0);
    assert_int_equal(read_all(&tar, &strict, &err), -1);
    assert_non_null(strstr(err.text, "lib: its data.tar is damaged: "));
    add_end(&tar);
    stet_error_clear(&err);
    assert_int_equal(read_all(&tar, &strict, &err), 0);
    stet_buffer_release(&tar);
}

static void test_damaged(void **state)
{
    struct stet_buffer tar = STET_BUFFER_INIT;
    (void)state;
    stet_buffer_add_str(&tar, "no tar at all");
    refused(&tar, &strict, "…lib: its data.tar is damaged: ");
    add_file(&tar, "a", "x");
    add_file(&tar, "b", "x");
    tar.data[1024] ^= 1;
    refused(&tar, &lax, "…package bash: its archive is damaged: ");
    add_file(&tar, "a", "x");
    add_header(&tar, &(struct raw_header){.type = '0', .name = "b", .size = "00000100000"});
    refused(&tar, &strict, "…lib: its data.tar is damaged: ");
}

/* Bytes, then an error. */
struct failing {
    const char *data;
    size_t len;
};

static ssize_t failing_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct failing *f = ctx;
    if (f->len == 0)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "the disk is gone");
    if (len > f->len)
        len = f->len;
    memcpy(data, f->data, len);
    f->data += len;
    f->len -= len;
    return (ssize_t)len;
}

/* Also after the tar's end, where only checksums of the compression come. */
static void test_error_of_input(void **state)
{
    static const struct stet_reader_ops ops = {failing_read, NULL};
    struct stet_buffer tar = STET_BUFFER_INIT;
    (void)state;
    add_file(&tar, "a", "x");
    add_file(&tar, "b", "x");
    add_end(&tar);
    add_zeros(&tar, 300000);
    const size_t lengths[] = {0, 700, 1024, 2048, tar.len};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct failing f = {tar.data, lengths[i]};
        struct stet_error err = STET_ERROR_INIT;
        struct stet_reader in;
        struct stet_entry e;
        int rc = -1;
        stet_entry_init(&e);
        stet_reader_init(&in, &ops, &f);
        struct stet_archive *a = stet_archive_new(&in, &lax, &err);
        while (a && (rc = stet_archive_next(a, &e, &err)) > 0)
            continue;
        assert_int_equal(rc, -1);
        assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
        assert_string_equal(err.text, "the disk is gone");
        stet_archive_free(a);
        stet_entry_release(&e);
    }
    stet_buffer_release(&tar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),         cmocka_unit_test(test_pax_fields),
        cmocka_unit_test(test_content),        cmocka_unit_test(test_holes),
        cmocka_unit_test(test_devices),        cmocka_unit_test(test_names_without_locale),
        cmocka_unit_test(test_paths),          cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_links),          cmocka_unit_test(test_xattrs),
        cmocka_unit_test(test_budgets),        cmocka_unit_test(test_check_path),
        cmocka_unit_test(test_empty),          cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_error_of_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
