/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/expr.h"

#include <ctype.h>

#include "base/suggest.h"
#include "base/text.h"
#include "base/units.h"
#include "trace/expr_in.h"
#include "trace/tables.h"

/* --- lists of words --------------------------------------------------- */

struct choice {
	const char *name;
	unsigned bits;
};

static int parse_choices(struct sk_in *in, const struct choice *rows,
			 const char *what, unsigned all, unsigned *bits)
{
	bool others = *in->at == '!';
	char name[SK_WORD_MAX];

	in->at += others;
	*bits = 0;
	do {
		const char *where = in->at;
		const struct choice *c = rows;

		if (sk_in_word(in, ",", name) < 0)
			return -EINVAL;
		while (c->name && strcmp(c->name, name))
			c++;
		if (!c->name)
			return sk_in_fail(in, where, "no such %s", what);
		*bits |= c->bits;
	} while (*in->at++ == ',');
	if (others)
		*bits = all & ~*bits;
	return 0;
}

static int parse_status(struct sk_expr *e, struct sk_in *in)
{
	static const struct choice rows[] = {
		{ "successful", SK_STATUS_OK }, { "failed", SK_STATUS_FAILED },
		{ "unfinished", SK_STATUS_UNFINISHED },
		{ "unavailable", 0 },
		{ "detached", SK_STATUS_DETACHED },
		{ "all", SK_STATUS_ALL }, { "none", 0 }, { NULL, 0 },
	};

	return parse_choices(in, rows, "status", SK_STATUS_ALL, &e->status);
}

static int parse_quiet(struct sk_expr *e, struct sk_in *in)
{
	static const struct choice rows[] = {
		{ "attach", SK_QUIET_ATTACH }, { "attaching", SK_QUIET_ATTACH },
		{ "exit", SK_QUIET_EXIT }, { "exits", SK_QUIET_EXIT },
		{ "personality", SK_QUIET_PERSONALITY },
		{ "path-resolve", 0 }, { "path-resolution", 0 },
		{ "thread-execve", SK_QUIET_EXECVE },
		{ "superseded", SK_QUIET_EXECVE },
		{ "all", 15 }, { "none", 0 }, { NULL, 0 },
	};

	e->has_quiet = true;
	return parse_choices(in, rows, "message", 15, &e->quiet);
}

/* Devices, pidfds and the like are no sockets: they have paths here. */
static int parse_labels(struct sk_expr *e, struct sk_in *in)
{
	static const struct choice rows[] = {
		{ "path", SK_LABEL_PATHS }, { "socket", SK_LABEL_SOCKETS },
		{ "dev", 0 }, { "pidfd", 0 }, { "eventfd", 0 },
		{ "signalfd", 0 }, { "all", SK_LABEL_PATHS | SK_LABEL_SOCKETS },
		{ "none", 0 }, { NULL, 0 },
	};

	e->has_labels = true;
	return parse_choices(in, rows, "detail of descriptors",
			     SK_LABEL_PATHS | SK_LABEL_SOCKETS, &e->labels);
}

/* --- times ------------------------------------------------------------ */

static const struct choice precisions[] = {
	{ "s", 0 }, { "ms", 3 }, { "us", 6 }, { "ns", 9 }, { NULL, 0 },
};

static int parse_precision(struct sk_in *in, unsigned *digits)
{
	if (strchr(in->at, ','))
		return sk_in_fail(in, strchr(in->at, ','), "not the end");
	return parse_choices(in, precisions, "precision", 0, digits);
}

static int parse_relative(struct sk_expr *e, struct sk_in *in)
{
	e->has_relative = true;
	return parse_precision(in, &e->relative_digits);
}

static int parse_took(struct sk_expr *e, struct sk_in *in)
{
	e->has_took = true;
	return parse_precision(in, &e->took_digits);
}

/* [format:]FORMAT and [precision:]PRECISION, either first. */
static int parse_time(struct sk_expr *e, struct sk_in *in)
{
	static const struct choice rows[] = {
		{ "none", SK_TIME_NONE }, { "time", SK_TIME_CLOCK },
		{ "unix", SK_TIME_EPOCH }, { NULL, 0 },
	};
	char word[SK_WORD_MAX];

	e->has_time = true;
	e->time = SK_TIME_CLOCK;
	e->time_digits = 0;
	do {
		const char *where = in->at, *name = word;
		const struct choice *f = rows, *p = precisions;

		if (sk_in_word(in, ",", word) < 0)
			return -EINVAL;
		if (sk_starts_with(word, "format:"))
			name += strlen("format:");
		while (f->name && strcmp(f->name, name))
			f++;
		if (sk_starts_with(word, "precision:"))
			name += strlen("precision:");
		while (p->name && strcmp(p->name, name))
			p++;
		if (f->name)
			e->time = (enum sk_text_time)f->bits;
		else if (p->name)
			e->time_digits = p->bits;
		else
			return sk_in_fail(in, where, "not a format (none, "
					  "time, unix) or a precision (s, ms, "
					  "us, ns)");
	} while (*in->at++ == ',');
	return 0;
}

/* --- signals, descriptors --------------------------------------------- */

static int signal_number(const char *name)
{
	uint64_t v;

	if (sk_value_of(&sk_tr_signal, name, &v) == 0 ||
	    (sk_parse_uint(name, &v) == 0 && v >= 1 && v <= 64))
		return (int)v;
	return -1;
}

static int parse_signals(struct sk_expr *e, struct sk_in *in)
{
	bool others = *in->at == '!';
	char name[SK_WORD_MAX];

	in->at += others;
	e->signals = 0;
	do {
		const char *where = in->at;
		int signo;

		if (sk_in_word(in, ",", name) < 0)
			return -EINVAL;
		signo = signal_number(name);
		if (!strcmp(name, "all"))
			e->signals = UINT64_MAX;
		else if (signo > 0)
			e->signals |= UINT64_C(1) << (signo - 1);
		else if (strcmp(name, "none"))
			return sk_in_fail(in, where, "no such signal");
	} while (*in->at++ == ',');
	if (others)
		e->signals = ~e->signals;
	return 0;
}

static int parse_fds(struct sk_fd_set *s, struct sk_in *in)
{
	bool others = *in->at == '!';
	char name[SK_WORD_MAX];
	uint64_t fd;

	in->at += others;
	do {
		const char *where = in->at;

		if (sk_in_word(in, ",", name) < 0)
			return -EINVAL;
		if (!strcmp(name, "all")) {
			s->all = true;
			continue;
		}
		if (!strcmp(name, "none"))
			continue;
		if (sk_parse_uint(name, &fd) < 0 || fd >= SK_DUMP_FDS)
			return sk_in_fail(in, where, "not a descriptor (0-%d)",
				    SK_DUMP_FDS - 1);
		s->bits[fd / 64] |= UINT64_C(1) << (fd % 64);
	} while (*in->at++ == ',');
	for (size_t i = 0; others && i < SK_DUMP_FDS / 64; i++)
		s->bits[i] = ~s->bits[i];
	return 0;
}

static int parse_read(struct sk_expr *e, struct sk_in *in)
{
	return parse_fds(&e->read, in);
}

static int parse_write(struct sk_expr *e, struct sk_in *in)
{
	return parse_fds(&e->write, in);
}

static int parse_about(struct sk_expr *e, struct sk_in *in)
{
	e->has_about = true;
	e->about = (struct sk_fd_set){ 0 };
	return parse_fds(&e->about, in);
}

static int parse_trace(struct sk_expr *e, struct sk_in *in)
{
	struct sk_sys_set s;

	/* Given twice, the last one counts, as in strace. */
	if (sk_in_whole_set(in, &s) < 0)
		return -EINVAL;
	e->trace = s;
	e->has_trace = true;
	return 0;
}

static int parse_raw(struct sk_expr *e, struct sk_in *in)
{
	return sk_in_whole_set(in, &e->raw);
}

static int parse_abbrev(struct sk_expr *e, struct sk_in *in)
{
	return sk_in_whole_set(in, &e->abbrev);
}

static int parse_verbose(struct sk_expr *e, struct sk_in *in)
{
	return sk_in_whole_set(in, &e->verbose);
}

/* --- injection -------------------------------------------------------- */

static int inject_error(struct sk_inject_rule *r, const char *text)
{
	uint64_t v;

	if (r->has_result || (sk_value_of(&sk_tr_errno, text, &v) < 0 &&
	    (sk_parse_uint(text, &v) < 0 || !v || v > 4095)))
		return -EINVAL;
	r->has_result = true;
	r->result = -(int64_t)v;
	return 0;
}

static int inject_retval(struct sk_inject_rule *r, const char *text)
{
	if (r->has_result || sk_parse_int(text, &r->result) < 0 ||
	    r->result < 0)
		return -EINVAL;
	r->has_result = true;
	return 0;
}

static int inject_signal(struct sk_inject_rule *r, const char *text)
{
	r->signal = signal_number(text);
	return r->signal > 0 ? 0 : -EINVAL;
}

/* strace counts in microseconds; units may stand behind. */
static int delay(uint64_t *us, const char *text)
{
	if (sk_parse_uint(text, us) == 0)
		return 0;
	return sk_parse_duration(text, us);
}

static int inject_delay_enter(struct sk_inject_rule *r, const char *text)
{
	return delay(&r->delay_enter_us, text);
}

static int inject_delay_exit(struct sk_inject_rule *r, const char *text)
{
	return delay(&r->delay_exit_us, text);
}

/* FIRST, FIRST+, FIRST+STEP, FIRST..LAST, FIRST..LAST+STEP */
static int inject_when(struct sk_inject_rule *r, const char *text)
{
	size_t n = strspn(text, "0123456789"), m;
	char number[24];

	if (sk_copyn(number, sizeof(number), text, n) < 0 ||
	    sk_parse_uint(number, &r->first) < 0 || !r->first)
		return -EINVAL;
	text += n;
	r->last = r->first;
	r->step = 1;
	if (sk_starts_with(text, "..")) {
		text += 2;
		m = strspn(text, "0123456789");
		if (sk_copyn(number, sizeof(number), text, m) < 0 ||
		    sk_parse_uint(number, &r->last) < 0 || r->last < r->first)
			return -EINVAL;
		text += m;
	} else if (*text == '+') {
		r->last = UINT64_MAX;
	}
	if (*text != '+')
		return *text ? -EINVAL : 0;
	text++;
	if (!*text)
		return 0;
	return sk_parse_uint(text, &r->step) < 0 || !r->step ? -EINVAL : 0;
}

static const struct {
	const char *key;
	int (*parse)(struct sk_inject_rule *r, const char *text);
	const char *want;
} injections[] = {
	{ "error=", inject_error, "the name or number of an error, or the second result" },
	{ "retval=", inject_retval, "a number that is no error, or the second result" },
	{ "signal=", inject_signal, "the name or number of a signal" },
	{ "delay_enter=", inject_delay_enter, "a time in microseconds" },
	{ "delay_exit=", inject_delay_exit, "a time in microseconds" },
	{ "when=", inject_when, "FIRST, FIRST+, FIRST+STEP or FIRST..LAST" },
};

static int parse_effect(struct sk_inject_rule *r, struct sk_in *in)
{
	const char *where = in->at;
	char text[SK_WORD_MAX];
	size_t len;

	if (sk_in_word(in, ":", text) < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(injections) / sizeof(*injections); i++) {
		len = strlen(injections[i].key);
		if (strncmp(text, injections[i].key, len))
			continue;
		if (injections[i].parse(r, text + len) < 0)
			return sk_in_fail(in, where + len, "not %s",
				    injections[i].want);
		return 0;
	}
	return sk_in_fail(in, where, "not error=, retval=, signal=, "
				     "delay_enter=, delay_exit= or when=");
}

static int parse_injection(struct sk_expr *e, struct sk_in *in, bool fault)
{
	struct sk_inject_rule r = { .first = 1, .last = UINT64_MAX, .step = 1 };
	const char *where = in->at;

	if (e->n_inject >= SK_INJECT_MAX)
		return sk_in_fail(in, where, "more than %d injections",
			    SK_INJECT_MAX);
	if (sk_in_set(in, &r.calls) < 0)
		return -EINVAL;
	while (*in->at == ':') {
		in->at++;
		if (parse_effect(&r, in) < 0)
			return -EINVAL;
	}
	if (fault && !r.has_result) {
		r.has_result = true;
		r.result = -ENOSYS;
	}
	if (!r.has_result && !r.signal && !r.delay_enter_us &&
	    !r.delay_exit_us)
		return sk_in_fail(in, in->at, "what is to be injected?");
	e->inject[e->n_inject++] = r;
	return 0;
}

static int parse_inject(struct sk_expr *e, struct sk_in *in)
{
	return parse_injection(e, in, false);
}

static int parse_fault(struct sk_expr *e, struct sk_in *in)
{
	return parse_injection(e, in, true);
}

/* --- the whole -------------------------------------------------------- */

static const struct {
	const char *key;
	int (*parse)(struct sk_expr *e, struct sk_in *in);
} keys[] = {
	{ "trace", parse_trace },	{ "t", parse_trace },
	{ "status", parse_status },	{ "signal", parse_signals },
	{ "signals", parse_signals },	{ "s", parse_signals },
	{ "raw", parse_raw },		{ "x", parse_raw },
	{ "abbrev", parse_abbrev },	{ "a", parse_abbrev },
	{ "verbose", parse_verbose },	{ "v", parse_verbose },
	{ "read", parse_read },		{ "reads", parse_read },
	{ "r", parse_read },		{ "write", parse_write },
	{ "writes", parse_write },	{ "w", parse_write },
	{ "quiet", parse_quiet },	{ "q", parse_quiet },
	{ "silent", parse_quiet },	{ "silence", parse_quiet },
	{ "trace-fds", parse_about },	{ "trace-fd", parse_about },
	{ "fds", parse_about },		{ "fd", parse_about },
	{ "decode-fds", parse_labels },	{ "decode-fd", parse_labels },
	{ "absolute-timestamps", parse_time },
	{ "relative-timestamps", parse_relative },
	{ "syscall-times", parse_took },
	{ "inject", parse_inject },	{ "fault", parse_fault },
};

void sk_expr_init(struct sk_expr *e)
{
	*e = (struct sk_expr){ .status = SK_STATUS_ALL,
			       .signals = UINT64_MAX };
	sk_in_all(&e->abbrev);
	sk_in_all(&e->verbose);
}

int sk_expr_parse(struct sk_expr *e, const char *arg, struct sk_err *err)
{
	struct sk_in in = { arg, arg, err };
	size_t n = strcspn(arg, "=");

	if (!*arg)
		return sk_usage(err, "-e: the expression is empty");
	if (!arg[n])
		return parse_trace(e, &in);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strlen(keys[i].key) != n || strncmp(keys[i].key, arg, n))
			continue;
		in.at = arg + n + 1;
		return keys[i].parse(e, &in);
	}
	/* inject=read:error=EIO has its own "="; a regex may have one, too. */
	if (*arg == '/' || *arg == '!')
		return parse_trace(e, &in);
	return sk_in_fail(&in, arg, "not trace, trace-fds, abbrev, verbose, "
				    "status, signal, raw, read, write, "
				    "decode-fds, quiet, inject or fault");
}
