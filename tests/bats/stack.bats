#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The embedded stack against the kernel, on a TAP device in a network namespace
# of the test's own; stack_wire.bats is the same without a kernel.

# shellcheck disable=SC2030,SC2031,SC2034,SC2094,SC2154 # each is a subshell
bats_require_minimum_version 1.5.0
load stack_helper

# --- the host ------------------------------------------------------------------

@test "ping of the kernel, IPv4 and IPv6, also in fragments" {
	need ping
	lab
	start_in_lab host "$STKHOST" tap 7 ready </dev/null
	until_true test -e ready
	for address in 198.18.0.2 fd00:5c::2; do
		in_lab ping -q -c 3 -i 0.05 "$address" >out
		says out ' 3 received'
		in_lab ping -q -c 3 -i 0.05 -s 20000 "$address" >out
		says out ' 3 received'
	done
}

@test "UDP echo to the kernel's socat, IPv4, IPv6, 60000 bytes in fragments" {
	need socat
	lab
	start_in_lab host "$STKHOST" tap 7 ready </dev/null
	until_true test -e ready
	random data 60000
	for address in 198.18.0.2 '[fd00:5c::2]'; do
		rm -f in
		hold_pipe in
		start_in_lab client socat -b 65000 - "UDP:$address:7" <in
		cat data >in
		until_true same data client.out >same
		stop client
	done
}

@test "a port where nobody listens refuses" {
	serving --echo </dev/null
	for address in 198.18.0.2 fd00:5c::2; do
		run -1 in_lab "$SOCKKIT" connect "$address" 81 </dev/null
		[[ $output == *'Connection refused'* ]]
	done
}

@test "listen --stack tap: -v says how it is reached" {
	serving --echo </dev/null
	says listen.err 'stack: tap0, kernel side 198.18.0.1/24, fd00:5c::1/64$'
	says listen.err 'stack: address 198.18.0.2/24$'
	says listen.err 'stack: address fd00:5c::2/64$'
	says listen.err 'listening on 0.0.0.0:80$'
}

@test "listen --stack tap --echo with OpenBSD's nc, IPv4 and IPv6" {
	need nc
	serving -k --echo </dev/null
	random data 3000000
	for address in 198.18.0.2 fd00:5c::2; do
		in_lab nc -N "$address" 80 <data >got
		same data got
	done
}

@test "listen --stack tap -c serves curl" {
	need curl
	# shellcheck disable=SC2016
	serving -k -c 'read -r line; printf "HTTP/1.0 200 OK\r\n\r\nhi"' \
		</dev/null
	[ "$(in_lab curl -s http://198.18.0.2/)" = hi ]
	[ "$(in_lab curl -s 'http://[fd00:5c::2]/')" = hi ]
}

# How much each way; builds with sanitizers take less of it (.ci/run).
STACK_BYTES=$(numfmt --from=iec "${STACK_BYTES:-1G}")

# summing FILE CMD...: run CMD on random bytes and write their SHA-256 there.
summing()
{
	local file=$1

	shift
	head -c "$STACK_BYTES" /dev/urandom |
		tee >(sha256sum | cut -d' ' -f1 >"$file") | "$@"
}

# sum_of_pipe NAME: a FIFO whose SHA-256 will be in sum.out.
sum_of_pipe()
{
	mkfifo "$1"
	start sum sh -c "exec sha256sum <$1" </dev/null
}

@test "1 GiB from the kernel into the stack, SHA-256" {
	PATIENCE=120
	sum_of_pipe got
	lab
	OUT=got start_in_lab listen "$SOCKKIT" listen --stack tap \
		--port-file port --recv-only 80 </dev/null
	until_true test -s port
	summing sent in_lab "$SOCKKIT" connect --send-only 198.18.0.2 80
	finish listen
	finish sum
	[ "$(cut -d' ' -f1 sum.out)" = "$(cat sent)" ]
}

@test "1 GiB from the stack into the kernel, IPv6, SHA-256" {
	PATIENCE=120
	lab
	sum_of_pipe got
	OUT=got start_in_lab kernel "$SOCKKIT" listen --port-file port --recv-only \
		:: 0 </dev/null
	read -r _ port < <(addr port)
	summing sent in_lab "$SOCKKIT" connect --stack tap --send-only fd00:5c::1 \
		"$port"
	finish kernel
	finish sum
	[ "$(cut -d' ' -f1 sum.out)" = "$(cat sent)" ]
}

# frames SPEC: how many frames 20 MB are each way, "IN OUT", each beside ACKs.
frames()
{
	lab "$2"
	rm -f port
	start_in_lab_of "$2" kernel "$SOCKKIT" \
		listen --port-file port --echo 0.0.0.0 0 </dev/null
	read -r _ port < <(addr port)
	in_lab_of "$2" timeout "$PATIENCE" "$SOCKKIT" connect -vv --stack "$1" \
		198.18.0.1 "$port" <data >got 2>err
	finish kernel
	same data got
	FRAMES_IN=$(sed -n 's/.*count link_in \([0-9]*\).*/\1/p' err)
	FRAMES_OUT=$(sed -n 's/.*count link_out \([0-9]*\).*/\1/p' err)
}

@test "super-segments both ways, and none with no-offload or pcap=" {
	[ "$(id -u)" -eq 0 ] || skip "only root enters others' namespaces"
	random data 20000000
	frames tap one
	((FRAMES_IN < 7000 && FRAMES_OUT < 7000))
	frames tap,no-offload two
	((FRAMES_IN > 13600 && FRAMES_OUT > 13600))
	frames tap,pcap=trace three
	((FRAMES_IN > 13600 && FRAMES_OUT > 13600))
}

@test "super-segments of small segments: mtu=600" {
	[ "$(id -u)" -eq 0 ] || skip "only root enters others' namespaces"
	random data 3000000
	frames tap,mtu=600 one
	frames tap,mtu=600,no-offload two
}

@test "a client of OpenBSD's nc, and of its -l" {
	need nc
	lab
	random data 1000000
	hold_pipe in
	start_in_lab nc nc -l 7777 <in
	until_true nc_listens
	in_lab "$SOCKKIT" connect --stack tap --send-only 198.18.0.1 7777 <data
	until_true size_is nc.out 1000000
	same data nc.out
}

# No address is there before the device is, so it listens on all.
nc_listens()
{
	in_lab cat /proc/net/tcp | grep -q ':1E61 00000000:0000 0A'
}

@test "half-close: the answer after our FIN comes" {
	# shellcheck disable=SC2016
	serving -c 'n=$(wc -c); echo "got $n"' </dev/null
	[ "$(echo hello | in_lab "$SOCKKIT" connect 198.18.0.2 80)" = 'got 6' ]
	finish listen
}

@test "a reset by the kernel is one" {
	serving </dev/null
	in_lab "$PEER" connect 198.18.0.2 80 text:hi rst </dev/null
	finish listen 1
	says listen.err 'Connection reset by peer'
}

@test "500 connections at once" {
	serving -k --echo </dev/null
	cat >clients <<-'END'
		for ((i = 0; i < 500; i++)); do
			exec {fd}<>/dev/tcp/198.18.0.2/80 && fds+=("$fd")
		done
		for fd in "${fds[@]}"; do echo "to $fd" >&"$fd"; done
		for fd in "${fds[@]}"; do
			read -r line <&"$fd" && [ "$line" = "to $fd" ] && n=$((n + 1))
		done
		echo "$n"
	END
	[ "$(in_lab bash clients)" = 500 ]
}

@test "options work over it: --sockopt, -x, --to into the kernel" {
	need nc
	lab
	start_in_lab kernel "$SOCKKIT" listen --port-file kport --echo 127.0.0.1 0 \
		</dev/null
	read -r _ kport < <(addr kport)
	start_in_lab listen "$SOCKKIT" listen --stack tap --port-file port \
		--sockopt tcp_nodelay --sockopt so_rcvbuf=1M -x dump \
		--to 127.0.0.1:"$kport" 80 </dev/null
	until_true test -s port
	[ "$(echo hello | in_lab nc -N 198.18.0.2 80)" = hello ]
	finish listen
	says dump hello
}

@test "a socket option that the stack has not is refused" {
	lab
	run -1 in_lab "$SOCKKIT" listen --stack tap --sockopt so_timestamp 80
	[[ $output == *'so_timestamp'*'Protocol not available' ]]
}

@test "SIGUSR1 shows sockets, neighbours, routes and counters" {
	need nc
	serving -k --echo </dev/null
	echo hi | in_lab nc -N 198.18.0.2 80
	signal listen USR1
	until_true says listen.err 'stack: count ' >/dev/null
	says listen.err 'stack: tcp 0.0.0.0:80 \* LISTEN'
	says listen.err 'stack: route 198.18.0.0/24 static'
	says listen.err 'stack: neigh 198.18.0.1 '
	says listen.err 'stack: addr fd00:5c::2/64 static'
	says listen.err 'stack: count arp_bad' && return 1
	says listen.err 'stack: count link_in '
}

@test "addresses of one's own: dev=, ip=, host-ip=, gw=, mac=, mtu=" {
	need ping
	SPEC=tap,dev=st7,ip=192.0.2.9/28,host-ip=192.0.2.1/28,gw=192.0.2.1
	SPEC+=,mac=02:00:5e:10:00:01,mtu=1400
	serving --echo </dev/null
	in_lab ping -q -c 1 192.0.2.9
	in_lab ip neigh show dev st7 >neighbours
	says neighbours '192.0.2.9 lladdr 02:00:5e:10:00:01'
	in_lab ip link show st7 >device
	says device 'mtu 1400'
}

@test "a device of one's own: txqueuelen=, and persist keeps it" {
	SPEC=tap,dev=st7,txqueuelen=77,persist serving --echo </dev/null
	in_lab ip link show st7 >device
	says device 'qlen 77'
	stop listen
	in_lab ip link show st7 >device
	says device 'st7: '
	SPEC=tap,dev=st8 serving_too
	in_lab ip link show st8 >device
	says device 'qlen 4000'
	stop again
	run -1 in_lab ip link show st8
}

# A second listener in the same lab.
serving_too()
{
	rm -f port
	start_in_lab again "$SOCKKIT" listen --stack "$SPEC" --port-file port 80 \
		</dev/null
	until_true test -s port
}

@test "a link that goes down and comes up again loses no stream" {
	need nc
	SPEC=tap,dev=st7 serving --echo </dev/null
	hold_pipe in
	start_in_lab client nc 198.18.0.2 80 <in
	feed in one
	until_true content_is client.out one
	in_lab ip link set st7 down
	feed in two
	in_lab ip link set st7 up
	until_true content_is client.out onetwo
}

@test "path MTU: a hop of 1300 bytes behind a router" {
	lab
	lab far
	in_lab ip link add near type veth peer name far netns "${PIDS[far]}"
	in_lab ip addr add 203.0.113.1/24 dev near
	in_lab ip link set near mtu 1300 up
	in_lab sysctl -qw net.ipv4.ip_forward=1
	in_lab_of far ip addr add 203.0.113.2/24 dev far
	in_lab_of far ip link set far up
	in_lab_of far ip route add default via 203.0.113.1
	random data 2000000
	OUT=got start_in_lab_of far kernel "$SOCKKIT" \
		listen --port-file port --recv-only 0.0.0.0 0 </dev/null
	read -r _ port < <(addr port)
	in_lab "$SOCKKIT" connect -vv --send-only \
		--stack tap,ip=198.18.0.2/24,host-ip=198.18.0.1/24,gw=198.18.0.1 \
		203.0.113.2 "$port" <data 2>err
	finish kernel
	same data got
	says err 'count pmtu_changes 1 '
}

@test "path MTU: IPv6, a hop of 1300 bytes behind a router" {
	lab
	lab far
	in_lab ip link add near type veth peer name far netns "${PIDS[far]}"
	in_lab ip addr add fd00:9::1/64 dev near nodad
	in_lab ip link set near mtu 1300 up
	in_lab sysctl -qw net.ipv6.conf.all.forwarding=1
	in_lab_of far ip addr add fd00:9::2/64 dev far nodad
	in_lab_of far ip link set far up
	in_lab_of far ip route add default via fd00:9::1
	random data 2000000
	OUT=got start_in_lab_of far kernel "$SOCKKIT" \
		listen --port-file port --recv-only :: 0 </dev/null
	read -r _ port < <(addr port)
	in_lab "$SOCKKIT" connect -vv --send-only \
		--stack tap,ip=fd00:5c::2/64,host-ip=fd00:5c::1/64,gw=fd00:5c::1 \
		fd00:9::2 "$port" <data 2>err
	finish kernel
	same data got
	says err 'count pmtu_changes 1 '
}

@test "pcap=: tshark finds nothing malformed and every checksum right" {
	need tshark
	need nc
	SPEC=tap,pcap=trace serving -k --echo </dev/null
	random data 100000
	for address in 198.18.0.2 fd00:5c::2; do
		in_lab nc -N "$address" 80 <data >got
		in_lab ping -q -c 2 -i 0.05 -s 20000 "$address" >out
		run -1 in_lab "$SOCKKIT" connect "$address" 81 </dev/null
		run -1 in_lab "$SOCKKIT" udp "$address" 81 <<<hi
		in_lab "$PEER" connect "$address" 80 text:hi rst </dev/null
	done
	signal listen TERM
	until_true not_running listen
	clean trace "$OURS"
	[ "$(wc -l <trace.all)" -gt 200 ]
}

@test "pcap=: of a wire, both ends' packets, all checksums right" {
	need tshark
	start listen "$SOCKKIT" listen --stack wire,path=w,pcap=trace -k --echo \
		--port-file port 80 </dev/null
	until_true test -s port
	random data 300000
	sk connect --stack wire,path=w fd00:5c::2 80 <data >got
	same data got
	until_true not_running listen
	clean trace
	says trace.all '^[0-9]{2,}$'
}

# --- what goes wrong -------------------------------------------------------------

# bad SPEC WORDS: a usage error of one line that ends in WORDS.
bad()
{
	run -2 sk connect --stack "$1" 198.18.0.1 80 </dev/null
	[[ $output == *"$2" ]] || { echo "$1: $output"; return 1; }
	[ "${#lines[@]}" -eq 1 ]
}

@test "a SPEC of bad form is a usage error" {
	bad nope 'stack: nope: no such link (tap or wire)'
	bad '' 'no such link (tap or wire)'
	bad wire,pth=x 'unknown option pth (did you mean path?)'
	bad wire 'stack: wire: path=SOCKET is needed'
	bad wire,path=x,dev=y 'stack: wire has no option dev'
	bad tap,ip=198.18.0.2 'must be ADDRESS/LENGTH or dhcp'
	bad tap,ip=198.18.0.2/33 'must be ADDRESS/LENGTH or dhcp'
	bad tap,ip=nobody/24 'must be ADDRESS/LENGTH or dhcp'
	bad tap,gw=here 'gw=here: must be the address of a router'
	bad tap,mac=1:2:3 'must be the address of one host, as 02:00:00:00:00:01'
	bad tap,mtu=1 'mtu=1: must be a number from 68 to 65521'
	bad tap,mtu 'mtu=: must be a number from 68 to 65521'
	bad tap,loss=120% 'loss=120%: must be a chance, as 5% or 0.05'
	bad tap,delay=soon 'delay=soon: must be a time, as 20ms'
	bad tap,rate=-1 'rate=-1: must be bytes a second, as 10M'
	bad tap,queue=0 'queue=0: must be a number of frames, from 1 on'
	bad tap,dev=a/b 'dev=a/b: must be a name of 1 to 15 characters, no blank, / or :'
	bad tap,ip=192.0.2.255/24 'must be ADDRESS/LENGTH or dhcp'
	bad tap,mtu=1000,ip6=slaac 'stack: tap: mtu=1000: IPv6 needs 1280'
	bad tap, 'stack: tap: a comma, and no option'
	bad tap,seed=x 'seed=x: must be a number'
	bad $'tap,dev=\ea' 'dev=\x1ba: must be a name of 1 to 15 characters, no blank, / or :'
	bad "wire,path=$(printf '%0200d' 0)" 'too long'
	run -2 sk connect --stack wire,path=x unix:y
	[[ $output == *'--stack connects to a host and port' ]]
}

@test "a capture that cannot be written is told, status 1" {
	run -1 sk connect --stack wire,path=w,pcap=/nowhere/x 198.18.0.1 80
	[[ $output == *'pcap=/nowhere/x: No such file or directory'* ]]
	[ ! -e w ]
}

@test "tap without CAP_NET_ADMIN names it, and the ways around" {
	if [ "$(id -u)" -eq 0 ]; then
		run -1 setpriv --bounding-set -net_admin --inh-caps -net_admin \
			"$SOCKKIT" connect --stack tap 198.18.0.1 80
	else
		run -1 sk connect --stack tap 198.18.0.1 80
	fi
	[[ $output == *CAP_NET_ADMIN*'unshare -rn'*wire* ]]
}

@test "tap in a user's own namespace: what is needed can be had there" {
	unshare -rn true || skip "no user namespaces here"
	run -1 unshare -rn timeout -k 1 "$PATIENCE" "$SOCKKIT" connect \
		--stack tap,txqueuelen=77 198.18.0.1 80 </dev/null
	[[ $output == *'198.18.0.1:80: connect: Connection refused' ]]
}

@test "a TAP name in use" {
	SPEC=tap,dev=st7 serving --echo </dev/null
	run -1 in_lab "$SOCKKIT" listen --stack tap,dev=st7 80
	[[ $output == *'dev=st7 is in use by another program' ]]
}

@test "an address conflict is told and ends it" {
	lab
	run -1 in_lab "$SOCKKIT" listen \
		--stack tap,ip=198.18.0.1/24,host-ip=198.18.0.1/24 80 </dev/null
	[[ $output == *'address conflict: 198.18.0.1 is in use by '* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "the device deleted under it: one line, status 1" {
	SPEC=tap,dev=st7 serving -k --echo </dev/null
	: >listen.err
	in_lab ip link delete st7
	finish listen 1
	one_line listen.err 'tap: st7: the device is gone$'
}
