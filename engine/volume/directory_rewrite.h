// SPDX-License-Identifier: GPL-2.0-or-later
//
// Work that goes over all blocks of a directory, however large: its index made anew, its entries moved
// together. Each is a sequence of transactions, and first commits what the caller's holds; the last step is
// left in it for the caller to commit.
//
// The order is the same for all: the index leaves the directory, which is complete without one; the blocks
// change step by step, every name being in exactly one place at each commit; the new index is written where
// nobody looks yet, and enters the directory in the last step. A crash on the way leaves a sound directory
// without an index, which the kernel searches from end to end, and perhaps some space that belongs to nobody,
// which fsck gives back. Doing the work again finishes it. Only the link count of a directory of more than
// 65533 subdirectories, which needs an index to be stored, is then to be counted again.
#pragma once

#include "engine/volume/space.h"

namespace ocfs2 {

/// What becomes of an index that the directory has already.
enum class OldIndex {
  give_back,  ///< its blocks are freed; it must be sound as a tree
  forget,     ///< it is too damaged for that: its blocks are left to whoever counts the volume's space
};

/// Takes the index away. Throws Error(invalid_argument) when the directory has more links than it can have
/// without one.
void drop_index(Transaction& transaction, Space& space, InodeNo directory, OldIndex old);

/// Makes the index anew from the entries, and the list of blocks with holes with it; also for a directory
/// that had none. Memory: 16 bytes a name. Does nothing for a directory inside its inode. Throws
/// Error(invalid_argument) on a volume without the feature, Error(no_space), Error(corrupt) when an area
/// holds what is no entry.
void rebuild_index(Transaction& transaction, Space& space, InodeNo directory, OldIndex old);

/// Gives every block of a directory room for a trailer, and one, before the volume gets a feature that asks
/// for them; until then a trailer counts as a free entry. Throws Error(no_space), Error(corrupt).
void add_trailers(Transaction& transaction, Space& space, InodeNo directory);
/// How many clusters that takes. Throws Error(corrupt).
u64 clusters_for_trailers(Volume& volume, InodeNo directory);

/// Moves the entries together, in their order, gives back the blocks that this leaves empty, and makes the
/// index anew where the volume has them. Throws what rebuild_index does.
void compact_directory(Transaction& transaction, Space& space, InodeNo directory, OldIndex old);

}  // namespace ocfs2
