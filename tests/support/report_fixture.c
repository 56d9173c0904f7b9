/*
 * Results made by hand. What they say is made up, but of the form that comparisons have.
 */
#include "tests/support/report_fixture.h"

#include <inttypes.h>

/* A finding whose strings are literals. */
struct row {
    enum stet_diff_level level;
    unsigned layer;
    const char *path, *format, *what, *a, *b, *detail;
    enum stet_diff_cause cause;
    enum stet_diff_sureness sure;
    const char *evidence, *package;
};

static int add(struct stet_diff_result *out, const struct row *row, struct stet_error *err)
{
    if (stet_grow(&out->findings, &out->cap, out->count + 1, sizeof(*out->findings), err) < 0)
        return -1;
    struct stet_finding *f = &out->findings[out->count++];
    const char *const from[] = {row->path, row->format,   row->what,   row->a,
                                row->b,    row->evidence, row->package};
    char **const to[] = {&f->path, &f->format, &f->what, &f->a, &f->b, &f->evidence, &f->package};

    f->level = row->level;
    f->layer = row->layer;
    f->cause = row->cause;
    f->sure = row->sure;
    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++)
        if (from[i] && !(*to[i] = stet_diff_shared_new(from[i], err)))
            return -1;
    f->detail = row->detail ? stet_strdup(row->detail, err) : NULL;
    return row->detail && !f->detail ? -1 : 0;
}

static int add_all(struct stet_diff_result *out, const struct row *rows, size_t count,
                   struct stet_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (add(out, &rows[i], err) < 0)
            return -1;
    return 0;
}

static int name(struct stet_diff_result *out, const char *a, const char *a_kind, const char *b,
                const char *b_kind, struct stet_error *err)
{
    stet_diff_result_init(out);
    out->a = stet_strdup(a, err);
    out->b = stet_strdup(b, err);
    out->a_kind = stet_strdup(a_kind, err);
    out->b_kind = stet_strdup(b_kind, err);
    return out->a && out->b && out->a_kind && out->b_kind ? 0 : -1;
}

static int ignore(struct stet_diff_result *out, const char *rule, size_t count,
                  struct stet_error *err)
{
    size_t cap = out->ignored_count;

    if (stet_grow(&out->ignored, &cap, out->ignored_count + 1, sizeof(*out->ignored), err) < 0)
        return -1;
    struct stet_diff_ignored *ignored = &out->ignored[out->ignored_count++];
    ignored->count = count;
    ignored->rule = stet_strdup(rule, err);
    return ignored->rule ? 0 : -1;
}

int report_fixture_equal(struct stet_diff_result *out, struct stet_error *err)
{
    if (name(out, "oci:debian:a", "OCI layout", "oci:debian:b", "OCI layout", err) < 0)
        return -1;
    out->entries = 8412;
    out->bytes = UINT64_C(125829120);
    return 0;
}

static const struct row rows[] = {
    {STET_DIFF_IMAGE, 0, "", "json", "config.created", "2026-09-12T07:55:41Z",
     "2026-09-13T18:02:07Z", NULL, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN,
     "Both values are times within the span of their build, one day apart.", NULL},
    {STET_DIFF_IMAGE, 0, "", "json", "config.container_config.Hostname", "buildd-amd64-03",
     "c71f22a9b0de", NULL, STET_CAUSE_HOST, STET_DIFF_CERTAIN,
     "Each value is the host name in etc/hostname of its side.", NULL},
    {STET_DIFF_LAYER, 1, "", "gzip", "compression", "zlib, level 9, header without a name",
     "pigz, blocks of 128 KiB", NULL, STET_CAUSE_COMPRESSOR, STET_DIFF_LIKELY,
     "The uncompressed digests are equal, and blocks end at multiples of 128 KiB in b.", NULL},
    {STET_DIFF_ARCHIVE, 2, "", "tar", "order of entries", "usr/lib/a, usr/lib/b, usr/lib/c",
     "usr/lib/c, usr/lib/a, usr/lib/b",
     " usr/lib\n-usr/lib/a\n-usr/lib/b\n usr/lib/c\n+usr/lib/a\n+usr/lib/b\n",
     STET_CAUSE_FILE_ORDER, STET_DIFF_LIKELY,
     "The same 214 entries, in another order within usr/lib.", NULL},
    {STET_DIFF_ARCHIVE, 2, "", "tar", "padding", "10240 bytes", "1024 bytes", NULL,
     STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, NULL, NULL},
    {STET_DIFF_ARCHIVE, 2, "", "tar", "dialect of headers", "GNU", "pax", NULL, STET_CAUSE_ARCHIVER,
     STET_DIFF_CERTAIN, "The headers say the same, written otherwise.", NULL},
    {STET_DIFF_ENTRY, 1, "etc/machine-id", "tar", "file", "33 bytes", NULL, NULL,
     STET_CAUSE_MISSING, STET_DIFF_CERTAIN, "Only a has it.", NULL},
    {STET_DIFF_ENTRY, 1, "var/log/apt/history.log", "tar", "mtime", "2026-09-12T07:55:41Z",
     "2026-09-13T18:02:07Z", NULL, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN,
     "Both values are times within the span of their build.", NULL},
    {STET_DIFF_ENTRY, 1, "var/log/apt/history.log", "tar", "mode", "0640", "0644", NULL,
     STET_CAUSE_OWNER, STET_DIFF_LIKELY,
     "The modes differ by what the umasks 027 and 022 take away.", "apt"},
    {STET_DIFF_CONTENT, 1, "etc/shadow", "shadow", "root: password", "*",
     "$y$j9T$Zk3p0vQkXw1s$4k2oQy8dLwYb7Q1p9c0m5tq1n8r6v3x2z1y0w9u8t7", NULL, STET_CAUSE_RANDOM,
     STET_DIFF_CERTAIN, "The value in b is a salted hash of a password.", "passwd"},
    {STET_DIFF_CONTENT, 1, "etc/ssh/ssh_host_ed25519_key", "pem", "OPENSSH PRIVATE KEY",
     "399 bytes, SHA-256 5d41402abc4b2a76", "399 bytes, SHA-256 7d793037a0760186", NULL,
     STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, "Both are private keys, and they are not the same.",
     "openssh-server"},
    {STET_DIFF_CONTENT, 1, "etc/default/locale", "text", "line 1", "LANG=C.UTF-8",
     "LANG=de_DE.UTF-8", "@@ lines 1-2\n-LANG=C.UTF-8\n+LANG=de_DE.UTF-8\n LC_CTYPE=C.UTF-8\n",
     STET_CAUSE_LOCALE, STET_DIFF_LIKELY, "The values are names of locales.", "locales"},
    {STET_DIFF_CONTENT, 1, "etc/motd", "text", "lines 3-8", "Welcome to release 13.1",
     "Welcome to release 13.2",
     "@@ lines 1-12\n The programs included with the Debian GNU/Linux system are free software;\n "
     "the "
     "exact distribution terms for each program are described in the\n-Welcome to release 13.1, "
     "built "
     "on a machine with 16 processors and 64 GiB of memory\n-kernel 6.12.41+deb13-amd64\n+Welcome "
     "to "
     "release 13.2, built on a machine with 8 processors and 32 GiB of memory\n+kernel "
     "6.12.48+deb13-amd64\n+\n+This line is new.\n \n Debian GNU/Linux comes with ABSOLUTELY NO "
     "WARRANTY, to the extent\n permitted by applicable law.\n",
     STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, NULL, "base-files"},
    {STET_DIFF_CONTENT, 1, "usr/bin/perl", "package", "package perl-base", "5.40.1-6 amd64",
     "5.40.1-7 amd64", NULL, STET_CAUSE_PACKAGE_VERSION, STET_DIFF_CERTAIN,
     "The package databases name these versions; 96 of its files differ.", "perl-base"},
    {STET_DIFF_CONTENT, 1, "usr/lib/modules/probe.ko", "elf", "section .modinfo",
     "vermagic=6.12.41+deb13-amd64 SMP", "vermagic=6.12.48+deb13-amd64 SMP", NULL,
     STET_CAUSE_MACHINE, STET_DIFF_LIKELY, "The values are releases of a kernel.", NULL},
    {STET_DIFF_CONTENT, 1, "usr/lib/x86_64-linux-gnu/libexample.so.1.0.4", "elf",
     "string at 0x1f40 of section .rodata", "/build/reproducible-path/example-1.0.4/src/main.c",
     "/home/jenkins/workspace/example-1.0.4/src/main.c",
     "@@ section .rodata\n-00001f40  2f 62 75 69 6c 64 2f 72  65 70 72 6f 64 75 63 69  "
     "|/build/reproduci|\n+00001f40  2f 68 6f 6d 65 2f 6a 65  6e 6b 69 6e 73 2f 77 6f  "
     "|/home/jenkins/wo|\n 00001f50  62 6c 65 2d 70 61 74 68  2f 65 78 61 6d 70 6c 65  "
     "|ble-path/example|\n",
     STET_CAUSE_BUILD_PATH, STET_DIFF_CERTAIN,
     "The texts are paths below the directories of the builds.", "libexample1"},
    {STET_DIFF_CONTENT, 1, "usr/share/java/tool.jar!META-INF/MANIFEST.MF", "text", "line 4",
     "Build-Jdk: 21.0.8", "Build-Jdk: 21.0.9",
     "@@ lines 1-5\n Manifest-Version: 1.0\n Created-By: Maven JAR Plugin 3.4.2\n-Build-Jdk: "
     "21.0.8\n+Build-Jdk: 21.0.9\n Main-Class: org.example.Tool\n",
     STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, NULL, "tool-java"},
    {STET_DIFF_CONTENT, 1, "usr/share/mime/mime.cache", "bytes", "bytes 4096-4107",
     "00 00 1a 2c 00 00 00 05 00 00 1a 40", "00 00 1a 40 00 00 00 05 00 00 1a 2c",
     "-00001000  00 00 1a 2c 00 00 00 05  00 00 1a 40 00 00 00 07  |...,.......@....|\n+00001000  "
     "00 "
     "00 1a 40 00 00 00 05  00 00 1a 2c 00 00 00 07  |...@.......,....|\n",
     STET_CAUSE_PARALLEL_ORDER, STET_DIFF_POSSIBLE,
     "The same numbers in another order, in a file that several jobs write.", "shared-mime-info"},
    {STET_DIFF_CONTENT, 1, "var/cache/ldconfig/aux-cache", "ldconfig-aux", "inode of libc.so.6",
     "1835121", "2097663", NULL, STET_CAUSE_INODE_CACHE, STET_DIFF_CERTAIN,
     "The cache holds the inode and ctime of each library.", NULL},
    {STET_DIFF_CONTENT, 1, "var/lib/pacman/local/bash-5.3-1/desc", "pacman", "bash: INSTALLDATE",
     "1789199741", "1789322527", NULL, STET_CAUSE_DATABASE_TIME, STET_DIFF_CERTAIN,
     "The field is the time of installation, 2026-09-12 and 2026-09-13.", "bash"},
};

/* A text that was written anew: 140 lines on each side. */
static int add_long(struct stet_diff_result *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer detail = STET_BUFFER_INIT;
    struct row row = {STET_DIFF_CONTENT,
                      1,
                      "var/lib/dpkg/status",
                      "dpkg",
                      "140 records",
                      "trixie 13.1",
                      "trixie 13.2",
                      NULL,
                      STET_CAUSE_PACKAGE_VERSION,
                      STET_DIFF_CERTAIN,
                      "The fields are versions of packages.",
                      "dpkg"};

    for (int i = 0; i < 140; i++)
        stet_buffer_addf(&detail, "-Version: 1.%d-1\n+Version: 1.%d-2\n", i, i);
    row.detail = stet_buffer_str(&detail);
    return add(out, &row, err);
}

int report_fixture_all(struct stet_diff_result *out, struct stet_error *err)
{
    if (name(out, "oci:/srv/images/debian-2026-09-12:trixie", "OCI layout",
             "docker-archive:debian-2026-09-13.tar:debian:trixie", "docker archive", err) < 0 ||
        add_all(out, rows, sizeof(rows) / sizeof(rows[0]), err) < 0 || add_long(out, err) < 0)
        return -1;
    for (unsigned i = 0; i < 37; i++) {
        _cleanup_free_ char *path = stet_format(err, "usr/share/doc/package-%02u/changelog.gz", i);
        struct row row = {STET_DIFF_ENTRY,
                          1,
                          path,
                          "tar",
                          "mtime",
                          "2026-09-12T07:55:41Z",
                          "2026-09-13T18:02:07Z",
                          NULL,
                          STET_CAUSE_BUILD_TIME,
                          STET_DIFF_LIKELY,
                          "Both values are times within the span of their build.",
                          NULL};
        if (!path || add(out, &row, err) < 0)
            return -1;
    }
    out->entries = 8412;
    out->contents = 61;
    out->bytes = UINT64_C(251658240);
    if (ignore(out, "file-order", 12, err) < 0)
        return -1;
    return ignore(out, "var/log/**", 3, err);
}

static const struct row hostile[] = {
    {STET_DIFF_ENTRY, 1, "<script>alert(1)</script>", "tar", "mode", "0644", "0755", NULL,
     STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, NULL, NULL},
    {STET_DIFF_ENTRY, 1, "\" onload=\"alert(2)", "tar", "link", "' onmouseover='alert(3)",
     "javascript:alert(4)", NULL, STET_CAUSE_MISSING, STET_DIFF_LIKELY, "<b>&amp;</b> ]]> --> <!--",
     "\"><img src=x onerror=alert(5)>"},
    {STET_DIFF_CONTENT, 1, "</style></script></noscript></title></textarea>", "text",
     "</summary></details>line 1", "</script><script>alert(6)</script>", "<!--<script>",
     "@@ </div>\n-</pre></noscript><script>alert(7)</script>\n+<svg onload=alert(8)>\n <a "
     "href=\"javascript:alert(9)\">x</"
     "a>\n+]]>{{constructor.constructor('alert(10)')()}}${alert(11)}\n",
     STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, "</p><script>alert(12)</script>", "</span>"},
    {STET_DIFF_CONTENT, 1, "a\xe2\x80\xaetxt.exe", "te\x1b[2Jxt", "line\x07 1", "\x1b]0;title\x07",
     "zero\xe2\x80\x8bwidth",
     "-\x1b[31mred\x9b\n+\xe2\x81\xa6isolate\xe2\x81\xa9 \xc2\x9b tab\there\n", STET_CAUSE_HOST,
     STET_DIFF_POSSIBLE, "\x1b[1mbold \xe2\x80\xa8line", "p\xc3"},
    {STET_DIFF_CONTENT, 1, "__proto__/constructor/toString", "text", "hasOwnProperty", "__proto__",
     "constructor", NULL, STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, NULL, NULL},
    {STET_DIFF_CONTENT, 1, "//!!//", "text", "line 1", "", "", "", STET_CAUSE_UNEXPLAINED,
     STET_DIFF_POSSIBLE, NULL, ""},
    {STET_DIFF_CONTENT, 1, "日本語/ファイル\\u003c\\", "text", "line 1", "\\", "\\u{202e}",
     "-\\\n+\\\\\n", STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, NULL, NULL},
    {STET_DIFF_CONTENT, 1, NULL, NULL, NULL, NULL, NULL, NULL, STET_CAUSE_UNEXPLAINED,
     STET_DIFF_POSSIBLE, NULL, NULL},
};

int report_fixture_hostile(struct stet_diff_result *out, struct stet_error *err)
{
    if (name(out, "<title>\x1b[2J\xff</title>", "<i>",
             "oci:\xe2\x80\xae\"'><script>alert(0)</script>", "</style>", err) < 0)
        return -1;
    out->cut_short = true;
    if (ignore(out, "</script>\x1b[2J\xff*", 1, err) < 0)
        return -1;
    return add_all(out, hostile, sizeof(hostile) / sizeof(hostile[0]), err);
}

/* count rows like this one, but for the parts that a number is put in for: "%u" in the path or what; a NULL value of a
 * is the number added to 1795457910. */
static int add_series(struct stet_diff_result *out, const struct row *like, unsigned count,
                      struct stet_error *err)
{
    for (unsigned i = 0; i < count; i++) {
        _cleanup_free_ char *path = stet_format(err, like->path, i);
        _cleanup_free_ char *what = stet_format(err, like->what, i);
        _cleanup_free_ char *a = stet_format(err, "%u", 1795457910 + i);
        struct row row = *like;

        row.path = path;
        row.what = what;
        row.a = like->a ? like->a : a;
        if (!path || !what || !a || add(out, &row, err) < 0)
            return -1;
    }
    return 0;
}

int report_fixture_series(struct stet_diff_result *out, struct stet_error *err)
{
    static const char umask[] = "By the umask alone.", span[] = "Both are within the span.",
                      hunk[] = "@@ lines 1-2\n one\n-two\n+2\n three\n four\n";
    static const struct {
        struct row row;
        unsigned count;
    } series[] = {
        {{STET_DIFF_ARCHIVE, 0, "usr/lib/e%u", "tar", "pax record ctime", NULL, "1795544368", NULL,
          STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN, span, NULL},
         5},
        {{STET_DIFF_ENTRY, 0, "etc/c%u", "tar", "mode", "0644", "0600", NULL, STET_CAUSE_OWNER,
          STET_DIFF_LIKELY, umask, NULL},
         4},
        {{STET_DIFF_ENTRY, 0, "usr/share/a%u", "tar", "mode", "0644", "0600", NULL,
          STET_CAUSE_OWNER, STET_DIFF_LIKELY, umask, NULL},
         20},
        {{STET_DIFF_ENTRY, 0, "var/b%u", "tar", "mode", "0644", "0600", NULL, STET_CAUSE_OWNER,
          STET_DIFF_LIKELY, umask, NULL},
         6},
        {{STET_DIFF_ENTRY, 0, "var/owned", "tar", "owner", "0", "1000", NULL, STET_CAUSE_OWNER,
          STET_DIFF_CERTAIN, "Each is the user of its build.", NULL},
         1},
        {{STET_DIFF_CONTENT, 0, "etc/shadow", "accounts", "user%u: last change (days)", "20780",
          "20781", NULL, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN, span, NULL},
         6},
        {{STET_DIFF_CONTENT, 0, "usr/share/doc/t%u", "text", "lines 2-%u", NULL, "2", hunk,
          STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE, NULL, NULL},
         4},
        {{STET_DIFF_CONTENT, 0, "var/log/bootstrap.log", "log", "times", "18:18", "19:19", NULL,
          STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY, "A log says when.", NULL},
         1},
    };

    if (name(out, "tar:a.tar", "tar", "tar:b.tar", "tar", err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++)
        if (add_series(out, &series[i].row, series[i].count, err) < 0)
            return -1;
    return 0;
}

int report_fixture_large(size_t count, struct stet_diff_result *out, struct stet_error *err)
{
    static const enum stet_diff_cause causes[] = {STET_CAUSE_BUILD_TIME, STET_CAUSE_BUILD_TIME,
                                                  STET_CAUSE_BUILD_TIME, STET_CAUSE_OWNER,
                                                  STET_CAUSE_UNEXPLAINED};

    if (name(out, "rootfs:a", "directory", "rootfs:b", "directory", err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        _cleanup_free_ char *path = stet_format(err, "usr/share/d%02zu/e%02zu/file-%05zu.txt",
                                                i / 1000 % 100, i / 100 % 10, i);
        _cleanup_free_ char *a = stet_format(err, "value %zu of the first side", i);
        struct row row = {STET_DIFF_CONTENT,
                          1,
                          path,
                          "text",
                          "line 3",
                          a,
                          "value of the second side",
                          "@@ lines 1-5\n one\n two\n-three\n+3\n four\n five\n",
                          causes[i % (sizeof(causes) / sizeof(causes[0]))],
                          STET_DIFF_LIKELY,
                          "The values are made up.",
                          NULL};
        if (!path || !a || add(out, &row, err) < 0)
            return -1;
    }
    out->entries = count;
    out->contents = count;
    out->bytes = count * 4096;
    return 0;
}
