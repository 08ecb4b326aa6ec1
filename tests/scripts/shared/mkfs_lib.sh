# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of mkfs.ocfs2 share; sourced after lib.sh. MKFS names another mkfs to try the tests
# themselves: MKFS=/usr/sbin/mkfs.ocfs2 tests/scripts/mkfs_matrix.sh
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
MKFS=${MKFS:-$BOX mkfs.ocfs2}
ours() { case $MKFS in *ocfs2box*) return 0 ;; *) return 1 ;; esac; }

# format OPTIONS... : the mkfs under test, never asking
# shellcheck disable=SC2086  # MKFS may be two words
format() { $MKFS -x -F "$@"; }

# holds_volume IMAGE: does IMAGE pass for an OCFS2 volume with anyone? Looked up as bytes, so that a half-made
# superblock counts, too: the signature at block 2 of any block size.
holds_volume() { local size
  for size in 512 1024 2048 4096; do
    [ "$(dd if="$1" bs=1 skip=$((2 * size)) count=6 status=none | tr -d '\0')" = OCFSV2 ] && return 0
  done
  return 1; }
