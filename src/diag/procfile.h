/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files under /proc, read whole. `proc` is the place where /proc is mounted,
 * so that tests can read recordings of other kernels.
 */
#ifndef SK_DIAG_PROCFILE_H
#define SK_DIAG_PROCFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * PROC/PATH as a string of its own (NULs in the file become spaces), to be
 * freed. Returns the length or a negative errno; *text is NULL then.
 */
long sk_procfile_read(const char *proc, const char *path, char **text);

/*
 * The numbers of a one-line file such as sys/net/ipv4/tcp_mem into v[0..n).
 * Returns how many were there (at most n), or a negative errno. A file that
 * holds no number gives 0.
 */
int sk_procfile_numbers(const char *proc, const char *path, int64_t *v, int n);

/* The next line of *at without its end, or NULL. Cuts the text in place. */
char *sk_line_next(char **at);
/* The next word (by blanks) of *at, or NULL. Cuts the text in place. */
char *sk_word_next(char **at);

#endif
