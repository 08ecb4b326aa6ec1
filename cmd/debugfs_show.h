// SPDX-License-Identifier: GPL-2.0-or-later
//
// How debugfs.ocfs2 prints what is on disk. Scripts have read these lines for twenty years, so every label
// and blank is where it always was (spec: commands.md 4.3). The blocks are shown as they are: nothing is
// judged, and nothing in them is trusted further than to be printed.
#pragma once

#include <cstdio>

#include "engine/volume/volume.h"
#include "ondisk/directory.h"
#include "ondisk/group.h"

namespace ocfs2 {

/// The part of a superblock inode that is the superblock.
void show_super(std::FILE* out, const SuperBlock& super);
/// The fields that every inode has. `block` is the whole block.
void show_inode(std::FILE* out, const Features& features, ConstBytes block);
/// What the inode's body leads to: the groups of an allocator, the extents of a file, … Throws Error when a
/// block on the way cannot be read or is of another kind.
void show_inode_body(std::FILE* out, Volume& volume, ConstBytes block);

/// The same without following anything: what stands in the block alone.
void show_inode_lists(std::FILE* out, ConstBytes block);

/// The CRC line of a block whose check lies `offset` bytes into it; a wrong sum is said.
void show_check(std::FILE* out, const Features& features, ConstBytes block, u32 offset);
/// Where a block of metadata was given out; `group` 0: it does not say.
void show_suballoc(std::FILE* out, u32 bit, u32 slot, u64 group);
/// An extent block without its list.
void show_extent_block(std::FILE* out, const Features& features, ConstBytes block);
/// A list and everything below it. Throws Error when a block on the way cannot be read or is of another kind.
void show_whole_tree(std::FILE* out, Volume& volume, ConstBytes list);
void show_extent_list(std::FILE* out, ConstBytes list);
void show_chain_list(std::FILE* out, ConstBytes list);
/// `index` counts the groups of a chain; the first one has the chain's heading above it.
void show_group(std::FILE* out, const Features& features, ConstBytes block, u32 index);
/// The same with the longest free run that the descriptor claims beside the true one.
void show_group_free_bits(std::FILE* out, const Features& features, ConstBytes block, u32 index);

/// Bits of a group that are clear in a row.
u64 longest_free_run(ConstBytes block);

/// "-rw-r--r--".
std::string mode_text(u32 mode);
/// A line of a listing.
void show_entry(std::FILE* out, const DirectoryEntry& entry, std::string_view name);
/// A line of a long listing. `number` is the inode's, `inode` its block.
void show_long_entry(std::FILE* out, InodeNo number, const Inode& inode, std::string_view name);

}  // namespace ocfs2
