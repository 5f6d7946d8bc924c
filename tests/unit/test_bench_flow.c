/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Workloads without sockets: a flow is told how its operations went, and says
 * which is the next. What a server that stalls does to an open loop, how many
 * datagrams are due, whose datagrams count.
 */
#include <stdlib.h>
#include <unistd.h>

#include "bench/engine.h"
#include "bench/plan.h"
#include "bench/workload.h"

#include "tap.h"

#define MS UINT64_C(1000000)

static struct bench_job job;
static struct bench_tally *tally;
static struct bench_shared shared;
static const struct bench_engine_ops by_batch = { .one_by_one = false };
static const struct bench_engine_ops one_by_one = { .one_by_one = true };
static struct bench_worker worker;
static struct sk_err err;

static struct bench_flow *begin(int workload)
{
	struct bench_flow *f;

	bench_plan_preset(&job, workload);
	if (tally)
		for (int i = 0; i < BENCH_NHISTS; i++)
			free(tally->hist[i]);
	free(tally);
	tally = calloc(1, sizeof(*tally));
	shared = (struct bench_shared){ .job = &job, .client = true,
					.phase = BENCH_MEASURING };
	worker = (struct bench_worker){ .shared = &shared, .ops = &by_batch,
					.tally = tally };
	f = bench_flow_new(&worker);
	f->tally = tally;
	return f;
}

/* An open loop waits for the time of its first. */
static void start(struct bench_flow *f)
{
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_SLEEP, "rr: the first has its time");
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_SEND, "rr: then it is sent");
}

/* The request at hand is sent, and answered after `stall` ns. */
static void exchange(struct bench_flow *f, uint64_t stall)
{
	f->next(f, (ssize_t)f->op.len);
	ok(f->op.kind == BENCH_OP_RECV, "rr: an answer is awaited");
	usleep((useconds_t)(stall / 1000));
	f->data = f->in_buf;
	f->next(f, (ssize_t)job.response);
}

static const struct bench_hist *hist(int id)
{
	static struct bench_hist none;

	return tally->hist[id] ? tally->hist[id] : &none;
}

/*
 * 1000 a second, and the server stalls for 50 ms: those that were due
 * meanwhile are sent at once, one after the other, and each has waited.
 */
static void test_stall(void)
{
	struct bench_flow *f = begin(BENCH_W_RR);
	uint64_t due, service;

	job.rate = 1000;
	is_int(bench_rr_client(f, &err), 0, "rr: a client");
	start(f);
	due = f->due_ns;
	exchange(f, 50 * MS);
	ok(f->op.kind == BENCH_OP_SEND, "rr: the next is late, and sent");
	is_int(f->due_ns - due, MS, "rr: it was due a millisecond later");
	ok(f->begun_ns >= f->due_ns + 45 * MS, "rr: but begun after the stall");
	exchange(f, 0);
	is_int(f->due_ns - due, 2 * MS, "rr: and so with the one after it");
	ok(hist(BENCH_HIST_RESPONSE)->min >= 45 * MS,
	   "rr: both have waited, which their response times tell");
	service = hist(BENCH_HIST_SERVICE)->min;
	ok(service < hist(BENCH_HIST_RESPONSE)->min,
	   "rr: and the service time of the second does not");
	is_int((long long)tally->requests, 2, "rr: two requests");
	bench_flow_free(f);
}

static void test_ahead(void)
{
	struct bench_flow *f = begin(BENCH_W_RR);
	uint64_t due;

	job.rate = 1;
	job.connections = 2;
	f->index = 1;
	bench_rr_client(f, &err);
	start(f);
	due = f->due_ns;
	exchange(f, 0);
	ok(f->op.kind == BENCH_OP_SLEEP, "rr: the next is not due yet");
	is_int((long long)(f->op.until_ns - due), 2000000000,
	       "rr: one a second over two connections is one in two seconds");
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_SEND, "rr: then it is sent");
	bench_flow_free(f);
}

static void test_phases(void)
{
	struct bench_flow *f = begin(BENCH_W_RR);

	bench_rr_client(f, &err);
	shared.phase = BENCH_WARMING;
	f->next(f, 0);
	exchange(f, 0);
	is_int((long long)hist(BENCH_HIST_SERVICE)->total, 0,
	       "rr: the warm-up has no samples");
	shared.phase = BENCH_MEASURING;
	exchange(f, 0);
	is_int((long long)hist(BENCH_HIST_SERVICE)->total, 1,
	       "rr: what is measured has");
	is_int((long long)hist(BENCH_HIST_RESPONSE)->total, 0,
	       "rr: a closed loop has no response times");
	shared.phase = BENCH_OVER;
	exchange(f, 0);
	is_int((long long)hist(BENCH_HIST_SERVICE)->total, 1,
	       "rr: nor has what comes after");
	ok(f->op.kind == BENCH_OP_END, "rr: and it ends");
	bench_flow_free(f);
}

/* The parts of a short connection: each from its own begin. */
static void test_parts(void)
{
	struct bench_flow *f = begin(BENCH_W_CRR);
	uint64_t accepted[8], now;

	job.one_clock = true;
	is_int(bench_crr_client(f, &err), 0, "crr: a client");
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_CONNECT, "crr: connects");
	usleep(20000);
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_SEND, "crr: asks");
	ok(hist(BENCH_HIST_CONNECT)->min >= 20 * MS, "crr: connecting took "
						     "its time");
	accepted[0] = f->begun_ns + 5 * MS;
	f->next(f, (ssize_t)f->op.len);
	f->data = accepted;
	f->next(f, (ssize_t)job.response);
	now = bench_now();
	is_int((long long)hist(BENCH_HIST_ACCEPT)->max, 5 * MS,
	       "crr: the server tells when it accepted");
	ok(hist(BENCH_HIST_FIRST_BYTE)->total == 1 &&
	   hist(BENCH_HIST_FIRST_BYTE)->max <= now - f->due_ns,
	   "crr: the first byte is counted from the request");
	ok(f->op.kind == BENCH_OP_CLOSE, "crr: closes");
	close(f->out);
	shared.phase = BENCH_OVER;
	f->next(f, 0);
	ok(hist(BENCH_HIST_SERVICE)->total == 0 && tally->connects == 1,
	   "crr: one that ends after the window has no sample");
	f->in = f->out = -1;
	f->owned = false;
	bench_flow_free(f);
}

/* A request has come whole. */
static void ask(struct bench_flow *f)
{
	f->next(f, (ssize_t)job.request);
}

/*
 * A server that has a limit keeps to it, however fast its client is: all its
 * flows have one schedule. One that lags behind may catch up, a second at
 * most.
 */
static void test_limit(void)
{
	struct bench_flow *f = begin(BENCH_W_RR), *g;
	uint64_t now = bench_now();

	shared.answer_gap_ns = 3600 * 1000 * MS;
	is_int(bench_rr_server(f, &err), 0, "limit: a server");
	f->next(f, 0);
	ask(f);
	ok(f->op.kind == BENCH_OP_SEND, "limit: the first is answered at once");
	f->next(f, (ssize_t)job.response);
	ok(f->op.kind == BENCH_OP_RECV, "limit: the next is awaited");
	ask(f);
	ok(f->op.kind == BENCH_OP_SLEEP &&
	   f->op.until_ns >= now + 3600 * 1000 * MS, "limit: and waits");
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_SEND && f->op.len == job.response,
	   "limit: for its turn");
	g = bench_flow_new(&worker);
	bench_rr_server(g, &err);
	g->next(g, 0);
	ask(g);
	ok(g->op.kind == BENCH_OP_SLEEP &&
	   g->op.until_ns >= now + 7200 * 1000 * MS,
	   "limit: another connection waits behind it");
	shared.answer_gap_ns = 1000 * MS;
	shared.answer_ns = 1;
	f->next(f, (ssize_t)job.response);
	ask(f);
	ok(f->op.kind == BENCH_OP_SEND &&
	   shared.answer_ns >= now && shared.answer_ns <= bench_now(),
	   "limit: a second is caught up, and no more");
	bench_flow_free(f);
	bench_flow_free(g);
}

#define MAGIC 0x534b4247u

/* --- datagrams ------------------------------------------------------------- */

static void test_rate(void)
{
	struct bench_flow *f = begin(BENCH_W_DGRAM);
	uint64_t due;

	job.rate = 1000;
	is_int(bench_dgram_send(f, &err), 0, "dgram: a sender");
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_SENDMM && f->batch->n == 1,
	   "dgram: one is due at once");
	due = f->due_ns;
	f->batch->at = 1;
	usleep(20000);
	f->next(f, 1);
	ok(f->batch->n >= 19 && f->batch->n <= BENCH_BATCH,
	   "dgram: 20 ms later some 20 are (%u)", f->batch->n);
	is_int((long long)(f->due_ns - due), f->batch->n * MS,
	       "dgram: each has its millisecond");
	is_int((long long)tally->datagrams_out, 1, "dgram: one was sent");
	bench_flow_free(f);
}

/* n datagrams, none of which is numbered, have come. */
static void come(struct bench_flow *f, int n)
{
	for (int i = 0; i < n; i++)
		f->batch->msg[i].msg_len = 1;
	f->next(f, n);
}

static void test_rest(void)
{
	struct bench_flow *f = begin(BENCH_W_DGRAM);
	uint64_t before = bench_now();

	is_int(bench_dgram_recv(f, &err), 0, "dgram: a receiver of batches");
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_RECVMM, "dgram: receives");
	come(f, BENCH_BATCH);
	ok(f->op.kind == BENCH_OP_RECVMM, "dgram: a batch, and there is more");
	come(f, BENCH_BATCH - 1);
	ok(f->op.kind == BENCH_OP_SLEEP && f->op.until_ns > before &&
	   f->op.until_ns <= bench_now() + MS,
	   "dgram: less than a batch, and it rests");
	f->next(f, 0);
	ok(f->op.kind == BENCH_OP_RECVMM, "dgram: and looks again");
	is_int((long long)tally->datagrams_in, 2 * BENCH_BATCH - 1,
	       "dgram: all are counted");
	bench_flow_free(f);
	f = begin(BENCH_W_DGRAM);
	job.rate = 10;
	bench_dgram_recv(f, &err);
	come(f, 1);
	ok(f->op.kind == BENCH_OP_RECVMM, "dgram: no rest at a pace");
	bench_flow_free(f);
}

static void take(struct bench_flow *f, uint64_t seq, uint32_t flow,
		 uint32_t magic)
{
	struct {
		uint64_t seq, sent_ns;
		uint32_t flow, magic;
	} h = { seq, bench_now(), flow, magic };

	/* cppcheck-suppress autoVariables */
	f->data = &h;
	f->next(f, sizeof(h));
}

static struct header {
	uint64_t seq, sent_ns;
	uint32_t flow, magic;
} header_at(const struct bench_flow *f, size_t at)
{
	struct header h;

	memcpy(&h, f->buf + at, sizeof(h));
	return h;
}

/* A message that the kernel cuts: each of its datagrams is numbered. */
static void test_cut(void)
{
	struct bench_flow *f = begin(BENCH_W_DGRAM);
	uint64_t due;

	memcpy(job.set, "udp_gro=1 udp_segment=1K", 25);
	job.request = 2500;
	job.rate = 1000;
	worker.ops = &one_by_one;
	is_int((long long)bench_dgram_piece(&job), 1024, "cut: pieces of 1 K");
	is_int((long long)bench_dgram_pieces(&job, 2500), 3, "cut: three");
	is_int(bench_dgram_send(f, &err), 0, "cut: a sender");
	f->next(f, 0);
	ok(header_at(f, 0).seq == 0 && header_at(f, 1024).seq == 1 &&
	   header_at(f, 2048).seq == 2 && header_at(f, 2048).magic == MAGIC,
	   "cut: each has its number");
	is_int((long long)f->seq, 3, "cut: and no more");
	due = f->due_ns;
	f->next(f, 2500);
	is_int((long long)tally->datagrams_out, 3, "cut: three were sent");
	is_int((long long)tally->bytes_out, 2500, "cut: of 2500 bytes");
	f->due_ns = due;
	f->op.kind = BENCH_OP_SEND;
	f->next(f, -ENOBUFS);
	is_int((long long)tally->datagrams_out, 3, "cut: or none");
	is_int((long long)f->gap_ns, 3 * MS, "cut: at the rate of datagrams");
	bench_flow_free(f);
}

/* Several that the kernel has joined are counted one by one. */
static void test_joined(void)
{
	struct bench_flow *f = begin(BENCH_W_DGRAM);
	char text[2500] = "";

	memcpy(job.set, "udp_gro=1", 10);
	job.request = 1000;
	worker.ops = &one_by_one;
	is_int(bench_dgram_recv(f, &err), 0, "joined: a receiver");
	f->next(f, 0);
	for (uint32_t i = 0; i < 3; i++) {
		struct header h = { i + 1, 0, 0, MAGIC };

		memcpy(text + (size_t)i * 1000, &h, sizeof(h));
	}
	/* cppcheck-suppress autoVariables */
	f->data = text;
	f->next(f, 2500);
	is_int((long long)tally->datagrams_in, 3, "joined: three");
	is_int((long long)tally->bytes_in, 2500, "joined: of 2500 bytes");
	is_int((long long)tally->expected, 3, "joined: each by its number");
	bench_flow_free(f);
	f = begin(BENCH_W_DGRAM);
	memcpy(job.set, "udp_gro=1", 10);
	job.request = 1000;
	is_int(bench_dgram_recv(f, &err), 0, "joined: by batch");
	ok(f->batch->iov[0].iov_len == 64 << 10,
	   "joined: there is room for all of them");
	bench_flow_free(f);
	f = begin(BENCH_W_STREAM);
	memcpy(job.set, "udp_gro=1", 10);
	job.socket = BENCH_S_UDP;
	job.request = 1000;
	f->records = true;
	is_int(bench_stream_recv(f, &err), 0, "joined: a stream's");
	f->next(f, 0);
	f->next(f, 2001);
	is_int((long long)tally->datagrams_in, 3, "joined: counted as well");
	bench_flow_free(f);
}

static void test_numbers(void)
{
	struct bench_flow *f = begin(BENCH_W_DGRAM);

	job.connections = 2;
	worker.ops = &one_by_one;
	is_int(bench_dgram_recv(f, &err), 0, "dgram: a receiver");
	f->next(f, 0);
	take(f, 0, 0, MAGIC);
	take(f, 3, 0, MAGIC);
	is_int((long long)tally->lost, 2, "dgram: two are missing");
	take(f, 1, 0, MAGIC);
	is_int((long long)tally->lost, 1, "dgram: one was only late");
	is_int((long long)tally->reordered, 1, "dgram: and out of order");
	take(f, 1, 0, MAGIC);
	is_int((long long)tally->duplicates, 1, "dgram: and came again");
	take(f, 0, 1, MAGIC);
	is_int((long long)tally->expected, 5, "dgram: another flow has its own "
					      "numbers");
	take(f, 9, 0, MAGIC + 1);
	take(f, 9, 2, MAGIC);
	is_int((long long)tally->expected, 5, "dgram: not ours, not numbered");
	is_int((long long)tally->datagrams_in, 7, "dgram: but counted");
	is_int((long long)hist(BENCH_HIST_ONE_WAY)->total, 5,
	       "dgram: one clock tells one-way times");
	job.one_clock = false;
	take(f, 10, 0, MAGIC);
	is_int((long long)hist(BENCH_HIST_ONE_WAY)->total, 5,
	       "dgram: two clocks do not");
	bench_flow_free(f);
}

int main(void)
{
	test_stall();
	test_ahead();
	test_phases();
	test_parts();
	test_limit();
	test_rate();
	test_rest();
	test_numbers();
	test_cut();
	test_joined();
	for (int i = 0; i < BENCH_NHISTS; i++)
		free(tally->hist[i]);
	free(tally);
	return tap_done();
}
