// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/content_kind.h"

#include <algorithm>

namespace ocfs2 {
namespace {

struct Signature {
  std::string_view kind;
  u32 offset;
  std::string_view bytes;
};

/// The more telling first: a disk with a partition table may hold anything.
constexpr Signature signatures[] = {
    {"qcow2", 0, "QFI\xfb"},
    {"vmdk", 0, "KDMV"},
    {"vmdk", 0, "# Disk DescriptorFile"},
    {"vhdx", 0, "vhdxfile"},
    {"vhd", 0, "conectix"},
    {"vdi", 0x40, "\x7f\x10\xda\xbe"},
    {"iso9660", 0x8001, "CD001"},
    {"elf", 0,
     "\x7f"
     "ELF"},
    {"gzip", 0, "\x1f\x8b"},
    {"xz", 0,
     "\xfd"
     "7zXZ"},
    {"zstd", 0, "\x28\xb5\x2f\xfd"},
    {"bzip2", 0, "BZh"},
    {"zip", 0, "PK\x03\x04"},
    {"7z", 0, "7z\xbc\xaf\x27\x1c"},
    {"tar", 0x101, "ustar"},
    {"sqlite", 0, "SQLite format 3"},
    {"pdf", 0, "%PDF-"},
    {"png", 0, "\x89PNG\r\n\x1a\n"},
    {"jpeg", 0, "\xff\xd8\xff"},
    {"squashfs", 0, "hsqs"},
    {"xfs", 0, "XFSB"},
    {"lvm2", 0x218, "LVM2 001"},
    {"luks", 0, "LUKS\xba\xbe"},
    {"swap", 4086, "SWAPSPACE2"},
    {"ext", 0x438, "\x53\xef"},
    {"ntfs", 3, "NTFS    "},
    {"gpt", 0x200, "EFI PART"},
    {"script", 0, "#!"},
    {"mbr", 0x1fe, "\x55\xaa"},
};

bool is_text(ConstBytes bytes) {
  return std::ranges::all_of(bytes.first(std::min<std::size_t>(bytes.size(), 512)), [](u8 byte) {
    return byte >= 0x20 ? byte != 0x7f : byte == '\n' || byte == '\t' || byte == '\r';
  });
}

}  // namespace

std::string_view content_kind(ConstBytes beginning) {
  if (beginning.empty()) return "empty";
  for (const Signature& row : signatures) {
    if (row.offset + row.bytes.size() > beginning.size()) continue;
    const ConstBytes there = beginning.subspan(row.offset, row.bytes.size());
    if (std::ranges::equal(there, row.bytes, {}, {}, [](char c) { return static_cast<u8>(c); }))
      return row.kind;
  }
  return is_text(beginning) ? "text" : "data";
}

}  // namespace ocfs2
