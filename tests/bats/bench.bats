#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench: every workload over every engine and socket that there is,
# for a moment each; the options that say what is measured and for how long;
# bad input, limits, signals, and parts that die.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2317
bats_require_minimum_version 1.5.0
load helper
load bench_table

READY=select,poll,epoll,epoll-et
ONE=blocking,threads,$READY
RINGS=io_uring,io_uring-multishot

# Where a kernel has no io_uring, or does not let us, a row says so.
has_uring()
{
	bench 10ms rr --engine poll,io_uring
	[ "$(rows | wc -l)" -eq 2 ] || return 1
	! not_run | grep -E '^ *io_uring: (io_uring|not compiled in|liburing)'
}

@test "rr: every engine over tcp, udp and unix streams" {
	measures 24 rr --engine $ONE --socket tcp,udp,udp-connected,unix-stream
}

@test "rr: every engine over the other sockets" {
	measures 30 rr --engine $ONE \
		--socket tcp6,unix-dgram,unix-seqpacket,socketpair,pipe
}

@test "rr: io_uring over every socket" {
	has_uring || return 0
	measures 18 rr --engine $RINGS --socket tcp,tcp6,udp,udp-connected,unix-stream,unix-dgram,unix-seqpacket,socketpair,pipe
}

@test "rr: many connections, for every engine that serves many" {
	measures 5 rr --connections 20 --engine threads,$READY
}

@test "rr: many connections through one ring" {
	has_uring || return 0
	measures 4 rr --connections 20,100 --engine $RINGS
}

@test "rr: what is received in parts, through one ring" {
	has_uring || return 0
	measures 16 rr --connections 1,7 --engine $RINGS \
		--size 1,64,16:100K,70000:3
	bench 10ms rr --engine io_uring
	says_not page 'put off'
	for connections in 2 3 4 20; do
		bench 10ms rr --engine io_uring --socket tcp,udp,unix-seqpacket,pipe \
			--connections "$connections"
		says page '^  tcp: io_uring .*, receives put off$'
		says page '^  unix-seqpacket: io_uring .*, receives put off$'
	done
}

@test "rr: sizes of requests and of responses" {
	measures 4 rr --size 1,64,16:100K,70000:3 --engine epoll
	says page '^16:100K '
}

@test "stream: every engine" {
	measures 24 stream --engine $ONE --socket tcp,unix-stream,socketpair,pipe
}

@test "stream: io_uring" {
	has_uring || return 0
	measures 10 stream --engine $RINGS \
		--socket tcp,unix-stream,unix-seqpacket,socketpair,pipe
}

@test "stream: datagrams and records, without their numbers" {
	measures 8 stream --engine blocking,epoll \
		--socket udp,udp-connected,unix-dgram,unix-seqpacket
}

@test "stream: from the server, and both ways" {
	measures 8 stream --reverse --engine blocking,epoll \
		--socket tcp,unix-stream,udp,pipe
	measures 8 stream --bidir --engine blocking,epoll \
		--socket tcp,unix-stream,udp-connected,pipe
}

@test "stream: ways of copying" {
	measures 8 stream --copy write,writev,sendfile,splice \
		--engine blocking,epoll
	measures_saying 'zerocopy copied 100 %' 2 stream --copy zerocopy \
		--engine blocking,epoll
	measures 4 stream --copy writev,splice --socket unix-stream,pipe
}

@test "stream: SEND_ZC, and what the kernel made of it" {
	has_uring || return 0
	measures_saying 'zerocopy copied 100 %' \
		2 stream --copy write,uring-zc --engine io_uring
}

@test "stream: what is dropped in the kernel" {
	measures 4 stream --receive copy,trunc --engine blocking,epoll
	measures 10 stream --receive splice --engine blocking,epoll \
		--socket tcp,tcp6,unix-stream,socketpair,pipe
	measures 4 stream --receive trunc,splice --copy sendfile,splice
	bench 50ms stream --receive splice --socket udp,tcp
	not_run | grep '^ *udp: .*byte streams'
	bench 50ms rr --receive copy,splice
	not_run | grep '^ *splice: .*byte streams'
}

@test "stream: who receives TCP is woken for four writes, and that is said" {
	bench 10ms stream --size 32K --socket tcp,unix-stream
	says page 'tcp: receivers are woken for 128.0 KiB .so_rcvlowat'
	bench 10ms stream --set so_rcvlowat=1,256K
	run ! grep 'receivers are woken' page
}

@test "dgram: who receives UDP rests, and that is said" {
	bench 10ms dgram --socket udp,unix-dgram
	says page 'udp: receivers that have caught up rest for '
	run ! grep 'unix-dgram: receivers' page
	bench 10ms dgram --set so_rcvlowat=1
	run ! grep 'that have caught up' page
	# Not beside one that cannot: that would be what is compared.
	bench 10ms dgram --engine epoll,spin
	run ! grep 'that have caught up' page
}

@test "crr: every engine" {
	measures 18 crr --engine $ONE --socket tcp,tcp6,unix-stream
	says page '^ *(tcp blocking *)connect '
	says page 'accept '
	says page 'first '
}

@test "crr: io_uring, and records" {
	has_uring || return 0
	measures 6 crr --engine epoll,$RINGS --socket tcp,unix-seqpacket
}

@test "a ring's buffers hold what streams send, beside requests too" {
	has_uring || return 0
	for load in bulk-mix latency-under-load; do
		bench 10ms $load --engine io_uring-multishot --socket tcp
		says page ' multishot, ring of 64 buffers of 65536 B$'
	done
}

@test "crr: io_uring goes on after the first connection" {
	need jq
	has_uring || return 0
	sk bench crr --engine $RINGS --socket tcp,unix-stream --time 300ms \
		--rounds 1 --repeats 0 -o r.json >page
	jq -e '.results[0].variants | map(select(.summary.median > 30)) |
		length == 4' r.json || { cat page; return 1; }
}

@test "crr: several at once" {
	measures 3 crr --engine threads,epoll,poll --connections 10
}

@test "dgram: every engine" {
	measures 24 dgram --engine $ONE \
		--socket udp,udp-connected,unix-dgram,unix-seqpacket
}

# segments_arrive OPTION...: as datagrams of 1400 bytes each, as many as were
# sent, or some less. Others may have the CPUs for all of a short round.
segments_arrive()
{
	bench 100ms dgram --size 14000 --set udp_segment=1400 "$@" -o r.json
	jq -e '.results[0].variants | all(.rounds[0].metrics |
		.sent > 1000 and .lost < .sent and
		(.bytes_per_s / (.datagrams_per_s + 0.01) - 1400 | fabs) < 50)
		' r.json >/dev/null
}

@test "dgram: the kernel makes datagrams of segments, and that is said" {
	until_true segments_arrive
	says page 'the kernel cuts what is sent into datagrams .udp_segment'
	bench 10ms dgram --size 1400 --set udp_segment=1400
	says_not page 'cuts'
}

@test "dgram: those that the kernel has joined are counted one by one" {
	until_true segments_arrive --set udp_gro=1
	has_uring || return 0
	until_true segments_arrive --set udp_gro=1 --engine $RINGS
}

@test "rr: two that spin have a CPU each, or that is said" {
	local cpu

	if [ "$(nproc)" -ge 2 ]; then
		bench 10ms rr --engine spin
		says_not page 'threads spin'
	fi
	cpu=$(taskset -pc $$ | sed 's/.*: *\([0-9]*\).*/\1/')
	taskset -pc "$cpu" "$BASHPID" >/dev/null
	bench 10ms rr --engine spin,blocking
	says page '^  spin: 2 threads spin on 1 CPU$'
	says_not page 'blocking: .*spin'
}

@test "dgram: io_uring" {
	has_uring || return 0
	measures 4 dgram --engine $RINGS --socket udp,unix-seqpacket
}

@test "dgram: from the server, both ways, several flows" {
	measures 2 dgram --reverse --socket udp,unix-seqpacket
	measures 2 dgram --bidir --socket udp-connected,unix-seqpacket
	measures 2 dgram --connections 5 --socket udp,unix-dgram \
		--engine epoll
}

@test "dgram: at a rate nothing is lost on loopback" {
	measures 1 dgram --rate 2000
	says page 'loss'
	says page ' 0 % '
}

@test "rr: an open loop tells service from response time" {
	measures 2 rr --rate 1000 --engine blocking,epoll
	says page 'service'
	says page 'response'
}

@test "rr: a rate is kept by every engine, or not come up to" {
	need jq
	bench 100ms rr --rate 500 --engine $ONE,spin -o r.json
	jq -e '.results[0].variants | length == 7 and
		all(.rounds[0].metrics.requests_per_s < 2000)' r.json
}

# How far they come hangs on CPUs that nobody else uses: only that they run,
# and end, is asked for.
@test "spin: every workload, with CPUs of its own or without" {
	for w in 'rr --socket tcp,udp,pipe' \
		'stream --socket tcp,unix-seqpacket,pipe' \
		'crr --socket tcp,tcp6,unix-stream' \
		'dgram --socket udp,unix-dgram,unix-seqpacket' \
		'idle --connections 20 --socket tcp,unix-stream,socketpair'; do
		# shellcheck disable=SC2086 # a workload and its options
		bench 50ms $w --engine spin
		[ "$(rows | wc -l)" -eq 3 ]
		[ -z "$(not_run)" ]
	done
}

@test "patterns: workers that share, and ports that are shared" {
	measures 4 rr --pattern pool,reuseport --workers 2 --connections 8 \
		--engine threads,epoll
	measures 2 crr --pattern pool,reuseport --workers 2 --engine epoll
	measures 2 rr --pattern reuseport --workers 1,2 --connections 4 \
		--socket udp --engine epoll
}

@test "mptcp, or why there is none" {
	bench 100ms rr --socket mptcp,tcp
	[ "$(rows | wc -l)" -eq 2 ]
	rows | grep -E '^mptcp .*/s ' || not_run | grep 'mptcp: '
}

@test "icmp: the kernel answers echo requests" {
	need_netns
	in_netns 'echo 0 0 >/proc/sys/net/ipv4/ping_group_range
	"$SOCKKIT" bench rr --socket icmp --engine blocking,epoll \
		--time 0.05 --rounds 1 --repeats 0 >page'
	[ "$(rows | wc -l)" -eq 2 ]
	! rows | grep 'not run' || false
}

@test "icmp: where it is not allowed a row says why" {
	need_netns
	# A new namespace has the range that is none, "1 0".
	in_netns '"$SOCKKIT" bench rr --socket icmp,unix-stream \
		--time 0.02 --rounds 1 --repeats 0 >page'
	not_run | grep 'icmp: .*net.ipv4.ping_group_range'
}

@test "idle: connections that are silent, and what they take" {
	measures 4 idle --connections 200 --engine poll,epoll \
		--socket tcp,unix-stream
	says page 'user/conn'
	says page 'idle: connections 200'
}

@test "backlog: listen(n) lets n + 1 in, then overflows" {
	need_netns
	in_netns '"$SOCKKIT" bench backlog --backlog 5 \
		--socket tcp,tcp6,unix-stream --rounds 1 --repeats 0 \
		--time 10ms --json >b.json'
	# As many as fit into the queue came to a server that accepted; then
	# 13 were tried at one that did not.
	jq -r '.results[0].variants[] | "\(.settings.socket) \(.rounds[0] |
		"\(.metrics | "\(.connected) \(.refused) \(
		.listen_overflows) \(.first_overflow)") \(
		.histograms.accept.total) \(
		.histograms.connect.total)")"' b.json >got
	content_is got 'tcp 6 7 7 6 5 6
tcp6 6 7 7 6 5 6
unix-stream 6 7 0 6 5 6'
	# What it used itself is not called others'.
	jq -e '.results[0].variants[0].rounds[0].metrics |
		.cpu_local_user_s + .cpu_local_sys_s > 0' b.json
}

@test "backlog: the time from SYN to accept is told beside that of connects" {
	bench 10ms backlog --backlog 70 --connections 3,100 \
		--socket unix-stream
	says page '^ *3 *accept '
	says page '^ *100 *accept '
	says page '^ *100 *connect '
}

@test "latency under load, and bulk beside requests" {
	measures 4 latency-under-load --engine threads,epoll \
		--socket tcp,unix-stream
	measures 2 bulk-mix --connections 2 --engine epoll,threads
	says page 'throughput'
}

@test "values of a socket option are an axis" {
	measures 4 stream --set so_sndbuf=32K,1M --set tcp_nodelay=0,1
	head -n 2 page | grep 'so_sndbuf *tcp_nodelay'
}

@test "a value that the kernel lacks is a row with its reason" {
	bench 10ms rr --set tcp_congestion=reno,nosuch
	[ "$(rows | wc -l)" -eq 2 ]
	not_run | grep 'nosuch: .*No such file'
	rows | grep -E '^reno .*/s'
}

@test "a crossing that makes no sense is a row with its reason" {
	bench 10ms stream --copy write,splice --socket tcp,udp
	not_run | grep 'udp splice: this way of copying is for byte streams'
	[ "$(not_run | wc -l)" -eq 1 ]
}

@test "when no row could be measured, that is a failure" {
	run -1 --separate-stderr sk bench rr --connections 2
	[[ $stderr == *"blocking calls serve one connection a worker"* ]]
	run -1 --separate-stderr sk bench crr --socket udp
	[[ $stderr == *"this socket has no connections to be made"* ]]
}

@test "rounds are taken in turn, and as many as are wanted" {
	start b "$SOCKKIT" bench rr -v --engine poll,epoll --time 5ms \
		--rounds 3 --repeats 0 </dev/null
	finish b
	[ "$(grep -o 'round.*' b.err | cut -d: -f2 | xargs)" = \
		"poll epoll poll epoll poll epoll" ]
}

@test "--until: rounds go on until the interval is tight, or for long" {
	PATIENCE=60
	# Rates never agree to the last digit, as medians of times may.
	start b "$SOCKKIT" bench stream -v --time 2ms --warmup 0 --rounds 2 \
		--repeats 0 --until 0.0001% </dev/null
	finish b
	[ "$(grep -c round b.err)" -eq 20 ]
	start b "$SOCKKIT" bench stream -v --time 10ms --warmup 0 --rounds 6 \
		--repeats 0 --until 100% </dev/null
	finish b
	[ "$(grep -c round b.err)" -lt 60 ]
}

@test "without a workload it is a tour" {
	local time

	# Where others have the CPUs, nothing may be measured in 5 ms.
	for time in 5ms 20ms 80ms 320ms; do
		PATIENCE=100 sk bench --time "$time" --warmup 0 --rounds 1 \
			--repeats 0 >page
		! grep -Eq '^pair +first byte ' page || break
	done
	for w in stream rr crr dgram latency-under-load; do
		says page "^$w"
	done
	# stream, rr over tcp and udp, and crr, over our own stack as well
	says page '^pair .*bit/s'
	says page '^tcp +pair .*/s'
	says page '^udp +pair .*/s'
	says page '^pair +first byte '
}

@test "unknown values of an axis are usage errors with a proposal" {
	run -2 --separate-stderr sk bench rr --engine epol
	[[ $stderr == *"unknown engine epol: did you mean epoll?"* ]]
	run -2 --separate-stderr sk bench rr --socket tcp,updd
	[[ $stderr == *"unknown socket updd: did you mean udp?"* ]]
	run -2 --separate-stderr sk bench straem
	[[ $stderr == *"unknown workload straem: did you mean stream?"* ]]
	run -2 --separate-stderr sk bench serv
	[[ $stderr == *"unknown workload serv: did you mean bench serve?"* ]]
	run -2 --separate-stderr sk bench rr --size 10:
	[[ $stderr == *"--size 10:: two sizes, REQUEST:RESPONSE, or one"* ]]
}

@test "numbers out of their range are usage errors" {
	local o

	for o in '--connections 0' '--connections 1000001' '--size 0' \
		'--size 65M' '--size 1:' '--time 0' '--rounds 0' '--rate 0' \
		'--until 0' '--until x' '--until 101' '--backlog 0' \
		'--workers 2' '--workers 0 --pattern pool' '--set x=1' \
		'--set tcp_nodelay' '--engine ,' '--reverse --bidir'; do
		# shellcheck disable=SC2086 # options and their values
		run -2 --separate-stderr sk bench rr $o
		[ -n "$stderr" ]
	done
	run -2 --separate-stderr sk bench --engine epoll
	[[ $stderr == *"which workload?"* ]]
}

@test "too few descriptors: which limit, and how to raise it" {
	(
		ulimit -n 200
		bench 10ms idle --connections 10,1000
	)
	not_run | grep '1000: .*allowed: raise the hard limit of open files'
	rows | grep -E '^10 '
	# Which differ, and are no column of figures besides.
	[ "$(head -n 2 page | grep -o connections | wc -l)" -eq 1 ]
}

@test "too few ports: which setting" {
	need_netns
	in_netns 'echo 40000 40099 >/proc/sys/net/ipv4/ip_local_port_range
	"$SOCKKIT" bench idle --connections 10,500 --time 0.02 --rounds 1 \
		--repeats 0 >page'
	not_run | grep '500: .*too few ports: widen net.ipv4.ip_local_port_range'
	rows | grep -E '^10 '
}

# No process of the run that was started with these words is left.
gone()
{
	! pgrep -f "bench rr --rounds $1" >/dev/null
}

@test "a signal: what was measured so far, and death by it" {
	local sig status

	for sig in INT:130 TERM:143 HUP:129; do
		status=${sig#*:} sig=${sig%:*}
		start "$sig" "$SOCKKIT" bench rr --rounds "$status" -v \
			--time 5ms --warmup 0 --repeats 0 </dev/null
		until_true grep -q 'round 4 of' "$sig.err"
		signal "$sig" "$sig"
		finish "$sig" "$status"
		says "$sig.out" 'interrupted'
		says "$sig.out" '/s '
		until_true gone "$status"
	done
}

@test "a part that dies ends the run, and nothing is left" {
	start b "$SOCKKIT" bench rr --rounds 901 -v --time 50 </dev/null
	until_true grep -q 'round 1 of' b.err
	until_true two_parts
	kill -KILL "$(pgrep -nP "${PIDS[b]}")"
	finish b 1
	says b.err 'the (client|server) died'
	until_true gone 901
}

two_parts()
{
	[ "$(pgrep -cP "${PIDS[b]}")" -eq 2 ]
}

@test "the parts do not outlive who started them" {
	start b "$SOCKKIT" bench rr --rounds 902 -v --time 50 </dev/null
	until_true grep -q 'round 1 of' b.err
	until_true two_parts
	signal b KILL
	finish b 137
	until_true gone 902
}
