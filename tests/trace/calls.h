/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that make calls, good and bad, for strace and sockkit trace to
 * print; what they return does not matter. Nothing in them blocks.
 */
#ifndef SK_TESTS_CALLS_H
#define SK_TESTS_CALLS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

/* No memory is there. */
#define NOWHERE ((void *)8)

/* For calls whose failure is what is wanted. */
static inline void may_fail(long r)
{
	(void)r;
}

/* A UDP socket on loopback, connected to itself. */
static inline int udp_to_itself(struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET };
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	may_fail(bind(fd, (struct sockaddr *)a, len));
	may_fail(getsockname(fd, (struct sockaddr *)a, &len));
	may_fail(connect(fd, (struct sockaddr *)a, len));
	return fd;
}

#endif
