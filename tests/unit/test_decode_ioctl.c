/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: ioctl(2) of sockets, as strace has it (netdevice(7)). */
#include "fakeline.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

#define AT 0x1000
#define BUF 0x2000

static void asks(uint32_t cmd, void *p, size_t len)
{
	begin(SK_SYS_ioctl);
	ARGS(3, cmd, AT);
	fake_map(&f, AT, p, len);
}

static void test_names(void)
{
	begin(SK_SYS_ioctl);
	ARGS(3, SIOCBRADDIF, 0);
	enter();
	line_is(-EFAULT, "3, SIOCBRADDIF, NULL) = -1 EFAULT (Bad address)",
		"one that is known points somewhere");
	begin(SK_SYS_ioctl);
	ARGS(3, 0x89ff, 0);
	enter();
	line_is(0, "3, _IOC(_IOC_NONE, 0x89, 0xff, 0), 0) = 0",
		"what is not known is a number");
	begin(SK_SYS_ioctl);
	ARGS(3, SIOCDEVPRIVATE, 0);
	enter();
	line_is(0, "3, SIOCDEVPRIVATE, 0) = 0", "and so is a driver's own");
}

static void test_ifreq(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	char name[IFNAMSIZ] = "br0";

	r.ifr_ifindex = 7;
	asks(SIOCGIFINDEX, &r, sizeof(r));
	enter();
	line_is(0, "3, SIOCGIFINDEX, {ifr_name=\"lo\", ifr_ifindex=7}) = 0",
		"an index");
	asks(SIOCGIFNAME, &r, sizeof(r));
	enter();
	line_is(0, "3, SIOCGIFNAME, {ifr_ifindex=7, ifr_name=\"lo\"}) = 0",
		"its name");
	asks(SIOCGIFNAME, &r, sizeof(r));
	enter();
	line_is(-ENODEV, "3, SIOCGIFNAME, {ifr_ifindex=7}) = -1 ENODEV "
			 "(No such device)", "there is none");
	memset(r.ifr_newname, 'x', IFNAMSIZ);
	asks(SIOCSIFNAME, &r, sizeof(r));
	enter();
	line_is(-EINVAL, "3, SIOCSIFNAME, {ifr_name=\"lo\", ifr_newname="
			 "\"xxxxxxxxxxxxxxxx\"}) = -1 EINVAL "
			 "(Invalid argument)", "a name without an end");
	asks(SIOCBRADDBR, name, sizeof(name));
	enter();
	line_is(0, "3, SIOCBRADDBR, \"br0\") = 0", "a name alone");
	asks(SIOCGIFMTU, &r, sizeof(r) - 1);
	enter();
	line_is(0, "3, SIOCGIFMTU, 0x1000) = 0", "half of one");
}

static void test_hwaddr(void)
{
	struct ifreq r = { .ifr_name = "e" };

	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r.ifr_hwaddr.sa_data, "\1\2\3\4\5\xff\7", 7);
	asks(SIOCGIFHWADDR, &r, sizeof(r));
	enter();
	line_is(0, "3, SIOCGIFHWADDR, {ifr_name=\"e\", ifr_hwaddr={sa_family="
		   "ARPHRD_ETHER, sa_data=01:02:03:04:05:ff}}) = 0",
		"Ethernet");
	r.ifr_hwaddr.sa_family = ARPHRD_AX25;
	asks(SIOCADDMULTI, &r, sizeof(r));
	enter();
	line_is(0, "3, SIOCADDMULTI, {ifr_name=\"e\", ifr_hwaddr={sa_family="
		   "ARPHRD_AX25, sa_data=01:02:03:04:05:ff:07}}) = 0",
		"one of seven bytes");
}

static void test_map(void)
{
	unsigned char r[40] = "e", r32[32] = "e";

	memcpy(r + 16, "\1\0\0\0\0\0\0\2\3\0\0\0\0\0\0\0\4\5\6\7\10", 21);
	asks(SIOCGIFMAP, r, sizeof(r));
	enter();
	line_is(0, "3, SIOCGIFMAP, {ifr_name=\"e\", ifr_map={mem_start="
		   "0x200000000000001, mem_end=0x3, base_addr=0x504, irq=0x6, "
		   "dma=0x7, port=0x8}}) = 0", "a map");
	memcpy(r32 + 16, "\1\0\0\0\3\0\0\0\4\5\6\7\10", 13);
	asks(SIOCGIFMAP, r32, sizeof(r32));
	f.ev.abi = SK_ABI_I386;
	enter();
	line_is(0, "3, SIOCGIFMAP, {ifr_name=\"e\", ifr_map={mem_start=0x1, "
		   "mem_end=0x3, base_addr=0x504, irq=0x6, dma=0x7, port=0x8}})"
		   " = 0", "one of 32 bits");
}

/* A list of n devices was asked for with room for `room` bytes. */
static void conf_is(int room, int len, size_t size, bool i386, int ret,
		    const char *want, const char *name)
{
	static unsigned char bufs[4 * 40];
	unsigned char c[16] = "";
	uint64_t buf = BUF;

	memset(bufs, 0, sizeof(bufs));
	for (unsigned i = 0; i < sizeof(bufs) / size; i++) {
		bufs[i * size] = (unsigned char)('a' + i);
		bufs[i * size + 16] = AF_INET;
		bufs[i * size + 20] = 10;
	}
	memcpy(c, &room, 4);
	memcpy(c + (i386 ? 4 : 8), &buf, i386 ? 4 : 8);
	asks(SIOCGIFCONF, c, i386 ? 8 : 16);
	fake_map(&f, BUF, bufs, sizeof(bufs));
	if (i386)
		f.ev.abi = SK_ABI_I386;
	enter();
	sk_decode_keep(&f.ev);
	memcpy(c, &len, 4);
	line_is(ret, want, name);
}

#define A "{ifr_name=\"a\", ifr_addr={sa_family=AF_INET, sin_port=htons(0), " \
	  "sin_addr=inet_addr(\"10.0.0.0\")}}"
#define B "{ifr_name=\"b\", ifr_addr={sa_family=AF_INET, sin_port=htons(0), " \
	  "sin_addr=inet_addr(\"10.0.0.0\")}}"
#define OF " * sizeof(struct ifreq) */"

static void test_ifconf(void)
{
	unsigned char none[16] = { 80 };

	asks(SIOCGIFCONF, none, sizeof(none));
	enter();
	line_is(0, "3, SIOCGIFCONF, {ifc_len=80 /* 2" OF ", ifc_buf=NULL}) = 0",
		"how much room is needed");
	conf_is(160, 80, 40, false, 0,
		"3, SIOCGIFCONF, {ifc_len=160 /* 4" OF " => 80 /* 2" OF
		", ifc_buf=[" A ", " B "]}) = 0", "two devices");
	conf_is(72, 64, 32, true, 0,
		"3, SIOCGIFCONF, {ifc_len=72 => 64 /* 2" OF
		", ifc_buf=[" A ", " B "]}) = 0", "the same of i386");
	conf_is(-5, 0, 40, false, 0,
		"3, SIOCGIFCONF, {ifc_len=-5 => 0, ifc_buf=[]}) = 0",
		"less than no room");
	conf_is(80, 0, 40, false, -EFAULT,
		"3, SIOCGIFCONF, {ifc_len=0, ifc_buf=0x2000}) = -1 EFAULT "
		"(Bad address)", "nowhere");
	conf_is(1, INT32_MAX, 160, false, 0,
		"3, SIOCGIFCONF, {ifc_len=1 => 2147483647, ifc_buf=[" A
		", {ifr_name=\"\", ifr_addr={sa_family=AF_UNSPEC, sa_data=\"\\0"
		"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"}}, "
		"{ifr_name=\"\", ifr_addr={sa_family=AF_UNSPEC, sa_data=\"\\0"
		"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"}}, "
		"{ifr_name=\"\", ifr_addr={sa_family=AF_UNSPEC, sa_data=\"\\0"
		"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"}}, "
		"... /* 0x20a0 */]}) = 0", "a length that lies");
}

static void test_ints(void)
{
	int v = -5;

	asks(FIOSETOWN, &v, sizeof(v));
	enter();
	line_is(-EPERM, "3, FIOSETOWN, [-5]) = -1 EPERM (Operation not "
			"permitted)", "what is set, though in vain");
	asks(FIONREAD, &v, sizeof(v));
	enter();
	line_is(-EPERM, "3, FIONREAD, 0x1000) = -1 EPERM (Operation not "
			"permitted)", "of what is asked in vain no answer");
	asks(0x800489ff, &v, sizeof(v));
	enter();
	line_is(0, "3, _IOC(_IOC_READ, 0x89, 0xff, 0x4), 0x1000) = 0",
		"what is not known says how large it is");
}

static void test_parts(void)
{
	struct ifreq r = { .ifr_name = "e" };

	r.ifr_hwaddr.sa_family = ARPHRD_NETROM;
	memcpy(r.ifr_hwaddr.sa_data, "\1\2\3\4\5\6\7", 7);
	asks(SIOCGIFHWADDR, &r, sizeof(r));
	enter();
	line_is(0, "3, SIOCGIFHWADDR, {ifr_name=\"e\", ifr_hwaddr={sa_family="
		   "ARPHRD_NETROM, sa_data=01:02:03:04:05:06:07}}) = 0",
		"NET/ROM has seven bytes");
	r.ifr_mtu = 0x10001;
	asks(SIOCSIFMTU, &r, sizeof(r));
	enter();
	line_is(-EPERM, "3, SIOCSIFMTU, {ifr_name=\"e\", ifr_mtu=65537}) = -1 "
			"EPERM (Operation not permitted)", "set in vain");
	asks(SIOCGIFMTU, &r, sizeof(r));
	enter();
	line_is(-ENODEV, "3, SIOCGIFMTU, {ifr_name=\"e\"}) = -1 ENODEV "
			 "(No such device)", "asked in vain");
	asks(SIOCGIFFLAGS, &r, sizeof(r));
	enter();
	line_is(0, "3, SIOCGIFFLAGS, {ifr_name=\"e\", ifr_flags=IFF_UP}) = 0",
		"flags are a short");
}

/* Of a call whose beginning was not seen all is shown at its end. */
static void late_is(uint32_t cmd, const char *want, const char *name)
{
	static struct ifreq r = { .ifr_name = "\1", .ifr_mtu = 9 };

	asks(cmd, &r, sizeof(r));
	fake_exit(&f, -EPERM);
	sk_decode_arg(&show, &f.ev, NULL, 2);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
}

static void test_late(void)
{
	late_is(SIOCSIFMTU, "{ifr_name=\"\\1\", ifr_mtu=9}", "set in vain");
	late_is(FIONBIO, "[1]", "so is a number");
}

static void test_shallow(void)
{
	unsigned char c[16] = { 80, [9] = 0x20 }, none[16] = { 5 };
	struct sk_json json;

	asks(SIOCGIFCONF, c, sizeof(c));
	style.shallow = true;
	ok(!sk_decode_is_deep(&f.ev, 2), "of a list the length is shown");
	enter();
	line_is(0, "3, SIOCGIFCONF, {ifc_len=80 /* 2" OF ", ifc_buf=0x2000}) "
		   "= 0", "and that alone with -e verbose=none");
	asks(SIOCGIFCONF, none, sizeof(none));
	enter();
	none[0] = 6;
	line_is(0, "3, SIOCGIFCONF, {ifc_len=6, ifc_buf=NULL}) = 0",
		"what was given does not matter where none is asked for");
	asks(SIOCGIFCONF, c, sizeof(c));
	sk_json_init(&json, &out);
	sk_show_json(&show, &json, &style);
	sk_decode_arg(&show, &f.ev, NULL, 2);
	sk_out_char(&out, '\0');
	is_str(out.buf, "{\"ifc_len\":80,\"ifc_buf\":[\"... /* 0x2000 */\"]}",
	       "JSON: the length is a number");
	asks(0x800489ff, c, sizeof(c));
	sk_json_init(&json, &out);
	sk_show_json(&show, &json, &style);
	sk_decode_arg(&show, &f.ev, NULL, 1);
	sk_out_char(&out, '\0');
	is_str(out.buf, "2147781119", "JSON: and so is what is not known");
	asks(SIOCGIFCONF, c, sizeof(c));
	style.strings = 0;
	enter();
	line_is(0, "3, SIOCGIFCONF, {ifc_len=80 /* 2" OF ", ifc_buf=[...]}) "
		   "= 0", "as many as are to be shown");
}

int main(void)
{
	test_names();
	test_ifreq();
	test_hwaddr();
	test_map();
	test_ifconf();
	test_ints();
	test_parts();
	test_late();
	test_shallow();
	sk_out_fini(&out);
	return tap_done();
}
