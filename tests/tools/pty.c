/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer pty FDS CMD ARG…: run CMD with a new terminal behind the descriptors
 * named in FDS ("0", "02", …); the others stay as they are. What comes on our
 * stdin is typed into the terminal, what CMD writes to the terminal comes out
 * of our stdout. The end of our stdin types nothing: a terminal stays open.
 * Exit status: CMD's, or 128 + the signal that ended it.
 */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int open_master(char *name, size_t size)
{
	struct termios tio;
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0 ||
	    ptsname_r(fd, name, size) != 0)
		peer_die("no terminal: %s", strerror(errno));
	/* Here and not in the child: before a byte can be typed. */
	tcgetattr(fd, &tio);
	tio.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fd, TCSANOW, &tio);
	return fd;
}

static void child(const char *fds, const char *name, char **argv)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	fd = open(name, O_RDWR);
	if (fd < 0)
		peer_die("%s: %s", name, strerror(errno));
	ioctl(fd, TIOCSWINSZ, &ws);
	for (; *fds; fds++)
		dup2(fd, *fds - '0');
	if (fd > 2)
		close(fd);
	execvp(argv[0], argv);
	peer_die("%s: %s", argv[0], strerror(errno));
}

/* Move what there is; returns 0 when this source has ended. */
static int copy_some(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n <= 0)
		return 0;
	peer_write_all(to, buf, (size_t)n);
	return 1;
}

static void relay(int master)
{
	struct pollfd p[2] = {
		{ .fd = master, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	/* The master fails with EIO once the last user of the slave is gone. */
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents && !copy_some(master, STDOUT_FILENO))
			return;
		if (p[1].revents && !copy_some(STDIN_FILENO, master))
			p[1].fd = -1;
	}
}

static pid_t child_pid;

static void pass_on(int signo)
{
	kill(child_pid, signo);
}

int peer_pty(int argc, char **argv)
{
	char name[128];
	int master, status;

	if (argc < 2 || strspn(argv[0], "012") != strlen(argv[0]))
		peer_die("usage: peer pty FDS CMD ARG...");
	master = open_master(name, sizeof(name));
	child_pid = fork();
	if (child_pid < 0)
		peer_die("fork: %s", strerror(errno));
	if (child_pid == 0)
		child(argv[0], name, argv + 1);
	signal(SIGTERM, pass_on);
	signal(SIGINT, pass_on);
	signal(SIGUSR1, pass_on);
	relay(master);
	while (waitpid(child_pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 128 + WTERMSIG(status);
}
