/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of the doctor. A rule says nothing unless something is wrong now:
 * counters must have moved between the two readings, and a queue that was
 * full in one reading alone may have been a burst.
 */
#include <stdlib.h>

#include "diag/doctor_in.h"
#include "diag/endtext.h"

static const struct sk_rule rules[] = {
	{ "accept-overflow", 90, sk_rule_accept_overflow,
	  "{proc} does not accept: the queue of {local} is full ({queue} "
	  "connections wait, its backlog is {limit}); full queues turned "
	  "{overflows} SYNs or ACKs away in {secs} s",
	  "accept in a loop; for bursts raise the backlog of listen(2), and "
	  "net.core.somaxconn (now {somaxconn}) with it" },
	{ "accept-overflow-burst", 75, sk_rule_accept_burst,
	  "an accept queue that was full for a moment turned {overflows} SYNs "
	  "or ACKs away in {secs} s; the fullest now is that of {local} "
	  "({queue} of {limit}), which is {proc}'s",
	  "raise the backlog of listen(2), and net.core.somaxconn (now "
	  "{somaxconn}) with it" },
	{ "listener-near-backlog", 60, sk_rule_near_backlog,
	  "{proc} accepts too slowly: {queue} connections wait at {local}, "
	  "{limit} may",
	  "accept faster or in more threads, raise the backlog of listen(2)" },
	{ "backlog-cut", 20, sk_rule_backlog_cut,
	  "the backlog of {local} ({proc}) is {limit}, which is "
	  "net.core.somaxconn: listen(2) may have asked for more",
	  "raise net.core.somaxconn (Linux 5.4 and later begin with 4096), "
	  "then listen again" },
	{ "syn-flood", 95, sk_rule_syn_flood,
	  "{n} half-open connections fill the queue of {local} ({proc}), "
	  "which holds {limit}: clients do not answer SYN-ACKs; {cookies} "
	  "SYN cookies were sent and {dropped} SYNs dropped in {secs} s",
	  "see who sends them (state syn-recv); keep net.ipv4.tcp_syncookies "
	  "on, filter the sources, raise the backlog" },
	{ "syn-drops", 80, sk_rule_syn_drops,
	  "listeners were short of room for SYNs in {secs} s: {cookies} SYN "
	  "cookies sent, {dropped} SYNs dropped",
	  "raise the backlog of listen(2) and net.core.somaxconn (now "
	  "{somaxconn}) with it; where net.ipv4.tcp_syncookies is 0, "
	  "net.ipv4.tcp_max_syn_backlog as well" },

	{ "ports-exhausted", 50, sk_rule_ports,
	  "{used} of {range} local ports are taken from {local} to {peer} "
	  "({timewait} of them by TIME-WAIT), by {proc}: soon connect(2) "
	  "gives EADDRNOTAVAIL",
	  "keep connections open and use them again, widen "
	  "net.ipv4.ip_local_port_range, set net.ipv4.tcp_tw_reuse=1, or use "
	  "more addresses" },
	{ "close-wait", 50, sk_rule_close_wait,
	  "{proc} does not close: {n} connections that their peers have "
	  "closed stay in CLOSE-WAIT, one of them {local} from {peer}",
	  "the program must close(2) when read(2) gives 0: it leaks sockets" },
	{ "socket-leak", 55, sk_rule_leak,
	  "{proc} connects to {peer} again and again and never closes: {new} "
	  "connections came in {secs} s, none of {n} went, and {idle} of them "
	  "carried nothing meanwhile",
	  "close(2) each connection when its work is done, or use it again" },
	{ "closed-sockets", 45, sk_rule_closed,
	  "{proc} keeps {n} TCP sockets that are closed (reset or timed out): "
	  "each takes a descriptor and is of no use any more",
	  "close(2) a socket when read(2), write(2) or connect(2) fails" },
	{ "no-answer", 60, sk_rule_no_answer,
	  "{peer} does not answer: {n} connections to it send the same again, "
	  "one of them, {proc}'s, for the {times}. time (next in {rto_ms} ms)",
	  "look at the path and the firewalls on it; TCP_USER_TIMEOUT or "
	  "net.ipv4.tcp_retries2 (while connecting tcp_syn_retries) end it "
	  "sooner" },
	{ "zero-window", 50, sk_rule_zero_window,
	  "{peer} does not read: its window is closed, and {bytes} bytes of "
	  "{proc} wait at {local}",
	  "the reader at the other end is stuck or too slow" },
	{ "small-buffer", 30, sk_rule_small_buffer,
	  "{proc} sends to {peer} slower than the path allows: {percent}% of "
	  "its time it waits for {whose}; the round trip takes {rtt_ms} ms",
	  "let TCP choose (no SO_SNDBUF, no SO_RCVBUF), raise the third "
	  "number of net.ipv4.{setting} at {where}" },
	{ "retransmissions", 45, sk_rule_retransmissions,
	  "{percent}% of the TCP segments were sent again in {secs} s "
	  "({retrans} of {sent}, {timeouts} timeouts), most of them, {most}, "
	  "to {peer} by {proc}",
	  "packets are lost: look for drops on the devices and the path, and "
	  "at its MTU" },

	{ "time-wait", 55, sk_rule_time_wait,
	  "{n} sockets are in TIME-WAIT, net.ipv4.tcp_max_tw_buckets is "
	  "{limit}; {skipped} had to skip it in {secs} s",
	  "let the clients close first or keep connections open, raise "
	  "net.ipv4.tcp_max_tw_buckets" },
	{ "orphans", 70, sk_rule_orphans,
	  "{n} TCP sockets have no process any more, "
	  "net.ipv4.tcp_max_orphans is {limit}; {aborted} connections were "
	  "reset for want of memory in {secs} s",
	  "find peers that do not take the rest of the data (state fin-wait-1, "
	  "last-ack), set net.ipv4.tcp_orphan_retries below 8 (0 is 8, too)" },
	{ "tcp-memory", 80, sk_rule_tcp_memory,
	  "TCP holds {pages} pages of memory; it is under pressure from "
	  "{pressure} on and has {limit} at most",
	  "find the sockets with full queues (recvq, sendq), or raise "
	  "net.ipv4.tcp_mem" },
	{ "udp-memory", 80, sk_rule_udp_memory,
	  "UDP holds {pages} pages of memory, and from {limit} on no socket "
	  "gets more than net.ipv4.udp_rmem_min; {dropped} datagrams were "
	  "dropped for it in {secs} s",
	  "find the sockets with full queues (recvq), or raise the first "
	  "number of net.ipv4.udp_mem" },
	{ "udp-drops", 65, sk_rule_udp_drops,
	  "{proc} reads {local} too slowly: {n} datagrams were dropped in "
	  "{secs} s, {queue} of {limit} bytes are waiting",
	  "read faster (recvmmsg(2)), or ask for a larger buffer: SO_RCVBUF "
	  "up to net.core.rmem_max" },
	{ "udp-unread", 40, sk_rule_udp_unread,
	  "{proc} does not read {local}: its buffer is full ({queue} of "
	  "{limit} bytes), what comes now is dropped",
	  "the program must read, or close, its socket" },
	{ "softnet-drops", 60, sk_rule_softnet,
	  "CPU {cpu} dropped {n} packets in {secs} s: they came faster than "
	  "it could take them up",
	  "raise net.core.netdev_max_backlog, spread the load (RSS, RPS)" },
	{ "device-drops", 40, sk_rule_device,
	  "{device} dropped {rx} packets on input and {tx} on output in "
	  "{secs} s",
	  "look at its ring (ethtool -g), its queue (tc -s qdisc) and its "
	  "driver's counters (ethtool -S)" },
	{ "conntrack-full", 85, sk_rule_conntrack,
	  "the table of connection tracking holds {n} of {limit}; {dropped} "
	  "packets or older connections were dropped for it in {secs} s",
	  "raise net.netfilter.nf_conntrack_max, shorten its timeouts, or do "
	  "not track what needs no tracking" },
	{ "fd-limit", 70, sk_rule_fd_limit,
	  "{proc} has {n} files open and may have {limit}: soon accept(2) "
	  "and socket(2) give EMFILE",
	  "raise its limit (ulimit -n, LimitNOFILE=), or find what it "
	  "leaks" },
	{ "files", 75, sk_rule_files,
	  "{n} files are open in the whole machine and {limit} may be: soon "
	  "accept(2) and open(2) give ENFILE",
	  "raise fs.file-max, or find who leaks" },
};

const struct sk_rule *sk_rule_at(size_t i)
{
	return i < sizeof(rules) / sizeof(*rules) ? &rules[i] : NULL;
}

/* --- what the tests share --------------------------------------------------- */

static void put_end(struct sk_finding *f, const char *name,
		    const struct sk_patient *p, const struct sk_end *end)
{
	struct sk_sock s = { .family = p->family };
	char text[SK_ADDR_TEXT_MAX];

	sk_finding_text(f, name, sk_end_format(text, &s, end));
}

void sk_finding_local(struct sk_finding *f, const struct sk_patient *p)
{
	put_end(f, "local", p, &p->local);
}

void sk_finding_peer(struct sk_finding *f, const struct sk_patient *p)
{
	put_end(f, "peer", p, &p->peer);
}

void sk_finding_proc(struct sk_finding *f, struct sk_checkup *c,
		     const struct sk_patient *p)
{
	char who[SK_WHO_MAX];

	sk_finding_text(f, "proc",
			sk_checkup_who(who, sk_checkup_process(c, p)));
}

static int by_cmp(const void *a, const void *b, void *cmp)
{
	const struct sk_patient *const *x = a, *const *y = b;

	return (*(sk_cmp **)cmp)(*x, *y);
}

const struct sk_patient **sk_pick_sorted(struct sk_checkup *c, sk_pick *pick,
					 sk_cmp *cmp, size_t *n)
{
	const struct sk_patient **v = NULL;

	*n = 0;
	for (size_t i = 0; i < c->now.n; i++)
		*n += pick(c, &c->now.v[i]);
	if (*n)
		v = calloc(*n, sizeof(*v));
	*n = 0;
	for (size_t i = 0; v && i < c->now.n; i++)
		if (pick(c, &c->now.v[i]))
			v[(*n)++] = &c->now.v[i];
	if (v)
		qsort_r(v, *n, sizeof(*v), by_cmp, &cmp);
	return v;
}
