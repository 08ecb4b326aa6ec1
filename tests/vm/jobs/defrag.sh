# SPDX-License-Identifier: GPL-2.0-or-later
# defrag.sh -- /dev/vda and /dev/vdb are empty: files grow there in turns, and our defragfs has the kernel
# bring them together. /dev/vdc and /dev/vdd were defragmented by our own: every file of /host/sums.worn and
# .full is there as it was, and what is changed stays. Prints "CASE NAME: good" or what went wrong.
nodes=1
. /host/nodes.sh
export TMPDIR=/tmp

# pieces FILE: as our o2info counts its extents, and the kernel tells them
pieces() { o2info --filestat "$1" | sed -n 's/.*Extents: \([0-9]*\) .*/\1/p'; }
pieces_of() { local file sum=0
  for file in "$@"; do sum=$((sum + $(pieces "$file"))); done
  echo $sum; }
# grow COUNT: four files in turns, 24 KiB at a time and not full at the end
grow() { local i file
  mkdir -p /mnt/dir /mnt/lost+found
  for i in $(seq "$1"); do
    for file in a b c dir/d; do
      dd if=/dev/urandom of=/mnt/$file bs=24k count=1 seek=$((i - 1)) conv=notrunc 2> /dev/null || return 1
      # what lies between two turns of a file
      dd if=/dev/zero of=/mnt/filler.$((i % 2)) bs=16k count=1 seek=$i conv=notrunc,fsync 2> /dev/null
    done
  done
  for file in a b c dir/d; do echo tail >> /mnt/$file; done
  echo short > /mnt/short; : > /mnt/empty; sync; }
sums() { (cd /mnt && find . -type f | sort | xargs sha256sum) > "$1"; }
# fewer FACTOR: times fewer extents than /tmp/pieces says
fewer() { local now
  now=$(pieces_of /mnt/a /mnt/b /mnt/c /mnt/dir/d)
  echo "$(cat /tmp/pieces) extents became $now"
  [ $((now * $1)) -le "$(cat /tmp/pieces)" ]; }
says_of() { local words=$1; shift
  "$@" > /tmp/said 2>&1
  tail -n 12 /tmp/said; grep ERROR /tmp/said; dmesg | tail -n 5
  grep -qF "$words" /tmp/said; }
quiet_log() { kernel_troubles > /tmp/trouble; cat /tmp/trouble; [ ! -s /tmp/trouble ]; }

online() { local device=$1 name=$2
  is $name.mounts mount -t ocfs2 -o heartbeat=none $device /mnt
  is $name.grows grow 60
  is $name.tree tree write /mnt 5 20 xattr,reflink,prealloc
  pieces_of /mnt/a /mnt/b /mnt/c /mnt/dir/d > /tmp/pieces
  is $name.is_in_pieces test "$(cat /tmp/pieces)" -gt 40
  sums /tmp/before
  is $name.counts says_of " files should be defraged in [/mnt]" defragfs.ocfs2 -c $device
  is $name.one_file says_of "/mnt/a: Succeeded" defragfs.ocfs2 /mnt/a
  is $name.all says_of "Failure:			[ 0/" defragfs.ocfs2 -v $device
  is $name.lines grep -q '^\[[0-9]*/[0-9]*\]/mnt/dir/d:Success$' /tmp/said
  is $name.sharers grep -q '"/mnt/reflinks/one":File shares clusters' /tmp/said
  is $name.fewer fewer 8
  is $name.again says_of "Failure:			[ 0/" defragfs.ocfs2 /mnt
  is $name.no_record_left test ! -e /tmp/.ocfs2.defrag.record
  is $name.lost_found ends 1 "won't work within lost+found" defragfs.ocfs2 /mnt/lost+found
  umount /mnt; mount -t ocfs2 -o heartbeat=none $device /mnt
  sums /tmp/after
  is $name.same cmp /tmp/before /tmp/after
  is $name.unmounts umount /mnt
  is $name.not_mounted ends 1 'Is not mounted' defragfs.ocfs2 $device; }

# A signal ends a run between two files, and the next one goes on behind the last.
stop_and_go_on() {
  mount -t ocfs2 -o heartbeat=none /dev/vda /mnt
  defragfs.ocfs2 -l -v /mnt > /tmp/stopped 2>&1 &
  while ! grep -q '^\[5/' /tmp/stopped && kill -0 $!; do usleep 10000; done
  kill -TERM $!
  wait $!
  is stopped_status test $? = 1
  is stopped_words grep -q 'Process Interrupted. signale = 15' /tmp/stopped
  is stopped_record test -s /tmp/.ocfs2.defrag.record
  is goes_on ends 0 'already done... skip' defragfs.ocfs2 -g
  is goes_on_to_the_end grep -q '^\[\([0-9]*\)/\1\]/mnt/short:Success' /tmp/said
  is gone_on test ! -e /tmp/.ocfs2.defrag.record
  umount /mnt; }

# What the kernel will not do is told file by file, and shows in the exit status.
refusals() {
  mount -t ocfs2 -o heartbeat=none /dev/vda /mnt
  rm -f /mnt/a /mnt/b /mnt/c /mnt/dir/d
  grow 5
  mount -o remount,ro /mnt
  is read_only ends 1 'mounted read-only' defragfs.ocfs2 -v /mnt/a
  umount /mnt; }

# Where there is no room to move to, that is said, and the file stays as it was. The kernel is not asked: it
# would wait for itself for ever.
full() {
  mount -t ocfs2 -o heartbeat=none /dev/vda /mnt
  rm -f /mnt/a /mnt/b /mnt/c /mnt/dir/d
  grow 20
  dd if=/dev/zero of=/mnt/all bs=1M 2> /dev/null
  dd if=/dev/zero of=/mnt/the_rest bs=4k 2> /dev/null
  sync
  sums /tmp/before
  pieces_of /mnt/a > /tmp/pieces
  is full_is_in_pieces test "$(cat /tmp/pieces)" -gt 5
  is full_one_file ends 1 'too little is free' defragfs.ocfs2 -v /mnt/a
  is full_all ends 1 'too little is free' defragfs.ocfs2 -v /mnt
  umount /mnt; mount -t ocfs2 -o heartbeat=none /dev/vda /mnt
  sums /tmp/after
  is full_same cmp /tmp/before /tmp/after
  rm /mnt/all
  umount /mnt; mount -t ocfs2 -o heartbeat=none /dev/vda /mnt
  is full_with_room says_of "/mnt/a: Succeeded" defragfs.ocfs2 /mnt/a
  umount /mnt; }

offline() { local device=$1 name=$2
  is $name.mounts mount -t ocfs2 -o heartbeat=none $device /mnt
  is $name.same sh -c "cd /mnt && sha256sum -c /host/sums.$name > /tmp/checked && cat /tmp/checked"
  rm -f /mnt/file-1 && dd if=/dev/urandom of=/mnt/file-2 bs=4k count=300 seek=77 conv=notrunc 2> /dev/null
  dd if=/dev/null of=/mnt/file-4 bs=4k seek=300 2> /dev/null
  sums /tmp/before
  umount /mnt; mount -t ocfs2 -o heartbeat=none $device /mnt
  sums /tmp/after
  is $name.changes cmp /tmp/before /tmp/after
  is $name.unmounts umount /mnt; }

dmesg -c > /dev/null
online /dev/vda online
online /dev/vdb small
offline /dev/vdc worn
offline /dev/vdd full
stop_and_go_on
full
refusals
is kernel_is_content quiet_log
