// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the ways in which people name a file to its inode (spec: commands.md 4.1): <17>, //global_bitmap (in
// the system directory), /usr/bin (from the root), bin/ls (from where they are).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ondisk/numbers.h"

namespace ocfs2 {

class Volume;

/// Of directories in directories; a path of the VFS has 4096 bytes.
constexpr u32 path_depth_max = 2000;

struct PathStart {
  InodeNo root;     ///< where / begins
  InodeNo current;  ///< where other paths begin
};

/// The inode that `path` names. Symbolic links on the way are followed, the last component is not. Names are
/// looked for in the entries themselves, so that a damaged index hides nothing. Throws Error(not_found)
/// naming the path as far as the component that is missing, Error(invalid_argument) where a directory is
/// needed and there is none, or for too many links.
InodeNo resolve_path(Volume& volume, std::string_view path, const PathStart& start);

/// The path of a name in a directory, found by way of the directory's parents; "<17>/name" when those do not
/// lead to the root.
std::string path_of_name(Volume& volume, InodeNo directory, std::string_view name);

/// The number in "<17>" or "<0x11>"; nothing for any other text.
std::optional<InodeNo> parse_inode_number(std::string_view text);

}  // namespace ocfs2
