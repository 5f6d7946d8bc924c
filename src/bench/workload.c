/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/workload.h"

#include <string.h>

#include "base/text.h"
#include "base/units.h"

size_t bench_total(const struct bench_job *job)
{
	switch (job->workload) {
	case BENCH_W_IDLE:
		return job->connections + job->idle;
	case BENCH_W_LATENCY:
		return job->connections + 1;
	case BENCH_W_MIX:
		return 2 * job->connections;
	case BENCH_W_CRR:
	case BENCH_W_BACKLOG:
		return 0;
	default:
		return job->connections;
	}
}

enum bench_duty bench_duty_of(const struct bench_job *job, size_t i)
{
	switch (job->workload) {
	case BENCH_W_IDLE:
		return i < job->connections ? BENCH_DUTY_RR : BENCH_DUTY_IDLE;
	case BENCH_W_RR:
		return BENCH_DUTY_RR;
	case BENCH_W_CRR:
		return BENCH_DUTY_CRR;
	case BENCH_W_LATENCY:
		if (i < job->connections)
			return BENCH_DUTY_RR;
		break;
	case BENCH_W_MIX:
		if (i % 2 == 0)
			return BENCH_DUTY_RR;
		break;
	default:
		break;
	}
	return job->bidir   ? BENCH_DUTY_BOTH :
	       job->reverse ? BENCH_DUTY_DOWN :
			      BENCH_DUTY_UP;
}

bool bench_is_duty(int c)
{
	return c && strchr("rsSbi", c);
}

static int bulk(struct bench_flow *f, bool sends, struct sk_err *err)
{
	if (f->w->shared->job->workload == BENCH_W_DGRAM)
		return sends ? bench_dgram_send(f, err) :
			       bench_dgram_recv(f, err);
	return sends ? bench_stream_send(f, err) : bench_stream_recv(f, err);
}

int bench_duty_client(struct bench_flow *f, enum bench_duty duty, bool down,
		      struct sk_err *err)
{
	switch (duty) {
	case BENCH_DUTY_RR:
		return bench_rr_client(f, err);
	case BENCH_DUTY_CRR:
		return bench_crr_client(f, err);
	case BENCH_DUTY_BOTH:
		return bulk(f, !down, err);
	case BENCH_DUTY_UP:
	case BENCH_DUTY_DOWN:
		return bulk(f, duty == BENCH_DUTY_UP, err);
	case BENCH_DUTY_IDLE:
		break;
	}
	return 0;
}

/* Nothing comes but the end. The buffer is shared, as nobody looks at it. */
static void idle_next(struct bench_flow *f, ssize_t n)
{
	static char scratch[64];

	if (n < 0 || (n == 0 && f->state)) {
		f->op.kind = BENCH_OP_END;
		return;
	}
	f->state = 1;
	bench_recv(f, scratch, sizeof(scratch));
}

int bench_duty_server(struct bench_flow *f, enum bench_duty duty, bool down,
		      struct sk_err *err)
{
	switch (duty) {
	case BENCH_DUTY_RR:
		return bench_rr_server(f, err);
	case BENCH_DUTY_IDLE:
		f->next = idle_next;
		return 0;
	case BENCH_DUTY_CRR:
		return bench_crr_server(f, err);
	case BENCH_DUTY_BOTH:
		return bulk(f, down, err);
	case BENCH_DUTY_UP:
	case BENCH_DUTY_DOWN:
		return bulk(f, duty == BENCH_DUTY_DOWN, err);
	}
	return 0;
}

uint64_t bench_due(uint64_t k, size_t i, size_t n, uint64_t rate)
{
	/* Connection i sends i, i + n, i + 2n … of all requests. Whole seconds
	 * apart, so that nothing overflows. */
	uint64_t all = k * n + i;

	return all / rate * 1000000000u + all % rate * 1000000000u / rate;
}

uint64_t bench_dgram_piece(const struct bench_job *job)
{
	const char *at = strstr(job->set, "udp_segment=");
	uint64_t size = 0;
	char text[32];

	if (at)
		at = strchr(at, '=') + 1;
	if (!at || sk_copyn(text, sizeof(text), at, strcspn(at, " ")) < 0 ||
	    sk_parse_size(text, &size) < 0)
		size = 0;
	return size && size < job->request ? size : job->request;
}

uint64_t bench_dgram_pieces(const struct bench_job *job, uint64_t len)
{
	uint64_t piece = bench_dgram_piece(job);

	return len > piece ? (len + piece - 1) / piece : 1;
}

bool bench_dgram_joined(const struct bench_job *job)
{
	return strstr(job->set, "udp_gro=");
}
