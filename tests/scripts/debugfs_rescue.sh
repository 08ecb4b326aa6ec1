#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Files come off damaged volumes. 500 times chance damages the metadata of a rich one (RESCUES says how often
# each of two, SEED from where on): every file that was not damaged itself comes out as it was. And the 218
# damaged volumes of tests/corpus/fswreck: what comes out of each is what a repair on the device leaves, name
# by name; the volume itself stays as it is. ONLY=REGEX takes those whose names match.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/trials.sh"

try_rich rescues "${RESCUES:-250}"

# contents FOLDER: a line for each thing in it, with the sums of files
contents() {
  (cd "$1" && find . -type f -size -1000M -print0 | xargs -0 -r sha256sum
    find . -printf '%y %m %s %l %p\n' | sed 's/^d \([0-7]*\) [0-9]* /d \1 /') | sort
}
# rescue FILE: prints what is wrong, nothing when all is well
rescue() {
  local image=$1.img before status
  zstd -qdcf "$ROOT/tests/corpus/fswreck/$1" | cp --sparse=always /dev/stdin "$image"
  before=$(sha256sum < "$image")
  mkdir "$1.as-is" "$1.mended" "$1.repaired"
  timeout 60 "$BOX" debugfs.ocfs2 -R "rdump -a / $PWD/$1.as-is" "$image" > "$1.words" 2>&1
  status=$?
  [ $status -eq 0 ] || echo "rdump -a ends with $status: $(tail -n 3 "$1.words")"
  timeout 60 "$BOX" debugfs.ocfs2 --strict -R "rdump / $PWD/$1.mended" "$image" > "$1.words" 2>&1
  status=$?
  [ $status -le 1 ] || echo "rdump ends with $status: $(tail -n 3 "$1.words")"
  [ $status -eq 0 ] || grep -q 'came along\|did not come along' "$1.words" ||
    echo "rdump gives up: $(tail -n 3 "$1.words")"
  [ "$(sha256sum < "$image")" = "$before" ] || echo "rdump changes the volume"
  timeout 60 "$BOX" fsck.ocfs2 -fy "$image" > /dev/null 2>&1
  timeout 60 "$BOX" debugfs.ocfs2 -R "rdump / $PWD/$1.repaired" "$image" > /dev/null 2>&1
  diff <(contents "$1.repaired") <(contents "$1.mended") | head -n 5
  rm -rf "$image" "$1.as-is" "$1.mended" "$1.repaired" "$1.words"
}
report() {
  local words
  words=$(rescue "$1")
  [ -z "$words" ] && echo "ok $1" && return
  sed "s|^|$1: |" <<< "$words"
}
export -f rescue report contents
export ROOT BOX

grep -v '^#' "$ROOT/tests/corpus/fswreck/index.tsv" | cut -f1 | grep -E "${ONLY:-.}" |
  xargs -P "$(nproc)" -n 1 bash -c 'report "$1"' _ > results
judge_trials results
