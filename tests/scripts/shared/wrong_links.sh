# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A small, harmless fault: on volumes without metaecc, whose blocks carry no checksum.

# wrong_links IMAGE: gives the root directory one link too many, which fsck calls INODE_COUNT
wrong_links() {
  python3 - "$1" << 'END'
import struct, sys
with open(sys.argv[1], "r+b") as image:
    for bits in range(9, 13):
        image.seek(2 << bits)
        block = image.read(512)
        if block[:6] == b"OCFSV2" and struct.unpack_from("<I", block, 0xC0 + 0x38)[0] == bits:
            break
    root, = struct.unpack_from("<Q", block, 0xC0 + 0x28)
    image.seek((root << bits) + 0x2A)
    links, = struct.unpack("<H", image.read(2))
    image.seek((root << bits) + 0x2A)
    image.write(struct.pack("<H", links + 1))
END
}
