/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions that cannot be used safely here are compile errors. This header
 * is put before every source file by the build (-include), so no file can
 * forget it. The system headers come first: what they declare is fine, what
 * we call is not.
 */
#ifndef SK_BANNED_H
#define SK_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <alloca.h>

#define SK_BANNED(name) sorry_##name##_is_banned_see_base_banned_h

#undef strcpy
#define strcpy(d, s) SK_BANNED(strcpy)
#undef strcat
#define strcat(d, s) SK_BANNED(strcat)
#undef strncpy
#define strncpy(d, s, n) SK_BANNED(strncpy)
#undef strncat
#define strncat(d, s, n) SK_BANNED(strncat)
#undef stpcpy
#define stpcpy(d, s) SK_BANNED(stpcpy)
#undef sprintf
#define sprintf(...) SK_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) SK_BANNED(vsprintf)
#undef strtok
#define strtok(s, d) SK_BANNED(strtok)
#undef atoi
#define atoi(s) SK_BANNED(atoi)
#undef atol
#define atol(s) SK_BANNED(atol)
#undef atoll
#define atoll(s) SK_BANNED(atoll)
#undef gets
#define gets(s) SK_BANNED(gets)
#undef alloca
#define alloca(n) SK_BANNED(alloca)
#undef localtime
#define localtime(t) SK_BANNED(localtime)
#undef gmtime
#define gmtime(t) SK_BANNED(gmtime)
#undef ctime
#define ctime(t) SK_BANNED(ctime)
#undef asctime
#define asctime(t) SK_BANNED(asctime)
#undef tmpnam
#define tmpnam(s) SK_BANNED(tmpnam)
#undef mktemp
#define mktemp(s) SK_BANNED(mktemp)

#endif
