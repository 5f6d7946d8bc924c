/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small programs in one binary for sockkit trace to watch, chosen by name. */
#ifndef SK_TESTS_PROGRAMS_H
#define SK_TESTS_PROGRAMS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

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

/*
 * Until a process is in one of these states, which no traced call is: S sleeps,
 * t is stopped by a tracer, Z has ended.
 */
static inline void await_state(pid_t pid, const char *states)
{
	char path[64], text[256] = "";
	const char *state = "";

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		FILE *f = fopen(path, "r");

		check(f && fgets(text, sizeof(text), f), path);
		fclose(f);
		state = strrchr(text, ')');
		usleep(1000);
	} while (!state || !strchr(states, state[2]));
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
