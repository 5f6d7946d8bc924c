/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --hosts FILE: machines, and how a command gets there. A line a machine:
 *
 *	HOST [address=ADDR] [command=PATH] [via PREFIX...]
 *
 * HOST is a destination of ssh(1), and ADDR how others reach it (what follows
 * the '@' of HOST unless given). PATH is sockkit there. PREFIX takes the place
 * of "ssh -o BatchMode=yes -o ConnectTimeout=10 HOST". '#' begins a comment. The first machine is
 * the server, all others are clients.
 */
#ifndef SK_BENCH_HOSTS_H
#define SK_BENCH_HOSTS_H

#include <stddef.h>

#include "base/err.h"

#define BENCH_HOSTS_MAX 256

struct bench_host {
	char *name, *address, *command;
	char **via;		/* words, or NULL: ssh */
	size_t n_via;
};

struct bench_hosts {
	struct bench_host *v;
	size_t n;
};

/* 0, or the usage error of a line. bench_hosts_fini() is due in any case. */
int bench_hosts_parse(struct bench_hosts *h, const char *text, size_t len,
		      struct sk_err *err);
int bench_hosts_read(struct bench_hosts *h, const char *path,
		     struct sk_err *err);
void bench_hosts_fini(struct bench_hosts *h);

/*
 * The words that run `args` (NULL-terminated, without the program) by the
 * host's sockkit; NULL-terminated and owned by the caller, as its strings.
 * What a shell there would split is quoted when the way is ssh. NULL: no
 * memory.
 */
char **bench_host_argv(const struct bench_host *h, char *const *args);
/* The same as one line for a shell here. */
char *bench_host_line(const struct bench_host *h, char *const *args);
void bench_words_free(char **words);

/* Words as one text that sh(1) splits into the same. NULL: no memory. */
char *bench_quote(char *const *words);

#endif
