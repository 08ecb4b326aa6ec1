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
cat > search.py << 'SEARCH'
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
names = {name for name in names if len(name) >= 5} - {b"lost+found"}
image = open(sys.argv[1], "rb").read()
found = [name for name in names if name in image]
print(len(names), "names,", len(found), "found:", found[:5])
SEARCH
box o2image rich-base.img plain.packed
python3 search.py plain.packed | grep -qE ' names, [0-9]{4,} found' || fail "the search finds nothing"
for volume in rich-base other; do
  expect_success box o2image -s $volume.img $volume.packed
  expect_success box fsck.ocfs2 -fn $volume.packed
  equals "$(stat -c %s $volume.packed)" "$(box o2image $volume.img - | wc -c)"
done
python3 search.py rich-base.packed > found
grep -q ' names, 0 found' found || fail "$(cat found)"
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
