/*
 * formats - the comparators by name. Private to diff.
 */
#ifndef STET_DIFF_FORMATS_H
#define STET_DIFF_FORMATS_H

#include "lib/diff/private.h"

diff_comparator diff_ldconfig; /* ldconfig.c */
diff_comparator diff_ldconfig_aux;
diff_comparator diff_accounts; /* accounts.c */

diff_comparator diff_elf; /* elf_compare.c */

diff_comparator diff_bytes_compare; /* helpers.c; always finds one */

#endif
