# SPDX-License-Identifier: GPL-2.0-or-later
# fill.sh -- for each line "DEVICE NAME [full]" of /host/volumes: mounts the volume, which mkfs has filled
# with the tree of /host/tree.list; finds exactly that in it; removes some files, makes some more unless it is
# full, and finds them after another mount. Prints "VOLUME NAME: good" or what is wrong.

# The number of an inode is its volume's business, size and links of a directory, too.
told() { awk '{ $2 = "" } $3 ~ /^4....$/ { $4 = $6 = "" } 1' | grep -v -e '^\./lost+found '; }

judge() { local device=/dev/$1 name=$2 full=$3
  mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount"; return; }
  (cd /mnt && tree list .) | told > /tmp/found || { echo "not all can be read"; return; }
  cmp -s /tmp/wanted /tmp/found || { echo "other files: $(diff /tmp/wanted /tmp/found | head -4)"; return; }
  rm -r /mnt/folder-1 /mnt/folder-2 || { echo "cannot remove"; return; }
  [ -n "$full" ] || seq 1 3000 | sed "s,.*,/mnt/folder-3/& made by the kernel," | tr '\n' '\0' |
    xargs -0 touch || { echo "cannot add"; return; }
  (cd /mnt && tree list folder-3) > /tmp/before && umount /mnt || { echo "does not unmount"; return; }
  mount -t ocfs2 -o heartbeat=none "$device" /mnt || { echo "does not mount again"; return; }
  (cd /mnt && tree list folder-3) > /tmp/after || { echo "not all can be read again"; return; }
  cmp -s /tmp/before /tmp/after || { echo "files changed: $(diff /tmp/before /tmp/after | head -3)"; return; }
  umount /mnt && echo good; }

dmesg -c > /dev/null
told < /host/tree.list > /tmp/wanted
while read -r device name full; do
  verdict=$(judge "$device" "$name" "$full" 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'ERROR|corrupt|BUG|WARNING|Oops|Call Trace' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
done < /host/volumes
