/* Memory available, from files as the kernel writes them, below a scratch directory. */
#include "tests/unit/base/base_test.h"

#include "lib/base/memory.h"

static void put(const struct scratch *s, const char *path, const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    char dir[512];

    snprintf(dir, sizeof(dir), "%s", path);
    *strrchr(dir, '/') = '\0';
    assert_ok(stet_fs_mkdirs(s->fd, dir, &err), &err);
    assert_ok(stet_fs_write(s->fd, path, text, strlen(text), &err), &err);
}

static void put_meminfo(const struct scratch *s, const char *available)
{
    char text[256];

    snprintf(text, sizeof(text),
             "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:   %s kB\n"
             "Buffers:            1000 kB\n",
             available);
    put(s, "proc/meminfo", text);
}

static void without_groups(void **state)
{
    const struct scratch *s = *state;

    assert_int_equal(stet_memory_available(s->path), 0);
    put(s, "proc/meminfo", "MemTotal:       16000000 kB\n");
    assert_int_equal(stet_memory_available(s->path), 0);
    put_meminfo(s, "8000000");
    assert_int_equal(stet_memory_available(s->path), UINT64_C(8000000) * 1024);
    put_meminfo(s, "99999999999999999999");
    assert_int_equal(stet_memory_available(s->path), 0);
}

static void second_version(void **state)
{
    const struct scratch *s = *state;

    put_meminfo(s, "8000000");
    put(s, "proc/self/cgroup", "0::/a/b\n");
    put(s, "sys/fs/cgroup/a/b/memory.max", "max\n");
    put(s, "sys/fs/cgroup/a/b/memory.current", "5000\n");
    assert_int_equal(stet_memory_available(s->path), UINT64_C(8000000) * 1024);
    put(s, "sys/fs/cgroup/a/memory.max", "1000000\n");
    put(s, "sys/fs/cgroup/a/memory.current", "400000\n");
    assert_int_equal(stet_memory_available(s->path), 600000);
    put(s, "sys/fs/cgroup/a/b/memory.max", "300000\n");
    assert_int_equal(stet_memory_available(s->path), 295000);
    put(s, "sys/fs/cgroup/a/b/memory.current", "300001\n");
    assert_int_equal(stet_memory_available(s->path), 0);
}

static void namespaced_root(void **state)
{
    const struct scratch *s = *state;

    put_meminfo(s, "8000000");
    put(s, "proc/self/cgroup", "0::/\n");
    put(s, "sys/fs/cgroup/memory.max", "700000\n");
    put(s, "sys/fs/cgroup/memory.current", "100000\n");
    assert_int_equal(stet_memory_available(s->path), 600000);
}

static void first_version(void **state)
{
    const struct scratch *s = *state;

    put_meminfo(s, "8000000");
    put(s, "proc/self/cgroup", "12:cpu:/a\n4:memory:/a/b\n1:name=systemd:/\n0::/\n");
    put(s, "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    put(s, "sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "1000\n");
    assert_int_equal(stet_memory_available(s->path), UINT64_C(8000000) * 1024);
    put(s, "sys/fs/cgroup/memory/memory.limit_in_bytes", "50000\n");
    put(s, "sys/fs/cgroup/memory/memory.usage_in_bytes", "20000\n");
    assert_int_equal(stet_memory_available(s->path), 30000);
}

static void of_this_machine(void **state)
{
    (void)state;
    assert_true(stet_memory_available("") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_groups, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(second_version, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(namespaced_root, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(first_version, scratch_setup, scratch_teardown),
        cmocka_unit_test(of_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
