/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

static SK_PRINTF(3, 0) void set_text(struct sk_err *err, int status,
				     const char *fmt, va_list ap)
{
	char text[sizeof(err->text)];

	/* An argument may be the old text: format first, then replace. */
	vsnprintf(text, sizeof(text), fmt, ap);
	memcpy(err->text, text, sizeof(text));
	err->status = status;
}

int sk_fail(struct sk_err *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	set_text(err, SK_EXIT_FAIL, fmt, ap);
	va_end(ap);
	return r;
}

int sk_usage(struct sk_err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -EINVAL;
	va_start(ap, fmt);
	set_text(err, SK_EXIT_USAGE, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int sk_silent(struct sk_err *err, int r)
{
	err->text[0] = '\0';
	err->status = SK_EXIT_FAIL;
	return r;
}

int sk_signalled(struct sk_err *err, int signo)
{
	err->text[0] = '\0';
	err->signal = signo;
	err->status = 128 + signo;
	return -EINTR;
}

int sk_passed_on(struct sk_err *err, int status)
{
	err->text[0] = '\0';
	err->status = status;
	return status ? -ECANCELED : 0;
}

const char *sk_strerror(int r)
{
	return strerror(r < 0 ? -r : r);
}
