#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job on real input: demo.sh SOCKKIT
#
# Sends a real file of tens of MiB over loopback from `connect` to `listen`,
# compares what arrived by SHA-256, and does the same with every other netcat
# that is installed. Each pair of programs runs ROUNDS times; its best counts.
# The clock runs from the sender's start until both have ended and the file
# is written. Ports are found free, and all that is started here ends here.
set -u

ROUNDS=${ROUNDS:-5}
MIN_BYTES=16777216  # 16 MiB
PATIENCE=10         # seconds that one transfer may take before it is failed

sockkit=$(command -v "$1" 2>/dev/null) || {
  echo "demo: no sockkit at ${1:-(nothing given)}" >&2
  exit 1
}
dir=$(mktemp -d "${TMPDIR:-/tmp}/sockkit-demo.XXXXXX") || exit 1
listener='' sender=''

# Only what was started here, by its number.
clean_up() {
  for pid in $listener $sender; do kill "$pid" 2>/dev/null; done
  wait
  rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

die() { echo "demo: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
sum_of() { sha256sum <"$1" | cut -d' ' -f1; }
size_of() { wc -c <"$1" | tr -d ' '; }

# Seconds with a fraction; date knows no nanoseconds everywhere.
now() {
  t=$(date +%s.%N)
  case $t in
    *N) cut -d' ' -f1 /proc/uptime ;;
    *) echo "$t" ;;
  esac
}

# until_true CMD…: wait for a condition; fails when it never comes true.
until_true() {
  deadline=$(($(date +%s) + PATIENCE))
  until "$@"; do
    [ "$(date +%s)" -le "$deadline" ] || return 1
    sleep 0.01
  done
}

# --- the file --------------------------------------------------------------

# The compiler itself; where that is small, libraries until there is enough.
make_input() {
  input=$(gcc -print-prog-name=cc1 2>/dev/null || true)
  if [ -f "$input" ] && [ "$(size_of "$input")" -ge "$MIN_BYTES" ]; then
    return
  fi
  input=$dir/libraries
  : >"$input"
  find /usr/lib /usr/bin /lib -type f -size +64k 2>/dev/null |
    while read -r file; do
      [ -r "$file" ] && cat "$file" >>"$input"
      [ "$(size_of "$input")" -lt "$MIN_BYTES" ] || break
    done
  [ "$(size_of "$input")" -ge "$MIN_BYTES" ] || die "found no large file"
}

# --- ports -----------------------------------------------------------------

# The listener has said where it stands, or has ended without.
told_port() { [ -s "$dir/port" ] || ! kill -0 "$listener" 2>/dev/null; }

# A port that the kernel has just given to a sockkit, which is gone again.
free_port() {
  rm -f "$dir/port"
  "$sockkit" listen --port-file "$dir/port" 127.0.0.1 0 </dev/null \
    >/dev/null 2>&1 &
  listener=$!
  until_true told_port
  [ -s "$dir/port" ] || die "sockkit listen wrote no port file"
  kill "$listener"
  wait "$listener" 2>/dev/null
  listener=
  port=$(cut -d' ' -f2 "$dir/port")
}

listening() {
  grep -q " 0100007F:$(printf %04X "$port") 00000000:0000 0A " /proc/net/tcp
}

# The listener stands, or has ended without.
settled() { listening || ! kill -0 "$listener" 2>/dev/null; }

# --- the pairs -------------------------------------------------------------

# Each reads from stdin (send) or writes to stdout (recv) and knows $port. One
# that hangs is ended by timeout, and has failed.
bounded() { exec timeout "$PATIENCE" "$@"; }
recv_sockkit() { bounded "$sockkit" listen 127.0.0.1 "$port" </dev/null; }
send_sockkit() { bounded "$sockkit" connect 127.0.0.1 "$port"; }
recv_ncat() { bounded ncat -l --recv-only 127.0.0.1 "$port" </dev/null; }
send_ncat() { bounded ncat --send-only 127.0.0.1 "$port"; }
recv_nc() { bounded nc -n -l 127.0.0.1 "$port" </dev/null; }
send_nc() { bounded nc -n -N 127.0.0.1 "$port"; }
recv_socat() { bounded socat -u "TCP-LISTEN:$port,bind=127.0.0.1" -; }
send_socat() { bounded socat -u - "TCP:127.0.0.1:$port"; }

# What of it is installed, and under what name it is shown.
title() {
  case $1 in
    sockkit) "$sockkit" --version | head -n 1 ;;
    ncat) have ncat && ncat --version 2>&1 |
      sed -n 's/^Ncat: Version \([0-9.]*\).*/ncat \1/p' ;;
    nc) have nc && nc -h 2>&1 </dev/null | grep -q 'nc \[-[a-zA-Z0-9]*N' &&
      echo "nc (OpenBSD)" ;;
    socat) have socat && socat -V 2>/dev/null |
      sed -n 's/^socat version \([0-9.]*\).*/socat \1/p' ;;
  esac
}

# The same file over the embedded stack: two hosts on a wire, no privilege, no
# sockets of the kernel but the one that is the wire.
on_the_wire() {
  wire=wire,path=$dir/wire
  rm -f "$dir/port"
  bounded "$sockkit" listen --stack "$wire" --port-file "$dir/port" 80 \
    </dev/null >"$dir/output" 2>"$dir/errors" &
  listener=$!
  until_true told_port
  start=$(now)
  bounded "$sockkit" connect --stack "$wire" 198.18.0.2 80 <"$input" \
    2>>"$dir/errors" &
  sender=$!
  wait "$sender"; sent=$?
  sender=
  wait "$listener"; received=$?
  listener=
  took=$(echo "$start $(now)" | awk '{ print $2 - $1 }')
  echo
  if [ "$sent$received" = 00 ] && [ "$(sum_of "$dir/output")" = "$sum" ]; then
    echo "$size $took" | awk '{
      printf "%-24s  %8.3f  %7.0f MiB/s  %12s  %s\n", "sockkit --stack wire *",
             $2, $1 / $2 / 1048576, "", "same"
      print "* from start to end: 0.3 s of it asks whether the addresses are free"
    }'
  else
    echo "sockkit --stack wire      failed: $sent (sender), $received (listener)"
    head -n 3 "$dir/errors" | tr -cd '\040-\176\n' >&2
    return 1
  fi
}

# Start the listener of pair $1 on a free port. Between asking for the port and
# taking it someone else may have been faster, so that is tried again.
start_listener() {
  for _ in 1 2 3; do
    free_port
    "recv_$1" >"$dir/output" 2>"$dir/errors" &
    listener=$!
    until_true settled && listening && return
    kill "$listener" 2>/dev/null
    wait "$listener" 2>/dev/null
    listener=
  done
  return 1
}

# One transfer with pair $1; sets $took, or $why it failed.
transfer() {
  why='did not listen'
  start_listener "$1" || return 1
  start=$(now)
  "send_$1" <"$input" 2>>"$dir/errors" &
  sender=$!
  wait "$sender"; sent=$?
  sender=
  wait "$listener"; received=$?
  listener=
  took=$(echo "$start $(now)" | awk '{ print $2 - $1 }')
  why="ended with status $sent (sender), $received (listener)"
  [ "$sent" = 0 ] && [ "$received" = 0 ] || return 1
  why='what arrived is not what was sent'
  [ "$(sum_of "$dir/output")" = "$sum" ]
}

# The best of all rounds of pair $1 in $best, empty when one has failed.
best_of() {
  best=
  for _ in $(seq "$ROUNDS"); do
    transfer "$1" || { best=; return 1; }
    best=$(echo "${best:-$took} $took" | awk '{ print $1 < $2 ? $1 : $2 }')
  done
}

# One line of the table; the first pair is what the others are measured by.
row() {
  best_of "$1" || {
    printf '%-24s  failed: %s\n' "$2" "$why"
    head -n 3 "$dir/errors" | tr -cd '\040-\176\n' >&2
    return 1
  }
  ours=${ours:-$best}
  echo "$size $best $ours" | awk -v name="$2" '{
    if ($2 <= 0) $2 = 0.001
    if ($3 <= 0) $3 = 0.001
    printf "%-24s  %8.3f  %7.0f MiB/s  %11.2fx  %s\n",
           name, $2, $1 / $2 / 1048576, $3 / $2, "same"
  }'
}

main() {
  make_input
  size=$(size_of "$input")
  sum=$(sum_of "$input")
  echo "file     $(basename "$input"), $((size / 1048576)) MiB ($input)"
  echo "SHA-256  $sum"
  echo "from connect to listen over 127.0.0.1 into a file, best of $ROUNDS:"
  echo
  printf '%-24s  %8s  %12s  %12s  %s\n' '' seconds rate 'of sockkit' SHA-256
  failed=0
  row sockkit "$(title sockkit)" || failed=1
  for pair in ncat nc socat; do
    name=$(title "$pair")
    [ -z "$name" ] || row "$pair" "$name" || true
  done
  on_the_wire || failed=1
  return "$failed"
}

main
