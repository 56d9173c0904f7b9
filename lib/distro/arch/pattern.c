#include "lib/distro/arch/pattern.h"

#include <fnmatch.h>
#include <string.h>

/* fnmatch(3) for each path of a root and each pattern takes seconds; most differ before the first special character. */
static bool may_match(const char *pattern, const char *path)
{
    while (*pattern && !strchr("*?[\\", *pattern))
        if (*pattern++ != *path++)
            return false;
    return true;
}

bool stet_arch_match(const struct stet_strv *patterns, const char *path)
{
    for (size_t i = patterns->count; i-- > 0;) {
        const char *pattern = patterns->items[i];
        bool inverted = *pattern == '!';
        if (inverted || *pattern == '\\')
            pattern++;
        if (may_match(pattern, path) && fnmatch(pattern, path, 0) == 0)
            return !inverted;
    }
    return false;
}
