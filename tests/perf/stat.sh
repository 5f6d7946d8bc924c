#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# stat.sh: CPU time of `sockkit stat` beside ss, the two by turns, with SOCKETS
# TCP sockets held by HOLDERS processes in a network of its own.
#
# SOCKETS=20000 HOLDERS=5 ROUNDS=5

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

SOCKETS=${SOCKETS:-20000}
HOLDERS=${HOLDERS:-5}
MANY=$(dirname "$SOCKKIT")/tests/tools/many
command -v ss >/dev/null || { echo "ss is not installed" >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

coproc HOLD { exec "$MANY" "$SOCKETS" "$HOLDERS"; }
read -r _ <&"${HOLD[0]}"
machine
echo "# $SOCKETS sockets in $HOLDERS processes, $(nproc) CPUs"

# case NAME GOAL OURS -- THEIRS: medians of user + system time, and a ratio.
case_()
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
		timed "$dir/ours" "$SOCKKIT" stat "${ours[@]}" >/dev/null
		timed "$dir/theirs" ss "$@" >/dev/null
	done
	a=$(awk '{ print ($1 + $2) * 1000 }' "$dir/ours" | median)
	b=$(awk '{ print ($1 + $2) * 1000 }' "$dir/theirs" | median)
	awk -v n="$name" -v a="$a" -v b="$b" -v g="$goal" 'BEGIN {
		printf "%-24s %8.1f %8.1f %7.2f   %s\n", n, a, b,
			b ? a / b : 0, g }'
}

printf '%-24s %8s %8s %7s   %s\n' case "ours/ms" "ss/ms" ratio goal
case_ -tan 0.60 -tan -- -tan
case_ -tani 0.60 -tani -- -tani
case_ -tanp 0.30 -tanp -- -tanp
case_ -tln 0.30 -tln -- -tln
case_ "-tanp, none matches" 0.15 -tanp sport = :1 -- -tanp sport = :1
if "$SOCKKIT" stat --help | grep -q -- --json; then
	case_ "--json beside ss -tani" 0.60 -tani --json -- -tani
fi
eval "exec ${HOLD[1]}>&-"
wait
