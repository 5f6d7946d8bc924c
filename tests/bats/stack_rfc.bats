#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What sockkit-stack(7) says of RFCs, and the tests that hold the stack to it.

bats_require_minimum_version 1.5.0

setup()
{
	TOP=${SK_SRCDIR:-$BATS_TEST_DIRNAME/../..}
	PAGE=$TOP/man/sockkit-stack.7
	cd "$BATS_TEST_TMPDIR" || return
	sed -n '/^\.Bl -column/,/^\.El/p' "$PAGE" >table
	# Names of conversations, and of functions that are called.
	sed -nE 's/^TCP_CASE\(([a-z0-9_]+),.*/\1/p' \
		"$TOP"/tests/stack/*.c >cases
	sed -nE 's/^\t(test_[a-z0-9_]+)\(.*\);$/\1/p' \
		"$TOP"/tests/stack/*.c >>cases
	sort -u -o cases cases
}

@test "every row of the table names its tests" {
	awk '/^\.It / { if (row && !tests) print row; row = $0; tests = 0 }
		/^\.\\" tests: / { tests = 1 }
		END { if (!tests) print row }' table >untested
	cat untested
	[ ! -s untested ]
	[ "$(grep -c '^\.It RFC' table)" -ge 25 ]
}

@test "every test that a row names is there, and is run" {
	sed -n 's/^\.\\" tests: //p' table | tr ' ' '\n' | sort -u >named
	comm -23 named cases >missing
	cat missing
	[ ! -s missing ]
	[ "$(wc -l <named)" -ge 60 ]
}

@test "every RFC that a test is about stands in the table" {
	sed -nE 's/^TCP_CASE\([a-z0-9_]+, "([^"]*)".*/\1/p' \
		"$TOP"/tests/stack/*.c | grep -oE 'RFC [0-9]+' |
		grep -oE '[0-9]+' | sort -u >cited
	grep -oE '[0-9]{3,4}' "$PAGE" | sort -u >told
	comm -23 cited told >untold
	cat untold
	[ ! -s untold ]
}
