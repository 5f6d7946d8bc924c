/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Puts the tracer on the CPU of the program for as long as near.c says so, and
 * only itself: neither the program's CPUs nor its class are touched.
 *
 * Who may not come back from the idle class does not go there: without
 * CAP_SYS_NICE or a limit on nice (RLIMIT_NICE), things stay as they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "trace/tracer.h"

/*
 * Would the kernel let us leave the idle class? It asks for what it takes to
 * be nicer to ourselves than we are, and that can be tried.
 */
static bool may_come_back(void)
{
	int nice;

	errno = 0;
	nice = getpriority(PRIO_PROCESS, 0);
	if (errno || nice <= -20 || setpriority(PRIO_PROCESS, 0, nice - 1) < 0)
		return false;
	return !setpriority(PRIO_PROCESS, 0, nice);
}

void sk_place_begin(struct sk_place *p)
{
	memset(p, 0, sizeof(*p));
	p->own_fd = p->its_fd = p->load_fd = -1;
	if (sched_getscheduler(0) != SCHED_OTHER ||
	    sched_getaffinity(0, sizeof(p->cpus), &p->cpus) < 0 ||
	    CPU_COUNT(&p->cpus) < 2 || !may_come_back())
		return;
	p->own_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	p->load_fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
}

/* The numbers of /proc/TID/schedstat: nanoseconds on a CPU, and in line. */
static bool read_schedstat(int fd, uint64_t *ran, uint64_t *waited)
{
	char buf[80], *end;
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	if (n <= 0)
		return false;
	buf[n] = '\0';
	*ran = strtoull(buf, &end, 10);
	*waited = strtoull(end, NULL, 10);
	return true;
}

/* The fourth field of /proc/loadavg begins with who is running, us included. */
static bool is_crowded(const struct sk_place *p)
{
	char buf[80], *at = buf;
	ssize_t n = pread(p->load_fd, buf, sizeof(buf) - 1, 0);

	if (n <= 0)
		return true;
	buf[n] = '\0';
	for (int i = 0; at && i < 3; i++)
		at = strchr(at + 1, ' ');
	return !at || strtol(at, NULL, 10) > CPU_COUNT(&p->cpus);
}

static bool take_sample(const struct sk_place *p, uint64_t now_ns,
			struct sk_near_sample *s)
{
	uint64_t ignored;

	if (!read_schedstat(p->own_fd, &ignored, &s->waited_ns) ||
	    !read_schedstat(p->its_fd, &s->ran_ns, &ignored))
		return false;
	s->now_ns = now_ns;
	s->crowded = is_crowded(p);
	return true;
}

/* The CPU that a thread is on: the 39th field of its stat. -1: not known. */
static int cpu_of(pid_t tid)
{
	char path[64], buf[1024], *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	sk_close(&fd);
	if (n <= 0)
		return -1;
	buf[n] = '\0';
	/* The name, the second one, may hold anything. */
	at = strrchr(buf, ')');
	for (int i = 2; at && i < 39; i++)
		at = strchr(at + 1, ' ');
	return at ? (int)strtol(at, NULL, 10) : -1;
}

/*
 * To the thread's CPU, and to stay there: in the idle class we are the first
 * to be moved to a CPU with nothing to do, and would be away most of the time.
 */
static void go_to(struct sk_place *p, pid_t tid)
{
	int cpu = cpu_of(tid);
	cpu_set_t there;

	if (cpu < 0 || cpu >= CPU_SETSIZE ||
	    !CPU_ISSET((size_t)cpu, &p->cpus))
		return;
	CPU_ZERO(&there);
	CPU_SET((size_t)cpu, &there);
	if (!sched_setaffinity(0, sizeof(there), &there)) {
		p->there = there;
		p->bound = true;
	}
}

/* Who has bound us elsewhere meanwhile (taskset -p) shall have it so. */
static void go_free(struct sk_place *p)
{
	cpu_set_t cpus;

	if (p->bound && !sched_getaffinity(0, sizeof(cpus), &cpus) &&
	    CPU_EQUAL(&cpus, &p->there))
		sched_setaffinity(0, sizeof(p->cpus), &p->cpus);
	p->bound = false;
}

static void be(struct sk_place *p, int policy)
{
	struct sched_param none = { 0 };

	if (p->polite == (policy == SCHED_IDLE))
		return;
	if (!sched_setscheduler(0, policy, &none))
		p->polite = policy == SCHED_IDLE;
}

static void take_step(struct sk_place *p, enum sk_near_step step)
{
	if (step == SK_NEAR_COME) {
		go_to(p, p->near.tid);
		be(p, SCHED_IDLE);
	} else if (step == SK_NEAR_LEAVE) {
		be(p, SCHED_OTHER);
		go_free(p);
	}
}

static void look(struct sk_place *p, uint64_t now_ns)
{
	struct sk_near_sample s;
	char path[64];

	if (!p->near.together) {
		snprintf(path, sizeof(path), "/proc/%d/schedstat", p->near.tid);
		sk_close(&p->its_fd);
		p->its_fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (!take_sample(p, now_ns, &s)) {
		sk_place_end(p);
		return;
	}
	take_step(p, sk_near_look(&p->near, &s));
}

void sk_place_stop(struct sk_place *p, pid_t tid, uint64_t now_ns, bool slept)
{
	enum sk_near_step step;

	if (p->own_fd < 0)
		return;
	step = sk_near_stop(&p->near, tid, now_ns, slept);
	if (step == SK_NEAR_LOOK)
		look(p, now_ns);
	else
		take_step(p, step);
}

void sk_place_end(struct sk_place *p)
{
	be(p, SCHED_OTHER);
	go_free(p);
	p->near.together = false;
	sk_close(&p->its_fd);
	sk_close(&p->own_fd);
	sk_close(&p->load_fd);
}
