/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/line.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/text.h"

void line_escape(struct sk_line *l, const void *s, size_t n)
{
	size_t room = SK_LINE_MAX - l->n;

	if (room < 8)
		return;
	sk_escape(l->buf + l->n, room, s, n);
	l->n += strlen(l->buf + l->n);
}

void line_hex_bytes(struct sk_line *l, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++) {
		line_char(l, "0123456789abcdef"[b[i] >> 4]);
		line_char(l, "0123456789abcdef"[b[i] & 15]);
	}
}

void line_us_as_ms(struct sk_line *l, uint64_t us)
{
	unsigned frac = (unsigned)(us % 1000);
	char digits[4];
	size_t n = 3;
	int len;

	/* Six digits are exact up to here; beyond, printf rounds. */
	if (us >= 1000000) {
		len = snprintf(l->buf + l->n, SK_LINE_MAX - l->n, "%g",
			       (double)us / 1000);
		if (len > 0 && (size_t)len < SK_LINE_MAX - l->n)
			l->n += (size_t)len;
		return;
	}
	line_u64(l, us / 1000);
	if (!frac)
		return;
	digits[0] = '.';
	digits[1] = (char)('0' + frac / 100);
	digits[2] = (char)('0' + frac / 10 % 10);
	digits[3] = (char)('0' + frac % 10);
	while (digits[n] == '0')
		n--;
	line_put(l, digits, n + 1);
}

/* "%.3g" of a number from 1 up to what would round to 1000. */
static void three_digits(struct sk_line *l, double v)
{
	unsigned scale = v < 9.995 ? 100 : v < 99.95 ? 10 : 1;
	unsigned n = (unsigned)(v * scale + 0.5), frac = n % scale;

	line_u64(l, n / scale);
	if (!frac)
		return;
	line_char(l, '.');
	if (scale == 100)
		line_char(l, (char)('0' + frac / 10));
	if (frac % 10)
		line_char(l, (char)('0' + frac % 10));
}

void line_bps(struct sk_line *l, double bits, int numeric)
{
	static const struct {
		double unit;
		char letter;
	} units[] = { { 1e12, 'T' }, { 1e9, 'G' }, { 1e6, 'M' }, { 1e3, 'k' } };
	char text[32];

	for (size_t i = 0; !numeric && i < 4; i++) {
		if (bits < units[i].unit)
			continue;
		if (bits / units[i].unit < 999.5) {
			three_digits(l, bits / units[i].unit);
		} else {
			snprintf(text, sizeof(text), "%.3g",
				 bits / units[i].unit);
			line_str(l, text);
		}
		line_char(l, units[i].letter);
		line_lit(l, "bps");
		return;
	}
	snprintf(text, sizeof(text), numeric ? "%.0f" : "%g", bits);
	line_str(l, text);
	line_lit(l, "bps");
}

static void ipv4(struct sk_line *l, const uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			line_char(l, '.');
		line_u64(l, ip[i]);
	}
}

void line_ip(struct sk_line *l, int family, const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];

	if (family == AF_INET) {
		ipv4(l, ip);
	} else if (!memcmp(ip, mapped, sizeof(mapped))) {
		line_lit(l, "::ffff:");
		ipv4(l, ip + 12);
	} else if (inet_ntop(AF_INET6, ip, text, sizeof(text))) {
		line_str(l, text);
	}
}
