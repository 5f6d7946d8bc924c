#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit trace over programs that people run.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

setup()
{
	helper_setup
	SIN=$(dirname "$SOCKKIT")/tests/trace/sins
	SRC=${SK_SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/trace
}

# traced OPTION... -- PROG ARG...: trace in the foreground, the log in "log".
traced()
{
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	timeout -k 1 "$PATIENCE" "$SOCKKIT" trace -o log "${options[@]}" "$@" \
		3>&- 4>&-	# bats' own
}

@test "what does a listening cat do: sockkit listen" {
	# No leak checker works in who is traced.
	start trace "$SOCKKIT" trace -o log -e 'trace=!setsockopt,fcntl' \
		-E ASAN_OPTIONS=detect_leaks=0 \
		"$SOCKKIT" listen --port-file port 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	[ "$(echo hi | sk connect "$HOST" "$PORT")" = "" ]
	finish trace
	content_is trace.out hi
	grep -oE '(socket|bind|listen|accept4?|epoll_ctl|epoll_wait|close)\(' \
		log | uniq >calls
	grep -n . calls >&2
	# In this order, whatever else comes between.
	tr -d '\n' <calls | grep -E 'socket\(.*bind\(.*listen\(.*epoll_ctl\(.*epoll_wait\(.*accept4?\(.*close\('
	says log 'accept4?\([0-9]+, \{sa_family=AF_INET, sin_port=htons\([0-9]+\), sin_addr=inet_addr\("127.0.0.1"\)\}'
}

@test "curl and a server, both traced" {
	need curl
	need python3
	# shellcheck disable=SC2016
	start server "$SOCKKIT" trace -o server.log --sockets sh -c \
		'echo $$ >pid; exec python3 -u -m http.server --bind 127.0.0.1 0' \
		</dev/null
	until_true grep -q 'port' server.out
	port=$(sed -nE 's/.*port ([0-9]+).*/\1/p' server.out | head -n1)
	traced --sockets -- curl -s -o body "http://127.0.0.1:$port/"
	says log "TCP:\[127.0.0.1:[0-9]+->127.0.0.1:$port\]"
	says log 'bytes_acked'
	signal server INT
	until_true not_running server
	# It was let go, not ended: that is for us to do.
	kill "$(cat pid)"
	says server.log "accepted by socket"
}

@test "nginx" {
	need nginx
	need curl
	PORT=$("$SIN" port)
	cat >nginx.conf <<-EOF
		daemon off; master_process on; worker_processes 1;
		pid $PWD/nginx.pid; error_log $PWD/error.log;
		events { worker_connections 64; }
		http { access_log off; client_body_temp_path $PWD/1;
		proxy_temp_path $PWD/2; fastcgi_temp_path $PWD/3;
		uwsgi_temp_path $PWD/4; scgi_temp_path $PWD/5; server { listen 127.0.0.1:$PORT;
		return 200 "hello"; } }
	EOF
	start trace "$SOCKKIT" trace -o log nginx -c "$PWD/nginx.conf" </dev/null
	until_true curl -fsS -o body "http://127.0.0.1:$PORT/"
	content_is body hello
	kill -QUIT "$(cat nginx.pid)"
	finish trace
	says log 'accept4\(.*sa_family=AF_INET.* = [0-9]+$'
	says log 'recv(from)?\([0-9]+, "GET / HTTP'
}

@test "redis" {
	need redis-server
	need redis-cli
	need redis-benchmark
	PORT=$("$SIN" port)
	start trace "$SOCKKIT" trace -o log redis-server --port "$PORT" \
		--bind 127.0.0.1 --save '' </dev/null
	until_true redis-cli -h 127.0.0.1 -p "$PORT" ping
	redis-cli -h 127.0.0.1 -p "$PORT" set a b
	redis-benchmark -h 127.0.0.1 -p "$PORT" -q -t set,get -n 300 -c 20 \
		</dev/null >bench
	says bench 'GET: [0-9.]+ requests per second'
	redis-cli -h 127.0.0.1 -p "$PORT" shutdown nosave || true
	finish trace
	says log 'read\([0-9]+, "\*3\\r\\n\$3\\r\\nset'
	[ "$(grep -c 'accept4\?(.*= [0-9]*$' log)" -ge 40 ]
}

@test "python3 asyncio, server and client" {
	need python3
	traced --sockets -- python3 -c '
import asyncio
async def echo(r, w):
    w.write(await r.read(100)); await w.drain(); w.close()
async def main():
    s = await asyncio.start_server(echo, "127.0.0.1", 0)
    r, w = await asyncio.open_connection(*s.sockets[0].getsockname())
    w.write(b"hello"); assert await r.read(100) == b"hello"
    w.close(); s.close()
asyncio.run(main())'
	says log 'made, connected at .* in '
	says log ' 0 open, 0 leaked'
}

@test "redis-benchmark itself, over unix sockets" {
	need redis-server
	need redis-benchmark
	start redis redis-server --port 0 --unixsocket "$PWD/sock" --save '' \
		</dev/null
	until_true redis-cli -s sock ping
	traced --sockets -- redis-benchmark -s "$PWD/sock" -q -t set -n 200 \
		-c 10 </dev/null >out
	says log 'UNIX-STREAM:'
	says log ' closed +[0-9]+ +20 +[0-9]+ +20 UNIX-STREAM:.*/sock"\]'
	says log ', 10 at once at most, 0 open, 0 leaked'
	says_not log ' reset '
	redis-cli -s sock shutdown nosave || true
	until_true not_running redis
}

@test "ssh and sshd, both traced" {
	need ssh
	getent passwd "$(id -u)" >entry || skip "ssh wants a user with a name"
	SSHD=$(command -v sshd || command -v /usr/sbin/sshd) ||
		skip "sshd is not installed"
	ssh-keygen -q -t ed25519 -N '' -f host
	ssh-keygen -q -t ed25519 -N '' -f user
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	cat >sshd_config <<-EOF
		HostKey $PWD/host
		AuthorizedKeysFile $PWD/user.pub
		StrictModes no
		PidFile none
	EOF
	cat >ssh_config <<-EOF
		IdentityFile $PWD/user
		IdentitiesOnly yes
		StrictHostKeyChecking no
		UserKnownHostsFile /dev/null
		BatchMode yes
		LogLevel ERROR
	EOF
	start trace "$SOCKKIT" trace -o server.log \
		-E ASAN_OPTIONS=detect_leaks=0 "$SOCKKIT" listen -k \
		--port-file port \
		-e "$SSHD -i -f $PWD/sshd_config" 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	# It would outlive its tracer's front.
	until_true grep -q 'listen(' server.log
	PIDS[program]=$(sed -n 's/^\([0-9]*\) .*listen(.*/\1/p;T;q' server.log)
	ssh -F ssh_config -p "$PORT" "$HOST" true </dev/null ||
		skip "sshd lets nobody in here"
	traced -- ssh -F ssh_config -p "$PORT" "$HOST" echo through ssh \
		</dev/null >out
	content_is out "through ssh"
	says log "connect\\([0-9]+, \\{sa_family=AF_INET, sin_port=htons\\($PORT\\)"
	says log '(write|send|sendto)\([0-9]+, "SSH-2\.0-OpenSSH'
	says log 'exited with 0'
	until_true grep -q 'SSH-2\.0-OpenSSH' server.log
	kill -TERM "${PIDS[program]}"
	until_true not_running trace
}

@test "a static program" {
	# No startup of a libc's own that a tracer could lean on.
	cc=$(command -v gcc || command -v clang || command -v cc) ||
		skip "no compiler"
	"$cc" -static -w -D_GNU_SOURCE \
		-include "$SRC/../../src/base/banned.h" -o sins "$SRC/sins.c" \
		-lpthread 2>cc.err || skip "no static C library"
	traced --sockets -- ./sins talk
	says log '^3 sockets, 3 at once at most, 0 open, 0 leaked'
	traced -- ./sins mixed
	says log 'write\([0-9]+, "to a socket"'
	says_not log 'to a file'
}

@test "Go: goroutines on small stacks, threads that come and go" {
	need gccgo
	gccgo -o talk "$SRC/talk.go"
	for _ in 1 2 3; do
		traced --sockets -- ./talk >out
		content_is out "done"
		says log '^41 sockets, .* 0 open, 0 leaked'
	done
	traced -- ./talk >out
	says log '"from go"'
}

@test "Rust" {
	need rustc
	# It may be somebody that only knows where to get one.
	rustc --version >/dev/null || skip "rustc is not installed"
	rustc -o talk "$SRC/talk.rs"
	traced --sockets -- ./talk >out
	content_is out "done"
	says log '^3 sockets, 3 at once at most, 0 open, 0 leaked'
}
