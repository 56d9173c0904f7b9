/*
 * gnupg - GnuPG's keyboxes (GnuPG, kbx/keybox-blob.c) and trust databases (GnuPG, g10/tdbio.c).
 */
#include "lib/diff/formats.h"
#include "lib/diff/keys.h"
#include "lib/diff/region.h"

static const char keybox_name[] = "keybox", trustdb_name[] = "trustdb";

static uint32_t get32(const unsigned char *p)
{
    return diff_get32(p, true);
}

/* ---- times in headers ---- */

/* One finding for a time when it differs. The number of findings, or -1. */
static int compare_time(const struct diff_pair *p, const char *format, const char *what, size_t at,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    uint32_t a = get32(p->a.data + at), b = get32(p->b.data + at);
    struct stet_finding *f;
    if (a == b)
        return 0;
    if (stet_diff_add_time_text(&ta, a, err) < 0 || stet_diff_add_time_text(&tb, b, err) < 0)
        return -1;
    f = stet_diff_add(p, format, stet_buffer_str(&ta), stet_buffer_str(&tb), err, "%s", what);
    return f && stet_diff_because_time(p, f, a, b, what, err) == 0 ? 1 : -1;
}

/* ---- keyboxes ---- */

enum { BLOB_HEADER = 5, FIRST_BLOB = 32, BLOB_OPENPGP = 2 };

static bool is_keybox(const struct diff_bytes *c)
{
    return c->len >= FIRST_BLOB && c->data[4] == 1 && memcmp(c->data + 8, "KBXf", 4) == 0;
}

/* The packets of all keyblocks, appended to out. 1; 0 when it is damaged; -1 with err. */
static int read_keybox(struct stet_buffer *out, struct diff_bytes rest, struct stet_error *err)
{
    while (rest.len > 0) {
        uint32_t len = rest.len >= BLOB_HEADER ? get32(rest.data) : 0;
        if (len < BLOB_HEADER || len > rest.len)
            return 0;
        if (rest.data[4] == BLOB_OPENPGP && len >= 16) {
            uint32_t at = get32(rest.data + 8), size = get32(rest.data + 12);
            if (at > len || size > len - at)
                return 0;
            stet_buffer_add(out, rest.data + at, size);
        }
        rest.data += len;
        rest.len -= len;
    }
    return stet_buffer_check(out, "a keybox", err) < 0 ? -1 : 1;
}

/* The number of findings, or -1. */
static int compare_keyboxes(const struct diff_pair *p, const struct diff_bytes *a,
                            const struct diff_bytes *b, struct stet_error *err)
{
    int created = compare_time(p, keybox_name, "time of creation", 16, err);
    int kept = created < 0 ? -1 : compare_time(p, keybox_name, "time of last maintenance", 20, err);
    int packets = kept < 0 ? -1 : stet_diff_openpgp_packets(p, a, b, err);
    return packets < 0 ? -1 : created + kept + packets;
}

int stet_diff_keybox(const struct diff_pair *p, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct diff_bytes ba, bb;
    int status;
    if (!is_keybox(&p->a) || !is_keybox(&p->b))
        return 0;
    status = read_keybox(&a, p->a, err);
    if (status > 0)
        status = read_keybox(&b, p->b, err);
    if (status <= 0)
        return status;
    ba = (struct diff_bytes){(const unsigned char *)stet_buffer_str(&a), a.len};
    bb = (struct diff_bytes){(const unsigned char *)stet_buffer_str(&b), b.len};
    status = compare_keyboxes(p, &ba, &bb, err);
    return status > 0 ? 1 : status;
}

/* ---- the trust database ---- */

enum { TRUST_RECORD = 40, RECORD_VERSION = 1, RECORD_TRUST = 12 };

static bool is_trustdb(const struct diff_bytes *c)
{
    return c->len >= TRUST_RECORD && c->len % TRUST_RECORD == 0 && c->data[0] == RECORD_VERSION &&
           memcmp(c->data + 1, "gpg", 3) == 0;
}

/* Keys with their trust. */
static int read_trust(struct diff_records *out, struct stet_strv *owned, const struct diff_bytes *c,
                      struct stet_error *err)
{
    for (size_t at = TRUST_RECORD; at < c->len && !out->full; at += TRUST_RECORD) {
        _cleanup_buffer_ struct stet_buffer key = STET_BUFFER_INIT;
        if (c->data[at] != RECORD_TRUST)
            continue;
        for (size_t i = 0; i < 20; i++)
            stet_buffer_addf(&key, "%02X", c->data[at + 2 + i]);
        if (stet_buffer_check(&key, "a trust database", err) < 0 ||
            stet_strv_addf(owned, err, "%s", stet_buffer_str(&key)) < 0 ||
            stet_strv_addf(owned, err, "owner trust %u, depth %u, minimum %u", c->data[at + 22],
                           c->data[at + 23], c->data[at + 24]) < 0 ||
            stet_diff_records_add(out, stet_diff_text_str(owned->items[owned->count - 2]),
                                  stet_diff_text_str(owned->items[owned->count - 1]), at, err) < 0)
            return -1;
    }
    return 0;
}

static int compare_trust(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_records a = {0}, b = {0};
    _cleanup_strv_ struct stet_strv owned = STET_STRV_INIT;
    int count = -1;
    if (read_trust(&a, &owned, &p->a, err) == 0 && read_trust(&b, &owned, &p->b, err) == 0)
        count = stet_diff_records_compare(p, trustdb_name, "trusted keys", &a, &b, err);
    stet_diff_records_release(&a);
    stet_diff_records_release(&b);
    return count;
}

int stet_diff_trustdb(const struct diff_pair *p, struct stet_error *err)
{
    int created, next, keys, count;
    char ta[32], tb[32];
    if (!is_trustdb(&p->a) || !is_trustdb(&p->b))
        return 0;
    created = compare_time(p, trustdb_name, "time of creation", 12, err);
    next = created < 0 ? -1 : compare_time(p, trustdb_name, "time of the next check", 16, err);
    keys = next < 0 ? -1 : compare_trust(p, err);
    if (keys < 0)
        return -1;
    count = created + next + keys;
    if (p->a.len == p->b.len)
        return count > 0;
    snprintf(ta, sizeof ta, "%zu", p->a.len / TRUST_RECORD);
    snprintf(tb, sizeof tb, "%zu", p->b.len / TRUST_RECORD);
    return stet_diff_add(p, trustdb_name, ta, tb, err, "number of records") ? 1 : -1;
}
