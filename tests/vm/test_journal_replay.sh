#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What our slot journal leaves behind when the machine dies after a commit is replayed by the kernel: on
# volumes of several block sizes the log holds a new time of the root directory that is nowhere else, and
# after a mount it is there; neither checker finds anything then.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
dirty_journal=$(dirname "$BOX")/tests/dirty_journal
seconds=1234567890

shapes="b512|-b 512
b1024|-b 1K
b4096|-b 4K
metaecc|-b 4K --fs-features=metaecc
wide|-b 2K -J size=8M,block64"

prepare_vms
drives="" letters=(a b c d e)
count=0
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 200M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 $mkfs "$name.img"
  expect_success "$dirty_journal" "$name.img" $seconds
  run "$BOX" debugfs.ocfs2 -R "stat /" "$name.img"
  ! grep -q "mtime: 0x499602d2 " <<< "$out" || fail "$name: the new time is in place before anybody replayed"
  echo "vd${letters[count]} $name $seconds" >> "$share/volumes"
  drives+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
  count=$((count + 1))
done <<< "$shapes"
# shellcheck disable=SC2086
boot 0 replay.sh $drives

judge_volumes
