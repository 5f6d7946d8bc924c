/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting the program. The child waits before its exec until it is seized,
 * so nothing of the program escapes us, and then puts on the filter. Why its
 * exec failed comes back through a pipe that a good exec closes.
 */
#include "trace/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "trace/tracer.h"

/* --- in the child ------------------------------------------------------------ */

static void default_signals(void)
{
	static const int ours[] = { SIGALRM, SIGUSR1, SIGINT, SIGTERM,
				    SIGHUP, SIGQUIT };
	struct sigaction act;

	/* What was ignored for us when we came stays so; what we catch not. */
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (!sigaction(ours[i], NULL, &act) &&
		    act.sa_handler != SIG_IGN)
			signal(ours[i], SIG_DFL);
	signal(SIGPIPE, SIG_DFL);	/* main() ignores it */
}

static int become(const char *user)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw)
		return -ENOENT;
	if (initgroups(user, pw->pw_gid) < 0 ||
	    setregid(pw->pw_gid, pw->pw_gid) < 0 ||
	    setreuid(pw->pw_uid, pw->pw_uid) < 0)
		return -errno;
	setenv("HOME", pw->pw_dir, 1);
	setenv("USER", user, 1);
	setenv("LOGNAME", user, 1);
	return 0;
}

static void set_env(const char *const *env, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *eq = strchr(env[i], '=');
		char *name;

		if (!eq) {
			unsetenv(env[i]);
			continue;
		}
		name = strndup(env[i], (size_t)(eq - env[i]));
		if (name)
			setenv(name, eq + 1, 1);
		free(name);
	}
}

int sk_launch_exec(char *const *argv, const char *const *env, size_t n_env,
		   const char *user, const struct sock_fprog *filter, int go_fd,
		   int err_fd)
{
	struct { int step, error; } why = { 0, 0 };
	char go;

	default_signals();
	if (read(go_fd, &go, 1) != 1)
		return -ESRCH;	/* the tracer is gone */
	/*
	 * The filter comes before the change of user, who may not put one on
	 * without giving up set-user-ID programs.
	 */
	why.step = SK_STEP_FILTER;
	why.error = filter->len ? -sk_filter_install(filter) : 0;
	if (!why.error && user) {
		why.step = SK_STEP_USER;
		why.error = -become(user);
	}
	if (!why.error) {
		why.step = SK_STEP_EXEC;
		set_env(env, n_env);
		execvp(argv[0], argv);
		why.error = errno;
	}
	if (write(err_fd, &why, sizeof(why)) < 0)
		return -errno;
	return -why.error;
}

/* --- rights ------------------------------------------------------------------ */

/* What execvp(3) will run; false: nothing that we could find. */
static bool find_program(const char *prog, char path[PATH_MAX],
			 struct stat *st)
{
	const char *dirs = getenv("PATH"), *end;

	if (strchr(prog, '/'))
		dirs = "";
	for (; dirs; dirs = *end ? end + 1 : NULL) {
		end = strchrnul(dirs, ':');
		snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - dirs), dirs,
			 end == dirs ? "" : "/", prog);
		if (!stat(path, st) && S_ISREG(st->st_mode) &&
		    !access(path, X_OK))
			return true;
	}
	return false;
}

const char *sk_launch_rights(const char *prog, char path[PATH_MAX])
{
	struct stat st;

	if (!geteuid() || !find_program(prog, path, &st))
		return NULL;
	if (st.st_mode & S_ISUID && st.st_uid != geteuid())
		return "is set-user-ID";
	if (st.st_mode & S_ISGID && st.st_gid != getegid())
		return "is set-group-ID";
	if (getxattr(path, "security.capability", NULL, 0) > 0)
		return "has capabilities of its own";
	return NULL;
}

/* --- in the tracer ----------------------------------------------------------- */

int sk_launch_filters(const struct sk_engine_opts *o, struct sock_fprog *first,
		      struct sock_fprog *full)
{
	struct sk_sys_set both = o->always;
	int r;

	first->len = full->len = 0;
	first->filter = full->filter = NULL;
	/* A child that we let go would keep the filter. */
	if (o->no_seccomp || o->no_follow)
		return 0;
	for (size_t i = 0; i < sizeof(both.bits) / sizeof(*both.bits); i++)
		both.bits[i] |= o->with_sockets.bits[i];
	r = sk_filter_build(full, &both);
	if (r < 0)
		return r;
	/* Sockets that the program inherits are there from the first call. */
	return sk_filter_build(first, sk_proc_has_sockets(getpid()) ?
					      &both : &o->always);
}

static int seize(struct sk_engine *e, pid_t pid, struct sk_err *err)
{
	struct sk_event ev = { .kind = SK_EV_NEW };
	struct sk_tracee *t;

	if (ptrace(PTRACE_SEIZE, pid, 0, sk_tracee_options(e, false)) < 0)
		return sk_trace_refused(pid, errno, err);
	t = sk_tracee_add(e, pid, pid);
	if (!t)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	t->filtered = e->filter.len > 0;
	t->full = e->filter.len == e->full_filter.len;
	sk_engine_emit(e, t, &ev, NULL);
	return 0;
}

static pid_t fork_child(struct sk_engine *e, int go[2], int why[2])
{
	const struct sk_engine_opts *o = e->o;
	pid_t pid = fork();

	if (pid)
		return pid;
	close(go[1]);
	close(why[0]);
	sk_launch_exec(o->argv, o->env, o->n_env, o->user, &e->filter, go[0],
		       why[1]);
	_exit(127);
}

static int start_child(struct sk_engine *e, struct sk_err *err)
{
	int go[2] = { -1, -1 }, why[2] = { -1, -1 };

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(why, O_CLOEXEC) < 0)
		return sk_fail(err, -errno, "pipe: %s", sk_strerror(errno));
	e->child = fork_child(e, go, why);
	close(go[0]);
	close(why[1]);
	e->go_fd = go[1];
	e->err_fd = why[0];
	if (e->child < 0) {
		e->child = 0;
		return sk_fail(err, -errno, "fork: %s", sk_strerror(errno));
	}
	return 0;
}

int sk_launch(struct sk_engine *e, struct sk_err *err)
{
	int r = sk_launch_filters(e->o, &e->filter, &e->full_filter);

	if (r < 0)
		return sk_fail(err, r, "%s", sk_strerror(r));
	if (e->o->self) {
		e->child = e->o->self;
		e->go_fd = e->o->self_go;
		e->err_fd = e->o->self_err;
	} else {
		r = start_child(e, err);
	}
	if (r >= 0)
		r = seize(e, e->child, err);
	if (r >= 0 && write(e->go_fd, "g", 1) != 1)
		r = sk_fail(err, -errno, "%s", sk_strerror(errno));
	sk_close(&e->go_fd);	/* without the word, it ends by itself */
	return r;
}

int sk_launch_failure(struct sk_engine *e, struct sk_err *err)
{
	static const char *const steps[] = {
		[SK_STEP_FILTER] = "seccomp", [SK_STEP_USER] = "user",
	};
	struct { int step, error; } why;
	const char *name = e->o->argv ? e->o->argv[0] : "program";
	int r;

	if (read(e->err_fd, &why, sizeof(why)) != sizeof(why))
		return sk_fail(err, -ECHILD, "the program ended before it "
					     "was started");
	if (why.step == SK_STEP_USER)
		return sk_fail(err, -why.error, "%s %s: %s", steps[why.step],
			       e->o->user, why.error == ENOENT ?
						   "there is no such user" :
						   sk_strerror(why.error));
	if (why.step == SK_STEP_FILTER)
		return sk_fail(err, -why.error, "%s: %s", steps[why.step],
			       sk_strerror(why.error));
	r = sk_fail(err, -why.error, "%s: %s", name, sk_strerror(why.error));
	if (err)
		err->status = why.error == ENOENT ? 127 : 126;
	return r;
}
