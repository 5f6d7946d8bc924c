#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Hold every #include in SRC against SRC/LAYERS: layers.sh SRC
#
# Each line there is "FOLDER: what it may include", from the roof down: a
# folder may include itself and what its line names, and a line may name only
# what comes later. "stack/stk.h" lets in that one header of a folder; a file
# right in SRC has a line of its own. Prints one line for each violation and
# ends with status 1 if there was one, 2 if there is nothing to check.
set -u

src=${1:?usage: layers.sh SRC}
[ -r "$src/LAYERS" ] || { echo "layers.sh: no $src/LAYERS" >&2; exit 2; }
cd "$src" || exit 2

files=$(find . -type f \( -name '*.[ch]' -o -name '*.def' -o -name '*.inc' \) \
  ! -name Makefile.inc | sed 's|^\./||' | LC_ALL=C sort)
[ -n "$files" ] || { echo "layers.sh: no sources in $src" >&2; exit 2; }

# shellcheck disable=SC2086  # our sources have no blanks in their names
LC_ALL=C awk '
function complain(text) { print text; bad = 1 }

function top(path) {
  return path ~ /\// ? substr(path, 1, index(path, "/") - 1) : path
}

FILENAME == "LAYERS" {
  if (/^#/ || NF == 0)
    next
  name = $1
  if (sub(/:$/, "", name) != 1)
    complain("LAYERS:" FNR ": not a FOLDER: line")
  if (name in known)
    complain("LAYERS:" FNR ": " name " stands here twice")
  known[name] = FNR
  for (i = 2; i <= NF; i++) {
    may[name, $i] = 1
    if (top($i) in known)
      complain("LAYERS:" FNR ": " name " may not look up to " $i)
    named[top($i)] = FNR
  }
  next
}

FNR == 1 {
  home = top(FILENAME)
  sources[FILENAME] = 1
  if (!(home in known))
    complain(FILENAME ": " home " is not in LAYERS")
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
  quote = index($0, "<") ? "<" : "\""
  path = $0
  sub(/^[^"<]*["<]/, "", path)
  sub(/[">].*/, "", path)
  if (path !~ /\//)
    next
  n++
  at[n] = FILENAME ":" FNR; from[n] = home; to[n] = path; how[n] = quote
}

END {
  for (name in named)
    if (!(name in known))
      complain("LAYERS:" named[name] ": " name " has no line of its own")
  for (i = 1; i <= n; i++) {
    # <net/if.h> is the system, unless such a file stands in our tree.
    if (how[i] == "<" && !(to[i] in sources))
      continue
    folder = top(to[i])
    if (!(folder in known))
      complain(at[i] ": unknown folder in \"" to[i] "\"")
    else if (folder != from[i] && !((from[i], folder) in may) &&
             !((from[i], to[i]) in may))
      complain(at[i] ": " from[i] " may not include \"" to[i] "\"")
  }
  exit bad
}' LAYERS $files
