/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs that use io_uring by system calls alone: rings NAME. */
#include "calls.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1U << 16)
#endif

/* Of Linux 5.19, by number: the headers here may be older. */
#define OP_SOCKET 45
#define REGISTER_RING_FDS 20
#define REGISTER_PBUF_RING 22
#define ENTER_REGISTERED_RING 16
struct buffer {
	uint64_t addr;
	uint32_t len;
	uint16_t bid, resv;
};
struct buffer_ring {
	uint64_t addr;
	uint32_t entries;
	uint16_t group, flags;
	uint64_t resv[3];
};

#define ENTRIES 8

struct ring {
	int fd;
	unsigned flags;
	unsigned *sq_head, *sq_tail, *array, *cq_head, *cq_tail;
	unsigned sq_mask, cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static struct ring ring;
static struct sockaddr_in where;
static socklen_t where_len = sizeof(where);

static void *map(off_t off, size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, ring.fd, off);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static void set_up(unsigned flags)
{
	struct io_uring_params p = { .flags = flags, .sq_thread_idle = 2000 };
	char *m;

	ring.fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (ring.fd < 0)
		exit(77);	/* not here */
	ring.flags = flags;
	m = map(IORING_OFF_SQ_RING, p.sq_off.array + p.sq_entries * 4 >
				p.cq_off.cqes + p.cq_entries * 16 ?
			p.sq_off.array + p.sq_entries * 4 :
			p.cq_off.cqes + p.cq_entries * 16);
	ring.sqes = map(IORING_OFF_SQES, p.sq_entries * sizeof(*ring.sqes));
	ring.sq_head = (unsigned *)(m + p.sq_off.head);
	ring.sq_tail = (unsigned *)(m + p.sq_off.tail);
	ring.sq_mask = *(unsigned *)(m + p.sq_off.ring_mask);
	ring.array = (unsigned *)(m + p.sq_off.array);
	ring.cq_head = (unsigned *)(m + p.cq_off.head);
	ring.cq_tail = (unsigned *)(m + p.cq_off.tail);
	ring.cq_mask = *(unsigned *)(m + p.cq_off.ring_mask);
	ring.cqes = (struct io_uring_cqe *)(m + p.cq_off.cqes);
}

/* The next request, in the queue; its user_data is the operation. */
static struct io_uring_sqe *put(int op, int fd, const void *addr, unsigned len)
{
	unsigned tail = *ring.sq_tail, at = tail & ring.sq_mask;
	struct io_uring_sqe *q = &ring.sqes[at];

	memset(q, 0, sizeof(*q));
	q->opcode = (unsigned char)op;
	q->fd = fd;
	q->addr = (unsigned long)addr;
	q->len = len;
	q->user_data = (unsigned)op;
	if (!(ring.flags & IORING_SETUP_NO_SQARRAY))
		ring.array[at] = at;
	__atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
	return q;
}

static void enter(unsigned n, unsigned wait)
{
	unsigned flags = wait ? IORING_ENTER_GETEVENTS : 0;

	if (ring.flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, ring.fd, n, wait, flags, NULL, 0) < 0)
		exit(1);
}

/* The result of the request with this operation; those before are dropped. */
static int result_of(int op)
{
	unsigned head;
	int res;

	for (;;) {
		head = *ring.cq_head;
		if (head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE)) {
			enter(0, 1);
			continue;
		}
		res = ring.cqes[head & ring.cq_mask].res;
		op -= (int)ring.cqes[head & ring.cq_mask].user_data == op ?
			      op + 1 : 0;
		__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
		if (op < 0)
			return res;
	}
}

static int done(int op)
{
	enter(1, 1);
	return result_of(op);
}

static int listening(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	where.sin_family = AF_INET;
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&where, sizeof(where)) < 0 ||
	    listen(fd, 100) < 0 ||
	    getsockname(fd, (struct sockaddr *)&where, &where_len) < 0)
		exit(1);
	return fd;
}

static struct sockaddr_in peer;
static socklen_t peer_len = sizeof(peer);
static char room[64];

/* From socket to close, nothing of the connection is a call. */
static void talk(unsigned flags)
{
	static char text[] = "and more";
	static struct iovec iov = { text, 8 };
	static struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int l = listening(), c, a;

	set_up(flags);
	put(OP_SOCKET, AF_INET, NULL, 0)->off = SOCK_STREAM;
	c = done(OP_SOCKET);
	put(IORING_OP_ACCEPT, l, &peer, 0)->addr2 = (unsigned long)&peer_len;
	put(IORING_OP_CONNECT, c, &where, 0)->off = sizeof(where);
	enter(2, 2);
	a = result_of(IORING_OP_ACCEPT);
	put(IORING_OP_RECV, a, room, sizeof(room));
	put(IORING_OP_SEND, c, "hello, ring", 11)->msg_flags = MSG_NOSIGNAL;
	enter(2, 2);
	result_of(IORING_OP_RECV);
	put(IORING_OP_SENDMSG, c, &msg, 1);
	done(IORING_OP_SENDMSG);
	put(IORING_OP_READ, a, room, sizeof(room))->off = (unsigned long)-1;
	done(IORING_OP_READ);
	put(IORING_OP_POLL_ADD, c, NULL, 0)->poll32_events = POLLOUT;
	done(IORING_OP_POLL_ADD);
	put(IORING_OP_SHUTDOWN, c, NULL, SHUT_WR);
	done(IORING_OP_SHUTDOWN);
	put(IORING_OP_CLOSE, c, NULL, 0);
	done(IORING_OP_CLOSE);
	close(a);
	close(l);
}

static void plain(void)
{
	talk(0);
}

static void no_array(void)
{
	talk(IORING_SETUP_NO_SQARRAY);
}

static void sqpoll(void)
{
	talk(IORING_SETUP_SQPOLL);
}

/* Registered descriptors, and one that has no number at all. */
static void fixed(void)
{
	int sv[2], l = listening(), c, none[] = { -1, -1, -1 };
	struct io_uring_sqe *q;

	set_up(0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		exit(1);
	none[1] = sv[0];
	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES,
		    none, 3) < 0)
		exit(1);
	q = put(IORING_OP_SEND, 1, "by index", 8);
	q->flags = IOSQE_FIXED_FILE;
	done(IORING_OP_SEND);
	c = socket(AF_INET, SOCK_STREAM, 0);
	may_fail(connect(c, (struct sockaddr *)&where, sizeof(where)));
	q = put(IORING_OP_ACCEPT, l, NULL, 0);
	q->file_index = 3;
	done(IORING_OP_ACCEPT);
	put(IORING_OP_SEND, 2, "direct", 6)->flags = IOSQE_FIXED_FILE;
	done(IORING_OP_SEND);
	may_fail(recv(c, room, sizeof(room), 0));
	close(c);
	close(l);
}

static int registered(unsigned op, const void *arg, unsigned n)
{
	return (int)syscall(SYS_io_uring_register, ring.fd, op, arg, n);
}

/* As many places, all of them free. */
static void make_places(unsigned n)
{
	struct { uint32_t n, flags; uint64_t resv, data, tags; } sparse = {
		.n = n, .flags = 1
	};

	if (registered(13 /* FILES2 */, &sparse, sizeof(sparse)) < 0)
		exit(77);
}

static struct io_uring_sqe *put_fixed(int op, int place, const void *addr,
				      unsigned len)
{
	struct io_uring_sqe *q = put(op, place, addr, len);

	q->flags = IOSQE_FIXED_FILE;
	return q;
}

#define INDEX_ALLOC (~0U)
#define CQE_SKIP (1 << 6)

/* Both ends of a connection have no number. */
static void direct(void)
{
	struct io_uring_sqe *q;
	int l = listening(), a;

	set_up(0);
	make_places(10);
	q = put(OP_SOCKET, AF_INET, NULL, 0);
	q->off = SOCK_STREAM;
	q->file_index = 8;
	may_fail(done(OP_SOCKET));
	put_fixed(IORING_OP_CONNECT, 7, &where, 0)->off = sizeof(where);
	q = put(IORING_OP_ACCEPT, l, &peer, 0);
	q->addr2 = (unsigned long)&peer_len;
	q->file_index = INDEX_ALLOC;
	enter(2, 2);
	a = result_of(IORING_OP_ACCEPT);
	put_fixed(IORING_OP_SEND, 7, "hello, place", 12);
	done(IORING_OP_SEND);
	put_fixed(IORING_OP_RECV, a, room, sizeof(room));
	done(IORING_OP_RECV);
	/* 7 is closed with a word, and the other without, behind a send. */
	put(IORING_OP_CLOSE, 0, NULL, 0)->file_index = 8;
	done(IORING_OP_CLOSE);
	q = put_fixed(IORING_OP_SEND, a, "bye", 3);
	q->flags |= IOSQE_IO_LINK;
	q = put(IORING_OP_CLOSE, 0, NULL, 0);
	q->file_index = (unsigned)a + 1;
	q->flags = CQE_SKIP;
	enter(2, 1);
	/* No such place: an error as any other. */
	put_fixed(IORING_OP_SEND, 7, "gone", 4);
	done(IORING_OP_SEND);
	close(l);
}

/* What a ring holds lives on when its number is closed, and no longer. */
static void held(void)
{
	int sv[2], other[2], none[2] = { -1, -1 };
	struct { uint32_t at, resv; uint64_t data; } part = { 3, 0, 0 };

	set_up(0);
	make_places(8);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, other) < 0)
		exit(1);
	part.data = (unsigned long)sv;
	if (registered(IORING_REGISTER_FILES_UPDATE, &part, 2) != 2)
		exit(1);
	put(20 /* FILES_UPDATE */, -1, other, 2)->off = 5;
	if (done(20) != 2)
		exit(1);
	for (int i = 0; i < 2; i++) {
		close(sv[i]);
		close(other[i]);
	}
	put_fixed(IORING_OP_SEND, 3, "held", 4);
	done(IORING_OP_SEND);
	put_fixed(IORING_OP_READ, 4, room, sizeof(room));
	done(IORING_OP_READ);
	put_fixed(IORING_OP_SEND, 6, "too", 3);
	done(IORING_OP_SEND);
	/* The first two are let go, the others with the ring. */
	part.data = (unsigned long)none;
	if (registered(IORING_REGISTER_FILES_UPDATE, &part, 2) != 2)
		exit(1);
	may_fail(write(2, "let go\n", 7));
	close(ring.fd);
	may_fail(write(2, "closed\n", 7));
}

/* A pair that stands in the table alone, in places 1 and 3 of four. */
static void make_held(void)
{
	int sv[2], fds[4] = { -1, -1, -1, -1 };

	set_up(0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		exit(1);
	fds[1] = sv[0];
	fds[3] = sv[1];
	if (registered(IORING_REGISTER_FILES, fds, 4) < 0)
		exit(1);
	close(sv[0]);
	close(sv[1]);
}

static void end_unregistered(void)
{
	make_held();
	registered(IORING_UNREGISTER_FILES, NULL, 0);
}

static void end_range(void)
{
	make_held();
	/* Those that are to go at the exec only are still there. */
	may_fail(syscall(436, ring.fd, ring.fd, 4 /* CLOEXEC */));
	put_fixed(IORING_OP_SEND, 1, "still", 5);
	done(IORING_OP_SEND);
	may_fail(syscall(436, ring.fd, ring.fd, 0));
}

static void end_replaced(void)
{
	make_held();
	may_fail(dup2(0, ring.fd));
}

static void end_exec(void)
{
	make_held();
	execl("/bin/true", "true", NULL);
}

/* Nothing ends: the thread goes on by a number of its own. */
static void end_named(void)
{
	struct { uint32_t index, resv; uint64_t fd; } name = { ~0U, 0, 0 };

	make_held();
	name.fd = (unsigned)ring.fd;
	if (registered(REGISTER_RING_FDS, &name, 1) != 1)
		exit(77);
	close(ring.fd);
	put_fixed(IORING_OP_SEND, 1, "by name", 7);
	may_fail(syscall(SYS_io_uring_enter, name.index, 1, 1,
			 IORING_ENTER_GETEVENTS | ENTER_REGISTERED_RING,
			 NULL, 0));
}

/* A file takes the place of one socket, and the other is skipped. */
static void end_other(void)
{
	struct { uint32_t at, resv; uint64_t data; } part = { 2, 0, 0 };
	int fds[2] = { -1, -2 /* SKIP */ };
	struct io_uring_sqe *q;

	make_held();
	q = put(IORING_OP_OPENAT, AT_FDCWD, "/dev/null", 0);
	q->file_index = 2;
	if (done(IORING_OP_OPENAT) < 0)
		exit(77);
	part.data = (unsigned long)fds;
	registered(IORING_REGISTER_FILES_UPDATE, &part, 2);
	put_fixed(IORING_OP_RECV, 3, room, sizeof(room));
	done(IORING_OP_RECV);
}

/* A silent close waits for what it is linked to. */
static void linked(void)
{
	struct io_uring_sqe *q;

	make_held();
	put_fixed(IORING_OP_RECV, 1, room, sizeof(room))->flags |=
		IOSQE_IO_LINK;
	q = put(IORING_OP_CLOSE, 0, NULL, 0);
	q->file_index = 2;
	q->flags = CQE_SKIP;
	enter(2, 0);
	put_fixed(IORING_OP_SEND, 3, "go on", 5);
	enter(1, 2);
}

/* The last number of a connection goes, its place stays. */
static void end_number(void)
{
	int l = listening(), c = socket(AF_INET, SOCK_STREAM, 0), a;

	set_up(0);
	if (connect(c, (struct sockaddr *)&where, sizeof(where)) < 0 ||
	    (a = accept(l, NULL, NULL)) < 0 ||
	    registered(IORING_REGISTER_FILES, &c, 1) < 0)
		exit(1);
	may_fail(send(c, "counted", 7, 0));
	may_fail(recv(a, room, sizeof(room), 0));
	close(c);
	close(a);
	close(l);
	put_fixed(IORING_OP_RECV, 0, room, sizeof(room));
	done(IORING_OP_RECV);
}

/* The bytes come out of a place: both ends of splice(2) may be one. */
static void spliced(void)
{
	struct io_uring_sqe *q;
	int p[2];

	make_held();
	if (pipe(p) < 0)
		exit(1);
	put_fixed(IORING_OP_SEND, 1, "spliced", 7);
	done(IORING_OP_SEND);
	q = put(IORING_OP_SPLICE, p[1], NULL, 7);
	q->off = q->addr = ~0UL;
	q->splice_fd_in = 3;
	q->splice_flags = 1U << 31;	/* SPLICE_F_FD_IN_FIXED */
	done(IORING_OP_SPLICE);
}

/* A place gets a number, by which the kernel can be asked. */
static void installed(void)
{
	struct io_uring_sqe *q;
	int fd;

	set_up(0);
	make_places(4);
	q = put(OP_SOCKET, AF_INET, NULL, 0);
	q->off = SOCK_DGRAM;
	q->file_index = 2;
	may_fail(done(OP_SOCKET));
	put_fixed(54 /* FIXED_FD_INSTALL */, 1, NULL, 0);
	fd = done(54);
	if (fd < 0)
		exit(77);
	where.sin_family = AF_INET;
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	may_fail(bind(fd, (struct sockaddr *)&where, sizeof(where)));
	put(IORING_OP_CLOSE, 0, NULL, 0)->file_index = 2;
	done(IORING_OP_CLOSE);
	close(fd);
}

/* Numbers that no descriptor has mean no places, whatever we call those. */
static void beyond(void)
{
	struct io_uring_sqe *q;

	set_up(0);
	make_places(4);
	q = put(OP_SOCKET, AF_INET, NULL, 0);
	q->off = SOCK_DGRAM;
	q->file_index = 2;
	may_fail(done(OP_SOCKET));
	for (int i = 0; i < 4; i++) {
		may_fail(send(0x40000000 + i, "beyond", 6, 0));
		close(0x40000000 + i);
	}
	put(IORING_OP_SEND, 0x40000001, "beyond", 6);
	done(IORING_OP_SEND);
	put_fixed(IORING_OP_SEND, -1, "below", 5);
	done(IORING_OP_SEND);
}

/* The kernel chooses the buffer: of those given by a request, of a ring. */
static void chosen(void)
{
	static char bufs[4][32], more[8][32];
	static struct buffer entries[8] __attribute__((aligned(4096)));
	struct buffer_ring reg = { .addr = (unsigned long)entries,
				   .entries = 8, .group = 9 };
	struct io_uring_sqe *q;
	int sv[2];

	set_up(0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		exit(1);
	q = put(IORING_OP_PROVIDE_BUFFERS, 4, bufs, 32);
	q->buf_group = 7;
	q->off = 100;
	done(IORING_OP_PROVIDE_BUFFERS);
	may_fail(send(sv[0], "provided", 8, 0));
	q = put(IORING_OP_RECV, sv[1], NULL, 0);
	q->flags = IOSQE_BUFFER_SELECT;
	q->buf_group = 7;
	done(IORING_OP_RECV);
	for (int i = 0; i < 8; i++) {
		entries[i].addr = (unsigned long)more[i];
		entries[i].len = 32;
		entries[i].bid = (unsigned short)(20 + i);
	}
	if (syscall(SYS_io_uring_register, ring.fd,
		    REGISTER_PBUF_RING, &reg, 1) < 0)
		exit(77);
	/* The tail lies where the first entry has nothing. */
	__atomic_store_n(&entries[0].resv, 8, __ATOMIC_RELEASE);
	may_fail(send(sv[0], "from a ring", 11, 0));
	q = put(IORING_OP_RECV, sv[1], NULL, 0);
	q->flags = IOSQE_BUFFER_SELECT;
	q->buf_group = 9;
	done(IORING_OP_RECV);
	close(sv[0]);
	close(sv[1]);
}

/* The ring is called by a number of this thread's own. */
static void named(void)
{
	struct { uint32_t index, resv; uint64_t fd; } name = { ~0U, 0, 0 };
	int sv[2];

	set_up(0);
	name.fd = (unsigned)ring.fd;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		exit(1);
	if (syscall(SYS_io_uring_register, ring.fd, REGISTER_RING_FDS, &name,
		    1) != 1)
		exit(77);
	put(IORING_OP_SEND, sv[0], "by name", 7);
	if (syscall(SYS_io_uring_enter, name.index, 1, 1,
		    IORING_ENTER_GETEVENTS | ENTER_REGISTERED_RING, NULL,
		    0) < 0)
		exit(1);
	close(sv[0]);
	close(sv[1]);
}

/*
 * The number of a ring that was closed means an empty file: whoever maps that
 * and looks is killed.
 */
static void replaced(void)
{
	int sv[2], fd;

	set_up(0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		exit(1);
	fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	may_fail(dup3(fd, ring.fd, 0));
	for (int i = 0; i < 3; i++)
		may_fail(syscall(SYS_io_uring_enter, ring.fd, 1, 1, 0, NULL, 0));
	may_fail(send(sv[0], "survived", 8, 0));
	close(sv[0]);
	close(sv[1]);
}

/* A request that waits for ever, and one that fails. */
static void open_end(void)
{
	int sv[2];

	set_up(0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		exit(1);
	put(IORING_OP_SEND, ring.fd, "x", 1);
	done(IORING_OP_SEND);
	put(IORING_OP_RECV, sv[0], room, sizeof(room));
	enter(1, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} programs[] = {
	{ "plain", plain },   { "no-array", no_array }, { "sqpoll", sqpoll },
	{ "chosen", chosen }, { "fixed", fixed },	{ "open-end", open_end },
	{ "named", named },   { "replaced", replaced },
	{ "direct", direct }, { "held", held },
	{ "installed", installed }, { "beyond", beyond },
	{ "end-unregistered", end_unregistered }, { "end-range", end_range },
	{ "end-replaced", end_replaced }, { "end-exec", end_exec },
	{ "end-named", end_named }, { "end-other", end_other },
	{ "spliced", spliced }, { "linked", linked }, { "end-number", end_number },
};

int main(int argc, char **argv)
{
	/* Whatever was inherited: the tests count from 3 on. */
	may_fail(syscall(436 /* close_range */, 3, ~0U, 0));
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		if (argc < 2 || strcmp(argv[1], programs[i].name))
			continue;
		programs[i].run();
		return 0;
	}
	return 2;
}
