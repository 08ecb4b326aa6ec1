// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finding the superblock of a device of which nothing is known yet (spec: ondisk.md 1.1 to 1.3; commands.md
// 0.4).
//
// The superblock is block 2, but how large a block is says only the superblock. So each block size is tried,
// from the device's sector size up. When the first superblock is damaged the backups are looked at, too, so
// that the message can say what still works.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/block_device.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {

/// Which superblock a caller wants.
struct SuperWish {
  u32 backup = 0;                         ///< 1 … 6: that backup superblock; 0: the first one
  u32 block_size = 0;                     ///< bytes, if the user named it; 0: found out
  u64 super_block = 0;                    ///< the block to read, with `block_size`; 0: block 2
  bool check_sums = true;                 ///< refuse one with a wrong checksum
  bool name_backups = true;               ///< messages say which backup is intact
  std::string_view backup_option = "-s";  ///< what the user types to choose a backup, for messages
  /// Whether the device shows another format: then a backup is no proof that a volume is still there. Asked
  /// when nothing is left of the first superblock. Empty: it does not.
  std::function<bool()> holds_something_else{};
};

/// A superblock that judge_super calls clean.
struct FoundSuper {
  BlockNo block;
  std::vector<u8> bytes;  ///< the whole block, as large as it says that blocks are

  const SuperInode& inode() const { return as<SuperInode>(ConstBytes(bytes)); }
  const SuperBlock& super() const { return inode().super; }
};

/// Reads the superblock. Throws Error(unsupported) for OCFS version 1, Error(not_found) when there is no
/// OCFS2 on the device, Error(corrupt) when there is but its superblock contradicts itself; the latter two
/// name an intact backup if there is one. Throws Error(invalid_argument) for wishes that cannot be, Error(io)
/// when reading fails.
FoundSuper find_super(BlockDevice& device, const SuperWish& wish = {});

/// Backup superblock `number`, 1 … 6, if it lies on the device and is intact.
std::optional<FoundSuper> find_backup_super(BlockDevice& device, u32 number, bool check_sums = true);

}  // namespace ocfs2
