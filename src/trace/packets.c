/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --pcapng: the bytes as they passed the API, made into packets. Addresses and
 * ports are the real ones; handshakes, sequence numbers and acknowledgements
 * are made up, so that tools follow the streams.
 *
 * A connection is a flow of two directions. Both of its ends may be traced
 * (client and server on one machine): what one has sent the other receives,
 * and it is to be written once. So each end counts what has passed it, each
 * direction what was written, and an end writes only what goes beyond that.
 *
 * Sockets that have no packets on any wire are packets_own.h.
 *
 * Bytes that moved without passing through the program's memory (sendfile,
 * splice) are not known: they are skipped in the sequence numbers, and tools
 * show a gap.
 */
#include <stdlib.h>

#include "base/fd.h"
#include "base/pcapng.h"
#include "trace/decode.h"
#include "trace/outputs.h"
#include "trace/packets_own.h"
#include "sock/packet.h"
#include "trace/probe.h"

/* Flows that are over stay for ends that were not seen yet (accept(2)). */
#define FLOWS_KEPT 256

/* What no call stands for. */
#define MADE_UP "acknowledgement, made up"

/* Who sends: the one who connected, or the one who accepted. */
enum { CLIENT, SERVER };

struct flow {
	TAILQ_ENTRY(flow) link;
	struct sk_addr addr[2];
	uint64_t written[2];	/* bytes of each direction */
	bool fin[2];
	unsigned ends;		/* sockets that are part of it */
};

/* A socket and its flow. */
struct end {
	LIST_ENTRY(end) link;
	uint64_t life;		/* its number */
	struct flow *flow;	/* NULL: one of packets_own.h */
	uint32_t interface;	/* … and its own */
	int side;
	uint64_t sent, received;
};

struct packets {
	struct sk_report report;
	struct sk_pcapng pcapng;
	int fd;
	uint32_t interface;
	TAILQ_HEAD(, flow) flows;
	unsigned idle;		/* flows without ends */
	LIST_HEAD(, end) ends;
	unsigned char data[SK_PACKET_DATA];
	struct sk_payload pieces[SK_PAYLOADS];
};

static bool is_inet(const struct sk_addr *a)
{
	return a->len && (a->sa.sa_family == AF_INET ||
			  a->sa.sa_family == AF_INET6);
}

/* --- one packet ------------------------------------------------------- */

/* "curl[812] sendto(5)" */
static void describe(char buf[120], const struct sk_event *ev)
{
	snprintf(buf, 120, "%s[%d] %s(%d)", ev->proc ? ev->proc->comm : "",
		 ev->pid, sk_sys_name(ev->sys), sk_event_fd(ev));
}

static void write_packet(struct packets *p, const struct sk_packet *k,
			 uint64_t time_ns, bool out, const char *comment)
{
	unsigned char head[SK_PACKET_HEAD];
	struct iovec iov[2];
	int n = sk_packet_build(k, head, iov);

	sk_pcapng_packet(&p->pcapng, p->interface, time_ns,
			 out ? SK_PCAP_OUT : SK_PCAP_IN, iov, n, comment);
}

/* A segment of a flow; both directions begin at sequence number 1. */
static void write_segment(struct packets *p, const struct flow *f, int from,
			  unsigned flags, const void *data, size_t len,
			  uint64_t time_ns, bool out, const char *comment)
{
	bool syn = flags & SK_TCP_SYN;
	struct sk_packet k = {
		.from = &f->addr[from],
		.to = &f->addr[!from],
		.flags = (uint8_t)flags,
		.data = data,
		.len = len,
	};

	k.seq = syn ? 0 : (uint32_t)(1 + f->written[from] + f->fin[from]);
	k.ack = syn ? 1 : (uint32_t)(1 + f->written[!from] + f->fin[!from]);
	write_packet(p, &k, time_ns, out, comment);
}

/* --- flows ------------------------------------------------------------ */

static bool same_addr(const struct sk_addr *a, const struct sk_addr *b)
{
	return a->len == b->len && !memcmp(&a->sa, &b->sa, a->len);
}

static struct flow *find_flow(struct packets *p, const struct sk_addr addr[2])
{
	struct flow *f;

	TAILQ_FOREACH(f, &p->flows, link)
		if (same_addr(&f->addr[CLIENT], &addr[CLIENT]) &&
		    same_addr(&f->addr[SERVER], &addr[SERVER]))
			return f;
	return NULL;
}

static void drop_flow(struct packets *p, struct flow *f)
{
	TAILQ_REMOVE(&p->flows, f, link);
	free(f);
}

static void shake_hands(struct packets *p, const struct flow *f, int side,
			uint64_t time_ns, const char *comment)
{
	write_segment(p, f, CLIENT, SK_TCP_SYN, NULL, 0, time_ns,
		      side == CLIENT, comment);
	write_segment(p, f, SERVER, SK_TCP_SYN | SK_TCP_ACK, NULL, 0, time_ns,
		      side == SERVER, comment);
	write_segment(p, f, CLIENT, SK_TCP_ACK, NULL, 0, time_ns,
		      side == CLIENT, comment);
}

static struct flow *new_flow(struct packets *p, const struct sk_addr addr[2],
			     int side, const struct sk_event *ev)
{
	struct flow *f = calloc(1, sizeof(*f));
	char comment[120];

	if (!f)
		return NULL;
	f->addr[CLIENT] = addr[CLIENT];
	f->addr[SERVER] = addr[SERVER];
	TAILQ_INSERT_TAIL(&p->flows, f, link);
	describe(comment, ev);
	shake_hands(p, f, side, ev->wall_ns, comment);
	return f;
}

/* Who comes to a flow that is over (both have ended it) means another. */
static struct flow *get_flow(struct packets *p, const struct sk_addr addr[2],
			     int side, const struct sk_event *ev)
{
	struct flow *f = find_flow(p, addr);

	if (f && f->fin[CLIENT] && f->fin[SERVER] && !f->ends &&
	    side == CLIENT) {
		drop_flow(p, f);
		p->idle--;
		f = NULL;
	}
	if (f)
		p->idle -= !f->ends;
	else
		f = new_flow(p, addr, side, ev);
	if (f)
		f->ends++;
	return f;
}

static void leave_flow(struct packets *p, struct flow *f)
{
	struct flow *old, *next;

	if (--f->ends)
		return;
	p->idle++;
	for (old = TAILQ_FIRST(&p->flows); old && p->idle > FLOWS_KEPT;
	     old = next) {
		next = TAILQ_NEXT(old, link);
		if (old->ends)
			continue;
		drop_flow(p, old);
		p->idle--;
	}
}

static struct end *find_end(struct packets *p, uint64_t life)
{
	struct end *e;

	LIST_FOREACH(e, &p->ends, link)
		if (e->life == life)
			return e;
	return NULL;
}

static bool is_tcp(const struct sk_life *l)
{
	return l->type == SOCK_STREAM && is_inet(&l->local) &&
	       is_inet(&l->peer) &&
	       (l->protocol == IPPROTO_TCP || l->protocol == 0 ||
		l->protocol == 262 /* MPTCP */);
}

/* The end that a connected TCP socket is, made when first met. */
static struct end *get_end(struct packets *p, const struct sk_life *l,
			   const struct sk_event *ev)
{
	struct end *e = find_end(p, l->number);
	struct sk_addr addr[2];

	if (e || !is_tcp(l) || !sk_addr_port(&l->peer))
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->life = l->number;
	e->side = l->origin == SK_LIFE_ACCEPTED ? SERVER : CLIENT;
	addr[e->side] = l->local;
	addr[!e->side] = l->peer;
	e->flow = get_flow(p, addr, e->side, ev);
	if (!e->flow) {
		free(e);
		return NULL;
	}
	LIST_INSERT_HEAD(&p->ends, e, link);
	return e;
}

/* --- TCP data --------------------------------------------------------- */

struct cursor {
	const struct sk_event *ev;
	struct sk_payload *pieces;
	size_t n, piece, at;
};

/* The next bytes of the payload, or past them (data NULL). */
static size_t take(struct cursor *c, unsigned char *data, size_t len)
{
	size_t done = 0, part;

	while (done < len && c->piece < c->n) {
		struct sk_payload *v = &c->pieces[c->piece];

		part = v->len - c->at < len - done ? v->len - c->at :
						     len - done;
		if (data && sk_mem_get(c->ev, v->addr + c->at, data + done,
				       part) < 0)
			return done;
		done += part;
		c->at += part;
		if (c->at == v->len) {
			c->piece++;
			c->at = 0;
		}
	}
	return done;
}

static void write_data(struct packets *p, struct end *e, int from,
		       struct cursor *c, uint64_t len)
{
	bool out = from == e->side;
	struct flow *f = e->flow;
	char comment[120];
	size_t n;

	describe(comment, c->ev);
	while (len) {
		n = take(c, p->data, len < SK_PACKET_DATA ? (size_t)len :
							    SK_PACKET_DATA);
		if (!n)
			break;
		write_segment(p, f, from, SK_TCP_PSH | SK_TCP_ACK, p->data, n,
			      c->ev->wall_ns, out, comment);
		f->written[from] += n;
		len -= n;
		write_segment(p, f, !from, SK_TCP_ACK, NULL, 0,
			      c->ev->wall_ns, !out, MADE_UP);
	}
	f->written[from] += len;	/* what could not be seen: a gap */
}

/* moved bytes have passed an end, of which n pieces lie in memory. */
static void pass(struct packets *p, struct end *e, bool out,
		 const struct sk_event *ev, uint64_t moved, size_t n)
{
	int from = out ? e->side : !e->side;
	uint64_t *count = out ? &e->sent : &e->received;
	uint64_t known = e->flow->written[from], skip;
	struct cursor c = { ev, p->pieces, n, 0, 0 };

	skip = known > *count ? known - *count : 0;
	*count += moved;
	if (*count <= known)
		return;
	take(&c, NULL, skip < moved ? (size_t)skip : (size_t)moved);
	write_data(p, e, from, &c, *count - known);
}

/* --- UDP -------------------------------------------------------------- */

/* The address that a datagram came from or goes to, else the peer's. */
static bool datagram_peer(const struct sk_event *ev, unsigned msg,
			  const struct sk_life *l, struct sk_addr *a)
{
	*a = l->peer;
	sk_decode_address(ev, msg, a);
	return is_inet(a);
}

static void write_datagram(struct packets *p, const struct sk_life *l,
			   const struct sk_event *ev, bool out, unsigned msg,
			   size_t n)
{
	struct cursor c = { ev, p->pieces, n, 0, 0 };
	struct sk_addr local = l->local, peer;
	struct sk_packet k = { .udp = true, .data = p->data };
	char comment[120];

	if (!datagram_peer(ev, msg, l, &peer) || !is_inet(&local) ||
	    local.sa.sa_family != peer.sa.sa_family)
		return;
	k.len = take(&c, p->data, sizeof(p->data));
	k.from = out ? &local : &peer;
	k.to = out ? &peer : &local;
	describe(comment, ev);
	write_packet(p, &k, ev->wall_ns, out, comment);
}

static void pass_datagrams(struct packets *p, const struct sk_life *l,
			   const struct sk_event *ev, bool out, bool many)
{
	unsigned count = many ? (unsigned)ev->ret : 1;

	for (unsigned msg = 0; msg < count; msg++)
		write_datagram(p, l, ev, out, msg,
			       sk_decode_payload(ev, msg, p->pieces));
}

/* --- neither ---------------------------------------------------------- */

static struct end *get_own(struct packets *p, const struct sk_life *l)
{
	struct end *e = find_end(p, l->number);

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->life = l->number;
	e->interface = sk_packets_own_interface(&p->pcapng, l);
	LIST_INSERT_HEAD(&p->ends, e, link);
	return e;
}

/* As many packets as calls, or messages of a call; more when it was much. */
static void pass_own(struct packets *p, const struct sk_life *l,
		     const struct sk_event *ev, bool out, bool many)
{
	unsigned count = ev->ret <= 0 ? 0 : many ? (unsigned)ev->ret : 1;
	struct end *e = count ? get_own(p, l) : NULL;
	char comment[120];
	size_t n;

	describe(comment, ev);
	for (unsigned msg = 0; e && msg < count; msg++) {
		struct cursor c = { ev, p->pieces,
				    sk_decode_payload(ev, msg, p->pieces), 0,
				    0 };

		while ((n = take(&c, p->data, sizeof(p->data))) != 0)
			sk_packets_own_put(&p->pcapng, e->interface, l,
					   ev->wall_ns, out, p->data, n,
					   comment);
	}
}

/* --- events ----------------------------------------------------------- */

static void pass_stream(struct packets *p, struct end *e,
			const struct sk_event *ev, bool out, bool many)
{
	unsigned count = many ? (unsigned)ev->ret : 1;

	for (unsigned msg = 0; msg < count; msg++) {
		size_t n = sk_decode_payload(ev, msg, p->pieces);
		uint64_t moved = many ? 0 : (uint64_t)ev->ret;

		for (size_t i = 0; many && i < n; i++)
			moved += p->pieces[i].len;
		pass(p, e, out, ev, moved, n);
	}
}

static void end_direction(struct packets *p, struct flow *f, int from,
			  uint64_t time_ns, bool out, bool reset,
			  const char *comment)
{
	if (f->fin[from])
		return;
	write_segment(p, f, from, (reset ? SK_TCP_RST : SK_TCP_FIN) |
		      SK_TCP_ACK, NULL, 0, time_ns, out, comment);
	f->fin[from] = true;
	if (!reset)
		write_segment(p, f, !from, SK_TCP_ACK, NULL, 0, time_ns, !out,
			      MADE_UP);
}

static void on_data(struct packets *p, const struct sk_life *l,
		    const struct sk_event *ev)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	bool many = role == SK_ROLE_IN_MANY || role == SK_ROLE_OUT_MANY;
	bool in = role == SK_ROLE_IN || role == SK_ROLE_IN_MANY;
	bool own = sk_packets_are_own(l);
	struct end *e = own ? NULL : get_end(p, l, ev);
	char comment[120];

	if (in && sk_decode_is_peek(ev))
		return;
	if (own) {
		pass_own(p, l, ev, !in, many);
		return;
	}
	if (!e) {
		if (l->type == SOCK_DGRAM && (l->protocol == IPPROTO_UDP ||
					      !l->protocol))
			pass_datagrams(p, l, ev, !in, many);
		return;
	}
	if (ev->ret) {
		pass_stream(p, e, ev, !in, many);
	} else if (in && ev->args[2]) {
		describe(comment, ev);
		end_direction(p, e->flow, !e->side, ev->wall_ns, false, false,
			      comment);
	}
}

/* sendfile and splice: bytes that nobody has seen. */
static void on_unseen(struct packets *p, const struct sk_event *ev)
{
	int fds[2] = { (int)ev->args[0], (int)ev->args[1] };
	const struct sk_life *l;
	struct end *e;

	if (ev->sys == SK_SYS_splice || ev->sys == SK_SYS_copy_file_range)
		fds[1] = (int)ev->args[2];
	for (int i = 0; i < 2; i++) {
		/* sendfile's first is where to; of all others the second. */
		bool out = (ev->sys == SK_SYS_sendfile ||
			    ev->sys == SK_SYS_sendfile64) == !i;

		l = sk_model_life(p->report.model, ev->proc, fds[i]);
		e = l ? get_end(p, l, ev) : NULL;
		if (e && e->flow && ev->ret > 0)
			pass(p, e, out, ev, (uint64_t)ev->ret, 0);
	}
}

static void on_shutdown(struct packets *p, const struct sk_life *l,
			const struct sk_event *ev)
{
	struct end *e = get_end(p, l, ev);
	char comment[120];

	if (!e || !e->flow || ev->args[1] == SHUT_RD)
		return;
	describe(comment, ev);
	end_direction(p, e->flow, e->side, ev->wall_ns, true, false, comment);
}

/* The socket that a call has made or connected, its names fresh. */
static struct sk_life *life_of(struct packets *p, const struct sk_event *ev,
			       int fd)
{
	struct sk_life *l = fd < 0 || !ev->proc ? NULL :
		sk_model_life(p->report.model, ev->proc, fd);

	if (l && l->names_stale)
		sk_probe_life(ev->proc, fd, l, SK_PROBE_NAMES);
	return l;
}

static void on_exit_of(struct packets *p, const struct sk_event *ev)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	int fd = role == SK_ROLE_ACCEPT ? (int)ev->ret : sk_event_fd(ev);
	struct sk_life *l = ev->error ? NULL : life_of(p, ev, fd);

	if (!l)
		return;
	switch (role) {
	case SK_ROLE_CONNECT:
	case SK_ROLE_ACCEPT:
		get_end(p, l, ev);
		break;
	case SK_ROLE_IN:
	case SK_ROLE_OUT:
	case SK_ROLE_IN_MANY:
	case SK_ROLE_OUT_MANY:
		on_data(p, l, ev);
		break;
	case SK_ROLE_OUT2:
		on_unseen(p, ev);
		break;
	case SK_ROLE_SHUTDOWN:
		on_shutdown(p, l, ev);
		break;
	default:
		break;
	}
}

static void packets_event(struct sk_report *r, const struct sk_event *ev)
{
	struct packets *p = (struct packets *)r;

	if (ev->kind == SK_EV_EXIT)
		on_exit_of(p, ev);
}

static void end_flow(struct packets *p, struct end *e, const struct sk_life *l)
{
	char comment[120];

	snprintf(comment, sizeof(comment), "%s[%d] %s", l->comm, l->pid,
		 l->end == SK_LIFE_RESET ? "reset" : "close");
	end_direction(p, e->flow, e->side, p->report.model->wall_ns, true,
		      l->end == SK_LIFE_RESET, comment);
	leave_flow(p, e->flow);
}

static void packets_life_end(struct sk_report *r, const struct sk_life *l)
{
	struct packets *p = (struct packets *)r;
	struct end *e = find_end(p, l->number);

	if (!e)
		return;
	if (e->flow)
		end_flow(p, e, l);
	LIST_REMOVE(e, link);
	free(e);
}

static int packets_finish(struct sk_report *r)
{
	struct packets *p = (struct packets *)r;
	struct end *e;
	struct flow *f;
	int error;

	while ((e = LIST_FIRST(&p->ends)) != NULL) {
		LIST_REMOVE(e, link);
		free(e);
	}
	while ((f = TAILQ_FIRST(&p->flows)) != NULL)
		drop_flow(p, f);
	error = sk_pcapng_fini(&p->pcapng);
	sk_close(&p->fd);
	free(p);
	return error;
}

static const struct sk_report_ops packets_ops = {
	.name = "pcapng",
	.event = packets_event,
	.life_end = packets_life_end,
	.finish = packets_finish,
};

struct sk_report *sk_report_packets(struct sk_model *m, int fd)
{
	struct packets *p = calloc(1, sizeof(*p));

	if (!p) {
		sk_close(&fd);
		return NULL;
	}
	p->report = (struct sk_report){ &packets_ops, m, NULL, { NULL } };
	p->fd = fd;
	TAILQ_INIT(&p->flows);
	LIST_INIT(&p->ends);
	sk_pcapng_init(&p->pcapng, fd, "sockkit trace");
	p->interface = sk_pcapng_interface(&p->pcapng, SK_LINKTYPE_RAW,
					   "sockets");
	return &p->report;
}
