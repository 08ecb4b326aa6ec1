#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A volume whose heartbeat area shows a living node is not formatted; one whose nodes are silent or gone, is.
source "$(dirname "$0")/lib.sh"
source "$ROOT/tests/scripts/shared/heartbeat.sh"

make_image image 100M
expect_success box mkfs.ocfs2 -q -L old --cluster-stack=o2cb --cluster-name=prod image
label() { box debugfs.ocfs2 -R stats image | sed -n 's/^\tLabel: //p'; }
superblock() { dd if=image bs=1k skip=2 count=1 status=none | sha256sum; }

# Node 3 lives.
before=$(superblock)
start_node 3 0x1234567890 62000
began=$SECONDS
expect_exit 1 box mkfs.ocfs2 -x -L new image
[ $((SECONDS - began)) -le 15 ] || fail 'it took too long to see that a node lives'
contains "$out" 'node 3 is alive'
contains "$err" 'in use in the cluster'
lacks "$out" 'node 0'
equals "$(superblock)" "$before"

# -F skips the check and says so.
cp --sparse=always image forced
expect_success box mkfs.ocfs2 -F -L new forced
contains "$err" 'Cluster check disabled.'
equals "$(box debugfs.ocfs2 -R stats forced | sed -n 's/^\tLabel: //p')" new
stop_node

# It died: after as long a silence as its block allows, it is taken for dead.
beat 3 0x1234567890 4000
cp --sparse=always image silent
began=$SECONDS
expect_success box mkfs.ocfs2 -x -L new image
waited=$((SECONDS - began))
{ [ $waited -ge 3 ] && [ $waited -le 15 ]; } ||
  fail "a node that may be silent for 4 s was watched for $waited s"
contains "$out" 'node 3 is dead'
equals "$(label)" new

# It left cleanly: its block has no generation, and nothing is waited for.
cp --sparse=always silent image
beat 3 0 62000
began=$SECONDS
expect_success box mkfs.ocfs2 -x -L newer image
[ $((SECONDS - began)) -le 3 ] || fail 'it waited for a node that had left'
contains "$out" 'node 3 left cleanly'
equals "$(label)" newer
