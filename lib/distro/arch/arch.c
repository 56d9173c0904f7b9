/*
 * The Arch table: what the pipeline calls, and in what order its parts run. A stage is a transaction of pacman's.
 */
#include "lib/distro/arch/arch.h"

#include "lib/distro/arch/hook.h"
#include "lib/distro/arch/image.h"
#include "lib/distro/arch/localdb.h"
#include "lib/distro/arch/resolve.h"
#include "lib/distro/arch/scriptlet.h"
#include "lib/distro/arch/unpack.h"

static int unpack(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    if (stet_arch_read_stage(ctx, stage, err) < 0 ||
        stet_arch_hooks_run(ctx, stage, STET_ARCH_PRE_TRANSACTION, err) < 0)
        return -1;
    return stet_arch_install_stage(ctx, stage, err);
}

static int configure(struct stet_build_context *ctx, unsigned stage, struct stet_error *err)
{
    if (stet_arch_ldconfig(ctx, err) < 0)
        return -1;
    return stet_arch_hooks_run(ctx, stage, STET_ARCH_POST_TRANSACTION, err);
}

static void end(struct stet_build_context *ctx)
{
    stet_arch_state_free(ctx->state);
    ctx->state = NULL;
}

static int list_packages(const char *text, size_t len, struct stet_strv *out,
                         struct stet_error *err)
{
    return stet_arch_localdb_read_desc(text, len, "desc", out, err);
}

const struct stet_distro stet_arch = {
    .name = "arch",
    .complete_recipe = stet_arch_complete_recipe,
    .resolve = stet_arch_resolve,
    .begin = stet_arch_prepare_root,
    .unpack = unpack,
    .configure = configure,
    .finish = stet_arch_finish,
    .end = end,
    .scrub_rules = stet_arch_scrub_rules,
    .owns = stet_arch_owns,
    .database_glob = "var/lib/pacman/local/*/desc",
    .list_packages = list_packages,
    .oci_architecture = stet_arch_oci_architecture,
    .machine = stet_arch_machine,
};
