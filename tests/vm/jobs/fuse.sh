# SPDX-License-Identifier: GPL-2.0-or-later
# fuse.sh -- for each line "DEVICE NAME TASK..." of /host/volumes.$node: mounts the volume through FUSE and
# does the tasks on it:
#   cases         posix_cases
#   io            random_io, several seeds
#   tree          random_tree, once alone and then by several processes at once
#   kernel=DEVICE posix_cases, by the kernel's ocfs2 on that volume: it is the judge of the cases
#   twin=DEVICE   the kernel's ocfs2 has gone through the same on that volume: both trees are equal
#   stress        stress-ng
#   killed        the program is killed while it works, and the kernel finds what was durable
# After each the kernel's ocfs2 reads the same from the volume. Prints "VOLUME NAME: good" or what is wrong.
cp /host/posix_cases /host/random_io /host/random_tree /bin
seed=20

serve() { ocfs2-fuse /dev/$device /mnt || { echo "is not mounted through FUSE"; return 1; }; }
served() { local turn
  umount /mnt || { echo "is not unmounted"; return 1; }
  for turn in $(seq 50); do
    pidof ocfs2-fuse > /dev/null || return 0
    usleep 100000
  done
  echo "does not end"; return 1; }
kernel_mounts() {
  mount -t ocfs2 -o heartbeat=none /dev/$1 /mnt || { echo "the kernel does not mount $1"; return 1; }; }

# quietly COMMAND...: its words only when it fails
quietly() { "$@" > /tmp/words 2>&1 || { echo "$* FAILED: $(tail -n 30 /tmp/words)"; return 1; }; }
# differences FILE OTHER
differences() { diff "$1" "$2" | grep '^[-+][^-+]' | head -n 6 | cut -c 1-300; }
# the digest only
digest() { sed -n 's/.*digest //p' /tmp/words; }

cases() { mkdir /mnt/cases && quietly posix_cases /mnt/cases && rm -rf /mnt/cases; }

kernel_cases() {
  served && kernel_mounts $1 || return
  mkdir /mnt/cases && quietly posix_cases /mnt/cases || return
  rm -rf /mnt/cases; umount /mnt; serve; }

io() { local turn
  for turn in 1 2 3; do
    quietly random_io /mnt/io.$turn $((seed * 10 + turn)) 1500 || return
  done
  quietly random_io /mnt/io.large $seed 150 6000000; }

tree() {
  mkdir /mnt/tree /mnt/crowd
  quietly random_tree /mnt/tree $seed 1500 --all &&
    quietly random_tree /mnt/crowd $seed 150 --all --processes 4; }

# same_tree TWIN: by the kernel first, then here
same_tree() { local wanted
  served && kernel_mounts $1 || return
  mkdir /mnt/twin; quietly random_tree /mnt/twin $seed 2500 --log /tmp/twin.log || return
  wanted=$(digest)
  random_tree list /mnt > /tmp/twin.list
  umount /mnt; serve || return
  mkdir /mnt/twin; quietly random_tree /mnt/twin $seed 2500 --log /tmp/own.log || return
  [ "$(digest)" = "$wanted" ] ||
    { echo "operations came to something else: $(differences /tmp/twin.log /tmp/own.log)"; return 1; }
  random_tree list /mnt > /tmp/own.list
  cmp -s /tmp/twin.list /tmp/own.list && return
  echo "another tree than the kernel's: $(differences /tmp/twin.list /tmp/own.list)"; return 1; }

stress() { local stressor
  mkdir /mnt/stress
  for stressor in access chdir chmod chown copy-file dentry dir fallocate fcntl file-ioctl filename flock \
    fpunch fstat getdent hdd io link lockofd mknod open readahead rename seek symlink sync-file touch \
    utime xattr; do
    quietly stress-ng --temp-path /mnt/stress --verify --$stressor 1 --timeout 2 --$stressor-ops 200 || return
  done; }

# load: what nobody waits for, and files that are synced, each then told in /tmp/synced
load() { local number
  random_tree /mnt/load $1 100000 > /dev/null 2>&1 &
  for number in $(seq 1000); do
    /sbin/tree file "/mnt/synced/$1-$number" $number $((number * 7919 % 150000 + 1)) 2> /dev/null || break
    echo "$1-$number" >> /tmp/synced
  done; }

killed() { local turn name
  : > /tmp/synced
  for turn in 1 2 3; do
    mkdir -p /mnt/load /mnt/synced
    load $turn > /dev/null 2>&1 &
    sleep $((turn + RANDOM % 3)).$((RANDOM % 10))
    kill -9 "$(pidof ocfs2-fuse)"
    wait $!
    kill -9 $(pidof random_tree); umount -l /mnt; sleep 0.3
    kernel_mounts $device || return
    while read -r name; do
      quietly /sbin/tree verify "/mnt/synced/$name" "${name#*-}" || return
    done < /tmp/synced
    umount /mnt; serve || return
  done
  [ "$(wc -l < /tmp/synced)" -ge 10 ] && return
  echo "only $(wc -l < /tmp/synced) files were synced"; return 1; }

# the kernel's ocfs2 sees what was seen here
kernel_agrees() {
  random_tree list /mnt > /tmp/seen
  served && kernel_mounts $device || return
  random_tree list /mnt > /tmp/kernel.seen
  umount /mnt
  cmp -s /tmp/seen /tmp/kernel.seen && [ -s /tmp/seen ] && return
  echo "the kernel's view: $(differences /tmp/seen /tmp/kernel.seen)"; return 1; }

judge() { local device=$1 name=$2 task began
  shift 2
  serve || return
  for task; do
    began=$(cut -d. -f1 /proc/uptime)
    case $task in
      kernel=*) kernel_cases "${task#kernel=}" ;;
      twin=*) same_tree "${task#twin=}" ;;
      *) $task ;;
    esac || return
    echo "$name: $task took $(($(cut -d. -f1 /proc/uptime) - began)) s" > /dev/console
  done
  kernel_agrees && echo good; }

dmesg -c > /dev/null
while read -r device name tasks; do
  verdict=$(judge $device $name $tasks 2>&1)
  umount /mnt 2> /dev/null
  trouble=$(dmesg -c | grep -E 'corrupt|BUG|WARNING|Oops|Call Trace' | head -3)
  echo "VOLUME $name: $verdict${trouble:+ BUT $trouble}"
  seed=$((seed + 1))
done < /host/volumes.$node
