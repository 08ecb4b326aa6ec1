#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An enlarged device, as administrators' guides have had it for ten years: check the volume, enlarge the
# device, "tunefs.ocfs2 -S DEVICE" and nothing else, check it again. On an image file, and where loop devices
# are to be had, on one that is enlarged while it stands.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
REFERENCE_FSCK=$(type -P fsck.ocfs2)
mkdir bin
expect_success box --install=bin
PATH=$PWD/bin:$PATH

# bytes_of DEVICE: of its volume
bytes_of() { debugfs.ocfs2 -R 'stat //global_bitmap' "$1" | sed -n 's/.* Size: \([0-9]*\)$/\1/p'; }

# follow DEVICE BYTES COMMAND...: the steps; the command enlarges the device to so many bytes
follow() {
  local device=$1 bytes=$2
  shift 2
  expect_success fsck.ocfs2 -f "$device"
  contains "$out" 'Pass 5'
  expect_success "$@"
  expect_success tunefs.ocfs2 -S "$device"
  equals "$out$err" ''
  expect_success fsck.ocfs2 -f "$device"
  equals "$(bytes_of "$device")" "$bytes"
}

make_image image 200M
expect_success mkfs.ocfs2 -q -M local -N 2 -J size=4M -b 4K -C 4K --fs-feature-level=max-features image
"$(dirname "$BOX")/tests/tree_digest" image INODE_COUNT > digest || fail 'cannot be filled'
fsck.ocfs2 -fy image > words 2>&1
"$(dirname "$BOX")/tests/tree_digest" image > digest
follow image $((300 << 20)) truncate -s 300M image
"$(dirname "$BOX")/tests/tree_digest" image | cmp -s - digest || fail 'files differ'
equals "$(reference_findings image)" ''

# The size that is there already is no failure, and one more step changes nothing.
cp --sparse=always image before
expect_success tunefs.ocfs2 -S image
cmp -s image before || fail 'the volume was changed'

[ "$(id -u)" -eq 0 ] && loop=$(losetup -f --show image 2> /dev/null) || exit 0
at_exit "losetup -d $loop"
follow "$loop" $((400 << 20)) bash -c "truncate -s 400M image && losetup -c $loop"
expect_success tunefs.ocfs2 -S "$loop" 350M
equals "$(bytes_of "$loop")" $((350 << 20))
expect_success fsck.ocfs2 -f "$loop"
equals "$(reference_findings image)" ''
