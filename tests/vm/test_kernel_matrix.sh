#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Volumes of many shapes, made by our mkfs, each mounted read-write by Debian's kernel, filled with a tree
# of every kind of object, found unchanged after unmounting, pruned, found unchanged again, and judged clean
# by our checker and the reference's. Two VMs share the work; 20,000 names go into one directory on two of the
# volumes, fewer on the others. MKFS names another mkfs to try the test itself; ONLY is a regular expression
# of volume names.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
MKFS=${MKFS:-$BOX mkfs.ocfs2}

# NAME | size | names | what the volume can do | mount options | mkfs options
all=xattr,reflink,prealloc
shapes="
default      | 1G   | 20000 | $all | defaults | -N 2
b512         | 400M | 2000  | $all | defaults | -b 512 -C 4K -N 2
b1024        | 400M | 2000  | $all | defaults | -b 1K -C 4K -N 2
b2048        | 400M | 2000  | $all | defaults | -b 2K -C 4K -N 2
c64k         | 1G   | 2000  | $all | defaults | -b 4K -C 64K -N 2
c1m          | 2G   | 2000  | $all | defaults | -b 4K -C 1M -N 2
b512-c1m     | 2G   | 2000  | $all | defaults | -b 512 -C 1M -N 2
b1024-c64k   | 1G   | 2000  | $all | defaults | -b 1K -C 64K -N 4
metaecc      | 1G   | 2000  | $all | defaults | -b 4K -N 2 --fs-features=metaecc
ecc-b1024    | 400M | 2000  | $all | defaults | -b 1K -N 2 --fs-features=metaecc,noinline-data
max-b512     | 400M | 20000 | $all | usrquota,grpquota | -b 512 -N 2 --fs-feature-level=max-features
max-8-slots  | 2G   | 2000  | $all | usrquota,grpquota | -b 4K -N 8 --fs-feature-level=max-features
max-c1m      | 2G   | 2000  | $all | usrquota | -b 4K -C 1M -N 2 --fs-feature-level=max-features
noindex      | 400M | 2000  | $all | defaults | -b 4K -N 2 --fs-features=noindexed-dirs
noinline     | 400M | 2000  | $all | defaults | -b 4K -N 2 --fs-features=noinline-data
noinline-512 | 400M | 2000  | $all | defaults | -b 512 -N 8 --fs-features=noinline-data
nosparse     | 400M | 2000  | xattr,reflink | defaults | -b 4K -N 2 --fs-features=nosparse
max-compat   | 400M | 2000  | none | defaults | -N 2 --fs-feature-level=max-compat
compat-b512  | 400M | 2000  | none | defaults | -b 512 -N 4 --fs-feature-level=max-compat
one-slot     | 400M | 2000  | $all | defaults | -b 1K -N 1
32-slots     | 1G   | 2000  | $all | defaults | -b 1K -N 32 -J size=4M
mail         | 2G   | 2000  | $all | defaults | -T mail -N 2
datafiles    | 2G   | 500   | $all | defaults | -T datafiles -N 2
vmstore      | 2G   | 500   | $all | defaults | -T vmstore -N 2
no-extras|400M|2000|prealloc|defaults|-N 2 --fs-features=norefcount,noxattr,nodiscontig-bg,noappend-dio
old-slot-map | 400M | 2000  | $all | defaults | -N 4 --fs-features=noextended-slotmap --no-backup-super
block64      | 400M | 2000  | $all | defaults | -N 2 -J size=8M,block64
noindex-ecc  | 400M | 2000  | $all | defaults | -b 2K -N 2 --fs-features=noindexed-dirs,metaecc,usrquota
"

make_volumes() { local name size names able options mkfs letter=(0 0) weight=(0 0) vm=0
  letters=(a b c d e f g h i j k l m n o p q r s t)
  while IFS='|' read -r name size names able options mkfs; do
    name=${name// /}
    [[ -n $name && $name =~ ${ONLY:-.} ]] || continue
    make_image "$name.img" "${size// /}"
    # shellcheck disable=SC2086  # words on purpose
    expect_success $MKFS -x -F -q -M local -L "$name" $mkfs "$name.img"
    echo "vd${letters[letter[vm]]} $name ${names// /} ${able// /} ${options// /}" >> "$share/volumes.$vm"
    drives[vm]+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
    letter[vm]=$((letter[vm] + 1)) weight[vm]=$((weight[vm] + names + 3000))
    vm=$((weight[0] > weight[1]))
  done <<< "$shapes"; }

drives=("" "")
prepare_vms
make_volumes
for vm in 0 1; do
  # shellcheck disable=SC2086
  [ -e "$share/volumes.$vm" ] && VM_SECONDS=1200 boot $vm matrix.sh ${drives[vm]} &
done
wait
judge_volumes
