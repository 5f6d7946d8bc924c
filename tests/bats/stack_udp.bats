#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit udp over the embedded stack: against the kernel on a TAP device, and
# two of them on a wire.

# shellcheck disable=SC2030,SC2031,SC2034,SC2094,SC2154 # each is a subshell
bats_require_minimum_version 1.5.0
load stack_helper

# udp_serving ARG...: sockkit udp -l --stack tap in the lab as "udp", port 7.
udp_serving()
{
	lab
	start_in_lab udp "$SOCKKIT" udp -l -v --stack "${SPEC:-tap}" \
		--port-file port "$@" 7
	until_true test -s port
}

# exchange ADDRESS FILE BYTES: send FILE to the echo service, in the lab, and
# check that all of it comes back.
exchange()
{
	hold_pipe in
	start_in_lab client "$SOCKKIT" udp "$1" 7 <in
	cat "$2" >in &
	wait $!
	until_true size_is client.out "$3"
	end_pipe in
	stop client
	same "$2" client.out
}

@test "udp -l -k --echo --stack tap: the kernel's clients, IPv4 and IPv6" {
	udp_serving -k --echo </dev/null
	says udp.err 'listening on 0.0.0.0:7$'
	echo hello >data
	exchange 198.18.0.2 data 6
	rm in
	exchange fd00:5c::2 data 6
	until_true says udp.err 'datagrams from \[fd00:5c::1\]:' >/dev/null
}

@test "the largest datagrams pass in fragments, IPv4 and IPv6" {
	udp_serving -k --echo </dev/null
	random data 65507
	exchange 198.18.0.2 data 65507
	rm in
	random data 65507
	exchange fd00:5c::2 data 65507
	signal udp USR1
	until_true says udp.err 'stack: count frag_out ' >/dev/null
}

@test "one byte more is refused by name" {
	lab
	random data 65508
	run -1 in_lab "$SOCKKIT" udp --stack tap --size 65508 198.18.0.1 9 <data
	[[ $output == *'a datagram of 65508 bytes is too long' ]]
}

@test "udp --stack tap is a client of the kernel's" {
	lab
	start_in_lab kernel "$SOCKKIT" udp -l -k --echo --port-file port \
		0.0.0.0 0 </dev/null
	read -r _ port < <(addr port)
	hold_pipe in
	start_in_lab client "$SOCKKIT" udp --stack tap 198.18.0.1 "$port" <in
	feed in one
	until_true content_is client.out one
	feed in two
	until_true content_is client.out onetwo
}

@test "an empty datagram is one" {
	udp_serving -k --echo </dev/null
	in_lab "$SOCKKIT" connect -z --udp 198.18.0.2 7 >out 2>&1 || cat out
	says out '7'
	until_true says udp.err 'datagrams from 198.18.0.1:' >/dev/null
	signal udp TERM
	until_true not_running udp
	says udp.err 'sent 1 \(0 bytes\), received 1 \(0 bytes\)'
}

@test "port unreachable is told, connected and unconnected, IPv4 and IPv6" {
	lab
	run -1 in_lab "$SOCKKIT" udp -w 9 --stack tap 198.18.0.1 9 <<<hi
	[[ $output == *'198.18.0.1:9: port unreachable from 198.18.0.1: 1 '* ]]
	run -1 in_lab "$SOCKKIT" udp -w 9 --unconnected --stack tap \
		fd00:5c::1 9 <<<hi
	[[ $output == *'port unreachable from fd00:5c::1: 1 '* ]]
}

@test "nobody has the address: host unreachable" {
	lab
	run -1 in_lab "$SOCKKIT" udp -w 9 --stack tap 198.18.0.77 9 <<<hi
	[[ $output == *'198.18.0.77:9: host unreachable'* ]]
}

@test "many peers at once, and each gets its own" {
	udp_serving -k --echo </dev/null
	for i in {1..20}; do
		hold_pipe "in$i"
		start_in_lab "c$i" "$SOCKKIT" udp 198.18.0.2 7 <"in$i"
		feed "in$i" "to $i"
	done
	for i in {1..20}; do
		until_true content_is "c$i.out" "to $i"
	done
}

@test "udp -l without -k serves the first and ignores others" {
	hold_pipe in
	udp_serving <in
	hold_pipe one
	start_in_lab one "$SOCKKIT" udp 198.18.0.2 7 <one
	feed one first
	until_true content_is udp.out first
	echo second >/dev/null
	in_lab bash -c 'echo second >/dev/udp/198.18.0.2/7'
	until_true says udp.err 'others than the one served are ignored' >/dev/null
	feed in answer
	until_true content_is one.out answer
	content_is udp.out first
}

@test "it answers from the address that was asked" {
	SPEC=tap,ip=198.18.0.2/24,ip=198.18.0.3/24,host-ip=198.18.0.1/24
	udp_serving -k --echo </dev/null
	echo hello >data
	# A connected client takes answers from nobody else.
	exchange 198.18.0.3 data 6
	rm in
	exchange 198.18.0.2 data 6
}

@test "groups: --join hears them, also from ourselves" {
	udp_serving -k --echo --join 239.1.2.3 --join ff02::1234 </dev/null
	in_lab ip route add 239.0.0.0/8 dev tap0
	hold_pipe in
	start_in_lab client "$SOCKKIT" udp 239.1.2.3 7 <in
	feed in hello
	until_true content_is client.out hello
	in_lab cat /proc/net/igmp >igmp
	run -2 sk udp -l --stack wire,path=w --join 232.1.2.3,192.0.2.1 7
	[[ $output == *'joins groups as a whole, not by source' ]]
}

@test "--loop: what is sent to a group from its own member" {
	lab
	for how in on off; do
		rm -f in
		hold_pipe in
		start_in_lab "$how" "$SOCKKIT" udp -v --stack tap --join 239.1.2.3 \
			--loop "$how" -p 99 --unconnected 239.1.2.3 99 <in
		feed in hello
		[ "$how" = off ] || until_true content_is on.out hello
		[ "$how" = on ] || until_true sent_and_told
		stop "$how"
	done
	content_is off.out ''
}

# The datagram has gone, and nothing came: the counters are in tables that
# SIGUSR1 shows, once it is awaited.
sent_and_told()
{
	grep -q ' address ' off.err || return 1
	signal off USR1
	grep -q 'stack: count udp_out 1 ' off.err
}

@test "--broadcast needs leave, and is heard by the kernel" {
	lab
	start_in_lab kernel "$SOCKKIT" udp -l -k --port-file port 0.0.0.0 0 \
		</dev/null
	read -r _ port < <(addr port)
	run -1 in_lab "$SOCKKIT" udp --stack tap 198.18.0.255 "$port" <<<hi
	[[ $output == *'(a broadcast address needs --broadcast)' ]]
	hold_pipe in
	start_in_lab client "$SOCKKIT" udp --broadcast --stack tap 198.18.0.255 \
		"$port" <in
	feed in hello
	until_true content_is kernel.out hello
}

@test "two of them on a wire, no privilege" {
	start server "$SOCKKIT" udp -l -k --echo --stack wire,path=w \
		--port-file port 7 </dev/null
	until_true test -s port
	random data 65507
	hold_pipe in
	start client "$SOCKKIT" udp --stack wire,path=w 198.18.0.2 7 <in
	cat data >in &
	wait $!
	until_true size_is client.out 65507
	same data client.out
	feed in more
	until_true size_is client.out 65511
}

@test "a file of many datagrams: none is lost on the wire" {
	start server "$SOCKKIT" udp -l -vv --discard --stack wire,path=w \
		--port-file port 7 </dev/null
	until_true test -s port
	random data 8000000
	start client "$SOCKKIT" udp --send-only --size 1000 --stack wire,path=w \
		198.18.0.2 7 <data
	finish client
	# It ends with the wire, and then says what it saw: its own queue may
	# have overflowed, as every receiver's.
	finish server 1
	says server.err 'stack: count udp_in 8000 '
}

@test "--ttl, --sockopt and --source-port hold" {
	need tshark
	lab
	start_in_lab client "$SOCKKIT" udp --stack tap,pcap=trace --ttl 3 -p 4444 \
		--sockopt ip_tos=0x10 198.18.0.1 9 <<<hi
	finish client 1
	# The first, as an ICMP quotes it too.
	tshark -r trace -Y 'udp && !icmp' -T fields -e ip.dsfield -e ip.ttl \
		-e udp.srcport -e udp.dstport >packets 2>tshark.err
	content_is packets $'0x10\t3\t4444\t9'
}

@test "--udplite and a source filter are the kernel's alone" {
	run -2 sk udp --stack tap --udplite 198.18.0.1 9
	[[ $output == *'--udplite'*'--stack'* || $output == *'--stack'*'--udplite'* ]]
}

@test "the peer of a wire gone: one line, status 1" {
	start server "$SOCKKIT" udp -l -k --echo --stack wire,path=w \
		--port-file port 7 </dev/null
	until_true test -s port
	hold_pipe in
	start client "$SOCKKIT" udp --stack wire,path=w 198.18.0.2 7 <in
	feed in hello
	until_true content_is client.out hello
	stop server
	finish client 1
	one_line client.err 'wire: w: the peer has gone$'
}

@test "the device deleted under it: one line, status 1" {
	SPEC=tap,dev=st7 udp_serving -k --echo </dev/null
	in_lab ip link delete st7
	finish udp 1
	[ "$(grep -c 'tap: st7: the device is gone$' udp.err)" -eq 1 ]
}
