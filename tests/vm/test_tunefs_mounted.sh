#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# Volumes that become larger and get another name while nodes of a cluster, or one host alone, write to them;
# and what must not be done meanwhile. Both checkers judge them afterwards.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
make_shared_image first.img 2200M
make_shared_image second.img 2000M
expect_success box mkfs.ocfs2 -x -q -N 2 --cluster-stack=o2cb --cluster-name=lab first.img 90000
expect_success box mkfs.ocfs2 -x -q -M local -b 1K -C 4K --fs-features=metaecc second.img 200000

boot_nodes 3 tune_mounted.sh
[ "$(cat "$share"/cases.* | wc -l)" = 45 ] || { tell_all; fail "not all cases were tried"; }
judge_cases 3 first.img second.img
