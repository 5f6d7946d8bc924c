#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit stat --doctor: each rule finds what it is for, produced for real in
# a network namespace (tests/tools/trouble.c), and a healthy one is silent.
# orphans, tcp-memory, udp-memory, softnet-drops and files are about limits that
# the whole machine shares: they have a machine of their own, tests/vm/doctor.bats.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper
load doctor_helper

setup()
{
	helper_setup
	TROUBLE=$(realpath "$(dirname "$SOCKKIT")/tests/tools/trouble")
	export TROUBLE
	need_netns
}

# sick SETUP TROUBLE...: with this going on, the doctor's words are in `out`
# and `json`, and its status in `status`. It is asked again until it has a
# finding, both times, as conditions come and go with the machine's load; with
# UNTIL, a regular expression, until it says that.
sick()
{
	ask_until "${UNTIL:-.}" "$@"
}

# well SETUP TROUBLE...: the same where nothing is to be found. What a CPU drops
# or all sockets take is the whole machine's: others may have been it, once.
well()
{
	ask_until '' "$@"
}

ask_until()
{
	local until=$1 setup=$2 rule=rule

	shift 2
	# Of one rule, both looks are to have it.
	[[ $until != ^*:* ]] || rule=${until#^} rule=\"${rule%%:*}\"
	in_netns "$setup
	\"\$TROUBLE\" $* >ready &
	until [ -s ready ]; do
		kill -0 \$! || exit 9
		sleep 0.02
	done
	for _ in {1..50}; do
		status=0
		\"\$SOCKKIT\" stat --doctor --interval 500ms >out 2>err ||
			status=\$?
		grep -qE '$until' out || [ -z '$until' ] || continue
		\"\$SOCKKIT\" stat --doctor --interval 500ms --json >json \
			2>/dev/null || true
		grep -qF '$rule' json || [ -z '$until' ] || continue
		[ -n '$until' ] || [ \"\$((looks += 1))\" -ge 4 ] ||
			[ ! -s out ] || continue
		break
	done
	echo \$status >status"
}

@test "a healthy namespace: silent, status 0" {
	in_netns '
	"$SOCKKIT" listen -k --echo --port-file port 127.0.0.1 0 </dev/null &
	until [ -s port ]; do sleep 0.02; done
	read -r h p <port
	(while sleep 0.05; do echo hello; done) |
		"$SOCKKIT" connect "$h" "$p" >got &
	until [ -s got ]; do sleep 0.02; done
	for _ in 1 2 3 4; do
		"$SOCKKIT" stat --doctor --interval 500ms >out 2>err &&
			"$SOCKKIT" stat --doctor --interval 100ms --json >json &&
			break
	done'
	content_is out ""
	content_is err ""
	content_is json "[]"
}

@test "accept-overflow: a listener that never accepts" {
	sick "" noaccept 2
	finds accept-overflow 'trouble \(pid [0-9]+\) does not accept: the queue of 127\.0\.0\.1:[0-9]+ is full \(3 connections wait, its backlog is 2\)'
}

@test "accept-overflow-burst: a queue that is full at times" {
	sick "" burst 2
	says out '^accept-overflow(-burst)?: .* turned [1-9][0-9]* SYNs or ACKs away'
	content_is status 3
}

@test "listener-near-backlog: a queue about to overflow" {
	sick "" slowaccept 4
	finds listener-near-backlog 'trouble \(pid [0-9]+\) accepts too slowly: 4 connections wait at 127\.0\.0\.1:[0-9]+, 4 may'
}

@test "backlog-cut: somaxconn below the backlog" {
	sick "sysctl -qw net.core.somaxconn=16" quiet 100
	finds backlog-cut 'the backlog of 127\.0\.0\.1:[0-9]+ \(trouble \(pid [0-9]+\)\) is 16, which is net.core.somaxconn'
}

@test "backlog-cut: not for a backlog that fits" {
	well "sysctl -qw net.core.somaxconn=16" quiet 10
	content_is status 0
	content_is out ""
}

@test "syn-flood: half-open connections fill a listener" {
	UNTIL='^syn-flood: ' sick "ip link add v0 type veth peer name v1
	ip link set v0 up; ip link set v1 up
	ip addr add 10.201.0.1/24 dev v0
	ip route add 10.200.0.0/16 dev v0
	sysctl -qw net.ipv4.conf.all.rp_filter=0" synflood 8
	finds syn-flood '[0-9]+ half-open connections fill the queue of 10\.201\.0\.1:[0-9]+ \(trouble'
}

@test "syn-drops: SYNs find no room, and no queue is full" {
	sick "ip link add v0 type veth peer name v1
	ip link set v0 up; ip link set v1 up
	ip addr add 10.201.0.1/24 dev v0
	ip route add 10.200.0.0/16 dev v0
	sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.tcp_syncookies=0 \
		net.ipv4.tcp_max_syn_backlog=8" synstream 20
	finds syn-drops 'listeners were short of room for SYNs in [0-9.]+ s: 0 SYN cookies sent, [1-9][0-9]* SYNs dropped'
}

@test "syn-drops: not where everybody is sent a cookie" {
	well "ip link add v0 type veth peer name v1
	ip link set v0 up; ip link set v1 up
	ip addr add 10.201.0.1/24 dev v0
	ip route add 10.200.0.0/16 dev v0
	sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.tcp_syncookies=2" \
		synstream 5
	content_is status 0
	content_is out ""
}

@test "ports-exhausted: nearly all ports to one place" {
	sick 'sysctl -qw net.ipv4.ip_local_port_range="40000 40019"' ports 17
	finds ports-exhausted '17 of 20 local ports are taken from 127\.0\.0\.1:0 to 127\.0\.0\.1:[0-9]+ \(0 of them'
}

@test "time-wait: more than tcp_max_tw_buckets" {
	sick "sysctl -qw net.ipv4.tcp_max_tw_buckets=20" timewait 30
	finds time-wait '20 sockets are in TIME-WAIT, net.ipv4.tcp_max_tw_buckets is 20'
}

@test "close-wait: a program that never closes" {
	sick "" closewait 12
	finds close-wait 'trouble \(pid [0-9]+\) does not close: 12 connections'
}

@test "close-wait: a few on their way are no finding" {
	well "" closewait 5
	content_is status 0
}

@test "socket-leak: a client that forgets its connections" {
	sick "" forget 25
	finds socket-leak 'trouble \(pid [0-9]+\) connects to 127\.0\.0\.1:[0-9]+ again and again and never closes: [1-9][0-9]* connections came'
	[ "$(grep -c "^socket-leak" out)" -eq 1 ]
}

@test "socket-leak: not for one that closes, however many it keeps" {
	well "" forget -25
	says_not out '^socket-leak'
}

@test "closed-sockets: reset connections that nobody closes" {
	sick "" closedkept 20
	finds closed-sockets 'trouble \(pid [0-9]+\) keeps 20 TCP sockets that are closed'
}

@test "closed-sockets: not for sockets that wait to be used" {
	well "" store 40
	content_is out ""
	content_is status 0
}

@test "closed-sockets: not for a few, nor for those of another namespace" {
	local other

	for other in ports closedkept; do
		well "unshare -n sh -c 'ip link set lo up
			exec \"\$TROUBLE\" $other 30' >r2 &
			until [ -s r2 ]; do sleep 0.02; done" closedkept 19
		content_is out "" || return 1
		content_is status 0 || return 1
	done
}

@test "no-answer: a peer that has gone without a word" {
	need nft
	sick "ip addr add 10.77.0.2/32 dev lo" noanswer
	finds no-answer '10\.77\.0\.2:[0-9]+ does not answer: 1 connections'
}

@test "zero-window: a peer that never reads" {
	sick "" zerowindow
	finds zero-window '127\.0\.0\.1:[0-9]+ does not read: its window is closed, and [1-9][0-9]+ bytes of trouble'
}

@test "retransmissions: a path that loses" {
	need nft
	sick "" lossy
	says out '^retransmissions: [0-9]+% of the TCP segments .* to 127\.0\.0\.1:[0-9]+ by trouble'
	content_is status 3
}

@test "small-buffer: a long path and little room" {
	UNTIL='^small-buffer: ' sick "\"\$SOCKKIT\" listen -k --discard \
		--stack tap,delay=40ms --port-file far 9 2>far.err &
	until [ -s far ]; do sleep 0.02; done" smallbuffer
	says out '^small-buffer: trouble .* [0-9]+% of its time it waits for room in its send buffer; the round trip takes ([89][0-9]|[1-9][0-9]{2}) ms'
	content_is status 3
}

@test "udp-drops: a reader that never reads, and more comes" {
	sick "" udpunread 1
	finds udp-drops 'trouble \(pid [0-9]+\) reads 127\.0\.0\.1:[0-9]+ too slowly: [1-9][0-9]* datagrams'
}

@test "udp-unread: a full buffer, and nothing comes" {
	sick "" udpunread
	finds udp-unread 'trouble \(pid [0-9]+\) does not read 127\.0\.0\.1:[0-9]+: its buffer is full'
}

@test "device-drops: a device whose queue nobody empties" {
	[ -c /dev/net/tun ] || skip "no /dev/net/tun"
	sick "" tundrops
	finds device-drops 'stuck0 dropped 0 packets on input and [1-9][0-9]+ on output'
}

@test "conntrack-full: the table of connections is nearly full" {
	need nft
	[ -r /proc/sys/net/netfilter/nf_conntrack_max ] ||
		skip "no connection tracking here"
	[ "$(cat /proc/sys/net/netfilter/nf_conntrack_max)" -le 300000 ] ||
		skip "the table is too large to be filled in a test"
	# A quarter of a million flows: none may end before the last is there,
	# and that nobody answers saves half of the work.
	# shellcheck disable=SC2034 # in_netns asks it
	PATIENCE=50
	sick "nft add table t; nft add chain t c \
		'{ type filter hook output priority 0; }'
	nft add rule t c ct state established accept
	nft add chain t deaf '{ type filter hook input priority 0; policy drop; }'
	sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600" conntrack 93
	finds conntrack-full 'the table of connection tracking holds [0-9]+ of'
}

@test "fd-limit: a process that has nearly all its descriptors" {
	sick "" files 32
	finds fd-limit 'trouble \(pid [0-9]+\) has (29|3[0-9]) files open and may have 32'
}

@test "several at once: worst first" {
	sick '"$TROUBLE" udpunread >r2 & "$TROUBLE" slowaccept >r3 &
	until [ -s r2 ] && [ -s r3 ]; do sleep 0.02; done' noaccept 2
	finds accept-overflow ''
	[ "$(sed -n 's/^\([a-z-]*\): .*/\1/p' out | tr '\n' ' ')" = \
		"accept-overflow listener-near-backlog udp-unread " ]
}

@test "a name of a process that would paint the terminal" {
	in_netns '
	cp "$TROUBLE" "$(printf "a\033[31mb")"
	"./$(printf "a\033[31mb")" slowaccept >ready &
	until [ -s ready ]; do sleep 0.02; done
	"$SOCKKIT" stat --doctor --interval 200ms >out 2>err || true'
	says out 'a\\x1b\[31mb \(pid [0-9]+\) accepts too slowly'
	says_not out $'\033'
}

@test "without privilege: the socket is found, its process is not invented" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to drop what it has"
	need setpriv
	in_netns '
	"$TROUBLE" slowaccept >ready &
	until [ -s ready ]; do sleep 0.02; done
	setpriv --reuid 65534 --clear-groups --bounding-set -all \
		--inh-caps -all "$SOCKKIT" stat --doctor --interval 200ms \
		>out 2>err || true'
	says out '^listener-near-backlog: a process that we do not see accepts'
}

@test "--interval without --doctor is a usage error" {
	run -2 sk stat --interval 1
}
