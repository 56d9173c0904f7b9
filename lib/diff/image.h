/*
 * image - an image while it is open, leniently: what is damaged stays as it is. Private to diff.
 */
#ifndef STET_DIFF_IMAGE_H
#define STET_DIFF_IMAGE_H

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
    char *key;     /* reference and platform */
    json_t *entry; /* in the index, borrowed */
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

/* The file at path: 1; 0 when there is none; -1 with err. */
int stet_diff_image_file(const struct diff_image *i, const char *path, struct diff_map *out,
                         struct stet_error *err);
const char *stet_diff_image_index_name(const struct diff_image *i);
/* Does an image refer to the file at path? */
bool stet_diff_image_refers(const struct diff_image *i, const char *path);

/* What else is in the two artifacts: files that no image refers to, and how archives hold them. */
int stet_diff_image_files(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                          struct stet_error *err);

#endif
