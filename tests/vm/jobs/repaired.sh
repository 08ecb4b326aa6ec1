# SPDX-License-Identifier: GPL-2.0-or-later
# repaired.sh -- for each line "VOLUME NAME [ORIGINAL]" of /host/volumes (devices, or files of the host):
# mounts the volume and reads all of it; finds what is on ORIGINAL, when that is named; makes files and
# removes some of them. Prints "VOLUME NAME: good" or what is wrong.

# attach VOLUME OPTIONS
attach() { local loop=""
  [ -b "$1" ] || loop=loop,
  mount -t ocfs2 -o "$loop${2}heartbeat=none" "$1" /mnt; }
# read_all VOLUME: one line for each object, with the hash of its content
read_all() {
  attach "$1" ro, || { echo "does not mount" >&2; return 1; }
  tree list /mnt && umount /mnt; }

judge() { local volume=$1 original=$2 number
  read_all "$volume" > /tmp/list || { echo "cannot be read"; return; }
  grep -q '^/mnt/lost+found ' /tmp/list || { echo "has no lost+found"; return; }
  if [ -n "$original" ]; then
    read_all "$original" > /tmp/wanted || { echo "the original cannot be read"; return; }
    cmp -s /tmp/wanted /tmp/list || { echo "differs: $(diff /tmp/wanted /tmp/list | head -5)"; return; }
  fi
  attach "$volume" "" && mkdir /mnt/new || { echo "cannot write"; return; }
  for number in 1 2 3 4 5 6; do
    tree file /mnt/new/$number $number 20000 || { echo "cannot write file $number"; return; }
  done
  tree verify /mnt/new/6 6 && rm /mnt/new/1 /mnt/new/3 && umount /mnt || { echo "cannot remove"; return; }
  echo good; }

dmesg -c > /dev/null
while read -r volume name original; do
  verdict=$(judge "$volume" "$original" 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'ERROR|error|corrupt|BUG|WARNING|Oops|Call Trace' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
done < /host/volumes
echo "  ($(cut -d. -f1 /proc/uptime) s)"
