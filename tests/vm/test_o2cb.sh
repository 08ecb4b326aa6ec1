#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# A cluster that nothing but our own programs bring up: of two nodes that beat on each volume, then of two and
# three that beat on regions of their own. Files cross, status is as people know it, and afterwards nothing is
# left in the kernel. Nodes and regions come and go while volumes are mounted. Both checkers judge the
# volumes.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
make_shared_image first.img 300M
make_shared_image second.img 300M
options="-x -q -N 3 -J size=8M --cluster-stack=o2cb --cluster-name=lab"
# shellcheck disable=SC2086
{ expect_success box mkfs.ocfs2 $options -L first first.img
  expect_success box mkfs.ocfs2 $options -L second --global-heartbeat second.img; }

# regions that are nothing else
for region in c d e; do
  make_shared_image region_$region.img 32M
  expect_success box mkfs.ocfs2 -H -x -q region_$region.img
done

boot_nodes 3 o2cb.sh region_c.img region_d.img region_e.img
judge_cases 3 first.img second.img
