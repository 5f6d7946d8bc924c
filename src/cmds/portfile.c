/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/portfile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static int write_lines(int fd, sk_addr_at *at, const void *of)
{
	char text[SK_ADDR_TEXT_MAX], line[SK_ADDR_TEXT_MAX + 16];
	const struct sk_addr *a;
	int r = 0;

	for (size_t i = 0; r >= 0 && (a = at(of, i)); i++) {
		int port = sk_addr_port(a);
		int n = snprintf(line, sizeof(line),
				 port < 0 ? "%s\n" : "%s %d\n",
				 sk_addr_format_host(text, a), port);

		r = sk_write_all(fd, line, (size_t)n);
	}
	return r;
}

static int write_in_place(const char *path, sk_addr_at *at, const void *of)
{
	SK_AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : write_lines(fd, at, of);
}

static int write_and_rename(const char *path, sk_addr_at *at, const void *of)
{
	SK_AUTO_FD fd = -1;
	mode_t mask;
	char *temp;
	int r = 0;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		goto out;
	}
	r = write_lines(fd, at, of);
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
	return r;
}

int sk_portfile_write_all(const char *path, sk_addr_at *at, const void *of,
			  struct sk_err *err)
{
	struct stat st;
	int r;

	r = !stat(path, &st) && !S_ISREG(st.st_mode) ?
		    write_in_place(path, at, of) :
		    write_and_rename(path, at, of);
	return r < 0 ? sk_fail(err, r, "%s: %s", path, sk_strerror(r)) : 0;
}

static const struct sk_addr *listener_addr(const void *of, size_t i)
{
	return sk_listener_addr(of, i);
}

int sk_portfile_write(const char *path, const struct sk_listener *l,
		      struct sk_err *err)
{
	return sk_portfile_write_all(path, listener_addr, l, err);
}
