# SPDX-License-Identifier: GPL-2.0-or-later
# heartbeat.sh -- node 0 of cluster "lab" beats on /dev/vda, leaves, beats again and dies; node 1, which is in
# no cluster, and the host look at the disk and tell who is alive. Prints "CASE NAME: good" or what is wrong.
nodes=2
. /host/nodes.sh

if [ $node = 0 ]; then
  mkdir -p /etc/default
  echo 'O2CB_HEARTBEAT_THRESHOLD=7' > /etc/default/o2cb  # dead after 14 s, its blocks say
  is online o2cb online lab
  all nobody
  all seen_nobody
  is beats mount.ocfs2 /dev/vda /mnt
  is kernel_says grep -x '0 *' /sys/kernel/debug/o2hb/livenodes
  all beats
  all seen_alive
  is leaves umount /mnt
  all left
  all seen_left
  is beats_again mount.ocfs2 /dev/vda /mnt
  all again
  all seen_again
  echo "=== exit 0"
  echo b > /proc/sysrq-trigger  # without a goodbye
fi
all nobody
is nobody ends 0 'no node has left a trace on the volume' fsck.ocfs2 -fn /dev/vda
all seen_nobody
all beats
# an interval of 2 s, a quarter of it for the next look, and what a busy host takes
once='is alive: its heartbeat block changed once in [123] s'
is alive ends 8 "node 0 (node0) $once" fsck.ocfs2 -fn /dev/vda
is alive_to_mkfs ends 1 "node 0 $once" mkfs.ocfs2 -x /dev/vda
all seen_alive
all left
is left ends 0 'node 0 (node0) left cleanly' fsck.ocfs2 -fn /dev/vda
all seen_left
all again
is alive_again ends 8 "node 0 (node0) $once" fsck.ocfs2 -fn /dev/vda
for turn in $(seq 300); do [ -e /host/host_looked ] && break; usleep 200000; done
all seen_again
sleep 3
is dead ends 0 'node 0 (node0) is dead: its heartbeat block did not change in 1[4-9] s' \
  sh -c 'fsck.ocfs2 -fn /dev/vda > /tmp/all; grep -a "node 0" /tmp/all'
