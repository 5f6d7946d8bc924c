/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals to the tracer, and the timer that wakes it. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "trace/tracer.h"

/*
 * wait4() cannot be woken safely by a flag alone: the signal may come just
 * before it. So the handler also starts a timer, which interrupts again and
 * again until the loop has seen the flag.
 */
volatile sig_atomic_t sk_asked_to_leave, sk_asked_to_show;
static timer_t waker;
static bool have_waker;

void sk_wake_in(uint64_t ns)
{
	struct itimerspec when = {
		.it_interval = { 0, 10000000 },
		.it_value = { (time_t)(ns / 1000000000),
			      (long)(ns % 1000000000) },
	};

	if (!ns)
		when.it_interval.tv_nsec = 0;
	else if (ns > 20000000)	/* others may wait for less */
		when.it_value = (struct timespec){ 0, 20000000 };
	if (have_waker)
		timer_settime(waker, 0, &when, NULL);
}

static void on_signal(int signo)
{
	int saved = errno;

	if (signo == SIGUSR1)
		sk_asked_to_show = 1;
	else if (signo != SIGALRM)
		sk_asked_to_leave = signo;
	if (signo != SIGALRM)
		sk_wake_in(10000000);
	errno = saved;
}

void sk_wake_catch(void)
{
	static const int signals[] = { SIGALRM, SIGUSR1, SIGINT, SIGTERM,
				       SIGHUP, SIGQUIT };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGALRM };
	struct sigaction act = { .sa_handler = on_signal }, old;
	const struct sigaction no_stops = { .sa_handler = SIG_DFL,
					    .sa_flags = SA_NOCLDSTOP };

	/* Stops wake wait4() all the same, and there are many. */
	sigaction(SIGCHLD, &no_stops, NULL);
	have_waker = !timer_create(CLOCK_MONOTONIC, &ev, &waker);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) &&
		    (old.sa_handler != SIG_IGN || i < 2))
			sigaction(signals[i], &act, NULL);
}

void sk_engine_hold_on(const struct sk_engine_opts *o)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
				       SIGTSTP };
	size_t n = sizeof(signals) / sizeof(*signals);

	for (size_t i = 0; o->hold_on && i < n - !o->hold_on_stops; i++)
		signal(signals[i], SIG_IGN);
}

void sk_wake_ignore(void)
{
	static const int signals[] = { SIGUSR1, SIGINT, SIGTERM, SIGHUP,
				       SIGQUIT };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_IGN);
}
