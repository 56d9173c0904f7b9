#include <stdio.h>

#include "lib/base/base.h"
#include "lib/base/memory.h"

enum { FILE_MAX = 64 << 10 };

/* The text of a small file of the kernel; false when it cannot be read. */
static bool read_text(const char *root, const char *path, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_free_ char *full = stet_format(&err, "%s%s", root, path);

    stet_buffer_clear(out);
    return full && stet_fs_read(AT_FDCWD, full, FILE_MAX, out, &err) == 0;
}

/* One number on a line of its own; UINT64_MAX for "max" and for what is not there. */
static uint64_t read_limit(const char *root, const char *dir, const char *name)
{
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    _cleanup_free_ char *path = stet_format(&err, "%s/%s", dir, name);
    uint64_t value;

    if (!path || !read_text(root, path, &b))
        return UINT64_MAX;
    if (!b.data)
        return UINT64_MAX;
    b.data[strcspn(b.data, "\n")] = '\0';
    return stet_number_parse(b.data, UINT64_MAX, &value, name, &err) == 0 ? value : UINT64_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What the group dir and those above it, up to mount, leave. dir is changed. */
static uint64_t left_in_groups(const char *root, const char *mount, char *dir, const char *limit,
                               const char *usage)
{
    uint64_t left = UINT64_MAX;

    for (;;) {
        uint64_t max = read_limit(root, dir, limit), used = read_limit(root, dir, usage);
        if (max != UINT64_MAX && used != UINT64_MAX)
            left = least(left, max > used ? max - used : 0);
        char *slash = strrchr(dir, '/');
        if (strlen(dir) <= strlen(mount) || !slash)
            return left;
        *slash = '\0';
    }
}

/* line is "0::/path" (version 2) or "4:memory:/path" (version 1). */
static uint64_t left_by_line(const char *root, const char *line)
{
    static const char v1[] = "/sys/fs/cgroup/memory", v2[] = "/sys/fs/cgroup";
    struct stet_error err = STET_ERROR_INIT;
    const char *controllers = strchr(line, ':');
    const char *path = controllers ? strchr(controllers + 1, ':') : NULL;

    if (!path)
        return UINT64_MAX;
    bool second = path == controllers + 1;
    if (!second && strncmp(controllers, ":memory:", 8) != 0)
        return UINT64_MAX;
    const char *mount = second ? v2 : v1;
    _cleanup_free_ char *dir = stet_format(&err, "%s%s", mount, path + 1);
    if (!dir)
        return 0;
    if (path[1] == '/' && path[2] == '\0') /* no slash at the end */
        dir[strlen(mount)] = '\0';
    return second
               ? left_in_groups(root, mount, dir, "memory.max", "memory.current")
               : left_in_groups(root, mount, dir, "memory.limit_in_bytes", "memory.usage_in_bytes");
}

static uint64_t left_by_groups(const char *root)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    uint64_t left = UINT64_MAX;
    char *next;

    if (!read_text(root, "/proc/self/cgroup", &b) || !b.data)
        return left;
    for (char *line = b.data; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        left = least(left, left_by_line(root, line));
    }
    return left;
}

uint64_t stet_memory_available(const char *root)
{
    static const char key[] = "\nMemAvailable:";
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    uint64_t kib;

    if (!read_text(root, "/proc/meminfo", &b))
        return 0;
    const char *at = strstr(stet_buffer_str(&b), key);
    if (!at)
        return 0;
    at += sizeof(key) - 1;
    at += strspn(at, " ");
    _cleanup_free_ char *digits = strndup(at, strspn(at, "0123456789"));
    if (!digits || stet_number_parse(digits, UINT64_MAX >> 10, &kib, "MemAvailable", &err) < 0)
        return 0;
    return least(kib << 10, left_by_groups(root));
}
