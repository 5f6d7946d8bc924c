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
# For -yy strace lists all TCP sockets of the machine, several times for each
# connection, so that what it costs depends on how many there are:
#   connects  in a fresh namespace: only those of the loop, 200
#   loop      the same with LOOP turns (20000), and 60 s at most, once: those of
#             the last minute stand in TIME-WAIT, so that a loop that goes on
#             makes by itself what a busy machine has
#   crowd     beside 1500 others that listen
#   lately    on a machine that has made LATELY connections (10000) within the
#             last minute, which stand in TIME-WAIT
# All tracers make the same number of turns (but for those 60 s), each in a
# namespace of its own.
#
# ROUNDS=5 PERF_SCALE=1 (multiplies the turns) LATELY=10000 LOOP=20000
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
LATELY=${LATELY:-10000}
LOOP=${LOOP:-20000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# turns LOAD: as many as take long enough, and no longer.
turns()
{
	local n=1000

	case $1 in
	loop) echo "$LOOP" && return ;;
	no-sockets) n=200000 ;;
	connects | crowd | lately) n=200 ;;
	esac
	echo $((n * SCALE))
}

# alone LOAD CMD...: in a namespace that is as the load wants it.
alone()
{
	local before=0

	[ "$1" != lately ] || before=$LATELY
	shift
	# shellcheck disable=SC2016
	unshare --net sh -c '
		ip link set lo up
		[ "$1" -eq 0 ] || "$2" connects "$1" >/dev/null
		shift 2
		exec "$@"' sh "$before" "$LOADS" "$@"
}

# run_load LOAD TRACER: microseconds a turn.
run_load()
{
	local calls=%network load=$1 n trace=()

	n=$(turns "$1")
	[ "$1" != read-write ] || calls=%network,read,write
	case $1 in
	lately | loop) load=connects ;;
	esac
	case $2 in
	strace) trace=(strace -f --seccomp-bpf -e "trace=$calls" -yy
		-o /dev/null) ;;
	trace) trace=("$SOCKKIT" trace -e "trace=$calls" -yy -o /dev/null) ;;
	sockets) trace=("$SOCKKIT" trace --sockets -o /dev/null) ;;
	esac
	alone "$1" "${trace[@]}" "$LOADS" "$load" "$n" 60 |
		awk '{ printf "%.3f\n", $1 / $2 }'
}

loads=${LOADS_WANTED:-read-write send-recv connects loop crowd lately no-sockets}
tracers="none strace trace sockets"
machine
for ((round = 1; round <= ROUNDS; round++)); do
	for load in $loads; do
		[ "$load" != loop ] || [ "$round" -eq 1 ] || continue
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
