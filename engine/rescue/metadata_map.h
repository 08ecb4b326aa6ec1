// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the metadata of a volume lies: what an image of it has to hold (spec: ondisk.md 13.2; the targets of
// symbolic links beside, since a checker measures them). The blocks of
// allocators are read in device order, and whatever they point at as metadata is taken in, read or not,
// sound or not: a checker that runs on the image shall meet what it would meet on the volume.
//
// The volume may be damaged in any way: nothing is followed twice, nothing outside of the volume.
#pragma once

#include <vector>

#include "engine/io/block_device.h"
#include "engine/io/block_set.h"
#include "engine/reporter.h"
#include "ondisk/judgement.h"
#include "ondisk/super.h"

namespace ocfs2 {

/// What blocks are that do not say it themselves.
enum class MetadataRole : u8 {
  labelled,    ///< blocks of allocators and the like: their signature tells
  directory,   ///< entries
  index_leaf,  ///< of a directory
  buckets,     ///< of attributes
  symlink,     ///< a target that is too long for its inode: what a name leads to is metadata, too
  journal,
  system_data,  ///< of any other file of the system
};

/// Consecutive blocks of one owner.
struct MetadataPiece {
  BlockNo first;
  u64 blocks = 0;
  u64 position = 0;  ///< directory, journal: which block of it the first one is
  InodeNo owner{};   ///< of what is not labelled
  MetadataRole role = MetadataRole::labelled;
};

struct MetadataMap {
  BlockSet blocks;
  std::vector<MetadataPiece> pieces;  ///< by first block; damaged volumes have some that overlap
  u64 unread = 0;                     ///< blocks that had to be read to know more, and could not be
};

/// Surveys the volume on `device`, which `super` describes. Blocks that cannot be read are passed over.
/// Throws Error(interrupted).
MetadataMap map_metadata(BlockDevice& device, const VolumeFacts& facts, const SuperBlock& super,
                         Reporter& reporter);

}  // namespace ocfs2
