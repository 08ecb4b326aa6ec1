# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Nodes that beat on the volume in the file "image".

cat > "$TMP/beat.py" << 'END'
import os, struct, sys, time, zlib

def checksum(data):  # CRC-32 that begins with zero and is not inverted
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF

vector = struct.pack("<QB3xIQI", 0x65F00000, 1, 0, 0x1122334455667788, 62000).ljust(512, b"\0")
assert checksum(vector) == 0x528BF98A
region, node, generation, dead_ms, seconds = (int(word, 0) for word in sys.argv[1:])
first = int(os.environ.get("FIRST_BEAT", 1000))  # by the node's clock, in seconds since 1970
with open("image", "r+b", buffering=0) as image:
    for sequence in range(first, first + 1 + seconds):
        block = struct.pack("<QB3xIQI", sequence, node, 0, generation, dead_ms).ljust(512, b"\0")
        image.seek(region + node * 512)
        image.write(block[:12] + struct.pack("<I", checksum(block)) + block[16:])
        if sequence < first + seconds:
            time.sleep(1)
END

# region: where on the image nodes beat, in bytes: the first extent of the heartbeat file
region() {
  local bits first
  bits=$(box debugfs.ocfs2 -R stats image | sed -nE 's/.*Block Size Bits: ([0-9]+).*/\1/p')
  first=$(box debugfs.ocfs2 -R 'stat //heartbeat' image | awk 'END { print $4 }')
  echo $((first << bits))
}
# beat NODE GENERATION DEAD_MS: a node's heartbeat block, once
beat() { python3 "$TMP/beat.py" "$(region)" "$@" 0 || fail 'the heartbeat cannot be written'; }
# start_node NODE GENERATION DEAD_MS: it beats every second until stop_node, or for ten minutes
start_node() {
  python3 "$TMP/beat.py" "$(region)" "$@" 600 &
  node=$!
  at_exit "kill $node 2> /dev/null"
  sleep 2
}
stop_node() { kill "$node" && wait "$node" 2> /dev/null; }
