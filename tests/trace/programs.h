/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small programs in one binary for sockkit trace to watch, chosen by name. */
#ifndef SK_TESTS_PROGRAMS_H
#define SK_TESTS_PROGRAMS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With sanitizers: who is traced cannot be traced by the leak checker, too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static char **words;		/* behind the one that chose us */

struct program {
	const char *name;
	int (*run)(void);
};

static void check(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(errno));
	exit(99);
}

/* Its exit status; 98: argv names none of the n. */
static int run_program(const struct program *v, size_t n, int argc,
		       char **argv)
{
	words = argv + 2;
	for (size_t i = 0; argc > 1 && i < n; i++)
		if (!strcmp(argv[1], v[i].name))
			return v[i].run();
	fprintf(stderr, "usage: %s PROGRAM [ARG...]\n",
		program_invocation_short_name);
	return 98;
}

#define RUN_PROGRAM(v, argc, argv)					\
	run_program(v, sizeof(v) / sizeof(*(v)), argc, argv)

#endif
