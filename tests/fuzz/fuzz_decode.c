/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decoders over a tracee whose arguments and memory are the input: byte 0 is
 * the call, byte 1 has the ABI and the style, then six arguments of two bytes
 * each, the result, and memory from address 0x100 on. Nothing may be read out
 * of bounds or take for ever, text must have no control bytes, JSON none that
 * are bare, and brackets must match.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../unit/fakemem.h"

#define HEAD 16
#define BASE 0x100

static bool socket_of(void *arg, const struct sk_event *ev, int fd,
		      int *family, int *protocol)
{
	(void)arg;
	(void)ev;
	*family = fd & 1 ? AF_NETLINK : AF_INET;
	*protocol = fd >> 1 & 31;
	return true;
}

static const struct sk_decode_fds fds = { NULL, NULL, socket_of };

static void check(const struct sk_out *out)
{
	for (size_t i = 0; i < out->len; i++)
		if ((unsigned char)out->buf[i] < 0x20 || out->buf[i] == 0x7f)
			abort();
}

static void args_of(struct fake *f, struct sk_show *s, int from, int to)
{
	for (int i = from; i < to; i++) {
		if (!*sk_decode_arg_name(&f->ev, i))
			continue;
		if (s->json)
			sk_show_key(s, sk_decode_arg_name(&f->ev, i));
		sk_decode_arg(s, &f->ev, &fds, i);
	}
}

static void show(struct fake *f, bool as_json, int64_t ret,
		 const struct sk_show_style *style)
{
	static struct sk_payload v[SK_PAYLOADS];
	int split = sk_decode_split(&f->ev), n = sk_decode_args(&f->ev);
	struct sk_json json;
	struct sk_show s;
	struct sk_out out;

	sk_out_init(&out, -1);
	sk_json_init(&json, &out);
	if (as_json)
		sk_show_json(&s, &json, style);
	else
		sk_show_text(&s, &out, style);
	if (as_json)
		sk_json_begin(&json, '{');
	sk_decode_keep(&f->ev);
	args_of(f, &s, 0, split);
	fake_exit(f, ret);
	args_of(f, &s, split, n);
	if (as_json) {
		if (sk_decode_extra(&f->ev)) {
			sk_json_key(&json, "result");
			sk_decode_show_extra(&s, &f->ev, &fds);
		}
		sk_json_end(&json, '}');
		if (json.depth)
			abort();
	} else {
		sk_decode_result(&s, &f->ev, &fds);
	}
	if (s.depth)
		abort();
	check(&out);
	sk_out_fini(&out);
	for (unsigned msg = 0; msg < 3; msg++)
		sk_decode_payload(&f->ev, msg, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum sk_abi abis[] = { SK_ABI_X86_64, SK_ABI_I386,
					    SK_ABI_X32, SK_ABI_AARCH64 };
	struct sk_show_style style = { 0 };
	unsigned char *memory;
	struct fake f;
	int16_t ret;

	if (size < HEAD)
		return 0;
	memory = malloc(size - HEAD + 1);
	if (!memory)
		return 0;
	memcpy(memory, data + HEAD, size - HEAD);
	style.strings = data[1] & 0x40 ? 2000 : SK_SHOW_STRINGS;
	style.hex = (enum sk_show_hex)(data[1] >> 2 & 1);
	style.names = (enum sk_show_names)((data[1] >> 3 & 3) % 3);
	style.verbose = data[1] & 0x20;
	memcpy(&ret, data + 14, sizeof(ret));
	for (int as_json = 0; as_json < 2; as_json++) {
		fake_call(&f, (enum sk_sys)(data[0] % SK_SYS_COUNT_));
		f.ev.abi = abis[data[1] & 3];
		for (int i = 0; i < 6; i++)
			f.ev.args[i] = data[2 + 2 * i] |
				       (uint64_t)data[3 + 2 * i] << 8;
		/* One bit makes the sizes hostile. */
		if (data[1] & 0x80)
			f.ev.args[2] = UINT64_MAX - f.ev.args[2];
		fake_map(&f, BASE, memory, size - HEAD);
		show(&f, as_json, ret, &style);
	}
	free(memory);
	return 0;
}
