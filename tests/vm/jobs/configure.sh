# SPDX-License-Identifier: GPL-2.0-or-later
# configure.sh -- host1.domain.com of the guide, alone: the lines that it types, with the answers it shows.
# Its /dev/sdd is /dev/vda here. Prints "CASE NAME: good" or what went wrong.
nodes=1
. /host/nodes.sh
# busybox has these, too, and would take its own
mount() { /bin/mount "$@"; }
umount() { /bin/umount "$@"; }
hostname host1.domain.com
ifconfig eth0 192.168.100.1 netmask 255.255.255.0
ocfs2box --install --systemd / > /dev/null
ln -s vda /dev/sdd
dmesg -c > /dev/null

{ for number in 0 1 2; do
    printf 'node:\nip_port = 7777\nip_address = 192.168.100.%d\n' $((number + 1))
    printf 'number = %d\nname = host%d.domain.com\ncluster = ocfs2\n\n' $number $((number + 1))
  done
  printf 'cluster:\nnode_count = 3\nname = ocfs2\n'; } > /etc/ocfs2/cluster.conf
is configures sh -c 'printf "y\n\n\n\n\n\n\n" | /etc/init.d/o2cb configure > /tmp/said; cat /tmp/said
  tr ":" "\n" < /tmp/said | grep -o "[A-Z].* \[.*\]$" > /tmp/asked; diff - /tmp/asked <<END
Load O2CB driver on boot (y/n) [y]
Cluster stack backing O2CB [o2cb]
Cluster to start on boot (Enter "none" to clear) [ocfs2]
Specify heartbeat dead threshold (>=7) [31]
Specify network idle timeout in ms (>=5000) [30000]
Specify network keepalive delay in ms (>=1000) [2000]
Specify network reconnect delay in ms (>=2000) [2000]
END'
is online says online /etc/init.d/o2cb online-status
is written grep -q '^O2CB_BOOTCLUSTER=ocfs2$' /etc/default/o2cb
is makes_folder mkdir -p /san/primary/
is formats mkfs.ocfs2 -L OCFS2_label -T vmstore --fs-feature-level=max-compat /dev/sdd -N 4
is is_large sh -c 'fsck.ocfs2 -n /dev/sdd > /tmp/said; cat /tmp/said
  grep -q "Cluster size: *131072$" /tmp/said && grep -q "Number of slots: *4$" /tmp/said'
is is_compatible sh -c 'debugfs.ocfs2 -R stats /dev/sdd > /tmp/said; cat /tmp/said
  grep -q "Feature Incompat: 0 *$" /tmp/said && grep -q "Feature RO compat: 0 *$" /tmp/said'
# the line in the guide leaves out the type, and mount(8) then asks nobody
echo "/dev/sdd /san/primary ocfs2 _netdev,nointr 0 0" > /etc/fstab
is mounts mount -a
is is_mounted grep -q "^/dev/.* /san/primary ocfs2 .*heartbeat=local" /proc/mounts
is writes sh -c 'echo image > /san/primary/vm1.img && sync && [ "$(cat /san/primary/vm1.img)" = image ]'
is status sh -c '/etc/init.d/o2cb status | grep -q "^Checking O2CB heartbeat: Active$"'
is busy ends 1 'heartbeat region still active' /etc/init.d/o2cb stop
is unmounts umount /san/primary
is stops /etc/init.d/o2cb stop
is starts_at_boot /etc/init.d/o2cb start
is mounts_again mount -a -O _netdev
is reads_again says image cat /san/primary/vm1.img
is unmounts_again umount -a -t ocfs2
is stops_again /etc/init.d/o2cb stop
is nothing_left sh -c '[ ! -e /sys/kernel/config/cluster ]'
sed -i 's/^O2CB_ENABLED=.*/O2CB_ENABLED=false/' /etc/default/o2cb
is says_why ends 32 'no cluster is registered on this host; run: o2cb online' mount /san/primary
kernel_troubles > /tmp/troubles
is kernel_is_content sh -c 'cat /tmp/troubles; [ ! -s /tmp/troubles ]'
