#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# startup.sh: milliseconds from start to usage text, RUNS starts a round, the
# tools by turns. `true` is what starting anything costs on this machine.
#
# RUNS=100 ROUNDS=5 TOOLS="sockkit ncat nc socat"

set -u -o pipefail
. "$(dirname "$0")/lib.sh"

RUNS=${RUNS:-100}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

usage()
{
	case $1 in
	true) /bin/true ;;
	sockkit) "$SOCKKIT" --help ;;
	listen) "$SOCKKIT" listen --help ;;
	ncat) ncat --help ;;
	nc) nc.openbsd -h ;;
	socat) socat -h ;;
	esac
}

list="true $(tools | sed 's/^sockkit$/sockkit listen/' | tr '\n' ' ')"
machine
for ((round = 1; round <= ROUNDS; round++)); do
	for tool in $list; do
		start=$(now)
		for ((i = 0; i < RUNS; i++)); do
			usage "$tool" >/dev/null 2>&1 </dev/null
		done
		awk -v us=$(($(now) - start)) -v n="$RUNS" \
			'BEGIN { print us / n / 1000 }' >>"$dir/$tool"
	done
done

echo
echo "start to usage text, median of $ROUNDS rounds of $RUNS"
printf '%-9s %8s\n' tool ms
for tool in $list; do
	printf '%-9s %8.2f\n' "$tool" "$(median <"$dir/$tool")"
done
