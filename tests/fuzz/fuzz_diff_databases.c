/* Any bytes as two databases or logs of package managers. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {stet_diff_paragraphs, "var/lib/dpkg/status"},
    {stet_diff_paragraphs, "var/cache/debconf/passwords.dat"},
    {stet_diff_dpkg_list, "var/lib/dpkg/info/p.list"},
    {stet_diff_dpkg_list, "var/lib/dpkg/info/p.md5sums"},
    {stet_diff_pacman, "var/lib/pacman/local/p-1-1/desc"},
    {stet_diff_apk, "lib/apk/db/installed"},
    {stet_diff_logs, "var/log/dpkg.log"},
};

FUZZ_DIFF_AT(places)
