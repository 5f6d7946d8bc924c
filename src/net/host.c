/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/host.h"

#include <sys/random.h>

#include "base/log.h"
#include "base/units.h"

struct sk_host {
	struct sk_loop *loop;
	struct stk *stk;
	struct sk_watch link;	/* of the descriptor below */
	int fd;
	struct sk_timer deadline;
	struct sk_task work;
	bool read;		/* the link may have something for us */
	sk_host_dead_fn *dead;
	void *arg;
	bool told;		/* that it is dead */
	struct sk_host *peer;	/* at the other end of a pair; NULL: none */
};

/* --- in the loop ------------------------------------------------------------ */

static void run(struct sk_host *h);

static void on_link(struct sk_watch *w)
{
	struct sk_host *h = sk_container_of(w, struct sk_host, link);

	/* It is read until it has no more; the next edge calls. */
	sk_watch_blocked(w, SK_IN | SK_OUT);
	h->read = true;
	run(h);
}

/* The descriptor changes when a wire has found its other end. */
static void watch_link(struct sk_host *h)
{
	bool out;
	int fd = stk_fd(h->stk, &out);

	if (fd != h->fd) {
		sk_watch_fini(&h->link);
		h->fd = fd;
		if (fd >= 0 && sk_watch_init(&h->link, h->loop, fd, on_link))
			sk_warn("stack: epoll: %s", sk_strerror(errno));
		if (fd >= 0) {
			h->read = true;
			sk_task_post(h->loop, &h->work);
		}
	}
	if (fd >= 0)
		sk_watch_want(&h->link, out ? SK_IN | SK_OUT : SK_IN);
}

static void check_dead(struct sk_host *h)
{
	if (h->told || !stk_error(h->stk, NULL))
		return;
	h->told = true;
	if (h->dead)
		h->dead(h, h->arg);
}

static void run(struct sk_host *h)
{
	uint64_t at;

	/* Who was only touched has something to send; an edge of the link would
	 * have been told. */
	if (h->read || h->fd < 0)
		stk_service(h->stk, sk_now_us());
	else
		stk_poll(h->stk, sk_now_us());
	h->read = false;
	watch_link(h);
	at = stk_next_deadline(h->stk);
	if (at != SK_NEVER && at <= h->loop->now) {
		h->read = true;
		sk_task_post(h->loop, &h->work);
	} else {
		sk_timer_at(&h->deadline, at);
	}
	/* Frames in memory are on no descriptor: who sends them says so. */
	if (h->peer && stk_next_deadline(h->peer->stk) <= h->loop->now)
		sk_task_post(h->loop, &h->peer->work);
	check_dead(h);
}

static void on_work(struct sk_task *t)
{
	run(sk_container_of(t, struct sk_host, work));
}

static void on_deadline(struct sk_timer *t)
{
	struct sk_host *h = sk_container_of(t, struct sk_host, deadline);

	h->read = true; /* a link may have deadlines of its own */
	run(h);
}

void sk_host_touch(struct sk_host *h)
{
	stk_set_now(h->stk, h->loop->now);
	sk_task_post(h->loop, &h->work);
}

/* --- life ------------------------------------------------------------------- */

static void on_note(void *arg, bool warning, const char *text)
{
	(void)arg;
	sk_log(warning ? SK_LOG_WARN : SK_LOG_INFO, "stack: %s", text);
}

/* The link is the host's from now on, also on failure. */
static int start(struct sk_host *h, struct stk_config *c,
		 struct stk_link *link, struct sk_err *err)
{
	c->note = on_note;
	sk_info("stack: %s", stk_link_text(link));
	if (getrandom(c->seed, sizeof(c->seed), 0) != sizeof(c->seed)) {
		stk_link_free(link);
		return sk_fail(err, -EIO, "getrandom: %s", sk_strerror(errno));
	}
	h->stk = stk_new(c, link, sk_now_us());
	if (!h->stk)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return 0;
}

static struct sk_host *new_host(struct sk_loop *loop, sk_host_dead_fn *dead,
				void *arg)
{
	struct sk_host *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	*h = (struct sk_host){ .loop = loop, .fd = -1, .dead = dead,
			       .arg = arg };
	sk_timer_init(&h->deadline, loop, on_deadline);
	sk_task_init(&h->work, on_work);
	return h;
}

int sk_host_open(struct sk_host **out, struct sk_loop *loop, const char *spec,
		 sk_host_dead_fn *dead, void *arg, struct sk_err *err)
{
	struct sk_host *h = new_host(loop, dead, arg);
	struct stk_config c = { .note = NULL };
	struct stk_link *link;
	int r;

	if (!h)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	r = stk_open(spec, &c, &link, err);
	if (r >= 0)
		r = start(h, &c, link, err);
	if (r < 0) {
		free(h);
		return r;
	}
	run(h);
	*out = h;
	return 0;
}

static int no_memory(struct sk_err *err)
{
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

/* One end of a wire in memory; nobody else can have its address. */
static int open_end(struct sk_host **out, struct sk_loop *loop,
		    struct stk_link *link, const struct stk_prefix *addr,
		    struct sk_err *err)
{
	struct stk_config c = { .addrs = { *addr }, .n_addrs = 1,
				.no_dad = true };
	struct sk_host *h = new_host(loop, NULL, NULL);
	int r;

	if (!h) {
		stk_link_free(link);
		return no_memory(err);
	}
	r = start(h, &c, link, err);
	if (r < 0)
		free(h);
	else
		*out = h;
	return r;
}

int sk_host_pair(struct sk_host *out[2], struct sk_loop *loop, unsigned mtu,
		 const struct stk_prefix addrs[2], struct sk_err *err)
{
	struct sk_host *h[2] = { NULL, NULL };
	struct stk_link *ends[2];
	int r;

	if (stk_pair(ends, mtu) < 0)
		return no_memory(err);
	r = open_end(&h[0], loop, ends[0], &addrs[0], err);
	if (r < 0) {
		stk_link_free(ends[1]);
		return r;
	}
	r = open_end(&h[1], loop, ends[1], &addrs[1], err);
	if (r < 0) {
		sk_host_free(h[0], 0);
		return r;
	}
	for (int i = 0; i < 2; i++) {
		h[i]->peer = h[!i];
		out[i] = h[i];
		sk_task_post(loop, &h[i]->work);
	}
	return 0;
}

static void on_limit(struct sk_timer *t)
{
	sk_timer_stop(t);
}

/*
 * Runs the loop for as long as `busy` says, and no longer than us (0: for
 * ever). Returns 0, -ETIMEDOUT or -EINTR.
 */
static int run_while(struct sk_host *h, bool (*busy)(const struct sk_host *),
		     uint64_t us)
{
	struct sk_timer limit;
	int r = 0;

	sk_timer_init(&limit, h->loop, on_limit);
	if (us)
		sk_timer_in(&limit, us);
	while (!r && busy(h) && !stk_error(h->stk, NULL)) {
		if (us && !sk_timer_armed(&limit))
			r = -ETIMEDOUT;
		else if (sk_loop_once(h->loop) < 0 || h->loop->stop)
			r = -EINTR;
	}
	sk_timer_stop(&limit);
	return r;
}

struct sk_loop *sk_host_loop(const struct sk_host *h)
{
	return h->loop;
}

struct stk *sk_host_stack(const struct sk_host *h)
{
	return h->stk;
}

/* Connections, and datagrams: the kernel would send these after our end. */
static bool lingers(const struct sk_host *h)
{
	return stk_lingering(h->stk) || stk_has_output(h->stk);
}

void sk_host_free(struct sk_host *h, uint64_t patience)
{
	if (!h)
		return;
	h->loop->stop = false; /* it was for those above us */
	h->dead = NULL;
	sk_host_touch(h);
	if (patience)
		run_while(h, lingers, patience);
	sk_task_cancel(h->loop, &h->work);
	sk_timer_stop(&h->deadline);
	sk_watch_fini(&h->link);
	stk_free(h->stk);
	if (h->peer)
		h->peer->peer = NULL;
	free(h);
}

int sk_host_error(const struct sk_host *h, struct sk_err *err)
{
	return stk_error(h->stk, err);
}

static bool has_no_address(const struct sk_host *h)
{
	return !stk_is_up(h->stk, AF_UNSPEC);
}

static bool is_not_reachable(const struct sk_host *h)
{
	return !stk_is_up(h->stk, AF_UNSPEC) || !stk_carrier(h->stk);
}

int sk_host_wait(struct sk_host *h, bool peer, uint64_t wait,
		 struct sk_err *err)
{
	char text[SK_UNITS_MAX];
	int r = run_while(h, peer ? is_not_reachable : has_no_address, wait);

	if (stk_error(h->stk, err))
		return stk_error(h->stk, NULL);
	if (r == -ETIMEDOUT)
		return sk_fail(err, r, "stack: %s: timed out after %s",
			       stk_carrier(h->stk) ?
				       "no address" :
				       "nobody at the other end",
			       sk_format_duration(text, wait));
	return r;
}

void sk_host_show(struct sk_host *h, enum sk_log_level level)
{
	struct sk_out out;
	char *line, *rest;

	sk_out_init(&out, -1);
	stk_show(h->stk, &out);
	sk_out_char(&out, '\0');
	for (rest = out.buf; rest && (line = strsep(&rest, "\n"));)
		if (*line)
			sk_log(level, "stack: %s", line);
	sk_out_fini(&out);
}

/* --- sockets ---------------------------------------------------------------- */

static void on_ready(struct stk_sock *sk, unsigned events, void *arg)
{
	unsigned can = 0;

	(void)sk;
	if (events & (STK_IN | STK_ERR | STK_HUP))
		can |= SK_IN;
	if (events & (STK_OUT | STK_ERR | STK_HUP))
		can |= SK_OUT;
	sk_watch_signal(arg, can);
}

void sk_host_watch(struct stk_sock *sk, struct sk_watch *w)
{
	stk_on_ready(sk, on_ready, w);
	on_ready(sk, stk_ready(sk), w);
}

static int set_option(void *arg, int level, int name, const void *val,
		      size_t len)
{
	return stk_setopt(arg, level, name, val, len);
}

int sk_host_apply(struct stk_sock *sk, int family, const struct sk_net_opts *o,
		  struct sk_err *err)
{
	return sk_net_apply_by(set_option, sk, family, o, false, err);
}

int sk_host_socket(struct sk_host *h, int family, int type,
		   const struct sk_net_opts *o, struct stk_sock **sk,
		   struct sk_err *err)
{
	int r = stk_socket(h->stk, family, type, sk);

	if (r < 0)
		return sk_fail(err, r, "stack: socket: %s", sk_strerror(r));
	r = sk_host_apply(*sk, family, o, err);
	if (r < 0) {
		stk_close(*sk);
		*sk = NULL;
	}
	return r;
}

int sk_host_bind(struct stk_sock *sk, const struct sk_addr *a)
{
	struct stk_addr s;

	return stk_addr_from(&s, &a->sa, a->len) ? stk_bind(sk, &s) :
						   -EAFNOSUPPORT;
}

int sk_host_connect(struct sk_host *h, struct stk_sock *sk,
		    const struct sk_addr *a)
{
	struct stk_addr s;

	sk_host_touch(h);
	return stk_addr_from(&s, &a->sa, a->len) ? stk_connect(sk, &s) :
						   -EAFNOSUPPORT;
}

int sk_host_socket_error(struct stk_sock *sk)
{
	size_t len = sizeof(int);
	int error = 0;

	stk_getopt(sk, SOL_SOCKET, SO_ERROR, &error, &len);
	return -error;
}

void sk_host_local(const struct stk_sock *sk, struct sk_addr *a)
{
	struct stk_addr s;

	*a = (struct sk_addr){ 0 };
	if (stk_local(sk, &s) == 0)
		a->len = (socklen_t)stk_addr_to(&s, &a->sa);
}

void sk_host_peer(const struct stk_sock *sk, struct sk_addr *a)
{
	struct stk_addr s;

	*a = (struct sk_addr){ 0 };
	if (stk_peer(sk, &s) == 0)
		a->len = (socklen_t)stk_addr_to(&s, &a->sa);
}
