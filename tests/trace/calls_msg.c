/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages, buffers and control messages. */
#include "calls.h"

static int fd;
static struct sockaddr_in self;
static char hello[] = "hello", bytes[] = "wo\377rld\0011";
static char control[256];
static struct iovec iov[3];
static struct msghdr msg;

static void message(void)
{
	memset(control, 0, sizeof(control));
	iov[0] = (struct iovec){ hello, 5 };
	iov[1] = (struct iovec){ bytes, 8 };
	iov[2] = (struct iovec){ NULL, 0 };
	msg = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2 };
}

static void *put(int level, int type, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;

	message();
	msg.msg_control = control;
	msg.msg_controllen = CMSG_SPACE(len);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	return CMSG_DATA(c);
}

static void send_it(int flags)
{
	may_fail(sendmsg(fd, &msg, flags));
}

static void sending(void)
{
	char long_one[64];

	memset(long_one, 'a', sizeof(long_one));
	message();
	msg.msg_name = &self;
	msg.msg_namelen = sizeof(self);
	send_it(MSG_NOSIGNAL | MSG_DONTWAIT);
	message();
	msg.msg_iovlen = 3;
	iov[1].iov_base = NOWHERE;
	send_it(0);
	msg.msg_iov = NOWHERE;
	send_it(0);
	msg.msg_iovlen = 0;
	send_it(0);
	may_fail(sendmsg(fd, NULL, 0));
	may_fail(sendmsg(fd, NOWHERE, 0));
	may_fail(send(fd, long_one, sizeof(long_one), 0));
	may_fail(sendto(fd, bytes, 8, 0, (struct sockaddr *)&self,
			sizeof(self)));
	may_fail(sendto(fd, NOWHERE, 8, MSG_MORE, NULL, 0));
	may_fail(write(fd, "\t\n\r\v\f\"\\\1\0012", 10));
	message();
	may_fail(writev(fd, iov, 3));
}

static void controls(void)
{
	int *fds = put(SOL_SOCKET, SCM_RIGHTS, 8);

	fds[0] = 1;
	fds[1] = -1;
	send_it(0);
	put(IPPROTO_IP, IP_PKTINFO, 12);
	send_it(0);
	put(SOL_SOCKET, SCM_RIGHTS, 4);
	((struct cmsghdr *)(void *)control)->cmsg_len = 5;
	send_it(0);
	put(SOL_SOCKET, SCM_RIGHTS, 4);
	msg.msg_controllen = 5;
	send_it(0);
	msg.msg_control = NOWHERE;
	msg.msg_controllen = 50;
	send_it(0);
}

static void receiving(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char room[100];

	message();
	iov[0] = (struct iovec){ room, sizeof(room) };
	msg.msg_iovlen = 1;
	msg.msg_name = &ss;
	msg.msg_namelen = sizeof(ss);
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	may_fail(recvmsg(fd, &msg, MSG_DONTWAIT | MSG_PEEK));
	message();
	iov[0] = (struct iovec){ room, 4 };
	iov[1] = (struct iovec){ room + 4, 96 };
	may_fail(recvmsg(fd, &msg, MSG_DONTWAIT));
	may_fail(recvfrom(fd, room, 2, MSG_TRUNC | MSG_DONTWAIT, NULL, NULL));
	may_fail(recvfrom(fd, room, sizeof(room), MSG_DONTWAIT,
			  (struct sockaddr *)&ss, &len));
	may_fail(recvmsg(fd, NOWHERE, MSG_DONTWAIT));
	while (recv(fd, room, sizeof(room), MSG_DONTWAIT) >= 0)
		;
	may_fail(recvmsg(fd, &msg, MSG_DONTWAIT));
	may_fail(recv(fd, NOWHERE, 5, MSG_DONTWAIT));
}

static void many(void)
{
	struct mmsghdr v[2];
	struct timespec ts = { 1, 5 };

	message();
	v[0] = v[1] = (struct mmsghdr){ .msg_hdr = msg };
	may_fail(sendmmsg(fd, v, 2, 0));
	may_fail(recvmmsg(fd, v, 2, MSG_DONTWAIT | MSG_WAITFORONE, NULL));
	may_fail(recvmmsg(fd, v, 2, MSG_DONTWAIT, &ts));
	may_fail(sendmmsg(fd, NOWHERE, 2, 0));
}

int main(void)
{
	int on = 1;

	fd = udp_to_itself(&self);
	may_fail(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, 4));
	may_fail(setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, 4));
	may_fail(setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, 4));
	may_fail(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, 4));
	sending();
	controls();
	receiving();
	many();
	return 3;
}
