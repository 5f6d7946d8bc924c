/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two kinds of files: the bytes as they are, or readable: a line
 *
 *	> 2026-11-20 03:09:29.123456 127.0.0.1:4321 16 bytes at 0
 *
 * a piece ('>' to the peer, '<' from it; time is local) and rows as
 * hexdump(1) -C has them, counted from the offset in that direction.
 */
#include "relay/dump.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

struct sk_dump {
	int fd;
	bool hex, failed;
	char *path;
};

int sk_dump_open(struct sk_dump **dump, const char *path, bool append, bool hex,
		 struct sk_err *err)
{
	struct sk_dump *d;

	*dump = NULL;
	if (!path)
		return 0;
	d = calloc(1, sizeof(*d));
	if (d)
		d->path = strdup(path);
	if (!d || !d->path) {
		free(d);
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	}
	d->hex = hex;
	d->fd = open(path,
		     O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY |
			     (append ? O_APPEND : O_TRUNC),
		     0666);
	if (d->fd < 0) {
		int r = -errno;

		sk_fail(err, r, "%s: open: %s", path, sk_strerror(r));
		free(d->path);
		free(d);
		return r;
	}
	*dump = d;
	return 0;
}

void sk_dump_close(struct sk_dump *d)
{
	if (!d)
		return;
	sk_close(&d->fd);
	free(d->path);
	free(d);
}

static int write_head(const struct sk_dump *d, const struct endpoint *peer,
		      bool sent, uint64_t offset, size_t len)
{
	char line[SK_ADDR_TEXT_MAX + 128], when[32];
	struct timeval tv;
	struct tm tm;
	int n;

	gettimeofday(&tv, NULL);
	localtime_r(&tv.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	n = snprintf(line, sizeof(line),
		     "%c %s.%06ld %s %zu bytes at %" PRIu64 "\n",
		     sent ? '>' : '<', when, (long)tv.tv_usec,
		     sent ? peer->name_out : peer->name_in, len, offset);
	return sk_write_all(d->fd, line, (size_t)n);
}

/* Rows are gathered, some hundred to a write(2). */
static int write_hex(const struct sk_dump *d, uint64_t offset,
		     const unsigned char *data, size_t len)
{
	char text[16384], *p = text;
	int r = 0;

	for (size_t i = 0; i < len && r >= 0; i += 16) {
		p = sk_hex_row(p, offset + i, data + i,
			    len - i < 16 ? len - i : 16);
		if (p - text > (ptrdiff_t)sizeof(text) - 128) {
			r = sk_write_all(d->fd, text, (size_t)(p - text));
			p = text;
		}
	}
	return r < 0 ? r : sk_write_all(d->fd, text, (size_t)(p - text));
}

static void dump_one(struct sk_relay *relay, struct sk_dump *d,
		     const struct endpoint *peer, bool sent, uint64_t offset,
		     const void *data, size_t len)
{
	int r;

	if (!d || d->failed)
		return;
	if (d->hex) {
		r = write_head(d, peer, sent, offset, len);
		if (r >= 0)
			r = write_hex(d, offset, data, len);
	} else {
		r = sk_write_all(d->fd, data, len);
	}
	if (r >= 0)
		return;
	d->failed = relay->dump_failed = true;
	sk_error("%s: write: %s: the file is incomplete, relaying goes on",
		 d->path, sk_strerror(r));
}

void sk_dump_bytes(struct sk_relay *relay, const struct endpoint *peer,
		   bool sent, uint64_t offset, const void *data, size_t len)
{
	dump_one(relay, relay->output, peer, sent, offset, data, len);
	dump_one(relay, relay->hex_dump, peer, sent, offset, data, len);
}
