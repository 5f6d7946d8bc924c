/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors that a call names in memory: poll, select, SCM_RIGHTS. */
#include <poll.h>
#include <sys/select.h>

#include "trace/calls.h"

/* More are looked at by nobody who has to be fast. */
#define POLL_MAX 4096
#define CONTROL_MAX 4096

static bool is_poll(enum sk_sys sys)
{
	return sys == SK_SYS_poll || sys == SK_SYS_ppoll ||
	       sys == SK_SYS_ppoll_time64;
}

static void each_polled(struct sk_model *m, struct sk_event *ev, sk_fd_fn *fn,
			void *arg)
{
	struct pollfd v[64];
	uint64_t n = ev->args[1] > POLL_MAX ? POLL_MAX : ev->args[1];

	for (uint64_t i = 0; i < n; i += 64) {
		size_t part = n - i > 64 ? 64 : (size_t)(n - i);
		ssize_t got = ev->mem->read(ev->mem,
					    ev->args[0] + i * sizeof(*v), v,
					    part * sizeof(*v));

		for (ssize_t k = 0; k < got / (ssize_t)sizeof(*v); k++)
			if (v[k].fd >= 0)
				fn(m, ev, v[k].fd, arg);
		if (got < (ssize_t)(part * sizeof(*v)))
			return;
	}
}

/* The three sets, as bytes: little-endian longs make that one layout. */
static void each_selected(struct sk_model *m, struct sk_event *ev,
			  sk_fd_fn *fn, void *arg)
{
	unsigned char sets[3][FD_SETSIZE * 8 / 8];
	size_t n = ev->args[0] > FD_SETSIZE * 8 ? FD_SETSIZE * 8 :
						  (size_t)ev->args[0];
	size_t bytes = (n + 7) / 8;

	memset(sets, 0, sizeof(sets));
	for (int i = 0; i < 3; i++)
		if (ev->args[1 + i] &&
		    sk_mem_get(ev, ev->args[1 + i], sets[i], bytes) < 0)
			memset(sets[i], 0, bytes);
	for (size_t fd = 0; fd < n; fd++)
		if ((sets[0][fd / 8] | sets[1][fd / 8] | sets[2][fd / 8]) >>
			    (fd % 8) & 1)
			fn(m, ev, (int)fd, arg);
}

void sk_each_waited(struct sk_model *m, struct sk_event *ev, sk_fd_fn *fn,
		    void *arg)
{
	if (is_poll(ev->sys))
		each_polled(m, ev, fn, arg);
	else
		each_selected(m, ev, fn, arg);
}

/* --- messages -------------------------------------------------------------------- */

struct msghdr64 {
	uint64_t name;
	uint32_t namelen, pad;
	uint64_t iov, iovlen, control, controllen;
	uint32_t flags, pad2;
};

struct msghdr32 {
	uint32_t name, namelen, iov, iovlen, control, controllen, flags;
};

/* Walk control[0..len), each header of `head` bytes, aligned to `align`. */
static void each_right(struct sk_model *m, struct sk_event *ev,
		       const unsigned char *control, size_t len, size_t word,
		       sk_fd_fn *fn, void *arg)
{
	size_t head = word + 8, at = 0;

	while (len - at >= head) {
		uint64_t size = 0;
		int32_t kind[2], fd;

		memcpy(&size, control + at, word);
		memcpy(kind, control + at + word, sizeof(kind));
		if (size < head || size > len - at)
			return;
		if (kind[0] == SOL_SOCKET && kind[1] == SCM_RIGHTS)
			for (size_t i = head; i + 4 <= size; i += 4) {
				memcpy(&fd, control + at + i, sizeof(fd));
				fn(m, ev, fd, arg);
			}
		size = (size + word - 1) / word * word;
		if (size > len - at)
			return;
		at += size;
	}
}

static void each_of_message(struct sk_model *m, struct sk_event *ev,
			    uint64_t addr, sk_fd_fn *fn, void *arg)
{
	unsigned char control[CONTROL_MAX];
	struct msghdr64 h;
	struct msghdr32 h32;

	if (sk_abi_compat(ev->abi)) {
		if (sk_mem_get(ev, addr, &h32, sizeof(h32)) < 0)
			return;
		h.control = h32.control;
		h.controllen = h32.controllen;
	} else if (sk_mem_get(ev, addr, &h, sizeof(h)) < 0) {
		return;
	}
	if (!h.control || !h.controllen)
		return;
	if (h.controllen > sizeof(control))
		h.controllen = sizeof(control);
	if (!sk_mem_get(ev, h.control, control, h.controllen))
		each_right(m, ev, control, h.controllen, sk_abi_word(ev->abi),
			   fn, arg);
}

static size_t mmsghdr_size(const struct sk_event *ev)
{
	return sk_abi_compat(ev->abi) ? sizeof(struct msghdr32) + 4 :
					sizeof(struct msghdr64) + 8;
}

void sk_each_received(struct sk_model *m, struct sk_event *ev, sk_fd_fn *fn,
		      void *arg)
{
	if (ev->sys == SK_SYS_recvmsg)
		each_of_message(m, ev, ev->args[1], fn, arg);
	else
		for (int64_t i = 0; i < ev->ret; i++)
			each_of_message(m, ev, ev->args[1] +
					(uint64_t)i * mmsghdr_size(ev), fn,
					arg);
}

uint64_t sk_many_bytes(const struct sk_event *ev)
{
	size_t size = mmsghdr_size(ev);
	size_t at = sk_abi_compat(ev->abi) ? sizeof(struct msghdr32) :
					     sizeof(struct msghdr64);
	uint64_t sum = 0;
	uint32_t len;

	for (int64_t i = 0; i < ev->ret; i++)
		if (!sk_mem_get(ev, ev->args[1] + (uint64_t)i * size + at,
				&len, sizeof(len)))
			sum += len;
	return sum;
}
