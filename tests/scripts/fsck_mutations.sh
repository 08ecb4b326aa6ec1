#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Chance damages the metadata of two rich volumes, 250 times each (MUTATIONS says otherwise, from SEED on).
# What must hold is told in tests/tools/mutations.cc. Seeds that once failed are tried always.
. "$(dirname "$0")/lib.sh"

mutations=$(dirname "$BOX")/tests/mutations
volumes="rich-base-4k-metaecc rich-base"
failed_once="368 1513 2076 2235 4239 4574 4586 5172 5270 5470 6955 7100 7170 7242 7245 7409 7420
  7866 8850 9237 9837 14148 15997 16706 16842 17863 19107 19207 19633 21449 22832 23407 25777 26499
  27145 20832 29234 29252 32496 38662 42972 51313"

for volume in $volumes; do
  zstd -qdc "$ROOT/tests/corpus/$volume.img.zst" | cp --sparse=always /dev/stdin "$volume.img"
  { "$mutations" "$volume.img" "${SEED:-1}" "${MUTATIONS:-250}"
    for seed in $failed_once; do "$mutations" "$volume.img" "$seed" 1; done; } > "$volume.out" &
done
wait
for volume in $volumes; do
  grep -v ' passed, ' "$volume.out" | sed "s/^seed/$volume: seed/"
  [ "$(grep -c ' passed, ' "$volume.out")" = $(($(wc -w <<< "$failed_once") + 1)) ] ||
    fail "$volume: the trials did not come to their end"
done
awk '/ passed, / { passed += $1; failed += $3 }
     END { print passed " passed, " failed " failed"; exit failed > 0 }' rich-base*.out
