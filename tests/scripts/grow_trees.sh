#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Extent trees and refcount trees after many changes: the reference checker finds nothing wrong with them, and
# every file reads as it must.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
grow_trees=$(dirname "$BOX")/tests/grow_trees

shapes="b512|-b 512
b1024c16k|-b 1K -C 16K
b4096|-b 4K
metaecc|-b 512 --fs-features=metaecc
plain|-b 2K --fs-features=nodiscontig-bg,noinline-data"

seed=1
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 400M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 $mkfs "$name.img"
  mkdir "$name"
  expect_success "$grow_trees" "$name.img" $((seed++)) "$name"
  findings=$(reference_findings "$name.img")
  equals "$name: $findings" "$name: "
  for file in "$name"/*; do
    "$BOX" debugfs.ocfs2 -R "cat /$(basename "$file")" "$name.img" > read
    cmp "$file" read || fail "$file does not read as it was written"
  done
done <<< "$shapes"
