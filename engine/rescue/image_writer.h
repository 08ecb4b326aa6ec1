// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing the metadata of a volume out as an image, in any of its forms (spec: ondisk.md 13; our container:
// engine/io/zstd_file.h). Blocks are read, changed and compressed on all cores and leave in order.
#pragma once

#include <functional>
#include <vector>

#include "engine/io/block_device.h"
#include "engine/io/block_set.h"
#include "engine/reporter.h"

namespace ocfs2 {

/// What goes into an image.
struct ImageSource {
  BlockDevice& device;
  const BlockSet& blocks;
  u64 volume_blocks;
  u32 block_size;
  /// Changes consecutive blocks, from `first` on, before they go out. Called by several threads. Empty: they
  /// stay.
  std::function<void(BlockNo first, Bytes bytes)> change{};
};

/// Takes bytes in order; throws Error when they find no room.
using ImageSink = std::function<void(ConstBytes)>;

// All return the blocks that could not be read, in order: in their place the image has zeros. They report
// progress and throw Error(interrupted), and what the sink or the target throws.

/// The established packed form; `seconds` since 1970.
std::vector<BlockNo> write_packed(const ImageSource& source, u64 seconds, const ImageSink& sink,
                                  Reporter& reporter);
/// Our container.
std::vector<BlockNo> write_zstd(const ImageSource& source, u64 seconds, const ImageSink& sink,
                                Reporter& reporter);
/// Every block in its place on `target`. With `sparse` blocks of zeros are left out, for a new file.
std::vector<BlockNo> write_in_places(const ImageSource& source, BlockDevice& target, bool sparse,
                                     Reporter& reporter);

/// Reads the blocks of `source` back from `target`. The blocks that differ.
std::vector<BlockNo> compare_in_places(const ImageSource& source, BlockDevice& target, Reporter& reporter);

}  // namespace ocfs2
