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
    {"pem", diff_pem},
    {"openpgp", diff_openpgp},
    {"keybox", diff_keybox},
    {"trustdb", diff_trustdb},
    {"secret", diff_secrets},
    {"machine id", diff_machine_id},
    {"ssh key", diff_ssh_public},
    {"host", diff_host},
    {"systemd catalog", diff_catalog},
    {"systemd journal", diff_journal},
    {"hwdb", diff_hwdb},
    {"locale archive", diff_locale_archive},
    {"compressed", diff_compressed_compare},
    {"cpio", diff_cpio_compare},
    {"zip", diff_zip_compare},
    {"elf", diff_elf},
    {"pyc", diff_python},
    {"png", diff_png},
    {"sqlite", diff_sqlite},
    {"mo", diff_mo},
    {"json", diff_json_compare},
    {"text", diff_text_compare},
    {"bytes", diff_bytes_compare},
    {NULL, NULL},
};
