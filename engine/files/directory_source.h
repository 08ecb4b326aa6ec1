// SPDX-License-Identifier: GPL-2.0-or-later
//
// A directory of this host with all that is in it, or a single file, with everything that files have: owners,
// times, attributes, access control lists, names that share a file, holes. Names come in the order of their
// bytes, so that the same tree makes the same volume. Sockets are left out.
#pragma once

#include <sys/stat.h>

#include <utility>

#include "engine/files/tree_source.h"

namespace ocfs2 {

class DirectorySource final : public TreeSource {
 public:
  /// Which file of a host something is.
  using Identity = std::pair<u64, u64>;  ///< device, inode

  /// `image` must not be met on the way. Throws Error(not_found).
  explicit DirectorySource(std::string path, std::optional<Identity> image = {});
  ~DirectorySource() override;

  std::optional<SourceFile> next() override;
  std::optional<SourcePiece> next_piece() override;
  bool tells_once() const override { return true; }
  u64 sockets() const { return sockets_; }  ///< that were left out so far

 private:
  std::string host_path(const std::string& path) const { return path.empty() ? top_ : top_ + "/" + path; }
  struct stat look_at(const std::string& path) const;
  void describe(SourceFile& file, const struct stat& status);
  void look_into(const std::string& path);
  void take_attributes(SourceFile& file) const;
  void open_file();
  void close_file();
  bool to_next_data();
  [[noreturn]] void failed(const std::string& path, std::string_view verb) const;

  std::string top_;
  std::optional<Identity> image_;
  std::vector<std::string> ahead_{""};        ///< paths to be told, the next one last
  std::map<Identity, std::string> linked_{};  ///< files of several names
  u64 sockets_ = 0;
  int file_ = -1;  ///< whose pieces are read
  std::string file_path_;
  u64 offset_ = 0, size_ = 0;
  u64 data_end_ = 0;  ///< up to here there is no hole
  bool has_holes_ = false;
  std::vector<u8> piece_{};
};

}  // namespace ocfs2
