/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: memory is bounded by the sockets that live. 100 000 of them come and
 * go, as in an hour of a busy server, through the model and all reports that
 * write as they go; then no more memory is held than after the first ones.
 */
#include "tap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "trace/outputs.h"
#include "trace/reports.h"

#ifdef __SANITIZE_ADDRESS__
#define MANY 4000	/* what is freed is kept, so RSS says nothing */
#define IS_EXACT false
#else
#define MANY 100000
#define IS_EXACT true
#endif
#define WARM (MANY / 10)
#define ROOM_KB 4096

static struct sk_model model;
static struct sk_report *reports[8];
static size_t n_reports;
static struct sk_out out;
static const struct sk_text_opts *opts = &sk_text_defaults;
static uint64_t clock_ns = 1000000000, keep[SK_EVENT_KEEP];

static ssize_t own_memory(const struct sk_mem *mem, uint64_t addr, void *buf,
			  size_t len)
{
	(void)mem;
	memcpy(buf, (const void *)(uintptr_t)addr, len);
	return (ssize_t)len;
}

static const struct sk_mem mem = { .read = own_memory };

static void on_end(struct sk_model *m, const struct sk_life *l, void *arg)
{
	(void)m;
	(void)arg;
	for (size_t i = 0; i < n_reports; i++)
		if (reports[i]->ops->life_end)
			reports[i]->ops->life_end(reports[i], l);
}

static void tell(struct sk_event *ev)
{
	ev->mono_ns = ev->wall_ns = clock_ns += 1000;
	sk_model_event(&model, ev);
	for (size_t i = 0; i < n_reports && !ev->quiet; i++)
		reports[i]->ops->event(reports[i], ev);
}

static void call(enum sk_sys sys, int64_t ret, uint64_t a, uint64_t b,
		 uint64_t c)
{
	struct sk_event ev = {
		.kind = SK_EV_ENTER, .pid = getpid(), .tid = getpid(),
		.abi = SK_ABI_NATIVE, .sys = sys, .args = { a, b, c },
		.mem = &mem, .keep = keep,
	};

	memset(keep, 0, sizeof(keep));
	tell(&ev);
	ev.kind = SK_EV_EXIT;
	ev.ret = ret;
	ev.error = ret < 0 ? (int)-ret : 0;
	tell(&ev);
}

static long rss_kb(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void lives(int n)
{
	static const char text[] = "hello";

	for (int i = 0; i < n; i++) {
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

		call(SK_SYS_socket, fd, AF_UNIX, SOCK_DGRAM, 0);
		call(SK_SYS_write, i % 3 ? 5 : -11, (uint64_t)fd,
		     (uintptr_t)text, 5);
		close(fd);
		call(SK_SYS_close, 0, (uint64_t)fd, 0, 0);
		if (out.len > 1 << 16)
			sk_out_flush(&out);
	}
}

static void begin(void)
{
	const struct sk_model_opts o = { .lives = true };

	sk_out_init(&out, open("/dev/null", O_WRONLY | O_CLOEXEC));
	sk_model_init(&model, &o);
	model.on_end = on_end;
	reports[n_reports++] = sk_report_text(&model, &out, opts);
	reports[n_reports++] = sk_report_json(&model, &out, opts);
	reports[n_reports++] = sk_report_advise(&model, &out, false);
	reports[n_reports++] = sk_report_lives(&model, &out, 0, false);
	reports[n_reports++] = sk_report_packets(&model, open("/dev/null",
						 O_WRONLY | O_CLOEXEC));
	reports[n_reports++] = sk_report_timeline(&model, open("/dev/null",
						  O_WRONLY | O_CLOEXEC));
}

int main(void)
{
	long before, after;

	begin();
	lives(WARM);
	before = rss_kb();
	lives(MANY - WARM);
	after = rss_kb();
	ok(model.made == MANY && !model.n_live, "%d sockets came and went",
	   MANY);
	ok(model.n_ended <= SK_LIVES_KEPT && model.gone.lives ==
						     MANY - model.n_ended,
	   "the last %d are kept", SK_LIVES_KEPT);
	ok(!IS_EXACT || after - before < ROOM_KB,
	   "%ld KiB more than after the first tenth", after - before);
	for (size_t i = 0; i < n_reports; i++)
		reports[i]->ops->finish(reports[i]);
	sk_model_fini(&model);
	sk_out_fini(&out);
	return tap_done();
}
