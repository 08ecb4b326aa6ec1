// SPDX-License-Identifier: GPL-2.0-or-later
//
// The contents of the single blocks of a new volume, as the layout places them. Each function fills one block
// that the caller got, all zero, from a transaction.
#pragma once

#include "engine/format/layout.h"

namespace ocfs2 {

/// Group `index` of the global bitmap.
void fill_cluster_group(const Layout& layout, u32 index, Bytes block);
/// Group `index` of a suballocator that belongs to inode `parent`.
void fill_suballocator_group(const Layout& layout, const FreshSuballocator& allocator, u32 index,
                             InodeNo parent, Bytes block);

/// A regular file, or a directory.
void fill_file_inode(const Layout& layout, const PlannedFile& file, Bytes block);
/// An inode of the table: an allocator, a log, a journal, a file.
void fill_system_inode(const Layout& layout, const Layout::Placed& placed, Bytes block);
/// Extent block `node` of the tree that begins in an inode or index root.
void fill_extent_block(const Layout& layout, const TreeNode& node, const Suballocation& place, Bytes block);

/// Block `index` of a directory that lies in blocks; `next_free` is the next block of its list of blocks with
/// holes.
void fill_directory_block(const Layout& layout, const PlannedFile& directory, u64 index, BlockNo next_free,
                          Bytes block);
/// The largest hole that directory block `index` will have, 0 when it has none.
u32 hole_in_directory_block(const Layout& layout, const PlannedFile& directory, u64 index);

/// The index root of a directory; `first_free` is the first of its blocks with holes.
void fill_index_root(const Layout& layout, const PlannedFile& directory, BlockNo first_free, Bytes block);

/// The superblock, or the backup of it that lies at block `at`.
void fill_super(const Layout& layout, BlockNo at, Bytes block);

}  // namespace ocfs2
