#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Directories of thousands of names that this engine has written, rebuilt and compacted are the kernel's from
# then on: it finds every name, removes a third, adds as many (it stops dead when a block of the free list
# has less room than it claims), and neither checker finds anything afterwards.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
change_names=$(dirname "$BOX")/tests/change_names

shapes="b512|-b 512
b1024|-b 1K --fs-features=metaecc
b4096|-b 4K --fs-features=metaecc
noinline|-b 4K --fs-features=noinline-data
noindex|-b 2K --fs-features=noindexed-dirs"

prepare_vms
drives="" letters=(a b c d e)
count=0
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 200M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 2 -J size=4M $mkfs "$name.img"
  expect_success "$change_names" live "$name.img" $((count + 7))
  cp "$TMP/.out" "$share/$name.names"
  echo "vd${letters[count]} $name" >> "$share/volumes"
  drives+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
  count=$((count + 1))
done <<< "$shapes"
# shellcheck disable=SC2086
VM_SECONDS=900 boot 0 names.sh $drives

judge_volumes
