// SPDX-License-Identifier: GPL-2.0-or-later
//
// The chain list of an allocator inode: the heads of the lists of group descriptors (spec: ondisk.md 5.1).
#pragma once

#include "ondisk/judgement.h"
#include "ondisk/records.h"

namespace ocfs2 {

struct ChainRecord {
  le32 free;    ///< free bits in all groups of the chain
  le32 total;   ///< all bits
  le64 block;   ///< first group descriptor, 0: empty chain
};

struct ChainList {
  le16 clusters_per_group;
  le16 bits_per_cluster;  ///< 1 in the global bitmap, blocks per cluster in suballocators
  le16 count;             ///< capacity
  le16 used;              ///< chains in use
  le64 reserved;

  /// The chains in use; `list` goes from the list's first byte to the end of the block.
  static std::span<const ChainRecord> chains(ConstBytes list);
  static std::span<ChainRecord> chains(Bytes list);
  /// All slots, used or not.
  static std::span<ChainRecord> slots(Bytes list);
};

void judge_chain_list(ConstBytes list, const Place& place, Judgement& judgement);
void describe_chain_list(ConstBytes list, const std::string& prefix, const FieldVisitor& visit);

template <>
struct FieldTable<ChainRecord> {
  using Self = ChainRecord;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, free, "c_free", number),
      OCFS2_FIELD(0x4, total, "c_total", number),
      OCFS2_FIELD(0x8, block, "c_blkno", block),
  };
};
static_assert(tiles(fields_of<ChainRecord>, sizeof(ChainRecord)));

template <>
struct FieldTable<ChainList> {
  using Self = ChainList;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, clusters_per_group, "cl_cpg", number),
      OCFS2_FIELD(0x2, bits_per_cluster, "cl_bpc", number),
      OCFS2_FIELD(0x4, count, "cl_count", number),
      OCFS2_FIELD(0x6, used, "cl_next_free_rec", number),
      OCFS2_FIELD(0x8, reserved, "cl_reserved1", reserved),
  };
};
static_assert(tiles(fields_of<ChainList>, sizeof(ChainList)));

}  // namespace ocfs2
