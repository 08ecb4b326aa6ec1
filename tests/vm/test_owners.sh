#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel takes over quota files whose records this engine has made, changed and removed: it counts on, and
# both checkers count the same afterwards; and so do they when this engine has gone on.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
change_owners=$(dirname "$BOX")/tests/change_owners

prepare_vms
drives="" letters=(a b c)
count=0
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 200M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 -J size=4M $mkfs "$name.img"
  expect_success "$change_owners" "$name.img" $((count + 30))
  echo "vd${letters[count]} $name" >> "$share/volumes"
  drives+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
  count=$((count + 1))
done <<< "b512|-b 512 --fs-features=usrquota,grpquota
b1024|-b 1K -C 32K --fs-features=usrquota,grpquota,metaecc
b4096|-b 4K --fs-features=usrquota,grpquota,metaecc"
# shellcheck disable=SC2086
VM_SECONDS=600 boot 0 owners.sh $drives

while read -r _ name; do
  [ -z "$(findings "$name.img")" ] || continue  # told below
  expect_success "$change_owners" "$name.img" 50
done < "$share/volumes"
judge_volumes
