/*
 * configure - running what packages bring: preinst scripts, and dpkg --configure inside the root.
 *
 * Everything runs in ctx->sandbox from packages of the lock. While it does, /usr/sbin/policy-rc.d
 * forbids starting services and start-stop-daemon does nothing; both are as packages ship them
 * afterwards.
 *
 * In stage 0 nothing can run before it is unpacked, so its preinst scripts run afterwards, in
 * install order, as with mmdebstrap and debootstrap. Later stages run them before unpacking, as
 * dpkg does.
 *
 * A script that fails is STET_ERROR_INPUT naming its package, with the script's last lines of
 * output; all of its output goes to ctx->log (verbose).
 */
#ifndef STET_DEBIAN_CONFIGURE_H
#define STET_DEBIAN_CONFIGURE_H

#include "lib/distro/debian/unpack.h"

/* See struct stet_distro: unpack, configure and (the packages' part of) finish. */
int stet_debian_unpack(struct stet_build_context *ctx, unsigned stage, struct stet_error *err);
int stet_debian_configure(struct stet_build_context *ctx, unsigned stage, struct stet_error *err);
/* Checks that dpkg calls every package installed, with no trigger pending. */
int stet_debian_finish(struct stet_build_context *ctx, struct stet_error *err);

#endif
