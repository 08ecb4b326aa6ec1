// SPDX-License-Identifier: GPL-2.0-or-later
//
// A tree of files in a directory of this host, with everything that its files have: owners, times,
// attributes, access control lists, names that share a file, holes. Names come in the order of their bytes,
// so that the same tree makes the same volume. Sockets are left out.
#pragma once

#include <utility>

#include "engine/files/tree_source.h"

namespace ocfs2 {

class DirectorySource final : public TreeSource {
 public:
  /// Throws Error(not_found), Error(invalid_argument) when there is no directory.
  explicit DirectorySource(std::string path);
  ~DirectorySource() override;

  std::optional<SourceFile> next() override;
  std::optional<SourcePiece> next_piece() override;

 private:
  std::string host_path(const std::string& path) const { return path.empty() ? top_ : top_ + "/" + path; }
  void look_into(const std::string& path);
  void take_attributes(SourceFile& file) const;
  void close_file();
  [[noreturn]] void failed(const std::string& path, std::string_view verb) const;

  std::string top_;
  std::vector<std::string> ahead_{""};                   ///< paths to be told, the next one last
  std::map<std::pair<u64, u64>, std::string> linked_{};  ///< files of several names, by device and inode
  int file_ = -1;                                        ///< whose pieces are read
  std::string file_path_;
  u64 offset_ = 0, size_ = 0;
  std::vector<u8> piece_{};
};

}  // namespace ocfs2
