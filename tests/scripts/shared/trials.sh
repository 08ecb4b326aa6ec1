# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Trials with the two rich volumes of tests/corpus, whose metadata chance damages.

# try_rich TOOL COUNT: runs tests/tools/TOOL on both at once, COUNT seeds each from SEED on, and prints what
# failed; the last lines are in rich-base*.out
try_rich() {
  local volume
  for volume in rich-base rich-base-4k-metaecc; do
    zstd -qdc "$ROOT/tests/corpus/$volume.img.zst" | cp --sparse=always /dev/stdin "$volume.img"
    "$(dirname "$BOX")/tests/$1" "$volume.img" "${SEED:-1}" "$2" > "$volume.out" 2>&1 &
  done
  wait
  for volume in rich-base rich-base-4k-metaecc; do
    grep -q ' passed, ' "$volume.out" || fail "$volume: the trials did not come to their end"
    grep -v ' passed, ' "$volume.out" | sed "s/^seed/$volume: seed/"
  done
}

# judge_trials RESULTS: the sum of those and of the file RESULTS, which has "ok NAME" or "NAME: WORDS" lines;
# the status is 1 when something failed
judge_trials() {
  grep -v '^ok ' "$1"
  awk '/^ok / { ++passed; next }
       / passed, / { passed += $1; failed += $3; next }
       { split($0, part, ":"); failed += !seen[part[1]]++ }
       END { print passed " passed, " failed + 0 " failed"; exit failed > 0 }' \
    "$1" <(grep -h ' passed, ' rich-base*.out)
}
