# SPDX-License-Identifier: GPL-2.0-or-later
# flexvdi.sh -- two hosts do what the guide of flexVDI says: a cluster of one node, the second one joins, the
# first one is removed, the volume grows. Commands and files are word for word, but for systemctl; /dev/sdb is
# /dev/vda. Prints "CASE NAME: good" or what went wrong.
nodes=2
. /host/nodes.sh
says() { local words=$1; shift; [ "$("$@" 2>&1)" = "$words" ] || { "$@"; return 1; }; }
rm -f /etc/ocfs2/cluster.conf /sbin/reference.tunefs
hostname flexnode0$((node + 1))
ifconfig eth0 10.0.0.1$node netmask 255.255.255.0 up
mkdir -p /etc/default
printf 'O2CB_ENABLED=true\nO2CB_BOOTCLUSTER=ocfs2\n' > /etc/default/o2cb
mebibytes_at_least() { set -- $1 $(stat -f -c '%b %S' /mnt); [ $(($2 * $3 / 1048576)) -ge $1 ]; }
link_disk() { ln -sf vda /dev/sdb; ln -sf vda1 /dev/sdb1; }

# ---- a cluster with one node
if [ $node = 0 ]; then
  is partition parted -s /dev/vda mklabel msdos mkpart primary 1MiB 200MiB
  link_disk
  is add_cluster o2cb add-cluster ocfs2
  is add_first o2cb add-node --ip 10.0.0.10 ocfs2 flexnode01
  is start o2cb start
  is mkfs mkfs.ocfs2 -q -N 2 -J size=8M -L images /dev/sdb1
  is mount_alone mount.ocfs2 /dev/sdb1 /mnt
  echo guest > /mnt/guest

# ---- the other node joins
  is add_second o2cb add-node --ip 10.0.0.11 ocfs2 flexnode02
  is tell_kernel o2cb register-cluster ocfs2
  cp /etc/ocfs2/cluster.conf /host/cluster.conf
fi
all configured
if [ $node = 1 ]; then
  cp /host/cluster.conf /etc/ocfs2/cluster.conf
  is sees_partition partprobe /dev/vda
  link_disk
  is checks sh -c 'o2cb check-config | grep -q "^0 errors, 0 warnings$"'
  is start o2cb start
  is mount_second mount.ocfs2 /dev/sdb1 /mnt
  is guest_is_there says guest cat /mnt/guest
  echo second > /mnt/second
fi
all joined
[ $node = 1 ] || is second_is_there says second cat /mnt/second

# ---- the first node is removed: its entry is deleted, the service restarted on the remaining hosts
all used
[ $node = 1 ] || is unmount umount /mnt
all first_left
[ $node = 0 ] || is unmount umount /mnt
all left
if [ $node = 0 ]; then
  is stop o2cb stop
else
  cat > /etc/ocfs2/cluster.conf <<'END'
node:
	ip_port = 7777
	ip_address = 10.0.0.11
	number = 0
	name = flexnode02
	cluster = ocfs2

cluster:
	node_count = 1
	name = ocfs2
END
  is restart o2cb restart
  is only_one says "node: 0 flexnode02 10.0.0.11:7777 ocfs2" o2cb list-nodes --oneline ocfs2
  is kernel_knows_one says flexnode02 ls /sys/kernel/config/cluster/ocfs2/node
  is mount_renumbered mount.ocfs2 /dev/sdb1 /mnt
  is node_zero sh -c 'mounted.ocfs2 -f /dev/sdb1 | grep -qE "^/dev/(sdb1|vda1) .* 0$"'
  is unmount_renumbered umount /mnt
fi
all removed

# ---- the volume grows
if [ $node = 1 ]; then
  is check_before ends 0 'the volume is sound' fsck.ocfs2 -f /dev/sdb1
  is resize_partition parted /dev/sdb resizepart 1 100%
  is probe partprobe /dev/sdb
  is grow tunefs.ocfs2 -S /dev/sdb1
  is check_after ends 0 'the volume is sound' fsck.ocfs2 -f /dev/sdb1
  is mount_grown mount.ocfs2 /dev/sdb1 /mnt
  is grown mebibytes_at_least 290
  is guest_is_there_yet says guest cat /mnt/guest
  is unmount_grown umount /mnt
  is stop_second o2cb stop
fi
all end
kernel_troubles > /tmp/troubles
is kernel_is_content sh -c 'cat /tmp/troubles; [ ! -s /tmp/troubles ]'
