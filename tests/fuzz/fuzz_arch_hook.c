/* A hook of the root: read, split into words, and matched against two packages. */
#include <stdint.h>
#include <string.h>

#include "lib/distro/arch/hook_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void add_package(struct stet_lock *lock, const char *name)
{
    struct stet_lock_package *p = stet_lock_add_package(lock, NULL);
    check(p != NULL);
    p->name = stet_strdup(name, NULL);
    check(p->name != NULL);
}

static void match(const struct stet_arch_hook *h)
{
    static const char *const paths[] = {"usr/", "usr/lib/", "usr/lib/a", "usr/lib/b.so"};
    struct stet_lock lock;
    struct stet_strv targets = STET_STRV_INIT;
    stet_lock_init(&lock);
    add_package(&lock, "bash");
    add_package(&lock, "glibc");
    struct stet_arch_state *state = stet_arch_state_new(&lock, NULL);
    check(state != NULL);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        check(stet_strv_add(&state->packages[i % 2].files, paths[i], NULL) == 0);
    struct stet_build_context ctx = {.lock = &lock, .state = state};
    int rc = stet_arch_hook_match(&ctx, h, 0, &targets, NULL);
    check(rc == 0 || rc == 1);
    check((targets.count > 0) == (rc == 1 && h->needs_targets));
    for (size_t i = 1; i < targets.count; i++)
        check(strcmp(targets.items[i - 1], targets.items[i]) < 0);
    stet_strv_release(&targets);
    stet_arch_state_free(state);
    stet_lock_release(&lock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_arch_hook h;
    struct stet_error err = STET_ERROR_INIT;
    if (stet_arch_hook_parse((const char *)data, size, "x.hook", &h, &err) < 0) {
        check(err.kind == STET_ERROR_INPUT && strncmp(err.text, "hook x.hook line ", 17) == 0);
        check(!h.triggers && !h.command.items && !h.description);
        return 0;
    }
    check((h.trigger_count > 0) == (h.when != 0));
    for (size_t i = 0; i < h.trigger_count; i++)
        check(h.triggers[i].operations != 0 && h.triggers[i].targets.count > 0);
    match(&h);
    stet_arch_hook_release(&h);
    return 0;
}
