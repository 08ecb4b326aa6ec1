# SPDX-License-Identifier: GPL-2.0-or-later
# replay.sh -- for each line "DEVICE NAME SECONDS" of /host/volumes: mounts the volume, whose journal is
# dirty, and looks whether the root directory has the time that only the log knew. It looks at the second
# mount: at the first the kernel has read the root directory before it replays the log. Prints "VOLUME NAME:
# good" or what is wrong.
judge() { local device=/dev/$1 seconds=$2 found
  mount -t ocfs2 -o heartbeat=none "$device" /mnt && umount /mnt || { echo "does not mount"; return; }
  mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount again"; return; }
  found=$(stat -c %Y /mnt)
  [ "$found" = "$seconds" ] || { echo "the root directory's time is $found, not $seconds"; return; }
  touch /mnt/written && umount /mnt || { echo "writing or unmounting failed"; return; }
  echo good; }

dmesg -c > /dev/null
while read -r device name seconds; do
  verdict=$(judge "$device" "$seconds" 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'ERROR|corrupt|BUG|WARNING|Oops|Call Trace' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
done < /host/volumes
