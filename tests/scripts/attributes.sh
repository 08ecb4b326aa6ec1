#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Thousands of changes of attributes, through the journal, on inodes of all kinds: neither checker finds
# anything wrong afterwards, nor after as many more.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
change_attributes=$(dirname "$BOX")/tests/change_attributes

shapes="b512|-b 512
b512c64k|-b 512 -C 64K --fs-features=metaecc
b1024c16k|-b 1K -C 16K
b4096|-b 4K --fs-features=metaecc
b4096c256k|-b 4K -C 256K
plain|-b 2K --fs-features=nodiscontig-bg,noinline-data"

seed=${SEED:-1}
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 120M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 -J size=4M $mkfs "$name.img"
  for act in grow go-on go-on; do
    expect_success "$change_attributes" $act "$name.img" $((seed++)) listing
    echo "$name: $act: $out"
    findings=$(reference_findings "$name.img")
    equals "$name: $findings" "$name: "
    expect_success "$BOX" fsck.ocfs2 -fn "$name.img"
  done
done <<< "$shapes"
