/* Any bytes as apt's sources in both forms, and what a recipe would make of them. */
#include <stdint.h>

#include "lib/distro/debian/sources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct stet_debian_entries *entries, struct stet_recipe *recipe)
{
    struct stet_debian_pockets pockets = {NULL, 0, 0};
    struct stet_error err = STET_ERROR_INIT;
    if (stet_debian_pockets_of(recipe, entries, &pockets, &err) == 0) {
        if (pockets.count == 0 || !pockets.items[0].required)
            abort();
        for (size_t i = 0; i < pockets.count; i++)
            if (pockets.items[i].mirrors.count == 0)
                abort();
    }
    stet_debian_pockets_release(&pockets);
}

static void try_form(const uint8_t *data, size_t size, struct stet_recipe *recipe, bool deb822)
{
    struct stet_debian_entries entries = {NULL, 0, 0};
    struct stet_error err = STET_ERROR_INIT;
    const char *text = (const char *)data;
    /* A folder that is not there, so that "mirror+file:" reads nothing of this machine. */
    int got =
        deb822
            ? stet_debian_sources_parse_deb822(text, size, "fuzz", "/nonexistent/", &entries, &err)
            : stet_debian_sources_parse_list(text, size, "fuzz", "/nonexistent/", &entries, &err);
    if (got == 0)
        use(&entries, recipe);
    else if (!err.text[0] || strchr(err.text, '\n'))
        abort();
    stet_debian_entries_release(&entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_recipe recipe;
    struct stet_error err = STET_ERROR_INIT;
    stet_recipe_init(&recipe);
    recipe.suite = stet_strdup("trixie", &err);
    recipe.architecture = stet_strdup("amd64", &err);
    if (stet_strv_add(&recipe.mirrors, "system", &err) < 0)
        abort();
    try_form(data, size, &recipe, false);
    try_form(data, size, &recipe, true);
    stet_recipe_release(&recipe);
    return 0;
}
