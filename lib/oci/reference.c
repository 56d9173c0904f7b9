/*
 * reference - the names that images go by: image-spec's and Docker's grammars.
 */
#include "lib/oci/internal.h"

enum { DOCKER_TAG_MAX = 128 };

/* ASCII only, whatever the locale. */
static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/*
 * image-spec 1.1, annotations.md:
 *   ref ::= component ("/" component)*, component ::= alphanum (separator alphanum)*,
 *   alphanum ::= [A-Za-z0-9]+, separator ::= [-._:@+] | "--"
 */
bool stet_oci_reference_valid(const char *s)
{
    if (strlen(s) > STET_OCI_REFERENCE_MAX)
        return false;
    for (;;) {
        if (!is_alnum(*s))
            return false;
        while (is_alnum(*s))
            s++;
        if (*s == '\0')
            return true;
        if (s[0] == '-' && s[1] == '-')
            s += 2;
        else if (strchr("-._:@+/", *s))
            s++;
        else
            return false;
    }
}

/* domain-component ("." domain-component)* [":" port]; the end of it, or NULL. */
static const char *scan_domain(const char *s)
{
    for (;;) {
        if (!is_alnum(*s))
            return NULL;
        while (is_alnum(*s) || *s == '-')
            s++;
        if (s[-1] == '-')
            return NULL;
        if (*s != '.')
            break;
        s++;
    }
    if (*s == ':') {
        if (!(s[1] >= '0' && s[1] <= '9'))
            return NULL;
        for (s++; *s >= '0' && *s <= '9';)
            s++;
    }
    return s;
}

/* [a-z0-9]+ (("." | "_" | "__" | "-"+) [a-z0-9]+)*; the end of it, or NULL. */
static const char *scan_component(const char *s)
{
    for (;;) {
        if (!is_lower_or_digit(*s))
            return NULL;
        while (is_lower_or_digit(*s))
            s++;
        if (*s == '.')
            s++;
        else if (*s == '_')
            s += s[1] == '_' ? 2 : 1;
        else if (*s == '-')
            s += strspn(s, "-");
        else
            return s;
    }
}

static bool tag_valid(const char *s)
{
    size_t len = strlen(s);

    if (len == 0 || len > DOCKER_TAG_MAX || (!is_alnum(s[0]) && s[0] != '_'))
        return false;
    for (; *s; s++)
        if (!is_alnum(*s) && !strchr("_.-", *s))
            return false;
    return true;
}

/* Docker's rule: the first of several components is a host when it looks like one. */
static bool starts_with_domain(const char *s, size_t first)
{
    if (s[first] != '/')
        return false;
    if (first == strlen("localhost") && memcmp(s, "localhost", first) == 0)
        return true;
    for (size_t i = 0; i < first; i++)
        if (s[i] == '.' || s[i] == ':' || (s[i] >= 'A' && s[i] <= 'Z'))
            return true;
    return false;
}

bool stet_oci_docker_reference_valid(const char *s, const char **tag)
{
    const char *p = s;
    size_t first = strcspn(s, "/");

    *tag = NULL;
    if (starts_with_domain(s, first)) {
        p = scan_domain(s);
        if (p != s + first)
            return false;
        p++;
    }
    for (;;) {
        p = scan_component(p);
        if (!p)
            return false;
        if (*p != '/')
            break;
        p++;
    }
    if (p - s > STET_OCI_REFERENCE_MAX)
        return false;
    if (*p == '\0')
        return true;
    *tag = p + 1;
    return *p == ':' && tag_valid(p + 1);
}
