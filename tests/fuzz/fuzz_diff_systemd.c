/* Any bytes as two files of systemd, or of hosts. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {diff_catalog, "var/lib/systemd/catalog/database"},
    {diff_journal, "var/log/journal/x/system.journal"},
    {diff_hwdb, "usr/lib/udev/hwdb.bin"},
    {diff_locale_archive, "usr/lib/locale/locale-archive"},
    {diff_host, "etc/hostname"},
    {diff_host, "etc/resolv.conf"},
};

FUZZ_DIFF_AT(places)
