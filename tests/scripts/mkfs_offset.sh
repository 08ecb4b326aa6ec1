#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# -E offset= puts the volume behind what is at the beginning of a file, and leaves that alone.
source "$(dirname "$0")/lib.sh"
source "$ROOT/tests/scripts/shared/reference_fsck.sh"

# A table of partitions, a boot loader: a mebibyte that must stay.
head -c 1M /dev/urandom > before
cp before disk
truncate -s 101M disk
expect_success box mkfs.ocfs2 -q -M local -L inside -E offset=1M disk
cmp -n 1048576 before disk || fail 'the bytes before the offset were changed'
equals "$(stat -c %s disk)" $((101 << 20))

dd if=disk of=piece bs=1M skip=1 conv=sparse status=none
expect_success box debugfs.ocfs2 -R stats piece
contains "$out" 'Label: inside'
contains "$out" 'Clusters: 25600'
expect_success box debugfs.ocfs2 -R 'ls /' piece
contains "$out" 'lost+found'
if type fsck.ocfs2 > /dev/null 2>&1; then
  equals "$(reference_findings piece fresh)" ''
fi

# The question before overwriting is about what is behind the offset, not before it.
expect_exit 1 box mkfs.ocfs2 -E offset=1048576 disk < /dev/null
contains "$out" 'ocfs2 file system "inside"'
expect_success box mkfs.ocfs2 -x -q -M local -L again -E offset=1024K disk
cmp -n 1048576 before disk || fail 'the second format changed the bytes before the offset'

# Offsets at which no volume can begin, and other words.
before=$(sha256sum < disk)
for words in offset=1000 offset=512 offset=-4096 offset=x offset= offset=1T offset=101M size=1M offset; do
  expect_exit 1 box mkfs.ocfs2 -x -F -E $words disk
  [ -n "$err" ] || fail "no word about $words"
done
equals "$(sha256sum < disk)" "$before"
expect_exit 1 box mkfs.ocfs2 -x -E offset=1000 disk
contains "$err" 'Bad offset 1000'
expect_exit 1 box mkfs.ocfs2 -x -E size=1M disk
contains "$err" "Bad extended option 'size=1M'"
