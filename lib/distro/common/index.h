/*
 * index - what resolving by the indexes of mirrors shares: places, contents, dates seen before, and the packages chosen.
 */
#ifndef STET_DISTRO_COMMON_INDEX_H
#define STET_DISTRO_COMMON_INDEX_H

#include "lib/codec/codec.h"
#include "lib/distro/distro.h"
#include "lib/solve/solve.h"

/* MIRROR/PATH, where what a URL's path may not hold as it is (RFC 3986, 3.3) is escaped; a '/' stays. The caller frees
 * it. NULL with err. */
char *stet_distro_url(const char *mirror, const char *path, struct stet_error *err);

/* Appends the decompressed content of in (borrowed) to out, at most max bytes. name and what ("reading a package
 * index") are for errors. */
enum { STET_DISTRO_DECODE_PIECE = 256 << 10 }; /* room beyond the content, for who reserves */
int stet_distro_decode(struct stet_reader *in, const char *name, uint64_t max, const char *what,
                       struct stet_buffer *out, struct stet_error *err);

/* The date remembered by key: 1, 0 when there is none; and remembers one. */
int stet_distro_recall_date(struct stet_store *store, const char *key, int64_t *date,
                            struct stet_error *err);
int stet_distro_remember_date(struct stet_store *store, const char *key, int64_t date,
                              struct stet_error *err);

/* Is one of the items to be fetched already this content? */
bool stet_distro_is_among(const struct stet_store_item *items, size_t count,
                          const struct stet_digest *digest);

/*
 * Adds p to the lock for this reason ("dependency": then also who needs it), with all but its URLs. NULL with err.
 */
struct stet_lock_package *stet_distro_lock_package(struct stet_lock *lock,
                                                   const struct stet_solve_package *p,
                                                   const char *reason, struct stet_error *err);

#endif
