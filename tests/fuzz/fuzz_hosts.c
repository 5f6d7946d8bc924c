/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fuzz target: files of hosts, and the commands that are made of them. */
#include "fuzz.h"

#include <stdlib.h>

#include "bench/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char bench[] = "bench";
	char *args[] = { bench, NULL };
	struct bench_hosts h;
	struct sk_err err = { 0 };
	char *text = malloc(size + 1);
	int r;

	if (!text)
		return 0;
	memcpy(text, data, size);
	r = bench_hosts_parse(&h, text, size, &err);
	free(text);
	if (r < 0 && !*err.text)
		abort();
	for (const char *p = err.text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
	for (size_t i = 0; i < h.n && r >= 0; i++) {
		char *line = bench_host_line(&h.v[i], args);

		if (!line || *h.v[i].name == '-' || !*h.v[i].address ||
		    strchr(line, '\n'))
			abort();
		free(line);
	}
	bench_hosts_fini(&h);
	return 0;
}
