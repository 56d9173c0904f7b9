#include "tests/support/gpg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/base.h"

static const char prelude[] =
    "cd \"$1\"; mkdir -p -m 700 gnupg; export GNUPGHOME=\"$1/gnupg\"\n"
    "g() { gpg --batch --quiet --no-tty --passphrase '' --pinentry-mode loopback \"$@\"; }\n"
    "at() { when=$1; shift; g --faked-system-time \"$when!\" \"$@\"; }\n"
    "key() { at \"$2\" --quick-gen-key \"$1\" ed25519 sign \"$3\"; }\n"
    "fingerprint() { g --with-colons --list-keys \"=$1\" | sed -n '/^fpr/{s/^fpr:*//;s/:$//;p;q}'; "
    "}\n"
    "sign() { at \"$2\" --yes --local-user \"=$1\" --detach-sign --output \"$3.sig\" \"$3\"; }\n";

void stet_test_gpg(const char *dir, const char *script)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer errout = STET_BUFFER_INIT;
    char *text = stet_format(&err, "%s%s", prelude, script);
    const char *const argv[] = {"sh", "-euc", text, "sh", dir, NULL};
    struct stet_spawn spawn = {.argv = argv, .errout = &errout, .output_max = 1 << 16};
    int status = stet_spawn_run(&spawn, "gnupg", &err);
    if (status != 0)
        fail_msg("status %d: %s\n%s", status, err.text, stet_buffer_str(&errout));
    stet_buffer_release(&errout);
    free(text);
}

void stet_test_gpg_stop(const char *dir)
{
    stet_test_gpg(dir, "gpgconf --kill all");
}
