/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Socket addresses (sockaddr(3type)): a table of fields for each family. */
#include "trace/dec.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PATH_OFF offsetof(struct sockaddr_un, sun_path)

#define END { .key = NULL }

static const struct sk_field in_fields[] = {
	{ "sin_port", 2, 2, SK_F_HTONS },
	{ "sin_addr", 4, 4, SK_F_IN4 },
	END
};

static const struct sk_field in6_fields[] = {
	{ "sin6_port", 2, 2, SK_F_HTONS },
	{ "sin6_flowinfo", 4, 4, SK_F_HTONL },
	{ "sin6_addr", 8, 16, SK_F_IN6 },
	{ "sin6_scope_id", 24, 4, SK_F_SCOPE },
	END
};

static const struct sk_field netlink_fields[] = {
	{ "nl_pad", 2, 2, SK_F_X, .maybe = true },
	{ "nl_pid", 4, 4, SK_F_I },
	{ "nl_groups", 8, 4, SK_F_X08 },
	END
};

static const struct sk_field packet_fields[] = {
	{ "sll_protocol", 2, 2, SK_F_ETHER },
	{ "sll_ifindex", 4, 4, SK_F_IF },
	{ "sll_hatype", 8, 2, SK_F_NAME, &sk_tr_arphrd, "ARPHRD_???" },
	{ "sll_pkttype", 10, 1, SK_F_NAME, &sk_tr_pkttype, "PACKET_???" },
	{ "sll_halen", 11, 1, SK_F_U },
	END
};

static const struct sk_field vm_fields[] = {
	{ "svm_reserved1", 2, 2, SK_F_X, .maybe = true },
	{ "svm_cid", 8, 4, SK_F_NAME, &sk_tr_vm_cid, "" },
	{ "svm_port", 4, 4, SK_F_NAME, &sk_tr_vm_port, "" },
	{ "svm_flags", 12, 1, SK_F_FLAGS, &sk_tr_vm_flags, "VMADDR_FLAG_???" },
	{ "svm_zero", 13, 3, SK_F_BYTES, .maybe = true },
	END
};

static const struct sk_field can_fields[] = {
	{ "can_ifindex", 4, 4, SK_F_IF },
	{ "rx_id", 8, 4, SK_F_X },
	{ "tx_id", 12, 4, SK_F_X },
	END
};

static const struct sk_field alg_fields[] = {
	{ "salg_type", 2, 14, SK_F_STRING },
	{ "salg_feat", 16, 4, SK_F_MASK, &sk_tr_alg_flags, "CRYPTO_ALG_???" },
	{ "salg_mask", 20, 4, SK_F_MASK, &sk_tr_alg_flags, "CRYPTO_ALG_???" },
	{ "salg_name", 24, 0, SK_F_STRING },
	END
};

static const struct sk_field xdp_fields[] = {
	{ "sxdp_flags", 2, 2, SK_F_FLAGS, &sk_tr_xdp_flags, "XDP_???" },
	{ "sxdp_ifindex", 4, 4, SK_F_IF },
	{ "sxdp_queue_id", 8, 4, SK_F_U },
	{ "sxdp_shared_umem_fd", 12, 4, SK_F_X, .maybe = true },
	END
};

/* With XDP_SHARED_UMEM. */
static const struct sk_field xdp_shared_fields[] = {
	{ "sxdp_flags", 2, 2, SK_F_FLAGS, &sk_tr_xdp_flags, "XDP_???" },
	{ "sxdp_ifindex", 4, 4, SK_F_IF },
	{ "sxdp_queue_id", 8, 4, SK_F_U },
	{ "sxdp_shared_umem_fd", 12, 4, SK_F_FD },
	END
};

static const struct sk_field tipc_fields[] = {
	{ "addrtype", 2, 1, SK_F_NAME, &sk_tr_tipc_addrtype, "TIPC_ADDR_???" },
	{ "scope", 3, 1, SK_F_NAME, &sk_tr_tipc_scope, "TIPC_???" },
	{ "addr", 4, 12, SK_F_BYTES },
	END
};

static const struct sk_field qipcrtr_fields[] = {
	{ "sq_node", 4, 4, SK_F_NAME, &sk_tr_qrtr_node, "" },
	{ "sq_port", 8, 4, SK_F_NAME, &sk_tr_qrtr_port, "" },
	END
};

static const struct sk_field phonet_fields[] = {
	{ "spn_obj", 2, 1, SK_F_X },
	{ "spn_dev", 3, 1, SK_F_X },
	{ "spn_resource", 4, 1, SK_F_X },
	END
};

static const struct sk_field mctp_addr_fields[] = {
	{ "s_addr", 0, 1, SK_F_NAME, &sk_tr_mctp_addr, "" },
	END
};

static const struct sk_field mctp_fields[] = {
	{ "__smctp_pad0", 2, 2, SK_F_X, .maybe = true },
	{ "smctp_network", 4, 4, SK_F_NAME, &sk_tr_mctp_net, "" },
	{ "smctp_addr", 8, 1, SK_F_GROUP, .fields = mctp_addr_fields },
	{ "smctp_type", 9, 1, SK_F_X },
	{ "smctp_tag", 10, 1, SK_F_X },
	{ "__smctp_pad1", 11, 1, SK_F_X, .maybe = true },
	END
};

static const struct sk_field pppox_fields[] = {
	{ "sa_protocol", 2, 4, SK_F_NAME, &sk_names_pppox, "PX_PROTO_???" },
	{ "sa_addr", 6, 0, SK_F_BYTES },
	END
};

static const struct sk_field iucv_fields[] = {
	{ "siucv_user_id", 16, 8, SK_F_STRING },
	{ "siucv_name", 24, 8, SK_F_STRING },
	END
};

static const struct sk_field llc_fields[] = {
	{ "sllc_arphrd", 2, 2, SK_F_NAME, &sk_tr_arphrd, "ARPHRD_???" },
	{ "sllc_test", 4, 1, SK_F_U },
	{ "sllc_xid", 5, 1, SK_F_U },
	{ "sllc_ua", 6, 1, SK_F_U },
	{ "sllc_sap", 7, 1, SK_F_X },
	{ "sllc_mac", 8, 6, SK_F_OCTETS },
	END
};

static const struct sk_field x25_addr_fields[] = {
	{ "x25_addr", 0, 16, SK_F_STRING },
	END
};

static const struct sk_field x25_fields[] = {
	{ "sx25_addr", 2, 16, SK_F_GROUP, .fields = x25_addr_fields },
	END
};

static const struct sk_field ipx_fields[] = {
	{ "sipx_port", 2, 2, SK_F_HTONS },
	{ "sipx_network", 4, 4, SK_F_HTONLX },
	{ "sipx_node", 8, 6, SK_F_OCTETS },
	{ "sipx_type", 14, 1, SK_F_X },
	{ "sipx_zero", 15, 1, SK_F_X, .maybe = true },
	END
};

static const struct sk_field ib_fields[] = {
	{ "sib_pkey", 2, 2, SK_F_HTONS },
	{ "sib_flowinfo", 4, 4, SK_F_HTONL },
	{ "sib_addr", 8, 16, SK_F_IN6 },
	{ "sib_sid", 24, 8, SK_F_X },
	{ "sib_sid_mask", 32, 8, SK_F_X },
	{ "sib_scope_id", 40, 8, SK_F_U },
	END
};

/* One family for four protocols, which the length tells apart. */
static const struct sk_field rfcomm_fields[] = {
	{ "rc_bdaddr", 2, 6, SK_F_BDADDR },
	{ "rc_channel", 8, 1, SK_F_U },
	END
};

static const struct sk_field l2cap_fields[] = {
	{ "l2_psm", 2, 2, SK_F_HTOBS, &sk_tr_l2cap_psm, "L2CAP_PSM_???" },
	{ "l2_bdaddr", 4, 6, SK_F_BDADDR },
	{ "l2_cid", 10, 2, SK_F_HTOBS, &sk_tr_l2cap_cid, "L2CAP_CID_???" },
	{ "l2_bdaddr_type", 12, 1, SK_F_NAME, &sk_tr_bdaddr, "BDADDR_???" },
	END
};

static const struct sk_field sco_fields[] = {
	{ "sco_bdaddr", 2, 6, SK_F_BDADDR },
	END
};

static const struct sk_field hci_fields[] = {
	{ "hci_dev", 2, 2, SK_F_HTOBS },
	{ "hci_channel", 4, 2, SK_F_NAME, &sk_tr_hci_channel,
	  "HCI_CHANNEL_???" },
	END
};

/* By family; shorter than min, an address shows as sa_data. */
static const struct family {
	int family;
	size_t min, max;
	const struct sk_field *fields;
} families[] = {
	{ AF_INET, 16, SK_ADDR_MAX, in_fields },
	{ AF_INET6, 24, SK_ADDR_MAX, in6_fields },
	{ AF_NETLINK, 12, SK_ADDR_MAX, netlink_fields },
	{ AF_PACKET, 18, SK_ADDR_MAX, packet_fields },
	{ 40 /* AF_VSOCK */, 16, SK_ADDR_MAX, vm_fields },
	{ AF_CAN, 8, SK_ADDR_MAX, can_fields },
	{ 38 /* AF_ALG */, 25, SK_ADDR_MAX, alg_fields },
	{ 44 /* AF_XDP */, 16, SK_ADDR_MAX, xdp_fields },
	{ 30 /* AF_TIPC */, 16, SK_ADDR_MAX, tipc_fields },
	{ 42 /* AF_QIPCRTR */, 12, SK_ADDR_MAX, qipcrtr_fields },
	{ AF_PHONET, 5, SK_ADDR_MAX, phonet_fields },
	{ 45 /* AF_MCTP */, 12, SK_ADDR_MAX, mctp_fields },
	{ AF_PPPOX, 7, SK_ADDR_MAX, pppox_fields },
	{ AF_IUCV, 32, SK_ADDR_MAX, iucv_fields },
	{ AF_LLC, 14, SK_ADDR_MAX, llc_fields },
	{ AF_X25, 18, SK_ADDR_MAX, x25_fields },
	{ AF_IPX, 16, SK_ADDR_MAX, ipx_fields },
	{ 27 /* AF_IB */, 48, SK_ADDR_MAX, ib_fields },
	{ AF_BLUETOOTH, 12, 14, l2cap_fields },
	{ AF_BLUETOOTH, 9, 10, rfcomm_fields },
	{ AF_BLUETOOTH, 8, 8, sco_fields },
	{ AF_BLUETOOTH, 4, 6, hci_fields },
};

/* A path ends at its NUL; an abstract name at the address's end (unix(7)). */
static void show_unix(struct sk_dec *d, const unsigned char *a, size_t len)
{
	const char *path = (const char *)a + PATH_OFF;
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path);
	size_t n = len - PATH_OFF;

	if (!n)
		return;
	sk_show_key(d->s, "sun_path");
	if (n > max)
		n = max;
	if (*path)
		sk_show_string(d->s, path, strnlen(path, n), false);
	else
		sk_show_abstract(d->s, path + 1, n - 1);
}

static void show_data(struct sk_dec *d, const unsigned char *a, size_t len)
{
	if (len <= 2)
		return;
	sk_show_key(d->s, "sa_data");
	sk_show_string(d->s, a + 2, len - 2, false);
}

/* The link-layer address is as long as it says. */
static void show_sll_addr(struct sk_dec *d, const unsigned char *a, size_t len)
{
	static const struct sk_field octets = { "", .form = SK_F_OCTETS };
	size_t n = a[11], room = len - 12;

	if (!n)
		return;
	sk_show_key(d->s, "sll_addr");
	if (n <= room) {
		sk_dec_field(d, &octets, a + 12, n);
		return;
	}
	sk_show_open(d->s, '[');
	for (size_t i = 0; i < room; i++)
		sk_show_hex(d->s, a[12 + i]);
	sk_show_more(d->s);
	sk_show_close(d->s, ']');
}

void sk_dec_sockaddr_rest(struct sk_dec *d, int family, const void *data,
			  size_t len)
{
	const unsigned char *a = data;

	if (sk_dec_addr_rare(d, family, a, len))
		return;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		const struct family *f = &families[i];

		if (f->family != family || len < f->min || len > f->max)
			continue;
		sk_dec_fields(d, f->fields == xdp_fields && a[2] & 1 ?
					 xdp_shared_fields : f->fields,
			      a, len);
		if (family == AF_PACKET)
			show_sll_addr(d, a, len);
		return;
	}
	show_data(d, a, len);
}

void sk_dec_sockaddr_data(struct sk_dec *d, const void *data, size_t len)
{
	uint16_t family;

	memcpy(&family, data, 2);
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "sa_family");
	sk_show_name(d->s, &sk_names_family, family, "AF_???");
	if (family == AF_UNIX)
		show_unix(d, data, len);
	else
		sk_dec_sockaddr_rest(d, family, data, len);
	sk_show_close(d->s, '}');
}

void sk_dec_sockaddr(struct sk_dec *d, uint64_t addr, int64_t len)
{
	unsigned char a[SK_ADDR_MAX];

	if (len > SK_ADDR_MAX)
		len = SK_ADDR_MAX;
	if (!addr || len < 2 || sk_mem_get(d->ev, addr, a, (size_t)len) < 0)
		sk_show_ptr(d->s, addr);
	else
		sk_dec_sockaddr_data(d, a, (size_t)len);
}
