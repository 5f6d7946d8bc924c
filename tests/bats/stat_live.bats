#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit stat --events, and --watch into a pipe; on a terminal: stat_screen.bats.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

setup()
{
	helper_setup
	TROUBLE=$(realpath "$(dirname "$SOCKKIT")/tests/tools/trouble")
	export TROUBLE
	need_netns
}

# Lines that scripts in a namespace begin with.
PRELUDE='
wait_for() { local n=1500; until "$@"; do ((n--)) || { echo "never: $*"; exit 9; }
	sleep 0.02; done; }
# subscribed N: so many sockets listen to destroy events
subscribed() { [ "$(awk "\$2 == 4 && \$4 != \"00000000\"" /proc/net/netlink |
	wc -l)" -ge "$1" ]; }
'

# --- --events -------------------------------------------------------------------

@test "-E: a row for each socket that ends" {
	in_netns "$PRELUDE"'
	"$SOCKKIT" stat -E >out 2>err & pid=$!
	wait_for subscribed 1
	"$SOCKKIT" listen --port-file port 127.0.0.1 0 </dev/null >got &
	wait_for test -s port
	read -r h p <port
	echo hello | "$SOCKKIT" connect "$h" "$p"
	# both ends, in either order
	wait_for grep -Eq ":[0-9]+ +127[.]0[.]0[.]1:$p( |\$)" out
	wait_for grep -Eq ":$p +127[.]0[.]0[.]1:[0-9]+" out
	kill -INT $pid; wait $pid || echo $? >status'
	content_is status 130
	content_is err ""
	read -r _ p <port
	says out '^Netid +State +Recv-Q'
	says out "^tcp +UNCONN .* 127\.0\.0\.1:[0-9]+ +127\.0\.0\.1:$p"
	says out "^tcp +UNCONN .* 127\.0\.0\.1:$p +127\.0\.0\.1:[0-9]+"
}

@test "-E --jsonl: with the last tcp_info, filtered" {
	need jq
	in_netns "$PRELUDE"'
	"$SOCKKIT" listen -k --echo --port-file port 127.0.0.1 0 </dev/null &
	wait_for test -s port
	read -r h p <port
	"$SOCKKIT" stat -E --jsonl "sport = :$p and src 127.0.0.1" >out &
	pid=$!
	"$SOCKKIT" stat -E --jsonl -u >udp & pid2=$!
	wait_for subscribed 2
	echo 12345 | "$SOCKKIT" connect "$h" "$p" >/dev/null
	echo x >/dev/udp/127.0.0.1/9 || true
	wait_for test -s out
	wait_for test -s udp
	kill -INT $pid $pid2; wait $pid $pid2 || true'
	read -r _ p <port
	jq -e --argjson p "$p" '.kind == "tcp" and .local_port == $p' out
	says out '"bytes_received":[67],'
	[ "$(jq -r .kind udp | sort -u)" = udp ]
}

@test "-E: a reader too slow is told how many it lost" {
	in_netns "$PRELUDE"'
	"$SOCKKIT" stat -E -u -H >out 2>err & pid=$!
	wait_for subscribed 1
	kill -STOP $pid
	"$TROUBLE" churn 30000 >ready &
	wait_for test -s ready
	# the kernel tells of them later, from a queue of its own
	dropped() { awk "\$2 == 4 && \$4 != \"00000000\" && \$9 > 0 { d = 1 }
		END { exit !d }" /proc/net/netlink; }
	wait_for dropped
	kill -CONT $pid
	lost() { sed -n "s/.*: \([0-9]*\) events were lost.*/\1/p" err |
		awk "{ n += \$1 } END { print n + 0 }"; }
	complete() { [ "$(($(wc -l <out) + $(lost)))" -ge 30000 ]; }
	wait_for complete
	# and it goes on: what ends later is told again
	before=$(wc -l <out)
	more() { echo x >/dev/udp/127.0.0.1/9 || true; [ "$(wc -l <out)" -gt "$before" ]; }
	wait_for more
	kill -INT $pid; wait $pid || true'
	says err '^sockkit stat: warning: [1-9][0-9]* events were lost'
	lost=$(sed -n 's/.*: \([0-9]*\) events were lost.*/\1/p' err |
		awk '{ n += $1 } END { print n }')
	told=$(wc -l <out)
	echo "lost $lost, told $told"
	[ $((lost + told)) -ge 30000 ]
	[ $((lost + told)) -lt 33000 ]
}

@test "-E: what has no events is said" {
	run -1 --separate-stderr sk stat -E -x
	[[ $stderr == *"events of sockets: "* ]]
	run -2 --separate-stderr sk stat -E pid = 1
	[[ $stderr == *"no process's any more"* ]]
	run -2 sk stat -E --watch
}

# --- --watch into a pipe --------------------------------------------------------

@test "--watch piped: first, new, changed and gone, with rates" {
	need jq
	in_netns "$PRELUDE"'
	"$SOCKKIT" listen -k --echo --port-file port 127.0.0.1 0 </dev/null &
	wait_for test -s port
	read -r h p <port
	"$SOCKKIT" stat -t -a --watch=100ms >out & pid=$!
	wait_for grep -q first out
	changes() { grep -c "\"event\":\"changed\"" out; }
	(for i in 1 2 3 4 5 6; do echo 12345678; sleep 0.15; done
	for i in {1..99}; do
		[ "$(changes)" -lt 4 ] || break
		echo 12345678
		sleep 0.15
	done) |
		"$SOCKKIT" connect "$h" "$p" >/dev/null
	wait_for grep -q "\"event\":\"gone\"" out
	kill -INT $pid; wait $pid || echo $? >status'
	content_is status 130
	read -r _ p <port
	jq -e -s --argjson p "$p" '
		(.[0] | .event == "first" and .state == "LISTEN" and
			.received_per_s == null) and
		(map(select(.event == "new")) | length >= 2) and
		(map(select(.event == "changed" and .received_added > 0 and
			.received_per_s > 0)) | length >= 2) and
		(map(.received_added // 0) | add >= 54)' out
}

@test "--watch piped: --columns, --sort, --netns all" {
	need jq
	in_netns "$PRELUDE"'
	for i in 1 2 3; do
		"$SOCKKIT" listen -k --echo --port-file port$i 127.0.0.1 0 \
			</dev/null &
		wait_for test -s port$i
	done
	unshare -n bash -c "ip link set lo up; exec \"$SOCKKIT\" listen -k \
		--port-file port4 ::1 0" </dev/null &
	wait_for test -s port4
	"$SOCKKIT" stat -t -l --watch=100ms --netns all --sort lport:desc \
		--columns lport,pid,rtt,out_per_s >out & pid=$!
	until [ "$(wc -l <out)" -ge 4 ]; do sleep 0.02; done
	kill -INT $pid; wait $pid || true'
	cat port1 port2 port3 port4 | cut -d" " -f2 | sort -rn >ports
	head -n 4 out | jq -r .columns.lport | diff ports -
	head -n 4 out | jq -es '
		(map(.netns) | unique | length == 2) and
		all(.columns.pid | tonumber > 0) and
		all(.columns.rtt == null or (.columns.rtt | type == "string")) and
		all(.columns.out_per_s == null)'
	run -2 sk stat --watch --columns nonsense
	[[ $output == *"no such column: nonsense"* || $output == *"nonsense: no such column"* ]]
	run -2 sk stat --watch --sort nonsense
	run -2 sk stat --watch --sort lport:sideways
}

@test "--watch piped: what UDP drops, and what nobody counts" {
	need jq
	in_netns "$PRELUDE"'
	"$SOCKKIT" stat -u -a --watch=100ms >out & pid=$!
	"$TROUBLE" udpunread 1 >ready &
	wait_for test -s ready
	wait_for grep -q "\"drops_added\":[1-9]" out
	kill -INT $pid; wait $pid || true'
	jq -es 'any(.kind == "udp" and .drops_added > 0 and .drops_per_s > 0 and
		.received_added == null and .retrans_per_s == null)' out
}

@test "--watch piped: Multipath TCP counts as TCP does" {
	need python3
	cat >mptcp.py <<-'EOT'
	import socket as s, sys
	l = s.socket(s.AF_INET, s.SOCK_STREAM, 262); l.bind(('127.0.0.1', 0))
	l.listen(1)
	c = s.socket(s.AF_INET, s.SOCK_STREAM, 262); c.connect(l.getsockname())
	a, _ = l.accept()
	print('ready', flush=True)
	for line in sys.stdin: c.sendall(b'x' * 1000); a.recv(4000)
	EOT
	in_netns "$PRELUDE"'
	mkfifo gate
	python3 mptcp.py <gate >ready & exec 9>gate
	wait_for test -s ready || exit 77
	"$SOCKKIT" stat -M --jsonl >list
	! grep -q "\"bytes_received\":null" list || { echo older >why; exit 77; }
	"$SOCKKIT" stat -M --watch=100ms >out & pid=$!
	wait_for grep -q first out
	echo >&9
	wait_for grep -q "\"received_added\":1000," out
	kill -INT $pid; wait $pid || true' || {
		[ "$(cat /proc/sys/net/mptcp/enabled 2>/dev/null)" = 1 ] ||
			skip "no Multipath TCP here"
		[ ! -s why ] || skip "this kernel counts no bytes of it"
		false
	}
	grep -q '"acked_added":1000,' out
}

@test "--watch piped: the age of sockets, from when they were first seen" {
	need jq
	in_netns "$PRELUDE"'
	"$SOCKKIT" listen -k --echo --port-file port 127.0.0.1 0 </dev/null &
	wait_for test -s port
	"$SOCKKIT" stat -t -l --watch=50ms --columns lport,age \
		"age >= 300ms" >out & pid=$!
	wait_for test -s out
	kill -INT $pid; wait $pid || true
	"$SOCKKIT" stat -t -l "age < 1h" >list 2>err'
	jq -es '.[0].event == "new" and (.[0].columns.age | tonumber >= 300)' out
	says err 'age: only --watch'
	run ! grep LISTEN list
}

@test "--watch piped: ends when nobody reads any more" {
	in_netns '
	"$SOCKKIT" stat -t -l --watch=50ms | head -c 0
	echo ${PIPESTATUS[0]} >status'
	content_is status 0
}

@test "--watch -p: whose it is" {
	in_netns "$PRELUDE"'
	"$SOCKKIT" listen -k --echo --port-file port 127.0.0.1 0 </dev/null &
	echo $! >pid
	wait_for test -s port
	"$SOCKKIT" stat -t -l -p --watch=100ms >out & pid=$!
	wait_for test -s out
	kill -INT $pid; wait $pid || true'
	says out '"process":"sockkit","pid":[1-9]'
}
