# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the scripts of this folder share: where things are, how to run in
# peace, how to time, and the median. See README.md.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOCKKIT=$(realpath "${SOCKKIT:-$here/../../build/sockkit}")
PEER=$(realpath "${PEER:-$(dirname "$SOCKKIT")/tests/tools/peer}")
ROUNDS=${ROUNDS:-5}
export SOCKKIT PEER

[ -x "$SOCKKIT" ] || {
	echo "no $SOCKKIT: build first, or say SOCKKIT=" >&2
	exit 2
}

# in_peace "$@": the script again in a network namespace of its own, where
# every port is free and nobody else's packets pass; as we are if that is not
# allowed.
in_peace()
{
	local map=()

	[ -z "${SK_PERF_NETNS:-}" ] || return 0
	[ "$(id -u)" -eq 0 ] || map=(--user --map-root-user)
	export SK_PERF_NETNS=1
	if unshare "${map[@]}" --net ip link set lo up 2>/dev/null; then
		# shellcheck disable=SC2016
		exec unshare "${map[@]}" --net bash -c \
			'ip link set lo up; exec bash "$0" "$@"' "$0" "$@"
	fi
}

# Tools that are here, of those asked for.
tools()
{
	local tool name

	for tool in ${TOOLS:-sockkit ncat nc socat}; do
		name=$tool
		[ "$tool" != sockkit ] || name=$SOCKKIT
		[ "$tool" != nc ] || name=nc.openbsd
		if command -v "$name" >/dev/null; then
			echo "$tool"
		else
			echo "$tool is not installed: left out" >&2
		fi
	done
}

# timed FILE CMD...: run CMD, append its user and system seconds to FILE.
timed()
{
	local file=$1 TIMEFORMAT='%U %S' status

	shift
	exec 7>&2
	{ time "$@" 2>&7; } 2>>"$file"
	status=$?
	exec 7>&-
	return $status
}

# The same of a tool in a run: both sides of it add up in $dir/cpu.
exec_timed()
{
	timed "$dir/cpu" "$@"
}

# ran PREFIX TOOL START: a run is over that began at START; its wall time in us
# and its CPU seconds become a line of $dir/PREFIX.TOOL.
ran()
{
	awk -v us=$(($(now) - $3)) '{ cpu += $1 + $2 } END { print us, cpu }' \
		"$dir/cpu" >>"$dir/$1.$2"
}

# rates PREFIX TITLE: medians of these lines for each of $list, of $SIZE bytes.
rates()
{
	local tool wall cpu base=

	echo
	echo "$2, $(numfmt --to=iec-i --suffix=B "$SIZE"), median of $ROUNDS"
	printf '%-9s %9s %9s %12s %8s\n' tool wall/s GB/s cpu-s/GiB x
	for tool in $list; do
		wall=$(cut -d' ' -f1 "$dir/$1.$tool" | median)
		cpu=$(cut -d' ' -f2 "$dir/$1.$tool" | median)
		[ "$tool" != sockkit ] || base=$wall
		awk -v t="$tool" -v w="$wall" -v c="$cpu" -v s="$SIZE" \
			-v b="${base:-0}" 'BEGIN {
				printf "%-9s %9.3f %9.2f %12.3f", t, w / 1e6,
					s / w / 1e3, c * 1073741824 / s
				if (b) printf " %8.2f", w / b
				print "" }'
	done
}

# pattern_file: $dir/file of $SIZE bytes, in the page cache.
pattern_file()
{
	echo "making a file of $(numfmt --to=iec-i --suffix=B "$SIZE")" >&2
	"$PEER" pattern "$SIZE" >"$dir/file"
	cat "$dir/file" >/dev/null
}

# await_port PORT: until somebody listens on it. /proc, as `ss` may be absent.
await_port()
{
	local hex

	hex=$(printf ':%04X 00000000:0000 0A' "$1")
	until grep -q "$hex" /proc/net/tcp; do
		sleep 0.01
	done
}

now()
{
	echo "${EPOCHREALTIME/[.,]/}"
}

# The middle one of the numbers on stdin, a line each.
median()
{
	sort -g | awk '
		{ v[NR] = $1 }
		END {
			mid = int((NR + 1) / 2)
			if (NR)
				print (v[mid] + v[NR + 1 - mid]) / 2
		}'
}

machine()
{
	echo "# $(uname -sr), $(nproc) CPUs," \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	"$SOCKKIT" --version | head -n 1 | sed 's/^/# /'
}
