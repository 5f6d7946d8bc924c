/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a SPEC to a link, with all that is to lie over it. */
#include <errno.h>

#include "base/text.h"
#include "stack/addr.h"
#include "stack/link/link.h"
#include "stack/link/spec.h"

#define SPEC_MAX 1024

/* 198.18.0.N/24 (RFC 2544) and fd00:5c::N/64 */
static void own_addresses(struct stk_prefix v[2], uint8_t n)
{
	v[0] = (struct stk_prefix){ stk_ip4(198, 18, 0, n), 24 };
	v[1] = (struct stk_prefix){
		{ { 0xfd, 0, 0, 0x5c, [15] = n } }, 64
	};
}

static bool says_addresses(const struct stk_spec *sp)
{
	return sp->c->n_addrs || sp->c->dhcp || sp->c->slaac;
}

static void default_addresses(struct stk_spec *sp, uint8_t n)
{
	if (says_addresses(sp))
		return;
	own_addresses(sp->c->addrs, n);
	sp->c->n_addrs = stk_spec_families(sp);
}

static int open_tap(struct stk_spec *sp, struct stk_link **link,
		    struct sk_err *err)
{
	struct stk_tap_opts o = {
		.dev = sp->dev, .mtu = (unsigned)sp->mtu,
		.txqueuelen = (unsigned)sp->txqueuelen,
		.persist = sp->persist, .host = sp->host,
		/* What lies over the link is about frames as they are. */
		.offload = !sp->pcap && !sp->impaired && !sp->no_offload,
	};

	if (!says_addresses(sp) && !sp->n_host) {
		own_addresses(sp->host, 1);
		sp->n_host = stk_spec_families(sp);
	}
	default_addresses(sp, 2);
	o.n_host = sp->n_host;
	return stk_tap(link, &o, err);
}

static int open_wire(struct stk_spec *sp, struct stk_link **link,
		     struct sk_err *err)
{
	bool first;
	int r = stk_wire(link, sp->path, (unsigned)sp->mtu, &first, err);

	if (r >= 0)
		default_addresses(sp, first ? 2 : 1);
	return r;
}

/* What lies over the link; on failure all of it goes. */
static int add_layers(const struct stk_spec *sp, struct stk_link **link,
		      struct sk_err *err)
{
	struct stk_link *upper;

	if (sp->pcap) {
		upper = stk_capture(*link, sp->pcap, err);
		if (!upper) {
			stk_link_free(*link);
			return -EIO;
		}
		*link = upper;
	}
	if (sp->impaired) {
		upper = stk_impair(*link, sp->dirs);
		if (!upper) {
			stk_link_free(*link);
			return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
		}
		*link = upper;
	}
	return 0;
}

int stk_open(const char *spec, struct stk_config *c, struct stk_link **link,
	     struct sk_err *err)
{
	struct stk_spec sp = { .c = c };
	char text[SPEC_MAX];
	int r;

	if (sk_copy(text, sizeof(text), spec) < 0)
		return sk_usage(err, "stack: the SPEC is longer than %d",
				SPEC_MAX - 1);
	r = stk_spec_parse(&sp, text, err);
	if (r >= 0)
		r = sp.kind == STK_KIND_TAP ? open_tap(&sp, link, err) :
					  open_wire(&sp, link, err);
	return r < 0 ? r : add_layers(&sp, link, err);
}
