#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# connect -z.

# Each test is a subshell, and scripts for others stand in single quotes.
# shellcheck disable=SC2030,SC2031,SC2016,SC2094

bats_require_minimum_version 1.5.0
load helper

@test "-z: open and closed, in order, with service names" {
	listening -k --echo </dev/null
	run -0 sk connect -z 127.0.0.1 "$PORT,1"
	[ "${lines[0]}" = "    1/tcp  closed        tcpmux" ]
	[ "${lines[1]}" = "$(printf '%5d/tcp  open' "$PORT")" ]
}

@test "-z: sends nothing" {
	awaiting expect-eof
	run -0 sk connect -z "$HOST" "$PORT"
	finish peer
}

@test "-z: nothing open is status 1" {
	dead_port
	run -1 sk connect -z "$HOST" "$PORT"
	[[ $output == *closed* ]]
}

@test "-z: many ports: the open ones, and a count of the others" {
	in_netns '"$SOCKKIT" listen -k --echo 127.0.0.1 5000 </dev/null &
		"$SOCKKIT" connect --retry 20 127.0.0.1 5000 </dev/null
		"$SOCKKIT" connect -z --parallel 64 127.0.0.1 1-65535 2>err >out'
	content_is out " 5000/tcp  open"
	says err '65534 closed'
}

@test "-z --json" {
	listening -k --echo </dev/null
	sk connect -z --json 127.0.0.1 "$PORT" >out
	jq -e --argjson p "$PORT" '.protocol == "tcp" and
		.address == "127.0.0.1" and .ports[0].port == $p and
		.ports[0].state == "open" and .ports[0].service == null' out
}

@test "-z: a name with several addresses: open at one of them is open" {
	need_netns
	printf '::1 both.test\n127.0.0.1 both.test\n127.0.0.2 both.test\n' >hosts
	in_netns 'mount --bind hosts /etc/hosts
		"$SOCKKIT" listen -k --echo 127.0.0.1 5000 </dev/null &
		"$SOCKKIT" connect --retry 20 127.0.0.1 5000 </dev/null
		"$SOCKKIT" listen -k --echo ::1 5001 </dev/null &
		"$SOCKKIT" connect --retry 20 ::1 5001 </dev/null
		"$SOCKKIT" connect -z both.test 5000-5002 >out
		"$SOCKKIT" connect -z --json both.test 5000-5002 >json'
	content_is out ' 5000/tcp  open
 5001/tcp  open
 5002/tcp  closed'
	[ "$(jq -r '.ports[].address' json | tr '\n' ' ')" = \
		"127.0.0.1 ::1 ::1 " ]
}

@test "-z: no answer is filtered" {
	in_netns 'ip link add va type veth peer name vb
		ip addr add 10.99.0.1/24 dev va; ip link set va up
		ip link set vb up
		ip neigh add 10.99.0.2 lladdr 02:00:00:00:00:01 dev va
		"$SOCKKIT" connect -z -w 0.2 10.99.0.2 80 >out' || true
	says out '80/tcp +filtered +http'
}

@test "-z: a router that says no is a filter, not a refusal" {
	need_netns
	run -1 in_netns 'ip route add unreachable 10.99.1.0/24
		ip route add prohibit 10.99.2.0/24
		"$SOCKKIT" connect -z -w 5 10.99.1.1 80 >out || true
		exec "$SOCKKIT" connect -z -w 5 10.99.2.1 80'
	says out '80/tcp +filtered +http'
	[[ $output == *"80/tcp  filtered      http"* ]]
}

@test "-z --udp: refused is closed, silence is open|filtered" {
	in_netns '"$SOCKKIT" connect -z --udp 127.0.0.1 9 >closed || true
		socat -u UDP-LISTEN:9999 - >/dev/null &
		until ss -uln | grep -q :9999; do :; done
		"$SOCKKIT" connect -z --udp -w 0.3 127.0.0.1 9999 >silent
		kill $!' || true
	says closed '9/udp +closed'
	says silent '9999/udp +open\|filtered'
}

@test "-z: lists that are none" {
	for list in 5-1 0 70000 1,,2 '' 1- nosuchservice; do
		run -2 sk connect -z 127.0.0.1 "$list"
	done
	run -2 sk connect -z 127.0.0.1
}

@test "-z: more ports at once than descriptors" {
	run -0 bash -c 'ulimit -n 20; "$0" connect -z --parallel 4096 127.0.0.1 \
		20000-20600 -v 2>err | grep -c closed' "$SOCKKIT"
	[ "${lines[0]}" -ge 590 ]
}
