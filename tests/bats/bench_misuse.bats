#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench: what cannot be meant, and what goes wrong around it. Nothing
# that was asked for is passed over in silence.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper
load bench_table

# misused REGEX WORD...: a usage error, said in one line.
misused()
{
	local text=$1

	shift
	run -2 --separate-stderr sk bench "$@"
	[ -z "$output" ]
	[[ $stderr =~ $text ]]
}

@test "what one machine alone has, with a server elsewhere: nobody is asked" {
	# Nobody listens at port 1, and no such name would be found.
	misused 'our stack is measured within one machine' \
		rr --stack pair 127.0.0.1:1
	misused 'our stack is measured within one machine' \
		rr --stack tap,wire nosuch.invalid
	misused 'not over a network' rr --socket unix-stream 127.0.0.1:1
	misused 'not over a network' rr --socket pipe,icmp nosuch.invalid
	printf 'one\ntwo\n' >hosts
	misused 'within one machine' rr --stack pair --hosts hosts
	misused 'within one machine' rr --stack pair --hosts hosts \
		--print-commands
}

@test "of a list, what one machine alone has is a row" {
	start serve "$SOCKKIT" bench serve --port-file port 127.0.0.1:0 \
		</dev/null
	addr port >/dev/null
	bench 20ms rr --stack kernel,pair "$(tr ' ' : <port)"
	rows | grep -E '^kernel .*/s'
	not_run | grep 'pair: our stack is measured within one machine'
}

@test "options that would change nothing are a row with that reason" {
	bench 10ms latency-under-load --reverse
	[ -z "$(not_run)" ]
	run -1 --separate-stderr sk bench rr --reverse
	[[ $output == *"requests go both ways"* ]]
	run -1 --separate-stderr sk bench stream --rate 100
	[[ $output == *"this goes as fast as it can"* ]]
	bench 10ms rr --socket pipe,socketpair --set so_sndbuf=64K
	not_run | grep 'pipe: a pipe has no socket options'
	bench 10ms rr --pattern single,pool --workers 2
	not_run | grep 'single: one worker is what single means'
	misused 'nothing is answered here: one size' stream --size 1K:2K
}

@test "--pattern without --workers: as many as there are CPUs, and told" {
	bench 10ms rr --pattern pool,single --engine epoll
	rows | grep -E "^pool +$(nproc) "
	rows | grep -E '^single +1 '
}

@test "--by: what the workload does not measure is known before it runs" {
	misused '--by=connects_per_s: rr does not measure that$' \
		rr --by connects_per_s
	misused '--by=response_p99_ns: rr does not measure that without --rate' \
		rr --by response_p99_ns
	bench 10ms rr --rate 1000 --by response_p50_ns
	bench 10ms crr --by connects_per_s
}

@test "serve and diff measure nothing: how, is not theirs to be told" {
	misused 'serve: --engine: clients say' serve --engine epoll
	misused 'serve: --json: clients say' serve --json
	misused 'serve: --time: clients say' serve --time 1 127.0.0.1:0
	misused 'diff: --socket: two files' diff --socket tcp a b
	misused 'diff: --iperf3: two files' diff --iperf3 a b
	misused 'replay: --engine: what is measured stands' \
		replay --engine poll a
}
