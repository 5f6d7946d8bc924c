/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --pcapng: the bytes as they passed the API, made into packets. Addresses and
 * ports are the real ones.
 *
 * What one end of a connection (packets_conn.h) has sent the other receives,
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
#include "trace/decode.h"
#include "trace/outputs.h"
#include "trace/packets_conn.h"
#include "trace/packets_own.h"
#include "trace/probe.h"

/* A socket and its connection. */
struct end {
	LIST_ENTRY(end) link;
	uint64_t life;		/* its number */
	struct sk_conn *conn;	/* NULL: one of packets_own.h */
	uint32_t interface;	/* … and its own */
	int side;
	uint64_t sent, received;
};

struct packets {
	struct sk_report report;
	struct sk_pcapng pcapng;
	int fd;
	struct sk_conns conns;
	LIST_HEAD(, end) ends;
	unsigned char data[SK_PACKET_DATA];
	struct sk_payload pieces[SK_PAYLOADS];
};

static bool is_inet(const struct sk_addr *a)
{
	return a->len && (a->sa.sa_family == AF_INET ||
			  a->sa.sa_family == AF_INET6);
}

/* "curl[812] sendto(5)" */
static void describe(char buf[120], const struct sk_event *ev)
{
	char fd[SK_EVENT_FD_MAX];

	snprintf(buf, 120, "%s[%d] %s(%s)", ev->proc ? ev->proc->comm : "",
		 ev->pid, sk_sys_name(ev->sys),
		 sk_event_fd_text(fd, ev, sk_event_fd(ev)));
}

/* --- ends ------------------------------------------------------------- */

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
	char comment[120];

	if (e || !is_tcp(l) || !sk_addr_port(&l->peer))
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->life = l->number;
	e->side = l->origin == SK_LIFE_ACCEPTED ? SK_SERVER : SK_CLIENT;
	addr[e->side] = l->local;
	addr[!e->side] = l->peer;
	describe(comment, ev);
	e->conn = sk_conn_join(&p->conns, addr, e->side, ev->wall_ns, comment);
	if (!e->conn) {
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
	char comment[120];
	const struct sk_passing how = { c->ev->wall_ns, from == e->side,
					comment };
	size_t n;

	describe(comment, c->ev);
	while (len) {
		n = take(c, p->data, len < SK_PACKET_DATA ? (size_t)len :
							    SK_PACKET_DATA);
		if (!n)
			break;
		sk_conn_data(&p->conns, e->conn, from, p->data, n, &how);
		len -= n;
	}
	e->conn->written[from] += len;	/* what could not be seen: a gap */
}

/* moved bytes have passed an end, of which n pieces lie in memory. */
static void pass(struct packets *p, struct end *e, bool out,
		 const struct sk_event *ev, uint64_t moved, size_t n)
{
	int from = out ? e->side : !e->side;
	uint64_t *count = out ? &e->sent : &e->received;
	uint64_t known = e->conn->written[from], skip;
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
	const struct sk_passing how = { ev->wall_ns, out, comment };

	if (!datagram_peer(ev, msg, l, &peer) || !is_inet(&local) ||
	    local.sa.sa_family != peer.sa.sa_family)
		return;
	k.len = take(&c, p->data, sizeof(p->data));
	k.from = out ? &local : &peer;
	k.to = out ? &peer : &local;
	describe(comment, ev);
	sk_conns_put(&p->conns, &k, &how);
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

/* That an end sends no more, or has heard that its peer does not. */
static void end_direction(struct packets *p, struct end *e, bool out,
			  const struct sk_event *ev)
{
	char comment[120];
	const struct sk_passing how = { ev->wall_ns, out, comment };

	describe(comment, ev);
	sk_conn_end(&p->conns, e->conn, out ? e->side : !e->side, false, &how);
}

static void on_data(struct packets *p, const struct sk_life *l,
		    const struct sk_event *ev)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	bool many = role == SK_ROLE_IN_MANY || role == SK_ROLE_OUT_MANY;
	bool in = role == SK_ROLE_IN || role == SK_ROLE_IN_MANY;
	bool own = sk_packets_are_own(l);
	struct end *e = own ? NULL : get_end(p, l, ev);

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
	if (ev->ret)
		pass_stream(p, e, ev, !in, many);
	else if (in && ev->args[2])
		end_direction(p, e, false, ev);
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
		if (e && e->conn && ev->ret > 0)
			pass(p, e, out, ev, (uint64_t)ev->ret, 0);
	}
}

static void on_shutdown(struct packets *p, const struct sk_life *l,
			const struct sk_event *ev)
{
	struct end *e = get_end(p, l, ev);

	if (e && e->conn && ev->args[1] != SHUT_RD)
		end_direction(p, e, true, ev);
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

static void end_conn(struct packets *p, struct end *e, const struct sk_life *l)
{
	bool reset = l->end == SK_LIFE_RESET;
	char comment[120];
	const struct sk_passing how = { p->report.model->wall_ns, true,
					comment };

	snprintf(comment, sizeof(comment), "%s[%d] %s", l->comm, l->pid,
		 reset ? "reset" : "close");
	sk_conn_end(&p->conns, e->conn, e->side, reset, &how);
	sk_conn_leave(&p->conns, e->conn);
}

static void packets_life_end(struct sk_report *r, const struct sk_life *l)
{
	struct packets *p = (struct packets *)r;
	struct end *e = find_end(p, l->number);

	if (!e)
		return;
	if (e->conn)
		end_conn(p, e, l);
	LIST_REMOVE(e, link);
	free(e);
}

static int packets_finish(struct sk_report *r)
{
	struct packets *p = (struct packets *)r;
	struct end *e;
	int error;

	while ((e = LIST_FIRST(&p->ends)) != NULL) {
		LIST_REMOVE(e, link);
		free(e);
	}
	sk_conns_fini(&p->conns);
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
	LIST_INIT(&p->ends);
	sk_pcapng_init(&p->pcapng, fd, "sockkit trace");
	sk_conns_init(&p->conns, &p->pcapng,
		      sk_pcapng_interface(&p->pcapng, SK_LINKTYPE_RAW,
					  "sockets"));
	return &p->report;
}
