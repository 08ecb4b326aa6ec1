// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a set of changed blocks becomes safe before it goes to its place. Three kinds, one promise: when
// `commit` returns or the machine dies at any moment inside it, the set is there as a whole or can be made
// so, or undone.
#pragma once

#include "engine/io/block_device.h"
#include "ondisk/numbers.h"

namespace ocfs2 {

/// A block as it is to stand on the device: judged, sealed.
struct BlockImage {
  BlockNo block;
  ConstBytes bytes;
};

class WriteAhead {
 public:
  virtual ~WriteAhead() = default;
  /// Makes `blocks` safe and puts them in place. Throws Error when the device fails.
  virtual void commit(std::span<const BlockImage> blocks) = 0;

  /// Writes contents of files to where nothing refers yet, or makes a range there read as zeros. They are
  /// durable before the blocks of the next commit can be, so that what refers to them never shows what lay
  /// there before. Bytes from the volume's first on. Throws Error when the device fails.
  virtual void write_data(u64 offset, ConstBytes bytes) = 0;
  virtual void zero_data(u64 offset, u64 length) = 0;
};

}  // namespace ocfs2
