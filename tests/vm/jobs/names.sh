# SPDX-License-Identifier: GPL-2.0-or-later
# names.sh -- for each line "DEVICE NAME" of /host/volumes: mounts the volume, whose large directories this
# engine has written; finds in them every path of /host/NAME.names, by listing and by looking up; removes
# every third and adds as many; and finds the outcome after another mount. Prints "VOLUME NAME: good" or
# what is wrong.
directories="ordinary compacted rebuilt unindexed"

# looks every name up, since only lstat knows a size
found() { (cd /mnt && find $directories -mindepth 1 -size -1000000 | sort); }

judge() { local device=/dev/$1 name=$2 directory
  mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount"; return; }
  found > /tmp/found || { echo "not all can be looked up"; return; }
  sort "/host/$name.names" > /tmp/wanted
  cmp -s /tmp/wanted /tmp/found || { echo "other names: $(diff /tmp/wanted /tmp/found | head -3)"; return; }
  cd /mnt || return
  awk 'NR % 3 == 0' /tmp/wanted | tr '\n' '\0' | xargs -0 rm || { echo "cannot remove"; cd /; return; }
  for directory in $directories; do
    seq 1 1500 | sed "s,.*,$directory/& made by the kernel," | tr '\n' '\0' | xargs -0 touch ||
      { echo "cannot add"; cd /; return; }
  done
  cd /
  found > /tmp/before && umount /mnt || { echo "does not unmount"; return; }
  mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount again"; return; }
  found > /tmp/after || { echo "not all can be looked up again"; return; }
  cmp -s /tmp/before /tmp/after || { echo "names changed: $(diff /tmp/before /tmp/after | head -3)"; return; }
  [ "$(grep -c 'made by the kernel' /tmp/after)" = 6000 ] || { echo "names are missing"; return; }
  umount /mnt && echo good; }

dmesg -c > /dev/null
while read -r device name; do
  verdict=$(judge "$device" "$name" 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'ERROR|corrupt|BUG|WARNING|Oops|Call Trace' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
done < /host/volumes
