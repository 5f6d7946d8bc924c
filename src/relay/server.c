/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/server.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/units.h"
#include "relay/hub.h"

struct server {
	struct sk_relay *relay;
	struct sk_listener *listener;
	const struct sk_server_opts *opts;
	struct endpoint *local;	/* for the one client; NULL once handed on */
	struct sk_hub *hub;	/* for many */
	struct sk_timer wait;
	int result;
	struct sk_err *err;
};

static void stop(struct server *v, int r, const char *why)
{
	v->result = r;
	if (r < 0)
		sk_fail(v->err, r, "%s", why);
	sk_loop_stop(v->relay->loop);
}

/*
 * One of many: its failure is a line, not our end; but when our own stdout
 * fails, everything that comes from now on would be lost.
 */
static void client_done(struct server *v, int r, const char *why)
{
	if (v->relay->local_failed) {
		stop(v, r, why);
		return;
	}
	if (r < 0)
		sk_log(v->opts->service == SK_SERVE_STDIO ? SK_LOG_WARN :
							    SK_LOG_INFO,
		       "%s", why);
	sk_listener_resume(v->listener);
}

static void session_done(struct sk_session *s, int r, const char *why,
			 void *arg)
{
	struct server *v = arg;

	if (v->opts->keep_open) {
		sk_session_log(s);
		client_done(v, r, why);
	} else {
		stop(v, r, why);
	}
	sk_session_free(s);
}

/* The local end for the next client; NULL is that of the echo service. */
static int local_end(struct server *v, struct endpoint **local)
{
	*local = NULL;
	switch (v->opts->service) {
	case SK_SERVE_ECHO:
		return 0;
	case SK_SERVE_DISCARD:
		return endpoint_discard(local, v->relay->loop);
	default:
		break;
	}
	if (v->hub)
		return sk_hub_port(v->hub, local);
	*local = v->local;
	v->local = NULL;
	return 0;
}

static bool is_full(const struct server *v)
{
	return v->opts->max_conns &&
	       v->relay->active >= (size_t)v->opts->max_conns;
}

static void on_client(struct sk_listener *l, struct endpoint *peer, void *arg)
{
	struct server *v = arg;
	struct endpoint *local;
	int r;

	sk_timer_stop(&v->wait);
	if (v->opts->keep_open && is_full(v)) {
		sk_info("connection from %s refused: %" PRId64
			" are served already (--max-conns)",
			peer->name_in, v->opts->max_conns);
		endpoint_free(peer);
		return;
	}
	sk_info("connection from %s", peer->name_in);
	if (!v->opts->keep_open)
		sk_listener_stop(l);
	r = local_end(v, &local);
	if (r >= 0 &&
	    !sk_session_new(v->relay, local, peer, session_done, v))
		r = -ENOMEM;
	else if (r < 0)
		endpoint_free(peer);
	if (r < 0)
		sk_error("a client was turned away: %s", sk_strerror(r));
}

static void on_wait(struct sk_timer *t)
{
	struct server *v = sk_container_of(t, struct server, wait);
	char text[SK_UNITS_MAX], why[SK_UNITS_MAX + 40];

	snprintf(why, sizeof(why), "no client came within %s",
		 sk_format_duration(text, v->opts->wait));
	stop(v, -ETIMEDOUT, why);
}

int sk_server_run(struct sk_relay *relay, struct sk_listener *listener,
		  struct endpoint *local, const struct sk_server_opts *opts,
		  struct sk_err *err)
{
	struct server v = {
		.relay = relay,
		.listener = listener,
		.opts = opts,
		.local = local,
		.err = err,
	};
	int r;

	if (local && opts->keep_open) {
		v.local = NULL;
		v.hub = sk_hub_new(local);
		if (!v.hub)
			return sk_fail(err, -ENOMEM, "%s",
				       sk_strerror(ENOMEM));
	}
	sk_timer_init(&v.wait, relay->loop, on_wait);
	if (opts->wait)
		sk_timer_in(&v.wait, opts->wait);
	sk_listener_start(listener, on_client, &v);
	r = sk_loop_run(relay->loop);
	if (r < 0)
		sk_fail(err, r, "epoll: %s", sk_strerror(r));

	sk_timer_stop(&v.wait);
	sk_listener_stop(listener);
	sk_relay_end_sessions(relay);
	sk_hub_free(v.hub);
	endpoint_free(v.local);
	return r < 0 ? r : v.result;
}
