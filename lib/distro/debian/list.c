#include "lib/distro/debian/deb822.h"
#include "lib/distro/debian/image.h"

/* "install ok installed": only the last word says what is there. */
static bool is_installed(const struct stet_deb822 *p)
{
    const char *status = stet_deb822_get(p, "Status");
    const char *last = status ? strrchr(status, ' ') : NULL;
    return last && strcmp(last, " installed") == 0;
}

static int add_package(const struct stet_deb822 *p, struct stet_strv *out, struct stet_error *err)
{
    const char *name = stet_deb822_get(p, "Package");
    const char *version = stet_deb822_get(p, "Version");
    const char *architecture = stet_deb822_get(p, "Architecture");
    if (!name || !version || !architecture)
        return stet_error_input(err, "var/lib/dpkg/status: a package without Package, Version or "
                                     "Architecture");
    return stet_strv_addf(out, err, "%s %s %s", name, version, architecture);
}

int stet_debian_list_packages(const char *status, size_t len, struct stet_strv *out,
                              struct stet_error *err)
{
    struct stet_deb822 p;
    size_t pos = 0;
    unsigned line = 1;
    int more;
    stet_deb822_init(&p);
    while ((more = stet_deb822_next(status, len, &pos, &line, false, "var/lib/dpkg/status", &p,
                                    err)) > 0)
        if (is_installed(&p) && add_package(&p, out, err) < 0) {
            more = -1;
            break;
        }
    stet_deb822_release(&p);
    stet_strv_sort_unique(out);
    return more;
}
