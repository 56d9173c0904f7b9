#include "lib/entry/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <errno.h>
#include <string.h>

/* Linked with --wrap: the allocation of this number (counted down) and all later ones fail. */
static int allocations_left = -1;

void *__real_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

static bool may_allocate(void)
{
    if (allocations_left > 0)
        allocations_left--;
    else if (allocations_left == 0)
        return false;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_realloc(void *p, size_t size)
{
    return may_allocate() ? __real_realloc(p, size) : NULL;
}

char *__wrap_strdup(const char *s)
{
    return may_allocate() ? __real_strdup(s) : NULL;
}

static void set(struct stet_entry *e, const char *name, const void *value, size_t len)
{
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(stet_entry_set_xattr(e, name, value, len, &err), 0);
}

static void starts_and_ends_empty(void **state)
{
    static const struct stet_entry zero;
    struct stet_entry e;

    (void)state;
    memset(&e, 0x55, sizeof(e));
    stet_entry_init(&e);
    assert_null(e.path);
    assert_null(e.link);
    assert_int_equal(e.xattr_count, 0);
    e.path = strdup("a");
    e.link = strdup("b");
    e.size = 7;
    set(&e, "user.x", "1", 1);
    stet_entry_release(&e);
    assert_memory_equal(&e, &zero, sizeof(e));
    stet_entry_release(&e);
}

static void sorts_attributes_bytewise(void **state)
{
    static const char *const in[] = {"user.b", "security.selinux",    "user.a",        "user",
                                     "user.B", "security.capability", "user.\xc3\xa4", "user.aa"};
    static const char *const out[] = {
        "security.capability", "security.selinux", "user", "user.B", "user.a", "user.aa", "user.b",
        "user.\xc3\xa4"};
    struct stet_entry e;

    (void)state;
    stet_entry_init(&e);
    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
        set(&e, in[i], in[i], strlen(in[i]));
    assert_int_equal(e.xattr_count, sizeof(out) / sizeof(out[0]));
    for (size_t i = 0; i < e.xattr_count; i++) {
        assert_string_equal(e.xattrs[i].name, out[i]);
        assert_int_equal(e.xattrs[i].len, strlen(out[i]));
        assert_memory_equal(e.xattrs[i].value, out[i], e.xattrs[i].len);
    }
    stet_entry_release(&e);
}

static void replaces_a_value(void **state)
{
    char value[] = "second";
    struct stet_entry e;

    (void)state;
    stet_entry_init(&e);
    set(&e, "user.a", "first", 5);
    set(&e, "user.b", "other", 5);
    set(&e, "user.a", value, 6);
    value[0] = '!'; /* it was copied */
    assert_int_equal(e.xattr_count, 2);
    assert_int_equal(e.xattrs[0].len, 6);
    assert_memory_equal(e.xattrs[0].value, "second", 6);
    assert_memory_equal(e.xattrs[1].value, "other", 5);
    stet_entry_release(&e);
}

static void holds_any_bytes(void **state)
{
    struct stet_entry e;

    (void)state;
    stet_entry_init(&e);
    set(&e, "security.capability", "\1\0\0\2\0\xff", 6);
    set(&e, "user.empty", NULL, 0);
    assert_memory_equal(e.xattrs[0].value, "\1\0\0\2\0\xff", 6);
    assert_non_null(e.xattrs[1].value);
    assert_int_equal(e.xattrs[1].len, 0);
    stet_entry_release(&e);
}

static void survives_failed_allocation(void **state)
{
    struct stet_entry e;
    int failures = 0;

    (void)state;
    stet_entry_init(&e);
    set(&e, "user.b", "1", 1);
    for (int i = 0; i < 10; i++) {
        struct stet_error err = STET_ERROR_INIT;
        int rc;

        allocations_left = i;
        rc = stet_entry_set_xattr(&e, "user.a", "2", 1, &err);
        allocations_left = -1;
        if (rc == 0)
            break;
        failures++;
        assert_int_equal(err.errnum, ENOMEM);
        assert_int_equal(e.xattr_count, 1);
        assert_string_equal(e.xattrs[0].name, "user.b");
    }
    assert_int_equal(failures, 3);
    assert_int_equal(e.xattr_count, 2);
    {
        struct stet_error err = STET_ERROR_INIT;

        allocations_left = 0;
        assert_int_equal(stet_entry_set_xattr(&e, "user.a", "333", 3, &err), -1);
        allocations_left = -1;
        assert_int_equal(e.xattrs[0].len, 1);
        assert_memory_equal(e.xattrs[0].value, "2", 1);
    }
    stet_entry_release(&e);
}

static void names_types(void **state)
{
    (void)state;
    assert_string_equal(stet_entry_type_name(STET_ENTRY_FILE), "file");
    assert_string_equal(stet_entry_type_name(STET_ENTRY_HARDLINK), "hard link");
    assert_string_equal(stet_entry_type_name(STET_ENTRY_SYMLINK), "symlink");
    assert_string_equal(stet_entry_type_name(STET_ENTRY_DIRECTORY), "directory");
    assert_string_equal(stet_entry_type_name(STET_ENTRY_CHAR), "character device");
    assert_string_equal(stet_entry_type_name(STET_ENTRY_BLOCK), "block device");
    assert_string_equal(stet_entry_type_name(STET_ENTRY_FIFO), "fifo");
    assert_string_equal(stet_entry_type_name((enum stet_entry_type)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_ends_empty),      cmocka_unit_test(sorts_attributes_bytewise),
        cmocka_unit_test(replaces_a_value),           cmocka_unit_test(holds_any_bytes),
        cmocka_unit_test(survives_failed_allocation), cmocka_unit_test(names_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
