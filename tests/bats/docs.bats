#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The option tables, the help, the man pages and the tests tell one story:
# what one of them knows, all of them know. The table speaks by --dump-cli.

bats_require_minimum_version 1.5.0
load cli_helper

setup() {
  cli_setup
  cd "$DIR" || return
}

# The page of a command, or of the program itself.
page() {
  if [[ $1 == sockkit ]]; then
    echo "$TOP/man/sockkit.1"
  else
    echo "$TOP/man/sockkit-$1.1"
  fi
}

# Heads of the options in an mdoc page, as option_heads writes them:
# ".It Fl W Ns Op Ar WHEN , Fl -when Ns Op = Ns Ar WHEN" is
# "-W[WHEN], --when[=WHEN]".
man_heads() {
  awk '
    $1 == ".It" && $2 == "Fl" {
      text = ""; glue = 1; open = 0; flag = 0
      for (i = 2; i <= NF; i++) {
        w = $i
        if (w == "Fl") { flag = 1; continue }
        if (w == "Ar" || w == "Li" || w == "Cm") continue
        if (w == "Ns") { glue = 1; continue }
        if (w == "Op") { text = text (glue ? "" : " ") "["
          open = 1; glue = 1; continue }
        if (w == ",") { text = text (open ? "]," : ","); open = 0
          glue = 0; continue }
        if (flag) w = "-" w
        text = text (glue ? "" : " ") w
        glue = flag = 0
      }
      print text (open ? "]" : "")
    }' "$1" | sort
}

# Heads of the options in a help text; the text behind them is cut off.
help_heads() {
  sed -nE 's/^  (-., |    )(--[^ ]+( [A-Z][^ ]*)?)( .*)?$/\1\2/p' |
    sed 's/^ *//' | sort
}

# Every code block of the EXAMPLES of a page, numbered: $2-N.sh.
man_blocks() {
  awk -v out="$2" '
    /^\.Sh/ { on = /EXAMPLES/ }
    on && /^\.Bd/ { n++; file = out "-" n ".sh"; more = 0; next }
    /^\.Ed/ { file = "" }
    file == "" { next }
    !more && !sub(/^\$ /, "") { next }
    {
      gsub(/\\&/, ""); gsub(/\\\(aq/, "\047"); gsub(/\\\(dq/, "\"")
      gsub(/\\\(ti/, "~"); gsub(/\\\(ha/, "^"); gsub(/\\-/, "-")
      gsub(/\\e/, "\\")
      sub(/^> /, "")
      print > file
      more = /\\$/
    }' "$1"
}

# The help of a command, or of the program itself.
help_of() {
  if [[ $1 == sockkit ]]; then sockkit --help; else sockkit help "$1"; fi
}

# How many sockets listen in this network namespace.
listeners() {
  awk '$4 == "0A" || ($4 == "00010000" && NF >= 7) { n++ }
    END { print n + 0 }' /proc/net/tcp /proc/net/tcp6 /proc/net/unix
}

# Between the lines of an example a person takes a breath: after a line that
# puts a listener into the background, the next has to find it listening.
listening_since() {
  (($(listeners) > $1)) || ! kill -0 "$2" 2>/dev/null
}

# The lines of block $1, ready to run.
block_script() {
  local line
  # shellcheck disable=SC2016
  echo 'set -e -o pipefail; HOME=$PWD'
  declare -f listeners listening_since wait_until
  while IFS= read -r line; do
    if [[ $line == *listen*'&' ]]; then
      # shellcheck disable=SC2016
      printf '%s\n' 'before=$(listeners)' "$line" \
        'wait_until listening_since "$before" $!'
    else
      printf '%s\n' "$line"
    fi
  done <"$1"
}

# In a network of its own, where any port is free.
isolated() {
  if [[ $EUID -eq 0 ]]; then
    unshare -n "$@"
  else
    unshare -rn "$@"
  fi
}

# What the example left in the background ends with it.
# Where sockkit itself is traced, the leak checker of a build that has one
# could not work: it stays out.
run_block() {
  local leaks=${ASAN_OPTIONS:-}

  block_script "$1" >"$1.run"
  mkdir "$1.dir"
  [[ $1 != */trace-* ]] || leaks+=:detect_leaks=0
  # shellcheck disable=SC2016
  ASAN_OPTIONS=$leaks isolated bash -c 'ip link set lo up; cd "$1.dir" || exit
    set -m; timeout 20 bash "$1.run" </dev/null & wait $!; r=$?
    kill -TERM -- -$! 2>/dev/null; exit $r' - "$1" >"$1.log" 2>&1
}

@test "every command has a man page, a bats file and a line in sockkit(1)" {
  for c in $(commands); do
    [[ -s $(page "$c") ]] || { echo "no man page of $c"; false; }
    [[ -s $TOP/tests/bats/$c.bats ]] || { echo "no bats file of $c"; false; }
  done
  diff <(commands | sort) \
    <(sed -nE 's/^\.It Cm ([a-z]+)$/\1/p' "$(page sockkit)" | sort)
  diff <(commands | sort) \
    <(sed -nE 's/^\.Xr sockkit-([a-z]+) 1.*/\1/p' "$(page sockkit)" | sort -u)
  for f in "$TOP"/man/sockkit-*.1; do
    c=${f##*/sockkit-}
    [[ $'\n'$(commands)$'\n' == *$'\n'"${c%.1}"$'\n'* ]] ||
      { echo "$f is of no command"; false; }
  done
}

@test "table = man page, with the names of the values, both ways" {
  for c in sockkit $(commands); do
    echo "--- table of $c, +++ man page"
    diff -u <(option_heads "$c") <(man_heads "$(page "$c")")
  done
}

@test "table = help, both ways" {
  for c in sockkit $(commands); do
    echo "--- table of $c, +++ help"
    diff -u <(option_heads -l "$c") <(help_of "$c" | help_heads)
  done
}

@test "help fits 80 columns" {
  for c in sockkit $(commands); do
    help_of "$c" >text
    if grep -nE '^.{81}' text; then false; fi
  done
}

@test "man pages are clean" {
  command -v mandoc >/dev/null || skip "no mandoc here"
  for c in sockkit $(commands); do
    run -0 mandoc -T lint -W warning "$(page "$c")"
    [[ -z $output ]]
  done
}

@test "the usage line of a command is the SYNOPSIS of its page" {
  command -v mandoc >/dev/null || skip "no mandoc here"
  for c in $(commands); do
    operands=$(sockkit --dump-cli |
      awk -F'\t' -v c="$c" '$1 == "command" && $2 == c { print $3 }')
    synopsis=$(mandoc -T ascii -O width=1000 "$(page "$c")" | col -b |
      sed -n '/^SYNOPSIS/,/^DESCRIPTION/p')
    for word in $(tr -c 'A-Z\n' ' ' <<<"$operands"); do
      grep -qw "$word" <<<"$synopsis" ||
        { echo "$c: no $word in the SYNOPSIS"; false; }
    done
  done
}

@test "the examples of the man pages work" {
  isolated ip link set lo up || skip "no network namespaces here"
  for c in sockkit $(commands); do
    man_blocks "$(page "$c")" "$DIR/$c"
  done
  ls "$DIR"/*-1.sh
  failed=
  for block in "$DIR"/*.sh; do
    run_block "$block" && continue
    failed+=" ${block##*/}"
    echo "--- $block:"
    cat "$block" "$block.log"
  done
  [[ -z $failed ]] || { echo "failed:$failed"; false; }
}
