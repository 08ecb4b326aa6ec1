// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first two sectors (spec: ondisk.md 1.1). OCFS version 1 kept its volume header and label there; on an
// OCFS2 volume they hold text that makes such old software fail cleanly, and nothing else.
#pragma once

#include "ondisk/field.h"

namespace ocfs2 {

/// Sector 0 of an OCFS version 1 volume, as far as it is known.
struct Ocfs1VolumeHeader {
  static constexpr u32 version1 = 2;  ///< major_version of OCFS version 1

  le32 minor_version;
  le32 major_version;
  std::array<char, 128> signature;
  std::array<char, 128> mount_point;
};

/// Sector 1 of an OCFS version 1 volume, as far as it is known.
struct Ocfs1VolumeLabel {
  std::array<u8, 0x30> disk_lock;
  std::array<char, 64> label;
  le16 label_length;
  std::array<u8, 16> volume_id;
  std::array<u8, 2> volume_id_length;
  std::array<char, 64> cluster_name;
};

/// True when the device belongs to OCFS version 1; `start` is its first sector (less is never enough).
bool is_ocfs1(ConstBytes start);

/// Writes what mkfs puts there; `start` is the first two blocks, at least 1024 bytes.
void format_ocfs1_prefix(Bytes start);

template <>
struct FieldTable<Ocfs1VolumeHeader> {
  using Self = Ocfs1VolumeHeader;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, minor_version, "minor_version", number),
      OCFS2_FIELD(0x04, major_version, "major_version", number),
      OCFS2_FIELD(0x08, signature, "signature", text),
      OCFS2_FIELD(0x88, mount_point, "mount_point", text),
  };
};
static_assert(tiles(fields_of<Ocfs1VolumeHeader>, sizeof(Ocfs1VolumeHeader)));

template <>
struct FieldTable<Ocfs1VolumeLabel> {
  using Self = Ocfs1VolumeLabel;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, disk_lock, "disk_lock", bytes),
      OCFS2_FIELD(0x30, label, "label", text),
      OCFS2_FIELD(0x70, label_length, "label_len", number),
      OCFS2_FIELD(0x72, volume_id, "vol_id", bytes),
      OCFS2_FIELD(0x82, volume_id_length, "vol_id_len", bytes),
      OCFS2_FIELD(0x84, cluster_name, "cluster_name", text),
  };
};
static_assert(tiles(fields_of<Ocfs1VolumeLabel>, sizeof(Ocfs1VolumeLabel)));

}  // namespace ocfs2
