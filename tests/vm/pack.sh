#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# pack.sh FOLDER -- prints it as a part of an initrd. Zeros stand at the end: qemu loads an initrd where
# SeaBIOS has the queues of many disks, and a request that is late writes into its last 100 KiB.
set -euo pipefail
cd "$1"
find . -mindepth 1 | cpio -o -H newc --quiet | gzip -1
head -c 1M /dev/zero
