# SPDX-License-Identifier: GPL-2.0-or-later
# rescue.sh -- what somebody types in a rescue shell that has busybox and our binary: the volume on /dev/vda
# is damaged, its cluster comes up, it is checked, repaired and mounted. Prints "CASE NAME: good" or what went
# wrong.

# is NAME COMMAND...
is() { local name=$1; shift
  if "$@" > /tmp/is 2>&1; then echo "CASE $name: good"; return; fi
  echo "CASE $name: $* FAILED: $(cat /tmp/is)"; }
# ends STATUS WORDS COMMAND...: with this status, and says this
ends() { local wanted=$1 words=$2 status=0; shift 2
  "$@" > /tmp/said 2>&1 < /dev/null || status=$?
  cat /tmp/said
  [ $status = "$wanted" ] && grep -q "$words" /tmp/said || { echo "status $status"; return 1; }; }

echo
mkdir -p /tmp /mnt
is no_module_yet sh -c '! grep -q "^ocfs2 " /proc/modules'
is damages ocfs2box fswreck -c CHAIN_I_SIZE /dev/vda
is no_cluster_yet ends 32 'is not registered on this host; run: o2cb online lab' mount.ocfs2 /dev/vda /mnt
is no_lock_yet ends 8 "cluster's lock cannot be had" fsck.ocfs2 -fy /dev/vda
is host_has_no_name ends 1 "is called as this host, '(none)'" o2cb online lab
hostname node0
ifconfig lo 127.0.0.1 up
ifconfig eth0 10.0.0.1 netmask 255.255.255.0 up
is online o2cb online lab
is status ends 0 'Checking O2CB cluster "lab": Online' o2cb status lab
is finds ends 4 'CHAIN_I_SIZE' fsck.ocfs2 -fn /dev/vda
is repairs ends 1 'CHAIN_I_SIZE' fsck.ocfs2 -fy /dev/vda
is sound ends 0 'the volume is sound' fsck.ocfs2 -fy /dev/vda
is mounts mount.ocfs2 LABEL=rescue /mnt
is writes sh -c 'echo kept > /mnt/file'
is unmounts umount /mnt
is nobody_beats sh -c 'ocfs2_hb_ctl -I -d /dev/vda | grep ": 0 refs"'
is offline o2cb offline lab
sync
echo o > /proc/sysrq-trigger
sleep 60
