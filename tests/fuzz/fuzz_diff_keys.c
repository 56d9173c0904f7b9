/* Any bytes as two files with keys. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {stet_diff_pem, "etc/ssl/certs/c.pem"},
    {stet_diff_openpgp, "etc/apt/trusted.gpg"},
    {stet_diff_keybox, "root/.gnupg/pubring.kbx"},
    {stet_diff_trustdb, "root/.gnupg/trustdb.gpg"},
    {stet_diff_ssh_public, "etc/ssh/ssh_host_rsa_key.pub"},
    {stet_diff_secrets, "var/lib/systemd/random-seed"},
    {stet_diff_machine_id, "etc/machine-id"},
};

FUZZ_DIFF_AT(places)
