#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A dry run writes nothing, and foretells where everything will be.
source "$(dirname "$0")/lib.sh"

# Whatever is there stays, without a question, and a write-protected file will do.
head -c 100M /dev/urandom > image
before=$(sha256sum < image)
touch -d @1 image
chmod a-w image
expect_success box mkfs.ocfs2 -n -N 4 -L plan image
equals "$(sha256sum < image)" "$before"
equals "$(stat -c %Y image)" 1
equals "$(head -1 <<< "$out")" 'Dry run'
lacks "$out" 'Proceed'
lacks "$out" 'successful'
foretold=$out
chmod u+w image

# planned PATH: the inode number, then the clusters, of the dry run's table
planned() { awk -v path="$1" '$1 == path { print $2, $3 }' <<< "$foretold"; }

expect_success box mkfs.ocfs2 -x -q -N 4 -L plan image
for path in //journal:0000 //journal:0003 //slot_map //global_bitmap //inode_alloc:0002 / /lost+found; do
  read -r inode clusters <<< "$(planned $path)"
  [ -n "$inode" ] || fail "the dry run does not tell of $path"
  expect_success box debugfs.ocfs2 -R "stat $path" image
  contains "$out" "Inode: $inode "
done

# The journal's clusters: four blocks of 1024 bytes each, and the extent of the real file begins there.
read -r inode clusters <<< "$(planned //journal:0000)"
expect_success box debugfs.ocfs2 -R 'stat //journal:0000' image
contains "$(tail -1 <<< "$out" | tr -s ' \t' ' ')" " $((${clusters%..*} * 4)) "
used=$(sed -nE 's/^Clusters in use: ([0-9]+) of 25600$/\1/p' <<< "$foretold")
expect_success box debugfs.ocfs2 -R 'stat //global_bitmap' image
contains "$out" "Used: $used "

# What cannot be made fails in a dry run, too.
make_image small 1000K
expect_exit 1 box mkfs.ocfs2 -n -b 1K small
contains "$err" 'Filesystem too small for a journal'
