# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What tests of sockkit bench ask of its table; beside helper.bash.

# bench TIME WORKLOAD OPTION...: one round of each; its page is in `page`.
bench()
{
	# Of dozens of rounds, each of which wants the CPUs.
	PATIENCE=60 sk bench --rounds 1 --repeats 0 --warmup 1ms --time "$@" \
		>page
}

# The rows of the first table; what could not run and why.
rows()
{
	awk 'NR > 2 && !NF { exit } NR > 2' page
}

not_run()
{
	awk '/^not run:/ { on = 1; next } !NF { on = 0 } on' page
}

# measures N WORKLOAD OPTION...: a table of N rows, in each of which something
# was measured. Where others have the CPUs for longer than a round, a longer
# one is tried.
measures()
{
	local n=$1 time

	shift
	for time in 10ms 40ms 160ms 640ms; do
		bench "$time" "$@" || return 1
		[ "$(rows | wc -l)" -eq "$n" ] || break
		rows | grep -Eq ' 0 (/s|bit/s) |not run| -  *1 *$' || return 0
	done
	cat page
	return 1
}

# measures_saying REGEX N WORKLOAD OPTION...: and the page says so.
measures_saying()
{
	local regex=$1 time

	shift
	for time in 1 2 3 4; do
		measures "$@" || return 1
		! grep -Eq -- "$regex" page || return 0
	done
	says page "$regex"
}
