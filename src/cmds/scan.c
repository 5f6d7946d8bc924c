/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/scan.h"

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "net/resolve.h"
#include "net/scan.h"

#define SHOW_ALL 32		/* so few ports are all shown */
#define WAIT (2 * SK_SEC)

static const char *service_name(uint16_t port, bool udp)
{
	const struct servent *s = getservbyport(htons(port),
						udp ? "udp" : "tcp");

	return s ? s->s_name : NULL;
}

static bool is_shown(const struct sk_scan *scan, const struct sk_port *p)
{
	return scan->n <= SHOW_ALL || sk_log_verbosity() > 0 ||
	       p->state == SK_PORT_OPEN;
}

static void print_text(struct sk_out *out, const struct sk_scan *scan,
		       size_t counts[])
{
	for (size_t i = 0; i < scan->n; i++) {
		const struct sk_port *p = &scan->ports[i];
		const char *name = service_name(p->port, scan->udp);

		counts[p->state]++;
		if (is_shown(scan, p))
			sk_out_printf(out, name ? "%5u/%s  %-13s %s\n" :
						  "%5u/%s  %s\n",
				      p->port, scan->udp ? "udp" : "tcp",
				      sk_port_state_name(p->state), name);
		else
			counts[SK_PORT_OPEN_FILTERED + 1 + p->state]++;
	}
}

static void print_json(struct sk_out *out, const struct sk_scan *scan,
		       const char *host, const struct sk_addrs *addrs,
		       size_t counts[])
{
	char text[SK_ADDR_TEXT_MAX];
	struct sk_json j;

	sk_json_init(&j, out);
	sk_json_begin(&j, '{');
	sk_json_put_str(&j, "host", host);
	sk_json_put_str(&j, "address", sk_addr_format_host(text, &addrs->v[0]));
	sk_json_put_str(&j, "protocol", scan->udp ? "udp" : "tcp");
	sk_json_key(&j, "ports");
	sk_json_begin(&j, '[');
	for (size_t i = 0; i < scan->n; i++) {
		const struct sk_port *p = &scan->ports[i];

		counts[p->state]++;
		sk_json_begin(&j, '{');
		sk_json_put_u64(&j, "port", p->port);
		sk_json_put_str(&j, "address",
				sk_addr_format_host(text, &addrs->v[p->where]));
		sk_json_put_str(&j, "state", sk_port_state_name(p->state));
		sk_json_put_str(&j, "service",
				service_name(p->port, scan->udp));
		sk_json_put_u64(&j, "time_us", p->time_us);
		sk_json_end(&j, '}');
	}
	sk_json_end(&j, ']');
	sk_json_end(&j, '}');
	sk_json_line(&j);
}

static void say_hidden(const size_t hidden[])
{
	for (int s = SK_PORT_UNKNOWN; s <= SK_PORT_OPEN_FILTERED; s++)
		if (hidden[s])
			sk_log(SK_LOG_NOTE, "not shown: %zu %s", hidden[s],
			       sk_port_state_name((enum sk_port_state)s));
}

static int print_result(const struct sk_scan *scan, const char *host,
			const struct sk_addrs *addrs, bool json,
			struct sk_err *err)
{
	size_t counts[2 * (SK_PORT_OPEN_FILTERED + 1)] = { 0 };
	struct sk_out out;
	int r;

	sk_out_init(&out, STDOUT_FILENO);
	if (json)
		print_json(&out, scan, host, addrs, counts);
	else
		print_text(&out, scan, counts);
	r = sk_out_fini(&out);
	if (r < 0)
		return sk_fail(err, r, "standard output: write: %s",
			       sk_strerror(r));
	say_hidden(counts + SK_PORT_OPEN_FILTERED + 1);
	if (counts[SK_PORT_OPEN] || counts[SK_PORT_OPEN_FILTERED])
		return 0;
	return sk_silent(err, -ENOENT);
}

/* Ports that are not open at the addresses before, at address i. */
static int scan_rest(const struct sk_scan *all, struct sk_loop *loop, size_t i,
		     struct sk_err *err)
{
	struct sk_scan rest = *all;
	struct sk_port *p;
	size_t n = 0;
	int r;

	rest.ports = calloc(all->n, sizeof(*rest.ports));
	if (!rest.ports)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	for (p = all->ports, rest.n = 0; p < all->ports + all->n; p++)
		if (p->state != SK_PORT_OPEN)
			rest.ports[rest.n++].port = p->port;
	r = rest.n ? sk_scan_run(&rest, loop, err) : 0;
	for (p = all->ports; r >= 0 && n < rest.n; p++) {
		if (p->state == SK_PORT_OPEN)
			continue;
		if (rest.ports[n].state == SK_PORT_OPEN) {
			*p = rest.ports[n];
			p->where = (uint8_t)i;
		}
		n++;
	}
	free(rest.ports);
	return r;
}

/* A name may have several addresses, and a service be at one of them only. */
static int scan_all(struct sk_scan *scan, const struct sk_addrs *addrs,
		    struct sk_shared *o, struct sk_err *err)
{
	char text[SK_ADDR_TEXT_MAX];
	int r = 0;

	for (size_t i = 0; i < addrs->n && r >= 0 && !o->signal; i++) {
		scan->addr = addrs->v[i];
		sk_debug("scanning %s", sk_addr_format_host(text,
							    &scan->addr));
		r = i ? scan_rest(scan, &o->loop, i, err) :
			sk_scan_run(scan, &o->loop, err);
	}
	return r;
}

int sk_scan_cmd(struct sk_shared *o, const struct sk_scan_opts *s,
		const char *host, const char *ports, struct sk_err *err)
{
	struct sk_scan scan = {
		.udp = s->udp,
		.parallel = s->parallel ? (size_t)s->parallel : 256,
		.wait = o->wait ? o->wait : WAIT,
		.net = &o->net,
	};
	struct sk_net_opts net = o->net;
	struct sk_addrs addrs;
	struct sk_target t;
	int r;

	if (!*host)
		return sk_usage(err, "HOST is empty");
	r = sk_scan_ports(&scan.ports, &scan.n, ports, err);
	if (r < 0)
		return r;
	net.wait = 0;
	if ((r = sk_target_parse_pair(&t, host, "1", err)) >= 0 &&
	    (r = sk_resolve_wait(&o->loop, &t, &net, false, &addrs, err)) >=
		    0) {
		sk_raise_fd_limit();
		r = scan_all(&scan, &addrs, o, err);
	}
	if (r >= 0)
		r = print_result(&scan, host, &addrs, s->json, err);
	free(scan.ports);
	return r;
}
