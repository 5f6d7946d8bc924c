/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_uring: the parameters of a ring, requests and results. */
#include "trace/dec.h"
#include "trace/uring.h"

static const struct sk_field params_fields[] = {
	{ "flags", 8, 4, SK_F_FLAGS, &sk_tr_uring_setup, "IORING_SETUP_???" },
	{ "sq_thread_cpu", 12, 4, SK_F_U },
	{ "sq_thread_idle", 16, 4, SK_F_U },
	{ "sq_entries", 0, 4, SK_F_U },
	{ "cq_entries", 4, 4, SK_F_U },
	{ "features", 20, 4, SK_F_FLAGS, &sk_tr_uring_feat,
	  "IORING_FEAT_???" },
	{ "wq_fd", 24, 4, SK_F_U },
	{ NULL }
};

void sk_dec_uring_params(struct sk_dec *d, uint64_t addr)
{
	sk_dec_struct(d, params_fields, addr, 28);
}

#define FLAGS_AT 8

const char *sk_decode_remark(const struct sk_event *ev)
{
	uint32_t flags = 0;

	if (ev->sys != SK_SYS_io_uring_setup || ev->kind != SK_EV_EXIT ||
	    ev->error)
		return NULL;
	sk_mem_get(ev, ev->args[1] + FLAGS_AT, &flags, sizeof(flags));
	return flags & SK_RING_SQPOLL ?
		       "io_uring with SQPOLL: the kernel takes requests by "
		       "itself; what is in the rings at an io_uring_enter is "
		       "shown, what came and went between is not" : NULL;
}

/* --- requests and results --------------------------------------------- */

enum { POLL_ADD = 6, SENDMSG = 9, RECVMSG = 10, ACCEPT = 13, CLOSE = 19,
       SEND = 26, RECV = 27, SOCKET = 45, SEND_ZC = 47, SENDMSG_ZC = 48,
       FILE_ALLOC = -1 };

/* What op_flags and ioprio mean hangs on the operation. */
static const struct {
	uint8_t op;
	const char *key;
	const struct sk_names *flags;
	const char *unknown;
	const struct sk_names *ioprio;
} meanings[] = {
	{ POLL_ADD, "poll32_events", &sk_tr_poll, "POLL???", NULL },
	{ SENDMSG, "msg_flags", &sk_names_msg_flags, "MSG_???",
	  &sk_tr_uring_recvsend },
	{ RECVMSG, "msg_flags", &sk_names_msg_flags, "MSG_???",
	  &sk_tr_uring_recvsend },
	{ ACCEPT, "accept_flags", &sk_tr_socktype_flags, "SOCK_???",
	  &sk_tr_uring_accept },
	{ SEND, "msg_flags", &sk_names_msg_flags, "MSG_???",
	  &sk_tr_uring_recvsend },
	{ RECV, "msg_flags", &sk_names_msg_flags, "MSG_???",
	  &sk_tr_uring_recvsend },
	{ SEND_ZC, "msg_flags", &sk_names_msg_flags, "MSG_???",
	  &sk_tr_uring_recvsend },
	{ SENDMSG_ZC, "msg_flags", &sk_names_msg_flags, "MSG_???",
	  &sk_tr_uring_recvsend },
};

#define MEANINGS (sizeof(meanings) / sizeof(*meanings))

static void show_op_flags(struct sk_dec *d, const struct sk_sqe *q)
{
	size_t i = 0;

	while (i < MEANINGS && meanings[i].op != q->opcode)
		i++;
	if (i < MEANINGS && q->ioprio && meanings[i].ioprio) {
		sk_show_key(d->s, "ioprio");
		sk_show_flags(d->s, meanings[i].ioprio, q->ioprio,
			      "IORING_???");
	}
	if (i < MEANINGS) {
		sk_show_key(d->s, meanings[i].key);
		sk_show_flags(d->s, meanings[i].flags, q->op_flags,
			      meanings[i].unknown);
	} else if (q->op_flags) {
		sk_show_key(d->s, "op_flags");
		sk_show_hex(d->s, q->op_flags);
	}
}

static void show_fd(struct sk_dec *d, const struct sk_sqe *q)
{
	bool fixed = q->flags & SK_SQE_FIXED_FILE;

	if (q->opcode == CLOSE && q->file_index)
		return;
	/* An index into the ring's own table is no descriptor. */
	sk_show_key(d->s, fixed ? "fixed_file" : "fd");
	if (fixed || q->opcode == SOCKET)
		sk_show_i64(d->s, q->fd);
	else
		sk_dec_fd(d, q->fd);
}

static void show_file_index(struct sk_dec *d, const struct sk_sqe *q)
{
	if (!q->file_index || (q->opcode != ACCEPT && q->opcode != SOCKET &&
			       q->opcode != CLOSE))
		return;
	sk_show_key(d->s, "file_index");
	if ((int32_t)q->file_index == FILE_ALLOC)
		sk_show_word(d->s, "IORING_FILE_INDEX_ALLOC");
	else
		sk_show_u64(d->s, q->file_index);
}

static void show_opcode(struct sk_dec *d, uint8_t opcode)
{
	sk_show_key(d->s, "opcode");
	sk_show_name(d->s, &sk_tr_uring_op, opcode, "IORING_OP_???");
}

void sk_decode_sqe(struct sk_show *s, const struct sk_event *ev,
		   const struct sk_decode_fds *fds, const struct sk_sqe *q)
{
	struct sk_dec d = { s, ev, fds };

	sk_show_open(s, '{');
	show_opcode(&d, q->opcode);
	if (q->flags) {
		sk_show_key(s, "flags");
		sk_show_flags(s, &sk_tr_uring_sqe, q->flags, "IOSQE_???");
	}
	show_fd(&d, q);
	if (q->off) {
		sk_show_key(s, "off");
		sk_show_hex(s, q->off);
	}
	sk_show_key(s, "addr");
	sk_show_ptr(s, q->addr);
	sk_show_key(s, "len");
	sk_show_u64(s, q->len);
	show_op_flags(&d, q);
	if (q->flags & SK_SQE_BUFFER_SELECT) {
		sk_show_key(s, "buf_group");
		sk_show_u64(s, q->buf_group);
	}
	show_file_index(&d, q);
	sk_show_key(s, "user_data");
	sk_show_hex(s, q->user_data);
	sk_show_close(s, '}');
}

static void show_res(struct sk_show *s, int32_t res)
{
	const char *name = res < 0 ? sk_errno_name(-res) : NULL;
	char text[40];

	if (!name || s->style->names != SK_NAMES_ABBREV) {
		sk_show_i64(s, res);
		return;
	}
	snprintf(text, sizeof(text), "-%s", name);
	sk_show_word(s, text);
}

void sk_decode_cqe(struct sk_show *s, const struct sk_event *ev,
		   const struct sk_uring_result *r)
{
	struct sk_dec d = { s, ev, NULL };

	sk_show_open(s, '{');
	if (r->opcode != 255)
		show_opcode(&d, r->opcode);
	sk_show_key(s, "user_data");
	sk_show_hex(s, r->cqe.user_data);
	sk_show_key(s, "res");
	show_res(s, r->cqe.res);
	sk_show_key(s, "flags");
	sk_show_flags(s, &sk_tr_uring_cqe, r->cqe.flags & 0xffff,
		      "IORING_CQE_F_???");
	sk_show_close(s, '}');
}
