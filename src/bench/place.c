/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/place.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

static int refuse(int r, const char *what, char **refused)
{
	char text[200];

	snprintf(text, sizeof(text), "%s: %s", what, sk_strerror(r));
	*refused = strdup(text);
	return r;
}

static int make_folder(struct bench_place *p, char **refused)
{
	static const char name[] = "/tmp/sockkit-bench-XXXXXX";

	memcpy(p->dir, name, sizeof(name));
	if (!mkdtemp(p->dir)) {
		*p->dir = '\0';
		return refuse(-errno, "/tmp", refused);
	}
	snprintf(p->wire, sizeof(p->wire), "%s/wire", p->dir);
	return 0;
}

static int bring_up_loopback(void)
{
	struct ifreq lo = { .ifr_flags = IFF_UP };
	SK_AUTO_FD fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(lo.ifr_name, "lo", 3);
	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0 ? -errno : 0;
}

/* A TAP device and its addresses are nobody's but ours. */
static int enter_network(struct bench_place *p, char **refused)
{
	int r;

	p->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (p->home < 0)
		return refuse(-errno, "/proc/self/ns/net", refused);
	if (unshare(CLONE_NEWNET) < 0) {
		r = -errno;
		sk_close(&p->home);
		return refuse(r, "a network of its own for the TAP device",
			      refused);
	}
	r = bring_up_loopback();
	if (r >= 0)
		return 0;
	bench_place_leave(p, NULL);
	return refuse(r, "lo", refused);
}

int bench_place_enter(struct bench_place *p, const struct bench_job *job,
		      char **refused)
{
	*p = (struct bench_place){ .home = -1 };
	if (job->stack == BENCH_K_WIRE)
		return make_folder(p, refused);
	return job->stack == BENCH_K_TAP ? enter_network(p, refused) : 0;
}

int bench_place_leave(struct bench_place *p, struct sk_err *err)
{
	int r = 0;

	if (p->home >= 0 && setns(p->home, CLONE_NEWNET) < 0)
		r = sk_fail(err, -errno, "setns: %s", sk_strerror(errno));
	sk_close(&p->home);
	if (*p->dir) {
		unlink(p->wire);
		rmdir(p->dir);
	}
	return r;
}
