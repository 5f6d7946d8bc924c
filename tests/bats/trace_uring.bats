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
	says out 'sendto\(5, "by index", 8, 0, NULL, 0\) = 8 \(io_uring 4\)$'
	says out '^ > \{opcode=IORING_OP_ACCEPT, .*file_index=3, '
	says out '^ < \{opcode=IORING_OP_ACCEPT, user_data=0xd, res=0, '
	says_not out '"direct".*io_uring'
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
