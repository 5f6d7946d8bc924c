/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The smallest TAP producer that serves us: checks print "ok"/"not ok", the
 * plan comes last. main() of a test ends with `return tap_done();`.
 */
#ifndef SK_TESTS_TAP_H
#define SK_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 4, 5), unused)) static bool
tap_ok(bool ok, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%s %d - ", ok ? "ok" : "not ok", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!ok) {
		tap_failed++;
		printf("#   at %s:%d\n", file, line);
	}
	fflush(stdout);
	return ok;
}

__attribute__((unused)) static bool tap_is_str(const char *got,
					       const char *want,
					       const char *file, int line,
					       const char *name)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	tap_ok(same, file, line, "%s", name);
	if (!same)
		printf("#   got:  %s\n#   want: %s\n", got ? got : "(null)",
		       want ? want : "(null)");
	return same;
}

__attribute__((unused)) static bool tap_is_int(long long got, long long want,
					       const char *file, int line,
					       const char *name)
{
	tap_ok(got == want, file, line, "%s", name);
	if (got != want)
		printf("#   got:  %lld\n#   want: %lld\n", got, want);
	return got == want;
}

#define ok(cond, ...) tap_ok(cond, __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, name) tap_is_str(got, want, __FILE__, __LINE__, name)
#define is_int(got, want, name) \
	tap_is_int((long long)(got), (long long)(want), __FILE__, __LINE__, name)

__attribute__((unused)) static int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
