/*
 * formats - the comparators by name. Private to diff.
 */
#ifndef STET_DIFF_FORMATS_H
#define STET_DIFF_FORMATS_H

#include "lib/diff/private.h"

diff_comparator diff_ldconfig; /* ldconfig.c */
diff_comparator diff_ldconfig_aux;
diff_comparator diff_accounts;   /* accounts.c */
diff_comparator diff_paragraphs; /* databases.c */
diff_comparator diff_dpkg_list;
diff_comparator diff_pacman;  /* pacman.c */
diff_comparator diff_apk;     /* apk.c */
diff_comparator diff_logs;    /* logs.c */
diff_comparator diff_pem;     /* pem.c */
diff_comparator diff_openpgp; /* pgp.c */
diff_comparator diff_keybox;  /* gnupg.c */
diff_comparator diff_trustdb;
diff_comparator diff_secrets; /* secrets.c */
diff_comparator diff_machine_id;
diff_comparator diff_ssh_public;
diff_comparator diff_host;
diff_comparator diff_catalog; /* systemd.c */
diff_comparator diff_journal;
diff_comparator diff_hwdb;
diff_comparator diff_locale_archive; /* locales.c */

diff_comparator diff_elf; /* elf_compare.c */
diff_comparator diff_python;
diff_comparator diff_png;
diff_comparator diff_sqlite;
diff_comparator diff_mo;

diff_comparator diff_compressed_compare;
diff_comparator diff_ar_compare, diff_tar_compare;   /* tars.c */
diff_comparator diff_cpio_compare, diff_zip_compare; /* containers.c */
diff_comparator diff_json_compare;                   /* diff_json.c */
diff_comparator diff_text_compare;
diff_comparator diff_bytes_compare; /* raw.c; always finds one */

#endif
