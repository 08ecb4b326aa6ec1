# SPDX-License-Identifier: GPL-2.0-or-later
# iscsi.sh -- node 0 exports its disks by the kernel's iSCSI target: a small one, disk01 and disk02, each a
# target of its own. Nodes 1 and 2 are kvm1 and kvm2 of the guide, and type what it types. Node 2 runs this
# twice: the second time after its reboot, with what its /etc had kept in /host/etc.2. Prints "CASE NAME:
# good" or what went wrong.
nodes=2
. /host/nodes.sh
# busybox has these, too, and would take its own
mount() { /bin/mount "$@"; }
umount() { /bin/umount "$@"; }
blkid() { /sbin/blkid "$@"; }
blockdev() { /sbin/blockdev "$@"; }
iqn=iqn.2026-01.lab

# ---- node 0: the storage
export_disk() { local name=$1 device=$2 store group
  store=/sys/kernel/config/target/core/iblock_0/$name
  group=/sys/kernel/config/target/iscsi/$iqn:$name/tpgt_1
  mkdir -p $store && echo udev_path=$device > $store/control && echo 1 > $store/enable &&
    mkdir -p $group/lun/lun_0 && ln -s $store $group/lun/lun_0/$name &&
    mkdir $group/np/10.1.34.100:3260 || return
  echo 0 > $group/attrib/authentication
  echo 1 > $group/attrib/generate_node_acls       # whoever comes
  echo 0 > $group/attrib/demo_mode_write_protect  # may write
  echo 1 > $group/enable; }
if [ $node = 0 ]; then
  ifconfig eth0 10.1.34.100 netmask 255.255.0.0
  is exports_small export_disk small /dev/vda
  is exports_first export_disk disk01 /dev/vdb
  is exports_second export_disk disk02 /dev/vdc
  touch /host/exported
  until [ -e /host/done_with_it ]; do usleep 200000; done
  is leaves sh -c "for name in small disk01 disk02; do
    echo 0 > /sys/kernel/config/target/iscsi/$iqn:\$name/tpgt_1/enable; done"
  touch /host/target_gone
  exit 0
fi

# ---- kvm1 and kvm2
login() { local name
  mkdir -p /etc/iscsi /run/lock/iscsi
  echo "root:x:0:0::/:/bin/sh" > /etc/passwd
  echo "InitiatorName=$iqn:kvm$node" > /etc/iscsi/initiatorname.iscsi
  # on a busy machine an answer may take long
  printf 'iscsid.startup = /sbin/iscsid\nnode.conn[0].timeo.noop_out_interval = 20\n' > /etc/iscsi/iscsid.conf
  echo 'node.conn[0].timeo.noop_out_timeout = 60' >> /etc/iscsi/iscsid.conf
  iscsid || return
  iscsiadm -m discovery -t sendtargets -p 10.1.34.100 || return
  [ ! -e /host/longest_wait ] || sh /host/longest_wait || return
  for name; do
    iscsiadm -m node -T $iqn:$name --login || return
    until grep -q "sd.$" /proc/partitions; do usleep 100000; done
  done; }
# what udev does: names that stay
udev_links() { local device
  mkdir -p /dev/disk/by-label /dev/disk/by-uuid
  rm -f /dev/disk/*/*
  for device in /dev/sd?1; do
    ln -s ../../${device#/dev/} /dev/disk/by-label/$(blkid -s LABEL -o value $device)
    ln -s ../../${device#/dev/} /dev/disk/by-uuid/$(blkid -s UUID -o value $device)
  done; }
# service ACTION: what systemd runs for our unit
service() { local command
  command=$(sed -n "s/^Exec$1=//p" /usr/lib/systemd/system/o2cb.service)
  ${command#/usr}; }

# the guide's file has no indentation, other people's have blanks; nobody types tabs
cluster_conf() { local indent=$1
  mkdir -p /etc/ocfs2/
  sed "s/^\([a-z_]* =\)/$indent\1/" > /etc/ocfs2/cluster.conf <<END
cluster:
name = cloudabc
heartbeat_mode = global
node_count = 2
node:
cluster = cloudabc
number = 1
ip_port = 7777
ip_address = 10.1.34.125
name = kvm1
node:
cluster = cloudabc
number = 2
ip_port = 7777
ip_address = 10.1.35.76
name = kvm2
END
}
settings() {
  mkdir -p /etc/sysconfig
  cat > /etc/sysconfig/o2cb <<END
O2CB_ENABLED=true
O2CB_BOOTCLUSTER=cloudabc
O2CB_HEARTBEAT_THRESHOLD=31
O2CB_STACK=o2cb
END
}
add_and_start() {
  o2cb add-heartbeat cloudabc $1 &&
    says "Global heartbeat started" o2cb start-heartbeat cloudabc --heartbeat-device=$1; }
# doctor WORDS: it finds this
doctor() { o2cb doctor --no-network > /tmp/found; cat /tmp/found; grep -qF "$1" /tmp/found; }
# healthy CODE: it does not find that
healthy() { o2cb doctor --no-network > /tmp/found; cat /tmp/found; ! grep -qF "[$1]" /tmp/found; }

hostname kvm$node
[ $node = 1 ] && ifconfig eth0 10.1.34.125 netmask 255.255.0.0 || ifconfig eth0 10.1.35.76 netmask 255.255.0.0
until [ -e /host/exported ]; do usleep 200000; done
is unit ocfs2box --install --systemd /
mkdir -p /mnt/cloudstack1 /mnt/cloudstack2
dmesg -c > /dev/null

if [ -e /host/etc.2 ]; then  # only node 2 comes twice
  cp -a /host/etc.2/. /etc
  is logs_in_again login disk01 small disk02
  until [ "$(echo /dev/sd?1)" = "/dev/sda1 /dev/sdc1" ]; do usleep 100000; done
  udev_links
  is other_names says ../../sda1 readlink /dev/disk/by-label/cloudstack1
  is knows_another o2cb add-node --ip 10.1.34.100 --number 3 cloudabc storage
  is starts_again service Start
  is doctor_time_mended healthy ISCSI_TIMEOUT
  is other_nodes ends 32 'cluster.conf has other nodes or regions here than on .*kvm1' mount /mnt/cloudstack1
  is forgets_it o2cb remove-node cloudabc storage
  is returns mount -a -O _netdev
  is mounted_again grep -q "^/dev/sda1 /mnt/cloudstack1 ocfs2 .*noatime.*nodiratime" /proc/mounts
  is reads_again says "from node 1, later" cat /mnt/cloudstack1/later
  is writes_again sh -c 'echo "from node 2, later" > /mnt/cloudstack2/later'
  all returned
  is unmounts_again umount -a -t ocfs2
  is stops_again service Stop
  is logs_out iscsiadm -m node -u
  all left
  exit 0
fi

# ---- step 2: the disk. kvm2 has it before it has a partition, and the second one before the first
[ $node = 1 ] && is logs_in login small disk01 disk02 || is logs_in login small disk02 disk01
all logged_in
if [ $node = 1 ]; then
  is wipes wipefs -a /dev/sdb
  is labels parted /dev/sdb mklabel gpt
  is partitions parted /dev/sdb mkpart primary 0% 100%
  is prints sh -c 'parted /dev/sdb print | grep "^ 1 .*primary"'
  is formats mkfs.ocfs2 -L "cloudstack1" -N 4 /dev/sdb1
  is clean sh -c 'fsck.ocfs2 -n /dev/sdb1 > /tmp/said; cat /tmp/said
    grep -q "^\*\* Skipping slot recovery because -n was given. \*\*$" /tmp/said &&
      grep -q "^/dev/sdb1 is clean.  It will be checked after 20 additional mounts.$" /tmp/said'
fi
all formatted

# ---- step 3: the cluster
is starts_without service Stop
[ $node = 1 ] && cluster_conf "" || cluster_conf "    "
settings
if [ $node = 1 ]; then
  is starts service Start
  is lists sh -c 'o2cb list-cluster cloudabc | tr -d "\t" > /tmp/said; diff - /tmp/said <<END
node:
number = 1
name = kvm1
ip_address = 10.1.34.125
ip_port = 7777
cluster = cloudabc

node:
number = 2
name = kvm2
ip_address = 10.1.35.76
ip_port = 7777
cluster = cloudabc

cluster:
node_count = 2
heartbeat_mode = global
name = cloudabc

END'
  is offline says "Cluster 'cloudabc' is offline" sh -c 'o2cb cluster-status cloudabc; [ $? = 1 ]'
  is doctor_offline doctor 'no region is named: run: o2cb add-heartbeat cloudabc DEVICE'
else
  # issues 3, 1 and 2: no partition, no registered cluster, a region that is no more
  is no_partition sh -c '[ ! -e /dev/sdc1 ]'
  iscsiadm -m session --rescan > /dev/null
  partprobe /dev/sdc
  is partition blockdev --rereadpt /dev/sdc
  is label says cloudstack1 blkid -s LABEL -o value /dev/sdc1
  is adds o2cb add-heartbeat cloudabc /dev/sdc1
  is not_loaded ends 1 'ocfs2_nodemanager is not loaded.*; run: o2cb load$' o2cb register-cluster cloudabc
  is loads o2cb load
  is not_registered ends 1 "^o2cb.*: Cluster 'cloudabc' not registered" \
    o2cb start-heartbeat cloudabc --heartbeat-device=/dev/sdc1
  is doctor_not_registered doctor "[NOT_REGISTERED] error: cluster 'cloudabc' is not registered"
  is registers o2cb register-cluster cloudabc
  is adds_lost o2cb add-heartbeat cloudabc 8BDD5C5FC98B4F61B456F6E31F2EB8A7
  is lost ends 1 'Heartbeat region could not be found 8BDD5C5FC98B4F61B456F6E31F2EB8A7' \
    o2cb start-heartbeat cloudabc
  is doctor_lost doctor "o2cb remove-heartbeat cloudabc 8BDD5C5FC98B4F61B456F6E31F2EB8A7"
  is removes o2cb remove-heartbeat cloudabc 8BDD5C5FC98B4F61B456F6E31F2EB8A7
fi

# ---- step 4: the heartbeat
if [ $node = 1 ]; then
  is beats add_and_start /dev/sdb1
else
  is beats says "Global heartbeat started" o2cb start-heartbeat cloudabc --heartbeat-device=/dev/sdc1
fi
is online says "Cluster 'cloudabc' is online" o2cb cluster-status cloudabc
all online
# the volume was made when there was no cluster: that is said, and mended as it is said
if [ $node = 1 ]; then
  is doctor_classic doctor "[VOLUME_HEARTBEAT] error: the volume on /dev/sdb1 (label cloudstack1) is for \
local heartbeat, as it names no cluster, the cluster has global"
  udev_links
  is classic ends 32 'run once, while no node has it mounted: tunefs.ocfs2 --update-cluster-stack' \
    mount /dev/disk/by-label/cloudstack1 /mnt/cloudstack1
  is mends sh -c 'yes | tunefs.ocfs2 --update-cluster-stack /dev/sdb1'
  is doctor_mended healthy VOLUME_HEARTBEAT
fi
all mended

# ---- the second disk, while the cluster runs: its volume names it
if [ $node = 1 ]; then
  cat > /tmp/wanted <<END
Cluster stack: o2cb
Cluster name: cloudabc
Stack Flags: 0x1
Label: cloudstack2
Node slots: 4
Formatting Journals: done
Formatting slot map: done
Formatting quota files: done
mkfs.ocfs2 successful
END
  parted /dev/sdc mklabel gpt > /dev/null
  parted /dev/sdc mkpart primary 0% 100% > /dev/null
  is formats_second sh -c 'mkfs.ocfs2 -L "cloudstack2" -N 4 /dev/sdc1 > /tmp/said; cat /tmp/said
    grep -E "^((Cluster stack|Cluster name|Stack Flags|Label|Node slots|Formatting.*): |mkfs.*ful$)" \
      /tmp/said | diff - /tmp/wanted'
fi
all second_formatted
if [ $node = 2 ]; then
  iscsiadm -m session --rescan > /dev/null
  partprobe /dev/sdb
  is second_partition blockdev --rereadpt /dev/sdb
fi
[ $node = 1 ] && second=/dev/sdc1 || second=/dev/sdb1
is beats_twice add_and_start $second
all two_regions
udev_links
is online_still says "Cluster 'cloudabc' is online" o2cb cluster-status cloudabc
{ cat <<END
Driver for "configfs": Loaded
Filesystem "configfs": Mounted
Stack glue driver: Loaded
Stack plugin "o2cb": Loaded
Driver for "ocfs2_dlmfs": Loaded
Filesystem "ocfs2_dlmfs": Mounted
Checking O2CB cluster "cloudabc": Online
  Heartbeat dead threshold: 31
  Network idle timeout: 30000
  Network keepalive delay: 2000
  Network reconnect delay: 2000
  Heartbeat mode: Global
Checking O2CB heartbeat: Active
END
  for device in sdb1 sdc1; do
    echo "  $(blkid -s UUID -o value /dev/$device | tr -d - | tr a-f A-F) /dev/$device"
  done | sort
  echo "Nodes in O2CB cluster: 1 2 "
  echo "Debug file system at /sys/kernel/debug: mounted"; } > /tmp/wanted
is status sh -c 'o2cb.init status > /tmp/status; diff /tmp/wanted /tmp/status'

# ---- mounted by names that stay, whatever the disk is called here
is mounts mount /dev/disk/by-label/cloudstack2 /mnt/cloudstack2
if [ $node = 1 ]; then
  is mounts_by_label mount /dev/disk/by-label/cloudstack1 /mnt/cloudstack1
else
  is mounts_by_uuid mount /dev/disk/by-uuid/$(blkid -s UUID -o value /dev/sdc1) /mnt/cloudstack1/
fi
echo "from node $node" > /mnt/cloudstack$node/node$node
all mounted
is crosses says "from node $((3 - node))" cat /mnt/cloudstack$((3 - node))/node$((3 - node))

# ---- what will bite one day, before it does
is doctor_content sh -c 'o2cb doctor | tail -n 1 | grep "^0 errors"'
is doctor_daemon healthy ISCSI_ALONE
is doctor_time doctor \
  'holds requests back for 120 s when its target is gone; this host fences itself after 60 s'
cp /tmp/found /tmp/waits
if [ $node = 1 ]; then
  { cat /etc/ocfs2/cluster.conf
    printf '\nnode:\n\tname = storage\n\tnumber = 3\n\tip_address = 10.1.34.100\n\tip_port = 7777\n'
    printf '\tcluster = cloudabc\n'; } > /tmp/with_storage
  is doctor_order sh -c 'o2cb --config-file /tmp/with_storage doctor --no-network > /tmp/found
    cat /tmp/found
    grep -F "[ISCSI_TARGET_IS_NODE] warning: iSCSI session1 has its disks from node" /tmp/found'
  printf 'defaults {\n\tpolling_interval 5\n\tno_path_retry 12\n}\n' > /etc/multipath.conf
  is doctor_multipath doctor '[MULTIPATH_QUEUES] warning: multipath holds requests back for 60 s'
  sed -i 's/12/6/' /etc/multipath.conf
  is doctor_multipath_mended healthy MULTIPATH_QUEUES
fi

# ---- step 5 of the issues: after a reboot
for number in 1 2; do
  echo "/dev/disk/by-label/cloudstack$number /mnt/cloudstack$number ocfs2" \
    "_netdev,noatime,nodiratime,inode64,data=ordered 0 0"
done > /etc/fstab
all fstab
if [ $node = 2 ]; then
  mkdir /host/etc.2 && cp -a /etc/ocfs2 /etc/sysconfig /etc/fstab /host/etc.2
  sed -n 's/^ *mend: \(iscsiadm .*\), then log in again; or .*/\1/p' /tmp/waits | head -1 > /host/longest_wait
  is shuts_down umount -a -t ocfs2
  is shuts_down_cluster service Stop
  is shuts_down_storage iscsiadm -m node -u
  touch /host/rebooting
  exit 0
fi
until [ -e /host/rebooting ]; do usleep 200000; done
is writes_alone sh -c 'echo "from node 1, later" > /mnt/cloudstack1/later'
all returned
is reads_the_returned says "from node 2, later" cat /mnt/cloudstack2/later
all left
is unmounts umount -a -t ocfs2
is stops service Stop
kernel_troubles > /tmp/troubles
is kernel_is_content sh -c 'cat /tmp/troubles; [ ! -s /tmp/troubles ]'

# ---- an initiator that outlives its target
touch /host/done_with_it
until [ -e /host/target_gone ]; do usleep 200000; done
sleep 2
is doctor_lost doctor "[ISCSI_LOST] error: iSCSI session1 has lost its target $iqn:small: unmounting, syncing"
is gives_up iscsiadm -m session -r 1 -u
is gives_up_second iscsiadm -m session -r 2 -u
is gives_up_third iscsiadm -m session -r 3 -u
is doctor_gave_up healthy ISCSI_LOST
