// SPDX-License-Identifier: GPL-2.0-or-later
//
// A node's sign of life (spec: ondisk.md 6.2, cluster.md D1). The heartbeat region is an array of these, one
// a node, each as large as a sector of the device.
#pragma once

#include "ondisk/judgement.h"

namespace ocfs2 {

struct HeartbeatBlock {
  le64 sequence;      ///< changes with every beat, seconds since 1970; 0: never used
  u8 node;
  std::array<u8, 3> reserved;
  le32 checksum;
  le64 generation;    ///< random for each start; 0: left cleanly
  le32 dead_ms;       ///< how long this node may be silent before it counts as dead

  /// The checksum of the whole heartbeat block (all of `sector`, at least 32 bytes).
  static u32 compute_checksum(ConstBytes sector);
  /// True when the checksum that `sector` carries is right, as it is in a block of zeros.
  static bool verify(ConstBytes sector);
  /// Stores the right checksum.
  static void seal(Bytes sector);
};

template <>
struct FieldTable<HeartbeatBlock> {
  using Self = HeartbeatBlock;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, sequence, "hb_seq", seconds),
      OCFS2_FIELD(0x08, node, "hb_node", number),
      OCFS2_FIELD(0x09, reserved, "hb_pad1", reserved),
      OCFS2_FIELD(0x0C, checksum, "hb_cksum", hex),
      OCFS2_FIELD(0x10, generation, "hb_generation", hex),
      OCFS2_FIELD(0x18, dead_ms, "hb_dead_ms", number),
  };
};
static_assert(tiles(fields_of<HeartbeatBlock>, sizeof(HeartbeatBlock)));

}  // namespace ocfs2
