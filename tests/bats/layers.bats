# SPDX-License-Identifier: GPL-3.0-or-later
# src/LAYERS against every #include, and the check against trees that err.

LAYERS_SH=$BATS_TEST_DIRNAME/../layers.sh
SRC=$BATS_TEST_DIRNAME/../../src

setup() {
  tree=$BATS_TEST_TMPDIR/src
  mkdir -p "$tree/roof" "$tree/mid" "$tree/mid/deep" "$tree/ground"
  cat >"$tree/LAYERS" <<'EOF'
# a small house
main.c: roof ground
roof: mid/face.h ground
mid: ground
ground:
EOF
  echo '#include "roof/roof.h"' >"$tree/main.c"
  printf '#include <net/if.h>\n#include "ground/g.h"\n' >"$tree/roof/roof.h"
  printf '#include "mid/face.h"\n#include "config.h"\n' >"$tree/roof/roof.c"
  echo '#  include "ground/g.h"' >"$tree/mid/face.h"
  echo '#include "mid/face.h"' >"$tree/mid/deep/d.c"
  : >"$tree/ground/g.h"
}

# complains TEXT: the check fails on the tree, and says TEXT.
complains() {
  run sh "$LAYERS_SH" "$tree"
  echo "$output"
  [ "$status" -eq 1 ]
  [[ $output == *"$1"* ]]
  [ "${#lines[@]}" -eq 1 ]
}

@test "the house keeps to its floors" {
  run sh "$LAYERS_SH" "$SRC"
  echo "$output"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "a tree that keeps to its floors passes" {
  run sh "$LAYERS_SH" "$tree"
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "a folder that looks up is caught" {
  echo '#include "mid/face.h"' >>"$tree/ground/g.h"
  complains 'ground/g.h:1: ground may not include "mid/face.h"'
}

@test "from a folder of which one header is let in, another is caught" {
  : >"$tree/mid/inner.h"
  echo '#include "mid/inner.h"' >>"$tree/roof/roof.c"
  complains 'roof/roof.c:3: roof may not include "mid/inner.h"'
}

@test "a floor below that is not named is caught" {
  echo '#include "mid/face.h"' >>"$tree/main.c"
  complains 'main.c:2: main.c may not include "mid/face.h"'
}

@test "spaces and angle brackets do not hide an include" {
  printf ' # include <mid/face.h>\n' >>"$tree/main.c"
  complains 'main.c:2: main.c may not include "mid/face.h"'
}

@test "the way round by .. is caught" {
  echo '#include "../mid/face.h"' >>"$tree/ground/g.h"
  complains 'ground/g.h:1: unknown folder in "../mid/face.h"'
}

@test "a folder without a line in LAYERS is caught" {
  mkdir "$tree/shed"
  echo 'int s;' >"$tree/shed/s.c"
  complains 'shed/s.c: shed is not in LAYERS'
}

@test "a table that lets a folder look up is caught" {
  sed -i 's/^ground:/ground: mid/' "$tree/LAYERS"
  complains 'LAYERS:5: ground may not look up to mid'
}

@test "a tree without a table or sources is no pass" {
  mkdir "$BATS_TEST_TMPDIR/empty"
  run sh "$LAYERS_SH" "$BATS_TEST_TMPDIR/empty"
  [ "$status" -eq 2 ]
  : >"$BATS_TEST_TMPDIR/empty/LAYERS"
  run sh "$LAYERS_SH" "$BATS_TEST_TMPDIR/empty"
  [ "$status" -eq 2 ]
}
