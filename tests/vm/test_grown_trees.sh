#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel takes over extent trees and refcount trees that our transactions have made: it reads what was
# written, and it can grow, cut, share no longer and remove them. Neither checker finds anything then.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
grow_trees=$(dirname "$BOX")/tests/grow_trees

shapes="b512|-b 512
b1024c16k|-b 1K -C 16K
b4096|-b 4K
metaecc|-b 512 --fs-features=metaecc
metaecc4k|-b 4K --fs-features=metaecc"

prepare_vms
drives="" letters=(a b c d e)
count=0
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 400M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 $mkfs "$name.img"
  mkdir "$name"
  expect_success "$grow_trees" "$name.img" $((count + 10)) "$name"
  (cd "$name" && sha256sum ./*) > "$share/sums.$name"
  echo "vd${letters[count]} $name" >> "$share/volumes"
  drives+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
  count=$((count + 1))
done <<< "$shapes"
# shellcheck disable=SC2086
VM_SECONDS=900 boot 0 grown_trees.sh $drives

judge_volumes
