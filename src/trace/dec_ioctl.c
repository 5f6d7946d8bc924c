/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ioctl of sockets: sockios.h, netdevice(7). */
#include "trace/dec.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ioctl.h> /* musl has no _IOC_DIR() */
#include <linux/sockios.h>

enum ioctl_form {
	IOCTL_PTR,		/* to what is not looked at */
	IOCTL_WORD,		/* not known, or anybody's own: a number */
	IOCTL_INT_IN, IOCTL_INT_OUT,
	IOCTL_NONE,
	IOCTL_NAME,		/* of a device, alone */
	IOCTL_IFREQ,		/* .ifr, filled in by the kernel */
	IOCTL_IFREQ_IN,
	IOCTL_IFNAME,		/* a struct ifreq: what is its name? */
	IOCTL_IFCONF,
};

enum ifr_form {
	IFR_ADDR, IFR_INT, IFR_FLAGS, IFR_HW, IFR_MAP, IFR_NAME
};

static const struct ioctl_row {
	uint32_t cmd;
	enum ioctl_form form;
	enum ifr_form ifr;
	const char *key;
} ioctls[] = {
	{ FIONREAD, IOCTL_INT_OUT },
	{ TIOCOUTQ, IOCTL_INT_OUT },
	{ 0x894B /* SIOCOUTQNSD */, IOCTL_INT_OUT },
	{ SIOCATMARK, IOCTL_INT_OUT },
	{ SIOCGPGRP, IOCTL_INT_OUT },
	{ FIOGETOWN, IOCTL_INT_OUT },
	{ FIONBIO, IOCTL_INT_IN },
	{ FIOASYNC, IOCTL_INT_IN },
	{ FIOSETOWN, IOCTL_INT_IN },
	{ SIOCSPGRP, IOCTL_INT_IN },
	{ FIOCLEX, IOCTL_NONE },
	{ FIONCLEX, IOCTL_NONE },
	{ SIOCGIFADDR, IOCTL_IFREQ, IFR_ADDR, "ifr_addr" },
	{ SIOCGIFDSTADDR, IOCTL_IFREQ, IFR_ADDR, "ifr_dstaddr" },
	{ SIOCGIFBRDADDR, IOCTL_IFREQ, IFR_ADDR, "ifr_broadaddr" },
	{ SIOCGIFNETMASK, IOCTL_IFREQ, IFR_ADDR, "ifr_netmask" },
	{ SIOCGIFHWADDR, IOCTL_IFREQ, IFR_HW, "ifr_hwaddr" },
	{ SIOCGIFFLAGS, IOCTL_IFREQ, IFR_FLAGS, "ifr_flags" },
	{ SIOCGIFMETRIC, IOCTL_IFREQ, IFR_INT, "ifr_metric" },
	{ SIOCGIFMTU, IOCTL_IFREQ, IFR_INT, "ifr_mtu" },
	{ SIOCGIFTXQLEN, IOCTL_IFREQ, IFR_INT, "ifr_qlen" },
	{ SIOCGIFINDEX, IOCTL_IFREQ, IFR_INT, "ifr_ifindex" },
	{ SIOCGIFMAP, IOCTL_IFREQ, IFR_MAP, "ifr_map" },
	{ SIOCGIFSLAVE, IOCTL_IFREQ, IFR_NAME, "ifr_slave" },
	{ SIOCSIFADDR, IOCTL_IFREQ_IN, IFR_ADDR, "ifr_addr" },
	{ SIOCSIFDSTADDR, IOCTL_IFREQ_IN, IFR_ADDR, "ifr_dstaddr" },
	{ SIOCSIFBRDADDR, IOCTL_IFREQ_IN, IFR_ADDR, "ifr_broadaddr" },
	{ SIOCSIFNETMASK, IOCTL_IFREQ_IN, IFR_ADDR, "ifr_netmask" },
	{ SIOCSIFFLAGS, IOCTL_IFREQ_IN, IFR_FLAGS, "ifr_flags" },
	{ SIOCSIFMTU, IOCTL_IFREQ_IN, IFR_INT, "ifr_mtu" },
	{ SIOCSIFTXQLEN, IOCTL_IFREQ_IN, IFR_INT, "ifr_qlen" },
	{ SIOCSIFMETRIC, IOCTL_IFREQ_IN, IFR_INT, "ifr_metric" },
	{ SIOCSIFHWADDR, IOCTL_IFREQ_IN, IFR_HW, "ifr_hwaddr" },
	{ SIOCADDMULTI, IOCTL_IFREQ_IN, IFR_HW, "ifr_hwaddr" },
	{ SIOCDELMULTI, IOCTL_IFREQ_IN, IFR_HW, "ifr_hwaddr" },
	{ SIOCSIFMAP, IOCTL_IFREQ_IN, IFR_MAP, "ifr_map" },
	{ SIOCSIFSLAVE, IOCTL_IFREQ_IN, IFR_NAME, "ifr_slave" },
	{ SIOCSIFNAME, IOCTL_IFREQ_IN, IFR_NAME, "ifr_newname" },
	{ SIOCGIFNAME, IOCTL_IFNAME },
	{ SIOCGIFCONF, IOCTL_IFCONF },
	{ SIOCBRADDBR, IOCTL_NAME },
	{ SIOCBRDELBR, IOCTL_NAME },
	{ SIOCPROTOPRIVATE, IOCTL_WORD },	/* and SIOCUNIXFILE */
	{ SIOCDEVPRIVATE, IOCTL_WORD },
};

static const struct ioctl_row *ioctl_row(const struct sk_event *ev)
{
	static const struct ioctl_row known = { 0, IOCTL_PTR };
	static const struct ioctl_row other = { 0, IOCTL_WORD };
	uint32_t cmd = (uint32_t)ev->args[1];

	for (size_t i = 0; i < sizeof(ioctls) / sizeof(*ioctls); i++)
		if (ioctls[i].cmd == cmd)
			return &ioctls[i];
	return sk_name_of(&sk_tr_ioctl, cmd) ? &known : &other;
}

bool sk_dec_ioctl_unary(const struct sk_event *ev)
{
	return ioctl_row(ev)->form == IOCTL_NONE;
}

bool sk_dec_ioctl_deep(const struct sk_event *ev)
{
	enum ioctl_form form = ioctl_row(ev)->form;

	/* Of a list the length is shown all the same. */
	return form != IOCTL_PTR && form != IOCTL_WORD &&
	       form != IOCTL_NONE && form != IOCTL_IFCONF;
}

bool sk_dec_ioctl_out(const struct sk_event *ev)
{
	enum ioctl_form form = ioctl_row(ev)->form;

	return form == IOCTL_INT_OUT || form == IOCTL_IFREQ ||
	       form == IOCTL_IFNAME || form == IOCTL_IFCONF;
}

void sk_dec_ioctl_cmd(struct sk_dec *d)
{
	static const char *const dirs[] = { "_IOC_NONE", "_IOC_WRITE",
					    "_IOC_READ",
					    "_IOC_READ|_IOC_WRITE" };
	uint32_t cmd = (uint32_t)d->ev->args[1];
	const char *name = sk_name_of(&sk_tr_ioctl, cmd);
	char text[80];

	if (name || d->s->json) {
		sk_show_named(d->s, name, cmd, "");
		return;
	}
	snprintf(text, sizeof(text), "_IOC(%s, %#x, %#x, %#x)",
		 dirs[_IOC_DIR(cmd)], _IOC_TYPE(cmd), _IOC_NR(cmd),
		 _IOC_SIZE(cmd));
	if (!_IOC_SIZE(cmd))
		snprintf(text, sizeof(text), "_IOC(%s, %#x, %#x, 0)",
			 dirs[_IOC_DIR(cmd)], _IOC_TYPE(cmd), _IOC_NR(cmd));
	sk_show_named(d->s, text, cmd, "");
}

/* struct sockaddr of a device: as many bytes as its type has. */
static void show_hwaddr(struct sk_dec *d, const unsigned char *p)
{
	struct sk_field fields[] = {
		{ "sa_family", 0, 2, SK_F_NAME, &sk_tr_arphrd, "ARPHRD_???" },
		{ "sa_data", 2, 6, SK_F_MAC },
		{ NULL }
	};
	uint16_t type;

	memcpy(&type, p, 2);
	if (type == ARPHRD_NETROM || type == ARPHRD_AX25)
		fields[1].size = 7;
	sk_show_open(d->s, '{');
	sk_dec_fields(d, fields, p, 16);
	sk_show_close(d->s, '}');
}

/* struct ifmap: two longs, a short and three bytes. */
static void show_ifmap(struct sk_dec *d, const unsigned char *p)
{
	static const char *const bytes[] = { "irq", "dma", "port" };
	uint64_t start = 0, end = 0;
	size_t size = sk_dec_compat(d) ? 4 : 8;
	uint16_t base;

	memcpy(&start, p, size);	/* all that we trace is little-endian */
	memcpy(&end, p + size, size);
	p += 2 * size;
	memcpy(&base, p, 2);
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "mem_start");
	sk_show_hex(d->s, start);
	sk_show_key(d->s, "mem_end");
	sk_show_hex(d->s, end);
	sk_show_key(d->s, "base_addr");
	sk_show_hex(d->s, base);
	for (int i = 0; i < 3; i++) {
		sk_show_key(d->s, bytes[i]);
		sk_show_hex(d->s, p[2 + i]);
	}
	sk_show_close(d->s, '}');
}

static void show_name(struct sk_dec *d, const void *p)
{
	sk_show_string(d->s, p, strnlen(p, IFNAMSIZ), false);
}

static void show_ifr(struct sk_dec *d, const struct ioctl_row *row,
		     const unsigned char *p)
{
	uint16_t flags;
	int32_t v;

	memcpy(&v, p, 4);
	memcpy(&flags, p, 2);
	sk_show_key(d->s, row->key);
	switch (row->ifr) {
	case IFR_ADDR:
		sk_dec_sockaddr_data(d, p, 16);
		break;
	case IFR_FLAGS:
		sk_show_flags(d->s, &sk_tr_ifflags, flags, "IFF_???");
		break;
	case IFR_MAP:
		show_ifmap(d, p);
		break;
	case IFR_NAME:
		show_name(d, p);
		break;
	case IFR_HW:
		show_hwaddr(d, p);
		break;
	default:
		sk_show_i64(d->s, v);
		break;
	}
}

/* --- struct ifreq: 16 bytes of name, then one of many things ------------ */

#define IFREQ_MAX (IFNAMSIZ + 24)

static size_t ifreq_size(const struct sk_event *ev)
{
	return sk_abi_compat(ev->abi) ? IFNAMSIZ + 16 : IFREQ_MAX;
}

static bool get_ifreq(const struct sk_event *ev, uint64_t addr,
		      unsigned char p[IFREQ_MAX])
{
	return addr && sk_mem_get(ev, addr, p, ifreq_size(ev)) == 0;
}

static void show_ifreq(struct sk_dec *d, const struct ioctl_row *row)
{
	unsigned char p[IFREQ_MAX];
	uint64_t addr = d->ev->args[2];

	if (!get_ifreq(d->ev, addr, p)) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "ifr_name");
	show_name(d, p);
	if (row->form == IOCTL_IFREQ_IN || !sk_dec_failed(d))
		show_ifr(d, row, p + IFNAMSIZ);
	sk_show_close(d->s, '}');
}

/* The index is given, and the name is the answer. */
static void show_ifname(struct sk_dec *d)
{
	unsigned char p[IFREQ_MAX];
	uint64_t addr = d->ev->args[2];
	int32_t index;

	if (!get_ifreq(d->ev, addr, p)) {
		sk_show_ptr(d->s, addr);
		return;
	}
	memcpy(&index, p + IFNAMSIZ, 4);
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "ifr_ifindex");
	sk_show_i64(d->s, index);
	if (!sk_dec_failed(d)) {
		sk_show_key(d->s, "ifr_name");
		show_name(d, p);
	}
	sk_show_close(d->s, '}');
}

static void show_device(struct sk_dec *d)
{
	unsigned char p[IFNAMSIZ];
	uint64_t addr = d->ev->args[2];

	if (addr && sk_mem_get(d->ev, addr, p, sizeof(p)) == 0)
		show_name(d, p);
	else
		sk_show_ptr(d->s, addr);
}

/* --- struct ifconf: room for so many struct ifreq ---------------------- */

struct ifconf_words {
	int32_t len;
	uint64_t buf;
};

static bool get_ifconf(const struct sk_event *ev, struct ifconf_words *c)
{
	uint64_t addr = ev->args[2];
	unsigned char p[16];
	bool compat = sk_abi_compat(ev->abi);

	if (!addr || sk_mem_get(ev, addr, p, compat ? 8 : 16) < 0)
		return false;
	c->buf = 0;
	memcpy(&c->len, p, 4);
	memcpy(&c->buf, p + (compat ? 4 : 8), compat ? 4 : 8);
	return true;
}

void sk_dec_keep_ioctl(const struct sk_event *ev, int slot)
{
	struct ifconf_words c;

	if (ioctl_row(ev)->form == IOCTL_IFCONF && get_ifconf(ev, &c))
		sk_dec_keep(ev, slot, (uint32_t)c.len);
}

static void show_ifc_len(struct sk_dec *d, int32_t len)
{
	int32_t size = (int32_t)ifreq_size(d->ev);

	sk_show_i64(d->s, len);
	if (!d->s->json && len > 0 && len % size == 0)
		sk_out_printf(d->s->out, " /* %d * sizeof(struct ifreq) */",
			      len / size);
}

static void show_ifreqs(struct sk_dec *d, const struct ifconf_words *c)
{
	static const struct ioctl_row row = { .ifr = IFR_ADDR,
					      .key = "ifr_addr" };
	size_t size = ifreq_size(d->ev);
	size_t n = c->len > 0 ? (size_t)c->len / size : 0;
	size_t shown = sk_dec_shown(d, n);
	unsigned char p[IFREQ_MAX];

	sk_show_open(d->s, '[');
	for (size_t i = 0; i < shown; i++) {
		if (!get_ifreq(d->ev, c->buf + i * size, p)) {
			sk_dec_broken(d, c->buf + i * size);
			n = shown;
			break;
		}
		sk_show_open(d->s, '{');
		sk_show_key(d->s, "ifr_name");
		show_name(d, p);
		show_ifr(d, &row, p + IFNAMSIZ);
		sk_show_close(d->s, '}');
	}
	if (shown < n)
		sk_show_more(d->s);
	sk_show_close(d->s, ']');
}

/* Without a place the length that is needed is asked for: not one given. */
static void show_ifconf(struct sk_dec *d, int slot)
{
	struct ifconf_words c;
	uint64_t before;
	bool changed;

	if (!get_ifconf(d->ev, &c)) {
		sk_show_ptr(d->s, d->ev->args[2]);
		return;
	}
	changed = sk_dec_kept(d->ev, slot, &before) && c.buf &&
		  !sk_dec_failed(d) && (int32_t)before != c.len;
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "ifc_len");
	if (changed) {
		sk_show_change_begin(d->s);
		show_ifc_len(d, (int32_t)before);
		sk_show_change_then(d->s);
	}
	show_ifc_len(d, c.len);
	if (changed)
		sk_show_change_end(d->s);
	sk_show_key(d->s, "ifc_buf");
	if (!c.buf || sk_dec_failed(d) || d->s->style->shallow)
		sk_show_ptr(d->s, c.buf);
	else
		show_ifreqs(d, &c);
	sk_show_close(d->s, '}');
}

static void show_int(struct sk_dec *d, bool out)
{
	uint64_t addr = d->ev->args[2];
	int32_t v;

	if (!addr || (out && sk_dec_failed(d)) ||
	    sk_mem_get(d->ev, addr, &v, 4) < 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '[');
	sk_show_i64(d->s, v);
	sk_show_close(d->s, ']');
}

void sk_dec_ioctl_arg(struct sk_dec *d, int slot)
{
	const struct ioctl_row *row = ioctl_row(d->ev);

	switch (row->form) {
	case IOCTL_INT_IN:
	case IOCTL_INT_OUT:
		show_int(d, row->form == IOCTL_INT_OUT);
		break;
	case IOCTL_IFREQ:
	case IOCTL_IFREQ_IN:
		show_ifreq(d, row);
		break;
	case IOCTL_IFNAME:
		show_ifname(d);
		break;
	case IOCTL_IFCONF:
		show_ifconf(d, slot);
		break;
	case IOCTL_NAME:
		show_device(d);
		break;
	case IOCTL_WORD:
		sk_show_hex(d->s, d->ev->args[2]);
		break;
	default:
		sk_show_ptr(d->s, d->ev->args[2]);
		break;
	}
}
