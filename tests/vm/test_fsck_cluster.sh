#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# fsck as a member of the volume's cluster, between two kernels: a mounted volume is refused, by lock and by
# heartbeat; an unmounted one is locked, so that neither a mount nor the reference's tunefs gets at it.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/scripts/shared/wrong_links.sh"
. "$ROOT/tests/vm/lib.sh"

prepare_vms /sbin/mount.ocfs2 /sbin/o2cb /sbin/ocfs2_hb_ctl /sbin/tunefs.ocfs2 "$BOX"
for image in first.img second.img; do
  make_image $image 300M
  expect_success box mkfs.ocfs2 -x -q -N 2 --cluster-stack=o2cb --cluster-name=lab $image
done
wrong_links second.img

shared=cache=none,file.locking=off,format=raw,if=virtio
port=$((20000 + RANDOM % 20000))
for node in 0 1; do
  [ $node = 0 ] && link=listen=127.0.0.1:$port || { sleep 1; link=connect=127.0.0.1:$port; }
  VM_SECONDS=600 boot $node fsck_cluster.sh -drive "file=$TMP/first.img,$shared" \
    -drive "file=$TMP/second.img,$shared" \
    -netdev "socket,id=n0,$link" -device "virtio-net-pci,netdev=n0,romfile=,mac=52:54:00:00:00:0$node" &
done
wait
passed=$(cat node[01].log | grep -c '^CASE .*: good$')
failed=$((15 - passed))
[ $failed -eq 0 ] || for log in node[01].log; do echo "$log:"; tail -n 60 "$log"; done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
