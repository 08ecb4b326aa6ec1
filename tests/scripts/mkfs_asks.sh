#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Before anything is overwritten, mkfs says what is there and asks; only a yes makes it go on.
source "$(dirname "$0")/lib.sh"

# asks WORDS: whether mkfs says that of the file "image", and does what it is told then
asks() {
  local what=$1 before answer
  before=$(sha256sum < image)
  for answer in 'n\n' '\n' 'maybe\n' ''; do
    printf "$answer" > answer
    expect_exit 1 box mkfs.ocfs2 image < answer
    contains "$out" "$what"
    contains "$out" 'Proceed (y/N): '
    contains "$err" 'Aborting operation.'
    equals "$(sha256sum < image)" "$before"
  done
  expect_exit 1 box mkfs.ocfs2 -q image < /dev/null
  contains "$out$err" "${what%.}"
  equals "$(sha256sum < image)" "$before"

  cp --sparse=always image kept
  for words in '' -x -f -F; do
    cp --sparse=always kept image
    [ -n "$words" ] || echo y > answer
    expect_success box mkfs.ocfs2 $words -L new image < answer
    contains "$out" "$what"
    [ -z "$words" ] || lacks "$out" 'Proceed'
    expect_success box debugfs.ocfs2 -R stats image
    contains "$out" 'Label: new'
    : > answer
  done
}

make_image image 100M
expect_success box mkfs.ocfs2 -q -L 'old one' -N 2 image < /dev/null
asks 'image holds ocfs2 file system "old one", UUID '

if type mke2fs > /dev/null 2>&1; then
  make_image image 100M
  mke2fs -q -t ext4 -L 'home dirs' image || fail 'mke2fs does not work here'
  asks 'image holds ext4 file system "home dirs", UUID '
  expect_exit 1 box mkfs.ocfs2 image < /dev/null
  lacks "$out" ext4
fi

# An empty file is no reason to ask.
make_image image 100M
expect_success box mkfs.ocfs2 image < /dev/null
lacks "$out" Proceed
