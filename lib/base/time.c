#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/number.h"

/*
 * The proleptic Gregorian calendar in whole numbers. Years are counted from March,
 * so that the leap day is the last of its year; an era is 400 years of 146097 days.
 */
enum { ERA_DAYS = 146097, ERA_YEARS = 400, DAYS_TO_1970 = 719468, DAY = 86400 };

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char weekdays[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};

struct civil {
    int64_t year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
    int hour, minute, second;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01. */
static int64_t days_of(const struct civil *c)
{
    int64_t year = c->month <= 2 ? c->year - 1 : c->year;
    int64_t era = floor_div(year, ERA_YEARS);
    int64_t in_era = year - era * ERA_YEARS;
    int month = c->month > 2 ? c->month - 3 : c->month + 9;
    int64_t in_year = (153 * month + 2) / 5 + c->day - 1;

    return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + in_year - DAYS_TO_1970;
}

static void civil_of(int64_t seconds, struct civil *c)
{
    int64_t days = floor_div(seconds, DAY);
    int64_t rest = (seconds % DAY + DAY) % DAY;
    int64_t era = floor_div(days + DAYS_TO_1970, ERA_DAYS);
    int64_t day = days + DAYS_TO_1970 - era * ERA_DAYS;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t in_year = day - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * in_year + 2) / 153);

    c->day = (int)(in_year - (153 * month + 2) / 5 + 1);
    c->month = month < 10 ? month + 3 : month - 9;
    c->year = year + era * ERA_YEARS + (c->month <= 2);
    c->hour = (int)(rest / 3600);
    c->minute = (int)(rest / 60 % 60);
    c->second = (int)(rest % 60);
}

/* Are the members a date and time that exist? A leap second has no number in Unix time. */
static bool is_real(const struct civil *c)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = c->year % 4 == 0 && (c->year % 100 != 0 || c->year % 400 == 0);

    if (c->month < 1 || c->month > 12 || c->day < 1)
        return false;
    if (c->day > lengths[c->month - 1] + (c->month == 2 && leap))
        return false;
    return c->hour < 24 && c->minute < 60 && c->second < 60;
}

static int64_t seconds_of(const struct civil *c)
{
    return days_of(c) * DAY + c->hour * 3600 + c->minute * 60 + c->second;
}

void stet_time_format(int64_t seconds, char out[STET_TIME_TEXT_MAX])
{
    struct civil c;
    char text[96]; /* what the compiler thinks the widest members could take */

    civil_of(seconds, &c);
    /* The widest int64_t gives "-292277022657-01-27T08:29:52Z": it always fits. Times outside
     * RFC 3339's years come out wrong to its readers rather than wrong in silence. */
    (void)snprintf(text, sizeof(text), "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)c.year,
                   c.month, c.day, c.hour, c.minute, c.second);
    memcpy(out, text, STET_TIME_TEXT_MAX - 1);
    out[STET_TIME_TEXT_MAX - 1] = '\0';
}

/* Exactly count digits at *s, which moves behind them. */
static bool take_digits(const char **s, int count, int *out)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        char c = (*s)[i];

        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *s += count;
    *out = value;
    return true;
}

static bool take(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static bool take_word(const char **s, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(*s, word, len) != 0)
        return false;
    *s += len;
    return true;
}

static bool take_clock(const char **s, struct civil *c)
{
    return take_digits(s, 2, &c->hour) && take(s, ':') && take_digits(s, 2, &c->minute) &&
           take(s, ':') && take_digits(s, 2, &c->second);
}

/* "Z", "+hh:mm" or "-hh:mm": how far local time is ahead of UTC, in seconds. */
static bool take_offset(const char **s, int *offset)
{
    int sign = **s == '-' ? -1 : 1;
    int hours;
    int minutes;

    *offset = 0;
    if (take(s, 'Z') || take(s, 'z'))
        return true;
    if (!take(s, '+') && !take(s, '-'))
        return false;
    if (!take_digits(s, 2, &hours) || !take(s, ':') || !take_digits(s, 2, &minutes))
        return false;
    *offset = sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

/* Years 1970 to 9999 are what stet writes, so nothing else is read. */
static int check_range(int64_t seconds, const char *s, int64_t *out, struct stet_error *err)
{
    if (seconds < 0 || seconds > 253402300799)
        return stet_error_input(err, "the time \"%s\" is not within the years 1970 to 9999 (UTC)",
                                s);
    *out = seconds;
    return 0;
}

int stet_time_parse_rfc3339(const char *s, int64_t *out, struct stet_error *err)
{
    struct civil c = {0};
    const char *p = s;
    int year = 0;
    int offset = 0;

    if (!take_digits(&p, 4, &year) || !take(&p, '-') || !take_digits(&p, 2, &c.month) ||
        !take(&p, '-') || !take_digits(&p, 2, &c.day) || (!take(&p, 'T') && !take(&p, 't')) ||
        !take_clock(&p, &c) || !take_offset(&p, &offset) || *p != '\0')
        return stet_error_input(
            err, "\"%s\" is not an RFC 3339 time in whole seconds, like 2026-09-12T07:55:41Z", s);
    c.year = year;
    if (!is_real(&c))
        return stet_error_input(err, "the time \"%s\" does not exist", s);
    return check_range(seconds_of(&c) - offset, s, out, err);
}

static int find_name(const char (*names)[4], int count, const char **s)
{
    for (int i = 0; i < count; i++)
        if (take_word(s, names[i]))
            return i;
    return -1;
}

static bool take_day(const char **s, int *day)
{
    if (take_digits(s, 2, day))
        return true;
    return take_digits(s, 1, day);
}

int stet_time_parse_rfc2822(const char *s, int64_t *out, struct stet_error *err)
{
    struct civil c = {0};
    const char *p = s;
    int year = 0;
    int weekday = find_name(weekdays, 7, &p);
    bool ok = weekday >= 0 && take_word(&p, ", ") && take_day(&p, &c.day) && take(&p, ' ');

    c.month = ok ? find_name(months, 12, &p) + 1 : 0;
    ok = c.month > 0 && take(&p, ' ') && take_digits(&p, 4, &year) && take(&p, ' ') &&
         take_clock(&p, &c) && take(&p, ' ') &&
         (take_word(&p, "UTC") || take_word(&p, "GMT") || take(&p, 'Z') || take_word(&p, "+0000"));
    if (!ok || *p != '\0')
        return stet_error_input(
            err, "\"%s\" is not a date like Sat, 12 Sep 2026 07:55:41 UTC (and UTC alone)", s);
    c.year = year;
    if (!is_real(&c))
        return stet_error_input(err, "the time \"%s\" does not exist", s);
    if (check_range(seconds_of(&c), s, out, err) < 0)
        return -1;
    if (days_of(&c) % 7 != weekday)
        return stet_error_input(err, "the time \"%s\" names the wrong day of the week", s);
    return 0;
}
