/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Buffers that a request leaves the kernel to choose (IOSQE_BUFFER_SELECT): a
 * result says by number which one it was. Where that lies is known from how
 * the buffers were given: by a ring of them (IORING_REGISTER_PBUF_RING), whose
 * entries stay readable after they were taken, or by a request of their own
 * (IORING_OP_PROVIDE_BUFFERS).
 */
#include <stdlib.h>
#include <string.h>

#include "trace/uring_in.h"

#define GROUPS_MAX 256
#define ENTRIES_MAX 32768	/* the kernel's */
#define PBUF_RING_MMAP 1	/* made by the kernel: we know no address */

enum { REGISTER_PBUF_RING = 22, UNREGISTER_PBUF_RING = 23 };

/* struct io_uring_buf_reg and struct io_uring_buf */
struct reg {
	uint64_t addr;
	uint32_t entries;
	uint16_t group, flags;
	uint64_t resv[3];
};
struct entry {
	uint64_t addr;
	uint32_t len;
	uint16_t id, resv;
};
_Static_assert(sizeof(struct reg) == 40 && sizeof(struct entry) == 16,
	       "as the kernel has them");

static struct sk_uring_group *group_of(struct sk_uring_bufs *b, uint16_t id)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].group == id)
			return &b->v[i];
	return NULL;
}

static void put_group(struct sk_uring_bufs *b, struct sk_uring_group g)
{
	struct sk_uring_group *v = group_of(b, g.group);

	if (v) {
		*v = g;
		return;
	}
	v = b->n < GROUPS_MAX ? reallocarray(b->v, b->n + 1, sizeof(*v)) :
				NULL;
	if (!v)
		return;
	b->v = v;
	b->v[b->n++] = g;
}

void sk_uring_bufs_register(struct sk_uring_bufs *b, const struct sk_event *ev)
{
	struct sk_uring_group *g;
	struct reg reg;

	switch ((uint32_t)ev->args[1] & 0x7fffffff) {
	case REGISTER_PBUF_RING:
		if (sk_mem_get(ev, ev->args[2], &reg, sizeof(reg)) < 0 ||
		    reg.flags & PBUF_RING_MMAP || reg.entries > ENTRIES_MAX)
			return;
		put_group(b, (struct sk_uring_group){
			.group = reg.group, .is_ring = true,
			.addr = reg.addr, .n = reg.entries });
		return;
	case UNREGISTER_PBUF_RING:
		if (sk_mem_get(ev, ev->args[2], &reg, sizeof(reg)) < 0)
			return;
		g = group_of(b, reg.group);
		if (g)
			*g = b->v[--b->n];
		return;
	default:
		return;
	}
}

void sk_uring_bufs_provided(struct sk_uring_bufs *b, const struct sk_sqe *sqe)
{
	put_group(b, (struct sk_uring_group){
		.group = sqe->buf_group, .addr = sqe->addr,
		.len = sqe->len, .first = (uint16_t)sqe->off,
		.n = sqe->fd > 0 ? (uint32_t)sqe->fd : 0 });
}

/* In a ring, any entry that has ever held the number. */
static bool find_entry(const struct sk_uring_group *g,
		       const struct sk_event *ev, uint16_t id,
		       uint64_t *addr, uint64_t *len)
{
	struct entry v[64];

	for (uint32_t i = 0; i < g->n; i += 64) {
		uint32_t part = g->n - i > 64 ? 64 : g->n - i;

		if (sk_mem_get(ev, g->addr + i * sizeof(*v), v,
			       part * sizeof(*v)) < 0)
			return false;
		for (uint32_t k = 0; k < part; k++) {
			if (v[k].id != id || !v[k].addr)
				continue;
			*addr = v[k].addr;
			*len = v[k].len;
			return true;
		}
	}
	return false;
}

bool sk_uring_bufs_find(struct sk_uring_bufs *b, const struct sk_event *ev,
			uint16_t group, uint16_t id, uint64_t *addr,
			uint64_t *len)
{
	const struct sk_uring_group *g = group_of(b, group);

	if (!g)
		return false;
	if (g->is_ring)
		return find_entry(g, ev, id, addr, len);
	if (id < g->first || (uint32_t)(id - g->first) >= g->n)
		return false;
	*addr = g->addr + (uint64_t)(id - g->first) * g->len;
	*len = g->len;
	return true;
}

void sk_uring_bufs_fini(struct sk_uring_bufs *b)
{
	free(b->v);
	*b = (struct sk_uring_bufs){ 0 };
}
