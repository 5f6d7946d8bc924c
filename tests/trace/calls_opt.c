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
	uint32_t filters[] = { 0, 1, 0x102, 0xffffffff, 0xffffe7c6, 1 << 20 };
	struct {
		int index;
		unsigned short type, alen;
		char address[8];
	} member = { 1, 0, 6, "abcdefg" };
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
	/* Without the rights for them these sockets are none; no matter. */
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		set(IPPROTO_RAW, 1 /* ICMP_FILTER */, &filters[i], 4);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	set(263 /* SOL_PACKET */, 1, &member, sizeof(member));
	member.type = 7;
	member.alen = 8;
	set(263 /* SOL_PACKET */, 1, &member, sizeof(member));
	return 3;
}
