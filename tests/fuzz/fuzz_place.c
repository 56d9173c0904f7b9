/* Places of images as a user writes them: refused with one line, or a path and a reference that
 * say the same when they are written out and read again. */
#include "lib/oci/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct stet_oci_place *p)
{
    static const char *const prefixes[] = {[STET_OCI_LAYOUT] = "oci",
                                           [STET_OCI_ARCHIVE] = "oci-archive",
                                           [STET_OCI_DOCKER_ARCHIVE] = "docker-archive",
                                           [STET_OCI_TAR] = "tar",
                                           [STET_OCI_ROOTFS] = "rootfs"};
    struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_oci_place again;
    stet_buffer_addf(&text, "%s:%s", prefixes[p->transport], p->path);
    if (p->reference)
        stet_buffer_addf(&text, ":%s", p->reference);
    /* ":latest" may have been added at the limit. */
    if (text.len > INT16_MAX) {
        stet_buffer_release(&text);
        return;
    }
    if (!*p->path || stet_oci_place_parse(stet_buffer_str(&text), &again, NULL) < 0)
        abort();
    if (again.transport != p->transport || strcmp(again.path, p->path) != 0 ||
        !again.reference != !p->reference ||
        (p->reference && strcmp(again.reference, p->reference) != 0))
        abort();
    stet_oci_place_release(&again);
    stet_buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_oci_place place;
    stet_buffer_add(&text, data, size);
    if (stet_oci_place_parse(stet_buffer_str(&text), &place, &err) == 0) {
        check(&place);
        stet_oci_place_release(&place);
    } else if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n')) {
        abort();
    }
    stet_buffer_release(&text);
    return 0;
}
