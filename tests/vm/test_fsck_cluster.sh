#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# fsck as a member of the volume's cluster, between two kernels: a mounted volume is refused, by lock and by
# heartbeat; an unmounted one is locked, so that neither a mount nor the reference's tunefs gets at it.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/scripts/shared/wrong_links.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
for image in first.img second.img; do
  make_shared_image $image 300M
  expect_success box mkfs.ocfs2 -x -q -N 2 --cluster-stack=o2cb --cluster-name=lab $image
done
wrong_links second.img

boot_nodes 2 fsck_cluster.sh
judge_cases 2
