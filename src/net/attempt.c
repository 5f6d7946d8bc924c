/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/attempt.h"

#include <netinet/in.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/host.h"

void sk_attempt_close(struct sk_attempt *a)
{
	sk_watch_fini(&a->watch);
	sk_close(&a->fd);
	if (a->sk)
		sk_host_touch(a->opts->host);
	stk_close(a->sk);
	a->sk = NULL;
}

/* --- what is said ----------------------------------------------------------- */

static int connect_error(const struct sk_attempt *a, const char *what,
			 int error, struct sk_err *err)
{
	char name[SK_ADDR_TEXT_MAX], addr[SK_ADDR_TEXT_MAX];

	sk_debug("%s: %s: %s", sk_addr_format(addr, a->to), what,
		 sk_strerror(error));
	return sk_fail(err, error, "%s%s: %s: %s%s",
		       a->opts->proxies ? "proxy " : "",
		       sk_target_format(name, a->target), what,
		       sk_strerror(error), sk_net_zone_hint(a->to, error));
}

static int source_error(const struct sk_addr *from, int error,
			struct sk_err *err)
{
	char addr[SK_ADDR_TEXT_MAX];

	return sk_fail(err, error, "%s: bind: %s%s",
		       sk_addr_format(addr, from), sk_strerror(error),
		       sk_net_zone_hint(from, error));
}

/* --- our end ---------------------------------------------------------------- */

static bool has_source(const struct sk_attempt *a)
{
	return a->target->kind == SK_TARGET_INET &&
	       (a->opts->source.len || a->opts->source_port);
}

/* An address of another family than --source cannot be reached from there. */
static int check_family(const struct sk_attempt *a, struct sk_err *err)
{
	const struct sk_addr *from = &a->opts->source;
	char name[SK_ADDR_TEXT_MAX], addr[SK_ADDR_TEXT_MAX];

	if (!has_source(a) || !from->len ||
	    from->sa.sa_family == a->to->sa.sa_family)
		return 0;
	return sk_fail(err, -EAFNOSUPPORT, "%s: not from %s, which is of "
		       "another address family",
		       sk_target_format(name, a->target),
		       sk_addr_format_host(addr, from));
}

/* --source, --source-port; the wildcard when only the port is given. */
static void source_addr(const struct sk_attempt *a, struct sk_addr *from)
{
	int family = a->to->sa.sa_family;

	*from = a->opts->source;
	if (!from->len) {
		*from = (struct sk_addr){
			.len = family == AF_INET ? sizeof(from->in) :
						   sizeof(from->in6),
		};
		from->sa.sa_family = (sa_family_t)family;
	}
	sk_addr_set_port(from, a->opts->source_port);
}

static int bind_source(const struct sk_attempt *a, struct sk_err *err)
{
	const int on = 1;
	struct sk_addr from;

	source_addr(a, &from);
	if (a->opts->source_port)
		setsockopt(a->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	else
		setsockopt(a->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
			   sizeof(on));
	if (bind(a->fd, &from.sa, from.len) < 0)
		return source_error(&from, -errno, err);
	return 0;
}

/* --- connecting ------------------------------------------------------------- */

static void on_ready(struct sk_watch *w)
{
	struct sk_attempt *a = sk_container_of(w, struct sk_attempt, watch);
	socklen_t len = sizeof(int);
	struct sk_err err = { 0 };
	int error = 0;

	if (a->sk)
		error = -sk_host_socket_error(a->sk);
	else if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error)
		error = connect_error(a, "connect", -error, &err);
	a->fn(a, error, &err);
}

/* On a host of our own. */
static int begin_stack(struct sk_attempt *a, struct sk_err *err)
{
	struct sk_addr from;
	int r;

	r = sk_host_socket(a->opts->host, a->to->sa.sa_family, SOCK_STREAM,
			   a->opts, &a->sk, err);
	if (r < 0)
		return r;
	if (has_source(a)) {
		source_addr(a, &from);
		r = sk_host_bind(a->sk, &from);
		if (r < 0)
			return source_error(&from, r, err);
	}
	r = sk_host_connect(a->opts->host, a->sk, a->to);
	if (r < 0 && r != -EINPROGRESS)
		return connect_error(a, "connect", r, err);
	sk_watch_init_bare(&a->watch, a->loop, on_ready);
	sk_host_watch(a->sk, &a->watch);
	return 0;
}

static int begin_kernel(struct sk_attempt *a, struct sk_err *err)
{
	int family = a->to->sa.sa_family, r;

	a->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       sk_net_protocol(a->opts, family));
	if (a->fd < 0)
		return connect_error(a, "socket", -errno, err);
	r = sk_net_apply(a->fd, family, a->opts, false, err);
	if (r >= 0 && has_source(a))
		r = bind_source(a, err);
	if (r < 0)
		return r;
	if (connect(a->fd, &a->to->sa, a->to->len) < 0 && errno != EINPROGRESS)
		return connect_error(a, "connect", -errno, err);
	r = sk_watch_init(&a->watch, a->loop, a->fd, on_ready);
	return r < 0 ? connect_error(a, "epoll", r, err) : 0;
}

int sk_attempt_begin(struct sk_attempt *a, struct sk_err *err)
{
	int r = check_family(a, err);

	a->fd = -1;
	a->sk = NULL;
	a->watch = (struct sk_watch){ 0 };
	if (r >= 0)
		r = a->opts->host ? begin_stack(a, err) :
				    begin_kernel(a, err);
	if (r < 0)
		sk_attempt_close(a);
	else
		sk_watch_want(&a->watch, SK_OUT);
	return r;
}

int sk_attempt_take(struct sk_attempt *a, struct endpoint **ep,
		    struct sk_err *err)
{
	int r = 0;

	if (!a->sk)
		r = sk_net_apply(a->fd, a->to->sa.sa_family, a->opts, true,
				 err);
	sk_watch_fini(&a->watch);
	if (r < 0)
		return r;
	r = a->sk ? endpoint_stack(ep, a->opts->host, a->sk) :
		    endpoint_socket(ep, a->loop, a->fd, a->to);
	if (r < 0)
		return sk_fail(err, r, "%s", sk_strerror(r));
	if (!a->sk)
		endpoint_socket_pass(*ep, a->opts->pass);
	a->fd = -1;
	a->sk = NULL;
	return 0;
}
