#include "lib/distro/common/index.h"

#include <inttypes.h>

char *stet_distro_url(const char *mirror, const char *path, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer url = STET_BUFFER_INIT;
    stet_buffer_addf(&url, "%s/", mirror);
    for (const char *p = path; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("-._~/+:@!$&'()*,;=", *p);
        if (plain)
            stet_buffer_add_char(&url, *p);
        else
            stet_buffer_addf(&url, "%%%02X", (unsigned char)*p);
    }
    if (stet_buffer_check(&url, "a URL", err) < 0)
        return NULL;
    return stet_buffer_detach(&url);
}

static int read_all(struct stet_reader *r, const char *what, struct stet_buffer *out,
                    struct stet_error *err)
{
    ssize_t got;
    do {
        stet_buffer_reserve(out, STET_DISTRO_DECODE_PIECE);
        if (stet_buffer_check(out, what, err) < 0)
            return -1;
        got = stet_reader_read(r, out->data + out->len, STET_DISTRO_DECODE_PIECE, err);
        if (got > 0)
            out->len += (size_t)got;
    } while (got > 0);
    if (got == 0)
        out->data[out->len] = '\0';
    return got < 0 ? -1 : 0;
}

int stet_distro_decode(struct stet_reader *in, const char *name, uint64_t max, const char *what,
                       struct stet_buffer *out, struct stet_error *err)
{
    struct stet_reader *decoder = stet_codec_decoder_new(in, name, max, NULL, err);
    if (!decoder)
        return -1;
    int result = read_all(decoder, what, out, err);
    stet_codec_decoder_free(decoder);
    return result;
}

int stet_distro_recall_date(struct stet_store *store, const char *key, int64_t *date,
                            struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    uint64_t value;
    int got = stet_store_memo_get(store, key, &text, err);
    if (got <= 0)
        return got;
    if (stet_number_parse(stet_buffer_str(&text), INT64_MAX, &value, "a remembered date", err) < 0)
        return -1;
    *date = (int64_t)value;
    return 1;
}

int stet_distro_remember_date(struct stet_store *store, const char *key, int64_t date,
                              struct stet_error *err)
{
    _cleanup_free_ char *text = stet_format(err, "%" PRId64, date);
    return text ? stet_store_memo_put(store, key, text, strlen(text), err) : -1;
}

bool stet_distro_is_among(const struct stet_store_item *items, size_t count,
                          const struct stet_digest *digest)
{
    for (size_t i = 0; i < count; i++)
        if (stet_digest_equal(&items[i].digest, digest))
            return true;
    return false;
}

struct stet_lock_package *stet_distro_lock_package(struct stet_lock *lock,
                                                   const struct stet_solve_package *p,
                                                   const char *reason, struct stet_error *err)
{
    struct stet_lock_package *out = stet_lock_add_package(lock, err);
    if (!out)
        return NULL;
    out->name = stet_strdup(p->name, err);
    out->version = stet_strdup(p->version, err);
    out->architecture = stet_strdup(p->architecture, err);
    out->reason = stet_strdup(reason, err);
    if (!out->name || !out->version || !out->architecture || !out->reason)
        return NULL;
    if (strcmp(reason, "dependency") == 0 && p->needed_by) {
        out->needed_by = stet_strdup(p->needed_by, err);
        if (!out->needed_by)
            return NULL;
    }
    out->size = p->size;
    out->digest = p->digest;
    out->stage = p->stage;
    return out;
}
