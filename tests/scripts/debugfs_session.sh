#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How debugfs.ocfs2 takes its commands, and what it says when they cannot be.
source "$(dirname "$0")/lib.sh"

make_image volume 300M
expect_success box mkfs.ocfs2 -q -F -M local -L session volume

# One command; the exit status tells of failures only when asked to.
expect_success box debugfs.ocfs2 -R 'ls /nothing' volume
contains "$err" 'ls: there is no "/nothing"'
expect_exit 1 box debugfs.ocfs2 --strict -R 'ls /nothing' volume
expect_exit 1 box debugfs.ocfs2 --strict -R stats /nonexistent
contains "$err" '/nonexistent'
expect_success box debugfs.ocfs2 --strict -R stats volume
contains "$out" 'Label: session'

# A file or a pipe: commands are repeated behind the prompt, unless -n; # begins a comment.
printf '%s\n' '# a comment' '' 'curdev' 'nonsense' 'quit' 'stats' > commands
expect_success box debugfs.ocfs2 -f commands volume
equals "$out" $'debugfs: # a comment\ndebugfs: curdev\nvolume\ndebugfs: nonsense\ndebugfs: quit'
contains "$err" 'nonsense: command not found'
run bash -c "'$BOX' debugfs.ocfs2 -n volume < commands"
equals "$out" 'volume'
expect_exit 1 box debugfs.ocfs2 -n --strict -f commands volume

# Devices are opened and closed in a session, too.
printf '%s\n' curdev stats 'open volume' curdev 'cd lost+found' 'ls' close curdev > commands
expect_success box debugfs.ocfs2 -n -f commands
contains "$out" $'No device\nvolume\n'
contains "$out" $'..\nNo device'
contains "$err" 'stats: No device open'

expect_success box o2image volume volume.image
expect_success box debugfs.ocfs2 --strict -n -R 'open volume.image -i'
expect_exit 1 box debugfs.ocfs2 --strict -n -R 'open volume -i'
contains "$err" 'is no image that o2image made; leave out -i'

# Wrong words get the usage line, numbers out of range a sentence.
expect_success box debugfs.ocfs2 -R 'stat' volume
equals "$err" 'usage: stat [-t|-T] <filespec>'
expect_success box debugfs.ocfs2 -R 'stat <99999999>' volume
contains "$err" 'Invalid block number'
expect_success box debugfs.ocfs2 -R 'stat <3>' volume
contains "$err" 'Bad magic number in inode'
expect_success box debugfs.ocfs2 -R 'cat /' volume
equals "$err" 'cat: Not a regular file'
expect_success box debugfs.ocfs2 -R 'ls //slot_map' volume
contains "$err" 'is not a directory'
expect_success box debugfs.ocfs2 -R help volume
grep -qE '^stats \[-h\] \[-s backup#\]  +Show superblock$' <<< "$out" || fail "no help on stats: $out"

# What is not offered is refused, not ignored.
run box debugfs.ocfs2 -i -R stats volume
[ "$status" -ne 0 ] || fail '-i was accepted'

# A volume whose first superblock is gone opens by a backup, as the message says.
make_image large 1100M
expect_success box mkfs.ocfs2 -q -F -M local -L rescue large
cp --sparse=always large broken
dd if=/dev/zero of=broken bs=12k count=1 conv=notrunc status=none
expect_success box debugfs.ocfs2 -R stats broken
contains "$err" 'label "rescue"; use -s 1'
expect_success box debugfs.ocfs2 -s 1 -R 'ls /' broken
contains "$out" 'lost+found'
expect_success box debugfs.ocfs2 -R 'stats -s 1' large
contains "$out" 'Inode: 262144 '
expect_success box debugfs.ocfs2 -R 'stats -s 2' large
contains "$err" 'Backup superblock not found'

# A wrong checksum is shown, and does not stand in the way.
make_image ecc 300M
expect_success box mkfs.ocfs2 -q -F -M local -b 4096 --fs-features=metaecc ecc
number=$(box debugfs.ocfs2 -R 'stat //global_bitmap' ecc | sed -nE 's/^.Inode: ([0-9]+) .*/\1/p')
printf '\377' | dd of=ecc bs=1 seek=$((number * 4096 + 0x40)) conv=notrunc status=none
expect_success box debugfs.ocfs2 -R 'stat //global_bitmap' ecc
contains "$out" '**FAILED CHECKSUM** Computed CRC32: '
contains "$out" 'Group Chain: 0   Parent Inode: '
