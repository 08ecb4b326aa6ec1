#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# What mkfs.ocfs2 must refuse: wrong words, impossible sizes, targets that are no place for a volume,
# devices that hold something else. Each time: the documented exit status, a message that names the object,
# and not a byte changed.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/mkfs_lib.sh"

cases=0

# content FILE SIZE: a file of that size that is not all zeros, and is no file system
content() {
  make_image "$1" "$2" &&
    printf 'a byte here and there' | dd of="$1" bs=1M seek=1 conv=notrunc status=none; }

# refused STATUS PART IMAGE WORD...: mkfs with these words ends so, says PART on stderr, and leaves IMAGE
# alone
refused() { local wanted=$1 part=$2 image=$3; shift 3
  cp --sparse=always "$image" before.img
  # shellcheck disable=SC2086
  run timeout 60 $MKFS "$@" < /dev/null
  [ "$status" -eq "$wanted" ] || fail "exit status $status, expected $wanted"
  contains "$err" "$part"
  lacks "$out" successful
  cmp -s "$image" before.img || fail "$image was changed"
  cases=$((cases + 1)); }

wrong_words() { local wanted part words
  content target.img 64M
  while IFS='|' read -r wanted part words; do
    [ -n "$wanted" ] || continue
    # shellcheck disable=SC2086
    refused "${wanted// /}" "$part" target.img $words target.img
  done << 'END'
2|--no-such-option|--no-such-option
2|-Z|-Z
1|blocksize between 512 and 4096|-b 256
1|blocksize between 512 and 4096|-b 8192
1|'banana'|-b banana
1|'4T'|-b 4T
1|'-1'|-b -1
1|'18446744073709551617'|-b 18446744073709551617
1|clustersize between 4096 and 1048576|-C 2048
1|clustersize between 4096 and 1048576|-C 2M
1|'4KK'|-C 4KK
1|no more than 255|-N 256
1|at least 1|-N 0
1|'4x'|-N 4x
1|'99999999999999999999'|-N 99999999999999999999
1|Invalid journal size: 1M|-J size=1M
1|Invalid journal size: x|-J size=x
1|Invalid journal size: |-J size=
1|Bad journal options specified: 'bogus'|-J bogus
1|ournal size|-J size=60M -N 2
1|Bad fs type option specified: 'nfs'|-T nfs
1|at least 2 gigabytes|-T datafiles
1|at least 2 gigabytes|-T vmstore
1|Invalid mount type remote|-M remote
1|Invalid UUID specified: 'xyz'|-U xyz
1|Invalid UUID specified|-U 0123456789abcdef0123456789abcde
1|Invalid UUID specified|-U 0123456789abcdef0123456789abcdef0
1|Invalid UUID specified|-U 01234567-89ab-cdef-0123456789abcdef-
1|Invalid UUID specified|-U g123456789abcdef0123456789abcdef
1|Volume label too long|-L 1234567890123456789012345678901234567890123456789012345678901234
1|fs-feature-level string|--fs-feature-level=best
1|'frobnicate'|--fs-features=frobnicate
1|'noheartbeat-device'|--fs-features=noheartbeat-device
1|'strict-journal-super'|--fs-features=strict-journal-super
1|'aborted-resize'|--fs-features=aborted-resize
1|Conflicting features|--fs-features=sparse,nosparse
1|Conflicting features|--fs-features=metaecc,nometaecc
1|Conflicting features|--fs-features=unwritten,nosparse
1|Conflicting features|--fs-features=xattr --fs-features=noxattr
1|Cluster stack is invalid ; missing cluster stack|--cluster-name=lab
1|Cluster stack is invalid ; missing cluster name|--cluster-stack=o2cb
1|Cluster stack is invalid ; unknown cluster stack 'dlm'|--cluster-stack=dlm --cluster-name=lab
1|Cluster stack is invalid ; max 16 alpha-numeric|--cluster-stack=o2cb --cluster-name=12345678901234567
1|Cluster stack is invalid ; max 16 alpha-numeric|--cluster-stack=o2cb --cluster-name=a.b
1|Cluster stack is invalid ; global heartbeat|--cluster-stack=pcmk --cluster-name=lab --global-heartbeat
1|Cluster stack is invalid ; local mount is incompatible|-M local --cluster-stack=o2cb --cluster-name=lab
1|Global heartbeat cannot be enabled|--global-heartbeat
1|clusterinfo|--fs-features=clusterinfo
1|'offset=x'|-E offset=x
1|'stride=4'|-E stride=4
1|Bad offset|-E offset=1000
1|offset|-E offset=1T
END
  refused 1 "Block count bad - many" target.img target.img many
  refused 1 "Block count bad - 0" target.img target.img 0
  refused 1 "target.img" target.img target.img 1G
  refused 2 "extra" target.img target.img 1000 extra
  refused 2 "" target.img
  refused 2 "" target.img -b; }

sizes() { local size
  for size in 0 1 511 512 4K 64K 1M 2M; do
    content_free=$size.img
    make_image "$content_free" "$size"
    refused 1 mkfs.ocfs2 "$content_free" -M local "$content_free"
  done
  content few.img 64M
  refused 1 mkfs.ocfs2 few.img -M local -N 255 few.img
  refused 1 mkfs.ocfs2 few.img -M local few.img 100
  refused 1 mkfs.ocfs2 few.img -M local -C 1M -N 8 few.img
  # more than 2^32 blocks without a journal that can count them, more than 2^32 clusters
  make_image huge.img 4T
  not_made huge.img 32 -b 512 -C 64K
  make_image huge.img 15T || return
  not_made huge.img "" -C 4K -b 512 -J block32
  rm -f huge.img; }

# not_made IMAGE PART WORD...: as refused, for a sparse file that is too large to copy
not_made() { local image=$1 part=$2; shift 2
  # shellcheck disable=SC2086
  run timeout 60 $MKFS -M local "$@" "$image" < /dev/null
  [ "$status" -eq 1 ] || fail "exit status $status, expected 1"
  contains "$err" "$part"
  [ "$(du -k "$image" | cut -f1)" -eq 0 ] || fail "something was written to $image"
  cases=$((cases + 1)); }

targets() { local target
  content target.img 64M
  mkdir folder
  mkfifo pipe
  for target in missing.img folder pipe /dev/null /dev/full /dev/zero folder/../missing/file \
    target.img/below; do
    refused 1 "$target" target.img -M local "$target"
  done
  [ ! -e missing.img ] || fail "a missing file was created"
  ln -s nowhere dangling
  refused 1 dangling target.img -M local dangling; }

# Loop devices are not to be had in every container; there the unit tests of the device are all there is.
devices() { local loop
  loop=$(losetup --show -r -f target.img 2> /dev/null) || { echo "no loop devices here"; return; }
  at_exit "losetup -d $loop 2> /dev/null"
  refused 1 "$loop" target.img -M local "$loop"       # read-only
  losetup -d "$loop"
  refused 1 "$loop" target.img -M local "$loop"       # nothing behind it
  losetup "$loop" target.img
  mkfs.ext4 -q -F "$loop"
  mkdir mounted
  mount "$loop" mounted || fail "cannot mount ext4 on $loop"
  at_exit "umount '$TMP/mounted' 2> /dev/null"
  refused 1 "is mounted" target.img -M local "$loop"
  umount mounted
  losetup -d "$loop"; }

# signature FILE OFFSET BYTES: puts bytes (as for printf) there
signature() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# holds NAME PART...: target.img holds something whose name is told, with what else is known about it; it is
# kept after "no", after no answer at all, and overwritten with -F
holds() { local part answer; shift
  for answer in n '' no never; do
    cp --sparse=always target.img before.img
    # shellcheck disable=SC2086
    run $MKFS -M local target.img <<< "$answer"
    [ "$status" -eq 1 ] || fail "exit status $status, expected 1"
    for part; do contains "$out$err" "$part"; done
    cmp -s target.img before.img || fail "target.img was changed"
    cases=$((cases + 1))
  done
  # shellcheck disable=SC2086
  run $MKFS -M local -q target.img < /dev/null
  [ "$status" -eq 1 ] || fail "exit status $status, expected 1"
  contains "$err" "$1"
  # shellcheck disable=SC2086
  expect_success $MKFS -M local -q -F target.img
  [ -z "$(reference_findings target.img fresh)" ] || fail "the volume over it is not clean"
  expect_exit 0 wipefs --no-act target.img
  [ "$(grep -c . <<< "$out")" -eq 2 ] || fail "more than the volume is found: $out"; }

other_contents() {
  content target.img 64M && mkfs.ext4 -q -L books -U 11111111-2222-3333-4444-555555555555 target.img
  holds ext4 ext4 books 11111111-2222-3333-4444-555555555555
  content target.img 64M && mkswap -q -L pages target.img
  holds swap swap pages
  # a partition table with one Linux partition of 1 MiB at sector 2048
  content target.img 64M &&
    signature target.img 446 '\x00\x00\x02\x00\x83\x00\x02\x00\x00\x08\x00\x00\x00\x08\x00\x00' &&
    signature target.img 510 '\x55\xaa'
  holds dos dos
  content target.img 64M && signature target.img 0 'LUKS\xba\xbe\x00\x01' &&
    signature target.img 168 '11111111-2222-3333'
  holds crypto_LUKS crypto_LUKS
  # a physical volume of LVM: label in sector 1, with its checksum
  content target.img 64M && signature target.img 512 'LABELONE\x01\x00\x00\x00\x00\x00\x00\x00' &&
    signature target.img 528 "$lvm_checksum"'\x20\x00\x00\x00LVM2 001ABCDEFabcdefABCDEFabcdefABCDEF12'
  holds LVM2 LVM2_member
  # a member of a RAID, superblock version 1.1
  content target.img 64M && signature target.img 0 '\xfc\x4e\x2b\xa9\x01\x00\x00\x00' &&
    signature target.img 16 'ABCDEFGHIJKLMNOP' && signature target.img 32 'host:raid'
  holds RAID linux_raid_member
  content target.img 64M &&
    mkfs.ocfs2 -x -q -M local -L older -U 00112233445566778899AABBCCDDEEFF target.img > /dev/null 2>&1
  holds ocfs2 ocfs2; }
lvm_checksum='\x92\x1d\x48\x34'

wrong_words
sizes
targets
devices
other_contents
echo "$cases passed, 0 failed"
