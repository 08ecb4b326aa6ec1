#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Files of many owners come, change hands and go, and quota is counted along: both checkers count the same.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
change_owners=$(dirname "$BOX")/tests/change_owners

shapes="b512|-b 512 --fs-features=usrquota,grpquota,metaecc
b1024|-b 1K -C 32K --fs-features=usrquota
b2048|-b 2K --fs-features=grpquota,metaecc
b4096|-b 4K --fs-features=usrquota,grpquota"

seed=${SEED:-1}
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 200M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 -J size=4M $mkfs "$name.img"
  expect_success "$change_owners" "$name.img" $((seed++))
  findings=$(reference_findings "$name.img")
  equals "$name: $findings" "$name: "
  expect_success "$BOX" fsck.ocfs2 -fn "$name.img"
done <<< "$shapes"
