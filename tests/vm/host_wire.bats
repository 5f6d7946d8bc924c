#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The embedded stack on a wire to a virtual machine's network card, by qemu's
# -netdev stream: its kernel is the peer. This file runs on this side of it. A
# boot takes longer than all that follows, so there is one, with two cards.

# shellcheck disable=SC2154 # load
bats_require_minimum_version 1.5.0
load ../bats/helper

# Emulated, on a machine that does other things too, it takes its time.
setup_file()
{
	export BATS_TEST_TIMEOUT=400 PATIENCE=60
}

# What the machine does: with the first card all that a peer can, on the second
# it waits for us.
guest()
{
	cat <<-'EOT'
	card()
	{
		until [ -e "/sys/class/net/$1" ]; do sleep 0.1; done
		ip link set "$1" up
		ip addr add "$2" dev "$1"
		ip -6 addr add "$3" dev "$1" nodad
	}
	modprobe virtio_net
	card eth0 198.18.0.1/24 fd00:5c::1/64
	card eth1 198.18.1.1/24 fd00:5d::1/64
	ping -c 2 -i 0.2 -W 20 198.18.0.2
	ping -c 2 -i 0.2 -W 20 fd00:5c::2
	ping -c 1 -W 20 -s 20000 198.18.0.2
	ping -c 1 -W 20 -s 20000 fd00:5c::2
	nc -N 198.18.0.2 7777 <file | cmp - file
	nc -N fd00:5c::2 7777 <file | cmp - file
	echo all came back
	nc -N -l 7777 <file | cmp - file
	echo all has come
	EOT
}

# wire NAME MODE MAC: qemu's words for a card on it.
wire()
{
	echo "-device virtio-net-pci,netdev=$1,mac=$3 -netdev" \
		"stream,id=$1,addr.type=unix,addr.path=$PWD/$1,server=$2"
}

# The machine says so far that it is done with it; or has ended.
said()
{
	grep -q "^$1" machine.out || ! [ -e "/proc/${PIDS[machine]}" ]
}

reaches()
{
	sk connect --stack wire,path=theirs,ip=198.18.1.2/24 198.18.1.1 7777 \
		<file >got 2>connect.err
}

@test "its kernel pings, IPv4, IPv6, in fragments, and 4 MiB pass, whoever is first" {
	"$PEER" pattern 4194304 >file
	guest >guest.sh
	start listen "$SOCKKIT" listen --stack \
		wire,path=ours,ip=198.18.0.2/24,ip=fd00:5c::2/64 \
		-k --echo 7777 </dev/null
	until_true test -S ours
	start machine "$BATS_TEST_DIRNAME/run" -t 350 -a "$(wire ours off \
		02:00:00:00:00:01) $(wire theirs on 02:00:00:00:00:02)" \
		bash -e guest.sh </dev/null
	PATIENCE=350 until_true said 'all came back'
	! grep '^no virtual machine' machine.err ||
		skip "$(cat machine.err)"
	says machine.out '^all came back'
	until_true reaches || { cat connect.err; false; }
	same file got
	finish machine
	says machine.out '^all has come'
	finish listen 1	# the wire has gone with the machine
	one_line listen.err 'wire: .*: the peer has gone'
}
