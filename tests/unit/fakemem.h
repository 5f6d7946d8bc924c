/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tracee made of paper: its memory is a few regions of ours, and a call is
 * put together by hand. What lies in no region is not mapped.
 */
#ifndef SK_TESTS_FAKEMEM_H
#define SK_TESTS_FAKEMEM_H

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "trace/decode.h"

#define FAKE_REGIONS 16

struct fake_region {
	uint64_t addr;
	size_t len;
	unsigned char *bytes;
};

struct fake {
	struct sk_mem mem;	/* first: the callback casts it back */
	struct fake_region regions[FAKE_REGIONS];
	size_t n;
	uint64_t keep[SK_EVENT_KEEP];
	struct sk_event ev;
};

static inline ssize_t fake_read(const struct sk_mem *mem, uint64_t addr,
				void *buf, size_t len)
{
	const struct fake *f = (const struct fake *)(const void *)mem;

	for (size_t i = 0; i < f->n; i++) {
		const struct fake_region *r = &f->regions[i];
		size_t n;

		if (addr < r->addr || addr - r->addr >= r->len)
			continue;
		n = r->len - (size_t)(addr - r->addr);
		if (n > len)
			n = len;
		memcpy(buf, r->bytes + (addr - r->addr), n);
		return (ssize_t)n;
	}
	return -EFAULT;
}

/* A call about to begin, of a program of this machine's kind. */
static inline void fake_call(struct fake *f, enum sk_sys sys)
{
	*f = (struct fake){ .mem = { .read = fake_read } };
	f->ev = (struct sk_event){
		.kind = SK_EV_ENTER, .pid = 7, .tid = 7,
		.abi = SK_ABI_X86_64, .sys = sys,
		.mem = &f->mem, .keep = f->keep,
	};
}

/* Map len bytes; they are used, not copied. */
static inline void fake_map(struct fake *f, uint64_t addr, void *bytes,
			    size_t len)
{
	f->regions[f->n++] = (struct fake_region){ addr, len, bytes };
}

/* The call is over: ret is -errno or a value. */
static inline void fake_exit(struct fake *f, int64_t ret)
{
	f->ev.kind = SK_EV_EXIT;
	f->ev.ret = ret;
	f->ev.error = ret < 0 && ret > -4096 ? (int)-ret : 0;
}

/* The arguments that are due at the present event, as text. */
static inline void fake_show(struct fake *f, struct sk_show *s)
{
	int split = sk_decode_split(&f->ev), n = sk_decode_args(&f->ev);
	bool exit = f->ev.kind == SK_EV_EXIT;

	if (!exit)
		sk_decode_keep(&f->ev);
	for (int i = exit ? split : 0; i < (exit ? n : split); i++)
		if (*sk_decode_arg_name(&f->ev, i))
			sk_decode_arg(s, &f->ev, NULL, i);
}

#endif
