#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# The same options and the same UUID for our mkfs and for the reference's: the volumes are equal field by
# field, but for what the list in tests/tools/compare_volumes.cc gives a reason for. (With 512-byte blocks the
# reference needs the journal's size told: its own default is too small for itself. With 255 slots and
# discontig-bg ours splits the group of system inodes, as the kernel wants it, and everything behind it moves:
# not compared, mkfs_matrix.sh has it.)
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/mkfs_lib.sh"
COMPARE=${COMPARE:-$(dirname "$BOX")/tests/compare_volumes}
uuid=0123456789ABCDEF0123456789ABCDEF
passed=0 failed=0

# alike SIZE WORD... [@BLOCKS]
alike() { local size=$1 blocks=(); shift
  case ${*: -1} in @*) blocks=("${*: -1}") && blocks=("${blocks[0]#@}") && set -- "${@:1:$#-1}" ;; esac
  make_image ours.img "$size"
  make_image reference.img "$size"
  expect_success format -q -U $uuid "$@" ours.img "${blocks[@]}"
  expect_success mkfs.ocfs2 -x -F -q -U $uuid "$@" reference.img "${blocks[@]}"
  run "$COMPARE" ours.img reference.img
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "UNLIKE: $size $*"
    head -30 <<< "$out$err" | cut -c1-200
  fi; }

while read -r words; do
  # shellcheck disable=SC2086
  [ -z "$words" ] || alike $words
done << 'END'
300M -M local
300M -M local -N 2 -L testvol
300M -M local -N 2 -L eccvol -b 4K -C 4K --fs-feature-level=max-features
300M -N 4 --cluster-stack=o2cb --cluster-name=mycluster --fs-features=clusterinfo
300M -N 4 --cluster-stack=o2cb --cluster-name=mycluster --global-heartbeat
300M -N 4 --cluster-stack=pcmk --cluster-name=mycluster
300M -N 4
100M -M local -b 512 -N 2 -J size=4M
100M -M local -b 512 -N 2 -J size=4M --fs-feature-level=max-features
100M -M local -b 512 -N 2 -J size=4M --fs-feature-level=max-compat
100M -M local -b 512 -N 8 -J size=4M --fs-features=noinline-data
200M -M local -b 512 -C 64K -N 2 -J size=4M
600M -M local -b 512 -C 1M -N 2 -J size=9M
300M -M local -b 1K -N 16 -J size=4M
300M -M local -b 1K -N 2 --fs-features=noinline-data
300M -M local -b 1K -N 2 --fs-features=metaecc,noindexed-dirs
300M -M local -b 2K -C 32K -N 4 --fs-feature-level=max-features
300M -M local -b 2K -N 2 --fs-features=usrquota
300M -M local -b 2K -N 2 --fs-features=grpquota,noindexed-dirs
300M -M local -b 4K -N 2 --fs-feature-level=max-compat
300M -M local -b 4K -N 2 --fs-features=noinline-data,metaecc
300M -M local -b 4K -N 2 --fs-features=nosparse
300M -M local -b 4K -N 2 --fs-features=nounwritten,noxattr,norefcount
300M -M local -b 4K -N 2 --fs-features=nodiscontig-bg,noappend-dio
300M -M local -b 4K -N 4 --fs-features=noextended-slotmap
300M -M local -b 4K -N 2 -J block64
300M -M local -b 4K -N 32 -J size=4M
400M -M local -b 4K -N 2 @70000
1G -M local -b 4K -C 1M -N 8 -J size=16M
1500M -M local
1500M -M local --no-backup-super
5G -M local -b 4K -C 4K -N 2 --fs-feature-level=max-features
3G -M local -T mail -N 2
3G -M local -T datafiles -N 4
3G -M local -T vmstore -N 4
20G -M local -b 4K -N 2
20G -M local -T vmstore -N 2
9G -M local -b 4K -C 4K -N 254 -J size=4M
END
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
