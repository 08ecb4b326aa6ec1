#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# A scrambled image has no name of the volume in it, and a checker finds the same in it: nothing in a sound
# volume, the same codes in a damaged one.
. "$(dirname "$0")/lib.sh"

# names of at least five bytes: shorter ones stand in any file by chance
zstd -q -dcf "$ROOT/tests/corpus/rich-base.img.zst" | cp --sparse=always /dev/stdin rich-base.img
zstd -q -dcf "$ROOT/tests/corpus/rich-base-4k-metaecc.img.zst" | cp --sparse=always /dev/stdin other.img
for list in stat xattr links; do zstd -q -dcf "$ROOT/tests/corpus/rich-base.$list.zst" > $list; done
python3 - > names << 'END'
import sys
names = set()
for line in open("stat", "rb").read().split(b"\n")[1:]:
    names.update(line.split(b"|")[0].split(b"/"))
for line in open("links", "rb").read().split(b"\n"):
    names.update(b"/".join(line.split(b"|")[1:]).split(b"/"))
for line in open("xattr", "rb").read().split(b"\n")[1:]:
    kind, _, name = (line.split(b"\t") + [b""])[1].partition(b".")
    if kind in (b"user", b"trusted"):
        names.add(name)
for name in names - {b"lost+found"}:
    if len(name) >= 5:
        sys.stdout.buffer.write(name + b"\n")
END
names_in() { grep -aoFf names "$1" | sort -u; }
box o2image rich-base.img plain.packed
[ "$(names_in plain.packed | wc -l)" -gt 1000 ] || fail "the search finds nothing"
for volume in rich-base other; do
  ran="o2image -s $volume.img"
  taken=$({ TIMEFORMAT=%U; time box o2image -s $volume.img $volume.packed > said; } 2>&1) || fail "$taken"
  # by the processor; looking for a name to each leaf of a large index took 5 s, dealing them out 0.05 s
  awk -v taken="$taken" 'BEGIN { exit taken > 2 }' || fail "$volume took $taken s"
  expect_success box fsck.ocfs2 -fn $volume.packed
  equals "$(stat -c %s $volume.packed)" "$(box o2image $volume.img - | wc -c)"
done
equals "$(names_in rich-base.packed | head -n 5)" ''
# nobody gets the same names twice
box o2image -s rich-base.img twice.packed
cmp -s -i 8 rich-base.packed twice.packed && fail "the key is no secret"

codes() { box fsck.ocfs2 -fn "$1" 2> /dev/null | grep -oE '^\[[A-Z0-9_]+\]' | sort; }
for damage in CHAIN_BITS DIR_NOT_CONNECTED DIRENT_INODE_RANGE EXTENT_HOLE; do
  zstd -q -dcf "$ROOT/tests/corpus/fswreck/1k-default__$damage.img.zst" > damaged.img
  expect_success box o2image -s -z damaged.img damaged.zst
  codes damaged.img > expected
  [ -s expected ] || fail "$damage: nothing is found on the volume"
  codes damaged.zst > found
  cmp -s expected found || fail "$damage: found $(cat found), not $(cat expected)"
  rm -f damaged.zst
done
