#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# A cluster that nothing but our own programs bring up: of two nodes that beat on each volume, then of two and
# three that beat on regions of their own. Files cross, status is as people know it, and afterwards nothing is
# left in the kernel. Both checkers judge the volumes.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms 2
make_image first.img 300M
make_image second.img 300M
options="-x -q -N 3 -J size=8M --cluster-stack=o2cb --cluster-name=lab"
# shellcheck disable=SC2086
{ expect_success box mkfs.ocfs2 $options -L first first.img
  expect_success box mkfs.ocfs2 $options -L second --global-heartbeat second.img; }

boot_nodes 3 o2cb.sh
judge_cases 3 first.img second.img
