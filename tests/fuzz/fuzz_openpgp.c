/* Any bytes as gpgv's status lines, as an armored keyring, as base64, and as the packets of a detached signature. */
#include <stdint.h>

#include "lib/openpgp/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need_reason(const struct stet_error *err)
{
    if (err->kind != STET_ERROR_INPUT || !err->text[0] || strchr(err->text, '\n'))
        abort();
}

static void status(const char *text)
{
    struct stet_strv signers = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_openpgp_policy policy = STET_OPENPGP_POLICY_INIT;
    policy.allow_expired = strlen(text) % 2;
    policy.as_of = strlen(text) % 3 ? INT64_MIN : 1600000000;
    if (stet_openpgp_judge_status(text, "fuzz", &policy, &signers, &err) < 0)
        need_reason(&err);
    else if (signers.count == 0 || !strstr(text, "VALIDSIG"))
        abort();
    stet_strv_release(&signers);
}

static void armor(const char *text, size_t size)
{
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    if (stet_openpgp_dearmor(text, size, "fuzz", &out, &err) < 0)
        need_reason(&err);
    else if (out.len == 0 || out.len > size)
        abort();
    stet_buffer_release(&out);
}

static void base64(const char *text)
{
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    if (stet_openpgp_from_base64(text, "fuzz", &out, &err) < 0)
        need_reason(&err);
    else if (out.len == 0 || (out.len + 2) / 3 * 4 != strlen(text))
        abort();
    stet_buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer text = STET_BUFFER_INIT;
    stet_buffer_add(&text, data, size);
    status(stet_buffer_str(&text));
    armor(stet_buffer_str(&text), size);
    base64(stet_buffer_str(&text));
    (void)stet_openpgp_is_signatures(data, size);
    stet_buffer_release(&text);
    return 0;
}
