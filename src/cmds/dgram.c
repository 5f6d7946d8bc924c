/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/dgram.h"

#define OFF(field) offsetof(struct sk_dgram_args, field)

const struct sk_opt sk_dgram_server_options[] = {
	{ 'l', "listen", SK_FLAG, NULL, OFF(listen), SK_GRP_SERVER,
	  .help = "wait for peers, serve the one that comes first" },
	{ 'k', "keep-open", SK_FLAG, NULL, OFF(keep_open), SK_GRP_SERVER,
	  .needs = "listen", .help = "serve many, at once and for ever" },
	{ 'm', "max-conns", SK_INT, "N", OFF(max_conns), SK_GRP_SERVER,
	  .min = 1, .max = INT32_MAX, .needs = "keep-open",
	  .help = "serve at most N peers at once" },
	{ 0, "echo", SK_FLAG, NULL, OFF(echo), SK_GRP_SERVER,
	  .excludes = "discard,exec,sh-exec", .needs = "listen",
	  .help = "send back what comes to where it comes from" },
	{ 0, "discard", SK_FLAG, NULL, OFF(discard), SK_GRP_SERVER,
	  .excludes = "echo,exec,sh-exec", .needs = "listen",
	  .help = "take what comes and drop it" },
	{ 0, "max-children", SK_INT, "N", OFF(max_children), SK_GRP_PROGRAM,
	  .min = 1, .max = INT32_MAX, .needs = "exec,sh-exec",
	  .help = "run at most N programs at once; of datagrams and records "
		  "128 if not said" },
	SK_OPT_END
};

const struct sk_opt sk_dgram_framing_options[] = {
	{ 0, "size", SK_SIZE, "N", OFF(size), SK_GRP_DATA, .min = 1,
	  .max = SK_UNIX_MAX, .excludes = "lines",
	  .help = "send datagrams of N bytes" },
	{ 0, "lines", SK_FLAG, NULL, OFF(lines), SK_GRP_DATA,
	  .excludes = "size", .help = "send a datagram a line" },
	SK_OPT_END
};

void sk_dgram_settle(struct sk_dgram_opts *d, const struct sk_dgram_args *a,
		     const struct sk_shared *s, size_t size)
{
	d->server = a->listen;
	d->keep_open = a->keep_open;
	d->max_peers = a->max_conns;
	d->max_children = a->max_children ? a->max_children : SK_DGRAM_CHILDREN;
	d->wait = s->wait;
	d->service = sk_shared_program(s, &d->program) ? SK_SERVE_PROGRAM :
		     a->echo			       ? SK_SERVE_ECHO :
		     a->discard			       ? SK_SERVE_DISCARD :
							 SK_SERVE_STDIO;
	d->framing = a->lines ? SK_FRAME_LINES :
		     a->size  ? SK_FRAME_SIZE :
				SK_FRAME_READS;
	d->size = a->size ? a->size : size;
}
