// SPDX-License-Identifier: GPL-2.0-or-later
//
// A slot's window into the global bitmap (spec: ondisk.md 5.6). All clusters of the window are set in the
// global bitmap; the ones that were handed out are set here, too.
#pragma once

#include "ondisk/judgement.h"

namespace ocfs2 {

struct LocalAlloc {
  le32 first_cluster;  ///< where the window begins, 0: no window
  le16 bitmap_bytes;   ///< room for bits
  le16 reserved1;
  le64 reserved2;

  /// The window's bits, as many bytes as the fields and `area` (from the structure's first byte on) allow.
  static ConstBytes bitmap(ConstBytes area);
  static Bytes bitmap(Bytes area);
};

template <>
struct FieldTable<LocalAlloc> {
  using Self = LocalAlloc;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, first_cluster, "la_bm_off", cluster),
      OCFS2_FIELD(0x4, bitmap_bytes, "la_size", number),
      OCFS2_FIELD(0x6, reserved1, "la_reserved1", reserved),
      OCFS2_FIELD(0x8, reserved2, "la_reserved2", reserved),
  };
};
static_assert(tiles(fields_of<LocalAlloc>, sizeof(LocalAlloc)));

}  // namespace ocfs2
