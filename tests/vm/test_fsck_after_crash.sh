#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Volumes whose node died while it wrote: two VMs with six volumes each are killed under load. Our fsck -n
# finds nothing wrong with what a replay makes of them; -y replays; then neither checker finds anything,
# and the kernel finds every file that had been synced. ONLY is a regular expression of volume names.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
synced_files=${SYNCED_FILES:-25}  # on each volume, before its node dies

# NAME | mount options | mkfs options
shapes="
1k-ordered   | data=ordered | -b 1K
1k-writeback | data=writeback | -b 1K
1k-ecc       | data=ordered | -b 1K --fs-features=metaecc
1k-wide      | data=writeback | -b 1K -J size=8M,block64
1k-async     | journal_async_commit | -b 1K -C 16K
2k-plain     | data=ordered | -b 2K --fs-features=noindexed-dirs,noinline-data
4k-ordered   | data=ordered | -b 4K
4k-writeback | data=writeback | -b 4K
4k-ecc       | data=writeback | -b 4K --fs-features=metaecc
4k-wide      | data=ordered | -b 4K -J size=8M,block64
4k-async-ecc | journal_async_commit | -b 4K --fs-features=metaecc
4k-large     | data=ordered | -b 4K -C 64K
"

make_volumes() { local name options mkfs letters=(a b c d e f g h i j k l) count=0 vm
  while IFS='|' read -r name options mkfs; do
    name=${name// /} options=${options// /}
    [[ -n $name && $name =~ ${ONLY:-.} ]] || continue
    make_image "$name.img" 300M
    # shellcheck disable=SC2086  # words on purpose
    expect_success "$BOX" mkfs.ocfs2 -x -F -q -M local -N 2 $mkfs "$name.img"
    vm=$((count / 6))
    echo "vd${letters[count % 6]} $name $options" >> "$share/dying.$vm"
    echo "vd${letters[count]} $name $options" >> "$share/volumes"
    local drive=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
    drives[vm]+=$drive all_drives+=$drive
    count=$((count + 1))
  done <<< "$shapes"; }

enough() { local name
  while read -r _ name _; do
    [ "$(wc -l 2> /dev/null < "$share/synced.$name" || echo 0)" -ge "$synced_files" ] || return 1
  done < "$share/dying.$1"; }

# die VM: runs it until each of its volumes has enough synced files, and kills it in the middle of its work
die() { local vm=$1
  # shellcheck disable=SC2086
  VM_SECONDS=900 boot "$vm" crash.sh -pidfile "$TMP/pid.$vm" ${drives[vm]} 2> /dev/null &
  for _ in $(seq 800); do
    sleep 1
    enough "$vm" && break
    kill -0 "$(cat "$TMP/pid.$vm" 2> /dev/null || echo $$)" || break
  done
  kill -9 "$(cat "$TMP/pid.$vm")"
  wait; }

# intact NAME: the synced files that must be there; the last line may tell of a file that was going
intact() { awk '/^-/ { delete left[substr($0, 2)]; next } { left[$0] }
                END { for (number in left) print number }' "$share/synced.$1" |
  awk -v going="$(grep -v '^-' "$share/synced.$1" | tail -1)" '$1 != going - going % 5 - 4' |
  sort -n; }

# faults WORDS: the findings of a run of ours; that a file was deleted while open is none, nor are clusters
# and extent blocks of a truncated file, which the kernel gives back in transactions of their own
faults() { grep '^\[' <<< "$1" | grep -v '^\[INODE_ORPHANED\]\|^\[INODE_SPARSE_SIZE\]' |
  grep -vE '^\[METADATA_ALLOC_BIT\] .* are marked used but nothing refers to them'; }

# check NAME: prints what is wrong with fsck's work, nothing when it is good
check() { local image=$1.img words status
  words=$("$BOX" fsck.ocfs2 -fn "$image" 2>&1); status=$?
  faults "$words"
  [ $status -eq 0 ] || { [ $status -eq 4 ] && [ -z "$(faults "$words")" ]; } ||
    echo "-n, status $status: $(tail -3 <<< "$words")"
  words=$("$BOX" fsck.ocfs2 -fy "$image" 2>&1); status=$?
  faults "$words"
  [ $status -le 1 ] || echo "-y, status $status: $(tail -3 <<< "$words")"
  grep -q "journal replayed successfully" <<< "$words" || echo "nothing was replayed"
  "$BOX" fsck.ocfs2 -fn "$image" > again 2>&1 || echo "again, -n: $(tail -3 again)"
  reference_findings "$image"; }

drives=("" "") all_drives=""
prepare_vms
make_volumes
for vm in 0 1; do
  [ -e "$share/dying.$vm" ] && die $vm &
done
wait
for vm in 0 1; do
  [ ! -e "$share/dying.$vm" ] || enough $vm || { tell_all; fail "VM $vm ended too early"; }
done
while read -r _ name _; do
  check "$name" 2>&1 | head -n 20 | sed "s/^/$name: /" >> faults
  intact "$name" > "$share/intact.$name"
  [ -s "$share/intact.$name" ] || echo "$name: no synced file to look for" >> faults
done < "$share/volumes"
# shellcheck disable=SC2086
VM_SECONDS=900 boot 2 after_crash.sh $all_drives

cat faults
judge_volumes && [ ! -s faults ]
