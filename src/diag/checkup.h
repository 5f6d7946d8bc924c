/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the doctor looks at: two readings, the settings, and the owners, which
 * are looked up only once somebody is to be named.
 */
#ifndef SK_DIAG_CHECKUP_H
#define SK_DIAG_CHECKUP_H

#include "diag/counters.h"
#include "diag/owners.h"
#include "diag/sock.h"

/* A TCP or UDP socket with what the rules ask for; small, as all are kept. */
struct sk_patient {
	uint8_t kind, family, state, timer;
	uint8_t retransmits, backoff;
	bool has_queues, has_mem, has_info;
	struct sk_end local, peer;
	uint64_t cookie, inode;	/* 0: unknown */
	uint32_t rqueue, wqueue;
	uint32_t rcvbuf, sndbuf, drops;
	uint32_t rtt_us, rto_us, total_retrans;
	uint64_t bytes_acked, bytes_received;
	uint64_t busy_us, rwnd_limited_us, sndbuf_limited_us;
};

struct sk_reading {
	struct sk_counters counters;
	struct sk_patient *v;	/* by cookie */
	size_t n, cap;
	int64_t conntrack;	/* entries; -1: unknown */
};

#define SK_UNKNOWN INT64_C(-1)

/* -1: this kernel or namespace does not tell. */
struct sk_settings {
	int64_t somaxconn;
	int64_t syncookies;
	int64_t port_low, port_high;
	int64_t tw_max, orphans_max;
	int64_t tcp_mem[3], udp_mem[3];	/* pages */
	int64_t conntrack_max;
	int64_t files, files_max;	/* open in the whole machine */
};

struct sk_checkup {
	const char *proc;
	double secs;		/* between the readings */
	struct sk_reading before, now;
	struct sk_settings set;
	bool owners_tried;
	struct sk_owners *owners;
};

/*
 * Read, wait interval_us, read again. 0 or a negative errno. sk_checkup_fini()
 * is due in any case. Tests fill the struct by hand instead.
 */
int sk_checkup_read(struct sk_checkup *c, const char *proc,
		    uint64_t interval_us, struct sk_err *err);
void sk_checkup_fini(struct sk_checkup *c);

/* The same socket in the first reading, or NULL. */
const struct sk_patient *sk_checkup_before(const struct sk_checkup *c,
					   const struct sk_patient *p);
/* And one of the first reading in the second. */
const struct sk_patient *sk_checkup_now(const struct sk_checkup *c,
					const struct sk_patient *p);
/* What a counter has grown by, summed over devices or CPUs. */
uint64_t sk_checkup_added(const struct sk_checkup *c, const char *group,
			  const char *name);

/* The process that holds it, or NULL: not known, or none. */
struct sk_process *sk_checkup_process(struct sk_checkup *c,
				      const struct sk_patient *p);
/* Who holds what; NULL: we could not look. */
const struct sk_owners *sk_checkup_owners(struct sk_checkup *c);
/* "nginx (pid 7)", escaped; "a process that we may not see". Returns buf. */
#define SK_WHO_MAX 300
const char *sk_checkup_who(char buf[SK_WHO_MAX], struct sk_process *p);

/* For tests: put a reading's sockets into the order that look-ups need. */
void sk_reading_sort(struct sk_reading *r);

#endif
