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

# --- signals in the middle of a round -----------------------------------------

# A part of the run NAME has used 250 ms of the CPUs. Floors, which come first,
# are parts that have not as much in them.
measuring()
{
	local part

	for part in $(pgrep -P "${PIDS[$1]}"); do
		! cat "/proc/$part/task/"*/schedstat 2>/dev/null |
			awk '{ ns += $1 } END { exit ns < 25e7 }' || return 0
	done
	return 1
}

# cut_short NAME WORD...: a round of a minute is interrupted, and told of.
cut_short()
{
	local name=$1

	shift
	start "$name" "$SOCKKIT" bench "$@" --time 60 --warmup 0 --rounds 3 \
		--repeats 0 -o "$name.json" </dev/null
	until_true measuring "$name"
	signal "$name" INT
	finish "$name" 130
	says "$name.out" interrupted
	jq -e '.results[0] | .interrupted and
		(.variants[0].rounds | length) == 1 and
		.variants[0].rounds[0].metrics.seconds < 50' "$name.json"
}

# has NAME METRIC: of that interrupted round, more than none.
has()
{
	jq -e --arg m "$2" '.results[0].variants[0].rounds[0].metrics[$m] > 0' \
		"$1.json"
}

@test "^C in the middle of a round: what came until then is told" {
	need jq
	cut_short rr rr
	has rr requests_per_s
	has rr p50_ns
	cut_short crr crr --socket unix-stream
	has crr connects_per_s
}

@test "^C in the middle of a stream" {
	need jq
	cut_short stream stream --socket pipe
	has stream bytes_per_s
	cut_short dgram dgram --engine epoll --socket unix-seqpacket
	has dgram datagrams_per_s
}

@test "^C beside idle connections, and over our stack" {
	need jq
	cut_short idle idle --connections 20 --engine epoll
	has idle p50_ns
	cut_short pair rr --stack pair
	has pair requests_per_s
}

@test "^C while a queue overflows: who came in until then is told" {
	need jq
	start b "$SOCKKIT" bench backlog --backlog 3 --connections 500 \
		--rounds 1 --repeats 0 -o b.json -v </dev/null
	until_true two_parts b
	# It waits for the first that does not come in.
	until_true hangs b
	signal b INT
	finish b 130
	jq -e '.results[0].variants[0].rounds[0].metrics |
		.connected == 4 and .refused > 0' b.json
}

two_parts()
{
	[ "$(pgrep -cP "${PIDS[$1]}")" -eq 2 ]
}

# One of its sockets has sent a SYN that nobody answers.
hangs()
{
	local part

	for part in $(pgrep -P "${PIDS[$1]}"); do
		! grep -q ' 02 0' "/proc/$part/net/tcp" || return 0
	done
	return 1
}

@test "^C with a server elsewhere: the round is told, the server goes on" {
	need jq
	start serve "$SOCKKIT" bench serve -v --port-file port 127.0.0.1:0 \
		</dev/null
	addr port >/dev/null
	cut_short far rr "$(tr ' ' : <port)"
	has far requests_per_s
	until_true says serve.err ': done'
	bench 20ms rr "$(tr ' ' : <port)"
	rows | grep '/s'
}

@test "^C before anything was measured says so, and ends at once" {
	start b "$SOCKKIT" bench rr --time 60 --warmup 60 -v </dev/null
	until_true grep -q 'round 1 of' b.err
	signal b INT
	finish b 130
	says b.out 'interrupted: nothing was measured'
}

@test "kill -9 of a part: how much of a round is lost" {
	start b "$SOCKKIT" bench rr --time 60 --warmup 0 </dev/null
	until_true measuring b
	kill -KILL "$(pgrep -nP "${PIDS[b]}")"
	finish b 1
	says b.err 'died; .* of a round are lost$'
}

# timeout(1) and a terminal may send the same signal to us and to our group.
@test "two signals at once are one" {
	start b "$SOCKKIT" bench rr --time 60 --warmup 0 -v </dev/null
	until_true measuring b
	signal b TERM
	signal b TERM 2>/dev/null || true # it may be gone by now
	finish b 143
	says b.out '/s'
}

# The first is waited upon by a part that was stopped, and does not answer.
@test "a second signal ends at once" {
	local part

	start b "$SOCKKIT" bench rr --time 60 --warmup 0 -v </dev/null
	until_true measuring b
	for part in $(pgrep -P "${PIDS[b]}"); do
		kill -STOP "$part"
	done
	signal b INT
	ended_by_more b
	finish b 130
	says_not b.out interrupted
}

# More of the same until it has ended.
ended_by_more()
{
	until_true eval 'signal b INT 2>/dev/null; not_running b'
}

# --- small machines -----------------------------------------------------------

@test "a limit of 64 descriptors is enough for a few connections" {
	ulimit -n 64
	bench 10ms rr --connections 8 --socket tcp,unix-stream,udp,pipe \
		--engine epoll,threads
	[ -z "$(not_run)" ]
	run -1 --separate-stderr sk bench rr --connections 60 --engine epoll
	[[ $output == *" are needed and 64 are allowed: raise the hard limit"* ]]
	run -1 --separate-stderr sk bench rr --connections 60 --engine epoll \
		--socket pipe
	[[ $output == *"272 descriptors are needed and 64 are allowed"* ]]
}

@test "a record that is too large: what bounds it" {
	run -1 --separate-stderr sk bench rr --size 64M --time 5ms --rounds 1 \
		--socket unix-seqpacket
	[[ $stderr == *"Message too long: the sender's buffer holds less "* ]]
}

# io_uring_setup(2) has the same number everywhere. One side may find out when
# the other waits to begin.
@test "io_uring that is not permitted is a row with its reason" {
	local forbid

	forbid=$(dirname "$PEER")/forbid
	for w in rr stream crr dgram rr rr; do
		"$forbid" 425 "$SOCKKIT" bench $w --time 5ms --rounds 1 \
			--repeats 0 --engine epoll,io_uring,io_uring-multishot \
			>page 2>err
		[ ! -s err ]
		[ "$(not_run | grep -cE '^ *io_uring(-multishot)?: .')" -eq 2 ]
		rows | grep -Eq '^epoll .*/s'
	done
}

@test "as many connections as there are descriptors, and no more" {
	ulimit -n 200
	# 32 are left for the rest of a part, and one connection is not idle.
	bench 10ms idle --engine epoll --connections 167,168
	[ "$(not_run | wc -l)" -eq 1 ]
	not_run | grep -q '168: 201 descriptors are needed and 200 are allowed'
	for n in '168 crr' '42 rr --socket pipe' '84 stream --bidir' \
		'24 stream --copy splice --receive splice --bidir' \
		'166 rr --pattern reuseport --workers 2'; do
		# shellcheck disable=SC2086 # a workload and its options
		bench 10ms ${n#* } --engine epoll --connections "${n%% *}"
		[ -z "$(not_run)" ]
	done
}

@test "what can be written no more is an error, and the page is printed" {
	mkdir gone
	start rr "$SOCKKIT" bench rr --time 60 --rounds 1 --repeats 0 \
		-o gone/file --warmup 0 </dev/null
	until_true measuring rr
	rmdir gone
	signal rr INT
	finish rr 130
	says rr.out interrupted
	says rr.err '^sockkit bench: warning: gone/file: No such file or directory$'
}
