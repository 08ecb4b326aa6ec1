# SPDX-License-Identifier: GPL-2.0-or-later
# undelete.sh -- for each line "DEVICE NAME" of /host/volumes: writes files of many sizes on an empty volume,
# notes their sums in /host/sums.NAME, and deletes them. On the volume "reused" other files are written
# afterwards; on "orphans" the files are still open when the machine ends, on "died" they were just deleted.
# Prints "VOLUME NAME: good" or what
# went wrong.

# write COUNT NAME: files that grow in turns, so that the larger ones are in many pieces, and one of more
# pieces than an inode can list
write() { local i round
  mkdir -p /mnt/dir || return
  for i in $(seq "$1"); do head -c $((i * 7)) /dev/urandom > "/mnt/dir/small-$i" || return; done
  for round in 1 2 3 4 5 6; do
    for i in $(seq "$1"); do
      head -c $((i * 3000)) /dev/urandom >> "/mnt/dir/large-$i" || return
    done
    sync
  done
  for i in $(seq 300); do
    dd if=/dev/urandom of=/mnt/dir/large-holes bs=4k count=1 seek=$((i * 2)) conv=notrunc 2> /tmp/dd ||
      return
  done
  ln -s dir/small-1 "/mnt/a link"
  (cd /mnt && sha256sum dir/*) > "/host/sums.$2"; }

judge() { local device=/dev/$1 name=$2 i
  mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount"; return; }
  write 30 "$name" || { echo "cannot be written"; return; }
  sync
  if [ "$name" = orphans ]; then
    for i in $(seq 30) holes; do
      sleep 1000 < "/mnt/dir/large-$i" > /dev/null 2>&1 &
      until readlink /proc/$!/fd/0 | grep -q "large-$i"; do usleep 1000; done
    done
    rm /mnt/dir/large-* || { echo "cannot delete"; return; }
    sync
    echo good
    return
  fi
  rm /mnt/dir/* "/mnt/a link" || { echo "cannot delete"; return; }
  # only the journal gets there: a sync would give the clusters in the truncate log back
  [ "$name" != died ] || { dd if=/host/volumes of=/mnt/mark conv=fsync 2> /tmp/dd && echo good; return; }
  sync
  [ "$name" != reused ] || cat /dev/zero > /mnt/after 2> /dev/null  # until nothing is free
  umount /mnt || { echo "does not unmount"; return; }
  echo good; }

while read -r device name; do
  verdict=$(judge "$device" "$name" 2>&1)
  echo "VOLUME $name: $verdict"
done < /host/volumes
echo o > /proc/sysrq-trigger
sleep 10
