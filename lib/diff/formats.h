/*
 * formats - the comparators by name. Private to diff.
 */
#ifndef STET_DIFF_FORMATS_H
#define STET_DIFF_FORMATS_H

#include "lib/diff/private.h"

diff_comparator stet_diff_ldconfig; /* ldconfig.c */
diff_comparator stet_diff_ldconfig_aux;
diff_comparator stet_diff_accounts;   /* accounts.c */
diff_comparator stet_diff_paragraphs; /* databases.c */
diff_comparator stet_diff_dpkg_list;
diff_comparator stet_diff_pacman;  /* pacman.c */
diff_comparator stet_diff_apk;     /* apk.c */
diff_comparator stet_diff_logs;    /* logs.c */
diff_comparator stet_diff_pem;     /* pem.c */
diff_comparator stet_diff_openpgp; /* pgp.c */
diff_comparator stet_diff_keybox;  /* gnupg.c */
diff_comparator stet_diff_trustdb;
diff_comparator stet_diff_secrets; /* secrets.c */
diff_comparator stet_diff_machine_id;
diff_comparator stet_diff_ssh_public;
diff_comparator stet_diff_host;
diff_comparator stet_diff_catalog; /* systemd.c */
diff_comparator stet_diff_journal;
diff_comparator stet_diff_hwdb;
diff_comparator stet_diff_locale_archive; /* locales.c */

diff_comparator stet_diff_elf; /* elf_compare.c */
diff_comparator stet_diff_python;
diff_comparator stet_diff_png;
diff_comparator stet_diff_sqlite;
diff_comparator stet_diff_mo;

diff_comparator stet_diff_compressed_compare;
diff_comparator stet_diff_ar_compare, stet_diff_tar_compare;   /* tars.c */
diff_comparator stet_diff_cpio_compare, stet_diff_zip_compare; /* containers.c */
diff_comparator stet_diff_json_compare;                        /* diff_json.c */
diff_comparator stet_diff_text_compare;
diff_comparator stet_diff_bytes_compare; /* raw.c; always finds one */

#endif
