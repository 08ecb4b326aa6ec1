#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# o2cluster: what a volume says of its cluster, and moving it to another one.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"

make_image volume.img 200M
expect_success box mkfs.ocfs2 -q -x -J size=4M --cluster-stack=o2cb --cluster-name=prod volume.img

on_disk() { equals "$("$BOX" o2cluster -o volume.img)" "$1"; }
moves() { # moves VALUE WORDS
  expect_success box o2cluster -y "--update=$1" volume.img
  contains "$out" 'Updated successfully.'
  on_disk "$2"
  expect_success box fsck.ocfs2 -fn volume.img
  equals "$(reference_findings volume.img)" ''
}

on_disk o2cb,prod,local
moves o2cb,other,global o2cb,other,global
expect_success box o2cluster -y -uo2cb,other,global volume.img
contains "$out" 'New cluster stack is already on disk.'
moves pcmk,lab,none pcmk,lab,none
moves o2cb,prod,local o2cb,prod,local
moves default default

# a question, and its answers
expect_exit 1 box o2cluster -n -uo2cb,prod,local volume.img
contains "$out$err" 'Changing the clusterstack from default to o2cb,prod,local. Continue? '
contains "$out" 'Aborting.'
on_disk default

# what is refused
refuses() { local words=$1; shift; expect_exit 1 box o2cluster "$@"; contains "$err" "$words"; }
refuses 'format "<stack>,<cluster>,<hbmode>"' -y -uo2cb,prod volume.img
refuses 'format "<stack>,<cluster>,<hbmode>"' -y -uo2cb,prod,none volume.img
refuses 'Cluster name is invalid ; only alpha-numeric characters allowed' -y -uo2cb,my-san,local volume.img
refuses 'one of --show-running, --show-ondisk and --update is needed' volume.img
refuses 'DEVICE is missing' -o
[ -d /sys/kernel/config/cluster ] || refuses 'no cluster runs on this host' -r
[ -d /sys/kernel/config/cluster ] || refuses 'no cluster runs on this host' -y -u volume.img
make_image local.img 100M
expect_success box mkfs.ocfs2 -q -x -J size=4M -M local local.img
refuses "Clustering is not enabled on device 'local.img'" -o local.img
refuses "Clustering is not enabled on device 'local.img'" -y -udefault local.img
