#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Volumes that ocfs2-fuse has mounted behave as POSIX has it and as the kernel's ocfs2 does; what it leaves,
# also when it is killed, the kernel mounts, and neither checker finds anything in it.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
tools=$(dirname "$BOX")/tests

prepare_vms
add_modules fuse
add_programs "stress-ng libipsec-mb1 libjudydebian1 libapparmor1 libbsd0 libmd0 libjpeg62-turbo libkmod2
  libsctp1 libxxhash0 libegl1 libgles2 libglvnd0 libgbm1 libdrm2 libwayland-server0 libexpat1 libzstd1 libffi8
  liblzma5 libssl3 zlib1g libcrypt1" /usr/bin/stress-ng
cp "$tools/posix_cases" "$tools/random_io" "$tools/random_tree" "$share"

letters=(a b c d e f)
drives=("" "") counts=(0 0)
# a_volume VM NAME "MKFS WORDS": as the next disk of the VM, whose name is $disk then
a_volume() {
  make_image "$2.img" 300M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 -J size=8M $3 "$2.img"
  drives[$1]+=" -drive file=$TMP/$2.img,format=raw,if=virtio,cache=unsafe"
  disk=vd${letters[counts[$1]]}
  counts[$1]=$((counts[$1] + 1))
}

while IFS='|' read -r vm name mkfs tasks; do
  a_volume "$vm" "$name" "$mkfs"
  own=$disk
  [ "$tasks" = "${tasks/=/}" ] || a_volume "$vm" "$name.twin" "$mkfs"
  echo "$own $name ${tasks//=/=$disk}" >> "$share/volumes.$vm"
done <<< "0|b1024|-b 1K -C 4K|twin= io tree killed
0|b4096-metaecc-quota|-b 4K --fs-features=metaecc,usrquota,grpquota|twin= io cases killed
1|b1024-metaecc-quota|-b 1K -C 32K --fs-features=metaecc,usrquota,grpquota|kernel= cases io
1|b4096|-b 4K|twin= io stress tree"

for vm in 0 1; do
  # shellcheck disable=SC2086
  VM_SECONDS=1800 boot $vm fuse.sh ${drives[vm]} &
done
wait
grep -ah ' took ' node?.log
judge_volumes
