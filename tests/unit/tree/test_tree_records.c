/*
 * How a tree keeps its entries: what was put in comes out, paths that share directories or have
 * none, limits, and directories that are taken out.
 */
#include "tests/unit/tree/support.h"

static void append(struct stet_tree *t, struct tree_places *p, const struct stet_entry *e)
{
    struct stet_error err = STET_ERROR_INIT;
    uint32_t dir;
    const char *leaf;
    if (stet_tree_places_find(p, t, e->path, &dir, &leaf, &err) < 0 ||
        stet_tree_append(t, dir, leaf, e, &err) < 0)
        fail_msg("%s", err.text);
}

static void make(struct stet_tree *t, const char *const *paths, size_t count,
                 enum stet_entry_type type)
{
    struct tree_places p = {.path = STET_BUFFER_INIT};
    stet_tree_init(t);
    for (size_t i = 0; i < count; i++)
        append(t, &p, &(struct stet_entry){.path = (char *)paths[i], .type = type});
    stet_tree_places_release(&p);
}

static void assert_paths(const struct stet_tree *t, const char *const *paths, size_t count)
{
    assert_int_equal(t->count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(entry_at(t, i)->path, paths[i]);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In any order, with directories that are entries and such that are not, by one view. */
static void test_paths(void **state)
{
    (void)state;
    static const char *const paths[] = {"",        "a",       "a/b",     "a/b/c/d/e", "a/b/c.d/e",
                                        "a/bb/c",  "a/bb/cc", "aa/bb",   "aaa/b/c",   "a/b/c/x",
                                        "aa/bb/c", "z",       "z/z/z/z", "z/z",       "zz/z"};
    struct stet_tree t;
    struct stet_tree_view v;
    make(&t, paths, COUNT(paths), STET_ENTRY_FILE);
    assert_paths(&t, paths, COUNT(paths));
    stet_tree_view_init(&v, &t);
    for (size_t i = 0; i < COUNT(paths); i++) {
        for (size_t j = 0; j < COUNT(paths); j++) {
            assert_string_equal(stet_tree_view_at(&v, i)->path, paths[i]);
            assert_int_equal(v.index, i);
            assert_string_equal(stet_tree_view_at(&v, j)->path, paths[j]);
        }
    }
    stet_tree_release(&t);
    assert_int_equal(t.count, 0);
    assert_null(t.data);
}

static void test_values(void **state)
{
    (void)state;
    struct stet_xattr xattrs[] = {{(char *)"user.a", (unsigned char *)"\0b", 2},
                                  {(char *)"user.empty", (unsigned char *)"", 0}};
    struct stet_xattr longer = {(char *)"user.a", (unsigned char *)"\0bc", 3};
    const struct stet_entry in[] = {
        {.path = (char *)"", .type = STET_ENTRY_DIRECTORY, .mode = 07777, .mtime = INT64_MIN},
        {.path = (char *)"a",
         .mode = 0644,
         .uid = UINT32_MAX - 1,
         .gid = 5,
         .size = UINT64_MAX,
         .mtime = INT64_MAX,
         .mtime_ns = 999999999,
         .xattrs = xattrs,
         .xattr_count = 2},
        {.path = (char *)"b", .type = STET_ENTRY_CHAR, .major = UINT32_MAX, .minor = 7},
        {.path = (char *)"c", .type = STET_ENTRY_BLOCK, .major = 8, .minor = UINT32_MAX},
        {.path = (char *)"d", .type = STET_ENTRY_SYMLINK, .link = (char *)"../x//y/", .mode = 0777},
        {.path = (char *)"e", .type = STET_ENTRY_FIFO, .xattrs = &longer, .xattr_count = 1},
        {.path = (char *)"f", .xattrs = xattrs, .xattr_count = 1},
        {.path = (char *)"g", .xattrs = xattrs, .xattr_count = 1},
    };
    struct tree_places p = {.path = STET_BUFFER_INIT};
    struct stet_tree a;
    stet_tree_init(&a);
    for (size_t i = 0; i < COUNT(in); i++)
        append(&a, &p, &in[i]);
    for (size_t i = 0; i < COUNT(in); i++) {
        const struct stet_entry *e = entry_at(&a, i), *x = &in[i];
        assert_int_equal(e->type, x->type);
        assert_int_equal(e->mode, x->mode);
        assert_int_equal(e->uid, x->uid);
        assert_int_equal(e->gid, x->gid);
        assert_true(e->size == x->size && e->mtime == x->mtime && e->mtime_ns == x->mtime_ns);
        assert_int_equal(e->major, x->major);
        assert_int_equal(e->minor, x->minor);
        assert_int_equal(e->xattr_count, x->xattr_count);
        for (size_t j = 0; j < e->xattr_count; j++) {
            assert_string_equal(e->xattrs[j].name, x->xattrs[j].name);
            assert_int_equal(e->xattrs[j].len, x->xattrs[j].len);
            assert_memory_equal(e->xattrs[j].value, x->xattrs[j].value, x->xattrs[j].len);
        }
        assert_true((e->link == NULL) == (x->link == NULL));
    }
    assert_string_equal(entry_at(&a, 4)->link, "../x//y/");
    /* The last two share what they have. */
    assert_ptr_equal(entry_at(&a, 6)->xattrs, entry_at(&a, 7)->xattrs);
    stet_tree_places_release(&p);
    stet_tree_release(&a);
}

/* More different owners than are remembered: kept twice, perhaps, but never mixed up. */
static void test_many_owners(void **state)
{
    (void)state;
    struct tree_places p = {.path = STET_BUFFER_INIT};
    struct stet_tree t;
    char name[16];
    stet_tree_init(&t);
    for (uint32_t i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "%05u", i);
        append(&t, &p, &(struct stet_entry){.path = name, .uid = i % 5000, .gid = i / 3});
    }
    struct stet_tree_view v;
    stet_tree_view_init(&v, &t);
    for (uint32_t i = 0; i < 20000; i++) {
        const struct stet_entry *e = stet_tree_view_at(&v, i);
        snprintf(name, sizeof(name), "%05u", i);
        assert_string_equal(e->path, name);
        assert_int_equal(e->uid, i % 5000);
        assert_int_equal(e->gid, i / 3);
    }
    stet_tree_places_release(&p);
    stet_tree_release(&t);
}

static void expect_refusal(struct stet_tree *t, const char *name, const char *reason)
{
    struct stet_error err = STET_ERROR_INIT;
    size_t before = t->count;
    assert_int_equal(stet_tree_append(t, 0, name, &(struct stet_entry){.path = (char *)name}, &err),
                     -1);
    if (strstr(err.text, reason) == NULL)
        fail_msg("\"%s\", not \"%s\"", err.text, reason);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_int_equal(t->count, before);
}

/* As if so much were there already. */
static void test_limits(void **state)
{
    (void)state;
    static const char *const paths[] = {"a", "b"};
    struct stet_tree t;
    make(&t, paths, 2, STET_ENTRY_FILE);
    struct tree_region text = t.data->text, records = t.data->records;
    t.data->text.len = t.data->text.cap = UINT32_MAX - 4096 + 1;
    expect_refusal(&t, "c", "more than 4 GiB");
    t.data->text = text;
    t.data->records.len = t.data->records.cap =
        ((size_t)UINT32_MAX - 1) * sizeof(struct tree_record);
    expect_refusal(&t, "c", "more than 4294967293 entries");
    t.data->records = records;
    char name[STET_TREE_PATH_SIZE + 1];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    expect_refusal(&t, name, "4095 bytes");
    assert_paths(&t, paths, 2);
    stet_tree_release(&t);
}

/* The longest path there is. */
static void test_long_path(void **state)
{
    (void)state;
    char path[STET_TREE_PATH_SIZE + 1];
    for (size_t i = 0; i < sizeof(path); i++)
        path[i] = i % 2 == 0 ? 'd' : '/';
    path[STET_TREE_PATH_SIZE - 1] = '\0';
    const char *const paths[] = {path};
    struct stet_tree t;
    make(&t, paths, 1, STET_ENTRY_FILE);
    assert_paths(&t, paths, 1);
    path[STET_TREE_PATH_SIZE - 1] = '/';
    path[STET_TREE_PATH_SIZE] = '\0';
    struct tree_places p = {.path = STET_BUFFER_INIT};
    struct stet_error err = STET_ERROR_INIT;
    uint32_t dir;
    const char *leaf;
    assert_int_equal(stet_tree_places_find(&p, &t, path, &dir, &leaf, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    stet_tree_places_release(&p);
    stet_tree_release(&t);
}

/* ---- pruning ---- */

struct asked {
    const char *keep;
    char text[256]; /* the paths, in order, each followed by a blank */
};

static bool drop(void *ctx, const char *path)
{
    struct asked *asked = ctx;
    size_t len = strlen(asked->text);
    snprintf(asked->text + len, sizeof(asked->text) - len, "%s ", path);
    return strcmp(path, asked->keep) != 0;
}

static void test_prune(void **state)
{
    (void)state;
    static const char *const dirs[] = {"",      "a",       "a/b", "a/b/c", "a/bb",
                                       "a/b.c", "a/b.c/d", "z",   "z/y",   "z/y/x"};
    static const char *const kept[] = {"", "a", "a/b.c", "a/b.c/d"};
    struct stet_tree t;
    struct asked asked = {"a/b.c/d", ""};
    make(&t, dirs, COUNT(dirs), STET_ENTRY_DIRECTORY);
    stet_tree_prune(&t, drop, &asked);
    assert_paths(&t, kept, COUNT(kept));
    assert_string_equal(asked.text, "z/y/x z/y z a/b.c/d a/bb a/b/c a/b ");
    asked = (struct asked){"", ""};
    stet_tree_prune(&t, drop, &asked);
    assert_paths(&t, kept, 1);
    stet_tree_release(&t);
    stet_tree_init(&t);
    stet_tree_prune(&t, drop, &asked);
    assert_int_equal(t.count, 0);
}

/* Directories that are no entries hold what is in them all the same; other types stay. */
static void test_prune_files(void **state)
{
    (void)state;
    static const char *const paths[] = {"a", "b/c/d", "e"};
    struct stet_tree t;
    struct asked asked = {"", ""};
    make(&t, paths, COUNT(paths), STET_ENTRY_FILE);
    stet_tree_prune(&t, drop, &asked);
    assert_paths(&t, paths, COUNT(paths));
    assert_string_equal(asked.text, "");
    stet_tree_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),       cmocka_unit_test(test_values),
        cmocka_unit_test(test_many_owners), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_path),   cmocka_unit_test(test_prune),
        cmocka_unit_test(test_prune_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
