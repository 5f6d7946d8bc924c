# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2119,SC2120,SC2154 # bats files use what is here
#
# What the tests of the embedded stack share: network namespaces that live as
# long as the test, and programs in them.

load helper

STKHOST=${STKHOST:-$(dirname "$SOCKKIT")/tests/tools/stkhost}

teardown()
{
	[ -z "${WIRE:-}" ] || rm -rf "$WIRE"
	helper_teardown
}

# lab: a network namespace that lives as long as the test. `in_lab CMD` runs
# in it; `lab NAME` makes another.
lab()
{
	local map=()

	[ "$(id -u)" -eq 0 ] || map=(--user --map-root-user)
	# One user's rights in two labs are those of one user namespace.
	if [ -z "${1:-}" ] || [ -z "${PIDS[lab]:-}" ]; then
		start "${1:-lab}" unshare "${map[@]}" --net sleep 1000 </dev/null
	else
		start_in_lab "$1" unshare --net sleep 1000 </dev/null
	fi
	until_true lab_is_there "${1:-lab}" || skip "no network namespaces here"
	in_lab_of "${1:-lab}" ip link set lo up
}

# In a namespace of its own, no longer in that of who started it?
lab_is_there()
{
	local net other

	net=$(readlink "/proc/${PIDS[$1]}/ns/net") || return 1
	[ "$1" = lab ] || other=$(readlink "/proc/${PIDS[lab]:-self}/ns/net")
	[ "$net" != "$(readlink /proc/self/ns/net)" ] &&
		[ "$net" != "${other:-}" ]
}

in_lab_of()
{
	local user=()

	[ "$(id -u)" -eq 0 ] || user=(--user --preserve-credentials)
	nsenter "${user[@]}" --net --target "${PIDS[$1]}" "${@:2}"
}

in_lab()
{
	in_lab_of lab timeout -k 1 "$PATIENCE" "$@"
}

# start_in_lab NAME CMD...: `start` inside the lab.
start_in_lab()
{
	start_in_lab_of lab "$@"
}

# start_in_lab_of LAB NAME CMD...
start_in_lab_of()
{
	local target=${PIDS[$1]} name=$2 user=()

	shift 2
	[ "$(id -u)" -eq 0 ] || user=(--user --preserve-credentials)
	start "$name" nsenter "${user[@]}" --net --target "$target" "$@"
}

# serving ARG...: sockkit listen --stack tap in the lab as "listen", port 80.
serving()
{
	lab
	start_in_lab listen "$SOCKKIT" listen -v --stack "${SPEC:-tap}" \
		--port-file port "$@" 80
	until_true test -s port
}

# random FILE SIZE
random()
{
	head -c "$2" /dev/urandom >"$1"
}

# clean FILE [SOURCES]: tshark decodes every packet of the capture, finds none
# malformed, and no checksum wrong. What the kernel sends has its checksums
# left to the device, so with SOURCES, a filter, only those of these packets
# are looked at. Ports that are not what they seem are no HTTP.
clean()
{
	local options=(--disable-protocol http --disable-protocol tls
		-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE
		-o udp.check_checksum:TRUE)
	local ours=${2:-frame}

	tshark -r "$1" "${options[@]}" -T fields -e frame.number >"$1.all" \
		2>tshark.err
	[ -s "$1.all" ] || { cat tshark.err; return 1; }
	tshark -r "$1" "${options[@]}" -Y "_ws.malformed || (($ours) &&
		(ip.checksum.status == 0 || tcp.checksum.status == 0 ||
		udp.checksum.status == 0 || icmpv6.checksum.status == 0 ||
		icmp.checksum.status == 0))" >"$1.bad" 2>>tshark.err
	content_is "$1.bad" '' || { head "$1.bad"; return 1; }
}

# What the stack of the lab sends.
OURS='ip.src == 198.18.0.2 || ipv6.src == fd00:5c::2'
