#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The embedded stack on a wire: frames over a Unix socket, unprivileged. The
# other end is another sockkit or passt; qemu is in tests/vm.

# shellcheck disable=SC2030,SC2031,SC2034,SC2094,SC2154 # each is a subshell
bats_require_minimum_version 1.5.0
load stack_helper

@test "two sockkits on a wire, no privilege: 20 MB" {
	random data 20000000
	OUT=got start listen "$SOCKKIT" listen -v --stack wire,path=w \
		--port-file port --recv-only 80 </dev/null
	until_true test -s port
	sk connect --stack wire,path=w 198.18.0.2 80 <data
	finish listen
	same data got
	[ ! -e w ]
}

@test "on a wire the client may come first" {
	start connect "$SOCKKIT" connect --retry 9 --stack wire,path=w fd00:5c::1 80 \
		</dev/null
	until_true test -S w
	echo hello >data
	OUT=got start listen "$SOCKKIT" listen --stack wire,path=w 80 <data
	finish connect
	finish listen
	content_is connect.out hello
}

# The name is there when somebody listens, not before: who refuses is dead.
@test "on a wire whoever is slow to listen is not taken for a dead one" {
	need strace
	# LeakSanitizer does not work under ptrace.
	start connect env ASAN_OPTIONS=detect_leaks=0 strace -o /dev/null \
		-e inject=listen:delay_enter=700000 "$SOCKKIT" connect --retry 9 \
		--stack wire,path=w 198.18.0.1 80 </dev/null
	until_true test -S w
	echo hello >data
	start listen "$SOCKKIT" listen --stack wire,path=w 80 <data
	finish connect
	finish listen
	content_is connect.out hello
	[ "$(echo w*)" = 'w*' ]
}

@test "a wire with every impairment loses nothing of the stream" {
	local bad=loss=3%,dup=3%,reorder=5%,corrupt=1%,delay=2ms,jitter=1ms,seed=7

	random data 1000000
	OUT=got start listen "$SOCKKIT" listen --stack "wire,path=w,$bad" \
		--port-file port --recv-only 80 </dev/null
	until_true test -s port
	sk connect --stack wire,path=w 198.18.0.2 80 <data
	finish listen
	same data got
}

@test "connect --stack wire waits for the other end no longer than -w" {
	run -1 sk connect -w 200ms --stack wire,path=w 198.18.0.2 80
	[[ $output == *'nobody at the other end: timed out after 200 ms'* ]]
	[ ! -e w ]
}

@test "the peer of a wire gone: one line, status 1" {
	start listen "$SOCKKIT" listen --stack wire,path=w --port-file port -k \
		--echo 80 </dev/null
	until_true test -s port
	hold_pipe in
	start connect "$SOCKKIT" connect --stack wire,path=w 198.18.0.2 80 <in
	feed in hello
	until_true content_is connect.out hello
	stop listen
	finish connect 1
	one_line connect.err 'wire: w: the peer has gone$'
}

# The rate keeps it in the pump, long after the peer knows that it has come.
@test "the peer of a wire gone: what had arrived is still read" {
	random data 60000
	start listen "$SOCKKIT" listen -v --stack wire,path=w --port-file port \
		--send-only 80 <data
	until_true test -s port
	start connect "$SOCKKIT" connect --limit-rate 60k --stack wire,path=w \
		198.18.0.2 80 </dev/null
	until_true grep -q 'sent 60000 bytes' listen.err
	stop listen
	finish connect
	same data connect.out
	content_is connect.err ''
}

# passting: passt in the lab, a server on its loopback: PORT; WIRE.
passting()
{
	need passt
	lab
	in_lab ip link add near type veth peer name out
	in_lab ip addr add 203.0.113.5/24 dev near
	in_lab ip link set near up
	in_lab ip link set out up
	in_lab ip route add default via 203.0.113.1
	OUT=got start_in_lab server "$SOCKKIT" listen --port-file port "$@" \
		127.0.0.1 0 </dev/null
	read -r _ PORT < <(addr port)
	# It drops its rights, and must reach its socket all the same.
	WIRE=$(mktemp -d /tmp/sk-wire.XXXXXX)
	chmod 777 "$WIRE"
	start_in_lab passt passt -f -s "$WIRE/w" </dev/null
	until_true grep -q 'You can now start' passt.err
}

@test "passt: addresses by DHCP, and a server on the machine's loopback" {
	passting --recv-only
	random data 3000000
	in_lab "$SOCKKIT" connect -v --stack "wire,path=$WIRE/w,ip=dhcp" \
		203.0.113.1 "$PORT" <data 2>err
	finish server
	same data got
	says err 'stack: DHCP: 203.0.113.5 from 203.0.113.1'
}

# That of Debian 12 takes no notice of what is acknowledged once the client
# has sent its FIN, and then repeats itself, to the kernel's TCP too.
@test "passt: 3 MB there and back at once" {
	passting -k --echo
	random data 3000000
	hold_pipe in
	start_in_lab client "$SOCKKIT" connect --stack "wire,path=$WIRE/w,ip=dhcp" \
		203.0.113.1 "$PORT" <in
	cat data >in &
	wait $!
	until_true size_at_least client.out 3000000
	same data client.out
}

@test "a socket in the way of a wire that is none" {
	echo text >w
	run -1 sk connect --stack wire,path=w 198.18.0.1 80
	[[ $output == *'stack: wire: w: Not a socket'* ]] ||
		[[ $output == *'stack: wire: w: Socket operation on non-socket' ]]
	run -1 sk connect --stack $'wire,path=\e[0m/w' 198.18.0.1 80
	[[ $output == *'stack: wire: \x1b[0m/w: No such file or directory' ]]
	run -1 sk connect --stack $'wire,path=x,pcap=\e[0m/w' 198.18.0.1 80
	[[ $output == *'pcap=\x1b[0m/w: No such file or directory' ]]
	[ "${#lines[@]}" -eq 1 ]
	content_is w text
}

@test "a wire whose other end speaks something else" {
	start peer "$SOCKKIT" listen -c 'echo GET / HTTP/1.0; cat' unix:w </dev/null
	until_true test -S w
	run -1 sk connect --stack wire,path=w 198.18.0.1 80 </dev/null
	[[ $output == *'wire: w: the peer does not send frames' ]]
}
