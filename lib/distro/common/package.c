#include "lib/distro/common/package.h"

static int fail_damaged(const struct stet_lock_package *p, const struct stet_digest *have,
                        struct stet_error *err)
{
    char want[STET_DIGEST_HEX_SIZE], hex[STET_DIGEST_HEX_SIZE];
    stet_digest_hex(&p->digest, want);
    stet_digest_hex(have, hex);
    return stet_error_input(err,
                            "package %s %s: its file in the store, sha256/%.2s/%s, is damaged (it "
                            "now has SHA-256 %s); it was removed: run again to fetch it anew",
                            p->name, p->version, want, want, hex);
}

int stet_distro_open_package(struct stet_store *store, const struct stet_lock_package *p,
                             struct stet_store_seen *seen, struct stet_error *err)
{
    struct stet_digest have;
    _cleanup_free_ char *name = stet_format(err, "package %s", p->name);
    if (!name)
        return -1;
    int fd = stet_store_open_verified(store, &p->digest, (int64_t)p->size, name, seen, &have, err);
    if (fd == -2)
        return stet_error_input(
            err, "package %s %s is not in the store; run again, without --offline, to fetch it",
            p->name, p->version);
    if (fd == -3) {
        stet_store_discard(store, &p->digest);
        return fail_damaged(p, &have, err);
    }
    return fd;
}
