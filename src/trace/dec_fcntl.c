/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fcntl: what the third argument is hangs on the second. */
#include "trace/dec.h"

#include <fcntl.h>
#include <sys/socket.h>

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
