/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams by way of a SOCKS 5 proxy (RFC 1928 section 7): a layer that puts
 * a header before each and takes it off. Beside the datagrams there is the
 * connection that asked for them: when it ends, so does the relaying.
 *
 * The socket is connected to the relay, and what its user calls the peer is
 * the target behind it.
 */
#include "net/socks.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "net/dial.h"

struct socks_udp {
	struct sk_dgram_layer layer;
	struct endpoint *control;
	int error;		/* it has ended; negative errno */
	bool told;
	unsigned char head[SK_SOCKS_HEAD_MAX];
	size_t head_len;
	struct sk_socks_addr to;
	struct sk_dgram_batch in;
	char *out;
};

static struct socks_udp *of_layer(struct sk_dgram_layer *l)
{
	return sk_container_of(l, struct socks_udp, layer);
}

/* --- the layer ----------------------------------------------------------- */

/*
 * Only from where we send to; of a name we know the port. true: it is in the
 * slot.
 */
static bool unwrap(const struct socks_udp *s, const struct sk_dgram_slot *in,
		   struct sk_dgram_slot *out, size_t room)
{
	struct sk_socks_addr from;
	int n = sk_socks_head_take(&from, (const void *)in->data, in->len);

	if (n < 0 || from.port != s->to.port ||
	    (s->to.addr.len && !sk_addr_equal(&from.addr, &s->to.addr)))
		return false;
	out->len = in->len - (size_t)n;
	out->cut = in->cut;
	if (out->len > room)
		return false;
	memcpy(out->data, in->data + n, out->len);
	return true;
}

static int socks_recv(struct sk_dgram_layer *l, struct sk_dgram_batch *b,
		      int max)
{
	struct socks_udp *s = of_layer(l);
	int r = sk_dgram_recv_below(l, &s->in, max);

	b->n = 0;
	for (int i = 0; i < r; i++)
		if (unwrap(s, &s->in.slot[i], sk_dgram_slot(b, b->n), b->room))
			b->n++;
		else
			sk_debug("a datagram of another than we send to, or "
				 "with a header that is none, is left out");
	return r < 0 ? r : b->n ? b->n : -EAGAIN;
}

static int socks_send(struct sk_dgram_layer *l, const struct sk_dgram_to *to,
		      const struct iovec *iov, size_t n)
{
	const struct sk_dgram_to relay = { 0 };
	struct socks_udp *s = of_layer(l);
	struct iovec out[SK_DGRAM_SLOTS];
	size_t at = 0, i;

	(void)to;
	for (i = 0; i < n && i < SK_DGRAM_SLOTS; i++) {
		size_t len = iov[i].iov_len;

		if (s->head_len + len > s->in.room)
			break;
		out[i] = (struct iovec){ s->out + at, s->head_len + len };
		memcpy(s->out + at, s->head, s->head_len);
		if (len)
			memcpy(s->out + at + s->head_len, iov[i].iov_base,
			       len);
		at += s->head_len + len;
	}
	return i ? sk_dgram_send_below(l, &relay, out, i) : -EMSGSIZE;
}

static int socks_error(struct sk_dgram_layer *l, struct sk_dgram_error *e)
{
	struct socks_udp *s = of_layer(l);

	if (!s->error || s->told)
		return sk_dgram_error_below(l, e);
	s->told = true;
	*e = (struct sk_dgram_error){
		.error = s->error,
		.text = "the proxy has ended the association",
	};
	return 1;
}

static void socks_free(struct sk_dgram_layer *l)
{
	struct socks_udp *s = of_layer(l);

	endpoint_free(s->control);
	sk_dgram_batch_fini(&s->in);
	free(s->out);
	free(s);
}

static const struct sk_dgram_layer_ops socks_ops = {
	.recv = socks_recv,
	.send = socks_send,
	.error = socks_error,
	.free = socks_free,
};

/* What is said there now means nothing; its end does. */
static void on_control(struct endpoint *control)
{
	struct socks_udp *s = control->owner;
	struct sk_dgram *d = s->layer.sock;
	char buf[512];
	ssize_t n;

	do
		n = endpoint_recv(control, buf, sizeof(buf));
	while (n > 0);
	if (n == -EAGAIN)
		return;
	endpoint_want(control, 0);
	s->error = n < 0 ? (int)n : -ECONNRESET;
	d->has_error = true;
	if (d->ready)
		d->ready(d);
}

/* --- the association ----------------------------------------------------- */

struct asking {
	struct sk_loop *loop;
	int r;			/* 1: not yet */
	struct sk_err *err;
	struct sk_timer limit;
	uint64_t wait;
};

static void on_limit(struct sk_timer *t)
{
	struct asking *a = sk_container_of(t, struct asking, limit);
	char text[SK_UNITS_MAX];

	a->r = sk_fail(a->err, -ETIMEDOUT, "timed out after %s",
		       sk_format_duration(text, a->wait));
}

static void answered(int r, const struct sk_err *err, void *arg)
{
	struct asking *a = arg;

	if (a->r != 1)
		return;
	a->r = r;
	if (r < 0)
		*a->err = *err;
}

/* 0 and c->bound, or a negative errno. */
static int ask(struct sk_loop *loop, struct endpoint *control,
	       struct sk_conv *c, uint64_t wait, struct sk_err *err)
{
	struct asking a = { .loop = loop, .r = 1, .err = err, .wait = wait };
	struct sk_talk *talk = sk_talk_start(control, c, answered, &a);

	if (!talk)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	sk_timer_init(&a.limit, loop, on_limit);
	if (wait)
		sk_timer_in(&a.limit, wait);
	while (a.r == 1 && !loop->stop)
		if (sk_loop_once(loop) < 0)
			break;
	sk_timer_stop(&a.limit);
	sk_talk_free(talk);
	return a.r == 1 ? -EINTR : a.r;
}

static bool is_any(const struct sk_addr *a)
{
	return a->sa.sa_family == AF_INET6 ?
		       IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr) :
		       a->in.sin_addr.s_addr == htonl(INADDR_ANY);
}

/* The connection to proxy i, through those before it; and what it answers. */
static int associate(struct endpoint **control, struct sk_conv *c,
		     struct sk_loop *loop, size_t i,
		     const struct sk_net_opts *o, struct sk_err *err)
{
	struct sk_proxies before = *o->proxies;
	const struct sk_proxy *p = &o->proxies->v[i];
	struct sk_net_opts net = *o;
	struct sk_err why = { 0 };
	char name[SK_ADDR_TEXT_MAX];
	int r;

	before.n = i;
	net.proxies = i ? &before : NULL;
	net.source_port = 0;
	r = endpoint_connect(control, loop, &p->target, &net, &why);
	if (r < 0)
		return r == -EINTR ? r : sk_fail(err, r, "%s%s",
						 i ? "" : "proxy ", why.text);
	sk_conv_associate(c, before.auth);
	r = ask(loop, *control, c, o->wait, &why);
	if (r < 0 && r != -EINTR)
		sk_fail(err, r, "proxy %s: %s",
			sk_target_format(name, &p->target), why.text);
	return r;
}

/* Where we send to ourselves; 0.0.0.0 is "where you have found me". */
static void first_relay(struct sk_addr *relay, const struct socks_udp *s,
			const struct sk_conv *c)
{
	*relay = c->bound;
	if (!is_any(relay))
		return;
	*relay = *endpoint_peer(s->control);
	sk_addr_set_port(relay, (uint16_t)sk_addr_port(&c->bound));
}

static void aim_at_target(struct socks_udp *s, const struct sk_target *t)
{
	s->head_len = 3 + sk_socks_target_put(s->head + 3, t);
	sk_socks_head_take(&s->to, s->head, s->head_len);
}

static void aim_at_addr(struct socks_udp *s, const struct sk_addr *a)
{
	s->head_len = sk_socks_head_put(s->head, a);
	sk_socks_head_take(&s->to, s->head, s->head_len);
}

/* Of a chain: what s sends goes to the relay of the proxy after it. */
static void aim_at_relay(struct socks_udp *s, const struct sk_conv *c,
			 const struct sk_proxy *proxy)
{
	struct sk_target t = proxy->target;

	snprintf(t.service, sizeof(t.service), "%" PRId64, sk_addr_port(&c->bound));
	if (is_any(&c->bound))
		aim_at_target(s, &t);
	else
		aim_at_addr(s, &c->bound);
}

/* Who looks up the name; s->head says then where datagrams go to. */
static int set_target(struct socks_udp *s, struct sk_loop *loop,
		      const struct sk_target *t, const struct sk_net_opts *o,
		      struct sk_err *err)
{
	struct sk_target named = *t;
	struct sk_addrs addrs;
	int r;

	if (!*named.host)
		sk_copy(named.host, sizeof(named.host), "localhost");
	if (!o->proxies->local_dns) {
		aim_at_target(s, &named);
		return 0;
	}
	r = sk_resolve_wait(loop, &named, o, false, &addrs, err);
	if (r >= 0)
		aim_at_addr(s, &addrs.v[0]);
	return r;
}

static int open_relay(struct sk_dgram **d, struct sk_loop *loop,
		      const struct sk_addr *relay, const struct sk_net_opts *o,
		      const struct sk_udp_opts *u, struct sk_err *err)
{
	struct sk_net_opts net = *o;
	struct sk_udp_opts udp = *u;
	struct sk_target t;
	struct sk_addr to;
	char host[SK_ADDR_TEXT_MAX], port[8];
	int r;

	net.family = AF_UNSPEC;
	net.proxies = NULL;
	udp.no_gro = true;
	snprintf(port, sizeof(port), "%" PRId64, sk_addr_port(relay));
	r = sk_target_parse_pair(&t, sk_addr_format_host(host, relay), port,
				 err);
	return r < 0 ? r : sk_udp_dial(d, &to, loop, &t, &net, &udp, err);
}

static struct socks_udp *hop_new(void)
{
	struct socks_udp *s = calloc(1, sizeof(*s));

	if (s && (s->out = malloc((size_t)SK_DGRAM_SLOTS << 16)) &&
	    sk_dgram_batch_init(&s->in, 64 << 10) >= 0)
		return s;
	free(s ? s->out : NULL);
	free(s);
	return NULL;
}

/* One layer a proxy, the first of the chain below all others. */
static int open_chain(struct socks_udp *hop[], struct sk_addr *relay,
		      struct sk_loop *loop, const struct sk_target *t,
		      const struct sk_net_opts *o, struct sk_err *err)
{
	const struct sk_proxies *p = o->proxies;
	struct sk_conv c;
	int r = 0;

	for (size_t i = 0; i < p->n; i++)
		if (!(hop[i] = hop_new()))
			return sk_fail(err, -ENOMEM, "%s",
				       sk_strerror(ENOMEM));
	r = set_target(hop[p->n - 1], loop, t, o, err);
	for (size_t i = 0; i < p->n && r >= 0; i++) {
		r = associate(&hop[i]->control, &c, loop, i, o, err);
		if (r >= 0 && i)
			aim_at_relay(hop[i - 1], &c, &p->v[i]);
		else if (r >= 0)
			first_relay(relay, hop[i], &c);
	}
	return r;
}

int sk_socks_udp_dial(struct sk_dgram **d, struct sk_loop *loop,
		      const struct sk_target *t, const struct sk_net_opts *o,
		      const struct sk_udp_opts *u, struct sk_err *err)
{
	struct socks_udp *hop[SK_PROXY_CHAIN_MAX] = { NULL };
	char text[SK_ADDR_TEXT_MAX];
	struct sk_addr relay = { 0 };
	int r = open_chain(hop, &relay, loop, t, o, err);

	if (r >= 0)
		r = open_relay(d, loop, &relay, o, u, err);
	if (r >= 0)
		sk_info("datagrams are relayed at %s",
			sk_addr_format(text, &relay));
	for (size_t i = 0; i < o->proxies->n && hop[i]; i++) {
		if (r < 0) {
			socks_free(&hop[i]->layer);
			continue;
		}
		sk_dgram_push(*d, &hop[i]->layer, &socks_ops);
		hop[i]->control->owner = hop[i];
		hop[i]->control->ready = on_control;
		endpoint_want(hop[i]->control, SK_IN);
	}
	return r < 0 ? r : 0;
}
