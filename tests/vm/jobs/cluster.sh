# SPDX-License-Identifier: GPL-2.0-or-later
# cluster.sh -- one of two nodes of an o2cb cluster "lab" that mount the volumes of /host/volumes (lines
# "DEVICE NAME") at the same time. Both write trees of their own and names into a common directory, and read
# what the other has written. Prints "VOLUME NAME: good" for each, or the first thing that went wrong.
other=$((1 - node))

nodes=2
. /host/nodes.sh

work_on() { volume=$1
  mkdir "/mnt/node$node" && tree write "/mnt/node$node" $node 100 xattr,reflink,prealloc ||
    { echo "writing failed"; return; }
  for name in $(seq 100); do
    echo "$node" > "/mnt/common/$node-$name" || { echo "creating failed"; return; }
  done
  tree list "/mnt/node$node" > "/host/list.$volume.$node"
  all "written.$volume"
  tree list "/mnt/node$other" > /tmp/seen || { echo "reading the other's tree failed"; return; }
  cmp -s "/host/list.$volume.$other" /tmp/seen ||
    { echo "the other's tree differs: $(diff "/host/list.$volume.$other" /tmp/seen | head -3)"; return; }
  [ "$(ls /mnt/common | wc -l)" = 200 ] || { echo "$(ls /mnt/common | wc -l) names in common/"; return; }
  [ "$(cat /mnt/common/$other-* | sort | uniq -c | tr -s ' ')" = " 100 $other" ] ||
    { echo "contents of common/"; return; }
  all "read.$volume"
  rm -rf "/mnt/node$other/names" || { echo "removing the other's files failed"; return; }
  all "removed.$volume"
  [ ! -e "/mnt/node$node/names" ] || { echo "the other's removal is not seen"; return; }
  echo good; }

dmesg -c > /dev/null
o2cb register-cluster lab || exit
while read -r device name; do
  mount.ocfs2 /dev/$device /mnt || { echo "VOLUME $name: does not mount on node $node"; exit 1; }
  [ $node = 1 ] || mkdir /mnt/common  # of two who make it at a time the kernel of one complains
  all "mounted.$device"
  verdict=$(work_on $device 2>&1)
  # one after the other: two kernels that leave at once talk past each other, and say so as an ERROR
  [ $node = 1 ] || all "left.$device"
  umount /mnt || verdict="$verdict, unmount failed"
  [ $node = 0 ] || all "left.$device"
  trouble=$(kernel_troubles)
  [ "$verdict${trouble:+ BUT $trouble}" = good ] || echo "on node $node:"
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
  all "unmounted.$device"
done < /host/volumes
o2cb unregister-cluster lab
