// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a repair must not change in files that were not damaged: their size and content, and which blocks of
// metadata say so.
#pragma once

#include <algorithm>
#include <set>

#include "engine/io/memory_device.h"
#include "engine/volume/file_data.h"
#include "ondisk/check.h"

namespace ocfs2 {

struct FileState {
  u64 size = 0;
  u32 digest = 0;
  std::set<u64> metadata{};  ///< blocks that describe it
  bool operator==(const FileState& other) const { return size == other.size && digest == other.digest; }
};

inline FileState state_of(Volume& volume, const BlockRef<Inode>& inode) {
  FileState state{.size = inode->size};
  // block by block, holes and zeros alike: how the extents are cut does not matter
  const u32 block_size = volume.geometry().block_size();
  FileData(volume, inode).each_piece([&](u64 offset, ConstBytes piece) {
    for (; !piece.empty(); offset += block_size) {
      const ConstBytes block = piece.first(std::min<std::size_t>(piece.size(), block_size));
      piece = piece.subspan(block.size());
      if (std::ranges::all_of(block, [](u8 byte) { return byte == 0; })) continue;
      state.digest = crc32(block, crc32(bytes_of(le64(offset)), state.digest));
    }
    return true;
  });
  state.metadata.insert(inode.block().value);
  if (inode->body_kind() == InodeBody::extent_list)
    ExtentTree::of(volume.cache(), inode).each_block([&](const BlockRef<ExtentBlock>& node) {
      state.metadata.insert(node.block().value);
    });
  return state;
}

}  // namespace ocfs2
