/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are there whole or not at all. */
#ifndef SK_BASE_FILE_H
#define SK_BASE_FILE_H

#include <stddef.h>

#include "base/err.h"

/*
 * Make data[0..len) the content of the file: written under another name and
 * renamed, so that nobody ever reads half of it, with the mode that umask(2)
 * says. What is no regular file (/dev/stdout, a FIFO) is written in place.
 * 0, or a negative errno with the sentence.
 */
int sk_file_write(const char *path, const void *data, size_t len,
		  struct sk_err *err);

/*
 * Could sk_file_write() make this file, as far as can be told without doing
 * it? For those who would be sorry to hear of it after an hour. What is there
 * stays as it is. 0, or a negative errno with the sentence.
 */
int sk_file_check(const char *path, struct sk_err *err);

/*
 * The whole of a file as *data, NUL-terminated, owned by the caller; at most
 * `max` bytes, else -EFBIG. "-" is stdin. 0, or a negative errno with the
 * sentence.
 */
int sk_file_read(const char *path, size_t max, char **data, size_t *len,
		 struct sk_err *err);

#endif
