/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/setup.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "net/proxy.h"
#include "net/resolve.h"
#include "net/tls.h"

struct sk_setup {
	struct endpoint *ep;
	const struct sk_net_opts *opts;
	struct sk_target target;	/* where all this leads */
	struct sk_task start;

	size_t hop;			/* the proxy that is spoken to … */
	bool secured;			/* … over TLS, which stands */
	struct sk_net_opts look_up;	/* for names it is not to see */
	struct sk_resolve *resolve;
	struct sk_conv conv;
	struct sk_talk *talk;

	char stage[SK_ADDR_TEXT_MAX + 8];
	sk_setup_fn *fn;
	void *arg;
};

static void begin_hop(struct sk_setup *s);

bool sk_setup_needed(const struct sk_net_opts *o)
{
	return o->tls || o->proxies;
}

const char *sk_setup_stage(const struct sk_setup *s)
{
	return s->stage;
}

static void end_hop(struct sk_setup *s)
{
	sk_resolve_free(s->resolve);
	sk_talk_free(s->talk);
	sk_conv_fini(&s->conv);
	s->resolve = NULL;
	s->talk = NULL;
}

static void finish(struct sk_setup *s, int r, const struct sk_err *err)
{
	struct endpoint *ep = s->ep;

	end_hop(s);
	s->ep = NULL;
	if (r < 0) {
		endpoint_free(ep);
		ep = NULL;
	}
	s->fn(s, r, ep, err, s->arg);
}

/* --- TLS -------------------------------------------------------------------- */

static void tls_done(struct endpoint *ep, int r, const struct sk_err *err,
		     void *arg)
{
	(void)ep;
	finish(arg, r, err);
}

static void begin_tls(struct sk_setup *s)
{
	struct sk_err err = { 0 };

	if (!s->opts->tls) {
		finish(s, 0, &err);
		return;
	}
	snprintf(s->stage, sizeof(s->stage), "TLS handshake");
	s->ep = sk_tls_start(s->opts->tls, s->ep, s->target.host,
			     tls_done, s);
	if (!s->ep)
		finish(s, sk_fail(&err, -ENOMEM, "%s", sk_strerror(ENOMEM)),
		       &err);
}

/* --- proxies ---------------------------------------------------------------- */

static const struct sk_proxy *proxy_of(const struct sk_setup *s)
{
	return &s->opts->proxies->v[s->hop];
}

static void hop_failed(struct sk_setup *s, int r, const struct sk_err *why)
{
	struct sk_err err = { 0 };

	sk_fail(&err, r, "%s: %s", s->stage, why->text);
	finish(s, r, &err);
}

static void hop_secured(struct endpoint *ep, int r, const struct sk_err *err,
			void *arg)
{
	struct sk_setup *s = arg;

	(void)ep;
	if (r < 0) {
		finish(s, r, err);
		return;
	}
	s->secured = true;
	begin_hop(s);
}

/* TLS to the proxy itself, inside what leads to it. */
static void secure_hop(struct sk_setup *s)
{
	const struct sk_proxies *p = s->opts->proxies;
	struct sk_err err = { 0 };

	s->ep = sk_tls_start(p->tls, s->ep, proxy_of(s)->target.host,
			     hop_secured, s);
	if (!s->ep)
		hop_failed(s, sk_fail(&err, -ENOMEM, "%s",
				      sk_strerror(ENOMEM)), &err);
}

static void talk_done(int r, const struct sk_err *err, void *arg)
{
	struct sk_setup *s = arg;
	char to[SK_ADDR_TEXT_MAX];

	if (r < 0) {
		hop_failed(s, r, err);
		return;
	}
	sk_debug("%s: leads to %s", s->stage,
		 sk_target_format(to, &s->conv.target));
	end_hop(s);
	s->hop++;
	s->secured = false;
	begin_hop(s);
}

static void begin_talk(struct sk_setup *s, const struct sk_target *to)
{
	struct sk_err err = { 0 };
	int r = sk_conv_client(&s->conv, proxy_of(s)->type, to,
			       s->opts->proxies->auth, &err);

	if (r >= 0) {
		s->talk = sk_talk_start(s->ep, &s->conv, talk_done, s);
		if (!s->talk)
			r = sk_fail(&err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	}
	if (r < 0)
		hop_failed(s, r, &err);
}

static void resolved(struct sk_resolve *res, int r,
		     const struct sk_addrs *addrs, const struct sk_err *err,
		     void *arg)
{
	struct sk_setup *s = arg;
	struct sk_target to = { .kind = SK_TARGET_INET };
	char text[SK_ADDR_TEXT_MAX];

	(void)res;
	if (r < 0) {
		hop_failed(s, r, err);
		return;
	}
	snprintf(to.host, sizeof(to.host), "%.255s",
		 sk_addr_format_host(text, &addrs->v[0]));
	snprintf(to.service, sizeof(to.service), "%" PRId64,
		 sk_addr_port(&addrs->v[0]));
	begin_talk(s, &to);
}

static void begin_look_up(struct sk_setup *s, const struct sk_target *to)
{
	struct sk_err err = { 0 };

	s->look_up = *s->opts;
	if (proxy_of(s)->type == SK_PROXY_SOCKS4)
		s->look_up.family = AF_INET;
	s->resolve = sk_resolve_start(s->ep->loop, to, &s->look_up, false,
				      resolved, s);
	if (!s->resolve)
		hop_failed(s, sk_fail(&err, -ENOMEM, "%s",
				      sk_strerror(ENOMEM)), &err);
}

/* SOCKS 4 knows numbers only; others may be spared the name. */
static void begin_hop(struct sk_setup *s)
{
	const struct sk_proxies *p = s->opts->proxies;
	const struct sk_target *next;
	char name[SK_ADDR_TEXT_MAX];

	if (!p || s->hop == p->n) {
		begin_tls(s);
		return;
	}
	snprintf(s->stage, sizeof(s->stage), "proxy %s",
		 sk_target_format(name, &p->v[s->hop].target));
	if (proxy_of(s)->tls && !s->secured) {
		secure_hop(s);
		return;
	}
	next = s->hop + 1 < p->n ? &p->v[s->hop + 1].target : &s->target;
	if (p->local_dns || p->v[s->hop].type == SK_PROXY_SOCKS4)
		begin_look_up(s, next);
	else
		begin_talk(s, next);
}

/* --- life ------------------------------------------------------------------- */

static void on_start(struct sk_task *task)
{
	begin_hop(sk_container_of(task, struct sk_setup, start));
}

struct sk_setup *sk_setup_start(struct endpoint *ep, const struct sk_target *t,
				const struct sk_net_opts *o, sk_setup_fn *fn,
				void *arg)
{
	struct sk_setup *s = calloc(1, sizeof(*s));

	if (!s) {
		endpoint_free(ep);
		return NULL;
	}
	s->ep = ep;
	s->opts = o;
	s->target = *t;
	/* A port alone means this machine. */
	if (t->kind == SK_TARGET_INET && !*t->host)
		sk_copy(s->target.host, sizeof(s->target.host), "localhost");
	s->fn = fn;
	s->arg = arg;
	sk_task_init(&s->start, on_start);
	sk_task_post(ep->loop, &s->start);
	return s;
}

void sk_setup_free(struct sk_setup *s)
{
	if (!s)
		return;
	if (s->ep)
		sk_task_cancel(s->ep->loop, &s->start);
	end_hop(s);
	endpoint_free(s->ep);
	free(s);
}
