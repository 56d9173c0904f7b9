/*
 * download - small documents whose content is not known beforehand, and remembering them.
 */
#ifndef STET_ARCH_DOWNLOAD_H
#define STET_ARCH_DOWNLOAD_H

#include "lib/distro/distro.h"

struct stet_arch_document {
    const char *const *urls; /* NULL-terminated, tried in turn; borrowed */
    const char *name;        /* for errors and progress; borrowed */
    uint64_t max;            /* bytes */
    struct stet_buffer content;
    bool present;
    size_t from; /* number of the URL that served it, from stet_arch_find() */
};

/*
 * Downloads one and says where from: each URL in turn, whatever is wrong with those before it. It is not present when
 * no URL has it; where some of them could not be asked, that is an error which names all. Thread-safe.
 */
int stet_arch_find(const struct stet_resolve_context *ctx, struct stet_arch_document *document,
                   struct stet_error *err);

/* Downloads all of them, in parallel, without a word on where from. One that none of its URLs has is not present. */
int stet_arch_download(const struct stet_resolve_context *ctx, struct stet_arch_document *documents,
                       size_t count, struct stet_error *err);

/* What the last run found under a key: the content, or that there is none. recall: 1; 0 when it was never asked for. */
int stet_arch_remember(const struct stet_resolve_context *ctx, const char *key,
                       const struct stet_arch_document *document, struct stet_error *err);
int stet_arch_recall(const struct stet_resolve_context *ctx, const char *key,
                     struct stet_arch_document *document, struct stet_error *err);

#endif
