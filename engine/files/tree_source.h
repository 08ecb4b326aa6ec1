// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a tree of files comes from that a volume is to be filled with: a directory of this host, an archive.
// A source tells one file after the other, a directory before what is in it, and then the file's contents.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/files/node.h"

namespace ocfs2 {

struct SourceFile {
  std::string path{};  ///< from the root of the tree, without a slash at its ends; empty: the root itself
  u16 mode = 0;        ///< type and permissions
  u32 uid = 0, gid = 0;
  u64 size = 0;        ///< bytes of a regular file
  u64 data_bytes = 0;  ///< of it, as far as is known before it is read: the rest are holes
  Moment access{}, modification{};
  u64 device = 0;        ///< of a device, as device_number makes it
  std::string target{};  ///< of a symbolic link
  /// Another name for a file that was told before: nothing but `path` counts then.
  std::optional<std::string> same_as{};
  std::map<std::string, std::vector<u8>> attributes{};  ///< as getxattr(2) has them

  u16 type() const { return mode & file_mode::type_mask; }
};

/// Bytes of a file; what lies between pieces is a hole.
struct SourcePiece {
  static constexpr std::size_t bytes_max = 1 << 20;

  u64 offset = 0;
  ConstBytes bytes{};  ///< valid until the next call
};

class TreeSource {
 public:
  virtual ~TreeSource() = default;
  /// The next file, or nothing at the end. Throws Error(io) when it cannot be read, Error(corrupt) when an
  /// archive is damaged.
  virtual std::optional<SourceFile> next() = 0;
  /// The next piece of the file that `next` told, or nothing at its end; at most SourcePiece::bytes_max. What
  /// was not asked for is passed over.
  virtual std::optional<SourcePiece> next_piece() = 0;
  /// True when no path is told twice.
  virtual bool tells_once() const = 0;
};

}  // namespace ocfs2
