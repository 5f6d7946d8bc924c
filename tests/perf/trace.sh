#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# trace.sh: what tracing costs a program, beside strace, by turns in one run.
# Microseconds for a turn of each loop of tests/trace/loads.c, the median of
# ROUNDS, and the ratio to strace (to the untraced program without sockets).
#
# strace is told of read and write in the loop that has them: %network leaves
# them out, so that it would not trace that loop at all.
#
# crowd: the loop "connects" beside 1500 other sockets. For -yy strace lists all
# sockets of the machine at each connection; in a namespace of its own there
# are none but the loop's, which no machine is like.
#
# ROUNDS=5 PERF_SCALE=1 (multiplies the turns)
# LOADS_WANTED="connects crowd": these alone

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

command -v strace >/dev/null || {
	echo "strace is not installed: nothing to compare with" >&2
	exit 2
}
LOADS=${LOADS:-$(dirname "$SOCKKIT")/tests/trace/loads}
SCALE=${PERF_SCALE:-1}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# turns LOAD TRACER: as many as take long enough, and no longer.
turns()
{
	local n=1000

	case $1-$2 in
	no-sockets-*) n=200000 ;;
	connects-strace | crowd-strace) n=10 ;;
	connects-* | crowd-*) n=300 ;;
	esac
	echo $((n * SCALE))
}

# run_load LOAD TRACER: microseconds a turn.
run_load()
{
	local calls=%network n

	n=$(turns "$1" "$2")
	[ "$1" != read-write ] || calls=%network,read,write
	case $2 in
	none) "$LOADS" "$1" "$n" ;;
	strace) strace -f --seccomp-bpf -e "trace=$calls" -yy -o /dev/null \
		"$LOADS" "$1" "$n" ;;
	trace) "$SOCKKIT" trace -e "trace=$calls" -yy -o /dev/null \
		"$LOADS" "$1" "$n" ;;
	sockets) "$SOCKKIT" trace --sockets -o /dev/null "$LOADS" "$1" "$n" ;;
	esac | awk -v n="$n" '{ printf "%.3f\n", $1 / n }'
}

loads=${LOADS_WANTED:-read-write send-recv connects crowd no-sockets}
tracers="none strace trace sockets"
machine
for ((round = 1; round <= ROUNDS; round++)); do
	for load in $loads; do
		for tracer in $tracers; do
			run_load "$load" "$tracer" >>"$dir/$load-$tracer"
		done
	done
done

# ratio A B
ratio()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'
}

printf '%-11s %10s %10s %10s %10s   %s\n' "us a turn" untraced strace trace \
	--sockets "trace/strace --sockets/strace trace/untraced"
for load in $loads; do
	for tracer in $tracers; do
		printf -v "us_$tracer" %s "$(median <"$dir/$load-$tracer")"
	done
	# shellcheck disable=SC2154 # set by printf -v
	printf '%-11s %10s %10s %10s %10s   %12s %16s %14s\n' "$load" \
		"$us_none" "$us_strace" "$us_trace" "$us_sockets" \
		"$(ratio "$us_trace" "$us_strace")" \
		"$(ratio "$us_sockets" "$us_strace")" \
		"$(ratio "$us_trace" "$us_none")"
done
