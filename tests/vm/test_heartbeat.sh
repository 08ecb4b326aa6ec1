#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# Who reads a heartbeat from outside of the cluster, on a node or on the host, is judged against the kernel
# that writes it: alive, gone, dead, and which node, within one interval.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
for image in first.img second.img; do
  make_shared_image $image 300M
  expect_success box mkfs.ocfs2 -x -q -N 2 -J size=8M --cluster-stack=o2cb --cluster-name=lab $image
done

boot_nodes 2 heartbeat.sh &
within 300 [ -e "$share/again.0" ]
echo host_sees_alive >> "$share/cases.host"
run box fsck.ocfs2 -fn first.img
case "$status $out" in
  "8 "*"node 0 is alive: its heartbeat block changed once in "[12]" s"* | \
    "8 "*"node 0 is alive: its heartbeat block changed once in 3 s"*) echo "CASE host_sees_alive: good" ;;
  *) echo "FAILED: status $status: $out $err" ;;
esac > "$share/output.host"
touch "$share/host_looked"
wait
judge_cases 2
