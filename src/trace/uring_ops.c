/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What requests of an io_uring mean: which call each is the same as, and which
 * files they name.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/calls.h"
#include "trace/uring_in.h"

#define FILES_MAX 65536	/* more are not looked at */

/* Where an argument of the call stands in the request. */
enum from {
	NIL, FD, OFF, ADDR, LEN, FLAGS, ADDR_LEN, SPLICE_FD, LEVEL, NAME,
	OPTLEN, ADDR3,
};

/* When is it of interest? */
enum when {
	NEVER,
	ON_SOCKET,	/* its descriptor is a socket */
	ALWAYS,
};

/* io_uring_enter(2) has what each operation takes. */
static const struct op {
	uint8_t when;
	bool call;		/* is the same as sys */
	bool makes_fd;		/* file_index: of a direct descriptor */
	int16_t sys;
	uint8_t args[6];
} ops[] = {
	[0] = { ALWAYS },					/* NOP */
	[1] = { ON_SOCKET, true, false, SK_SYS_readv, { FD, ADDR, LEN } },
	[2] = { ON_SOCKET, true, false, SK_SYS_writev, { FD, ADDR, LEN } },
	[4] = { ON_SOCKET, true, false, SK_SYS_read, { FD, ADDR, LEN } },
	[5] = { ON_SOCKET, true, false, SK_SYS_write, { FD, ADDR, LEN } },
	[6] = { ON_SOCKET },					/* POLL_ADD */
	[7] = { ALWAYS },					/* POLL_REMOVE */
	[9] = { ALWAYS, true, false, SK_SYS_sendmsg, { FD, ADDR, FLAGS } },
	[10] = { ALWAYS, true, false, SK_SYS_recvmsg, { FD, ADDR, FLAGS } },
	[11] = { ALWAYS },					/* TIMEOUT */
	[12] = { ALWAYS },
	[13] = { ALWAYS, true, true, SK_SYS_accept4,
		 { FD, ADDR, OFF, FLAGS } },
	[14] = { ALWAYS },					/* ASYNC_CANCEL */
	[15] = { ALWAYS },					/* LINK_TIMEOUT */
	[16] = { ALWAYS, true, false, SK_SYS_connect, { FD, ADDR, OFF } },
	[19] = { ON_SOCKET, true, false, SK_SYS_close, { FD } },
	[20] = { ALWAYS },				/* FILES_UPDATE */
	[22] = { ON_SOCKET, true, false, SK_SYS_read, { FD, ADDR, LEN } },
	[23] = { ON_SOCKET, true, false, SK_SYS_write, { FD, ADDR, LEN } },
	[26] = { ALWAYS, true, false, SK_SYS_sendto,
		 { FD, ADDR, LEN, FLAGS, OFF, ADDR_LEN } },
	[27] = { ALWAYS, true, false, SK_SYS_recvfrom,
		 { FD, ADDR, LEN, FLAGS } },
	[29] = { ALWAYS, true, false, SK_SYS_epoll_ctl,
		 { FD, LEN, OFF, ADDR } },
	[30] = { ON_SOCKET, true, false, SK_SYS_splice,
		 { SPLICE_FD, NIL, FD, NIL, LEN, FLAGS } },
	[31] = { ALWAYS },				/* PROVIDE_BUFFERS */
	[32] = { ALWAYS },
	[33] = { ON_SOCKET, true, false, SK_SYS_tee,
		 { SPLICE_FD, FD, LEN, FLAGS } },
	[34] = { ALWAYS, true, false, SK_SYS_shutdown, { FD, LEN } },
	[40] = { ALWAYS },					/* MSG_RING */
	[45] = { ALWAYS, true, true, SK_SYS_socket, { FD, OFF, LEN } },
	[46] = { ON_SOCKET, true, false, SK_SYS_setsockopt,
		 { FD, LEVEL, NAME, ADDR3, OPTLEN } },		/* URING_CMD */
	[47] = { ALWAYS, true, false, SK_SYS_sendto,
		 { FD, ADDR, LEN, FLAGS, OFF, ADDR_LEN } },	/* SEND_ZC */
	[48] = { ALWAYS, true, false, SK_SYS_sendmsg, { FD, ADDR, FLAGS } },
	[49] = { ON_SOCKET, true, false, SK_SYS_read, { FD, ADDR, LEN } },
	[54] = { ALWAYS, true, false, SK_SYS_dup, { FD } }, /* FD_INSTALL */
	[56] = { ALWAYS, true, false, SK_SYS_bind, { FD, ADDR, OFF } },
	[57] = { ALWAYS, true, false, SK_SYS_listen, { FD, LEN } },
	[58] = { ALWAYS },					/* RECV_ZC */
	[59] = { ALWAYS, true, false, SK_SYS_epoll_wait, { FD, ADDR, LEN } },
	[60] = { ON_SOCKET, true, false, SK_SYS_readv, { FD, ADDR, LEN } },
	[61] = { ON_SOCKET, true, false, SK_SYS_writev, { FD, ADDR, LEN } },
};

#define OP_URING_CMD 46
#define CMD_SETSOCKOPT 3	/* SOCKET_URING_OP_SETSOCKOPT */

static const struct op *op_of(const struct sk_sqe *sqe)
{
	static const struct op none = { NEVER };

	return sqe->opcode < sizeof(ops) / sizeof(*ops) ? &ops[sqe->opcode] :
							  &none;
}

static uint64_t value(const struct sk_sqe *sqe, enum from from)
{
	switch (from) {
	case FD:
		return (uint32_t)sqe->fd;
	case OFF:
		return sqe->off;
	case ADDR:
		return sqe->addr;
	case LEN:
		return sqe->len;
	case FLAGS:
		return sqe->op_flags;
	case ADDR_LEN:
		return sqe->file_index & 0xffff;
	case SPLICE_FD:
	case OPTLEN:
		return sqe->file_index;
	case LEVEL:
		return (uint32_t)sqe->addr;
	case NAME:
		return sqe->addr >> 32;
	case ADDR3:
		return sqe->addr3;
	default:
		return 0;
	}
}

enum sk_sys sk_uring_call(const struct sk_sqe *sqe, uint64_t args[6])
{
	const struct op *op = op_of(sqe);

	if (!op->call || (sqe->opcode == OP_URING_CMD &&
			  (uint32_t)sqe->off != CMD_SETSOCKOPT))
		return SK_SYS_NONE;
	for (int i = 0; i < 6; i++)
		args[i] = value(sqe, (enum from)op->args[i]);
	return (enum sk_sys)op->sys;
}

/* --- registered files ----------------------------------------------------- */

enum { FILES = 2, NO_FILES = 3, UPDATE = 6, FILES2 = 13, UPDATE2 = 14 };

#define CQE_SKIP_SUCCESS (1 << 6) /* IOSQE_CQE_SKIP_SUCCESS */
#define SKIP (-2)		/* IORING_REGISTER_FILES_SKIP */
#define ALLOC UINT32_MAX	/* IORING_FILE_INDEX_ALLOC */
#define FD_IN_FIXED (1U << 31)	/* SPLICE_F_FD_IN_FIXED */

static void put_file(struct sk_model *m, struct sk_proc *p, int ring,
		     uint32_t place, int fd)
{
	int to = sk_direct_fd(p->files, ring, place);

	if (fd >= 0 && sk_model_life(m, p, fd))
		sk_model_set(m, p, to, *sk_model_fd(m, p, fd));
	else
		sk_model_drop(m, p, to);
}

/* n descriptors at addr (0: none yet), for the places from `at` on. */
static void put_files(struct sk_model *m, const struct sk_event *ev, int ring,
		      uint32_t at, uint64_t addr, uint32_t n)
{
	int32_t fd[64];

	for (uint32_t i = 0; addr && i < n && i < FILES_MAX; i++) {
		uint32_t left = n - i < 64 ? n - i : 64;

		if (i % 64 == 0 && sk_mem_get(ev, addr + (uint64_t)i * 4, fd,
					      left * sizeof(*fd)) < 0)
			return;
		if (fd[i % 64] != SKIP)
			put_file(m, ev->proc, ring, at + i, fd[i % 64]);
	}
}

void sk_uring_files_register(struct sk_model *m, const struct sk_event *ev,
			     int ring)
{
	struct { uint32_t n, flags; uint64_t resv, data, tags; } whole;
	struct {
		uint32_t at, resv;
		uint64_t data, tags;
		uint32_t n, resv2;
	} part;

	switch ((uint32_t)ev->args[1] & 0x7fffffff) {
	case FILES:
		put_files(m, ev, ring, 0, ev->args[2], (uint32_t)ev->args[3]);
		break;
	case FILES2:
		if (!sk_mem_get(ev, ev->args[2], &whole, sizeof(whole)))
			put_files(m, ev, ring, 0, whole.data, whole.n);
		break;
	case UPDATE:
		if (!sk_mem_get(ev, ev->args[2], &part, 16))
			put_files(m, ev, ring, part.at, part.data,
				  (uint32_t)ev->ret);
		break;
	case UPDATE2:
		if (!sk_mem_get(ev, ev->args[2], &part, sizeof(part)))
			put_files(m, ev, ring, part.at, part.data,
				  (uint32_t)ev->ret);
		break;
	case NO_FILES:
		sk_direct_close(m, ev->proc->files, ring, false);
		break;
	default:
		break;
	}
}

void sk_uring_files_put(struct sk_model *m, const struct sk_event *ev,
			int ring, const struct sk_sqe *sqe, int32_t res)
{
	bool opens = sqe->opcode == SK_OP_OPENAT ||
		     sqe->opcode == SK_OP_OPENAT2;

	/* Where it was left to the kernel, the descriptors are overwritten. */
	if (sqe->opcode == SK_OP_FILES_UPDATE && res > 0 &&
	    (uint32_t)sqe->off != ALLOC)
		put_files(m, ev, ring, (uint32_t)sqe->off, sqe->addr,
			  (uint32_t)res);
	else if (opens && res >= 0 && sqe->file_index)
		put_file(m, ev->proc, ring, sqe->file_index == ALLOC ?
				(uint32_t)res : sqe->file_index - 1, -1);
}

static bool closes_place(const struct sk_sqe *sqe)
{
	return sqe->opcode == SK_OP_CLOSE && sqe->file_index;
}

bool sk_uring_closes_silently(const struct sk_sqe *sqe)
{
	return sqe->opcode == SK_OP_CLOSE && sqe->flags & CQE_SKIP_SUCCESS;
}

static bool to_place(struct sk_proc *p, int ring, uint32_t place, int32_t *fd)
{
	*fd = sk_direct_fd(p->files, ring, place);
	return *fd >= 0;
}

bool sk_uring_resolve(struct sk_proc *p, int ring, struct sk_sqe *sqe)
{
	int32_t from;

	if (closes_place(sqe))
		return to_place(p, ring, sqe->file_index - 1, &sqe->fd);
	if (op_of(sqe)->args[0] == SPLICE_FD && sqe->op_flags & FD_IN_FIXED) {
		if (!to_place(p, ring, sqe->file_index, &from))
			return false;
		sqe->file_index = (uint32_t)from;
	}
	if (sqe->flags & SK_SQE_FIXED_FILE)
		return to_place(p, ring, (uint32_t)sqe->fd, &sqe->fd);
	return sqe->fd < SK_FD_DIRECT;
}

int64_t sk_uring_result_of(struct sk_proc *p, int ring,
			   const struct sk_sqe *sqe, int32_t res)
{
	if (res < 0 || !op_of(sqe)->makes_fd || !sqe->file_index)
		return res;
	return sk_direct_fd(p->files, ring, sqe->file_index == ALLOC ?
				    (uint32_t)res : sqe->file_index - 1);
}

bool sk_uring_concerns(struct sk_model *m, struct sk_proc *p,
		       const struct sk_sqe *sqe)
{
	enum when when = (enum when)op_of(sqe)->when;

	if (when != ON_SOCKET || sqe->flags & SK_SQE_FIXED_FILE ||
	    closes_place(sqe))
		return when != NEVER;
	return sqe->fd >= 0 && sk_model_life(m, p, sqe->fd);
}
