/*
 * place - where images live, in skopeo's words.
 */
#include "lib/oci/internal.h"

struct transport {
    const char *prefix;
    enum stet_oci_transport transport;
    bool has_reference;
};

static const struct transport transports[] = {
    {"oci:", STET_OCI_LAYOUT, true},
    {"oci-archive:", STET_OCI_ARCHIVE, true},
    {"docker-archive:", STET_OCI_DOCKER_ARCHIVE, true},
    {"tar:", STET_OCI_TAR, false},
    {"rootfs:", STET_OCI_ROOTFS, false},
};

static const struct transport *find_transport(const char *text)
{
    for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
        if (strncmp(text, transports[i].prefix, strlen(transports[i].prefix)) == 0)
            return &transports[i];
    return NULL;
}

static int set_reference(struct stet_oci_place *p, const char *reference, struct stet_error *err)
{
    const char *tag = NULL;

    if (p->transport != STET_OCI_DOCKER_ARCHIVE) {
        if (!stet_oci_reference_valid(reference))
            return stet_error_input(err,
                                    "the tag \"%s\" is not valid: letters and digits, joined by "
                                    "one of - . _ : @ + /",
                                    reference);
        p->reference = stet_strdup(reference, err);
        return p->reference ? 0 : -1;
    }
    if (!stet_oci_docker_reference_valid(reference, &tag))
        return stet_error_input(err,
                                "the reference \"%s\" is not valid: write NAME or NAME:TAG, "
                                "NAME in lower case",
                                reference);
    p->reference = stet_format(err, "%s%s", reference, tag ? "" : ":latest");
    return p->reference ? 0 : -1;
}

static int parse(const char *text, struct stet_oci_place *p, struct stet_error *err)
{
    const struct transport *t = find_transport(text);

    if (!t)
        return stet_error_input(err,
                                "\"%s\" is not a place for an image: write oci:DIR[:TAG], "
                                "oci-archive:FILE[:TAG], docker-archive:FILE[:REF], tar:FILE or "
                                "rootfs:DIR",
                                text);
    const char *rest = text + strlen(t->prefix);
    /* As skopeo: the path ends at the first colon. */
    const char *colon = t->has_reference ? strchr(rest, ':') : NULL;
    size_t len = colon ? (size_t)(colon - rest) : strlen(rest);
    if (len == 0)
        return stet_error_input(err, "\"%s\" names no path after \"%s\"", text, t->prefix);
    p->transport = t->transport;
    p->path = stet_format(err, "%.*s", (int)len, rest);
    if (!p->path)
        return -1;
    if (colon && set_reference(p, colon + 1, err) < 0)
        return stet_error_wrap(err, "\"%s\"", text);
    return 0;
}

int stet_oci_place_parse(const char *text, struct stet_oci_place *out, struct stet_error *err)
{
    struct stet_oci_place p = {STET_OCI_LAYOUT, NULL, NULL};

    if (strlen(text) > INT16_MAX)
        return stet_error_input(err, "the place of an image is over %d bytes long", INT16_MAX);
    if (parse(text, &p, err) < 0) {
        stet_oci_place_release(&p);
        return -1;
    }
    *out = p;
    return 0;
}

void stet_oci_place_release(struct stet_oci_place *p)
{
    free(p->path);
    free(p->reference);
    p->path = p->reference = NULL;
}
