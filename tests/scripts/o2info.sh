#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# o2info tells what the reference tells, of devices and, which that cannot, of image files; and why a volume
# takes no more.
. "$(dirname "$0")/lib.sh"

for name in rich-base rich-base-4k-metaecc; do
  zstd -q -dcf "$ROOT/tests/corpus/$name.img.zst" > $name.img
done
make_image large.img 3G
expect_success box mkfs.ocfs2 -x -q -M local -b 4K -C 1M -N 4 -L 'a label' large.img
make_image plain.img 64M
expect_success box mkfs.ocfs2 -x -q -M local -b 512 -C 4K -N 1 --fs-feature-level=max-compat plain.img

compared=0
for image in rich-base.img rich-base-4k-metaecc.img large.img plain.img; do
  device=$(losetup -f --show -r $image 2> /dev/null) || { echo "no loop devices: not compared"; break; }
  trap 'losetup -d $device' EXIT
  for words in --volinfo --fs-features --mkfs --freeinode '--freefrag 0' '--freefrag 1024' \
    '--freefrag 2048'; do
    # shellcheck disable=SC2086
    o2info $words "$device" 2>&1 | sed 's/,  $/ /' > theirs  # a list does not end in a comma
    # shellcheck disable=SC2086
    box o2info $words "$device" > ours 2>&1
    cmp -s theirs ours || fail "$image $words: $(diff theirs ours | head -n 6)"
    # shellcheck disable=SC2086
    box o2info $words $image | cmp -s theirs - || fail "$image $words: the image gives something else"
    compared=$((compared + 1))
  done
  losetup -d "$device"
  trap - EXIT
done
box o2info --volinfo --freeinode large.img > out
equals "$(grep -c 'a label' out)" 1
equals "$(grep -c '^Total' out)" 1

# why it takes no more
box o2info --space large.img > out
grep -q '^Nothing stands in the way of new files.$' out || fail "an empty volume: $(cat out)"
expect_success "$(dirname "$BOX")/tests/fill_volume" plain.img 100
box o2info --space plain.img > out
grep -q '^Slots have only the .* in one piece, .*: tunefs.ocfs2 --fs-features=discontig-bg plain.img$' out ||
  fail "a volume in pieces: $(cat out)"
box o2info --json rich-base.img > out
python3 -c 'import json; d = json.load(open("out"))
assert d["block_bytes"] == 1024 and "usrquota" in d["features"] and d["free_clusters"] > 0' ||
  fail "$(cat out)"

# what cannot be
expect_exit 1 "$BOX" o2info plain.img
contains "$err" 'say what to tell'
expect_exit 1 "$BOX" o2info --freefrag 3 plain.img
contains "$err" 'power of 2'
expect_exit 1 "$BOX" o2info --freefrag 64 large.img
contains "$err" 'not smaller than a cluster'
expect_exit 1 "$BOX" o2info --filestat plain.img
contains "$err" 'this report is of a file on a mounted volume'
expect_exit 1 "$BOX" o2info --volinfo none.img
contains "$err" 'none.img'
expect_exit 1 "$BOX" o2info --volinfo "$0"
