#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# A cluster over iSCSI, as a guide for CloudStack hosts has people set it up: one host exports two disks, two
# others partition, format and mount them with global heartbeat. Everything is typed as the guide types it,
# and its "common issues" are met one by one. A host goes through a reboot, finds its disks under other names,
# and comes back from /etc/fstab. At the end the target goes before its last initiator.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
add_modules target_core_iblock iscsi_target_mod iscsi_tcp sd_mod
add_programs "open-iscsi libopeniscsiusr libisns0 parted libparted2 libdevmapper1.02.1 util-linux mount" \
  /sbin/iscsid /sbin/iscsiadm /sbin/parted /sbin/partprobe \
  /sbin/wipefs /sbin/blkid /sbin/blockdev /bin/mount /bin/umount
make_image boot.img 16M
make_image disk01.img 400M
make_image disk02.img 400M

boot_node 0 iscsi.sh boot.img disk01.img disk02.img &
boot_node 1 iscsi.sh &
{ boot_node 2 iscsi.sh; mv node2.log node2.before.log; boot_node 2 iscsi.sh; } &
wait

# the volume lies in the disk's first partition: its place stands in the first entry of the table
volume_of() {
  local first last
  read -r first last < <(od -An -tu8 -j $((2 * 512 + 32)) -N 16 "$1")
  dd if="$1" of="$2" bs=1M iflag=skip_bytes,count_bytes skip=$((first * 512)) \
    count=$(((last - first + 1) * 512)) conv=sparse status=none
}
for disk in disk01 disk02; do volume_of $disk.img $disk.part; done
judge_cases 3 disk01.part disk02.part
