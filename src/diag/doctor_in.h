/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the doctor: the tests of the rules, and what they share. */
#ifndef SK_DIAG_DOCTOR_IN_H
#define SK_DIAG_DOCTOR_IN_H

#include "diag/doctor.h"

typedef void sk_rule_test(struct sk_checkup *c, struct sk_findings *f);

/* doctor_listen.c */
sk_rule_test sk_rule_accept_overflow, sk_rule_accept_burst, sk_rule_near_backlog,
	sk_rule_backlog_cut, sk_rule_syn_flood, sk_rule_syn_drops;
/* doctor_conn.c */
sk_rule_test sk_rule_ports, sk_rule_close_wait, sk_rule_no_answer,
	sk_rule_zero_window, sk_rule_small_buffer, sk_rule_retransmissions;
/* doctor_leak.c, doctor_closed.c */
sk_rule_test sk_rule_leak, sk_rule_closed;
/* doctor_machine.c */
sk_rule_test sk_rule_time_wait, sk_rule_orphans, sk_rule_tcp_memory,
	sk_rule_udp_memory, sk_rule_udp_drops, sk_rule_udp_unread,
	sk_rule_softnet, sk_rule_device, sk_rule_conntrack, sk_rule_fd_limit,
	sk_rule_files;

/* {local}, {peer} and {proc} of a socket. */
void sk_finding_local(struct sk_finding *f, const struct sk_patient *p);
void sk_finding_peer(struct sk_finding *f, const struct sk_patient *p);
void sk_finding_proc(struct sk_finding *f, struct sk_checkup *c,
		     const struct sk_patient *p);

/*
 * Pointers to the sockets of the second reading that `pick` takes, sorted by
 * `cmp`, to be freed; NULL when there are none.
 */
typedef bool sk_pick(const struct sk_checkup *c, const struct sk_patient *p);
typedef int sk_cmp(const struct sk_patient *a, const struct sk_patient *b);
const struct sk_patient **sk_pick_sorted(struct sk_checkup *c, sk_pick *pick,
					 sk_cmp *cmp, size_t *n);

#endif
