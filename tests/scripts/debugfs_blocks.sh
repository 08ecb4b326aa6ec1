#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Blocks that are none of the kind that a command of debugfs.ocfs2 shows, blocks outside the volume, and the
# names of locks. What the commands tell of sound volumes is in debugfs_facts.sh.
. "$(dirname "$0")/lib.sh"

image=rich.img
zstd -q -dcf "$ROOT/tests/corpus/rich-base-4k-metaecc.img.zst" > $image

# each damage of a block on its own is said, and ends nothing
printf '%s\n' 'extent <2>' 'group <5>' 'dx_root 7' 'hb' > list
box debugfs.ocfs2 -n -f list $image > out 2> err
equals "$(grep -c 'Bad magic number' err)" 3
head -n 1 out | grep -q 'node: node' || fail "hb: $(cat out)"
box debugfs.ocfs2 --strict -R 'icheck 99999999' $image > out 2> err &&
  fail "a block outside the volume is found"
grep -q 'Invalid block number - 99999999' err || fail "outside: $(cat err)"

# names of locks, without a volume
debugfs.ocfs2 -d M00000000000000000000050a1b2c3d N0000000000000005 > theirs
box debugfs.ocfs2 -d M00000000000000000000050a1b2c3d N0000000000000005 |
  sed 's/Parent:     /Parent:	    /' > ours
cmp -s theirs ours || fail "decode: $(diff theirs ours)"
equals "$(box debugfs.ocfs2 -e M 5 169552957)" M00000000000000000000050a1b2c3d
equals "$(box debugfs.ocfs2 -e Dentry 9 5)" N000000000000000500000009
expect_exit 1 "$BOX" debugfs.ocfs2 -e Z 9 5
contains "$err" "'Z' is no type of locks"
expect_exit 1 "$BOX" debugfs.ocfs2 -d nonsense
