/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: sockets that become more and more, and those that only are many. */
#include "tap.h"

#include <string.h>

#include "trace/model.h"

#define MANY 500

static struct sk_model model;
static struct sk_groups groups;
static struct sk_life lives[MANY];
static uint64_t now;

static void begin(void)
{
	TAILQ_INIT(&model.live);
	LIST_INIT(&groups);
	memset(lives, 0, sizeof(lives));
	now = 1;
}

static void make(int i)
{
	lives[i].used = ++now;
	TAILQ_INSERT_TAIL(&model.live, &lives[i], link);
	sk_growth_made(&groups, &lives[i], now);
}

static void end(int i)
{
	TAILQ_REMOVE(&model.live, &lives[i], link);
	sk_growth_ended(&lives[i]);
}

static bool grows(void)
{
	struct sk_group *g = LIST_FIRST(&groups);

	return g && sk_growth_judge(&model, g);
}

static void finish(void)
{
	for (int i = 0; i < MANY; i++)
		if (lives[i].group)
			sk_growth_ended(&lives[i]);
	sk_growth_fini(&groups);
}

int main(void)
{
	struct sk_life alone = { .number = 1 };

	ok(!sk_growth_forgotten(&alone), "one that belongs to no others");
	begin();
	for (int i = 0; i < MANY; i++)
		make(i);
	ok(grows(), "made and forgotten, more and more");
	ok(sk_growth_forgotten(&lives[0]) &&
	   !sk_growth_forgotten(&lives[MANY - 1]), "the old ones it is");
	finish();

	begin();
	for (int i = 0; i < 24; i++)
		make(i);
	ok(!grows(), "few are no trouble");
	finish();

	begin();
	for (int i = 0; i < MANY; i++)
		make(i);
	for (int i = 0; i < MANY; i++)
		lives[i].used = ++now;
	ok(!grows(), "a pool that is in use");
	finish();

	begin();
	for (int i = 0; i < MANY; i++) {
		make(i);
		if (i >= 100)
			end(i);
	}
	ok(!grows(), "many, but not more and more");
	finish();

	begin();
	for (int i = 0; i < MANY; i++) {
		make(i);
		if (i >= 60)
			end(i - 60);
	}
	ok(!grows(), "connections that come and go");
	finish();

	begin();
	for (int i = 0; i < MANY; i++) {
		make(i);
		if (i % 3)	/* two of three are closed */
			end(i);
	}
	ok(grows(), "a leak among others that are closed");
	finish();

	begin();
	for (int i = 0; i < MANY; i++) {
		lives[i].listener = (uint64_t)i % 50 + 1;
		make(i);
	}
	ok(!grows(), "ten for each of fifty listeners");
	finish();
	return tap_done();
}
