#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Files that grew in turns on a mounted volume are brought together by the kernel, as defragfs.ocfs2 asks it
# to; and what defragfs.ocfs2 --offline has brought together the kernel reads, changes and removes. Both
# checkers judge the volumes afterwards.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
tools=$(dirname "$BOX")/tests

prepare_vms
drives=""
# add_volume NAME: its image as the next disk
add_volume() { drives+=" -drive file=$TMP/$1.img,format=raw,if=virtio,cache=unsafe"; }

make_image online.img 400M
expect_success box mkfs.ocfs2 -x -q -M local -b 4K -C 4K -N 2 -J size=4M online.img
add_volume online
make_image small.img 300M
expect_success box mkfs.ocfs2 -x -q -M local -b 1K -C 4K -N 1 -J size=4M --fs-features=metaecc small.img
add_volume small
for name in worn full; do
  make_image $name.img 96M
  expect_success box mkfs.ocfs2 -x -q -M local -C 4K -N 1 -J size=4M --fs-feature-level=max-features \
    $name.img
  percent=60
  [ $name = worn ] || percent=90
  "$tools/fill_volume" $name.img $percent > /dev/null || fail 'cannot be filled'
  box fsck.ocfs2 -fy $name.img > /dev/null 2>&1
  mkdir $name
  run box debugfs.ocfs2 -R "rdump / $TMP/$name" $name.img
  (cd $name && find . -type f -print0 | sort -z | xargs -0 sha256sum) > "$share/sums.$name"
  rm -rf $name
  [ "$(grep -c . "$share/sums.$name")" -gt 10 ] || fail 'few files to compare'
  run box defragfs.ocfs2 --offline $name.img
  contains "$out" 'Moved:'
  add_volume $name
done

# shellcheck disable=SC2086
VM_SECONDS=900 boot 0 defrag.sh $drives
judge_cases 1 online.img small.img worn.img full.img
