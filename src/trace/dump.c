/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/dump.h"

#include "trace/dec.h"

#define LINE 16
#define CHUNK 4096

/* " | 00000  68 69 …   hi               |" */
static void put_line(struct sk_out *out, size_t at, const unsigned char *p,
		     size_t n)
{
	sk_out_printf(out, " | %05zx ", at);
	for (size_t i = 0; i < LINE; i++) {
		if (i == LINE / 2)
			sk_out_char(out, ' ');
		if (i < n)
			sk_out_printf(out, " %02x", p[i]);
		else
			sk_out_str(out, "   ");
	}
	sk_out_str(out, "  ");
	for (size_t i = 0; i < LINE; i++)
		sk_out_char(out, i >= n ? ' ' : p[i] >= 0x20 && p[i] < 0x7f ?
					  (char)p[i] : '.');
	sk_out_str(out, " |\n");
}

static void put_piece(struct sk_out *out, const struct sk_event *ev,
		      const struct sk_payload *v)
{
	unsigned char buf[CHUNK];
	size_t at = 0, n;

	while (at < v->len) {
		n = v->len - at < sizeof(buf) ? v->len - at : sizeof(buf);
		if (sk_mem_get(ev, v->addr + at, buf, n) < 0)
			return;
		for (size_t i = 0; i < n; i += LINE)
			put_line(out, at + i, buf + i,
				 n - i < LINE ? n - i : LINE);
		at += n;
	}
}

static bool is_vector(const struct sk_event *ev)
{
	switch (ev->sys) {
	case SK_SYS_send:
	case SK_SYS_sendto:
	case SK_SYS_recv:
	case SK_SYS_recvfrom:
	case SK_SYS_read:
	case SK_SYS_pread64:
	case SK_SYS_write:
	case SK_SYS_pwrite64:
		return false;
	default:
		return true;
	}
}

/* All of a message's buffers, also those that nothing was put into. */
static uint64_t buffers_of(const struct sk_event *ev, unsigned msg)
{
	size_t size = sk_msghdr_size(ev, true);
	struct sk_msghdr m;

	return sk_msghdr_get(ev, ev->args[1] + msg * size, true, &m) ?
		       m.iovlen : 0;
}

/* strace counts the buffers of a vector, and the messages of many. */
void sk_dump_payload(struct sk_out *out, const struct sk_event *ev)
{
	struct sk_payload v[SK_PAYLOADS];
	enum sk_sys_role role = sk_sys_role(ev->sys);
	bool many = role == SK_ROLE_IN_MANY || role == SK_ROLE_OUT_MANY;
	size_t n;

	for (unsigned msg = 0;; msg++) {
		n = sk_decode_payload(ev, msg, v);
		if (!n)
			return;
		if (many)
			sk_out_printf(out, " = %llu buffers in vector %u\n",
				      (unsigned long long)buffers_of(ev, msg),
				      msg);
		for (size_t i = 0; i < n; i++) {
			if (is_vector(ev))
				sk_out_printf(out, " * %zu bytes in buffer "
						   "%zu\n", v[i].len, i);
			put_piece(out, ev, &v[i]);
		}
	}
}
