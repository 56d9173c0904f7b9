#include "lib/distro/arch/state.h"

#include <stdlib.h>

#include "lib/distro/arch/unpack_private.h"

void stet_arch_info_init(struct stet_arch_info *info)
{
    *info = (struct stet_arch_info){0};
}

void stet_arch_info_release(struct stet_arch_info *info)
{
    char *const texts[] = {info->name, info->version,      info->base,    info->description,
                           info->url,  info->architecture, info->packager};
    struct stet_strv *const lists[] = {&info->groups,   &info->licenses,   &info->replaces,
                                       &info->depends,  &info->optdepends, &info->conflicts,
                                       &info->provides, &info->backup,     &info->xdata};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        stet_strv_release(lists[i]);
    stet_arch_info_init(info);
}

struct stet_arch_state *stet_arch_state_new(const struct stet_lock *lock, struct stet_error *err)
{
    struct stet_arch_state *s = calloc(1, sizeof *s);
    if (s)
        s->packages = calloc(lock->package_count + 1, sizeof *s->packages);
    if (!s || !s->packages) {
        free(s);
        stet_error_oom(err, "unpacking");
        return NULL;
    }
    s->count = lock->package_count;
    for (size_t i = 0; i < s->count; i++)
        s->packages[i].locked = &lock->packages[i];
    return s;
}

void stet_arch_state_free(struct stet_arch_state *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++) {
        struct stet_arch_package *p = &s->packages[i];
        stet_arch_info_release(&p->info);
        stet_strv_release(&p->files);
        free(p->install);
        free(p->mtree);
        free(p->changelog);
    }
    stet_arch_unpack_free(s->unpack);
    free(s->packages);
    free(s);
}
