// SPDX-License-Identifier: GPL-2.0-or-later
//
// What has to be known of a directory to give its entries other names.
#pragma once

#include "engine/rescue/scramble.h"
#include "ondisk/index.h"

namespace ocfs2 {

struct Scrambler::Names {
  struct Leaves {
    u32 cpos;
    ExtentRecord record;
  };
  struct Pair {
    NameHash old, fresh;
  };
  /// A name that an index knows, by its hash, and the number of the one that it is given.
  struct Numbered {
    NameHash old;
    u64 number;
  };
  bool kept = false;  ///< they are the system's own
  bool root = false;
  bool trailers = false;         ///< blocks end in one
  u64 blocks = 0;                ///< in use
  std::vector<Leaves> leaves;    ///< of the index, in order; none: a hash may be anything
  std::vector<NameHash> stored;  ///< in the index, in order
  std::vector<Numbered> numbered;  ///< by old
  std::vector<Pair> hashes;        ///< by old
};

}  // namespace ocfs2
