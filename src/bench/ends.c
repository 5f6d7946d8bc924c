/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "bench/ends.h"
#include "bench/part.h"
#include "bench/sockets.h"
#include "bench/workload.h"

static int make_pair(const struct bench_job *job, int server[2], int client[2],
		     struct sk_err *err)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	server[0] = server[1] = ends[0];
	client[0] = client[1] = ends[1];
	r = bench_set_options(ends[0], job, err);
	return r < 0 ? r : bench_set_options(ends[1], job, err);
}

static int make_pipes(int server[2], int client[2])
{
	int there[2], back[2];

	if (pipe2(there, O_CLOEXEC))
		return -errno;
	if (pipe2(back, O_CLOEXEC)) {
		int e = errno;

		close(there[0]);
		close(there[1]);
		return -e;
	}
	server[0] = there[0];
	client[1] = there[1];
	client[0] = back[0];
	server[1] = back[1];
	return 0;
}

int bench_ends_make(const struct bench_job *job, int (**server)[2],
		    int (**client)[2], char **refused, struct sk_err *err)
{
	bool pipes = job->socket == BENCH_S_PIPE;
	size_t n = bench_total(job);
	struct sk_err why = { 0 };
	int r;

	if (!bench_kind_of(job)->inherited)
		return 0;
	r = bench_part_need_fds(job, &why);
	if (r < 0) {
		*refused = strdup(why.text);
		return r;
	}
	*server = calloc(n, sizeof(**server));
	*client = calloc(n, sizeof(**client));
	if (!*server || !*client)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	memset(*server, -1, n * sizeof(**server));
	memset(*client, -1, n * sizeof(**client));
	for (size_t i = 0; i < n && r >= 0; i++)
		r = pipes ? make_pipes((*server)[i], (*client)[i]) :
			    make_pair(job, (*server)[i], (*client)[i], &why);
	if (r < 0 && bench_is_refusal(r) && *why.text)
		*refused = strdup(why.text);
	return r < 0 ? sk_fail(err, r, "%s", *why.text ? why.text :
							sk_strerror(r)) : 0;
}

void bench_ends_close(int (**ends)[2], size_t n)
{
	for (size_t i = 0; *ends && i < n; i++) {
		if ((*ends)[i][1] != (*ends)[i][0])
			sk_close(&(*ends)[i][1]);
		sk_close(&(*ends)[i][0]);
	}
	free(*ends);
	*ends = NULL;
}
