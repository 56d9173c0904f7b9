/*
 * internal - what oci's own files share. Private to oci.
 */
#ifndef STET_OCI_INTERNAL_H
#define STET_OCI_INTERNAL_H

#include "lib/codec/codec.h"
#include "lib/json/json.h"
#include "lib/oci/oci.h"

#define STET_OCI_MEDIA_LAYER_ZSTD  "application/vnd.oci.image.layer.v1.tar+zstd"
#define STET_OCI_ANNOTATION_REF    "org.opencontainers.image.ref.name"
#define STET_OCI_LAYOUT_FILE       "oci-layout"
#define STET_OCI_LAYOUT_TEXT       "{\"imageLayoutVersion\":\"1.0.0\"}"
#define STET_OCI_INDEX_FILE        "index.json"
#define STET_OCI_BLOB_DIR          "blobs/sha256"
#define STET_OCI_DOCKER_INDEX_FILE "manifest.json"

enum {
    STET_OCI_MANIFEST_MAX = 4 << 20, /* bytes of a manifest or index */
    STET_OCI_CONFIG_MAX = 8 << 20,
    STET_OCI_INDEX_DEPTH_MAX = 4,
    STET_OCI_LAYERS_MAX = 1024,
    STET_OCI_REFERENCE_MAX = 255,
};

/* ---- documents: parse.c ---- */

enum stet_oci_class { STET_OCI_CLASS_OTHER, STET_OCI_CLASS_MANIFEST, STET_OCI_CLASS_INDEX };

/* What a media type of the OCI or Docker's older names stands for. */
enum stet_oci_class stet_oci_media_class(const char *media_type);
bool stet_oci_media_is_config(const char *media_type);
bool stet_oci_media_is_layer(const char *media_type);

void stet_oci_descriptor_release(struct stet_oci_descriptor *d);
/* The descriptor in obj; where names it in errors. out is as after init on failure. */
int stet_oci_descriptor_parse(const json_t *obj, const char *where, struct stet_oci_descriptor *out,
                              struct stet_error *err);
/*
 * Is doc an index, or a manifest, of schema version 2 that is not both? media_type (may be
 * NULL) is what pointed to it promised; the document's own, where it has one, must agree.
 */
int stet_oci_check_index(const json_t *doc, const char *name, const char *media_type,
                         struct stet_error *err);
int stet_oci_check_manifest(const json_t *doc, const char *name, const char *media_type,
                            struct stet_error *err);
/* Appends rootfs.diff_ids of a config to *out (malloc'd). Checks os and architecture. */
int stet_oci_config_diff_ids(const json_t *config, const char *name, struct stet_digest **out,
                             size_t *count, struct stet_error *err);
/* The reference that an index's entry carries, or NULL. */
const char *stet_oci_entry_reference(const json_t *entry);

/* ---- what goes beside the manifest: index.c ---- */

struct stet_oci_platform {
    const char *architecture, *os, *variant; /* variant may be NULL; borrowed */
    int64_t created;                         /* 0 when the config does not say */
};
/* Reads the members of a parsed config. */
int stet_oci_config_platform(const json_t *config, struct stet_oci_platform *out,
                             struct stet_error *err);
/*
 * Appends index.json to out: old (a checked index, or NULL) with the image's entry put in the place
 * of those of the same reference (NULL: of those without any).
 */
int stet_oci_index_write(const json_t *old, const struct stet_oci_image *image,
                         const struct stet_oci_platform *platform, const char *reference,
                         struct stet_buffer *out, struct stet_error *err);
/* Appends docker-archive's manifest.json to out. */
int stet_oci_docker_index_write(const struct stet_oci_image *image, const char *reference,
                                struct stet_buffer *out, struct stet_error *err);

/* ---- streams: range.c ---- */

/* A reader of len bytes of fd (borrowed) from offset, by pread. */
struct stet_oci_range {
    struct stet_reader base;
    int fd;
    uint64_t offset, left;
    const char *name; /* borrowed */
};
void stet_oci_range_init(struct stet_oci_range *r, int fd, uint64_t offset, uint64_t len,
                         const char *name);

/* Copies len bytes of in to out and checks them against digest; fewer or more bytes, or others, are
 * STET_ERROR_INPUT with name. */
int stet_oci_copy_checked(struct stet_reader *in, struct stet_writer *out, uint64_t len,
                          const struct stet_digest *digest, const char *name,
                          struct stet_error *err);

/* The digest of all that in has to give. */
int stet_oci_digest_reader(struct stet_reader *in, struct stet_digest *out, struct stet_error *err);

/* ---- writing: layout.c, archive.c ---- */

int stet_oci_write_layout(const struct stet_oci_image *image,
                          const struct stet_oci_platform *platform,
                          const struct stet_oci_place *place, struct stet_error *err);
int stet_oci_write_archive(const struct stet_oci_image *image,
                           const struct stet_oci_platform *platform,
                           const struct stet_oci_place *place, struct stet_error *err);

/* ---- references: reference.c ---- */

/* image-spec's grammar of org.opencontainers.image.ref.name. */
bool stet_oci_reference_valid(const char *s);
/* docker's grammar NAME[:TAG]; *tag is set to the tag in s, or NULL without one. */
bool stet_oci_docker_reference_valid(const char *s, const char **tag);

/* ---- reading: files.c, select.c, source.c, docker.c ---- */

/* The files of a layout (a directory) or of an archive (a tar, by offset). */
struct stet_oci_files {
    const char *path; /* of the place, borrowed, for errors */
    int fd;           /* the directory or the archive */
    bool archive;
    struct stet_oci_file *entries; /* of the archive, sorted by path */
    size_t count, cap;
};
/* A regular file found: where its bytes are. */
struct stet_oci_span {
    int fd; /* owned; a layout's file, or a duplicate for an archive */
    uint64_t offset, size;
};
int stet_oci_files_open(struct stet_oci_files *files, const char *path, bool archive,
                        struct stet_error *err);
void stet_oci_files_release(struct stet_oci_files *files);
/* Finds the file at path (in normal form): 1, 0 when there is none, -1 with err. */
int stet_oci_files_find(const struct stet_oci_files *files, const char *path,
                        struct stet_oci_span *out, struct stet_error *err);
/* As find; a missing file is STET_ERROR_INPUT. */
int stet_oci_files_need(const struct stet_oci_files *files, const char *path,
                        struct stet_oci_span *out, struct stet_error *err);
/* How the file is compressed, by its first bytes. */
int stet_oci_span_kind(const struct stet_oci_span *span, const char *name,
                       enum stet_codec_kind *kind, struct stet_error *err);
/* The whole file, at most max bytes, into out (cleared before). */
int stet_oci_files_read(const struct stet_oci_files *files, const char *path, size_t max,
                        struct stet_buffer *out, struct stet_error *err);
/* As read, of a blob, checked against digest and size (UINT64_MAX: any). */
int stet_oci_files_read_blob(const struct stet_oci_files *files, const struct stet_digest *digest,
                             uint64_t size, size_t max, struct stet_buffer *out,
                             struct stet_error *err);

/* Follows the layout's index.json to the manifest that reference, or its being the
 * only one for this machine, selects. */
int stet_oci_select(const struct stet_oci_files *files, const char *reference,
                    struct stet_oci_descriptor *out, struct stet_error *err);

struct stet_oci_source {
    struct stet_oci_files files;
    char *path;
    json_t *manifest, *config;
    struct stet_oci_source_layer *layers;
    char **layer_paths; /* in files, one a layer */
    struct stet_oci_source_info info;
};
int stet_oci_source_open_docker(struct stet_oci_source *s, const char *reference,
                                struct stet_error *err);
/* Makes room for count layers. */
int stet_oci_source_reserve(struct stet_oci_source *s, size_t count, struct stet_error *err);

#endif
