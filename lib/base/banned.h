/*
 * banned - functions that invite overflow, truncation or silent acceptance.
 *
 * Brought in on the command line before every source (-include, see meson.build). The
 * headers that declare the functions come first, so that only calls are caught: a
 * call is a compile error whose text says what is banned.
 */
#ifndef STET_BASE_BANNED_H
#define STET_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef strtok
#define STET_BANNED(func) sorry_##func##_is_banned_in_stet
#define strcpy(...)       STET_BANNED(strcpy)
#define strcat(...)       STET_BANNED(strcat)
#define strncpy(...)      STET_BANNED(strncpy)
#define strncat(...)      STET_BANNED(strncat)
#define strtok(...)       STET_BANNED(strtok)
#define sprintf(...)      STET_BANNED(sprintf)
#define vsprintf(...)     STET_BANNED(vsprintf)
#define atoi(...)         STET_BANNED(atoi)
#define atol(...)         STET_BANNED(atol)
#define atoll(...)        STET_BANNED(atoll)
#define atof(...)         STET_BANNED(atof)
#define mktemp(...)       STET_BANNED(mktemp)
#define tmpnam(...)       STET_BANNED(tmpnam)
#define tempnam(...)      STET_BANNED(tempnam)
#define gmtime(...)       STET_BANNED(gmtime)
#define localtime(...)    STET_BANNED(localtime)
#define asctime(...)      STET_BANNED(asctime)
#define ctime(...)        STET_BANNED(ctime)
#define strerror(...)     STET_BANNED(strerror)
#define system(...)       STET_BANNED(system)
#define popen(...)        STET_BANNED(popen)

#endif
