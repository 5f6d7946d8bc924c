/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Socket options that strace shows as what they are. */
#include "calls.h"

static int fd;

static void set(int level, int name, const void *val, socklen_t len)
{
	may_fail(setsockopt(fd, level, name, val, len));
}

static void get(int level, int name, socklen_t len)
{
	char room[300];

	may_fail(getsockopt(fd, level, name, room, &len));
}

int main(void)
{
	struct linger linger = { 1, 5 };
	int on = 1;

	fd = socket(AF_INET, SOCK_STREAM, 0);
	set(SOL_SOCKET, SO_REUSEADDR, &on, 4);
	set(SOL_SOCKET, SO_REUSEADDR, &on, 2);
	set(SOL_SOCKET, SO_REUSEADDR, &on, (socklen_t)-1);
	set(SOL_SOCKET, SO_REUSEADDR, NULL, 4);
	set(SOL_SOCKET, SO_REUSEADDR, NOWHERE, 4);
	set(SOL_SOCKET, 200, &on, 4);
	set(99, 200, &on, 4);
	set(SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	set(SOL_SOCKET, SO_BINDTODEVICE, "lo", 2);
	set(IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
	set(IPPROTO_TCP, TCP_NODELAY, &on, 4);
	set(IPPROTO_IP, IP_TOS, &on, 4);
	set(IPPROTO_IPV6, IPV6_V6ONLY, &on, 4);
	get(SOL_SOCKET, SO_ERROR, 4);
	get(SOL_SOCKET, SO_TYPE, 8);
	get(SOL_SOCKET, SO_LINGER, 8);
	get(SOL_SOCKET, SO_PEERCRED, 12);
	get(SOL_SOCKET, SO_DOMAIN, 4);
	get(IPPROTO_TCP, 99, 4);
	return 3;
}
