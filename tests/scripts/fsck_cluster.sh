#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fsck of a clustered volume on a host that is not in its cluster: evidence, and who answers for what.
source "$(dirname "$0")/lib.sh"
source "$ROOT/tests/scripts/shared/heartbeat.sh"

make_image image 100M
expect_success box mkfs.ocfs2 -q --cluster-stack=o2cb --cluster-name=prod image
began=$SECONDS
took() { equals "$((SECONDS - began >= $1 && SECONDS - began <= $2))" 1; }

# Nobody was ever here: it may be read, and repaired when somebody answers for the nodes.
expect_success box fsck.ocfs2 -fn image
contains "$out" 'no node has left a trace on the volume'
expect_exit 8 box fsck.ocfs2 -fy image
contains "$err" "the cluster's lock cannot be had"
contains "$err" '--assume-offline'
expect_success box fsck.ocfs2 -fy --assume-offline image
expect_success box fsck.ocfs2 -fyF image < /dev/null  # nothing to ask: everybody left
lacks "$out" WARNING
took 0 15

# Node 3 lives: nothing helps.
start_node 3 0x1234567890 4000
for words in -fn -fy -fyF '-fy --assume-offline' '-fy --assume-offline=3'; do
  began=$SECONDS
  # shellcheck disable=SC2086
  expect_exit 8 box fsck.ocfs2 $words image <<< y
  contains "$err" 'image is in use: node 3 is alive'
  lacks "$out" 'Pass'
  took 0 15
done
expect_exit 8 box fsck.ocfs2 -fy --undo=back --assume-offline image
[ ! -e back ] || fail 'an undo file for nothing'
expect_success box fsck.ocfs2 -fnF image  # reads only, and was told not to look
stop_node

# It died: silence for as long as it may be silent is enough to read.
beat 3 0x1234567890 4000
began=$SECONDS
expect_success box fsck.ocfs2 -fn image
contains "$out" 'node 3 is dead: its heartbeat block did not change in 4 s'
took 3 15
expect_exit 8 box fsck.ocfs2 -fp image
expect_exit 8 box fsck.ocfs2 -fy --assume-offline=2,4 image
contains "$err" 'node 3 may have it mounted'
expect_success box fsck.ocfs2 -fy --assume-offline=3 image
expect_exit 32 box fsck.ocfs2 -fyF image < /dev/null
contains "$out" 'WARNING!!! You have disabled the cluster check.'
contains "$out" 'Aborting operation.'
expect_success box fsck.ocfs2 -fyF image <<< y

# It left cleanly.
beat 3 0 4000
began=$SECONDS
expect_success box fsck.ocfs2 -fn image
contains "$out" 'node 3 left cleanly'
took 0 5
