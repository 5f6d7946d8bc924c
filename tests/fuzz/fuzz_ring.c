/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Queues of an io_uring whose memory is the input: four bytes of flags, four
 * offsets of two bytes, then memory from address 0x100 on, which holds both
 * queues. All requests and results that there seem to be are read and shown.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/fakemem.h"
#include "trace/ring.h"
#include "trace/uring.h"

#define HEAD 12
#define BASE 0x100

static void show(const struct fake *f, const struct sk_sqe *q,
		 const struct sk_cqe *c, bool as_json)
{
	struct sk_uring_result r = { *c, q->opcode };
	const struct sk_show_style style = { .strings = 32 };
	struct sk_json json;
	struct sk_show s;
	struct sk_out out;

	sk_out_init(&out, -1);
	sk_json_init(&json, &out);
	if (as_json)
		sk_show_json(&s, &json, &style);
	else
		sk_show_text(&s, &out, &style);
	sk_decode_sqe(&s, &f->ev, NULL, q);
	sk_decode_cqe(&s, &f->ev, &r);
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)out.buf[i] < 0x20)
			abort();
	if (s.depth || json.depth)
		abort();
	sk_out_fini(&out);
}

static void read_all(const struct fake *f, const struct sk_ring *r)
{
	uint32_t head = 0, tail = 0, i = 0;
	struct sk_sqe q = { 0 };
	struct sk_cqe c = { 0 };
	uint64_t args[6];

	if (sk_ring_waiting(r, &head, &tail))
		for (; head != tail && i < 64; head++, i++)
			if (sk_ring_sqe(r, head, &q))
				sk_uring_call(&q, args);
	show(f, &q, &c, false);
	i = 0;
	if (sk_ring_done(r, &tail))
		for (int n = 0; n < 64 && sk_ring_cqe(r, &i, &c); n++)
			show(f, &q, &c, n & 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_ring_layout l;
	unsigned char *memory;
	struct sk_ring r;
	uint16_t at[4];
	struct fake f;

	if (size < HEAD)
		return 0;
	memory = malloc(size - HEAD + 1);
	if (!memory)
		return 0;
	memcpy(memory, data + HEAD, size - HEAD);
	sk_ring_layout_guess(&l);
	memcpy(&l.flags, data, 4);
	memcpy(at, data + 4, sizeof(at));
	l.sq_array = at[0];
	l.cqes = at[1];
	l.sq_tail = at[2];
	l.rings = BASE;
	l.sqes = BASE + at[3];
	fake_call(&f, SK_SYS_io_uring_enter);
	fake_map(&f, BASE, memory, size - HEAD);
	if (sk_ring_open(&r, &l, -1, &f.ev) == 0)
		read_all(&f, &r);
	sk_ring_close(&r);
	free(memory);
	return 0;
}
