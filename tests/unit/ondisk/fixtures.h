// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks of a real volume for the tests of the format: 4096-byte blocks and clusters, checksums, two slots,
// 76800 clusters. Only bytes that are not zero are written down; the checksums prove that nothing is missing.
#pragma once

#include <string>
#include <vector>

#include "ondisk/judgement.h"

namespace ocfs2::fixtures {

/// "4f 43 | 46" as bytes; everything but hex digits is ignored.
std::vector<u8> hex(std::string_view text);

struct Piece {
  std::size_t offset;
  std::string_view hex;
};
/// A block of zeros with these pieces laid over it.
std::vector<u8> block_with(const std::vector<Piece>& pieces, std::size_t bytes = 4096);

/// The sample volume.
VolumeFacts sample_volume();
/// A volume without features, with blocks and clusters of the given sizes and 65536 clusters.
VolumeFacts plain_volume(u32 block_bits, u32 cluster_bits = 12);

std::vector<u8> super_block();     ///< block 2
std::vector<u8> root_directory();  ///< block 5
std::vector<u8> first_group();     ///< block 3: cluster group 0
std::vector<u8> extent_group();    ///< block 8721: of the first slot's extent allocator
std::vector<u8> index_root();      ///< block 8722
std::vector<u8> refcount_root();   ///< block 8723

/// The names of the fields that `kind`'s judge finds fault with, each once.
std::vector<std::string> faults(const BlockKind& kind, ConstBytes block, const VolumeFacts& volume, u64 at);
using Fields = std::vector<std::string>;

}  // namespace ocfs2::fixtures
