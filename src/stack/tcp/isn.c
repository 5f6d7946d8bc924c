/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/tcp/isn.h"

#include "stack/wire/bytes.h"

/* What it is for goes into the hash: one use must not tell of another. */
enum purpose { FOR_ISN = 1, FOR_TIMESTAMP };

static uint32_t hash(const struct stk *s, const struct stk_key *k,
		     enum purpose purpose, bool ports)
{
	uint8_t b[2 * sizeof(struct stk_ip) + 5] = { (uint8_t)purpose };

	memcpy(b + 1, k->local.b, sizeof(k->local));
	memcpy(b + 17, k->remote.b, sizeof(k->remote));
	if (ports) {
		put16(b + 33, k->lport);
		put16(b + 35, k->rport);
	}
	return (uint32_t)stk_siphash(&s->secret, b, sizeof(b));
}

uint32_t tcp_isn(const struct stk *s, const struct stk_key *k)
{
	return hash(s, k, FOR_ISN, true) + (uint32_t)(s->now / 4);
}

uint32_t tcp_ts_offset(const struct stk *s, const struct stk_key *k)
{
	return hash(s, k, FOR_TIMESTAMP, false);
}
