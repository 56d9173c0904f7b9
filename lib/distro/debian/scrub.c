#include "lib/distro/debian/image.h"

static const char *const logs[] = {"var/log/alternatives.log", "var/log/apt/**",
                                   "var/log/bootstrap.log",    "var/log/dpkg.log",
                                   "var/log/fontconfig.log",   NULL};
static const char *const login_records[] = {"var/log/btmp", "var/log/lastlog", "var/log/faillog",
                                            "var/log/wtmp", NULL};
static const char *const apt_state[] = {
    "var/cache/apt/*.bin", "var/cache/apt/archives/lock", "var/cache/apt/archives/*.deb",
    "var/lib/apt/lists/*", "var/lib/apt/lists/partial/*", NULL};
static const char *const apt_state_kept[] = {"var/lib/apt/lists/partial", NULL};
static const char *const dpkg_backups[] = {"var/lib/dpkg/*-old", "var/lib/dpkg/tmp.ci",
                                           "var/cache/debconf/*-old", NULL};
static const char *const dpkg_locks[] = {"var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend",
                                         "var/lib/dpkg/triggers/Lock", NULL};

const struct stet_scrub_rule stet_debian_scrub_rules[] = {
    {.name = "package-logs",
     .why = "tell when and in what order this root was built",
     .remove = logs},
    {.name = "login-records",
     .why = "kept, since base-files makes them with an owner of their own, but empty",
     .truncate = login_records},
    {.name = "apt-state",
     .why = "downloaded indexes and caches made from them; apt update makes them again",
     .remove = apt_state,
     .keep = apt_state_kept},
    {.name = "dpkg-backups",
     .why = "the state before the last change, which depends on how the changes were grouped",
     .remove = dpkg_backups},
    {.name = "dpkg-locks", .why = "dpkg and apt make their lock files again", .remove = dpkg_locks},
    {.name = NULL},
};
