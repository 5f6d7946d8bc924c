/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/shared.h"

#include <netinet/in.h>
#include <signal.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/ep_filter.h"
#include "net/resolve.h"
#include "relay/editor.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* For sessions to end well though their link is gone. */
#define LAST_MOMENT (50 * SK_MSEC)

#define OFF(field) offsetof(struct sk_shared, field)
#define RELAY(field) offsetof(struct sk_shared, relay.field)

/* Rows that some commands want without the rest. */
#define SK_ROWS_OF(rows) { .kind = SK_INCLUDE, .table = rows }

const struct sk_opt sk_verbose_options[] = {
	{ 'v', "verbose", SK_COUNT, NULL, OFF(verbose),
	  .help = "say what happens; twice: in more detail" },
	SK_OPT_END
};

const struct sk_opt sk_address_options[] = {
	{ '4', "ipv4", SK_FLAG, NULL, OFF(ipv4), SK_GRP_ADDRESS,
	  .excludes = "ipv6", .help = "use IPv4 only" },
	{ '6', "ipv6", SK_FLAG, NULL, OFF(ipv6), SK_GRP_ADDRESS,
	  .excludes = "ipv4", .help = "use IPv6 only" },
	{ 'n', "nodns", SK_FLAG, NULL, OFF(numeric), SK_GRP_ADDRESS,
	  .help = "take numeric addresses only, look up no names" },
	{ 's', "source", SK_STRING, "ADDR", OFF(source), SK_GRP_ADDRESS,
	  .help = "use this address of this machine" },
	{ 'p', "source-port", SK_STRING, "PORT", OFF(source_port),
	  SK_GRP_ADDRESS, .help = "use this port of this machine" },
	SK_OPT_END
};

const struct sk_opt sk_sockopt_options[] = {
	{ 0, "sockopt", SK_LIST, "NAME[=VALUE]", OFF(sockopt_args),
	  SK_GRP_ADDRESS,
	  .help = "set a socket option, e.g. tcp_nodelay or so_rcvbuf=4M" },
	SK_OPT_END
};

const struct sk_opt sk_net_options[] = {
	SK_ROWS_OF(sk_verbose_options),
	SK_ROWS_OF(sk_address_options),
	{ 0, "mptcp", SK_FLAG, NULL, OFF(mptcp), SK_GRP_ADDRESS,
	  .excludes = "sctp", .help = "use Multipath TCP" },
	{ 0, "sctp", SK_FLAG, NULL, OFF(sctp), SK_GRP_ADDRESS,
	  .excludes = "mptcp", .help = "use SCTP" },
	{ 0, "stack", SK_STRING, "SPEC", OFF(stack), SK_GRP_ADDRESS,
	  .excludes = "mptcp,sctp",
	  .help = "use a TCP/IP of our own, e.g. tap or wire,path=SOCKET" },
	SK_ROWS_OF(sk_sockopt_options),
	{ 'w', "wait", SK_DURATION, "TIME", OFF(wait), SK_GRP_TIME, .min = 1,
	  .help = "wait no longer than TIME for a connection" },
	SK_OPT_END
};

const struct sk_opt sk_ending_options[] = {
	{ 'i', "idle-timeout", SK_DURATION, "TIME", RELAY(idle), SK_GRP_TIME,
	  .min = 1,
	  .help = "end a connection that has moved nothing for TIME" },
	{ 'q', "quit", SK_DURATION, "TIME", RELAY(quit), SK_GRP_TIME,
	  .seen = RELAY(has_quit),
	  .help = "leave TIME after the end of standard input" },
	SK_OPT_END
};

const struct sk_opt sk_one_way_options[] = {
	{ 0, "recv-only", SK_FLAG, NULL, RELAY(recv_only), SK_GRP_DATA,
	  .excludes = "send-only", .help = "receive only, read no input" },
	{ 0, "send-only", SK_FLAG, NULL, RELAY(send_only), SK_GRP_DATA,
	  .excludes = "recv-only",
	  .help = "send only, drop what is received" },
	SK_OPT_END
};

const struct sk_opt sk_file_options[] = {
	{ 'o', "output", SK_STRING, "FILE", RELAY(output), SK_GRP_SHOW,
	  .help = "keep the bytes of both directions in FILE" },
	{ 'x', "hex-dump", SK_STRING, "FILE", RELAY(hex_dump), SK_GRP_SHOW,
	  .help = "keep a readable dump in FILE" },
	{ 0, "append-output", SK_FLAG, NULL, RELAY(append), SK_GRP_SHOW,
	  .needs = "output,hex-dump",
	  .help = "append to these files, do not empty them" },
	SK_OPT_END
};

const struct sk_opt sk_show_options[] = {
	{ 0, "pcap", SK_STRING, "FILE", RELAY(pcap), SK_GRP_SHOW,
	  .help = "keep what passes as packets in FILE (pcapng)" },
	{ 0, "hex", SK_FLAG, NULL, OFF(hex), SK_GRP_SHOW, .excludes = "raw",
	  .help = "show what is received as hexadecimal rows" },
	{ 0, "raw", SK_FLAG, NULL, OFF(raw), SK_GRP_SHOW, .excludes = "hex",
	  .help = "on a terminal: edit no lines, escape no control bytes" },
	{ 0, "no-history", SK_FLAG, NULL, OFF(no_history), SK_GRP_SHOW,
	  .help = "remember no lines typed at a terminal" },
	{ 0, "progress", SK_CHOICE, "WHEN", RELAY(progress), SK_GRP_SHOW,
	  .choices = "auto,always,never", .arg_optional = true,
	  .bare = "always",
	  .help = "show bytes, rate and time left" },
	{ 0, "stats", SK_CHOICE, "FORMAT", RELAY(stats), SK_GRP_SHOW,
	  .choices = "none,json",
	  .help = "print what became of each connection at its end" },
	SK_OPT_END
};

const struct sk_opt sk_relay_options[] = {
	SK_ROWS_OF(sk_ending_options),
	{ 'd', "delay", SK_DURATION, "TIME", RELAY(delay), SK_GRP_TIME,
	  .help = "wait TIME between reads" },
	{ 0, "limit-rate", SK_RATE, "RATE", RELAY(rate), SK_GRP_TIME, .min = 1,
	  .help = "move at most RATE bytes a second each way" },
	{ 'C', "crlf", SK_FLAG, NULL, RELAY(crlf), SK_GRP_DATA,
	  .help = "send LF as CRLF" },
	{ 't', "telnet", SK_FLAG, NULL, OFF(telnet), SK_GRP_DATA,
	  .help = "answer telnet negotiation, keep it out of the data" },
	SK_ROWS_OF(sk_one_way_options),
	{ 0, "no-shutdown", SK_FLAG, NULL, RELAY(no_shutdown), SK_GRP_DATA,
	  .help = "send no FIN at the end of standard input" },
	{ 0, "no-splice", SK_FLAG, NULL, RELAY(no_splice), SK_GRP_DATA,
	  .help = "copy bytes through this process" },
	SK_ROWS_OF(sk_file_options),
	SK_ROWS_OF(sk_show_options),
	SK_OPT_END
};

const struct sk_opt sk_program_options[] = {
	{ 'e', "exec", SK_STRING, "CMD", OFF(exec), SK_GRP_PROGRAM,
	  .excludes = "sh-exec",
	  .help = "run CMD, quotes parting its words, in place of stdin/stdout" },
	{ 'c', "sh-exec", SK_STRING, "CMD", OFF(sh_exec), SK_GRP_PROGRAM,
	  .excludes = "exec", .help = "the same by /bin/sh -c" },
	{ 0, "pty", SK_FLAG, NULL, OFF(pty), SK_GRP_PROGRAM,
	  .needs = "exec,sh-exec", .help = "give the program a terminal" },
	SK_OPT_END
};

/* --- operands --------------------------------------------------------------- */

int sk_shared_target(struct sk_target *t, int argc, char **argv,
		     bool port_alone, struct sk_err *err)
{
	/* Most likely a variable of a script that is not set. */
	if (argc == 2 && !*argv[0])
		return sk_usage(err, "HOST is empty");
	if (argc == 2)
		return sk_target_parse_pair(t, argv[0], argv[1], err);
	if (port_alone && !strchr(argv[0], ':'))
		return sk_target_parse_pair(t, NULL, argv[0], err);
	return sk_target_parse(t, argv[0], err);
}

/* --- options ---------------------------------------------------------------- */

static int parse_sockopts(struct sk_shared *o, struct sk_err *err)
{
	size_t n = o->sockopt_args.n;

	if (!n)
		return 0;
	o->sockopts = calloc(n, sizeof(*o->sockopts));
	if (!o->sockopts)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	for (size_t i = 0; i < n; i++) {
		int r = sk_sockopt_parse(&o->sockopts[i], o->sockopt_args.v[i],
					 err);

		if (r < 0)
			return r;
	}
	o->net.sockopts = o->sockopts;
	o->net.n_sockopts = n;
	return 0;
}

static int parse_source(struct sk_shared *o, struct sk_err *err)
{
	struct sk_net_opts net = { .family = o->net.family };
	struct sk_target t;
	struct sk_addrs *addrs;
	int r;

	if (o->source_port &&
	    (r = sk_parse_port(o->source_port, &o->net.source_port, err)) < 0)
		return r;
	if (!o->source)
		return 0;
	r = sk_target_parse_pair(&t, o->source, "0", err);
	if (r < 0)
		return r;
	addrs = malloc(sizeof(*addrs));
	if (!addrs)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	net.wait = o->wait;
	net.numeric = o->numeric;
	r = sk_resolve_wait(&o->loop, &t, &net, true, addrs, err);
	if (r >= 0)
		o->net.source = addrs->v[0];
	free(addrs);
	return r;
}

static int put_over(struct endpoint **ep, const struct sk_filter *f)
{
	return endpoint_filter(ep, *ep, f);
}

/* A terminal obeys nothing that came from a peer, unless --raw says so. */
static int dress_terminal(struct sk_shared *o, struct endpoint **local,
			  const char *target)
{
	struct sk_watch *in = (*local)->in.watch;
	bool edit = endpoint_stdio_is_terminal(*local) && !o->raw &&
		    sk_editor_available();
	int r = 0;

	if (o->hex)
		r = put_over(local, &sk_filter_hex);
	else if (endpoint_stdio_shows(*local) && !o->raw)
		r = put_over(local, &sk_filter_escape);
	if (r >= 0 && edit)
		r = endpoint_editor(local, *local, in,
				    o->no_history ? NULL : target);
	return r;
}

int sk_shared_stdio(struct sk_shared *o, struct endpoint **local,
		    bool quiet_null, const char *target, struct sk_err *err)
{
	int r = endpoint_stdio(local, &o->loop, quiet_null);

	if (r >= 0) {
		sk_relay_show_progress(&o->shared_relay,
				       endpoint_stdio_is_file(*local),
				       endpoint_stdio_size(*local));
		r = dress_terminal(o, local, target);
	}
	return r < 0 ? sk_fail(err, r, "standard input: %s", sk_strerror(r)) :
		       0;
}

static int parse_program(struct sk_shared *o, struct sk_err *err)
{
	static const char *const shell[] = { "/bin/sh", "-c", NULL, NULL };

	if (o->exec)
		return sk_split_words(&o->exec_argv, o->exec, err);
	if (!o->sh_exec)
		return 0;
	o->exec_argv = malloc(sizeof(shell));
	if (!o->exec_argv)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	memcpy(o->exec_argv, shell, sizeof(shell));
	memcpy(&o->exec_argv[2], &o->sh_exec, sizeof(char *));
	return 0;
}

bool sk_shared_program(const struct sk_shared *o, struct sk_child_opts *child)
{
	*child = (struct sk_child_opts){ o->exec_argv, o->pty };
	return o->exec_argv;
}

/* --- running ---------------------------------------------------------------- */

static void on_end_signal(struct sk_loop *loop, int signo, void *arg)
{
	struct sk_shared *o = arg;

	o->signal = signo;
	sk_loop_stop(loop);
}

static void on_usr1(struct sk_loop *loop, int signo, void *arg)
{
	const struct sk_shared *o = arg;

	(void)loop;
	(void)signo;
	sk_relay_log_totals(&o->shared_relay, SK_LOG_NOTE);
	if (o->host)
		sk_host_show(o->host, SK_LOG_NOTE);
}

/* Whoever had these ignored for us (nohup, a background shell) meant it. */
static int add_signals(struct sk_shared *o)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;
	int r = sk_loop_signal(&o->loop, SIGUSR1, on_usr1, o);

	for (size_t i = 0; i < 3 && r >= 0; i++)
		if (!sigaction(ending[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			r = sk_loop_signal(&o->loop, ending[i], on_end_signal,
					   o);
	return r;
}

/* Nobody hears us any more, but what a session has is still to be handed on,
 * however long that takes: ended by time, it would lose what the peer knows to
 * have arrived. */
static void on_last_moment(struct sk_timer *t)
{
	struct sk_shared *o = sk_container_of(t, struct sk_shared, last_moment);

	if (!LIST_EMPTY(&o->shared_relay.sessions)) {
		sk_timer_in(t, LAST_MOMENT);
		return;
	}
	/* Else it came to its own end, and knows how it went. */
	if (!o->loop.stop)
		o->host_died = true;
	sk_loop_stop(&o->loop);
}

/* Sessions have been told by their sockets; one that had all it wanted before
 * ends well, and so may the run. */
static void on_dead_host(struct sk_host *h, void *arg)
{
	struct sk_shared *o = arg;

	(void)h;
	sk_timer_in(&o->last_moment, LAST_MOMENT);
}

int sk_shared_stack(struct sk_shared *o, bool peer, struct sk_err *err)
{
	int r;

	if (!o->stack)
		return 0;
	sk_timer_init(&o->last_moment, &o->loop, on_last_moment);
	r = sk_host_open(&o->host, &o->loop, o->stack, on_dead_host, o, err);
	if (r < 0)
		return r;
	o->net.host = o->host;
	return sk_host_wait(o->host, peer, o->wait, err);
}

/* Closed connections deliver what they hold; the kernel would do that behind
 * our back. After a signal nobody waits long. */
static int end_stack(struct sk_shared *o, int r, struct sk_err *err)
{
	if (!o->host)
		return r;
	sk_timer_stop(&o->last_moment);
	if (sk_host_error(o->host, NULL) && !o->signal &&
	    (r < 0 || o->host_died))
		r = sk_host_error(o->host, err);
	if (o->verbose >= 2)
		sk_host_show(o->host, SK_LOG_DEBUG);
	sk_host_free(o->host, o->signal ? SK_SEC / 2 : 3 * SK_SEC);
	o->host = NULL;
	return r;
}

int sk_shared_begin(struct sk_shared *o, struct sk_err *err)
{
	int r;

	sk_log_set_verbosity(o->verbose);
	o->net.family = o->ipv4 ? AF_INET : o->ipv6 ? AF_INET6 : AF_UNSPEC;
	o->net.numeric = o->numeric;
	o->net.wait = o->wait;
	o->net.protocol = o->sctp  ? IPPROTO_SCTP :
			  o->mptcp ? IPPROTO_MPTCP :
				     0;
	if ((r = parse_sockopts(o, err)) < 0 ||
	    (r = parse_program(o, err)) < 0)
		return r;
	r = sk_loop_init(&o->loop);
	if (r >= 0)
		r = add_signals(o);
	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	r = parse_source(o, err);
	if (r < 0)
		return r;
	return sk_relay_init(&o->shared_relay, &o->loop, &o->relay, err);
}

int sk_shared_end(struct sk_shared *o, int r, struct sk_err *err)
{
	if (o->shared_relay.loop) {
		sk_relay_end_sessions(&o->shared_relay);
		if (o->shared_relay.served)
			sk_relay_log_totals(&o->shared_relay, SK_LOG_INFO);
		/* Said when it happened; only the status is left to give. */
		if (sk_relay_fini(&o->shared_relay) < 0 && r >= 0)
			r = sk_silent(err, -EIO);
	}
	r = end_stack(o, r, err);
	if (o->loop.heap || o->loop.epfd > 0)
		sk_loop_fini(&o->loop);
	free(o->sockopts);
	free(o->exec_argv);
	return o->signal ? sk_signalled(err, o->signal) : r;
}
