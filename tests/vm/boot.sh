#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# boot.sh WORK SHARE NODE JOB [qemu arguments] -- boots one VM and prints its console. SHARE/JOB runs in it;
# what that says goes to SHARE/output.NODE and ends in "=== exit STATUS". Emulated (TCG): no KVM is needed.
# VM_SECONDS (default 600) ends a VM that hangs, VM_MEMORY is in MiB, VM_INITRD an initrd other than WORK's,
# VM_WORDS are for the kernel instead of those that keep it quiet, VM_KEYS is what is typed on the console.
# A timer that is only late is not to be taken for a broken one: no_timer_check.
set -euo pipefail
work=$1 share=$2 node=$3 job=$4; shift 4
exec timeout "${VM_SECONDS:-600}" qemu-system-x86_64 -accel tcg,thread=single -cpu qemu64 \
  -m "${VM_MEMORY:-768}" -smp 1 \
  -nographic -nodefaults -serial stdio -no-reboot \
  -kernel "$work/vmlinux" -initrd "${VM_INITRD:-$work/initrd.gz}" \
  -append "console=ttyS0 no_timer_check ${VM_WORDS:-quiet panic=-1} node=$node job=$job" \
  -virtfs "local,path=$share,mount_tag=host,security_model=none" "$@" < "${VM_KEYS:-/dev/null}"
