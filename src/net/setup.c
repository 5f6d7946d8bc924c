/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/setup.h"

#include "net/tls.h"

struct sk_setup {
	struct endpoint *ep;
	const struct sk_net_opts *opts;
	struct sk_target target;
	const char *stage;
	sk_setup_fn *fn;
	void *arg;
};

bool sk_setup_needed(const struct sk_net_opts *o)
{
	return o->tls;
}

const char *sk_setup_stage(const struct sk_setup *s)
{
	return s->stage;
}

static void finish(struct sk_setup *s, int r, const struct sk_err *err)
{
	struct endpoint *ep = s->ep;

	s->ep = NULL;
	if (r < 0) {
		endpoint_free(ep);
		ep = NULL;
	}
	s->fn(s, r, ep, err, s->arg);
}

static void tls_done(struct endpoint *ep, int r, const struct sk_err *err,
		     void *arg)
{
	(void)ep;
	finish(arg, r, err);
}

/* The name that was dialled; a port alone means this machine. */
static const char *host_of(const struct sk_target *t)
{
	if (t->kind != SK_TARGET_INET)
		return "";
	return *t->host ? t->host : "localhost";
}

static bool begin_tls(struct sk_setup *s)
{
	s->stage = "TLS handshake";
	s->ep = sk_tls_start(s->opts->tls, s->ep, host_of(&s->target),
			     tls_done, s);
	return s->ep;
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
	s->fn = fn;
	s->arg = arg;
	if (begin_tls(s))
		return s;
	sk_setup_free(s);
	return NULL;
}

void sk_setup_free(struct sk_setup *s)
{
	if (!s)
		return;
	endpoint_free(s->ep);
	free(s);
}
