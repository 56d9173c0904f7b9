/* Mirrors: the day that a dated one shows. */
#include <time.h>

#include "lib/distro/arch/repository.h"

/* Exactly len digits that end a path's component: their value, else -1. */
static int component(const char *s, size_t len)
{
    int value = 0;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return s[len] == '/' || s[len] == '\0' || s[len] == '?' ? value : -1;
}

/* The end of that day, INT64_MIN when there is no such day. */
static int64_t end_of_day(int year, int month, int day)
{
    struct tm t = {.tm_year = year - 1900,
                   .tm_mon = month - 1,
                   .tm_mday = day,
                   .tm_hour = 23,
                   .tm_min = 59,
                   .tm_sec = 59};
    if (year < 1970 || month < 1 || month > 12 || day < 1)
        return INT64_MIN;
    time_t end = timegm(&t);
    /* timegm makes the 31st of April the 1st of May. */
    return t.tm_mday == day && t.tm_mon == month - 1 ? (int64_t)end : INT64_MIN;
}

int64_t stet_arch_snapshot_date(const char *url)
{
    const char *p = strstr(url, "://");
    const char *query = url + strcspn(url, "?");
    p = p ? strchr(p + 3, '/') : NULL;
    for (; p && p < query; p = strchr(p + 1, '/')) {
        int year = component(p + 1, 4);
        int month = year < 0 || p[5] != '/' ? -1 : component(p + 6, 2);
        int day = month < 0 || p[8] != '/' ? -1 : component(p + 9, 2);
        int64_t date = day < 0 ? INT64_MIN : end_of_day(year, month, day);
        if (date != INT64_MIN)
            return date;
    }
    return INT64_MIN;
}
