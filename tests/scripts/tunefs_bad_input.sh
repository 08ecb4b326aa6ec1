#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What an administrator may ask of tunefs.ocfs2 at three in the morning and cannot have. Every refusal names
# the object, the fact and the next step, exits as the contract says, and leaves everything as it was.
. "$(dirname "$0")/lib.sh"
passed=0

make_image image 100M
expect_success box mkfs.ocfs2 -q -M local -N 4 -J size=4M -b 4K -C 4K image
"$(dirname "$BOX")/tests/tree_digest" image INODE_COUNT > /dev/null || fail 'cannot be filled'
box fsck.ocfs2 -fy image > /dev/null 2>&1
cp --sparse=always image before

# refused STATUS WORDS VOLUME TUNEFS-WORDS...: each of WORDS, parted by |, is in the message
refused() {
  local wanted=$1 words=$2 volume=$3 word
  shift 3
  expect_exit "$wanted" box tunefs.ocfs2 "$@"
  equals "$out" ''
  while read -r word; do contains "$err" "$word"; done < <(tr '|' '\n' <<< "$words")
  [ ! -f "$volume.before" ] && volume=image && cp --sparse=always before image.before
  cmp -s "$volume" "$volume.before" || fail "the volume was changed"
  passed=$((passed + 1))
}

# Sizes.
refused 20 'image|1000 clusters|The smallest size is|Delete files, or choose' image -S image 1000
refused 20 'image|0 clusters|The smallest size is' image -S image 0
refused 20 'image|cannot hold more than 25600 clusters|enlarge it first' image -S image 1G
refused 1 'Invalid number: 10Q|--help' image -S image 10Q
refused 1 'Too many arguments|--help' image -L x image 10M

# Slots and journals.
refused 1 'At least one slot required' image -N 0 image
refused 1 'more than 255 slots; 256' image -N 256 image
refused 1 'Invalid number: abc' image -N abc image
refused 20 'image|the journals of 96 more take 98304 clusters|-J size' image -N 100 image
refused 1 'Unknown journal option: "nonsense"|size=SIZE' image -J nonsense image
refused 1 "'abc' is not a size" image -J size=abc image
refused 1 "'size=6M' contradicts" image -J size=5M,size=6M image
refused 1 "'block64' contradicts" image -J block32,block64 image
refused 20 '1024 bytes|needs at least 4194304' image -J size=1K image
refused 20 '107374182400 bytes|the volume has 104857600|smaller' image -J size=100G image
refused 20 'image|are free|smaller size' image -J size=80M image

# Names.
refused 1 '65 bytes; it can have at most 63' image -L "$(printf 'x%.0s' {1..65})" image
refused 1 "Invalid UUID: '12'|32 hex digits" image -U12 image

# Features.
refused 1 "'nonsense' is no feature|refcount" image --fs-features=nonsense image
refused 1 "Conflicting features|'nosparse' contradicts" image --fs-features=sparse,nosparse image
refused 1 "Conflicting features|'unwritten' contradicts" image --fs-features=nosparse,unwritten image
refused 1 "'heartbeat-device' is no feature" image --fs-features=heartbeat-device image
refused 20 'The user quota is not enabled' image --usrquota-sync-interval=200 image

# A feature that files need more room without; attributes are not thrown away without a yes.
make_image tight 60M
expect_success box mkfs.ocfs2 -q -M local -N 1 -J size=4M -b 4K -C 4K tight
"$(dirname "$BOX")/tests/fill_volume" tight 97 > /dev/null || fail 'cannot be filled'
cp tight tight.before
refused 20 'tight|clusters, and|remove files' tight -y --fs-features=nosparse,norefcount tight
expect_success box tunefs.ocfs2 --fs-features=noxattr image < /dev/null
contains "$err" 'WILL BE LOST'
cmp -s image before || fail 'attributes went without a yes'

# What is no volume.
mkdir folder
refused 20 'folder|is a directory; give a block device or an image file' image -L x folder
refused 20 'missing|No such file or directory|mounted.ocfs2' image -L x missing
: > empty
refused 20 'empty|no OCFS2 file system|mounted.ocfs2' image -L x empty
truncate -s 10M zeros
refused 20 'zeros|no OCFS2 file system|mounted.ocfs2' image -S zeros
refused 20 'zeros|no OCFS2 file system' image --minimum-size zeros
refused 20 '/dev/null|character device' image -L x /dev/null
if [ "$(id -u)" -eq 0 ] && chmod 755 . && su nobody -s /bin/sh -c "test -x '$BOX' -a -r '$PWD/image'"; then
  expect_exit 20 su nobody -s /bin/sh -c "'$BOX' tunefs.ocfs2 -L x '$PWD/image'"
  contains "$err" 'permission to write denied; try it as root'
fi

# flags VOLUME INCOMPAT TUNEFS-FLAG: sets these in the superblock of blocks of 4 KiB
flags() {
  cp --sparse=always before "$1"
  python3 - "$@" << 'END'
import struct, sys
with open(sys.argv[1], "r+b") as image:
    image.seek(8192 + 0xC0 + 0x20)
    incompat, = struct.unpack("<I", image.read(4))
    image.seek(8192 + 0xC0 + 0x20)
    image.write(struct.pack("<I", incompat | int(sys.argv[2], 0)))
    image.seek(8192 + 0xC0 + 0x42)
    image.write(struct.pack("<H", int(sys.argv[3])))
END
  cp --sparse=always "$1" "$1.before"
}
# Work that another tool began and did not end; the checker ends it.
flags unfinished 0x4 0
refused 20 'unfinished|a resize was cut off|fsck.ocfs2 -f unfinished' unfinished -S unfinished
flags unfinished 0x20 1
refused 20 'unfinished|operation was cut off|fsck.ocfs2 -f unfinished' unfinished -N 2 unfinished
expect_exit 1 box fsck.ocfs2 -fy unfinished
expect_success box tunefs.ocfs2 -N 2 unfinished
flags newer 0x100000 0
refused 20 'newer|0x100000|newer version' newer -L x newer
flags heartbeat 0x2 0
refused 20 'heartbeat|holds no files|mkfs.ocfs2' heartbeat -L x heartbeat

# Damage is for the checker.
for code in SUPERBLOCK_CLUSTERS_EXCESS GROUP_PARENT CHAIN_BITS INODE_SUBALLOC CHAIN_LINK_MAGIC; do
  cp --sparse=always before damaged
  box fswreck -C "$(box fswreck --list | awk -v code=$code '$2 == code { print $1 }')" damaged > words 2>&1 ||
    fail "no $code: $(cat words)"
  expect_exit 20 box tunefs.ocfs2 -y -N 1 -S --fs-features=metaecc damaged
  contains "$err" 'damaged'
  contains "$err" 'run: fsck.ocfs2 -f damaged'
  passed=$((passed + 1))
done
make_image lost 1100M
expect_success box mkfs.ocfs2 -q -M local -N 1 -J size=4M lost
dd if=/dev/zero of=lost bs=4K seek=2 count=1 conv=notrunc status=none
cp --sparse=always lost lost.before
refused 20 'lost|Backup 1 (at 1 GiB) is intact|use fsck.ocfs2 -r 1' lost -L x lost

# Our own work, killed: whatever is left, the checker and then the same command make it whole.
if type -P strace > /dev/null; then
  cp --sparse=always before killed
  strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=10 \
    "$BOX" tunefs.ocfs2 -N 8 killed > /dev/null 2>&1
  cp --sparse=always killed killed.before
  refused 20 'killed|uncommitted changes|fsck.ocfs2 killed|try again' killed -N 8 killed
  expect_success box fsck.ocfs2 killed
  expect_success box tunefs.ocfs2 -N 8 killed
  expect_success box fsck.ocfs2 -fn killed
fi
echo "$passed passed, 0 failed"
