#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# What debugfs.ocfs2 tells of the locks and of the network of a live cluster is what the kernel shows, and
# byte for byte what the reference makes of the same files.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
for image in first.img second.img; do
  make_shared_image $image 300M
  expect_success box mkfs.ocfs2 -x -q -N 2 -J size=8M --cluster-stack=o2cb --cluster-name=lab $image
done

boot_nodes 2 locks.sh
state=$share/seen
. "$ROOT/tests/scripts/shared/lock_states.sh"
same_lock_states "$state"
judge_cases 2 first.img
