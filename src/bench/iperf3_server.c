/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serving iperf3's clients, one test after the other. */
#include "bench/iperf3_server.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"

/* Beyond its own time a test may take this long: it began later than ours. */
#define GRACE (10 * SK_SEC)
/* Without a limit of ours, a test by size may take as long as one by time. */
#define TIME_MOST (86400 * SK_SEC)
/* Of the line about a test. */
#define SUM_MAX 400

/* Tell the client why not; r and err stay as they are. */
int iperf3_refuse(struct iperf3_server *sv, int code, int r)
{
	uint32_t words[2] = { htobe32((uint32_t)code), 0 };

	if (iperf3_send_state(sv->s, IPERF3_SERVER_ERROR, NULL) >= 0)
		iperf3_send(sv->s, words, sizeof(words), NULL);
	return r;
}

static uint64_t time_limit(const struct iperf3_server *sv)
{
	return sv->o->limits.time_us ? sv->o->limits.time_us : TIME_MOST;
}

static int check_limits(struct iperf3_server *sv, struct sk_err *err)
{
	const struct iperf3_params *p = &sv->s->params;
	const struct bench_limits *l = &sv->o->limits;
	uint64_t each = p->bandwidth ? p->bandwidth : p->fqrate;
	char text[SK_UNITS_MAX];

	if (l->connections && sv->wanted > l->connections)
		return iperf3_refuse(sv, IPERF3_STREAMS_LIMIT,
			      sk_fail(err, -EDQUOT, "%llu streams: the limit "
				      "is %llu (--max-connections)",
				      (unsigned long long)sv->wanted,
				      (unsigned long long)l->connections));
	if (p->time && (p->time + p->omit) * SK_SEC > time_limit(sv))
		return iperf3_refuse(sv, IPERF3_TIME_LIMIT,
			      sk_fail(err, -EDQUOT, "a test of %llu s: the "
				      "limit is %s (--max-time)",
				      (unsigned long long)(p->time + p->omit),
				      sk_format_duration(text,
							 time_limit(sv))));
	if (l->rate && (!each || each > l->rate * 8 / sv->wanted))
		return iperf3_refuse(sv, IPERF3_RATE_LIMIT,
			      sk_fail(err, -EDQUOT, "the rate asked for is "
				      "above the limit of %s/s (--max-rate)",
				      sk_format_size(text, l->rate)));
	return 0;
}

static int get_params(struct iperf3_server *sv, struct sk_err *err)
{
	struct iperf3_side *s = sv->s;
	int r = iperf3_send_state(s, IPERF3_PARAM_EXCHANGE, err);

	if (r >= 0)
		r = iperf3_get(s, IPERF3_WANT_FRAME, IPERF3_PARAMS_MAX, err);
	if (r < 0)
		return r;
	r = iperf3_params_read(&s->params, s->in.body, s->in.want, err);
	if (r < 0)
		return iperf3_refuse(sv, IPERF3_BAD_PARAMS, r);
	sv->wanted = s->params.parallel * (s->params.bidir ? 2 : 1);
	return check_limits(sv, err);
}

static int client_ended(int state, struct sk_err *err)
{
	if (state == IPERF3_TEST_END)
		return 0;
	if (state == IPERF3_CLIENT_TERMINATE)
		return sk_fail(err, -ECONNABORTED, "the client was stopped");
	return sk_fail(err, -EPROTO, "state %d out of turn", state);
}

/* Until the client says that it is over. */
static int serve_test(struct iperf3_server *sv, struct sk_err *err)
{
	struct iperf3_side *s = sv->s;
	uint64_t mark = s->begun_us + s->params.omit * SK_SEC;
	uint64_t until = s->begun_us + GRACE +
			 (s->params.time ? (s->params.time + s->params.omit) *
						   SK_SEC : time_limit(sv));
	bool marked = !s->params.omit;
	int r;

	iperf3_in_expect(&s->in, IPERF3_WANT_STATE, 0);
	for (;;) {
		r = iperf3_try(s, err);
		if (r)
			return r < 0 ? r : client_ended(iperf3_got_state(s),
							err);
		if (!marked && sk_now_us() >= mark) {
			iperf3_mark(s);
			marked = true;
		}
		if (sk_now_us() >= until)
			return sk_fail(err, -ETIMEDOUT,
				       "the client does not end the test");
		endpoint_want(s->ep, SK_IN);
		r = iperf3_round(s, marked ? until : mark);
		if (r < 0)
			return sk_fail(err, r, "%s", sk_strerror(r));
	}
}

/* The line about a test, for us to print and for a client who wants to. */
static const char *sum_up(struct iperf3_server *sv, char line[SUM_MAX])
{
	struct iperf3_side *s = sv->s;
	char in[SK_UNITS_MAX], out[SK_UNITS_MAX], took[SK_UNITS_MAX];

	snprintf(line, SUM_MAX, "%s: iperf3 %s, %zu stream%s, %s: received %s, "
		 "sent %s", s->ep->name_in, s->params.udp ? "udp" : "tcp",
		 s->n_flows, s->n_flows == 1 ? "" : "s",
		 sk_format_duration(took, s->ended_us - s->begun_us),
		 sk_format_size(in, iperf3_bytes(s, false)),
		 sk_format_size(out, iperf3_bytes(s, true)));
	return line;
}

static int exchange(struct iperf3_server *sv, struct sk_err *err)
{
	struct iperf3_results *r = malloc(sizeof(*r));
	char line[SUM_MAX];
	int e = r ? iperf3_send_state(sv->s, IPERF3_EXCHANGE_RESULTS, err) :
		    sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));

	if (e >= 0)
		e = iperf3_get_results(sv->s, r, err);
	if (e >= 0)
		e = iperf3_send_results(sv->s, sv->s->params.wants_words ?
					       sum_up(sv, line) : NULL, err);
	if (e >= 0)
		e = iperf3_send_state(sv->s, IPERF3_DISPLAY_RESULTS, err);
	/* Its last word; a client that just closes has all it wanted. */
	if (e >= 0)
		iperf3_get(sv->s, IPERF3_WANT_STATE, 0, NULL);
	free(r);
	return e;
}

static int run_test(struct iperf3_server *sv, struct sk_err *err)
{
	int r = get_params(sv, err);

	if (r >= 0)
		r = iperf3_open_streams(sv, err);
	if (r >= 0)
		r = iperf3_send_state(sv->s, IPERF3_TEST_START, err);
	if (r >= 0)
		r = iperf3_start_flows(sv->s, err);
	if (r >= 0)
		r = iperf3_send_state(sv->s, IPERF3_TEST_RUNNING, err);
	if (r >= 0)
		r = serve_test(sv, err);
	if (r == -EINTR)
		iperf3_send_state(sv->s, IPERF3_SERVER_TERMINATE, NULL);
	if (r < 0)
		return r;
	iperf3_close(sv->s);
	return exchange(sv, err);
}

/* The test of sv->next, from its parameters to the last word. */
static int serve_next(struct iperf3_server *sv, struct sk_err *err)
{
	struct iperf3_guest *g = sv->next;
	struct iperf3_side *s = malloc(sizeof(*s));
	struct sk_err why = { 0 };
	char line[SUM_MAX];
	int r = s ? iperf3_side_init(s, sv->loop, NULL) : -ENOMEM;

	sv->next = NULL;
	if (r < 0) {
		free(s);
		iperf3_guest_free(g);
		return sk_fail(err, r, "%s", sk_strerror(r));
	}
	memcpy(s->cookie, g->in.head, sizeof(s->cookie));
	iperf3_side_attach(s, g->ep);
	g->ep = NULL;
	iperf3_guest_free(g);
	sk_info("%s: a test begins", s->ep->name_in);
	sv->s = s;
	sv->error = 0;
	r = run_test(sv, &why);
	if (r >= 0)
		sk_log(SK_LOG_NOTE, "%s", sum_up(sv, line));
	else if (r != -EINTR)
		sk_warn("%s: %s", s->ep->name_in, why.text);
	sv->s = NULL;
	iperf3_side_fini(s);
	free(s);
	iperf3_admit(sv);
	return r == -EINTR ? r : 0;
}

static int serve(struct iperf3_server *sv, struct sk_err *err)
{
	int r = 0;

	sk_listener_start(sv->listener, iperf3_on_accept, sv);
	while (r >= 0 && !sv->loop->stop) {
		r = sv->next ? serve_next(sv, err) : sk_loop_once(sv->loop);
		if (r < 0 && r != -EINTR && !*err->text)
			sk_fail(err, r, "epoll: %s", sk_strerror(r));
	}
	return r == -EINTR ? 0 : r;
}

int iperf3_serve(const struct bench_serve *o, struct sk_loop *loop,
		 const struct sk_target *target, const struct sk_net_opts *net,
		 struct sk_err *err)
{
	struct iperf3_server sv = { .loop = loop, .o = o, .udp = -1 };
	int r = iperf3_supported(err);

	TAILQ_INIT(&sv.guests);
	if (r >= 0)
		r = sk_listener_open(&sv.listener, loop, target, net, err);
	if (r >= 0)
		r = o->ready(sv.listener, o->arg, err);
	if (r >= 0)
		r = serve(&sv, err);
	while (!TAILQ_EMPTY(&sv.guests))
		iperf3_guest_free(TAILQ_FIRST(&sv.guests));
	sk_listener_free(sv.listener);
	return r;
}
