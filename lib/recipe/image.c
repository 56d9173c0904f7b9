/* The keys under "image": what the image's configuration says to those who run it. */
#include "lib/recipe/schema.h"

#define AT(member) offsetof(struct stet_recipe_image, member)

/* Arguments may be empty; the program to run may not. */
static int read_entrypoint(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                           void *object, struct stet_error *err)
{
    (void)ctx;
    struct stet_recipe_image *image = object;
    if (stet_recipe_read_list(n, stet_recipe_check_text, false, &image->entrypoint, err) < 0)
        return -1;
    if (n->count > 0 && image->entrypoint.items[0][0] == '\0')
        return stet_recipe_node_error(n->members[0], err,
                                      "'entrypoint': the program's name is empty");
    return 0;
}

static int write_entrypoint(struct stet_json_writer *w, const void *object, struct stet_error *err)
{
    (void)err;
    const struct stet_recipe_image *image = object;
    if (image->entrypoint.count > 0)
        stet_json_key_strings(w, "entrypoint", &image->entrypoint);
    return 0;
}

static const struct stet_recipe_key keys[] = {
    {"cmd", STET_KEY_LIST, 0, AT(cmd), stet_recipe_check_text, NULL, NULL},
    {"entrypoint", STET_KEY_OWN, 0, 0, NULL, read_entrypoint, write_entrypoint},
    {"env", STET_KEY_MAP, 0, AT(env), stet_recipe_check_env_name, NULL, NULL},
    {"labels", STET_KEY_MAP, 0, AT(labels), stet_recipe_check_label, NULL, NULL},
    {"user", STET_KEY_STRING, 0, AT(user), stet_recipe_check_user, NULL, NULL},
    {"working-dir", STET_KEY_STRING, 0, AT(working_dir), stet_recipe_check_path, NULL, NULL},
    {"stop-signal", STET_KEY_STRING, 0, AT(stop_signal), stet_recipe_check_signal, NULL, NULL},
    {"exposed-ports", STET_KEY_LIST, STET_KEY_UNIQUE, AT(exposed_ports), stet_recipe_check_port,
     NULL, NULL},
    {"volumes", STET_KEY_LIST, STET_KEY_UNIQUE, AT(volumes), stet_recipe_check_path, NULL, NULL},
};

const struct stet_recipe_table stet_recipe_image_table = {keys, sizeof keys / sizeof *keys,
                                                          "'image'"};
