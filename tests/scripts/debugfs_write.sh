#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# debugfs.ocfs2 -w: every command that changes a volume does what it says, on volumes of several kinds; both
# checkers find nothing afterwards, and the reference's debugfs.ocfs2 shows what was made. What is refused
# changes nothing, and a run that is killed leaves what any dead node leaves.
source "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
umask 022

# edit COMMAND: one command; show COMMAND: what it prints
edit() { expect_success box debugfs.ocfs2 --strict -w -R "$1" volume && equals "$err" ''; }
show() { box debugfs.ocfs2 --strict -R "$1" volume 2>&1; }
# refused COMMAND WORDS: it fails with these, and the volume stays as it was
refused() {
  cp --sparse=always volume before
  expect_exit 1 box debugfs.ocfs2 --strict -w -R "$1" volume
  contains "$err" "$2"
  cmp volume before || fail "the volume was changed by: $1"
}
sound() {
  expect_success box fsck.ocfs2 -fn volume
  equals "$(reference_findings volume)" ''
}

echo 'some words' > words
head -c 3000000 /dev/urandom > large
cp large holes && truncate -s 9000000 holes && echo end >> holes
echo other > 'with blanks'
setfattr -n user.comment -v 'an attribute' words
setfacl -m u:1234:rw words
touch -d '2001-02-03 04:05:06.789' words
chmod 4751 words

try() { # try WHAT OPTION...: all commands on a volume that mkfs makes so
  make_image volume 96M
  expect_success box mkfs.ocfs2 -q -F -M local -N 2 "${@:2}" volume

  # Files come in with their contents, holes, and, if wanted, with all that they have.
  edit 'mkdir /a /a/b'
  edit 'write words /a/words'
  equals "$(show 'cat /a/words')" 'some words'
  contains "$(show 'stat /a/words')" 'Mode: 0751'
  contains "$(show 'stat /a/words')" 'User: 0 (root)'
  edit 'write -p words /a/b'
  contains "$(show 'ls -l /a/b')" '-rwsr-x--x'
  contains "$(show 'stat /a/b/words')" 'mtime: 0x3a7b8372'
  contains "$(show 'xattr -v /a/b/words')" 'attributes in total: 2'
  edit 'write large /a/large'
  edit 'write holes /a/holes'
  expect_success box debugfs.ocfs2 --strict -R 'dump /a/holes out' volume
  cmp holes out || fail 'what was written is not what was read'
  [ "$(du -k --apparent-size out | cut -f1)" -gt "$(du -k out | cut -f1)" ] || fail 'the hole was filled'
  edit 'write "with blanks" "/a/a name with \"quotes\""'
  equals "$(show 'cat "/a/a name with \"quotes\""')" other
  refused 'write large /a/words' '/a/words is there already; -f replaces it'
  edit 'write -f large /a/words'
  expect_success box debugfs.ocfs2 --strict -R 'dump /a/words out' volume
  cmp large out || fail 'the file was not replaced'
  refused 'write nothing /a/nothing' 'cannot look at nothing'
  refused 'write /dev/null /a/null' 'is not a regular file'
  refused 'write words /none/words' 'there is no "/none"'
  refused 'write words "/a' 'the second quotation mark is missing'

  # Names.
  edit 'ln /a/large /a/b/second'
  contains "$(show 'stat /a/large')" 'Links: 2'
  edit "symlink /a/link ../over/there"
  contains "$(show 'stat /a/link')" 'Fast Symlink Destination: ../over/there'
  edit 'mknod /a/pipe p'
  edit 'mknod /a/device c 260 70000'
  contains "$(show 'ls -l /a')" 'crw-r--r--'
  edit 'mv /a/large /a/moved'
  edit 'mv /a/moved /a/b'
  contains "$(show 'ls /a/b')" moved
  edit 'rm /a/b/second /a/link'
  contains "$(show 'stat /a/b/moved')" 'Links: 1'
  refused 'rm /a/b' 'rm: /a/b: Is a directory'
  refused 'rmdir /a/b' 'rmdir: /a/b: Directory not empty'
  refused 'rmdir /' 'the root directory has no name to work on'
  refused 'mv /a /a/b/a' 'Invalid argument'
  refused 'rm <17>' 'has to be named by its path'
  refused 'mkdir /a' 'mkdir: /a: File exists'
  refused 'mkdir //mine' 'Operation not permitted'
  edit 'mkdir /gone' && edit 'rmdir /gone'

  # What files are.
  edit 'chmod 0640 /a/words /a/holes'
  contains "$(show 'stat /a/holes')" 'Mode: 0640'
  edit 'chown 70001:root /a/words'
  contains "$(show 'stat /a/words')" 'User: 70001'
  refused 'chmod rwx /a/words' "'rwx' is no mode"
  refused 'chown nobody-here /a/words' "no user 'nobody-here'"
  edit 'setxattr /a/words user.short "a value"'
  edit 'setxattr -f /a/words user.file words'
  edit 'setxattr /a/words user.bytes 0x00ff'
  contains "$(show 'xattr -v /a/words')" 'attributes in total: 3'
  edit 'rmxattr /a/words user.short'
  contains "$(show 'xattr -v /a/words')" 'attributes in total: 2'
  refused 'rmxattr /a/words user.short' 'No data available'
  refused 'setxattr /a/words nonsense.name value' 'not supported'
  edit 'truncate /a/words 1000000'
  contains "$(show 'stat /a/words')" 'Size: 1000000'
  edit 'truncate /a/words 20M'
  refused 'truncate /a 5' 'Is a directory'
  refused 'truncate /a/words much' "'much' is no size"
  sound

  # A copy has all that its source has, and lives its own life.
  edit 'copy_inode /a/b/words /a/copy'
  equals "$(show 'cat /a/copy')" 'some words'
  contains "$(show 'ls -l /a')" '-rwsr-x--x'
  contains "$(show 'stat /a/copy')" 'mtime: 0x3a7b8372'
  contains "$(show 'xattr -v /a/copy')" 'attributes in total: 2'
  edit 'copy_inode /a/holes /a/twin'
  edit 'truncate /a/holes 100'
  expect_success box debugfs.ocfs2 --strict -R 'dump /a/twin out' volume
  cmp holes out || fail 'the copy changed with its source'
  edit 'copy_inode /a/device /a/b'
  contains "$(show 'ls -l /a/b')" 'crw-r--r--'
  refused 'copy_inode /a /c' 'is a directory'

  # Fields, of inodes and of the superblock with its backups.
  edit 'set_inode_field /a/copy mtime 2001-02-03T04:05:07'
  equals "$out" 'i_mtime: 981173106 -> 981173107'
  edit 'set_inode_field /a/copy i_mtime now'
  edit 'set_inode_field /a/copy size 7'
  equals "$(show 'cat /a/copy')" 'some wo'
  edit 'set_inode_field /a/copy size 0x0b'
  edit 'set_inode_field /a/copy i_links_count 5'
  run box fsck.ocfs2 -fn volume
  contains "$out" '[INODE_COUNT]'
  edit 'set_inode_field /a/copy i_links_count 1'
  edit 'set_super_value label "two words"'
  contains "$(show 'stats -h')" 'Label: two words'
  refused 'set_inode_field /a/copy nonsense 1' "no field 'nonsense'"
  refused 'set_inode_field /a/copy mode 999' 'an octal number is wanted'
  refused 'set_inode_field /a/copy i_links_count 70000' 'fits the field'
  refused 'set_inode_field /a/copy i_mtime 2001-02-31' 'YYYY-MM-DD'
  refused 'set_inode_field /a/copy i_blkno 7' 'nothing was written'
  refused 'set_inode_field /a/copy i_check.bc_crc32e 7' 'is a checksum'
  refused 'set_inode_field /a/copy bc_crc32e 7' 'may be any of i_check.bc_crc32e, xattrs'
  refused 'set_super_value s_blocksize_bits 3' 'nothing was written'
  refused 'set_super_value s_uuid 12' '32 hexadecimal digits'
  sound

  # Bits. What belongs to nothing is a finding, what is in use twice as well.
  local last
  last=$(($(show 'stats' | sed -n 's/.*Clusters: //p') - 1))
  edit "alloc_clusters $((last - 9)) 5"
  run box fsck.ocfs2 -fn volume
  contains "$out" "5 clusters are marked used but belong to nothing: $((last - 9)) to $((last - 5))"
  refused "alloc_clusters $((last - 5))" 'are not all free'
  refused "alloc_clusters $last 2" "there are no 2 clusters from $last on"
  refused 'free_clusters 0' 'it holds the superblock'
  edit "free_clusters $((last - 9)) 5"
  local group
  group=$(show 'stat //inode_alloc:0001' | awk '/Block#/ && /Contig/ { getline; print $2; exit }')
  [ -n "$group" ] || { edit 'mkdir /x' && group=$(show 'stat //inode_alloc:0000' |
    awk '/Block#/ && /Contig/ { getline; print $2; exit }'); }
  edit "alloc_bits <$group> 900"
  run box fsck.ocfs2 -fn volume
  [ "$status" -eq 4 ] || fail 'a bit of an allocator without an inode was no finding'
  refused "free_bits <$group> 0" 'is its descriptor'
  refused "alloc_bits <$group> 1000000" 'there are no 1 bits'
  edit "free_bits <$group> 900"
  edit 'rm -r /a'
  equals "$(show 'ls /' | grep -c ' a$')" 0
  sound
}

try plain -b 4K -C 4K
try small -b 1K -C 32K --fs-features=nosparse,noinline-data
try all -b 4K -C 4K --fs-features=metaecc,usrquota,grpquota,xattr,refcount,indexed-dirs,discontig-bg
try little -b 2K -C 8K --fs-features=metaecc,norefcount,noindexed-dirs

# Backups of the superblock follow it.
make_image volume 1100M
expect_success box mkfs.ocfs2 -q -F -M local volume
edit 'set_super_value s_max_mnt_count 77'
contains "$(show 'stats -h -s 1')" 'Max Mount Count: 77'
sound

# Counts that are wrong are counted anew; nothing else is touched.
expect_success box fswreck --code=GROUP_FREE_BITS --on=global_bitmap volume
run box fsck.ocfs2 -fn volume
[ "$status" -eq 4 ] || fail 'nothing was damaged'
expect_success box debugfs.ocfs2 --strict -R gd_free_bits volume
expect_exit 1 box debugfs.ocfs2 --strict -R 'gd_free_bits -s' volume
contains "$err" 'is open to look only'
edit 'gd_free_bits -s'
contains "$out" '1 groups corrected'
sound

# A script sees what its own commands did, and all of it is durable in the end.
{ seq 1 300 | sed 's,.*,mkdir /dir-&,'; echo 'write words /dir-300'; echo 'cat /dir-300/words'
  echo 'ls /dir-300'; echo 'nonsense'; echo 'rmdir /dir-1'; } > commands
expect_exit 1 box debugfs.ocfs2 -n --strict -w -f commands volume
contains "$out" 'some words'
contains "$err" 'nonsense: command not found'
equals "$(show 'ls /' | grep -c 'dir-')" 299
sound

# As JSON.
expect_success box debugfs.ocfs2 --strict --json -w -R 'chmod 0600 /dir-300/words' volume
python3 -m json.tool <<< "$out" > /dev/null || fail "no JSON: $out"

# What must not be opened to be changed, or not by these words.
expect_success box o2image volume volume.image
for image in volume.image; do
  expect_exit 1 box debugfs.ocfs2 --strict -w -R 'mkdir /x' $image
  contains "$err" 'metadata image'
done
expect_exit 1 box debugfs.ocfs2 --strict -R 'mkdir /x' volume
contains "$err" 'is open to look only; to change it: debugfs.ocfs2 -w'
expect_exit 1 box debugfs.ocfs2 --strict -w -s 1 -R 'mkdir /x' volume
contains "$err" 'fsck.ocfs2 -r'
expect_exit 1 box debugfs.ocfs2 -w -i -R 'mkdir /x' volume.image
contains "$err" 'leave out -w'
expect_exit 1 box debugfs.ocfs2 --assume-offline -R stats volume
contains "$err" 'with -w only'
chmod 0400 volume
[ "$(id -u)" -eq 0 ] || { expect_exit 1 box debugfs.ocfs2 --strict -w -R 'mkdir /x' volume
  contains "$err" 'Permission denied'; }
chmod 0600 volume

# Two at a time are one too many.
mkfifo line
"$BOX" debugfs.ocfs2 -n -w volume < line > first 2>&1 &
exec 3> line
printf 'mkdir /mine\nls /\n' >&3
for _ in {1..100}; do
  grep -q mine first && break
  sleep 0.1
done
run box debugfs.ocfs2 --strict -w -R 'mkdir /second' volume
equals "$status" 1
contains "$err" 'volume'
exec 3>&-
wait
sound

# Killed at any moment: the next one who changes the volume, or a check, goes on from there.
seq 1 2000 | sed 's,.*,write large /file-&\nrm /file-&\nmkdir /more-&,' > commands
for pause in 0.05 0.1 0.2 0.3 0.5; do
  "$BOX" debugfs.ocfs2 -n -w -f commands volume > /dev/null 2>&1 &
  sleep "$pause"
  kill -KILL $! && wait $! 2> /dev/null
  run box fsck.ocfs2 -fy volume
  [ "$status" -le 1 ] || fail 'the journal was not replayed'
  lacks "${out//'[INODE_ORPHANED]'/}" '['  # a file that had no name yet
  sound
  "$BOX" debugfs.ocfs2 -n -w -f commands volume > /dev/null 2>&1 &
  sleep "$pause"
  kill -KILL $! && wait $! 2> /dev/null
  edit "mkdir /after-$pause"
  sound
done
equals "$(show 'ls /' | grep -c 'after-')" 5

# One write after the other is the last one: the file is there as a whole, or not at all.
make_image volume 64M
expect_success box mkfs.ocfs2 -q -F -M local volume
mv volume fresh
kills=0
for call in pwrite64 pwritev; do
  for turn in {1..100}; do
    cp --sparse=always fresh volume
    run strace -f -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when="$turn" \
      "$BOX" debugfs.ocfs2 --strict -w -R 'write large /large' volume
    [ "$status" -ne 0 ] || break
    equals "$status" 137
    kills=$((kills + 1))
    run box fsck.ocfs2 -fy volume
    [ "$status" -le 1 ] || fail "killed at $call $turn: fsck ends with $status"
    lacks "${out//'[INODE_ORPHANED]'/}" '['
    sound
    run box debugfs.ocfs2 --strict -R 'dump /large out' volume
    [ "$status" -ne 0 ] || cmp large out || fail "killed at $call $turn: the file is not whole"
  done
done
[ "$kills" -ge 10 ] || fail "there were $kills writes only"
