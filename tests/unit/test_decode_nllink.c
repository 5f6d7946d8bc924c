/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: what netlink says of links, their families and bridges, as strace. */
#include "fakenetlink.h"

static size_t nests[8], depth;

/* An attribute that holds others begins, and ends. */
static void nest(uint16_t type)
{
	attribute(type, "", 0);
	nests[depth++] = len - 4;
}

static void unnest(void)
{
	const size_t from = nests[--depth];
	uint16_t size;

	len = (len + 3) / 4 * 4;
	size = (uint16_t)(len - from);
	memcpy(buf + from, &size, sizeof(size));
}

/* A link of the family, of which only the attributes are of interest. */
static void link_of(unsigned char family)
{
	const unsigned char head_[16] = { family };

	only(16, 0);
	put(head_, sizeof(head_));
}

static void attrs_are(const char *want, const char *name)
{
	static char whole[2048];
	unsigned char family = buf[16];

	snprintf(whole, sizeof(whole), "[{len=%zu, type=RTM_NEWLINK, flags=0}, "
		 "{ifi_family=%s, ifi_type=ARPHRD_NETROM, ifi_index=0, "
		 "ifi_flags=0, ifi_change=0}, %s]", len,
		 family == AF_UNSPEC ? "AF_UNSPEC" :
		 family == AF_BRIDGE ? "AF_BRIDGE" : "AF_INET6", want);
	is(ROUTE, whole, name);
}

static void test_counters(void)
{
	uint32_t v[24] = { 1, 2, [22] = 3, [23] = 4 };
	uint64_t v64[25] = { 1, [23] = 5, [24] = UINT64_MAX };
	uint64_t map[4] = { 0x10, 0, 0x20, 0x0102 << 16 | 7 };

#define ZEROS ", rx_bytes=0, tx_bytes=0, rx_errors=0, tx_errors=0, " \
	"rx_dropped=0, tx_dropped=0, multicast=0, collisions=0, " \
	"rx_length_errors=0, rx_over_errors=0, rx_crc_errors=0, " \
	"rx_frame_errors=0, rx_fifo_errors=0, rx_missed_errors=0, " \
	"tx_aborted_errors=0, tx_carrier_errors=0, tx_fifo_errors=0, " \
	"tx_heartbeat_errors=0, tx_window_errors=0, rx_compressed=0, "
	link_of(AF_UNSPEC);
	attribute(7, v, sizeof(v));
	attrs_are("[{nla_len=100, nla_type=IFLA_STATS}, {rx_packets=1, "
		  "tx_packets=2" ZEROS "tx_compressed=3, rx_nohandler=4}]",
		  "counters");
	link_of(AF_UNSPEC);
	attribute(7, v, 92);
	attrs_are("[{nla_len=96, nla_type=IFLA_STATS}, {rx_packets=1, "
		  "tx_packets=2" ZEROS "tx_compressed=3}]",
		  "of a kernel that has one less");
	link_of(AF_UNSPEC);
	attribute(7, v, 8);
	attrs_are("[{nla_len=12, nla_type=IFLA_STATS}, "
		  "\"\\x01\\x00\\x02\\x00\"]", "cut short");
	link_of(AF_UNSPEC);
	attribute(23, v64, sizeof(v64));
	attrs_are("[{nla_len=204, nla_type=IFLA_STATS64}, {rx_packets=1, "
		  "tx_packets=0" ZEROS "tx_compressed=0, rx_nohandler=5, "
		  "rx_otherhost_dropped=18446744073709551615}]",
		  "wide ones");
	link_of(AF_UNSPEC);
	attribute(14, map, 28);
	attrs_are("[{nla_len=32, nla_type=IFLA_MAP}, {mem_start=0x10, "
		  "mem_end=0, base_addr=0x20, irq=7, dma=2, port=1}]",
		  "where the device is");
}

static void test_families(void)
{
	const int32_t conf[] = { 1, -1 };
	const uint64_t stats[] = { 2, 3 };
	const uint32_t flags = 0x80000010;

	link_of(AF_UNSPEC);
	nest(26);
	nest(AF_INET);
	attribute(1, conf, sizeof(conf));
	unnest();
	nest(AF_INET6);
	attribute(1, &flags, 4);
	attribute(2, conf, sizeof(conf));
	attribute(6, stats, sizeof(stats));
	attribute(7, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	attribute(8, "\1", 1);
	unnest();
	unnest();
	attrs_are("[{nla_len=92, nla_type=IFLA_AF_SPEC}, [[{nla_len=16, "
		  "nla_type=AF_INET}, [{nla_len=12, nla_type=IFLA_INET_CONF}, "
		  "[[IPV4_DEVCONF_FORWARDING-1]=1, "
		  "[IPV4_DEVCONF_MC_FORWARDING-1]=-1]]], [{nla_len=72, "
		  "nla_type=AF_INET6}, [[{nla_len=8, "
		  "nla_type=IFLA_INET6_FLAGS}, IF_RS_SENT|IF_READY], "
		  "[{nla_len=12, nla_type=IFLA_INET6_CONF}, "
		  "[[DEVCONF_FORWARDING]=1, [DEVCONF_HOPLIMIT]=-1]], "
		  "[{nla_len=20, nla_type=IFLA_INET6_ICMP6STATS}, "
		  "[[ICMP6_MIB_NUM]=2, [ICMP6_MIB_INMSGS]=3]], [{nla_len=20, "
		  "nla_type=IFLA_INET6_TOKEN}, inet_pton(AF_INET6, "
		  "\"fe80::1\")], [{nla_len=5, "
		  "nla_type=IFLA_INET6_ADDR_GEN_MODE}, "
		  "IN6_ADDR_GEN_MODE_NONE]]]]]", "what families keep");
	link_of(AF_INET6);
	nest(12);
	attribute(9, "\xdc\5\0\0", 4);
	unnest();
	attrs_are("[{nla_len=12, nla_type=IFLA_PROTINFO}, [{nla_len=8, "
		  "nla_type=IFLA_INET6_RA_MTU}, 1500]]", "of one family");
	link_of(AF_BRIDGE);
	nest(12);
	attribute(1, "\3", 1);
	unnest();
	nest(26);
	attribute(0, "\2\0", 2);
	attribute(2, "\6\0\5\0", 4);
	unnest();
	attrs_are("[[{nla_len=12, nla_type=IFLA_PROTINFO}, [{nla_len=5, "
		  "nla_type=IFLA_BRPORT_STATE}, 3]], [{nla_len=20, "
		  "nla_type=IFLA_AF_SPEC}, [[{nla_len=6, "
		  "nla_type=IFLA_BRIDGE_FLAGS}, BRIDGE_FLAGS_SELF], "
		  "[{nla_len=8, nla_type=IFLA_BRIDGE_VLAN_INFO}, "
		  "{flags=BRIDGE_VLAN_INFO_PVID|BRIDGE_VLAN_INFO_UNTAGGED, "
		  "vid=5}]]]]", "of bridges");
}

static void test_kinds(void)
{
	const uint64_t ticks = 1376;

	link_of(AF_UNSPEC);
	nest(18);
	attribute(1, "bridge", 7);
	nest(2);
	attribute(1, "\xdc\5\0\0", 4);
	attribute(11, "\x80\0\1\2\3\4\5\6", 8);
	attribute(46, "\2\0\0\0\0\0\1\0", 8);
	unnest();
	attribute(4, "bridge", 6);
	nest(5);
	attribute(22, &ticks, 8);
	unnest();
	unnest();
	attrs_are("[{nla_len=80, nla_type=IFLA_LINKINFO}, [[{nla_len=11, "
		  "nla_type=IFLA_INFO_KIND}, \"bridge\"], [{nla_len=36, "
		  "nla_type=IFLA_INFO_DATA}, [[{nla_len=8, "
		  "nla_type=IFLA_BR_FORWARD_DELAY}, 1500 /* 15.00 s */], "
		  "[{nla_len=12, nla_type=IFLA_BR_BRIDGE_ID}, {prio=[128, 0], "
		  "addr=01:02:03:04:05:06}], [{nla_len=12, "
		  "nla_type=IFLA_BR_MULTI_BOOLOPT}, "
		  "{optval=1<<BR_BOOLOPT_MCAST_VLAN_SNOOPING, "
		  "optmask=0x10000 /* 1<<BR_BOOLOPT_??? */}]]], [{nla_len=10, "
		  "nla_type=IFLA_INFO_SLAVE_KIND}, \"bridge\"], [{nla_len=16, "
		  "nla_type=IFLA_INFO_SLAVE_DATA}, [{nla_len=12, "
		  "nla_type=IFLA_BRPORT_FORWARD_DELAY_TIMER}, 1376 "
		  "/* 13.76 s */]]]]", "bridges and their ports");
	link_of(AF_UNSPEC);
	nest(18);
	attribute(2, "\5\0\1\0\1", 5);
	attribute(1, "vlan", 5);
	attribute(2, "\5\0\1\0\1", 5);
	unnest();
	attrs_are("[{nla_len=40, nla_type=IFLA_LINKINFO}, [[{nla_len=9, "
		  "nla_type=IFLA_INFO_DATA}, \"\\x05\\x00\\x01\\x00\\x01\"], "
		  "[{nla_len=9, nla_type=IFLA_INFO_KIND}, \"vlan\"], "
		  "[{nla_len=9, nla_type=IFLA_INFO_DATA}, "
		  "\"\\x05\\x00\\x01\\x00\\x01\"]]]",
		  "of no kind, or of one that is not known: bytes");
}

static void test_others(void)
{
	link_of(AF_UNSPEC);
	nest(43);
	attribute(2, "\1", 1);
	attribute(3, "\2\0\0\0", 4);
	unnest();
	nest(52);
	attribute(53, "eth7", 5);
	unnest();
	attrs_are("[[{nla_len=20, nla_type=IFLA_XDP}, [[{nla_len=5, "
		  "nla_type=IFLA_XDP_ATTACHED}, XDP_ATTACHED_DRV], "
		  "[{nla_len=8, nla_type=IFLA_XDP_FLAGS}, "
		  "XDP_FLAGS_SKB_MODE]]], [{nla_len=16, "
		  "nla_type=IFLA_PROP_LIST}, [{nla_len=9, "
		  "nla_type=IFLA_ALT_IFNAME}, \"eth7\"]]]",
		  "programs and other names");
	only(104, 0);
	put("\2\375\4\0\1\0\0\0", 8);
	attribute(1, "\3\0\0\0", 4);
	attribute(6, "\12\1\0\11", 4);
	is(ROUTE, "[{len=40, type=RTM_NEWNEXTHOP, flags=0}, "
	   "{nh_family=AF_INET, nh_scope=RT_SCOPE_LINK, "
	   "nh_protocol=RTPROT_STATIC, nh_flags=RTNH_F_DEAD}, [[{nla_len=8, "
	   "nla_type=NHA_ID}, 3], [{nla_len=8, nla_type=NHA_GATEWAY}, "
	   "inet_addr(\"10.1.0.9\")]]]", "next hops");
	only(80, 0);
	put("\2\0\0\0", 4);
	attribute(3, "\377\377\377\377", 4);
	is(ROUTE, "[{len=28, type=RTM_NEWNETCONF, flags=0}, "
	   "{ncm_family=AF_INET}, [{nla_len=8, nla_type=NETCONFA_RP_FILTER}, "
	   "-1]]", "settings");
	only(64, 0);
	put("\2\0\0\0", 4);
	nest(6);
	attribute(3, "\1\0\0\0\0\0\0\0", 8);
	unnest();
	is(ROUTE, "[{len=36, type=RTM_NEWNEIGHTBL, flags=0}, "
	   "{ndtm_family=AF_INET}, [{nla_len=16, nla_type=NDTA_PARMS}, "
	   "[{nla_len=12, nla_type=NDTPA_REACHABLE_TIME}, 1]]]",
	   "tables of neighbours");
}

int main(void)
{
	test_counters();
	test_families();
	test_kinds();
	test_others();
	sk_out_fini(&out);
	return tap_done();
}
