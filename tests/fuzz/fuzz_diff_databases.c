/* Any bytes as two databases or logs of package managers. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {diff_paragraphs, "var/lib/dpkg/status"},
    {diff_paragraphs, "var/cache/debconf/passwords.dat"},
    {diff_dpkg_list, "var/lib/dpkg/info/p.list"},
    {diff_dpkg_list, "var/lib/dpkg/info/p.md5sums"},
    {diff_pacman, "var/lib/pacman/local/p-1-1/desc"},
    {diff_apk, "lib/apk/db/installed"},
    {diff_logs, "var/log/dpkg.log"},
};

FUZZ_DIFF_AT(places)
