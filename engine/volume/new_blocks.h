// SPDX-License-Identifier: GPL-2.0-or-later
//
// What blocks hold when they are new, whoever makes them: mkfs, a repair, a resize, a file operation. Each
// function fills one block, or one part of it, that was all zero.
#pragma once

#include <span>
#include <vector>

#include "engine/volume/bulk_index.h"
#include "engine/volume/bulk_tree.h"
#include "engine/volume/space.h"
#include "ondisk/extent.h"
#include "ondisk/index.h"
#include "ondisk/inode.h"
#include "ondisk/quota.h"

namespace ocfs2 {

/// What is known of an inode before it has a place and a body.
struct InodeBirth {
  u16 mode = 0;                   ///< type and permissions
  u32 flags = inode_flag::valid;  ///< i_flags
  u32 links = 0;                  ///< names that lead to it so far
  u64 size_bytes = 0;
  u64 seconds = 0;  ///< of access, change and modification, since 1970
  u32 uid = 0, gid = 0;
};

/// The fields that all inodes share (spec: ondisk.md 1.6, 3). The body stays zero.
Inode& format_inode(const VolumeFacts& facts, const NewBlock& place, const InodeBirth& birth, Bytes block);

// Bodies of inodes.

/// An empty extent list.
void format_inode_extents(const Geometry& geometry, Bytes block);
/// Room for inline data; returns it. Sets the size that a directory there has.
Bytes format_inline_directory(const Geometry& geometry, Bytes block);
/// An allocator without groups, whose groups will have `group_clusters` clusters of `bits_per_cluster` bits.
void format_allocator(const Geometry& geometry, u32 group_clusters, u32 bits_per_cluster, Bytes block);
void format_local_alloc(const Geometry& geometry, Bytes block);
void format_truncate_log(const Geometry& geometry, Bytes block);

// Trees.

/// Makes `list` a list of `capacity` records that holds `records`: extents at depth 0, else children.
void fill_extent_list(std::span<const TreeRecord> records, u16 depth, u32 capacity, Bytes list);
void format_extent_block(const VolumeFacts& facts, const TreeNode& node, const Origin& origin, Bytes block);

// Directories.

/// A directory block without entries, on no list.
void format_directory_block(BlockNo at, InodeNo directory, bool trailer, Bytes block);
/// An index root without entries that holds them itself; `entries` and the list are the caller's.
IndexRoot& format_index_root(const VolumeFacts& facts, const NewBlock& place, InodeNo directory, Bytes block);
void format_index_leaf(const VolumeFacts& facts, BlockNo at, std::span<const IndexedName> names, Bytes block);
/// Makes `list` a list of `capacity` index entries that holds `names`.
void fill_index_entries(std::span<const IndexedName> names, u32 capacity, Bytes list);

// Quota.

/// The head of a slot's quota file that nobody has used yet; the other block, an empty chunk, is zeros.
void format_local_quota(QuotaType type, Bytes head);
inline constexpr u32 local_quota_blocks = 2;

/// True when new directory blocks of this volume end in trailers (spec: ondisk.md 7.3).
inline bool new_directories_have_trailers(const VolumeFacts& facts) {
  return facts.features.has(feature::metaecc) || facts.features.has(feature::indexed_dirs);
}

}  // namespace ocfs2
