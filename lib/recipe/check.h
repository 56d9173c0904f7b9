/*
 * check - the grammars of single values, shared by recipe and lock.
 *
 * Private to lib/recipe. Each function returns NULL when the value is well-formed, else the
 * rest of a sentence that begins with the value: "is not a suite; …".
 */
#ifndef STET_RECIPE_CHECK_H
#define STET_RECIPE_CHECK_H

typedef const char *stet_recipe_check(const char *s);

stet_recipe_check stet_recipe_check_text;      /* anything */
stet_recipe_check stet_recipe_check_nonempty;  /* anything but nothing */
stet_recipe_check stet_recipe_check_name;      /* of a recipe */
stet_recipe_check stet_recipe_check_word;      /* ecosystem, base */
stet_recipe_check stet_recipe_check_suite;     /* suite, component: a relative URL path */
stet_recipe_check stet_recipe_check_url;       /* http, https or file, without credentials */
stet_recipe_check stet_recipe_check_request;   /* a package to install, perhaps with a version */
stet_recipe_check stet_recipe_check_host_path; /* absolute path on this machine */
stet_recipe_check stet_recipe_check_keyring;   /* absolute path on this machine, or a file's name */
stet_recipe_check stet_recipe_check_repository;  /* Arch */
stet_recipe_check stet_recipe_check_pattern;     /* of pacman's NoExtract */
stet_recipe_check stet_recipe_check_server_line; /* a line of a mirrorlist */
stet_recipe_check stet_recipe_check_from;        /* path below the recipe's directory */
stet_recipe_check stet_recipe_check_path;        /* absolute path in the image, "/" included */
stet_recipe_check stet_recipe_check_glob;        /* absolute glob */
stet_recipe_check stet_recipe_check_sources;     /* lines of sources.list */
stet_recipe_check stet_recipe_check_env_name;
stet_recipe_check stet_recipe_check_label;
stet_recipe_check stet_recipe_check_user;
stet_recipe_check stet_recipe_check_signal;
stet_recipe_check stet_recipe_check_port;

/* Of a lock: safe as one component of a path and as an argument. */
stet_recipe_check stet_recipe_check_package;
stet_recipe_check stet_recipe_check_version;
stet_recipe_check stet_recipe_check_architecture;
stet_recipe_check stet_recipe_check_fingerprint;
stet_recipe_check stet_recipe_check_reason;

#endif
