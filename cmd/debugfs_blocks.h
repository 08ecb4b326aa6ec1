// SPDX-License-Identifier: GPL-2.0-or-later
//
// Single blocks as debugfs.ocfs2 prints them, for who meets one outside its place, as in a journal. Each
// takes the whole block.
#pragma once

#include <optional>

#include "cmd/debugfs.h"
#include "cmd/debugfs_show.h"

namespace ocfs2 {

void show_directory_block(std::FILE* out, const Features& features, ConstBytes block);
void show_index_root(std::FILE* out, const Features& features, ConstBytes block);
void show_index_leaf(std::FILE* out, const Features& features, ConstBytes block);
void show_refcount_block(std::FILE* out, const Features& features, ConstBytes block);
/// The attributes of a container, which begins with its header.
void show_attributes(std::FILE* out, ConstBytes container);

/// The root of a directory's index; nothing when it has none.
std::optional<std::vector<u8>> index_root_of(DebugSession& session, InodeNo number);
/// The block that a word means: that of an inode's refcount tree, or a refcount block itself. Throws
/// Error(not_found).
BlockNo refcount_root(DebugSession& session, const std::string& word);
/// Whether gd_free_bits shall write, too. Throws WrongUsage.
bool asks_to_save(Words words);
/// Makes all counts of free clusters right. Returns how many groups were wrong.
u32 save_free_bits(DebugSession& session);

}  // namespace ocfs2
