/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What udp and unix have in common: whom they serve, with what, in pieces of
 * which size. */
#ifndef SK_CMDS_DGRAM_H
#define SK_CMDS_DGRAM_H

#include "cmds/shared.h"
#include "relay/dgram.h"

struct sk_dgram_args {
	bool listen, keep_open, echo, discard, lines;
	int64_t max_conns, max_children;
	uint64_t size;		/* 0: none was given */
};

/* To be included at the offset of a struct sk_dgram_args. */
extern const struct sk_opt sk_dgram_server_options[];
extern const struct sk_opt sk_dgram_framing_options[];

/*
 * After sk_shared_begin(): into what the relay takes. size: of datagrams, when
 * none was given; s is kept by reference to its program.
 */
void sk_dgram_settle(struct sk_dgram_opts *d, const struct sk_dgram_args *a,
		     const struct sk_shared *s, size_t size);

#endif
