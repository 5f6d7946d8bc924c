/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes, struct iovec, struct msghdr and struct mmsghdr. */
#include "trace/dec.h"

#include <stdlib.h>

/* Strings up to this are read on the stack. */
#define ON_STACK 1024
/* However large -s is, more than this is never read at once. */
#define TEXT_MAX (16U << 20)

/*
 * Three slots of ev->keep for msg_namelen before the call, of 16 bits each:
 * those of the first eleven messages, and the number of those that follow and
 * have the same as the eleventh.
 */
#define KEEP_NAMELEN 1
#define KEPT_NAMELENS 11
#define LOOKED_AT 128

void sk_dec_text(struct sk_dec *d, uint64_t addr, uint64_t len)
{
	size_t max = d->s->style->strings;
	size_t n = len < max ? (size_t)len : max;
	unsigned char small[ON_STACK], *buf = small;

	if (n > TEXT_MAX)
		n = TEXT_MAX;
	if (n > sizeof(small))
		buf = malloc(n);
	if (!addr || !buf || (n && sk_mem_get(d->ev, addr, buf, n) < 0))
		sk_show_ptr(d->s, addr);
	else
		sk_show_string(d->s, buf, n, n < len);
	if (buf != small)
		free(buf);
}

/* Messages of netlink are more than bytes. */
void sk_dec_data(struct sk_dec *d, int fd, uint64_t addr, uint64_t len)
{
	int family = -1, protocol = -1;

	if (d->fds && d->fds->socket && addr && len &&
	    d->fds->socket(d->fds->arg, d->ev, fd, &family, &protocol) &&
	    family == 16 /* AF_NETLINK */)
		sk_dec_netlink(d, protocol, addr, len);
	else
		sk_dec_text(d, addr, len);
}

/* --- struct iovec ----------------------------------------------------- */

bool sk_iovec_get(const struct sk_event *ev, uint64_t addr, size_t i,
		  struct sk_iovec *v)
{
	uint64_t raw64[2];
	uint32_t raw32[2];

	if (sk_abi_compat(ev->abi)) {
		if (sk_mem_get(ev, addr + i * 8, raw32, 8) < 0)
			return false;
		*v = (struct sk_iovec){ raw32[0], raw32[1] };
	} else {
		if (sk_mem_get(ev, addr + i * 16, raw64, 16) < 0)
			return false;
		*v = (struct sk_iovec){ raw64[0], raw64[1] };
	}
	return true;
}

static void show_iovec(struct sk_dec *d, const struct sk_iovec *v,
		       uint64_t limit, bool pointers)
{
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "iov_base");
	if (pointers)
		sk_show_ptr(d->s, v->base);
	else
		sk_dec_data(d, sk_dec_int(d, 0), v->base,
			    v->len < limit ? v->len : limit);
	sk_show_key(d->s, "iov_len");
	sk_show_u64(d->s, v->len);
	sk_show_close(d->s, '}');
}

void sk_dec_broken(struct sk_dec *d, uint64_t addr)
{
	char text[40];

	snprintf(text, sizeof(text), "... /* %#llx */",
		 (unsigned long long)addr);
	sk_show_word(d->s, text);
}

void sk_dec_iov(struct sk_dec *d, uint64_t addr, uint64_t count,
		uint64_t limit, bool pointers)
{
	size_t n = count > SK_IOV_MAX ? SK_IOV_MAX : (size_t)count;
	size_t shown = sk_dec_shown(d, n);
	struct sk_iovec v;

	if (!addr || (n && !sk_iovec_get(d->ev, addr, 0, &v))) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '[');
	for (size_t i = 0; i < shown; i++) {
		if (!sk_iovec_get(d->ev, addr, i, &v)) {
			sk_dec_broken(d, addr + i * (sk_dec_compat(d) ?
							     8 : 16));
			count = shown;
			break;
		}
		show_iovec(d, &v, limit, pointers);
		limit -= v.len < limit ? v.len : limit;
	}
	if (shown < count)
		sk_show_more(d->s);
	sk_show_close(d->s, ']');
}

/* --- struct msghdr ---------------------------------------------------- */

/* The layouts of include/linux/socket.h and include/net/compat.h. */
struct msghdr64 {
	uint64_t name;
	uint32_t namelen, pad1;
	uint64_t iov, iovlen, control, controllen;
	uint32_t flags, pad2;
	uint32_t mmsg_len, pad3;
};

struct msghdr32 {
	uint32_t name, namelen, iov, iovlen, control, controllen, flags;
	uint32_t mmsg_len;
};

size_t sk_msghdr_size(const struct sk_event *ev, bool mmsg)
{
	if (sk_abi_compat(ev->abi))
		return mmsg ? 32 : 28;
	return mmsg ? 64 : 56;
}

bool sk_msghdr_get(const struct sk_event *ev, uint64_t addr, bool mmsg,
		   struct sk_msghdr *m)
{
	size_t size = sk_msghdr_size(ev, mmsg);
	struct msghdr64 h = { 0 };
	struct msghdr32 c = { 0 };

	if (!sk_abi_compat(ev->abi)) {
		if (sk_mem_get(ev, addr, &h, size) < 0)
			return false;
		*m = (struct sk_msghdr){ h.name, h.iov, h.iovlen, h.control,
					 h.controllen, h.namelen, h.flags,
					 h.mmsg_len };
		return true;
	}
	if (sk_mem_get(ev, addr, &c, size) < 0)
		return false;
	*m = (struct sk_msghdr){ c.name, c.iov, c.iovlen, c.control,
				 c.controllen, c.namelen, c.flags,
				 c.mmsg_len };
	return true;
}

void sk_dec_keep_msg(const struct sk_event *ev, uint64_t addr, bool mmsg,
		     unsigned n)
{
	const size_t size = sk_msghdr_size(ev, mmsg);
	const size_t at = sk_abi_compat(ev->abi) ? 4 : 8;
	unsigned char heads[LOOKED_AT * sizeof(struct msghdr64)];
	uint16_t kept[KEPT_NAMELENS + 1] = { 0 }, packed;
	uint32_t namelen;
	ssize_t got;

	if (n > LOOKED_AT)
		n = LOOKED_AT;
	got = addr ? ev->mem->read(ev->mem, addr, heads, n * size) : 0;
	for (unsigned i = 0; got >= (ssize_t)((i + 1) * size); i++) {
		memcpy(&namelen, heads + i * size + at, sizeof(namelen));
		/* Only no length at all is longer than that. */
		packed = namelen < UINT16_MAX - 1 ? (uint16_t)(namelen + 1) :
			 namelen == UINT32_MAX	  ? UINT16_MAX : 0;
		if (i < KEPT_NAMELENS)
			kept[i] = packed;
		else if (packed != kept[KEPT_NAMELENS - 1])
			break;
		else
			kept[KEPT_NAMELENS]++;
	}
	memcpy(ev->keep + KEEP_NAMELEN, kept, sizeof(kept));
}

static bool namelen_before(const struct sk_event *ev, unsigned index,
			   uint32_t *namelen)
{
	uint16_t kept[KEPT_NAMELENS + 1];

	if (ev->no_enter || !ev->keep)
		return false;
	memcpy(kept, ev->keep + KEEP_NAMELEN, sizeof(kept));
	if (index >= KEPT_NAMELENS + (unsigned)kept[KEPT_NAMELENS])
		return false;
	if (index >= KEPT_NAMELENS)
		index = KEPT_NAMELENS - 1;
	*namelen = kept[index] == UINT16_MAX ? UINT32_MAX : kept[index] - 1U;
	return kept[index];
}

/* "128 => 16" where the kernel has changed it. */
static void show_namelen(struct sk_dec *d, const struct sk_msghdr *m,
			 unsigned index)
{
	uint32_t before;

	sk_show_key(d->s, "msg_namelen");
	if (!namelen_before(d->ev, index, &before) || before == m->namelen) {
		sk_show_i64(d->s, (int32_t)m->namelen);
		return;
	}
	sk_show_change_begin(d->s);
	sk_show_i64(d->s, (int32_t)before);
	sk_show_change_then(d->s);
	sk_show_i64(d->s, (int32_t)m->namelen);
	sk_show_change_end(d->s);
}

/* What there is of a name: what fitted of what was to be put there. */
static int32_t name_filled(const struct sk_dec *d, const struct sk_msghdr *m,
			   bool out, unsigned index)
{
	int32_t now = (int32_t)m->namelen;
	uint32_t before;

	if (!out || !namelen_before(d->ev, index, &before))
		return now;
	return now > (int32_t)before ? (int32_t)before : now;
}

static void show_msghdr(struct sk_dec *d, const struct sk_msghdr *m,
			bool out, unsigned index, uint64_t limit)
{
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "msg_name");
	sk_dec_sockaddr(d, m->name, name_filled(d, m, out, index));
	if (out)
		show_namelen(d, m, index);
	else {
		sk_show_key(d->s, "msg_namelen");
		sk_show_i64(d->s, (int32_t)m->namelen);
	}
	sk_show_key(d->s, "msg_iov");
	sk_dec_iov(d, m->iov, m->iovlen, limit, false);
	sk_show_key(d->s, "msg_iovlen");
	sk_show_u64(d->s, m->iovlen);
	if (m->controllen) {
		sk_show_key(d->s, "msg_control");
		sk_dec_control(d, m->control, m->controllen);
	}
	sk_show_key(d->s, "msg_controllen");
	sk_show_u64(d->s, m->controllen);
	sk_show_key(d->s, "msg_flags");
	sk_show_flags(d->s, &sk_names_msg_flags, m->flags, "MSG_???");
	sk_show_close(d->s, '}');
}

/* What a failed recvmsg(2) leaves: only what the program had set matters. */
static void show_failed(struct sk_dec *d, const struct sk_msghdr *m)
{
	sk_show_open(d->s, '{');
	show_namelen(d, m, 0);
	sk_show_close(d->s, '}');
}

void sk_dec_msghdr(struct sk_dec *d, uint64_t addr, bool out)
{
	struct sk_msghdr m;

	if (!addr || !sk_msghdr_get(d->ev, addr, false, &m))
		sk_show_ptr(d->s, addr);
	else if (out && sk_dec_failed(d))
		show_failed(d, &m);
	else
		show_msghdr(d, &m, out, 0,
			    out ? (uint64_t)d->ev->ret : UINT64_MAX);
}

/* --- struct mmsghdr --------------------------------------------------- */

/* Messages in the array that are worth showing. */
static uint64_t mmsg_count(const struct sk_dec *d, uint64_t n, bool out)
{
	if (out && (uint64_t)d->ev->ret < n)
		n = (uint64_t)d->ev->ret;
	return n < SK_IOV_MAX ? n : SK_IOV_MAX;
}

void sk_dec_mmsg(struct sk_dec *d, uint64_t addr, uint64_t n, bool out)
{
	size_t size = sk_msghdr_size(d->ev, true);
	uint64_t done = sk_dec_failed(d) ? 0 : (uint64_t)d->ev->ret;
	uint64_t count = mmsg_count(d, n, out), shown;
	struct sk_msghdr m;

	if (!addr || (out && !done) ||
	    (n && !sk_msghdr_get(d->ev, addr, true, &m))) {
		sk_show_ptr(d->s, addr);
		return;
	}
	shown = sk_dec_shown(d, count);
	sk_show_open(d->s, '[');
	for (unsigned i = 0; i < shown; i++) {
		if (!sk_msghdr_get(d->ev, addr + i * size, true, &m)) {
			sk_dec_broken(d, addr + i * size);
			break;
		}
		sk_show_open(d->s, '{');
		sk_show_key(d->s, "msg_hdr");
		show_msghdr(d, &m, out, i, out ? m.mmsg_len : UINT64_MAX);
		if (i < done) {
			sk_show_key(d->s, "msg_len");
			sk_show_u64(d->s, m.mmsg_len);
		}
		sk_show_close(d->s, '}');
	}
	if (shown < count || (!out && shown < n))
		sk_show_more(d->s);
	sk_show_close(d->s, ']');
}
