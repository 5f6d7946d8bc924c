/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Classic BPF (Documentation/networking/filter.rst) as its macros have it:
 * BPF_STMT(BPF_LD|BPF_H|BPF_ABS, 0xc).
 */
#include "trace/dec.h"

#include <linux/filter.h>

#define INSNS_MAX 4096		/* BPF_MAXINSNS */

static const char *const classes[] = {
	"BPF_LD", "BPF_LDX", "BPF_ST", "BPF_STX", "BPF_ALU", "BPF_JMP",
	"BPF_RET", "BPF_MISC",
};

/* The numbers are those of the header, whose macros take all bits alike. */
enum { CLASS_LD, CLASS_LDX, CLASS_ST, CLASS_STX, CLASS_ALU, CLASS_JMP,
       CLASS_RET, CLASS_MISC };

static void put_or(struct sk_dec *d)
{
	sk_out_char(d->s->out, '|');
	d->s->comma = false;
}

static void show_bits(struct sk_dec *d, const struct sk_names *t, unsigned v)
{
	put_or(d);
	sk_show_name(d->s, t, v, "BPF_???");
}

/* Bits that mean nothing. */
static void show_left(struct sk_dec *d, unsigned v)
{
	static const struct sk_name none = { NULL, 0 };
	static const struct sk_names unnamed = { "", &none };

	if (v)
		show_bits(d, &unnamed, v);
}

static void show_code(struct sk_dec *d, unsigned code)
{
	unsigned class = BPF_CLASS(code), rest = code & ~7U;

	sk_show_named(d->s, classes[class], class, NULL);
	switch (class) {
	case CLASS_LD:
	case CLASS_LDX:
		show_bits(d, &sk_tr_bpf_size, BPF_SIZE(code));
		show_bits(d, &sk_tr_bpf_mode, BPF_MODE(code));
		break;
	case CLASS_ALU:
		show_bits(d, &sk_tr_bpf_src, BPF_SRC(code));
		show_bits(d, &sk_tr_bpf_alu, BPF_OP(code));
		break;
	case CLASS_JMP:
		show_bits(d, &sk_tr_bpf_src, BPF_SRC(code));
		show_bits(d, &sk_tr_bpf_jmp, BPF_OP(code));
		break;
	case CLASS_RET:
		show_bits(d, &sk_tr_bpf_rval, BPF_RVAL(code));
		show_left(d, rest & ~0x18U);
		break;
	case CLASS_MISC:
		show_bits(d, &sk_tr_bpf_misc, BPF_MISCOP(code));
		show_left(d, rest & ~0xf8U);
		break;
	default:
		show_left(d, rest);
		break;
	}
}

/* Where a load begins that is not of the packet's own bytes. */
static void show_from(struct sk_dec *d, const struct sock_filter *f)
{
	static const struct {
		const char *name;
		uint32_t off;
	} bases[] = {
		{ "SKF_AD_OFF", (uint32_t)SKF_AD_OFF },
		{ "SKF_NET_OFF", (uint32_t)SKF_NET_OFF },
		{ "SKF_LL_OFF", (uint32_t)SKF_LL_OFF },
	};
	bool load = BPF_CLASS(f->code) == CLASS_LD &&
		    BPF_MODE(f->code) == BPF_ABS;
	size_t i = 0;

	while (i < 3 && f->k < bases[i].off)
		i++;
	if (!load || i == 3) {
		sk_show_hex(d->s, f->k);
		return;
	}
	sk_show_named(d->s, bases[i].name, bases[i].off, NULL);
	sk_out_char(d->s->out, '+');
	d->s->comma = false;
	if (!i)
		sk_show_name(d->s, &sk_tr_skf_ad, f->k - bases[i].off,
			     "SKF_AD_???");
	else
		sk_show_u64(d->s, f->k - bases[i].off);
}

static void show_insn(struct sk_dec *d, const struct sock_filter *f)
{
	bool jump = f->jt || f->jf;

	sk_show_word(d->s, jump ? "BPF_JUMP(" : "BPF_STMT(");
	d->s->comma = false;
	show_code(d, f->code);
	if (jump) {
		sk_show_hex(d->s, f->k);
		sk_show_hex(d->s, f->jt);
		sk_show_hex(d->s, f->jf);
	} else {
		show_from(d, f);
	}
	sk_out_char(d->s->out, ')');
	d->s->comma = true;
}

/* In JSON the four numbers of struct sock_filter, as tcpdump -ddd has them. */
static void json_insn(struct sk_dec *d, const struct sock_filter *f)
{
	sk_show_open(d->s, '[');
	sk_show_u64(d->s, f->code);
	sk_show_u64(d->s, f->jt);
	sk_show_u64(d->s, f->jf);
	sk_show_u64(d->s, f->k);
	sk_show_close(d->s, ']');
}

void sk_dec_bpf(struct sk_dec *d, uint64_t addr, unsigned n)
{
	struct sock_filter f;

	if (!addr || !d->s->style->verbose ||
	    (n && sk_mem_get(d->ev, addr, &f, sizeof(f)) < 0)) {
		sk_show_ptr(d->s, addr);
		return;
	}
	sk_show_open(d->s, '[');
	for (unsigned i = 0; i < n; i++, addr += sizeof(f)) {
		if (i == INSNS_MAX) {
			sk_show_more(d->s);
			break;
		}
		if (sk_mem_get(d->ev, addr, &f, sizeof(f)) < 0) {
			sk_dec_broken(d, addr);
			break;
		}
		if (d->s->json)
			json_insn(d, &f);
		else
			show_insn(d, &f);
	}
	sk_show_close(d->s, ']');
}
