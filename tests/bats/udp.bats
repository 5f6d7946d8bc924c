#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit udp: each option of it at least once, boundaries, several peers,
# errors that come back, and other programs of its kind in both roles.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
# shellcheck disable=SC2317
bats_require_minimum_version 1.5.0
load helper

# serving [OPTIONS...]: `sockkit udp -l` as "udp" on 127.0.0.1; HOST and PORT.
serving()
{
	rm -f port
	start udp "$SOCKKIT" udp -l --port-file port "$@" 127.0.0.1 0
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

# ask [OPTIONS...]: a client of that server, which waits for its answer.
ask()
{
	sk udp -w "$PATIENCE" "$@" "$HOST" "$PORT"
}

# records FILE: the payload lengths of the datagrams in a hex dump
lengths()
{
	sed -nE "s/^$1 .* ([0-9]+) bytes at .*/\\1/p" "$2"
}

# --- one peer -----------------------------------------------------------------

@test "udp: a question and its answer, through the end of input" {
	hold_pipe in
	serving <in
	start client "$SOCKKIT" udp "$HOST" "$PORT" < <(echo question)
	until_true content_is udp.out question
	feed in answer
	finish client
	content_is client.out answer
	content_is client.err ""
	running udp
}

@test "udp HOST:PORT, ::1 and localhost" {
	start udp "$SOCKKIT" udp -l -k --echo --port-file port 0 </dev/null
	until_true test -s port
	PORT=$(sed -n '1s/.* //p' port)
	echo 4 | sk udp -w 20 "127.0.0.1:$PORT" >out
	content_is out 4
	echo 6 | sk udp -w 20 "[::1]:$PORT" >out
	content_is out 6
	echo l | sk udp -w 20 localhost "$PORT" >out
	content_is out l
}

@test "udp: 65507 bytes pass whole, both ways" {
	"$PEER" pattern 65507 >big
	serving -k --echo -x dump </dev/null
	ask --size 65507 <big >out
	same big out
	[ "$(lengths '<' dump)" = 65507 ]
}

@test "udp: 65508 bytes are too long for IPv4, which is said" {
	"$PEER" pattern 65508 >big
	serving -k --discard </dev/null
	run -1 --separate-stderr sk udp --size 65508 "$HOST" "$PORT" <big
	[[ $stderr == *"65508 bytes is too long"* ]]
}

@test "udp -6: 65527 bytes pass whole" {
	"$PEER" pattern 65527 >big
	start udp "$SOCKKIT" udp -l -k --echo --port-file port ::1 0 </dev/null
	read -r HOST PORT < <(addr port)
	ask -6 --size 65527 <big >out
	same big out
}

@test "udp: without --size a file of more than 64 KiB goes in full datagrams" {
	"$PEER" pattern 200000 >big
	serving -x dump </dev/null
	sk udp --send-only "$HOST" "$PORT" <big
	until_true same big udp.out
	[ "$(lengths '<' dump | tr '\n' ' ')" = "65507 65507 65507 3479 " ]
}

@test "--size: all are of that size but the last" {
	"$PEER" pattern 10001 >big
	serving -x dump </dev/null
	sk udp --size 1000 --send-only "$HOST" "$PORT" <big
	until_true same big udp.out
	[ "$(lengths '<' dump | sort | uniq -c | tr -s ' \n' ' ')" = \
		" 1 1 10 1000 " ]
}

@test "--size: a pipe that gives its bytes in drops fills datagrams too" {
	serving -x dump </dev/null
	{
		for _ in {1..10}; do
			printf 123
			sleep 0.01
		done
	} | sk udp --size 10 --send-only "$HOST" "$PORT"
	until_true size_is udp.out 30
	[ "$(lengths '<' dump | tr '\n' ' ')" = "10 10 10 " ]
}

@test "--lines: a line a datagram, empty ones too, both ways" {
	serving -k --echo -x dump </dev/null
	printf 'one\n\nthree' | ask --lines >out
	[ "$(cat out)" = "$(printf 'one\n\nthree')" ]
	[ "$(lengths '<' dump | tr '\n' ' ')" = "3 0 5 " ]
	[ "$(lengths '>' dump | tr '\n' ' ')" = "3 0 5 " ]
}

@test "--lines: a line longer than a datagram is an error, none is sent cut" {
	serving -k --discard -x dump </dev/null
	head -c 70000 /dev/zero | tr '\0' a >long
	run -1 --separate-stderr sk udp --lines "$HOST" "$PORT" <long
	[[ $stderr == *"longer than a datagram may be (65507 bytes)"* ]]
	[ ! -s dump ]
}

@test "udp: datagrams of no bytes are received and answered" {
	serving -k --echo -x dump </dev/null
	echo | ask --lines -v 2>err >out
	[ "$(lengths '<' dump)" = 0 ]
	says err 'sent 1 \(0 bytes\), received 1 \(0 bytes\)'
}

@test "--no-gso: the same bytes and boundaries" {
	"$PEER" pattern 100000 >big
	serving -k --no-gso --echo -x dump </dev/null
	ask --no-gso --size 1000 <big >out
	same big out
	[ "$(lengths '<' dump | sort | uniq -c | tr -s ' \n' ' ')" = \
		" 100 1000 " ]
}

@test "--no-gso: each datagram is a message of its own" {
	need strace
	"$PEER" pattern 5000 >big
	serving -k --discard </dev/null
	ASAN_OPTIONS=detect_leaks=0 strace -o gso -e trace=sendmsg,sendmmsg "$SOCKKIT" udp --send-only \
		--size 1000 "$HOST" "$PORT" <big
	ASAN_OPTIONS=detect_leaks=0 strace -o plain -e trace=sendmsg,sendmmsg "$SOCKKIT" udp --send-only \
		--no-gso --size 1000 "$HOST" "$PORT" <big
	says gso '^sendmsg.*(cmsg_type=0x67|UDP_SEGMENT)'
	says_not plain '0x67|UDP_SEGMENT'
}

@test "--lines: a datagram that is a line already comes out as one" {
	serving --lines </dev/null
	printf 'a\n' | sk udp --send-only --size 10 "$HOST" "$PORT"
	until_true size_is udp.out 2
	printf 'b' >b
	free_port
	stop udp
	serving --lines -i 300ms </dev/null
	sk udp --send-only --size 10 "$HOST" "$PORT" <b
	finish udp
	size_is udp.out 2
}

@test "udp fd:N: a socket without a peer is of no use to a client" {
	need python3
	run -1 python3 -c 'import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
os.set_inheritable(s.fileno(), True)
os.execv(sys.argv[1], [sys.argv[1], "udp", "fd:%d" % s.fileno()])' "$SOCKKIT"
	[[ $output == *"not connected: with whom to talk?"* ]]
}

@test "udp -w: covers the look-up of the name too" {
	need_netns
	unset RES_OPTIONS
	run -1 in_netns 'ip link add hole type veth peer name drain
		ip link set drain up
		ip link set hole up
		ip addr add 10.9.9.1/24 dev hole
		ip neigh add 10.9.9.9 lladdr 02:00:00:00:00:09 dev hole
		printf "nameserver 10.9.9.9\noptions timeout:30 attempts:1\n" >resolv
		mount --bind resolv /etc/resolv.conf
		timeout 20 "$SOCKKIT" udp -w 500ms name.test 80 </dev/null'
	[[ $output == "sockkit udp: name.test: name look-up timed out after 500 ms" ]]
}

# --- ends ---------------------------------------------------------------------

@test "udp: a client whose input has ended waits for answers, then leaves" {
	serving -k --discard </dev/null
	echo hello | sk udp "$HOST" "$PORT"
}

@test "-q 0: leaves as soon as the input has ended" {
	serving -k --discard </dev/null
	start client "$SOCKKIT" udp -q 0 "$HOST" "$PORT" < <(echo x)
	finish client
	echo x | sk udp --quit 10ms "$HOST" "$PORT"
}

@test "-q: a server leaves too, once its input has ended" {
	serving -q 0 < <(echo answer)
	echo hello | ask >out
	finish udp
	content_is out answer
}

@test "-w: no answer in time is a failure" {
	serving -k --discard </dev/null
	run -1 --separate-stderr sk udp -w 100ms "$HOST" "$PORT" < <(echo hello)
	[[ $stderr == *"no answer came within 100"* ]]
}

@test "-w: an answer that comes late, but in time" {
	hold_pipe in
	serving <in
	start client "$SOCKKIT" udp --wait 20 "$HOST" "$PORT" < <(echo hello)
	until_true content_is udp.out hello
	sleep 1.5
	feed in late
	finish client
	content_is client.out late
}

@test "-l -w: no datagram in time is a failure" {
	run -1 --separate-stderr sk udp -l -w 100ms 127.0.0.1 0
	[[ $stderr == *"no datagram came within 100"* ]]
}

@test "-i: a conversation that is idle is over, status 0" {
	serving -i 200ms </dev/null
	echo hello | sk udp --send-only "$HOST" "$PORT"
	finish udp
	content_is udp.out hello
}

@test "-i: it ends a client, with its input open" {
	hold_pipe in
	serving -k --discard </dev/null
	feed in hello
	start client "$SOCKKIT" udp --idle-timeout 200ms "$HOST" "$PORT" <in
	finish client
}

@test "-k -i: idle peers are forgotten, each by its own clock" {
	serving -k -v -i 2 --discard </dev/null
	hold_pipe in
	start busy "$SOCKKIT" udp "$HOST" "$PORT" <in
	echo x | sk udp --send-only "$HOST" "$PORT"
	forgotten() { feed in y; grep -q 'idle, forgotten' udp.err; }
	until_true forgotten
	[ "$(grep -c 'idle, forgotten' udp.err)" -eq 1 ]
	running udp
}

@test "--recv-only: input is not read, and the client does not leave" {
	start udp "$SOCKKIT" udp --recv-only -p 0 127.0.0.1 9 < <(echo x)
	sleep 1.3
	running udp
	content_is udp.err ""
}

@test "--send-only: what is received is dropped" {
	serving -k --echo </dev/null
	echo hello | sk udp --send-only "$HOST" "$PORT" >out
	content_is out ""
}

@test "udp: SIGTERM ends it, the signal is the status" {
	serving -v </dev/null
	signal udp TERM
	finish udp 143
}

@test "--limit-rate: no faster than that, and nothing is lost" {
	"$PEER" pattern 200000 >big
	serving </dev/null
	start=$(date +%s%N)
	sk udp --limit-rate 200kB --size 1000 --send-only "$HOST" "$PORT" <big
	us=$((($(date +%s%N) - start) / 1000))
	echo "took $us us"
	((us > 900000))
	until_true same big udp.out
}

# --- peers --------------------------------------------------------------------

@test "udp -l: others than the first are ignored, and counted with -v" {
	hold_pipe in
	serving -v <in
	start first "$SOCKKIT" udp -w 20 "$HOST" "$PORT" < <(echo first)
	until_true content_is udp.out first
	echo second | sk udp --send-only "$HOST" "$PORT"
	until_true says udp.err 'others than the one served are ignored'
	feed in answer
	finish first
	content_is first.out answer
	content_is udp.out first
	signal udp TERM
	finish udp 143
	says udp.err '1 datagrams of others were ignored'
}

@test "-k: input goes to all, output comes from all" {
	hold_pipe in
	serving -k -v <in
	for c in a b c; do
		start "$c" "$SOCKKIT" udp -w 20 "$HOST" "$PORT" < <(echo "$c")
	done
	until_true size_is udp.out 6
	feed in everybody
	for c in a b c; do
		finish "$c"
		content_is "$c.out" everybody
	done
	[ "$(sort udp.out | tr -d '\n')" = abc ]
}

@test "-k --echo: each gets his own, 50 at once" {
	serving -k --echo </dev/null
	for c in {1..50}; do
		start "c$c" "$SOCKKIT" udp -w 20 "$HOST" "$PORT" \
			< <(echo "client $c")
	done
	for c in {1..50}; do
		finish "c$c"
		content_is "c$c.out" "client $c"
	done
}

@test "-m: no more peers than that" {
	serving -k -v -m 1 --echo </dev/null
	hold_pipe in
	start one "$SOCKKIT" udp "$HOST" "$PORT" <in
	feed in one
	until_true content_is one.out one
	echo two | sk udp "$HOST" "$PORT" >two
	content_is two ""
	feed in more
	until_true content_is one.out onemore
}

@test "--max-conns: a place is free again when a peer was forgotten" {
	serving -k --max-conns 1 -i 200ms --echo </dev/null
	echo one | ask >one
	content_is one one
	again() { echo two | sk udp -q 100ms "$HOST" "$PORT" >two; grep two two; }
	until_true again
}

@test "--discard: nothing is written, nothing is sent back" {
	serving -k -v --discard </dev/null
	echo hello | sk udp "$HOST" "$PORT" >out
	content_is out ""
	content_is udp.out ""
	signal udp TERM
	finish udp 143
	says udp.err 'sent 0 \(0 bytes\), received 1 \(6 bytes\)'
}

@test "udp: a server on all addresses answers from the one that was asked" {
	start udp "$SOCKKIT" udp -4 -l -k --echo --port-file port 0 </dev/null
	read -r _ PORT < <(addr port)
	# A connected client takes nothing that comes from elsewhere.
	echo hello | sk udp -w 20 127.0.0.7 "$PORT" >out
	content_is out hello
}

@test "udp: a client takes answers from its server only" {
	need socat
	hold_pipe in
	hold_pipe question
	serving <in
	start client "$SOCKKIT" udp "$HOST" "$PORT" <question
	feed question hello
	until_true content_is udp.out hello
	port=$(udp_port_of client)
	echo stray | socat -u - "UDP:127.0.0.1:$port" || true
	feed in answer
	until_true content_is client.out answer
}

# udp_port_of NAME: the local port of the first UDP socket of a process
udp_port_of()
{
	local inode

	inode=$(find "/proc/${PIDS[$1]}/fd" -printf '%l\n' |
		sed -n 's/^socket:\[\(.*\)\]/\1/p' | head -n 1)
	printf '%d\n' "0x$(awk -v i="$inode" '$10 == i {
		split($2, a, ":"); print a[2] }' /proc/net/udp)"
}

@test "--unconnected: answers from anybody are taken" {
	need socat
	hold_pipe in
	dead_port
	start client "$SOCKKIT" udp -v --unconnected -s 127.0.0.1 127.0.0.1 \
		"$PORT" <in
	until_true says client.err 'sending to'
	bound() { port=$(udp_port_of client) && [ "$port" -gt 0 ]; }
	until_true bound
	echo stray | socat -u - "UDP:127.0.0.1:$port"
	until_true content_is client.out stray
	says client.err 'datagrams from 127.0.0.1'
}

# --- errors that come back ------------------------------------------------------

@test "udp: port unreachable is told, with who says so; status 1" {
	dead_port
	run -1 --separate-stderr sk udp 127.0.0.1 "$PORT" < <(echo hello)
	[ "$stderr" = "sockkit udp: 127.0.0.1:$PORT: port unreachable from \
127.0.0.1: 1 datagram sent may not have arrived" ]
	run -1 --separate-stderr sk udp ::1 "$PORT" < <(echo hello)
	[[ $stderr == *"[::1]:$PORT: port unreachable from ::1"* ]]
}

@test "udp: port unreachable with --unconnected, --send-only and many datagrams" {
	dead_port
	run -1 --separate-stderr sk udp --unconnected 127.0.0.1 "$PORT" \
		< <(echo hello)
	[[ $stderr == *"port unreachable from 127.0.0.1"* ]]
	run -1 --separate-stderr sk udp --send-only 127.0.0.1 "$PORT" \
		< <(echo hello)
	[[ $stderr == *"port unreachable from 127.0.0.1"* ]]
	"$PEER" pattern 100000 >big
	run -1 --separate-stderr sk udp --send-only --size 100 127.0.0.1 \
		"$PORT" <big
	[[ $stderr == *"port unreachable from 127.0.0.1"* ]]
}

@test "-k: a peer that has gone is forgotten, the others are served on" {
	hold_pipe in
	serving -k -v <in
	start stays "$SOCKKIT" udp -w 20 "$HOST" "$PORT" < <(echo a)
	echo b | sk udp --send-only "$HOST" "$PORT"
	until_true size_is udp.out 4
	feed in hello
	finish stays
	content_is stays.out hello
	until_true says udp.err 'warning: .*port unreachable from 127.0.0.1'
	running udp
}

@test "-k --echo: peers that have gone cost the others nothing" {
	serving -k --echo </dev/null
	hold_pipe in
	start me "$SOCKKIT" udp "$HOST" "$PORT" <in
	for i in {1..20}; do
		echo x | sk udp --send-only "$HOST" "$PORT"
		feed in "to me"
		until_true size_is me.out $((i * 5))
	done
	running me
	running udp
}

@test "udp: errors of a full stdout end it with status 1" {
	[ -w /dev/full ]
	OUT=/dev/full serving </dev/null
	echo hello | sk udp --send-only "$HOST" "$PORT"
	finish udp 1
	says udp.err 'No space left.* 6 received bytes were not written'
}

@test "udp: what comes faster than it is taken is counted and told" {
	mkfifo pipe
	"$PEER" pattern 16M >big
	OUT=pipe start udp "$SOCKKIT" udp -l -k --sockopt so_rcvbuf=8K \
		--port-file port 127.0.0.1 0 </dev/null
	exec {hold}<>pipe
	read -r HOST PORT < <(addr port)
	sk udp --size 1400 --send-only "$HOST" "$PORT" <big
	start drain cat <pipe
	exec {hold}>&-
	# The count of the lost comes with a datagram that is queued after them.
	last() { echo last | sk udp --send-only "$HOST" "$PORT"; grep -aq last drain.out; }
	until_true last
	signal udp TERM
	finish udp 143
	says udp.err 'warning: at least [0-9]+ datagrams were dropped, as they came faster'
}

# --- addresses ------------------------------------------------------------------

@test "-s, -p: where a client sends from" {
	serving -v </dev/null
	free_port
	mine=$PORT
	read -r HOST PORT <port
	echo x | sk udp --send-only -s 127.0.0.5 -p "$mine" "$HOST" "$PORT"
	until_true says udp.err "datagrams from 127.0.0.5:$mine"
}

@test "-l -s, -l -p: instead of the operands" {
	start udp "$SOCKKIT" udp -l -s 127.0.0.1 -p 0 --port-file port </dev/null
	read -r HOST PORT < <(addr port)
	[ "$HOST" = 127.0.0.1 ]
	run -2 sk udp -l -p 1 127.0.0.1 2
	run -2 sk udp -l -s 127.0.0.1 127.0.0.1 2
}

@test "-4, -6, -n: families and names" {
	start udp "$SOCKKIT" udp -6 -l --port-file port 0 </dev/null
	read -r HOST PORT < <(addr port)
	[ "$HOST" = :: ]
	[ "$(wc -l <port)" -eq 1 ]
	run -1 sk udp -4 ::1 "$PORT" </dev/null
	run -1 sk udp -n localhost "$PORT" </dev/null
	run -2 sk udp -4 -6 localhost "$PORT" </dev/null
}

@test "--sockopt, --ttl: they reach the kernel" {
	need strace
	dead_port
	ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -e trace=setsockopt "$SOCKKIT" udp --send-only \
		--ttl 7 --sockopt ip_tos=0x10 127.0.0.1 "$PORT" </dev/null
	says trace 'IP_TTL, \[7\]'
	says trace 'IP_MULTICAST_TTL, \[7\]'
	says trace 'IP_TOS'
	ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -e trace=setsockopt "$SOCKKIT" udp --send-only \
		--ttl 7 ::1 "$PORT" </dev/null
	says trace 'IPV6_UNICAST_HOPS, \[7\]'
	run -1 sk udp --sockopt tcp_nodelay ::1 "$PORT" </dev/null
	run -2 sk udp --ttl 256 127.0.0.1 "$PORT" </dev/null
}

@test "--join: datagrams to a group, over IPv4 and IPv6" {
	need_netns
	in_netns '
	ip link add veth0 type veth peer name veth1
	ip link set veth0 up
	ip link set veth1 up
	ip addr add fe80::1/64 dev veth0 nodad
	"$SOCKKIT" udp -l -k --join 239.7.7.7@lo --join ff02::77@veth0 \
		--port-file port 0 >out &
	until [ -s port ]; do sleep 0.02; done
	p=$(sed -n "1s/.* //p" port)
	echo four | "$SOCKKIT" udp --send-only -s 127.0.0.1 239.7.7.7 $p
	until grep four out; do sleep 0.02; done
	echo six | "$SOCKKIT" udp --send-only -s fe80::1%veth0 ff02::77%veth0 $p
	until grep six out; do sleep 0.02; done'
}

@test "--join: other groups, and the loop switched off, are not heard" {
	need_netns
	in_netns '
	ip link add veth0 type veth peer name veth1
	ip link set veth0 up
	ip link set veth1 up
	ip addr add 10.9.9.1/24 dev veth0
	"$SOCKKIT" udp -l -k --join 239.7.7.7@veth0 --port-file port 0 >out &
	until [ -s port ]; do sleep 0.02; done
	p=$(sed -n "1s/.* //p" port)
	socat -u "UDP-RECV:$((p ^ 1)),ip-add-membership=239.8.8.8:10.9.9.1" - &
	for try in 1 2 3; do
		echo other | "$SOCKKIT" udp --send-only -s 10.9.9.1 239.8.8.8 $p
		echo off | "$SOCKKIT" udp --send-only --loop off -s 10.9.9.1 \
			239.7.7.7 $p
	done
	echo last | "$SOCKKIT" udp --send-only --loop on -s 10.9.9.1 239.7.7.7 $p
	until grep -q last out; do sleep 0.02; done
	[ "$(cat out)" = last ]'
}

@test "--join: only from the source that is named" {
	start udp "$SOCKKIT" udp -4 -l -k --join 232.7.7.7@lo,127.0.0.2 \
		--port-file port 0 </dev/null
	read -r _ PORT < <(addr port)
	echo wrong | sk udp --send-only -s 127.0.0.1 232.7.7.7 "$PORT"
	echo right | sk udp --send-only -s 127.0.0.2 232.7.7.7 "$PORT"
	until_true content_is udp.out right
}

@test "--join: two receivers of a group share the port, answers come back" {
	serving_group() {
		start "$1" "$SOCKKIT" udp -4 -l -k --echo --join 239.7.7.9@lo \
			--port-file "port.$1" "$2" </dev/null
		read -r _ PORT < <(addr "port.$1")
	}
	serving_group a 0
	serving_group b "$PORT"
	hold_pipe in
	start client "$SOCKKIT" udp -s 127.0.0.1 239.7.7.9 "$PORT" <in
	feed in $'all\n'
	until_true content_is client.out $'all\nall'
}

@test "--join: nonsense is told" {
	run -1 --separate-stderr sk udp -l --join 239.1.1.1@nosuch0 0
	[[ $stderr == *"no such interface"* ]]
	run -2 --separate-stderr sk udp -l --join 10.0.0.1 0
	[[ $stderr == *"not a multicast address"* ]]
	run -2 sk udp -l --join localhost 0
	run -2 sk udp -l --join "239.1.1.1,ff02::1" 0
	run -2 sk udp -l --join "239.1.1.1,239.1.1.2" 0
	run -2 sk udp -l --join "" 0
	run -2 sk udp -l --join "$(printf '%0200d' 1)" 0
}

@test "--broadcast: needed, and enough" {
	need_netns
	in_netns '
	ip link add veth0 type veth peer name veth1
	ip addr add 10.9.9.1/24 brd + dev veth0
	ip link set veth0 up
	ip link set veth1 up
	"$SOCKKIT" udp -4 -l -k --echo --port-file port 0 &
	until [ -s port ]; do sleep 0.02; done
	p=$(sed -n "1s/.* //p" port)
	r=0
	echo hello | "$SOCKKIT" udp 10.9.9.255 $p 2>err || r=$?
	[ $r -eq 1 ]
	grep -q "needs --broadcast" err
	echo hello | "$SOCKKIT" udp --broadcast 10.9.9.255 $p >out
	grep -q hello out'
}

@test "--udplite: works, or the kernel has none and that is said" {
	if ! start udp "$SOCKKIT" udp --udplite -l -k --echo --port-file port \
		127.0.0.1 0 </dev/null; then false; fi
	ready() { [ -s port ] || not_running udp; }
	until_true ready
	if [ -s port ]; then
		read -r HOST PORT <port
		"$PEER" pattern 5000 >big
		ask --udplite --size 1000 <big >out
		same big out
		# It is not UDP: that has a port space of its own.
		run -1 sk udp "$HOST" "$PORT" < <(echo x)
	else
		finish udp 1
		says udp.err 'this kernel has no UDP-Lite'
	fi
}

# --- files and bad command lines --------------------------------------------------

@test "-o, --append-output: the bytes of both directions are kept" {
	serving -k --echo </dev/null
	echo hello | ask -o kept >out
	[ "$(sort -u kept)" = hello ]
	size_is kept 12
	echo more | ask --output kept --append-output >out
	size_is kept 22
}

@test "-x: who, which way, how long, where" {
	serving -k --echo </dev/null
	printf 'abc\nde\n' | ask --lines --hex-dump dump >out
	says dump "^> .* 127.0.0.1:$PORT 3 bytes at 0"
	says dump "^> .* 127.0.0.1:$PORT 2 bytes at 3"
	says dump "^< .* 127.0.0.1:$PORT 3 bytes at 0"
	says dump '^00000000  61 62 63 '
	says dump '^00000003  64 65 '
}

@test "udp: command lines that cannot be carried out" {
	for words in "" "127.0.0.1 0" "127.0.0.1" "-l" "-k 1" "--echo 127.0.0.1 1" \
		"-l --echo --discard 1" "-l -m 2 1" "--size 0 127.0.0.1 1" \
		"--size 65528 127.0.0.1 1" "--size 5 --lines 127.0.0.1 1" \
		"127.0.0.1 65536" "unix:x" "--loop maybe 127.0.0.1 1" \
		"-l --unconnected 1" "--port-file x 127.0.0.1 1" \
		"--recv-only --send-only 127.0.0.1 1" "--append-output h 1" \
		"--deny 127.0.0.1 127.0.0.1 1" "-l -s 127.0.0.1 127.0.0.1:1" \
		"-l --size 65528 1"; do
		# shellcheck disable=SC2086
		run -2 sk udp $words </dev/null
	done
}

@test "udp: closed descriptors 0, 1 and 2" {
	serving -k --echo </dev/null
	bash -c '"$SOCKKIT" udp "$0" "$1" <&-' "$HOST" "$PORT"
	r=0
	bash -c 'echo x | "$SOCKKIT" udp "$0" "$1" >&-' "$HOST" "$PORT" || r=$?
	[ "$r" -eq 1 ]
	echo x | bash -c '"$SOCKKIT" udp "$0" "$1" 2>&-' "$HOST" "$PORT" >out
	content_is out x
}

# --- other programs of its kind ----------------------------------------------------

@test "udp with ncat -u: both roles" {
	need ncat
	serving -k --echo </dev/null
	hold_pipe in
	start ncat ncat -u "$HOST" "$PORT" <in
	feed in hello
	until_true content_is ncat.out hello
	stop ncat
	free_port
	start ncat ncat -u -l -e /bin/cat 127.0.0.1 "$PORT" </dev/null
	heard() { echo hello | sk udp -q 300ms 127.0.0.1 "$PORT" >out; grep hello out; }
	until_true heard
}

@test "udp with nc -u of OpenBSD: both roles" {
	need nc.openbsd
	serving -k --echo </dev/null
	hold_pipe in
	start nc nc.openbsd -u "$HOST" "$PORT" <in
	feed in hello
	until_true content_is nc.out hello
	stop nc
	free_port
	hold_pipe answer
	start nc nc.openbsd -u -l 127.0.0.1 "$PORT" <answer
	hear() { echo hello | sk udp -q 0 -p 0 127.0.0.1 "$PORT"; grep -q hello nc.out; }
	until_true hear
}

@test "udp with socat: both roles, 8000 bytes whole" {
	need socat
	"$PEER" pattern 8000 >big
	serving -k --echo </dev/null
	hold_pipe in
	start client socat -b 65536 - "UDP:$HOST:$PORT" <in
	cat big >in
	until_true same big client.out
	stop client
	free_port
	start socat socat -b 65536 "UDP-LISTEN:$PORT,bind=127.0.0.1,fork" \
		EXEC:/bin/cat </dev/null
	heard() { sk udp -q 300ms 127.0.0.1 "$PORT" <big >out && same big out; }
	until_true heard
}
