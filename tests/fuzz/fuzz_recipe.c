/* Any bytes as a recipe: refused with one line, or read, and then a lock of it says the same. */
#include <stdint.h>
#include <string.h>

#include "lib/recipe/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_again(struct stet_lock *l)
{
    struct stet_buffer first = STET_BUFFER_INIT, second = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock again;
    if (stet_lock_print(l, STET_JSON_INDENTED, &first, &err) < 0 ||
        stet_lock_parse(first.data, first.len, "lock", 1, &again, &err) < 0 ||
        stet_lock_print(&again, STET_JSON_INDENTED, &second, &err) < 0)
        abort();
    if (strcmp(first.data, second.data) != 0)
        abort();
    stet_lock_release(&again);
    stet_buffer_release(&first);
    stet_buffer_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock l;
    stet_lock_init(&l);
    l.format = 1;
    if (stet_recipe_parse((const char *)data, size, "fuzz", &l.recipe, &err) < 0) {
        if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n'))
            abort();
    } else {
        if (!l.recipe.architecture)
            l.recipe.architecture = stet_strdup("amd64", NULL);
        print_again(&l);
    }
    stet_lock_release(&l);
    return 0;
}
