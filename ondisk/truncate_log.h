// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters that a slot has taken from files but not yet given back to the global bitmap (spec: ondisk.md
// 5.7).
#pragma once

#include "ondisk/judgement.h"
#include "ondisk/records.h"

namespace ocfs2 {

struct TruncateRecord {
  le32 start;  ///< first cluster, 0: ignore the record
  le32 clusters;
};

struct TruncateLog {
  le16 count;  ///< capacity
  le16 used;   ///< records in use
  le32 reserved;

  /// The records in use; `area` goes from the structure's first byte to the end of the block.
  static std::span<const TruncateRecord> records(ConstBytes area);
  static std::span<TruncateRecord> slots(Bytes area);  ///< all slots, used or not
};

void judge_truncate_log(ConstBytes area, const Place& place, Judgement& judgement);

template <>
struct FieldTable<TruncateRecord> {
  using Self = TruncateRecord;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, start, "t_start", cluster),
      OCFS2_FIELD(0x4, clusters, "t_clusters", number),
  };
};
static_assert(tiles(fields_of<TruncateRecord>, sizeof(TruncateRecord)));

template <>
struct FieldTable<TruncateLog> {
  using Self = TruncateLog;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, count, "tl_count", number),
      OCFS2_FIELD(0x2, used, "tl_used", number),
      OCFS2_FIELD(0x4, reserved, "tl_reserved1", reserved),
  };
};
static_assert(tiles(fields_of<TruncateLog>, sizeof(TruncateLog)));

}  // namespace ocfs2
