#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# This engine and the kernel take turns in changing the attributes of the same inodes, in all layouts: each
# finds every attribute that the other has left, and goes on with it. Neither checker finds anything then.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
change_attributes=$(dirname "$BOX")/tests/change_attributes

shapes="b512|-b 512
b512c64k|-b 512 -C 64K --fs-features=metaecc
b1024c16k|-b 1K -C 16K
b4096|-b 4K --fs-features=metaecc
b4096c256k|-b 4K -C 256K"

prepare_vms
cp "$change_attributes" "$share"
drives="" letters=(a b c d e)
count=0
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 200M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 -J size=4M $mkfs "$name.img"
  expect_success "$change_attributes" grow "$name.img" $((count + 30)) "$share/$name.listing"
  expect_success "$change_attributes" go-on "$name.img" $((count + 40)) "$share/$name.listing"
  echo "vd${letters[count]} $name" >> "$share/volumes"
  drives+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
  count=$((count + 1))
done <<< "$shapes"
# shellcheck disable=SC2086
VM_SECONDS=900 boot 0 attributes.sh $drives

while read -r _ name; do
  [ -z "$(findings "$name.img")" ] || continue  # told below
  expect_success "$change_attributes" go-on "$name.img" 50 "$share/$name.listing"
done < "$share/volumes"
judge_volumes
