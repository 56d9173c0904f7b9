#include "lib/distro/debian/deb822.h"
#include "lib/distro/debian/image.h"

/* "install ok installed": only the last word says what is there. */
static bool is_installed(const struct stet_deb822 *p)
{
    const char *status = stet_deb822_get(p, "Status");
    const char *last = status ? strrchr(status, ' ') : NULL;
    return last && strcmp(last, " installed") == 0;
}

/* A folded value would make one package look like two lines, and a control character like
 * anything. */
static bool is_word(const char *s)
{
    if (!s || !*s)
        return false;
    for (; *s; s++)
        if ((unsigned char)*s <= ' ' || *s == 0x7f)
            return false;
    return true;
}

static int add_package(const struct stet_deb822 *p, struct stet_strv *out, struct stet_error *err)
{
    const char *name = stet_deb822_get(p, "Package");
    const char *version = stet_deb822_get(p, "Version");
    const char *architecture = stet_deb822_get(p, "Architecture");
    if (!is_word(name) || !is_word(version) || !is_word(architecture))
        return stet_error_input(err, "var/lib/dpkg/status: a package without a valid Package, "
                                     "Version or Architecture");
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
