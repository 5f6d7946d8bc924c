/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: where the bytes of a call lie, and which address it names. */
#include "fakemem.h"
#include "tap.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "sock/addr.h"

static struct fake f;
static struct iovec iov[3];
static struct mmsghdr v[2];
static struct sockaddr_in in;
static uint32_t len;

#define ARGS(...)							\
	memcpy(f.ev.args, (uint64_t[6]){ __VA_ARGS__ }, sizeof(f.ev.args))

/* "address+length …" of the pieces of a message. */
static void lies(int64_t ret, unsigned msg, const char *want, const char *name)
{
	static struct sk_payload p[SK_PAYLOADS];
	char got[200] = "";
	size_t n, at = 0;

	fake_exit(&f, ret);
	n = sk_decode_payload(&f.ev, msg, p);
	for (size_t i = 0; i < n && at < sizeof(got); i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%llx+%zu",
				       i ? " " : "",
				       (unsigned long long)p[i].addr, p[i].len);
	is_str(got, want, name);
}

static void begin(enum sk_sys sys)
{
	iov[0] = (struct iovec){ (void *)0x9000, 0 };
	iov[1] = (struct iovec){ (void *)0xa000, 5 };
	iov[2] = (struct iovec){ (void *)0xb000, 8 };
	v[0] = (struct mmsghdr){ { .msg_iov = (void *)0x2000, .msg_iovlen = 3,
				   .msg_name = (void *)0x3000,
				   .msg_namelen = sizeof(in) }, 7 };
	v[1] = v[0];
	v[1].msg_len = 13;
	in = (struct sockaddr_in){ .sin_family = AF_INET,
				   .sin_port = htons(80) };
	len = sizeof(in);
	fake_call(&f, sys);
	fake_map(&f, 0x1000, v, sizeof(v));
	fake_map(&f, 0x2000, iov, sizeof(iov));
	fake_map(&f, 0x3000, &in, sizeof(in));
	fake_map(&f, 0x4000, &len, sizeof(len));
}

static void test_pieces(void)
{
	begin(SK_SYS_writev);
	ARGS(3, 0x2000, 3);
	lies(7, 0, "a000+5 b000+2", "empty pieces hold nothing");
	lies(4, 0, "a000+4", "only what was written");
	lies(100, 0, "a000+5 b000+8", "no more than there is room for");
	lies(0, 0, "", "nothing was");
	lies(-EAGAIN, 0, "", "nor when it failed");
	f.regions[1].len = 2 * sizeof(*iov);
	lies(13, 0, "a000+5", "the third piece is not mapped");
	begin(SK_SYS_sendmsg);
	ARGS(3, 0x1000, 0);
	lies(6, 0, "a000+5 b000+1", "a message");
	lies(6, 1, "", "which is one");
	f.regions[0].len = 8;
	lies(6, 0, "", "a message that is not mapped");
	begin(SK_SYS_close);
	ARGS(3, 0x1000, 5);
	lies(5, 0, "", "a call that moves nothing");
}

static void test_many(void)
{
	static const enum sk_sys calls[] = { SK_SYS_sendmmsg,
					     SK_SYS_recvmmsg };

	for (int i = 0; i < 2; i++) {
		begin(calls[i]);
		ARGS(3, 0x1000, 2, 0);
		lies(2, 0, "a000+5 b000+2", "the first message");
		lies(2, 1, "a000+5 b000+8", "the second");
		lies(1, 1, "", "which did not come");
		lies(2, 2, "", "there is no third");
		f.regions[0].len = sizeof(*v);
		lies(2, 1, "", "the second is not mapped");
	}
}

/* --- addresses ------------------------------------------------------------ */

/* The port of the address; 7: it names none. */
static void port_is(unsigned msg, int want, const char *name)
{
	struct sk_addr a = { .len = sizeof(a.in) };

	a.in = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(7) };
	sk_decode_address(&f.ev, msg, &a);
	is_int(sk_addr_port(&a), want, name);
}

#define address_of(sys, want, ...) do {					\
		begin(SK_SYS_##sys);					\
		ARGS(__VA_ARGS__);					\
		fake_exit(&f, 1);					\
		port_is(0, want, #sys);					\
	} while (0)

static void test_addresses(void)
{
	address_of(connect, 80, 3, 0x3000, 16);
	address_of(connect, 7, 3, 0x3000, 1);
	address_of(connect, 7, 3, 0x3000, (uint32_t)-1);
	address_of(connect, 7, 3, 0x3000, 200);	/* not all mapped */
	address_of(connect, 7, 3, 0, 16);
	address_of(bind, 80, 3, 0x3000, 16);
	address_of(sendto, 80, 3, 0xa000, 5, 0, 0x3000, 16);
	address_of(sendto, 7, 3, 0xa000, 5, 0, 0, 0);
	address_of(recvfrom, 80, 3, 0xa000, 5, 0, 0x3000, 0x4000);
	address_of(recvfrom, 7, 3, 0xa000, 5, 0, 0x3000, 0);
	address_of(recvfrom, 7, 3, 0xa000, 5, 0, 0x3000, 0x8000);
	address_of(recvfrom, 7, 3, 0xa000, 5, 0, 0, 0x4000);
	address_of(accept4, 80, 3, 0x3000, 0x4000);
	address_of(accept4, 7, 3, 0x3000, 0x8000);
	address_of(accept4, 7, 3, 0, 0);
	address_of(sendmsg, 80, 3, 0x1000);
	address_of(sendmsg, 7, 3, 0x8000);
	address_of(recvmmsg, 80, 3, 0x1000, 2);
	address_of(read, 7, 3, 0x3000, 16);
	v[1].msg_hdr.msg_name = NULL;
	f.ev.sys = SK_SYS_sendmmsg;
	ARGS(3, 0x1000, 2);
	port_is(0, 80, "of the first message");
	port_is(1, 7, "not of the second");
	f.regions[0].len = sizeof(*v);
	port_is(1, 7, "which is not mapped");
}

/* An address longer than any there is: no more than fits is taken. */
static void test_long(void)
{
	static unsigned char room[200] = { AF_UNIX };
	struct sk_addr a = { 0 };

	begin(SK_SYS_bind);
	ARGS(3, 0x5000, sizeof(room));
	fake_map(&f, 0x5000, room, sizeof(room));
	fake_exit(&f, 0);
	sk_decode_address(&f.ev, 0, &a);
	is_int(a.len, sizeof(a.un), "as long as the longest");
}

int main(void)
{
	test_pieces();
	test_many();
	test_addresses();
	test_long();
	return tap_done();
}
