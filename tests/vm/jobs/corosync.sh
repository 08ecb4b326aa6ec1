# SPDX-License-Identifier: GPL-2.0-or-later
# corosync.sh -- two nodes under corosync and dlm_controld. First what can be wrong; then /dev/vda with its
# stack named and /dev/vdb with what runs; one node works on vdb while the other wants it; both mount, and the
# host kills node 1 under load. When that is back, it runs this job again. Prints "CASE NAME: good" or what
# went wrong.
nodes=2
. /host/nodes.sh
. /host/corosync_up.sh
rm -f /sbin/reference.tunefs /etc/ocfs2/cluster.conf
dmesg -c > /dev/null

# ---- the dead node is back
if [ -e /host/killed ]; then
  is back_corosync start_corosync
  is back_dlm start_dlm_controld
  is back_mounts mount.ocfs2 /dev/vda /mnt
  is back_reads grep -q "^survivor" /mnt/survivor
  echo returned > /mnt/returned
  all returned
  is back_unmounts umount /mnt
  all end
  exit
fi

# ---- wrong: nothing runs, or another cluster
if [ $node = 0 ]; then
  is makes_other mkfs.ocfs2 -x -q -N 2 -J size=8M --cluster-stack=pcmk --cluster-name=other /dev/vdb
  is no_controld ends 32 'dlm_controld does not run on this host; run: systemctl start corosync dlm' \
    mount.ocfs2 /dev/vdb /mnt
  is no_lock ends 8 'cannot be had (dlm_controld does not run on this host)' fsck.ocfs2 -fy /dev/vdb
  is doctor_no_controld sh -c 'o2cb doctor | grep -q "^.NO_DLM_CONTROLD. error: the cluster stack pcmk"'
  is no_running_cluster ends 1 'no cluster runs on this host' o2cluster -u /dev/vdb
fi
all alone
is corosync start_corosync
is dlm_controld start_dlm_controld
all up
if [ $node = 0 ]; then
  is other_cluster ends 32 \
    'belongs to cluster "other", but corosync on this host runs cluster "lab"' mount.ocfs2 /dev/vdb /mnt
  is other_lock ends 8 'this host is in the cluster "lab", the volume belongs to "other"' \
    fsck.ocfs2 -fy /dev/vdb
  is doctor_other sh -c 'o2cb doctor > /tmp/found; cat /tmp/found
    grep -q "CLUSTER. warning: the volume on /dev/vdb belongs to cluster .other., not to .lab." /tmp/found'
  is doctor_fencing sh -c 'o2cb doctor | grep -q "^.DLM_FENCING. warning"'

# ---- both volumes
  is makes_named mkfs.ocfs2 -x -q -N 2 -J size=8M -L named --cluster-stack=pcmk --cluster-name=lab /dev/vda
  is makes_forced mkfs.ocfs2 -x -F -q -N 2 -J size=8M -L taken /dev/vdb
  is took_cluster sh -c 'mounted.ocfs2 -d > /tmp/said; cat /tmp/said
    [ $(grep -cE "^/dev/vd[ab] +pcmk +lab " /tmp/said) = 2 ]'
  is doctor_content sh -c 'o2cb doctor > /tmp/found; cat /tmp/found
    ! grep "^\[" /tmp/found | grep -vE "DLM_FENCING|CLOCK_ALONE|OOPS_GOES_ON|PANIC_HANGS"'
fi
all made

# ---- a program has the volume, and a mount must wait; the other way round
if [ $node = 1 ]; then
  echo pcmk > /sys/fs/ocfs2/cluster_stack  # which a first mount does
  is damages ocfs2box fswreck -c CHAIN_I_SIZE /dev/vdb
  mkfifo /tmp/keys
  fsck.ocfs2 -f /dev/vdb < /tmp/keys > /tmp/asked 2>&1 &
  exec 5> /tmp/keys
  for turn in $(seq 300); do grep -q '<y>' /tmp/asked && break; usleep 200000; done
  all asking
  all kept_out
  for turn in 1 2 3 4 5 6 7 8 9; do echo y >&5; done
  wait $!
  is repaired [ $? = 1 ]
  exec 5>&-
  all repaired
else
  all asking
  is kept_out ends 32 'a program such as fsck.ocfs2 or tunefs.ocfs2 works on the volume' \
    mount.ocfs2 /dev/vdb /mnt
  is tools_kept_out ends 8 'its superblock is locked' fsck.ocfs2 -fy /dev/vdb
  all kept_out
  all repaired
fi
is mounts mount.ocfs2 LABEL=named /mnt
is option grep -q ' /mnt ocfs2 .*cluster_stack=pcmk' /proc/mounts
[ $node = 1 ] || { mkdir /tmp/second; is mounts_second mount.ocfs2 /dev/vdb /tmp/second; }
echo "from node $node" > /mnt/node$node
all mounted
is crosses grep -q "from node $((1 - node))" /mnt/node$((1 - node))
if [ $node = 1 ]; then
  is refuses_mounted ends 8 'a node has it mounted, or is mounting it' fsck.ocfs2 -fy /dev/vdb
  is asks_there ends 20 'is mounted on another node' tunefs.ocfs2 -L new /dev/vdb
  is who_has_it sh -c 'mounted.ocfs2 -f /dev/vdb | grep "^/dev/vdb  *pcmk  *lab  *1$"'
  all refused
else
  all refused
  is goes_on sh -c 'echo on > /tmp/second/file && sync'
  is labels tunefs.ocfs2 -L relabelled /dev/vdb
  truncate -s 50M /tmp/image
  is other_stack sh -c 'losetup /dev/loop0 /tmp/image &&
    mkfs.ocfs2 -x -F -q -N 2 --cluster-stack=o2cb --cluster-name=lab /dev/loop0'
  is busy_stack ends 32 "cluster stack is o2cb, this host's is pcmk, and that cannot be changed" \
    mount.ocfs2 /dev/loop0 /tmp
  losetup -d /dev/loop0
  is unmounts_second umount /tmp/second
fi
all ready

# ---- the death of node 1, which reads and writes as node 0 does
mkdir -p /mnt/load.$node
all loading
if [ $node = 1 ]; then
  touch /host/load
  while true; do
    echo $((turn += 1)) > /mnt/load.1/$((turn % 50))
    ls /mnt/load.0 > /tmp/names; cat /mnt/load.0/* > /tmp/read
  done
fi
# longest: after which pause node 0 could go on
turn=0; longest=0; last=$(cut -d. -f1 /proc/uptime); end=$((last + 90))
while [ $last -lt $end ]; do
  echo $((turn += 1)) > /mnt/load.0/$((turn % 50))
  ls /mnt/load.1 > /tmp/names; cat /mnt/load.1/* > /tmp/read
  now=$(cut -d. -f1 /proc/uptime)
  [ $((now - last)) -le $longest ] || longest=$((now - last))
  [ ! -e /host/killed ] || [ $longest -lt 5 ] || break
  last=$now
done
echo "a pause of $longest s"
is survives [ $longest -ge 5 -a $longest -le 30 ]
is recovers sh -c 'dmesg | grep "Begin replay journal (node 2, "'
echo survivor > /mnt/survivor
is doctor_survivor sh -c 'o2cb doctor > /tmp/found; cat /tmp/found; ! grep " error: " /tmp/found'
touch /host/resumed
all returned
is reads_return grep -q returned /mnt/returned
all end
is unmounts umount /mnt
is checks ends 0 'the volume is sound' fsck.ocfs2 -fy /dev/vda
is checks_second ends 0 'the volume is sound' fsck.ocfs2 -fy /dev/vdb
