#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# vsock on a kernel that has connections of a machine to itself: the cells that
# tests/bats/forward.bats leaves out elsewhere, and ports of 32 bits.

bats_require_minimum_version 1.5.0
load ../bats/helper

setup()
{
	helper_setup
	modprobe vsock_loopback
}

@test "--to: vsock to any, and resets from one to the other (forward.bats)" {
	run -0 "${BATS:-bats}" --formatter tap \
		-f 'vsock to any|reset of the server' \
		"$BATS_TEST_DIRNAME/../bats/forward.bats"
	[ "$(grep -c '^ok' <<<"$output")" -eq 2 ]
	[[ $output != *"# skip"* ]]
}

# There is no choosing 0 here: a port that others use is asked for again.
# shellcheck disable=SC2016 # the program's shell expands it
@test "a port that fills 32 bits, in --port-file, -v and a program's words" {
	rm -f port
	start listen "$SOCKKIT" listen -v --port-file port -c 'echo $SOCKKIT_LOCAL_PORT' \
		vsock:local:4000000001 </dev/null
	until_true test -s port
	content_is port "1 4000000001"
	sk connect vsock:local:4000000001 </dev/null >out
	content_is out 4000000001
	finish listen
	says listen.err 'vsock:1:4000000001'
}

@test "any: the kernel chooses, and the file has its choice" {
	for _ in 1 2 3; do
		rm -f port
		start listen "$SOCKKIT" listen --port-file port vsock:local:any \
			</dev/null
		until_true test -s port
		says port '^1 [0-9]{4,}$'
		echo hello | sk connect "vsock:local:$(cut -d' ' -f2 port)"
		finish listen
		content_is listen.out hello
	done
}

@test "16 MiB each way, half-closed" {
	"$PEER" pattern 16777216 >file
	rm -f port
	start listen "$SOCKKIT" listen --port-file port vsock:local:any <file
	until_true test -s port
	sk connect "vsock:local:$(cut -d' ' -f2 port)" <file >got
	finish listen
	same file got
	same file listen.out
}

@test "nobody there: refused or reset, status 1, one line" {
	run -1 sk connect vsock:local:4000000002 </dev/null
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "sockkit connect: vsock:1:4000000002: "* ]]
}
