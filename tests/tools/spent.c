/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spent CMD...: run CMD with its output thrown away and print what it took:
 * "CPU WALL RSS", milliseconds of processor and of time, KiB at the most. The
 * shell's `time` counts in whole milliseconds, and its fork is larger than what
 * is to be measured. For tests/perf/. It links nothing of ours.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t to_nowhere;
	struct rusage used;
	double began;
	int status, r;
	pid_t pid;

	posix_spawn_file_actions_init(&to_nowhere);
	posix_spawn_file_actions_addopen(&to_nowhere, STDOUT_FILENO,
					 "/dev/null", O_WRONLY, 0);
	began = now_ms();
	r = argc < 2 ? 22 : posix_spawnp(&pid, argv[1], &to_nowhere, NULL,
					 argv + 1, environ);
	if (r) {
		fprintf(stderr, "spent: %s\n", strerror(r));
		return 2;
	}
	if (wait4(pid, &status, 0, &used) < 0)
		return 2;
	printf("%.3f %.3f %ld\n", ms(used.ru_utime) + ms(used.ru_stime),
	       now_ms() - began, used.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
