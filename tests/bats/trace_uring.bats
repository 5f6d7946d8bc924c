#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit trace: what is done through io_uring. tests/trace/rings.c does it.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper

SCHEMA=$BATS_TEST_DIRNAME/../../src/trace/trace.schema.json

setup()
{
	helper_setup
	RINGS=$(dirname "$SOCKKIT")/tests/trace/rings
}

# ringed OPTION... PROGRAM: trace it, the log in "out".
ringed()
{
	local status=0

	sk trace -o out "${@:1:$#-1}" "$RINGS" "${!#}" || status=$?
	[ "$status" -ne 77 ] || skip "no io_uring here"
	return "$status"
}

# The calls of a connection that has been made by a ring from end to end.
talked()
{
	says out 'socket\(AF_INET, SOCK_STREAM, .*\) = 5 \(io_uring 4\)$'
	says out 'accept4\(3, \{sa_family=AF_INET, .*\}, \[16\], 0\) = 6 \(io_uring 4\)$'
	says out 'connect\(5, \{sa_family=AF_INET, .*\) = 0 \(io_uring 4\)$'
	says out 'sendto\(5, "hello, ring", 11, MSG_NOSIGNAL, NULL, 0\) = 11 \(io_uring 4\)$'
	says out 'recvfrom\(6, "hello, ring", 64, 0, NULL, NULL\) = 11 \(io_uring 4\)$'
	says out 'sendmsg\(5, \{.*iov_base="and more".*\) = 8 \(io_uring 4\)$'
	says out 'read\(6, "and more", 64\) += 8 \(io_uring 4\)$'
	says out 'shutdown\(5, SHUT_WR\) += 0 \(io_uring 4\)$'
	says out 'close\(5\) += 0 \(io_uring 4\)$'
	[ "$(grep -c '(io_uring 4)$' out)" -eq 9 ]
}

@test "requests become calls when they are over" {
	ringed plain
	talked
	says_not out 'with SQPOLL'
}

@test "rings without an array of indices" {
	ringed no-array
	talked
}

@test "SQPOLL: what stands in the rings is seen" {
	ringed sqpoll
	says out 'io_uring with SQPOLL: '
	says out 'sendto\(5, "hello, ring", 11, .*\(io_uring 4\)$'
}

@test "the requests themselves, and results that are no calls" {
	ringed plain
	says out '^ > \{opcode=IORING_OP_SEND, fd=5, addr=0x[0-9a-f]+, len=11, msg_flags=MSG_NOSIGNAL, user_data=0x1a\}$'
	says out '^ > \{opcode=IORING_OP_POLL_ADD, fd=5, .*poll32_events=POLLOUT'
	says out '^ < \{opcode=IORING_OP_POLL_ADD, user_data=0x6, res=4, flags=0\}$'
}

@test "registered descriptors, and those that a ring alone has" {
	ringed fixed
	says out '^ > \{opcode=IORING_OP_SEND, flags=IOSQE_FIXED_FILE, fixed_file=1, '
	says out 'sendto\(\[fixed 1\], "by index", 8, 0, NULL, 0\) = 8 \(io_uring 4\)$'
	says out '^ > \{opcode=IORING_OP_ACCEPT, .*file_index=3, '
	says out 'accept4\(3, NULL, NULL, 0\) += \[fixed 2\] \(io_uring 4\)$'
	says out 'sendto\(\[fixed 2\], "direct", 6, 0, NULL, 0\) = 6 \(io_uring 4\)$'
}

@test "direct descriptors: what calls say of them stands behind their places" {
	ringed -yy direct
	says out 'socket\(AF_INET, SOCK_STREAM, IPPROTO_IP\) = \[fixed 7\]<TCP:\[\?\]> \(io_uring 4\)$'
	says out 'connect\(\[fixed 7\]<TCP:\[\?\]>, \{sa_family=AF_INET, .*\) = 0 \(io'
	place=$(sed -nE 's/^.* accept4.* = \[fixed ([0-9]+)\]<TCP:\[127.0.0.1:[0-9]+->127.0.0.1:[0-9]+\]> \(io_uring 4\)$/\1/p' out)
	says out 'sendto\(\[fixed 7\]<TCP:\[\?->127.0.0.1:[0-9]+\]>, "hello, place", 12, .* = 12 \(io'
	says out "recvfrom\(\[fixed $place\]<TCP:\[127.0.0.1:[0-9]+->.*\]>, \"hello, place\", "
	says out 'close\(\[fixed 7\]<TCP:\[\?->.*\]>\) += 0 \(io_uring 4\)$'
	# One that is silent is over when that is over which it was linked to.
	sed -n '/"bye"/,$p' out >after
	says after "close\(\[fixed $place\]<TCP:.*>\) += 0 \(io_uring 4\)$"
	says out 'sendto\(\[fixed 7\], "gone", 4, 0, NULL, 0\) = -1 EBADF .*\(io_uring 4\)$'
}

@test "the lives of direct descriptors" {
	ringed --sockets direct
	says out '^ +2 .* \[7\] .* closed +0 +0 +12 +1 TCP:\[\?->127.0.0.1:'
	says out ' made into io_uring 4, connected at '
	says out '^ +3 .* \[[0-9]+\] .* closed +12 +1 +3 +1 TCP:\[127.0.0.1:[0-9]+->127'
	says out ' accepted by socket 1 into io_uring 4, connected at '
	says out '^3 sockets, 3 at once at most, 0 open, 0 leaked'
	ringed --leaks direct
	[ ! -s out ]
	ringed --json --sockets direct
	jq -se 'map(select(.type == "socket" and .ring == 4)) | length == 2 and
		.[0].fd == 7 and .[0].out.bytes == 12 and .[0].cookie == 0' out
}

@test "--json has places" {
	ringed --json direct
	jq -se 'any(.[]; .call == "socket" and .io_uring == 4 and .ret == 7)' out
	jq -se 'any(.[]; .call == "sendto" and .ret == 12 and
		.args.sockfd == {"raw": 7, "value": {"fixed": 7}} and
		.socket == 2)' out
	jq -e --slurpfile schema "$SCHEMA" '
		$schema[0]["$defs"][.type] as $d | keys as $k |
		$d != null and ($d.required - $k == []) and
		($k - ($d.properties | keys) == [])' out >ok
	[ "$(sort -u ok)" = true ]
}

@test "a ring holds what it has registered, until it lets go or is closed" {
	ringed held 2>said
	says out ' sendto\(\[fixed 3\], "held", 4, '
	says out ' read\(\[fixed 4\], "held", 64\) '
	says out ' sendto\(\[fixed 6\], "too", 3, '
	ringed --sockets held 2>said
	says out '^ +1 .* 4 +[0-9.]+ closed +0 +0 +4 +1 UNIX-STREAM'
	says out '^ +2 .* 5 +[0-9.]+ closed +4 +1 +0 +0 UNIX-STREAM'
	says out '^ +4 .* 7 +[0-9.]+ closed +0 +0 +3 +1 UNIX-STREAM'
	says out '^4 sockets, 4 at once at most, 0 open, 0 leaked'
}

# ends END END: how the two sockets of the last trace ended.
ends()
{
	local found

	found=$(awk '$1 ~ /^[0-9]+$/ && / UNIX-/ { printf "%s ", $6 }' out)
	[ "$found" = "$1 $2 " ] || { cat out; false; }
}

@test "a table is gone when it is unregistered" {
	ringed --sockets end-unregistered
	ends closed closed
}

@test "a table is gone with its ring, in a range or replaced" {
	ringed --sockets end-range
	ends closed closed
	says out ' closed +0 +0 +5 +1 UNIX-'
	ringed --sockets end-replaced
	ends closed closed
}

@test "a table is gone at the exec" {
	ringed --sockets end-exec
	ends closed closed
}

@test "a ring whose number is closed, but has a name, goes on" {
	ringed --sockets end-named
	ends leaked leaked
}

@test "a file in the place of a socket, and places that are skipped" {
	ringed --sockets end-other
	ends closed leaked
}

@test "who has a number for the last time is asked how it stands" {
	ringed --sockets end-number
	sed -n '/^ *2 /,/^ *3 /p' out >second
	says second ' leaked +0 +1 +7 +1 TCP:\[127'
	says second 'tcp: state ESTABLISHED, '
}

@test "a silent close comes behind what it was linked to" {
	ringed linked
	sed -n '/ sendto(\[fixed 3\], "go on"/,$p' out >after
	says after ' recvfrom\(\[fixed 1\], "go on", 64, '
	says after ' close\(\[fixed 1\]\) += 0 \(io_uring 3\)$'
	[ "$(grep -c ' close(\[fixed' out)" -eq 1 ]
}

@test "--explain and --advise know that a ring is another thing" {
	ringed --explain direct
	says out '^ +# connected, \? to 127.0.0.1:'
	says_not out 'no packet was sent'
	ringed --advise plain
	says_not out 'blocking-connect'
}

@test "splice(2) out of a place" {
	ringed --sockets spliced
	says out ' leaked +7 +1 +0 +0 UNIX-'
}

@test "a place gets a number, and is still the same socket" {
	ringed -yy installed
	says out ' dup\(\[fixed 1\]<UDP:\[\?\]>\) += ([0-9]+)<UDP:\[[0-9]+\]> \(io_uring 3\)$'
	says out ' close\(\[fixed 1\]<UDP:\[127.0.0.1:[0-9]+\]>\) '
	ringed --sockets installed
	says out ' \[1\] .* closed .* UDP:\[127.0.0.1:[0-9]+\]$'
	says out '^1 sockets, '
}

@test "numbers that no descriptor has mean no places" {
	ringed -yy beyond
	says out ' sendto\(1073741825, "beyond", 6, 0, NULL, 0\) = -1 EBADF'
	[ "$(grep -c '^ < {opcode=IORING_OP_SEND, user_data=0x1a, res=-EBADF' out)" -eq 2 ]
	ringed --sockets beyond
	says out ' \[1\] .* leaked +0 +0 +0 +0 UDP:'
	says out '^1 sockets, '
}

@test "buffers that the kernel has chosen" {
	ringed chosen
	says out 'recvfrom\([0-9]+, "provided", 32, 0, NULL, NULL\) = 8 \(io_uring 3\)$'
	says out 'recvfrom\([0-9]+, "from a ring", 32, 0, NULL, NULL\) = 11 \(io_uring 3\)$'
}

@test "a ring that has a number of the thread's own" {
	ringed named
	says out 'sendto\([0-9]+, "by name", 7, 0, NULL, 0\) = 7 \(io_uring 3\)$'
}

@test "a file in the place of a ring" {
	ringed replaced
	says out 'io_uring_enter\(3, 1, 1, 0, NULL, 0\) += -1 EOPNOTSUPP'
	says out 'sendto\([0-9]+, "survived", 8'
}

@test "a request that fails, and one that never ends" {
	ringed open-end
	says out 'sendto\(3, "x", 1, 0, NULL, 0\) += -1 ENOTSOCK \(Socket operation on non-socket\) \(io_uring 3\)$'
	says out '^ > \{opcode=IORING_OP_RECV, '
	says_not out 'recvfrom'
}

@test "the lives of sockets that only rings have used" {
	ringed --sockets plain
	says out '^ +2 .* shutdown +0 +0 +19 +2 TCP:\[127.0.0.1:[0-9]+->'
	says out '^ +3 .* closed +19 +2 +0 +0 TCP:'
	says out 'accepted by socket 1, connected at'
	says out 'tcp: state FIN_WAIT1, .* bytes_acked'
	says out '^3 sockets, 3 at once at most, 0 open, 0 leaked'
}

@test "--json has requests, and calls that are marked" {
	ringed --json plain
	jq -se 'map(select(.io_uring == 4).call) | length == 9' out
	jq -se 'any(.[]; .type == "io_uring" and
		.requests[0].opcode == "IORING_OP_SEND" or
		.requests[1].opcode == "IORING_OP_SEND")' out
	jq -se 'any(.[]; .type == "io_uring" and .results[0].res == 4)' out
	jq -e --slurpfile schema "$SCHEMA" '
		$schema[0]["$defs"][.type] as $d | keys as $k |
		$d != null and ($d.required - $k == []) and
		($k - ($d.properties | keys) == [])' out >ok
	[ "$(sort -u ok)" = true ]
}

@test "--pcapng has the bytes that rings moved" {
	need tshark
	ringed --pcapng p.pcapng plain
	tshark -r p.pcapng -q -z follow,tcp,ascii,0 2>/dev/null >followed
	says followed '^hello, ring$'
	says followed '^and more$'
}
