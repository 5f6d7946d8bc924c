#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Addresses that others give: DHCP and router advertisements of real servers,
# and those that others have.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load stack_helper

# device ADDRESS...: a persistent TAP device st7 in the lab that servers can
# be started on before the stack comes.
device()
{
	lab
	in_lab ip tuntap add dev st7 mode tap
	for address in "$@"; do
		in_lab ip addr add "$address" dev st7
	done
	in_lab ip link set st7 up
}

@test "ip=dhcp: an address, a router and a name server's lease of dnsmasq" {
	need dnsmasq
	device 192.0.2.1/24
	start_in_lab dnsmasq dnsmasq -d -C /dev/null -p 0 -i st7 -u root \
		--dhcp-range=192.0.2.50,192.0.2.50,1h -l leases </dev/null
	until_true grep -q 'DHCP, IP range' dnsmasq.err
	start_in_lab listen "$SOCKKIT" listen -v --stack tap,dev=st7,ip=dhcp \
		--port-file port -k --echo 80 </dev/null
	until_true test -s port
	says listen.err 'stack: DHCP: 192.0.2.50 from 192.0.2.1'
	[ "$(echo hi | in_lab "$SOCKKIT" connect 192.0.2.50 80)" = hi ]
	signal listen USR1
	until_true grep -q 'route 0.0.0.0/0 via 192.0.2.1 dhcp' listen.err
	says leases ' 192.0.2.50 '
}

@test "ip=dhcp: an address that somebody has is declined, the next is taken" {
	need dnsmasq
	device 192.0.2.1/24 192.0.2.50/24
	start_in_lab dnsmasq dnsmasq -d -C /dev/null -p 0 -i st7 -u root \
		--no-ping --dhcp-range=192.0.2.50,192.0.2.51,1h \
		--dhcp-host=02:00:5e:10:00:01,192.0.2.50 -l leases </dev/null
	until_true grep -q 'DHCP, IP range' dnsmasq.err
	start_in_lab listen "$SOCKKIT" listen -v -k --echo --port-file port \
		--stack tap,dev=st7,ip=dhcp,mac=02:00:5e:10:00:01 80 </dev/null
	until_true grep -q 'DHCPDECLINE.*192.0.2.50' dnsmasq.err
}

@test "ip=dhcp: nobody answers" {
	device 192.0.2.1/24
	run -1 in_lab "$SOCKKIT" connect -w 500ms --stack tap,dev=st7,ip=dhcp \
		192.0.2.1 80 </dev/null
	[[ $output == *'stack: no address: timed out after 500 ms' ]]
}

@test "ip6=slaac: an address and a router of radvd" {
	need radvd
	device
	in_lab sysctl -qw net.ipv6.conf.all.forwarding=1
	in_lab ip addr add fd00:77::1/64 dev st7 nodad
	cat >radvd.conf <<-'END'
		interface st7 {
			AdvSendAdvert on;
			MinRtrAdvInterval 3;
			MaxRtrAdvInterval 4;
			prefix fd00:77::/64 { };
		};
	END
	chmod 644 radvd.conf
	start_in_lab listen "$SOCKKIT" listen -v --stack tap,dev=st7,ip6=slaac \
		-k --echo --port-file port 80 </dev/null
	start_in_lab radvd radvd -n -C radvd.conf -m stderr -p radvd.pid \
		</dev/null
	until_true grep -q 'stack: address fd00:77:' listen.err
	until_true test -s port
	address=$(sed -n 's/.*stack: address \(fd00:77:[^/]*\).*/\1/p' listen.err)
	[ "$(echo hi | in_lab "$SOCKKIT" connect "$address" 80)" = hi ]
	signal listen USR1
	until_true grep -q 'route ::/0 via fe80:' listen.err
}

@test "an address conflict of IPv6 is told and ends it" {
	lab
	run -1 in_lab "$SOCKKIT" listen \
		--stack tap,ip=fd00:5c::1/64,host-ip=fd00:5c::1/64 80 </dev/null
	[[ $output == *'address conflict: fd00:5c::1 is in use by '* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "somebody takes our address while we run: told, status 1" {
	SPEC=tap,dev=st7 serving -k --echo </dev/null
	in_lab ip link add taker link st7 type macvlan mode bridge ||
		skip "no macvlan here"
	in_lab sysctl -qw net.ipv4.conf.taker.arp_notify=1
	in_lab ip addr add 198.18.0.2/24 dev taker
	# It is defended once, then given up.
	until_true bounced_out
	finish listen 1
	[ "$(grep -c 'address conflict: 198.18.0.2 is in use by' listen.err)" -eq 1 ]
}

# It comes up and says so, once more.
bounced_out()
{
	in_lab ip link set taker down
	in_lab ip link set taker up
	not_running listen
}
