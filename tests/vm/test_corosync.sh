#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# A cluster of corosync and dlm_controld, stack "pcmk": our mkfs takes it from what runs, our mount mounts on
# both nodes and says what is wrong when it cannot, fsck and tunefs lock a volume or are kept out. One node is
# killed under load, the other goes on, the dead one returns.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
add_programs "corosync dlm-controld libcfg7 libcmap4 libcorosync-common4 libcpg4 libknet1 libnozzle1 libqb100
  libquorum5 libstatgrab10 libvotequorum8 libdlm3 libdlmcontrol3" \
  /usr/sbin/corosync /usr/sbin/dlm_controld /usr/sbin/dlm_tool /usr/sbin/corosync-quorumtool
make_shared_image first.img 300M
make_shared_image second.img 300M

boot_node 0 corosync.sh first.img second.img &
boot_node 1 corosync.sh first.img second.img &
within 250 [ -e "$share/load" ] || echo "no load was ever under way"
sleep 3
kill_node 1
touch "$share/killed"
within 60 [ -e "$share/resumed" ] || echo "node 0 never went on"
mv node1.log node1.killed.log
boot_node 1 corosync.sh first.img second.img
wait
judge_cases 2 first.img second.img
