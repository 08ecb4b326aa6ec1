#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A host of a storage network, set up as a guide for KVM hosts on FCoE has it: full names of hosts, a
# cluster.conf without indentation, every question of `o2cb configure` answered by ENTER, a volume for images
# of virtual machines that old kernels can read, and /etc/fstab.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms
add_programs mount /bin/mount /bin/umount
make_image sdd.img 3G

boot_node 0 configure.sh sdd.img
judge_cases 1 sdd.img
