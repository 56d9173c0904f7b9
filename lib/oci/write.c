/*
 * write - an image to where the user wants it.
 */
#include "lib/oci/internal.h"

static int write_to(const struct stet_oci_image *image, const struct stet_oci_platform *platform,
                    const struct stet_oci_place *place, struct stet_error *err)
{
    switch (place->transport) {
    case STET_OCI_LAYOUT:
        return stet_oci_write_layout(image, platform, place, err);
    case STET_OCI_ARCHIVE:
    case STET_OCI_DOCKER_ARCHIVE:
        return stet_oci_write_archive(image, platform, place, err);
    case STET_OCI_TAR:
    case STET_OCI_ROOTFS:
        break;
    }
    return stet_error_set(err, STET_ERROR_INTERNAL, 0, "a tar or a root holds no image");
}

int stet_oci_write(const struct stet_oci_image *image, const struct stet_oci_place *place,
                   struct stet_error *err)
{
    struct stet_oci_platform platform;
    json_t *config =
        stet_json_parse(image->config.data, image->config.len, STET_OCI_CONFIG_MAX, "config", err);
    int rc = config ? stet_oci_config_platform(config, &platform, err) : -1;

    if (rc == 0)
        rc = write_to(image, &platform, place, err);
    json_decref(config);
    return rc < 0 ? stet_error_wrap(err, "write %s", place->path) : 0;
}
