/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client's way: accepted, let in or not, given a local end (at once, or
 * after a connection of ours stands), and from then on a session.
 */
#include "relay/server.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/units.h"
#include "net/ep_filter.h"
#include "net/unix.h"
#include "relay/fdwait.h"
#include "relay/lobby.h"
#include "relay/proxyd.h"

/* A client whose local end is a connection that is being made. */
struct pending {
	LIST_ENTRY(pending) link;
	struct server *server;
	struct endpoint *peer;
	struct sk_dial *dial;
};

struct server {
	struct sk_relay *relay;
	struct sk_listener *listener;
	const struct sk_server_opts *opts;
	struct endpoint *local;	/* for the one client; NULL once handed on */
	struct sk_hub *hub;	/* for many */
	struct sk_proxyd *proxyd; /* for those who ask; NULL: we are none */
	struct sk_lobby *lobby;	/* for those who shake hands; NULL: none do */
	struct sk_fdwait *fdwait; /* for those who hand over; NULL: none do */
	LIST_HEAD(pending_list, pending) pending;
	size_t n_pending;
	struct sk_timer wait;
	int result;
	struct sk_err *err;
};

static void stop(struct server *v, int r)
{
	v->result = r;
	sk_loop_stop(v->relay->loop);
}

/* --- ends ------------------------------------------------------------------- */

/* Of clients that we serve with our own stdin and stdout, all is told. */
static int failure_level(const struct server *v)
{
	return v->opts->service == SK_SERVE_STDIO ||
			       v->opts->service == SK_SERVE_PROXY ||
			       v->opts->service == SK_SERVE_FORWARD ?
		       SK_LOG_WARN :
		       SK_LOG_INFO;
}

/*
 * One of many: its failure is a line, not our end; but when our own stdout
 * fails, everything that comes from now on would be lost.
 */
static void client_done(struct server *v, const struct sk_session *s, int r,
			const char *why)
{
	struct endpoint *local = sk_session_local(s);

	sk_session_log(s);
	if (v->relay->local_failed && v->hub) {
		stop(v, sk_fail(v->err, r, "%s", why));
		return;
	}
	if (r < 0)
		sk_log(failure_level(v), "%s", why);
	else if (endpoint_is_child(local) && endpoint_child_status(local) > 0)
		sk_info("%s: %s: exit status %d", sk_session_peer(s)->name_in,
			local->name_in, endpoint_child_status(local));
	sk_listener_resume(v->listener);
}

static void session_done(struct sk_session *s, int r, const char *why,
			 void *arg)
{
	struct server *v = arg;

	if (v->opts->keep_open)
		client_done(v, s, r, why);
	else
		stop(v, sk_session_result(s, r, why, v->err));
	sk_session_free(s);
}

/* The client cannot be served; with one client, that is our end. */
static void turn_away(struct server *v, struct endpoint *peer,
		      const struct sk_err *err, int r)
{
	if (v->opts->keep_open) {
		sk_error("%s: turned away: %s", peer->name_in, err->text);
	} else {
		*v->err = *err;
		stop(v, r);
	}
	endpoint_abort(peer);
	endpoint_free(peer);
}

/* A handshake that came to nothing. */
static void not_let_in(struct server *v, int r, const struct sk_err *err)
{
	if (!v->opts->keep_open) {
		*v->err = *err;
		stop(v, r);
		return;
	}
	sk_log(failure_level(v), "%s", err->text);
	sk_listener_resume(v->listener);
}

/* --- beginnings ------------------------------------------------------------- */

static void begin_session(struct server *v, struct endpoint *local,
			  struct endpoint *peer)
{
	if (!sk_session_new(v->relay, local, peer, session_done, v))
		sk_error("a client was turned away: %s", sk_strerror(ENOMEM));
}

static void pending_free(struct pending *p)
{
	LIST_REMOVE(p, link);
	p->server->n_pending--;
	sk_dial_free(p->dial);
	endpoint_free(p->peer);
	free(p);
}

static void on_dialed(struct sk_dial *d, int r, struct endpoint *ep,
		      const struct sk_err *err, void *arg)
{
	struct pending *p = arg;
	struct server *v = p->server;
	struct endpoint *peer = p->peer;
	struct sk_err why = { 0 };

	(void)d;
	if (r < 0)
		why = *err; /* err goes with the dial */
	p->peer = NULL;
	pending_free(p);
	if (r < 0) {
		turn_away(v, peer, &why, r);
		return;
	}
	sk_debug("%s: connected to %s", peer->name_in, ep->name_in);
	begin_session(v, ep, peer);
}

/* One who needed no session has gone. */
static void served(struct server *v)
{
	if (v->opts->keep_open)
		sk_listener_resume(v->listener);
	else
		stop(v, 0);
}

static void after_request(void *arg, int r, struct endpoint *origin,
			  struct endpoint *client, const struct sk_err *err)
{
	if (r < 0)
		not_let_in(arg, r, err);
	else if (client)
		begin_session(arg, origin, client);
	else
		served(arg);
}

static void begin_forward(struct server *v, struct endpoint *peer)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p)
		p->dial = sk_dial_start(v->relay->loop, v->opts->to,
					v->opts->to_opts, on_dialed, p);
	if (!p || !p->dial) {
		free(p);
		sk_error("a client was turned away: %s", sk_strerror(ENOMEM));
		endpoint_free(peer);
		return;
	}
	p->server = v;
	p->peer = peer;
	v->n_pending++;
	LIST_INSERT_HEAD(&v->pending, p, link);
}

/* A client more is served by a port of the hub; the only one by stdio. */
static int stdio_end(struct server *v, struct endpoint **local)
{
	if (v->hub)
		return sk_hub_port(v->hub, local);
	*local = v->local;
	v->local = NULL;
	return 0;
}

/* Each client that waits to be given a program will have one. */
static void hold_back(struct server *v)
{
	if (v->opts->keep_open && v->opts->max_children)
		sk_listener_pause(v->listener,
				  sk_children() + sk_fdwait_count(v->fdwait) >=
					  (size_t)v->opts->max_children);
}

static int program_end(struct server *v, struct endpoint **local,
		       const struct endpoint *peer, const int *fds, int n,
		       struct sk_err *err)
{
	struct sk_child_for who;
	int r;

	sk_child_for_stream(&who, peer, fds, n);
	r = endpoint_child(local, v->relay->loop, &v->opts->program, &who,
			   err);
	hold_back(v);
	return r;
}

static void begin_with(struct server *v, struct endpoint *local,
		       struct endpoint *peer, int r, struct sk_err *err)
{
	if (r < 0) {
		if (!err->text[0])
			sk_fail(err, r, "%s", sk_strerror(r));
		turn_away(v, peer, err, r);
		return;
	}
	begin_session(v, local, peer);
}

static void after_fds(void *arg, int r, struct endpoint *peer, const int *fds,
		      int n, const struct sk_err *err)
{
	struct endpoint *local = NULL;
	struct server *v = arg;
	struct sk_err why = { 0 };

	if (r < 0) {
		hold_back(v);
		not_let_in(v, r, err);
		return;
	}
	r = program_end(v, &local, peer, fds, n, &why);
	begin_with(v, local, peer, r, &why);
}

static void begin(struct server *v, struct endpoint *peer)
{
	struct endpoint *local = NULL; /* echo has none */
	struct sk_err err = { 0 };
	int r = 0;

	if (v->opts->telnet &&
	    endpoint_filter(&peer, peer, &sk_filter_telnet) < 0)
		return;
	switch (v->opts->service) {
	case SK_SERVE_FORWARD:
		begin_forward(v, peer);
		return;
	case SK_SERVE_PROXY:
		if (sk_proxyd_enter(v->proxyd, peer) < 0)
			sk_error("a client was turned away: %s",
				 sk_strerror(ENOMEM));
		return;
	case SK_SERVE_DISCARD:
		r = endpoint_discard(&local, v->relay->loop);
		break;
	case SK_SERVE_PROGRAM:
		if (v->fdwait) {
			if (sk_fdwait_enter(v->fdwait, peer) < 0)
				sk_error("a client was turned away: %s",
					 sk_strerror(ENOMEM));
			hold_back(v);
			return;
		}
		r = program_end(v, &local, peer, NULL, 0, &err);
		break;
	case SK_SERVE_STDIO:
	case SK_SERVE_BROKER:
		r = stdio_end(v, &local);
		break;
	case SK_SERVE_ECHO:
		break;
	}
	begin_with(v, local, peer, r, &err);
}

static void after_lobby(void *arg, int r, struct endpoint *peer,
			const struct sk_err *err)
{
	if (r < 0)
		not_let_in(arg, r, err);
	else
		begin(arg, peer);
}

static bool is_full(const struct server *v)
{
	return v->opts->keep_open && v->opts->max_conns &&
	       v->relay->active + v->n_pending + sk_lobby_count(v->lobby) +
			       sk_fdwait_count(v->fdwait) +
			       sk_proxyd_count(v->proxyd) >=
		       (size_t)v->opts->max_conns;
}

/* Refused clients are closed at once: they hold no descriptor of ours. */
static bool is_welcome(const struct server *v, const struct endpoint *peer)
{
	if (v->opts->access &&
	    !sk_access_allows(v->opts->access, endpoint_peer(peer))) {
		sk_info("connection from %s refused: not allowed",
			peer->name_in);
		return false;
	}
	if (is_full(v)) {
		sk_info("connection from %s refused: %" PRId64
			" are served already (--max-conns)",
			peer->name_in, v->opts->max_conns);
		return false;
	}
	return true;
}

static void on_client(struct sk_listener *l, struct endpoint *peer, void *arg)
{
	struct server *v = arg;

	if (!is_welcome(v, peer)) {
		endpoint_free(peer);
		return;
	}
	sk_timer_stop(&v->wait);
	sk_unix_tell_peer(endpoint_socket_fd(peer));
	sk_info("connection from %s", peer->name_in);
	if (!v->opts->keep_open)
		sk_listener_stop(l);
	if (!v->lobby)
		begin(v, peer);
	else if (sk_lobby_enter(v->lobby, peer) < 0)
		sk_error("a client was turned away: %s", sk_strerror(ENOMEM));
}

static void on_wait(struct sk_timer *t)
{
	struct server *v = sk_container_of(t, struct server, wait);
	char text[SK_UNITS_MAX];

	stop(v, sk_fail(v->err, -ETIMEDOUT, "no client came within %s",
			sk_format_duration(text, v->opts->wait)));
}

static void on_child_reaped(void *arg)
{
	hold_back(arg);
}

/* --- the whole -------------------------------------------------------------- */

static int make_hub(struct server *v, struct endpoint *local)
{
	if (v->opts->service == SK_SERVE_BROKER)
		v->hub = sk_hub_new_broker(v->relay->loop, v->opts->chat);
	else if (local && v->opts->keep_open)
		v->hub = sk_hub_new(local);
	else
		return 0;
	v->local = NULL;
	return v->hub ? 0 : -ENOMEM;
}

static int make_lobby(struct server *v)
{
	if (!v->opts->tls)
		return 0;
	v->lobby = sk_lobby_new(v->relay->loop, v->opts->tls, v->opts->wait,
				after_lobby, v);
	return v->lobby ? 0 : -ENOMEM;
}

static int make_proxyd(struct server *v)
{
	if (v->opts->service != SK_SERVE_PROXY)
		return 0;
	v->proxyd = sk_proxyd_new(v->relay->loop, v->opts->proxy_type,
				  v->opts->proxy_auth, v->opts->to_opts,
				  v->relay->opts->idle, after_request, v);
	return v->proxyd ? 0 : -ENOMEM;
}

static int make_fdwait(struct server *v)
{
	if (!v->opts->hand_fds)
		return 0;
	v->fdwait = sk_fdwait_new(v->relay->loop, v->opts->wait, after_fds, v);
	return v->fdwait ? 0 : -ENOMEM;
}

static void put_away(struct server *v)
{
	sk_children_notify(NULL, NULL);
	sk_timer_stop(&v->wait);
	sk_listener_stop(v->listener);
	sk_lobby_free(v->lobby);
	sk_fdwait_free(v->fdwait);
	sk_proxyd_free(v->proxyd);
	while (!LIST_EMPTY(&v->pending))
		pending_free(LIST_FIRST(&v->pending));
	sk_relay_end_sessions(v->relay);
	sk_hub_free(v->hub);
	endpoint_free(v->local);
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

	LIST_INIT(&v.pending);
	r = make_hub(&v, local);
	if (r >= 0)
		r = make_lobby(&v);
	if (r >= 0)
		r = make_proxyd(&v);
	if (r >= 0)
		r = make_fdwait(&v);
	if (r < 0)
		return sk_fail(err, r, "%s", sk_strerror(r));
	sk_timer_init(&v.wait, relay->loop, on_wait);
	if (opts->wait)
		sk_timer_in(&v.wait, opts->wait);
	sk_children_notify(on_child_reaped, &v);
	sk_listener_start(listener, on_client, &v);
	r = sk_loop_run(relay->loop);
	if (r < 0)
		sk_fail(err, r, "epoll: %s", sk_strerror(r));
	put_away(&v);
	return r < 0 ? r : v.result;
}
