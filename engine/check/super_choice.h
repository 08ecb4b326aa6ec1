// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which superblock a check goes by. Usually the one in block 2. When that cannot be used, what it must be is
// proven by the rest of the volume: fields that follow from where it lies or from what it points to; a single
// flipped bit; at last a backup superblock, if the volume's own inodes and groups agree with it.
#pragma once

#include <string>
#include <vector>

#include "engine/volume/find_super.h"

namespace ocfs2 {

struct SuperChoice {
  /// A field of block 2 that is wrong there, and right in `super`.
  struct Field {
    std::string_view name;
    u64 found, expected;
  };

  FoundSuper super;           ///< as it is to stand in block 2
  std::vector<Field> fields;  ///< that differ from what stands there, when it is mended
  bool one_bit = false;       ///< one flipped bit was put right
  bool bad_checksum = false;  ///< it does not agree with its bytes, nor can it be put right by one bit
  u32 backup = 0;             ///< 1 … 6: it is a copy of that backup; 0: it is block 2, as mended
  std::string trouble;        ///< with a backup: why block 2 is not used

  bool sound() const { return fields.empty() && !one_bit && !bad_checksum && backup == 0; }
};

/// Throws what find_super throws when there is no superblock that could be used.
SuperChoice choose_super(BlockDevice& device, const SuperWish& wish);

/// "backup superblock 1 (at 1 GiB)"
std::string backup_words(u32 backup);

}  // namespace ocfs2
