#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Chance damages the metadata of two rich volumes, 250 times each (MUTATIONS says otherwise, from SEED on).
# What must hold is told in tests/tools/mutations.cc.
. "$(dirname "$0")/lib.sh"

mutations=$(dirname "$BOX")/tests/mutations
count=${MUTATIONS:-250}
first=${SEED:-1}
for volume in rich-base-4k-metaecc rich-base; do
  zstd -qdc "$ROOT/tests/corpus/$volume.img.zst" | cp --sparse=always /dev/stdin "$volume.img"
  "$mutations" "$volume.img" "$first" "$count" > "$volume.out" &
done
wait
cat ./*.out | grep -v ' passed, '
awk '/ passed, / { passed += $1; failed += $3 } END { print passed " passed, " failed " failed"
     exit !(passed > 0 && failed == 0) }' ./*.out
