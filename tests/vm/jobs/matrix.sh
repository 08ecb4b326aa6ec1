# SPDX-License-Identifier: GPL-2.0-or-later
# matrix.sh -- for each line "DEVICE NAME NAMES ABILITIES OPTIONS" of /host/volumes.$node: mounts the volume
# with the kernel, writes a tree, and finds the same tree after an unmount; prunes it and finds that again,
# too. Prints "VOLUME name: good" or the first thing that went wrong.

judge() { device=/dev/$1 names=$3 abilities=$4 options=$5
  mount -t ocfs2 -o "heartbeat=none,$options" "$device" /mnt || { echo "does not mount"; return; }
  tree write /mnt 7 "$names" "$abilities" || { echo "writing failed"; return; }
  tree list /mnt > /tmp/before && umount /mnt || { echo "first unmount failed"; return; }
  mount -t ocfs2 -o "heartbeat=none,$options" "$device" /mnt || { echo "does not mount again"; return; }
  tree list /mnt > /tmp/after || { echo "listing failed"; return; }
  cmp -s /tmp/before /tmp/after || { echo "tree changed: $(diff /tmp/before /tmp/after | head -3)"; return; }
  [ "$(wc -l < /tmp/after)" -gt $((names * 4 / 5 + 100)) ] || { echo "tree too small"; return; }
  tree prune /mnt || { echo "pruning failed"; return; }
  tree list /mnt > /tmp/before && umount /mnt || { echo "second unmount failed"; return; }
  mount -t ocfs2 -o "ro,heartbeat=none,$options" "$device" /mnt ||
    { echo "does not mount read-only"; return; }
  tree list /mnt > /tmp/after && umount /mnt || { echo "third unmount failed"; return; }
  cmp -s /tmp/before /tmp/after ||
    { echo "pruned tree changed: $(diff /tmp/before /tmp/after | head -3)"; return; }
  echo good; }

dmesg -c > /dev/null
while read -r device name names abilities options; do
  began=$(cut -d. -f1 /proc/uptime)
  verdict=$(judge "$device" "$name" "$names" "$abilities" "$options" 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'ERROR|error|corrupt|BUG|WARNING|Oops|Call Trace' | head -5)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
  echo "  ($(($(cut -d. -f1 /proc/uptime) - began)) s)"
done < "/host/volumes.$node"
