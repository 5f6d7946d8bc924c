/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A DHCP client (RFC 2131) on a UDP socket of this very stack.
 *
 *	SELECTING ─ offer ─► REQUESTING ─ ack ─► BOUND ─ T1 ─► RENEWING
 *	    ▲                    │ nak, silence    ▲             │ T2
 *	    └────────────────────┴── lease over ───┴── ack ── REBINDING
 */
#include <errno.h>
#include <netinet/in.h>

#include "stack/ip/ip_internal.h"
#include "stack/wire/bytes.h"

#define DHCP_FIXED 236		/* up to the cookie */
#define DHCP_COOKIE 0x63825363
#define DHCP_MAX 576		/* what any client must take (RFC 2131 2) */
#define BROADCAST_FLAG 0x8000
#define TRIES 4			/* of a request, before starting over */

enum dhcp_type { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE };

enum dhcp_opt {
	OPT_PAD = 0, OPT_MASK = 1, OPT_ROUTER = 3, OPT_ADDRESS = 50,
	OPT_LEASE = 51, OPT_TYPE = 53, OPT_SERVER = 54, OPT_PARAMS = 55,
	OPT_MAX_SIZE = 57, OPT_T1 = 58, OPT_T2 = 59, OPT_END = 255,
};

enum dhcp_state { SELECTING, REQUESTING, BOUND, RENEWING, REBINDING };

/* What a server's message says. */
struct dhcp_msg {
	uint8_t type;
	uint32_t yours, mask, router, server, lease, t1, t2;
};

struct dhcp {
	struct stk_sock *sk;
	struct stk_timer timer;
	enum dhcp_state state;
	uint32_t xid;
	unsigned tries;
	uint64_t started;	/* of this exchange, for `secs` */
	struct dhcp_msg lease;	/* offered, or ours */
	uint64_t t1, t2, until;
};

/* --- sending ---------------------------------------------------------------- */

struct writer {
	uint8_t b[DHCP_MAX];
	size_t n;
};

static void option(struct writer *w, uint8_t code, const void *data, size_t len)
{
	w->b[w->n++] = code;
	w->b[w->n++] = (uint8_t)len;
	memcpy(w->b + w->n, data, len);
	w->n += len;
}

static void option32(struct writer *w, uint8_t code, uint32_t v)
{
	uint8_t b[4];

	put32(b, v);
	option(w, code, b, 4);
}

static void fixed_part(struct stk *s, const struct dhcp *d, struct writer *w)
{
	uint64_t secs = (s->now - d->started) / SK_SEC;

	w->b[0] = 1; /* request, Ethernet, six bytes */
	w->b[1] = 1;
	w->b[2] = 6;
	put32(w->b + 4, d->xid);
	put16(w->b + 8, secs > 65535 ? 65535 : (unsigned)secs);
	if (d->state < BOUND)
		put16(w->b + 10, BROADCAST_FLAG);
	else
		put32(w->b + 12, d->lease.yours);
	memcpy(w->b + 28, s->cfg.mac, 6);
	put32(w->b + DHCP_FIXED, DHCP_COOKIE);
	w->n = DHCP_FIXED + 4;
}

static void dhcp_send(struct stk *s, struct dhcp *d, enum dhcp_type type)
{
	static const uint8_t wanted[] = { OPT_MASK, OPT_ROUTER, OPT_LEASE,
					  OPT_T1, OPT_T2 };
	struct writer w = { 0 };
	uint8_t t = (uint8_t)type;
	struct stk_addr to = { AF_INET, 67, stk_ip4(255, 255, 255, 255) };
	struct iovec iov;

	fixed_part(s, d, &w);
	option(&w, OPT_TYPE, &t, 1);
	if (type == DECLINE || (type == REQUEST && d->state == REQUESTING)) {
		option32(&w, OPT_ADDRESS, d->lease.yours);
		option32(&w, OPT_SERVER, d->lease.server);
	}
	if (type != DECLINE) {
		uint8_t max[2] = { DHCP_MAX >> 8, DHCP_MAX & 255 };

		option(&w, OPT_PARAMS, wanted, sizeof(wanted));
		option(&w, OPT_MAX_SIZE, max, 2);
	}
	w.b[w.n++] = OPT_END;
	if (d->state == RENEWING)
		to.ip = stk_ip_from4(d->lease.server);
	iov = (struct iovec){ w.b, w.n };
	stk_send(d->sk, &iov, 1, &to);
}

/* 1, 2, 4, 8 s and so on up to 64, give or take a tenth (RFC 2131 4.1 begins
 * at 4 s, for networks where a server may be far). */
static uint64_t patience(struct stk *s, const struct dhcp *d)
{
	uint64_t us = SK_SEC << (d->tries < 6 ? d->tries : 6);

	return us - us / 10 + stk_random_below(s, (uint32_t)(us / 5));
}

static void select_server(struct stk *s, struct dhcp *d)
{
	if (d->state != SELECTING) {
		d->state = SELECTING;
		d->tries = 0;
		d->started = s->now;
	}
	d->xid = stk_random32(s);
	dhcp_send(s, d, DISCOVER);
	stk_timer_in(s, &d->timer, patience(s, d));
	d->tries++;
}

static void request(struct stk *s, struct dhcp *d)
{
	dhcp_send(s, d, REQUEST);
	stk_timer_in(s, &d->timer, patience(s, d));
	d->tries++;
}

/* --- the lease -------------------------------------------------------------- */

static struct ip_addr *leased(struct stk *s)
{
	for (size_t i = 0; i < STK_MAX_ADDRS; i++)
		if (s->ip->addrs[i].used && s->ip->addrs[i].origin == IP_DHCP)
			return &s->ip->addrs[i];
	return NULL;
}

static void default_route(struct stk *s, const struct dhcp *d, bool add)
{
	struct stk_ip any = stk_ip_any(AF_INET);
	struct stk_ip gw = stk_ip_from4(d->lease.router);

	if (!d->lease.router)
		return;
	if (add)
		route_add(s, &any, 0, &gw, IP_DHCP, SK_NEVER);
	else
		route_del(s, &any, 0, &gw);
}

static void give_up_lease(struct stk *s, struct dhcp *d)
{
	struct ip_addr *a = leased(s);

	default_route(s, d, false);
	if (a)
		iface_remove(s, a);
	select_server(s, d);
}

static uint8_t mask_len(uint32_t mask)
{
	return mask ? (uint8_t)(32 - __builtin_ctz(mask)) : 0;
}

static void bind_lease(struct stk *s, struct dhcp *d, const struct dhcp_msg *m)
{
	struct stk_ip ip = stk_ip_from4(m->yours);
	struct ip_addr *a = leased(s);
	uint64_t secs = m->lease;
	char text[STK_IP_TEXT], server[STK_IP_TEXT];
	struct stk_ip from = stk_ip_from4(m->server);

	if (a && !stk_ip_eq(&a->ip, &ip)) {
		iface_remove(s, a);
		a = NULL;
	}
	default_route(s, d, false);
	d->lease = *m;
	d->state = BOUND;
	/* Times beyond the lease would let it end unnoticed. */
	d->t1 = s->now + (m->t1 && m->t1 < secs ? m->t1 : secs / 2) * SK_SEC;
	d->t2 = s->now + (m->t2 && m->t2 < secs ? m->t2 : secs * 7 / 8) *
				 SK_SEC;
	default_route(s, d, true);
	d->until = m->lease == UINT32_MAX ? SK_NEVER : s->now + secs * SK_SEC;
	stk_timer_at(s, &d->timer, m->lease == UINT32_MAX ? SK_NEVER : d->t1);
	if (a)
		return;
	stk_note(s, false, "DHCP: %s from %s", stk_ip_format(text, &ip),
		 stk_ip_format(server, &from));
	iface_add(s, &ip, mask_len(m->mask), IP_DHCP);
}

/* RFC 2131 4.4.5: half of what is left, but not below a minute. */
static void renew(struct stk *s, struct dhcp *d)
{
	uint64_t end = s->now < d->t2 ? d->t2 : d->until, left;

	if (s->now >= d->until) {
		stk_note(s, true, "DHCP: the lease is over");
		give_up_lease(s, d);
		return;
	}
	d->state = s->now < d->t2 ? RENEWING : REBINDING;
	if (d->tries == 0)
		d->xid = stk_random32(s);
	d->tries++;
	dhcp_send(s, d, REQUEST);
	left = (end - s->now) / 2;
	if (left < 60 * SK_SEC)
		left = 60 * SK_SEC;
	stk_timer_at(s, &d->timer,
		     s->now + left < end ? s->now + left : end);
}

static void on_timer(struct stk *s, struct stk_timer *t)
{
	struct dhcp *d = stk_container_of(t, struct dhcp, timer);

	if (d->state == REQUESTING && d->tries < TRIES)
		request(s, d);
	else if (d->state == SELECTING || d->state == REQUESTING)
		select_server(s, d);
	else {
		if (d->state == BOUND)
			d->tries = 0;
		renew(s, d);
	}
}

/* --- receiving -------------------------------------------------------------- */

static void take_option(struct dhcp_msg *m, uint8_t code, const uint8_t *p,
			size_t len)
{
	static const struct {
		uint8_t code;
		size_t off;
	} words[] = {
		{ OPT_MASK, offsetof(struct dhcp_msg, mask) },
		{ OPT_ROUTER, offsetof(struct dhcp_msg, router) },
		{ OPT_SERVER, offsetof(struct dhcp_msg, server) },
		{ OPT_LEASE, offsetof(struct dhcp_msg, lease) },
		{ OPT_T1, offsetof(struct dhcp_msg, t1) },
		{ OPT_T2, offsetof(struct dhcp_msg, t2) },
	};
	uint32_t v;

	if (code == OPT_TYPE && len == 1)
		m->type = p[0];
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].code == code && len >= 4) {
			v = get32(p);
			memcpy((uint8_t *)m + words[i].off, &v, 4);
		}
}

/* False: not for us, or malformed. */
static bool dhcp_parse(const struct stk *s, const struct dhcp *d,
		       const uint8_t *p, size_t len, struct dhcp_msg *m)
{
	*m = (struct dhcp_msg){ 0 };
	if (len < DHCP_FIXED + 4 || p[0] != 2 || get32(p + 4) != d->xid ||
	    memcmp(p + 28, s->cfg.mac, 6) ||
	    get32(p + DHCP_FIXED) != DHCP_COOKIE)
		return false;
	m->yours = get32(p + 16);
	for (size_t i = DHCP_FIXED + 4; i < len && p[i] != OPT_END;) {
		if (p[i] == OPT_PAD) {
			i++;
			continue;
		}
		if (len - i < 2 || p[i + 1] > len - i - 2)
			return false;
		take_option(m, p[i], p + i + 2, p[i + 1]);
		i += 2u + p[i + 1];
	}
	return m->type != 0;
}

static bool is_usable(const struct dhcp_msg *m)
{
	struct stk_ip ip = stk_ip_from4(m->yours);

	return stk_ip_is_unicast(&ip) && !stk_ip_is_loopback(&ip) &&
	       m->server && m->lease && mask_len(m->mask) >= 1;
}

static void take(struct stk *s, struct dhcp *d, const struct dhcp_msg *m)
{
	if (d->state == SELECTING && m->type == OFFER && is_usable(m)) {
		d->lease = *m;
		d->state = REQUESTING;
		d->tries = 0;
		request(s, d);
	} else if (d->state == SELECTING || d->state == BOUND) {
		return;
	} else if (m->type == ACK && is_usable(m)) {
		bind_lease(s, d, m);
	} else if (m->type == NAK) {
		give_up_lease(s, d);
	}
}

static void on_ready(struct stk_sock *sk, unsigned events, void *arg)
{
	struct stk *s = arg;
	struct dhcp *d = s->ip->dhcp;
	uint8_t b[1500];
	struct iovec iov = { b, sizeof(b) };
	struct dhcp_msg m;
	ssize_t n;

	(void)events;
	while ((n = stk_recv(sk, &iov, 1, NULL, 0)) != -EAGAIN)
		if (n > 0 && dhcp_parse(s, d, b, (size_t)n, &m))
			take(s, d, &m);
}

/* --- life ------------------------------------------------------------------- */

void dhcp_decline(struct stk *s)
{
	struct dhcp *d = s->ip->dhcp;

	if (!d)
		return;
	d->state = REQUESTING;
	dhcp_send(s, d, DECLINE);
	default_route(s, d, false);
	d->state = SELECTING;
	d->tries = 3; /* wait about 10 s (RFC 2131 3.1 5) */
	stk_timer_in(s, &d->timer, 10 * SK_SEC);
}

int dhcp_open(struct stk *s)
{
	struct stk_addr any = { AF_INET, 68, stk_ip_any(AF_INET) };
	struct dhcp *d = calloc(1, sizeof(*d));
	int r, on = 1;

	if (!d)
		return -ENOMEM;
	s->ip->dhcp = d;
	d->timer.fn = on_timer;
	d->started = s->now;
	r = stk_socket(s, AF_INET, SOCK_DGRAM, &d->sk);
	if (r < 0)
		return r;
	stk_on_ready(d->sk, on_ready, s);
	stk_setopt(d->sk, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	r = stk_bind(d->sk, &any);
	if (r >= 0)
		stk_timer_in(s, &d->timer, 0);
	return r;
}

bool dhcp_is_asking(const struct stk *s)
{
	return s->ip->dhcp && s->ip->dhcp->state < BOUND;
}

/* The socket went with the others. */
void dhcp_shut(struct stk *s)
{
	if (!s->ip->dhcp)
		return;
	stk_timer_stop(s, &s->ip->dhcp->timer);
	free(s->ip->dhcp);
	s->ip->dhcp = NULL;
}
