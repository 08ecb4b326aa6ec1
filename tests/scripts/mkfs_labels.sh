#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lines that scripts look for, in their order; and silence where it was asked for.
source "$(dirname "$0")/lib.sh"

# labels: the part of each line of $out before its colon
labels() { sed 's/:.*//' <<< "$out" | paste -sd '|'; }

head='Label|Features|Block size|Cluster size|Volume size|Cluster groups|Extent allocator size'
head+='|Journal size|Node slots'
stages='Creating bitmaps|Initializing superblock|Writing system files|Writing superblock'
stages+='|Writing backup superblock'
rest='Formatting Journals|Growing extent allocator|Formatting slot map|Formatting quota files'
end='Writing lost+found|mkfs.ocfs2 successful'

make_image image 300M
expect_success box mkfs.ocfs2 -M local -b 4K -N 2 -L demo image
equals "$(labels)" "$head|$stages|$rest|$end"
contains "$err" 'mkfs.ocfs2 '
for line in 'Label: demo' 'Block size: 4096 (12 bits)' 'Cluster size: 4096 (12 bits)' \
  'Volume size: 314572800 (76800 clusters) (76800 blocks)' \
  'Cluster groups: 3 (tail covers 12288 clusters, rest cover 32256 clusters)' \
  'Extent allocator size: 4194304 (1 groups)' 'Journal size: 16777216' 'Node slots: 2' \
  'Creating bitmaps: done' 'Writing superblock: done' 'Writing backup superblock: 0 block(s)' \
  'Writing lost+found: done' 'mkfs.ocfs2 successful'; do
  grep -qxF "$line" <<< "$out" || fail "there is no line \"$line\""
done
equals "$(tail -c 2 .out | od -An -tx1 | tr -d ' ')" 0a0a

# What is printed only where it applies.
make_image image 1100M
expect_success box mkfs.ocfs2 -M local -T mail image
equals "$(labels)" "Filesystem Type of mail|$head|$stages|$rest|$end"
contains "$out" 'Writing backup superblock: 1 block(s)'
make_image image 300M
expect_success box mkfs.ocfs2 -M local --no-backup-super --fs-features=noinline-data image
equals "$(labels)" "$head|${stages%|*}|$rest|Indexing system directories|$end"
make_image image 300M
expect_success box mkfs.ocfs2 --cluster-stack=o2cb --cluster-name=prod image
equals "$(labels)" \
  "Cluster stack|Cluster name|Stack Flags|NOTE|$head|$stages|$rest|$end"
make_image image 1M
expect_success box mkfs.ocfs2 -H image
contains "$out" $'\nHeartbeat device\n'
lacks "$out" 'Journal size'

# -q
make_image image 300M
expect_success box mkfs.ocfs2 -q -M local -U 0123456789abcdef0123456789abcdef image
equals "$out$err" ''
expect_success box mkfs.ocfs2 -q -x image
equals "$out$err" ''
