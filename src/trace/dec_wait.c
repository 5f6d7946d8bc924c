/* SPDX-License-Identifier: GPL-3.0-or-later */
/* poll, select, epoll: what is waited for, and what has happened. */
#include "trace/dec.h"

#include <poll.h>

/* poll(2) takes as many as there may be open files; select(2) as bits. */
#define POLLFDS_MAX 65536
#define FDSET_BITS 65536

/* In results descriptors have no labels: these stand before. */
static void show_fd(struct sk_dec *d, int fd, bool labelled)
{
	if (labelled)
		sk_dec_fd(d, fd);
	else
		sk_show_i64(d->s, fd);
}

static void show_pollfd(struct sk_dec *d, const struct pollfd *p, bool result)
{
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "fd");
	show_fd(d, p->fd, !result);
	if (p->fd >= 0) {
		sk_show_key(d->s, result ? "revents" : "events");
		sk_show_flags(d->s, &sk_tr_poll,
			      (uint16_t)(result ? p->revents : p->events),
			      "POLL???");
	}
	sk_show_close(d->s, '}');
}

void sk_dec_pollfds(struct sk_dec *d, uint64_t addr, uint64_t n)
{
	size_t shown = sk_dec_shown(d, n > POLLFDS_MAX ? POLLFDS_MAX : n);
	struct pollfd p;

	if (!addr || (n && sk_mem_get(d->ev, addr, &p, sizeof(p)) < 0)) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '[');
	for (size_t i = 0; i < shown; i++) {
		if (sk_mem_get(d->ev, addr + i * sizeof(p), &p,
			       sizeof(p)) < 0) {
			sk_dec_broken(d, addr + i * sizeof(p));
			n = shown;
			break;
		}
		show_pollfd(d, &p, false);
	}
	if (shown < n)
		sk_show_more(d->s);
	sk_show_close(d->s, ']');
}

bool sk_dec_poll_result(struct sk_dec *d, uint64_t addr, uint64_t n)
{
	size_t max = sk_dec_shown(d, POLLFDS_MAX), shown = 0;
	struct pollfd p;

	sk_show_open(d->s, '[');
	for (size_t i = 0; i < n && i < POLLFDS_MAX; i++) {
		if (sk_mem_get(d->ev, addr + i * sizeof(p), &p,
			       sizeof(p)) < 0)
			break;
		if (p.fd < 0 || !p.revents)
			continue;
		if (shown++ >= max) {
			sk_show_more(d->s);
			break;
		}
		show_pollfd(d, &p, true);
	}
	sk_show_close(d->s, ']');
	return shown;
}

static enum sk_dec_time time_kind(const struct sk_event *ev)
{
	switch (ev->sys) {
	case SK_SYS_select:
	case SK_SYS__newselect:
		return SK_TIMEVAL;
	case SK_SYS_ppoll_time64:
	case SK_SYS_pselect6_time64:
	case SK_SYS_recvmmsg_time64:
		return SK_TIMESPEC64;
	default:
		return SK_TIMESPEC;
	}
}

/* "left {tv_sec=…}": what the kernel has written back. */
static void show_left(struct sk_dec *d, uint64_t addr, bool first)
{
	struct sk_show *s = d->s;

	if (!addr)
		return;
	if (s->json) {
		sk_show_key(s, "left");
	} else {
		sk_out_str(s->out, first ? "left " : ", left ");
		s->comma = false;
	}
	if (d->s->style->shallow)
		sk_show_ptr(s, addr);
	else
		sk_dec_time(d, time_kind(d->ev), addr);
}

/* An object in JSON, brackets in text. */
static void begin(struct sk_show *s)
{
	if (s->json)
		sk_show_open(s, '{');
	else
		sk_out_str(s->out, " (");
	s->comma = false;
}

static void end(struct sk_show *s)
{
	if (s->json)
		sk_show_close(s, '}');
	else
		sk_out_char(s->out, ')');
}

static void label(struct sk_show *s, const char *key, bool *first)
{
	if (s->json) {
		sk_show_key(s, key);
		return;
	}
	if (!*first)
		sk_out_str(s->out, ", ");
	sk_out_str(s->out, key);
	sk_out_char(s->out, ' ');
	s->comma = false;
	*first = false;
}

static bool timed_out(struct sk_dec *d)
{
	if (d->ev->ret)
		return false;
	if (d->s->json)
		sk_show_word(d->s, "Timeout");
	else
		sk_out_str(d->s->out, " (Timeout)");
	return true;
}

void sk_dec_result_poll(struct sk_dec *d)
{
	const uint64_t *a = d->ev->args;

	if (timed_out(d) || d->s->style->shallow)
		return;
	begin(d->s);
	if (d->s->json)
		sk_show_key(d->s, "ready");
	sk_dec_poll_result(d, a[0], (uint32_t)a[1]);
	if (d->ev->sys != SK_SYS_poll)
		show_left(d, a[2], false);
	end(d->s);
}

static void show_fdset(struct sk_dec *d, uint64_t addr, int n, bool labelled);

/* i386's old select(2) has its arguments in memory; the model has none. */
void sk_dec_result_select(struct sk_dec *d)
{
	static const char *const names[] = { "in", "out", "except" };
	const uint64_t *a = d->ev->args;
	bool first = true;

	if (timed_out(d))
		return;
	begin(d->s);
	for (int i = 0; i < 3; i++) {
		if (!sk_dec_fdset_any(d, a[1 + i], sk_dec_int(d, 0)))
			continue;
		label(d->s, names[i], &first);
		show_fdset(d, a[1 + i], sk_dec_int(d, 0), false);
	}
	show_left(d, a[4], first);
	end(d->s);
}

void sk_dec_result_mmsg(struct sk_dec *d)
{
	if (!d->ev->args[4] || timed_out(d) || d->s->style->shallow)
		return;
	begin(d->s);
	show_left(d, d->ev->args[4], true);
	end(d->s);
}

/* --- select ----------------------------------------------------------- */

/* Bits of an fd_set are counted in longs (same on little endian). */
static size_t fdset_read(struct sk_dec *d, uint64_t addr, int n,
			 unsigned char buf[FDSET_BITS / 8])
{
	size_t word = sk_abi_word(d->ev->abi), bits, bytes;

	bits = n < 0 ? 0 : n > FDSET_BITS ? FDSET_BITS : (size_t)n;
	bytes = (bits + word * 8 - 1) / (word * 8) * word;
	if (!addr || !bytes || sk_mem_get(d->ev, addr, buf, bytes) < 0)
		return 0;
	return bits;
}

bool sk_dec_fdset_any(struct sk_dec *d, uint64_t addr, int n)
{
	unsigned char buf[FDSET_BITS / 8];
	size_t bits = fdset_read(d, addr, n, buf);

	for (size_t i = 0; i < bits; i++)
		if (buf[i / 8] >> (i % 8) & 1)
			return true;
	return false;
}

static void show_fdset(struct sk_dec *d, uint64_t addr, int n, bool labelled)
{
	unsigned char buf[FDSET_BITS / 8];
	size_t bits = fdset_read(d, addr, n, buf);
	bool first = true;

	if (!addr || !bits) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '[');
	for (size_t i = 0; i < bits; i++) {
		if (!(buf[i / 8] >> (i % 8) & 1))
			continue;
		/* strace parts them by blanks. */
		if (!d->s->json && !first) {
			sk_out_char(d->s->out, ' ');
			d->s->comma = false;
		}
		first = false;
		show_fd(d, (int)i, labelled);
	}
	sk_show_close(d->s, ']');
}

void sk_dec_fdset(struct sk_dec *d, uint64_t addr, int n)
{
	show_fdset(d, addr, n, true);
}

/* --- epoll ------------------------------------------------------------ */

/* Packed where x86 programs live; elsewhere the union is aligned. */
static size_t epoll_size(const struct sk_event *ev)
{
	return ev->abi == SK_ABI_AARCH64 ? 16 : 12;
}

static bool show_epoll(struct sk_dec *d, uint64_t addr)
{
	size_t size = epoll_size(d->ev);
	unsigned char raw[16];
	uint32_t events, u32;
	uint64_t u64;

	if (!addr || sk_mem_get(d->ev, addr, raw, size) < 0)
		return false;
	memcpy(&events, raw, 4);
	memcpy(&u32, raw + size - 8, 4);
	memcpy(&u64, raw + size - 8, 8);
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "events");
	sk_show_flags(d->s, &sk_tr_epoll_events, events, "EPOLL???");
	sk_show_key(d->s, "data");
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "u32");
	sk_show_u64(d->s, u32);
	sk_show_key(d->s, "u64");
	sk_show_u64(d->s, u64);
	sk_show_close(d->s, '}');
	sk_show_close(d->s, '}');
	return true;
}

void sk_dec_epoll_event(struct sk_dec *d, uint64_t addr)
{
	if (!show_epoll(d, addr))
		sk_show_ptr(d->s, addr);
}

void sk_dec_epoll_events(struct sk_dec *d, uint64_t addr, uint64_t n)
{
	size_t shown = sk_dec_shown(d, n > POLLFDS_MAX ? POLLFDS_MAX : n);

	sk_show_open(d->s, '[');
	for (size_t i = 0; i < shown; i++)
		if (!show_epoll(d, addr + i * epoll_size(d->ev))) {
			sk_dec_broken(d, addr + i * epoll_size(d->ev));
			n = shown;
			break;
		}
	if (shown < n)
		sk_show_more(d->s);
	sk_show_close(d->s, ']');
}
