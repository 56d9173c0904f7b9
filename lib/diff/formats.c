/*
 * formats - the comparators, in the order in which they are asked.
 */
#include "lib/diff/formats.h"

const struct diff_format diff_formats[] = {
    {"ldconfig cache", diff_ldconfig},
    {"ldconfig aux-cache", diff_ldconfig_aux},
    {"accounts", diff_accounts},
    {"paragraphs", diff_paragraphs},
    {"dpkg list", diff_dpkg_list},
    {"pacman database", diff_pacman},
    {"apk database", diff_apk},
    {"log", diff_logs},
    {"compressed", diff_compressed_compare},
    {"cpio", diff_cpio_compare},
    {"zip", diff_zip_compare},
    {"elf", diff_elf},
    {"pyc", diff_python},
    {"json", diff_json_compare},
    {"text", diff_text_compare},
    {"bytes", diff_bytes_compare},
    {NULL, NULL},
};
