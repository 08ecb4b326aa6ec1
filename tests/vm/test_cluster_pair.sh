#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# Two kernels as an o2cb cluster share volumes that our mkfs made for a cluster: each writes, reads what the
# other has written and removes some of it; both unmount, and neither checker finds anything. MKFS
# names another mkfs to try the test itself.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
MKFS=${MKFS:-$BOX mkfs.ocfs2}

prepare_vms
make_shared_image first.img 1G
make_shared_image second.img 400M
cluster="--cluster-stack=o2cb --cluster-name=lab"
# shellcheck disable=SC2086
{ expect_success $MKFS -x -F -q -N 2 $cluster first.img
  expect_success $MKFS -x -F -q -N 4 $cluster -b 1K --fs-features=metaecc second.img; }
printf 'vda first\nvdb second\n' > "$share/volumes"

boot_nodes 2 cluster.sh
judge_volumes 2
