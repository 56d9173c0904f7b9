/* Trees from archives: order, hard links in any direction, paths that occur twice. */
#include "tests/unit/tree/support.h"

#include "tests/unit/tar/support.h"

static void read_tree(struct stet_buffer *b, struct stet_tree *t)
{
    struct stet_memory_reader in;
    struct stet_error err = STET_ERROR_INIT;
    add_end(b);
    stet_memory_reader_init(&in, b->data, b->len);
    struct stet_tar_reader *r = stet_tar_reader_new(&in.base, "test.tar", NULL, &err);
    assert_non_null(r);
    stet_tree_init(t);
    if (stet_tree_from_tar(r, t, &err) < 0)
        fail_msg("%s", err.text);
    stet_tar_reader_free(r);
    stet_buffer_release(b);
}

static void refuse_tree(struct stet_buffer *b, const char *reason)
{
    struct stet_memory_reader in;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_tree t;
    add_end(b);
    stet_memory_reader_init(&in, b->data, b->len);
    struct stet_tar_reader *r = stet_tar_reader_new(&in.base, "test.tar", NULL, &err);
    stet_tree_init(&t);
    assert_int_equal(stet_tree_from_tar(r, &t, &err), -1);
    if (strstr(err.text, reason) == NULL)
        fail_msg("\"%s\", not \"%s\"", err.text, reason);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_int_equal(t.count, 0);
    stet_tar_reader_free(r);
    stet_buffer_release(b);
}

static void add_link(struct stet_buffer *b, char type, const char *name, const char *link)
{
    add_header(b,
               &(struct raw_header){.name = name, .link = link, .type = type, .mode = "0000600"});
}

/* What is archived comes back as it was scanned. */
static void test_round_trip(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree a, b;
    struct stet_buffer tar = STET_BUFFER_INIT;
    struct stet_buffer_writer w;
    struct stet_memory_reader in;
    struct stet_error err = STET_ERROR_INIT;
    scratch_make(&s);
    make_sample(&s);
    scan(&s, &a);
    stet_buffer_writer_init(&w, &tar);
    assert_int_equal(stet_tree_write_tar(&a, s.fd, &w.base, 1, NULL, &err), 0);
    stet_memory_reader_init(&in, tar.data, tar.len);
    struct stet_tar_reader *r = stet_tar_reader_new(&in.base, "own", NULL, &err);
    stet_tree_init(&b);
    if (stet_tree_from_tar(r, &b, &err) < 0)
        fail_msg("%s", err.text);
    assert_same_tree(&a, &b, false);
    stet_tar_reader_free(r);
    stet_writer_close(&w.base, NULL);
    stet_buffer_release(&tar);
    stet_tree_release(&a);
    stet_tree_release(&b);
    scratch_remove(&s);
}

static void test_sorted(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_tree t;
    add_file(&b, "b.c", "");
    add_file(&b, "./b/a", "");
    add_header(&b, &(struct raw_header){.name = "b/", .type = '5'});
    add_file(&b, "a", "123");
    add_header(&b, &(struct raw_header){.name = "./", .type = '5'});
    read_tree(&b, &t);
    static const char *const order[] = {"", "a", "b", "b/a", "b.c"};
    assert_int_equal(t.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(entry_at(&t, i)->path, order[i]);
    assert_int_equal(entry_at(&t, 1)->size, 3);
    stet_tree_release(&t);
    read_tree(&b, &t);
    assert_int_equal(t.count, 0);
    assert_null(try_find(&t, ""));
    stet_tree_release(&t);
}

static void test_twice(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    add_file(&b, "a/b", "");
    add_file(&b, "c", "");
    add_header(&b, &(struct raw_header){.name = "./a//b/", .type = '5'});
    refuse_tree(&b, "\"a/b\" occurs twice");
}

/* The content under the last name, the links before it in order. */
static void test_file_moves_first(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_tree t;
    add_extended(&b, 'x', "25 SCHILY.xattr.user.a=1\n", 25);
    add_file(&b, "m", "content");
    add_link(&b, '1', "a", "m");
    add_link(&b, '1', "c", "m");
    add_link(&b, '1', "z", "a");
    read_tree(&b, &t);
    const struct stet_entry *a = find(&t, "a");
    assert_int_equal(a->type, STET_ENTRY_FILE);
    assert_int_equal(a->size, 7);
    assert_int_equal(a->mode, 0644);
    assert_int_equal(a->xattr_count, 1);
    assert_null(a->link);
    static const char *const links[] = {"c", "m", "z"};
    for (size_t i = 0; i < 3; i++) {
        const struct stet_entry *e = find(&t, links[i]);
        assert_int_equal(e->type, STET_ENTRY_HARDLINK);
        assert_string_equal(e->link, "a");
        assert_int_equal(e->size, 0);
    }
    stet_tree_release(&t);
}

static void test_link_chains(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_tree t;
    add_file(&b, "z", "content");
    add_link(&b, '1', "y", "z");
    for (char c = 'x'; c >= 'a'; c--) {
        char name[2] = {c, 0}, target[2] = {(char)(c + 1), 0};
        add_link(&b, '1', name, target);
    }
    read_tree(&b, &t);
    assert_int_equal(find(&t, "a")->type, STET_ENTRY_FILE);
    assert_int_equal(find(&t, "a")->size, 7);
    for (size_t i = 1; i < t.count; i++) {
        assert_int_equal(entry_at(&t, i)->type, STET_ENTRY_HARDLINK);
        assert_string_equal(entry_at(&t, i)->link, "a");
    }
    stet_tree_release(&t);
    add_link(&b, '1', "a", "b");
    add_link(&b, '1', "b", "c");
    add_link(&b, '1', "c", "a");
    refuse_tree(&b, "is a hard link in a circle");
}

static void test_links_to_others(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_tree t;
    add_link(&b, '2', "m", "../target");
    add_link(&b, '1', "a", "m");
    add_link(&b, '1', "z", "a");
    /* Into a layer below, which is not in this archive. */
    add_link(&b, '1', "q", "lower/file");
    add_link(&b, '1', "r", "q");
    read_tree(&b, &t);
    static const char *const symlinks[] = {"a", "m", "z"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(find(&t, symlinks[i])->type, STET_ENTRY_SYMLINK);
        assert_string_equal(find(&t, symlinks[i])->link, "../target");
    }
    assert_int_equal(find(&t, "q")->type, STET_ENTRY_HARDLINK);
    assert_string_equal(find(&t, "q")->link, "lower/file");
    assert_string_equal(find(&t, "r")->link, "q");
    stet_tree_release(&t);
    add_header(&b, &(struct raw_header){.name = "d", .type = '5'});
    add_link(&b, '1', "a", "d");
    refuse_tree(&b, "is a hard link to a directory");
}

static void test_bad_archive(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    add_file(&b, "a", "");
    add_file(&b, "../b", "");
    refuse_tree(&b, "test.tar: offset 512");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_sorted),
        cmocka_unit_test(test_twice),       cmocka_unit_test(test_file_moves_first),
        cmocka_unit_test(test_link_chains), cmocka_unit_test(test_links_to_others),
        cmocka_unit_test(test_bad_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
