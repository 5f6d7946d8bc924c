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
	global: { scrape_interval: 1s, scrape_timeout: 1s }
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
