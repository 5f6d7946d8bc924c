#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The doctor's rules about limits that a whole machine shares, on a machine of
# their own: each condition is produced for real (tests/tools/trouble.c), and
# one that is merely near it is no finding.

# shellcheck disable=SC2154 # load
bats_require_minimum_version 1.5.0
load ../bats/helper
load ../bats/doctor_helper

setup()
{
	helper_setup
	TROUBLE=$(realpath "$(dirname "$SOCKKIT")/tests/tools/trouble")
	WAS=()
}

teardown()
{
	helper_teardown
	[ "${#WAS[@]}" -eq 0 ] || sysctl -qw "${WAS[@]}"
	tc qdisc del dev lo root 2>/dev/null || true
}

# limit NAME=VALUE: until the end of the test.
limit()
{
	WAS+=("${1%%=*}=$(sysctl -n "${1%%=*}" | tr '\t' ' ')")
	sysctl -qw "$1"
}

# trouble WORD...: going on when we return.
trouble()
{
	start trouble "$TROUBLE" "$@" </dev/null
	until_true test -s trouble.out
}

doctor()
{
	status=0
	sk stat --doctor --interval 500ms "$@" || status=$?
	echo "$status" >status
}

has_finding()
{
	doctor >out 2>err
	grep -q "^$1: " out
}

# finds_now RULE REGEX: it may take the kernel a moment.
finds_now()
{
	until_true has_finding "$1" || { cat out err; return 1; }
	doctor --json >json 2>/dev/null
	finds "$@"
}

# is_silent RULE: nothing of it is said, whatever else may be.
is_silent()
{
	doctor >out 2>err
	says_not out "^$1"
}

is_well()
{
	doctor >out 2>err
	content_is out "" || { cat out; return 1; }
	content_is status 0
}

orphans()
{
	awk '$1 == "TCP:" { print $5 }' /proc/net/sockstat
}

@test "a machine that is well: silent, status 0" {
	listening -k --echo </dev/null
	hold_pipe words
	start connect "$SOCKKIT" connect "$HOST" "$PORT" <words
	feed words hello
	until_true test -s connect.out
	is_well
}

@test "orphans: more than half of what may be" {
	limit net.ipv4.tcp_max_orphans=40
	trouble orphans 24
	finds_now orphans '2[0-4] TCP sockets have no process any more, net\.ipv4\.tcp_max_orphans is 40; 0 connections were reset'
}

@test "orphans: not for a few" {
	limit net.ipv4.tcp_max_orphans=40
	trouble orphans 12
	[ "$(orphans)" -ge 8 ]
	is_silent orphans
}

@test "orphans: more than may be, so that connections are reset" {
	limit net.ipv4.tcp_max_orphans=16
	trouble orphans -20
	finds_now orphans '[0-9]+ TCP sockets .* is 16; [1-9][0-9]* connections were reset for want of memory'
}

@test "tcp-memory: under pressure" {
	limit net.ipv4.tcp_mem="256 600 40000"
	trouble hoard 6
	finds_now tcp-memory 'TCP holds [0-9]{3,} pages of memory; it is under pressure from 600 on and has 40000 at most'
}

@test "tcp-memory: not for what is no pressure" {
	limit net.ipv4.tcp_mem="20000 30000 40000"
	trouble hoard 2
	is_silent tcp-memory
}

@test "udp-memory: all that is given without asking" {
	limit net.ipv4.udp_mem="1000 2000 3000"
	trouble udphoard 30
	finds_now udp-memory 'UDP holds [0-9]{3,4} pages of memory, and from 1000 on no socket gets more than net\.ipv4\.udp_rmem_min; 0 datagrams were dropped'
}

@test "udp-memory: datagrams are dropped for it" {
	limit net.ipv4.udp_mem="500 4000 5000"
	trouble udphoard -30
	finds_now udp-memory 'UDP holds [0-9]+ pages of memory, and from 500 on .*; [1-9][0-9]* datagrams were dropped'
}

@test "udp-memory: not for what is no shortage" {
	limit net.ipv4.udp_mem="4000 5000 6000"
	trouble udphoard 30
	is_silent udp-memory
}

@test "softnet-drops: packets faster than a CPU takes them up" {
	tc qdisc add dev lo root netem delay 10ms
	limit net.core.netdev_max_backlog=4
	trouble volley 60
	finds_now softnet-drops 'CPU [0-9]+ dropped [1-9][0-9]* packets in [0-9.]+ s'
}

@test "softnet-drops: not where the queue is long enough" {
	tc qdisc add dev lo root netem delay 10ms
	trouble volley 60
	is_well
}

@test "files: nearly all that the machine may have" {
	limit fs.file-max=3000
	trouble openfiles 2800
	finds_now files '2[7-9][0-9]{2} files are open in the whole machine and 3000 may be'
}

@test "files: not for half of them" {
	limit fs.file-max=6000
	trouble openfiles 2800
	is_well
}
