#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# 218 damaged volumes (tests/corpus/fswreck), made by the reference's own tools. Of each: -fn finds the damage
# by its name and exits 4, -fy mends it and exits 1, then -fn finds nothing and exits 0, and the reference
# checker agrees. index.tsv: file, what was done to it, codes of which one must be reported.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"

# check_volume FILE CODES: prints what is wrong, nothing when all is well
check_volume() {
  local image=$1.img codes=${2//,/|} words status findings
  zstd -qdcf "$ROOT/tests/corpus/fswreck/$1" | cp --sparse=always /dev/stdin "$image"
  words=$(timeout 60 "$BOX" fsck.ocfs2 -fn "$image" 2>&1)
  status=$?
  [ "$status" -eq 4 ] || echo "-fn exits $status: $words"
  grep -qE "^\[($codes)\] " <<< "$words" || echo "-fn does not report $codes: $words"
  words=$(timeout 60 "$BOX" fsck.ocfs2 -fy "$image" 2>&1)
  status=$?
  [ "$status" -eq 1 ] || echo "-fy exits $status: $words"
  words=$(timeout 60 "$BOX" fsck.ocfs2 -fn "$image" 2>&1)
  status=$?
  [ "$status" -eq 0 ] || echo "the second -fn exits $status: $words"
  findings=$(reference_findings "$image")
  [ -z "$findings" ] || echo "the reference finds: $findings"
  rm -f "$image"
}

report_volume() {
  local words
  words=$(check_volume "$1" "$2")
  [ -z "$words" ] && echo "ok $1" && return
  sed "s|^|$1: |" <<< "$words"
}
export -f check_volume report_volume
export ROOT BOX

grep -v '^#' "$ROOT/tests/corpus/fswreck/index.tsv" | cut -f1,3 | grep -E "${ONLY:-.}" | tr '\t' '\n' |
  xargs -P "$(nproc)" -n 2 bash -c 'report_volume "$1" "$2"' _ > results
grep -v '^ok ' results
passed=$(grep -c '^ok ' results)
failed=$(grep -v '^ok ' results | cut -d: -f1 | sort -u | grep -c .)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
