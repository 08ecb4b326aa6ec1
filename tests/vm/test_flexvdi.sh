#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster
#
# The guide of flexVDI, on two hosts: create a cluster of one node, join, remove a host, resize the volume.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
add_programs "parted libparted2 libreadline8 libdevmapper1.02.1 libudev1 libtinfo6" /sbin/parted
make_shared_image first.img 300M
make_shared_image second.img 16M

boot_nodes 2 flexvdi.sh
dd if=first.img of=part.img bs=1M skip=1 status=none
judge_cases 2 part.img
