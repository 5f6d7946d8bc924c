#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit stat: --counters, --summary, --protocols, --families, --sysctl.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

@test "--counters: every name in this kernel's files has a meaning" {
	sk stat --counters='*' >all
	says all '^TcpExtListenOverflows +[0-9]+  '
	# Counter, value, meaning: a line of two words has none.
	run ! grep -E '^[^ ]+ +-?[0-9]+ *$' all
	awk 'NR % 2 && $1 ~ /:$/ { g = $1; sub(":", "", g)
		for (i = 2; i <= NF; i++) print g $i }' /proc/net/netstat >names
	[ -s names ]
	while read -r name; do
		grep -q "^$name " all || { echo "not there: $name"; false; }
	done <names
}

@test "--counters GLOB: by name, by group, in any case; else an error" {
	sk stat --counters='listen*' >out
	[ "$(wc -l <out)" -eq 3 ]
	says out '^TcpExtListenDrops'
	sk stat --counters=TcpExtListenDrops >out
	[ "$(wc -l <out)" -eq 2 ]
	sk stat --counters='udp.*' >out
	says out '^UdpRcvbufErrors'
	says_not out '^Tcp'
	run -1 --separate-stderr sk stat --counters=nosuch
	[ "$stderr" = "sockkit stat: no counter is called nosuch" ]
}

@test "--counters without GLOB: what is zero is left out" {
	need_netns
	in_netns '"$SOCKKIT" stat --counters' >out
	says out '^IpDefaultTTL +64 '
	says_not out '^[^ ]+ +0( |$)'
	says_not out '^UdpNoPorts'
}

@test "--counters --json: values as in the files, also above 2^32" {
	need jq
	need_netns
	in_netns '
	for i in 1 2 3; do echo x >/dev/udp/127.0.0.1/9 || true; done
	"$SOCKKIT" stat --counters --json >json
	grep "^Udp:" /proc/net/snmp >snmp'
	want=$(awk 'NR == 2 { print $3 }' snmp)
	[ "$want" -gt 0 ]
	[ "$(jq '.counters[] | select(.group == "Udp" and
		.name == "NoPorts").value' json)" = "$want" ]
	jq -e '.counters[] | select(.group == "Tcp" and
		.name == "MaxConn") | .value == -1 and .kind == "gauge"' json
	jq -e '[.counters[] | select(.device == "lo")] | length == 16' json
}

@test "--counters --rate: what was added meanwhile" {
	need_netns
	in_netns '
	(until [ -e done ]; do
		echo x >/dev/udp/127.0.0.1/9 || true
	done) 2>/dev/null &
	"$SOCKKIT" stat --counters=UdpNoPorts --rate 300ms >out
	"$SOCKKIT" stat --counters=UdpNoPorts --rate 100ms --json >json
	touch done'
	says out '^UdpNoPorts +[0-9]+ +\+[1-9][0-9]* +[0-9.]+/s  datagrams'
	says json '"seconds":0\.[1-9][0-9]*,.*"added":[1-9]'
}

@test "--rate without --counters is a usage error" {
	run -2 sk stat --rate 1
}

@test "--summary: layout and numbers of ss -s" {
	need ss
	need_netns
	in_netns '
	"$PEER" listen port close &
	until [ -s port ]; do sleep 0.02; done
	# alloc and orphan are of the whole machine: take a quiet moment
	for i in $(seq 100); do
		ss -s >want; "$SOCKKIT" stat -s >got
		head -n "$(wc -l <want)" got | cmp -s want - && break
	done
	head -n "$(wc -l <want)" got | diff want -'
}

@test "--summary beside families or a filter: a list as well, as in ss" {
	need_netns
	in_netns '
	"$SOCKKIT" listen --port-file port -k 127.0.0.1 0 </dev/null &
	until [ -s port ]; do sleep 0.02; done
	for also in -t -4 "-A tcp" "sport != 1"; do
		"$SOCKKIT" stat -s -ln $also >out
		grep -q "^Transport Total" out
		grep -q "LISTEN.*127.0.0.1:" out
	done
	"$SOCKKIT" stat -s -ln >out'
	says out '^Transport Total'
	says_not out 'LISTEN'
	run -2 sk stat -s -t --json 'sport = 1'
	run -2 sk stat -s -t --csv
	run -2 sk stat -s --watch
	[[ $output == *"--summary does not go with --watch"* ]]
}

@test "--summary: sockets and memory, as text and as JSON" {
	need jq
	need_netns
	in_netns '
	"$SOCKKIT" listen --port-file port -k 127.0.0.1 0 </dev/null &
	until [ -s port ]; do sleep 0.02; done
	"$SOCKKIT" stat -s >out
	"$SOCKKIT" stat --summary --json >json'
	says out '^TCP:   [0-9]+ \(estab 0, closed [0-9]+, orphaned [0-9]+,'
	grep -qx $'TCP\t  1         1         0        ' out
	grep -qx $'UDP\t  0         0         0        ' out
	says out '^Memory '
	jq -e '.transports[] | select(.name == "TCP") | .ipv4 == 1' json
	jq -e '.memory | map(.name) == ["TCP", "UDP", "FRAG", "FRAG6"]' json
	# tcp_mem is no setting of this namespace: absent, not zero
	jq -e '.memory[0].limit_bytes == null' json
}

@test "--protocols: the rows of /proc/net/protocols, with functions" {
	need jq
	# Modules come while others run.
	as_many() { sk stat --protocols >out; [ "$(wc -l <out)" -eq "$(wc -l </proc/net/protocols)" ]; }
	until_true as_many
	says out '^TCP +[0-9]+ +[0-9]+ .* connect .*accept'
	sk stat --protocols --json >json
	jq -e '.[] | select(.protocol == "TCP") |
		.functions | index("accept") and index("bind") == null' json
	jq -e '.[] | select(.protocol == "NETLINK") |
		.memory_pages == null and .pressure == null' json
}

@test "--families: what socket(2) accepts, and why not" {
	need jq
	sk stat --families >out
	says out '^AF_INET +SOCK_STREAM +.*IPPROTO_TCP'
	says out '^AF_UNIX +SOCK_DGRAM +0$'
	says out '^Refused +Reason'
	sk stat --families --json >json
	jq -e '.[] | select(.family == "AF_INET") | .number == 2 and
		.refused == null and ([.types[] |
		select(.type == "SOCK_DGRAM").protocols[].name] |
		index("IPPROTO_UDP"))' json
	jq -e '.[] | select(.family == "AF_APPLETALK") |
		(.types == []) == (.refused != null)' json
}

@test "--families: packet sockets take any protocol" {
	need jq
	need_netns
	in_netns '"$SOCKKIT" stat --families --json >json'
	jq -e '.[] | select(.family == "AF_PACKET").types[] |
		select(.type == "SOCK_RAW") | .any_protocol and .protocols == []' json
}

@test "--families without privilege: raw sockets are refused" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to drop what it has"
	need setpriv
	setpriv --reuid 65534 --clear-groups --bounding-set -all \
		--inh-caps -all "$SOCKKIT" stat --families >out
	says out '^AF_INET +SOCK_STREAM'
	says_not out '^AF_INET +SOCK_RAW'
	says out '^AF_PACKET +Operation not permitted'
}

@test "--sysctl: values as sysctl has them, and where they bite" {
	need jq
	sk stat --sysctl >out
	says out "^net.core.somaxconn +$(cat /proc/sys/net/core/somaxconn) "
	says out '^net.ipv4.tcp_syncookies +[0-9] +listen +'
	sk stat --sysctl --json >json
	jq -e '.[] | select(.name == "net.ipv4.ip_local_port_range").value ==
		"'"$(tr '\t' ' ' </proc/sys/net/ipv4/ip_local_port_range)"'"' json
}

@test "--sysctl: what a namespace has not is absent" {
	need jq
	need_netns
	in_netns '"$SOCKKIT" stat --sysctl >out
		"$SOCKKIT" stat --sysctl --json >json'
	says_not out tcp_max_orphans
	jq -e '.[] | select(.name == "net.ipv4.tcp_max_orphans").value == null' \
		json
}

@test "two of these at once are a usage error" {
	run -2 --separate-stderr sk stat --summary --families
	[[ $stderr == *"--summary and --families cannot be given together"* ]]
}

@test "a full disk is a failure" {
	[ -e /dev/full ] || skip "no /dev/full here"
	OUT=/dev/full start stat "$SOCKKIT" stat --sysctl </dev/null
	finish stat 1
	says stat.err 'standard output: No space left'
}
