/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Owners by a BPF iterator (Linux 5.8): one program runs over the open files
 * of all tasks and writes those that are sockets. /proc makes an inode, a name
 * and a link of text for every descriptor; here the kernel's own tables are
 * read, some twenty times faster.
 *
 * The program is thirty instructions, put together here; where the fields it
 * reads stand in the kernel's structs is found in the kernel's BTF. No library
 * and no compiler is needed. Whatever is not as expected is no error: /proc
 * answers as well.
 */
#include "diag/owners_in.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/btf.h>

#include "base/fd.h"

#define SOCKFS_MAGIC 0x534F434B
#define INIT_PID_NS 0xEFFFFFFCu	/* PROC_PID_INIT_INO of linux/proc_ns.h */

/* --- where things are: BTF ------------------------------------------------ */

struct btf {
	char *data;
	size_t size;
	const char *types, *types_end;
	const char *strings, *strings_end;
};

/* The fields, in bytes; -1 until found. */
struct places {
	int file_inode, inode_number, inode_mode, inode_super, super_magic;
	int task_tgid;
	int function;		/* type id of bpf_iter_task_file() */
};

static int read_all(struct btf *b)
{
	SK_AUTO_FD fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	b->data = malloc((size_t)st.st_size + 1);
	while (b->data && b->size < (size_t)st.st_size) {
		n = read(fd, b->data + b->size, (size_t)st.st_size - b->size);
		if (n <= 0)
			break;
		b->size += (size_t)n;
	}
	return b->data && b->size == (size_t)st.st_size ? 0 : -EIO;
}

static int open_btf(struct btf *b)
{
	struct btf_header h;
	uint64_t types, strings;
	int r = read_all(b);

	if (r < 0)
		return r;
	if (b->size < sizeof(h))
		return -EINVAL;
	memcpy(&h, b->data, sizeof(h));
	types = (uint64_t)h.hdr_len + h.type_off;
	strings = (uint64_t)h.hdr_len + h.str_off;
	if (h.magic != BTF_MAGIC || types + h.type_len > b->size ||
	    strings + h.str_len > b->size || !h.str_len ||
	    b->data[strings + h.str_len - 1])
		return -EINVAL;
	b->types = b->data + types;
	b->types_end = b->types + h.type_len;
	b->strings = b->data + strings;
	b->strings_end = b->strings + h.str_len;
	return 0;
}

static bool is_name(const struct btf *b, uint32_t off, const char *name)
{
	return off < (size_t)(b->strings_end - b->strings) &&
	       !strcmp(b->strings + off, name);
}

/* Bytes behind the head of a type; -1: a kind from the future. */
static long tail_of(unsigned kind, unsigned n)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case 17:		/* DECL_TAG */
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case 19:		/* ENUM64 */
		return (long)n * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return (long)n * 8;
	default:
		return kind <= 18 ? 0 : -1;
	}
}

static void find_member(const struct btf *b, const char *members, unsigned n,
			bool bit_sizes, const char *name, int *place)
{
	struct btf_member m;

	for (unsigned i = 0; i < n && *place < 0; i++) {
		memcpy(&m, members + i * sizeof(m), sizeof(m));
		if (is_name(b, m.name_off, name))
			*place = (int)((bit_sizes ? m.offset & 0xffffff :
						    m.offset) / 8);
	}
}

static void look_into(const struct btf *b, const struct btf_type *t,
		      const char *members, struct places *p)
{
	const struct {
		const char *type, *member;
		int *place;
	} wanted[] = {
		{ "file", "f_inode", &p->file_inode },
		{ "inode", "i_ino", &p->inode_number },
		{ "inode", "i_mode", &p->inode_mode },
		{ "inode", "i_sb", &p->inode_super },
		{ "super_block", "s_magic", &p->super_magic },
		{ "task_struct", "tgid", &p->task_tgid },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (is_name(b, t->name_off, wanted[i].type))
			find_member(b, members, BTF_INFO_VLEN(t->info),
				    t->info >> 31, wanted[i].member,
				    wanted[i].place);
}

static int find_places(struct places *p)
{
	struct btf b = {};
	int r = open_btf(&b), id = 1;
	const char *at = b.types;
	struct btf_type t;

	*p = (struct places){ -1, -1, -1, -1, -1, -1, -1 };
	for (; !r && b.types_end - at >= (long)sizeof(t); id++) {
		long tail;

		memcpy(&t, at, sizeof(t));
		at += sizeof(t);
		tail = tail_of(t.info >> 24 & 0x1f, BTF_INFO_VLEN(t.info));
		if (tail < 0 || tail > b.types_end - at)
			break;
		if ((t.info >> 24 & 0x1f) == BTF_KIND_STRUCT)
			look_into(&b, &t, at, p);
		else if ((t.info >> 24 & 0x1f) == BTF_KIND_FUNC &&
			 is_name(&b, t.name_off, "bpf_iter_task_file"))
			p->function = id;
		at += tail;
	}
	free(b.data);
	if (p->file_inode < 0 || p->inode_number < 0 || p->inode_mode < 0 ||
	    p->inode_super < 0 || p->super_magic < 0 || p->task_tgid < 0 ||
	    p->function < 0)
		return r ? r : -ENOENT;
	return 0;
}

/* --- the program ---------------------------------------------------------- */

/* What it writes for each socket. */
struct found {
	uint64_t inode;
	uint32_t pid, fd;
};

/* struct bpf_iter__task_file: pointers in words of eight bytes. */
enum { CTX_META = 0, CTX_TASK = 8, CTX_FD = 16, CTX_FILE = 24 };

#define LOAD(size, to, from, at)                                             \
	{ BPF_LDX | BPF_MEM | (size), to, from, (short)(at), 0 }
#define STORE(size, to, at, from)                                            \
	{ BPF_STX | BPF_MEM | (size), to, from, at, 0 }
#define SET(to, from) { BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0 }
#define SET_NUMBER(to, v) { BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, v }
#define ADD_NUMBER(to, v) { BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, v }
#define SKIP_IF_NULL(reg, n) { BPF_JMP | BPF_JEQ | BPF_K, reg, 0, n, 0 }
#define SKIP_UNLESS(reg, v, n) { BPF_JMP | BPF_JNE | BPF_K, reg, 0, n, v }

static int bpf(int cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

/* Skips go to the last two instructions: "return 0". */
static int load_program(const struct places *p)
{
	const struct bpf_insn code[] = {
		SET(BPF_REG_6, BPF_REG_1),
		LOAD(BPF_DW, BPF_REG_7, BPF_REG_6, CTX_TASK),
		SKIP_IF_NULL(BPF_REG_7, 20),
		LOAD(BPF_DW, BPF_REG_8, BPF_REG_6, CTX_FILE),
		SKIP_IF_NULL(BPF_REG_8, 18),
		LOAD(BPF_DW, BPF_REG_9, BPF_REG_8, p->file_inode),
		SKIP_IF_NULL(BPF_REG_9, 16),
		LOAD(BPF_DW, BPF_REG_1, BPF_REG_9, p->inode_super),
		SKIP_IF_NULL(BPF_REG_1, 14),
		/* a path of a unix socket is a socket of another file system */
		LOAD(BPF_DW, BPF_REG_1, BPF_REG_1, p->super_magic),
		SKIP_UNLESS(BPF_REG_1, SOCKFS_MAGIC, 12),
		LOAD(BPF_DW, BPF_REG_1, BPF_REG_9, p->inode_number),
		STORE(BPF_DW, BPF_REG_10, -16, BPF_REG_1),
		LOAD(BPF_W, BPF_REG_1, BPF_REG_7, p->task_tgid),
		STORE(BPF_W, BPF_REG_10, -8, BPF_REG_1),
		LOAD(BPF_W, BPF_REG_1, BPF_REG_6, CTX_FD),
		STORE(BPF_W, BPF_REG_10, -4, BPF_REG_1),
		LOAD(BPF_DW, BPF_REG_2, BPF_REG_6, CTX_META),
		LOAD(BPF_DW, BPF_REG_1, BPF_REG_2, 0), /* meta->seq */
		SET(BPF_REG_2, BPF_REG_10),
		ADD_NUMBER(BPF_REG_2, -16),
		SET_NUMBER(BPF_REG_3, sizeof(struct found)),
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_seq_write },
		SET_NUMBER(BPF_REG_0, 0),
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	static const char license[] = "GPL";
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_TRACE_ITER;
	attr.attach_btf_id = (uint32_t)p->function;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = sizeof(code) / sizeof(*code);
	attr.license = (uintptr_t)license;
	return bpf(BPF_PROG_LOAD, &attr);
}

static int open_iterator(int program)
{
	union bpf_attr attr;
	SK_AUTO_FD link = -1;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	link = bpf(BPF_LINK_CREATE, &attr);
	if (link < 0)
		return link;
	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (uint32_t)link;
	return bpf(BPF_ITER_CREATE, &attr);
}

/* --- reading -------------------------------------------------------------- */

static int read_found(struct sk_owners *o, int iterator)
{
	enum { BATCH = 4096 };
	static struct found v[BATCH + 1];
	size_t have = 0, n;
	ssize_t got;
	int r = 0;

	/* A read may end within a record, for which there is one more. */
	while (!r && (got = read(iterator, (char *)v + have,
				 BATCH * sizeof(*v))) != 0) {
		if (got < 0 && errno == EAGAIN)
			continue;
		if (got < 0)
			return -errno;
		have += (size_t)got;
		n = have / sizeof(*v);
		for (size_t i = 0; i < n && !r; i++)
			r = sk_owners_add(o, (int)v[i].pid, v[i].inode,
					  (int)v[i].fd);
		have %= sizeof(*v);
		memmove(v, &v[n], have);
	}
	return r;
}

/*
 * The kernel's process ids are those of its first namespace; elsewhere, and
 * where /proc shows another one, they would be wrong.
 */
static bool ids_are_ours(void)
{
	struct stat st;
	char self[16];
	ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

	if (n <= 0 || stat("/proc/self/ns/pid", &st))
		return false;
	self[n] = '\0';
	return st.st_ino == INIT_PID_NS && strtol(self, NULL, 10) == getpid();
}

int sk_owners_by_bpf(struct sk_owners *o)
{
	SK_AUTO_FD program = -1;
	SK_AUTO_FD iterator = -1;
	struct places p;
	int r;

	if (sizeof(long) < 8 || geteuid() || !ids_are_ours())
		return -EOPNOTSUPP;
	r = find_places(&p);
	if (r < 0)
		return r;
	program = load_program(&p);
	if (program < 0)
		return program;
	iterator = open_iterator(program);
	return iterator < 0 ? iterator : read_found(o, iterator);
}
