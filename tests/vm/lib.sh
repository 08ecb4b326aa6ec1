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

# judge_volumes: the verdict on each volume of the file `volumes` (DEVICE NAME ...), of which the job said
# "VOLUME NAME: good" and in whose image NAME.img the reference checker finds nothing; false when one fails.
# Needs scripts/shared/reference_fsck.sh.
judge_volumes() {
  local passed=0 failed=0 name verdict findings
  while read -r _ name _; do
    verdict=$(sed -n "s/^VOLUME $name: //p" node0.log)
    findings=$(reference_findings "$name.img")
    if [ "$verdict" = good ] && [ -z "$findings" ]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "$name: in the VM: ${verdict:-nothing was heard of it}; the reference checker: ${findings:-clean}"
    fi
  done < volumes
  [ $failed -eq 0 ] || tail -n 30 node0.log
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ]
}
