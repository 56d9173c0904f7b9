/*
 * members - archives in contents (tar, cpio, ar, zip) as lists of members. Private to diff.
 *
 * Each format has a reader that fills a container; how two containers differ is told by one function for all (members.c).
 */
#ifndef STET_DIFF_MEMBERS_H
#define STET_DIFF_MEMBERS_H

#include "lib/diff/private.h"

enum { DIFF_MEMBERS_MAX = 1 << 18 };

/* What is a number. DIFF_NO_NUMBER: there is none. */
enum diff_number_field {
    DIFF_N_TYPE, /* a character: that of tar */
    DIFF_N_MODE,
    DIFF_N_UID,
    DIFF_N_GID,
    DIFF_N_MTIME,    /* seconds since 1970 */
    DIFF_N_NS,       /* nanoseconds of it */
    DIFF_N_DOS_TIME, /* date and time of zip: local, two seconds fine */
    DIFF_N_DEVICE,   /* major << 32 | minor */
    DIFF_N_LINKS,
    DIFF_N_INODE,
    DIFF_N_FS, /* of the file system the file was on: major << 32 | minor */
    DIFF_N_METHOD,
    DIFF_N_FLAGS,
    DIFF_N_LEVEL,    /* of zip: the two flags that say how hard was tried */
    DIFF_N_VERSIONS, /* of zip: made by << 16 | needed */
    DIFF_N_ATTRIBUTES,
    DIFF_N_COUNT,
};
#define DIFF_NO_NUMBER INT64_MIN

/* What is text or bytes. No data: there is none. */
enum diff_bytes_field {
    DIFF_B_UNAME,
    DIFF_B_GNAME,
    DIFF_B_DIALECT,
    DIFF_B_EXTRA,
    DIFF_B_COMMENT,
    DIFF_B_COUNT,
};

struct diff_archived {
    size_t name, link; /* in the container's names; link 0: none */
    size_t key; /* by which members of both sides belong together: the name, or another text */
    int64_t number[DIFF_N_COUNT];
    struct diff_bytes bytes[DIFF_B_COUNT];
    struct diff_bytes content; /* as stored */
    struct diff_bytes header;  /* all that describes it: compared where nothing else differs */
    struct diff_bytes padding; /* of the content */
    uint64_t size;             /* of the content when it is unpacked */
    bool has_content;
    bool packed;   /* content is DEFLATE data */
    bool locked;   /* content cannot be unpacked */
    bool overlaps; /* it and another one share bytes, which is damage: it is not opened */
};

struct diff_container {
    const char *format;
    struct diff_archived *members;
    size_t count, cap;
    size_t overlapping; /* members */
    struct stet_buffer names;
    struct diff_bytes before; /* the first member, and belongs to none */
    struct diff_bytes after;  /* the last member, and belongs to none */
};

void stet_diff_container_init(struct diff_container *c, const char *format);
void stet_diff_container_release(struct diff_container *c);
/* A member without any field; NULL with err (STET_ERROR_INPUT: there are too many). */
struct diff_archived *stet_diff_container_add(struct diff_container *c, const void *name,
                                              size_t len, struct stet_error *err);
int stet_diff_container_link(struct diff_container *c, struct diff_archived *m, const void *link,
                             size_t len, struct stet_error *err);
const char *stet_diff_container_name(const struct diff_container *c, size_t member);

/* A reader: 1; 0 when data is not of its format or damaged; -1 with err. c is initialised, and released whatever is
 * returned. What it borrows from data stays borrowed. */
typedef int diff_container_reader(const struct diff_bytes *data, struct diff_container *c,
                                  struct stet_error *err);
diff_container_reader stet_diff_read_ar, stet_diff_read_cpio, stet_diff_read_zip;

/* The number of findings, or -1. */
int stet_diff_containers(const struct diff_pair *p, const struct diff_container *a,
                         const struct diff_container *b, struct stet_error *err);

/* Asked before the members are compared: as a comparator. */
typedef int diff_container_check(const struct diff_pair *p, const struct diff_container *a,
                                 const struct diff_container *b, struct stet_error *err);
/* A comparator made of a reader; check may be NULL. */
int stet_diff_compare_with(const struct diff_pair *p, diff_container_reader *read,
                           diff_container_check *check, struct stet_error *err);

/*
 * Two packages of which the version (or the name) differs, by their descriptions: a finding, 1; 0 when they are the
 * same or it is no description; -1 with err. Debian's control, or .PKGINFO of pacman and apk.
 */
int stet_diff_package_versions(const struct diff_pair *p, const char *format,
                               const struct diff_bytes *a, const struct diff_bytes *b,
                               struct stet_error *err);

#endif
