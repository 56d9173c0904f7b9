/*
 * sides - the two artifacts of a comparison while they are open: mapped files, indexes of tars, lists of entries, images.
 *
 * Everything here is lenient: what is damaged is kept as it is and told, so that the bytes can still be compared.
 */
#ifndef STET_DIFF_SIDES_H
#define STET_DIFF_SIDES_H

#include "lib/codec/codec.h"
#include "lib/diff/guard.h"
#include "lib/diff/private.h"
#include "lib/oci/oci.h"

/* ---- bytes of files (mapped.c) ---- */

/* A part of a file in memory. One of zeroes is empty. */
struct diff_map {
    struct diff_bytes bytes;
    void *base; /* of the mapping; NULL: the bytes are no file's */
    size_t length;
    struct diff_range *range; /* as the guard knows it, or NULL */
    int sparse;               /* descriptor of a large file with holes; 0: it is none */
    uint64_t offset;          /* in the file, of the mapping */
    bool borrowed;            /* the mapping is another's */
};
/* An unnamed file in the directory for temporary ones: a descriptor, or -1 with err. */
int stet_diff_unnamed_file(const struct diff *d, struct stet_error *err);
/* Writes to it. */
int stet_diff_unnamed_write(const struct diff *d, int fd, const void *data, size_t len,
                            struct stet_error *err);
/* Watched by guard, which may be NULL: then the file must not become shorter meanwhile. */
int stet_diff_map_fd(struct diff_guard *guard, int fd, uint64_t offset, uint64_t len,
                     const char *name, struct diff_map *out, struct stet_error *err);
/* A whole regular file. -2 with err untouched when it does not exist or is no regular file. */
int stet_diff_map_file(struct diff_guard *guard, const char *path, struct diff_map *out,
                       struct stet_error *err);
/* A part of m, which must outlive it; clipped to what m has. */
void stet_diff_map_part(const struct diff_map *m, uint64_t offset, uint64_t len,
                        struct diff_map *out);
void stet_diff_map_release(struct diff_map *m);
/* The pages of this part may leave the memory; they come back when they are touched. */
void stet_diff_map_forget(const struct diff_map *m, size_t offset, size_t len);
/* Are they the same bytes? Memory stays small whatever their length; holes that both have take no time. False too when the
 * comparison is to end: stet_diff_map_content() says so. */
bool stet_diff_map_equal(const struct diff_map *a, const struct diff_map *b);
/* stet_diff_content() of two that are not equal: the pair's contents are all of a and b. Those that are larger than the
 * budget, or of more than 192 MiB together and no archives, are compared as bytes, and a finding says so. */
int stet_diff_map_content(const struct diff_pair *p, const struct diff_map *a,
                          const struct diff_map *b, struct stet_error *err);
int stet_diff_map_digest(const struct diff_map *m, struct stet_digest *out, struct stet_error *err);

/* ---- large arrays (table.c) ---- */

/* One of zeroes is empty. Its bytes move when it grows. */
struct diff_table {
    void *data;
    size_t cap; /* bytes */
    int fd;
    bool mapped; /* else data is malloc'd */
};
/* Room for size bytes in all. */
int stet_diff_table_reserve(const struct diff *d, struct diff_table *t, size_t size,
                            struct stet_error *err);
/* The pages may leave the memory; they come back when they are touched. */
void stet_diff_table_forget(const struct diff_table *t);
void stet_diff_table_release(struct diff_table *t);

/* ---- tars (tarfile.c) ---- */

enum { DIFF_BLOCK = 512 };

struct diff_tar_entry {
    uint64_t start;   /* of its first block: an extended header, or its own */
    uint64_t content; /* offset */
    uint64_t size;    /* of the content, as stored */
    uint32_t path;    /* in names: in normal form, as far as it can be brought to it */
    uint32_t header;  /* its own header: blocks after start */
    uint32_t globals; /* global headers that came before its own */
    char type;        /* typeflag */
    bool bad;         /* its checksum does not hold */
    bool cut;         /* the archive ends in its content */
};
struct diff_tar_gap { /* bytes that are no entry */
    uint64_t from, to;
    size_t after; /* entries that came before */
};
enum {
    DIFF_DIALECT_V7 = 1,
    DIFF_DIALECT_GNU = 2,
    DIFF_DIALECT_USTAR = 4,
    DIFF_DIALECT_PAX = 8, /* ustar with extended headers */
};
struct diff_tar {
    const struct diff_map *map; /* borrowed */
    struct diff_tar_entry *entries;
    size_t count;
    uint32_t *order; /* of the entries by path, those of one path as they come */
    char *names;
    size_t names_len;
    struct diff_table entry_table, order_table, name_table; /* what the three are in */
    uint64_t *globals;                                      /* offsets of global headers */
    size_t global_count, global_cap;
    struct diff_tar_gap *gaps;
    size_t gap_count, gap_cap;
    uint64_t end;      /* where blocks of zeroes, or nothing, follow the last entry */
    unsigned dialects; /* of its entries' headers */
    bool cut_short;    /* there are more entries than are read: they begin at end */
};
int stet_diff_tar_index(const struct diff *d, const struct diff_map *map, struct diff_tar *out,
                        struct stet_error *err);
void stet_diff_tar_release(struct diff_tar *t);
/* The index may leave the memory; to be called every DIFF_TAR_FORGET entries by who walks along all of them. */
enum { DIFF_TAR_FORGET = 32768 };
void stet_diff_tar_forget(const struct diff_tar *t);
const char *stet_diff_tar_path(const struct diff_tar *t, size_t entry);
/* Is this block a header whose checksum holds? */
bool stet_diff_tar_header_holds(const unsigned char *block);
/* Where the entry and its padding end. */
uint64_t stet_diff_tar_entry_end(const struct diff_tar *t, size_t entry);
/* The last entry of this path (the one that holds when it is unpacked); false: there is none. */
bool stet_diff_tar_find(const struct diff_tar *t, const char *path, size_t *entry);
/* A number field; false when it is none. */
bool stet_diff_tar_number(const void *field, size_t size, int64_t *out);

/* The extended headers of an entry: pos begins as start. False when the next is the entry's own. */
struct diff_tar_extended {
    char type;
    const unsigned char *header;
    struct diff_bytes content;
    struct diff_bytes padding;
};
bool stet_diff_tar_extended_next(const struct diff_tar *t, const struct diff_tar_entry *e,
                                 uint64_t *pos, struct diff_tar_extended *out);
struct diff_pax_record {
    struct diff_bytes key, value;
};
/* The next record of an extended header; rest moves. 1, 0 at the end, -1 when what is left is no record. */
int stet_diff_pax_next(struct diff_bytes *rest, struct diff_pax_record *out);

/* ---- entries of whatever holds them (meta.c) ---- */

struct diff_number {
    int64_t value;
    bool ok; /* it could be read */
};
struct diff_attribute {
    const char *name;
    size_t name_len;
    struct diff_bytes value;
};
struct diff_meta {
    const char *path; /* valid as long as its list */
    enum stet_entry_type type;
    char flag; /* a tar's typeflag that stands for none of the types; else 0 */
    struct diff_number mode, uid, gid, mtime, major, minor;
    uint32_t mtime_ns;
    uint64_t size;
    const char *link;                    /* target, or NULL */
    const struct diff_attribute *xattrs; /* sorted by name */
    size_t xattr_count;
    /* memory */
    struct stet_buffer text;
    struct diff_attribute *list;
    size_t cap;
};
void stet_diff_meta_release(struct diff_meta *m);
int stet_diff_tar_meta(const struct diff_tar *t, size_t entry, struct diff_meta *out,
                       struct stet_error *err);

/* Appends to out (cleared before) where a link leads: of a hard link, in normal form. */
int stet_diff_meta_target(const struct diff_meta *m, struct stet_buffer *out,
                          struct stet_error *err);
/* The entry that a hard link leads to in the end; entry itself when it is none. False: none, or err for lack of memory. */
bool stet_diff_tar_leader(const struct diff_tar *t, size_t entry, size_t *out,
                          struct stet_error *err);
/* The content of a file, or of what a hard link leads to. 1; 0 when there is none (why, in err). */
int stet_diff_tar_content(const struct diff_tar *t, size_t entry, struct diff_map *out,
                          struct stet_error *err);

/* ---- lists of entries, sorted by path (directory.c, flatten.c, entries.c) ---- */

struct diff_list;
struct diff_list_ops {
    const char *(*path)(struct diff_list *l, size_t i); /* valid until the next call but one */
    int (*meta)(struct diff_list *l, size_t i, struct diff_meta *out, struct stet_error *err);
    /* The content of a file, or of what a hard link leads to. 1; 0 when there is none that can be read (why, in err). */
    int (*content)(struct diff_list *l, size_t i, struct diff_map *out, struct stet_error *err);
    void (*free)(struct diff_list *l);
    /* Fields of the entry of which nothing is to be told, after its content was asked for; may be NULL. */
    unsigned (*told)(struct diff_list *l, size_t i);
};
struct diff_list {
    const struct diff_list_ops *ops;
    const char *format; /* "tar", "directory" */
    size_t count;
    bool damaged; /* it ends too early: entries are missing for that alone */
    void *data;
    struct diff_tar *tar; /* the one that it lists; NULL: something else */
};
void stet_diff_list_free(struct diff_list *l);
int stet_diff_list_tar(struct diff_tar *t, struct diff_list *out, struct stet_error *err);
/* Layers laid over each other, the lowest first. */
int stet_diff_list_flat(struct diff_tar *const *layers, size_t count, struct diff_list *out,
                        struct stet_error *err);
int stet_diff_list_directory(const struct diff *d, const char *path, struct diff_list *out,
                             struct stet_error *err);
/* Tells the evidence of all of its entries. */
int stet_diff_list_evidence(struct diff_side *side, struct diff_list *l, struct stet_error *err);

/*
 * Compares entry by entry. strict: headers of tars too; else what an unpacked tree shows of both.
 */
int stet_diff_entries(struct diff *d, unsigned layer, struct diff_list *a, struct diff_list *b,
                      bool strict, struct stet_error *err);

/* Fields of entries: those whose difference was told. */
enum {
    DIFF_FIELD_TYPE = 1,
    DIFF_FIELD_MODE = 2,
    DIFF_FIELD_UID = 4,
    DIFF_FIELD_GID = 8,
    DIFF_FIELD_MTIME = 16,
    DIFF_FIELD_LINK = 32,
    DIFF_FIELD_DEVICE = 64,
    DIFF_FIELD_XATTRS = 128,
    DIFF_FIELD_SIZE = 256,
    DIFF_FIELD_NAME = 512,
    DIFF_FIELD_CONTENT = 1024,
};

/* ---- archive level (archive.c, header.c) ---- */

struct diff_habits;

/* Everything around the entries: dialect, order, what is no entry, end. */
int stet_diff_archive(struct diff *d, unsigned layer, const struct diff_tar *a,
                      const struct diff_tar *b, struct stet_error *err);
/* Headers and padding of two entries of one path, but for the fields told. */
int stet_diff_headers(struct diff_habits *habits, const char *path, const struct diff_tar *a,
                      size_t i, const struct diff_tar *b, size_t j, unsigned told,
                      struct stet_error *err);
/* The dialect of all its headers: "ustar", "pax", "GNU", "v7"; "mixed". Static. */
const char *stet_diff_tar_dialect(const struct diff_tar *t);
/* Do the two differ in dialect, each of one only? */
bool stet_diff_dialects_differ(const struct diff_tar *a, const struct diff_tar *b);

/* ---- how the headers of an archive are written (habits.c) ---- */

/*
 * A difference in the way that headers are written, where they say the same. Few of a kind are told entry by entry, many
 * once for the archive; all kinds at once when the dialects differ.
 */
struct diff_habits *stet_diff_habits_new(struct diff *d, unsigned layer, const struct diff_tar *a,
                                         const struct diff_tar *b, struct stet_error *err);
/* One more. a and b are texts, or NULL where that side has none; kind is "header.mode". */
int stet_diff_habit(struct diff_habits *h, const char *path, const char *a, const char *b,
                    const char *kind, struct stet_error *err);
/* How many there were. */
size_t stet_diff_habits_count(const struct diff_habits *h);
/* All entries were compared, so many. */
int stet_diff_habits_finish(struct diff_habits *h, size_t compared, struct stet_error *err);
void stet_diff_habits_free(struct diff_habits *h);
/* Whose they are. */
struct diff *stet_diff_habits_of(const struct diff_habits *h, unsigned *layer);

/* Adds findings for two pieces of bytes at any level. what (may be "") is put before. */
int stet_diff_bytes_at(struct diff *d, enum stet_diff_level level, unsigned layer, const char *path,
                       const char *format, const char *what, const struct diff_bytes *a,
                       const struct diff_bytes *b, struct stet_error *err);

/* ---- a tar, perhaps compressed (layer.c) ---- */

struct diff_stream {
    struct diff_map blob; /* as stored */
    char *name;           /* for errors */
    bool verify;          /* hash blob and tar */
    /* by stet_diff_stream_open() */
    enum stet_codec_kind kind;
    struct diff_map tar;
    struct stet_digest blob_digest, tar_digest;
    struct stet_error damage; /* what the decoder said; empty: nothing */
    struct diff_tar index;
    bool is_open;
};
/* Decodes, hashes, indexes. Thread-safe. */
int stet_diff_stream_open(const struct diff *d, struct diff_stream *s, struct stet_error *err);
void stet_diff_stream_release(struct diff_stream *s);
/* Opens all of them on the options' threads. */
int stet_diff_streams_open(const struct diff *d, struct diff_stream **streams, size_t count,
                           struct stet_error *err);
/* Compares two that are open. compression: whether the way they are compressed counts. */
int stet_diff_streams(struct diff *d, unsigned layer, struct diff_stream *a, struct diff_stream *b,
                      bool compression, struct stet_error *err);

/* ---- artifacts (open.c) ---- */

enum diff_artifact_kind {
    DIFF_ARTIFACT_IMAGE,
    DIFF_ARTIFACT_TAR,
    DIFF_ARTIFACT_DIRECTORY,
    DIFF_ARTIFACT_FILE,
};
struct diff_image;
struct diff_artifact {
    const char *name; /* as given */
    enum diff_artifact_kind kind;
    const char *kind_text;
    struct stet_oci_place place; /* path, and the transport of an image */
    struct diff_map file;        /* of what is a file */
    struct stat file_was;        /* before it was read */
    struct diff_image *image;    /* of an image, from stet_diff_image_open() */
    struct diff_stream stream;   /* of a tar */
};
int stet_diff_artifact_open(const struct diff *d, const char *name, struct diff_artifact *out,
                            struct stet_error *err);
void stet_diff_artifact_release(struct diff_artifact *a);
/* 0, or -1 with err when it is a file that was written to since it was opened. */
int stet_diff_artifact_check(const struct diff_artifact *a, struct stet_error *err);

/* ---- images (image.c, source.c) ---- */

int stet_diff_image_open(const struct diff *d, struct diff_artifact *a, struct stet_error *err);
void stet_diff_image_free(struct diff_image *i);
int stet_diff_images(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                     struct stet_error *err);
/* The streams of the artifact's one image, open: *count of them, borrowed. */
int stet_diff_image_streams(struct diff *d, struct diff_image *i, struct diff_stream ***out,
                            size_t *count, struct stet_error *err);

/* ---- two files (plain.c) ---- */

int stet_diff_files(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                    struct stet_error *err);

#endif
