#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench --hosts: a server and clients on machines of their own, which
# are network namespaces, or this one over ssh.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper

SHORT=(--time 0.05 --warmup 0.01 --rounds 2 --repeats 0)

setup()
{
	helper_setup
	"$SOCKKIT" --version | grep -q '+jansson' ||
		skip "built without jansson"
}

# hosts N: a file of a server and N clients, all of them here.
hosts()
{
	local i

	for ((i = 0; i <= $1; i++)); do
		echo "h$i address=127.0.0.1 command=$SOCKKIT via env"
	done >hosts
}

# fleet OPTION...: measure with `hosts`; its page is in `page`.
fleet()
{
	sk bench "$@" --hosts hosts >page
}

@test "rounds of all clients add up" {
	hosts 3
	fleet rr "${SHORT[@]}" --json
	jq -e '.results[0].variants[0].rounds | length == 2 and
		all(.metrics.connections == 3)' page
	jq -e '.results[0].argv | index("rr") != null' page
	fleet stream "${SHORT[@]}" --set tcp_nodelay=0,1 --json
	jq -e '.results[0].variants | length == 2' page
	fleet rr "${SHORT[@]}"
	says page '/s'
}

@test "clients begin each round together, and none waits for who is gone" {
	hosts 3
	# Who is late keeps the others waiting: nobody begins before.
	cat >late <<-END
	#!/bin/sh
	echo begun >late.begun
	read -r line <gate
	exec '$SOCKKIT' "\$@"
	END
	chmod +x late
	mkfifo gate
	sed -i "4s|command=[^ ]*|command=$PWD/late|" hosts
	start fleet "$SOCKKIT" bench rr --time 0.05 --warmup 0 --rounds 2 \
		--hosts hosts -v --json </dev/null
	until_true [ -s late.begun ]
	# Both others stand in their first round, and stay there.
	until_true waiting_pair
	sleep 0.5 # both their rounds would be over by now
	waiting_pair
	run ! grep -E 'h[12]: .*round 2' fleet.err
	echo go >gate
	finish fleet 0
	jq -e '.results[0].variants[0].rounds | length == 2' fleet.out
	jq -e '.results[0].variants[0].repeated == 0' fleet.out
	sed -i "4s|command=[^ ]*|command=false|" hosts
	run -1 --separate-stderr sk bench rr "${SHORT[@]}" --hosts hosts
	[[ $stderr == *"h3: ended with status 1"* ]]
}

# Both others have their parts, and none has begun.
waiting_pair()
{
	[ "$(pgrep -fc -- "bench rr --json --in-step .*--time=50ms")" -ge 4 ]
}

@test "--in-step: a line for each round, and no end without a word" {
	start serve "$SOCKKIT" bench serve --port-file port 127.0.0.1:0 \
		</dev/null
	addr port >/dev/null
	local at
	at=$(awk '{ print $2 }' port)
	NL=$'\n'
	hold_pipe input
	start c "$SOCKKIT" bench rr --in-step --time 0.02 --rounds 2 \
		--repeats 0 --csv "127.0.0.1:$at" <input
	until_true has_lines c.out 1
	feed input "$NL"
	until_true has_lines c.out 2
	feed input "$NL"
	finish c 0
	[ "$(grep -c '^ready$' c.out)" -eq 2 ]
	end_pipe input
	run -1 --separate-stderr sk bench rr --in-step --time 0.02 \
		"127.0.0.1:$at" </dev/null
	[[ $stderr == *"--in-step: nobody says when to begin"* ]]
	run -2 --separate-stderr sk bench rr --in-step
}

has_lines()
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

@test "machines that are network namespaces" {
	need_netns
	declare -f apart >apart.sh
	# shellcheck disable=SC2016 # it is for the shell in the namespace
	in_netns '
		. ./apart.sh
		mkdir -p /run/netns
		mount -t tmpfs none /run/netns
		ip link add name sw0 type bridge
		ip link set sw0 up
		for i in 1 2 3; do apart $i; done >hosts
		"$SOCKKIT" bench rr --time 0.05 --rounds 2 --repeats 0 \
			--hosts hosts >page
		ip netns exec m1 "$SOCKKIT" stat -Hta >left
	'
	says page '/s'
	[ ! -s left ] || ! grep LISTEN left
}

# A namespace on the bridge, and its line.
apart()
{
	ip netns add "m$1"
	ip link add "v$1" master sw0 type veth peer name eth0 netns "m$1"
	ip link set "v$1" up
	ip -n "m$1" link set lo up
	ip -n "m$1" link set eth0 up
	ip -n "m$1" addr add "192.0.2.$1/24" dev eth0
	echo "m$1 address=192.0.2.$1 command=$SOCKKIT via ip netns exec m$1"
}

# ssh_here: an sshd with keys, configuration and port of its own.
ssh_here()
{
	local keys=$BATS_TEST_TMPDIR

	need ssh
	getent passwd "$(id -u)" >entry || skip "ssh wants a user with a name"
	sshd=$(PATH=$PATH:/usr/sbin command -v sshd) || skip "no sshd here"
	ssh-keygen -q -t ed25519 -N '' -f host
	ssh-keygen -q -t ed25519 -N '' -f user
	mkdir -p /run/sshd 2>/dev/null || true
	for _ in 1 2 3 4 5; do
		free_port
		start sshd "$sshd" -D -e -f /dev/null -p "$PORT" \
			-h "$keys/host" -o ListenAddress=127.0.0.1 \
			-o AuthorizedKeysFile="$keys/user.pub" \
			-o StrictModes=no -o PidFile=none -o UsePAM=no \
			-o PermitRootLogin=prohibit-password </dev/null
		until_true sshd_came_up || return
		running sshd && return
	done
	return 1
}

sshd_came_up()
{
	grep -q 'Server listening' sshd.err || not_running sshd
}

@test "machines over ssh" {
	ssh_here
	for name in server client; do
		echo "$name address=127.0.0.1 command=$SOCKKIT via ssh" \
			"-o BatchMode=yes -o StrictHostKeyChecking=no" \
			"-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR" \
			"-F /dev/null -i $BATS_TEST_TMPDIR/user -p $PORT" \
			127.0.0.1
	done >hosts
	fleet rr "${SHORT[@]}" --set so_sndbuf=64K,1M
	says page 'so_sndbuf'
	says page '64K .*/s'
	says page '1M .*/s'
	# One who is not let in, one where nobody listens: the other goes on.
	sed '2{ s/^client/denied/; s|/user|/host| }' hosts | sed -n 2p >extra
	sed '2{ s/^client/away/; s/-p [0-9]*/-p 1/ }' hosts | sed -n 2p >>extra
	cat extra >>hosts
	run -1 --separate-stderr sk bench rr "${SHORT[@]}" --hosts hosts
	[[ $stderr == *"denied: "*"Permission denied"* ]]
	[[ $stderr == *"away: "*"Connection refused"* ]]
	[ "$(grep -c 'status 255, which is ssh' <<<"$stderr")" -eq 2 ]
	[[ $output == *"/s "* ]]
}

@test "--print-commands runs nothing" {
	local ssh='ssh -o BatchMode=yes -o ConnectTimeout=10'

	printf 'a\nuser@b address=b.example\nc via kubectl exec c --\n' >hosts
	fleet rr --time 1 --set tcp_nodelay=0,1 --print-commands
	[ "$(wc -l <page)" -eq 3 ]
	says page "^$ssh a 'sockkit bench serve a:5204'$"
	says page "^$ssh user@b 'sockkit bench rr .*a:5204'$"
	says page '^kubectl exec c -- sockkit bench rr .*a:5204$'
}

@test "printed commands do what they say" {
	hosts 1
	fleet rr "${SHORT[@]}" --print-commands
	in_netns "
		cd '$BATS_TEST_TMPDIR'
		sed -n 1p page | bash &
		until '$SOCKKIT' stat -Htl | grep -q :5204; do sleep 0.02; done
		sed -n 2p page | bash >json
	"
	jq -e '.results[0].variants | length == 1' json
}

@test "a server that cannot be started: one line that names it" {
	hosts 1
	sed -i '1s/command=[^ ]*/command=false/' hosts
	run -1 --separate-stderr sk bench rr "${SHORT[@]}" --hosts hosts
	[ "$stderr" = "sockkit bench: h0: ended with status 1" ]
	sed -i '1s/via env/via none-such/' hosts
	run -1 --separate-stderr sk bench rr "${SHORT[@]}" --hosts hosts
	[[ $stderr == *"none-such: No such file or directory" ]]
}

@test "a client that cannot be started, or says something else" {
	hosts 2
	sed -i '3s/command=[^ ]*/command=false/' hosts
	run -1 --separate-stderr sk bench rr "${SHORT[@]}" --hosts hosts
	[[ $stderr == *"sockkit bench: h2: ended with status 1" ]]
	sed -i '3s/command=[^ ]*/command=echo/' hosts
	run -1 --separate-stderr sk bench rr "${SHORT[@]}" --hosts hosts
	[[ $stderr == *"h2: line 1: no JSON"* ]]
}

@test "each host that fails is told of, and the others measure" {
	hosts 4
	sed -i -e '2s|command=[^ ]*|command=/none/sockkit|' \
		-e '4s|command=[^ ]*|command=false|' hosts
	run -1 --separate-stderr sk bench rr "${SHORT[@]}" --hosts hosts --json
	[[ $stderr == *"h1: ended with status 127: no sockkit there;"* ]]
	[[ $stderr == *"h3: ended with status 1"* ]]
	jq -e '.results[0].variants[0].rounds | length == 2' <<<"$output"
	jq -e '.results[0].interrupted' <<<"$output"
}

@test "what a host says is escaped" {
	hosts 1
	cat >evil <<-'END'
	#!/bin/sh
	printf 'a\033[31mb\n' >&2
	exit 1
	END
	chmod +x evil
	sed -i "1s|command=[^ ]*|command=$PWD/evil|" hosts
	run -1 --separate-stderr sk bench rr "${SHORT[@]}" --hosts hosts
	[[ $stderr == *'h0: a\x1b[31mb'* ]]
}

@test "bad files of hosts are usage errors with their line" {
	printf 'a\nb adress=1\n' >hosts
	run -2 --separate-stderr sk bench rr --hosts hosts
	[[ $stderr == *"hosts: line 2: neither address=ADDR"* ]]
	printf 'a\n-b\n' >hosts
	run -2 --separate-stderr sk bench rr --hosts hosts
	[[ $stderr == *"line 2: not the name of a host"* ]]
	run -1 --separate-stderr sk bench rr --hosts none
	[[ $stderr == *"none: No such file"* ]]
	run -2 --separate-stderr sk bench rr --hosts hosts localhost
	run -2 --separate-stderr sk bench rr --hosts hosts --iperf3
	run -2 --separate-stderr sk bench rr --print-commands
}

@test "Ctrl-C: what the clients have is reported, and nobody is left" {
	hosts 2
	start fleet "$SOCKKIT" bench rr --time 0.05 --warmup 0 --rounds 1000 \
		--hosts hosts -v </dev/null
	until_true says fleet.err 'h1: .*round 3 of' >/dev/null
	until_true says fleet.err 'h2: .*round 3 of' >/dev/null
	signal fleet INT
	finish fleet 130
	says fleet.out '/s'
	until_true none_of_ours
}

@test "Ctrl-C: who was not ready yet is named, and not waited for" {
	# ssh, say, that hangs: nothing of it heeds a signal.
	cat >deaf <<-'END'
	#!/bin/sh
	trap '' INT TERM
	echo begun >deaf.begun
	while :; do sleep 60; done
	END
	chmod +x deaf
	for n in 1 2; do
		hosts 2
		sed -i "${n}s|command=[^ ]*|command=$PWD/deaf|" hosts
		start fleet "$SOCKKIT" bench rr --hosts hosts </dev/null
		until_true [ -s deaf.begun ]
		signal fleet INT
		finish fleet 130
		says fleet.err "warning: h$((n - 1)): was not ready yet"
		rm deaf.begun
	done
}

none_of_ours()
{
	! pgrep -f -- "bench rr --json .*--rounds=1000" >/dev/null
}

@test "a server that is lost: what the clients had measured is told" {
	hosts 2
	cat >server <<-END
	#!/bin/sh
	echo \$\$ >server.pid
	exec '$SOCKKIT' "\$@"
	END
	chmod +x server
	sed -i "1s|command=[^ ]*|command=$PWD/server|" hosts
	start fleet "$SOCKKIT" bench rr --time 0.05 --warmup 0 --rounds 999 \
		--repeats 0 --hosts hosts -v --json </dev/null
	until_true grep -q 'h1.*round 3 of' fleet.err
	until_true grep -q 'h2.*round 3 of' fleet.err
	kill -KILL "$(cat server.pid)"
	finish fleet 1
	says fleet.err 'h[0-2]: ended (by signal 9|with status 1)'
	jq -e '.results[0] | .interrupted and
		(.variants[0].rounds | length) > 1' fleet.out
}

@test "kill -9: the server ends with its input" {
	hold_pipe input
	start serve "$SOCKKIT" bench serve --until-eof --port-file port \
		127.0.0.1:0 <input
	addr port >/dev/null
	running serve
	end_pipe input
	finish serve 0
}
