/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Netlink (netlink(7), RFC 3549): a run of messages with their headers, errors
 * and acknowledgements; dec_nlbody.c has what stands in them.
 */
#include "trace/nlattr.h"

#define NLMSG_HDR 16
#define NLMSG_ERROR 2
#define NLMSG_DONE 3
#define NLM_F_CAPPED_ 0x100

struct header {
	uint32_t len;
	uint16_t type, flags;
	uint32_t seq, pid;
};

static void show_flags(struct sk_dec *d, int protocol, const struct header *h)
{
	const struct sk_names *upper = sk_dec_nlflags(protocol, h->type);
	struct sk_name rows[16] = { { 0 } };
	const struct sk_names both = { "NLM_F_", rows };
	const struct sk_name *from;
	size_t n = 0;

	for (from = sk_tr_nlmsg_flags.rows; from->name && n < 15; from++)
		rows[n++] = *from;
	for (from = upper ? upper->rows : from; from->name && n < 15; from++)
		rows[n++] = *from;
	sk_show_flags(d->s, &both, h->flags, "NLM_F_???");
}

static void show_header(struct sk_dec *d, int protocol, const struct header *h)
{
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "nlmsg_len");
	sk_show_u64(d->s, h->len);
	sk_show_key(d->s, "nlmsg_type");
	sk_dec_nltype(d, protocol, h->type);
	sk_show_key(d->s, "nlmsg_flags");
	show_flags(d, protocol, h);
	sk_show_key(d->s, "nlmsg_seq");
	sk_show_u64(d->s, h->seq);
	sk_show_key(d->s, "nlmsg_pid");
	sk_show_i64(d->s, (int32_t)h->pid);
	sk_show_close(d->s, '}');
}

/* Messages are copied whole; what is longer than any kernel sends is cut. */
static unsigned char copy[32768];

static void show_bytes(struct sk_dec *d, uint64_t addr, uint64_t len)
{
	size_t max = d->s->style->strings, n = len < max ? (size_t)len : max;
	unsigned char buf[1024];

	if (n > sizeof(buf))
		n = sizeof(buf);
	if (sk_mem_get(d->ev, addr, buf, n) < 0)
		sk_show_ptr(d->s, addr);
	else
		sk_show_bytes(d->s, buf, n, n < len);
}

static void show_body(struct sk_dec *d, int protocol, const struct header *h,
		      uint64_t addr, uint64_t len)
{
	size_t n = len < sizeof(copy) ? (size_t)len : sizeof(copy);

	if (sk_mem_get(d->ev, addr, copy, n) < 0 ||
	    !sk_dec_nlbody(d, protocol, h->type, h->flags, copy, n))
		show_bytes(d, addr, len);
}

static void show_negative(struct sk_dec *d, int32_t error)
{
	const char *name = sk_errno_name(-error);
	char text[40];

	if (!name || d->s->style->names != SK_NAMES_ABBREV) {
		sk_show_i64(d->s, error);
		return;
	}
	snprintf(text, sizeof(text), "-%s", name);
	sk_show_word(d->s, text);
}

static void show_message(struct sk_dec *d, int protocol,
			 const struct header *h, uint64_t addr, uint64_t left);

/* Extended acknowledgement: what the kernel has to say of an error. */
static void show_reasons(struct sk_dec *d, uint64_t addr, uint64_t len)
{
	size_t n = len < sizeof(copy) ? (size_t)len : sizeof(copy);

	if (sk_mem_get(d->ev, addr, copy, n) < 0)
		sk_show_ptr(d->s, addr);
	else
		sk_dec_nlattrs(d, &sk_nl_error, 0, copy, n);
}

/*
 * struct nlmsgerr: the error and what was asked, or its header alone; reasons
 * are what follows, whatever the flags say.
 */
static void show_error(struct sk_dec *d, int protocol,
		       const struct header *of, uint64_t addr, uint64_t len)
{
	uint64_t of_msg, msg;
	struct header h;
	int32_t error;

	if (len < 4 + NLMSG_HDR || sk_mem_get(d->ev, addr, &error, 4) < 0 ||
	    sk_mem_get(d->ev, addr + 4, &h, NLMSG_HDR) < 0) {
		show_bytes(d, addr, len);
		return;
	}
	msg = h.len < NLMSG_HDR || of->flags & NLM_F_CAPPED_ ? NLMSG_HDR :
							       h.len;
	of_msg = msg < len - 4 ? msg : len - 4;
	if (len - 4 > of_msg)
		sk_show_open(d->s, '[');
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "error");
	show_negative(d, error);
	sk_show_key(d->s, "msg");
	/* Errors within errors are no end of nesting. */
	if (h.type == NLMSG_ERROR)
		show_header(d, protocol, &h);
	else
		show_message(d, protocol, &h, addr + 4, of_msg);
	sk_show_close(d->s, '}');
	if (len - 4 > of_msg) {
		show_reasons(d, addr + 4 + of_msg, len - 4 - of_msg);
		sk_show_close(d->s, ']');
	}
}

static void show_done(struct sk_dec *d, uint64_t addr, uint64_t len)
{
	int32_t status;

	if (len == 4 && sk_mem_get(d->ev, addr, &status, 4) == 0)
		sk_show_i64(d->s, status);
	else
		show_bytes(d, addr, len);
}

static void show_message(struct sk_dec *d, int protocol,
			 const struct header *h, uint64_t addr, uint64_t left)
{
	uint64_t len = h->len < left ? h->len : left;

	if (len <= NLMSG_HDR) {
		show_header(d, protocol, h);
		return;
	}
	sk_show_open(d->s, '[');
	show_header(d, protocol, h);
	if (h->type == NLMSG_ERROR)
		show_error(d, protocol, h, addr + NLMSG_HDR, len - NLMSG_HDR);
	else if (h->type == NLMSG_DONE)
		show_done(d, addr + NLMSG_HDR, len - NLMSG_HDR);
	else
		show_body(d, protocol, h, addr + NLMSG_HDR, len - NLMSG_HDR);
	sk_show_close(d->s, ']');
}

/* What stands behind the last whole message. */
static void show_rest(struct sk_dec *d, uint64_t addr, uint64_t len)
{
	struct header h;

	if (len < NLMSG_HDR)
		show_bytes(d, addr, len);
	else if (sk_mem_get(d->ev, addr, &h, NLMSG_HDR) < 0)
		sk_dec_broken(d, addr);
}

void sk_dec_netlink(struct sk_dec *d, int protocol, uint64_t addr,
		    uint64_t len)
{
	size_t shown = 0, max = sk_dec_shown(d, 4096);
	bool many = false;
	struct header h;
	uint64_t step;

	if (protocol == 15 /* NETLINK_KOBJECT_UEVENT */) {
		sk_dec_text(d, addr, len);
		return;
	}
	if (len < NLMSG_HDR || sk_mem_get(d->ev, addr, &h, NLMSG_HDR) < 0) {
		show_bytes(d, addr, len);
		return;
	}
	step = ((uint64_t)h.len + 3) & ~UINT64_C(3);
	/* strace writes brackets where anything follows. */
	many = h.len >= NLMSG_HDR && step < len;
	if (many)
		sk_show_open(d->s, '[');
	while (len >= NLMSG_HDR &&
	       sk_mem_get(d->ev, addr, &h, NLMSG_HDR) == 0) {
		if (shown++ >= max) {
			sk_show_more(d->s);
			len = 0;
			break;
		}
		show_message(d, protocol, &h, addr, len);
		step = ((uint64_t)h.len + 3) & ~UINT64_C(3);
		if (!many || h.len < NLMSG_HDR || step >= len) {
			len = 0;
			break;
		}
		addr += step;
		len -= step;
	}
	if (many && len)
		show_rest(d, addr, len);
	if (many)
		sk_show_close(d->s, ']');
}
