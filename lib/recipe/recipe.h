/*
 * recipe - the recipe (YAML) and the lock (JSON) as plain data: parse, check, print.
 *
 * The recipe is what a person writes; the lock pins it. Both are read
 * strictly: unknown keys, wrong types and bad values are STET_ERROR_INPUT, as
 * "FILE:LINE:COLUMN: what, why, what is allowed". Ecosystem-specific meaning (which bases exist,
 * how a suite may be called) is checked by lib/distro.
 */
#ifndef STET_RECIPE_RECIPE_H
#define STET_RECIPE_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/digest/digest.h"
#include "lib/json/json.h"

struct stet_recipe_pair {
    char *key, *value;
};
/* A string map, sorted bytewise by key, each key once. */
struct stet_recipe_map {
    struct stet_recipe_pair *items;
    size_t count, cap;
};

struct stet_recipe_file {
    char *from;    /* path as written in the recipe (relative to the recipe's directory) */
    char *to;      /* absolute path in the image, normalised */
    uint32_t mode; /* 0644 unless given */
    /* In a lock: the content, embedded. */
    unsigned char *content;
    size_t content_len;
};
enum { STET_RECIPE_FILE_MAX = 16 << 20 };

/* Whether signatures are asked for, as in pacman.conf's SigLevel: required: there must be a good one; optional: one that is
 * there must be good; never: none is looked at. */
enum stet_siglevel { STET_SIGLEVEL_REQUIRED, STET_SIGLEVEL_OPTIONAL, STET_SIGLEVEL_NEVER };

/* What apt (or its like) finds configured inside the image. */
enum stet_recipe_sources {
    STET_SOURCES_LOCKED, /* the lock's mirrors (default) */
    STET_SOURCES_NONE,
    STET_SOURCES_OWN, /* own_sources, each followed by a newline, verbatim; one may hold several
                         lines */
};

struct stet_recipe_image {
    struct stet_strv cmd, entrypoint;
    struct stet_recipe_map env, labels;
    char *user, *working_dir, *stop_signal; /* NULL: absent */
    struct stet_strv exposed_ports, volumes;
};

struct stet_recipe {
    char *name;
    char *ecosystem;             /* "debian", … */
    char *suite;                 /* NULL for ecosystems without */
    char *architecture;          /* the distribution's name for it ("amd64"); NULL in a recipe: this
                                    machine's */
    struct stet_strv mirrors;    /* "system" alone, or URLs */
    struct stet_strv suites;     /* further suites by their full names ("trixie-updates"); Debian */
    bool suites_given;           /* the recipe has the key (else the ecosystem's default) */
    struct stet_strv components; /* default (empty): the ecosystem's */
    char *
        keyring; /* OpenPGP keyring file, or NULL: the ecosystem's default; Arch: also a name without
                                    '/', which is looked for beside the recipe and where distributions keep keyrings */
    struct stet_strv keys;  /* Alpine */
    bool check_valid_until; /* "check-valid-until", default true */
    char *base;             /* NULL: the ecosystem's default */
    struct stet_strv packages;
    struct stet_strv exclude; /* globs, without the leading '/' */
    struct stet_strv
        include; /* globs kept although excluded ("include"), without the leading '/' */
    struct stet_recipe_file *files;
    size_t file_count, file_cap;
    bool epoch_auto;
    int64_t epoch;                    /* when not auto */
    enum stet_recipe_sources sources; /* key "apt-sources" (Debian), "mirrorlist" (Arch) */
    struct stet_strv own_sources;
    struct stet_strv repositories; /* Arch: "core", "extra"; default (empty): the ecosystem's */
    enum stet_siglevel siglevel;   /* Arch: of packages */
    enum stet_siglevel database_siglevel; /* Arch: of databases; key "database-siglevel" */
    struct stet_strv noextract;           /* Arch: pacman's NoExtract patterns, in order */
    bool
        public_keyring; /* Arch: "pacman-keyring: public": a keyring of public keys for pacman in the image */
    char *directory; /* of the recipe's file, for names relative to it; NULL in a lock */
    struct stet_recipe_image image;
};

void stet_recipe_init(struct stet_recipe *r);
void stet_recipe_release(struct stet_recipe *r);

/* Parses text; name is the file's name for errors. Aliases, anchors, tags, several documents, and
 * duplicate keys are refused. Contents of files are not read. mirrors is never empty afterwards. On
 * failure out is as after init. */
int stet_recipe_parse(const char *text, size_t len, const char *name, struct stet_recipe *out,
                      struct stet_error *err);
/* Reads and parses the file (at most 1 MiB) and embeds the contents of its "files", relative to the
 * recipe's directory, whence nothing above it can be reached. "-" reads standard input (directory:
 * the current one). */
int stet_recipe_read(const char *path, struct stet_recipe *out, struct stet_error *err);

/* One signed index (Debian: a Packages file of one component of one suite). */
struct stet_lock_index {
    char *suite, *component; /* component may be NULL */
    char *mirror;            /* the repository's base URL, without a trailing '/' */
    char *url;               /* of the index itself, by hash where the repository has that */
    uint64_t size;
    struct stet_digest digest;
    char *release_url; /* of the signed document that named it */
    struct stet_digest release_digest;
    int64_t release_date;       /* seconds since 1970 */
    struct stet_strv signed_by; /* full fingerprints, upper-case hex, sorted */
};

struct stet_lock_package {
    char *name, *version, *architecture;
    uint64_t size; /* bytes of the package file */
    struct stet_digest digest;
    struct stet_strv urls;
    char *reason;    /* "essential", "required", "base", "requested", "dependency" */
    char *needed_by; /* for a dependency: the package that asked first; else NULL */
    unsigned stage;  /* packages of one stage are unpacked together, then configured; from 0 */
    /* Arch: full fingerprints of the keys whose signatures of the file itself were good when it was locked, upper-case
     * hex, sorted; empty where the index vouches for the package. */
    struct stet_strv signed_by;
    /* Arch: what of the file was checked then, in pacman's words and order: "sha256", "pgp" (which is there exactly when
     * signed_by is not empty). Empty: nothing is said, as for other ecosystems. */
    struct stet_strv validation;
};

/* How the layer is stored. There is no zstd: its bytes are those of the library's version. */
enum stet_compression { STET_COMPRESSION_GZIP, STET_COMPRESSION_NONE };
/* "gzip" or "none". Static. */
const char *stet_compression_name(enum stet_compression compression);
/* Reads such a name; what names the value in the error, which says why zstd is none of them. */
int stet_compression_parse(const char *text, const char *what, enum stet_compression *out,
                           struct stet_error *err);

struct stet_lock {
    unsigned format; /* output format number */
    enum stet_compression compression;
    struct stet_recipe
        recipe; /* complete: defaults filled in, architecture set, file contents embedded */
    int64_t epoch;
    struct stet_lock_index *indexes; /* in the order of use */
    size_t index_count, index_cap;
    struct stet_lock_package *packages; /* in install order, stages ascending */
    size_t package_count, package_cap;
};
enum { STET_LOCK_SCHEMA = 1, STET_LOCK_SIZE_MAX = 256 << 20 };

void stet_lock_init(struct stet_lock *l);
void stet_lock_release(struct stet_lock *l);
/* Append a zeroed element and return it (owned by l), or NULL with err. */
struct stet_lock_index *stet_lock_add_index(struct stet_lock *l, struct stet_error *err);
struct stet_lock_package *stet_lock_add_package(struct stet_lock *l, struct stet_error *err);

/* The canonical text: the same lock gives the same bytes. INDENTED in files. Checks indexes and
 * packages as parsing does first: what would be refused then is STET_ERROR_INPUT now. */
int stet_lock_print(const struct stet_lock *l, enum stet_json_layout layout,
                    struct stet_buffer *out, struct stet_error *err);
/* Parses and checks everything: schema number, known format number (at most max_format),
 * digests, URL schemes, names usable in paths, order of stages (from 0, without gaps), unique
 * packages (by name and architecture), no credentials in URLs. On failure out is as after init. */
int stet_lock_parse(const char *text, size_t len, const char *name, unsigned max_format,
                    struct stet_lock *out, struct stet_error *err);
/* SHA-256 of the canonical INDENTED text: the lock's identity. */
int stet_lock_digest(const struct stet_lock *l, struct stet_digest *out, struct stet_error *err);

/* Does this text look like a lock (JSON object) rather than a recipe (YAML mapping)? */
bool stet_lock_looks_like(const char *text, size_t len);

#endif
