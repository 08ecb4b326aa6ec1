# SPDX-License-Identifier: GPL-2.0-or-later
# locks.sh -- two nodes of cluster "lab" have /dev/vda mounted and use the same files: node 1 holds a lock for
# which node 0 waits. What node 0's kernel shows of its locks and of its network goes to /host/seen, and
# debugfs.ocfs2 on the live cluster has to say the same as of those files.
nodes=2
. /host/nodes.sh
debug=/sys/kernel/debug

# live COMMAND FILE...: shows what the kernel says at this moment; locks may move while it looks
live() { local turn
  for turn in 1 2 3 4 5; do
    debugfs.ocfs2 -R "$1" /dev/vda > /tmp/live
    cat "$2" > /tmp/state
    debugfs.ocfs2 -R "${1%% *} -f /tmp/state ${1#* }" > /tmp/file
    [ -s /tmp/live ] && cmp -s /tmp/live /tmp/file && return
  done
  echo "not as in $2:"; diff /tmp/live /tmp/file | head -20; return 1; }

is registered o2cb register-cluster lab
is mounts mount.ocfs2 /dev/vda /mnt
[ $node = 1 ] || mkdir /mnt/common
all mounted
for name in $(seq 10); do echo "$node" > "/mnt/common/$node-$name"; done
all written
cat /mnt/common/* > /dev/null
touch /mnt/common/held
all read
if [ $node = 1 ]; then
  tree lock /mnt/common/held /tmp/release > /tmp/lock &
  until grep -q locked /tmp/lock; do usleep 200000; done
fi
all held
if [ $node = 0 ]; then
  tree lock /mnt/common/held / > /tmp/waiter 2>&1 &
  sleep 4
  uuid=$(ls $debug/o2dlm)
  mkdir /host/seen
  cat $debug/ocfs2/$uuid/locking_state > /host/seen/fs_locks
  cat $debug/o2dlm/$uuid/locking_state > /host/seen/dlm_locks
  cat $debug/o2net/stats > /host/seen/net_stats
  echo "$uuid" > /host/seen/uuid
  is fs_locks live "fs_locks -l" $debug/ocfs2/$uuid/locking_state
  is busy_locks live "fs_locks -B" $debug/ocfs2/$uuid/locking_state
  is dlm_locks live "dlm_locks -l" $debug/o2dlm/$uuid/locking_state
  is net_stats ends 0 '^1 ' debugfs.ocfs2 -R net_stats /dev/vda
  is masks_listed ends 0 '^DLM off$' debugfs.ocfs2 -l
  is mask_set debugfs.ocfs2 -l DLM MSG allow TCP deny
  is mask_allowed ends 0 '^DLM allow$' debugfs.ocfs2 -l
  is second_mask_allowed ends 0 '^MSG allow$' debugfs.ocfs2 -l
  is mask_denied ends 0 '^TCP deny$' debugfs.ocfs2 -l
  is mask_reset debugfs.ocfs2 -l dlm MSG TCP off
  is mask_off ends 0 '^DLM off$' debugfs.ocfs2 -l
  is unknown_mask ends 1 'NONSENSE' debugfs.ocfs2 -l NONSENSE allow
  umount $debug
  is debugfs_missing ends 0 'mount -t debugfs' debugfs.ocfs2 -R fs_locks /dev/vda
  mount -t debugfs none $debug
fi
all looked
touch /tmp/release
wait
[ $node = 1 ] || is lock_handed_over says locked cat /tmp/waiter
all released
[ $node = 1 ] || all left
is unmounts umount /mnt
[ $node = 0 ] || all left
is unregistered o2cb unregister-cluster lab
