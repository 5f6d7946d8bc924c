/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Process column. */
#include "diag/show.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "diag/owners.h"

/* Quotation marks of the name are told from those around it. */
static void show_comm(struct sk_line *l, const char *comm)
{
	while (*comm) {
		size_t n = strcspn(comm, "\"");

		line_escape(l, comm, n);
		comm += n;
		if (*comm) {
			line_lit(l, "\\\"");
			comm++;
		}
	}
}

/* That of the file, which a policy may have made another than the process's. */
static void show_socket_context(struct sk_line *l, const struct sk_owner *o)
{
	char path[40], text[512];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d",
		 o->tid ? o->tid : o->process->pid, o->fd);
	n = getxattr(path, "security.selinux", text, sizeof(text));
	while (n > 0 && !text[n - 1])
		n--;
	line_lit(l, ",sock_ctx=");
	if (n > 0)
		line_escape(l, text, (size_t)n);
	else
		line_lit(l, "unavailable");
}

static void show_owner(struct sk_line *l, const struct sk_view *v,
		       const struct sk_owner *o, int tid)
{
	const char *comm = sk_process_comm(o->process), *context;

	line_lit(l, "(\"");
	show_comm(l, comm);
	line_lit(l, "\",pid=");
	line_u64(l, (unsigned)o->process->pid);
	if (tid) {
		line_lit(l, ",tid=");
		line_u64(l, (unsigned)tid);
	}
	if (v->context || v->socket_context) {
		context = sk_process_context(o->process);
		line_lit(l, ",proc_ctx=");
		line_escape(l, context, strlen(context));
	}
	line_lit(l, ",fd=");
	line_u64(l, (unsigned)o->fd);
	if (v->socket_context)
		show_socket_context(l, o);
	line_char(l, ')');
}

/* Threads share their descriptors, most of them: each one is an owner. */
static void show_threads(struct sk_line *l, const struct sk_view *v,
			 const struct sk_owner *o)
{
	char path[40];
	struct dirent *e;
	const char *comma = "";
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", o->process->pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		int tid = (int)strtol(e->d_name, NULL, 10);

		if (tid <= 0 ||
		    !sk_same_files(o->tid ? o->tid : o->process->pid, tid))
			continue;
		line_str(l, comma);
		show_owner(l, v, o, tid);
		comma = ",";
	}
	if (d)
		closedir(d);
	if (!*comma)
		show_owner(l, v, o, o->process->pid);
}

void sk_show_users(struct sk_line *l, const struct sk_view *v,
		   const struct sk_owner *o)
{
	line_lit(l, "users:(");
	for (; o; o = o->next) {
		if (v->threads)
			show_threads(l, v, o);
		else
			show_owner(l, v, o, 0);
		if (o->next)
			line_char(l, ',');
	}
	line_char(l, ')');
}

void sk_show_owners(struct sk_line *l, const struct sk_view *v,
		    const struct sk_sock *s)
{
	const char *why = sk_unowned_text(s->unowned);

	if (!s->owners) {
		if (why) {
			line_char(l, '(');
			line_str(l, why);
			line_char(l, ')');
		}
		return;
	}
	sk_show_users(l, v, s->owners);
}
