#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What debugfs.ocfs2 prints is byte for byte what the reference prints, of volumes of every geometry, fresh
# from the reference's mkfs and from ours. Filled ones are in debugfs_facts.sh.
source "$(dirname "$0")/lib.sh"
source "$ROOT/tests/scripts/shared/survey.sh"

# same IMAGE COMMANDS-FILE: both debuggers print the same for all commands
same() {
  debugfs.ocfs2 -n -f "$2" "$1" > theirs 2> /dev/null
  box debugfs.ocfs2 -n -f "$2" "$1" > ours 2> errors || fail "debugfs.ocfs2 -f ended with status $?"
  cmp -s theirs ours || fail "$1, $2: $(diff theirs ours | head -n 10) $(head -n 3 errors)"
  [ ! -s errors ] || fail "$1, $2: complaints: $(head -n 3 errors)"
}

# all_same IMAGE: the superblock, every directory in both forms, every inode with its extents
all_same() {
  survey "$1"
  { printf '%s\n' stats 'stats -h' slotmap stat_sysdir curdev; sed 's/^/ls /' dirs; echo quit; } > commands
  same "$1" commands
  { sed 's/^/ls -l /' dirs; sed 's/^/stat /' inodes; sed 's/^/stat -T /' dirs; echo quit; } > commands
  same "$1" commands
}

geometries=(
  '-M local -L plain -N 2'
  '-M local -b 512 -C 4096 -N 1 -J size=4M'
  '-M local -b 1024 -C 32K -N 3 --fs-features=noinline-data'
  '-M local -b 4096 -C 1M -N 2 --fs-feature-level=max-features'
  '-M local -b 2048 -C 4096 --fs-feature-level=max-compat'
)
for geometry in "${geometries[@]}"; do
  make_image theirs.img 300M
  # shellcheck disable=SC2086
  mkfs.ocfs2 -q -F $geometry theirs.img > /dev/null 2>&1 || fail "the reference does not format: $geometry"
  all_same theirs.img
  make_image ours.img 300M
  # shellcheck disable=SC2086
  expect_success box mkfs.ocfs2 -q -F $geometry ours.img
  all_same ours.img
done
