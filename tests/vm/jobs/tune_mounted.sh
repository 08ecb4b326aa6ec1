# SPDX-License-Identifier: GPL-2.0-or-later
# tune_mounted.sh -- a cluster "lab" whose nodes 0 and 1 have /dev/vda mounted and write to it without a pause
# while our tunefs makes it larger and gives it another label; then it gets a third slot, and all three nodes
# mount it. Beside that node 0 has a volume of its own, /dev/vdb, that becomes larger, and one beyond 16 TiB.
# Prints "CASE NAME: good" or what went wrong.
nodes=3
. /host/nodes.sh

blocks() { stat -f -c %b "$1"; }
# at_least COUNT MOUNT_POINT: blocks
at_least() { [ "$(blocks "$2")" -ge "$1" ] || { blocks "$2"; return 1; }; }
# says WORDS COMMAND...: just this
says() { local words=$1; shift; [ "$("$@" 2>&1)" = "$words" ] || { "$@"; return 1; }; }

# write_on UNTIL: trees, one after the other, each read back, until there is a file UNTIL; then "written"
write_on() { local round=0
  while [ ! -e "$1" ]; do
    round=$((round + 1))
    rm -rf "/mnt/node$node"
    mkdir "/mnt/node$node" &&
      tree write "/mnt/node$node" $((node * 100 + round)) 60 xattr,reflink,prealloc ||
      { echo "writing failed in round $round"; return; }
    cat /mnt/node*/* > /dev/null 2>&1
  done
  echo written; }

quiet_log() { kernel_troubles > /tmp/trouble; cat /tmp/trouble; [ ! -s /tmp/trouble ]; }

alone() {
  is local_mounts mount -t ocfs2 /dev/vdb /mnt
  tree write /mnt 7 500 xattr,reflink,prealloc && tree list /mnt > /tmp/before
  is local_step tunefs.ocfs2 -S /dev/vdb 300000
  is local_stepped at_least 300000 /mnt
  is local_grows tunefs.ocfs2 -S -L alone /dev/vdb
  is local_grown at_least 1900000 /mnt
  is local_label says alone tunefs.ocfs2 -Q %V /dev/vdb
  is local_again ends 0 'nothing to do' tunefs.ocfs2 -v -S /dev/vdb
  is local_no_undo ends 20 'undo file' tunefs.ocfs2 --undo=/tmp/undo -L other /dev/vdb
  is local_no_shrinking ends 20 'can be shrunk only while no node' tunefs.ocfs2 -S /dev/vdb 300000
  is local_fills dd if=/dev/zero of=/mnt/large bs=1M count=1200
  tree list /mnt/ > /tmp/after
  rm /mnt/large
  is local_unmounts umount /mnt; }

huge() {
  truncate -s 16492674416640 /tmp/huge
  is huge_is_made mkfs.ocfs2 -x -q -M local -C 1M -N 1 -J size=32M,block64 /tmp/huge
  is huge_attached losetup /dev/loop0 /tmp/huge
  is huge_mounts mount -t ocfs2 /dev/loop0 /mnt
  truncate -s 19791209299968 /tmp/huge
  losetup -c /dev/loop0
  is huge_grows tunefs.ocfs2 -S /dev/loop0
  is huge_grown at_least 4831838208 /mnt
  is huge_writes tree write /mnt 9 100 xattr,reflink,prealloc
  umount /mnt
  is huge_sound fsck.ocfs2 -fn /dev/loop0
  losetup -d /dev/loop0; rm /tmp/huge; }

dmesg -c > /dev/null
o2cb register-cluster lab || exit
if [ $node = 2 ]; then
  all mounted
  is another_node_sees_it ends 20 'in use' tunefs.ocfs2 -N 3 /dev/vda
  is no_mount_point ends 20 'Mountpoint not found' tunefs.ocfs2 -S /dev/vda 200000
  all refused
else
  mount.ocfs2 /dev/vda /mnt || exit
  all mounted
  write_on /tmp/enough > /tmp/written 2>&1 &
  all refused
fi
if [ $node = 0 ]; then
  is a_step tunefs.ocfs2 -S /dev/vda 200000
  is stepped at_least 200000 /mnt
fi
all grown
[ $node = 1 ] && is seen_by_the_other at_least 200000 /mnt
all seen
[ $node = 1 ] && is grows tunefs.ocfs2 -S /dev/vda
all grown_there  # one tool at a time
[ $node = 0 ] && is label tunefs.ocfs2 -L renamed /dev/vda
all filled
[ $node = 0 ] && is seen_by_the_first at_least 500000 /mnt
[ $node = 2 ] && is labelled_from_afar tunefs.ocfs2 -L third /dev/vda
all renamed
[ $node = 2 ] || is renamed says third tunefs.ocfs2 -Q %V /dev/vda
[ $node = 0 ] && is slots_need_unmounting ends 20 'while no node has' tunefs.ocfs2 -N 3 /dev/vda
all said
if [ $node != 2 ]; then
  touch /tmp/enough
  wait
  is went_on says written cat /tmp/written
  [ $node = 0 ] || all first_left
  is unmounts umount /mnt
  [ $node = 1 ] || all first_left
else
  all first_left
fi
all unmounted
[ $node = 2 ] && is a_slot_more tunefs.ocfs2 -N 3 /dev/vda
all three_slots
is mounts mount.ocfs2 /dev/vda /mnt
all all_mounted
echo "$node" > /mnt/file$node
all all_wrote
is reads says "0 1 2" sh -c 'cat /mnt/file? | xargs'
for turn in 0 1 2; do
  [ $node != $turn ] || umount /mnt
  all "left.$turn"
done
is kernel_is_content quiet_log
if [ $node = 0 ]; then
  alone
  huge
  is kernel_stays_content quiet_log
fi
o2cb unregister-cluster lab
