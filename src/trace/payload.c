/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the bytes lie that a call has sent or received. */
#include "trace/dec.h"

#include "sock/addr.h"

static size_t from_iov(const struct sk_event *ev, uint64_t addr,
		       uint64_t count, uint64_t moved,
		       struct sk_payload v[SK_PAYLOADS])
{
	struct sk_iovec one;
	size_t n = 0;

	for (size_t i = 0; i < count && i < SK_PAYLOADS && moved; i++) {
		if (!sk_iovec_get(ev, addr, i, &one))
			break;
		if (!one.len)
			continue;
		v[n].addr = one.base;
		v[n].len = one.len < moved ? (size_t)one.len : (size_t)moved;
		moved -= v[n++].len;
	}
	return n;
}

static size_t from_buf(const struct sk_event *ev,
		       struct sk_payload v[SK_PAYLOADS])
{
	uint64_t n = (uint64_t)ev->ret;

	/* MSG_TRUNC makes recv(2) return more than it has stored. */
	v[0].addr = ev->args[1];
	v[0].len = (size_t)(n < ev->args[2] ? n : ev->args[2]);
	return v[0].len ? 1 : 0;
}

static size_t from_msg(const struct sk_event *ev,
		       struct sk_payload v[SK_PAYLOADS])
{
	struct sk_msghdr m;

	if (!sk_msghdr_get(ev, ev->args[1], false, &m))
		return 0;
	return from_iov(ev, m.iov, m.iovlen, (uint64_t)ev->ret, v);
}

static size_t from_mmsg(const struct sk_event *ev, unsigned msg,
			struct sk_payload v[SK_PAYLOADS])
{
	struct sk_msghdr m;

	if (msg >= (uint64_t)ev->ret ||
	    !sk_msghdr_get(ev, ev->args[1] + msg * sk_msghdr_size(ev, true),
			   true, &m))
		return 0;
	return from_iov(ev, m.iov, m.iovlen, m.mmsg_len, v);
}

size_t sk_decode_payload(const struct sk_event *ev, unsigned msg,
			 struct sk_payload v[SK_PAYLOADS])
{
	enum sk_sys_role role = sk_sys_role(ev->sys);

	if (ev->error || ev->ret <= 0)
		return 0;
	if (role == SK_ROLE_IN_MANY || role == SK_ROLE_OUT_MANY)
		return from_mmsg(ev, msg, v);
	if (msg || (role != SK_ROLE_IN && role != SK_ROLE_OUT))
		return 0;
	switch (ev->sys) {
	case SK_SYS_sendmsg:
	case SK_SYS_recvmsg:
		return from_msg(ev, v);
	case SK_SYS_readv:
	case SK_SYS_preadv:
	case SK_SYS_preadv2:
	case SK_SYS_writev:
	case SK_SYS_pwritev:
	case SK_SYS_pwritev2:
	case SK_SYS_vmsplice:
		return from_iov(ev, ev->args[1], ev->args[2],
				(uint64_t)ev->ret, v);
	default:
		return from_buf(ev, v);
	}
}

static void get_address(const struct sk_event *ev, uint64_t addr, int64_t len,
			struct sk_addr *a)
{
	struct sk_addr got = { 0 };

	if (len > (int64_t)sizeof(got.un))
		len = sizeof(got.un);
	if (!addr || len < 2 || sk_mem_get(ev, addr, &got.sa, (size_t)len) < 0)
		return;
	got.len = (socklen_t)len;
	*a = got;
}

void sk_decode_address(const struct sk_event *ev, unsigned msg,
		       struct sk_addr *a)
{
	size_t step = sk_msghdr_size(ev, true);
	struct sk_msghdr m;
	uint32_t len;

	switch (ev->sys) {
	case SK_SYS_connect:
	case SK_SYS_bind:
		get_address(ev, ev->args[1], (int32_t)ev->args[2], a);
		break;
	case SK_SYS_sendto:
		get_address(ev, ev->args[4], (int32_t)ev->args[5], a);
		break;
	case SK_SYS_recvfrom:
		if (ev->args[5] && sk_mem_get(ev, ev->args[5], &len, 4) == 0)
			get_address(ev, ev->args[4], (int32_t)len, a);
		break;
	case SK_SYS_accept4:
		if (ev->args[2] && sk_mem_get(ev, ev->args[2], &len, 4) == 0)
			get_address(ev, ev->args[1], (int32_t)len, a);
		break;
	case SK_SYS_sendmsg:
	case SK_SYS_recvmsg:
		if (sk_msghdr_get(ev, ev->args[1], false, &m))
			get_address(ev, m.name, (int32_t)m.namelen, a);
		break;
	case SK_SYS_sendmmsg:
	case SK_SYS_recvmmsg:
	case SK_SYS_recvmmsg_time64:
		if (sk_msghdr_get(ev, ev->args[1] + msg * step, true, &m))
			get_address(ev, m.name, (int32_t)m.namelen, a);
		break;
	default:
		break;
	}
}

#define PEEKING (0x2 | 0x2000)	/* MSG_PEEK | MSG_ERRQUEUE */

bool sk_decode_is_peek(const struct sk_event *ev)
{
	switch (ev->sys) {
	case SK_SYS_recv:
	case SK_SYS_recvfrom:
	case SK_SYS_recvmmsg:
	case SK_SYS_recvmmsg_time64:
		return ev->args[3] & PEEKING;
	case SK_SYS_recvmsg:
		return ev->args[2] & PEEKING;
	default:
		return false;
	}
}
