/* ELF files made by compilers, linkers and strip. */
#include "tests/unit/diff/pairs.h"

static void test_times_and_paths(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-time-and-path");
    pairs_expect(&c, "string at 0x2004 in .rodata", "10:00:00", "11:30:05");
    pairs_expect(&c, "string at 0x200d in .rodata", "Nov 23 2026", "Nov 24 2026");
    const struct stet_finding *f =
        pairs_expect(&c, "string at 0x2026 in .rodata", "/tmp/pairs/one/src/hello.c",
                     "/tmp/pairs/another/src/hello.c");
    pairs_because(f, STET_CAUSE_BUILD_PATH, STET_DIFF_CERTAIN);
    assert_non_null(strstr(f->evidence, "/tmp/pairs/one and /tmp/pairs/another"));
    f = pairs_expect(&c, "section .text", "0x1177 (main+0x2e): cc", "0x1177 (main+0x2e): d4");
    assert_non_null(strstr(f->detail, "9 bytes differ in 2 ranges"));
    /* All that moved behind the longer path: one finding. */
    pairs_expect(&c, "position of sections", ".eh_frame_hdr at 0x2050, offset 0x2050",
                 ".eh_frame_hdr at 0x2058, offset 0x2058");
    pairs_expect(&c, "header: offset of the section headers", "0x3cb8", "0x3cc0");
    pairs_expect(&c, "program header 4 (LOAD)", "file size 0x128, memory size 0x128",
                 "file size 0x130, memory size 0x130");
    /* Times differ too: from what it was computed is not known. */
    assert_int_equal(comparing_find(&c, "build-id", &f), 1);
    assert_int_equal(f->cause, STET_CAUSE_UNEXPLAINED);
    comparing_release(&c);
}

static void test_compressed_debug_information(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-compressed-debug");
    const struct stet_finding *f = pairs_expect(&c, "string at 0x8 in .debug_line_str",
                                                "/tmp/pairs/one/src", "/tmp/pairs/another/src");
    pairs_because(f, STET_CAUSE_BUILD_PATH, STET_DIFF_CERTAIN);
    /* One side is compressed, the other too short for it. */
    f = pairs_expect(&c, "section .debug_line_str, inflated", "83 bytes", "91 bytes");
    pairs_because(f, STET_CAUSE_BUILD_PATH, STET_DIFF_LIKELY);
    assert_int_equal(comparing_find(&c, "position of sections", &f), 1);
    pairs_because(f, STET_CAUSE_BUILD_PATH, STET_DIFF_LIKELY);
    comparing_release(&c);
}

static void test_compression_alone(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-debug-compression");
    const struct stet_finding *f = NULL;
    assert_true(comparing_find(&c, "compression of section .debug_str", &f) == 1);
    pairs_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN);
    /* No section's content is said to differ. */
    for (size_t i = 0; i < c.result.count; i++)
        assert_null(strstr(c.result.findings[i].what, "inflated"));
    comparing_release(&c);
}

static void test_build_id_alone(void **state)
{
    struct comparing c;
    const struct stet_finding *f = NULL;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-build-id");
    assert_int_equal(c.result.count, 2);
    assert_int_equal(comparing_find(&c, "build-id", &f), 1);
    assert_int_equal(strlen(f->a), 40);
    assert_non_null(strstr(f->detail, "all else is the same but for .gnu_debuglink"));
    assert_int_equal(f->cause, STET_CAUSE_UNEXPLAINED);
    assert_int_equal(comparing_find(&c, "CRC in .gnu_debuglink", NULL), 1);
    comparing_release(&c);
}

static void test_symbols(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-symbols-big-endian");
    pairs_expect(&c, "symbols of .symtab: 1 removed", "gone 0x10, size 10, global function, .text",
                 NULL);
    pairs_expect(&c, "symbols of .symtab: 1 added", NULL,
                 "fresh 0x10, size 10, global function, .text");
    pairs_expect(&c, "symbols of .symtab: 1 changed",
                 "changed 0x20, size 10, global function, .text",
                 "changed 0x20, size 24, global function, .text");
    pairs_expect(&c, "section .rela.text", NULL, "24 bytes");
    comparing_release(&c);

    pairs_tell(&c, stet_diff_elf, "elf-symbols-32");
    pairs_expect(&c, "symbols of .symtab: 1 removed", "gone 0x8, size 8, global function, .text",
                 NULL);
    pairs_expect(&c, "symbols of .symtab: 1 changed",
                 "changed 0x10, size 7, global function, .text",
                 "changed 0x10, size 25, global function, .text");
    const struct stet_finding *f = pairs_expect(&c, "section .text", "23 bytes", "41 bytes");
    assert_non_null(
        strstr(f->detail, "@0x10 (changed+0x0): 24 bytes instead of 6, then 1 equal one"));
    comparing_release(&c);
}

static void test_code(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-code");
    pairs_expect(&c, "section .text", "0x1006 (gone+0x2): ff", "0x1006 (gone+0x2): fe");
    comparing_release(&c);
}

static void test_dynamic(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-dynamic");
    pairs_expect(&c, "SONAME in .dynamic", "libone.so.1", "libtwo.so.1");
    /* An installed library's path is not where it was built. */
    const struct stet_finding *f = pairs_expect(&c, "RUNPATH in .dynamic", "/opt/one", "/opt/two");
    assert_int_equal(f->cause, STET_CAUSE_UNEXPLAINED);
    comparing_release(&c);
}

static void test_compilers(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-compiler");
    pairs_expect(&c, "section .comment", "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0",
                 "Debian clang version 14.0.6");
    pairs_expect(&c, "order of sections", ".symtab before .strtab", ".symtab after .strtab");
    pairs_expect(&c, "section .llvm_addrsig", NULL, "0 bytes");
    comparing_release(&c);
}

static void test_trailing_bytes(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_elf, "elf-trailing");
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "string at 0x34f0 outside of any section", "signature one", "signature two");
    comparing_release(&c);
}

/* No byte of a file is passed over: those of headers and padding neither. */
static void test_every_byte(void **state)
{
    (void)state;
    pairs_flip(stet_diff_elf, "elf-symbols-32", 1, 70);
    pairs_flip(stet_diff_elf, "elf-symbols-big-endian", 1, 70);
    pairs_flip(stet_diff_elf, "elf-code", 7, 90);
    pairs_cut(stet_diff_elf, "elf-symbols-big-endian", 1);
    pairs_cut(stet_diff_elf, "elf-symbols-32", 1);
}

/* A 32-bit number in .data that is a time in both. */
static void test_time_in_data(void **state)
{
    struct comparing c;
    size_t len;
    (void)state;
    unsigned char *a = pairs_load("elf-symbols-32", "a", &len), *b = malloc(len);
    assert_non_null(b);
    /* The int counter, 7, at 0x4c (see the README); 2026-11-23T10:00:00Z and a day later. */
    static const unsigned char first[4] = {0xa0, 0x0e, 0x04, 0x6b},
                               second[4] = {0x20, 0x60, 0x05, 0x6b};
    assert_int_equal(a[0x4c], 7);
    memcpy(a + 0x4c, first, 4);
    memcpy(b, a, len);
    memcpy(b + 0x4c, second, 4);
    comparing_run(&c, stet_diff_elf, "x.o", a, len, b, len);
    assert_int_equal(c.status, 1);
    pairs_expect(&c, "section .data", "0x0 (counter+0x0): 1795428000 (2026-11-23T10:00:00Z)",
                 "0x0 (counter+0x0): 1795514400 (2026-11-24T10:00:00Z)");
    comparing_release(&c);
    free(a);
    free(b);
}

static void test_none(void **state)
{
    struct comparing c;
    (void)state;
    comparing_run(&c, stet_diff_elf, "x", "\177ELF", 4, "\177ELG", 4);
    assert_int_equal(c.status, 0);
    comparing_release(&c);
    comparing_run(&c, stet_diff_elf, "x", "", 0, "a text", 6);
    assert_int_equal(c.status, 0);
    comparing_release(&c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_and_paths),
        cmocka_unit_test(test_compressed_debug_information),
        cmocka_unit_test(test_compression_alone),
        cmocka_unit_test(test_build_id_alone),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_dynamic),
        cmocka_unit_test(test_compilers),
        cmocka_unit_test(test_trailing_bytes),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_time_in_data),
        cmocka_unit_test(test_none),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
