#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands of debugfs.ocfs2 for single blocks, searches, journals and names of locks print what the
# reference prints, of volumes that kernels filled: with small blocks, and with checksums. Where they differ
# on purpose, what the reference says wrongly or does not know is left out on its side.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/survey.sh"

# same NAME [THEIR-FILTER [OUR-FILTER]]: standard input are commands; all print the same
same() {
  cat > "$1.commands"
  debugfs.ocfs2 -n -f "$1.commands" "$image" 2> /dev/null | ${2:-cat} > theirs
  box debugfs.ocfs2 -n -f "$1.commands" "$image" 2> errors | ${3:-cat} > ours
  [ -s ours ] || fail "$image: $1 shows nothing: $(head -n 3 errors)"
  cmp -s theirs ours || fail "$image: $1: $(diff theirs ours | head -n 10) $(head -n 3 errors)"
}
# The reference looks for the checksum of a directory block's trailer in the wrong place.
without_alarm() { grep -v 'FAILED CHECKSUM'; }
# An allocator or a truncate log has no extents.
without_others() { grep -vP 'extents: 0\t|clusters: 0\t'; }

for image in rich-base rich-base-4k-metaecc; do
  zstd -q -dcf "$ROOT/tests/corpus/$image.img.zst" > $image.img
  image=$image.img
  survey $image
  sed 's/^/stat /' inodes > list
  box debugfs.ocfs2 -n -f list $image > stats
  [ "$(wc -l < inodes)" -gt 6000 ] || fail "only $(wc -l < inodes) inodes were found"
  same xattr < <(sed 's/^/xattr /' inodes)
  same xattr-v < <(sed 's/^/xattr -v /' inodes)
  same frag without_others without_others < <(sed 's/^/frag /' inodes)
  same refcount < <(sed 's/^/refcount -e /' inodes)
  same encode < <(sed 's/^/encode /' inodes)
  same dirblocks without_alarm < <(sed 's/^/dirblocks /' dirs)
  same dx_dump < <(sed 's/^/dx_dump /' dirs)
  same dx_space without_alarm < <(sed 's/^/dx_space /' dirs)
  same extent < <(grep -oP 'Blknum: \K[0-9]+(?=   Next Leaf)' stats | sed 's/.*/extent <&>/')
  same dx_root < <(grep -oP 'Indexed Tree Root: \K[0-9]+' stats | sed 's/.*/dx_root <&>/')
  awk '/^\t##   Total/ { on = 1; next } on && /^\t[0-9]/ { print $5; next } { on = 0 }' stats | sort -u |
    sed 's/.*/group <&>\ngrpextents <&>/' > list
  same groups < list
  same locate < <(shuf -n 40 --random-source=stats inodes | sed 's/^/locate /')
  same findpath < <(shuf -n 10 --random-source=stats inodes | sed 's/^/findpath /')
  seq 0 97 51000 | sed 's/^/icheck /' | head -n 200 > list
  debugfs.ocfs2 -n -f list $image 2> /dev/null | grep -v 'Unknown' > theirs
  box debugfs.ocfs2 -n -f list $image > ours
  [ "$(wc -l < theirs)" -gt 300 ] || fail "icheck of the reference shows nothing"
  grep -vxFf ours theirs > lost && fail "$image: icheck does not know: $(head -n 5 lost)"
  same logdump < <(printf 'logdump %s\n' 0 1)
done

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
