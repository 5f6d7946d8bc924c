/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: the queues of an io_uring, in memory of the program's own choice
 * (IORING_SETUP_NO_MMAP), so that no kernel is needed; honest and lying ones.
 */
#include "tap.h"

#include <sys/socket.h>

#include "fakemem.h"
#include "trace/ring.h"
#include "trace/uring.h"

#define RINGS 0x1000
#define SQES 0x8000
#define ARRAY 640	/* behind 16 CQEs of 16 bytes, or 4 of 32 and more */

static unsigned char rings[1024], sqes[2048];
static struct sk_ring_layout layout;
static struct fake fake;

static void word(size_t off, uint32_t v)
{
	memcpy(rings + off, &v, sizeof(v));
}

/* Four requests, eight results. */
static void fresh(uint32_t flags)
{
	memset(rings, 0, sizeof(rings));
	memset(sqes, 0, sizeof(sqes));
	fake_call(&fake, SK_SYS_io_uring_enter);
	fake_map(&fake, RINGS, rings, sizeof(rings));
	fake_map(&fake, SQES, sqes, sizeof(sqes));
	sk_ring_layout_guess(&layout);
	layout.flags = flags | SK_RING_NO_MMAP;
	layout.sq_array = ARRAY;
	layout.rings = RINGS;
	layout.sqes = SQES;
	word(layout.sq_mask, 3);
	word(layout.cq_mask, 7);
}

static void request(unsigned at, size_t size, uint8_t opcode, int fd)
{
	struct sk_sqe q = { .opcode = opcode, .fd = fd,
			    .user_data = at + 100 };

	memcpy(sqes + at * size, &q, sizeof(q));
}

static void result(unsigned at, size_t size, int32_t res, uint32_t flags)
{
	struct sk_cqe c = { 7, res, flags };

	memcpy(rings + layout.cqes + at * size, &c, sizeof(c));
}

static void test_honest(void)
{
	uint32_t head, tail, i = 9;
	struct sk_ring r;
	struct sk_sqe q;
	struct sk_cqe c;

	fresh(0);
	word(layout.sq_head, 5);
	word(layout.sq_tail, 7);
	word(ARRAY + 4 * (5 & 3), 2);	/* the array may turn the order */
	word(ARRAY + 4 * (6 & 3), 0);
	request(2, 64, 26, 4);
	request(0, 64, 27, 5);
	ok(sk_ring_open(&r, &layout, -1, &fake.ev) == 0, "it opens");
	ok(sk_ring_waiting(&r, &head, &tail) && head == 5 && tail == 7,
	   "two requests wait");
	ok(sk_ring_sqe(&r, 5, &q) && q.opcode == 26 && q.fd == 4,
	   "the first, by the array");
	ok(sk_ring_sqe(&r, 6, &q) && q.opcode == 27 && q.user_data == 100,
	   "the second");
	word(layout.cq_tail, 10);
	result(1, 16, 11, SK_CQE_MORE);
	ok(sk_ring_done(&r, &tail) && tail == 10, "ten results so far");
	ok(sk_ring_cqe(&r, &i, &c) && c.res == 11 && i == 10,
	   "the tenth lies in the second place");
	sk_ring_close(&r);
}

static void test_sizes(void)
{
	struct sk_ring r;
	struct sk_sqe q;
	struct sk_cqe c;
	uint32_t i = 1;

	fresh(SK_RING_SQE128 | SK_RING_CQE32 | SK_RING_NO_SQARRAY);
	request(3, 128, 13, 9);
	result(1, 32, -104, 0);
	sk_ring_open(&r, &layout, -1, &fake.ev);
	ok(sk_ring_sqe(&r, 3, &q) && q.fd == 9, "requests of 128 bytes");
	ok(sk_ring_cqe(&r, &i, &c) && c.res == -104, "results of 32 bytes");
	sk_ring_close(&r);

	fresh(SK_RING_CQE_MIXED);
	result(1, 16, 1, SK_CQE_32);
	result(3, 16, 2, 0);
	i = 1;
	sk_ring_open(&r, &layout, -1, &fake.ev);
	ok(sk_ring_cqe(&r, &i, &c) && i == 3, "a large one among small ones");
	ok(sk_ring_cqe(&r, &i, &c) && c.res == 2, "and the one behind it");
	sk_ring_close(&r);
}

static void test_lies(void)
{
	uint32_t head, tail, i = 0;
	struct sk_ring r;
	struct sk_sqe q;
	struct sk_cqe c;

	fresh(0);
	word(layout.sq_mask, 4);
	ok(sk_ring_open(&r, &layout, -1, &fake.ev) < 0, "no mask");
	word(layout.sq_mask, UINT32_MAX);
	ok(sk_ring_open(&r, &layout, -1, &fake.ev) < 0, "a mask too large");
	layout.rings = 0x700000;
	ok(sk_ring_open(&r, &layout, -1, &fake.ev) < 0, "rings nowhere");

	fresh(0);
	sk_ring_open(&r, &layout, -1, &fake.ev);
	word(layout.sq_head, 1);
	ok(!sk_ring_waiting(&r, &head, &tail), "a head before the tail");
	word(layout.sq_tail, 100);
	ok(!sk_ring_waiting(&r, &head, &tail), "more than there is room for");
	word(ARRAY, 4);
	ok(!sk_ring_sqe(&r, 0, &q), "an index outside");
	layout.sqes = 0x900000;
	ok(!sk_ring_sqe(&r, 1, &q), "requests nowhere");
	layout.cqes = 2000;
	ok(!sk_ring_cqe(&r, &i, &c), "results outside");
	sk_ring_close(&r);
	ok(sk_ring_open(&r, &(struct sk_ring_layout){ 0 }, -1, &fake.ev) < 0,
	   "no descriptor, no memory");
}

static void test_layout(void)
{
	uint32_t params[30] = { 4, 8, SK_RING_NO_MMAP };
	struct sk_ring_layout l;
	uint64_t user = 0x123456789000;

	fresh(0);
	params[10] = 1;
	params[16] = 77;
	params[25] = 88;
	memcpy(params + 18, &user, 8);
	fake_map(&fake, 0x10, params, sizeof(params));
	ok(sk_ring_layout_get(&l, &fake.ev, 0x10) == 0, "parameters");
	ok(l.sq_head == 1 && l.sq_array == 77 && l.cqes == 88, "offsets");
	ok(l.sqes == user && !l.rings, "and the program's own memory");
	ok(sk_ring_layout_get(&l, &fake.ev, 0x40) < 0, "cut off");
}

static void test_calls(void)
{
	struct sk_sqe q = { .opcode = 26, .fd = -1, .addr = 16, .len = 5,
			    .op_flags = MSG_NOSIGNAL, .off = 32,
			    .file_index = 0xffff0010 };
	uint64_t a[6];

	is_int(sk_uring_call(&q, a), SK_SYS_sendto, "SEND is sendto");
	ok(a[0] == UINT32_MAX && a[1] == 16 && a[2] == 5 &&
	   a[3] == MSG_NOSIGNAL && a[4] == 32 && a[5] == 16,
	   "with its arguments");
	q.opcode = 16;
	ok(sk_uring_call(&q, a) == SK_SYS_connect && a[2] == 32,
	   "CONNECT has the length in off");
	q.opcode = 46;
	is_int(sk_uring_call(&q, a), SK_SYS_NONE, "a command is no call");
	q.off = 3;
	q.addr = UINT64_C(9) << 32 | 1;
	ok(sk_uring_call(&q, a) == SK_SYS_setsockopt && a[1] == 1 &&
	   a[2] == 9, "but SETSOCKOPT");
	for (int op = 0; op < 256; op++) {
		q.opcode = (uint8_t)op;
		q.off = 0;
		sk_uring_call(&q, a);
	}
	ok(sk_uring_call(&q, a) == SK_SYS_NONE, "what nobody knows");
}

int main(void)
{
	test_honest();
	test_sizes();
	test_lies();
	test_layout();
	test_calls();
	return tap_done();
}
