/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pcapng writer (draft-ietf-opsawg-pcapng): one section, interfaces as they
 * are added, enhanced packet blocks with nanosecond times, direction and a
 * comment. Checked by tshark in the tests.
 */
#ifndef SK_BASE_PCAPNG_H
#define SK_BASE_PCAPNG_H

#include <sys/uio.h>

#include "base/out.h"

enum sk_linktype {
	SK_LINKTYPE_ETHERNET = 1,
	SK_LINKTYPE_RAW = 101,	/* IPv4 or IPv6, told by the version */
	SK_LINKTYPE_UPPER_PDU = 252, /* tags, and the bytes they tell of */
	SK_LINKTYPE_NETLINK = 253,
};

enum sk_pcap_dir { SK_PCAP_UNKNOWN = 0, SK_PCAP_IN = 1, SK_PCAP_OUT = 2 };

struct sk_pcapng {
	struct sk_out out;
	uint32_t interfaces;
};

/* Begin a file on fd (not owned): the section header. application: name. */
void sk_pcapng_init(struct sk_pcapng *p, int fd, const char *application);
/* Returns 0 or the first error of writing. */
int sk_pcapng_fini(struct sk_pcapng *p);
int sk_pcapng_flush(struct sk_pcapng *p);
/* Add an interface; returns its number. name may be NULL. */
uint32_t sk_pcapng_interface(struct sk_pcapng *p, enum sk_linktype type,
			     const char *name);
/* A packet in n pieces, time in ns since 1970; comment may be NULL. */
void sk_pcapng_packet(struct sk_pcapng *p, uint32_t interface,
		      uint64_t time_ns, enum sk_pcap_dir dir,
		      const struct iovec *iov, int n, const char *comment);

#endif
