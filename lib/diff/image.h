/*
 * image - an image while it is open, leniently: what is damaged stays as it is. Private to diff.
 */
#ifndef STET_DIFF_IMAGE_H
#define STET_DIFF_IMAGE_H

#include "lib/diff/roles.h"
#include "lib/diff/sides.h"
#include "lib/json/json.h"

enum {
    DIFF_DOCUMENT_MAX = 8 << 20,
    DIFF_IMAGES_MAX = 256, /* of one artifact */
    DIFF_LAYERS_MAX = 1024,
    DIFF_INDEX_DEPTH_MAX = 4,
};

/* A file of the artifact that an image refers to. */
struct diff_blob {
    char *digest; /* as it is referred to: "sha256:…"; NULL: by path alone */
    char *path;   /* in the artifact; NULL: the digest is none */
    struct diff_map map;
    bool found;
};

struct diff_image_layer {
    struct diff_blob blob; /* its map is the stream's */
    const char *diff_id;   /* borrowed from the config, or NULL */
    bool is_tar;
    struct diff_stream stream;
};

struct diff_image_item {
    char *key;            /* reference and platform */
    const char *platform; /* in key; "": not known */
    json_t *entry;        /* in the index, borrowed */
    struct diff_blob manifest, config;
    json_t *manifest_doc, *config_doc; /* NULL: there is none that can be read */
    struct diff_image_layer *layers;
    size_t layer_count;
};

struct diff_image {
    const char *name; /* for errors */
    bool docker, archive;
    const char *reference; /* that was asked for, or NULL */
    int dir;               /* of a layout */
    struct diff_guard *guard;
    const struct diff_map *file;
    struct diff_tar files;    /* of an archive */
    struct diff_map index;    /* index.json, manifest.json of docker */
    struct diff_blob *nested; /* indexes that it leads to */
    json_t **docs;            /* of index and nested ones */
    size_t nested_count, nested_cap, doc_count, doc_cap;
    struct diff_image_item *items;
    size_t count, cap;
    struct stet_error damage; /* why the index cannot be read; empty: it can */
};

/* ---- what is in an artifact (source.c) ---- */

/* The file at path: 1; 0 when there is none; -1 with err. */
int stet_diff_image_file(const struct diff_image *i, const char *path, struct diff_map *out,
                         struct stet_error *err);
/* How a blob is called: by its digest, or its path; "": it has none. */
const char *stet_diff_blob_name(const struct diff_blob *b);
const char *stet_diff_image_index_name(const struct diff_image *i);
/* Does an image refer to the file at path? */
bool stet_diff_image_refers(const struct diff_image *i, const char *path);

/* Of an archive: appends to out (cleared before) the path of the file that path leads to by way of symlinks. False when
 * there is none. */
bool stet_diff_image_resolve(const struct diff_image *i, const char *path, struct stet_buffer *out);

/* ---- two images (image.c, image_layers.c) ---- */

/* Two images under comparison, and what was told of their parts. */
struct diff_images {
    struct diff *d;
    const struct diff_image *a, *b;
    struct diff_image_item *x, *y;
    const char *place;              /* of findings: "" where there is one image, else its key */
    struct diff_roles *roles;       /* what differs in both is added */
    bool same_form;                 /* not one of OCI and one of docker */
    bool evidence;                  /* what they tell of the builds is wanted */
    bool config_told, layers_other; /* layers_other: their number or order */
    bool layer_told[DIFF_LAYERS_MAX];
    bool repeated[DIFF_LAYERS_MAX];  /* the same two layers were compared for another image */
    size_t partner[DIFF_LAYERS_MAX]; /* which layer of y belongs to each of x; SIZE_MAX: none */
};
/* Their configs, manifests and layers. */
int stet_diff_image_pair(struct diff_images *m, struct stet_error *err);
/* Their layers alone. */
int stet_diff_image_layers(struct diff_images *m, struct stet_error *err);

/* Two documents at level IMAGE and place: by path, or else by their bytes. name (may be "") is put before. */
int stet_diff_image_texts(struct diff *d, const char *place, const char *name,
                          const struct diff_bytes *a, const struct diff_bytes *b,
                          struct stet_error *err);
/* Two blobs that are documents: also whether each is there, and what its digest says. */
int stet_diff_image_documents(struct diff *d, const char *place, const char *name,
                              const struct diff_blob *a, const struct diff_blob *b,
                              struct stet_error *err);
/* "content of NAME" is not what its digest says: the digests found, NULL where it is. */
int stet_diff_image_digests(struct diff *d, enum stet_diff_level level, unsigned layer,
                            const char *place, const char *name, const char *a, const char *b,
                            struct stet_error *err);
/* Drops the findings from index from on for which judge says so. */
typedef bool diff_image_judge(const struct stet_finding *f, void *data);
void stet_diff_image_drop(struct stet_diff_result *r, size_t from, diff_image_judge *judge,
                          void *data);
/* "prefix[N]rest": N; SIZE_MAX when it is none. */
size_t stet_diff_image_numbered(const char *what, const char *prefix, const char **rest);
/* Is it ".digest" or ".size", of a descriptor? */
bool stet_diff_image_is_reference(const char *rest);

/* ---- ids of layers in docker's first form of images (legacy.c) ---- */

/* Tells once that they differ, and adds them to roles. */
struct diff_legacy;
int stet_diff_legacy_new(const struct diff_image *a, const struct diff_image *b,
                         struct diff_legacy **out, struct stet_error *err);
/* Two images were compared. */
int stet_diff_legacy_pair(struct diff_legacy *l, const struct diff_images *m,
                          struct stet_error *err);
/* All were. */
int stet_diff_legacy_tell(struct diff_legacy *l, struct diff *d, struct stet_error *err);
void stet_diff_legacy_free(struct diff_legacy *l);

/* ---- files (image_files.c) ---- */

/* What else is in the two artifacts: files that no image refers to, and how archives hold them. lost: it was told that one
 * side has more images or layers. */
int stet_diff_image_files(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                          struct diff_roles *roles, bool lost, struct stet_error *err);

#endif
