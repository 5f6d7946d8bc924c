/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: when the tracer goes to the CPU of the program, when it leaves again
 * (near.c, with made-up clocks), and that it then is what it says (place.c).
 */
#include "tap.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/tracer.h"

#define MS UINT64_C(1000000)

static uint64_t now;
static struct sk_near_sample sample;

/* n stops of a thread, ns apart; what the last one was answered with. */
static enum sk_near_step stops(struct sk_near *n, pid_t tid, unsigned count,
			       uint64_t ns)
{
	enum sk_near_step step = SK_NEAR_STAY;

	while (count-- && step == SK_NEAR_STAY)
		step = sk_near_stop(n, tid, now += ns, false);
	return step;
}

/* The same of thread 7, before each of which the tracer has slept. */
static enum sk_near_step sleeps(struct sk_near *n, unsigned count)
{
	enum sk_near_step step = SK_NEAR_STAY;

	while (count-- && step == SK_NEAR_STAY)
		step = sk_near_stop(n, 7, now += 10000, true);
	return step;
}

/* A look at which the tracer has waited and the thread has run so long. */
static enum sk_near_step look(struct sk_near *n, uint64_t waited, uint64_t ran)
{
	sample.now_ns = now;
	sample.waited_ns += waited;
	sample.ran_ns += ran;
	return sk_near_look(n, &sample);
}

/* Three looks in a row at which it has waited for others. */
static enum sk_near_step starves(struct sk_near *n)
{
	enum sk_near_step step = SK_NEAR_STAY;

	for (int i = 0; i < 3 && step == SK_NEAR_STAY; i++) {
		stops(n, 7, 1, 4 * MS);
		step = look(n, 3 * MS, 0);
	}
	return step;
}

/* One that is together with thread 7. */
static void come(struct sk_near *n)
{
	if (stops(n, 7, 2000000, 10000) == SK_NEAR_LOOK)
		look(n, 0, 0);
}

static void check_coming(void)
{
	struct sk_near n = { 0 };

	ok(stops(&n, 7, 32, 10000) == SK_NEAR_STAY &&
	   stops(&n, 7, 1, 10000) == SK_NEAR_LOOK &&
	   look(&n, 5 * MS, 0) == SK_NEAR_COME && n.together,
	   "one thread stops 32 times and more: there it goes");
	ok(stops(&n, 7, 31, 10000) == SK_NEAR_STAY &&
	   stops(&n, 7, 1, 10000) == SK_NEAR_LOOK &&
	   look(&n, 0, 0) == SK_NEAR_STAY && n.together,
	   "it looks again every 32 stops");
	ok(stops(&n, 7, 1, 3 * MS) == SK_NEAR_LOOK,
	   "and when something has taken long");

	memset(&n, 0, sizeof(n));
	ok(stops(&n, 7, 5000, MS + MS / 10) == SK_NEAR_STAY,
	   "stops that are far apart are left as they are");
	ok(stops(&n, 7, 64, 10000) == SK_NEAR_LOOK,
	   "until they become many");

	memset(&n, 0, sizeof(n));
	for (int i = 0; i < 100; i++)
		if (stops(&n, 7, 20, 10000) + stops(&n, 8, 20, 10000))
			break;
	ok(!n.together && n.stops == 19, "threads that take turns have it stay");
}

static void check_others(void)
{
	struct sk_near n = { 0 };

	come(&n);
	ok(n.together && stops(&n, 8, 1, 10000) == SK_NEAR_LEAVE &&
	   !n.together, "another thread's stop: it leaves");
	ok(stops(&n, 7, 64, 10000) == SK_NEAR_STAY &&
	   stops(&n, 7, 1, 10000) == SK_NEAR_LOOK,
	   "and needs twice as many to come again");
	look(&n, 0, 0);
	for (int i = 0; i < 20; i++) {
		stops(&n, 8, 1, 10000);
		come(&n);
	}
	ok(n.together && n.need == 4096, "that has an end");
	if (stops(&n, 7, 32, 10000) == SK_NEAR_LOOK)
		look(&n, 0, 0);
	ok(n.together && n.need == 4096, "and is remembered for a while");
	for (int i = 0; i < 130; i++)
		if (stops(&n, 7, 32, 10000) == SK_NEAR_LOOK)
			look(&n, 0, 0);
	ok(n.together && n.need == 32, "a long time together is a new start");
}

static void check_hunger(void)
{
	struct sk_near n = { 0 };
	uint64_t away;

	come(&n);
	stops(&n, 7, 32, 10000);
	ok(look(&n, 30 * MS, 30 * MS) == SK_NEAR_STAY,
	   "waiting while the thread runs is no hunger");
	stops(&n, 7, 32, 10000);
	ok(look(&n, MS - 1, 0) == SK_NEAR_STAY, "nor is a little of it");
	for (int i = 0; i < 4; i++) {
		stops(&n, 7, 1, 100 * MS);
		look(&n, 20 * MS, 0);
	}
	ok(n.together, "nor a small part of the time");
	for (int i = 0; i < 8; i++) {
		stops(&n, 7, 1, 4 * MS);
		look(&n, i % 3 ? 3 * MS : 0, 0);
	}
	ok(n.together, "nor somebody who comes and goes");
	stops(&n, 7, 32, 10000);
	look(&n, 0, 0);
	ok(starves(&n) == SK_NEAR_LEAVE && !n.together,
	   "who waits for others most of the time, look by look, leaves");
	away = now;
	come(&n);
	ok(n.together && now - away >= 100 * MS && now - away < 101 * MS,
	   "for 100 ms");
	for (int i = 0; i < 20; i++) {
		starves(&n);
		away = now;
		come(&n);
	}
	ok(n.together && now - away >= 10000 * MS &&
	   now - away < 10001 * MS, "for longer each time, 10 s at most");
}

/* So many stops beside the thread, a look every 32. */
static void work(struct sk_near *n, unsigned stops_made)
{
	for (unsigned i = 0; i < stops_made; i += 32)
		if (stops(n, 7, 32, 10000) == SK_NEAR_LOOK)
			look(n, 0, 0);
}

/* Kept out for long at one look: how long does it stay away, in ms? */
static uint64_t starved(struct sk_near *n)
{
	uint64_t away;

	stops(n, 7, 1, 12 * MS);
	if (look(n, 11 * MS, 0) != SK_NEAR_LEAVE)
		return 0;
	away = now;
	come(n);
	return n->together ? (now - away) / MS : 0;
}

static void check_starving(void)
{
	struct sk_near n = { 0 };

	come(&n);
	is_int(starved(&n), 100, "kept out for 10 ms it leaves at once");
	work(&n, 5000);
	is_int(starved(&n), 200, "for longer if that was so a moment ago");
	work(&n, 5000);
	is_int(starved(&n), 400, "however many stops were in between");
	work(&n, 170000);
	is_int(starved(&n), 100, "a long time without is a new start");
}

static void check_crowd(void)
{
	struct sk_near n = { 0 };

	sample.crowded = true;
	stops(&n, 7, 33, 100000);
	ok(look(&n, 0, 0) == SK_NEAR_STAY && !n.together,
	   "it does not come where more want to run than can");
	stops(&n, 7, 32, 100000);
	look(&n, 0, 0);
	stops(&n, 7, 32, 100000);
	ok(look(&n, 0, 0) == SK_NEAR_LEAVE && n.not_before_ns > now,
	   "and gives it some time when they stay");
	sample.crowded = false;
	come(&n);
	stops(&n, 7, 32, 10000);
	sample.crowded = true;
	ok(n.together && look(&n, 0, 0) == SK_NEAR_STAY && n.together,
	   "it stays when they come");
	for (int i = 0; i < 10; i++) {
		stops(&n, 7, 32, 10000);
		look(&n, 0, 0);
	}
	ok(n.together, "for they may go, however often it looks");
	sample.crowded = false;
	stops(&n, 7, 32, 10000);
	look(&n, 0, 0);
	sample.crowded = true;
	stops(&n, 7, 32, 200000);
	look(&n, 0, 0);
	stops(&n, 7, 32, 200000);
	ok(look(&n, 0, 0) == SK_NEAR_STAY, "or in between");
	stops(&n, 7, 32, 10000);
	ok(look(&n, 0, 0) == SK_NEAR_LEAVE && !n.together,
	   "and leaves when they do not");
	sample.crowded = false;
}

static void check_apart(void)
{
	struct sk_near n = { 0 };
	int came = 0;

	come(&n);
	ok(sleeps(&n, 2) == SK_NEAR_STAY &&
	   stops(&n, 7, 1, 10000) == SK_NEAR_STAY &&
	   sleeps(&n, 2) == SK_NEAR_STAY, "sleeping now and then is no sign");
	ok(sleeps(&n, 1) == SK_NEAR_LOOK && look(&n, 0, 0) == SK_NEAR_COME,
	   "before three stops in a row: they are apart, it goes there again");
	ok(sleeps(&n, 2) == SK_NEAR_STAY && sleeps(&n, 1) == SK_NEAR_LOOK &&
	   look(&n, 0, 0) == SK_NEAR_COME && n.apart == 2, "and again");
	stops(&n, 7, 1, 5 * MS);
	ok(look(&n, 0, 0) == SK_NEAR_STAY && n.apart == 2,
	   "a single stop does not tell that they are together");
	stops(&n, 7, 32, 10000);
	ok(look(&n, 0, 0) == SK_NEAR_STAY && !n.apart, "but many do");
	while (sleeps(&n, 3) == SK_NEAR_LOOK && look(&n, 0, 0) == SK_NEAR_COME)
		came++;
	ok(came == 7 && !n.together, "it does not run after it for ever");
}

/* --- the real thing ------------------------------------------------------------ */

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	pause();
	_exit(0);
}

static void check_place(void)
{
	struct sk_place p;
	pid_t pid = sleeper();
	cpu_set_t before, after, its;
	int normal = sched_getscheduler(0), polite;
	int nice = getpriority(PRIO_PROCESS, 0);

	sched_getaffinity(0, sizeof(before), &before);
	sk_place_begin(&p);
	for (int i = 0; i < 33; i++)
		sk_place_stop(&p, pid, now += 10000, false);
	/* Where it may not, or others want the CPUs, nothing changes. */
	polite = p.polite ? SCHED_IDLE : normal;
	sched_getaffinity(0, sizeof(after), &after);
	sched_getaffinity(pid, sizeof(its), &its);
	ok(sched_getscheduler(0) == polite, "the tracer becomes polite");
	ok(CPU_COUNT(&after) == (p.polite ? 1 : CPU_COUNT(&before)),
	   "and stays on that CPU");
	ok(CPU_EQUAL(&before, &its) && sched_getscheduler(pid) == normal,
	   "the program is as it was");
	sk_place_stop(&p, 1, now += 10000, false);
	sched_getaffinity(0, sizeof(after), &after);
	ok(sched_getscheduler(0) == normal && CPU_EQUAL(&before, &after) &&
	   getpriority(PRIO_PROCESS, 0) == nice, "it is as before when it leaves");
	for (int i = 0; i < 66; i++)
		sk_place_stop(&p, pid, now += 10000, false);
	sk_place_end(&p);
	sched_getaffinity(0, sizeof(after), &after);
	ok(sched_getscheduler(0) == normal && CPU_EQUAL(&before, &after) &&
	   p.own_fd < 0 && p.its_fd < 0 && !p.near.together,
	   "and at the end");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Whether it comes, on two CPUs, with such a /proc/loadavg; -1: it gave up. */
static int comes(const char *load, pid_t tid)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		struct sk_place p = { .its_fd = -1 };

		CPU_SET(0, &p.cpus);
		CPU_SET(1, &p.cpus);
		p.own_fd = open("/proc/thread-self/schedstat", O_RDONLY);
		p.load_fd = memfd_create("load", 0);
		if (p.own_fd < 0 || pwrite(p.load_fd, load, strlen(load), 0) !=
					    (ssize_t)strlen(load))
			_exit(2);
		for (int i = 0; i < 33; i++)
			sk_place_stop(&p, tid, now += 10000, false);
		_exit(p.own_fd < 0 ? 3 : p.near.together);
	}
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 2)
		return -2;
	return WEXITSTATUS(status) == 3 ? -1 : WEXITSTATUS(status);
}

static void check_load(void)
{
	static const struct { const char *load, *name; int want; } rows[] = {
		{ "0.10 0.20 0.30 2/400 812\n", "two on two CPUs", 1 },
		{ "9.10 9.20 9.30 1/400 812\n", "what was is nothing to it",
		  1 },
		{ "0.10 0.20 0.30 3/400 812\n", "three on two CPUs", 0 },
		{ "0.10 0.20 0.30 10/400 812\n", "ten on two CPUs", 0 },
		{ "0.10 0.20 0.30", "a load that is not understood", 0 },
		{ "", "none at all", 0 },
	};

	if (access("/proc/thread-self/schedstat", R_OK) < 0)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		is_int(comes(rows[i].load, getpid()), rows[i].want,
		       rows[i].name);
	is_int(comes(rows[0].load, INT_MAX), -1,
	       "who has gone is not looked for again");
}

static void be_on(size_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* One that sleeps, and has run on that CPU last. */
static pid_t sleeper_on(size_t cpu)
{
	int there[2];
	char byte;
	pid_t pid;

	if (pipe(there) < 0)
		return -1;
	pid = fork();
	if (!pid) {
		be_on(cpu);
		if (write(there[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	if (read(there[0], &byte, 1) != 1)
		return -1;
	return pid;
}

/*
 * From one CPU to the thread's, with nobody else on the machine as far as it is
 * told, and in the end free to run on both, and of the class it had. Who
 * sends it back and binds it there shall have it so.
 */
static int comes_and_leaves(size_t from, size_t to, bool sent_back)
{
	struct sk_place p = { .its_fd = -1 };
	pid_t pid = sleeper_on(to);
	cpu_set_t now_on;
	int bad = 0;

	be_on(from);
	CPU_SET(from, &p.cpus);
	CPU_SET(to, &p.cpus);
	p.own_fd = open("/proc/thread-self/schedstat", O_RDONLY);
	p.load_fd = memfd_create("load", 0);
	if (pwrite(p.load_fd, "0 0 0 1/9 9", 11, 0) == 11)
		for (int i = 0; i < 33; i++)
			sk_place_stop(&p, pid, now += 10000, false);
	sched_getaffinity(0, sizeof(now_on), &now_on);
	bad |= CPU_COUNT(&now_on) != 1 || !CPU_ISSET(to, &now_on);
	bad |= (sched_getscheduler(0) != SCHED_IDLE) << 1;
	if (sent_back)
		be_on(from);
	sk_place_end(&p);
	sched_getaffinity(0, sizeof(now_on), &now_on);
	bad |= (sched_getscheduler(0) != SCHED_OTHER) << 2;
	bad |= (CPU_COUNT(&now_on) != (sent_back ? 1 : 2)) << 3;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return bad;
}

static void check_way(void)
{
	size_t cpus[2], n = 0;
	struct sk_place p;

	sk_place_begin(&p);
	for (size_t i = 0; i < CPU_SETSIZE && n < 2 && p.own_fd >= 0; i++)
		if (CPU_ISSET(i, &p.cpus))
			cpus[n++] = i;
	sk_place_end(&p);
	if (n < 2)
		return;	/* it may not, or there is nowhere to go */
	for (int sent_back = 0; sent_back < 2; sent_back++) {
		int status = -1;
		pid_t pid = fork();

		if (!pid)
			_exit(comes_and_leaves(cpus[0], cpus[1], sent_back));
		waitpid(pid, &status, 0);
		is_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0,
		       sent_back ? "who binds it meanwhile has the last word" :
				   "there and back: CPUs and class");
	}
}

static void check_one_cpu(void)
{
	struct sk_place p;
	cpu_set_t before, one;

	sched_getaffinity(0, sizeof(before), &before);
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	sk_place_begin(&p);
	ok(p.own_fd < 0, "with one CPU there is nothing to do");
	sched_setaffinity(0, sizeof(before), &before);
}

/* What cannot be undone is not done: the child gives up the right to it. */
static void check_no_right(void)
{
	int normal = sched_getscheduler(0), status = -1;
	int nice = getpriority(PRIO_PROCESS, 0);
	pid_t pid = fork();

	if (!pid) {
		const struct rlimit none = { 0, 0 };
		struct sk_place p;

		if (setrlimit(RLIMIT_NICE, &none) < 0 ||
		    (!geteuid() && setresuid(65534, 65534, 65534) < 0))
			_exit(2);
		sk_place_begin(&p);
		for (int i = 0; i < 33; i++)
			sk_place_stop(&p, getppid(), now += 10000,
				      false);
		_exit(p.own_fd >= 0 || sched_getscheduler(0) != normal ||
		      getpriority(PRIO_PROCESS, 0) != nice);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "nor without the right to come back");
}

int main(void)
{
	check_coming();
	check_others();
	check_hunger();
	check_starving();
	check_crowd();
	check_apart();
	check_place();
	check_load();
	check_way();
	check_one_cpu();
	check_no_right();
	return tap_done();
}
