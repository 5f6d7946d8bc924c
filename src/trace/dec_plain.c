/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arguments that are what they say: numbers, names, flags, descriptors. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "trace/dec.h"
#include "trace/kinds.h"

void sk_dec_fd(struct sk_dec *d, int fd)
{
	char buf[600];
	const char *label = NULL;
	int place = sk_event_place(d->ev, fd);

	if (place < 0)
		sk_show_i64(d->s, fd);
	else
		sk_show_fixed(d->s, place);
	if (d->s->json || fd < 0 || !d->fds || !d->fds->label)
		return;
	label = d->fds->label(d->fds->arg, d->ev, fd, buf, sizeof(buf));
	if (label && *label) {
		sk_out_char(d->s->out, '<');
		sk_out_str(d->s->out, label);
		sk_out_char(d->s->out, '>');
	}
}

void sk_arg_fd(struct sk_dec *d, int i)
{
	/* IORING_ENTER_REGISTERED_RING: no descriptor, a number of its own. */
	if (d->ev->sys == SK_SYS_io_uring_enter && sk_arg(d, 3) & 16) {
		sk_show_i64(d->s, sk_dec_int(d, i));
		return;
	}
	sk_dec_fd(d, sk_dec_int(d, i));
}

void sk_arg_int(struct sk_dec *d, int i)
{
	sk_show_i64(d->s, sk_dec_int(d, i));
}

void sk_arg_uint(struct sk_dec *d, int i)
{
	sk_show_u64(d->s, (uint32_t)sk_arg(d, i));
}

void sk_arg_size(struct sk_dec *d, int i)
{
	sk_show_u64(d->s, sk_arg(d, i));
}

void sk_arg_ptr(struct sk_dec *d, int i)
{
	sk_show_ptr(d->s, sk_arg(d, i));
}

/* 64-bit offsets come in two registers on i386 (low, then high). */
void sk_arg_offset(struct sk_dec *d, int i)
{
	uint64_t v = sk_arg(d, i);

	if (d->ev->abi == SK_ABI_I386)
		v = (uint32_t)v | sk_arg(d, i + 1) << 32;
	sk_show_i64(d->s, (int64_t)v);
}

void sk_arg_family(struct sk_dec *d, int i)
{
	sk_show_name(d->s, &sk_names_family, (uint32_t)sk_arg(d, i), "AF_???");
}

/* The low bits are a number, those above are flags: each shown as such. */
void sk_arg_socktype(struct sk_dec *d, int i)
{
	uint32_t v = (uint32_t)sk_arg(d, i), type = v & 0xf, flags = v & ~0xfU;
	struct sk_out *out = d->s->out;

	if (d->s->json && flags) {
		char buf[128];

		sk_show_word(d->s, sk_socktype_format(buf, sizeof(buf), v));
		return;
	}
	if (!sk_name_of(&sk_names_socktype, type)) {
		sk_show_name(d->s, &sk_names_socktype, v, "SOCK_???");
		return;
	}
	sk_show_name(d->s, &sk_names_socktype, type, "SOCK_???");
	if (!flags)
		return;
	sk_out_char(out, '|');
	d->s->comma = false;
	sk_show_flags(d->s, &sk_tr_socktype_flags, flags, "SOCK_???");
}

/* Two calls name a protocol by its family's names; the family comes first. */
void sk_arg_protocol(struct sk_dec *d, int i)
{
	int family = sk_dec_int(d, 0);
	const struct sk_names *names = sk_protocols_of(family);
	uint32_t v = (uint32_t)sk_arg(d, i);
	char text[96], unknown[40];

	if (family == AF_PACKET && v && d->s->json) {
		sk_show_word(d->s, sk_protocol_format(text, sizeof(text),
						      family, v));
	} else if (family == AF_PACKET && !d->s->json && v <= UINT16_MAX) {
		sk_show_word(d->s, "htons(");
		d->s->comma = false;
		sk_show_name(d->s, names, ntohs((uint16_t)v), "ETH_P_???");
		sk_out_char(d->s->out, ')');
	} else if (names && family != AF_PACKET) {
		snprintf(unknown, sizeof(unknown), "%s???", names->prefix);
		sk_show_name(d->s, names, v, unknown);
	} else {
		sk_show_u64(d->s, v);
	}
}

void sk_arg_sockflags(struct sk_dec *d, int i)
{
	sk_show_flags(d->s, &sk_tr_socktype_flags, (uint32_t)sk_arg(d, i),
		      "SOCK_???");
}

void sk_arg_msgflags(struct sk_dec *d, int i)
{
	sk_show_flags(d->s, &sk_names_msg_flags, (uint32_t)sk_arg(d, i),
		      "MSG_???");
}

void sk_arg_shut(struct sk_dec *d, int i)
{
	sk_show_name(d->s, &sk_names_shutdown, (uint32_t)sk_arg(d, i),
		     "SHUT_???");
}

/* Tables that a kind names directly. */
#define FLAGS_OF(fn, table, unknown)					\
	void fn(struct sk_dec *d, int i)					\
	{								\
		sk_show_flags(d->s, &table, (uint32_t)sk_arg(d, i),	\
			      unknown);					\
	}
#define NAME_OF(fn, table, unknown)					\
	void fn(struct sk_dec *d, int i)					\
	{								\
		sk_show_name(d->s, &table, (uint32_t)sk_arg(d, i),	\
			     unknown);					\
	}
FLAGS_OF(sk_arg_rwf, sk_tr_rwf, "RWF_???")
FLAGS_OF(sk_arg_close_range, sk_tr_close_range, "CLOSE_RANGE_???")
FLAGS_OF(sk_arg_dup_flags, sk_tr_open_flags, "O_???")
FLAGS_OF(sk_arg_splice, sk_tr_splice, "SPLICE_F_???")
FLAGS_OF(sk_arg_epoll_create, sk_tr_epoll_create, "EPOLL_???")
FLAGS_OF(sk_arg_uring_enter, sk_tr_uring_enter, "IORING_ENTER_???")
NAME_OF(sk_arg_epoll_op, sk_tr_epoll_op, "EPOLL_CTL_???")
NAME_OF(sk_arg_fcntl, sk_tr_fcntl, "F_???")
NAME_OF(sk_arg_uring_register, sk_tr_uring_register, "IORING_REGISTER_???")
