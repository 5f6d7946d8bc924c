/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/units.h"

static int write_in_place(const char *path, const void *data, size_t len)
{
	SK_AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : sk_write_all(fd, data, len);
}

static int write_and_rename(const char *path, const void *data, size_t len)
{
	SK_AUTO_FD fd = -1;
	mode_t mask;
	char *temp;
	int r;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		goto out;
	}
	r = sk_write_all(fd, data, len);
	mask = umask(0); /* mkstemp(3) gives 0600; a script of another */
	umask(mask);	 /* user may be meant to read it */
	if (r >= 0 && fchmod(fd, 0666 & ~mask) < 0)
		r = -errno;
	if (r >= 0 && rename(temp, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temp);
out:
	free(temp);
	return r < 0 ? r : 0;
}

int sk_file_write(const char *path, const void *data, size_t len,
		  struct sk_err *err)
{
	struct stat st;
	int r;

	r = !stat(path, &st) && !S_ISREG(st.st_mode) ?
		    write_in_place(path, data, len) :
		    write_and_rename(path, data, len);
	return r < 0 ? sk_fail(err, r, "%s: %s", path, sk_strerror(r)) : 0;
}

int sk_file_check(const char *path, struct sk_err *err)
{
	struct stat st;
	bool there = !stat(path, &st);
	char *temp = NULL;
	int fd, r = 0;

	if (there && S_ISDIR(st.st_mode)) {
		r = -EISDIR;
	} else if (there && !S_ISREG(st.st_mode)) {
		r = access(path, W_OK) < 0 ? -errno : 0;
	} else if (asprintf(&temp, "%s.XXXXXX", path) < 0) {
		temp = NULL;
		r = -ENOMEM;
	} else {
		fd = mkostemp(temp, O_CLOEXEC);
		r = fd < 0 ? -errno : unlink(temp);
		sk_close(&fd);
	}
	free(temp);
	return r < 0 ? sk_fail(err, r, "%s: %s", path, sk_strerror(r)) : 0;
}

/* Grows by doubling: the size of a pipe is not known beforehand. */
static int read_all(int fd, size_t max, char **data, size_t *len)
{
	size_t room = 0;
	ssize_t n;

	*data = NULL;
	*len = 0;
	do {
		if (*len + 1 >= room) {
			char *grown;

			room = room ? room * 2 : 64 << 10;
			grown = realloc(*data, room);
			if (!grown)
				return -ENOMEM;
			*data = grown;
		}
		n = read(fd, *data + *len, room - *len - 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		*len += n > 0 ? (size_t)n : 0;
		if (*len > max)
			return -EFBIG;
	} while (n);
	(*data)[*len] = '\0';
	return 0;
}

int sk_file_read(const char *path, size_t max, char **data, size_t *len,
		 struct sk_err *err)
{
	bool from_stdin = !strcmp(path, "-");
	SK_AUTO_FD own = -1;
	char limit[SK_UNITS_MAX];
	int r;

	if (!from_stdin) {
		own = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (own < 0)
			return sk_fail(err, -errno, "%s: %s", path,
				       sk_strerror(errno));
	}
	r = read_all(from_stdin ? STDIN_FILENO : own, max, data, len);
	if (r >= 0)
		return 0;
	free(*data);
	*data = NULL;
	if (r == -EFBIG)
		return sk_fail(err, r, "%s: larger than %s", path,
			       sk_format_size(limit, max));
	return sk_fail(err, r, "%s: %s", path, sk_strerror(r));
}
