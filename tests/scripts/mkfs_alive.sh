#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A volume whose heartbeat area shows a living node is not formatted; one whose nodes are silent or gone, is.
source "$(dirname "$0")/lib.sh"

make_image image 100M
expect_success box mkfs.ocfs2 -q -L old --cluster-stack=o2cb --cluster-name=prod image
expect_success box debugfs.ocfs2 -R 'stat //heartbeat' image
region=$(($(tail -1 <<< "$out" | awk '{ print $4 }') * 1024))  # its first extent, in blocks of 1024 bytes

# beat NODE GENERATION DEAD_MS SECONDS: a node's heartbeat block, once a second and once more
cat > beat.py << 'END'
import struct, sys, time, zlib

def checksum(data):  # CRC-32 that begins with zero and is not inverted
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF

vector = struct.pack("<QB3xIQI", 0x65F00000, 1, 0, 0x1122334455667788, 62000).ljust(512, b"\0")
assert checksum(vector) == 0x528BF98A
region, node, generation, dead_ms, seconds = (int(word, 0) for word in sys.argv[1:])
with open("image", "r+b", buffering=0) as image:
    for sequence in range(1000, 1001 + seconds):
        block = struct.pack("<QB3xIQI", sequence, node, 0, generation, dead_ms).ljust(512, b"\0")
        image.seek(region + node * 512)
        image.write(block[:12] + struct.pack("<I", checksum(block)) + block[16:])
        if sequence < 1000 + seconds:
            time.sleep(1)
END
beat() { python3 beat.py "$region" "$@" || fail 'the heartbeat cannot be written'; }
label() { box debugfs.ocfs2 -R stats image | sed -n 's/^\tLabel: //p'; }
superblock() { dd if=image bs=1k skip=2 count=1 status=none | sha256sum; }

# Node 3 lives.
before=$(superblock)
python3 beat.py "$region" 3 0x1234567890 62000 600 &
node=$!
at_exit "kill $node 2> /dev/null"
sleep 2
began=$SECONDS
expect_exit 1 box mkfs.ocfs2 -x -L new image
[ $((SECONDS - began)) -le 15 ] || fail 'it took too long to see that a node lives'
contains "$out" 'node 3 is alive'
contains "$err" 'in use in the cluster'
lacks "$out" 'node 0'
equals "$(superblock)" "$before"

# -F skips the check and says so.
cp --sparse=always image forced
expect_success box mkfs.ocfs2 -F -L new forced
contains "$err" 'Cluster check disabled.'
equals "$(box debugfs.ocfs2 -R stats forced | sed -n 's/^\tLabel: //p')" new
kill $node
wait $node 2> /dev/null

# It died: after as long a silence as its block allows, it is taken for dead.
beat 3 0x1234567890 4000 0
cp --sparse=always image silent
began=$SECONDS
expect_success box mkfs.ocfs2 -x -L new image
waited=$((SECONDS - began))
{ [ $waited -ge 3 ] && [ $waited -le 15 ]; } ||
  fail "a node that may be silent for 4 s was watched for $waited s"
contains "$out" 'node 3 is dead'
equals "$(label)" new

# It left cleanly: its block has no generation, and nothing is waited for.
cp --sparse=always silent image
beat 3 0 62000 0
began=$SECONDS
expect_success box mkfs.ocfs2 -x -L newer image
[ $((SECONDS - began)) -le 3 ] || fail 'it waited for a node that had left'
contains "$out" 'node 3 left cleanly'
equals "$(label)" newer
