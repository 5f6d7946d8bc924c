/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/tcp/cookie.h"

#include "stack/wire/bytes.h"

#define PURPOSE 3		/* of this hash; see isn.c */
#define TS_BITS 6
#define TS_NO_WS 15		/* window scales end at 14 */
#define TS_SACK 16

/* The sizes most common in the wild, and what everybody takes. */
static const uint16_t mss_table[8] = {
	216, 536, 1200, 1360, 1440, 1460, 4312, 8940,
};

static uint32_t mss_index(uint16_t mss)
{
	uint32_t i = 7;

	while (i && mss_table[i] > mss)
		i--;
	return i;
}

static uint32_t period(uint64_t now)
{
	return (uint32_t)(now / TCP_COOKIE_LIFE_US);
}

/* 24 bits over all that must not change between SYN and ACK. */
static uint32_t mac(const struct stk *s, const struct stk_key *k, uint32_t irs,
		    uint32_t when, uint32_t mss)
{
	uint8_t b[2 * sizeof(struct stk_ip) + 17] = { PURPOSE };

	memcpy(b + 1, k->local.b, sizeof(k->local));
	memcpy(b + 17, k->remote.b, sizeof(k->remote));
	put16(b + 33, k->lport);
	put16(b + 35, k->rport);
	put32(b + 37, irs);
	put32(b + 41, when);
	put32(b + 45, mss);
	return (uint32_t)stk_siphash(&s->secret, b, sizeof(b)) & 0xffffff;
}

uint32_t tcp_cookie_make(const struct stk *s, const struct stk_key *k,
			 uint32_t irs, uint16_t mss)
{
	uint32_t when = period(s->now), i = mss_index(mss);

	/* Numbers grow for a peer that comes again, as its own do. */
	return (mac(s, k, irs, when, i) << 8 | (when & 31) << 3 | i) + irs;
}

bool tcp_cookie_check(const struct stk *s, const struct stk_key *k,
		      uint32_t irs, uint32_t iss, uint16_t *mss)
{
	uint32_t cookie = iss - irs, i = cookie & 7, when = period(s->now);

	for (uint32_t age = 0; age < 2; age++, when--) {
		if ((cookie >> 3 & 31) != (when & 31))
			continue;
		if (mac(s, k, irs, when, i) != cookie >> 8)
			return false;
		*mss = mss_table[i];
		return true;
	}
	return false;
}

uint32_t tcp_cookie_ts_make(uint32_t ts, const struct tcp_opts *offer)
{
	uint32_t low = offer->has_wscale ? offer->wscale : TS_NO_WS;
	uint32_t with;

	if (offer->sack_ok)
		low |= TS_SACK;
	with = (ts & ~((UINT32_C(1) << TS_BITS) - 1)) | low;
	/* A stamp from the future would make the next ones look old. */
	return (int32_t)(with - ts) > 0 ? with - (1 << TS_BITS) : with;
}

void tcp_cookie_ts_read(uint32_t ecr, struct tcp_opts *offer)
{
	uint32_t ws = ecr & 15;

	offer->has_wscale = ws != TS_NO_WS;
	offer->wscale = offer->has_wscale ? (uint8_t)ws : 0;
	offer->sack_ok = ecr & TS_SACK;
}
