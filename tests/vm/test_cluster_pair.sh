#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Two kernels as an o2cb cluster share volumes that our mkfs made for a cluster: each writes, reads what the
# other has written and removes some of it; both unmount, and the reference checker finds nothing. MKFS
# names another mkfs to try the test itself. The cluster is brought up by the reference's tools.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
. "$ROOT/tests/vm/lib.sh"
MKFS=${MKFS:-$BOX mkfs.ocfs2}

prepare_vms /sbin/mount.ocfs2 /sbin/o2cb /sbin/ocfs2_hb_ctl
make_image default.img 1G
make_image small.img 400M
cluster="--cluster-stack=o2cb --cluster-name=lab"
# shellcheck disable=SC2086
{ expect_success $MKFS -x -F -q -N 2 $cluster default.img
  expect_success $MKFS -x -F -q -N 4 $cluster -b 1K --fs-features=metaecc small.img; }

shared=cache=none,file.locking=off,format=raw,if=virtio
port=$((20000 + RANDOM % 20000))
for node in 0 1; do
  [ $node = 0 ] && link=listen=127.0.0.1:$port || { sleep 1; link=connect=127.0.0.1:$port; }
  VM_SECONDS=600 boot $node cluster.sh -drive "file=$TMP/default.img,$shared" \
    -drive "file=$TMP/small.img,$shared" \
    -netdev "socket,id=n0,$link" -device "virtio-net-pci,netdev=n0,romfile=,mac=52:54:00:00:00:0$node" &
done
wait
passed=0 failed=0
for volume in vda:default vdb:small; do
  good=$(cat node[01].log | grep -c "^VOLUME ${volume%:*}: good on node [01]$")
  findings=$(reference_findings "${volume#*:}.img")
  if [ "$good" = 2 ] && [ -z "$findings" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "${volume#*:}: good on $good of 2 nodes; the reference checker: $(head -20 <<< "${findings:-clean}")"
  fi
done
[ $failed -eq 0 ] || for log in node[01].log; do echo "$log:"; tail -n 30 "$log"; done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
