/*
 * diff - where two artifacts differ, down to the byte, and why.
 *
 * Two artifacts are opened, whatever each of them is, and compared level by level: the image's JSON, its layers, the
 * archive in a layer, the archive's entries, their contents, and what is inside of those. What is equal by its digest is
 * never opened. The result is a list of findings; it is empty exactly when the two are equal byte for byte (but see partial in the result). Each finding
 * names a place, two values, and a cause with the evidence for it, or none.
 *
 * The same two artifacts give the same findings in the same order, on every machine and with any number of threads.
 */
#ifndef STET_DIFF_DIFF_H
#define STET_DIFF_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"

enum stet_diff_level {
    STET_DIFF_IMAGE,   /* manifest, config, annotations, history */
    STET_DIFF_LAYER,   /* count, order, digests, compression */
    STET_DIFF_ARCHIVE, /* order of entries, header dialect, pax records, padding, trailing bytes */
    STET_DIFF_ENTRY, /* one file's metadata: type, mode, owner, mtime, link, device, xattrs; missing or extra */
    STET_DIFF_CONTENT, /* what is in a file */
    STET_DIFF_LEVELS,
};
/* "image", "layer", "archive", "entry", "content". Static. */
const char *stet_diff_level_name(enum stet_diff_level level);

enum stet_diff_cause {
    STET_CAUSE_UNEXPLAINED,
    STET_CAUSE_BUILD_TIME,      /* values that are times within the builds' span */
    STET_CAUSE_FILE_ORDER,      /* the same items in another order, as directories are read */
    STET_CAUSE_PARALLEL_ORDER,  /* the same items in another order, as workers come to an end */
    STET_CAUSE_OWNER,           /* owners, or modes by the umask */
    STET_CAUSE_LOCALE,          /* language, or time zone */
    STET_CAUSE_HOST,            /* host name, user name */
    STET_CAUSE_BUILD_PATH,      /* the directory where it was built */
    STET_CAUSE_MACHINE,         /* kernel, processor */
    STET_CAUSE_DATABASE_TIME,   /* a package database's times of installation */
    STET_CAUSE_PACKAGE_VERSION, /* another version of a package */
    STET_CAUSE_RANDOM,          /* random, or key material */
    STET_CAUSE_INODE_CACHE,     /* a cache keyed by inode numbers */
    STET_CAUSE_COMPRESSOR,      /* the same content, compressed otherwise */
    STET_CAUSE_ARCHIVER,        /* headers that say the same, written otherwise */
    STET_CAUSE_MISSING,         /* a file that one side does not have */
    STET_CAUSE_COUNT,
};
/* What is told of a cause. All static. */
struct stet_diff_cause_info {
    const char *name;  /* for --ignore and JSON: "build-time" */
    const char *title; /* "build time" */
    const char
        *cure; /* one or two sentences: what helps, and where to apply it; NULL: none is known */
    bool loud; /* may be a secret in an image */
};
const struct stet_diff_cause_info *stet_diff_cause_info(enum stet_diff_cause cause);
/* By its name; false when there is none of that name. */
bool stet_diff_cause_find(const char *name, enum stet_diff_cause *out);

enum stet_diff_sureness { STET_DIFF_POSSIBLE, STET_DIFF_LIKELY, STET_DIFF_CERTAIN };
/* "possible", "likely", "certain". Static. */
const char *stet_diff_sureness_name(enum stet_diff_sureness sure);

/*
 * The texts of findings but for detail are counted, so that findings that say the same hold one: made by
 * stet_diff_shared_new() (NULL with err), given back by stet_diff_shared_release() (which takes NULL).
 */
char *stet_diff_shared_new(const char *text, struct stet_error *err);
void stet_diff_shared_release(char *text);

/*
 * One difference. Strings may hold any UTF-8 without control characters but '\n' and '\t' in detail (bytes that are not
 * are written \xNN); they are hostile and must be escaped by whoever shows them.
 */
struct stet_finding {
    enum stet_diff_level level;
    /* Whose layer that is, where an artifact holds several images: name and platform. NULL: there is one image, or none,
     * or level is IMAGE, where path names it. */
    char *image;
    unsigned layer; /* from 1; 0: none, or the same for all */
    /* The place: "etc/shadow"; members of a content follow after '!': "usr/lib/a.jar!META-INF/MANIFEST.MF". "": the
     * artifact (or layer) itself. */
    char *path;
    char *
        format; /* of the content, or what the property belongs to: "elf", "json", "tar", "gzip", "text", "bytes", … */
    char *
        what; /* which property: "mtime", "mode", "config.created", "section .comment", "lines 3-5", "bytes 100-115" */
    char *a, *b; /* the values as text, shortened; NULL: there is none on that side */
    /* More (malloc'd): lines "-…" of a, "+…" of b, " …" of both, "@@ …" between; or hex windows in the same form. NULL: none. */
    char *detail;
    enum stet_diff_cause cause;
    enum stet_diff_sureness sure;
    char *
        evidence; /* one sentence that says from what the cause follows; NULL where it is unexplained */
    char *package; /* that ships the path, where a database says so; or NULL */
};

/* What was asked to be ignored, and how much that was. */
struct stet_diff_ignored {
    char *rule; /* as given */
    size_t count;
};

struct stet_diff_result {
    char *a, *b; /* as they were named */
    char *a_kind,
        *b_kind; /* "OCI layout", "docker archive", "tar", "directory", "Debian package", "file", … */
    struct stet_finding *
        findings; /* by level, image, layer, path (stet_path_compare), then in the order of the content */
    size_t count, cap;
    struct stet_diff_ignored *ignored;
    size_t ignored_count;
    /* What was looked at. */
    uint64_t entries, contents, bytes;
    bool cut_short; /* a budget was reached: a finding says where */
    /* Kinds are mixed, or layers were flattened: entries and contents were compared, and not what they are packed in. */
    bool partial;
};
void stet_diff_result_init(struct stet_diff_result *r);
void stet_diff_result_release(struct stet_diff_result *r);

struct stet_diff_options {
    bool
        flatten; /* compare what a container sees: layers laid over each other, whiteouts applied */
    /* Names of causes, and globs of paths (stet_path_match(), a leading '/' is dropped), borrowed; NULL: none. */
    const struct stet_strv *ignore;
    unsigned threads;      /* 0: 1 */
    const char *temporary; /* a directory for what does not fit into memory; NULL: /var/tmp */
    /* Of nested contents that are opened, both sides together; 0: 1 GiB and 16 times what they are in, at most 8 GiB. */
    uint64_t budget_bytes;
    unsigned budget_depth;      /* of nesting; 0: 16 */
    size_t budget_findings;     /* 0: 1 000 000 */
    const struct stet_log *log; /* may be NULL */
};

/*
 * Compares a and b: a name with a transport (oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF], rootfs:DIR,
 * tar:FILE), or a path whose kind is recognised by what is there: a directory (an OCI layout when it has the file
 * oci-layout), an archive or package by its content, any other file.
 *
 * 0 with out filled; -1 with err when one of them cannot be opened at all, or the machine fails. What is damaged inside
 * is a finding and not an error. out is initialised by the function and holds nothing after a failure.
 */
int stet_diff(const char *a, const char *b, const struct stet_diff_options *options,
              struct stet_diff_result *out, struct stet_error *err);

#endif
