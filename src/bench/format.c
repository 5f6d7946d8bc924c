/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

/* Names of 1000^0, 1000^1… of something. */
struct scale {
	const char *unit[6];
	double factor;		/* from the metric's unit to unit[0] */
};

static const struct scale bits = {
	{ "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s" }, 8
};
static const struct scale rate = { { "/s", "k/s", "M/s", "G/s" }, 1 };
static const struct scale seconds = { { "ns", "us", "ms", "s" }, 1e9 };
static const struct scale nanoseconds = { { "ns", "us", "ms", "s" }, 1 };
static const struct scale per_kib = { { "ns/KiB", "us/KiB", "ms/KiB" }, 1 };
static const struct scale percent = { { "%" }, 1 };
static const struct scale count = { { "" }, 1 };

static const struct {
	const char *unit;
	const struct scale *scale;
} scales[] = {
	{ "B/s", &bits },	{ "/s", &rate },   { "s", &seconds },
	{ "ns", &nanoseconds }, { "ns/KiB", &per_kib }, { "%", &percent },
	{ "", &count },
};

/* Whole numbers stay whole; else three digits, rounded once. */
static int digits_after(double v, bool scaled)
{
	double size = fabs(v);

	if (!scaled && size == floor(size))
		return 0;
	return size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
}

static const char *put_scaled(char *buf, const struct scale *s, double v,
			      bool utf8)
{
	const char *unit;
	char num[32];
	size_t i = 0;

	v *= s->factor;
	if (!isfinite(v)) {
		snprintf(buf, BENCH_TEXT_MAX, "-");
		return buf;
	}
	while (fabs(v) >= 999.5 && s->unit[i + 1]) {
		v /= 1000;
		i++;
	}
	unit = s->unit[i];
	/* Files may hold what nobody has measured. */
	if (fabs(v) >= 1e15)
		snprintf(num, sizeof(num), "%.3g", v);
	else
		snprintf(num, sizeof(num), "%.*f", digits_after(v, i > 0), v);
	snprintf(buf, BENCH_TEXT_MAX, "%s%s%s%s", num, *unit ? " " : "",
		 utf8 && *unit == 'u' ? "µ" : "",
		 utf8 && *unit == 'u' ? unit + 1 : unit);
	return buf;
}

const char *bench_format(char buf[BENCH_TEXT_MAX], enum bench_metric metric,
			 double v, bool utf8)
{
	const char *unit = bench_metrics[metric].unit;
	char size[SK_UNITS_MAX];

	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
		if (!strcmp(scales[i].unit, unit))
			return put_scaled(buf, scales[i].scale, v, utf8);
	if (!isfinite(v))
		snprintf(buf, BENCH_TEXT_MAX, "-");
	else if (!strcmp(unit, "B") && v >= 0 && v < 0x1p63)
		snprintf(buf, BENCH_TEXT_MAX, "%s",
			 sk_format_size(size, (uint64_t)v));
	else
		snprintf(buf, BENCH_TEXT_MAX, "%.3g %s", v, unit);
	return buf;
}

const char *bench_format_ns(char buf[BENCH_TEXT_MAX], double ns, bool utf8)
{
	return put_scaled(buf, &nanoseconds, ns, utf8);
}

/* What has no row is called by its name. */
static const char *const titles[BENCH_NMETRICS] = {
	[BENCH_BYTES_PER_S] = "throughput",
	[BENCH_REQUESTS_PER_S] = "requests",
	[BENCH_CONNECTS_PER_S] = "connects",
	[BENCH_DATAGRAMS_PER_S] = "datagrams",
	[BENCH_P50_NS] = "p50",
	[BENCH_P99_NS] = "p99",
	[BENCH_P999_NS] = "p99.9",
	[BENCH_RESPONSE_P50_NS] = "response p50",
	[BENCH_RESPONSE_P99_NS] = "response p99",
	[BENCH_JITTER_NS] = "jitter",
	[BENCH_NS_PER_KIB] = "CPU/KiB",
	[BENCH_NS_PER_REQUEST] = "CPU/request",
	[BENCH_SERVER_NS_PER_REQUEST] = "server CPU",
	[BENCH_RETRANSMITS] = "resent",
	[BENCH_KERNEL_PER_CONNECTION] = "kernel/conn",
	[BENCH_USER_PER_CONNECTION] = "user/conn",
	[BENCH_OVERFLOWS] = "overflows",
	[BENCH_FIRST_OVERFLOW] = "first overflow",
};

const char *bench_title(enum bench_metric metric)
{
	return titles[metric] ? titles[metric] : bench_metrics[metric].name;
}

const char *bench_hist_title(char buf[BENCH_TEXT_MAX], int hist)
{
	snprintf(buf, BENCH_TEXT_MAX, "%s", bench_hist_names[hist]);
	for (char *p = buf; *p; p++)
		*p = *p == '_' ? ' ' : *p;
	return buf;
}

/* Rates and times make faster; what is spent or lost is less or more. */
const struct bench_words *bench_words(enum bench_metric metric)
{
	static const struct bench_words speed = { "faster", "slower" };
	static const struct bench_words cpu = { "less CPU", "more CPU" };
	static const struct bench_words spent = { "less", "more" };
	static const struct bench_words gained = { "more", "less" };
	const struct bench_metric_info *info = &bench_metrics[metric];

	if (!strncmp(info->name, "cpu_", 4) ||
	    metric == BENCH_NS_PER_KIB || metric == BENCH_NS_PER_REQUEST ||
	    metric == BENCH_SERVER_NS_PER_REQUEST)
		return &cpu;
	if (info->better && (!strcmp(info->unit, "ns") ||
			     !strcmp(info->unit, "s") ||
			     strstr(info->unit, "/s")))
		return &speed;
	return info->better < 0 ? &spent : &gained;
}
