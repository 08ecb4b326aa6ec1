# SPDX-License-Identifier: GPL-2.0-or-later
# grown_trees.sh -- for each line "DEVICE NAME" of /host/volumes: mounts the volume and finds the files of
# /host/sums.NAME there as they must be; changes them all, some of them shared, and finds that again after an
# unmount. Prints "VOLUME NAME: good" or what is wrong.

# write_into FILE STEP: a few bytes every STEP 4-KiB blocks
write_into() { local i=0
  while [ $i -lt 60 ]; do
    echo "kernel $i" | dd of="$1" bs=4096 seek=$((i * $2)) conv=notrunc 2> /dev/null || return 1
    i=$((i + 1))
  done; }

change() { cd /mnt &&
  write_into right 97 && write_into scattered 61 && write_into appended 173 && write_into emptied 7 &&
  dd if=/dev/null of=scattered bs=4096 seek=2500 2> /dev/null && write_into left 211 && rm left &&
  dd if=/dev/null of=right bs=4096 seek=3001 2> /dev/null && write_into right 101 && rm appended &&
  sha256sum * 2> /dev/null > /tmp/sums; cd /; }

judge() { local device=/dev/$1 name=$2 wrong
  mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount"; return; }
  wrong=$(cd /mnt && sha256sum -c "/host/sums.$name" 2>&1 | grep -v ': OK$')
  [ -z "$wrong" ] || { echo "$wrong"; return; }
  change && [ "$(grep -c . /tmp/sums)" = 3 ] || { echo "changing failed"; return; }
  umount /mnt && mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount again"; return; }
  wrong=$(cd /mnt && sha256sum -c /tmp/sums 2>&1 | grep -v ': OK$')
  umount /mnt || { echo "unmounting failed"; return; }
  echo "${wrong:-good}"; }

dmesg -c > /dev/null
while read -r device name; do
  verdict=$(judge "$device" "$name" 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'ERROR|corrupt|BUG|WARNING|Oops|Call Trace' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
done < /host/volumes
