/*
 * times - recognising a time in text or bytes, in any of the usual encodings. Depends on no locale and no clock.
 */
#ifndef STET_DIFF_TIMES_H
#define STET_DIFF_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum diff_time_form {
    DIFF_TIME_DATE,    /* 2026-11-23, with or without a time of day; 23/11/2026 */
    DIFF_TIME_NAMED,   /* with the name of a month */
    DIFF_TIME_COMPACT, /* 20261123, 20261123161030 */
    DIFF_TIME_NUMBER,  /* decimal, since 1970 */
    DIFF_TIME_HEX,     /* hexadecimal seconds since 1970 */
    DIFF_TIME_CLOCK,   /* a time of day alone */
};

enum { DIFF_TIME_MINUTE = 60, DIFF_TIME_DAY = 86400, DIFF_TIME_MONTH = 31 * 86400 };

struct diff_time {
    enum diff_time_form form;
    size_t len; /* characters it takes */
    int64_t
        seconds;   /* since 1970; a local time without a zone is taken for UTC; CLOCK: of the day */
    int64_t other; /* the same with day and month the other way round; else equal to seconds */
    unsigned grain; /* 1, or DIFF_TIME_MINUTE, DIFF_TIME_DAY, DIFF_TIME_MONTH: what is not said */
    bool zoned;     /* it names its zone */
    int offset;     /* seconds east of UTC, when zoned */
    bool no_year;   /* the year was taken from the hint */
    unsigned languages; /* bits: whose names of months and days these are; 0: no names */
};

/*
 * Does s (of len characters) begin with a time? Takes the longest. Years 1980 to 2099. year is for times that name none
 * ("Nov 23 16:10:30"); 0: those are not times. Whether a word or number goes on after it is the caller's to judge.
 */
bool stet_diff_time_scan(const char *s, size_t len, int year, struct diff_time *out);

/* Does s begin with the name of a month or day (full or short)? Its length, with languages and number (months 1-12, days
 * 21-27); 0: no. */
size_t stet_diff_time_name(const char *s, size_t len, unsigned *languages, unsigned *number);

/* Seconds since 1970 of a date and time in UTC; month 1-12. Proleptic Gregorian, years 1 to 9999. */
int64_t stet_diff_time_make(int year, int month, int day, int64_t second_of_day);
/* The year of a time. */
int stet_diff_time_year(int64_t seconds);

/* The time of a DOS date and time (as in zip), taken for UTC; -1 when it is none. */
int64_t stet_diff_time_dos(uint16_t date, uint16_t time);

#endif
