/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both parts in one process: two embedded stacks and a wire in memory, in one
 * loop. Whoever runs the round speaks with two parts as ever.
 *
 * One thread has the loop, so the window is one too, and what the process
 * used is told by the client's part alone.
 */
#include <stdlib.h>

#include "bench/backlog.h"
#include "bench/layer.h"
#include "bench/memory.h"
#include "bench/role_in.h"
#include "bench/workload.h"

struct both {
	struct bench_server server;
	struct bench_part client;
};

static int connect_both(struct both *b, struct sk_err *err)
{
	struct bench_part *c = &b->client, *s = &b->server.p;
	struct bench_layer *layers[2];
	int r = bench_layer_pair(layers, c->job, err);

	if (r < 0)
		return r;
	s->layer = layers[0];
	c->layer = layers[1];
	r = bench_server_offer(&b->server, err);
	c->shared.server = b->server.addr;
	if (r >= 0)
		r = bench_client_prepare(c, err);
	if (r >= 0 && bench_total(c->job))
		r = bench_layer_gather(s->layer, s->ctl, err);
	if (r >= 0)
		r = bench_server_engage(&b->server, err);
	return r;
}

static void measure(struct both *b, uint64_t rss, uint64_t slab)
{
	struct bench_part *parts[] = { &b->client, &b->server.p };
	struct bench_side *s = &b->server.p.side;

	bench_part_windows(parts, 2);
	bench_client_memory(&b->client, rss, slab);
	s->user_ns = s->sys_ns = s->run_delay_ns = 0;
}

static int play(struct both *b, struct sk_err *err)
{
	struct bench_part *c = &b->client;
	uint64_t rss = bench_memory_rss(), slab = bench_memory_kernel();
	bool backlog = c->job->workload == BENCH_W_BACKLOG;
	int r = connect_both(b, err);

	if (r >= 0)
		r = bench_msg_say(c->ctl, BENCH_MSG_READY, err);
	if (r >= 0)
		r = bench_part_await_start(c, err);
	if (r >= 0)
		r = backlog ? bench_backlog_client(c, err) :
			      bench_part_run(c, err);
	if (r < 0)
		return r;
	if (!backlog)
		measure(b, rss, slab);
	r = bench_part_result(c, err);
	if (r < 0)
		return r;
	bench_part_await_stop(&b->server.p);
	return bench_part_result(&b->server.p, err);
}

int bench_role_pair(const struct bench_job *job, const int ctl[2],
		    struct sk_err *err)
{
	struct both b = { .server = { .listeners = NULL } };
	int r = bench_part_init(&b.server.p, job, NULL, ctl[0], false, err);
	int c = bench_part_init(&b.client, job, NULL, ctl[1], true, err);

	r = r < 0 ? r : c;
	if (r >= 0)
		r = play(&b, err);
	/* Whichever is listened to at that time says it. */
	if (r < 0) {
		bench_part_failed(&b.server.p, r, err);
		bench_part_failed(&b.client, r, err);
	}
	bench_part_fini(&b.client);
	bench_server_fini(&b.server);
	return r;
}
