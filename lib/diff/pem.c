/*
 * pem - texts with blocks "-----BEGIN …-----" (RFC 7468, RFC 9580 section 6.2): bundles of certificates, keys, armored
 * OpenPGP data. Blocks are compared as a list, two certificates of one subject by field.
 *
 * Of a private key nothing is shown, and a text that holds one is never left to the comparators of text.
 */
#include <openssl/evp.h>

#include "lib/diff/formats.h"
#include "lib/diff/keys.h"

static const char format_name[] = "pem";
static const struct diff_text none = {NULL, 0};

enum { BLOCKS_MAX = 1 << 16 };

/* ---- blocks ---- */

struct block {
    struct diff_text type; /* "CERTIFICATE" */
    struct diff_text body; /* the lines between the first and the last */
    bool private;
    struct diff_bytes der; /* decoded, owned; len 0 when it is no base64 */
    X509 *certificate;     /* or NULL */
};

/* One side: blocks, their labels as records (at: their place in blocks), and the lines around them. */
struct side {
    struct block *blocks;
    size_t count, cap;
    struct diff_records labels, lines;
    struct stet_strv owned;
    bool full;
};

static void side_release(struct side *s)
{
    for (size_t i = 0; i < s->count; i++) {
        X509_free(s->blocks[i].certificate);
        free((void *)(uintptr_t)s->blocks[i].der.data);
    }
    free(s->blocks);
    stet_diff_records_release(&s->labels);
    stet_diff_records_release(&s->lines);
    stet_strv_release(&s->owned);
}

static bool ends_with(struct diff_text t, const char *end)
{
    size_t len = strlen(end);
    return t.len >= len && memcmp(t.s + t.len - len, end, len) == 0;
}

static struct diff_text trim_line(struct diff_text line)
{
    if (line.len > 0 && line.s[line.len - 1] == '\r')
        line.len--;
    return stet_diff_text_trim(line);
}

/* Is it "-----BEGIN TYPE-----" alone? A signed message begins so, too, but is text. */
static bool boundary(struct diff_text line, struct diff_text *type)
{
    line = trim_line(line);
    if (!stet_diff_text_begins(line, "-----BEGIN ") || !ends_with(line, "-----") || line.len < 16)
        return false;
    *type = (struct diff_text){line.s + 11, line.len - 16};
    return !stet_diff_text_is(*type, "PGP SIGNED MESSAGE");
}

/* The base64 of the body; what it says before an empty line (headers), and the checksum of OpenPGP, left out. */
static int decode(struct block *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    struct diff_text rest = b->body, line;
    EVP_ENCODE_CTX *ctx = NULL;
    unsigned char *out = NULL;
    int len = 0, last = 0;
    bool good;
    while (stet_diff_text_line(&rest, &line)) {
        line = trim_line(line);
        if (line.len == 0 || (line.len > 0 && memchr(line.s, ':', line.len)))
            stet_buffer_clear(&text);
        else if (line.s[0] != '=')
            stet_buffer_add(&text, line.s, line.len);
    }
    if (stet_buffer_check(&text, "a PEM block", err) < 0)
        return -1;
    if (text.len == 0 || text.len > INT32_MAX / 2)
        return 0;
    ctx = EVP_ENCODE_CTX_new();
    out = malloc(text.len + 64);
    if (!ctx || !out) {
        EVP_ENCODE_CTX_free(ctx);
        free(out);
        return stet_error_oom(err, "decoding a PEM block");
    }
    EVP_DecodeInit(ctx);
    good = EVP_DecodeUpdate(ctx, out, &len, (unsigned char *)text.data, (int)text.len) >= 0 &&
           EVP_DecodeFinal(ctx, out + len, &last) >= 0;
    EVP_ENCODE_CTX_free(ctx);
    b->der = (struct diff_bytes){out, good ? (size_t)(len + last) : 0};
    return 0;
}

static bool is_certificate(struct diff_text type)
{
    return stet_diff_text_is(type, "CERTIFICATE") || stet_diff_text_is(type, "X509 CERTIFICATE") ||
           stet_diff_text_is(type, "TRUSTED CERTIFICATE");
}

static bool is_private(struct diff_text type)
{
    return ends_with(type, "PRIVATE KEY") || stet_diff_text_is(type, "PGP PRIVATE KEY BLOCK");
}

/* ---- reading ---- */

/* A private key's label says its type alone. */
static int add_label(struct side *s, size_t place, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer label = STET_BUFFER_INIT;
    struct block *b = &s->blocks[place];
    if (b->certificate) {
        if (stet_diff_certificate_subject(b->certificate, &label, err) < 0)
            return -1;
    } else if (stet_diff_printable(b->type.s, b->type.len, 60, &label, err) < 0) {
        return -1;
    }
    if (!b->private) {
        stet_buffer_add_str(&label, ", SHA-256 ");
        if (stet_diff_digest_text(b->der.len ? (const char *)b->der.data : b->body.s,
                                  b->der.len ? b->der.len : b->body.len, &label, err) < 0)
            return -1;
    }
    if (stet_buffer_check(&label, "a PEM block", err) < 0 ||
        stet_strv_add(&s->owned, stet_buffer_str(&label), err) < 0)
        return -1;
    return stet_diff_records_add(&s->labels, stet_diff_text_str(s->owned.items[s->owned.count - 1]),
                                 (struct diff_text){"", 0}, place, err);
}

static int add_block(struct side *s, struct diff_text type, struct diff_text body,
                     struct stet_error *err)
{
    struct block *b;
    if (stet_grow(&s->blocks, &s->cap, s->count + 1, sizeof *s->blocks, err) < 0)
        return -1;
    b = &s->blocks[s->count++];
    *b = (struct block){.type = type, .body = body, .private = is_private(type)};
    if (!b->private && decode(b, err) < 0)
        return -1;
    if (is_certificate(type) && b->der.len > 0) {
        const unsigned char *at = b->der.data;
        b->certificate = stet_diff_text_is(type, "TRUSTED CERTIFICATE")
                             ? d2i_X509_AUX(NULL, &at, (long)b->der.len)
                             : d2i_X509(NULL, &at, (long)b->der.len);
    }
    return add_label(s, s->count - 1, err);
}

/*
 * A private key that begins in the midst of a line, as in a program's settings: its type, what stands before it in the
 * line and after it. Other blocks than those of private keys are text there.
 */
static bool begins_within(struct diff_text line, struct diff_text *type, struct diff_text *before,
                          struct diff_text *after)
{
    const char *begin = line.len > 0 ? memmem(line.s, line.len, "-----BEGIN ", 11) : NULL, *end;
    if (!begin)
        return false;
    *before = (struct diff_text){line.s, (size_t)(begin - line.s)};
    *after = (struct diff_text){begin + 11, line.len - before->len - 11};
    end = after->len > 0 ? memmem(after->s, after->len, "-----", 5) : NULL;
    if (!end)
        return false;
    *type = (struct diff_text){after->s, (size_t)(end - after->s)};
    after->s += type->len + 5;
    after->len -= type->len + 5;
    return is_private(*type);
}

/* Takes a block that ends with a line, or in a line, that has "-----END " in it; body begins before what is left. */
static struct diff_text take_body(struct diff_text body, struct diff_text *rest)
{
    const char *end = body.len > 0 ? memmem(body.s, body.len, "-----END ", 9) : NULL;
    struct diff_text line;
    while (!end && stet_diff_text_line(rest, &line)) {
        end = line.len > 0 ? memmem(line.s, line.len, "-----END ", 9) : NULL;
        body.len = (size_t)((end ? end : line.s + line.len) - body.s);
    }
    if (end)
        body.len = (size_t)(end - body.s);
    if (body.len > 0 && body.s[body.len - 1] == '\n')
        body.len--;
    return body;
}

static int read_blocks(struct side *s, const struct diff_bytes *content, struct stet_error *err)
{
    struct diff_text rest = stet_diff_text_of(content), line, type, before, after;
    while (!s->full && stet_diff_text_line(&rest, &line)) {
        if (boundary(line, &type)) {
            struct diff_text body = take_body((struct diff_text){rest.s, 0}, &rest);
            if (add_block(s, type, body, err) < 0)
                return -1;
        } else if (begins_within(line, &type, &before, &after)) {
            struct diff_text body = take_body(after, &rest);
            if (stet_diff_records_add(&s->lines, before, (struct diff_text){"", 0}, 0, err) < 0 ||
                add_block(s, type, body, err) < 0)
                return -1;
        } else if (stet_diff_records_add(&s->lines, line, (struct diff_text){"", 0}, 0, err) < 0) {
            return -1;
        }
        s->full = s->lines.full || s->count >= BLOCKS_MAX;
    }
    return 0;
}

/* ---- comparing ---- */

/* Are the blocks the same but for line ends and the like? */
static bool same_body(struct diff_text a, struct diff_text b)
{
    struct diff_text la, lb;
    bool more_a, more_b;
    do {
        more_a = stet_diff_text_line(&a, &la);
        more_b = stet_diff_text_line(&b, &lb);
        if (more_a != more_b || (more_a && !stet_diff_text_equal(trim_line(la), trim_line(lb))))
            return false;
    } while (more_a);
    return true;
}

static int add_private(const struct diff_pair *p, const struct block *a, const struct block *b,
                       size_t place, struct stet_error *err)
{
    char ta[64], tb[64];
    const struct block *one = a ? a : b;
    struct stet_finding *f;
    if (a)
        snprintf(ta, sizeof ta, "a private key, %zu characters", a->body.len);
    if (b)
        snprintf(tb, sizeof tb, "a private key, %zu characters", b->body.len);
    f = stet_diff_add(p, format_name, a ? ta : NULL, b ? tb : NULL, err, "block %zu (%.*s)",
                      place + 1, (int)(one->type.len < 60 ? one->type.len : 60), one->type.s);
    return f ? stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err,
                                 "a private key is made of random numbers%s",
                                 a && b ? ", and each build made its own" : "")
             : -1;
}

/* Blocks of a type that is neither a certificate nor a private key: OpenPGP data by packet. */
static int compare_others(const struct diff_pair *p, const struct block *a, const struct block *b,
                          const char *label_a, const char *label_b, struct stet_error *err)
{
    struct stet_finding *f;
    if (stet_diff_text_begins(a->type, "PGP ") && a->der.len > 0 && b->der.len > 0) {
        int status = stet_diff_openpgp_packets(p, &a->der, &b->der, err);
        if (status != 0)
            return status < 0 ? -1 : 0;
    }
    f = stet_diff_add(p, format_name, label_a, label_b, err, "block");
    if (!f)
        return -1;
    if (!ends_with(a->type, "PUBLIC KEY"))
        return 0;
    return stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY, err,
                             "another pair of keys was made, of which this is the public one");
}

/* What the first step has not paired: records of it by what says that two of them replace each other. */
static int collect_rest(const struct side *s, const struct diff_record *record,
                        struct diff_records *out, struct stet_strv *owned, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer key = STET_BUFFER_INIT;
    const struct block *b = &s->blocks[record->at];
    if (b->certificate) {
        if (stet_diff_certificate_subject(b->certificate, &key, err) < 0)
            return -1;
    } else if (stet_diff_printable(b->type.s, b->type.len, 60, &key, err) < 0) {
        return -1;
    }
    if (stet_strv_add(owned, stet_buffer_str(&key), err) < 0)
        return -1;
    return stet_diff_records_add(out, stet_diff_text_str(owned->items[owned->count - 1]),
                                 record->key, record->at, err);
}

/* A block that only one side has, or that stands for another of the same subject or type. */
static int compare_rest(const struct diff_pair *p, const struct side *a, const struct side *b,
                        const struct diff_record_pair *one, struct stet_error *err)
{
    const struct block *ba = one->a ? &a->blocks[one->a->at] : NULL;
    const struct block *bb = one->b ? &b->blocks[one->b->at] : NULL;
    const struct block *any = ba ? ba : bb;
    size_t place = (size_t)(one->a ? one->a : one->b)->at;
    if (any->private)
        return add_private(p, ba, bb, place, err);
    if (ba && bb && ba->certificate && bb->certificate)
        return stet_diff_certificates(p, ba->certificate, bb->certificate, err);
    if (ba && bb && !ba->certificate && !bb->certificate)
        return compare_others(p, ba, bb, one->a->value.s, one->b->value.s, err);
    return stet_diff_add_text(p, format_name, one->a ? one->a->value : none,
                              one->b ? one->b->value : none, err, "%s",
                              any->certificate ? "certificate" : "block")
               ? 0
               : -1;
}

static int compare_rests(const struct diff_pair *p, const struct side *a, const struct side *b,
                         const struct diff_record_pairs *pairs, struct stet_error *err)
{
    struct diff_records ra = {0}, rb = {0};
    _cleanup_strv_ struct stet_strv owned = STET_STRV_INIT;
    struct diff_record_pairs rest = {0};
    int status = 0;
    for (size_t i = 0; status == 0 && i < pairs->count; i++) {
        const struct diff_record_pair *one = &pairs->items[i];
        if (one->a && one->b &&
            (!a->blocks[one->a->at].private ||
             same_body(a->blocks[one->a->at].body, b->blocks[one->b->at].body)))
            continue;
        if ((one->a && collect_rest(a, one->a, &ra, &owned, err) < 0) ||
            (one->b && collect_rest(b, one->b, &rb, &owned, err) < 0))
            status = -1;
    }
    if (status == 0)
        status = stet_diff_records_match(&ra, &rb, &rest, err);
    for (size_t i = 0; status == 0 && i < rest.count; i++)
        status = compare_rest(p, a, b, &rest.items[i], err);
    stet_diff_record_pairs_release(&rest);
    stet_diff_records_release(&ra);
    stet_diff_records_release(&rb);
    return status;
}

static int compare_sides(const struct diff_pair *p, const struct side *a, const struct side *b,
                         struct stet_error *err)
{
    struct diff_record_pairs pairs;
    struct stet_finding *f;
    bool failed;
    if (stet_diff_records_match(&a->labels, &b->labels, &pairs, err) < 0)
        return -1;
    failed = compare_rests(p, a, b, &pairs, err) < 0;
    if (!failed) {
        f = stet_diff_records_order(p, format_name, "blocks", &a->labels, &b->labels, &pairs,
                                    &failed, err);
        if (f &&
            stet_diff_because(f, STET_CAUSE_FILE_ORDER, STET_DIFF_LIKELY, err,
                              "the same blocks stand in another order, as files are read from a "
                              "directory") < 0)
            failed = true;
    }
    stet_diff_record_pairs_release(&pairs);
    if (failed)
        return -1;
    return stet_diff_records_compare(p, format_name, "lines around the blocks", &a->lines,
                                     &b->lines, err) < 0
               ? -1
               : 0;
}

static bool has_private(const struct side *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->blocks[i].private)
            return true;
    return false;
}

static int compare(const struct diff_pair *p, const struct side *a, const struct side *b,
                   struct stet_error *err)
{
    size_t before = p->diff->result->count;
    bool secret = has_private(a) || has_private(b);
    char ta[32], tb[32];
    if (!secret && (a->full || b->full || a->count == 0 || b->count == 0))
        return 0;
    if (!a->full && !b->full && compare_sides(p, a, b, err) < 0)
        return -1;
    if (p->diff->result->count > before || !secret)
        return p->diff->result->count > before || p->diff->result->cut_short;
    snprintf(ta, sizeof ta, "%zu bytes", p->a.len);
    snprintf(tb, sizeof tb, "%zu bytes", p->b.len);
    return stet_diff_add(p, format_name, ta, tb, err, "layout of a text with a private key") ? 1
                                                                                             : -1;
}

static bool has_block(const struct diff_bytes *c)
{
    return c->len > 0 && memmem(c->data, c->len, "-----BEGIN ", 11);
}

int stet_diff_pem(const struct diff_pair *p, struct stet_error *err)
{
    struct side a = {0}, b = {0};
    int status;
    if ((!has_block(&p->a) && !has_block(&p->b)) ||
        !stet_diff_text_plain(stet_diff_text_of(&p->a)) ||
        !stet_diff_text_plain(stet_diff_text_of(&p->b)))
        return 0;
    status = read_blocks(&a, &p->a, err) < 0 || read_blocks(&b, &p->b, err) < 0
                 ? -1
                 : compare(p, &a, &b, err);
    side_release(&a);
    side_release(&b);
    return status;
}
