#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --install: a link for every command, and nothing of the user's is overwritten.
source "$(dirname "$0")/lib.sh"

mkdir -p usr/sbin usr/bin elsewhere
cp "$BOX" usr/sbin/ocfs2box
box=$TMP/usr/sbin/ocfs2box

# Beside the binary and in a folder next to it the links are relative: the tree can be moved.
expect_success "$box" --install usr/sbin
contains "$out" "usr/sbin/mkfs.ocfs2 -> ocfs2box"
equals "$(readlink usr/sbin/mkfs.ocfs2)" ocfs2box
expect_success "$box" --install=usr/bin
equals "$(readlink usr/bin/mkfs.ocfs2)" ../sbin/ocfs2box
expect_success "$box" --install elsewhere
equals "$(readlink elsewhere/mkfs.ocfs2)" "$box"
for link in usr/sbin/*.ocfs2 usr/bin/*.ocfs2 elsewhere/*.ocfs2; do
  expect_success "$link" --help
  contains "$out" "Usage: $(basename "$link")"
done

# Again is no mistake.
expect_success "$box" --install usr/sbin

# What is not a link to an ocfs2box stays, the others are made, and the exit status says so.
rm usr/sbin/*.ocfs2
echo mine > usr/sbin/mkfs.ocfs2
expect_exit 1 "$box" --install usr/sbin
contains "$err" "usr/sbin/mkfs.ocfs2 is not a link to ocfs2box; --force replaces it"
equals "$(cat usr/sbin/mkfs.ocfs2)" mine
[ -L usr/sbin/debugfs.ocfs2 ] || fail "the other links are missing"
expect_success "$box" --install usr/sbin --force
equals "$(readlink usr/sbin/mkfs.ocfs2)" ocfs2box

# Only what belongs in a folder.
mkdir only
expect_success "$box" --install only --kind=sbin
[ -L only/mkfs.ocfs2 ] || fail "mkfs.ocfs2 belongs in sbin"
mkdir none
expect_success "$box" --install none --kind=bin
[ ! -e none/mkfs.ocfs2 ] || fail "mkfs.ocfs2 does not belong in bin"

# Mistakes.
expect_exit 1 "$box" --install no/such/folder
contains "$err" "no/such/folder: No such file or directory"
mkdir usr/sbin2 usr/sbin2/mkfs.ocfs2
expect_exit 1 "$box" --install usr/sbin2 --force
contains "$err" "cannot replace usr/sbin2/mkfs.ocfs2"
equals "$(find . -name '*.new')" ""
