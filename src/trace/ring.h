/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two queues of an io_uring (io_uring(7), include/uapi/linux/io_uring.h):
 * requests on their way into the kernel (SQEs) and results on their way out
 * (CQEs). They are memory that the program and the kernel share, so whatever
 * stands in them is anybody's word: every index is masked, every length bound.
 */
#ifndef SK_TRACE_RING_H
#define SK_TRACE_RING_H

#include "trace/event.h"

/* Flags of io_uring_setup(2) that change how the queues lie. */
#define SK_RING_SQPOLL (1U << 1)
#define SK_RING_SQE128 (1U << 10)
#define SK_RING_CQE32 (1U << 11)
#define SK_RING_NO_MMAP (1U << 14)
#define SK_RING_NO_SQARRAY (1U << 16)
#define SK_RING_CQE_MIXED (1U << 18)

/* A request: struct io_uring_sqe, the first 64 bytes. */
struct sk_sqe {
	uint8_t opcode;		/* sk_tr_uring_op */
	uint8_t flags;		/* sk_tr_uring_sqe */
	uint16_t ioprio;
	int32_t fd;
	uint64_t off;		/* or addr2 */
	uint64_t addr;
	uint32_t len;
	uint32_t op_flags;	/* msg_flags, accept_flags … */
	uint64_t user_data;
	uint16_t buf_group;
	uint16_t personality;
	uint32_t file_index;	/* or splice_fd_in, addr_len */
	uint64_t addr3, pad;
};
_Static_assert(sizeof(struct sk_sqe) == 64, "as the kernel has it");

#define SK_SQE_FIXED_FILE 1
#define SK_SQE_BUFFER_SELECT 32

/* A result: struct io_uring_cqe. */
struct sk_cqe {
	uint64_t user_data;
	int32_t res;
	uint32_t flags;		/* sk_tr_uring_cqe */
};
_Static_assert(sizeof(struct sk_cqe) == 16, "as the kernel has it");

#define SK_CQE_BUFFER 1		/* the upper 16 bits: which one */
#define SK_CQE_MORE 2		/* the request is not over */
#define SK_CQE_NOTIF 8		/* SEND_ZC: the buffer is free again */
#define SK_CQE_SKIP (1U << 5)	/* fills the end of the queue */
#define SK_CQE_32 (1U << 15)	/* is followed by 16 bytes more */

/* Where what is: offsets into the memory of the queues. */
struct sk_ring_layout {
	uint32_t flags;		/* of io_uring_setup(2) */
	uint32_t sq_head, sq_tail, sq_mask, sq_array;
	uint32_t cq_head, cq_tail, cq_mask, cqes;
	/* IORING_SETUP_NO_MMAP: the program's own memory; else 0. */
	uint64_t rings, sqes;
};

/*
 * From struct io_uring_params as io_uring_setup(2) has left it at addr: 0, or
 * a negative errno.
 */
int sk_ring_layout_get(struct sk_ring_layout *l, const struct sk_event *ev,
		       uint64_t addr);
/* Of a ring that was there before us: as Linux has it since 5.4. */
void sk_ring_layout_guess(struct sk_ring_layout *l);

/* The queues while we look at them. */
struct sk_ring {
	const struct sk_ring_layout *l;
	const struct sk_event *ev;	/* NO_MMAP: whose memory it is */
	const unsigned char *rings, *sqes; /* mapped; NULL: not */
	size_t rings_len, sqes_len;
	uint32_t sq_entries, cq_entries; /* powers of two */
};

/*
 * Map the queues by a copy of the descriptor (-1: there is none, NO_MMAP
 * alone works). 0 or a negative errno; sk_ring_close() at once, for a mapping
 * keeps the ring alive.
 */
int sk_ring_open(struct sk_ring *r, const struct sk_ring_layout *l, int fd,
		 const struct sk_event *ev);
void sk_ring_close(struct sk_ring *r);

/* Requests that wait: *head to *tail, counting on without end. */
bool sk_ring_waiting(const struct sk_ring *r, uint32_t *head, uint32_t *tail);
/* Request number i of these. */
bool sk_ring_sqe(const struct sk_ring *r, uint32_t i, struct sk_sqe *sqe);
/* How many results were put in so far. */
bool sk_ring_done(const struct sk_ring *r, uint32_t *tail);
/*
 * Result number *i; moves *i on to the next. False: cannot be read. Those
 * that only fill up have SK_CQE_SKIP.
 */
bool sk_ring_cqe(const struct sk_ring *r, uint32_t *i, struct sk_cqe *cqe);

#endif
