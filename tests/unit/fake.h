/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An endpoint without a kernel: its recv and send play a script of counts and
 * errors, and what it was sent is kept for the test to look at.
 */
#ifndef SK_TESTS_FAKE_H
#define SK_TESTS_FAKE_H

#include "net/endpoint.h"

#define FAKE_STEPS 32

struct fake {
	struct endpoint ep;
	/* Each recv takes the next: text, "" for the end, or an errno. */
	struct {
		const char *text;
		int error;
	} recv[FAKE_STEPS];
	/* Each send takes at most .max bytes, or fails with .error. */
	struct {
		size_t max;
		int error;
	} send[FAKE_STEPS];
	int recvs, sends;
	struct sk_sent sent;	/* what the sent operation is to say */
	char got[4096];		/* what it was sent */
	size_t got_len;
	int shutdowns;
	bool freed;
	unsigned want;
};

static struct fake *to_fake(const struct endpoint *ep)
{
	return sk_container_of(ep, struct fake, ep);
}

/* Beyond the script, a fake has nothing to give and takes everything. */
static ssize_t fake_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct fake *f = to_fake(ep);
	const char *text;
	size_t n;

	if (f->recvs == FAKE_STEPS ||
	    (!f->recv[f->recvs].text && !f->recv[f->recvs].error))
		return -EAGAIN;
	if (f->recv[f->recvs].error)
		return -f->recv[f->recvs++].error;
	text = f->recv[f->recvs].text;
	n = strlen(text);
	if (n > len) {
		memcpy(buf, text, len);
		f->recv[f->recvs].text = text + len;
		return (ssize_t)len;
	}
	memcpy(buf, text, n);
	f->recvs++;
	return (ssize_t)n;
}

static ssize_t fake_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct fake *f = to_fake(ep);
	size_t len = iov[0].iov_len;

	(void)n;
	if (f->sends < FAKE_STEPS) {
		int step = f->sends++;

		if (f->send[step].error)
			return -f->send[step].error;
		if (f->send[step].max && len > f->send[step].max)
			len = f->send[step].max;
	}
	if (len > sizeof(f->got) - f->got_len)
		len = sizeof(f->got) - f->got_len;
	memcpy(f->got + f->got_len, iov[0].iov_base, len);
	f->got_len += len;
	return (ssize_t)len;
}

static int fake_shutdown(struct endpoint *ep)
{
	to_fake(ep)->shutdowns++;
	return 0;
}

static void fake_want(struct endpoint *ep, unsigned events)
{
	to_fake(ep)->want = events;
}

static void fake_sent(struct endpoint *ep, struct sk_sent *sent)
{
	*sent = to_fake(ep)->sent;
}

static void fake_free(struct endpoint *ep)
{
	to_fake(ep)->freed = true;
}

static const struct endpoint_ops fake_ops = {
	.kind = "fake",
	.recv = fake_recv,
	.send = fake_send,
	.shutdown = fake_shutdown,
	.want = fake_want,
	.sent = fake_sent,
	.free = fake_free,
};

static void fake_init(struct fake *f, struct sk_loop *loop, const char *name)
{
	*f = (struct fake){ .ep = {
		.ops = &fake_ops, .loop = loop, .name_in = name,
		.name_out = name, .input = SK_INPUT_FINITE } };
}

#endif
