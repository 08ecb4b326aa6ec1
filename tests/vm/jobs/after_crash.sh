# SPDX-License-Identifier: GPL-2.0-or-later
# after_crash.sh -- for each line "DEVICE NAME OPTIONS" of /host/volumes: mounts a volume whose node had
# died and that was checked since; finds every file of /host/intact.NAME with the bytes that were synced;
# reads all the others; writes. Prints "VOLUME NAME: good" or what is wrong.

judge() { local device=/dev/$1 name=$2 options=$3 number
  mount -t ocfs2 -o "heartbeat=none,$options" "$device" /mnt || { echo "does not mount"; return; }
  while read -r number; do
    tree verify "/mnt/synced/$number" "$number" > /tmp/verify 2>&1 ||
      { echo "file $number: $(cat /tmp/verify)"; return; }
  done < "/host/intact.$name"
  tree list /mnt > /tmp/list || { echo "cannot be read: $(tail -1 /tmp/list)"; return; }
  mkdir /mnt/after && tree write /mnt/after 5000 40 none || { echo "cannot be written"; return; }
  rm -rf /mnt/after /mnt/load /mnt/older || { echo "cannot be emptied"; return; }
  umount /mnt || { echo "does not unmount"; return; }
  echo good; }

dmesg -c > /dev/null
while read -r device name options; do
  verdict=$(judge "$device" "$name" "$options" 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'ERROR|corrupt|BUG|WARNING|Oops|Call Trace' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
done < /host/volumes
