# SPDX-License-Identifier: GPL-2.0-or-later
# o2cb.sh -- nodes 0, 1 and 2. First a cluster "lab" of all three with local heartbeat, of which 0 and 1 mount
# /dev/vda; then one with global heartbeat on /dev/vdb, which node 2 joins while the others have it mounted.
# Prints "CASE NAME: good" or what went wrong, and counts them in /host/cases.NODE.
nodes=3
. /host/nodes.sh
clusters=/sys/kernel/config/cluster
dmesg -c > /dev/null

# ---- what is refused before there is a cluster
if [ $node = 0 ]; then
  is offline says "offline" sh -c 'o2cb cluster-status; [ $? = 1 ]'
  is not_registered ends 32 'is not registered on this host; run: o2cb online lab' mount.ocfs2 /dev/vda /mnt
  is no_folder ends 32 'mount directory /none does not exist' mount.ocfs2 /dev/vda /none
  is no_device ends 32 '/dev/none is not here' mount.ocfs2 /dev/none /mnt
  is no_cluster ends 1 "Unknown cluster 'other'" o2cb register-cluster other
  hostname stranger
  is no_such_node ends 1 "is called as this host, 'stranger'" o2cb register-cluster lab
  hostname node0
fi

[ $node != 1 ] || is doctor_sees sh -c 'o2cb doctor | grep -q "^.NOT_REGISTERED. error: cluster .lab. is"'

# ---- local heartbeat
is online o2cb online lab
is status sh -c 'o2cb status lab > /tmp/status; cat /tmp/status; diff - /tmp/status <<END
Driver for "configfs": Loaded
Filesystem "configfs": Mounted
Stack glue driver: Loaded
Stack plugin "o2cb": Loaded
Driver for "ocfs2_dlmfs": Loaded
Filesystem "ocfs2_dlmfs": Mounted
Checking O2CB cluster "lab": Online
  Heartbeat dead threshold: 31
  Network idle timeout: 30000
  Network keepalive delay: 2000
  Network reconnect delay: 2000
  Heartbeat mode: Local
Checking O2CB heartbeat: Not active
Debug file system at /sys/kernel/debug: mounted
END'
is monitored sh -c 'ps | grep -q "[o]2hbmonitor"'
is one_monitor ends 1 'another o2hbmonitor runs on this host' o2hbmonitor -i
is online_status says online o2cb online-status lab
is cluster_status says "Cluster 'lab' is online" o2cb cluster-status lab
all registered
if [ $node != 2 ]; then
  is unknown_option ends 32 "does not know the option 'noatme', did you mean 'noatime'" \
    mount.ocfs2 -o noatme /dev/vda /mnt
  dmesg -c > /dev/null
  is not_counted sh -c 'ocfs2_hb_ctl -I -d /dev/vda | grep -q ": 0 refs"'
  is mounts mount.ocfs2 -o _netdev,noatime,nodiratime,inode64,data=ordered,nointr LABEL=first /mnt
  is counted sh -c 'ocfs2_hb_ctl -I -d /dev/vda | grep -q ": 1 refs"'
  is elsewhere_too sh -c 'mkdir /tmp/too && mount.ocfs2 /dev/vda /tmp/too && umount /tmp/too'
  is still_counted sh -c 'ocfs2_hb_ctl -I -d /dev/vda | grep -q ": 1 refs"'
  echo "from node $node" > /mnt/node$node
fi
all wrote
other=$((1 - node))
if [ $node != 2 ]; then
  is crosses says "from node $other" cat /mnt/node$other
  is busy ends 1 'heartbeat region is still active' o2cb unregister-cluster lab
fi
all crossed
[ $node = 0 ] && is unmounts umount /mnt
all first_left
[ $node = 1 ] && is unmounts umount /mnt
all left
if [ $node != 2 ]; then
  is no_region_left sh -c "! ls -d $clusters/lab/heartbeat/*/"
  is nobody_counts sh -c 'ocfs2_hb_ctl -I -d /dev/vda | grep -q ": 0 refs"'
fi
is other_mode ends 32 'heartbeat is global' mount.ocfs2 /dev/vdb /mnt
is offline_again o2cb offline lab
is nothing_left says "" ls $clusters
is unmonitored sh -c 'sleep 1; ! ps | grep "[o]2hbmonitor"'
all local_done

# ---- global heartbeat: nodes 0 and 1, then node 2 live
{ printf 'cluster:\n\tnode_count = 2\n\tname = lab\n\theartbeat_mode = local\n\n'
  for number in 0 1; do
    printf 'node:\nname=node%d\nnumber=%d\nip_address=10.0.0.%d\n' $number $number $((number + 1))
    printf 'ip_port=7777\ncluster=lab\n'
  done; } > /etc/ocfs2/cluster.conf
is mode o2cb heartbeat-mode lab global
is region o2cb add-heartbeat lab /dev/vdb
[ $node = 2 ] && is third o2cb add-node --ip 10.0.0.3 --number 2 lab node2
is sound sh -c 'o2cb check-config | grep -q "^0 errors, 0 warnings$"'
if [ $node != 2 ]; then
  is register o2cb register-cluster lab
  is not_yet ends 32 'has no global heartbeat on this host; run: o2cb start-heartbeat lab' \
    mount.ocfs2 /dev/vdb /mnt
  is beats says "Global heartbeat started" o2cb start-heartbeat lab
  is global_status sh -c 'o2cb status lab | grep -q "^  Heartbeat mode: Global$"'
  all beating
  is mounts_global mount.ocfs2 /dev/vdb /mnt
  is lists_region sh -c 'o2cb status lab | grep -qE "^  [0-9A-F]{32} /dev/vdb$"'
  is lists_nodes sh -c 'o2cb status lab | grep -q "^Nodes in O2CB cluster: 0 1"'
  all mounted_global
  is adds o2cb add-node --ip 10.0.0.3 --number 2 lab node2
  is kernel_knows says 2 cat $clusters/lab/node/node2/num
  is nothing_new o2cb register-cluster lab
  all third_known
else
  all beating
  all mounted_global
  all third_known
  is online_global o2cb online lab
  is third_mounts mount.ocfs2 /dev/vdb /mnt
fi
all three
echo "$node" > /mnt/file$node
all three_wrote
is three_read says "0 1 2" sh -c 'cat /mnt/file[012] | xargs'
is in_use ends 1 'in use' o2cb stop-heartbeat lab
all three_read
if [ $node = 0 ]; then
  is o2info_same sh -c 'sync; for report in --volinfo --mkfs --fs-features; do
    o2info $report /mnt/file0 > /tmp/mounted && o2info $report /dev/vdb > /tmp/device &&
      cmp /tmp/mounted /tmp/device || exit; done'
  is o2info_space sh -c 'o2info -C --freeinode --freefrag 64 --space /mnt > /tmp/mounted; cat /tmp/mounted
    for words in "^Total" "^Free chunks: " "^Slot  Free"; do grep -q "$words" /tmp/mounted || exit; done'
  is o2info_file sh -c 'dd if=/dev/urandom of=/mnt/holes bs=64k count=2 seek=3 2> /dev/null; sync
    o2info --filestat --space-usage /mnt/holes > /tmp/told; cat /tmp/told; rm /mnt/holes
    for words in "^  Size: 327680 " " Holes: 48 " "Extents: 1 "; do
      grep -q "$words" /tmp/told || exit; done'
fi
all o2info
is doctor_content sh -c 'o2cb doctor > /tmp/found; cat /tmp/found
  ! grep " error: " /tmp/found | grep -v "VOLUME_HEARTBEAT. error: the volume on /dev/vda"'
all examined

# ---- node 2 goes for good: not while it lives, and not the one that asks
[ $node != 0 ] || is not_while_it_lives ends 1 'node 2 (node2) is alive: .* On node2, unmount' \
  o2cb remove-node lab node2
[ $node != 0 ] || is not_while_it_lives_either sh -c 'cp /etc/ocfs2/cluster.conf /tmp/kept
  sed "s/10.0.0.3/10.0.0.9/" /tmp/kept > /etc/ocfs2/cluster.conf; o2cb register-cluster lab; status=$?
  cp /tmp/kept /etc/ocfs2/cluster.conf; [ $status = 1 ] &&
    grep -q 10.0.0.3 '$clusters'/lab/node/node2/ipv4_address'
[ $node != 1 ] || is not_itself ends 1 "node 'node1' is this host, and it beats" o2cb remove-node lab node1
all kept
if [ $node = 2 ]; then
  is unmounts_for_good umount /mnt
  is goes_offline o2cb offline lab
fi
all node2_gone
if [ $node != 2 ]; then
  is removes_live o2cb remove-node lab node2
  is kernel_forgot says "node0 node1" sh -c "ls $clusters/lab/node | xargs"
  is goes_on sh -c "echo on > /mnt/on$node && sync"
fi
all removed

# ---- it comes back by itself: join, with commands that go to the other nodes through the host's folder
if [ $node = 2 ]; then
  cat > /tmp/ssh <<'END'
#!/bin/sh
to=${1#root@10.0.0.}
echo "$2" > /host/call.$to; mv /host/call.$to /host/do.$to
until [ -e /host/done.$to ]; do usleep 100000; done
cat /host/said.$to; status=$(cat /host/done.$to); rm /host/done.$to
exit $status
END
  chmod +x /tmp/ssh
  rm /etc/ocfs2/cluster.conf
  is joins o2cb join --ssh=/tmp/ssh 10.0.0.1
  is same_number says "node: 2 node2 10.0.0.3:7777 lab" sh -c 'o2cb list-nodes --oneline lab | grep node2'
  touch /host/joined
else
  call=$((node + 1))
  until [ -e /host/joined ]; do
    if [ -e /host/do.$call ]; then
      mv /host/do.$call /host/doing.$call
      sh /host/doing.$call > /host/said.$call 2>&1; echo $? > /host/done.now.$call
      mv /host/done.now.$call /host/done.$call
    fi
    usleep 100000
  done
  is knows_it_again says 2 cat $clusters/lab/node/node2/num
fi
all back
if [ $node = 2 ]; then
  is online_again o2cb online lab
  is mounts_again mount.ocfs2 /dev/vdb /mnt
  is reads_on says "on" cat /mnt/on0
fi
all mounted_again

# ---- the region is replaced while all have the volume mounted: the kernel lets go of one of four
old=$(ls $clusters/lab/heartbeat | grep -E '^[0-9A-F]{32}$')
if [ $node = 0 ]; then
  is waits_for_others ends 1 'because node 1 (node1), node 2 (node2) does not beat on the new region yet' \
    o2cb replace-heartbeat --wait 10 lab ${old%????????} /dev/vdc
fi
all only_node0_began
is not_of_few ends 1 'the kernel gives up a region only if it has more than three' \
  o2cb replace-heartbeat lab $old /dev/vdc
is still_both says 2 sh -c "ls -d $clusters/lab/heartbeat/*/ | wc -l"
is further sh -c 'o2cb add-heartbeat lab /dev/vdd && o2cb add-heartbeat lab /dev/vde &&
  o2cb start-heartbeat lab'
all four
is replaced sh -c "o2cb replace-heartbeat lab $old /dev/vdc | grep -q '^Heartbeat region $old replaced by '"
is old_one_silent sh -c "! ls -d $clusters/lab/heartbeat/$old"
is says_so says "Cluster 'lab' is online" o2cb cluster-status lab
all replaced
is writes_on sh -c "echo replaced > /mnt/replaced$node && sync"
all all_wrote
is reads_others says "replaced replaced replaced" sh -c 'cat /mnt/replaced[012] | xargs'

for turn in 0 1 2; do
  [ $node != $turn ] || is unmounts_global umount /mnt
  all "gone.$turn"
done
is stops says "Global heartbeat stopped" o2cb stop-heartbeat lab
is unregisters o2cb unregister-cluster lab
is nothing_left_either says "" ls $clusters
all end
kernel_troubles > /tmp/troubles
is kernel_is_content sh -c 'cat /tmp/troubles; [ ! -s /tmp/troubles ]'
