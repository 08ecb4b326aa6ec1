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
};

}  // namespace ocfs2
