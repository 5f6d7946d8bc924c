/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sock_diag(7) requests over libmnl: one buffer, no peeking. The kernel may
 * answer "no such module" in two ways, by NLMSG_ERROR and by a NLMSG_DONE
 * that carries the error; both come back as a negative errno.
 */
#include "diag/dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/sock_diag.h>

/*
 * A receive buffer of a dump's own size would do; more lets the kernel fill
 * the next part while we read this one. Failing to get it is no error.
 */
#define RECEIVE_BUFFER (256 << 10)

/* What is left of a dump that we end early must not meet the next one. */
static void drop_rest(struct sk_dump *d)
{
	mnl_socket_close(d->nl);
	d->nl = NULL;
	free(d->buf);
	d->buf = NULL;
}

/*
 * A sandbox refuses netlink altogether. That is no refusal of what was asked
 * for: whoever has another source takes it.
 */
static int refused(struct sk_dump *d, int error)
{
	if (error != EPERM && error != EACCES && error != EAFNOSUPPORT &&
	    error != ENOSYS)
		return -error;
	d->res->no_netlink = error;
	return -EAFNOSUPPORT;
}

static int nl_open(struct sk_dump *d)
{
	int size = RECEIVE_BUFFER, r;

	if (d->buf)
		return 0;
	d->nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!d->nl)
		return refused(d, errno);
	setsockopt(mnl_socket_get_fd(d->nl), SOL_SOCKET, SO_RCVBUF, &size,
		   sizeof(size));
	if (mnl_socket_bind(d->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = refused(d, errno);
		drop_rest(d);
		return r;
	}
	d->portid = mnl_socket_get_portid(d->nl);
	d->buf = malloc(SK_NL_BUFFER);
	if (!d->buf)
		drop_rest(d);
	return d->buf ? 0 : -ENOMEM;
}

/* The errno in an NLMSG_ERROR or NLMSG_DONE; 0 is an end without error. */
static int end_of(const struct nlmsghdr *h)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(h) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(h), sizeof(error));
	else if (h->nlmsg_type == NLMSG_ERROR)
		error = -EPROTO;
	return error < 0 ? error : 0;
}

/* libmnl 1.0 takes a length of 2^31 and more for a negative, small one. */
static bool message_ok(const struct nlmsghdr *h, int left)
{
	return left >= (int)sizeof(*h) && h->nlmsg_len >= sizeof(*h) &&
	       h->nlmsg_len <= (unsigned)left;
}

int sk_nl_walk(struct sk_dump *d, const void *buf, size_t len,
	       sk_nl_parse *parse, bool *done)
{
	const struct nlmsghdr *h = buf;
	int left = (int)len, r;

	*done = false;
	for (; message_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		if ((d->portid && h->nlmsg_pid != d->portid) ||
		    h->nlmsg_seq != d->seq)
			continue;
		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			d->res->interrupted = true;
		if (h->nlmsg_type == NLMSG_DONE ||
		    h->nlmsg_type == NLMSG_ERROR) {
			*done = true;
			return end_of(h);
		}
		if (h->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		r = parse(d, h);
		if (r)
			return r;
	}
	return left > 0 ? -EPROTO : 0;
}

int sk_nl_dump(struct sk_dump *d, struct nlmsghdr *req, sk_nl_parse *parse)
{
	bool done = false;
	ssize_t n;
	int r = nl_open(d);

	if (r < 0)
		return r;
	req->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	req->nlmsg_seq = ++d->seq;
	if (mnl_socket_sendto(d->nl, req, req->nlmsg_len) < 0)
		return -errno;
	while (!done && !r) {
		n = mnl_socket_recvfrom(d->nl, d->buf, SK_NL_BUFFER);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0 && d->q->raw)
			sk_out_put(d->q->raw, d->buf, (size_t)n);
		r = n < 0 ? -errno :
			    sk_nl_walk(d, d->buf, (size_t)n, parse, &done);
	}
	if (!done)
		drop_rest(d);
	return r;
}

struct sk_bytes sk_nl_bytes(const struct nlattr *a, size_t min)
{
	struct sk_bytes b = { mnl_attr_get_payload(a),
			      mnl_attr_get_payload_len(a) };

	return b.len >= min ? b : (struct sk_bytes){};
}

uint32_t sk_nl_u32(const struct nlattr *a)
{
	uint32_t v = 0;
	size_t n = mnl_attr_get_payload_len(a);

	memcpy(&v, mnl_attr_get_payload(a), n < sizeof(v) ? n : sizeof(v));
	return v;
}

void sk_nl_meminfo(struct sk_sock *s, const struct nlattr *a)
{
	size_t n = mnl_attr_get_payload_len(a) / sizeof(uint32_t);

	if (n > SK_MEM_COUNT)
		n = SK_MEM_COUNT;
	/* The first seven are as old as the attribute; fewer are a lie. */
	if (n <= SK_MEM_OPTMEM)
		return;
	memcpy(s->mem, mnl_attr_get_payload(a), n * sizeof(uint32_t));
	s->n_mem = (uint16_t)n;
	s->has |= SK_HAS(MEM);
}
