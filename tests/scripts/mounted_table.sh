#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mounted.ocfs2 prints the reference's tables, and says more where the reference says nothing.
source "$(dirname "$0")/lib.sh"

for name in local.img a-volume-with-a-long-name.img; do
  make_image $name 300M
  mkfs.ocfs2 -q -F -M local -L "label of $name" $name > /dev/null 2>&1
done
make_image cluster.img 300M
mkfs.ocfs2 -q -F -N 4 --cluster-stack=o2cb --cluster-name=mycluster cluster.img > /dev/null 2>&1 < /dev/null
make_image heartbeat.img 20M
mkfs.ocfs2 -q -F -H heartbeat.img > /dev/null 2>&1

for image in *.img; do
  for option in -d -f; do
    expect_success box mounted.ocfs2 $option "$image"
    equals "$out" "$(mounted.ocfs2 $option "$image" 2> /dev/null)"
  done
done

# Node 3 in slot 1, as a node that mounted the volume (or died with it) leaves it.
block=$(box debugfs.ocfs2 -R 'stat //slot_map' cluster.img | awk '/Flags$/ { getline; print $4; exit }')
size=$((1 << $(box debugfs.ocfs2 -R stats cluster.img | sed -nE 's/.*Block Size Bits: ([0-9]+) .*/\1/p')))
printf '\1\0\0\0\3\0\0\0' | dd of=cluster.img bs=1 seek=$((block * size + 8)) conv=notrunc status=none
expect_success box mounted.ocfs2 -f cluster.img
equals "$out" $'Device       Stack  Cluster    F  Nodes\ncluster.img  o2cb   mycluster     3'
equals "$out" "$(mounted.ocfs2 -f cluster.img 2> /dev/null)"
expect_success box mounted.ocfs2 --json -f cluster.img
contains "$out" '"cluster": "mycluster"'
contains "$out" '"nodes": ['

# Several devices make one table; what was named and is none is told of.
expect_success box mounted.ocfs2 -d local.img cluster.img
equals "$(wc -l <<< "$out")" 3
expect_exit 1 box mounted.ocfs2 -d local.img /etc/passwd nonexistent
contains "$err" '/etc/passwd: there is no OCFS2 file system'
contains "$err" 'nonexistent: '
contains "$out" 'label of local.img'

expect_exit 1 box mounted.ocfs2
contains "$out" '-f full detect'
