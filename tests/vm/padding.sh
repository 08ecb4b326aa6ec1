#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# padding.sh -- prints what an initrd has to end in. qemu loads it where SeaBIOS has the queues of many disks,
# and a request that is late writes into its last 100 KiB: then those had better be nothing.
exec head -c 1M /dev/zero
