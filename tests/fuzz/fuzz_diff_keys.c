/* Any bytes as two files with keys. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {diff_pem, "etc/ssl/certs/c.pem"},
    {diff_openpgp, "etc/apt/trusted.gpg"},
    {diff_keybox, "root/.gnupg/pubring.kbx"},
    {diff_trustdb, "root/.gnupg/trustdb.gpg"},
    {diff_ssh_public, "etc/ssh/ssh_host_rsa_key.pub"},
    {diff_secrets, "var/lib/systemd/random-seed"},
    {diff_machine_id, "etc/machine-id"},
};

FUZZ_DIFF_AT(places)
