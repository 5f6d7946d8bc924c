/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit stat: list the sockets of this machine, what they do and whose. */
#include "cmds/stat.h"

#include <unistd.h>

#include "diag/columns.h"
#include "diag/netns.h"

#define OFF(field) offsetof(struct stat_opts, field)
/* Order counts among these and -A, among -f, -4 and -6, and among states. */
#define WORD(letter, long_, field, bare_, help_)                             \
	{ letter, long_, SK_LIST, NULL, OFF(field), SK_GRP_ADDRESS,          \
	  .help = help_, .bare = bare_ }
#define TABLE(letter, long_, help_)                                          \
	WORD(letter, long_, queries, "-" long_, help_)
#define SHOW(letter, long_, field, help_)                                    \
	{ letter, long_, SK_FLAG, NULL, OFF(view.field), SK_GRP_SHOW,        \
	  .help = help_ }

static const struct sk_opt stat_options[] = {
	TABLE('t', "tcp", "list TCP sockets"),
	TABLE('u', "udp", "list UDP sockets"),
	TABLE('w', "raw", "list raw sockets"),
	TABLE('x', "unix", "list unix sockets"),
	TABLE('0', "packet", "list packet sockets"),
	TABLE('M', "mptcp", "list Multipath TCP sockets"),
	TABLE('S', "sctp", "list SCTP sockets"),
	TABLE('d', "dccp", "list DCCP sockets"),
	TABLE(0, "udplite", "list UDP-Lite sockets"),
	TABLE(0, "icmp", "list ICMP (ping) sockets"),
	TABLE(0, "netlink", "list netlink sockets"),
	TABLE(0, "vsock", "list vsock sockets"),
	TABLE(0, "xdp", "list XDP sockets"),
	TABLE(0, "tipc", "list TIPC sockets"),
	TABLE(0, "smc", "list SMC sockets"),
	WORD('4', "ipv4", families, "inet", "list IPv4 sockets only"),
	WORD('6', "ipv6", families, "inet6", "list IPv6 sockets only"),
	{ 'f', "family", SK_LIST, "FAMILY", OFF(families), SK_GRP_ADDRESS,
	  .help = "list this family: inet, inet6, unix, link, netlink, vsock, "
		  "tipc, xdp or smc" },
	{ 'A', "query", SK_LIST, "LIST", OFF(queries), SK_GRP_ADDRESS,
	  .help = "list these tables: all, inet, tcp, unix_dgram …; with ! "
		  "in front, leave it out" },
	{ 0, "socket", SK_LIST, "LIST", OFF(queries), SK_GRP_ADDRESS,
	  .help = "the same" },
	WORD('a', "all", states, "all",
	     "list sockets in all states"),
	WORD('l', "listening", states, "listening",
	       "list listening sockets (of UDP …: unconnected ones)"),
	WORD('B', "bound-inactive", states, "bound",
	       "list TCP sockets that are bound, and nothing else"),
	{ 'F', "filter", SK_STRING, "FILE", OFF(filter_file), SK_GRP_ADDRESS,
	  .help = "read the filter from FILE (-: standard input)" },
	{ 'D', "diag", SK_STRING, "FILE", OFF(dump_file), SK_GRP_ADDRESS,
	  .excludes = "kill,count-by,sort,columns,csv,json,jsonl,netns",
	  .help = "write the kernel's raw answer about TCP to FILE (-: "
		  "standard output) and nothing else" },
	{ 'N', "net", SK_STRING, "NETNS", OFF(netns), SK_GRP_ADDRESS,
	  .excludes = "netns", .help = "look into this network namespace" },
	{ 0, "netns", SK_STRING, "NETNS", OFF(netns), SK_GRP_ADDRESS,
	  .help = "the same; all: into all there are" },
	{ 0, "source", SK_CHOICE, "FROM", OFF(source), SK_GRP_ADDRESS,
	  .choices = "auto,netlink,proc",
	  .help = "ask the kernel this way only" },
	{ 'K', "kill", SK_FLAG, NULL, OFF(kill), SK_GRP_ADDRESS,
	  .help = "close what matches, from outside" },
	{ 0, "yes", SK_FLAG, NULL, OFF(yes), SK_GRP_ADDRESS, .needs = "kill",
	  .help = "do not ask first" },
	SHOW('n', "numeric", numeric, "show no names of services"),
	SHOW('r', "resolve", resolve, "look up names of hosts"),
	SHOW('p', "processes", owners, "show whose each socket is"),
	SHOW('T', "threads", threads, "the same with all threads"),
	SHOW('Z', "context", context,
	     "the same with their security contexts"),
	SHOW('z', "contexts", socket_context,
	     "the same with those of the sockets too"),
	SHOW('i', "info", info, "show the internals of TCP"),
	SHOW('m', "memory", memory, "show what memory each takes"),
	SHOW('o', "options", timers, "show timers"),
	SHOW('e', "extended", extended,
	     "show user, inode, cookie, mark, cgroup …"),
	SHOW('b', "bpf", bpf, "show filters of packet sockets"),
	SHOW(0, "bpf-maps", bpf_maps,
	     "show what BPF programs store at sockets"),
	{ 0, "bpf-map-id", SK_LIST, "ID", OFF(map_ids), SK_GRP_SHOW,
	  .excludes = "bpf-maps",
	  .help = "the same, of the map of this number only" },
	SHOW(0, "tos", tos, "show type of service and priority"),
	SHOW(0, "cgroup", cgroup, "show the cgroup"),
	SHOW(0, "inet-sockopt", sockopt, "show socket options"),
	SHOW(0, "tipcinfo", tipcinfo, "show the internals of TIPC"),
	{ 'H', "no-header", SK_FLAG, NULL, OFF(view.header), SK_GRP_SHOW,
	  .help = "write no header" },
	{ 'Q', "no-queues", SK_FLAG, NULL, OFF(view.queues), SK_GRP_SHOW,
	  .help = "leave out the columns of queues" },
	SHOW('O', "oneline", oneline, "write one line for each socket"),
	{ 0, "json", SK_FLAG, NULL, OFF(json), SK_GRP_SHOW,
	  .excludes = "jsonl,csv,columns",
	  .help = "write one JSON document with every field" },
	{ 0, "jsonl", SK_FLAG, NULL, OFF(jsonl), SK_GRP_SHOW,
	  .excludes = "csv,columns",
	  .help = "write a JSON object on a line for each socket" },
	{ 0, "csv", SK_FLAG, NULL, OFF(csv), SK_GRP_SHOW,
	  .help = "write comma-separated values" },
	{ 0, "columns", SK_STRING, "LIST", OFF(columns), SK_GRP_SHOW,
	  .help = "show these columns (help: list them)" },
	{ 0, "sort", SK_STRING, "KEY", OFF(sort), SK_GRP_SHOW,
	  .help = "sort by a column; KEY:desc: the other way round" },
	{ 0, "count-by", SK_STRING, "KEY", OFF(count_by), SK_GRP_SHOW,
	  .excludes = "columns,sort,kill",
	  .help = "count sockets by a column: state, peer, process …" },
	{ .kind = SK_INCLUDE, .off = OFF(more), .table = sk_stat_more_options },
	SK_OPT_END
};

static int run_listing(struct stat_opts *o, int argc, char **argv,
		       struct sk_out *out, struct sk_err *err)
{
	struct stat_query q;
	int r;

	if (o->columns && !strcmp(o->columns, "help")) {
		sk_columns_help(out);
		return 0;
	}
	/* Names of devices and services in filters are those of there. */
	if (o->netns && strcmp(o->netns, "all") &&
	    (r = sk_netns_enter(o->netns, err)) < 0)
		return r;
	r = stat_more_run(o, argc, argv, out, err);
	if (r)
		return r < 0 ? r : 0;
	r = stat_query_init(&q, o, argc, argv, err);
	if (!r)
		r = o->more.watch ? stat_watch(o, &q, out, err) :
				    stat_list(o, &q, out, err);
	stat_query_fini(&q);
	return r;
}

static int stat_run(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct sk_out out;
	int r, e;

	sk_out_init(&out, STDOUT_FILENO);
	r = run_listing(opts, argc, argv, &out, err);
	e = sk_out_fini(&out);
	/* A reader that has seen enough (head) is no failure of ours. */
	if (e < 0 && e != -EPIPE && r >= 0)
		r = sk_fail(err, e, "standard output: %s", sk_strerror(e));
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
