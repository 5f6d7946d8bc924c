/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is at the other end of a unix socket: only sock_diag(7) knows, and only
 * in the network namespace that it is asked in. Here that is our own, so of a
 * program in another one the answer is that there is none.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include "trace/probe.h"

struct question {
	struct nlmsghdr nl;
	struct unix_diag_req req;
};

/* The attribute in what follows the struct; 0: it is not there. */
static uint32_t peer_in(const unsigned char *p, size_t len)
{
	struct rtattr a;
	uint32_t inode;
	size_t step;

	for (; len >= sizeof(a); p += step, len -= step) {
		memcpy(&a, p, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > len)
			break;
		if (a.rta_type == UNIX_DIAG_PEER &&
		    a.rta_len >= sizeof(a) + sizeof(inode)) {
			memcpy(&inode, p + sizeof(a), sizeof(inode));
			return inode;
		}
		step = RTA_ALIGN(a.rta_len);
		step = step < len ? step : len;
	}
	return 0;
}

static uint32_t read_answer(int fd, uint64_t inode)
{
	const size_t head = sizeof(struct nlmsghdr);
	const size_t body = head + sizeof(struct unix_diag_msg);
	unsigned char buf[1024];
	struct unix_diag_msg m;
	struct nlmsghdr h;
	ssize_t n;

	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)body)
		return 0;
	memcpy(&h, buf, sizeof(h));
	memcpy(&m, buf + head, sizeof(m));
	if (h.nlmsg_type != SOCK_DIAG_BY_FAMILY || h.nlmsg_len < body ||
	    h.nlmsg_len > (size_t)n || m.udiag_ino != inode)
		return 0;
	return peer_in(buf + body, h.nlmsg_len - body);
}

uint32_t sk_probe_unix_peer(int *fd, uint64_t inode)
{
	const struct question q = {
		.nl = { .nlmsg_len = sizeof(q),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST },
		.req = { .sdiag_family = AF_UNIX, .udiag_states = UINT32_MAX,
			 .udiag_ino = (uint32_t)inode,
			 .udiag_show = UDIAG_SHOW_PEER,
			 .udiag_cookie = { UINT32_MAX, UINT32_MAX } },
	};

	if (*fd < 0)
		*fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			     NETLINK_SOCK_DIAG);
	if (*fd < 0 || !inode ||
	    send(*fd, &q, sizeof(q), 0) != (ssize_t)sizeof(q))
		return 0;
	return read_answer(*fd, inode);
}
