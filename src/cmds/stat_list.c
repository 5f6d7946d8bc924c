/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit stat: from the options to a listing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cmds/stat.h"
#include "diag/bpf_map.h"
#include "diag/collect.h"
#include "diag/kill.h"
#include "diag/netns.h"
#include "diag/owners.h"
#include "diag/show.h"

/* --- how to show them ----------------------------------------------------- */

struct listing {
	struct stat_opts *o;
	const struct stat_query *q;
	struct sk_run run;
	struct sk_columns columns;
	struct sk_sorter sorter;
	struct sk_census census;
	struct sk_victims victims;
	struct sk_renderer *renderer;
	struct sk_netns_list namespaces; /* with --netns all */
	struct sk_bpf_maps maps; /* with --bpf-map-id */
};

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

static void set_view(struct listing *l, struct sk_out *out)
{
	const struct sk_select *s = &l->q->select;
	struct sk_view *v = &l->o->view;

	/* The flags of these two say what not to show. */
	v->header = !v->header;
	v->queues = !v->queues;
	v->timers |= v->extended | v->bpf;
	v->netid = several(s->kinds);
	v->state = several(s->states);
	v->out = out;
	look_at_output(v);
}

static unsigned wanted(const struct listing *l)
{
	const struct sk_view *v = &l->o->view;

	if (l->o->json || l->o->jsonl)
		return SK_WANT_ALL | SK_WANT_BPF |
		       (v->bpf_maps ? SK_WANT_STORAGE : 0);
	return (v->info ? SK_WANT_INFO | SK_WANT_CC : 0) |
	       (v->memory ? SK_WANT_MEM : 0) | (v->tos ? SK_WANT_TOS : 0) |
	       (v->extended ? SK_WANT_DETAIL : 0) |
	       (v->bpf ? SK_WANT_BPF : 0) |
	       (v->bpf_maps ? SK_WANT_STORAGE : 0) | sk_columns_want(&l->columns) |
	       (l->sorter.key ? sk_column_want(l->sorter.key) : 0) |
	       (l->census.key ? sk_column_want(l->census.key) : 0);
}

static bool wants_owners(const struct listing *l)
{
	const struct sk_view *v = &l->o->view;

	return sk_show_wants_owners(v) || sk_columns_want_owners(&l->columns) ||
	       (l->sorter.key && sk_column_wants_owners(l->sorter.key)) ||
	       (l->census.key && sk_column_wants_owners(l->census.key));
}

static const char csv_columns[] =
	"netid,state,recvq,sendq,laddr,lport,paddr,pport,user,inode";

static int parse_keys(struct listing *l, struct sk_err *err)
{
	const struct stat_opts *o = l->o;
	const char *columns = o->columns;
	int r = 0;

	if (o->csv && !columns && !o->count_by)
		columns = csv_columns;
	l->sorter.view = l->census.view = &o->view;
	if (columns)
		r = sk_columns_parse(&l->columns, columns, err);
	if (!r && o->sort)
		r = sk_sorter_parse(&l->sorter, o->sort, err);
	if (!r && o->count_by)
		r = sk_census_parse(&l->census, o->count_by, err);
	return r;
}

static int make_renderer(struct listing *l, struct sk_err *err)
{
	const struct stat_opts *o = l->o;

	if (o->json || o->jsonl)
		l->renderer = sk_json_renderer_new(&o->view, o->jsonl);
	else if (l->columns.n)
		l->renderer = sk_columns_new(&o->view, &l->columns, o->csv);
	else
		l->renderer = sk_table_new(&o->view);
	return l->renderer ? 0 : sk_fail(err, -ENOMEM, "%s",
					 sk_strerror(ENOMEM));
}

/* Where records go first. */
static void set_sink(struct listing *l)
{
	struct sk_run *run = &l->run;

	if (l->o->kill) {
		run->fn = sk_victims_add;
		run->arg = &l->victims;
	} else if (l->census.key) {
		run->fn = sk_census_add;
		run->arg = &l->census;
	} else if (l->sorter.key) {
		run->fn = sk_sorter_add;
		run->arg = &l->sorter;
	} else {
		run->fn = sk_run_render;
		run->arg = l->renderer;
	}
}

/* --- namespaces ----------------------------------------------------------- */

static bool everywhere(const struct stat_opts *o)
{
	return o->netns && !strcmp(o->netns, "all");
}

/* One namespace after another; those that end meanwhile are left out. */
static int run_everywhere(struct listing *l, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < l->namespaces.n && !r; i++) {
		int e = sk_netns_go(&l->namespaces, i);

		if (e == -ENOENT)
			continue;
		if (e < 0) {
			sk_warn("network namespace %s: %s",
				l->namespaces.label[i], sk_strerror(e));
			continue;
		}
		sk_show_forget();
		l->run.netns = (uint32_t)i;
		r = sk_run(&l->run, err);
	}
	return r;
}

/* --- killing -------------------------------------------------------------- */

static bool confirmed(const struct listing *l)
{
	char answer[8];

	if (l->o->yes || !isatty(STDIN_FILENO) || !l->victims.n)
		return true;
	for (size_t i = 0; i < l->victims.n; i++)
		sk_run_render(l->victims.v[i], l->renderer);
	l->renderer->ops->end(l->renderer);
	sk_out_flush(l->o->view.out);
	fprintf(stderr, "Close %zu socket%s? [y/N] ", l->victims.n,
		l->victims.n == 1 ? "" : "s");
	return fgets(answer, sizeof(answer), stdin) &&
	       (*answer == 'y' || *answer == 'Y');
}

static void report_survivor(const struct listing *l, const struct sk_sock *s,
			    int r)
{
	static struct sk_line line;

	line.n = 0;
	sk_show_addr(&line, &l->o->view, s, 0);
	sk_show_port(&line, &l->o->view, s, 0);
	line_lit(&line, " -> ");
	sk_show_addr(&line, &l->o->view, s, 1);
	sk_show_port(&line, &l->o->view, s, 1);
	sk_error("%s %.*s: not closed: %s", sk_show_netid(s), (int)line.n,
		 line.buf, r == -ENOENT ? "it has gone" : sk_strerror(r));
}

/* What was closed is shown, unless it was shown when we asked. */
static int kill_all(struct listing *l, struct sk_err *err)
{
	bool asked = !l->o->yes && isatty(STDIN_FILENO) && l->victims.n;
	size_t alive = 0;

	if (!confirmed(l)) {
		l->renderer = NULL;
		return sk_fail(err, -ECANCELED, "nothing was closed");
	}
	if (asked)
		l->renderer = NULL;
	for (size_t i = 0; i < l->victims.n; i++) {
		int r = sk_kill(l->victims.v[i]);

		if (r < 0) {
			report_survivor(l, l->victims.v[i], r);
			alive++;
		} else if (l->renderer) {
			sk_run_render(l->victims.v[i], l->renderer);
		}
	}
	return alive ? sk_fail(err, -EIO, "%zu of %zu sockets not closed",
			       alive, l->victims.n) : 0;
}

/* --- all together --------------------------------------------------------- */

/* An older kernel takes the question and has no answer. */
static void warn_of_bound(const struct sk_diag_query *q)
{
	unsigned major, minor;
	struct utsname u;

	if (q->states != SK_STATE_BIT(BOUND_INACTIVE) ||
	    !(q->kinds & SK_KIND_BIT(SK_KIND_TCP)) || uname(&u) < 0 ||
	    sscanf(u.release, "%u.%u", &major, &minor) != 2 || major > 6 ||
	    (major == 6 && minor >= 8))
		return;
	sk_warn("bound-inactive: Linux lists TCP sockets that are only bound "
		"from 6.8 on, and this is %s", u.release);
}

/* What could not be read: each kernel option once, on stderr. */
static int report_missing(const struct listing *l, struct sk_err *err)
{
	const struct sk_diag_result *res = &l->run.result;
	const uint32_t kinds = l->q->select.kinds;
	/* Nobody who asks for all expects what no machine has in full. */
	const uint32_t missing = res->missing & l->q->select.named;
	const char *last = "";

	for (unsigned i = 0; i < SK_KIND_COUNT; i++) {
		const struct sk_kind *k = sk_kind_of(i);
		const char *what = res->no_netlink ? "" :
				   k->config	   ? k->config :
						     "it has no /proc/net/icmp";

		if (!(missing & SK_KIND_BIT(i)) || (*what && !strcmp(last, what)))
			continue;
		last = what;
		if (*what)
			sk_warn("%s: this kernel cannot list these (%s)",
				k->name, what);
		else
			sk_warn("%s: only netlink lists these, and it cannot "
				"be had: %s", k->name,
				sk_strerror(res->no_netlink));
	}
	warn_of_bound(&l->run.query);
	if (l->run.query.want & SK_WANT_AGE)
		sk_warn("age: only --watch, which sees sockets come, knows it");
	if (res->interrupted)
		sk_warn("the kernel's tables changed while they were listed, "
			"and again the second time: sockets may be missing");
	if (sk_run_hidden(&l->run) == SK_OWNERS_BLIND)
		sk_warn("/proc shows no process, not even this one: no owner "
			"can be told");
	else if (sk_run_hidden(&l->run))
		sk_warn("the descriptors of %zu process%s are not ours to "
			"see: owners may be missing", sk_run_hidden(&l->run),
			sk_run_hidden(&l->run) == 1 ? "" : "es");
	if (l->namespaces.hidden)
		sk_warn("the network namespace of %zu process%s is not ours "
			"to see: some may be missing", l->namespaces.hidden,
			l->namespaces.hidden == 1 ? "" : "es");
	if (res->denied && l->o->view.bpf_maps)
		return sk_fail(err, -EPERM, "--bpf-maps: the kernel tells of "
			       "them only to who may load BPF programs");
	if (res->denied)
		return sk_fail(err, -EPERM, "fwmark: the kernel tells marks "
			       "only to who may administer the network");
	if (kinds && kinds == res->missing)
		return sk_fail(err, -ENOENT, "nothing could be read");
	return 0;
}

static int finish(struct listing *l, int r, struct sk_err *err)
{
	int e = 0;

	if (!r && l->o->kill)
		r = kill_all(l, err);
	if (!r && l->sorter.key)
		r = sk_sorter_end(&l->sorter, sk_run_render, l->renderer);
	if (!r && l->census.key)
		e = sk_census_end(&l->census, l->o->view.out,
				   l->o->json || l->o->jsonl ? SK_COUNT_JSON :
				   l->o->csv		     ? SK_COUNT_CSV :
							       SK_COUNT_TABLE);
	else if (l->renderer)
		e = l->renderer->ops->end(l->renderer);
	return r ? r : e;
}

static void set_run(struct listing *l)
{
	const struct stat_opts *o = l->o;
	struct sk_run *run = &l->run;

	run->filter = l->q->filter;
	run->owners = wants_owners(l);
	run->threads = o->view.threads;
	run->peers = run->owners || o->json || o->jsonl;
	run->query.kinds = l->q->select.kinds;
	run->query.states = l->q->select.states;
	run->query.families = l->q->select.families;
	run->query.want = wanted(l);
	run->query.source = (enum sk_source)o->source;
	run->query.maps = &l->maps;
}

static int begin(struct listing *l, struct sk_out *out, struct sk_err *err)
{
	const struct stat_opts *o = l->o;
	int r = parse_keys(l, err);

	if (!r)
		r = sk_bpf_maps_open(&l->maps, o->map_ids.v, o->map_ids.n, err);
	if (r < 0)
		return r;
	l->o->view.bpf_maps |= l->maps.n;
	if (everywhere(o)) {
		if (o->kill)
			return sk_usage(err, "--kill cannot be used with "
					     "--netns all");
		r = sk_netns_list(&l->namespaces, err);
		if (r < 0)
			return r;
		l->o->view.netns = l->namespaces.label;
	}
	set_view(l, out);
	set_run(l);
	if (!l->census.key)
		r = make_renderer(l, err);
	set_sink(l);
	return r;
}

int stat_list(struct stat_opts *o, const struct stat_query *q,
	      struct sk_out *out, struct sk_err *err)
{
	struct listing l = { .o = o, .q = q, .namespaces.home = -1 };
	int r;

	if (o->dump_file)
		return stat_dump_raw(o, q, err);
	r = begin(&l, out, err);
	if (!r) {
		r = o->more.events ? stat_events(q, l.renderer, out, err) :
		    everywhere(o)  ? run_everywhere(&l, err) :
				     sk_run(&l.run, err);
		r = finish(&l, r, err);
	}
	sk_victims_free(&l.victims);
	sk_sorter_end(&l.sorter, NULL, NULL);
	if (!r)
		r = report_missing(&l, err);
	sk_run_fini(&l.run);
	sk_netns_free(&l.namespaces);
	sk_bpf_maps_close(&l.maps);
	o->view.netns = NULL;
	return r == -EPIPE ? 0 : r;	/* see stat_run() */
}
