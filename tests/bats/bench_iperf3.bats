#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench --iperf3, against iperf3 and against itself, in both roles.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper

SHORT=(--time 0.05 --rounds 1 --repeats 0)

setup()
{
	helper_setup
	"$SOCKKIT" --version | grep -q '+jansson' ||
		skip "built without jansson"
}

# ours [OPTION...]: start our server as "serve" and set HOST and PORT.
ours()
{
	rm -f port
	start serve "$SOCKKIT" bench serve --iperf3 --port-file port "$@" \
		127.0.0.1:0 </dev/null
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

# theirs: start iperf3's server; the port was free a moment ago.
theirs()
{
	need iperf3
	HOST=127.0.0.1
	for _ in 1 2 3 4 5; do
		free_port
		rm -f serve.out
		start serve iperf3 -s -B 127.0.0.1 -p "$PORT" --forceflush \
			</dev/null
		until_true came_up && running serve && return
	done
	return 1
}

came_up()
{
	grep -q 'Server listening' serve.out || not_running serve
}

# client OPTION...: our client, short; its results are in `ours`.
client()
{
	sk bench stream --iperf3 --json "${SHORT[@]}" "$@" "$HOST:$PORT" >ours
}

# measured FILTER: is it true of each round of the last client's, of which
# there is one at least? How much came through in a moment on a busy machine
# is nobody's promise.
measured()
{
	jq -e "[.results[0].variants[].rounds[].metrics] |
		length > 0 and all(.bytes >= 0) and all($1)" ours >/dev/null || {
		echo "not so: $1"
		jq -c '.results[0].variants[].rounds[].metrics' ours
		return 1
	}
}

# refused TEXT: the reason why a variant was not measured.
refused()
{
	jq -e --arg text "$1" '[.results[0].variants[].refused // "" |
		contains($text)] | any' ours >/dev/null || {
		jq -c '.results[0].variants' ours
		return 1
	}
}

# iperf OPTION...: iperf3's client; its JSON is in `json`.
iperf()
{
	timeout -k 1 "$PATIENCE" iperf3 -J -c "$HOST" -p "$PORT" "$@" >json
	jq -e '.error | not' json >/dev/null || {
		jq .error json
		return 1
	}
}

# json FILTER: is it true of iperf3's results?
json()
{
	jq -e "$1" json >/dev/null || {
		echo "not so: $1"
		jq -c .end json
		return 1
	}
}

served()
{
	until_true says serve.err "$1"
}

@test "our client, iperf3's server: TCP, all ways" {
	theirs
	client
	measured '.retransmits >= 0 and .cpu_remote_sys_s >= 0'
	client --reverse
	measured '.connections == 1'
	client --bidir --connections 2
	measured '.connections == 4'
	client --connections 3
	measured '.connections == 3'
	until_true says serve.out 'test #5'
}

@test "our client, iperf3's server: UDP, all ways" {
	theirs
	client --socket udp --bandwidth 1M
	measured '.sent >= 0 and .lost >= 0 and .jitter_ns >= 0'
	client --socket udp --bandwidth 1M --reverse --size 500
	measured '.sent >= 0 and .reordered >= 0'
	client --socket udp --bandwidth 1M --bidir --connections 2
	measured '.connections == 4'
}

@test "our client, iperf3's server: back to back" {
	theirs
	client --rounds 10
	measured true
	jq -e '.results[0].variants[0].rounds | length == 10' ours
}

@test "our client, iperf3's server: bytes, blocks, omitted, options" {
	theirs
	client --bytes 1M
	client --bytes 1M --reverse
	client --blocks 10 --size 10K
	client --warmup 1
	client --set tcp_nodelay=1 --set tcp_maxseg=1000
	client --set so_sndbuf=64K
	client --set tcp_congestion=reno
	measured true
}

@test "our client, iperf3's server: all is sent before the clock is looked at" {
	theirs
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		client --bytes 1
	done
	client --bytes 1M --warmup 50ms
}

@test "iperf3's client, our server: TCP, all ways" {
	need iperf3
	ours
	iperf -n 1M
	json '.end.sum_received.bytes == .end.sum_sent.bytes'
	iperf -n 1M -R
	json '.end.sum_received.bytes >= 1048576'
	iperf -n 1M -P 3
	json '(.end.streams | length) == 3'
	iperf -n 1M -P 2 --bidir
	json '.end | has("sum_received_bidir_reverse")'
	served 'iperf3 tcp, 4 streams'
}

@test "iperf3's client, our server: a block that is cut off hangs nobody" {
	need iperf3
	ours
	iperf -t 1 -R -l 1000000
	json '.end.sum_sent.bytes >= 0'
}

@test "iperf3's client, our server: UDP, all ways" {
	need iperf3
	ours
	until_true all_arrive
	iperf -u -b 10M -k 20 -l 1000 -R
	json '.end.sum.packets >= 20'
	iperf -u -b 10M -k 20 -l 1000 -P 3 --bidir
	json '(.end.streams | length) == 6'
	served 'iperf3 udp, 6 streams'
}

# Whom others keep from the CPU loses some.
all_arrive()
{
	iperf -u -b 10M -k 20 -l 1000 &&
		json '.end.sum.packets >= 20 and .end.sum.lost_packets == 0'
}

@test "iperf3's client, our server: options" {
	need iperf3
	ours
	iperf -n 1M -N -M 1000 -w 64K -C reno -S 16
	iperf -n 1M
	iperf -t 1 -O 1 -b 8M
	# What is omitted is omitted by both.
	json '.end.sum_received.bytes < 1.6 * .end.sum_sent.bytes'
	json 'has("server_output_text") | not'
	# What our server prints of it goes to who asks.
	iperf -n 1M --get-server-output
	json '.server_output_text | test("iperf3 tcp, 1 stream, .*received")'
}

@test "ours with ours: every way, and what arrived is what was sent" {
	ours
	client
	client --reverse
	client --bidir --connections 2
	client --bytes 1M
	served 'iperf3 tcp, 1 stream, .*received 1\.0 MiB'
	client --socket udp --bandwidth 1M --connections 2
	client --socket udp --bandwidth 1M --reverse
	client --blocks 7 --size 1K
	served 'received 7\.0 KiB'
	client --rounds 5
}

@test "ours with ours: --rate is kept, and what is omitted does not count" {
	ours
	until_true paced
}

# At 1000 a second 300 are sent in the time, and 2000 before it. What a busy
# machine kept from being sent is made up for later, but not every time.
paced()
{
	local begun=${EPOCHREALTIME/./}

	sk bench dgram --iperf3 --json --rounds 1 --repeats 0 --socket udp \
		--rate 1000 --size 100 --warmup 2 --time 0.3 "$HOST:$PORT" >ours
	measured '.sent > 0 and .sent < 900 and .bytes > 0' &&
		[ $((${EPOCHREALTIME/./} - begun)) -ge 2300000 ]
}

@test "what iperf3 has no word for is a row with its reason" {
	ours
	client --socket tcp,unix-stream
	refused 'iperf3 knows tcp, tcp6 and udp'
	run -1 client --copy sendfile
	refused 'only plain write and read'
	run -1 --separate-stderr sk bench rr --iperf3 "${SHORT[@]}" \
		"$HOST:$PORT"
	[[ $stderr == *"iperf3 knows stream only"* ]]
	run -1 client --socket udp --size 70000
	refused '65507'
	run -1 client --socket tcp --pattern pool --workers 2
	refused 'and no patterns'
	run -1 sk bench dgram --iperf3 --socket udp --rate 10 --bandwidth 1M \
		"$HOST:$PORT"
	[[ $output == *"either --rate or --bandwidth"* ]]
	run -1 client --connections 129
	refused 'at most 128 streams'
}

@test "a second client is told that the server is busy, and tries again" {
	ours
	start first "$SOCKKIT" bench stream --iperf3 --time 60 --rounds 1 \
		"$HOST:$PORT" </dev/null
	until_true has_streams
	if command -v iperf3 >/dev/null; then
		timeout -k 1 "$PATIENCE" iperf3 -J -c "$HOST" -p "$PORT" \
			>json || true
		json '.error | contains("busy")'
	fi
	start second "$SOCKKIT" bench stream --iperf3 "${SHORT[@]}" -v \
		"$HOST:$PORT" </dev/null
	stop first
	finish second
	says second.out 'bit/s'
}

# Threads of a test that runs, in our server.
has_streams()
{
	[ "$(find "/proc/${PIDS[serve]}/task" -mindepth 1 -maxdepth 1 |
		wc -l)" -gt 1 ]
}

@test "limits of the server" {
	ours --max-time 5 --max-connections 2 --max-rate 1M
	run -1 --separate-stderr client --time 6 --bandwidth 1K
	[[ $stderr == *"iperf3 error 37"* ]]
	served '\(--max-time\)'
	run -1 --separate-stderr client --connections 3 --bandwidth 1K
	served '\(--max-connections\)'
	run -1 --separate-stderr client
	served '\(--max-rate\)'
	client --bandwidth 100K
}

@test "strangers keep nobody out" {
	ours
	hold_pipe input
	start silent "$SOCKKIT" connect "$HOST" "$PORT" <input
	printf 'GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n' |
		sk connect "$HOST" "$PORT" >/dev/null || true
	served 'this is not iperf3'
	sk connect "$HOST" "$PORT" </dev/null >/dev/null || true
	served 'closed before it said anything'
	client
	measured true
}

# A client of one UDP stream, whose hello comes behind that of another host.
@test "UDP: only the host of the client is answered" {
	need python3
	ours
	cat >behind.py <<-'END'
		import json, socket, sys
		to = (sys.argv[1], int(sys.argv[2]))
		def word(host):
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind((host, 0))
		    s.sendto(b"9876", to)
		    return s
		c = socket.create_connection(to)
		c.sendall(b"a" * 36 + b"\0")
		assert c.recv(1) == b"\x09"
		text = json.dumps({"udp": True, "omit": 0, "time": 1,
		                   "num": 0, "blockcount": 0, "parallel": 1,
		                   "len": 1000, "bandwidth": 1000}).encode()
		c.sendall(len(text).to_bytes(4, "big") + text)
		assert c.recv(1) == b"\x0a"
		stranger = word("127.0.0.2")
		client = word("127.0.0.1")
		client.settimeout(20)
		assert client.recv(100) == b"6789", "no answer"
		stranger.setblocking(False)
		try:
		    print("the stranger has heard", stranger.recv(100))
		except BlockingIOError:
		    print("as it should be")
	END
	python3 behind.py "$HOST" "$PORT" >out
	content_is out 'as it should be'
}

@test "a client that sends nonsense for parameters" {
	ours
	hold_pipe in
	start bad "$SOCKKIT" connect "$HOST" "$PORT" <in
	printf 'abcdefghijklmnopqrstuvwxyz234567abcd\0\xff\xff\xff\xff' \
		>nonsense
	sk connect -q 5 "$HOST" "$PORT" <nonsense >/dev/null || true
	served 'which is no iperf3'
	client
}

@test "UDP data goes to the client's host only" {
	ours
	printf 9876 | sk udp -w 0.1 "$HOST" "$PORT" >answer || true
	size_is answer 0
}

@test "a server of another kind: one line" {
	printf 'HTTP/1.1 400 Bad Request\r\n\r\n' >http
	start fake "$SOCKKIT" listen --port-file fake -k --send-only \
		127.0.0.1 0 <http
	read -r HOST PORT < <(addr fake)
	run -1 --separate-stderr client
	[[ $stderr == *"$HOST:$PORT: this is no iperf3 server" ]]
	dead_port
	run -1 --separate-stderr client
	[[ $stderr == *"Connection refused" ]]
	rm -f port
	start serve "$SOCKKIT" bench serve --port-file port 127.0.0.1:0 \
		</dev/null
	read -r HOST PORT < <(addr port)
	run -1 --separate-stderr client
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "Ctrl-C at our client: what was measured is reported" {
	ours
	start c "$SOCKKIT" bench stream --iperf3 --time 60 --rounds 1 \
		"$HOST:$PORT" </dev/null
	until_true has_streams
	signal c INT
	finish c 130
	served 'the client was stopped'
	client
}

@test "Ctrl-C and kill -9 at our server: the client ends with one line" {
	ours
	start c "$SOCKKIT" bench stream --iperf3 --time 60 --rounds 1 \
		"$HOST:$PORT" </dev/null
	until_true has_streams
	signal serve INT
	finish serve 130
	finish c 1
	one_line c.err "$HOST:$PORT: the server was stopped"
	ours
	start c "$SOCKKIT" bench stream --iperf3 --time 60 --rounds 1 \
		--reverse "$HOST:$PORT" </dev/null
	until_true has_streams
	signal serve KILL
	finish serve 137
	finish c 1
	one_line c.err "$HOST:$PORT: .*(closed|reset)"
}

@test "kill -9 of iperf3's client: our server goes on" {
	need iperf3
	ours
	start c iperf3 -c "$HOST" -p "$PORT" -t 60 </dev/null
	until_true has_streams
	signal c KILL
	finish c 137
	served 'warning: .*(closed|reset)'
	client
}

@test "iperf3's server is stopped: our client ends with one line" {
	theirs
	start c "$SOCKKIT" bench stream --iperf3 --time 60 --rounds 1 \
		"$HOST:$PORT" </dev/null
	until_true says serve.out 'connected to'
	signal serve INT
	finish c 1
	[ "$(wc -l <c.err)" -eq 1 ]
}
