# SPDX-License-Identifier: GPL-2.0-or-later
# owners.sh -- for each line "DEVICE NAME" of /host/volumes: mounts the volume, whose quota this engine has
# counted, with quota on; gives files to others, removes some and makes more. Prints "VOLUME NAME: good" or
# what is wrong.
judge() { local device=/dev/$1 name=$2 number=0 file
  mount -t ocfs2 -o heartbeat=none,usrquota,grpquota "$device" /mnt || { echo "does not mount"; return; }
  cd /mnt || return
  for file in good-*; do
    number=$((number + 1))
    case $((number % 5)) in
      0) rm "$file" ;;
      1) chown $((1000 + number * 1237)):$((number % 7)) "$file" ;;
      2) chown 0:0 "$file" ;;
      3) echo some more >> "$file" ;;
      *) cp "$file" "$file.copy" && chown $((5000 + number)):4000000010 "$file.copy" ;;
    esac || { echo "changing $file failed"; cd /; return; }
  done
  cd /
  umount /mnt && mount -t ocfs2 -o heartbeat=none,usrquota,grpquota "$device" /mnt ||
    { echo "does not mount again"; return; }
  rm /mnt/*.copy && umount /mnt && echo good; }

dmesg -c > /dev/null
while read -r device name; do
  verdict=$(judge "$device" "$name" 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -iE 'ERROR|corrupt|BUG|WARNING|Oops|Call Trace|quota' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
done < /host/volumes
