#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Somebody wrote over the beginning of a volume. What is lost of the system files follows from their places
# and their order; every file of a user keeps its content, and both checkers agree afterwards.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"

digest=$(dirname "$BOX")/tests/tree_digest

# overwrite IMAGE FIRST_KIB KIB
overwrite() { dd if=/dev/urandom of="$1" bs=1024 seek="$2" count="$3" conv=notrunc status=none; }

# recovers IMAGE: told without -f, mended by one run, sound for both checkers
recovers() {
  expect_exit 4 box fsck.ocfs2 -n "$1"
  expect_exit 1 box fsck.ocfs2 -fy "$1"
  expect_success box fsck.ocfs2 -fn "$1"
  equals "$(reference_findings "$1")" ""
}

# The group of inodes with the root and the system directory; and all from there on.
for volume in rich-base rich-base-4k-metaecc; do
  zstd -qdc "$ROOT/tests/corpus/$volume.img.zst" | cp --sparse=always /dev/stdin "$volume.img"
  "$digest" "$volume.img" | cut -d' ' -f1-3 | sort > before
  for range in "$([ $volume = rich-base ] && echo 8 4 || echo 16 8)" "12 1000"; do
    cp --sparse=always "$volume.img" damaged.img
    overwrite damaged.img $range
    recovers damaged.img
    "$digest" damaged.img | cut -d' ' -f1-3 | sort > after
    diff before after || fail "$volume, $range: files are not what they were"
  done
done

# The superblock as well: the backup is believed, since the groups of the volume are there.
make_image large.img 2G
expect_success box mkfs.ocfs2 -q -x -M local -L large large.img
cp --sparse=always large.img damaged.img
overwrite damaged.img 0 1024
recovers damaged.img
contains "$out" 'Label:              large'

# But not when the device is something else by now.
cp --sparse=always large.img damaged.img
mkfs.ext4 -q -F -O ^has_journal -E nodiscard damaged.img
sum=$(sha256sum damaged.img)
expect_exit 8 box fsck.ocfs2 -fy damaged.img
contains "$err" 'use -r 1'
equals "$(sha256sum damaged.img)" "$sum"
