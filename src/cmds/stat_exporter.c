/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sockkit stat --exporter: diag/httpd over endpoints. Every scrape reads the
 * counters and the sockets anew; an answer is made whole before it is sent.
 */
#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "cmds/portfile.h"
#include "cmds/stat_more.h"
#include "diag/httpd.h"
#include "diag/openmetrics.h"
#include "net/listener.h"

/* Who takes longer to ask, or to take a piece of the answer, is sent away. */
#define PATIENCE_US (15 * SK_SEC)
#define CLIENTS_MAX 256

struct exporter {
	struct sk_loop loop;
	struct sk_listener *listener;
	const char *proc;
	uint64_t patience;
	int signal;
	size_t clients;
	LIST_HEAD(, client) list;
};

struct client {
	LIST_ENTRY(client) link;
	struct exporter *x;
	struct endpoint *ep;
	struct sk_timer deadline;
	struct sk_httpd http;
	struct sk_out out;	/* what is to be sent, from `sent` on */
	size_t sent;
	bool last;		/* close when all is sent */
};

static void client_free(struct client *c)
{
	struct exporter *x = c->x;

	LIST_REMOVE(c, link);
	x->clients--;
	sk_timer_stop(&c->deadline);
	endpoint_free(c->ep);
	sk_out_fini(&c->out);
	free(c);
	if (x->listener)
		sk_listener_resume(x->listener);
}

/* --- answers ---------------------------------------------------------------- */

static const char front_page[] =
	"<!DOCTYPE html><title>sockkit</title>"
	"<a href=\"/metrics\">metrics</a>\n";

static int make_body(struct client *c, const struct sk_httpd_request *req,
		     struct sk_out *body, const char **type)
{
	enum sk_metrics_form form = req->openmetrics ? SK_METRICS_OPEN :
						       SK_METRICS_TEXT;
	struct sk_err err = { 0 };

	*type = NULL;
	if (req->status) {
		sk_out_printf(body, "%s\n", sk_httpd_reason(req->status));
		return req->status;
	}
	if (!strcmp(req->path, "/")) {
		*type = "text/html; charset=utf-8";
		sk_out_str(body, front_page);
		return 200;
	}
	if (strcmp(req->path, "/metrics") != 0) {
		sk_out_str(body, "only /metrics is here\n");
		return 404;
	}
	if (sk_metrics_write(body, form, c->x->proc, &err) < 0) {
		sk_warn("%s", err.text);
		body->len = 0;
		sk_out_str(body, "nothing could be read\n");
		return 500;
	}
	*type = sk_metrics_type(form);
	return 200;
}

static void answer(struct client *c, const struct sk_httpd_request *req)
{
	const char *type;
	struct sk_out body;
	int status;

	sk_out_init(&body, -1);
	status = make_body(c, req, &body, &type);
	sk_httpd_answer(&c->out, status, type, body.len, req->close);
	if (!req->head)
		sk_out_put(&c->out, body.buf, body.len);
	if (body.error && !c->out.error)
		c->out.error = body.error;
	sk_out_fini(&body);
	c->last = req->close;
}

/* --- the conversation ------------------------------------------------------- */

/* 0: all is sent; otherwise what endpoint_send() gave. */
static ssize_t send_rest(struct client *c)
{
	while (c->sent < c->out.len) {
		struct iovec iov = { .iov_base = c->out.buf + c->sent,
				     .iov_len = c->out.len - c->sent };
		ssize_t n = endpoint_send(c->ep, &iov, 1);

		if (n < 0)
			return n;
		c->sent += (size_t)n;
		sk_timer_in(&c->deadline, c->x->patience);
	}
	c->out.len = c->sent = 0;
	return c->out.error;
}

/* One more piece of the request. Count, 0 at the end, or negative errno. */
static ssize_t receive(struct client *c)
{
	ssize_t n = endpoint_recv(c->ep, c->http.in + c->http.len,
				  sizeof(c->http.in) - c->http.len);

	if (n > 0)
		c->http.len += (size_t)n;
	return n;
}

/*
 * A piece at a time, and one answer: a client that never stops asking must not
 * keep the others waiting. False: the client is to be freed.
 */
static bool converse(struct client *c)
{
	struct sk_httpd_request req;
	ssize_t n = send_rest(c);

	if (n == -EAGAIN) {
		endpoint_want(c->ep, SK_OUT);
		return true;
	}
	if (n < 0 || c->last)
		return false;
	if (!sk_httpd_next(&c->http, &req)) {
		n = receive(c);
		if (n <= 0 && n != -EAGAIN)
			return false;
		if (n < 0 || !sk_httpd_next(&c->http, &req)) {
			endpoint_want(c->ep, SK_IN);
			return true;
		}
	}
	answer(c, &req);
	endpoint_want(c->ep, SK_OUT);
	return true;
}

/*
 * After a refusal bytes of the request may still be on their way; a reset for
 * them could overtake the answer. So our half is closed first.
 */
static void finish(struct client *c)
{
	char rest[4096];

	endpoint_shutdown(c->ep);
	for (int i = 0; i < 16 && endpoint_recv(c->ep, rest, sizeof(rest)) > 0;
	     i++)
		;
	client_free(c);
}

static void on_ready(struct endpoint *ep)
{
	struct client *c = ep->owner;

	endpoint_want(ep, 0);
	if (!converse(c))
		finish(c);
}

static void on_deadline(struct sk_timer *t)
{
	client_free(sk_container_of(t, struct client, deadline));
}

static void on_client(struct sk_listener *l, struct endpoint *ep, void *arg)
{
	struct exporter *x = arg;
	struct client *c = x->clients < CLIENTS_MAX ? calloc(1, sizeof(*c)) :
						      NULL;

	(void)l;
	if (!c) {
		sk_warn("%s: refused, %zu clients are served", ep->name_in,
			x->clients);
		endpoint_free(ep);
		return;
	}
	sk_info("connection from %s", ep->name_in);
	c->x = x;
	c->ep = ep;
	sk_out_init(&c->out, -1);
	LIST_INSERT_HEAD(&x->list, c, link);
	x->clients++;
	sk_timer_init(&c->deadline, &x->loop, on_deadline);
	sk_timer_in(&c->deadline, x->patience);
	ep->ready = on_ready;
	ep->owner = c;
	on_ready(ep);
}

/* --- the server ------------------------------------------------------------- */

static void on_signal(struct sk_loop *loop, int signo, void *arg)
{
	((struct exporter *)arg)->signal = signo;
	sk_loop_stop(loop);
}

static int serve(struct exporter *x, const char *where, const char *port_file,
		 struct sk_err *err)
{
	struct sk_net_opts net = { .family = AF_UNSPEC };
	char text[SK_ADDR_TEXT_MAX];
	const struct sk_addr *a;
	struct sk_target target;
	int r = sk_target_parse(&target, where, err);

	if (r >= 0)
		r = sk_listener_open(&x->listener, &x->loop, &target, &net,
				     err);
	for (size_t i = 0; r >= 0 && (a = sk_listener_addr(x->listener, i));
	     i++)
		sk_info("listening on %s", sk_addr_format(text, a));
	if (r >= 0 && port_file)
		r = sk_portfile_write(port_file, x->listener, err);
	if (r < 0)
		return r;
	sk_listener_start(x->listener, on_client, x);
	r = sk_loop_run(&x->loop);
	return r < 0 ? sk_fail(err, r, "epoll: %s", sk_strerror(r)) : 0;
}

int sk_stat_exporter(const struct sk_stat_more *o, const char *proc,
		     struct sk_err *err)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	struct exporter x = { .proc = proc,
			      .patience = o->request_timeout ?
						  o->request_timeout :
						  PATIENCE_US };
	struct sk_listener *listener;
	int r = sk_loop_init(&x.loop);

	for (size_t i = 0; i < 3 && r >= 0; i++)
		r = sk_loop_signal(&x.loop, ending[i], on_signal, &x);
	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	r = serve(&x, o->exporter, o->port_file, err);
	listener = x.listener;
	x.listener = NULL;
	sk_listener_free(listener);
	while (!LIST_EMPTY(&x.list))
		client_free(LIST_FIRST(&x.list));
	sk_loop_fini(&x.loop);
	return x.signal ? sk_signalled(err, x.signal) : r;
}
