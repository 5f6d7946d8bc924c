/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --advise: its rules, in words; advise.c decides when they are broken. */
#ifndef SK_TRACE_ADVISE_H
#define SK_TRACE_ADVISE_H

enum sk_rule {
	LOW_BACKLOG_RULE, BLOCKING_CONNECT, SMALL_WRITES, NAGLE_STALL,
	SHORT_WRITE, EAGAIN_SPIN, EPOLL_WRITABLE, ADDRESS_IN_USE,
	SIGPIPE_DEATH, UDP_TRUNCATED, FD_LEAK, CLOSE_WAIT, SELECT_1024,
	SK_RULES
};

struct sk_advice {
	const char *name, *says, *why, *fix;
};

extern const struct sk_advice sk_advice[SK_RULES];

#endif
