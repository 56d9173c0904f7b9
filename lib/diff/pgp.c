/*
 * pgp - OpenPGP packets (RFC 9580): keyrings, signatures.
 *
 * Packets are said by what they are: their keys' ids, users, times. Of a packet with a private key nothing else is shown.
 */
#include <inttypes.h>

#include <openssl/evp.h>

#include "lib/diff/formats.h"
#include "lib/diff/keys.h"
#include "lib/diff/region.h"

static const char format_name[] = "openpgp";

enum tag {
    TAG_SIGNATURE = 2,
    TAG_SECRET_KEY = 5,
    TAG_PUBLIC_KEY = 6,
    TAG_SECRET_SUBKEY = 7,
    TAG_TRUST = 12,
    TAG_USER_ID = 13,
    TAG_PUBLIC_SUBKEY = 14,
    TAG_USER_ATTRIBUTE = 17,
};

struct packet {
    unsigned tag;
    struct diff_bytes body;
};

/* ---- packets ---- */

static uint32_t get32(const unsigned char *p)
{
    return diff_get32(p, true);
}

/* The packet's length in the new format, from its first octet of length; size: octets that it takes. 0: partial, cut short. */
static size_t new_length(const unsigned char *p, size_t len, size_t *body)
{
    if (len >= 1 && p[0] < 192) {
        *body = p[0];
        return 1;
    }
    if (len >= 2 && p[0] >= 192 && p[0] < 224) {
        *body = (((size_t)p[0] - 192) << 8) + p[1] + 192;
        return 2;
    }
    if (len >= 5 && p[0] == 255) {
        *body = get32(p + 1);
        return 5;
    }
    return 0;
}

/* Takes the next packet off rest; false when there is no whole one. */
static bool next_packet(struct diff_bytes *rest, struct packet *out)
{
    const unsigned char *p = rest->data;
    size_t body = 0, header = 0;
    if (rest->len < 2 || !(p[0] & 0x80))
        return false;
    if (p[0] & 0x40) {
        out->tag = p[0] & 0x3f;
        header = new_length(p + 1, rest->len - 1, &body);
    } else {
        size_t size = (size_t)1 << (p[0] & 3);
        out->tag = p[0] >> 2 & 0xf;
        if (size <= 4 && rest->len > size) {
            header = size;
            for (size_t i = 0; i < size; i++)
                body = body << 8 | p[1 + i];
        }
    }
    if (header == 0 || out->tag == 0 || body > rest->len - 1 - header)
        return false;
    out->body = (struct diff_bytes){p + 1 + header, body};
    rest->data += 1 + header + body;
    rest->len -= 1 + header + body;
    return true;
}

static bool is_secret(unsigned tag)
{
    return tag == TAG_SECRET_KEY || tag == TAG_SECRET_SUBKEY;
}

static bool is_key(unsigned tag)
{
    return is_secret(tag) || tag == TAG_PUBLIC_KEY || tag == TAG_PUBLIC_SUBKEY;
}

/* ---- keys ---- */

static const char *algorithm_name(unsigned id)
{
    switch (id) {
    case 1:
    case 2:
    case 3:
        return "RSA";
    case 16:
        return "Elgamal";
    case 17:
        return "DSA";
    case 18:
        return "ECDH";
    case 19:
        return "ECDSA";
    case 22:
        return "EdDSA";
    case 25:
        return "X25519";
    case 27:
        return "Ed25519";
    default:
        return "another algorithm";
    }
}

/* Skips count numbers of arbitrary length. */
static bool skip_numbers(struct diff_bytes b, size_t *at, int count)
{
    for (; count > 0; count--) {
        size_t len;
        if (*at > b.len || b.len - *at < 2)
            return false;
        len = ((size_t)diff_get16(b.data + *at, true) + 7) / 8;
        if (len > b.len - *at - 2)
            return false;
        *at += 2 + len;
    }
    return true;
}

static bool skip_octets(struct diff_bytes b, size_t *at)
{
    if (*at >= b.len || b.data[*at] > b.len - *at - 1)
        return false;
    *at += 1 + (size_t)b.data[*at];
    return true;
}

/* The length of the public part of a version 4 key, of which its fingerprint is made; 0 when that is not known. */
static size_t public_len(const struct packet *packet)
{
    struct diff_bytes b = packet->body;
    size_t at = 6;
    if (!is_secret(packet->tag))
        return b.len;
    switch (b.data[5]) {
    case 1:
    case 2:
    case 3:
        return skip_numbers(b, &at, 2) ? at : 0;
    case 16:
        return skip_numbers(b, &at, 3) ? at : 0;
    case 17:
        return skip_numbers(b, &at, 4) ? at : 0;
    case 18:
        return skip_octets(b, &at) && skip_numbers(b, &at, 1) && skip_octets(b, &at) ? at : 0;
    case 19:
    case 22:
        return skip_octets(b, &at) && skip_numbers(b, &at, 1) ? at : 0;
    case 25:
    case 27:
        return b.len >= 38 ? 38 : 0;
    default:
        return 0;
    }
}

/* The key id: the end of the SHA-1 of the public part behind a header (RFC 9580, section 5.5.4.2). */
static bool key_id(const struct packet *packet, unsigned char id[8])
{
    unsigned char head[3], digest[EVP_MAX_MD_SIZE];
    size_t len = public_len(packet);
    EVP_MD_CTX *ctx;
    bool good;
    if (len == 0 || len > UINT16_MAX)
        return false;
    head[0] = 0x99;
    head[1] = (unsigned char)(len >> 8);
    head[2] = (unsigned char)len;
    ctx = EVP_MD_CTX_new();
    good = ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 &&
           EVP_DigestUpdate(ctx, head, 3) == 1 &&
           EVP_DigestUpdate(ctx, packet->body.data, len) == 1 &&
           EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    if (good)
        memcpy(id, digest + 12, 8);
    return good;
}

static void add_hex(struct stet_buffer *out, const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        stet_buffer_addf(out, "%02X", data[i]);
}

static void add_time(struct stet_buffer *out, uint32_t seconds)
{
    char text[STET_TIME_TEXT_MAX];
    stet_time_format(seconds, text);
    stet_buffer_add_str(out, text);
}

static void describe_key(struct stet_buffer *out, const struct packet *packet)
{
    unsigned char id[8];
    stet_buffer_addf(out, "%s %s", is_secret(packet->tag) ? "private" : "public",
                     packet->tag == TAG_SECRET_SUBKEY || packet->tag == TAG_PUBLIC_SUBKEY ? "subkey"
                                                                                          : "key");
    if (packet->body.len < 6)
        return;
    if (packet->body.data[0] == 4 && key_id(packet, id)) {
        stet_buffer_add_char(out, ' ');
        add_hex(out, id, sizeof id);
    }
    stet_buffer_addf(out, ", %s, created ", algorithm_name(packet->body.data[5]));
    add_time(out, get32(packet->body.data + 1));
}

/* ---- signatures ---- */

struct signature {
    unsigned version, type;
    bool has_created, has_issuer;
    uint32_t created;
    unsigned char issuer[8];
};

/* What the subpackets say: the time (2), the issuer's key id (16) or fingerprint (33). */
static void read_subpackets(struct diff_bytes area, struct signature *out)
{
    while (area.len > 0) {
        size_t len = 0, size = new_length(area.data, area.len, &len);
        const unsigned char *p;
        if (size == 0 || len == 0 || len > area.len - size)
            return;
        p = area.data + size;
        if ((p[0] & 0x7f) == 2 && len == 5) {
            out->created = get32(p + 1);
            out->has_created = true;
        } else if ((p[0] & 0x7f) == 16 && len == 9) {
            memcpy(out->issuer, p + 1, 8);
            out->has_issuer = true;
        } else if ((p[0] & 0x7f) == 33 && len == 22 && p[1] == 4) {
            memcpy(out->issuer, p + 14, 8);
            out->has_issuer = true;
        }
        area.data += size + len;
        area.len -= size + len;
    }
}

static void read_signature(struct diff_bytes b, struct signature *out)
{
    size_t hashed, unhashed;
    *out = (struct signature){.version = b.len > 0 ? b.data[0] : 0};
    if (out->version == 3 && b.len >= 19) {
        out->type = b.data[2];
        out->created = get32(b.data + 3);
        memcpy(out->issuer, b.data + 7, 8);
        out->has_created = out->has_issuer = true;
    }
    if (out->version != 4 || b.len < 6)
        return;
    out->type = b.data[1];
    hashed = diff_get16(b.data + 4, true);
    if (hashed > b.len - 6)
        return;
    read_subpackets((struct diff_bytes){b.data + 6, hashed}, out);
    if (b.len - 6 - hashed < 2)
        return;
    unhashed = diff_get16(b.data + 6 + hashed, true);
    if (unhashed <= b.len - 8 - hashed)
        read_subpackets((struct diff_bytes){b.data + 8 + hashed, unhashed}, out);
}

static const char *signature_type(unsigned type)
{
    switch (type) {
    case 0x00:
        return "of a document";
    case 0x01:
        return "of a text";
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
        return "certifying a user";
    case 0x18:
        return "binding a subkey";
    case 0x19:
        return "binding a primary key";
    case 0x1f:
        return "of a key";
    case 0x20:
        return "revoking a key";
    case 0x28:
        return "revoking a subkey";
    case 0x30:
        return "revoking a certification";
    default:
        return "of another type";
    }
}

static void describe_signature(struct stet_buffer *out, struct diff_bytes body)
{
    struct signature s;
    read_signature(body, &s);
    stet_buffer_addf(out, "signature %s (0x%02x)", signature_type(s.type), s.type);
    if (s.has_issuer) {
        stet_buffer_add_str(out, " by ");
        add_hex(out, s.issuer, 8);
    }
    if (s.has_created) {
        stet_buffer_add_str(out, " of ");
        add_time(out, s.created);
    }
}

/* ---- lists of packets ---- */

/* Packets as records: keys say what they are; value: the body of those with private keys, else empty; at: place. */
struct list {
    struct packet *packets;
    size_t count, cap;
    struct diff_records records;
    struct stet_strv owned;
};

static void list_release(struct list *l)
{
    free(l->packets);
    stet_diff_records_release(&l->records);
    stet_strv_release(&l->owned);
}

static int describe(const struct packet *packet, struct stet_buffer *out, struct stet_error *err)
{
    struct stet_digest digest;
    stet_buffer_clear(out);
    if (is_key(packet->tag)) {
        describe_key(out, packet);
    } else if (packet->tag == TAG_SIGNATURE) {
        describe_signature(out, packet->body);
    } else if (packet->tag == TAG_USER_ID) {
        stet_buffer_add_str(out, "user ");
        if (stet_diff_printable(packet->body.data, packet->body.len, 150, out, err) < 0)
            return -1;
    } else {
        stet_buffer_addf(out, "%s (packet type %u)",
                         packet->tag == TAG_TRUST            ? "trust"
                         : packet->tag == TAG_USER_ATTRIBUTE ? "user attribute"
                                                             : "packet",
                         packet->tag);
    }
    if (is_secret(packet->tag))
        return stet_buffer_check(out, "a packet", err);
    if (stet_digest_of(packet->body.data, packet->body.len, &digest, err) < 0)
        return -1;
    stet_buffer_addf(out, ", SHA-256 %02x%02x%02x%02x%02x%02x%02x%02x", digest.bytes[0],
                     digest.bytes[1], digest.bytes[2], digest.bytes[3], digest.bytes[4],
                     digest.bytes[5], digest.bytes[6], digest.bytes[7]);
    return stet_buffer_check(out, "a packet", err);
}

static int add_packet(struct list *l, const struct packet *packet, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer label = STET_BUFFER_INIT;
    struct diff_text value = {"", 0};
    if (is_secret(packet->tag))
        value = stet_diff_text_of(&packet->body);
    if (stet_grow(&l->packets, &l->cap, l->count + 1, sizeof *l->packets, err) < 0 ||
        describe(packet, &label, err) < 0 ||
        stet_strv_add(&l->owned, stet_buffer_str(&label), err) < 0)
        return -1;
    l->packets[l->count++] = *packet;
    return stet_diff_records_add(&l->records,
                                 stet_diff_text_str(l->owned.items[l->owned.count - 1]), value,
                                 l->count - 1, err);
}

/* 1; 0 when they are no sequence of whole packets; -1 with err. */
static int read_packets(struct list *l, struct diff_bytes rest, struct stet_error *err)
{
    struct packet packet;
    while (rest.len > 0 && !l->records.full) {
        if (!next_packet(&rest, &packet))
            return 0;
        if (add_packet(l, &packet, err) < 0)
            return -1;
    }
    return l->count > 0 && !l->records.full;
}

/* The only packet that one side has and the other has not; NULL when there are none or several. */
static const struct packet *only_one(const struct list *l, const struct diff_record_pairs *pairs,
                                     bool of_a)
{
    const struct packet *found = NULL;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct diff_record_pair *one = &pairs->items[i];
        const struct diff_record *mine = of_a ? one->a : one->b, *other = of_a ? one->b : one->a;
        if (!mine || other)
            continue;
        if (found)
            return NULL;
        found = &l->packets[mine->at];
    }
    return found;
}

/* One signature stands for another: what it is made of. The number of findings, or -1. */
static int compare_signatures(const struct diff_pair *p, const struct packet *a,
                              const struct packet *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct signature sa, sb;
    struct stet_finding *f;
    read_signature(a->body, &sa);
    read_signature(b->body, &sb);
    describe_signature(&ta, a->body);
    describe_signature(&tb, b->body);
    if (stet_buffer_check(&ta, "a packet", err) < 0 || stet_buffer_check(&tb, "a packet", err) < 0)
        return -1;
    f = stet_diff_add(p, format_name, stet_buffer_str(&ta), stet_buffer_str(&tb), err, "signature");
    if (!f)
        return -1;
    if (sa.has_created && sb.has_created && sa.created != sb.created &&
        stet_diff_because_time(p, f, sa.created, sb.created, "time of signing", err) < 0)
        return -1;
    return 1;
}

/* Private keys that differ, or that one side alone has. The number of findings, or -1. */
static int compare_secrets(const struct diff_pair *p, const struct list *a, const struct list *b,
                           const struct diff_record_pairs *pairs, struct stet_error *err)
{
    int count = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct diff_record_pair *one = &pairs->items[i];
        const struct packet *pa = one->a ? &a->packets[one->a->at] : NULL;
        const struct packet *pb = one->b ? &b->packets[one->b->at] : NULL;
        struct diff_text none = {NULL, 0};
        struct stet_finding *f;
        if (!is_secret(pa ? pa->tag : pb->tag) ||
            (pa && pb && stet_diff_text_equal(one->a->value, one->b->value)))
            continue;
        f = stet_diff_add_text(p, format_name, pa ? one->a->key : none, pb ? one->b->key : none,
                               err, "a private key");
        if (!f || stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err,
                                    "a private key is made of random numbers") < 0)
            return -1;
        count++;
    }
    return count;
}

/* Those with private keys have been told. */
static int without_secrets(const struct list *l, struct diff_records *out, struct stet_error *err)
{
    for (size_t i = 0; i < l->count; i++)
        if (!is_secret(l->packets[i].tag) &&
            stet_diff_records_add(out, l->records.items[i].key, (struct diff_text){"", 0}, i, err) <
                0)
            return -1;
    return 0;
}

/* Have both sides keys of their own, for users that both have? */
static bool keys_made_anew(const struct list *a, const struct list *b,
                           const struct diff_record_pairs *pairs)
{
    size_t keys_a = 0, keys_b = 0, users = 0, common = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct diff_record_pair *one = &pairs->items[i];
        unsigned tag = one->a ? a->packets[one->a->at].tag : b->packets[one->b->at].tag;
        bool only = !one->a || !one->b;
        keys_a += one->a && !one->b && tag == TAG_PUBLIC_KEY;
        keys_b += one->b && !one->a && tag == TAG_PUBLIC_KEY;
        users += only && tag == TAG_USER_ID;
        common += !only && tag == TAG_USER_ID;
    }
    return keys_a > 0 && keys_a == keys_b && users == 0 && common >= keys_a;
}

/* What is no private key, as lists. The number of findings, or -1. */
static int compare_public(const struct diff_pair *p, const struct list *a, const struct list *b,
                          bool made_anew, struct stet_error *err)
{
    struct diff_records ra = {0}, rb = {0};
    size_t before = p->diff->result->count;
    int count = -1;
    if (without_secrets(a, &ra, err) == 0 && without_secrets(b, &rb, err) == 0)
        count = stet_diff_records_compare(p, format_name, "packets", &ra, &rb, err);
    stet_diff_records_release(&ra);
    stet_diff_records_release(&rb);
    if (count > 0 && made_anew && p->diff->result->count > before &&
        stet_diff_because(
            &p->diff->result->findings[before], STET_CAUSE_RANDOM, STET_DIFF_LIKELY, err,
            "the same users have other keys, and keys are made of random numbers") < 0)
        return -1;
    return count;
}

static int compare_lists(const struct diff_pair *p, const struct list *a, const struct list *b,
                         struct stet_error *err)
{
    struct diff_record_pairs pairs;
    const struct packet *one_a, *one_b;
    bool made_anew;
    int count, more;
    if (stet_diff_records_match(&a->records, &b->records, &pairs, err) < 0)
        return -1;
    one_a = only_one(a, &pairs, true);
    one_b = only_one(b, &pairs, false);
    made_anew = keys_made_anew(a, b, &pairs);
    count = compare_secrets(p, a, b, &pairs, err);
    stet_diff_record_pairs_release(&pairs);
    if (count < 0)
        return -1;
    if (one_a && one_b && one_a->tag == TAG_SIGNATURE && one_b->tag == TAG_SIGNATURE)
        return compare_signatures(p, one_a, one_b, err) < 0 ? -1 : 1;
    more = compare_public(p, a, b, made_anew, err);
    return more < 0 ? -1 : count + more > 0;
}

int stet_diff_openpgp_packets(const struct diff_pair *p, const struct diff_bytes *a,
                              const struct diff_bytes *b, struct stet_error *err)
{
    struct list la = {0}, lb = {0};
    int status = read_packets(&la, *a, err);
    if (status > 0)
        status = read_packets(&lb, *b, err);
    if (status > 0)
        status = compare_lists(p, &la, &lb, err);
    list_release(&la);
    list_release(&lb);
    return status;
}

/* Names under which packets are stored as they are. Others are not looked at: little tells packets from other bytes. */
static bool has_name(const struct diff_pair *p)
{
    static const char *const globs[] = {"*.gpg", "*.gpg~", "*.pgp", "*.sig", "*.kbx", "*.kbx~"};
    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++)
        if (stet_diff_file_matches(p, globs[i]))
            return true;
    return false;
}

int stet_diff_openpgp(const struct diff_pair *p, struct stet_error *err)
{
    return has_name(p) ? stet_diff_openpgp_packets(p, &p->a, &p->b, err) : 0;
}
