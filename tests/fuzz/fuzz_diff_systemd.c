/* Any bytes as two files of systemd, or of hosts. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {stet_diff_catalog, "var/lib/systemd/catalog/database"},
    {stet_diff_journal, "var/log/journal/x/system.journal"},
    {stet_diff_hwdb, "usr/lib/udev/hwdb.bin"},
    {stet_diff_locale_archive, "usr/lib/locale/locale-archive"},
    {stet_diff_host, "etc/hostname"},
    {stet_diff_host, "etc/resolv.conf"},
};

FUZZ_DIFF_AT(places)
