#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# No field of a damaged volume makes fsck take memory without bound. On a volume with everything in it, fields
# of every structure are set to the largest number, in every other block of that kind, so that sound ones stay
# beside them; fsck, also repairing, ends by itself, with a verdict, and stays within its budget, which the
# kernel enforces, too.
. "$(dirname "$0")/lib.sh"

budget_mib=64
limit_kib=$(((budget_mib + 2 * 8) * 1024)) # and the stacks of two threads
zstd -qdcf "$ROOT/tests/corpus/rich-base.img.zst" > sound.img

# wild_fields: lines "SIGNATURE OFFSET BYTES", of the fields that count, measure or lead somewhere
wild_fields() {
  python3 - << 'PYTHON'
fields = {
    "INODE01": {0x14: 4, 0x20: 8, 0x4c: 2, 0x76: 2, 0x90: 8, 0x98: 8, 0xb8: 4, 0xc0: 8, 0xc2: 2, 0xc4: 2,
                0xd0: 8, 0xd4: 2, 0xd8: 8},
    "GROUP01": {0x8: 2, 0xa: 2, 0xc: 2, 0x14: 4, 0x18: 8},
    "EXBLK01": {0x28: 8, 0x30: 2, 0x32: 2, 0x34: 2, 0x44: 4, 0x48: 8},
    "XATTR01": {0x40: 2, 0x42: 2, 0x44: 2, 0x48: 8, 0x50: 8},
    "REFCNT1": {0x40: 4, 0x44: 4, 0x60: 2, 0x62: 2, 0x64: 2},
    "DXDIR01": {0x30: 8, 0x38: 4, 0x40: 4, 0x50: 2, 0x52: 2},
    "DXLEAF1": {0x20: 2, 0x22: 2},
}
for signature, sizes in fields.items():
    for offset, size in sizes.items():
        print(signature, offset, size)
PYTHON
}

# damage SIGNATURE OFFSET BYTES: sound.img with that field wild, as wild.img
damage() {
  python3 - "$@" << 'PYTHON'
import sys
signature, offset, size = sys.argv[1].encode(), int(sys.argv[2]), int(sys.argv[3])
volume = bytearray(open("sound.img", "rb").read())
places = [at for at in range(0, len(volume), 1024) if volume.startswith(signature, at)]
for at in places[::2] or places:
    volume[at + offset:at + offset + size] = b"\xff" * size
open("wild.img", "wb").write(volume)
PYTHON
}

# check_memory OPTION: what is wrong with a run, nothing when all is well
check_memory() {
  local words status peak
  words=$(ulimit -d "$limit_kib"; timeout 120 "$BOX" fsck.ocfs2 -f -t "$1" wild.img 2>&1)
  status=$?
  [ "$status" -lt 124 ] || { echo "$1 ends with status $status: $(tail -3 <<< "$words")"; return; }
  grep -q "problems* found" <<< "$words" || echo "$1 ends without a verdict: $(tail -3 <<< "$words")"
  peak=$(sed -n 's/^  Peak memory: \([0-9]*\)MB$/\1/p' <<< "$words")
  [ "${peak:-0}" -le "$budget_mib" ] || echo "$1 takes $peak MiB"
}

passed=0 failed=0
while read -r signature offset bytes; do
  damage "$signature" "$offset" "$bytes"
  wrong=$(check_memory -n; check_memory -y)
  if [ -z "$wrong" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    sed "s/^/$signature at $offset: /" <<< "$wrong"
  fi
done < <(wild_fields)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
