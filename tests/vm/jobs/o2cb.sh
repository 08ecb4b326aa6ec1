# SPDX-License-Identifier: GPL-2.0-or-later
# o2cb.sh -- nodes 0, 1 and 2. First a cluster "lab" of all three with local heartbeat, of which 0 and 1 mount
# /dev/vda; then one with global heartbeat on /dev/vdb, which node 2 joins while the others have it mounted.
# Prints "CASE NAME: good" or what went wrong, and counts them in /host/cases.NODE.
nodes=3
. /host/nodes.sh
says() { local words=$1; shift; [ "$("$@" 2>&1)" = "$words" ] || { "$@"; return 1; }; }
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
  is tells_kernel o2cb register-cluster lab
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
is doctor_content sh -c 'o2cb doctor > /tmp/found; cat /tmp/found
  ! grep " error: " /tmp/found | grep -v "VOLUME_HEARTBEAT. error: the volume on /dev/vda"'
all examined
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
