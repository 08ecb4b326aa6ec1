#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What fsck has repaired is the kernel's again: one volume for each damage of tests/corpus/fswreck, of another
# shape from damage to damage, and the two rich volumes, damaged and repaired many times over. The kernel
# reads every file, finds the rich trees as they were before, writes, and complains about nothing; neither
# checker finds anything then. ONLY is a regular expression of damages.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

# Their repair loses nothing: no name, no attribute, no time.
lossless="GROUP_SCRIBBLED GROUP_CHAIN_LOOP GROUP_BLKNO CHAIN_NEXT_FREE CHAIN_HEAD_LINK_RANGE CLUSTER_ALLOC_BIT
  INODE_SUBALLOC INODE_COUNT INODE_SPARSE_CLUSTERS EXTENT_LIST_COUNT EB_BLKNO EB_GEN DIR_DOTDOT DIRENT_TYPE
  DX_ROOT_SCRIBBLED DX_LEAF_INVALID DX_ENTRY_STRAY DIR_TRAILER_SIGNATURE DIR_TRAILER_FREE_LIST
  XATTR_HASH_INVALID XATTR_BUCKET_ORDER XATTR_FREE_START_INVALID REFCOUNT_COUNT_LOW RB_PARENT
  REFCOUNT_REC_MISSING JOURNAL_FILE_INVALID JOURNAL_TOO_SMALL LALLOC_BM_OVERRUN DEALLOC_COUNT SLOT_MAP_SIZE
  SYSTEM_ENTRY_LOST SYSTEM_INODE_FLAGS SYSTEM_INODE_ZEROS QMAGIC_INVALID QTREE_BLK_INVALID QUOTA_USAGE
  BAD_CRC32_INODE BAD_CRC32_DIR_BLOCK ECC_BIT_GROUP"

unpack() { zstd -qdcf "$ROOT/tests/corpus/$1.img.zst" | cp --sparse=always /dev/stdin "$2"; }

prepare_vms
# the shapes take turns: of each damage the first volume, the second, ...
grep -v '^#' "$ROOT/tests/corpus/fswreck/index.tsv" | sort -t $'\t' -k 2,2 -s | awk -F '\t' '
  $2 != damage { if (count) print names[(turn++) % count]; damage = $2; count = 0 }
  { sub(/\.img\.zst$/, "", $1); names[count++] = $1 }
  END { print names[turn % count] }' | grep -E "${ONLY:-.}" > names
while read -r name; do
  unpack "fswreck/$name" "$share/$name.img"
  ln -s "share/$name.img" "$name.img"
  expect_exit 1 "$BOX" fsck.ocfs2 -fy "$name.img"
  echo "/host/$name.img $name" >> "$share/volumes"
done < names
drives="" letters=(a b c d)
for name in rich-base rich-base-4k-metaecc; do
  unpack $name $name.original
  cp --sparse=always $name.original $name.img
  count=0
  for damage in $lossless; do
    run "$BOX" fswreck -C "$damage" --seed 7 $name.img
    [ "$status" -ne 1 ] || continue  # has no victim
    [ "$status" -eq 0 ] || fail "fswreck cannot do $damage"
    expect_exit 1 "$BOX" fsck.ocfs2 -fy $name.img
    count=$((count + 1))
  done
  [ $count -ge 20 ] || fail "$name took only $count damages"
  echo "/dev/vd${letters[0]} $name /dev/vd${letters[1]}" >> "$share/volumes"
  letters=("${letters[@]:2}")
  for image in $name.img $name.original; do
    drives+=" -drive file=$TMP/$image,format=raw,if=virtio,cache=unsafe"
  done
done
# shellcheck disable=SC2086
VM_SECONDS=900 boot 0 repaired.sh $drives

judge_volumes
