/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a SPEC says, before anything of it is opened. */
#ifndef SK_STACK_SPEC_H
#define SK_STACK_SPEC_H

#include "stack/stk.h"

enum stk_kind { STK_KIND_TAP = 1, STK_KIND_WIRE = 2, STK_KIND_ALL = 3 };

/* Names point into the text that was parsed. */
struct stk_spec {
	enum stk_kind kind;
	const char *kind_name;
	struct stk_config *c;	/* the caller's, for addresses */
	const char *dev, *path, *pcap;
	uint64_t mtu, txqueuelen; /* 0: not said */
	bool persist, no_offload;
	struct stk_prefix host[STK_MAX_ADDRS];
	size_t n_host;
	bool impaired;
	struct stk_impair dirs[2]; /* in, out */
};

/* text is cut up. 0, or a usage error. */
int stk_spec_parse(struct stk_spec *sp, char *text, struct sk_err *err);
/* IPv4, and IPv6 where its packets fit (RFC 8200 5): how many are there? */
size_t stk_spec_families(const struct stk_spec *sp);

#endif
