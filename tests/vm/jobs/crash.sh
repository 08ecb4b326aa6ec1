# SPDX-License-Identifier: GPL-2.0-or-later
# crash.sh -- for each line "DEVICE NAME OPTIONS" of /host/dying.$node: mounts the volume and writes to it
# until the machine dies: files that are synced, each then told in /host/synced.NAME, and beside them what
# nobody waits for: trees that come, change and go.

load() { local round
  for round in $(seq 1000); do
    tree write "$1/load" "$round" 40 none > /dev/null && tree prune "$1/load" > /dev/null
    rm -rf "$1/older" && mv "$1/load" "$1/older" && mkdir "$1/load" || return
  done; }

synced() { local number
  for number in $(seq 1000); do
    tree file "$1/synced/$number" "$number" $((number * 7919 % 150000 + 1)) || return
    echo "$number" >> "/host/synced.$2"
    [ $((number % 5)) != 0 ] || rm "$1/synced/$((number - 4))" || return
    [ $((number % 5)) != 0 ] || echo "-$((number - 4))" >> "/host/synced.$2"
  done; }

while read -r device name options; do
  mkdir -p "/mnt/$name"
  mount -t ocfs2 -o "heartbeat=none,$options" "/dev/$device" "/mnt/$name" || exit
  mkdir "/mnt/$name/load" "/mnt/$name/synced" || exit
  load "/mnt/$name" &
  synced "/mnt/$name" "$name" &
done < "/host/dying.$node"
wait
