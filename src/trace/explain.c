/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/explain.h"

#include "trace/probe.h"

/* tcp_states.h */
enum { ESTABLISHED = 1, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, TIME_WAIT,
       CLOSED, CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING };

static const char *state_name(unsigned state)
{
	static const char *const names[] = {
		[ESTABLISHED] = "ESTABLISHED", [SYN_SENT] = "SYN-SENT",
		[SYN_RECV] = "SYN-RECEIVED", [FIN_WAIT1] = "FIN-WAIT-1",
		[FIN_WAIT2] = "FIN-WAIT-2", [TIME_WAIT] = "TIME-WAIT",
		[CLOSED] = "CLOSED", [CLOSE_WAIT] = "CLOSE-WAIT",
		[LAST_ACK] = "LAST-ACK", [LISTEN] = "LISTEN",
		[CLOSING] = "CLOSING",
	};

	return state < sizeof(names) / sizeof(*names) ? names[state] : NULL;
}

/* The socket of a call, with its TCP_INFO and names of now; or NULL. */
static struct sk_life *look(struct sk_model *m, const struct sk_event *ev,
			    int fd)
{
	struct sk_life *l = fd < 0 || !ev->proc ? NULL :
					   sk_model_life(m, ev->proc, fd);

	if (l)
		sk_probe_life(ev->proc, fd, l,
			      SK_PROBE_NAMES | SK_PROBE_TCP_INFO);
	return l;
}

static uint64_t figure(const struct sk_life *l, const char *name)
{
	const struct sk_tcp_field *f = sk_tcp_info_field(name);
	uint64_t v = 0;

	if (f)
		sk_tcp_info_get(f, l->tcp_info, l->tcp_info_len, &v);
	return v;
}

void sk_explain_enter(struct sk_model *m, const struct sk_event *ev,
		      struct sk_explain *x)
{
	const struct sk_life *l = look(m, ev, sk_event_fd(ev));

	*x = (struct sk_explain){ 0 };
	if (!l)
		return;
	x->holders = l->holders;
	if (l->tcp_info_len)
		x->state = sk_life_tcp_state(l);
}

static void put_states(struct sk_out *out, unsigned before, unsigned after)
{
	const char *a = state_name(before), *b = state_name(after);

	if (a && b && before != after)
		sk_out_printf(out, "%s → %s", a, b);
	else if (b)
		sk_out_str(out, b);
}

/* For a listening socket the kernel keeps its queue in these two. */
static void put_queue(struct sk_out *out, const struct sk_life *l)
{
	sk_out_printf(out, "accept queue %llu/%llu",
		      (unsigned long long)figure(l, "unacked"),
		      (unsigned long long)figure(l, "sacked"));
}

static void put_names(struct sk_out *out, const struct sk_life *l)
{
	char local[SK_ADDR_TEXT_MAX], peer[SK_ADDR_TEXT_MAX];

	if (l->peer.len)
		sk_out_printf(out, "%s to %s",
			      l->local.len ?
				      sk_addr_format(local, &l->local) : "?",
			      sk_addr_format(peer, &l->peer));
	else
		sk_out_str(out, sk_addr_format(local, &l->local));
}

static void on_connect(const struct sk_event *ev, const struct sk_life *l,
		       struct sk_out *out)
{
	switch (ev->error) {
	case 0:
		sk_out_str(out, l->tcp_info_len ?
			   "SYN, SYN-ACK and ACK were exchanged, " :
			   l->type == SOCK_STREAM ? "connected, " :
			   "no packet was sent, only the peer noted, ");
		put_names(out, l);
		if (l->tcp_info_len)
			sk_out_printf(out, ", round trip %llu us",
				      (unsigned long long)figure(l, "rtt"));
		break;
	case EINPROGRESS:
		sk_out_str(out, sk_life_tcp_state(l) == ESTABLISHED ?
			   "the SYN was answered meanwhile, poll(2) tells" :
			   "the SYN is on its way, poll(2) tells when it was "
			   "answered");
		break;
	case ECONNREFUSED:
		sk_out_str(out, "the SYN was answered by RST: nobody listens "
				"there");
		break;
	case ETIMEDOUT:
		sk_out_str(out, "no answer to any SYN");
		break;
	default:
		sk_out_str(out, "no connection");
		break;
	}
}

static void on_in(const struct sk_event *ev, const struct sk_life *l,
		  struct sk_out *out)
{
	if (ev->error == EAGAIN)
		sk_out_str(out, "the receive buffer is empty");
	else if (ev->error == ECONNRESET)
		sk_out_str(out, "RST came: what was on its way is lost");
	else if (!ev->ret && l->type == SOCK_STREAM)
		sk_out_str(out, "FIN came: the peer will send no more");
	else
		sk_out_printf(out, "%lld bytes out of the receive buffer",
			      (long long)ev->ret);
}

static void on_out(const struct sk_event *ev, const struct sk_life *l,
		   struct sk_out *out)
{
	if (ev->error == EAGAIN) {
		sk_out_str(out, "the send buffer is full");
	} else if (ev->error) {
		sk_out_str(out, "nothing can be sent any more");
	} else if (l->tcp_info_len) {
		sk_out_printf(out, "%lld bytes into the send buffer; %llu "
				   "segments not acknowledged, %llu bytes "
				   "not sent yet", (long long)ev->ret,
			      (unsigned long long)figure(l, "unacked"),
			      (unsigned long long)figure(l, "notsent_bytes"));
	} else {
		sk_out_printf(out, "%lld bytes handed over",
			      (long long)ev->ret);
	}
}

/* What is said of a socket that the call leaves open; false: nothing. */
static bool put_detail(const struct sk_event *ev, const struct sk_life *l,
		       struct sk_out *out)
{
	switch (sk_sys_role(ev->sys)) {
	case SK_ROLE_SOCKET:
		sk_out_str(out, "a socket without address or peer");
		break;
	case SK_ROLE_BIND:
		sk_out_str(out, ev->error ? "the address was not given" :
					    "now has the address ");
		if (!ev->error)
			put_names(out, l);
		break;
	case SK_ROLE_LISTEN:
		put_queue(out, l);
		break;
	case SK_ROLE_CONNECT:
		on_connect(ev, l, out);
		break;
	case SK_ROLE_ACCEPT:
		sk_out_str(out, "out of the accept queue: ");
		put_names(out, l);
		break;
	case SK_ROLE_SHUTDOWN:
		sk_out_str(out, ev->args[1] == SHUT_RD ?
			   "what comes is thrown away; the peer is not told" :
			   "FIN goes out after what is in the send buffer");
		break;
	case SK_ROLE_IN:
		on_in(ev, l, out);
		break;
	case SK_ROLE_OUT:
		on_out(ev, l, out);
		break;
	default:
		return false;
	}
	return true;
}

/* After close(2) nobody can be asked; RFC 9293 3.10.4 says what follows. */
static bool on_close(const struct sk_explain *x, struct sk_out *out)
{
	unsigned after = x->state == ESTABLISHED ? FIN_WAIT1 :
			 x->state == CLOSE_WAIT	 ? LAST_ACK :
			 x->state == LISTEN || x->state == SYN_SENT ?
				 CLOSED : x->state;

	if (x->holders > 1) {
		sk_out_printf(out, "%u %s left: nothing happens to the "
				   "connection", x->holders - 1,
			      x->holders == 2 ? "descriptor of it is" :
						"descriptors of it are");
		return true;
	}
	if (!x->state)
		return false;
	put_states(out, x->state, after);
	sk_out_str(out, after == FIN_WAIT1 || after == LAST_ACK ?
		   ": the last descriptor, FIN goes out" :
		   ": the last descriptor");
	return true;
}

bool sk_explain_exit(struct sk_model *m, const struct sk_event *ev,
		     const struct sk_explain *x, struct sk_out *out)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	bool gives = role == SK_ROLE_ACCEPT || role == SK_ROLE_SOCKET;
	int fd = gives ? (int)ev->ret : sk_event_fd(ev);
	const struct sk_life *l;
	unsigned after;
	size_t at = out->len;

	if (role == SK_ROLE_CLOSE)
		return !ev->error && on_close(x, out);
	if (gives && ev->error)
		return false;
	l = look(m, ev, fd);
	if (!l || role == SK_ROLE_ASK || role == SK_ROLE_SETOPT)
		return false;
	after = l->tcp_info_len ? sk_life_tcp_state(l) : 0;
	put_states(out, gives ? after : x->state ? x->state : after, after);
	if (after)
		sk_out_str(out, ": ");
	if (put_detail(ev, l, out))
		return true;
	out->len = at;
	return false;
}
