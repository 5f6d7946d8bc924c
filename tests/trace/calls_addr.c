/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Socket addresses of all families, too short, too long, not there. */
#include "calls.h"

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>

static int fd, fd6;

static void try(const void *addr, socklen_t len)
{
	may_fail(connect(fd, addr, len));
}

static void inet(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(80) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(9),
				    .sin6_flowinfo = htonl(5),
				    .sin6_scope_id = 1 };

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	try(&in, sizeof(in));
	try(&in, 8);
	try(&in, 1);
	try(&in, 0);
	try(&in, (socklen_t)-1);
	try(NULL, 0);
	try(NULL, 16);
	try(NOWHERE, 16);
	inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr);
	may_fail(connect(fd6, (struct sockaddr *)&in6, sizeof(in6)));
	may_fail(connect(fd6, (struct sockaddr *)&in6, 24));
	in6.sin6_scope_id = 9999;
	may_fail(connect(fd6, (struct sockaddr *)&in6, sizeof(in6)));
	inet_pton(AF_INET6, "::1", &in6.sin6_addr);
	may_fail(connect(fd6, (struct sockaddr *)&in6, sizeof(in6)));
}

static void local(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, "/nowhere\n\"x\\", 12);
	try(&un, sizeof(un));
	memcpy(un.sun_path, "\0abs\0x", 6);
	try(&un, 8);
	try(&un, 2);
	try(&un, 3);
	memset(un.sun_path, 'x', sizeof(un.sun_path));
	try(&un, sizeof(un));
}

static void others(void)
{
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK, .svm_cid = 2,
				  .svm_port = 80 };
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = 3,
				  .nl_groups = 0x11 };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(3),
				  .sll_ifindex = 1, .sll_hatype = 1,
				  .sll_halen = 6,
				  .sll_addr = { 1, 2, 3, 4, 5, 6 } };
	struct sockaddr sa = { .sa_family = 200 };

	try(&vm, sizeof(vm));
	vm.svm_cid = 99;
	vm.svm_port = (unsigned)-1;
	try(&vm, sizeof(vm));
	try(&nl, sizeof(nl));
	try(&ll, sizeof(ll));
	try(&ll, 12);
	try(&sa, sizeof(sa));
	try(&sa, 2);
	sa.sa_family = AF_UNSPEC;
	try(&sa, sizeof(sa));
}

static void given_back(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct sockaddr_in a;
	int udp = udp_to_itself(&a);

	may_fail(getpeername(udp, (struct sockaddr *)&ss, &len));
	len = sizeof(ss);
	may_fail(getsockname(udp, (struct sockaddr *)&ss, &len));
	may_fail(getsockname(fd6, (struct sockaddr *)&ss, NOWHERE));
	may_fail(getpeername(fd, (struct sockaddr *)&ss, &len));
	/* It writes the length before it fails. */
	len = 5;
	may_fail(getsockname(udp, NOWHERE, &len));
	len = (socklen_t)-1;
	may_fail(getsockname(udp, (struct sockaddr *)&ss, &len));
	len = sizeof(ss);
	may_fail(accept(fd, NULL, NULL));
	may_fail(accept4(fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC));
}

static void sockets(void)
{
	int sv[2];

	may_fail(socket(AF_PACKET, SOCK_RAW, htons(3)));
	may_fail(socket(99, SOCK_RAW, 3));
	may_fail(socket(AF_INET, 77, 300));
	may_fail(socket(AF_NETLINK, SOCK_RAW, 99));
	may_fail(socketpair(AF_INET, SOCK_STREAM, 0, sv));
	may_fail(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sv));
	may_fail(listen(fd, -1));
	may_fail(shutdown(fd, 7));
	may_fail(shutdown(sv[0], SHUT_WR));
}

int main(void)
{
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	fd6 = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
	inet();
	local();
	others();
	given_back();
	sockets();
	return 3;
}
