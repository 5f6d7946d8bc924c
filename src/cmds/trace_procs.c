/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/trace_procs.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/log.h"
#include "cli/cli.h"
#include "trace/front.h"
#include "trace/launch.h"

/* What became of the program becomes of us. */
static int pass_on(const struct sk_engine_result *res, struct sk_err *err)
{
	const struct rlimit none = { 0, 0 };

	if (res->signal)
		return sk_signalled(err, res->signal);
	if (!res->ran)
		return 0;
	if (WIFSIGNALED(res->status)) {
		setrlimit(RLIMIT_CORE, &none);	/* its core, not ours */
		return sk_signalled(err, WTERMSIG(res->status));
	}
	return sk_passed_on(err, WEXITSTATUS(res->status));
}

/* Attached programs carry no filter of ours: one process does it all. */
int sk_trace_here(struct sk_trace_job *t, struct sk_err *err)
{
	struct sk_engine *engine = sk_engine_new();
	int r;

	if (!engine)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = t->trace(t->arg, engine, err);
	sk_engine_free(engine);
	return r < 0 ? r : pass_on(&t->result, err);
}

static int trace_behind(struct sk_trace_job *t, struct sk_front *front,
			struct sk_err *err)
{
	struct sk_engine *engine = sk_engine_new();
	struct sk_front_result told = { .status = SK_EXIT_FAIL };
	int r;

	r = engine ? t->trace(t->arg, engine, err) :
		     sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	told.engine = t->result;
	told.status = r < 0 ? err->status : 0;
	/* With -D the program itself says why it could not be started. */
	if (r < 0 && err->text[0] && !t->engine->self)
		sk_error("%s", err->text);
	err->text[0] = '\0';
	sk_front_tell(front, &told);
	if (told.engine.keep)
		sk_engine_keep(engine);
	sk_engine_free(engine);
	return r;
}

int sk_trace_split(struct sk_trace_job *t, struct sk_err *err)
{
	struct sk_front front;
	struct sk_front_result told;
	int r = sk_front_split(&front);

	if (r < 0)
		return sk_fail(err, r, "fork: %s", sk_strerror(r));
	if (!front.tracer)
		return trace_behind(t, &front, err);
	sk_engine_hold_on(t->engine);
	if (sk_front_wait(&front, &told) < 0)
		return sk_fail(err, -ECHILD, "the tracer was killed, and the "
					     "program with it");
	if (told.status)
		return sk_passed_on(err, told.status);
	return pass_on(&told.engine, err);
}

/* In the process that is to be the program; comes back when it cannot. */
static int become(struct sk_trace_job *t, const struct sock_fprog *filter, int go,
		  int why, struct sk_err *err)
{
	const struct sk_engine_opts *e = t->engine;
	int r = sk_launch_exec(e->argv, e->env, e->n_env, e->user, filter, go,
			       why);

	sk_fail(err, r, "%s: %s", e->argv[0], sk_strerror(r));
	err->status = r == -ENOENT ? 127 : r == -ESRCH ? 1 : 126;
	return r;
}

/* -D: this process becomes the program. */
int sk_trace_swapped(struct sk_trace_job *t, struct sk_err *err)
{
	struct sk_front none = { .fd = -1 };
	struct sock_fprog first, full;
	int go, why, r;

	r = sk_launch_filters(t->engine, &first, &full);
	if (r >= 0)
		r = sk_front_swap(t->engine, &go, &why);
	if (r < 0)
		sk_fail(err, r, "fork: %s", sk_strerror(r));
	else if (r > 0)
		r = become(t, &first, go, why, err);
	else
		r = trace_behind(t, &none, err);
	free(first.filter);
	free(full.filter);
	return r;
}
