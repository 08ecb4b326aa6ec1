#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fsck.ocfs2 in a bad hour: on the wrong thing, on half a volume, without room, without its descriptors. What
# it says names the object, the fact and the next step, and nothing is written that nobody asked for.
. "$(dirname "$0")/lib.sh"

# corpus NAME IMAGE
corpus() { zstd -qdcf "$ROOT/tests/corpus/$1.img.zst" | cp --sparse=always /dev/stdin "$2"; }
# refused WORDS OPTION... IMAGE: exit status 8, one line of words, and the image as it was
refused() {
  local words=$1 image=${*: -1} before after
  shift
  before=$(sha256sum < "$image")
  expect_exit 8 box fsck.ocfs2 -T "$@"
  contains "$err" "$words"
  equals "$(grep -c . <<< "$err")" 1
  after=$(sha256sum < "$image")
  equals "$after" "$before"
}

# What is no volume.
mkdir folder
: > empty
truncate -s 5M noise
mkfs.ext4 -q -F noise
expect_exit 8 box fsck.ocfs2 -T -fy folder
contains "$err" 'folder: is a directory; give a block device or an image file'
expect_exit 8 box fsck.ocfs2 -T -fy /dev/null
contains "$err" '/dev/null: is a character device; give a block device or an image file'
expect_exit 16 box fsck.ocfs2 -fy ''
contains "$err" 'Missing filename'
refused 'empty: there is no OCFS2 file system: it is empty' -fy empty
refused 'noise: there is no OCFS2 file system: no superblock at the bytes where one can be; it holds: ext4' \
  -fy noise

# A copy that was cut off, and a device that is too small.
corpus rich-base whole
for bytes in 5000 60M 157282304; do
  cp --sparse=always whole part
  truncate -s "$bytes" part
  expect_exit 4 box fsck.ocfs2 -fn part
  contains "$out" '[DEVICE_TOO_SMALL] The volume has 38400 clusters, but the device ends after '
  refused 'give the device its 150 MiB again' -fy part
  refused 'give the device its 150 MiB again' -p part
done

# Superblocks that are none.
refused 'there is no OCFS2 superblock in block 7 of 4096 bytes' -b 7 -B 4096 whole
refused 'there is no OCFS2 superblock in block 2 of 4096 bytes' -B 4096 whole
refused 'block 262144 lies beyond the end of the device' -b 262144 -B 1024 whole
refused 'backup superblock 6 (at 1024 GiB) is missing or damaged' -r 6 whole

# A descriptor for the progress that is closed would be taken by the device.
for descriptor in 3 5 -4; do
  before=$(sha256sum < whole)
  expect_exit 16 box fsck.ocfs2 -fy -C "$descriptor" whole 3>&- 4>&- 5>&-
  contains "$err" "file descriptor ${descriptor#-} is not open for writing"
  equals "$(sha256sum < whole)" "$before"
done

# An undo file that is there already, or that cannot be made.
corpus fswreck/4k-default__SUPERBLOCK_CLUSTERS_LACK damaged
refused 'whole: is there already and is not overwritten; remove it or take another name' \
  -fy --undo=whole damaged
refused 'nowhere/undo: cannot make this file: No such file or directory' -fy --undo=nowhere/undo damaged
# Nothing longer can be written to any file than this many KiB.
with_room() { (trap '' XFSZ && ulimit -f "$1" && shift && "$@"); }
no_room() { with_room 0 box "$@" 2>&1 | cat; }
before=$(sha256sum < damaged)
contains "$(no_room fsck.ocfs2 -fy --undo=undo damaged)" 'undo: cannot write 4096 bytes at offset 0'
[ -e undo ] && fail 'an undo file is left of a run that wrote nothing'
equals "$(sha256sum < damaged)" "$before"

# No journal is sound, and there is no room for what is overwritten.
cat > lose_journals.py << 'END'
volume = bytearray(open("whole", "rb").read())
at = -1
while (at := volume.find(bytes.fromhex("c03b399800000004"), at + 1)) >= 0:
    volume[at:at + 4] = bytes(4)
open("lost", "wb").write(volume)
END
python3 lose_journals.py
mkdir spare
before=$(sha256sum < lost)
words=$(TMPDIR=$PWD/spare no_room fsck.ocfs2 -fy lost)
contains "$words" 'no journal of the volume can be trusted yet, so what is overwritten must be kept: name'
contains "$words" '0 fixed'
equals "$(ls spare)" ''
equals "$(sha256sum < lost)" "$before"

# A fault that -p leaves is no failure of the check.
corpus fswreck/4k-default__TRUNCATE_REC_WRAP damaged
expect_exit 4 box fsck.ocfs2 -fp damaged
contains "$err" 'Slot 0 is still not recovered'
contains "$out" 'All passes succeeded.'

# Stopped in the middle of a repair, as by Ctrl-C: thousands of findings are more than the pipe takes before
# it is read, so the run cannot be at its end when the signal comes.
cat > wrong_links.py << 'END'
import struct
volume = bytearray(open("whole", "rb").read())
for at in range(0, len(volume), 1024):
    if volume[at:at + 7] != b"INODE01" or struct.unpack_from("<Q", volume, at + 0x50)[0] != at // 1024:
        continue
    mode, _, flags = struct.unpack_from("<HHI", volume, at + 0x28)
    if mode >> 12 == 8 and flags & 0x11 == 1:
        struct.pack_into("<H", volume, at + 0x2A, 7)
open("many", "wb").write(volume)
END
python3 wrong_links.py
cp --sparse=always many stopped
mkfifo pipe
"$BOX" fsck.ocfs2 -T -fy --undo=back stopped > pipe 2>&1 &
checker=$!
exec 6< pipe
for ((line = 0; line < 1000; line++)); do read -r -u 6; done
kill -TERM "$checker"  # SIGINT is ignored by what bash runs in the background
out=$(cat <&6)
exec 6<&-
wait "$checker"
[ $(($? & 32)) -eq 32 ] || fail 'the exit status does not tell that the run was stopped'
contains "$out" 'Process Interrupted.'
contains "$out" '; stopped before the end, so there may be more. What was fixed is safe; run it again'
# What is said to be fixed is fixed.
fixed=$(sed -nE 's/^stopped: .* found, ([0-9]+) fixed.*/\1/p' <<< "$out")
[ "$fixed" -gt 0 ] || fail "nothing was fixed before the signal: $out"
links_in() { box fsck.ocfs2 -fn "$1" 2>&1 | grep -c '^\[INODE_COUNT\]'; }
equals "$(links_in stopped)" $(($(links_in many) - fixed))
expect_success box undo -q back stopped
equals "$(sha256sum < stopped)" "$(sha256sum < many)"

# The manual page has every option, and no other. -A, -N and -R are not worth a line of --help.
box fsck.ocfs2 --help | grep -E '^ +-' | cut -c1-28 | grep -oE -- '(^|[ ,])--?[A-Za-z][a-z-]*' | tr -d ' ,' |
  sort -u > in_help
sed -n '/^\.SH OPTIONS/,/^\.SH QUESTIONS/p' "$ROOT/man/fsck.ocfs2.8" | grep -A1 '^\.TP' | grep '^\.B' |
  sed 's/\\fI[A-Z]*//g; s/\\//g' | grep -oE -- '--?[A-Za-z][a-z-]*' | sort -u |
  grep -vx -e -A -e -N -e -R > in_page
equals "$(diff in_help in_page)" ''
