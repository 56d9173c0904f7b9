/*
 * evidence - what tells of the two builds, gathered while the artifacts are opened and before contents are compared.
 *
 * Whoever opens an artifact tells these functions what it meets, for each side on its own, in any order, and ends with
 * stet_diff_evidence_finish(). All of it is optional and all of it is hostile: what does not parse is passed over, memory is
 * bounded, and the only failure is that of memory. The result does not depend on the order of the calls.
 */
#ifndef STET_DIFF_EVIDENCE_H
#define STET_DIFF_EVIDENCE_H

#include "lib/diff/private.h"

/* A struct diff_side of zeroes is empty. Frees what it holds; it is then empty. */
void stet_diff_side_release(struct diff_side *s);

/* The time at which the image says that it was made (config "created"), as it stands there; a NULL or malformed one is
 * passed over, as are times before 1980. */
void stet_diff_evidence_created(struct diff_side *s, const char *rfc3339);
/* One of the times in the image's history, as it stands there. */
void stet_diff_evidence_history(struct diff_side *s, const char *rfc3339);

/* The mtime of an entry: of every file of an archive, layer or directory. Cheap. Not that of the artifact itself (it says
 * when it was copied), and not of a plain file that is compared. */
void stet_diff_evidence_mtime(struct diff_side *s, int64_t seconds);

/* Is the content of the regular file at path (from the root of the tree, without a leading '/') wanted? For the
 * artifact's own files ("etc/hostname"), of every layer; of a package also ".BUILDINFO" and ".PKGINFO". */
bool stet_diff_evidence_wants(const char *path);
/* Contents above this are not handed in. */
enum { DIFF_EVIDENCE_FILE_MAX = 64 << 20 };
/* Reads what it tells of the build: host names, users, build directories, times, packages and what they ship. -1 with
 * err only when out of memory. */
int stet_diff_evidence_file(struct diff_side *s, const char *path, const struct diff_bytes *content,
                            struct stet_error *err);

/* All was told: makes the span of times, sorts the lists. Nothing may be told afterwards. Idempotent. */
int stet_diff_evidence_finish(struct diff_side *s, struct stet_error *err);

/* ---- after stet_diff_evidence_finish() ---- */

/* The name of the one package that ships path, by the databases of s; NULL: none, or several. Borrowed from s. */
const char *stet_diff_evidence_owner(const struct diff_side *s, const char *path);
/* The version of the package of that name; NULL when there is none, or several. Borrowed from s. */
const char *stet_diff_evidence_version(const struct diff_side *s, const char *package);

#endif
