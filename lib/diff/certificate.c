/*
 * certificate - two X.509 certificates of one subject, by what they are made of (RFC 5280).
 */
#include "lib/diff/keys.h"
#include "lib/diff/times.h"

static const char format_name[] = "pem";

enum { NAME_LEN = 200 };

static int name_text(const X509_NAME *name, struct stet_buffer *out, struct stet_error *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    long len;
    int status = 0;
    stet_buffer_clear(out);
    stet_buffer_add_str(out, "");
    if (!bio)
        return stet_error_oom(err, "reading a certificate");
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    len = BIO_get_mem_data(bio, &data);
    if (len > 0)
        status = stet_diff_printable(data, (size_t)len, NAME_LEN, out, err);
    BIO_free(bio);
    return status;
}

static int hex_text(const unsigned char *data, size_t len, size_t max, struct stet_buffer *out,
                    struct stet_error *err)
{
    for (size_t i = 0; i < len && i < max; i++)
        stet_buffer_addf(out, "%02x", data[i]);
    if (len > max)
        stet_buffer_add_str(out, "…");
    return stet_buffer_check(out, "a certificate", err);
}

int stet_diff_digest_text(const void *data, size_t len, struct stet_buffer *out,
                          struct stet_error *err)
{
    struct stet_digest digest;
    if (stet_digest_of(data, len, &digest, err) < 0)
        return -1;
    return hex_text(digest.bytes, 8, 8, out, err);
}

static int serial_text(X509 *c, struct stet_buffer *out, struct stet_error *err)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(c);
    return hex_text(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), 40, out,
                    err);
}

int stet_diff_certificate_subject(X509 *c, struct stet_buffer *out, struct stet_error *err)
{
    return name_text(X509_get_subject_name(c), out, err);
}

static int issuer_text(X509 *c, struct stet_buffer *out, struct stet_error *err)
{
    return name_text(X509_get_issuer_name(c), out, err);
}

static bool seconds_of(const ASN1_TIME *time, int64_t *out)
{
    struct tm tm;
    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *out = stet_diff_time_make(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                               tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
    return true;
}

static int time_text(const ASN1_TIME *time, struct stet_buffer *out, struct stet_error *err)
{
    char text[STET_TIME_TEXT_MAX];
    int64_t seconds;
    if (!seconds_of(time, &seconds))
        return stet_diff_printable(ASN1_STRING_get0_data(time), (size_t)ASN1_STRING_length(time),
                                   40, out, err);
    stet_time_format(seconds, text);
    stet_buffer_add_str(out, text);
    return stet_buffer_check(out, "a certificate", err);
}

static int before_text(X509 *c, struct stet_buffer *out, struct stet_error *err)
{
    return time_text(X509_get0_notBefore(c), out, err);
}

static int after_text(X509 *c, struct stet_buffer *out, struct stet_error *err)
{
    return time_text(X509_get0_notAfter(c), out, err);
}

/* "RSA, 2048 bits, SHA-256 0123456789abcdef". */
static int key_text(X509 *c, struct stet_buffer *out, struct stet_error *err)
{
    EVP_PKEY *key = X509_get0_pubkey(c);
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(c);
    if (key && EVP_PKEY_get0_type_name(key))
        stet_buffer_addf(out, "%s, %d bits, ", EVP_PKEY_get0_type_name(key),
                         EVP_PKEY_get_bits(key));
    stet_buffer_add_str(out, "SHA-256 ");
    return stet_diff_digest_text(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), out,
                                 err);
}

/* Does its value follow from a key? */
static bool names_key(const char *name)
{
    return strcmp(name, "X509v3 Subject Key Identifier") == 0 ||
           strcmp(name, "X509v3 Authority Key Identifier") == 0;
}

/* Their names, and a digest of all of them but the identifiers of keys. */
static int extensions_text(X509 *c, struct stet_buffer *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer all = STET_BUFFER_INIT;
    for (int i = 0; i < X509_get_ext_count(c); i++) {
        X509_EXTENSION *e = X509_get_ext(c, i);
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
        char name[80] = "";
        OBJ_obj2txt(name, sizeof name, X509_EXTENSION_get_object(e), 0);
        stet_buffer_addf(out, "%s%s", i > 0 ? ", " : "", name);
        stet_buffer_addf(&all, "%s %d ", name, X509_EXTENSION_get_critical(e));
        if (!names_key(name))
            stet_buffer_add(&all, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    }
    if (stet_buffer_check(&all, "a certificate", err) < 0)
        return -1;
    stet_buffer_add_str(out, "; SHA-256 ");
    return stet_diff_digest_text(stet_buffer_str(&all), all.len, out, err);
}

static int signature_text(X509 *c, struct stet_buffer *out, struct stet_error *err)
{
    const ASN1_BIT_STRING *value = NULL;
    const X509_ALGOR *algorithm = NULL;
    char name[80] = "";
    X509_get0_signature(&value, &algorithm, c);
    OBJ_obj2txt(name, sizeof name, algorithm->algorithm, 0);
    stet_buffer_addf(out, "%s, SHA-256 ", name);
    return stet_diff_digest_text(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value),
                                 out, err);
}

static const struct part {
    const char *name;
    int (*text)(X509 *c, struct stet_buffer *out, struct stet_error *err);
    const ASN1_TIME *(*time)(const X509 *c);
    const char *random; /* why it is random, or NULL */
    bool follows;       /* from the others: told only where they are equal */
} parts[] = {
    {"subject", stet_diff_certificate_subject, NULL, NULL, false},
    {"issuer", issuer_text, NULL, NULL, false},
    {"serial number", serial_text, NULL, "serial numbers are drawn at random", false},
    {"not before", before_text, X509_get0_notBefore, NULL, false},
    {"not after", after_text, X509_get0_notAfter, NULL, false},
    {"public key", key_text, NULL, "another key was made for the same subject", false},
    {"extensions", extensions_text, NULL, NULL, false},
    {"signature", signature_text, NULL, NULL, true},
};

/* Certificates that begin within their build's time are made by it; with one period of validity, so is their end. */
static int because_validity(const struct diff_pair *p, struct stet_finding *f,
                            const struct part *part, X509 *a, X509 *b, struct stet_error *err)
{
    int64_t ta, tb, begin_a, begin_b;
    if (!seconds_of(part->time(a), &ta) || !seconds_of(part->time(b), &tb) ||
        !seconds_of(X509_get0_notBefore(a), &begin_a) ||
        !seconds_of(X509_get0_notBefore(b), &begin_b) || ta - begin_a != tb - begin_b ||
        !stet_diff_in_span(&p->diff->side[0], begin_a) ||
        !stet_diff_in_span(&p->diff->side[1], begin_b))
        return 0;
    return stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN, err,
                             "each certificate is valid from a time within its build%s",
                             ta == begin_a ? "" : ", and both for the same period");
}

/* 1: told; 0: equal; -1 with err. */
static int add_part(const struct diff_pair *p, const struct part *part, const char *label, X509 *a,
                    X509 *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct stet_finding *f;
    if (part->text(a, &ta, err) < 0 || part->text(b, &tb, err) < 0)
        return -1;
    if (strcmp(stet_buffer_str(&ta), stet_buffer_str(&tb)) == 0)
        return 0;
    f = stet_diff_add(p, format_name, stet_buffer_str(&ta), stet_buffer_str(&tb), err,
                      "certificate %s: %s", label, part->name);
    if (!f)
        return -1;
    if (part->random &&
        stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY, err, "%s", part->random) < 0)
        return -1;
    if (part->time && because_validity(p, f, part, a, b, err) < 0)
        return -1;
    return 1;
}

/* Two certificates of one subject. */
int stet_diff_certificates(const struct diff_pair *p, X509 *a, X509 *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer label = STET_BUFFER_INIT;
    int told = 0;
    if (stet_diff_certificate_subject(a, &label, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int status = parts[i].follows && told > 0
                         ? 0
                         : add_part(p, &parts[i], stet_buffer_str(&label), a, b, err);
        if (status < 0)
            return -1;
        told += status;
    }
    if (told > 0)
        return 0;
    return stet_diff_add(p, format_name, "one encoding", "another", err, "certificate %s",
                         stet_buffer_str(&label))
               ? 0
               : -1;
}
