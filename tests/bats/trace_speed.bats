#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit trace: what is done to be fast, as far as it can be told without a
# clock (tests/perf/trace.sh has one). What near.c decides is test_near.c.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper

setup()
{
	helper_setup
	LOADS=$(dirname "$SOCKKIT")/tests/trace/loads
}

# child_of PID [NAME]: its only child, or the one of that name, once it is there.
child_of()
{
	until_true pgrep -P "$1" ${2:+-x "$2"} >/dev/null || return 1
	pgrep -P "$1" ${2:+-x "$2"}
}

# calls NAME COUNT: so many calls of that kind are in the log, at least.
calls()
{
	[ "$(grep -c " $1(.*) = 64\$" log)" -ge "$2" ]
}

# looks_at TRACER PROGRAM: does it hold the program's schedstat?
looks_at()
{
	find "/proc/$1/fd" -printf '%l\n' 2>/dev/null |
		grep -qx "/proc/$2/schedstat"
}

# The 41st field of stat; the name may hold blanks.
class_of()
{
	local line

	line=$(cat "/proc/$1/stat") || return 1
	cut -d' ' -f39 <<<"${line##*) }"
}

# quiet PID: it has not run for a while.
quiet()
{
	local before after

	before=$(grep ctxt "/proc/$1/status")
	sleep 0.2
	after=$(grep ctxt "/proc/$1/status")
	[ "$before" = "$after" ]
}

@test "a busy thread has the tracer come to its CPU, and is left as it is" {
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	[ "$(id -u)" -eq 0 ] || skip "only root has the right to come back"
	start trace "$SOCKKIT" trace --sockets -o log "$LOADS" send-recv \
		100000000 </dev/null
	tracer=$(child_of "${PIDS[trace]}")
	program=$(child_of "$tracer" loads)
	until_true looks_at "$tracer" "$program"
	[ "$(class_of "$program")" = "$(class_of $$)" ]
	[ "$(grep Cpus_allowed: "/proc/$program/status")" = \
		"$(grep Cpus_allowed: /proc/$$/status)" ]
	kill -KILL "$program"
	finish trace 137
	says log '^ .* TCP:'
}

@test "without the right to come back it stays where it is" {
	need setpriv
	need prlimit
	[ "$(id -u)" -eq 0 ] || skip "only root has a right to give up"
	start trace setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice -- \
		prlimit --nice=0 \
		"$SOCKKIT" trace -e trace=sendto -o log "$LOADS" \
		send-recv 100000000 </dev/null
	tracer=$(child_of "${PIDS[trace]}")
	until_true calls sendto 1000
	[ "$(class_of "$tracer")" = "$(class_of $$)" ]
	run ! looks_at "$tracer" "$(child_of "$tracer" loads)"
	kill -KILL "$(child_of "$tracer" loads)"
	finish trace 137
}

@test "who stays behind is of the class it was started in, on all its CPUs" {
	start trace "$SOCKKIT" trace --sockets -o log "$LOADS" send-recv \
		100000000 </dev/null
	tracer=$(child_of "${PIDS[trace]}")
	program=$(child_of "$tracer" loads)
	# Where others want the CPUs it may never become idle: nothing to see.
	for ((i = 0; i < 40; i++)); do
		[ "$(class_of "$tracer")" != 5 ] || break
		sleep 0.05
	done
	kill -TERM "${PIDS[trace]}"
	finish trace 143
	as_it_was()
	{
		[ "$(class_of "$tracer")" = "$(class_of $$)" ] &&
			[ "$(grep Cpus_allowed: "/proc/$tracer/status")" = \
				"$(grep Cpus_allowed: /proc/$$/status)" ]
	}
	until_true as_it_was
	kill -KILL "$program"
}

@test "the calls of a program are all seen, wherever the tracer runs" {
	# What is traced cannot look for leaks, where we are built to do so.
	sk trace -E ASAN_OPTIONS=detect_leaks=0 -e trace=%network -o log \
		"$LOADS" send-recv 5000 >out
	[ "$(grep -c ' sendto(.*) = 64$' log)" -eq 10000 ]
	[ "$(grep -c ' recvfrom(.*) = 64$' log)" -eq 10000 ]
}

@test "the tracer of a program that does nothing does nothing" {
	start trace "$SOCKKIT" trace -o log sh -c \
		"'$LOADS' send-recv 500; exec sleep 1000" </dev/null
	tracer=$(child_of "${PIDS[trace]}")
	program=$(child_of "$tracer" sleep)
	until_true quiet "$tracer"
	kill -KILL "$program"
	finish trace 137
}
