/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit stat: list the sockets of this machine, what they do and whose. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"
#include "diag/run.h"
#include "diag/select.h"

struct stat_opts {
	bool tcp, udp, raw, unix_, packet, mptcp, sctp, dccp, udplite, icmp;
	bool netlink, vsock, xdp, tipc, smc, ipv4, ipv6;
	struct sk_strings families, queries;
	bool all, listening, bound;
	struct sk_view view;
	int source;
	int format;
};

#define OFF(field) offsetof(struct stat_opts, field)
#define FAMILY(letter, long_, field, help_)                                  \
	{ letter, long_, SK_FLAG, NULL, OFF(field), SK_GRP_ADDRESS,          \
	  .help = help_ }
#define SHOW(letter, long_, field, help_)                                    \
	{ letter, long_, SK_FLAG, NULL, OFF(view.field), SK_GRP_SHOW,        \
	  .help = help_ }

static const struct sk_opt stat_options[] = {
	FAMILY('t', "tcp", tcp, "list TCP sockets"),
	FAMILY('u', "udp", udp, "list UDP sockets"),
	FAMILY('w', "raw", raw, "list raw sockets"),
	FAMILY('x', "unix", unix_, "list unix sockets"),
	FAMILY('0', "packet", packet, "list packet sockets"),
	FAMILY('M', "mptcp", mptcp, "list Multipath TCP sockets"),
	FAMILY('S', "sctp", sctp, "list SCTP sockets"),
	FAMILY('d', "dccp", dccp, "list DCCP sockets"),
	FAMILY(0, "udplite", udplite, "list UDP-Lite sockets"),
	FAMILY(0, "icmp", icmp, "list ICMP (ping) sockets"),
	FAMILY(0, "netlink", netlink, "list netlink sockets"),
	FAMILY(0, "vsock", vsock, "list vsock sockets"),
	FAMILY(0, "xdp", xdp, "list XDP sockets"),
	FAMILY(0, "tipc", tipc, "list TIPC sockets"),
	FAMILY(0, "smc", smc, "list SMC sockets"),
	FAMILY('4', "ipv4", ipv4, "list IPv4 sockets only"),
	FAMILY('6', "ipv6", ipv6, "list IPv6 sockets only"),
	{ 'f', "family", SK_LIST, "FAMILY", OFF(families), SK_GRP_ADDRESS,
	  .help = "list this family: inet, inet6, unix, link, netlink, vsock, "
		  "tipc, xdp or smc" },
	{ 'A', "query", SK_LIST, "LIST", OFF(queries), SK_GRP_ADDRESS,
	  .help = "list these tables: all, inet, tcp, unix_dgram …, with ! "
		  "in front: without it" },
	FAMILY('a', "all", all, "list sockets in all states"),
	FAMILY('l', "listening", listening,
	       "list listening sockets (of UDP …: unconnected)"),
	FAMILY('B', "bound-inactive", bound,
	       "list TCP sockets that are bound, but nothing else"),
	{ 0, "source", SK_CHOICE, "FROM", OFF(source), SK_GRP_ADDRESS,
	  .choices = "auto,netlink,proc",
	  .help = "ask the kernel this way" },
	SHOW('n', "numeric", numeric, "show no names of services"),
	SHOW('r', "resolve", resolve, "look up names of hosts"),
	SHOW('p', "processes", owners, "show whose each socket is"),
	SHOW('T', "threads", threads, "the same with all threads"),
	SHOW('i', "info", info, "show the internals of TCP"),
	SHOW('m', "memory", memory, "show what memory each takes"),
	SHOW('o', "options", timers, "show timers"),
	SHOW('e', "extended", extended,
	     "show inode, user, cookie, mark, cgroup …"),
	SHOW('b', "bpf", bpf, "show filters of packet sockets"),
	SHOW(0, "tos", tos, "show type of service and priority"),
	SHOW(0, "cgroup", cgroup, "show the cgroup"),
	SHOW(0, "inet-sockopt", sockopt, "show socket options"),
	{ 'H', "no-header", SK_FLAG, NULL, OFF(view.header), SK_GRP_SHOW,
	  .help = "write no header" },
	{ 'Q', "no-queues", SK_FLAG, NULL, OFF(view.queues), SK_GRP_SHOW,
	  .help = "leave out the columns of queues" },
	SHOW('O', "oneline", oneline, "write a line a socket"),
	SK_OPT_END
};

/* --- which sockets -------------------------------------------------------------- */

static int select_sockets(const struct stat_opts *o, struct sk_select *s,
			  uint32_t states, struct sk_err *err)
{
	const struct {
		bool given;
		uint32_t kinds;
	} flags[] = {
		{ o->tcp, SK_KIND_BIT(SK_KIND_TCP) },
		{ o->udp, SK_KIND_BIT(SK_KIND_UDP) },
		{ o->raw, SK_KIND_BIT(SK_KIND_RAW) },
		{ o->unix_, SK_KIND_UNIX },
		{ o->packet, SK_KIND_PACKET },
		{ o->mptcp, SK_KIND_BIT(SK_KIND_MPTCP) },
		{ o->sctp, SK_KIND_BIT(SK_KIND_SCTP) },
		{ o->dccp, SK_KIND_BIT(SK_KIND_DCCP) },
		{ o->udplite, SK_KIND_BIT(SK_KIND_UDPLITE) },
		{ o->icmp, SK_KIND_BIT(SK_KIND_ICMP) },
		{ o->netlink, SK_KIND_BIT(SK_KIND_NETLINK) },
		{ o->vsock, SK_KIND_VSOCK },
		{ o->xdp, SK_KIND_BIT(SK_KIND_XDP) },
		{ o->tipc, SK_KIND_BIT(SK_KIND_TIPC) },
		{ o->smc, SK_KIND_BIT(SK_KIND_SMC) },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (flags[i].given)
			sk_select_kinds(s, flags[i].kinds);
	for (size_t i = 0; i < o->queries.n && !r; i++)
		r = sk_select_query(s, o->queries.v[i], err);
	for (size_t i = 0; i < o->families.n && !r; i++)
		r = sk_select_family(s, o->families.v[i], err);
	if (o->ipv4)
		sk_select_ip(s, SK_FAMILY_V4);
	if (o->ipv6)
		sk_select_ip(s, SK_FAMILY_V6);
	if (!states)
		states = o->all	      ? SK_STATES_ALL :
			 o->listening ? SK_STATE_BIT(LISTEN) |
						SK_STATE_BIT(CLOSE) :
			 o->bound     ? SK_STATE_BIT(BOUND_INACTIVE) :
					0;
	sk_select_finish(s, states);
	return r;
}

static unsigned wanted(const struct sk_view *v)
{
	return (v->info ? SK_WANT_INFO | SK_WANT_CC : 0) |
	       (v->memory ? SK_WANT_MEM : 0) | (v->tos ? SK_WANT_TOS : 0) |
	       (v->extended ? SK_WANT_DETAIL : 0) | (v->bpf ? SK_WANT_BPF : 0);
}

/* --- how to show them ------------------------------------------------------------ */

static void look_at_output(struct sk_view *v)
{
	struct winsize w;

	v->terminal = isatty(STDOUT_FILENO);
	v->colour = v->terminal && !getenv("NO_COLOR");
	if (v->terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w))
		v->width = w.ws_col;
}

static bool several(uint32_t bits)
{
	return bits & (bits - 1);
}

static void set_view(struct stat_opts *o, const struct sk_select *s,
		     struct sk_out *out)
{
	struct sk_view *v = &o->view;

	/* The flags of these two say what not to show. */
	v->header = !v->header;
	v->queues = !v->queues;
	v->timers |= v->extended | v->bpf;
	v->netid = several(s->kinds);
	v->state = several(s->states);
	v->out = out;
	look_at_output(v);
}

/* What could not be read: each kernel option once, on stderr. */
static int report_missing(const struct sk_run *run, const struct sk_select *s,
			  bool asked, struct sk_err *err)
{
	uint32_t missing = run->result.missing;
	const char *last = "";

	if (run->result.denied)
		sk_warn("fwmark: the kernel tells marks to root only");
	for (unsigned i = 0; i < SK_KIND_COUNT && asked; i++) {
		const struct sk_kind *k = sk_kind_of(i);

		if (!(missing & SK_KIND_BIT(i)) ||
		    !strcmp(last, k->config ? k->config : k->name))
			continue;
		last = k->config ? k->config : k->name;
		sk_warn("%s: this kernel cannot list them (%s)", k->name,
			k->config ? k->config : "no such file in /proc/net");
	}
	if (asked && s->kinds == missing)
		return sk_fail(err, -ENOENT, "nothing could be read");
	return run->result.denied ? sk_fail(err, -EPERM, "%s", "") : 0;
}

static char *join(int argc, char **argv, struct sk_err *err)
{
	size_t n = 1;
	char *text;

	for (int i = 0; i < argc; i++)
		n += strlen(argv[i]) + 1;
	text = calloc(1, n);
	if (!text) {
		sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
		return NULL;
	}
	n = 0;
	for (int i = 0; i < argc; i++) {
		size_t len = strlen(argv[i]);

		memcpy(text + n, argv[i], len);
		n += len;
		if (i + 1 < argc)
			text[n++] = ' ';
	}
	return text;
}

static int list(struct stat_opts *o, const struct sk_select *s,
		struct sk_filter *filter, struct sk_out *out,
		struct sk_err *err)
{
	struct sk_run run = { .filter = filter, .fn = sk_run_render };
	struct sk_renderer *renderer;
	int r, e;

	set_view(o, s, out);
	run.owners = o->view.owners || o->view.threads;
	run.query.kinds = s->kinds;
	run.query.states = s->states;
	run.query.families = s->families;
	run.query.want = wanted(&o->view);
	run.query.source = (enum sk_source)o->source;
	run.arg = renderer = sk_table_new(&o->view);
	if (!renderer)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = sk_run(&run, err);
	e = renderer->ops->end(renderer);
	if (!r && e < 0)
		r = sk_fail(err, e, "%s", sk_strerror(e));
	if (!r)
		r = report_missing(&run, s, s->kinds != SK_KIND_ALL, err);
	sk_run_fini(&run);
	return r;
}

static int stat_run(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct stat_opts *o = opts;
	struct sk_select s = {};
	struct sk_filter *filter = NULL;
	char *text = join(argc, argv, err);
	const char *rest = text;
	uint32_t states = 0;
	struct sk_out out;
	int r, e;

	if (!text)
		return -ENOMEM;
	sk_out_init(&out, STDOUT_FILENO);
	r = sk_select_states(&rest, &states, err);
	if (!r)
		r = select_sockets(o, &s, states, err);
	if (!r)
		r = sk_filter_parse(&filter, rest, err);
	if (!r)
		r = list(o, &s, filter, &out, err);
	e = sk_out_fini(&out);
	/* A reader that has seen enough (head) is no failure of ours. */
	if (e == -EPIPE)
		r = 0;
	else if (e < 0 && r >= 0)
		r = sk_fail(err, e, "standard output: %s", sk_strerror(e));
	sk_filter_free(filter);
	free(text);
	return r;
}

const struct sk_cmd sk_cmd_stat = {
	.name = "stat",
	.summary = "list sockets, what they do and whose they are",
	.operands = "[FILTER]",
	.options = stat_options,
	.opts_size = sizeof(struct stat_opts),
	.max_operands = -1,
	.run = stat_run,
};
