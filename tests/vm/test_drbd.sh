#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# Two hosts whose disks DRBD keeps the same, both writing: Pinky and Perky of a guide, with the node numbers
# 20 and 16 and the service set up by `o2cb configure`. Perky dies under load, Pinky goes on by itself, Perky
# comes back. Before it could bite, doctor tells of a DRBD that notices a dead peer later than the heartbeat.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
add_modules crc32c_generic drbd
add_programs "drbd-utils mount" /bin/mount /bin/umount \
  /sbin/drbdadm /sbin/drbdsetup /sbin/drbdmeta /lib/drbd/drbdadm-84 /lib/drbd/drbdsetup-84
make_image pinky.img 300M
make_image perky.img 300M

boot_node 0 drbd.sh pinky.img &
{ boot_node 1 drbd.sh perky.img; mv node1.log node1.killed.log; boot_node 1 drbd.sh perky.img; } &
wait
# DRBD's own data lies behind the volume
judge_cases 2 pinky.img perky.img
