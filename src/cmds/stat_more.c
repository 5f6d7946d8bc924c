/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sockkit stat: counters, summaries and settings. Each mode takes the place
 * of the list of sockets.
 */
#include "cmds/stat.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "diag/counters_show.h"
#include "diag/doctor.h"
#include "diag/families.h"
#include "diag/openmetrics.h"
#include "diag/summary.h"
#include "diag/sysctls.h"

#define PROC "/proc"
#define OFF(field) offsetof(struct sk_stat_more, field)
/* Between two readings; a day is more than anybody waits. */
#define WAIT_MAX_US (INT64_C(86400) * 1000000)
#define WATCH_MIN_US 50000

const struct sk_opt sk_stat_more_options[] = {
	{ 's', "summary", SK_FLAG, NULL, OFF(summary), SK_GRP_SHOW,
	  .help = "how many sockets there are, and their memory" },
	{ 0, "counters", SK_STRING, "GLOB", OFF(counters), SK_GRP_SHOW,
	  .seen = OFF(has_counters), .arg_optional = true, .bare = "",
	  .help = "counters that are not zero, or those that match GLOB" },
	{ 0, "rate", SK_DURATION, "TIME", OFF(rate), SK_GRP_SHOW, .min = 1,
	  .max = WAIT_MAX_US, .needs = "counters",
	  .help = "read them twice, TIME apart, and show what was added" },
	{ 0, "protocols", SK_FLAG, NULL, OFF(protocols), SK_GRP_SHOW,
	  .help = "protocols of the kernel and what they can do" },
	{ 0, "families", SK_FLAG, NULL, OFF(families), SK_GRP_SHOW,
	  .help = "families, types and protocols this kernel accepts" },
	{ 0, "sysctl", SK_FLAG, NULL, OFF(sysctl), SK_GRP_SHOW,
	  .help = "settings that bear on sockets, and where they bite" },
	{ 0, "doctor", SK_FLAG, NULL, OFF(doctor), SK_GRP_SHOW,
	  .help = "say what is wrong, with evidence and remedy; status 3" },
	{ 0, "interval", SK_DURATION, "TIME", OFF(interval), SK_GRP_SHOW,
	  .min = 1, .max = WAIT_MAX_US, .needs = "doctor",
	  .help = "between its two looks (default 2s)" },
	{ 0, "watch", SK_DURATION, "TIME", OFF(watch), SK_GRP_SHOW,
	  .min = WATCH_MIN_US, .max = WAIT_MAX_US, .arg_optional = true,
	  .bare = "1",
	  .excludes = "kill,csv,count-by,events",
	  .help = "look again each second, full-screen; piped: JSON lines" },
	{ 'E', "events", SK_FLAG, NULL, OFF(events), SK_GRP_SHOW,
	  .excludes = "kill,sort,count-by",
	  .help = "list TCP and UDP sockets as they end" },
	{ 0, "openmetrics", SK_CHOICE, "FORM", OFF(openmetrics), SK_GRP_SHOW,
	  .seen = OFF(has_openmetrics), .choices = "openmetrics,textfile",
	  .arg_optional = true, .bare = "openmetrics",
	  .help = "counters and sockets for Prometheus" },
	{ 0, "exporter", SK_STRING, "ADDRESS", OFF(exporter), SK_GRP_SERVER,
	  .help = "serve these metrics over HTTP" },
	{ 0, "port-file", SK_STRING, "FILE", OFF(port_file), SK_GRP_SERVER,
	  .needs = "exporter",
	  .help = "write each address and port there once listening" },
	{ 0, "request-timeout", SK_DURATION, "TIME", OFF(request_timeout),
	  SK_GRP_SERVER, .min = 1, .max = WAIT_MAX_US, .needs = "exporter",
	  .help = "send clients away that take longer to ask (default 15s)" },
	SK_OPT_END
};

struct run {
	struct sk_stat_more *o;
	struct stat_opts *all;
	struct sk_out *out;
	bool json;
};

static int run_summary(struct run *r, struct sk_err *err)
{
	struct sk_counters c;
	int n = sk_counters_read(&c, PROC, err);

	if (n >= 0)
		sk_summary_show(&c, PROC, r->json, r->out);
	sk_counters_fini(&c);
	return n;
}

static int run_counters(struct run *r, struct sk_err *err)
{
	struct sk_counters now, before = { .n = 0 };
	const char *glob = r->o->counters;
	uint64_t rate = r->o->rate;
	int n = 0;

	if (rate) {
		n = sk_counters_read(&before, PROC, err);
		poll(NULL, 0, (int)(rate / 1000));
	}
	if (n >= 0)
		n = sk_counters_read(&now, PROC, err);
	else
		now = (struct sk_counters){ .n = 0 };
	if (n >= 0)
		n = sk_counters_show(&now, rate ? &before : NULL,
				     *glob ? glob : NULL, r->json, r->out,
				     err);
	sk_counters_fini(&before);
	sk_counters_fini(&now);
	return n;
}

static int run_protocols(struct run *r, struct sk_err *err)
{
	return sk_protocols_show(PROC, r->json, r->out, err);
}

static int run_families(struct run *r, struct sk_err *err)
{
	(void)err;
	sk_families_show(r->json, r->out);
	return 0;
}

static int run_sysctl(struct run *r, struct sk_err *err)
{
	return sk_sysctls_show(PROC, r->json, r->out, err);
}

/* Something is wrong is neither failure nor wrong usage. */
#define STATUS_SICK 3
#define DOCTOR_INTERVAL_US (2 * SK_SEC)

static int run_doctor(struct run *r, struct sk_err *err)
{
	uint64_t interval = r->o->interval ? r->o->interval :
					     DOCTOR_INTERVAL_US;
	struct sk_findings f = { .n = 0 };
	struct sk_checkup c;
	int n = sk_checkup_read(&c, PROC, interval, err);

	if (n >= 0)
		n = sk_doctor_examine(&c, &f, err);
	if (n >= 0 && (f.n || r->json))
		sk_findings_show(&f, c.secs, r->json, r->out);
	if (n >= 0 && f.n) {
		n = sk_fail(err, -EUCLEAN, "%zu finding%s", f.n,
			    f.n == 1 ? "" : "s");
		err->status = STATUS_SICK;
	}
	sk_findings_fini(&f);
	sk_checkup_fini(&c);
	return n;
}

static int run_openmetrics(struct run *r, struct sk_err *err)
{
	return sk_metrics_write(r->out,
				(enum sk_metrics_form)r->o->openmetrics, PROC,
				err);
}

static int run_exporter(struct run *r, struct sk_err *err)
{
	return sk_stat_exporter(r->o, PROC, err);
}

static const struct mode {
	const char *name;
	size_t asked;		/* offset of a bool, or of a string */
	bool string;
	int (*run)(struct run *r, struct sk_err *err);
} modes[] = {
	{ "summary", OFF(summary), false, run_summary },
	{ "counters", OFF(has_counters), false, run_counters },
	{ "protocols", OFF(protocols), false, run_protocols },
	{ "families", OFF(families), false, run_families },
	{ "sysctl", OFF(sysctl), false, run_sysctl },
	{ "doctor", OFF(doctor), false, run_doctor },
	{ "openmetrics", OFF(has_openmetrics), false, run_openmetrics },
	{ "exporter", OFF(exporter), true, run_exporter },
};

static bool is_asked(const struct sk_stat_more *o, const struct mode *m)
{
	const char *at = (const char *)o + m->asked;
	const char *text;

	if (!m->string)
		return *(const bool *)at;
	memcpy(&text, at, sizeof(text));
	return text != NULL;
}

static int find_mode(const struct sk_stat_more *o, const struct mode **found,
		     struct sk_err *err)
{
	*found = NULL;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (!is_asked(o, &modes[i]))
			continue;
		if (*found)
			return sk_usage(err, "--%s and --%s cannot be given "
					"together", (*found)->name,
					modes[i].name);
		*found = &modes[i];
	}
	return 0;
}

/* As in ss, whoever names sockets beside -s gets a list of them as well. */
static bool lists_too(const struct stat_opts *o, const struct mode *m, int argc)
{
	return m->run == run_summary && !o->json &&
	       (o->queries.n || o->families.n || o->filter_file || argc);
}

/* What is about the list of sockets means nothing to the other modes. */
static int refuse_listing(const struct stat_opts *o, const struct mode *m,
			  int argc, struct sk_err *err)
{
	const struct {
		const char *what;
		bool given;
	} rows[] = {
		{ "a filter", !lists_too(o, m, argc) &&
				      (argc > 0 || o->filter_file) },
		{ "--netns all", o->netns && !strcmp(o->netns, "all") },
		{ "--kill", o->kill },
		{ "--jsonl", o->jsonl },
		{ "--csv", o->csv },
		{ "--columns", o->columns },
		{ "--sort", o->sort },
		{ "--count-by", o->count_by },
		{ "--watch", o->more.watch },
		{ "--events", o->more.events },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].given)
			return sk_usage(err, "--%s does not go with %s",
					m->name, rows[i].what);
	return 0;
}

int stat_more_run(struct stat_opts *o, int argc, char **argv,
		  struct sk_out *out, struct sk_err *err)
{
	struct run r = { .o = &o->more, .all = o, .out = out,
			 .json = o->json };
	const struct mode *mode;
	int n = find_mode(&o->more, &mode, err);

	(void)argv;
	if (n < 0 || !mode)
		return n;
	n = refuse_listing(o, mode, argc, err);
	if (!n)
		n = mode->run(&r, err);
	return n < 0 ? n : !lists_too(o, mode, argc);
}
