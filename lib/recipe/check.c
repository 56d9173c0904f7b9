#include "lib/recipe/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define ALNUM  LOWER UPPER DIGITS

enum { WORD_LIMIT = 64, NAME_LIMIT = 128, VALUE_LIMIT = 255, PATH_LIMIT = 4095, URL_LIMIT = 4096 };

/* Not empty, at most max bytes, the first of first and all of first or others. */
static bool made_of(const char *s, const char *first, const char *others, size_t max)
{
    size_t len = strlen(s);
    if (len == 0 || len > max || !strchr(first, s[0]))
        return false;
    for (const char *p = s; *p; p++)
        if (!strchr(first, *p) && !strchr(others, *p))
            return false;
    return true;
}

static bool has_control(const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            return true;
    return false;
}

/* Printable ASCII without the space. */
static bool is_graphic(const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if (*p <= 0x20 || *p >= 0x7f)
            return false;
    return true;
}

const char *stet_recipe_check_text(const char *s)
{
    (void)s;
    return NULL;
}

const char *stet_recipe_check_nonempty(const char *s)
{
    return *s ? NULL : "is empty; give a value or leave the key out";
}

const char *stet_recipe_check_name(const char *s)
{
    return made_of(s, ALNUM, "._-", NAME_LIMIT)
               ? NULL
               : "is not a name; use letters, digits, '.', '_' and '-', beginning with a letter "
                 "or digit, at most 128";
}

const char *stet_recipe_check_word(const char *s)
{
    return made_of(s, LOWER, DIGITS "-", WORD_LIMIT)
               ? NULL
               : "is not valid here; use lower-case letters, digits and '-'";
}

/* Every component between '/' is non-empty, at most 255 bytes, and neither "." nor "..". */
static bool components_ok(const char *s)
{
    for (;;) {
        size_t n = strcspn(s, "/");
        if (n == 0 || n > 255 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
            return false;
        s += n;
        if (*s == '\0')
            return true;
        s++;
    }
}

const char *stet_recipe_check_suite(const char *s)
{
    return made_of(s, ALNUM, "._+~/-", VALUE_LIMIT) && components_ok(s)
               ? NULL
               : "is not a suite or component; use letters, digits and ._+~-, parts joined by '/'";
}

static const char *url_rest(const char *s)
{
    static const char *const schemes[] = {"http://", "https://", "file://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(s, schemes[i], strlen(schemes[i])) == 0)
            return s + strlen(schemes[i]);
    return NULL;
}

const char *stet_recipe_check_url(const char *s)
{
    const char *rest = url_rest(s);
    if (!rest || strlen(s) > URL_LIMIT)
        return "is not a URL of http://, https:// or file:// (at most 4096 bytes)";
    /* What RFC 3986 leaves out of its character set, and '#': nothing is fetched by fragment. */
    if (!is_graphic(s) || strpbrk(s, "\"#<>\\^`{|}"))
        return "is not a URL; percent-encode spaces, control and special characters";
    if (s[0] == 'f')
        return *rest == '/' ? NULL : "is not a file URL; write file:/// and an absolute path";
    size_t host = strcspn(rest, "/?");
    if (host == 0)
        return "is not a URL; the host is missing";
    if (memchr(rest, '@', host))
        return "carries credentials; they would be published with the lock, so keep them in "
               "~/.netrc";
    return NULL;
}

#define PACKAGE_FIRST ALNUM "@_+"
#define PACKAGE_REST  ".-"

const char *stet_recipe_check_request(const char *s)
{
    static const char why[] = "is not a package; write NAME, or NAME=VERSION (also <, <=, >=, >, "
                              "~), without spaces";
    char name[VALUE_LIMIT + 1];
    size_t len = strcspn(s, "<>=~");
    if (len == 0 || len > VALUE_LIMIT || strlen(s) > 2 * VALUE_LIMIT)
        return why;
    memcpy(name, s, len);
    name[len] = '\0';
    /* ':' joins an architecture (Debian) or the kind of a provided name (Alpine's "so:"). */
    if (!made_of(name, PACKAGE_FIRST, PACKAGE_REST ":", VALUE_LIMIT) || name[len - 1] == ':')
        return why;
    if (s[len] == '\0')
        return NULL;
    size_t op = strspn(s + len, "<>=~");
    return op <= 2 && !stet_recipe_check_version(s + len + op) ? NULL : why;
}

const char *stet_recipe_check_path(const char *s)
{
    static const char why[] = "is not an absolute path in its plain form (no '.', '..', '//', "
                              "final '/' or control characters)";
    if (strcmp(s, "/") == 0)
        return NULL;
    if (s[0] != '/' || strlen(s) > PATH_LIMIT || has_control(s) || !components_ok(s + 1))
        return why;
    return NULL;
}

const char *stet_recipe_check_host_path(const char *s)
{
    return s[0] == '/' && strlen(s) <= PATH_LIMIT && !has_control(s) ? NULL
                                                                     : "is not an absolute path";
}

const char *stet_recipe_check_keyring(const char *s)
{
    bool name = *s && *s != '.' && !strchr(s, '/') && strlen(s) <= VALUE_LIMIT && !has_control(s);
    return name || !stet_recipe_check_host_path(s)
               ? NULL
               : "is not a keyring; write an absolute path, or the name of a file";
}

/* "local" is what pacman calls the database of what is installed. */
const char *stet_recipe_check_repository(const char *s)
{
    return made_of(s, ALNUM, "._+-", NAME_LIMIT) && strcmp(s, "local") != 0
               ? NULL
               : "is not a repository; use letters, digits and ._+-, and not 'local'";
}

const char *stet_recipe_check_pattern(const char *s)
{
    const char *path = *s == '!' ? s + 1 : s;
    if (!*path || has_control(s) || strlen(s) > PATH_LIMIT)
        return "is not a pattern as in pacman.conf's NoExtract";
    return *path == '/' ? "begins with '/'; pacman's patterns are relative to the root" : NULL;
}

const char *stet_recipe_check_server_line(const char *s)
{
    return *s && !has_control(s) && strlen(s) <= PATH_LIMIT
               ? NULL
               : "is not a line of a mirrorlist; write one such as 'Server = https://…'";
}

const char *stet_recipe_check_from(const char *s)
{
    while (strncmp(s, "./", 2) == 0)
        s += 2;
    return strlen(s) <= PATH_LIMIT && !has_control(s) && components_ok(s)
               ? NULL
               : "is not a path below the recipe's directory (relative, without '..')";
}

/* Is the class that begins at s[0] == '[' closed before the component ends? Its end, or NULL. */
static const char *class_end(const char *s)
{
    s++;
    if (*s == '!' || *s == '^')
        s++;
    /* A ']' that comes first stands for itself. */
    if (*s == ']')
        s++;
    s += strcspn(s, "]/");
    return *s == ']' ? s : NULL;
}

const char *stet_recipe_check_glob(const char *s)
{
    static const char why[] = "is not a glob; write an absolute path, where '*', '?' and [classes] "
                              "match within a component and '**' is one on its own";
    if (s[0] != '/' || stet_recipe_check_path(s) || s[1] == '\0')
        return why;
    for (const char *p = s; *p; p++) {
        if (*p == '[') {
            p = class_end(p);
            if (!p)
                return "is not a glob; a '[' is not closed";
        } else if (*p == '\\') {
            p++;
            if (*p == '\0' || *p == '/')
                return "is not a glob; a '\\' has nothing to quote";
        } else if (p[0] == '*' && p[1] == '*') {
            if (p[-1] != '/' || (p[2] != '/' && p[2] != '\0'))
                return why;
            p++;
        }
    }
    return NULL;
}

const char *stet_recipe_check_sources(const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f)
            return "is not text for apt's sources; it holds control characters";
    return s[strspn(s, " \t\n")] ? NULL : "is empty; write one line as in sources.list(5)";
}

const char *stet_recipe_check_env_name(const char *s)
{
    return *s && is_graphic(s) && !strchr(s, '=') && strlen(s) <= VALUE_LIMIT
               ? NULL
               : "is not a variable's name; use printable characters without spaces and '='";
}

const char *stet_recipe_check_label(const char *s)
{
    return *s && is_graphic(s) && strlen(s) <= VALUE_LIMIT
               ? NULL
               : "is not a label's name; use printable characters without spaces";
}

const char *stet_recipe_check_user(const char *s)
{
    static const char why[] = "is not a user; write USER, UID, USER:GROUP or UID:GID";
    const char *colon = strchr(s, ':');
    if (strlen(s) > VALUE_LIMIT || !is_graphic(s) || strchr(s, '/'))
        return why;
    if (!*s || colon == s || (colon && (colon[1] == '\0' || strchr(colon + 1, ':'))))
        return why;
    return NULL;
}

/* Decimal without leading zeros, 1 to max; max is below 10^6. */
static bool small_number(const char *s, size_t len, unsigned max)
{
    unsigned n = 0;
    if (len == 0 || len > 6 || s[0] == '0')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        n = n * 10 + (unsigned)(s[i] - '0');
    }
    return n <= max;
}

const char *stet_recipe_check_signal(const char *s)
{
    static const char why[] = "is not a signal; write SIGTERM, SIGRTMIN+3 or a number up to 64";
    if (small_number(s, strlen(s), 64))
        return NULL;
    if (strncmp(s, "SIG", 3) != 0 || strlen(s) > 16)
        return why;
    s += 3;
    size_t name = strspn(s, UPPER DIGITS);
    if (name == 0 || strchr(DIGITS, s[0]))
        return why;
    s += name;
    if (*s == '\0')
        return NULL;
    return (*s == '+' || *s == '-') && small_number(s + 1, strlen(s + 1), 32) ? NULL : why;
}

const char *stet_recipe_check_port(const char *s)
{
    size_t len = strcspn(s, "/");
    bool protocol = s[len] == '\0' || strcmp(s + len, "/tcp") == 0 ||
                    strcmp(s + len, "/udp") == 0 || strcmp(s + len, "/sctp") == 0;
    return protocol && small_number(s, len, 65535)
               ? NULL
               : "is not a port; write 1 to 65535, alone or with /tcp, /udp or /sctp";
}

const char *stet_recipe_check_package(const char *s)
{
    return made_of(s, PACKAGE_FIRST, PACKAGE_REST, VALUE_LIMIT)
               ? NULL
               : "is not a package name (letters, digits and @._+-)";
}

const char *stet_recipe_check_version(const char *s)
{
    return *s && strlen(s) <= VALUE_LIMIT && is_graphic(s) && s[0] != '.' && s[0] != '-' &&
                   !strpbrk(s, "/\\\"'`$;&|<>()")
               ? NULL
               : "is not a version (printable, without spaces, quotes and '/')";
}

const char *stet_recipe_check_architecture(const char *s)
{
    return made_of(s, LOWER DIGITS, "_-", WORD_LIMIT)
               ? NULL
               : "is not an architecture (lower-case letters, digits, '_' and '-')";
}

const char *stet_recipe_check_fingerprint(const char *s)
{
    size_t len = strlen(s);
    return (len == 40 || len == 64) && strspn(s, DIGITS "ABCDEF") == len
               ? NULL
               : "is not a fingerprint (40 or 64 upper-case hexadecimal digits)";
}

const char *stet_recipe_check_reason(const char *s)
{
    static const char *const known[] = {"essential", "required", "base", "requested", "dependency"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(s, known[i]) == 0)
            return NULL;
    return "is not a reason (essential, required, base, requested or dependency)";
}
