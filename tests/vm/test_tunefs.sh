#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Volumes that our tunefs has changed, each mounted read-write by Debian's kernel in a slot that may be new,
# filled with a tree of every kind of object, found unchanged after unmounting, pruned, found unchanged again,
# and judged clean by the reference checker. ONLY is a regular expression of volume names.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
. "$ROOT/tests/vm/lib.sh"

# NAME | what the volume can do | mount options | mkfs options | blocks at first | tunefs words; more
# "filled" instead of tunefs words: something of everything is put there
all=xattr,reflink,prealloc
shapes="
grown-512   | $all | defaults | -b 512 -C 4K -N 2 | 200000 | -S
grown-4k    | $all | defaults | -b 4K -N 2 --fs-features=metaecc | 30000 | -S ; -L grown -U
slots       | $all | preferred_slot=5 | -b 1K -N 2 -J size=4M | 400000 | -N 6
slots-ecc   | $all | usrquota,preferred_slot=3 | -N 1 -J size=4M --fs-feature-level=max-features | 90000 | \
-N 4 -S
journals    | $all | preferred_slot=1 | -b 4K -N 2 | 100000 | -J size=40M ; -J size=6M ; -J block64
one-journal | $all | defaults | -b 2K -N 1 -J size=4M | 200000 | -J size=20M,block64 ; -J block32
from-compat | xattr,reflink,prealloc | defaults | -b 4K -N 2 --fs-feature-level=max-compat | 100000 | \
--fs-features=unwritten,inline-data,xattr,refcount,discontig-bg,append-dio,extended-slotmap -S
discontig   | $all | defaults | -b 1K -N 2 --fs-features=nodiscontig-bg | 400000 | --fs-features=discontig-bg
indexed     | $all | defaults | -b 1K -N 2 --fs-features=noindexed-dirs | 400000 | --fs-features=indexed-dirs
no-index    | $all | defaults | -b 4K -N 2 --fs-features=metaecc,noinline-data | 100000 | \
--fs-features=noindexed-dirs,nometaecc
nodiscontig | $all | defaults | -b 4K -N 2 | 100000 | --fs-features=nodiscontig-bg,noextended-slotmap -S
ecc-1k      | $all | preferred_slot=3 | -b 1K -N 2 | 400000 | filled ; -N 4 --fs-features=metaecc
ecc-trailer | $all | defaults | -b 4K -N 2 --fs-features=noindexed-dirs | 100000 | filled ; \
--fs-features=metaecc ; --fs-features=indexed-dirs
quota       | $all | usrquota,grpquota,preferred_slot=2 | -b 4K -N 2 | 100000 | filled ; \
--fs-features=usrquota,grpquota -N 3
no-quota    | $all | defaults | -b 1K -N 2 --fs-feature-level=max-features | 400000 | filled ; \
--fs-features=nousrquota,nogrpquota
plain       | none | defaults | -b 2K -N 2 | 200000 | filled ; \
-y --fs-features=noinline-data,norefcount,noxattr
no-sparse   | xattr,reflink | usrquota | -b 4K --fs-feature-level=max-features | 100000 | filled ; \
--fs-features=nosparse
fewer-slots | $all | preferred_slot=1 | -b 1K -N 6 -J size=4M | 400000 | filled ; -N 2
shrunk      | $all | preferred_slot=1 | -b 4K -N 4 -J size=4M --fs-features=metaecc | 120000 | filled ; \
-N 40 ; shrink ; -N 2
quota-sync  | $all | usrquota | -N 2 --fs-feature-level=max-features | 100000 | --usrquota-sync-interval=100
"

# change_volume IMAGE WORDS: "filled" puts something of everything there, "shrink" takes a third of the size
change_volume() { local image=$1 words run size
  tr ';' '\n' <<< "$2" | while read -r -a words; do
    if [ "${words[*]}" = filled ]; then
      "$(dirname "$BOX")/tests/tree_digest" "$image" INODE_COUNT > /dev/null
      "$BOX" fsck.ocfs2 -fy "$image" > /dev/null 2>&1
      continue
    fi
    size=()
    [ "${words[0]}" != shrink ] || { words=(-S) size=($((${blocks// /} * 2 / 3))); }
    run "$BOX" tunefs.ocfs2 "${words[@]}" "$image" "${size[@]}"
    [ "$status" -eq 0 ] || fail "tunefs.ocfs2 ${words[*]}"
  done; }

letters=({a..z}) drives='' count=0
prepare_vms
while IFS='|' read -r name able options mkfs blocks words; do
  name=${name// /}
  [[ -n $name && $name =~ ${ONLY:-.} ]] || continue
  make_image "$name.img" 500M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -L "$name" $mkfs "$name.img" ${blocks// /}
  change_volume "$name.img" "$words" || exit 1
  echo "vd${letters[count]} $name 1000 ${able// /} ${options// /}" >> volumes
  drives+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
  count=$((count + 1))
done <<< "$shapes"
cp volumes "$share/volumes.0"
# shellcheck disable=SC2086
VM_SECONDS=900 boot 0 matrix.sh $drives
judge_volumes
