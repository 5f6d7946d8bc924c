/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/advise.h"

const struct sk_advice sk_advice[SK_RULES] = {
	[LOW_BACKLOG_RULE] = { "low-backlog",
		"accepts in a loop from a queue of few connections",
		"when more clients come at once than the backlog holds, the "
		"kernel drops their SYNs and they wait a second or more",
		"call listen(2) with SOMAXCONN" },
	[BLOCKING_CONNECT] = { "blocking-connect",
		"connects a blocking socket without a timeout",
		"a host that drops packets holds the thread for two minutes "
		"(tcp_syn_retries)",
		"set SO_SNDTIMEO or TCP_USER_TIMEOUT before, or connect "
		"non-blocking and poll(2)" },
	[SMALL_WRITES] = { "small-writes",
		"writes a message in small pieces, then reads the answer",
		"Nagle's algorithm holds the second piece until the first is "
		"acknowledged, which the peer may delay",
		"write the message at once (writev(2), MSG_MORE, TCP_CORK) or "
		"set TCP_NODELAY" },
	[NAGLE_STALL] = { "nagle-stall",
		"waited for an answer to a message written in pieces",
		"Nagle's algorithm here and delayed acknowledgements there "
		"wait for each other, some 40 ms each time",
		"write the message at once, or set TCP_NODELAY" },
	[SHORT_WRITE] = { "short-write",
		"did not send the rest after a short write",
		"send(2) may take less than it was given; the rest is lost "
		"and the stream is garbled",
		"loop until all is written" },
	[EAGAIN_SPIN] = { "eagain-spin",
		"tries again and again what gives EAGAIN",
		"it burns a CPU and slows down whom it waits for",
		"wait with poll(2) or epoll_wait(2)" },
	[EPOLL_WRITABLE] = { "epoll-writable",
		"is woken because a socket is writable, and writes nothing",
		"a level-triggered EPOLLOUT is always true while the buffer "
		"has room, so epoll_wait(2) never waits",
		"ask for EPOLLOUT only after EAGAIN, or use EPOLLET" },
	[ADDRESS_IN_USE] = { "address-in-use",
		"bind fails as the address is in use, without SO_REUSEADDR",
		"connections of the last run linger in TIME_WAIT for a minute",
		"set SO_REUSEADDR before bind(2)" },
	[SIGPIPE_DEATH] = { "sigpipe",
		"was killed by SIGPIPE",
		"writing to a connection whose peer has gone ends a program "
		"that does not expect it",
		"send(2) with MSG_NOSIGNAL, or ignore SIGPIPE" },
	[UDP_TRUNCATED] = { "udp-truncated",
		"received datagrams that filled the buffer, and may be cut",
		"the rest of a datagram that does not fit is thrown away",
		"receive with MSG_TRUNC and compare, look at msg_flags, or "
		"take a buffer of 65535 bytes" },
	[FD_LEAK] = { "fd-leak",
		"left sockets open to its end",
		"descriptors run out (EMFILE), and peers wait for an end",
		"close(2) them, also on the way of errors" },
	[CLOSE_WAIT] = { "close-wait",
		"did not close a connection that the peer has closed",
		"it stays in CLOSE_WAIT, with its descriptor and buffers",
		"close(2) when recv(2) returns 0" },
	[SELECT_1024] = { "select-1024",
		"gives select(2) a descriptor of 1024 or more",
		"FD_SET writes behind the end of fd_set",
		"use poll(2) or epoll(7)" },
};
