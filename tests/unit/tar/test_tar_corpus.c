/*
 * Go's tar corpus, where it is at hand: $STET_CORPORA/tar-go, or ../shared/corpora/tar-go beside
 * the source. Each archive is read as GNU tar lists it, or refused with the reason here.
 */
#include "tests/unit/tar/support.h"

#include <dirent.h>

#include "lib/tar/tar.h"

struct expectation {
    const char *file;
    int entries;        /* read before the end or the refusal */
    const char *reason; /* NULL: read to its end */
    const char *path;   /* of the last entry read, or NULL */
    uint64_t size;
};

static const struct expectation expectations[] = {
    {"file-and-dir.tar", 2, NULL, "dir", 0},
    {"gnu-incremental.tar", 0, "type field's 0x44", NULL, 0},
    {"gnu-long-nul.tar", 0, "NUL", NULL, 0},
    {"gnu-multi-hdrs.tar", 0, "two long names", NULL, 0},
    {"gnu-nil-sparse-data.tar", 0, "sparse", NULL, 0},
    {"gnu-nil-sparse-hole.tar", 0, "sparse", NULL, 0},
    {"gnu-not-utf8.tar", 1, NULL, "hi\200\201\202\203bye", 0},
    {"gnu-sparse-big.tar", 0, "sparse", NULL, 0},
    {"gnu-utf8.tar", 1, NULL, NULL, 0},
    {"gnu.tar", 2, NULL, "small2.txt", 11},
    {"hardlink.tar", 2, NULL, "hard.txt", 0},
    {"hdr-only.tar", 8, "size field gives a directory 5 bytes", "badlink", 0},
    {"invalid-go17.tar", 1, NULL, "foo", 0},
    {"issue10968.tar", 0, "magic field", NULL, 0},
    {"issue11169.tar", 0, "checksum field", NULL, 0},
    {"issue12435.tar", 0, "size field", NULL, 0},
    {"neg-size.tar", 0, "magic field", NULL, 0},
    {"nil-uid.tar", 1, "without an end mark", "P1050238.JPG.log", 14},
    {"pax-bad-hdr-file.tar", 0, "malformed", NULL, 0},
    {"pax-bad-mtime-file.tar", 0, "mtime is not a time", NULL, 0},
    {"pax-global-records.tar", 0, "path stands in a global header", NULL, 0},
    {"pax-multi-hdrs.tar", 0, "two extended headers", NULL, 0},
    {"pax-nil-sparse-data.tar", 0, "sparse", NULL, 0},
    {"pax-nil-sparse-hole.tar", 0, "sparse", NULL, 0},
    {"pax-nul-path.tar", 0, "path has a NUL", NULL, 0},
    {"pax-nul-xattrs.tar", 0, "malformed", NULL, 0},
    {"pax-path-hdr.tar", 0, "without an end mark", NULL, 0},
    {"pax-pos-size-file.tar", 0, "size field says 684 and the extended header 999", NULL, 0},
    {"pax-records.tar", 1, NULL, "file", 0},
    {"pax-sparse-big.tar", 0, "sparse", NULL, 0},
    {"pax.tar", 2, NULL, "a/b", 0},
    {"sparse-formats.tar", 0, "sparse", NULL, 0},
    {"star.tar", 2, NULL, "small2.txt", 11},
    {"trailing-slash.tar", 1, NULL, NULL, 0},
    {"ustar-file-devs.tar", 1, NULL, "file", 0},
    {"ustar-file-reg.tar", 1, "without an end mark", "foo", 684},
    {"ustar.tar", 1, NULL, NULL, 6},
    {"v7.tar", 2, NULL, "small2.txt", 11},
    {"writer-big-long.tar", 1, "truncated", NULL, UINT64_C(17179869184)},
    {"writer-big.tar", 1, "truncated", "tmp/16gig.txt", UINT64_C(17179869184)},
    {"writer.tar", 3, NULL, "link.txt", 0},
    {"xattrs.tar", 2, NULL, "small2.txt", 11},
};

static char *corpus(void)
{
    const char *given = getenv("STET_CORPORA");
    char *path = given == NULL ? source_path("../shared/corpora/tar-go")
                               : stet_format(NULL, "%s/tar-go", given);
    assert_non_null(path);
    return path;
}

static void check(const struct expectation *x, const char *dir)
{
    struct stet_buffer bytes;
    struct stet_memory_reader in;
    struct stet_error err = STET_ERROR_INIT;
    const struct stet_entry *e;
    struct stet_buffer last = STET_BUFFER_INIT;
    uint64_t size = 0;
    int rc, entries = 0;
    char *path = stet_format(NULL, "%s/%s", dir, x->file);
    if (!slurp(path, &bytes))
        fail_msg("%s is missing from the corpus", x->file);
    stet_memory_reader_init(&in, bytes.data, bytes.len);
    struct stet_tar_reader *r = stet_tar_reader_new(&in.base, x->file, NULL, &err);
    while ((rc = stet_tar_reader_next(r, &e, &err)) > 0) {
        entries++;
        size = e->size;
        stet_buffer_clear(&last);
        stet_buffer_add_str(&last, e->path);
    }
    if (entries != x->entries || (rc < 0) != (x->reason != NULL))
        fail_msg("%s: %d entries, %s", x->file, entries, rc < 0 ? err.text : "no error");
    if (rc < 0 && strstr(err.text, x->reason) == NULL)
        fail_msg("%s: \"%s\", not \"%s\"", x->file, err.text, x->reason);
    if (x->path != NULL)
        assert_string_equal(stet_buffer_str(&last), x->path);
    assert_int_equal(size, x->size);
    stet_tar_reader_free(r);
    stet_buffer_release(&bytes);
    stet_buffer_release(&last);
    free(path);
}

static void test_corpus(void **state)
{
    (void)state;
    char *dir = corpus();
    DIR *d = opendir(dir);
    if (d == NULL) {
        print_message("no corpus at %s: skipped\n", dir);
        free(dir);
        skip();
    }
    closedir(d);
    for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++)
        check(&expectations[i], dir);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
