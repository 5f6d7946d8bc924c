/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/resolve.h"

#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "base/units.h"

/*
 * What the thread works on. It belongs to both; `users` says who is left to
 * free it. The thread touches nothing of the loop but the eventfd.
 */
struct job {
	char host[256], service[64];
	struct addrinfo hints, *result;
	int gai, gai_errno;
	int eventfd;
	int users;
};

struct sk_resolve {
	struct sk_loop *loop;
	struct job *job;
	struct sk_watch watch;
	struct sk_task soon;	/* numbers need no thread */
	sk_resolve_fn *fn;
	void *arg;
};

static void job_release(struct job *job)
{
	if (__atomic_sub_fetch(&job->users, 1, __ATOMIC_ACQ_REL))
		return;
	if (job->result)
		freeaddrinfo(job->result);
	sk_close(&job->eventfd);
	free(job);
}

static void job_run(struct job *job)
{
	job->gai = getaddrinfo(*job->host ? job->host : NULL, job->service,
			       &job->hints, &job->result);
	job->gai_errno = errno;
}

static void *job_thread(void *arg)
{
	struct job *job = arg;
	uint64_t one = 1;

	job_run(job);
	if (write(job->eventfd, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes one count, always */
	job_release(job);
	return NULL;
}

void sk_addrs_interleave(struct sk_addrs *a)
{
	for (size_t i = 1; i < a->n; i++) {
		size_t j = i;

		while (j < a->n &&
		       a->v[j].sa.sa_family == a->v[i - 1].sa.sa_family)
			j++;
		if (j == a->n)
			return;
		/* Keep the order within each family. */
		struct sk_addr other = a->v[j];

		memmove(&a->v[i + 1], &a->v[i], (j - i) * sizeof(a->v[0]));
		a->v[i] = other;
	}
}

static void take_result(struct sk_addrs *out, const struct job *job)
{
	out->n = 0;
	for (const struct addrinfo *ai = job->result; ai; ai = ai->ai_next) {
		struct sk_addr *a = &out->v[out->n];

		if ((ai->ai_family != AF_INET && ai->ai_family != AF_INET6) ||
		    out->n == SK_ADDRS_MAX)
			continue;
		*a = (struct sk_addr){ .len = ai->ai_addrlen };
		memcpy(&a->sa, ai->ai_addr, ai->ai_addrlen);
		out->n++;
	}
	sk_addrs_interleave(out);
}

/* glibc calls an address with a wrong zone an unknown name. */
static int bad_zone(const char *host, const char *zone, struct sk_err *err)
{
	return if_nametoindex(zone) ?
		       sk_fail(err, -EINVAL, "%s: only a link's own address "
			       "(fe80::/10) has an interface", host) :
		       sk_fail(err, -ENODEV, "%s: no such interface", host);
}

static int gai_fail(const struct job *job, struct sk_err *err)
{
	const char *zone = strchr(job->host, '%');
	char host[300];

	sk_escape(host, sizeof(host), job->host, strlen(job->host));
	if (job->gai == EAI_NONAME && zone)
		return bad_zone(host, zone + 1, err);
	if (job->gai == EAI_SYSTEM)
		return sk_fail(err, -job->gai_errno, "%s: %s", host,
			       sk_strerror(job->gai_errno));
	if (job->gai == EAI_NONAME && (job->hints.ai_flags & AI_NUMERICHOST))
		return sk_fail(err, -ENOENT,
			       "%s: not a numeric address, and names are not "
			       "looked up (-n)", host);
	if (job->gai == EAI_ADDRFAMILY || job->gai == EAI_NODATA ||
	    (job->gai == EAI_NONAME && job->hints.ai_family != AF_UNSPEC))
		return sk_fail(err, -ENOENT, "%s: no %saddress: %s", host,
			       job->hints.ai_family == AF_INET	? "IPv4 " :
			       job->hints.ai_family == AF_INET6 ? "IPv6 " :
								  "",
			       gai_strerror(job->gai));
	return sk_fail(err, job->gai == EAI_AGAIN ? -EAGAIN : -ENOENT,
		       "%s: %s", host, gai_strerror(job->gai));
}

static void deliver(struct sk_resolve *res)
{
	struct sk_addrs addrs = { 0 };
	struct sk_err err = { 0 };
	int r = 0;

	if (res->job->gai)
		r = gai_fail(res->job, &err);
	else
		take_result(&addrs, res->job);
	if (r >= 0 && !addrs.n)
		r = sk_fail(&err, -ENOENT, "%s: no address", res->job->host);
	res->fn(res, r, &addrs, &err, res->arg);
}

static void on_event(struct sk_watch *w)
{
	sk_watch_want(w, 0);
	deliver(sk_container_of(w, struct sk_resolve, watch));
}

static void on_soon(struct sk_task *t)
{
	deliver(sk_container_of(t, struct sk_resolve, soon));
}

static int start_thread(struct sk_resolve *res)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int r;

	res->job->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (res->job->eventfd < 0)
		return -errno;
	r = sk_watch_init(&res->watch, res->loop, res->job->eventfd, on_event);
	if (r < 0)
		return r;
	sk_watch_want(&res->watch, SK_IN);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	res->job->users++;
	r = pthread_create(&thread, &attr, job_thread, res->job);
	if (r)
		res->job->users--;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

static struct job *job_new(const struct sk_target *t,
			   const struct sk_net_opts *o, bool passive)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	memcpy(job->host, t->host, sizeof(job->host));
	memcpy(job->service, t->service, sizeof(job->service));
	job->users = 1;
	job->eventfd = -1;
	job->hints = (struct addrinfo){
		.ai_family = o->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | (passive ? AI_PASSIVE : 0),
	};
	return job;
}

/* A number, or no host at all, is there at once; a name takes a thread. */
static int begin(struct sk_resolve *res, bool numeric)
{
	job_run(res->job);
	if (res->job->gai == EAI_NONAME && !numeric) {
		res->job->hints.ai_flags &= ~AI_NUMERICHOST;
		if (!start_thread(res))
			return 0;
		sk_watch_fini(&res->watch);
		job_run(res->job); /* no thread to be had: wait, then */
	}
	sk_task_post(res->loop, &res->soon);
	return 0;
}

struct sk_resolve *sk_resolve_start(struct sk_loop *loop,
				    const struct sk_target *t,
				    const struct sk_net_opts *o, bool passive,
				    sk_resolve_fn *fn, void *arg)
{
	struct sk_resolve *res = calloc(1, sizeof(*res));

	if (!res)
		return NULL;
	res->job = job_new(t, o, passive);
	if (!res->job) {
		free(res);
		return NULL;
	}
	res->loop = loop;
	res->fn = fn;
	res->arg = arg;
	sk_task_init(&res->soon, on_soon);
	begin(res, o->numeric);
	return res;
}

void sk_resolve_free(struct sk_resolve *res)
{
	if (!res)
		return;
	sk_task_cancel(res->loop, &res->soon);
	sk_watch_fini(&res->watch);
	job_release(res->job);
	free(res);
}

/* --- waiting ---------------------------------------------------------------- */

struct waiter {
	int r;			/* 1: not yet */
	struct sk_addrs *addrs;
	struct sk_err *err;
	struct sk_timer timer;
};

static void wait_done(struct sk_resolve *res, int r,
		      const struct sk_addrs *addrs, const struct sk_err *err,
		      void *arg)
{
	struct waiter *w = arg;

	(void)res;
	w->r = r;
	if (r < 0)
		*w->err = *err;
	else
		*w->addrs = *addrs;
}

static void wait_over(struct sk_timer *t)
{
	sk_container_of(t, struct waiter, timer)->r = -ETIMEDOUT;
}

int sk_resolve_wait(struct sk_loop *loop, const struct sk_target *t,
		    const struct sk_net_opts *o, bool passive,
		    struct sk_addrs *addrs, struct sk_err *err)
{
	struct waiter w = { .r = 1, .addrs = addrs, .err = err };
	char text[SK_UNITS_MAX];
	struct sk_resolve *res;

	res = sk_resolve_start(loop, t, o, passive, wait_done, &w);
	if (!res)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	sk_timer_init(&w.timer, loop, wait_over);
	if (o->wait)
		sk_timer_in(&w.timer, o->wait);
	while (w.r == 1 && !loop->stop)
		if (sk_loop_once(loop) < 0)
			break;
	sk_timer_stop(&w.timer);
	sk_resolve_free(res);
	if (w.r == -ETIMEDOUT)
		sk_fail(err, w.r, "%s: name look-up timed out after %s",
			t->host, sk_format_duration(text, o->wait));
	return w.r == 1 ? -EINTR : w.r;
}
