/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the queues of an io_uring. They are mapped by a copy of the
 * descriptor and not read out of the program: process_vm_readv(2) cannot read
 * such pages before Linux 6.10, nor is it known where they lie in the memory
 * of an attached program. Only rings in memory of the program's own choice
 * (IORING_SETUP_NO_MMAP) are read there.
 */
#include "trace/ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OFF_SQ_RING 0
#define OFF_SQES 0x10000000
#define ENTRIES_MAX 65536	/* the kernel's IORING_MAX_CQ_ENTRIES / 2 */

/* --- layouts -------------------------------------------------------------- */

/* struct io_uring_params: ten words, then two structs of offsets. */
struct params {
	uint32_t sq_entries, cq_entries, flags, thread[2], features, wq_fd;
	uint32_t resv[3];
	struct {
		uint32_t head, tail, mask, entries, flags, dropped, array;
		uint32_t resv;
		uint64_t user_addr;
	} sq;
	struct {
		uint32_t head, tail, mask, entries, overflow, cqes, flags;
		uint32_t resv;
		uint64_t user_addr;
	} cq;
};
_Static_assert(sizeof(struct params) == 120, "as the kernel has it");

int sk_ring_layout_get(struct sk_ring_layout *l, const struct sk_event *ev,
		       uint64_t addr)
{
	struct params p;
	int r = sk_mem_get(ev, addr, &p, sizeof(p));

	if (r < 0)
		return r;
	*l = (struct sk_ring_layout){
		.flags = p.flags,
		.sq_head = p.sq.head, .sq_tail = p.sq.tail,
		.sq_mask = p.sq.mask, .sq_array = p.sq.array,
		.cq_head = p.cq.head, .cq_tail = p.cq.tail,
		.cq_mask = p.cq.mask, .cqes = p.cq.cqes,
	};
	if (p.flags & SK_RING_NO_MMAP) {
		l->sqes = p.sq.user_addr;
		l->rings = p.cq.user_addr;
	}
	return 0;
}

void sk_ring_layout_guess(struct sk_ring_layout *l)
{
	/* struct io_rings; the array comes behind the CQEs: sq_array 0. */
	*l = (struct sk_ring_layout){
		.sq_head = 0, .sq_tail = 64, .cq_head = 128, .cq_tail = 192,
		.sq_mask = 256, .cq_mask = 260, .cqes = 320,
	};
}

/* --- memory --------------------------------------------------------------- */

static bool get_rings(const struct sk_ring *r, uint64_t off, void *buf,
		      size_t len)
{
	if (r->rings) {
		if (off > r->rings_len || r->rings_len - off < len)
			return false;
		memcpy(buf, r->rings + off, len);
		return true;
	}
	return r->l->rings && !sk_mem_get(r->ev, r->l->rings + off, buf, len);
}

static bool get_sqes(const struct sk_ring *r, uint64_t off, void *buf,
		     size_t len)
{
	if (r->sqes) {
		if (off > r->sqes_len || r->sqes_len - off < len)
			return false;
		memcpy(buf, r->sqes + off, len);
		return true;
	}
	return r->l->sqes && !sk_mem_get(r->ev, r->l->sqes + off, buf, len);
}

static size_t sqe_size(const struct sk_ring *r)
{
	return r->l->flags & SK_RING_SQE128 ? 128 : 64;
}

static size_t cqe_size(const struct sk_ring *r)
{
	return r->l->flags & SK_RING_CQE32 ? 32 : 16;
}

/* Where the array of indices begins: behind all CQEs, on a line of its own. */
static uint64_t array_off(const struct sk_ring *r)
{
	uint64_t off = r->l->cqes + (uint64_t)r->cq_entries * cqe_size(r);

	return r->l->sq_array ? r->l->sq_array : (off + 63) & ~UINT64_C(63);
}

static bool is_mask(uint32_t mask)
{
	return mask < ENTRIES_MAX * 2 && !(mask & (mask + 1));
}

static int read_masks(struct sk_ring *r)
{
	uint32_t sq, cq;

	if (!get_rings(r, r->l->sq_mask, &sq, 4) ||
	    !get_rings(r, r->l->cq_mask, &cq, 4) || !is_mask(sq) ||
	    !is_mask(cq))
		return -EINVAL;
	r->sq_entries = sq + 1;
	r->cq_entries = cq + 1;
	return 0;
}

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

/*
 * A length that the program has lied about: old kernels refuse it, new ones
 * (6.13) map what there is, and the rest would be our SIGBUS.
 */
static const unsigned char *map(int fd, off_t off, size_t len)
{
	void *p = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, off);

	if (p == MAP_FAILED)
		return NULL;
	if (madvise(p, len, MADV_POPULATE_READ) < 0 && errno == EFAULT) {
		munmap(p, len);
		return NULL;
	}
	return p;
}

static int map_queues(struct sk_ring *r, int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), need;

	r->rings_len = page;
	r->rings = map(fd, OFF_SQ_RING, r->rings_len);
	if (!r->rings || read_masks(r) < 0)
		return -EINVAL;
	need = array_off(r) + (uint64_t)r->sq_entries * 4;
	need = need > r->l->cqes + r->cq_entries * cqe_size(r) ?
		       need : r->l->cqes + r->cq_entries * cqe_size(r);
	if (r->l->flags & SK_RING_NO_SQARRAY)
		need = r->l->cqes + r->cq_entries * cqe_size(r);
	if (need > r->rings_len) {
		munmap((void *)(uintptr_t)r->rings, r->rings_len);
		r->rings_len = need;
		r->rings = map(fd, OFF_SQ_RING, need);
	}
	r->sqes_len = r->sq_entries * sqe_size(r);
	r->sqes = map(fd, OFF_SQES, r->sqes_len);
	return r->rings && r->sqes ? 0 : -EINVAL;
}

int sk_ring_open(struct sk_ring *r, const struct sk_ring_layout *l, int fd,
		 const struct sk_event *ev)
{
	int error;

	*r = (struct sk_ring){ .l = l, .ev = ev };
	if (l->rings && l->sqes)
		return read_masks(r);
	error = fd < 0 ? -EBADF : map_queues(r, fd);
	if (error < 0)
		sk_ring_close(r);
	return error;
}

void sk_ring_close(struct sk_ring *r)
{
	if (r->rings)
		munmap((void *)(uintptr_t)r->rings, r->rings_len);
	if (r->sqes)
		munmap((void *)(uintptr_t)r->sqes, r->sqes_len);
	r->rings = r->sqes = NULL;
}

/* --- the queues ----------------------------------------------------------- */

bool sk_ring_waiting(const struct sk_ring *r, uint32_t *head, uint32_t *tail)
{
	return get_rings(r, r->l->sq_head, head, 4) &&
	       get_rings(r, r->l->sq_tail, tail, 4) &&
	       *tail - *head <= r->sq_entries;
}

bool sk_ring_sqe(const struct sk_ring *r, uint32_t i, struct sk_sqe *sqe)
{
	uint32_t at = i & (r->sq_entries - 1), index = at;

	if (!(r->l->flags & SK_RING_NO_SQARRAY) &&
	    !get_rings(r, array_off(r) + (uint64_t)at * 4, &index, 4))
		return false;
	return index < r->sq_entries &&
	       get_sqes(r, index * sqe_size(r), sqe, sizeof(*sqe));
}

bool sk_ring_done(const struct sk_ring *r, uint32_t *tail)
{
	return get_rings(r, r->l->cq_tail, tail, 4);
}

bool sk_ring_cqe(const struct sk_ring *r, uint32_t *i, struct sk_cqe *cqe)
{
	uint32_t at = *i & (r->cq_entries - 1);

	if (!get_rings(r, r->l->cqes + at * cqe_size(r), cqe, sizeof(*cqe)))
		return false;
	*i += r->l->flags & SK_RING_CQE_MIXED && cqe->flags & SK_CQE_32 ? 2 : 1;
	return true;
}
