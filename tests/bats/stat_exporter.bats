#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit stat --openmetrics and --exporter.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

# Start the exporter as "exporter" and set HOST and PORT.
exporting()
{
	start exporter "$SOCKKIT" stat --exporter 127.0.0.1:0 \
		--port-file port </dev/null
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

fetch()
{
	curl -sS --max-time "$PATIENCE" "$@"
}

# complaints: what promtool says, but for the spelling of names: ours are the
# kernel's.
complaints()
{
	promtool check metrics 2>&1 | grep -v "snake_case"
}

# --- the document ---------------------------------------------------------------

@test "--openmetrics: families, samples, labels, EOF" {
	sk stat --openmetrics >out
	says out '^# TYPE sockkit_TcpExt_ListenOverflows counter$'
	says out '^sockkit_TcpExt_ListenOverflows_total [0-9]+$'
	says out '^# TYPE sockkit_TCP_inuse gauge$'
	says out '^sockkit_Dev_RxBytes_total\{device="lo"\} [0-9]+$'
	says out '^sockkit_Softnet_Processed_total\{cpu="0"\} [0-9]+$'
	says out '^sockkit_sockets\{kind="netlink",state="UNCONN"\} [1-9]'
	[ "$(tail -n 1 out)" = "# EOF" ]
	# each family once, its samples below it
	[ -z "$(grep '^# TYPE' out | sort | uniq -d)" ]
	[ -z "$(grep -v '^#' out | sed 's/ [^ ]*$//' | sort | uniq -d)" ]
	awk '/^# TYPE/ { f = $3; next } /^#/ { next }
		index($1, f) != 1 { print "not of " f ": " $1; bad = 1 }
		END { exit bad }' out
}

@test "--openmetrics=textfile: promtool has nothing against it" {
	sk stat --openmetrics=textfile >out
	says out '^# TYPE sockkit_TcpExt_ListenOverflows_total counter$'
	says_not out '^# EOF'
	need promtool
	run complaints <out
	[ -z "$output" ]
}

@test "--openmetrics: listeners and their queues" {
	need_netns
	in_netns '
	"$SOCKKIT" listen --backlog 7 --port-file port -k ::1 0 </dev/null &
	until [ -s port ]; do sleep 0.02; done
	"$SOCKKIT" stat --openmetrics >out'
	read -r _ PORT <port
	says out "^sockkit_accept_queue\{kind=\"tcp\",local=\"\[::1\]:$PORT\"\} 0$"
	says out "^sockkit_accept_queue_limit\{.*:$PORT\"\} 7$"
	says out '^sockkit_sockets\{kind="tcp",state="LISTEN"\} 1$'
}

@test "--openmetrics: listeners that share a port are one series" {
	need_netns
	in_netns '
	"$SOCKKIT" listen --reuseport --backlog 3 -k --port-file port \
		127.0.0.1 0 </dev/null &
	until [ -s port ]; do sleep 0.02; done
	read -r h p <port
	"$SOCKKIT" listen --reuseport --backlog 4 -k --port-file port2 \
		127.0.0.1 "$p" </dev/null &
	until [ -s port2 ]; do sleep 0.02; done
	"$SOCKKIT" stat --openmetrics >out'
	[ "$(grep -c '^sockkit_accept_queue_limit{' out)" -eq 1 ]
	says out '^sockkit_accept_queue_limit\{.*\} 7$'
}

# Listeners that share a port with eight in their queues, bytes that nobody
# reads, and half-open connections: what ours adds up is what it lists.
@test "--openmetrics: queues are the sums of what is listed" {
	need python3
	need_netns
	cat >queues.py <<-'PY'
	import socket as s, sys
	keep = []
	def listener(port, n):
	    l = s.socket(); l.setsockopt(s.SOL_SOCKET, s.SO_REUSEPORT, 1)
	    l.bind(('127.0.0.1', port)); l.listen(n); keep.append(l)
	    return l.getsockname()
	def call(a):
	    c = s.socket(); c.setblocking(False); keep.append(c)
	    try: c.connect(a)
	    except BlockingIOError: pass
	a = listener(0, 8); listener(a[1], 8)
	for i in range(8): keep.append(s.create_connection(a))
	c = keep[-1]; c.setblocking(False)
	try:
	    while True: c.send(b'x' * 65536)
	except BlockingIOError: pass
	b = listener(0, 0)
	for i in range(3): call(b)
	print(a[1], flush=True); sys.stdin.read()
	PY
	in_netns '
	mkfifo gate; python3 queues.py <gate >port & exec 9>gate
	until [ -s port ]; do kill -0 $!; sleep 0.02; done
	until "$SOCKKIT" stat -tanH state syn-sent | grep -q .; do sleep 0.02; done
	# timers go on between the two
	for _ in {1..100}; do
		"$SOCKKIT" stat -tanH --columns state,recvq,sendq | sort >before
		"$SOCKKIT" stat --openmetrics >out
		"$SOCKKIT" stat -tanH --columns state,recvq,sendq | sort >rows
		cmp -s before rows && break
	done'
	read -r PORT <port
	says out "^sockkit_accept_queue\{kind=\"tcp\",local=\"127.0.0.1:$PORT\"\} 8$"
	sum() { awk -v n="$1" '$1 != "LISTEN" { s += $n } END { print s }' rows; }
	[ "$(sum 3)" -gt 0 ]
	says out "^sockkit_queue_bytes\{kind=\"tcp\",queue=\"recv\"\} $(sum 2)$"
	says out "^sockkit_queue_bytes\{kind=\"tcp\",queue=\"send\"\} $(sum 3)$"
	cut -d' ' -f1 rows | sort | uniq -c >states
	[ "$(wc -l <states)" -ge 3 ]
	while read -r n state; do
		says out "^sockkit_sockets\{kind=\"tcp\",state=\"$state\"\} $n$"
	done <states
}

@test "--openmetrics: half-open connections are one state" {
	need_netns
	TROUBLE=$(realpath "$(dirname "$SOCKKIT")/tests/tools/trouble")
	export TROUBLE
	in_netns '
	ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
	ip addr add 10.201.0.1/24 dev v0; ip route add 10.200.0.0/16 dev v0
	sysctl -qw net.ipv4.conf.all.rp_filter=0
	"$TROUBLE" synflood 8 >ready & until [ -s ready ]; do sleep 0.02; done
	"$SOCKKIT" stat --openmetrics >out'
	says out '^sockkit_sockets\{kind="tcp",state="SYN-RECV"\} [1-9]'
}

@test "--openmetrics: a device name that wants to break out" {
	need_netns
	in_netns 'ip link add "a\"b\\c" type veth peer name v1 || exit 77
	"$SOCKKIT" stat --openmetrics=textfile >out' || {
		[ $? -eq 77 ] && skip "no such names here"
		false
	}
	grep -qF 'device="a\"b\\\\c"' out
	need promtool
	run complaints <out
	[ -z "$output" ]
}

# --- the server -----------------------------------------------------------------

@test "--exporter: metrics in the form that was asked for" {
	need curl
	exporting
	fetch -D head "http://$HOST:$PORT/metrics" >out
	says head '^HTTP/1.1 200 OK'
	says head '^Content-Type: text/plain; version=0.0.4'
	says out '^# TYPE sockkit_TcpExt_ListenOverflows_total counter$'
	fetch -D head -H 'Accept: application/openmetrics-text;version=1.0.0' \
		"http://$HOST:$PORT/metrics" >out
	says head '^Content-Type: application/openmetrics-text; version=1.0.0'
	[ "$(tail -n 1 out)" = "# EOF" ]
	signal exporter TERM
	finish exporter 143
	content_is exporter.err ""
}

@test "--exporter: a front page, HEAD, and what is not there" {
	need curl
	exporting
	fetch "http://$HOST:$PORT/" >out
	says out 'href="/metrics"'
	fetch -I "http://$HOST:$PORT/metrics" >answer
	says answer '^HTTP/1.1 200'
	says answer '^Content-Length: [1-9]'
	[ "$(fetch -o /dev/null -w '%{http_code}' \
		"http://$HOST:$PORT/other")" = 404 ]
	[ "$(fetch -o /dev/null -w '%{http_code}' -d x=1 \
		"http://$HOST:$PORT/metrics")" = 405 ]
}

@test "--exporter: a connection is used again" {
	need curl
	exporting
	fetch -w '%{num_connects}\n' -o a "http://$HOST:$PORT/metrics" \
		-o b "http://$HOST:$PORT/metrics" >out
	[ "$(tr -d '\n' <out)" = 10 ]
}

@test "--exporter: many clients at once" {
	need curl
	exporting
	for i in $(seq 30); do
		start "c$i" curl -sS -o "m$i" "http://$HOST:$PORT/metrics" \
			</dev/null
	done
	for i in $(seq 30); do
		finish "c$i"
		says "m$i" '^sockkit_Udp_NoPorts_total '
	done
}

@test "--exporter: a silent client and a babbler disturb nobody" {
	need curl
	exporting
	start silent "$PEER" connect "$HOST" "$PORT" text:GET expect-eof \
		</dev/null
	head -c 100000 /dev/zero | tr '\0' x |
		timeout "$PATIENCE" "$SOCKKIT" connect "$HOST" "$PORT" \
		>babble 2>/dev/null || true
	says babble '^HTTP/1.1 431'
	fetch "http://$HOST:$PORT/metrics" >out
	says out '^sockkit_Udp_NoPorts_total '
	running silent
	running exporter
}

# ask TEXT FILE: what comes back for it, whole
ask()
{
	printf %b "$1" | timeout "$PATIENCE" "$SOCKKIT" connect "$HOST" "$PORT" \
		2>/dev/null >"$2"
}

@test "--exporter: HEAD has the same head, and nothing behind it" {
	exporting
	ask 'HEAD / HTTP/1.0\r\n\r\n' head
	ask 'GET / HTTP/1.0\r\n\r\n' get
	[ -s head ]
	[ "$(tail -c 4 head | od -An -tx1 | tr -d ' ')" = 0d0a0d0a ]
	cmp -n "$(stat -c %s head)" head get
	[ "$(stat -c %s get)" -gt "$(stat -c %s head)" ]
}

@test "--exporter: requests in a row are answered in order, bent ones end it" {
	exporting
	ask 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\nHEAD http://a/metrics HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n' out
	[ "$(grep '^HTTP' out | cut -d' ' -f2 | tr '\n' ' ')" = "200 404 200 400 " ]
}

@test "--exporter: one that never stops asking keeps nobody waiting" {
	need curl
	need python3
	exporting
	# asks as fast as it can, and reads as fast; empty lines are the same
	cat >hog.py <<-'PY'
	import socket as s, sys, threading
	a = (sys.argv[1], int(sys.argv[2]))
	def read(c):
	    while c.recv(1 << 20): pass
	def hog(text):
	    c = s.create_connection(a)
	    threading.Thread(target=read, args=(c,), daemon=True).start()
	    c.sendall(text * 10); print('going', flush=True)
	    while True: c.sendall(text * 1000)
	for text in b'GET / HTTP/1.1\r\nHost: a\r\n\r\n', b'\r\n' * 1000:
	    threading.Thread(target=hog, args=(text,), daemon=True).start()
	threading.Event().wait()
	PY
	start hog python3 hog.py "$HOST" "$PORT" </dev/null
	both() { [ "$(grep -c going hog.out)" -eq 2 ]; }
	until_true both
	fetch "http://$HOST:$PORT/metrics" >out
	says out '^sockkit_Udp_NoPorts_total '
	running hog
	signal exporter TERM
	finish exporter 143
	stop hog
}

@test "--exporter: who drips, and who does not read, is sent away" {
	need python3
	start exporter "$SOCKKIT" stat --exporter 127.0.0.1:0 --port-file port \
		--request-timeout 300ms </dev/null
	read -r HOST PORT < <(addr port)
	cat >slow.py <<-'PY'
	import socket as s, sys, threading, time
	a = (sys.argv[1], int(sys.argv[2]))
	def drip():
	    c = s.create_connection(a)
	    try:
	        while True: c.sendall(b'GET'); time.sleep(0.02)
	    except OSError: print('dripped', flush=True)
	def deaf():
	    c = s.socket(); c.setsockopt(s.SOL_SOCKET, s.SO_RCVBUF, 2000)
	    c.connect(a)
	    try:
	        while True: c.sendall(b'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n')
	    except OSError: print('deaf', flush=True)
	t = [threading.Thread(target=f) for f in (drip, deaf)]
	for i in t: i.start()
	PY
	start slow python3 slow.py "$HOST" "$PORT" </dev/null
	finish slow
	says slow.out '^dripped'
	says slow.out '^deaf'
	ask 'GET / HTTP/1.0\r\n\r\n' out
	says out '^HTTP/1.1 200'
	running exporter
	run -2 sk stat --request-timeout 1
}

@test "--exporter: 256 clients and no more; a place that is left is given on" {
	need python3
	exporting
	cat >crowd.py <<-'PY'
	import socket as s, struct, sys
	a = (sys.argv[1], int(sys.argv[2]))
	def ask(c):
	    c.sendall(b'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
	    try: return c.recv(100)[9:12]
	    except OSError: return b''
	crowd = [s.create_connection(a) for i in range(256)]
	for c in crowd: assert ask(c) == b'200'
	more = s.create_connection(a)
	assert ask(more) == b'', 'one too many'
	# all go at once, and by a reset, some in the midst of an answer
	for i, c in enumerate(crowd):
	    c.setsockopt(s.SOL_SOCKET, s.SO_LINGER, struct.pack('ii', 1, 0))
	    if i % 64 == 0: c.sendall(b'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n')
	    c.close()
	while ask(s.create_connection(a)) != b'200': pass
	crowd = []
	while len(crowd) < 256:
	    c = s.create_connection(a)
	    if ask(c) == b'200': crowd.append(c)
	PY
	start crowd python3 crowd.py "$HOST" "$PORT" </dev/null
	finish crowd
	says exporter.err 'refused, 256 clients are served'
	running exporter
}

@test "--exporter: an address that cannot be had, and one that is none" {
	exporting
	run -1 sk stat --exporter "$HOST:$PORT"
	[[ $output == *"Address already in use"* ]]
	run -2 sk stat --exporter 127.0.0.1:99999
}

@test "a real Prometheus scrapes it" {
	need curl
	need prometheus
	exporting
	web=$(free_port; echo "$PORT")
	cat >p.yml <<-EOT
	global: { scrape_interval: 250ms, scrape_timeout: 250ms }
	scrape_configs:
	  - job_name: sockkit
	    static_configs: [{ targets: ['$HOST:$PORT'] }]
	EOT
	start prometheus prometheus --config.file=p.yml \
		--storage.tsdb.path=data \
		--web.listen-address="127.0.0.1:$web" </dev/null
	scraped()
	{
		curl -s "http://127.0.0.1:$web/api/v1/query?query=$1" |
			grep -Eq '"value":\[[0-9.]+,"'"$2"'"\]'
	}
	until_true scraped up 1
	until_true scraped sockkit_Ip_DefaultTTL 64
	until_true scraped 'sockkit_Ip_InReceives_total' '[1-9][0-9]*'
	signal prometheus TERM
	finish prometheus
}
