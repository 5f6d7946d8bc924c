/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/stack.h"

#include "base/text.h"

#ifdef HAVE_DW

#include <sys/queue.h>

#include "trace/libdw.h"

#define FRAMES_MAX 64

struct known {
	LIST_ENTRY(known) link;
	pid_t pid;
	Dwfl *dwfl;
};

struct sk_stacks {
	LIST_HEAD(, known) list;
};

bool sk_stacks_possible(void)
{
	return !sk_libdw_load(NULL);
}

struct sk_stacks *sk_stacks_new(void)
{
	return calloc(1, sizeof(struct sk_stacks));
}

static void forget(struct known *k)
{
	LIST_REMOVE(k, link);
	dwfl_end(k->dwfl);
	free(k);
}

void sk_stacks_forget(struct sk_stacks *s, pid_t pid)
{
	struct known *k;

	LIST_FOREACH(k, &s->list, link)
		if (k->pid == pid)
			break;
	if (k)
		forget(k);
}

void sk_stacks_free(struct sk_stacks *s)
{
	while (s && !LIST_EMPTY(&s->list))
		forget(LIST_FIRST(&s->list));
	free(s);
}

/* Files may have been mapped since the last time: they are reported anew. */
static bool report(Dwfl *dwfl, pid_t pid)
{
	dwfl_report_begin(dwfl);
	return !dwfl_linux_proc_report(dwfl, pid) &&
	       !dwfl_report_end(dwfl, NULL, NULL);
}

static struct known *know(struct sk_stacks *s, pid_t pid)
{
	static Dwfl_Callbacks callbacks;
	struct known *k;

	callbacks.find_elf = dwfl_linux_proc_find_elf;
	callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
	LIST_FOREACH(k, &s->list, link)
		if (k->pid == pid)
			return report(k->dwfl, pid) ? k : NULL;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->pid = pid;
	k->dwfl = dwfl_begin(&callbacks);
	/* true: it is stopped already, and by us. */
	if (!k->dwfl || !report(k->dwfl, pid) ||
	    dwfl_linux_proc_attach(k->dwfl, pid, true)) {
		if (k->dwfl)
			dwfl_end(k->dwfl);
		free(k);
		return NULL;
	}
	LIST_INSERT_HEAD(&s->list, k, link);
	return k;
}

struct walk {
	Dwfl *dwfl;
	struct sk_out *out;
	int frames;
};

static void put_frame(struct walk *w, Dwarf_Addr pc, Dwarf_Addr within)
{
	Dwfl_Module *mod = dwfl_addrmodule(w->dwfl, within);
	const char *file = NULL, *name = NULL;
	char shown[512];
	Dwarf_Addr start = 0;
	GElf_Off off = 0;
	GElf_Sym sym;

	if (mod) {
		const char *base = dwfl_module_info(mod, NULL, &start, NULL,
						    NULL, NULL, &file, NULL);

		file = file ? file : base;
		name = dwfl_module_addrinfo(mod, within, &off, &sym, NULL,
					    NULL, NULL);
	}
	file = file ? file : "?";
	sk_escape(shown, sizeof(shown), file, strlen(file));
	sk_out_printf(w->out, " > %s(", shown);
	if (name) {
		sk_escape(shown, sizeof(shown), name, strlen(name));
		sk_out_printf(w->out, "%s+0x%llx", shown,
			      (unsigned long long)(off + pc - within));
	}
	sk_out_printf(w->out, ") [0x%llx]\n", (unsigned long long)(pc - start));
}

static int on_frame(Dwfl_Frame *frame, void *arg)
{
	struct walk *w = arg;
	bool activation;
	Dwarf_Addr pc;

	if (!dwfl_frame_pc(frame, &pc, &activation))
		return DWARF_CB_ABORT;
	/* A return address may lie behind the end of its function. */
	put_frame(w, pc, activation ? pc : pc - 1);
	return ++w->frames < FRAMES_MAX ? DWARF_CB_OK : DWARF_CB_ABORT;
}

void sk_stacks_put(struct sk_stacks *s, struct sk_out *out, pid_t pid,
		   pid_t tid)
{
	struct known *k = know(s, pid);
	struct walk w = { .dwfl = k ? k->dwfl : NULL, .out = out };

	if (k)
		dwfl_getthread_frames(k->dwfl, tid, on_frame, &w);
	if (!w.frames)
		sk_out_str(out, " > (the stack cannot be read)\n");
}

#else /* !HAVE_DW */

bool sk_stacks_possible(void)
{
	return false;
}

struct sk_stacks *sk_stacks_new(void)
{
	return NULL;
}

void sk_stacks_free(struct sk_stacks *s)
{
	(void)s;
}

void sk_stacks_forget(struct sk_stacks *s, pid_t pid)
{
	(void)s;
	(void)pid;
}

void sk_stacks_put(struct sk_stacks *s, struct sk_out *out, pid_t pid,
		   pid_t tid)
{
	(void)s;
	(void)out;
	(void)pid;
	(void)tid;
}

#endif

void sk_stacks_json(struct sk_json *j, const char *lines)
{
	sk_json_begin(j, '[');
	for (size_t n; lines && *lines; lines += n + (lines[n] == '\n')) {
		n = strcspn(lines, "\n");
		/* without the mark that sets them apart in text */
		if (sk_starts_with(lines, " > "))
			sk_json_strn(j, lines + 3, n - 3);
	}
	sk_json_end(j, ']');
}
