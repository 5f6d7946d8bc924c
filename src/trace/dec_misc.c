/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fcntl and ioctl: what their third argument is hangs on the second. */
#include "trace/dec.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ioctl.h> /* musl has no _IOC_DIR() */
#include <linux/sockios.h>

static void json_open_flags(struct sk_dec *d, uint64_t flags)
{
	const char *mode = sk_name_of(&sk_tr_accmode, flags & O_ACCMODE);
	struct sk_name rows[24] = { { mode ? mode : "O_ACCMODE", 0 } };
	const struct sk_names all = { "O_", rows };
	size_t n = 0;

	for (const struct sk_name *f = sk_tr_open_flags.rows;
	     f->name && n < 23; f++)
		rows[n++] = *f;
	rows[n] = (struct sk_name){ NULL, 0 };
	sk_show_flags(d->s, &all, flags & ~(uint64_t)O_ACCMODE, "O_???");
}

/* "O_RDWR|O_NONBLOCK": the lowest two bits are a number. */
static const char *open_flags_text(char *text, size_t size, uint64_t flags)
{
	const char *mode = sk_name_of(&sk_tr_accmode, flags & O_ACCMODE);
	size_t at = (size_t)snprintf(text, size, "%s",
				     mode ? mode : "O_ACCMODE");

	flags &= ~(uint64_t)O_ACCMODE;
	for (const struct sk_name *f = sk_tr_open_flags.rows; f->name; f++) {
		if (!f->value || (flags & f->value) != f->value)
			continue;
		at += (size_t)snprintf(text + at, size - at, "|%s", f->name);
		flags &= ~f->value;
	}
	if (flags)
		snprintf(text + at, size - at, "|%#llx",
			 (unsigned long long)flags);
	return text;
}

void sk_dec_open_flags(struct sk_dec *d, uint64_t flags)
{
	char text[256];

	if (d->s->json)
		json_open_flags(d, flags);
	else
		sk_show_named(d->s, open_flags_text(text, sizeof(text), flags),
			      flags, NULL);
}

/* --- fcntl ------------------------------------------------------------ */

enum fcntl_form {
	FORM_NONE,		/* no third argument */
	FORM_INT,
	FORM_FD_FLAGS,
	FORM_OPEN_FLAGS,
	FORM_OWNER_IN, FORM_OWNER_OUT,
	FORM_SIGNAL,
	FORM_HEX,
};

static enum fcntl_form fcntl_form(uint64_t cmd)
{
	static const struct {
		uint32_t cmd;
		enum fcntl_form form;
	} of[] = {
		{ F_DUPFD, FORM_INT },	    { F_GETFD, FORM_NONE },
		{ F_SETFD, FORM_FD_FLAGS }, { F_GETFL, FORM_NONE },
		{ F_SETFL, FORM_OPEN_FLAGS },
		{ F_SETOWN, FORM_INT },	    { F_GETOWN, FORM_NONE },
		{ F_SETSIG, FORM_SIGNAL },  { F_GETSIG, FORM_NONE },
		{ F_SETOWN_EX, FORM_OWNER_IN },
		{ F_GETOWN_EX, FORM_OWNER_OUT },
		{ F_DUPFD_CLOEXEC, FORM_INT },
		{ F_SETPIPE_SZ, FORM_INT }, { F_GETPIPE_SZ, FORM_NONE },
		{ 1034 /* F_GET_SEALS */, FORM_NONE },
		{ 1025 /* F_GETLEASE */, FORM_NONE },
		{ 1027 /* F_DUPFD_QUERY */, FORM_INT },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (of[i].cmd == (uint32_t)cmd)
			return of[i].form;
	return FORM_HEX;
}

bool sk_dec_fcntl_unary(const struct sk_event *ev)
{
	return fcntl_form(ev->args[1]) == FORM_NONE;
}

bool sk_dec_fcntl_out(const struct sk_event *ev)
{
	return fcntl_form(ev->args[1]) == FORM_OWNER_OUT;
}

static const struct sk_field owner_fields[] = {
	{ "type", 0, 4, SK_F_NAME, &sk_tr_owner_type, "F_OWNER_???" },
	{ "pid", 4, 4, SK_F_I },
	{ NULL }
};

void sk_dec_fcntl_arg(struct sk_dec *d)
{
	uint64_t v = d->ev->args[2];
	char name[16];

	switch (fcntl_form(d->ev->args[1])) {
	case FORM_INT:
		sk_show_i64(d->s, (int32_t)v);
		break;
	case FORM_FD_FLAGS:
		sk_show_flags(d->s, &sk_tr_fd_flags, v, "FD_???");
		break;
	case FORM_OPEN_FLAGS:
		sk_dec_open_flags(d, v);
		break;
	case FORM_OWNER_OUT:
		if (sk_dec_failed(d))
			sk_show_ptr(d->s, v);
		else
			sk_dec_struct(d, owner_fields, v, 8);
		break;
	case FORM_OWNER_IN:
		sk_dec_struct(d, owner_fields, v, 8);
		break;
	case FORM_SIGNAL:
		sk_show_word(d->s, sk_signal_name((int)v, name));
		break;
	default:
		sk_show_hex(d->s, v);
		break;
	}
}

static void show_flags_of(struct sk_dec *d, uint64_t v, bool of_file)
{
	struct sk_show *s = d->s;
	char text[256];

	if (!s->json) {
		sk_out_str(s->out, " (flags ");
		s->comma = false;
	}
	if (!of_file)
		sk_show_flags(s, &sk_tr_fd_flags, v, "FD_???");
	else if (s->json)
		sk_dec_open_flags(d, v);
	else	/* by name, whatever -X says, as strace has it */
		sk_show_word(s, open_flags_text(text, sizeof(text), v));
	if (!s->json)
		sk_out_char(s->out, ')');
}

void sk_dec_result_fcntl(struct sk_dec *d)
{
	uint64_t v = (uint64_t)d->ev->ret;

	if (d->ev->args[1] == F_GETFL)
		show_flags_of(d, v, true);
	else if (d->ev->args[1] == F_GETFD && (v || d->s->json))
		show_flags_of(d, v, false);
}

/* --- ioctl ------------------------------------------------------------ */

enum ioctl_form {
	IOCTL_PTR,
	IOCTL_INT_IN, IOCTL_INT_OUT,
	IOCTL_NONE,
	IOCTL_IFREQ,		/* .ifr, filled in by the kernel */
	IOCTL_IFREQ_IN,
};

enum ifr_form { IFR_NONE, IFR_ADDR, IFR_INT, IFR_FLAGS, IFR_INDEX, IFR_HW };

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
	{ SIOCGIFINDEX, IOCTL_IFREQ, IFR_INDEX, "ifr_ifindex" },
	{ SIOCSIFADDR, IOCTL_IFREQ_IN, IFR_ADDR, "ifr_addr" },
	{ SIOCSIFDSTADDR, IOCTL_IFREQ_IN, IFR_ADDR, "ifr_dstaddr" },
	{ SIOCSIFBRDADDR, IOCTL_IFREQ_IN, IFR_ADDR, "ifr_broadaddr" },
	{ SIOCSIFNETMASK, IOCTL_IFREQ_IN, IFR_ADDR, "ifr_netmask" },
	{ SIOCSIFFLAGS, IOCTL_IFREQ_IN, IFR_FLAGS, "ifr_flags" },
	{ SIOCSIFMTU, IOCTL_IFREQ_IN, IFR_INT, "ifr_mtu" },
	{ SIOCSIFTXQLEN, IOCTL_IFREQ_IN, IFR_INT, "ifr_qlen" },
};

static const struct ioctl_row *ioctl_row(const struct sk_event *ev)
{
	static const struct ioctl_row other = { 0, IOCTL_PTR };

	for (size_t i = 0; i < sizeof(ioctls) / sizeof(*ioctls); i++)
		if (ioctls[i].cmd == (uint32_t)ev->args[1])
			return &ioctls[i];
	return &other;
}

bool sk_dec_ioctl_unary(const struct sk_event *ev)
{
	return ioctl_row(ev)->form == IOCTL_NONE;
}

bool sk_dec_ioctl_deep(const struct sk_event *ev)
{
	enum ioctl_form form = ioctl_row(ev)->form;

	return form != IOCTL_PTR && form != IOCTL_NONE;
}

bool sk_dec_ioctl_out(const struct sk_event *ev)
{
	const struct ioctl_row *row = ioctl_row(ev);

	return row->form == IOCTL_INT_OUT || row->form == IOCTL_IFREQ;
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

static const struct sk_field hwaddr_fields[] = {
	{ "sa_family", 0, 2, SK_F_NAME, &sk_tr_arphrd, "ARPHRD_???" },
	{ "sa_data", 2, 6, SK_F_OCTETS },
	{ NULL }
};

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
	case IFR_INDEX:
		sk_dec_ifindex(d, (uint32_t)v);
		break;
	case IFR_HW:
		sk_show_open(d->s, '{');
		sk_dec_fields(d, hwaddr_fields, p, 16);
		sk_show_close(d->s, '}');
		break;
	default:
		sk_show_i64(d->s, v);
		break;
	}
}

/* struct ifreq: 16 bytes of name, then one of many things. */
static void show_ifreq(struct sk_dec *d, const struct ioctl_row *row)
{
	unsigned char p[IFNAMSIZ + 16];
	uint64_t addr = d->ev->args[2];

	if (!addr || sk_mem_get(d->ev, addr, p, sizeof(p)) < 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "ifr_name");
	sk_show_string(d->s, p, strnlen((char *)p, IFNAMSIZ), false);
	if (!sk_dec_failed(d))
		show_ifr(d, row, p + IFNAMSIZ);
	sk_show_close(d->s, '}');
}

void sk_dec_ioctl_arg(struct sk_dec *d)
{
	const struct ioctl_row *row = ioctl_row(d->ev);
	uint64_t addr = d->ev->args[2];
	int32_t v;

	switch (row->form) {
	case IOCTL_INT_IN:
	case IOCTL_INT_OUT:
		if (!addr || (row->form == IOCTL_INT_OUT && sk_dec_failed(d)) ||
		    sk_mem_get(d->ev, addr, &v, 4) < 0)
			break;
		sk_show_open(d->s, '[');
		sk_show_i64(d->s, v);
		sk_show_close(d->s, ']');
		return;
	case IOCTL_IFREQ:
	case IOCTL_IFREQ_IN:
		show_ifreq(d, row);
		return;
	case IOCTL_PTR:
		sk_show_hex(d->s, addr);
		return;
	default:
		break;
	}
	sk_show_ptr(d->s, addr);
}
