/*
 * An image and random changes of it: none is overlooked, and each is told where it is.
 *
 * With STET_TEST_LONG=N there are N times as many, and with STET_TEST_SEED=N others. A failure prints the number of the change, which alone decides what
 * it is.
 */
#include "tests/unit/diff/image_fixture.h"

enum { MUTATIONS = 500 };

enum mutation {
    FLIP_TAR,
    SWAP,
    FIELD,
    DROP,
    DUPLICATE,
    APPEND_TAR,
    EDIT,
    PADDING,
    PAX_RECORD,
    PAX_ADDED,
    NESTED,
    FLIP_GZIP,
    RECOMPRESS,
    APPEND_GZIP,
    GZIP_HEADER,
    FLIP_CONFIG,
    FLIP_MANIFEST,
    FLIP_INDEX,
    SPACE,
    EXTRA_BLOB,
    KINDS
};
static const char *const names[KINDS] = {"flip a byte of the tar",
                                         "swap two entries",
                                         "change a header field",
                                         "drop an entry",
                                         "duplicate an entry",
                                         "append to the tar",
                                         "edit a file",
                                         "change the padding of an entry",
                                         "change a pax record",
                                         "one more pax record",
                                         "change a file in a nested archive",
                                         "flip a byte of the gzip",
                                         "recompress",
                                         "append to the gzip",
                                         "change the gzip's header",
                                         "flip a byte of the config",
                                         "flip a byte of the manifest",
                                         "flip a byte of the index",
                                         "white space in a document",
                                         "one more blob"};

/* What must be told of a change. */
struct expected {
    unsigned levels;            /* at one of these (bits) */
    const char *path, *or_path; /* NULL: any */
    unsigned layer;             /* 0: any */
};
#define LEVEL(l) (1u << STET_DIFF_##l)

static char dir[] = "/tmp/stet-diff-mutations-XXXXXX", dir_a[64], dir_b[64];
static struct image base, image;
static struct diff_tar tar; /* of base */
static struct diff_map map;
static uint64_t state;
static const char nested_path[] = "usr/share/nested.tar.gz";

/* ---- chance ---- */

/* splitmix64 */
static uint64_t next(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t n)
{
    return (size_t)(next() % n);
}

static void flip(struct stet_buffer *b, size_t at)
{
    b->data[at] = (char)(b->data[at] ^ (char)(1 + below(255)));
}

/* ---- changes of the tar ---- */

static void retar(void)
{
    gzip_bytes(&image.tar, 6, 8, Z_DEFAULT_STRATEGY, &image.gzip);
}

/* A new tar of pieces of the base's: entry numbers, then what follows the last. */
static void assemble(const size_t *entries, size_t count)
{
    stet_buffer_clear(&image.tar);
    for (size_t i = 0; i < count; i++)
        put(&image.tar, base.tar.data + tar.entries[entries[i]].start,
            (size_t)(stet_diff_tar_entry_end(&tar, entries[i]) - tar.entries[entries[i]].start));
    put(&image.tar, base.tar.data + tar.end, base.tar.len - (size_t)tar.end);
    retar();
}

static void flip_tar(struct expected *x)
{
    size_t at = below(image.tar.len), i = 0;

    flip(&image.tar, at);
    retar();
    x->levels = LEVEL(ARCHIVE);
    if (at >= tar.end) {
        /* A block of zeroes may become a header of sorts. */
        x->levels |= LEVEL(ENTRY);
        return;
    }
    while (at >= stet_diff_tar_entry_end(&tar, i))
        i++;
    x->path = stet_diff_tar_path(&tar, i);
    if (at < tar.entries[i].content)
        x->levels |= LEVEL(ENTRY) | LEVEL(CONTENT);
    else if (at < tar.entries[i].content + tar.entries[i].size)
        x->levels = LEVEL(CONTENT);
}

static void swap(struct expected *x)
{
    size_t order[64], i = below(tar.count), j = below(tar.count - 1);

    j += j >= i;
    for (size_t k = 0; k < tar.count; k++)
        order[k] = k;
    order[i] = j;
    order[j] = i;
    assemble(order, tar.count);
    x->levels = LEVEL(ARCHIVE);
    x->path = stet_diff_tar_path(&tar, i);
    x->or_path = stet_diff_tar_path(&tar, j);
}

static void change_field(struct expected *x)
{
    static const struct {
        size_t offset, size;
        bool number;
    } fields[] = {{100, 7, true},  {108, 7, true},  {116, 7, true},   {136, 11, true},
                  {156, 1, false}, {263, 2, false}, {265, 31, false}, {297, 31, false},
                  {329, 7, true},  {337, 7, true},  {500, 12, false}, {157, 20, false},
                  {124, 11, true}, {0, 3, false}};
    size_t f = below(sizeof fields / sizeof fields[0]), i = below(tar.count);
    char *header =
        image.tar.data + tar.entries[i].start + (uint64_t)tar.entries[i].header * DIFF_BLOCK;
    char *at = header + fields[f].offset + below(fields[f].size), old = *at;

    do
        *at = fields[f].number ? (char)('0' + below(8)) : (char)('A' + below(26));
    while (*at == old);
    fix_checksum(header);
    retar();
    x->levels = LEVEL(ENTRY) | LEVEL(ARCHIVE) | LEVEL(CONTENT);
    x->path = stet_diff_tar_path(&tar, i);
}

static void drop(struct expected *x)
{
    size_t order[64], gone = below(tar.count), n = 0;

    for (size_t k = 0; k < tar.count; k++)
        if (k != gone)
            order[n++] = k;
    assemble(order, n);
    x->levels = LEVEL(ENTRY);
    x->path = stet_diff_tar_path(&tar, gone);
}

static void duplicate(struct expected *x)
{
    size_t order[64], twice = below(tar.count), at = below(tar.count + 1), n = 0;

    for (size_t k = 0; k <= tar.count; k++) {
        if (k == at)
            order[n++] = twice;
        if (k < tar.count)
            order[n++] = k;
    }
    assemble(order, n);
    x->levels = LEVEL(ARCHIVE);
    x->path = stet_diff_tar_path(&tar, twice);
}

static void append(struct stet_buffer *b)
{
    size_t n = 1 + below(1500);
    bool zeroes = below(2);

    for (size_t i = 0; i < n; i++) {
        char c = zeroes ? 0 : (char)next();
        put(b, &c, 1);
    }
}

static void edit(struct expected *x)
{
    size_t i;

    do
        i = below(tar.count);
    while (tar.entries[i].size == 0);
    image.tar.data[tar.entries[i].content + below((size_t)tar.entries[i].size)] = '#';
    retar();
    x->levels = LEVEL(CONTENT);
    x->path = stet_diff_tar_path(&tar, i);
}

static void pad(struct expected *x)
{
    size_t i;

    do
        i = below(tar.count);
    while (tar.entries[i].size % DIFF_BLOCK == 0);
    size_t left = DIFF_BLOCK - (size_t)(tar.entries[i].size % DIFF_BLOCK);
    flip(&image.tar, (size_t)(tar.entries[i].content + tar.entries[i].size) + below(left));
    retar();
    x->levels = LEVEL(ARCHIVE);
    x->path = stet_diff_tar_path(&tar, i);
}

/* The value of a record of an extended header. */
static void change_record(struct expected *x)
{
    struct diff_tar_extended e;
    size_t i;

    do
        i = below(tar.count);
    while (tar.entries[i].header == 0);
    uint64_t pos = tar.entries[i].start;
    assert_true(stet_diff_tar_extended_next(&tar, &tar.entries[i], &pos, &e));
    size_t at = (size_t)(e.content.data - map.bytes.data);
    const char *equals = memchr(e.content.data, '=', e.content.len);
    assert_non_null(equals);
    size_t from = (size_t)(equals - (const char *)e.content.data) + 1,
           len = e.content.len - 1 - from;
    char *c = image.tar.data + at + from + below(len), old = *c;
    do
        *c = (char)('0' + below(10));
    while (*c == old);
    retar();
    x->levels = LEVEL(ENTRY) | LEVEL(ARCHIVE) | LEVEL(CONTENT);
    x->path = stet_diff_tar_path(&tar, i);
}

/* An extended header of one record before an entry that has none. */
static void add_record(struct expected *x)
{
    static const char *const records[] = {"20 atime=1234567890\n",
                                          "14 comment=no\n",
                                          "30 mtime=1790000000.123456789\n",
                                          "32 SCHILY.xattr.user.test=value\n",
                                          "12 uid=4711\n",
                                          "15 hdrcharset=\n",
                                          "18 VENDOR.key=else\n"};
    char blocks[2 * DIFF_BLOCK] = "PaxHeaders/x";
    size_t i;

    do
        i = below(tar.count);
    while (tar.entries[i].header > 0);
    const char *record = records[below(sizeof records / sizeof records[0])];
    snprintf(blocks + 100, 8, "%07o", 0644u);
    snprintf(blocks + 108, 8, "%07o", 0u);
    snprintf(blocks + 116, 8, "%07o", 0u);
    snprintf(blocks + 124, 12, "%011o", (unsigned)strlen(record) & 0777);
    snprintf(blocks + 136, 12, "%011o", 0u);
    memcpy(blocks + 156, "x", 1);
    memcpy(blocks + 257,
           "ustar\0"
           "00",
           8);
    fix_checksum(blocks);
    memcpy(blocks + DIFF_BLOCK, record, strlen(record));
    stet_buffer_clear(&image.tar);
    put(&image.tar, base.tar.data, (size_t)tar.entries[i].start);
    put(&image.tar, blocks, sizeof blocks);
    put(&image.tar, base.tar.data + tar.entries[i].start,
        base.tar.len - (size_t)tar.entries[i].start);
    retar();
    x->levels = LEVEL(ENTRY) | LEVEL(ARCHIVE);
    x->path = stet_diff_tar_path(&tar, i);
}

/* Writes the tar of one entry, without its end. */
static void one_entry(const char *path, const struct stet_buffer *content, struct stet_buffer *out)
{
    struct stet_entry e = {.path = (char *)(uintptr_t)path,
                           .type = STET_ENTRY_FILE,
                           .mode = 0644,
                           .mtime = 1790000000,
                           .size = content->len};
    struct stet_buffer_writer buffer;

    stet_buffer_clear(out);
    stet_buffer_writer_init(&buffer, out);
    struct stet_tar_writer *w = stet_tar_writer_new(&buffer.base, NULL);
    assert_int_equal(stet_tar_writer_entry(w, &e, NULL), 0);
    assert_int_equal(stet_tar_writer_data(w, content->data, content->len, NULL), 0);
    assert_int_equal(stet_tar_writer_finish(w, NULL), 0);
    stet_tar_writer_free(w);
    assert_int_equal(stet_writer_close(&buffer.base, NULL), 0);
    out->len = DIFF_BLOCK + (content->len + DIFF_BLOCK - 1) / DIFF_BLOCK * DIFF_BLOCK;
}

/* An entry with a tar.gz of a file: a text of which one letter is letter, unless that is 0. */
static void nested_entry(size_t at, char letter, struct stet_buffer *out)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT, inner = STET_BUFFER_INIT,
                                        gzip = STET_BUFFER_INIT;

    for (int i = 0; i < 40; i++)
        stet_buffer_addf(&text, "line %d of a text in an archive\n", i);
    assert_int_equal(stet_buffer_check(&text, "a test", NULL), 0);
    if (letter)
        text.data[at % text.len] = letter;
    one_entry("inner/text", &text, &inner);
    put(&inner, (char[2 * DIFF_BLOCK]){0}, (size_t)2 * DIFF_BLOCK);
    gzip_bytes(&inner, 6, 8, Z_DEFAULT_STRATEGY, &gzip);
    one_entry(nested_path, &gzip, out);
}

static void change_nested(struct expected *x)
{
    _cleanup_buffer_ struct stet_buffer entry = STET_BUFFER_INIT;
    size_t i = tar.count - 1;

    nested_entry(below(100000), (char)('A' + below(26)), &entry);
    image.tar.len = (size_t)tar.entries[i].start;
    put(&image.tar, entry.data, entry.len);
    put(&image.tar, base.tar.data + tar.end, base.tar.len - (size_t)tar.end);
    retar();
    x->levels = LEVEL(CONTENT);
    x->path = "usr/share/nested.tar.gz!(content)!inner/text";
}

/* The base's tar gets one at its end. */
static void add_nested(void)
{
    _cleanup_buffer_ struct stet_buffer entry = STET_BUFFER_INIT;
    size_t end = base.tar.len - (size_t)2 * DIFF_BLOCK;

    nested_entry(0, 0, &entry);
    base.tar.len = end;
    put(&base.tar, entry.data, entry.len);
    put(&base.tar, (char[2 * DIFF_BLOCK]){0}, (size_t)2 * DIFF_BLOCK);
    gzip_bytes(&base.tar, 6, 8, Z_DEFAULT_STRATEGY, &base.gzip);
    make_documents(&base);
}

/* ---- */

static void recompress(void)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE,
                                     Z_FIXED};

    do
        gzip_bytes(&image.tar, (int)below(10), 1 + (int)below(9), strategies[below(5)],
                   &image.gzip);
    while (image.gzip.len == base.gzip.len &&
           memcmp(image.gzip.data, base.gzip.data, base.gzip.len) == 0);
}

/* Time, flags of the compressor, system; or a name. */
static void change_gzip_header(void)
{
    if (below(2)) {
        flip(&image.gzip, 4 + below(6));
        return;
    }
    put(&image.gzip, "name", 5);
    memmove(image.gzip.data + 15, image.gzip.data + 10, image.gzip.len - 15);
    memcpy(image.gzip.data + 10, "name", 5);
    image.gzip.data[3] = 8;
}

static bool in_string(const struct stet_buffer *b, size_t at)
{
    bool in = false;

    for (size_t i = 0; i < at; i++)
        in = b->data[i] == '"' ? !in : in;
    return in;
}

/* Between two tokens of a document. */
static void space(void)
{
    struct stet_buffer *documents[] = {&image.config, &image.manifest, &image.index};
    struct stet_buffer *b = documents[below(3)];

    size_t at;

    do
        at = below(b->len);
    while (!strchr("{}[],", b->data[at]) || in_string(b, at));
    put(b, " ", 1);
    memmove(b->data + at + 2, b->data + at + 1, b->len - at - 2);
    b->data[at + 1] = " \n\t\r"[below(4)];
}

static void mutate(enum mutation kind, struct expected *x)
{
    x->layer = kind <= GZIP_HEADER;
    x->levels = kind <= GZIP_HEADER ? LEVEL(LAYER) : LEVEL(IMAGE);
    switch (kind) {
    case FLIP_TAR:
        flip_tar(x);
        break;
    case SWAP:
        swap(x);
        break;
    case FIELD:
        change_field(x);
        break;
    case DROP:
        drop(x);
        break;
    case DUPLICATE:
        duplicate(x);
        break;
    case APPEND_TAR:
        append(&image.tar);
        retar();
        x->levels = LEVEL(ARCHIVE);
        break;
    case EDIT:
        edit(x);
        break;
    case PADDING:
        pad(x);
        break;
    case PAX_RECORD:
        change_record(x);
        break;
    case PAX_ADDED:
        add_record(x);
        break;
    case NESTED:
        change_nested(x);
        break;
    case GZIP_HEADER:
        change_gzip_header();
        break;
    case FLIP_GZIP:
        flip(&image.gzip, below(image.gzip.len));
        break;
    case RECOMPRESS:
        recompress();
        break;
    case APPEND_GZIP:
        append(&image.gzip);
        break;
    case FLIP_CONFIG:
        flip(&image.config, below(image.config.len));
        break;
    case FLIP_MANIFEST:
        flip(&image.manifest, below(image.manifest.len));
        /* A layer that is named otherwise is missing. */
        x->levels |= LEVEL(LAYER);
        break;
    case FLIP_INDEX:
        flip(&image.index, below(image.index.len));
        break;
    case SPACE:
        space();
        break;
    case EXTRA_BLOB:
    case KINDS:
        break;
    }
}

/* Documents for what was changed, as far as it is not a document itself; or those of the base. */
static void make_consistent(enum mutation kind)
{
    if (kind <= NESTED)
        make_config(&image);
    if (kind <= FLIP_CONFIG)
        make_manifest(&image);
    if (kind <= FLIP_MANIFEST)
        make_index(&image);
}

static bool is_at(const struct stet_finding *f, const char *path)
{
    size_t len = strlen(path);

    return strncmp(f->path, path, len) == 0 && (!f->path[len] || f->path[len] == '!');
}

static bool is_told(const struct stet_diff_result *r, const struct expected *x)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct stet_finding *f = &r->findings[i];
        if ((x->levels & 1u << f->level) && (!x->layer || f->layer == x->layer) &&
            (!x->path || is_at(f, x->path) || (x->or_path && is_at(f, x->or_path))))
            return true;
    }
    return false;
}

static void print_findings(const struct stet_diff_result *r)
{
    for (size_t i = 0; i < r->count && i < 40; i++) {
        const struct stet_finding *f = &r->findings[i];
        print_message("  %s, layer %u, \"%s\", %s: %s: %s -> %s\n", stet_diff_level_name(f->level),
                      f->layer, f->path, f->format, f->what, f->a ? f->a : "(none)",
                      f->b ? f->b : "(none)");
    }
}

static void run(uint64_t number)
{
    struct stet_diff_options options = {.threads = 1 + number % 2};
    struct expected x = {0};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;

    state = number;
    enum mutation kind = (enum mutation)below(KINDS);
    bool consistent = below(2);
    copy_image(&image, &base);
    mutate(kind, &x);
    if (consistent)
        make_consistent(kind);
    if (image.tar.len == base.tar.len && memcmp(image.tar.data, base.tar.data, base.tar.len) == 0 &&
        kind <= NESTED)
        return; /* the byte was a '#' before, and the like */
    write_image(dir_b, &image);
    if (kind == EXTRA_BLOB) {
        write_blob(dir_b, "sha256:0000000000000000000000000000000000000000000000000000000000000000",
                   &image.index);
        x.path = "blobs/sha256/0000000000000000000000000000000000000000000000000000000000000000";
    }
    if (stet_diff(dir_a, dir_b, &options, &result, &err) < 0)
        fail_msg("change %ju (%s): %s", (uintmax_t)number, names[kind], err.text);
    if (!is_told(&result, &x)) {
        print_findings(&result);
        fail_msg("change %ju (%s, %s): is not told as it should be: levels %x, path %s",
                 (uintmax_t)number, names[kind], consistent ? "consistent" : "not consistent",
                 x.levels, x.path ? x.path : "(any)");
    }
    stet_diff_result_release(&result);
}

static void nothing_is_overlooked(void **unused)
{
    const char *given = getenv("STET_TEST_LONG"), *other = getenv("STET_TEST_SEED");
    uint64_t times = 1, seed = 0;

    (void)unused;
    if (given)
        assert_int_equal(stet_number_parse(given, 1000000, &times, "STET_TEST_LONG", NULL), 0);
    if (other)
        assert_int_equal(stet_number_parse(other, INT32_MAX, &seed, "STET_TEST_SEED", NULL), 0);
    for (uint64_t i = 0; i < MUTATIONS * (times ? times : 1); i++)
        run((seed << 32) + i);
}

static void the_same_is_the_same(void **unused)
{
    struct stet_diff_options options = {0};
    struct stet_diff_result result;

    (void)unused;
    write_image(dir_b, &base);
    assert_int_equal(stet_diff(dir_a, dir_b, &options, &result, NULL), 0);
    assert_int_equal(result.count, 0);
    assert_string_equal(result.a_kind, "OCI layout");
    stet_diff_result_release(&result);
}

static int set_up(void **unused)
{
    (void)unused;
    if (!mkdtemp(dir))
        return -1;
    snprintf(dir_a, sizeof dir_a, "%s/a", dir);
    snprintf(dir_b, sizeof dir_b, "%s/b", dir);
    make_image(&base);
    add_nested();
    write_image(dir_a, &base);
    map.bytes = (struct diff_bytes){(const unsigned char *)base.tar.data, base.tar.len};
    return stet_diff_tar_index(&(struct diff){.temporary = -1}, &map, &tar, NULL) < 0 ||
                   tar.count != 16 || tar.gap_count != 0
               ? -1
               : 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    stet_diff_tar_release(&tar);
    image_release(&base);
    image_release(&image);
    return stet_fs_remove(AT_FDCWD, dir, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_the_same),
        cmocka_unit_test(nothing_is_overlooked),
    };
    return cmocka_run_group_tests_name("diff/mutations", tests, set_up, tear_down);
}
