/*
 * files - the key "files" of a recipe, and its contents. Private to lib/recipe.
 *
 * object is the struct stet_recipe; see struct stet_recipe_key.
 */
#ifndef STET_RECIPE_FILES_H
#define STET_RECIPE_FILES_H

#include "lib/recipe/schema.h"

int stet_recipe_read_files(struct stet_recipe_context *ctx, const struct stet_recipe_node *n,
                           void *object, struct stet_error *err);
int stet_recipe_write_files(struct stet_json_writer *w, const void *object, struct stet_error *err);

#endif
