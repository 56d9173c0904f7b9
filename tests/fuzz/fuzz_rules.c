/* dpkg's diversions, statoverride and Replaces, and the order of versions. The first byte chooses
 * which file of the root the rest is. */
#include <stdint.h>

#include "fuzz_root.h"
#include "lib/distro/debian/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VERSION_PART = 64 };

static void check_path(const char *path)
{
    if (path[0] == '/' || strstr(path, "/../") || strchr(path, '\n'))
        abort();
}

static void check(const struct stet_unpack_rules *r)
{
    for (size_t i = 0; i < r->diversion_count; i++) {
        const struct stet_diversion *d = &r->diversions[i];
        check_path(d->from);
        check_path(d->to);
        if (!stet_unpack_rules_diversion(r, d->from))
            abort();
        if (d->package && stet_unpack_rules_divert(r, d->from, d->package) == d)
            abort();
    }
    for (size_t i = 0; i < r->override_count; i++) {
        check_path(r->overrides[i].path);
        if (!stet_unpack_rules_override(r, r->overrides[i].path) || r->overrides[i].mode > 07777)
            abort();
    }
}

static void read_rules(uint8_t which, const uint8_t *data, size_t size)
{
    static const char *const directories[] = {"var/lib/dpkg", "etc", NULL};
    static const char *const names[] = {"var/lib/dpkg/diversions", "var/lib/dpkg/statoverride",
                                        "etc/passwd", "etc/group"};
    static const char passwd[] = "root:x:0:0::/:/bin/sh\n";
    static const char overrides[] = "root root 0755 /a\n";
    struct stet_error err = STET_ERROR_INIT;
    struct stet_unpack_rules rules;
    int root = fuzz_root(directories);
    fuzz_root_write(names[0], "/a\n/a.distrib\np\n", 16);
    fuzz_root_write(names[1], overrides, strlen(overrides));
    fuzz_root_write(names[2], passwd, strlen(passwd));
    fuzz_root_write(names[3], "root:x:0:\n", 10);
    fuzz_root_write(names[which], data, size);
    if (stet_unpack_rules_read(root, &rules, &err) == 0)
        check(&rules);
    else if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n'))
        abort();
    stet_unpack_rules_release(&rules);
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

/* Three versions, one a line: the order is one. */
static void compare_versions(const char *text)
{
    char v[3][VERSION_PART];
    for (int i = 0; i < 3; i++) {
        size_t len = strcspn(text, "\n");
        snprintf(v[i], sizeof v[i], "%.*s", (int)len, text);
        text += len + (text[len] == '\n');
    }
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            if (sign(stet_dpkg_version_compare(v[i], v[k])) !=
                -sign(stet_dpkg_version_compare(v[k], v[i])))
                abort();
    for (int i = 0; i < 3; i++) {
        const char *a = v[i], *b = v[(i + 1) % 3], *c = v[(i + 2) % 3];
        if (stet_dpkg_version_compare(a, b) <= 0 && stet_dpkg_version_compare(b, c) <= 0 &&
            stet_dpkg_version_compare(a, c) > 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer text = STET_BUFFER_INIT;
    if (size == 0)
        return 0;
    stet_buffer_add(&text, data + 1, size - 1);
    char *value = (char *)stet_buffer_str(&text);
    struct stet_deb822_field field = {(char *)"Replaces", value, value};
    struct stet_deb822 paragraph = {&field, 1, 1};
    switch (data[0] % 6) {
    case 4:
        compare_versions(value);
        break;
    case 5:
        (void)stet_unpack_replaces(&paragraph, "a", "1.0-1");
        break;
    default:
        read_rules(data[0] % 6, data + 1, size - 1);
    }
    stet_buffer_release(&text);
    return 0;
}
