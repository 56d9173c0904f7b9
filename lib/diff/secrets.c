/*
 * secrets - files that are random by their purpose: machine ids, host keys, seeds. Seeds and private keys are never
 * shown.
 */
#include <openssl/evp.h>

#include "lib/diff/formats.h"
#include "lib/diff/records.h"

/* ---- files that are secret as a whole ---- */

static const struct secret {
    const char *glob, *format, *noun, *evidence;
} secrets[] = {
    {"var/lib/systemd/random-seed", "random seed", "random numbers",
     "systemd keeps random numbers here, from one boot to the next"},
    {"var/lib/urandom/random-seed", "random seed", "random numbers",
     "random numbers are kept here, from one boot to the next"},
    {"var/lib/misc/random-seed", "random seed", "random numbers",
     "random numbers are kept here, from one boot to the next"},
    {"var/lib/random-seed", "random seed", "random numbers",
     "random numbers are kept here, from one boot to the next"},
    {"var/lib/seedrng/seed.*", "random seed", "random numbers",
     "random numbers are kept here, from one boot to the next"},
    {"loader/random-seed", "random seed", "random numbers",
     "the boot loader takes random numbers from here"},
    {"var/lib/systemd/credential.secret", "secret", "a secret",
     "systemd encrypts credentials with this random secret"},
    {"private-keys-v1.d/*.key", "private key", "a private key",
     "GnuPG keeps private keys here, which are made of random numbers"},
    {"etc/ssh/ssh_host_*_key", "private key", "a private key",
     "the key by which a host is known is made of random numbers"},
    {"etc/dropbear/dropbear_*_host_key", "private key", "a private key",
     "the key by which a host is known is made of random numbers"},
    {"etc/krb5.keytab", "secret", "keys", "Kerberos keeps the keys of services here"},
};

static int add_secret(const struct diff_pair *p, const struct secret *s, struct stet_error *err)
{
    char a[96], b[96];
    struct stet_finding *f;
    snprintf(a, sizeof a, "%s, %zu bytes", s->noun, p->a.len);
    snprintf(b, sizeof b, "%s, %zu bytes", s->noun, p->b.len);
    f = stet_diff_add(p, s->format, p->a.len ? a : "", p->b.len ? b : "", err, "content");
    return f && stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err, "%s",
                                  s->evidence) == 0
               ? 1
               : -1;
}

int stet_diff_secrets(const struct diff_pair *p, struct stet_error *err)
{
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (stet_diff_file_matches(p, secrets[i].glob))
            return add_secret(p, &secrets[i], err);
    return 0;
}

/* ---- machine ids ---- */

static struct diff_text one_line(const struct diff_bytes *content)
{
    struct diff_text t = stet_diff_text_of(content);
    if (t.len > 0 && t.s[t.len - 1] == '\n')
        t.len--;
    return t;
}

static bool is_machine_id(struct diff_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!strchr("0123456789abcdef", t.s[i]) || t.s[i] == '\0')
            return false;
    return t.len == 32;
}

static bool is_machine_id_state(struct diff_text t)
{
    return is_machine_id(t) || t.len == 0 || stet_diff_text_is(t, "uninitialized");
}

int stet_diff_machine_id(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_text a = one_line(&p->a), b = one_line(&p->b);
    struct stet_finding *f;
    if ((!stet_diff_file_is(p, "etc/machine-id") &&
         !stet_diff_file_is(p, "var/lib/dbus/machine-id")) ||
        !is_machine_id_state(a) || !is_machine_id_state(b) || stet_diff_text_equal(a, b))
        return 0;
    f = stet_diff_add_text(p, "machine id", a, b, err, "machine id");
    if (!f)
        return -1;
    if ((is_machine_id(a) || is_machine_id(b)) &&
        stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err,
                          "a machine id is drawn at random where it is first needed") < 0)
        return -1;
    return 1;
}

/* ---- public keys of hosts ---- */

/* "TYPE BASE64 COMMENT". */
struct public_key {
    struct diff_text type, key, comment;
};

static bool read_public(const struct diff_bytes *content, struct public_key *out)
{
    struct diff_text rest = one_line(content);
    if (!stet_diff_text_plain(rest) || (rest.len > 0 && memchr(rest.s, '\n', rest.len)))
        return false;
    out->type = stet_diff_text_field(&rest, ' ');
    out->key = stet_diff_text_field(&rest, ' ');
    out->comment = rest;
    return out->key.len > 0 &&
           (stet_diff_text_begins(out->type, "ssh-") ||
            stet_diff_text_begins(out->type, "ecdsa-") || stet_diff_text_begins(out->type, "sk-"));
}

/* "ssh-ed25519, SHA-256 0123456789abcdef", of the text of the key. */
static int describe_public(const struct public_key *k, struct stet_buffer *out,
                           struct stet_error *err)
{
    struct stet_digest digest;
    char hex[STET_DIGEST_HEX_SIZE];
    if (stet_digest_of(k->key.s, k->key.len, &digest, err) < 0 ||
        stet_diff_printable(k->type.s, k->type.len, 60, out, err) < 0)
        return -1;
    stet_digest_hex(&digest, hex);
    stet_buffer_addf(out, ", %.16s (SHA-256 of its text)", hex);
    return stet_buffer_check(out, "a public key", err);
}

static int compare_public(const struct diff_pair *p, const struct public_key *a,
                          const struct public_key *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct stet_finding *f;
    int count = 0;
    if (!stet_diff_text_equal(a->type, b->type) || !stet_diff_text_equal(a->key, b->key)) {
        if (describe_public(a, &ta, err) < 0 || describe_public(b, &tb, err) < 0)
            return -1;
        f = stet_diff_add(p, "ssh key", stet_buffer_str(&ta), stet_buffer_str(&tb), err,
                          "public key");
        if (!f ||
            stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err,
                              "the key by which a host is known is made of random numbers") < 0)
            return -1;
        count++;
    }
    if (!stet_diff_text_equal(a->comment, b->comment)) {
        f = stet_diff_add_text(p, "ssh key", a->comment, b->comment, err, "comment");
        if (!f || stet_diff_because(f, STET_CAUSE_HOST, STET_DIFF_LIKELY, err,
                                    "ssh-keygen writes the user and the host as comment") < 0)
            return -1;
        count++;
    }
    return count > 0;
}

int stet_diff_ssh_public(const struct diff_pair *p, struct stet_error *err)
{
    struct public_key a, b;
    if (!stet_diff_file_matches(p, "*.pub") || !read_public(&p->a, &a) || !read_public(&p->b, &b))
        return 0;
    return compare_public(p, &a, &b, err);
}

/* ---- hosts ---- */

/* Gives the findings from number first on this cause. */
static int because_all(const struct diff_pair *p, size_t first, enum stet_diff_sureness sure,
                       const char *evidence, struct stet_error *err)
{
    for (size_t i = first; i < p->diff->result->count; i++)
        if (stet_diff_because(&p->diff->result->findings[i], STET_CAUSE_HOST, sure, err, "%s",
                              evidence) < 0)
            return -1;
    return 1;
}

int stet_diff_host(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_text a = one_line(&p->a), b = one_line(&p->b);
    size_t before = p->diff->result->count;
    bool is_name = stet_diff_file_is(p, "etc/hostname") || stet_diff_file_is(p, "etc/mailname");
    if ((!is_name && !stet_diff_file_is(p, "etc/resolv.conf")) || !stet_diff_text_plain(a) ||
        !stet_diff_text_plain(b) || stet_diff_text_equal(a, b))
        return 0;
    if (is_name && !memchr(a.s ? a.s : "", '\n', a.len) && !memchr(b.s ? b.s : "", '\n', b.len)) {
        if (!stet_diff_add_text(p, "text", a, b, err, "host name"))
            return -1;
    } else if (stet_diff_lines(p, "text", err) < 0) {
        return -1;
    }
    return because_all(p, before, is_name ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY,
                       is_name ? "the file holds the name of a host"
                               : "the file holds the name servers of the host's network",
                       err);
}
