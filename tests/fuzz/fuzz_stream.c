/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: the frames of a wire, as a peer writes them into the socket. The
 * input is pieces, each behind its length in two bytes, that are written one by
 * one; what comes out is held against the same bytes read at once.
 */
#include "fuzz.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "stack/link/link.h"
#include "stack/wire/bytes.h"

#define STREAM_MAX (128 << 10)	/* less than a socket holds */
#define FRAME_MAX (65535 + 14 + 4)

static struct sockaddr_un at = { .sun_family = AF_UNIX };

static void clean_up(void)
{
	unlink(at.sun_path);
	*strrchr(at.sun_path, '/') = '\0';
	rmdir(at.sun_path);
}

/* One server for all inputs. */
static int listener(void)
{
	static int fd = -1;
	char dir[] = "/tmp/sk-fuzz.XXXXXX";

	if (fd >= 0)
		return fd;
	if (!mkdtemp(dir))
		abort();
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/wire", dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(fd, 1))
		abort();
	atexit(clean_up);
	return fd;
}

struct told {
	uint8_t b[STREAM_MAX];	/* all that was written */
	size_t n, at;		/* how much came out again, prefixes too */
};

/* The next frame of what was written must be p. */
static void same(struct told *t, struct pkt *p)
{
	static uint8_t got[FRAME_MAX];
	size_t len = t->n - t->at >= 4 ? get32(t->b + t->at) : SIZE_MAX;

	if (len != p->total || len > t->n - t->at - 4 ||
	    pkt_read(p, 0, got, len) != len ||
	    memcmp(got, t->b + t->at + 4, len))
		abort();
	t->at += 4 + len;
	pkt_free(p);
}

/* False: the link has died, for a reason that it names. */
static bool drain(struct stk_link *l, struct told *t)
{
	struct pkt *v[8];
	int n;

	while ((n = l->ops->recv(l, v, 8, 1)) > 0)
		for (int i = 0; i < n; i++)
			same(t, v[i]);
	if (n < 0 && !*l->err.text)
		abort();
	return n == 0;
}

static void feed(struct stk_link *l, int peer, const uint8_t *data, size_t size)
{
	static struct told t;
	bool alive = true;

	t.n = t.at = 0;
	while (alive && size >= 2) {
		size_t n = get16(data);

		data += 2;
		size -= 2;
		if (n > size)
			n = size;
		if (n > STREAM_MAX - t.n)
			break;
		memcpy(t.b + t.n, data, n);
		if (write(peer, data, n) != (ssize_t)n)
			abort();
		t.n += n;
		data += n;
		size -= n;
		alive = drain(l, &t);
	}
	/* Nothing that was whole has stayed behind. */
	if (alive && t.n - t.at >= 4 && get32(t.b + t.at) <= t.n - t.at - 4)
		abort();
	if (!alive && (t.n - t.at < 4 || get32(t.b + t.at) <= FRAME_MAX))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkt_pool pool;
	struct sk_err err = { 0 };
	struct stk_link *l;
	int server = listener(), peer;
	bool first;

	if (stk_wire(&l, at.sun_path, 0, &first, &err) < 0)
		abort();
	peer = accept(server, NULL, NULL);
	if (peer < 0)
		abort();
	pkt_pool_init(&pool, 1 << 20);
	l->pool = &pool;
	feed(l, peer, data, size);
	close(peer);
	stk_link_free(l);
	pkt_pool_fini(&pool); /* asserts that every buffer came back */
	return 0;
}
