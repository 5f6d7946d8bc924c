#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit trace: what is made of calls besides the log: JSON, packets,
# diagrams, the timeline, advice and explanations.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2094
bats_require_minimum_version 1.5.0
load helper

PROGS=$(dirname "$SOCKKIT")/tests/trace
SCHEMA=$BATS_TEST_DIRNAME/../../src/trace/trace.schema.json

# A talk over TCP with both ends traced, as python3 has it.
talk()
{
	need python3
	cat >talk.py <<-'EOF'
	import socket, threading
	l = socket.socket()
	l.bind(("127.0.0.1", 0))
	l.listen(9)
	def serve():
	    c, _ = l.accept()
	    n = 0
	    while n < 200000:
	        n += len(c.recv(70000))
	    c.sendall(b"thanks for %d" % n)
	    c.close()
	t = threading.Thread(target=serve)
	t.start()
	s = socket.create_connection(l.getsockname())
	s.sendall(b"x" * 200000)
	s.recv(100)
	s.recv(100)
	s.close()
	t.join()
	EOF
}

# --- JSON -----------------------------------------------------------------------

@test "--json: every line is as the schema says" {
	for prog in calls_addr calls_fd calls_msg calls_opt calls_wait; do
		sk trace --json -yy -o out "$PROGS/$prog" || [ $? -eq 3 ]
		[ "$(wc -l <out)" -gt 15 ]
		jq -e --slurpfile schema "$SCHEMA" '
			$schema[0]["$defs"][.type] as $d | keys as $k |
			$d != null and ($d.required - $k == []) and
			($k - ($d.properties | keys) == [])' out >ok
		[ "$(sort -u ok)" = true ]
	done
}

@test "--json: arguments by name, decoded and raw" {
	sk trace --json -o out "$PROGS/calls_addr" || [ $? -eq 3 ]
	jq -se 'map(select(.call == "bind"))[0] |
		.ret == 0 and .args.addrlen.raw == 16 and
		.args.addr.value.sin_addr == "127.0.0.1" and
		.args.addr.value.sin_port == 0' out
	jq -se 'map(select(.error.name == "EAFNOSUPPORT")) | length > 5' out
	jq -se 'map(select(.type == "exit"))[0].status == 3' out
	jq -se 'map(select(.type == "socket")) | length > 3' out
}

# lines FILTER: how many there are in out.
lines()
{
	jq -s "map(select($1)) | length" out
}

@test "--json: what was injected, and labels" {
	sk trace --json -e inject=bind:error=EIO -o out "$PROGS/calls_addr" ||
		[ $? -eq 3 ]
	[ "$(lines '.call == "bind" and .injected and .error.name == "EIO"')" -gt 0 ]
	[ "$(lines '.call != "bind" and .injected')" -eq 0 ]
	sk trace --json -yy -o out "$PROGS/calls_msg" || [ $? -eq 3 ]
	[ "$(lines '.call == "sendto" and
		(.label | test("^UDP:.127.0.0.1:[0-9]+->127"))')" -gt 0 ]
}

@test "--json with --sockets, --leaks, --advise, -k: lines, and nothing else" {
	sk trace --json --sockets -o out "$PROGS/sins" talk
	[ "$(lines '.type == "call"')" -eq 0 ]
	[ "$(lines '.type == "socket"')" -eq 3 ]
	[ "$(lines '.origin == "accepted" and .listener == 1')" -eq 1 ]
	[ "$(lines '.options.tcp_nodelay == "1" and .connected_ns > 0 and
		.blocked_ns.connect > 0 and .tcp_info.bytes_acked > 0 and
		all(.tcp_info.state, .tcp_info.options; type == "string")')" -eq 1 ]
	run -3 sk trace --json --leaks -o out "$PROGS/sins" ends
	[ "$(lines '.end == "leaked"')" -eq 1 ]
	sk trace --json --advise -o out "$PROGS/advice" udp-truncated
	[ "$(lines '.type == "advice" and .rule == "udp-truncated" and
		(.fix | length > 20)')" -eq 1 ]
	[ "$(lines '.type == "call"')" -gt 3 ]
	! sk --version | grep -q '[+]dw' || {
		sk trace --json -k -o out "$PROGS/sins" pair
		[ "$(lines '.call == "socketpair" and
			any(.stack[]; test("sins.do_pair"))')" -eq 1 ]
	}
	for what in -c -C --explain "--diagram text"; do
		# shellcheck disable=SC2086
		run -2 sk trace --json $what true
	done
}

@test "--json --sockets: those that are open, asked for or at the end" {
	start trace "$SOCKKIT" trace --json --sockets -o out "$PROGS/sins" \
		serve port pid </dev/null
	until_true test -s pid
	PIDS[program]=$(cat pid)
	signal trace USR1
	until_true grep -q '"end":"open"' out
	[ "$(lines '.end == "open" and .lived_ns > 0')" -eq 1 ]
	signal trace TERM
	finish trace 143
	[ "$(lines '.end == "open"')" -eq 2 ]
}

# --- packets --------------------------------------------------------------------

@test "--pcapng: tshark follows the stream and finds nothing wrong" {
	need tshark
	talk
	sk trace --pcapng p.pcapng -o log python3 talk.py
	says log 'recvfrom'
	tshark -r p.pcapng -o tcp.check_checksum:TRUE \
		-o ip.check_checksum:TRUE -q -z expert 2>/dev/null >expert
	says_not expert '^(Errors|Warns)'
	says_not expert 'ut-of-order|etransmission|not captured|Malformed'
	tshark -r p.pcapng -q -z follow,tcp,raw,0 2>/dev/null >follow
	says follow "$(printf 'thanks for 200000' | od -An -tx1 | tr -d ' \n')"
	[ "$(grep -oE '^(78)+$' follow | tr -d '\n' | wc -c)" -eq 400000 ]
	tshark -r p.pcapng -T fields -e frame.comment 2>/dev/null >comments
	says_not comments '^$'
	says comments 'python3\[[0-9]+\] sendto\('
	tshark -r p.pcapng -Y 'tcp.flags.syn == 1' 2>/dev/null >syn
	[ "$(wc -l <syn)" -eq 2 ]
	tshark -r p.pcapng -Y 'tcp.flags.fin == 1' 2>/dev/null >fin
	[ "$(wc -l <fin)" -eq 2 ]
}

@test "--pcapng: a reset, and bytes that were looked at twice" {
	need tshark
	need python3
	cat >reset.py <<-'EOF'
	import socket, struct
	l = socket.socket()
	l.bind(("127.0.0.1", 0))
	l.listen(1)
	c = socket.create_connection(l.getsockname())
	s, _ = l.accept()
	c.send(b"once")
	s.recv(10, socket.MSG_PEEK)
	s.recv(10)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	s.close()
	try:
	    c.recv(10)
	except ConnectionResetError:
	    c.close()
	EOF
	sk trace --pcapng p.pcapng -o log python3 reset.py
	tshark -r p.pcapng -T fields -e tcp.flags.reset -e tcp.len \
		-e tcp.flags.fin 2>/dev/null >fields
	[ "$(awk '$2 == 4' fields | wc -l)" -eq 1 ]
	[ "$(awk '$1 == 1 || $1 == "True"' fields | wc -l)" -ge 1 ]
}

@test "--pcapng: addresses that were used before are a new connection" {
	need tshark
	need python3
	sk trace --pcapng p.pcapng -o log python3 -c '
import socket, struct
l = socket.socket()
l.bind(("127.0.0.1", 0))
l.listen(1)
port = 0
for i in range(3):
    c = socket.socket()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.bind(("127.0.0.1", port))
    port = c.getsockname()[1]
    c.connect(l.getsockname())
    s = l.accept()[0]
    c.send(b"round %d" % i)
    s.recv(10)
    c.close()
    s.close()'
	tshark -r p.pcapng -T fields -e tcp.flags.syn -e tcp.flags.ack \
		-e tcp.len -e tcp.seq_raw 2>/dev/null |
		sed 's/True/1/g; s/False/0/g' >fields
	[ "$(awk '$1 == 1 && $2 == 0' fields | wc -l)" -eq 3 ]
	[ "$(awk '$3 == 7 && $4 == 1' fields | wc -l)" -eq 3 ]
}

@test "--pcapng: bytes that nobody saw are a gap" {
	need tshark
	need python3
	listening --recv-only
	sk trace --pcapng p.pcapng -o log python3 -c '
import os, socket, sys
c = socket.create_connection((sys.argv[1], int(sys.argv[2])))
os.sendfile(c.fileno(), os.open("/proc/self/exe", os.O_RDONLY), 0, 100)
c.send(b"end")' "$HOST" "$PORT"
	finish listen
	tshark -r p.pcapng -Y 'tcp.len == 3' -T fields -e tcp.seq \
		2>/dev/null >seq
	content_is seq 101
}

@test "--pcapng: datagrams have their addresses" {
	need tshark
	sk trace --pcapng p.pcapng -o log "$PROGS/advice" udp-truncated
	tshark -r p.pcapng -T fields -e ip.src -e ip.dst -e udp.length \
		-o udp.check_checksum:TRUE -e udp.checksum.status 2>/dev/null \
		>fields
	[ "$(sed -n 1p fields)" = $'127.0.0.1\t127.0.0.1\t16\t1' ]
	[ "$(sed -n 2p fields)" = $'127.0.0.1\t127.0.0.1\t12\t1' ]
}

@test "--pcapng: datagrams of who is connected have the peer's address" {
	need tshark
	need python3
	sk trace --pcapng p.pcapng -o log python3 -c '
import socket
a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "ab")
a.bind(("127.0.0.1", 0))
b.bind(("127.0.0.1", 0))
a.connect(b.getsockname())
b.connect(a.getsockname())
a.send(b"there")
b.recv(10)
print(a.getsockname()[1], b.getsockname()[1])' >ports
	tshark -r p.pcapng -T fields -e ip.src -e udp.srcport -e ip.dst \
		-e udp.dstport -e udp.length 2>/dev/null >fields
	read -r from to <ports
	line=$(printf '127.0.0.1\t%s\t127.0.0.1\t%s\t13' "$from" "$to")
	content_is fields "$line
$line"
}

# said_on NAME DIRECTION: what a socket has sent (2) or received (1), in hex;
# packets are in "fields".
said_on()
{
	awk -F '\t' -v name="$1" -v dir="0x0000000$2" \
		'index($1, name) && $2 == dir { printf "%s", $3 }' fields
}

hex()
{
	printf %s "$1" | od -An -tx1 | tr -d ' \n'
}

@test "--pcapng: unix sockets, each an interface of its own" {
	need tshark
	need python3
	cat >talk.py <<-'EOF'
	import socket
	l = socket.socket(socket.AF_UNIX)
	l.bind("name")
	l.listen(1)
	c = socket.socket(socket.AF_UNIX)
	c.connect("name")
	s, _ = l.accept()
	c.sendall(b"a" * 70000)
	n = 0
	while n < 70000:
	    n += len(s.recv(70000))
	s.sendmsg([b"than", b"ks"])
	c.recv(2)
	c.recv(100)
	a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
	a.send(b"whole")
	b.recv(100, socket.MSG_PEEK)
	b.recv(100)
	EOF
	sk trace --pcapng p.pcapng -o log python3 talk.py
	tshark -r p.pcapng -T fields -e frame.interface_name \
		-e frame.packet_flags_direction -e data -e _ws.col.Protocol \
		-e frame.comment -e ip.src -e _ws.malformed 2>/dev/null >fields
	client=$(sed -nE 's/.*connect\(([0-9]+), .*sun_path="name".*/\1/p' log)
	server=$(sed -nE 's/.*accept4\(.* = ([0-9]+)$/\1/p' log)
	[ "$(said_on "$client<UNIX-STREAM:[" 2 | sed 's/61//g')" = "" ]
	[ "$(said_on "$client<UNIX-STREAM:[" 2 | wc -c)" -eq 140000 ]
	[ "$(said_on "$client<UNIX-STREAM:[" 1)" = "$(hex thanks)" ]
	[ "$(said_on "$server<UNIX-STREAM:[" 1 | wc -c)" -eq 140000 ]
	[ "$(said_on "$server<UNIX-STREAM:[" 2)" = "$(hex thanks)" ]
	[ "$(said_on "<UNIX-DGRAM" 1)" = "$(hex whole)" ]
	# None of it is made up to be IP, or more than it is.
	awk -F '\t' '$4 != "UNIX" || $6 || $7' fields >wrong
	content_is wrong ""
	says fields "^python3\[[0-9]+\] $client<UNIX-STREAM:\[[0-9]+->\"name\"\]>.*python3\[[0-9]+\] sendto\($client\)"
}

@test "--pcapng: netlink messages are read as such" {
	need tshark
	need ip
	sk trace --pcapng p.pcapng -o log ip link show lo >/dev/null
	tshark -r p.pcapng -V 2>/dev/null >dissected
	says dissected '^ +Link-layer address type: Netlink \(824\)'
	says dissected 'Message type: Get network interface info \(18\)'
	says dissected 'Message type: Create network interface \(16\)'
	says_not dissected 'Malformed'
	says dissected 'Interface name: ip\[[0-9]+\] [0-9]+<NETLINK:\[ROUTE:'
}

@test "--pcapng: a file that cannot be written" {
	run -1 sk trace --pcapng /nowhere/p true
	[[ $output == *'/nowhere/p: No such file or directory' ]]
}

@test "files on a full disk" {
	for what in pcapng timeline; do
		run -1 sk trace --$what /dev/full -o log "$PROGS/sins" talk
		[[ $output == *"trace: $what: No space left on device" ]]
	done
	run -1 sk trace -o /dev/full "$PROGS/sins" talk
	[[ $output == *"/dev/full: No space left on device" ]]
}

# --- pictures -------------------------------------------------------------------

@test "--diagram text: what a listening cat does" {
	# Who is traced cannot be traced by a leak checker, too.
	export ASAN_OPTIONS=detect_leaks=0
	start trace "$SOCKKIT" trace --diagram text -o diagram \
		"$SOCKKIT" listen --port-file port --recv-only 127.0.0.1 0 \
		</dev/null
	read -r HOST PORT < <(addr port)
	echo meow | sk connect "$HOST" "$PORT"
	finish trace
	content_is trace.out meow
	sed -nE 's/^\| ((socket|bind|listen|epoll_p?wait|accept4?|close|end|5 bytes).*)/\1/p' \
		diagram >steps
	# in this order, whatever stands between
	tr '\n' ' ' <steps |
		grep -Eq 'socket.* bind 127\.0\.0\.1:'"$PORT"'.* listen.* epoll_p?wait.* accept.* 5 bytes.* end .*close'
	says diagram '^[^ ]+\[[0-9]+\] +127\.0\.0\.1:[0-9]+$'
	says diagram '^\|<-+\|$'
	says_not diagram '^-- 1 times'
}

@test "--diagram mermaid: repeats are folded" {
	sk trace --diagram mermaid -o out "$PROGS/advice" small-writes
	[ "$(head -n 1 out)" = sequenceDiagram ]
	says out '^    participant p0 as advice\[[0-9]+\]$'
	says out '^    p0->>p0: connect$'
	says out '12 bytes in 12 parts|loop '
	says_not out ';$'
}

@test "--diagram: many who talk are a page that can be read" {
	need python3
	for form in text mermaid; do
		sk trace --diagram $form -o $form python3 -c '
import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for port in range(1, 41):
    u.sendto(b"hello", ("127.0.0.2", port))'
	done
	says text ' 127\.0\.0\.2:1 .* 127\.0\.0\.2:15 +others$'
	[ "$(wc -L <text)" -lt 520 ]
	# Nothing is lost: 15 by themselves, 25 to the rest.
	says text '125 bytes in 25 parts'
	[ "$(grep -c '^    participant' mermaid)" -eq 17 ]
	says mermaid 'p0->>p16: 125 bytes in 25 parts'
}

@test "--diagram: a port of TCP is no port of UDP" {
	need python3
	sk trace --diagram text -o out python3 -c '
import socket
l = socket.socket()
l.bind(("127.0.0.1", 0))
l.listen(1)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.connect(l.getsockname())
u.send(b"nobody")
v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
v.sendto(b"another", ("127.0.0.2", 9))
print(l.getsockname()[1])' >port
	says out "^[^ ]+\[[0-9]+\] +127\.0\.0\.1:$(cat port) +127\.0\.0\.2:9\$"
}

@test "--timeline: slices and spans that a viewer reads" {
	sk trace --timeline t.json -o log "$PROGS/calls_msg" || [ $? -eq 3 ]
	jq -e '.traceEvents | map(select(.ph == "X" and .name == "sendmsg")) |
		length > 3 and all(.ts > 0 and .dur >= 0 and .pid > 0)' t.json
	jq -e '.traceEvents | (map(select(.ph == "b")) | length) as $b |
		$b > 0 and (map(select(.ph == "e")) | length) == $b' t.json
	jq -e '.traceEvents | map(select(.ph == "M"))[0].args.name ==
		"calls_msg"' t.json
	# One of its polls waits for a millisecond.
	sk trace --timeline t.json -o log "$PROGS/calls_wait" || [ $? -eq 3 ]
	jq -e '.traceEvents | any(.name == "poll" and .dur >= 1000)' t.json
}

@test "--explain: what the kernel has done, state by state" {
	sk trace --explain -o out "$PROGS/advice" blocking-connect
	says out '^    # CLOSED: now has the address 127\.0\.0\.1:[0-9]+$'
	says out '^    # CLOSED → LISTEN: accept queue 0/128$'
	says out '^    # CLOSED → ESTABLISHED: SYN, SYN-ACK and ACK were exchanged, '
	says out '^    # ESTABLISHED → FIN-WAIT-1: the last descriptor, FIN goes out$'
	sk trace --explain -o out "$PROGS/advice" close-wait
	says out '^    # CLOSED → (SYN-SENT: the SYN is on its way|ESTABLISHED: the SYN was answered)'
	says out '^    # (ESTABLISHED → )?CLOSE-WAIT: FIN came: the peer'
	says out '^    # ESTABLISHED: out of the accept queue: 127'
	need python3
	sk trace --explain -o out python3 -c '
import os, socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); free = s.getsockname()
a, b = socket.socketpair(); d = a.dup(); a.close(); s.close()
c = socket.socket()
c.connect_ex(free)'
	sk trace --explain -o out2 "$PROGS/corners" stops
	says out2 '^    # the receive buffer is empty$'
	# Neither a queue nor a state: what is not TCP.
	sk trace --explain -o out2 "$PROGS/sins" mixed
	says out2 '^    # 11 bytes handed over$'
	says out2 '^    # 11 bytes out of the receive buffer$'
	says out '^    # CLOSED: the SYN was answered by RST: nobody listens there$'
	says out '^    # 1 descriptor of it is left: nothing happens to the connection$'
}

@test "--json -ff: a file for each process" {
	sk trace --json -ff -o log "${PROGS%/}/sins" fork
	[ "$(find . -name 'log.*' | wc -l)" -eq 2 ]
	for f in log.*; do
		jq -se 'map(select(.type == "call" and .call == "socket")) |
			length == 1' "$f"
		jq -se 'map(select(.type == "socket")) | length == 1' "$f"
		jq -se 'map(.pid) | unique == ['"${f#log.}"']' "$f"
	done
}

# --- advice ---------------------------------------------------------------------

# advised RULE [STATUS]: this rule, and with why and how.
advised()
{
	run -"${2:-0}" sk trace --advise -o out "$PROGS/advice" "$1"
	says out "^$1: "
	says out '^  where  advice\['
	says out '^  why    '
	says out '^  fix    '
}

# innocent RULE...: the same done well gives no advice.
innocent()
{
	local rule

	for rule; do
		sk trace --advise -o out "$PROGS/advice" "no-$rule"
		content_is out 'no advice'
	done
}

@test "--advise: queues, connects and addresses" {
	advised low-backlog
	advised blocking-connect
	advised address-in-use
	innocent low-backlog blocking-connect address-in-use
}

@test "--advise: writing" {
	advised small-writes
	advised nagle-stall
	advised short-write
	innocent small-writes nagle-stall short-write
}

@test "--advise: SIGPIPE" {
	advised sigpipe 141
	innocent sigpipe
	# shellcheck disable=SC2016 # the shell's own
	run -141 sk trace --advise -o out sh -c 'kill -PIPE $$'
	content_is out 'no advice'
}

@test "--advise: waiting" {
	advised eagain-spin
	advised epoll-writable
	advised select-1024
	innocent eagain-spin epoll-writable select-1024
}

@test "--advise: what is lost or left behind" {
	advised udp-truncated
	advised fd-leak
	advised close-wait
	innocent udp-truncated fd-leak close-wait
}

# no_advice CODE: python that does nothing wrong.
no_advice()
{
	sk trace --advise -o out python3 -c "import os, select, socket
def pair():
    l = socket.socket()
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind(('127.0.0.1', 0))
    l.listen(100)
    c = socket.socket()
    c.setblocking(False)
    c.connect_ex(l.getsockname())
    s = l.accept()[0]
    select.select([], [c], [])
    c.setblocking(True)
    return c, s
$1"
	content_is out 'no advice'
}

@test "--advise: nothing against those who come near a sin" {
	need python3
	no_advice 'pair()'
	no_advice '
c, s = pair()
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
for i in range(50):
    c.send(b"a"); c.send(b"b"); s.send(b"ok"); c.recv(2)'
	no_advice '
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("127.0.0.1", 0))
u.sendto(b"12345", u.getsockname())
u.recv(5, socket.MSG_TRUNC)'
	no_advice '
c, s = pair()
os._exit(0)'
}

@test "--advise: a short write that something else follows, at that call" {
	need python3
	sk trace --advise -o out python3 -c '
import socket
a, b = socket.socketpair()
a.setblocking(False)
n = a.send(b"x" * 5000000)
while n:
    n -= len(b.recv(n))
a.send(b"other")'
	says out '^short-write: '
	says out '^  where  python3\[[0-9]+\] sendto\('
}

@test "--advise: nothing against an innocent program" {
	sk trace --advise -o out "$PROGS/advice" innocent
	content_is out 'no advice'
}

@test "--advise -k: where in the program" {
	sk --version | grep -q '[+]dw' || skip "built without libdw"
	sk trace --advise -k -o out "$PROGS/advice" blocking-connect
	says out '^         > .*/advice\((blocking_connect|main)\+0x'
}

# --- what cannot be seen -----------------------------------------------------------

@test "io_uring: what SQPOLL hides is said" {
	sk trace -e inject=io_uring_setup:retval=9 -o out "$PROGS/advice" io-uring
	says out 'io_uring_setup\(8, \{flags=IORING_SETUP_SQPOLL, '
	says out '^sockkit trace: process [0-9]+: io_uring with SQPOLL: '
	sk trace --json -e inject=io_uring_setup:retval=9 -o out \
		"$PROGS/advice" io-uring
	jq -se 'map(select(.type == "note")) | length == 1' out
}
