# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the VM tests share; sourced after scripts/lib.sh. Only one of them runs its VMs at a time (two cores).

# prepare_vms FILE...: waits for its turn, builds what VMs boot from with each FILE in /sbin, makes $share,
# the folder that every VM of this test sees as /host
prepare_vms() {
  vm_work=$(dirname "$BOX")/vm
  mkdir -p "$vm_work"
  exec 9> "$vm_work/lock"
  flock 9
  "$ROOT/tests/vm/build.sh" "$vm_work" "$@" || fail "cannot build what the VMs boot from"
  share=$TMP/share
  cp -r "$vm_work/share" "$share"
}

# boot NODE JOB [qemu arguments]: runs the job in a VM; its console goes to node<NODE>.log
boot() {
  local node=$1 job=$2
  shift 2
  "$ROOT/tests/vm/boot.sh" "$vm_work" "$share" "$node" "$job" "$@" 9>&- 2>&1 |
    tr -d '\r' > "$TMP/node$node.log"
}
