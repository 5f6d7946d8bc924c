/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done to descriptors that are sockets. */
#include "calls.h"

#include <net/if.h>
#include <linux/sockios.h>

static struct sockaddr_in self;
static int fd;

static void controls(void)
{
	int n = 1;

	may_fail(fcntl(fd, F_GETFL));
	may_fail(fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK));
	may_fail(fcntl(fd, F_SETFD, FD_CLOEXEC));
	may_fail(fcntl(fd, F_GETFD));
	may_fail(fcntl(fd, F_DUPFD_CLOEXEC, 10));
	may_fail(fcntl(fd, F_DUPFD, 3));
	may_fail(fcntl(fd, 99, 1));
	may_fail(ioctl(fd, FIONREAD, &n));
	n = 1;
	may_fail(ioctl(fd, FIONBIO, &n));
	may_fail(ioctl(fd, TIOCOUTQ, NOWHERE));
	may_fail(ioctl(fd, 0x1234, NULL));
	may_fail(dup(fd));
	may_fail(dup2(fd, 30));
	may_fail(dup3(fd, 31, O_CLOEXEC));
	may_fail(syscall(SYS_close_range, 30, 40, 4));
	may_fail(syscall(SYS_close_range, 30, ~0U, 0));
}

/* netdevice(7) */
static void devices(void)
{
	static const unsigned long gets[] = {
		SIOCGIFADDR, SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFINDEX,
		SIOCGIFMAP, SIOCGIFMTU, SIOCGIFSLAVE, SIOCGIFENCAP,
	}, sets[] = { SIOCSIFNAME, SIOCSIFHWADDR, SIOCSIFMAP, SIOCSIFMETRIC };
	struct ifreq r[4] = { { .ifr_ifindex = 1 } };
	struct ifconf conf = { .ifc_len = 0 };

	may_fail(ioctl(fd, SIOCGIFCONF, &conf));
	conf.ifc_len = sizeof(r[0]) + 5;
	conf.ifc_req = r + 1;
	may_fail(ioctl(fd, SIOCGIFCONF, &conf));
	conf.ifc_len = sizeof(r);
	conf.ifc_buf = NOWHERE;
	may_fail(ioctl(fd, SIOCGIFCONF, &conf));
	may_fail(ioctl(fd, SIOCGIFCONF, NULL));
	may_fail(ioctl(fd, SIOCGIFNAME, r));
	r[0].ifr_ifindex = 0;
	may_fail(ioctl(fd, SIOCGIFNAME, r));
	for (size_t i = 0; i < sizeof(gets) / sizeof(*gets); i++) {
		*r = (struct ifreq){ .ifr_name = "lo" };
		may_fail(ioctl(fd, gets[i], r));
	}
	/* Of no device: this may be somebody's own machine. */
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		*r = (struct ifreq){ .ifr_name = "no\none" };
		may_fail(ioctl(fd, sets[i], r));
	}
}

static void moves(void)
{
	struct iovec iov = { (char[100]){ 0 }, 100 };
	int file = open("/etc/passwd", O_RDONLY), pipes[2];
	off_t off = 1;

	may_fail(sendfile(fd, file, &off, 10));
	may_fail(sendfile(fd, file, NULL, 10));
	may_fail(pread(fd, iov.iov_base, 10, 5));
	may_fail(preadv(fd, &iov, 1, 5));
	may_fail(syscall(SYS_preadv2, fd, &iov, 1, -1L, -1L, 8));
	if (pipe(pipes) == 0)
		may_fail(splice(fd, NULL, pipes[1], NULL, 5,
				SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
	may_fail(copy_file_range(file, NULL, fd, NULL, 5, 0));
	may_fail(read(fd, iov.iov_base, 100));
	may_fail(readv(fd, &iov, 1));
	may_fail(read(fd, iov.iov_base, 100));
	may_fail(readv(fd, &iov, 1));
	may_fail(syscall(SYS_io_uring_enter, fd, 1, 1, 1, 0, 8));
}

int main(void)
{
	fd = udp_to_itself(&self);
	controls();
	devices();
	moves();
	close(fd);
	return 3;
}
