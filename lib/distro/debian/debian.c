/*
 * The Debian table: what the pipeline calls, and in what order its parts run.
 */
#include "lib/distro/debian/debian.h"

#include "lib/distro/debian/architecture.h"
#include "lib/distro/debian/configure.h"
#include "lib/distro/debian/image.h"
#include "lib/distro/debian/resolve.h"
#include "lib/distro/debian/unpack.h"

static int finish(struct stet_build_context *ctx, struct stet_error *err)
{
    if (stet_debian_finish(ctx, err) < 0)
        return -1;
    return stet_debian_write_sources(ctx, err);
}

static void end(struct stet_build_context *ctx)
{
    stet_debian_state_free(ctx->state);
    ctx->state = NULL;
}

const struct stet_distro stet_debian = {
    .name = "debian",
    .complete_recipe = stet_debian_complete_recipe,
    .resolve = stet_debian_resolve,
    .begin = stet_debian_prepare_root,
    .unpack = stet_debian_unpack,
    .configure = stet_debian_configure,
    .finish = finish,
    .end = end,
    .scrub_rules = stet_debian_scrub_rules,
    .database_glob = "var/lib/dpkg/status",
    .list_packages = stet_debian_list_packages,
    .oci_architecture = stet_debian_oci_architecture,
    .machine = stet_debian_machine,
};
