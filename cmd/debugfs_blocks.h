// SPDX-License-Identifier: GPL-2.0-or-later
//
// Single blocks as debugfs.ocfs2 prints them, for who meets one outside its place, as in a journal. Each
// takes the whole block.
#pragma once

#include "cmd/debugfs_show.h"

namespace ocfs2 {

void show_directory_block(std::FILE* out, const Features& features, ConstBytes block);
void show_index_root(std::FILE* out, const Features& features, ConstBytes block);
void show_index_leaf(std::FILE* out, const Features& features, ConstBytes block);
void show_refcount_block(std::FILE* out, const Features& features, ConstBytes block);
/// The attributes of a container, which begins with its header.
void show_attributes(std::FILE* out, ConstBytes container);

}  // namespace ocfs2
