# SPDX-License-Identifier: GPL-2.0-or-later
# fsck_cluster.sh -- fsck between two nodes of an o2cb cluster "lab" that share /dev/vda and /dev/vdb (whose
# root directory has a wrong link count). Node 0 mounts, node 1 checks. Prints "CASE NAME: good" or what went
# wrong.
other=$((1 - node))

nodes=2
. /host/nodes.sh

# nothing_left: neither a lock domain nor a heartbeat region
nothing_left() { ! ls -d /dlm/?* 2> /dev/null &&
  ! ls -d /sys/kernel/config/cluster/lab/heartbeat/????????????????* 2> /dev/null; }

o2cb register-cluster lab || exit
if [ $node = 0 ]; then
  mount.ocfs2 /dev/vda /mnt || exit
  echo kept > /mnt/file
  all mounted
  is refuses_mounted ends 32 'SEVERE filesystem damage' fsck.ocfs2 -fy /dev/vda
  is asks_when_mounted ends 32 'Aborting operation' fsck.ocfs2 -fn /dev/vda
  is skips_mounted ends 0 'is mounted on' fsck.ocfs2 -M -fy /dev/vda
  all refused
  is untouched grep -q kept /mnt/file
  is unmounted umount /mnt
  all unmounted
  all checked
  all asking  # node 1 holds vdb, at a question
  mount.ocfs2 /dev/vdb /mnt > /tmp/mount 2>&1 &
  sleep 15
  is waits grep -qv ' /mnt ocfs2 ' /proc/mounts
  is keeps_away_from_tunefs ends 25 'Trylock failed' reference.tunefs -L new /dev/vdb
  all waiting
  wait
  is mounts grep -q ' /mnt ocfs2 ' /proc/mounts
  umount /mnt
  all end
else
  all mounted
  is locked_out ends 8 'in use' fsck.ocfs2 -fy /dev/vda
  is living_node_seen ends 8 'node 0 (node0) is alive' fsck.ocfs2 -fn /dev/vda
  is claims_do_not_help ends 8 'in use' fsck.ocfs2 -fy --assume-offline /dev/vda
  is leaves_the_domain nothing_left
  all refused
  all unmounted
  is has_the_lock ends 0 'the volume is sound' fsck.ocfs2 -fy /dev/vda
  is leaves_again nothing_left
  all checked
  mkfifo /tmp/keys
  fsck.ocfs2 -f /dev/vdb < /tmp/keys > /tmp/asked 2>&1 &
  exec 5> /tmp/keys
  for turn in $(seq 300); do grep -q '<y>' /tmp/asked && break; usleep 200000; done
  all asking
  all waiting
  echo y >&5
  wait $!
  is repaired [ $? = 1 ]
  all end
fi
o2cb unregister-cluster lab
