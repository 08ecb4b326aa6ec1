#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A volume that ocfs2-fuse has mounted behaves as POSIX has it, holds what is written at random, and is sound
# afterwards; volumes of different shapes come to the same tree.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/fuse.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
tools=$(dirname "$BOX")/tests

need_mounts

mkdir mount
at_exit 'umount -l "$TMP/mount" 2> /dev/null'

# unmount: until the program is gone as well
unmount() {
  local turn
  expect_success umount mount
  for turn in $(seq 100); do
    grep -qsa "ocfs2-fuse[^.]$name.img" /proc/[0-9]*/cmdline || return 0
    sleep 0.1
  done
  fail "$name: ocfs2-fuse does not end"
}

seed=${SEED:-1} tree=""
while IFS='|' read -r name mkfs tasks; do
  make_image "$name.img" 400M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 1 -J size=8M $mkfs "$name.img"
  expect_success "$BOX" ocfs2-fuse "$name.img" mount
  if [ "$tasks" = cases ]; then
    mkdir mount/cases
    expect_success "$tools/posix_cases" mount/cases
    [ "$(sed -n 's/ cases, 0 failed$//p' <<< "$out")" -gt 20000 ] || fail "$name: few cases: $out"
  fi
  expect_success "$tools/random_io" mount/file $seed 800
  expect_success "$tools/random_io" mount/large $seed 100 8000000
  mkdir mount/tree mount/crowd
  expect_success "$tools/random_tree" mount/tree 5 1000 --all
  expect_success "$tools/random_tree" list mount/tree
  [ -n "$tree" ] || tree=$out
  equals "$out" "$tree"
  expect_success "$tools/random_tree" mount/crowd $seed 200 --all --processes 4
  "$tools/random_tree" list mount > before
  unmount
  expect_success "$BOX" fsck.ocfs2 -fn "$name.img"
  findings=$(reference_findings "$name.img")
  equals "$name: $findings" "$name: "
  expect_success "$BOX" ocfs2-fuse -o ro "$name.img" mount
  "$tools/random_tree" list mount > after
  cmp before after || fail "$name: another mount shows something else: $(diff before after | head -n 5)"
  unmount
  seed=$((seed + 1))
done <<< "b1024|-b 1K -C 4K|
b1024-metaecc-quota|-b 1K -C 32K --fs-features=metaecc,usrquota,grpquota|cases
b4096|-b 4K|
b4096-metaecc-quota|-b 4K --fs-features=metaecc,usrquota,grpquota|cases"
