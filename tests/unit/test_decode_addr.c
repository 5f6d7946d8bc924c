/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: addresses of families that few programs have, as strace has them. */
#include "fakeline.h"

#include <sys/socket.h>

#include "trace/dec.h"

static unsigned char a[160];
static enum sk_show_names names;

static void byte(size_t at, unsigned v)
{
	a[at] = (unsigned char)v;
}

static void word(size_t at, uint32_t v)
{
	memcpy(a + at, &v, sizeof(v));
}

static void text(size_t at, const char *s)
{
	memcpy(a + at, s, strlen(s));
}

/* What is behind the family; all of it is zero next time. */
static void addr_is(int family, size_t len, const char *want, const char *name)
{
	struct sk_dec d = { &show, &f.ev, NULL };
	char whole[600];

	a[0] = (unsigned char)family;
	begin(SK_SYS_connect);
	style.names = names;
	sk_dec_sockaddr_data(&d, a, len);
	sk_out_char(&out, '\0');
	snprintf(whole, sizeof(whole), "{sa_family=%s}", want);
	is_str(out.buf, whole, name);
	memset(a, 0, sizeof(a));
}

/* The same as JSON, whose braces are to be written, too. */
static void json_is(int family, size_t len, const char *want, const char *name)
{
	struct sk_dec d = { &show, &f.ev, NULL };
	struct sk_json json;

	a[0] = (unsigned char)family;
	begin(SK_SYS_connect);
	style.names = names;
	sk_json_init(&json, &out);
	sk_show_json(&show, &json, &style);
	sk_dec_sockaddr_data(&d, a, len);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
	memset(a, 0, sizeof(a));
}

static void test_fields(void)
{
	word(2, 0xffff);
	addr_is(AF_NETLINK, 12, "AF_NETLINK, nl_pad=0xffff, nl_pid=0, "
		"nl_groups=00000000", "netlink: what pads, if it is not zero");
	word(4, 0xedfecefa);
	byte(15, 0x42);
	addr_is(AF_IPX, 16, "AF_IPX, sipx_port=htons(0), "
		"sipx_network=htonl(0xfacefeed), sipx_node=[0, 0, 0, 0, 0, 0], "
		"sipx_type=0, sipx_zero=0x42", "IPX");
	text(2, "0123456789abcdef");
	addr_is(AF_X25, 18, "AF_X25, sx25_addr={x25_addr=\"0123456789abcde\""
		"...}", "X.25: an address that has no end");
	byte(11, 9);
	addr_is(AF_PACKET, 20, "AF_PACKET, sll_protocol=htons(0 /* ETH_P_??? "
		"*/), sll_ifindex=0, sll_hatype=ARPHRD_NETROM, "
		"sll_pkttype=PACKET_HOST, sll_halen=9, "
		"sll_addr=[0, 0, 0, 0, 0, 0, 0, 0, ...]",
		"packet: a length beyond the address");
	word(16, 0x1000);
	text(24, "12345678");
	addr_is(38, 32, "AF_ALG, salg_type=\"\", salg_feat=0x1000 "
		"/* CRYPTO_ALG_KERN_DRIVER_ONLY */, salg_mask=0, "
		"salg_name=\"1234567\"...", "ALG: names that have no end");
	byte(2, 1);
	word(4, 0xffffffff);
	byte(12, 3);
	byte(14, 4);
	addr_is(40, 16, "AF_VSOCK, svm_reserved1=0x1, "
		"svm_cid=VMADDR_CID_HYPERVISOR, svm_port=VMADDR_PORT_ANY, "
		"svm_flags=VMADDR_FLAG_TO_HOST|0x2, "
		"svm_zero=\"\\x00\\x04\\x00\"", "vsock");
	word(4, 0xffffffff);
	word(8, 0xfffffffe);
	addr_is(42, 12, "AF_QIPCRTR, sq_node=QRTR_NODE_BCAST, "
		"sq_port=QRTR_PORT_CTRL", "QIPCRTR");
	byte(12, 7);
	addr_is(44, 16, "AF_XDP, sxdp_flags=0, sxdp_ifindex=0, "
		"sxdp_queue_id=0, sxdp_shared_umem_fd=0x7", "XDP: a number");
	byte(2, 1);
	addr_is(44, 16, "AF_XDP, sxdp_flags=XDP_SHARED_UMEM, sxdp_ifindex=0, "
		"sxdp_queue_id=0, sxdp_shared_umem_fd=0", "and a descriptor");
	byte(8, 0xff);
	byte(11, 5);
	addr_is(45, 12, "AF_MCTP, smctp_network=MCTP_NET_ANY, "
		"smctp_addr={s_addr=MCTP_ADDR_ANY}, smctp_type=0, smctp_tag=0, "
		"__smctp_pad1=0x5", "MCTP");
	addr_is(45, 11, "AF_MCTP, sa_data=\"\\0\\0\\0\\0\\0\\0\\0\\0\\0\"",
		"MCTP, cut short");
}

static void test_bluetooth(void)
{
	word(2, 1);
	byte(4, 0x66);
	byte(9, 0x11);
	byte(10, 0x40);
	addr_is(AF_BLUETOOTH, 12, "AF_BLUETOOTH, "
		"l2_psm=htobs(L2CAP_PSM_SDP), l2_bdaddr=11:00:00:00:00:66, "
		"l2_cid=htobs(0x40 /* L2CAP_CID_??? */)", "L2CAP");
	word(2, 3);
	byte(4, 1);
	addr_is(AF_BLUETOOTH, 6, "AF_BLUETOOTH, hci_dev=htobs(3), "
		"hci_channel=HCI_CHANNEL_USER", "HCI");
	byte(2, 3);
	addr_is(AF_BLUETOOTH, 4, "AF_BLUETOOTH, hci_dev=htobs(3)",
		"HCI, before there were channels");
}

static void test_nfc(void)
{
	word(4, 1 << 30);
	word(8, 0x42);
	word(12, 7);
	addr_is(39, 16, "AF_NFC, dev_idx=1073741824, target_idx=0x42, "
		"nfc_protocol=NFC_PROTO_ISO15693", "NFC");
	word(12, 8);
	addr_is(39, 17, "AF_NFC, dev_idx=0, target_idx=0, nfc_protocol=0x8 "
		"/* NFC_PROTO_??? */, ...", "and something behind");
	byte(16, 1);
	byte(17, 5);
	text(18, "snep");
	word(88, 4);
	addr_is(39, 96, "AF_NFC, dev_idx=0, target_idx=0, nfc_protocol=0 "
		"/* NFC_PROTO_??? */, dsap=0x1 /* LLCP_SAP_SDP */, ssap=0x5, "
		"service_name=\"snep\", service_name_len=4", "LLCP");
	word(88, 0xffffffff);
	addr_is(39, 95, "AF_NFC, dev_idx=0, target_idx=0, nfc_protocol=0 "
		"/* NFC_PROTO_??? */, ...", "LLCP, cut short");
}

/* A call sign: its letters are shifted by a bit. */
static void call_sign(size_t at, const char *letters, unsigned ssid)
{
	for (size_t i = 0; i < 6; i++)
		byte(at + i, (unsigned)letters[i] << 1);
	byte(at + 6, ssid << 1);
}

static void test_ax25(void)
{
	call_sign(2, "VALID ", 13);
	addr_is(AF_AX25, 16, "AF_AX25, sax25_call=VALID-13, sax25_ndigis=0",
		"AX.25: a station");
	call_sign(2, "      ", 0);
	byte(12, 1);
	addr_is(AF_AX25, 16, "AF_AX25, fsa_ax25={sax25_call=*, "
		"sax25_ndigis=1}, fsa_digipeater=[...]",
		"nobody, by stations that are not there");
	call_sign(2, "OK    ", 9);
	byte(12, 2);
	call_sign(16, "SPA CE", 0);
	call_sign(23, "A/BCDE", 0);
	addr_is(AF_AX25, 30, "AF_AX25, fsa_ax25={sax25_call=OK-9, "
		"sax25_ndigis=2}, fsa_digipeater=[{ax25_call=\"\\xa6\\xa0\\x82"
		"\\x40\\x86\\x8a\\x00\"} /* SPA CE-0 */, {ax25_call=\"\\x82"
		"\\x5e\\x84\\x86\\x88\\x8a\\x00\"}]",
		"odd ones, and one that would end the comment");
	call_sign(2, "OK    ", 0);
	addr_is(AF_AX25, 18, "AF_AX25, fsa_ax25={sax25_call=OK-0, "
		"sax25_ndigis=0}, ...", "more than there is to show");
	word(12, 0x80000000);
	call_sign(2, "OK    ", 0);
	addr_is(AF_AX25, 16, "AF_AX25, fsa_ax25={sax25_call=OK-0, "
		"sax25_ndigis=-2147483648}", "less than none");
	names = SK_NAMES_VERBOSE;
	call_sign(2, "OK    ", 1);
	addr_is(AF_AX25, 16, "0x3 /* AF_AX25 */, sax25_call={ax25_call=\""
		"\\x9e\\x96\\x40\\x40\\x40\\x40\\x02\"} /* OK-1 */, "
		"sax25_ndigis=0", "-X verbose");
	names = SK_NAMES_ABBREV;
}

static void test_rxrpc(void)
{
	word(2, 2500);
	byte(4, 2);
	byte(6, 16);
	byte(8, AF_INET);
	byte(11, 80);
	byte(12, 127);
	byte(15, 1);
	addr_is(AF_RXRPC, 36, "AF_RXRPC, srx_service=0x9c4 "
		"/* YFS_FS_SERVICE */, transport_type=SOCK_DGRAM, "
		"transport_len=16, transport={sin={sin_family=AF_INET, "
		"sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}}",
		"RxRPC over IPv4");
	byte(6, 5);
	byte(8, AF_INET6);
	text(10, "abc");
	addr_is(AF_RXRPC, 36, "AF_RXRPC, srx_service=0 /* ???_SERVICE */, "
		"transport_type=0 /* SOCK_??? */, transport_len=5, "
		"transport={sin6={sin6_family=AF_INET6, \"abc\"}}",
		"over too little of IPv6");
	word(4, 0xffff0000);
	byte(8, AF_UNIX);
	addr_is(AF_RXRPC, 36, "AF_RXRPC, srx_service=0 /* ???_SERVICE */, "
		"transport_type=0 /* SOCK_??? */, transport_len=65535, "
		"transport={family=AF_UNIX, \"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
		"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"}",
		"over what there is none, that lies about its length");
	addr_is(AF_RXRPC, 35, "AF_RXRPC, sa_data=\"\\0\\0\\0\\0\\0\\0\\0\\0\\0"
		"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
		"\\0\\0\\0\\0\"", "RxRPC, cut short");
}

static void test_wpan(void)
{
	word(8, 0xffff);
	addr_is(36, 20, "AF_IEEE802154, addr={addr_type=0 "
		"/* IEEE802154_ADDR_NONE */, pan_id=0xffff "
		"/* IEEE802154_PANID_BROADCAST */}", "802.15.4: none");
	byte(4, 2);
	word(10, 0xfffe);
	addr_is(36, 20, "AF_IEEE802154, addr={addr_type=0x2 "
		"/* IEEE802154_ADDR_SHORT */, pan_id=0, short_addr=0xfffe "
		"/* IEEE802154_ADDR_UNDEF */}", "a short one");
	byte(4, 1);
	byte(17, 0x99);
	addr_is(36, 20, "AF_IEEE802154, addr={addr_type=0x1 "
		"/* IEEE802154_ADDR_??? */, pan_id=0, "
		"hwaddr=00:00:00:00:00:00:00:99}", "a long one, or unknown");
}

static void test_json(void)
{
	byte(2, 0x08);
	json_is(AF_PACKET, 18, "{\"sa_family\":\"AF_PACKET\",\"sll_protocol\":"
		"\"ETH_P_IP\",\"sll_ifindex\":0,\"sll_hatype\":"
		"\"ARPHRD_NETROM\",\"sll_pkttype\":\"PACKET_HOST\","
		"\"sll_halen\":0}", "JSON: no htons()");
	byte(15, 1);
	word(4, 0xedfecefa);
	json_is(AF_IPX, 15, "{\"sa_family\":\"AF_IPX\",\"sa_data\":"
		"\"\\u0000\\u0000\\\\xfa\\\\xce\\\\xfe\\\\xed\\u0000"
		"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\"}",
		"JSON: bytes");
	word(4, 0xedfecefa);
	json_is(AF_IPX, 16, "{\"sa_family\":\"AF_IPX\",\"sipx_port\":0,"
		"\"sipx_network\":4207869677,\"sipx_node\":[0,0,0,0,0,0],"
		"\"sipx_type\":0}", "JSON: no htonl()");
	text(2, "0123456789abcdef");
	json_is(AF_X25, 18, "{\"sa_family\":\"AF_X25\",\"sx25_addr\":"
		"{\"x25_addr\":\"0123456789abcdef\"}}",
		"JSON: a string that has no end is whole");
	word(2, 3);
	json_is(AF_BLUETOOTH, 4, "{\"sa_family\":\"AF_BLUETOOTH\","
		"\"hci_dev\":3}", "JSON: no htobs()");
	call_sign(2, "VALID ", 13);
	json_is(AF_AX25, 16, "{\"sa_family\":\"AF_AX25\",\"sax25_call\":"
		"\"VALID-13\",\"sax25_ndigis\":0}", "JSON: a station");
	names = SK_NAMES_VERBOSE;
	call_sign(2, "VALID ", 13);
	json_is(AF_AX25, 16, "{\"sa_family\":\"AF_AX25\",\"sax25_call\":"
		"\"VALID-13\",\"sax25_ndigis\":0}", "JSON: and with -X");
	names = SK_NAMES_ABBREV;
	byte(23, 1);
	json_is(AF_INET6, 28, "{\"sa_family\":\"AF_INET6\",\"sin6_port\":0,"
		"\"sin6_flowinfo\":0,\"sin6_addr\":\"::1\","
		"\"sin6_scope_id\":0}", "JSON: IPv6");
}

/* An IPv6 address that begins with these, on the first interface. */
static void scope_is(unsigned first, unsigned second, const char *addr,
		     const char *scope)
{
	char want[200];

	byte(8, first);
	byte(9, second);
	word(24, 1);
	snprintf(want, sizeof(want), "AF_INET6, sin6_port=htons(0), "
		 "sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"%s\", "
		 "&sin6_addr), sin6_scope_id=%s", addr, scope);
	addr_is(AF_INET6, 28, want, addr);
}

static void test_scopes(void)
{
	scope_is(0xfe, 0x90, "fe90::", "if_nametoindex(\"lo\")");
	scope_is(0xfe, 0xc0, "fec0::", "1");
	scope_is(0xff, 0x02, "ff02::", "if_nametoindex(\"lo\")");
	scope_is(0xff, 0x12, "ff12::", "if_nametoindex(\"lo\")");
	scope_is(0xff, 0x05, "ff05::", "1");
}

static void test_edges(void)
{
	byte(11, 8);
	byte(19, 9);
	addr_is(AF_PACKET, 20, "AF_PACKET, sll_protocol=htons(0 /* ETH_P_??? "
		"*/), sll_ifindex=0, sll_hatype=ARPHRD_NETROM, "
		"sll_pkttype=PACKET_HOST, sll_halen=8, "
		"sll_addr=[0, 0, 0, 0, 0, 0, 0, 0x9]",
		"packet: an address that just fits");
	byte(2, 2);
	byte(12, 7);
	addr_is(44, 16, "AF_XDP, sxdp_flags=XDP_COPY, sxdp_ifindex=0, "
		"sxdp_queue_id=0, sxdp_shared_umem_fd=0x7",
		"XDP: of another flag it is no descriptor");
	addr_is(AF_BLUETOOTH, 15, "AF_BLUETOOTH, sa_data=\"\\0\\0\\0\\0\\0"
		"\\0\\0\\0\\0\\0\\0\\0\\0\"", "longer than any of Bluetooth");
	addr_is(AF_BLUETOOTH, 3, "AF_BLUETOOTH, sa_data=\"\\0\"",
		"or shorter");
	memset(a + 18, 'x', 70);
	word(88, 70);
	addr_is(39, 96, "AF_NFC, dev_idx=0, target_idx=0, nfc_protocol=0 "
		"/* NFC_PROTO_??? */, dsap=0, "
		"ssap=0, service_name=\"xxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", "
		"service_name_len=70", "LLCP: a name longer than its room");
	call_sign(2, "      ", 5);
	addr_is(AF_AX25, 16, "AF_AX25, sax25_call={ax25_call=\"\\x40\\x40"
		"\\x40\\x40\\x40\\x40\\x0a\"} /* -5 */, sax25_ndigis=0",
		"AX.25: nobody, who has a number");
	call_sign(2, "OK    ", 0x31);
	addr_is(AF_AX25, 16, "AF_AX25, sax25_call={ax25_call=\"\\x9e\\x96"
		"\\x40\\x40\\x40\\x40\\x62\"} /* OK-1 */, sax25_ndigis=0",
		"bits beside the number");
	call_sign(2, "OK    ", 0);
	byte(12, 9);
	for (size_t i = 0; i < 9; i++)
		call_sign(16 + 7 * i, "A     ", 0);
	addr_is(AF_AX25, 79, "AF_AX25, fsa_ax25={sax25_call=OK-0, "
		"sax25_ndigis=9}, fsa_digipeater=[A-0, A-0, A-0, A-0, A-0, "
		"A-0, A-0, A-0], ...", "a station more than there may be");
}

static void test_i386(void)
{
	struct sk_dec d = { &show, &f.ev, NULL };

	byte(0, 39);
	text(18, "ab");
	word(84, 2);
	begin(SK_SYS_connect);
	f.ev.abi = SK_ABI_I386;
	sk_dec_sockaddr_data(&d, a, 88);
	sk_out_char(&out, '\0');
	is_str(out.buf, "{sa_family=AF_NFC, dev_idx=0, target_idx=0, "
	       "nfc_protocol=0 /* NFC_PROTO_??? */, dsap=0, "
	       "ssap=0, service_name=\"ab\", "
	       "service_name_len=2}", "LLCP of i386: shorter");
	memset(a, 0, sizeof(a));
}

int main(void)
{
	test_fields();
	test_bluetooth();
	test_nfc();
	test_ax25();
	test_rxrpc();
	test_wpan();
	test_json();
	test_scopes();
	test_edges();
	test_i386();
	sk_out_fini(&out);
	return tap_done();
}
