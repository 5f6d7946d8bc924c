# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # bats files use what is set here
#
# What the bats files of sockkit share. A test starts programs with `start`,
# waits for conditions with `until_true`, and collects exit statuses with
# `finish`; nothing here waits for a time, and nothing outlives its test.

# shellcheck disable=SC1091 # it stands beside
source "${BASH_SOURCE[0]%/*}/surroundings.bash"

SOCKKIT=${SOCKKIT:-$BATS_TEST_DIRNAME/../../build/sockkit}
PEER=${PEER:-$(dirname "$SOCKKIT")/tests/tools/peer}
# How long any one condition may take; sanitizers and busy machines are slow.
PATIENCE=${PATIENCE:-20}

# Tests run in a directory of their own, so that PATH must be absolute.
SOCKKIT=$(realpath "$SOCKKIT")
PEER=$(realpath "$PEER")
export SOCKKIT PEER

# .ci/run lets a failed test try once more, and lists those that needed it;
# anybody else sees a failure at once.
BATS_TEST_RETRIES=${SK_TEST_RETRIES:-0}

helper_setup()
{
	cd "$BATS_TEST_TMPDIR" || return 1
	declare -gA PIDS=()
	HELD=()
}

# Only processes that this test started, each by its number.
helper_teardown()
{
	local pid

	for pid in "${PIDS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		for f in *.err; do
			[ -s "$f" ] && sed "s/^/# $f: /" "$f" | head -n 20
		done
		if [ -n "${SK_RETRIED:-}" ]; then
			echo "${BATS_TEST_FILENAME##*/}:" \
				"$BATS_TEST_DESCRIPTION" >>"$SK_RETRIED"
		fi
	fi
	return 0
}

setup()
{
	helper_setup
}

teardown()
{
	helper_teardown
}

# start NAME CMD...: run CMD in the background with the stdin of this call
# (say </dev/null), stdout in NAME.out and stderr in NAME.err. `env` gives it
# the signals of a fresh login: a shell's background jobs ignore SIGINT.
start()
{
	local name=$1

	shift
	# Now, not when the shell below has come to it: what one of this name
	# said before would pass for its words.
	: >"$name.err"
	[ -n "${OUT:-}" ] || [ -p "$name.out" ] || : >"$name.out"
	(
		for fd in "${HELD[@]}" 3 4; do
			eval "exec $fd>&-"
		done
		exec env --default-signal=INT,QUIT,PIPE,TERM,HUP "$@"
	) <&0 >"${OUT:-$name.out}" 2>"$name.err" &
	PIDS[$name]=$!
}

# until_true CMD...: poll until CMD succeeds.
until_true()
{
	local end=$((SECONDS + PATIENCE + 1))

	until "$@"; do
		if ((SECONDS > end)); then
			echo "never came true: $*"
			return 1
		fi
		sleep 0.02
	done
}

running()
{
	kill -0 "${PIDS[$1]}" 2>/dev/null && ! is_zombie "${PIDS[$1]}"
}

is_zombie()
{
	local line

	read -r line 2>/dev/null <"/proc/$1/stat" || return 0
	[[ ${line##*) } == Z* ]]
}

not_running()
{
	! running "$1"
}

# finish NAME [STATUS]: wait for its end and check how it ended; whatever its
# status was, it is in $ended, and "any" lets each pass.
finish()
{
	local name=$1 want=${2:-0} got=0

	until_true not_running "$name" || return 1
	wait "${PIDS[$name]}" || got=$?
	unset "PIDS[$name]"
	ended=$got
	if [ "$want" != any ] && [ "$got" != "$want" ]; then
		echo "$name ended with status $got instead of $want"
		return 1
	fi
}

# signal NAME SIGNAL
signal()
{
	kill "-$2" "${PIDS[$1]}"
}

# stop NAME: a helper that is not needed any more, if it still runs.
stop()
{
	kill -KILL "${PIDS[$1]}" 2>/dev/null || true
	wait "${PIDS[$1]}" 2>/dev/null || true
	unset "PIDS[$1]"
}

# --- pipes whose other end the test holds -----------------------------------

# hold_pipe NAME: a FIFO; `feed NAME TEXT` writes, `end_pipe NAME` is its EOF.
hold_pipe()
{
	local fd

	mkfifo "$1"
	exec {fd}<>"$1"
	HELD+=("$fd")
	printf -v "pipe_${1//[^a-z0-9]/_}" %s "$fd"
}

feed()
{
	local var=pipe_${1//[^a-z0-9]/_}

	printf %s "$2" >&"${!var}"
}

end_pipe()
{
	local var=pipe_${1//[^a-z0-9]/_}
	local fd=${!var}

	exec {fd}>&-
}

# --- sockkit ----------------------------------------------------------------

# sk ARG...: sockkit in the foreground, never for ever.
sk()
{
	timeout -k 1 "$PATIENCE" "$SOCKKIT" "$@"
}

# addr [FILE [LINE]]: "ADDR PORT" from a port file, once it is there.
addr()
{
	local file=${1:-port}

	until_true test -s "$file" >&2 || return 1
	sed -n "${2:-1}p" "$file"
}

# listening [OPTIONS...]: start `sockkit listen` as "listen" on loopback and
# set HOST and PORT. Its stdin is that of this call.
listening()
{
	rm -f port
	start listen "$SOCKKIT" listen --port-file port "$@" 127.0.0.1 0
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

# awaiting WORD...: start `peer listen` as "peer" and set HOST and PORT.
awaiting()
{
	rm -f port
	start peer "$PEER" listen port "$@" </dev/null
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

# dead_port: HOST and PORT where nobody is, and nobody else can come, as long
# as the test runs; of TCP and UDP, 127.0.0.1 and ::1.
dead_port()
{
	rm -f dead_port
	start dead "$PEER" reserve dead_port </dev/null
	read -r HOST PORT < <(addr dead_port)
}

# free_port: a number for programs that cannot tell which one they got. Port 0
# never gives it to others.
free_port()
{
	read -r _ PORT < <("$PEER" free)
}

# --- looking at things ------------------------------------------------------

size_is()
{
	[ "$(stat -Lc %s "$1" 2>/dev/null || echo -1)" -eq "$2" ]
}

size_at_least()
{
	[ "$(stat -Lc %s "$1" 2>/dev/null || echo -1)" -ge "$2" ]
}

content_is()
{
	[ "$(cat "$1")" = "$2" ]
}

sha()
{
	sha256sum <"$1" | cut -d' ' -f1
}

same()
{
	cmp "$1" "$2"
}

# says FILE REGEX: a line of the file matches. Shows the file when none does.
says()
{
	grep -Eq -- "$2" "$1" && return 0
	echo "no line of $1 matches: $2"
	sed 's/^/  /' "$1"
	return 1
}

says_not()
{
	! grep -E -- "$2" "$1"
}

# one_line FILE REGEX: there is exactly one line, and it matches.
one_line()
{
	says "$1" "$2" || return 1
	[ "$(wc -l <"$1")" -eq 1 ] || {
		echo "$1 has more than one line:"
		sed 's/^/  /' "$1"
		return 1
	}
}

# A file with every byte value, NULs and line ends in bad places.
all_bytes()
{
	local i

	for ((i = 0; i < 256; i++)); do
		printf '%b' "\\x$(printf %02x "$i")"
	done
	printf '\r\n\n\r\0\r\r\n\xff\xfe\0'
}

# how many sockets in a state the process has: `fds_of NAME`
fds_of()
{
	find "/proc/${PIDS[$1]}/fd" -mindepth 1 2>/dev/null | wc -l
}

# bound NAME PATH [TYPE]: has this program a unix socket there that can be
# reached? Between bind(2) and listen(2) a stream's can not. This is no
# connection, which would count; and others may have a socket of that path.
bound()
{
	local flags=00010000 inodes

	[ "${3:-stream}" != dgram ] || flags=
	inodes=$(find "/proc/${PIDS[$1]}/fd" -printf '%l\n' 2>/dev/null |
		sed -n 's/^socket:\[\(.*\)\]/\1/p')
	awk -v inodes="$inodes" -v name="$2" -v flags="$flags" '
		BEGIN { n = split(inodes, list); while (n) mine[list[n--]] }
		$7 in mine && $8 == name && (!flags || $4 == flags) { found = 1 }
		END { exit !found }' /proc/net/unix
}

# --- namespaces -------------------------------------------------------------

# in_netns SCRIPT: run a bash script in fresh network, mount and process
# namespaces with loopback up; what it leaves behind dies with it. Works as
# root, and for a user where that is allowed.
in_netns()
{
	local map=()

	[ "$(id -u)" -eq 0 ] || map=(--user --map-root-user)
	timeout -k 1 $((PATIENCE * 3)) unshare "${map[@]}" --net --mount-proc --pid \
		--fork --kill-child bash -ec "ip link set lo up
$1"
}

need_netns()
{
	in_netns true 2>/dev/null || skip "no network namespaces here"
}

need()
{
	command -v "$1" >/dev/null || skip "$1 is not installed"
	[ "$1" != python3 ] || python_itself
}

# The python3 of pyenv and its like is a script, whose shells have sockets of
# their own (nscd, where SHELL is not set): a traced test would tell of those.
python_itself()
{
	PATH=$(python3 -c 'import os.path, sys
print(os.path.dirname(sys.executable))'):$PATH
}
