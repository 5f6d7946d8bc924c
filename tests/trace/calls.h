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

/*
 * The calls themselves and not what sanitizers put before them, which look
 * into memory that is not there.
 */
#define connect(...) syscall(SYS_connect, __VA_ARGS__)
#define getsockname(...) syscall(SYS_getsockname, __VA_ARGS__)
#define sendmsg(...) syscall(SYS_sendmsg, __VA_ARGS__)
#define recvmsg(...) syscall(SYS_recvmsg, __VA_ARGS__)
#define sendmmsg(...) syscall(SYS_sendmmsg, __VA_ARGS__)
#define recvmmsg(...) syscall(SYS_recvmmsg, __VA_ARGS__)
#define sendto(...) syscall(SYS_sendto, __VA_ARGS__)
#define send(fd, buf, len, flags) sendto(fd, buf, len, flags, NULL, 0)
#define recvfrom(...) syscall(SYS_recvfrom, __VA_ARGS__)
#define recv(fd, buf, len, flags) recvfrom(fd, buf, len, flags, NULL, NULL)
#define setsockopt(...) syscall(SYS_setsockopt, __VA_ARGS__)
#define writev(...) syscall(SYS_writev, __VA_ARGS__)
#define write(...) syscall(SYS_write, __VA_ARGS__)
#define ioctl(...) syscall(SYS_ioctl, __VA_ARGS__)
#define epoll_ctl(...) syscall(SYS_epoll_ctl, __VA_ARGS__)

/* Who is traced cannot be traced by the leak checker, too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

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
