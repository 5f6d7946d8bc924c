#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The embedded stack on a wire to a virtual machine's network card, by qemu's
# -netdev stream: its kernel is the peer. This file runs on this side of it.

# shellcheck disable=SC2154 # load
bats_require_minimum_version 1.5.0
load ../bats/helper

setup()
{
	helper_setup
	NET="-device virtio-net-pci,netdev=n -netdev stream,id=n,addr.type=unix"
	NET+=",addr.path=$PWD/wire,server="
	"$PEER" pattern 4194304 >file
	cat >card <<-'EOT'
	modprobe virtio_net
	until [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
	ip link set eth0 up
	ip addr add 198.18.0.1/24 dev eth0
	ip -6 addr add fd00:5c::1/64 dev eth0 nodad
	EOT
}

# machine SERVER: with a card, runs `guest` and writes to `out`.
machine()
{
	local status=0

	"$BATS_TEST_DIRNAME/run" -t 120 -a "$NET$1" \
		bash -ec '. ./card; . ./guest' >out 2>err || status=$?
	[ "$status" != 75 ] || skip "$(cat err)"
	cat out err
	return "$status"
}

@test "we come first: its kernel pings, IPv4, IPv6, in fragments; 4 MiB come back" {
	start listen "$SOCKKIT" listen --stack \
		wire,path=wire,ip=198.18.0.2/24,ip=fd00:5c::2/64 \
		-k --echo 7777 </dev/null
	until_true test -S wire
	cat >guest <<-'EOT'
	ping -c 2 -W 20 198.18.0.2
	ping -c 2 -W 20 fd00:5c::2
	ping -c 1 -W 20 -s 20000 198.18.0.2
	nc -N 198.18.0.2 7777 <file | cmp - file
	nc -N fd00:5c::2 7777 <file | cmp - file
	echo all the same
	EOT
	machine off
	says out '^all the same'
	finish listen 1	# the wire has gone with the machine
	one_line listen.err 'wire: .*: the peer has gone'
}

reaches()
{
	sk connect --stack wire,path=wire,ip=198.18.0.2/24 198.18.0.1 7777 \
		<file >got 2>connect.err
}

@test "qemu comes first: we connect to a server in it, 4 MiB each way" {
	cat >guest <<-'EOT'
	nc -N -l 7777 <file | cmp - file
	echo all the same
	EOT
	(machine on) >machine.out 2>&1 3>&- &
	# shellcheck disable=SC2034 # finish waits for it
	PIDS[machine]=$!
	until_true test -S wire || skip "$(cat err)"
	PATIENCE=60 until_true reaches || { cat connect.err; false; }
	same file got
	finish machine
	says out '^all the same'
}
