#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench: every workload over every engine and socket that there is,
# for a moment each; the options that say what is measured and for how long;
# bad input, signals, and parts that die.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper

SHORT=(--time 0.03 --warmup 0.005 --rounds 1 --repeats 0)
ENGINES=blocking,threads,select,poll,epoll,epoll-et,io_uring,io_uring-multishot,spin

# bench WORKLOAD OPTION...: short; its page is in `page`.
bench()
{
	sk bench "$@" "${SHORT[@]}" >page
}

# rows REGEX: the lines of the first table that match, one or more.
rows()
{
	awk 'NR > 2 && !NF { exit } NR > 2' page | grep -E -- "$1" || {
		echo "no row matches: $1"
		cat page
		return 1
	} >&2
}

# all_measured N: a table of N rows, each of which was measured.
all_measured()
{
	[ "$(rows . | wc -l)" -eq "$1" ] || {
		cat page
		return 1
	}
	! rows . | grep -E 'not run| 0 /s| 0 bit/s' || return 1
}

@test "rr: every socket that connects, by every engine of readiness" {
	bench rr --engine blocking,threads,select,poll,epoll,epoll-et \
		--socket tcp,tcp6,udp,udp-connected,unix-stream
	all_measured 30
}

@test "rr: every other socket" {
	bench rr --engine blocking,select,poll,epoll,epoll-et \
		--socket unix-dgram,unix-seqpacket,socketpair,pipe
	all_measured 20
}

@test "stream: every engine of readiness" {
	bench stream --engine blocking,threads,select,poll,epoll,epoll-et \
		--socket tcp,unix-stream,pipe,socketpair
	all_measured 24
}

@test "unknown values of an axis are usage errors with a proposal" {
	run -2 --separate-stderr sk bench rr --engine epol
	[[ $stderr == *"unknown engine epol: did you mean epoll?"* ]]
	run -2 --separate-stderr sk bench rr --socket tcp,updd
	[[ $stderr == *"unknown socket updd: did you mean udp?"* ]]
	run -2 --separate-stderr sk bench straem
	[[ $stderr == *"unknown workload straem: did you mean stream?"* ]]
}
