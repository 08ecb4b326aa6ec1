# SPDX-License-Identifier: GPL-2.0-or-later
# attributes.sh -- for each line "DEVICE NAME" of /host/volumes: mounts the volume, whose attributes this
# engine has set; finds those of /host/NAME.listing there, changes many, and finds them again after an
# unmount. Prints "VOLUME NAME: good" or what is wrong.
judge() { local device=/dev/$1 name=$2 said
  mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount"; return; }
  said=$(/host/change_attributes live /mnt 101 "/host/$name.listing" 2>&1) || { echo "$said"; return; }
  echo "$name: $said" >&2
  umount /mnt && mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount again"; return; }
  said=$(/host/change_attributes live /mnt 102 "/host/$name.listing" 2>&1) || { echo "again: $said"; return; }
  umount /mnt && echo good; }

dmesg -c > /dev/null
while read -r device name; do
  verdict=$(judge "$device" "$name" 2> /tmp/said)
  cat /tmp/said
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'ERROR|corrupt|BUG|WARNING|Oops|Call Trace' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
done < /host/volumes
