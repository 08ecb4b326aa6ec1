#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ocfs2-fuse and mount.ocfs2 -o fuse from outside: what may be mounted and how, what is refused and in which
# words, and what becomes of a volume whose daemon was killed.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/fuse.sh"

# Wrong words need no /dev/fuse.
expect_exit 2 "$BOX" ocfs2-fuse -o rw,colour=blue image folder
contains "$err" "'colour=blue' is no option of this mount"
expect_exit 2 "$BOX" ocfs2-fuse image
expect_exit 1 "$BOX" ocfs2-fuse "$TMP/no-image" "$TMP"
contains "$err" "the device $TMP/no-image: No such file"

need_mounts
mkdir mount
at_exit 'umount -l "$TMP/mount" 2> /dev/null'

# daemons IMAGE: the processes that serve it
daemons() {
  local folder
  for folder in /proc/[0-9]*; do
    [ "$(readlink "$folder/fd/"* 2> /dev/null | grep -c -x "$TMP/$1")" = 0 ] || echo "${folder#/proc/}"
  done
}
# gone IMAGE: waits until nobody serves it
gone() {
  local turn
  for turn in $(seq 100); do
    [ -n "$(daemons "$1")" ] || return 0
    sleep 0.1
  done
  fail "$1: ocfs2-fuse does not end"
}
unmount() {
  expect_success umount mount
  gone "$1"
}

make_image a.img 300M
expect_success "$BOX" mkfs.ocfs2 -q -x -M local -N 2 -J size=8M a.img

# What is written is there for the next mount, and for those that only look.
expect_success "$BOX" ocfs2-fuse a.img mount
echo words > mount/file
setfattr -n user.colour -v blue mount/file
mkdir mount/folder
expect_exit 1 "$BOX" ocfs2-fuse a.img folder
contains "$err" "the folder folder"
mkdir other
expect_exit 1 "$BOX" ocfs2-fuse a.img other
contains "$err" "a.img is mounted on $TMP/mount as fuse.ocfs2"
expect_exit 32 "$BOX" fsck.ocfs2 -fy a.img
contains "$err" "a.img is mounted on $TMP/mount as fuse.ocfs2"
unmount a.img
expect_success "$BOX" fsck.ocfs2 -fn a.img
# A daemon may still be at work when umount has returned; it is waited for, but not for ever.
flock a.img sleep 1 &
sleep 0.2
expect_success "$BOX" tunefs.ocfs2 -L waited a.img
flock a.img sleep 4 &
sleep 0.2
expect_exit 20 "$BOX" tunefs.ocfs2 -L in-vain a.img
contains "$err" "in use by another program that changes it"
wait
before=$(sha256sum < a.img)
expect_success "$BOX" ocfs2-fuse -o ro a.img mount
equals "$(cat mount/file)" words
equals "$(getfattr --only-values -n user.colour mount/file)" blue
run touch mount/new
contains "$err" "Read-only file system"
unmount a.img
equals "$(sha256sum < a.img)" "$before"

# Holes are told where nobody writes. Else what was written by mmap could seem to be one; a copy has it, and
# is no larger.
expect_success "$BOX" ocfs2-fuse a.img mount
python3 - mount/sparse << 'END' || fail 'the sparse file is not copied as it is'
import errno, mmap, os, subprocess, sys
path = sys.argv[1]
file = os.open(path, os.O_RDWR | os.O_CREAT)
os.truncate(file, 64 << 20)
os.pwrite(file, b"data", 20 << 20)
memory = mmap.mmap(file, 64 << 20)
memory[40 << 20:(40 << 20) + 4] = b"late"
try:
    sys.exit(f"data at {os.lseek(file, 0, os.SEEK_DATA)}")
except OSError as error:
    if error.errno != errno.EINVAL:
        raise
subprocess.run(["cp", path, "copy"], check=True)
with open("copy", "rb") as copy:
    if copy.read() != memory[:]:
        sys.exit("the copy differs")
if os.stat("copy").st_blocks > 4096:
    sys.exit("the copy has no holes")
END
unmount a.img
expect_success "$BOX" ocfs2-fuse -o ro a.img mount
expect_success python3 -c 'import os
file = os.open("mount/sparse", os.O_RDONLY)
print(*(os.lseek(file, at << 20, os.SEEK_DATA) >> 20 for at in (0, 21)), os.lseek(file, 0, os.SEEK_HOLE))'
equals "$out" '20 40 0'
unmount a.img

# A file that cannot be written to is looked at, unless it must be written to.
if loop=$(losetup -r -f --show "$TMP/a.img" 2> /dev/null); then
  at_exit 'losetup -d "$loop" 2> /dev/null'
  expect_success "$BOX" ocfs2-fuse "$loop" mount
  contains "$err" "is write-protected: it is mounted read-only"
  equals "$(cat mount/file)" words
  expect_success umount mount
  expect_exit 1 "$BOX" ocfs2-fuse -o rw "$loop" mount
  contains "$err" "is read-only and cannot be changed"
  expect_exit 1 "$BOX" ocfs2-fuse a.img mount
  contains "$err" "a.img is attached as $loop. To look at it only: -o ro"
  losetup -d "$loop"
fi

# The same by the name that mount(8) uses, and through mount.ocfs2.
expect_success "$BOX" mount.fuse.ocfs2 a.img mount -v -t fuse.ocfs2 -o rw,noauto
equals "$out" "$TMP/a.img is mounted on $TMP/mount"
unmount a.img
expect_exit 1 "$BOX" mount.fuse.ocfs2 a.img mount -o rw,nonsense
contains "$err" "'nonsense' is no option of this mount"
expect_exit 1 "$BOX" mount.fuse.ocfs2 a.img mount -t ext4
contains "$err" 'not for this helper'
expect_success "$BOX" mount.fuse.ocfs2 a.img mount -s -o rw,nonsense
equals "$out" ''
unmount a.img
expect_success "$BOX" mount.ocfs2 -o fuse,noexec,localalloc=8 "$TMP/a.img" mount
contains "$err" "the option 'localalloc=8' is for the kernel's ocfs2, and does nothing here"
contains "$(grep " $TMP/mount " /proc/mounts)" noexec
unmount a.img
expect_exit 32 "$BOX" mount.ocfs2 -o fuse,remount "$TMP/a.img" mount
contains "$err" "a mount through FUSE cannot be changed"

# SIGTERM is the end of a mount, and leaves a clean volume.
expect_success "$BOX" ocfs2-fuse a.img mount
echo more > mount/more
kill -TERM "$(daemons a.img)"
gone a.img
expect_success "$BOX" fsck.ocfs2 -n a.img
contains "$out" "is clean"

# SIGKILL is not: the journal has what fsync made durable. Whoever looks sees it, whoever mounts replays it.
expect_success "$BOX" ocfs2-fuse -o commit=3600 a.img mount
seq 10000 > mount/durable
sync mount/durable
exec 4<> mount/durable
rm mount/durable mount/more
kill -KILL "$(daemons a.img)"
exec 4>&-
umount -l mount
gone a.img
expect_success "$BOX" ocfs2-fuse -o ro a.img mount
contains "$err" "has journals that were not replayed"
equals "$(cat mount/durable)" "$(seq 10000)"
unmount a.img
expect_success "$BOX" ocfs2-fuse a.img mount
contains "$out$err" "wasn't cleanly unmounted"
equals "$(cat mount/durable)" "$(seq 10000)"
unmount a.img
expect_success "$BOX" fsck.ocfs2 -fn a.img

# Damage: who looks sees an error in its place, or has it mended in memory.
expect_success box fswreck -C ROOT_NOTDIR a.img
before=$(sha256sum < a.img)
expect_success "$BOX" ocfs2-fuse -o ro a.img mount
run ls mount
contains "$err" "put/output error"
unmount a.img
expect_success "$BOX" ocfs2-fuse -o rescue a.img mount
equals "$(cat mount/lost+found/*/durable mount/durable 2> /dev/null)" "$(seq 10000)"
unmount a.img
equals "$(sha256sum < a.img)" "$before"
expect_exit 1 "$BOX" ocfs2-fuse a.img mount
contains "$err" "run: fsck.ocfs2 -f"
