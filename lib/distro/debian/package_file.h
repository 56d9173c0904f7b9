/*
 * package_file - the file of a locked package, from the store; and its content decoded ahead of time.
 */
#ifndef STET_DEBIAN_PACKAGE_FILE_H
#define STET_DEBIAN_PACKAGE_FILE_H

#include "lib/distro/debian/deb.h"
#include "lib/distro/distro.h"

/*
 * Opens the file of package number i, whose SHA-256 is checked unless it was before and the file is as it was then. The
 * descriptor, which is the caller's and deb borrows, or -1 with err. A file that does not match is
 * also discarded from the store.
 */
int stet_debian_open_package(struct stet_build_context *ctx, size_t i, struct stet_deb *deb,
                             struct stet_error *err);

/* The same without consequences: -1 when the file is not there or not as it should be, and it stays. */
int stet_debian_try_package(struct stet_build_context *ctx, size_t i, struct stet_deb *deb);

/*
 * While scripts of a stage run, most processors have nothing to do: from begin to end one thread decompresses
 * the data members of the packages of later stages into an unnamed file in ctx->work. Only saves time: what
 * could not be had in time, or at all, is simply read later, and errors are met again then. Nothing happens with
 * ctx->threads below 2. What ctx->state knows of packages of later stages must not be used in between.
 */
void stet_debian_ahead_begin(struct stet_build_context *ctx, unsigned stage);
void stet_debian_ahead_end(struct stet_build_context *ctx);
/* Lets deb, open on package i, read the decoded data member from there, if it is there. */
void stet_debian_ahead_use(struct stet_build_context *ctx, size_t i, struct stet_deb *deb);
/* Gives back the file unless packages of stages after this one are in it. */
void stet_debian_ahead_drop(struct stet_build_context *ctx, unsigned stage);

#endif
