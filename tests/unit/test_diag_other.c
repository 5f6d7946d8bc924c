/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SCTP, XDP, TIPC and BPF socket storage, from answers as their modules build
 * them (net/sctp/diag.c, net/xdp/xsk_diag.c, net/tipc/socket.c,
 * net/core/bpf_sk_storage.c of Linux 6.18): few kernels have all of these.
 */
#include "tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/sctp.h>
#include <linux/sock_diag.h>
#include <linux/tipc_netlink.h>
#include <linux/xdp_diag.h>

#include "diag/dump.h"
#include "diag/show.h"
#include "sock/tcp_info.h"

static char answer[8192] __attribute__((aligned(8)));
static struct sk_out out;

/* --- a message, through a parser, as text and as JSON --------------------- */

static struct nlmsghdr *begin(void)
{
	struct nlmsghdr *h;

	memset(answer, 0, sizeof(answer));
	h = mnl_nlmsg_put_header(answer);
	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	h->nlmsg_seq = 1;
	return h;
}

static int render(struct sk_sock *s, void *arg)
{
	struct sk_renderer *r = arg;
	struct sk_sock *copy = sk_sock_dup(s);

	if (copy)
		r->ops->row(r, copy);
	free(copy);
	return 0;
}

static struct sk_view view = { .numeric = true, .extended = true,
			       .info = true, .state = true, .oneline = true,
			       .tipcinfo = true, .bpf_maps = true,
			       .out = &out };

/* The text is the caller's to free. */
static char *shown(struct sk_renderer *r, sk_nl_parse *parse, unsigned kind)
{
	static const struct sk_diag_query q = { .kinds = SK_KIND_ALL,
						.states = SK_STATES_ALL };
	struct nlmsghdr *h = (void *)answer;
	struct sk_diag_result res = {};
	struct sk_dump d = { .q = &q, .fn = render, .arg = r, .res = &res,
			     .seq = 1, .kind = kind };
	char *text;
	bool done;

	sk_nl_walk(&d, h, h->nlmsg_len, parse, &done);
	r->ops->end(r);
	text = strndup(out.buf, out.len);
	out.len = 0;
	return text;
}

static void has(const char *text, const char *part)
{
	if (!ok(text && strstr(text, part), "%s", part))
		printf("# in: %s\n", text ? text : "(null)");
}

/* Every key of JSON is described in the schema. */
static void in_schema(const char *json)
{
	const char *dir = getenv("SK_SRCDIR"), *key = json, *end;
	static char schema[1 << 17];
	char path[4096], member[80];
	int missing = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/src/diag/stat.schema.json",
		 dir ? dir : ".");
	f = fopen(path, "r");
	if (!f || !fread(schema, 1, sizeof(schema) - 1, f))
		missing++;
	if (f)
		fclose(f);
	while ((end = strstr(key, "\":")) != NULL) {
		if (end[2] == ':') {	/* "::1" */
			key = end + 2;
			continue;
		}
		for (key = end; key > json && key[-1] != '"';)
			key--;
		snprintf(member, sizeof(member), "\n  \"%.*s\": {",
			 (int)(end - key), key);
		if (!strstr(schema, strstr(member, "\"")))
			printf("# not there: %s\n", member);
		missing += !strstr(schema, strstr(member, "\""));
		key = end + 2;
	}
	is_int(missing, 0, "the schema knows every key");
}

static char *as_text(sk_nl_parse *parse, unsigned kind)
{
	return shown(sk_table_new(&view), parse, kind);
}

static char *as_json(sk_nl_parse *parse, unsigned kind)
{
	return shown(sk_json_renderer_new(&view, true), parse, kind);
}

/* --- SCTP ------------------------------------------------------------------ */

static void put_addresses(struct nlmsghdr *h, uint16_t type, const char *first,
			  const char *second)
{
	struct sockaddr_storage list[2];
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct sockaddr_in6 b = { .sin6_family = AF_INET6 };

	memset(list, 0, sizeof(list));
	inet_pton(AF_INET, first, &a.sin_addr);
	inet_pton(AF_INET6, second, &b.sin6_addr);
	memcpy(&list[0], &a, sizeof(a));
	memcpy(&list[1], &b, sizeof(b));
	mnl_attr_put(h, type, sizeof(list), list);
}

static void sctp_answer(unsigned state, bool association)
{
	struct nlmsghdr *h = begin();
	struct inet_diag_msg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct sctp_info info = {
		.sctpi_tag = 0xabcd, .sctpi_state = state, .sctpi_rwnd = 65536,
		.sctpi_instrms = 10, .sctpi_outstrms = 12,
		.sctpi_peer_tag = 0x1234, .sctpi_opackets = 7,
		.sctpi_p_srtt = 33, .sctpi_s_nodelay = 1,
	};

	m->idiag_family = AF_INET;
	m->idiag_state = (uint8_t)state;
	m->id.idiag_sport = htons(3868);
	m->idiag_inode = 5;
	put_addresses(h, INET_DIAG_LOCALS, "127.0.0.1", "::1");
	if (!association)
		return;
	put_addresses(h, INET_DIAG_PEERS, "192.0.2.1", "2001:db8::7");
	mnl_attr_put(h, INET_DIAG_INFO, sizeof(info), &info);
}

static void test_sctp(void)
{
	char *text;

	sctp_answer(3, true);
	text = as_text(sk_inet_parse, SK_KIND_SCTP);
	has(text, "`- ESTAB ");
	has(text, " locals:127.0.0.1,::1 peers:192.0.2.1,2001:db8::7");
	has(text, " tag:abcd state:ESTAB rwnd:65536 instrms:10 outstrms:12 "
		  "ptag:1234 nodelay:1 opackets:7 p_srtt:33");
	free(text);
	text = as_json(sk_inet_parse, SK_KIND_SCTP);
	has(text, "\"local_addresses\":[\"127.0.0.1\",\"::1\"],"
		  "\"peer_addresses\":[\"192.0.2.1\",\"2001:db8::7\"]");
	has(text, "\"tag\":43981,\"state\":3,");
	has(text, "\"p_srtt_ms\":33");
	in_schema(text);
	free(text);
	sctp_answer(10, false);
	text = as_text(sk_inet_parse, SK_KIND_SCTP);
	has(text, "LISTEN ");
	free(text);
	sctp_answer(200, true);
	text = as_text(sk_inet_parse, SK_KIND_SCTP);
	has(text, "UNKNOWN ");
	has(text, " state:200 ");
	free(text);
}

/* --- XDP ------------------------------------------------------------------- */

static void xdp_answer(void)
{
	struct nlmsghdr *h = begin();
	struct xdp_diag_msg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct xdp_diag_info info = { .ifindex = 1, .queue_id = 2 };
	struct xdp_diag_umem umem = { .size = UINT64_C(1) << 33, .id = 4,
				      .chunk_size = 4096, .flags = 1,
				      .refs = 2 };
	struct xdp_diag_stats stats = { .n_rx_dropped = UINT64_C(1) << 40 };
	const uint16_t rings[] = { XDP_DIAG_RX_RING, XDP_DIAG_TX_RING,
				   XDP_DIAG_UMEM_FILL_RING,
				   XDP_DIAG_UMEM_COMPLETION_RING };

	m->xdiag_family = AF_XDP;
	m->xdiag_type = SOCK_RAW;
	m->xdiag_ino = 77;
	mnl_attr_put(h, XDP_DIAG_INFO, sizeof(info), &info);
	for (uint32_t i = 0; i < 4; i++)
		mnl_attr_put_u32(h, rings[i], 64 << i);
	mnl_attr_put(h, XDP_DIAG_UMEM, sizeof(umem), &umem);
	mnl_attr_put(h, XDP_DIAG_STATS, sizeof(stats), &stats);
}

static void test_xdp(void)
{
	char *text;

	xdp_answer();
	text = as_text(sk_xdp_parse, 0);
	has(text, " rx(entries:64) tx(entries:128) "
		  "umem(id:4,size:8589934592,num_pages:0,chunk_size:4096,"
		  "headroom:0,ifindex:0,qid:0,zc:1,refs:2) "
		  "fr(entries:256) cr(entries:512) "
		  "stats(rx dropped:1099511627776,");
	free(text);
	text = as_json(sk_xdp_parse, 0);
	has(text, "\"xdp\":{\"rx_ring_entries\":64,\"tx_ring_entries\":128,"
		  "\"fill_ring_entries\":256,\"completion_ring_entries\":512,"
		  "\"umem\":{\"id\":4,\"size_bytes\":8589934592,");
	has(text, "\"stats\":{\"n_rx_dropped\":1099511627776,");
	in_schema(text);
	free(text);
}

/* --- TIPC ------------------------------------------------------------------ */

static void test_tipc(void)
{
	struct nlmsghdr *h = begin();
	struct nlattr *sock, *nest;
	char *text;

	sock = mnl_attr_nest_start(h, TIPC_NLA_SOCK);
	mnl_attr_put_u32(h, TIPC_NLA_SOCK_TYPE, SOCK_SEQPACKET);
	mnl_attr_put_u32(h, TIPC_NLA_SOCK_TIPC_STATE, 1);
	mnl_attr_put_u32(h, TIPC_NLA_SOCK_INO, 9);
	mnl_attr_put_u32(h, TIPC_NLA_SOCK_ADDR, 100);
	mnl_attr_put_u32(h, TIPC_NLA_SOCK_REF, 200);
	mnl_attr_put(h, TIPC_NLA_SOCK_HAS_PUBL, 0, NULL);
	nest = mnl_attr_nest_start(h, TIPC_NLA_SOCK_CON);
	mnl_attr_put_u32(h, TIPC_NLA_CON_NODE, 101);
	mnl_attr_put_u32(h, TIPC_NLA_CON_SOCK, 201);
	mnl_attr_put(h, TIPC_NLA_CON_FLAG, 0, NULL);
	mnl_attr_put_u32(h, TIPC_NLA_CON_TYPE, 18888);
	mnl_attr_put_u32(h, TIPC_NLA_CON_INST, 17);
	mnl_attr_nest_end(h, nest);
	nest = mnl_attr_nest_start(h, TIPC_NLA_SOCK_STAT);
	mnl_attr_put_u32(h, TIPC_NLA_SOCK_STAT_RCVQ, 3);
	mnl_attr_put(h, TIPC_NLA_SOCK_STAT_CONN_CONG, 0, NULL);
	mnl_attr_put_u32(h, TIPC_NLA_SOCK_STAT_DROP, 6);
	mnl_attr_nest_end(h, nest);
	mnl_attr_nest_end(h, sock);

	text = as_text(sk_tipc_parse, 0);
	has(text, "100:200");
	has(text, "101:201");
	has(text, " type:SEQPACKET cong:conn drop:6 publ via {18888,17}");
	free(text);
	text = as_json(sk_tipc_parse, 0);
	has(text, "\"tipc\":{\"published\":true,\"link_congested\":false,"
		  "\"connection_congested\":true,\"via_type\":18888,"
		  "\"via_instance\":17}");
	in_schema(text);
	free(text);
}

/* --- BPF socket storage ---------------------------------------------------- */

static void put_storage(struct nlmsghdr *h, uint32_t map, const char *value,
			size_t len)
{
	struct nlattr *one = mnl_attr_nest_start(h, SK_DIAG_BPF_STORAGE);

	mnl_attr_put_u32(h, SK_DIAG_BPF_STORAGE_MAP_ID, map);
	mnl_attr_put(h, SK_DIAG_BPF_STORAGE_MAP_VALUE, len, value);
	mnl_attr_nest_end(h, one);
}

static void test_storage(void)
{
	struct nlmsghdr *h = begin();
	struct inet_diag_msg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct nlattr *all;
	char *text;

	m->idiag_family = AF_INET;
	m->idiag_state = 1;
	all = mnl_attr_nest_start(h, INET_DIAG_SK_BPF_STORAGES);
	put_storage(h, 7, "\x2a\0\xff", 3);
	put_storage(h, 8, "", 0);
	mnl_attr_put_u32(h, 99, 1);
	mnl_attr_nest_end(h, all);
	text = as_text(sk_inet_parse, SK_KIND_TCP);
	has(text, " map_id:7 [2a00ff] map_id:8 []");
	free(text);
	text = as_json(sk_inet_parse, SK_KIND_TCP);
	has(text, "\"bpf_storage\":[{\"map_id\":7,\"value_hex\":\"2a00ff\"},"
		  "{\"map_id\":8,\"value_hex\":\"\"}]");
	in_schema(text);
	free(text);
	/* A length that lies ends the list and nothing else. */
	((struct nlattr *)((char *)all + 4))->nla_len = 3;
	text = as_json(sk_inet_parse, SK_KIND_TCP);
	has(text, "\"bpf_storage\":[]");
	free(text);
}

/* --- -i ------------------------------------------------------------------- */

static void tcp_text(char *text, size_t size, const uint8_t *info)
{
	static struct sk_line l;
	const struct sk_view v = { .numeric = true, .timers = true };
	struct sk_sock s = { .kind = SK_KIND_TCP, .family = AF_INET,
			     .state = SK_STATE_ESTABLISHED,
			     .tcp_info = { info, SK_TCP_INFO_MAX } };

	l.n = 0;
	sk_show_tcp(&l, &v, &s);
	snprintf(text, size, "%.*s", (int)l.n, l.buf);
}

/* Turn a bit of a field that is worth little. */
static void turn(uint8_t *info, const struct sk_tcp_field *f)
{
	const uint16_t one = 1;
	bool little = *(const uint8_t *)&one;

	info[f->offset + (little ? 0 : f->size - 1)] ^=
		f->bits ? (uint8_t)(1u << f->shift) : 2;
}

/*
 * Whatever the kernel tells of a connection changes the text, those fields
 * included that ss leaves out. The state has a column of its own.
 */
static void test_all_of_tcp_info(void)
{
	/* what others are told together with */
	static const char *const together[] = { "options", "snd_wscale", "rtt",
						"busy_time", "pacing_rate" };
	static uint8_t info[SK_TCP_INFO_MAX];
	static char rest[4096], text[4096];
	const struct sk_tcp_field *f = NULL;
	int silent = 0;

	for (size_t i = 0; i < sizeof(together) / sizeof(*together); i++)
		turn(info, sk_tcp_info_field(together[i]));
	info[sk_tcp_info_field("options")->offset] |= 4;
	tcp_text(rest, sizeof(rest), info);
	while ((f = sk_tcp_info_next(f))) {
		turn(info, f);
		tcp_text(text, sizeof(text), info);
		turn(info, f);
		if (!strcmp(rest, text) && strcmp(f->name, "state")) {
			printf("# %s says nothing\n", f->name);
			silent++;
		}
	}
	is_int(silent, 0, "-i tells every field");
}

/* --- JSON ------------------------------------------------------------------ */

static char *json_of(struct sk_sock *s)
{
	struct sk_renderer *r = sk_json_renderer_new(&view, true);
	char *text;

	render(s, r);
	r->ops->end(r);
	text = strndup(out.buf, out.len);
	out.len = 0;
	return text;
}

/* Numbers in all their digits, and bytes that are no UTF-8 as what they are. */
static void test_exact(void)
{
	struct sk_sock s = {
		.kind = SK_KIND_UNIX_DGRAM, .family = AF_UNIX,
		.has = SK_HAS(COOKIE) | SK_HAS(INODE),
		.cookie = UINT64_MAX, .inode = UINT64_C(1) << 53 | 1,
		.name = { "a\xffz\xc3\xa4\"\n", 7 },
	};
	char *text = json_of(&s);

	has(text, "\"cookie\":18446744073709551615,");
	has(text, "\"inode\":9007199254740993,");
	has(text, "\"name\":\"a\\\\xffz\xc3\xa4\\\"\\u000a\"");
	free(text);
}

int main(void)
{
	sk_out_init(&out, -1);
	test_sctp();
	test_xdp();
	test_tipc();
	test_storage();
	test_all_of_tcp_info();
	test_exact();
	sk_out_fini(&out);
	return tap_done();
}
