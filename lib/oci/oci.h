/*
 * oci - images: descriptors, config, manifest, index, layout and archives (image-spec 1.1).
 *
 * All JSON written here is part of format 1 (docs/format-1.md): compact, fixed key order, sorted
 * maps.
 */
#ifndef STET_OCI_OCI_H
#define STET_OCI_OCI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/digest/digest.h"

#define STET_OCI_MEDIA_MANIFEST   "application/vnd.oci.image.manifest.v1+json"
#define STET_OCI_MEDIA_INDEX      "application/vnd.oci.image.index.v1+json"
#define STET_OCI_MEDIA_CONFIG     "application/vnd.oci.image.config.v1+json"
#define STET_OCI_MEDIA_LAYER_GZIP "application/vnd.oci.image.layer.v1.tar+gzip"
#define STET_OCI_MEDIA_LAYER_TAR  "application/vnd.oci.image.layer.v1.tar"

struct stet_oci_descriptor {
    char *media_type;
    struct stet_digest digest;
    uint64_t size;
};

struct stet_oci_pair {
    const char *key, *value;
};

/* What a config says beyond the layer. Everything is borrowed. Maps are sorted by
 * stet_oci_describe(). */
struct stet_oci_description {
    const char *architecture; /* Go's name: amd64, arm64 … */
    const char *variant;      /* or NULL */
    const char *os;           /* "linux" */
    int64_t created;
    const char *history; /* created_by of the one history entry */
    const struct stet_strv *cmd, *entrypoint, *exposed_ports, *volumes; /* may be NULL */
    const struct stet_oci_pair *env, *labels, *annotations; /* annotations go to the manifest */
    size_t env_count, label_count, annotation_count;
    const char *user, *working_dir, *stop_signal; /* may be NULL */
};

/* One sealed layer. */
struct stet_oci_layer {
    const char *media_type;
    struct stet_digest digest, diff_id; /* of the blob; of the tar */
    uint64_t size, tar_size;
    int fd; /* the blob, readable, at any offset (read with pread); borrowed */
};

/* A complete image in memory, but for its layer. */
struct stet_oci_image {
    struct stet_buffer config, manifest; /* JSON, as written */
    struct stet_digest config_digest, manifest_digest;
    struct stet_oci_layer layer; /* a copy */
};
void stet_oci_image_init(struct stet_oci_image *image);
void stet_oci_image_release(struct stet_oci_image *image);
int stet_oci_describe(const struct stet_oci_description *d, const struct stet_oci_layer *layer,
                      struct stet_oci_image *out, struct stet_error *err);

/* Where images live: skopeo's transport names. */
enum stet_oci_transport {
    STET_OCI_LAYOUT,         /* oci:DIR[:TAG] */
    STET_OCI_ARCHIVE,        /* oci-archive:FILE[:TAG] */
    STET_OCI_DOCKER_ARCHIVE, /* docker-archive:FILE[:REF] */
    STET_OCI_TAR,            /* tar:FILE */
    STET_OCI_ROOTFS,         /* rootfs:DIR */
};
struct stet_oci_place {
    enum stet_oci_transport transport;
    char *path;
    char *reference; /* tag or docker reference, or NULL */
};
/* Parses and checks "oci:out:trixie". A reference is checked against its grammar; docker references
 * are completed as docker does ("debian" → "docker.io/library/debian:latest" is NOT done; "debian"
 * → "debian:latest" is). */
int stet_oci_place_parse(const char *text, struct stet_oci_place *out, struct stet_error *err);
void stet_oci_place_release(struct stet_oci_place *p);

/*
 * Writes the image. LAYOUT: makes the directory when missing, adds blobs that are not there, then
 * replaces index.json: an entry of the same tag is replaced, others stay; two processes at once are
 * safe (lock file is not left behind). Entries without a tag: an image without TAG replaces another
 * without. ARCHIVE and DOCKER_ARCHIVE: one file, canonical tar (mtime = the image's created),
 * appears whole or not at all; docker-archive holds the layer uncompressed as <diff_id>.tar, the
 * config as <digest>.json and manifest.json. When it fails nothing is visible but, in an existing
 * layout, unreferenced blobs at most; a directory made by the call is removed.
 */
int stet_oci_write(const struct stet_oci_image *image, const struct stet_oci_place *place,
                   struct stet_error *err);

/* An image opened for reading. */
struct stet_oci_source;
/* LAYOUT, ARCHIVE and DOCKER_ARCHIVE. Without a reference the place must hold exactly one
 * image (or one for this machine's architecture in an index). Manifest and config are verified
 * against their digests. */
struct stet_oci_source *stet_oci_source_open(const struct stet_oci_place *place,
                                             struct stet_error *err);
void stet_oci_source_free(struct stet_oci_source *s);
struct stet_oci_source_layer {
    struct stet_oci_descriptor descriptor; /* digest of the blob as stored */
    struct stet_digest diff_id;
};
struct stet_oci_source_info {
    bool has_manifest; /* false for docker-archive */
    struct stet_digest manifest_digest, config_digest;
    uint64_t manifest_size, config_size;
    const json_t *manifest, *config; /* borrowed; manifest is NULL without one */
    const struct stet_oci_source_layer *layers;
    size_t layer_count;
};
const struct stet_oci_source_info *stet_oci_source_info(const struct stet_oci_source *s);
/* A stream of the layer's blob as stored, that fails at its end unless size and digest match. NULL
 * with err. */
struct stet_reader *stet_oci_source_layer(struct stet_oci_source *s, size_t i,
                                          struct stet_error *err);
void stet_oci_source_layer_close(struct stet_reader *r);

#endif
