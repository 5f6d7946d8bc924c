/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the sessions of one command share, and the simplest of commands. */
#include "relay/relay.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "net/child.h"
#include "relay/capture.h"
#include "relay/dump.h"
#include "relay/progress.h"
#include "relay/session.h"

int sk_relay_init(struct sk_relay *relay, struct sk_loop *loop,
		  const struct sk_relay_opts *opts, struct sk_err *err)
{
	int r;

	*relay = (struct sk_relay){
		.loop = loop, .opts = opts, .started = sk_now_us()
	};
	LIST_INIT(&relay->sessions);
	r = endpoint_discard(&relay->nowhere, loop);
	if (r < 0)
		return sk_fail(err, r, "%s", sk_strerror(r));
	r = sk_dump_open(&relay->output, opts->output, opts->append, false,
			 err);
	if (r >= 0)
		r = sk_dump_open(&relay->hex_dump, opts->hex_dump,
				 opts->append, true, err);
	if (r >= 0)
		r = sk_capture_open(&relay->pcap, opts->pcap, err);
	return r;
}

void sk_relay_show_progress(struct sk_relay *relay, bool involves_file,
			    uint64_t total)
{
	int when = relay->opts->progress;

	if (when == SK_WHEN_ALWAYS ||
	    (when == SK_WHEN_AUTO && involves_file && isatty(STDERR_FILENO)))
		relay->progress = sk_progress_new(relay, total);
}

void sk_relay_end_sessions(struct sk_relay *relay)
{
	struct sk_session *s;

	while ((s = LIST_FIRST(&relay->sessions))) {
		uint64_t lost = s->ep[LOCAL] ? sk_pump_pending(&s->flow[PEER]) :
					       0;

		if (lost && !s->result)
			sk_warn("%s: %" PRIu64 " received bytes were not "
				"written", s->ep[PEER]->name_in, lost);
		sk_session_free(s);
	}
}

int sk_relay_fini(struct sk_relay *relay)
{
	int r;

	if (!relay->loop)
		return 0;
	sk_relay_end_sessions(relay);
	sk_progress_free(relay->progress);
	sk_dump_close(relay->output);
	sk_dump_close(relay->hex_dump);
	r = sk_capture_close(relay->pcap);
	endpoint_free(relay->nowhere);
	sk_pool_fini(&relay->pool);
	return relay->dump_failed ? -EIO : r;
}

void sk_relay_totals(const struct sk_relay *relay, uint64_t by_side[2])
{
	const struct sk_session *s;

	by_side[LOCAL] = relay->ended[LOCAL];
	by_side[PEER] = relay->ended[PEER];
	LIST_FOREACH(s, &relay->sessions, link) {
		by_side[LOCAL] += s->flow[PEER].out;
		by_side[PEER] += s->flow[s->ep[LOCAL] ? LOCAL : PEER].out;
	}
}

void sk_relay_log_bytes(int level, const char *prefix, uint64_t sent,
			uint64_t received, uint64_t us)
{
	char time[SK_UNITS_MAX], speed[SK_UNITS_MAX];
	uint64_t rate = (uint64_t)((double)(sent + received) * 1e6 /
				   (double)(us + 1));

	sk_log(level,
	       "%ssent %" PRIu64 " bytes, received %" PRIu64
	       " bytes in %s (%s/s)",
	       prefix, sent, received, sk_format_duration(time, us),
	       sk_format_size(speed, rate));
}

void sk_relay_log_totals(const struct sk_relay *relay, int level)
{
	uint64_t by_side[2];

	sk_relay_totals(relay, by_side);
	sk_relay_log_bytes(level, "", by_side[PEER], by_side[LOCAL],
			   sk_now_us() - relay->started);
}

int sk_session_result(const struct sk_session *s, int r, const char *why,
		      struct sk_err *err)
{
	struct endpoint *local = sk_session_local(s);
	int status;

	if (r < 0)
		return sk_fail(err, r, "%s", why);
	if (!endpoint_is_child(local))
		return 0;
	status = endpoint_child_status(local);
	if (status <= 0)
		return 0;
	sk_silent(err, -ECHILD);
	err->status = status;
	return -ECHILD;
}

struct pair_result {
	int r;
	struct sk_err *err;
};

static void pair_done(struct sk_session *s, int r, const char *why, void *arg)
{
	struct pair_result *result = arg;

	result->r = sk_session_result(s, r, why, result->err);
	sk_loop_stop(s->relay->loop);
}

int sk_relay_pair(struct sk_relay *relay, struct endpoint *local,
		  struct endpoint *peer, struct sk_err *err)
{
	struct pair_result result = { 0, err };
	int r;

	if (!sk_session_new(relay, local, peer, pair_done, &result))
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = sk_loop_run(relay->loop);
	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	return result.r;
}
