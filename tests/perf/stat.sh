#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# stat.sh: CPU time of `sockkit stat` beside ss, the two by turns, with SOCKETS
# TCP sockets held by HOLDERS processes in a network of its own.
#
# stat.sh scale: time and memory as the sockets grow in number (SCALE): time
# for each socket must stay the same, memory too unless all are kept to sort.
#
# SOCKETS=20000 HOLDERS=5 ROUNDS=5 SCALE="25000 50000 100000 200000"

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

SOCKETS=${SOCKETS:-20000}
SCALE=${SCALE:-25000 50000 100000 200000}
TOOLS=$(dirname "$SOCKKIT")/tests/tools
command -v ss >/dev/null || { echo "ss is not installed" >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

hold()
{
	coproc HOLD { exec "$TOOLS/many" "$1" "$2"; }
	read -r _ <&"${HOLD[0]}"
}

release()
{
	local pid=$HOLD_PID

	eval "exec ${HOLD[1]}>&-"
	wait "$pid"
}

# column N: the median of it, of `spent`'s lines on stdin.
column()
{
	awk -v n="$1" '{ print $n }' | median
}

# compare NAME GOAL OURS -- THEIRS: medians of CPU time, and a ratio.
compare()
{
	local name=$1 goal=$2 ours=() a b

	shift 2
	while [ "$1" != -- ]; do
		ours+=("$1")
		shift
	done
	shift
	rm -f "$dir"/*
	for ((i = 0; i < ROUNDS; i++)); do
		"$TOOLS/spent" "$SOCKKIT" stat "${ours[@]}" >>"$dir/ours"
		"$TOOLS/spent" ss "$@" >>"$dir/theirs"
	done
	a=$(column 1 <"$dir/ours")
	b=$(column 1 <"$dir/theirs")
	awk -v n="$name" -v a="$a" -v b="$b" -v g="$goal" 'BEGIN {
		printf "%-24s %8.2f %8.2f %7.2f   %s\n", n, a, b,
			b ? a / b : 0, g }'
}

side_by_side()
{
	hold "$SOCKETS" "${HOLDERS:-5}"
	echo "# $SOCKETS sockets in ${HOLDERS:-5} processes"
	printf '%-24s %8s %8s %7s   %s\n' case "ours/ms" "ss/ms" ratio goal
	compare -tan 0.60 -tan -- -tan
	compare -tani 0.60 -tani -- -tani
	compare -tanp 0.30 -tanp -- -tanp
	compare -tln 0.30 -tln -- -tln
	compare "-tanp, none matches" 0.15 -tanp sport = :1 -- \
		-tanp sport = :1
	compare "--json beside ss -tani" 0.60 -tani --json -- -tani
	release
}

# cost N CMD...: a row of the table of scale().
cost()
{
	local n=$1

	shift
	rm -f "$dir/cost"
	for ((i = 0; i < ROUNDS; i++)); do
		"$TOOLS/spent" "$@" >>"$dir/cost"
	done
	set -- "${@##*/}"
	awk -v n="$n" -v what="$*" -v ms="$(column 1 <"$dir/cost")" \
		-v kib="$(column 3 <"$dir/cost")" 'BEGIN {
		printf "%8d  %-28s %9.1f %12.2f %9d\n", n, what, ms,
			ms * 1000 / n, kib }'
}

scale()
{
	printf '%8s  %-28s %9s %12s %9s\n' sockets command "cpu/ms" \
		"us/socket" "rss/KiB"
	for n in $SCALE; do
		hold "$n" "${HOLDERS:-20}"
		cost "$n" "$SOCKKIT" stat -tan
		cost "$n" "$SOCKKIT" stat -tani
		cost "$n" "$SOCKKIT" stat -tanp
		cost "$n" "$SOCKKIT" stat -tani --jsonl
		cost "$n" "$SOCKKIT" stat -tan --sort rtt
		cost "$n" ss -tan
		cost "$n" ss -tani
		release
	done
}

machine
case ${1:-} in
'') side_by_side ;;
scale) scale ;;
*) echo "usage: stat.sh [scale]" >&2; exit 2 ;;
esac
