/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <sys/ioctl.h>
#include <unistd.h>

static const char *log_name = "sockkit";
static int log_verbosity;
static void (*status_draw)(void *arg, int show);
static void *status_arg;

void sk_log_set_name(const char *name)
{
	log_name = name;
}

const char *sk_log_name(void)
{
	return log_name;
}

void sk_log_set_verbosity(int level)
{
	log_verbosity = level;
}

int sk_log_verbosity(void)
{
	return log_verbosity;
}

void sk_log_set_status(void (*draw)(void *arg, int show), void *arg)
{
	status_draw = draw;
	status_arg = arg;
}

void sk_log_put_status(const char *line)
{
	struct winsize ws;
	char out[256];
	int most = 200;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) >= 0 && ws.ws_col &&
	    ws.ws_col <= most)
		most = ws.ws_col - 1;
	snprintf(out, sizeof(out), "\r%.*s\033[K", most, line ? line : "");
	if (write(STDERR_FILENO, out, strlen(out)) < 0)
		return;	/* nobody looks; the work goes on */
}

/*
 * One write(2) a line: lines of several processes do not mix, and nothing is
 * left in a stdio buffer when a signal ends us.
 */
void sk_log(enum sk_log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int saved = errno;
	size_t n;
	int r;

	if ((int)level > log_verbosity)
		return;
	r = snprintf(line, sizeof(line) - 1, "%s: %s", log_name,
		     level == SK_LOG_WARN ? "warning: " : "");
	n = r < 0 ? 0 : (size_t)r;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	va_start(ap, fmt);
	r = vsnprintf(line + n, sizeof(line) - 1 - n, fmt, ap);
	va_end(ap);
	if (r > 0)
		n += (size_t)r;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';

	if (status_draw)
		status_draw(status_arg, 0);
	while (write(STDERR_FILENO, line, n) < 0 && errno == EINTR)
		;
	if (status_draw)
		status_draw(status_arg, 1);
	errno = saved;
}
