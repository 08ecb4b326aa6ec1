# SPDX-License-Identifier: GPL-2.0-or-later
# fsck_cluster.sh -- fsck between two nodes of an o2cb cluster "lab" that share /dev/vda and /dev/vdb (whose
# root directory has a wrong link count). Node 0 mounts, node 1 checks. Prints "CASE NAME: good" or what went
# wrong.
other=$((1 - node))

{ printf 'cluster:\n\tnode_count = 2\n\tname = lab\n\theartbeat_mode = local\n\n'
  for number in 0 1; do
    printf 'node:\n\tip_port = 7777\n\tip_address = 10.0.0.%d\n\tnumber = %d\n' $((number + 1)) $number
    printf '\tname = node%d\n\tcluster = lab\n\n' $number
  done; } > /etc/ocfs2/cluster.conf

# both NAME: the place in the script that the other node has to reach, too (never longer than 3 minutes)
both() { local turn
  echo "$(cut -d" " -f1 /proc/uptime) at $1" > /dev/console
  touch "/host/$1.$node"
  for turn in $(seq 900); do [ -e "/host/$1.$other" ] && return; usleep 200000; done
  echo "the other node never came to $1"; exit 1; }
# is NAME COMMAND...
is() { local name=$1; shift
  if "$@" > /tmp/is 2>&1; then echo "CASE $name: good"; return; fi
  echo "CASE $name: $* FAILED: $(tail -20 /tmp/is)"; }
# ends STATUS WORDS COMMAND...: with this status, and says this
ends() { local wanted=$1 words=$2 status=0; shift 2
  "$@" > /tmp/said 2>&1 < /dev/null || status=$?
  cat /tmp/said
  [ $status = "$wanted" ] && grep -q "$words" /tmp/said || { echo "status $status"; return 1; }; }
# nothing_left: neither a lock domain nor a heartbeat region
nothing_left() { ! ls -d /dlm/?* 2> /dev/null &&
  ! ls -d /sys/kernel/config/cluster/lab/heartbeat/????????????????* 2> /dev/null; }

o2cb register-cluster lab || exit
if [ $node = 0 ]; then
  mount.ocfs2 /dev/vda /mnt || exit
  echo kept > /mnt/file
  both mounted
  is refuses_mounted ends 32 'SEVERE filesystem damage' fsck.ocfs2 -fy /dev/vda
  is asks_when_mounted ends 32 'Aborting operation' fsck.ocfs2 -fn /dev/vda
  is skips_mounted ends 0 'is mounted on' fsck.ocfs2 -M -fy /dev/vda
  both refused
  is untouched grep -q kept /mnt/file
  is unmounted umount /mnt
  both unmounted
  both checked
  both asking  # node 1 holds vdb, at a question
  mount.ocfs2 /dev/vdb /mnt > /tmp/mount 2>&1 &
  sleep 15
  is waits grep -qv ' /mnt ocfs2 ' /proc/mounts
  is keeps_away_from_tunefs ends 25 'Trylock failed' reference.tunefs -L new /dev/vdb
  both waiting
  wait
  is mounts grep -q ' /mnt ocfs2 ' /proc/mounts
  umount /mnt
  both end
else
  both mounted
  is locked_out ends 8 'in use' fsck.ocfs2 -fy /dev/vda
  is living_node_seen ends 8 'node 0 (node0) is alive' fsck.ocfs2 -fn /dev/vda
  is claims_do_not_help ends 8 'in use' fsck.ocfs2 -fy --assume-offline /dev/vda
  is leaves_the_domain nothing_left
  both refused
  both unmounted
  is has_the_lock ends 0 'the volume is sound' fsck.ocfs2 -fy /dev/vda
  is leaves_again nothing_left
  both checked
  mkfifo /tmp/keys
  fsck.ocfs2 -f /dev/vdb < /tmp/keys > /tmp/asked 2>&1 &
  exec 5> /tmp/keys
  for turn in $(seq 300); do grep -q '<y>' /tmp/asked && break; usleep 200000; done
  both asking
  both waiting
  echo y >&5
  wait $!
  is repaired [ $? = 1 ]
  both end
fi
o2cb unregister-cluster lab
