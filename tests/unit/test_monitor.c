/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks of --watch merged: what is new, gone, changed, and how fast. */
#include <stdlib.h>
#include <string.h>

#include "diag/monitor.h"
#include "sock/tcp_info.h"
#include "tap.h"

static struct sk_monitor m;

/* The next look finds these keys; a count of bytes for each. */
static void look(size_t n, const uint64_t (*rows)[2])
{
	m.n_next = n;
	m.next = realloc(m.next, (n ? n : 1) * sizeof(*m.next));
	for (size_t i = 0; i < n; i++)
		m.next[i] = (struct sk_row){
			.kind = SK_KIND_TCP, .family = 2, .key = rows[i][0],
			.state = SK_STATE_ESTABLISHED, .has_info = true,
			.has_queues = true, .bytes_in = rows[i][1],
		};
	if (sk_monitor_merge(&m) < 0)
		exit(99);
	m.secs = m.looks > 1 ? 2 : 0;
}

#define LOOK(...)                                                       \
	look(sizeof((uint64_t[][2]){ __VA_ARGS__ }) / 16,               \
	     (const uint64_t[][2]){ __VA_ARGS__ })

static const struct sk_row *row(uint64_t key)
{
	for (size_t i = 0; i < m.n; i++)
		if (m.v[i].key == key)
			return &m.v[i];
	return NULL;
}

static size_t lines(const char *word)
{
	struct sk_out out;
	size_t n = 0;

	sk_out_init(&out, -1);
	sk_monitor_json(&m, &out);
	sk_out_char(&out, '\0');
	for (const char *p = out.buf; (p = strstr(p, word)) != NULL; p++)
		n++;
	sk_out_fini(&out);
	return n;
}

static void test_looks(void)
{
	LOOK({ 5, 100 }, { 3, 50 });
	ok(m.n == 2 && m.v[0].key == 3, "a look is sorted by key");
	ok(row(5)->mark == SK_MARK_NONE && !row(5)->in_added,
	   "nothing is new at the first");
	is_int(lines("\"event\":\"first\""), 2, "all are told");
	is_int(lines("\"received_per_s\":null"), 2, "there is no rate yet");

	LOOK({ 3, 50 }, { 5, 300 }, { 7, 10 });
	is_int(row(5)->in_added, 200, "what was added");
	ok((int)sk_row_rate(&m, row(5)->in_added) == 100, "a second");
	ok(row(7)->mark == SK_MARK_NEW && row(7)->in_added == 10,
	   "one is new, and all of its bytes");
	is_int(lines("\"event\":"), 2, "the one that rests is not told");
	is_int(lines("\"event\":\"new\""), 1, "the new one is");

	LOOK({ 5, 300 }, { 7, 10 });
	ok(row(3) && row(3)->mark == SK_MARK_GONE, "one has gone");
	is_int(lines("\"event\":\"gone\""), 1, "and that is told");
	ok(row(7)->mark == SK_MARK_NEW, "new ones are marked for a while");
	is_int(lines("\"event\":\"new\""), 0, "and told once");

	LOOK({ 5, 100 }, { 7, 10 });
	is_int(row(5)->in_added, 0, "a count that falls adds nothing");
	ok(row(3) && row(7)->mark == SK_MARK_NONE, "marks wear off");
	is_int(lines("\"event\":"), 0, "nothing is told twice");

	LOOK({ 3, 1 }, { 5, 100 });
	ok(row(3)->mark == SK_MARK_NEW && row(3)->in_added == 1,
	   "one that comes back is new");
	ok(row(7)->mark == SK_MARK_GONE, "another goes");
	look(0, NULL);
	look(0, NULL);
	look(0, NULL);
	is_int(m.n, 0, "gone ones are forgotten");
}

static void put(uint8_t *info, const char *name, uint64_t v)
{
	const struct sk_tcp_field *f = sk_tcp_info_field(name);
	const uint32_t small = (uint32_t)v;

	memcpy(info + f->offset, f->size == 4 ? (const void *)&small : &v,
	       f->size);
}

/* What the kernel counts of a connection, by the names of its counters. */
static void test_counts(void)
{
	static uint8_t info[SK_TCP_INFO_MAX];
	struct sk_sock s = { .kind = SK_KIND_TCP, .family = 2, .cookie = 77,
			     .state = SK_STATE_ESTABLISHED,
			     .has = SK_HAS(COOKIE),
			     .tcp_info = { info, sizeof(info) } };

	put(info, "bytes_received", 10);
	put(info, "bytes_acked", 20);
	put(info, "total_retrans", 3);
	m.n_next = 0;
	ok(!sk_monitor_take(&s, &m) && !sk_monitor_merge(&m), "a look");
	put(info, "bytes_received", 11);
	put(info, "bytes_acked", 22);
	put(info, "total_retrans", 6);
	m.n_next = 0;
	ok(!sk_monitor_take(&s, &m) && !sk_monitor_merge(&m), "another");
	is_int(row(77)->in_added, 1, "bytes received");
	is_int(row(77)->out_added, 2, "bytes acknowledged");
	is_int(row(77)->retrans_added, 3, "segments sent again");
	m.secs = 2;
	is_int(lines("\"received_added\":1,"), 1, "told as such");
	is_int(lines("\"acked_added\":2,"), 1, "each");
	is_int(lines("\"retrans_added\":3,"), 1, "of them");
	is_int(lines("\"retrans_per_s\":1.5"), 1, "by the second too");
	for (int i = 0; i < 3; i++)
		look(0, NULL);
}

static void test_changes(void)
{
	LOOK({ 1, 0 });
	look(1, (const uint64_t[][2]){ { 1, 0 } });
	m.v[0].state = SK_STATE_FIN_WAIT1;	/* as if it had been that */
	LOOK({ 1, 0 });
	is_int(lines("\"event\":\"changed\""), 1, "a state is a change");
	m.v[0].wqueue = 9;
	LOOK({ 1, 0 });
	is_int(lines("\"event\":\"changed\""), 1, "a queue is a change");
	LOOK({ 1, 0 });
	is_int(lines("\"event\":"), 0, "rest is none");
}

/* A look for another filter changes nothing but which rows there are. */
static void test_refilter(void)
{
	look(0, NULL);
	look(0, NULL);
	look(0, NULL);
	LOOK({ 1, 100 }, { 2, 100 });
	LOOK({ 1, 300 }, { 2, 500 });
	m.refilter = true;
	LOOK({ 2, 600 }, { 3, 50 });
	m.refilter = false;
	ok(m.n == 2 && !row(1), "what does not match is not there");
	ok(row(2)->in_added == 400 && row(2)->bytes_in == 500,
	   "what does is as it was, rates included");
	ok(row(3)->mark == SK_MARK_NONE && !row(3)->in_added,
	   "what comes into view is not new");
	LOOK({ 2, 700 }, { 3, 80 });
	ok(row(2)->in_added == 200 && row(3)->in_added == 30 &&
		   row(3)->mark == SK_MARK_NONE, "and the next look counts on");
}

/* What UDP drops, and that rows of two namespaces are two. */
static void test_drops(void)
{
	struct sk_row *r;

	look(0, NULL);
	look(0, NULL);
	look(0, NULL);
	LOOK({ 1, 0 }, { 1, 0 });
	is_int(m.n, 2, "the same key twice in one look is not merged");
	m.v[0].ns = 4;
	m.v[1].ns = 5;
	m.n_next = 2;
	for (size_t i = 0; i < 2; i++) {
		r = &m.next[i];
		*r = m.v[1 - i];
		r->has_drops = true;
		r->drops = 7;
	}
	m.v[0].has_drops = m.v[1].has_drops = true;
	m.v[0].drops = UINT32_MAX;
	m.v[1].drops = 7;
	sk_monitor_merge(&m);
	ok(m.n == 2 && m.v[0].ns == 4 && m.v[0].drops_added == 8 &&
		   !m.v[1].drops_added,
	   "each with its own of before; counts of 32 bits go round");
	is_int(lines("\"drops_added\":8,"), 1, "told where there were some");
	is_int(lines("\"event\":"), 1, "and nowhere else");
}

static int take_udp(const char *name, uint32_t port)
{
	struct sk_sock s = { .kind = SK_KIND_UDP, .family = 2,
			     .has = SK_HAS(COOKIE) | SK_HAS(QUEUES),
			     .cookie = port, .rqueue = port / 2 };

	s.name = (struct sk_bytes){ name, (uint32_t)strlen(name) };
	s.local.port = port;
	return sk_monitor_take(&s, &m);
}

static void test_columns(void)
{
	struct sk_view view = { .numeric = true };
	struct sk_err err;
	char buf[SK_WATCH_CELL];
	const struct sk_row **v;

	sk_monitor_fini(&m);
	m = (struct sk_monitor){ .view = &view };
	ok(sk_monitor_columns(&m, "state,nosuch", NULL, &err) == -EINVAL &&
		   err.status == 2, "an unknown column: %s", err.text);
	m.n_columns = 0;
	ok(sk_monitor_columns(&m, NULL, "lport:up", &err) == -EINVAL,
	   "an unknown direction: %s", err.text);
	m = (struct sk_monitor){ .view = &view };
	ok(!sk_monitor_columns(&m, "lport,rtt,in_per_s,state", "lport:desc",
			       &err), "columns and an order");
	take_udp("a", 5);
	take_udp("b", 9);
	take_udp("c", 7);
	is_int(sk_monitor_merge(&m), 0, "a look");
	v = sk_monitor_sorted(&m, NULL, false);
	ok(v && v[0]->key == 9 && v[1]->key == 7 && v[2]->key == 5,
	   "sorted by number, descending");
	is_str(sk_watch_cell(buf, &m, v[0], 0), "9", "a cell");
	ok(!sk_watch_cell(buf, &m, v[0], 1), "one that it does not have");
	ok(!sk_watch_cell(buf, &m, v[0], 2), "a rate that nobody counts");
	free(v);
	is_int(lines("\"columns\":{\"lport\":\"9\",\"rtt\":null,"
		     "\"in_per_s\":null,\"state\":\""), 1, "as JSON");
	take_udp("b", 9);
	sk_monitor_merge(&m);
	sk_monitor_merge(&m);
	sk_monitor_merge(&m);
	sk_monitor_merge(&m);
	is_int(m.n, 0, "cells go with their rows (under ASan: all of them)");
}

static void test_orders(void)
{
	const struct sk_row_order *o;
	const struct sk_row **v;
	char keys[32] = "";
	bool twice = false;

	for (size_t i = 0; (o = sk_row_order(i)) != NULL; i++) {
		twice |= strchr(keys, o->key) || strchr("q/ R+-", o->key);
		keys[i] = o->key;
	}
	ok(!twice, "every order has a key of its own");
	look(0, NULL);
	look(0, NULL);
	look(0, NULL);
	LOOK({ 1, 5 }, { 2, 5 }, { 3, 5 });
	LOOK({ 1, 5 }, { 2, 15 }, { 3, 6 });
	v = sk_monitor_sorted(&m, sk_row_order(0), false);
	ok(v[0]->key == 2 && v[1]->key == 3, "the most comes first");
	free(v);
	v = sk_monitor_sorted(&m, sk_row_order(0), true);
	ok(v[0]->key == 1 && v[2]->key == 2, "or last");
	free(v);
}

/* Each key puts what has the most, or comes first, on top; equals by key. */
static void test_each_order(void)
{
	static const struct sk_row rows[] = {
		{ .key = 1, .state = SK_STATE_LISTEN, .rqueue = 1, .family = 2,
		  .local = { { 10, 0, 0, 2 }, 80, 0 }, .comm = "b",
		  .peer = { { 10, 0, 0, 3 }, 9, 0 }, .pid = 7 },
		{ .key = 2, .state = SK_STATE_ESTABLISHED, .rqueue = 3,
		  .family = 2, .wqueue = 5, .in_added = 4, .out_added = 1,
		  .local = { { 10, 0, 0, 2 }, 443, 0 }, .comm = "b",
		  .peer = { { 10, 0, 0, 3 }, 7, 0 }, .pid = 5, .rtt_us = 9,
		  .retrans_added = 2 },
		{ .key = 3, .state = SK_STATE_SYN_SENT, .wqueue = 7,
		  .family = 2, .in_added = 9, .out_added = 3,
		  .local = { { 9, 0, 0, 2 }, 500, 0 }, .comm = "a",
		  .peer = { { 10, 0, 0, 2 }, 99, 0 }, .pid = 9, .rtt_us = 8,
		  .retrans_added = 1, .drops_added = 2 },
		{ .key = 4, .state = SK_STATE_ESTABLISHED, .family = 1,
		  .name = "/run/b" },
		{ .key = 5, .state = SK_STATE_ESTABLISHED, .family = 1,
		  .name = "/run/a" },
	};
	static const struct {
		char key;
		const char *want;
	} orders[] = {
		{ 'i', "32145" }, { 'o', "32145" }, { 'r', "32145" },
		{ 'e', "21345" }, { 's', "32145" }, { 't', "23145" },
		{ 'a', "24531" }, { 'l', "31254" }, { 'p', "45321" },
		{ 'c', "45321" },
	};
	char got[8];

	sk_monitor_fini(&m);
	m.v = malloc(sizeof(rows));
	memcpy(m.v, rows, sizeof(rows));
	m.n = m.cap = 5;
	for (size_t i = 0; sk_row_order(i); i++) {
		const struct sk_row **v =
			sk_monitor_sorted(&m, sk_row_order(i), false);

		for (size_t k = 0; k < m.n; k++)
			got[k] = (char)('0' + v[k]->key);
		got[m.n] = '\0';
		free(v);
		for (size_t k = 0; k < sizeof(orders) / sizeof(*orders); k++)
			if (orders[k].key == sk_row_order(i)->key)
				is_str(got, orders[k].want, sk_row_order(i)->name);
	}
}

static void test_names(void)
{
	char text[SK_ADDR_TEXT_MAX];
	struct sk_row r = { .family = 2, .local = { { 10, 0, 0, 1 }, 80, 0 } };
	struct sk_sock s = { .kind = SK_KIND_UNIX_DGRAM, .family = 1,
			     .has = SK_HAS(COOKIE), .cookie = 1 };

	is_str(sk_row_local(text, &r), "10.0.0.1:80", "an address");
	memcpy(r.name, "/run/x", 7);
	is_str(sk_row_local(text, &r), "/run/x", "a path");

	sk_monitor_fini(&m);
	m = (struct sk_monitor){ .n = 0 };
	s.name = (struct sk_bytes){ "\0a\0\033b", 5 };
	ok(!sk_monitor_take(&s, &m) && !sk_monitor_merge(&m), "a look");
	is_str(sk_row_local(text, &m.v[0]), "@a\\x00\\x1bb",
	       "an abstract name, as the list has it");
}

int main(void)
{
	test_looks();
	test_counts();
	test_changes();
	test_refilter();
	test_drops();
	test_orders();
	test_each_order();
	test_names();
	test_columns();
	sk_monitor_fini(&m);
	return tap_done();
}
