/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds files to a fuzz target without libFuzzer, and prints TAP: every
 * finding of the past is a test. Files and directories come from argv; without
 * any, from the corpus that the build names (SK_CORPUS below $SK_SRCDIR).
 * libFuzzer (make fuzz) has a main() of its own.
 */
#ifndef SK_LIBFUZZER
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* libFuzzer's own default. */
#define INPUT_MAX (1 << 20)

static int count, failed;

static void replay_file(const char *path)
{
	static uint8_t room[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	size_t n;

	count++;
	if (!f) {
		printf("not ok %d - %s: cannot be read\n", count, path);
		failed++;
		return;
	}
	n = fread(room, 1, sizeof(room), f);
	fclose(f);
	/* A copy of the exact size, so that a read too far is seen. */
	data = malloc(n ? n : 1);
	if (data) {
		if (n)
			memcpy(data, room, n);
		LLVMFuzzerTestOneInput(data, n);
		free(data);
	}
	printf("ok %d - %s\n", count, path);
	fflush(stdout);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* In the order of names, so that two runs print the same. */
static void replay_dir(const char *dir)
{
	struct dirent **list;
	char path[4096];
	int n = scandir(dir, &list, visible, alphasort);

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		replay_file(path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	if (n > 0)
		return;
	printf("not ok %d - %s: no files\n", ++count, dir);
	failed++;
}

static void replay(const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		replay_dir(path);
	else
		replay_file(path);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("SK_SRCDIR");
	char path[4096];

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc < 2) {
		snprintf(path, sizeof(path), "%s/" SK_CORPUS,
			 srcdir ? srcdir : ".");
		replay(path);
	}
	printf("1..%d\n", count);
	return failed != 0;
}

#else
extern int sk_libfuzzer; /* a file is not to be empty (C11 6.9) */
#endif
