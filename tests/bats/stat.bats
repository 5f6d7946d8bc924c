#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# sockkit stat, in network namespaces of its own, beside ss and /proc/net.
# shellcheck disable=SC2016 # scripts for in_netns are in single quotes

bats_require_minimum_version 1.5.0
load helper

setup() {
  helper_setup
  MANY=$(dirname "$SOCKKIT")/tests/tools/many
  TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  export MANY TOP
}

# A quiet namespace with sockets of many kinds and states, then SCRIPT.
# The zoo is python's work, as it can make every socket in a line or two.
zoo() {
  need python3
  need_netns
  cat >zoo.py <<'PY'
import ctypes, os, socket as s, struct, sys, threading
keep = []
def tcp(family, addr):
    l = s.socket(family); l.bind((addr, 0)); l.listen(5); keep.append(l)
    c = s.create_connection(l.getsockname()[:2]); a, _ = l.accept()
    keep.extend([c, a]); return l, c, a
def adorn(k):       # two memberships, and a filter: "accept nothing"
    k.setsockopt(263, 1, struct.pack('iHH8s', 1, 1, 0, b''))
    k.setsockopt(263, 1, struct.pack('iHH8s', 1, 0, 6, bytes([1, 0, 94, 0, 0, 1])))
    code = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0))
    k.setsockopt(s.SOL_SOCKET, 26, struct.pack('HxxxxxxQ', 1, ctypes.addressof(code)))
tcp(s.AF_INET, '127.0.0.1')
tcp(s.AF_INET6, '::1')
l, c, a = tcp(s.AF_INET, '127.0.0.1'); a.close()      # CLOSE-WAIT, FIN-WAIT-2
l, c, a = tcp(s.AF_INET, '127.0.0.1'); c.close(); a.close()   # TIME-WAIT
def mark(x, priority=6):
    x.setsockopt(s.SOL_SOCKET, s.SO_MARK, 0x11)
    x.setsockopt(s.SOL_SOCKET, s.SO_PRIORITY, priority)
    x.setsockopt(s.SOL_SOCKET, s.SO_BINDTODEVICE, b'lo\0')
    x.setsockopt(s.SOL_SOCKET, s.SO_KEEPALIVE, 1)
m = s.socket(); m.bind(('127.0.0.2', 0)); mark(m); m.listen(7); keep.append(m)
c = s.socket(); mark(c); c.connect(m.getsockname()); keep.append(c)  # not accepted
c = s.socket(s.AF_INET6); c.setsockopt(41, s.IPV6_TCLASS, 0x20); mark(c)
c.connect(keep[3].getsockname()); keep.append(c)                 # nor this one
w = s.socket(); w.bind(('0.0.0.0', 80)); w.listen(128); keep.append(w)
d = s.socket(s.AF_INET6); d.setsockopt(s.IPPROTO_IPV6, s.IPV6_V6ONLY, 0)
d.bind(('::', 0)); d.listen(1); keep.append(d)        # dual stack
m = s.create_connection(('127.0.0.1', d.getsockname()[1])); keep.append(m)
keep.append(d.accept()[0])                            # v4-mapped
u = s.socket(s.AF_INET, s.SOCK_DGRAM); u.bind(('127.0.0.1', 0)); keep.append(u)
v = s.socket(s.AF_INET, s.SOCK_DGRAM); v.connect(u.getsockname()); keep.append(v)
w = s.socket(s.AF_INET6, s.SOCK_DGRAM); w.bind(('::1', 0)); keep.append(w)
x = s.socket(s.AF_UNIX); x.bind('zoo.sock'); x.listen(3); keep.append(x)
y = s.socket(s.AF_UNIX); y.connect('zoo.sock'); keep.append(y)
keep.append(x.accept()[0])
z = s.socket(s.AF_UNIX); z.connect('zoo.sock'); keep.append(z)  # not accepted
b = s.socket(s.AF_UNIX, s.SOCK_DGRAM); b.bind(b'\0abstract\x1b[1m'); keep.append(b)
keep.extend(s.socketpair(s.AF_UNIX, s.SOCK_SEQPACKET))
try:
    ml = s.socket(s.AF_INET, s.SOCK_STREAM, 262); ml.bind(('127.0.0.1', 0))
    ml.listen(1); mc = s.socket(s.AF_INET, s.SOCK_STREAM, 262)
    mc.connect(ml.getsockname()); keep.extend([ml, mc, ml.accept()[0]])
except OSError: pass
for f, t, p in ((s.AF_INET, s.SOCK_RAW, 1), (s.AF_INET6, s.SOCK_RAW, 58),
                (s.AF_PACKET, s.SOCK_RAW, s.htons(3)),
                (s.AF_PACKET, s.SOCK_DGRAM, s.htons(0x800)),
                (s.AF_NETLINK, s.SOCK_RAW, 0)):
    try:
        k = s.socket(f, t, p)
        if f == s.AF_NETLINK: k.bind((0, 1)); k.setsockopt(270, 1, 35)
        if t == s.SOCK_DGRAM: k.bind(('lo', 0x806))
        if t == s.SOCK_DGRAM: adorn(k)
        keep.append(k)
    except OSError: pass
try:                # a ring, and a group of sockets that share packets
    k = s.socket(s.AF_PACKET, s.SOCK_RAW, 0)
    k.setsockopt(263, 5, struct.pack('IIII', 4096, 4, 2048, 8)); keep.append(k)
    k = s.socket(s.AF_PACKET, s.SOCK_RAW, 0); k.bind(('lo', 0x22f0))
    k.setsockopt(263, 18, struct.pack('I', 5 | 1 << 16)); keep.append(k)
except OSError: pass
n = s.socket(s.AF_UNIX, s.SOCK_DGRAM); n.bind('a,"b'); keep.append(n)
f, n = s.socketpair(s.AF_UNIX, s.SOCK_DGRAM)    # n passes one on that nobody takes
o = s.socket(s.AF_UNIX, s.SOCK_DGRAM); o.bind('flying'); s.send_fds(f, [b'x'], [o.fileno()])
o.close(); keep.extend([f, n])
threading.Thread(target=threading.Event().wait, daemon=True).start()
i = s.socket(); i.bind(('127.0.0.1', 0)); keep.append(i)  # BOUND
open('zoo.ready', 'w').write('%d %d\n' % (os.getpid(), l.getsockname()[1]))
sys.stdin.read()
PY
  cat >check.py <<'PY'
import json, os, sys
schema = json.load(open(sys.argv[1]))
def check(v, s, at):
    t = s["type"]; t = t if isinstance(t, list) else [t]
    kind = ("null" if v is None else "boolean" if isinstance(v, bool) else
            "integer" if isinstance(v, int) else "string" if isinstance(v, str)
            else "array" if isinstance(v, list) else "object")
    assert kind in t, (at, kind, t)
    if kind == "object":
        assert set(v) == set(s["properties"]), (at, set(v) ^ set(s["properties"]))
        for k in v: check(v[k], s["properties"][k], at + "." + k)
    if kind == "array":
        for i in v: check(i, s["items"], at + "[]")
doc = json.load(open("doc.json"))
assert doc["version"] == 1
rows = [json.loads(l) for l in open("lines.jsonl")]
for r in doc["sockets"] + rows: check(r, schema, "")
kinds = {r["kind"] for r in rows}
assert {"tcp", "udp", "unix_stream", "unix_dgram", "netlink"} <= kinds, kinds
tcp = [r for r in rows if r["kind"] == "tcp" and r["state"] == "ESTAB"]
assert tcp and all(r["tcp"]["rtt_us"] > 0 for r in tcp)
assert {r["unowned"] for r in tcp if not r["owners"]} == {"not accepted yet"}
assert {r["unowned"] for r in tcp if r["owners"]} == {None}
tw = [r for r in rows if r["state"] == "TIME-WAIT"]
assert tw and all(r["uid"] is None and r["tcp"] is None for r in tw)
a = [r for r in rows if r["unix"] and r["unix"]["abstract"]]
assert a[0]["unix"]["name"] == "abstract\x1b[1m", a[0]["unix"]["name"]
p = [r for r in rows if r["unix"] and r["unix"]["peer_name"] == "zoo.sock"]
assert p and p[0]["unix"]["peer_owners"], "peer"
p = [r["packet"] for r in rows if r["kind"] == "packet_dgram"][0]
assert [(m["type"], m["count"], m["address_hex"]) for m in p["memberships"]] == \
    [(0, 1, "01005e000001"), (1, 1, "")], p["memberships"]
assert p["filter"] in ([{"code": 6, "jt": 0, "jf": 0, "k": 0}], None), p["filter"]
assert p["filter"] or os.getuid(), "root is told of filters"
n = [r["netlink"] for r in rows if r["netlink"] and r["netlink"]["groups"]]
assert n[0]["group_numbers"] == [1, 35], n
PY
  cat >inside.sh <<EOF
mount -t proc proc /proc
mkfifo gate; python3 zoo.py <gate & exec 9>gate
until [ -s zoo.ready ]; do kill -0 \$!; sleep 0.02; done
sk() { "$SOCKKIT" stat "\$@"; }
$1
EOF
  in_netns "bash -ex -o pipefail inside.sh"
}

# Rows without the blanks that align them, sorted.
export SQUEEZE='s/ +/ /g; s/ $//'

@test "tables of ss and ours hold the same sockets, family by family" {
  need ss
  zoo '
    for what in -tan -tan4 -tan6 -uan -tln -tn "-A unix_seqpacket,unix_stream -an"; do
      # this ss may not know bound sockets
      case $what in -t*) bound="^UNCONN" ;; *) bound="^\$" ;; esac
      sk -H $what | sed -E "$SQUEEZE" | grep -v "$bound" | sort >ours
      ss -H $what | sed -E "$SQUEEZE" | grep -v "$bound" | sort >theirs
      echo "--- ss $what, +++ ours"
      [ -s theirs ]
      diff -u theirs ours
    done'
}

@test "the examples of ss(8), and the letters and filters of habit, pick what they pick there" {
  need ss
  cat >lines <<'EOT'
-t -a
-u -a
-o state established '( dport = :ssh or sport = :ssh )'
-x src /tmp/.X11-unix/*
-o state fin-wait-2 '( sport = :http or sport > 0 )' dst 127.0.0/24
-a -A 'all,!tcp,!raw,!netlink,!packet,!mptcp,!unix_dgram'
-tan dst 193.233.7/24
-tan src 127/8
-tan not src 127.0/16
-tan src 0/0
-tanl
-tna
-tnla
-un -A tcp -a
-A tcp -u -an
-A udp -4an
-A unix_stream,tcp -an
--socket tcp -an
-x -an src 'ZOO*'
-f unix -an src zoo.sock
-f unix -an src zoo.sock or src '*not*'
-f link -n src arp
-f link -n src ARP
-f link -n sport = lo
-f link -n src '*:lo'
-f link -n autobound
-an sport = link::lo
-0n src link:arp:lo
-f netlink -n src xfrm
-f netlink -n src netlink:xfrm:kernel
-f netlink -n src fiblookup:kernel
-xan src 'unix:*zoo*'
-tan exclude listening exclude established
-tan state big exclude closed
-tan state bucket
-tan state connected
-tan state synchronized
-tan sport gt 50000 and dport leq 65535
-tan '!' sport = 80
-tan not '( sport = 80 or dport = 22 )'
-tan autobound
-tan not autobound
-tan dev lo
-tan src '[::1]'
-tan src '*'
-tan src inet:127.0.0.1
EOT
  # bound sockets: some ss show them without being asked, others never
  export only='/abstract|icmp|^(tcp )?UNCONN 0 0 127.0.0.1:[0-9]+ 0.0.0.0:[*]/d; s/ timer:.*//'
  zoo '
    while read -r line; do
      eval "set -- $line"
      sk -H "$@" | sed -E "$SQUEEZE; $only" | sort -u >ours
      ss -H "$@" | sed -E "$SQUEEZE; $only" | sort -u >theirs
      echo "--- ss $line, +++ ours"
      diff -u theirs ours
    done <lines'
}

@test "of -a, -l and -B the last counts" {
  zoo '
    states() { sk -H "$@" | awk "{ print \$1 }" | sort -u | tr "\n" " "; }
    [ "$(sk -tanlH --columns state | sort -u)" = LISTEN ]
    sk -tnlaH --columns state | grep -q ESTAB
    [ "$(sk -tanBH --columns lport)" = "$(sk -tnBH --columns lport)" ]
    [ "$(sk -tnBlH --columns state | sort -u)" = LISTEN ]
    # and -A forgets the letters before it, not those behind
    [ "$(sk -u -A tcp -anH --columns netid | sort -u)" = tcp ]
    [ "$(sk -A tcp -u -anH --columns netid | sort -u)" = "$(printf "tcp\nudp")" ]
    sk --socket packet_raw -a --columns netid -H | grep -q p_raw
    sk -wa | grep -q "0.0.0.0:icmp"'
  run -2 sk stat -A '!tcp'
  [[ $output == *"leaves no table"* ]]
  run -2 sk stat -A -tcpp
  [[ $output == *"no such table"* ]]
}

@test "every state that this machine can make is there" {
  zoo '
    # an ACK on its way may keep one of them in the state before
    for s in LISTEN ESTAB CLOSE-WAIT FIN-WAIT-2 TIME-WAIT UNCONN; do
      until sk -tanH | awk "{ print \$1 }" | grep -x -- "$s"; do
        sleep 0.02
      done
    done
    # sockets that are just being closed may be seen for a moment; kernels
    # before 6.8 tell of none that is only bound, and we say so
    sk -HtB 2>err >/dev/null
    ! grep -q "from 6.8 on" err || exit 0
    until [ "$(sk -HtB | wc -l)" -eq 1 ]; do sk -HtB; sleep 0.02; done'
}

# Their timers go on, so they are kept apart from what is compared in detail.
@test "states that last as long as a peer does not read, as ss and /proc have them" {
  need ss
  need python3
  need_netns
  cat >restless.py <<'PY'
import socket as s, sys
keep = []
def pair():
    l = s.socket(); l.bind(('127.0.0.1', 0)); l.listen(5); keep.append(l)
    c = s.create_connection(l.getsockname()); a, _ = l.accept()
    keep.extend([c, a]); return c, a
def fill(x):
    x.setblocking(False)
    try:
        while True: x.send(b'x' * 65536)
    except BlockingIOError: pass
c, a = pair(); fill(c); c.close()                                # FIN-WAIT-1
c, a = pair(); c.shutdown(s.SHUT_WR); fill(a); a.close()          # LAST-ACK
c, a = pair(); fill(c); c.shutdown(s.SHUT_WR); a.shutdown(s.SHUT_WR)  # CLOSING
f = s.socket(); f.bind(('127.0.0.1', 0)); f.listen(0); keep.append(f)
for i in range(3):
    c = s.socket(); c.setblocking(False); keep.append(c)          # SYN-SENT
    try: c.connect(f.getsockname())
    except BlockingIOError: pass
open('ready', 'w').write('x'); sys.stdin.read()
PY
  in_netns 'mkfifo gate; python3 restless.py <gate & exec 9>gate
    until [ -s ready ]; do kill -0 $!; sleep 0.02; done
    ends() { awk "{ print \$(NF - 1), \$NF }" | sort; }
    for state in fin-wait-1 last-ack closing syn-sent; do
      until "$SOCKKIT" stat -tanH state $state | grep -q .; do sleep 0.02; done
      "$SOCKKIT" stat -tanH state $state | ends >ours
      "$SOCKKIT" stat -tanH --source proc state $state | ends >proc
      ss -tanH state $state | ends >theirs
      echo "--- $state"; cat ours
      diff -u theirs ours
      diff -u proc ours
    done
    "$SOCKKIT" stat -tanoH state fin-wait-1 | grep -q "timer:(persist,"
    "$SOCKKIT" stat -tanpH state last-ack | grep -q "(orphan)"'
}

@test "netlink and /proc tell of the same sockets" {
  zoo '
    for what in -tan -uan; do
      # /proc does not say whether a socket takes IPv6 only, nor what is bound,
      # to a port or to a device
      sk -HQ --source netlink $what | sed -E "$SQUEEZE; s/\[::\]/*/g; s/%lo//" |
        grep -v "^UNCONN.* 0.0.0.0:\*" | sort >netlink
      sk -HQ --source proc $what | sed -E "$SQUEEZE; s/\[::\]/*/g" |
        grep -v "^UNCONN.* 0.0.0.0:\*" | sort >proc
      diff -u netlink proc
    done
    for what in -xa -0a "--netlink -a"; do
      sk -H $what --source netlink --columns netid,laddr,inode | sort >netlink
      sk -H $what --source proc --columns netid,laddr,inode | sort >proc
      # the socket that asks is one itself
      diff -u <(grep -v tcpdiag netlink) <(grep -v tcpdiag proc)
    done'
}

@test "a family without a diag module is read from /proc, or said" {
  zoo '
    sk -wanH >raw
    grep -q "0.0.0.0:1 " raw
    grep -q ":58 " raw
    sk -uaneH --source proc >udp
    grep -q " ino:" udp
    if grep " sk:" udp; then exit 1; fi
    if sk --source netlink -da 2>err; then exit 1; fi
    grep -q "dccp: this kernel cannot list these (CONFIG_INET_DCCP_DIAG)" err
    grep -q "nothing could be read" err'
}

@test "-p finds owners, and says why there is none" {
  zoo '
    read -r pid port <zoo.ready
    sk -tlnpH | grep -q "users:((\"python3[^\"]*\",pid=[0-9]*,fd="
    sk -tanpH "state time-wait" | grep -q "(closed)"
    sk -tanH pid = $pid and state listening | grep -q LISTEN
    [ -z "$(sk -tanH pid = 1)" ]
    [ "$(sk -tanH comm = "python*" | wc -l)" -gt 4 ]
    sk -xaTnH | grep -q "tid=$pid,fd="
    # a process of two threads, which share each descriptor
    sk -tlTnHO "sport = 80" >out
    [ "$(grep -o "pid=$pid,tid=[0-9]*,fd=[0-9]*" out | sort -u | wc -l)" -eq 2 ]
    sk -tnpH state established dst 127.0.0.1 src 127.0.0.2 | grep -q "(not accepted yet)"
    sk -xapH src flying | grep -q "(in no process we see)"
    sk --netlink -apnH | grep -q "(kernel)"
    sk -xanp src zoo.sock | grep -q "peer:users:((\"python3\",pid=$pid,fd="
    sk -tlZnH | grep -q "pid=$pid,proc_ctx=[^,]*,fd=[0-9]*)"
    sk -tlznH | grep -q "pid=$pid,proc_ctx=[^,]*,fd=[0-9]*,sock_ctx=[^,]*)"'
}

@test "owners of passed and forked descriptors, one of them in its own mounts" {
  need python3
  need_netns
  cat >fork.py <<'PY'
import os, socket as s, sys, time
l = s.socket(); l.bind(('127.0.0.1', 0)); l.listen(1)
a, b = s.socketpair(s.AF_UNIX)
if os.fork() == 0:
    l.close(); _, fds, _, _ = s.recv_fds(b, 1, 1)
    open('got', 'w').write(str(fds[0])); sys.stdin.read(); os._exit(0)
s.send_fds(a, [b'x'], [l.fileno()])
while not os.path.exists('got'): time.sleep(0.01)
open('ready', 'w').write('x'); sys.stdin.read()
PY
  in_netns 'mount -t proc proc /proc; mkfifo gate
    unshare -m python3 fork.py <gate & exec 9>gate
    until [ -s ready ]; do kill -0 $!; sleep 0.02; done
    "$SOCKKIT" stat -tlnpH >out; cat out
    [ "$(grep -o "pid=" out | wc -l)" -eq 2 ]'
}

@test "--json is what the schema says, and has every socket" {
  zoo '
    sk -anp --json >doc.json; sk -anp --jsonl >lines.jsonl
    python3 check.py "$TOP/src/diag/stat.schema.json"'
}

@test "foreign bytes do not reach the terminal" {
  zoo '
    sk -xan >out
    grep -q "@abstract" out
    if grep -q "$(printf "\033")" out; then exit 1; fi'
}

@test "letters of ss: columns come and go by its rules" {
  zoo '
    sk -tan | head -1 | grep -Eq "^State +Recv-Q +Send-Q +Local Address:Port +Peer Address:Port +Process$"
    sk -an | head -1 | grep -q "^Netid State"
    sk -tulpan | head -1 | grep -q "^Netid State .* Process$"
    sk -tn state established | head -1 | grep -q "^Recv-Q"
    sk -tanQ | head -1 | grep -Eq "^State +Local Address"
    sk -tni state established | grep -Eq "^	 .* rto:[0-9.]+ rtt:[0-9.]+/[0-9.]+ .*mss:[0-9]+ .* cwnd:10 "
    sk -tnm state established | grep -Eq "skmem:\(r0,rb[0-9]+,t0,tb[0-9]+,f[0-9]+,w0,o0,bl0,d0\)"
    sk -tno state time-wait | grep -Eq "timer:\(timewait,[0-9]+sec,0\)"
    sk -tne state listening | grep -Eq " ino:[0-9]+ sk:[0-9a-f]+ "
    [ "$(sk -tniO state established | wc -l)" -eq "$(sk -tn state established | wc -l)" ]
    sk -tn --inet-sockopt state listening | grep -q "inet-sockopt: ( is_icsk"
    sk -tn --tos state listening | grep -q " tos:0"
    sk -tn --cgroup state listening | grep -q " cgroup:"'
}

@test "details are ss's, field by field" {
  need ss
  zoo '
    # times and timers go on between the two, ss has changed from hexadecimal to
    # decimal once, and what it does not know yet comes last
    gone="(subflows_total|last_[a-z_]*|seq|ssnoff|write_seq|snd_una|rcv_nxt|lastsnd|lastrcv|lastack|rcv_wnd|rehash|total_rto[a-z_]*|received_[a-z0-9_]*|delivered_[a-z0-9_]*)"
    timers="s/timer:\(([a-z]+),[^,]*,/timer:(\1,T,/"
    for what in -tniO -tnmO -tneO -tnoO "-tnO --tos" "-tnO --cgroup" "-tnO --inet-sockopt" -MniO; do
      if ! ss -HM >/dev/null 2>&1 && [ $what = -MniO ]; then continue; fi
      sk -tH $what sport != 1 | sed -E "s/ $gone:[0-9a-f]+//g; $timers; $SQUEEZE" | sort >ours
      # From 6.8 on ss takes bound ones, which are UNCONN, for connections.
      ss -tH $what sport != 1 | grep -Ev "^(tcp +)?UNCONN" | sed -E "s/ $gone:[0-9a-f]+//g; $timers; $SQUEEZE" | sort >theirs
      echo "--- ss $what, +++ ours"
      diff -u theirs ours
    done
    for what in -xanmO -xaneO -uanemO -uaniO -0anemO -0anbO; do
      sk -H $what | grep -v abstract | sed -E "$SQUEEZE" | sort >ours
      ss -H $what | grep -v abstract | sed -E "$SQUEEZE" | sort >theirs
      echo "--- ss $what, +++ ours"
      diff -u theirs ours
    done'
}

@test "details that this ss may not tell, and names of hosts" {
  zoo '
    sk --netlink -anH -e | grep -q "groups=0x400000001"
    sk -tnoH state established dst 127.0.0.2 >out
    grep -Eq "timer:\(keepalive,[0-9a-z.]+,0\)" out
    sk -tlrH src 127.0.0.1 | grep -q " localhost"
    sk -tlnH src 127.0.0.1 | grep -q " 127.0.0.1:"'
}

@test "columns stand below each other, also in a pipe" {
  zoo '
    sk -tan >out
    python3 - <<EOF
import re
rows = open("out").read().splitlines()
ends = {tuple(m.start() for m in re.finditer(r":(?=[0-9*]+( |$)|Port)", r)) for r in rows}
assert len(ends) == 1 and len(ends.pop()) == 2, ends
assert {r.split()[0] for r in rows} > {"State", "LISTEN"}
EOF'
}

@test "-D writes what ss can read" {
  need ss
  zoo '
    sk -D raw -a
    TCPDIAG_FILE=raw ss -tanH | sed -E "$SQUEEZE" | sort >theirs
    sk -tanH | sed -E "$SQUEEZE" | sort >ours
    [ -s ours ]
    diff -u ours theirs'
  run -2 sk stat -D - -u
  run -1 sk stat -D /dev/full -ta
  [[ $output == *"/dev/full: No space left"* ]]
}

@test "SYN-RECV: somebody has asked and not been answered" {
  need python3
  need_netns
  cat >syn.py <<'PY'
import socket as s, sys
l = s.socket(); l.bind(('127.0.0.1', 0)); l.listen(0)
cs = []
for i in range(4):
    c = s.socket(); c.setblocking(False); cs.append(c)
    try: c.connect(l.getsockname())
    except BlockingIOError: pass
open('ready', 'w').write('x'); sys.stdin.read()
PY
  in_netns 'mkfifo gate; python3 syn.py <gate & exec 9>gate
    until [ -s ready ]; do kill -0 $!; sleep 0.02; done
    until "$SOCKKIT" stat -tanH state syn-sent | grep -q .; do sleep 0.02; done
    "$SOCKKIT" stat -tanpH state syn-recv >out; cat out
    ! grep -v "(not accepted yet)" out
    "$SOCKKIT" stat -tlnH | grep -Eq "LISTEN +1 +0 "'
}

@test "an ordinary user is told what is missing, and nothing is made up" {
  need setpriv
  [ "$(id -u)" -eq 0 ] || skip "only root can become somebody else"
  need_netns
  in_netns 'mkfifo gate; "$MANY" 2 1 <gate >ready & pid=$!; exec 9>gate
    until grep -q ready ready; do kill -0 $pid; sleep 0.02; done
    chmod 755 .; cp "$SOCKKIT" /tmp/sk.$$; chmod 755 /tmp/sk.$$
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
    $as /tmp/sk.$$ stat -tnpH >out 2>err
    if $as /tmp/sk.$$ stat -tn fwmark = 1 2>err2; then exit 1; fi
    rm /tmp/sk.$$; cat out err err2
    [ "$(grep -c "(not ours to see)" out)" -eq 2 ]
    grep -Eq "process(es)? are not ours to see" err
    grep -q "fwmark: the kernel tells marks only" err2'
}

@test "filters: precedence, units, places of errors" {
  zoo '
    all=$(sk -tanH | wc -l)
    [ "$(sk -tanH "state listening or not state listening" | wc -l)" -eq "$all" ]
    # or binds loosest
    [ "$(sk -tanH "(sport >= 0) or sport = 1 and sport = 2" | wc -l)" -eq "$all" ]
    [ "$(sk -tanH "sport = 1 and sport = 2 or sport >= 0" | wc -l)" -eq "$all" ]
    [ "$(sk -tanH state established state time-wait | awk "{print \$1}" | sort -u | tr "\n" " ")" = "ESTAB TIME-WAIT " ]
    sk -tanH "rtt < 10s and cwnd >= 1" | grep -q ESTAB
    [ -z "$(sk -tanH "rtt > 1h")" ]
    [ "$(sk -xaH "src unix:*zoo.sock" | wc -l)" -ge 2 ]
    sk -xaH "dst unix:*zoo.sock" | grep -q zoo.sock
    sk -tanH dst 127.0.0.0/8 and not src 10.0.0.0/8 | grep -q 127.0.0.1
    sk -tanH "dst 127.0.0.1" | grep -q "::ffff:127.0.0.1"
    sk -tanH "src ::1" | grep -q "\[::1\]"
    printf "# a comment\nstate listening\n" >filter
    [ "$(sk -taH -F filter | wc -l)" -eq "$(sk -taH state listening | wc -l)" ]'
  # what cannot be read is no filter that lets everything through
  run -1 sk stat -t -F .
  [ "$output" = "sockkit stat: .: Is a directory" ]
  run -1 bash -c '"$SOCKKIT" stat -t -F - <&-'
  [[ $output == *"-: Bad file descriptor"* ]]
  run -2 sk stat -t 'sport = :22 and ( rtt > 5zz )'
  [ "${lines[1]}" = "  sport = :22 and ( rtt > 5zz )" ]
  [ "${lines[2]}" = "                          ^" ]
  run -2 sk stat -t 'sport = 22 )'
  [ "${lines[2]}" = "             ^" ]
  run -2 sk stat -t frob = 3
  [[ ${lines[0]} == *"no such predicate"* ]]
}

@test "--columns, --sort, --count-by and --csv" {
  zoo '
    sk -tan --columns state,lport --sort lport:desc -H | awk "{ print \$2 }" >ports
    sort -rnc ports
    sk -tan --count-by state | grep -Eq "^ +[0-9]+ LISTEN$"
    sk -tan --count-by state --json | python3 -c "
import json, sys; d = json.load(sys.stdin); assert sum(c[\"count\"] for c in d[\"counts\"]) > 8"
    sk -tan --csv | head -1 | tr -d "\r" | grep -qx "netid,state,recvq,sendq,laddr,lport,paddr,pport,user,inode"
    sk -xaH --csv --columns name,netid src "*b" | tr -d "\r" >csv
    grep -qxF "\"a,\"\"b\",u_dgr" csv
    sk -tan --csv | python3 -c "
import csv, sys; r = list(csv.reader(sys.stdin)); assert len(r) > 8 and all(len(x) == 10 for x in r)"'
  run -2 sk stat --columns nonsense
  [[ $output == *"no such column: nonsense"* ]]
  run -0 sk stat --columns help
  [[ $output == *delivery_rate* ]]
}

@test "-K closes what matches and nothing else" {
  zoo '
    read -r pid port <zoo.ready
    before=$(sk -tanH state established | wc -l)
    sk -tnKH "state listening and sport = $port" </dev/null >killed
    [ "$(wc -l <killed)" -eq 1 ]
    [ -z "$(sk -tanH state listening and sport = $port)" ]
    [ "$(sk -tanH state established | wc -l)" -eq "$before" ]
    if sk -xaK --yes </dev/null 2>err >/dev/null; then exit 1; fi
    grep -q "not closed: Operation not supported" err'
}

@test "-N and --netns all" {
  need_netns
  need ip
  in_netns 'mount -t tmpfs none /run; mkfifo gate; ip netns add blue
    ip netns exec blue ip link set lo up
    ip netns exec blue "$MANY" 2 1 <gate >ready & pid=$!; exec 9>gate
    until grep -q ready ready; do kill -0 $pid; sleep 0.02; done
    [ -z "$("$SOCKKIT" stat -tlnH)" ]
    [ "$("$SOCKKIT" stat -tlnH -N blue | wc -l)" -eq 1 ]
    "$SOCKKIT" stat -tlnH --netns all | grep -q "^blue *LISTEN"
    "$SOCKKIT" stat -tlnpH --netns all | grep -q "many"
    # from within it has its name too, and one without a name its process
    ip netns exec blue "$SOCKKIT" stat -tlnH --netns all >out
    grep -q "^blue *LISTEN" out
    mkfifo gate2
    unshare -n bash -c "ip link set lo up; exec \"$MANY\" 2 1" <gate2 >ready2 & pid=$!
    exec 8>gate2
    until grep -q ready ready2; do kill -0 $pid; sleep 0.02; done
    "$SOCKKIT" stat -tlnH --netns all >out
    grep -q "^blue *LISTEN" out
    grep -q "^pid:$pid *LISTEN" out
    [ "$("$SOCKKIT" stat -tlnH -N $pid | wc -l)" -eq 1 ]'
  run -1 sk stat -N no-such-namespace
  [[ $output == *"network namespace no-such-namespace: No such file"* ]]
  : >file
  run -1 sk stat -N ./file
  [ "$output" = "sockkit stat: network namespace ./file: it is none" ]
}

@test "cgroup: as a filter, a detail, a column and a count" {
  need_netns
  in_netns '
    mkdir cg; mount -t cgroup2 none cg || exit 77
    own=cg/sockkit-test-$BASHPID-$RANDOM; mkdir $own || exit 77
    # a cgroup can be removed once its last process has been waited for
    trap "kill \$pid; wait \$pid || true; rmdir $own" EXIT
    "$SOCKKIT" listen -k --port-file other 127.0.0.1 0 </dev/null &
    bash -c "echo \$\$ >$own/cgroup.procs || exit 77
      exec \"$SOCKKIT\" listen -k --port-file port 127.0.0.1 0" </dev/null & pid=$!
    until [ -s port ] && [ -s other ]; do kill -0 $pid || exit 77; sleep 0.02; done
    read -r _ p <port
    name=/${own##*/}
    [ "$("$SOCKKIT" stat -tlnH --columns lport cgroup = $own)" = "$p" ]
    [ "$("$SOCKKIT" stat -tlnH --columns lport cgroup != $own | wc -l)" -eq 1 ]
    [ "$("$SOCKKIT" stat -tlnH --columns lport cgroup $own and cgroup cg | wc -l)" -eq 0 ]
    "$SOCKKIT" stat -tlnH --cgroup sport = $p | grep -q " cgroup:$name\$"
    "$SOCKKIT" stat -tlneH sport = $p | grep -q " cgroup:$name "
    "$SOCKKIT" stat -tln --count-by cgroup | grep -q " 1 $name\$"' || {
    [ $? -eq 77 ] && skip "no cgroups of our own here"
    false
  }
}

@test "--bpf-maps: what a BPF program stores at a socket" {
  need_netns
  SKSTORAGE=$(dirname "$SOCKKIT")/tests/tools/skstorage
  hold_pipe gate
  start holder "$SKSTORAGE" 0x01020304 <gate
  until_true test -s holder.out || {
    finish holder 77 && skip "this kernel, or this user, has no such maps"
    false
  }
  read -r port map <holder.out
  word=04030201
  [[ $(printf '\1\0' | od -An -d) -eq 1 ]] || word=01020304
  sk stat -tlnOH --bpf-maps "sport = $port" >out
  one_line out "127\.0\.0\.1:$port .* map_id:$map \[$word\]\$"
  sk stat -4tln --bpf-maps --jsonl "sport = $port" >out
  grep -qF "\"bpf_storage\":[{\"map_id\":$map,\"value_hex\":\"$word\"}]" out
  sk stat -tlnOH --bpf-map-id "$map" "sport = $port" >out
  one_line out "127\.0\.0\.1:$port .* map_id:$map \[$word\]\$"
  run -1 sk stat -tl --bpf-map-id "$map" --bpf-map-id 4294967295
  [[ $output == *"--bpf-map-id 4294967295: No such file"* ]]
  run -2 sk stat -tl --bpf-map-id all
  end_pipe gate
  finish holder
}

@test "--bpf-map-id: of several maps, those that were named" {
  need_netns
  SKSTORAGE=$(dirname "$SOCKKIT")/tests/tools/skstorage
  hold_pipe gate
  for i in 1 2; do
    start holder$i "$SKSTORAGE" $i <gate
    until_true test -s holder$i.out || {
      finish holder$i 77 && skip "this kernel, or this user, has no such maps"
      false
    }
  done
  read -r _ one <holder1.out
  sk stat -tlnO --bpf-map-id "$one" >out
  says out "map_id:$one "
  read -r _ two <holder2.out
  says_not out "map_id:$two "
  end_pipe gate
  finish holder1
  finish holder2
}

@test "a reader that leaves early is no failure; a full disk is one" {
  run -0 bash -o pipefail -c '"$SOCKKIT" stat -a --jsonl | head -1 >/dev/null'
  run -1 bash -c '"$SOCKKIT" stat -a >/dev/full'
  [[ $output == *"No space left"* ]]
}

@test "thousands of sockets in several processes: all of them, each once" {
  need_netns
  in_netns 'ulimit -n 4096
    mkfifo gate; "$MANY" 2000 4 <gate >ready & pid=$!; exec 9>gate
    until grep -q ready ready; do kill -0 $pid; sleep 0.02; done
    "$SOCKKIT" stat -tnH --columns cookie >cookies
    [ "$(wc -l <cookies)" -eq 2000 ]
    [ -z "$(sort cookies | uniq -d)" ]
    [ "$("$SOCKKIT" stat -tnpH | grep -c "users:((\"many\"")" -eq 2000 ]'
}
