#include "lib/diff/times.h"

#include <string.h>

enum { YEAR_MIN = 1980, YEAR_MAX = 2099 };

/* ---- calendar ---- */

static int64_t days_before(int year, int month, int day)
{
    /* Years begin in March, so that the leap day is the last one. */
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

int64_t stet_diff_time_make(int year, int month, int day, int64_t second_of_day)
{
    return days_before(year, month, day) * DIFF_TIME_DAY + second_of_day;
}

int stet_diff_time_year(int64_t seconds)
{
    int year = 1970 + (int)(seconds / (365 * (int64_t)DIFF_TIME_DAY));
    while (year > 1 && stet_diff_time_make(year, 1, 1, 0) > seconds)
        year--;
    return year;
}

static int month_days(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool date_ok(int year, int month, int day)
{
    return year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= 12 && day >= 1 &&
           day <= month_days(year, month);
}

int64_t stet_diff_time_dos(uint16_t date, uint16_t time)
{
    int year = 1980 + (date >> 9), month = date >> 5 & 15, day = date & 31;
    int hour = time >> 11, minute = time >> 5 & 63, second = (time & 31) * 2;
    if (!date_ok(year, month, day) || hour > 23 || minute > 59 || second > 59)
        return -1;
    return stet_diff_time_make(year, month, day, hour * 3600 + minute * 60 + second);
}

/* ---- reading ---- */

struct text {
    const char *s;
    size_t len;
};

static char at(const struct text *t, size_t i)
{
    return i < t->len ? t->s[i] : '\0';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_at(const struct text *t, size_t i)
{
    size_t n = 0;
    while (n < 32 && digit(at(t, i + n)))
        n++;
    return n;
}

/* count decimal digits at i; count is at most 9. */
static int number_at(const struct text *t, size_t i, size_t count)
{
    int value = 0;
    for (size_t k = 0; k < count; k++)
        value = value * 10 + (t->s[i + k] - '0');
    return value;
}

/* "HH:MM[:SS[.frac]]" at i, or with AM or PM behind it: its length; 0: none. */
static size_t clock_at(const struct text *t, size_t i, int *seconds, bool *minutes_only)
{
    size_t n = digits_at(t, i), end = i + n;
    if (n < 1 || n > 2 || at(t, end) != ':' || digits_at(t, end + 1) != 2)
        return 0;
    int hour = number_at(t, i, n), minute = number_at(t, end + 1, 2), second = 0;
    end += 3;
    *minutes_only = true;
    if (at(t, end) == ':' && digits_at(t, end + 1) == 2) {
        second = number_at(t, end + 1, 2);
        end += 3;
        *minutes_only = false;
        size_t fraction = at(t, end) == '.' || at(t, end) == ',' ? digits_at(t, end + 1) : 0;
        end += fraction >= 2 && fraction <= 9 ? fraction + 1 : 0;
    }
    size_t gap = at(t, end) == ' ';
    char half = at(t, end + gap) & ~0x20, m = at(t, end + gap + 1) & ~0x20;
    if ((half == 'A' || half == 'P') && m == 'M' && hour >= 1 && hour <= 12) {
        hour = hour % 12 + (half == 'P' ? 12 : 0);
        end += gap + 2;
    }
    if (hour > 23 || minute > 59 || second > 60)
        return 0;
    *seconds = hour * 3600 + minute * 60 + second;
    return end - i;
}

/* "+0100", "+01:00", "+01'00'", "Z" at i: its length; 0: none. */
static size_t offset_at(const struct text *t, size_t i, int *offset)
{
    char sign = at(t, i);
    *offset = 0;
    if (sign == 'Z' || sign == 'z') /* "Z00'00'" is how some write it in a PDF */
        return i + 7 <= t->len && memcmp(t->s + i + 1, "00'00'", 6) == 0 ? 7 : 1;
    if ((sign != '+' && sign != '-') || digits_at(t, i + 1) < 2)
        return 0;
    size_t n = digits_at(t, i + 1);
    int hour = number_at(t, i + 1, 2), minute = 0;
    size_t end = i + 3;
    if (n == 4) {
        minute = number_at(t, i + 3, 2);
        end = i + 5;
    } else if (n == 2 && (at(t, end) == ':' || at(t, end) == '\'') && digits_at(t, end + 1) == 2) {
        minute = number_at(t, end + 1, 2);
        end += 3;
        end += at(t, end) == '\'';
    } else {
        return 0;
    }
    if (hour > 14 || minute > 59)
        return 0;
    *offset = (sign == '-' ? -1 : 1) * (hour * 3600 + minute * 60);
    return end - i;
}

/* The name of a time zone at i. */
static size_t zone_at(const struct text *t, size_t i, int *offset)
{
    static const struct {
        char name[5];
        signed char hours;
    } zones[] = {{"UTC", 0},  {"GMT", 0},  {"CET", 1},  {"CEST", 2}, {"WET", 0},
                 {"WEST", 1}, {"EET", 2},  {"EEST", 3}, {"BST", 1},  {"MSK", 3},
                 {"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5}, {"MST", -7},
                 {"MDT", -6}, {"PST", -8}, {"PDT", -7}, {"JST", 9},  {"AEST", 10}};
    size_t n = 0;
    while (at(t, i + n) >= 'A' && at(t, i + n) <= 'Z')
        n++;
    for (size_t k = 0; k < sizeof zones / sizeof *zones; k++)
        if (n == strlen(zones[k].name) && memcmp(t->s + i, zones[k].name, n) == 0) {
            *offset = zones[k].hours * 3600;
            return n;
        }
    return 0;
}

/* A zone in any form, with a space before it or not. */
static size_t any_zone_at(const struct text *t, size_t i, int *offset)
{
    size_t gap = at(t, i) == ' ';
    size_t n = offset_at(t, i + gap, offset);
    if (n == 0 || (gap && n == 1))
        n = zone_at(t, i + gap, offset);
    return n ? n + gap : 0;
}

/* ---- forms ---- */

/* What may follow a date: a time of day and a zone. end is where the date ends. */
static void after_date(const struct text *t, size_t end, struct diff_time *out)
{
    int seconds, offset;
    bool minutes_only;
    out->len = end;
    out->grain = DIFF_TIME_DAY;
    size_t gap = 0;
    char c = at(t, end);
    if (c == 'T' || c == 't' || c == ' ' || c == '_' || c == ':' || c == '-')
        gap = 1;
    else if (c == ',' && at(t, end + 1) == ' ')
        gap = 2;
    if (gap == 1 && c == ' ' && at(t, end + 1) == ' ')
        gap = 2; /* as in dpkg's and apt's logs */
    size_t n = gap ? clock_at(t, end + gap, &seconds, &minutes_only) : 0;
    if (n == 0)
        return;
    out->len = end + gap + n;
    out->grain = minutes_only ? DIFF_TIME_MINUTE : 1;
    out->seconds += seconds;
    out->other += seconds;
    n = any_zone_at(t, out->len, &offset);
    if (n == 0)
        return;
    out->len += n;
    out->zoned = true;
    out->offset = offset;
    out->seconds -= offset;
    out->other -= offset;
}

/* 2026-11-23, 2026/11/23, 2026:11:23 with a time of day. */
static bool scan_year_first(const struct text *t, struct diff_time *out)
{
    char c = at(t, 4);
    if (digits_at(t, 0) != 4 || (c != '-' && c != '/' && c != ':') || digits_at(t, 5) != 2 ||
        at(t, 7) != c || digits_at(t, 8) != 2)
        return false;
    int year = number_at(t, 0, 4), month = number_at(t, 5, 2), day = number_at(t, 8, 2);
    if (!date_ok(year, month, day))
        return false;
    out->form = DIFF_TIME_DATE;
    out->seconds = out->other = stet_diff_time_make(year, month, day, 0);
    after_date(t, 10, out);
    return c != ':' || out->grain != DIFF_TIME_DAY;
}

/* 23/11/2026, 11/23/26, 23.11.2026, 23-11-2026. */
static bool scan_year_last(const struct text *t, struct diff_time *out)
{
    size_t n1 = digits_at(t, 0);
    char c = at(t, n1);
    if (n1 < 1 || n1 > 2 || (c != '/' && c != '.' && c != '-'))
        return false;
    size_t n2 = digits_at(t, n1 + 1), n3 = digits_at(t, n1 + n2 + 2);
    if (n2 < 1 || n2 > 2 || at(t, n1 + n2 + 1) != c || (n3 != 4 && (n3 != 2 || c != '/')))
        return false;
    int first = number_at(t, 0, n1), second = number_at(t, n1 + 1, n2);
    int year = number_at(t, n1 + n2 + 2, n3) + (n3 == 2 ? 2000 : 0);
    bool day_first = date_ok(year, second, first), month_first = date_ok(year, first, second);
    if (!day_first && !month_first)
        return false;
    out->form = DIFF_TIME_DATE;
    int64_t a = day_first ? stet_diff_time_make(year, second, first, 0) : 0;
    int64_t b = month_first ? stet_diff_time_make(year, first, second, 0) : 0;
    out->seconds = day_first ? a : b;
    out->other = month_first ? b : a;
    after_date(t, n1 + n2 + n3 + 2, out);
    return true;
}

/* 20261123, and with a time of day: 20261123161030, 20261123T161030Z, 202611231610. */
static bool scan_compact(const struct text *t, size_t n, struct diff_time *out)
{
    if (n != 8 && n != 12 && n != 14)
        return false;
    int year = number_at(t, 0, 4), month = number_at(t, 4, 2), day = number_at(t, 6, 2);
    size_t from = 8, clock = n - 8;
    char c = at(t, 8);
    if (n == 8 && (c == 'T' || c == '-' || c == '_') &&
        (digits_at(t, 9) == 6 || digits_at(t, 9) == 4)) {
        from = 9;
        clock = digits_at(t, 9);
    }
    int hour = clock ? number_at(t, from, 2) : 0, minute = clock ? number_at(t, from + 2, 2) : 0;
    int second = clock == 6 ? number_at(t, from + 4, 2) : 0;
    if (!date_ok(year, month, day) || hour > 23 || minute > 59 || second > 60)
        return false;
    out->form = DIFF_TIME_COMPACT;
    out->grain = clock == 6 ? 1 : clock ? DIFF_TIME_MINUTE : DIFF_TIME_DAY;
    out->seconds = out->other =
        stet_diff_time_make(year, month, day, hour * 3600 + minute * 60 + second);
    out->len = from + clock - (clock ? 0 : from - 8);
    int offset;
    size_t zone = clock ? offset_at(t, out->len, &offset) : 0;
    if (zone) {
        out->len += zone;
        out->zoned = true;
        out->offset = offset;
        out->seconds = out->other -= offset;
    }
    return true;
}

/* Seconds, milliseconds, microseconds or nanoseconds since 1970. */
static bool scan_number(const struct text *t, size_t n, struct diff_time *out)
{
    if (n != 9 && n != 10 && n != 13 && n != 16 && n != 19)
        return false;
    if (t->s[0] == '0')
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < n && i < 10; i++)
        value = value * 10 + (t->s[i] - '0');
    if (value < stet_diff_time_make(YEAR_MIN, 1, 1, 0) ||
        value > stet_diff_time_make(YEAR_MAX, 12, 31, 0))
        return false;
    out->form = DIFF_TIME_NUMBER;
    out->grain = 1;
    out->zoned = true;
    out->seconds = out->other = value;
    size_t fraction = n <= 10 && at(t, n) == '.' ? digits_at(t, n + 1) : 0;
    out->len = n + (fraction ? fraction + 1 : 0);
    return true;
}

static int hex_value(char c)
{
    if (digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0x6924b1c6 or 6924b1c6. */
static bool scan_hex(const struct text *t, struct diff_time *out)
{
    size_t from = at(t, 0) == '0' && (at(t, 1) | 0x20) == 'x' ? 2 : 0, n = 0;
    int64_t value = 0;
    bool letters = from > 0;
    for (; n < 17 && hex_value(at(t, from + n)) >= 0; n++) {
        value = n < 8 ? value * 16 + hex_value(t->s[from + n]) : value;
        letters |= !digit(t->s[from + n]);
    }
    if (n != 8 || !letters || value < stet_diff_time_make(YEAR_MIN, 1, 1, 0))
        return false;
    out->form = DIFF_TIME_HEX;
    out->grain = 1;
    out->zoned = true;
    out->seconds = out->other = value;
    out->len = from + n;
    return true;
}

/* ---- with names ---- */

struct parts {
    int year, month, day, clock;                  /* -1: none */
    bool minutes_only, zoned, weekday, ambiguous; /* a month that may as well be a weekday */
    int offset;
    unsigned languages;
};

static size_t name_part(const struct text *t, size_t i, struct parts *p)
{
    unsigned languages, number;
    size_t n = stet_diff_time_name(t->s + i, t->len - i, &languages, &number);
    if (n == 0)
        return 0;
    if (number > 12) {
        if (p->weekday)
            return 0;
        p->weekday = true;
    } else if (p->month < 0 || p->ambiguous) {
        p->weekday |= p->ambiguous;
        p->ambiguous = number == 3 && n == 3 && p->month < 0 && !p->weekday;
        p->month = (int)number;
    } else {
        return 0;
    }
    unsigned both = p->languages & languages;
    p->languages = p->languages == 0 ? languages : both ? both : p->languages;
    return n;
}

static size_t number_part(const struct text *t, size_t i, struct parts *p)
{
    size_t n = p->clock < 0 ? clock_at(t, i, &p->clock, &p->minutes_only) : 0;
    if (n > 0)
        return n;
    p->clock = p->clock < 0 ? -1 : p->clock;
    n = digits_at(t, i);
    char after = at(t, i + n);
    if (n == 4 && p->year < 0) {
        p->year = number_at(t, i, 4);
        return n;
    }
    if ((n == 1 || n == 2) && p->day < 0 && after != ':' && after != '/') {
        p->day = number_at(t, i, n);
        return n + (at(t, i + n) == '.');
    }
    return 0;
}

/* One part of a date at i, of whichever kind: its length. */
static size_t part(const struct text *t, size_t i, struct parts *p)
{
    if (digit(at(t, i)))
        return number_part(t, i, p);
    if (p->clock >= 0 && !p->zoned) {
        size_t n = offset_at(t, i, &p->offset);
        if (n < 2) /* a lone Z is not written beside names */
            n = zone_at(t, i, &p->offset);
        p->zoned = n > 0;
        if (n > 0)
            return n;
    }
    if (at(t, i) == 'd' && at(t, i + 1) == 'e' && at(t, i + 2) == ' ')
        return 2; /* "23 de noviembre" */
    size_t n = name_part(t, i, p);
    return n + (n > 0 && at(t, i + n) == '.');
}

static bool complete(const struct parts *p, int year_hint)
{
    int year = p->year >= 0 ? p->year : year_hint;
    if (p->month < 0 || year <= 0 || (p->day < 0 && p->year < 0))
        return false;
    if (p->year < 0 && p->clock < 0)
        return false; /* "May 1" */
    return date_ok(year, p->month, p->day < 0 ? 1 : p->day);
}

static void make_named(const struct parts *p, int year_hint, size_t len, struct diff_time *out)
{
    int year = p->year >= 0 ? p->year : year_hint;
    *out = (struct diff_time){
        .form = DIFF_TIME_NAMED,
        .len = len,
        .seconds = stet_diff_time_make(year, p->month, p->day < 0 ? 1 : p->day, 0),
        .grain = p->day < 0        ? DIFF_TIME_MONTH
                 : p->clock < 0    ? DIFF_TIME_DAY
                 : p->minutes_only ? DIFF_TIME_MINUTE
                                   : 1,
        .zoned = p->zoned,
        .offset = p->zoned ? p->offset : 0,
        .no_year = p->year < 0,
        .languages = p->languages,
    };
    out->seconds += (p->clock >= 0 ? p->clock : 0) - out->offset;
    out->other = out->seconds;
}

/* Names and numbers in any order, with spaces, commas and hyphens between: takes as much as still makes a date. */
static bool scan_named(const struct text *t, int year, struct diff_time *out)
{
    struct parts p = {.year = -1, .month = -1, .day = -1, .clock = -1};
    bool found = false;
    for (size_t i = 0; i < t->len && i < 80;) {
        size_t n = part(t, i, &p);
        if (n == 0)
            break;
        i += n;
        if (complete(&p, year)) {
            make_named(&p, year, i, out);
            found = true;
        } else if (found) {
            break; /* what was added made it wrong */
        }
        size_t gap = 0;
        while (gap < 3 && (at(t, i) == ' ' || at(t, i) == ','))
            i++, gap++;
        if (gap == 0 && at(t, i) == '-' && p.clock < 0)
            i++, gap++;
        if (gap == 0 && at(t, i - 1) != '.')
            break;
    }
    return found;
}

static bool scan_clock(const struct text *t, struct diff_time *out)
{
    int seconds;
    bool minutes_only;
    size_t n = clock_at(t, 0, &seconds, &minutes_only);
    if (n == 0 || minutes_only)
        return false;
    out->form = DIFF_TIME_CLOCK;
    out->len = n;
    out->grain = 1;
    out->seconds = out->other = seconds;
    return true;
}

/* Where a number begins with digits, in the order in which the forms are told apart. */
static bool scan_digits(const struct text *t, int year, struct diff_time *out)
{
    size_t n = digits_at(t, 0);
    if (scan_year_first(t, out))
        return true;
    memset(out, 0, sizeof *out);
    if (scan_year_last(t, out) || scan_clock(t, out) || scan_compact(t, n, out) ||
        scan_number(t, n, out))
        return true;
    memset(out, 0, sizeof *out);
    return scan_named(t, year, out) || scan_hex(t, out);
}

bool stet_diff_time_scan(const char *s, size_t len, int year, struct diff_time *out)
{
    const struct text t = {s, len};
    memset(out, 0, sizeof *out);
    if (len == 0)
        return false;
    return digit(s[0]) ? scan_digits(&t, year, out)
                       : scan_named(&t, year, out) || scan_hex(&t, out);
}
