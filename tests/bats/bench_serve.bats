#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench serve: workloads with a server elsewhere, what it grants and
# refuses, secrets, strangers, and sides that are stopped or killed.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper

SHORT=(--time 0.03 --warmup 0.005 --rounds 1 --repeats 0)

# serving [OPTION...]: start a server as "serve" and set HOST and PORT.
serving()
{
	rm -f port
	start serve "$SOCKKIT" bench serve --port-file port "$@" \
		127.0.0.1:0 </dev/null
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

# client OPTION...: short, with the server; its page is in `page`.
client()
{
	sk bench "${SHORT[@]}" "$@" "$HOST:$PORT" >page
}

# fails STATUS REGEX OPTION...: so does a client, with one such line.
fails()
{
	local status=$1 text=$2 got=0

	shift 2
	client "$@" 2>client.err || got=$?
	[ "$got" -eq "$status" ] && one_line client.err "$text"
}

# long NAME OPTION...: a client in the middle of measuring.
long()
{
	local name=$1

	shift
	start "$name" "$SOCKKIT" bench "$@" --time 60 --rounds 1 --repeats 0 \
		"$HOST:$PORT" </dev/null
	until_true measuring
}

# The server's part of a test is a process of a process.
measuring()
{
	local pid

	for pid in $(pgrep -P "${PIDS[serve]}"); do
		[ -n "$(pgrep -P "$pid")" ] && return 0
	done
	return 1
}

not_measuring()
{
	[ -z "$(pgrep -P "${PIDS[serve]}")" ]
}

@test "every workload with a server elsewhere" {
	need jq
	serving
	for w in stream "stream --reverse" "stream --bidir" rr crr dgram \
		"dgram --reverse" latency-under-load backlog \
		"idle --engine epoll --connections 20" \
		"bulk-mix --engine epoll"; do
		# shellcheck disable=SC2086
		client $w
		says_not page 'not run'
	done
	# Two machines have no clock in common, whichever they are.
	client dgram --json
	jq -e '.results[0].variants[0].rounds | length > 0 and
		all(.histograms | has("one_way") | not)' page
	until_true not_measuring
}

@test "every engine and socket that works over a network" {
	serving
	client rr --socket tcp,udp,udp-connected \
		--engine blocking,threads,select,poll,epoll,epoll-et,spin
	says_not page 'not run'
	[ "$(grep -c '^[a-z].*/s' page)" -ge 21 ]
}

@test "IPv6 has a control connection of its own" {
	rm -f port
	start serve "$SOCKKIT" bench serve --port-file port '[::1]:0' \
		</dev/null
	addr port >/dev/null
	read -r HOST PORT <port
	HOST="[$HOST]"
	client rr --socket tcp6
	says page '/s'
	fails 1 'no IPv4 address' rr --socket tcp
}

# Kernels that let root alone filter what a socket hears have it so.
@test "an ordinary user may serve this machine" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to drop what it has"
	need setpriv
	mkdir -m 777 for_all
	start serve setpriv --reuid 65534 --clear-groups --bounding-set -all \
		--inh-caps -all "$SOCKKIT" bench serve \
		--port-file for_all/port 127.0.0.1:0 </dev/null
	read -r HOST PORT < <(addr for_all/port)
	client rr --socket tcp,udp,udp-connected
	[ "$(grep -cE '^(tcp|udp|udp-connected) .* [kM]?/s ' page)" -eq 3 ]
}

@test "IPv6 on a link: the zone is each machine's own name of it" {
	need_netns
	in_netns "
		unshare -n sleep 60 & far=\$!
		while [ /proc/\$far/ns/net -ef /proc/self/ns/net ]; do
			sleep 0.02
		done
		enter() { nsenter -t \$far -n \"\$@\"; }
		ip link add v0 type veth peer name other
		ip link set other netns \$far
		ip addr add fe80::1/64 dev v0 nodad
		ip link set v0 up
		enter ip addr add fe80::2/64 dev other nodad
		enter ip link set lo up
		enter ip link set other up
		'$SOCKKIT' bench serve --port-file port '[fe80::1%v0]:0' &
		until [ -s port ]; do sleep 0.02; done
		read -r _ port <port
		for w in rr crr stream; do
			enter '$SOCKKIT' bench \$w --socket tcp6 ${SHORT[*]} \
				\"[fe80::1%other]:\$port\"
		done >page
	" 2>log || { cat log; false; }
	[ "$(grep -c '/s ' page)" -ge 3 ]
	says_not page 'not run'
}

@test "what makes no sense over a network is a row with its reason" {
	serving
	client rr --socket tcp,unix-stream,pipe,icmp,tcp6 2>client.err
	says page 'unix-stream: not over a network'
	says page 'pipe: not over a network'
	says page 'icmp: not over a network'
	says page 'no IPv6 address'
	says page 'tcp .*/s'
}

@test "many clients at once" {
	serving
	for i in 1 2 3 4; do
		start "c$i" "$SOCKKIT" bench rr "${SHORT[@]}" "$HOST:$PORT" \
			</dev/null
	done
	for i in 1 2 3 4; do
		finish "c$i"
		says "c$i.out" '/s'
	done
}

@test "the server goes on after each client, and says what it served" {
	serving
	client rr
	client stream --connections 2 --engine epoll
	until_true says serve.err 'stream over tcp, 2 connections, 30 ms'
	says serve.err 'rr over tcp, 1 connection, 30 ms'
}

@test "limits: time, rate, connections, options" {
	serving --max-time 1s --max-rate 1M --max-connections 3
	fails 1 'a test of 2.03 s: the server.s limit is 1 s' rr --rate 10 \
		--warmup 2
	fails 1 'a test without --rate: the server.s limit is 1.0 MiB/s' rr
	fails 1 'this rate is too high' rr --rate 100000
	fails 1 '4 connections: the server.s limit is 3' rr --rate 10 \
		--connections 4 --engine epoll
	fails 1 'so_mark: not an option that a server sets' rr --rate 10 \
		--set so_mark=1
	client rr --rate 1000 --set tcp_nodelay=1
	says page '/s'
}

# lying: between the server and whoever comes to $PORT from now on, the pace of
# a million a second is said to be one of a hundred.
lying()
{
	cat >liar.py <<-'END'
		import os, socket, sys, threading
		listener = socket.create_server(("127.0.0.1", 0))
		with open("part", "w") as f:
		    f.write("127.0.0.1 %d\n" % listener.getsockname()[1])
		os.rename("part", "liar.port")
		client = listener.accept()[0]
		server = socket.create_connection(("127.0.0.1",
		                                   int(sys.argv[1])))
		def back():
		    while data := server.recv(65536):
		        client.sendall(data)
		threading.Thread(target=back, daemon=True).start()
		for line in client.makefile("rb"):
		    server.sendall(line.replace(b"rate 1000000\n",
		                                b"rate 100\n"))
	END
	start liar python3 liar.py "$PORT" </dev/null
	read -r HOST PORT < <(addr liar.port)
	[ -n "$PORT" ]
}

@test "--max-rate: who asks faster than he said is answered no faster" {
	need python3 jq
	serving --max-rate 1M
	lying
	sk bench rr "${SHORT[@]}" --time 0.2 --rate 1000000 -o r.json \
		"$HOST:$PORT" >page
	jq -e '.results[0].variants[0].rounds[0].metrics.requests_per_s |
		. > 0 and . < 1000' r.json || { cat page; return 1; }
}

@test "--max-clients: one more is told" {
	serving --max-clients 1
	long first rr
	fails 1 'as many clients as it takes' rr
	says serve.err 'as many clients as --max-clients allows'
	stop first
	until_true not_measuring
	client rr
}

@test "--deny and --allow" {
	serving --deny 127.0.0.1
	fails 1 'closed before it said anything|reset' rr
	says serve.err 'not allowed'
	stop serve
	serving --allow 127.0.0.0/8
	client rr
}

@test "a secret that both know, and what it keeps out" {
	umask 077
	echo swordfish >right
	echo swordfisch >wrong
	serving --secret right
	if grep -q 'not compiled in' serve.err; then
		skip "built without OpenSSL"
	fi
	client rr --secret right
	says page '/s'
	fails 1 'the server refuses our secret' rr --secret wrong
	says serve.err 'wrong secret'
	fails 1 'the server asks for a secret' rr
	says_not serve.err swordfi
	stop serve
	serving
	fails 1 'asks for no secret' rr --secret right
}

@test "secret files: none, empty, open to others" {
	umask 077
	run -1 --separate-stderr sk bench serve --secret none 127.0.0.1:0
	[[ $stderr == *"none: No such file"* ]]
	: >empty
	run -1 --separate-stderr sk bench serve --secret empty 127.0.0.1:0
	[[ $stderr == *"1 to 1024 bytes"* ]]
	echo x >open
	chmod 644 open
	serving --secret open
	says serve.err 'others may read this secret'
}

@test "no server: one line" {
	dead_port
	fails 1 'Connection refused .does .sockkit bench serve. run there' rr
}

@test "a server of another kind: one line that says which" {
	printf 'HTTP/1.1 400 Bad Request\r\n\r\n' >http
	start fake "$SOCKKIT" listen --port-file fake -k --send-only \
		127.0.0.1 0 <http
	read -r HOST PORT < <(addr fake)
	fails 1 'this is an HTTP server' rr
	stop fake
	rm fake
	start fake "$SOCKKIT" listen --port-file fake -k --echo 127.0.0.1 0 \
		</dev/null
	read -r HOST PORT < <(addr fake)
	fails 1 'no server of sockkit bench' rr
	stop fake
	printf 'sockkit-bench 2 and more\n' >newer
	rm fake
	start fake "$SOCKKIT" listen --port-file fake -k --send-only \
		127.0.0.1 0 <newer
	read -r HOST PORT < <(addr fake)
	fails 1 'speaks version 2 of the protocol, and we speak version 1' rr
}

@test "a server that closes at once: one line" {
	awaiting close
	fails 1 'closed before it said anything|reset' rr
}

@test "strangers: each is one line, and the server goes on" {
	serving
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' |
		sk connect -q 5 "$HOST" "$PORT" >/dev/null
	until_true says serve.err '127.0.0.1:[0-9]+: an HTTP client$'
	printf 'abcdefghijklmnopqrstuvwxyz234567abcd\0' |
		sk connect "$HOST" "$PORT" >/dev/null
	until_true says serve.err 'an iperf3 client \(serve --iperf3\)$'
	sk connect "$HOST" "$PORT" </dev/null >/dev/null
	until_true says serve.err 'closed before it said anything$'
	head -c 100000 /dev/urandom | sk connect "$HOST" "$PORT" >/dev/null ||
		true
	until_true says serve.err 'no client of sockkit bench|an? [A-Z].* client'
	printf 'sockkit-bench 9 0123456789abcdef0123456789abcdef\n' |
		sk connect -q 5 "$HOST" "$PORT" >answer
	until_true says serve.err 'speaks version 9'
	says answer '^sockkit-bench 1 '
	client rr
}

@test "a client that greets and then sends garbage" {
	serving
	hold_pipe stdin
	start bad "$SOCKKIT" connect "$HOST" "$PORT" <stdin
	feed stdin "$(printf 'sockkit-bench 1 %032d\n.' 7)"
	until_true says bad.out '^sockkit-bench 1 [0-9a-f]{32} open'
	feed stdin "$(printf '\nJOB\nworkload rr\nnonsense 1\n\n.')"
	until_true says serve.err "nonsense|not a message|broken|not known"
	finish bad 1
	client rr
}

@test "a client that greets and asks for what is not its to have" {
	local nl=$'\n' job nonce

	serving
	nonce=$(printf %032d 7)
	for job in 'tcp6:the control connection is IPv4' \
		'unix-stream:not over a network' 'icmp:not over a network'; do
		hold_pipe in
		start bad "$SOCKKIT" connect "$HOST" "$PORT" <in
		feed in "sockkit-bench 1 $nonce$nl"
		until_true grep -q ' open' bad.out
		feed in "JOB${nl}workload rr${nl}socket ${job%%:*}$nl"
		feed in "one_clock 1$nl$nl"
		until_true grep -q "${job#*:}" bad.out
		stop bad
		end_pipe in
		rm in
	done
	client rr
}

@test "no data for others: the sockets of a test hear their client only" {
	need_netns
	in_netns "
		ip link add v0 type veth peer name v1
		ip addr add 192.0.2.1/24 dev v0
		ip addr add 192.0.2.2/24 dev v0
		unshare -n sleep 60 & far=\$!
		while [ /proc/\$far/ns/net -ef /proc/self/ns/net ]; do
			sleep 0.02
		done
		ip link set v1 netns \$far
		enter() { nsenter -t \$far -n \"\$@\"; }
		enter ip link set lo up
		enter ip link set v1 up
		enter ip addr add 192.0.2.3/24 dev v1
		ip link set v0 up
		'$SOCKKIT' bench serve --port-file port 192.0.2.1:0 &
		until [ -s port ]; do sleep 0.02; done
		read -r host port <port
		enter '$SOCKKIT' bench rr --socket tcp,udp ${SHORT[*]} \
			\$host:\$port >page
		enter '$SOCKKIT' bench rr --time 60 --rounds 1 \$host:\$port \
			>/dev/null 2>&1 & client=\$!
		until [ -n \"\$('$SOCKKIT' stat -Htl 'src 192.0.2.1' |
			grep -v \":\$port \")\" ]; do sleep 0.02; done
		data=\$('$SOCKKIT' stat -Htl 'src 192.0.2.1' |
			grep -v \":\$port \" | grep -o '192.0.2.1:[0-9]*' |
			cut -d: -f2 | head -n 1)
		! '$SOCKKIT' connect -w 0.3 192.0.2.1 \$data </dev/null
		kill \$client
	" 2>log || { cat log; false; }
	grep -c '/s' page
	says_not page 'not run'
	says log "$data.*timed out"
}

@test "Ctrl-C at the client: it reports, the server goes on" {
	serving
	long c rr
	signal c INT
	finish c 130
	says_not c.err 'died|gone'
	until_true not_measuring
	client rr
}

@test "kill -9 of a client: the server says so in one line and goes on" {
	local fds

	serving
	fds=$(fds_of serve)
	long c rr --connections 20 --engine epoll
	signal c KILL
	finish c 137
	until_true not_measuring
	client rr
	[ "$(grep -c warning serve.err)" -le 1 ]
	until_true has_fds "$fds"
}

has_fds()
{
	[ "$(fds_of serve)" -eq "$1" ]
}

@test "Ctrl-C at the server: the client ends with one line" {
	serving
	long c rr
	signal serve INT
	finish serve 130
	finish c 1
	says c.err "$HOST:$PORT: .*(was stopped|died)"
	[ "$(wc -l <c.err)" -eq 1 ]
}

@test "kill -9 of the server: the client ends with one line" {
	serving
	long c rr
	signal serve KILL
	finish serve 137
	finish c 1
	says c.err "$HOST:$PORT: .*(died|was stopped)"
	[ "$(wc -l <c.err)" -eq 1 ]
	serving
	client rr
}

# server_lost SIGNAL: in its third round a client loses its server.
server_lost()
{
	serving
	start c "$SOCKKIT" bench rr --socket tcp,udp --time 0.1 --warmup 0 \
		--rounds 1000 --repeats 0 -v -o c.json "$HOST:$PORT" </dev/null
	until_true grep -q 'round 3 of' c.err
	signal serve "$1"
	finish serve any
	finish c 1
	[ "$(grep -vc 'round .* of' c.err)" -eq 1 ]
	says c.err "$HOST:$PORT: "
	says c.out 'interrupted: this is what was measured so far'
	says c.out '^tcp .*/s'
	jq -e '.results[0] | .interrupted and ([.variants[].rounds[].metrics |
		select(.requests_per_s > 0)] | length) >= 2' c.json
}

@test "a server that is lost: what was measured before is told" {
	need jq
	server_lost KILL
	server_lost TERM
}

@test "options of servers need one, and those of clients another" {
	run -2 --separate-stderr sk bench rr --max-time 1
	[[ $stderr == *"--max-time: there is no server here"* ]]
	run -2 --separate-stderr sk bench rr --iperf3
	[[ $stderr == *"--iperf3: there is no server here"* ]]
	run -2 --separate-stderr sk bench serve a b
	run -2 --separate-stderr sk bench serve --iperf3 --bytes 1
	run -2 --separate-stderr sk bench rr --max-clients 2 localhost
	[[ $stderr == *"for bench serve"* ]]
}

@test "an address that is taken is an error" {
	serving
	run -1 --separate-stderr sk bench serve "$HOST:$PORT"
	[[ $stderr == *"$HOST:$PORT: bind: Address already in use"* ]]
}
