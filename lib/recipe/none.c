typedef int stet_recipe_empty;
