// SPDX-License-Identifier: GPL-2.0-or-later
//
// A tree of files in a tar archive, as it comes from a file or a pipe: the forms of POSIX (ustar, pax) and of
// GNU, with long names, attributes, access control lists, and holes in each of the four forms that GNU tar
// has had for them. Owners are the numbers of the archive.
#pragma once

#include <functional>

#include "engine/files/tree_source.h"

namespace ocfs2 {

class TarSource final : public TreeSource {
 public:
  /// Fills `into` from the archive as far as it goes on; fewer bytes than asked for mean its end.
  using Read = std::function<std::size_t(Bytes into)>;
  /// `name` is for messages; `number_of` knows users and groups of access control lists.
  TarSource(std::string name, Read read, AccessList::NumberOf number_of)
      : name_(std::move(name)), read_(std::move(read)), number_of_(std::move(number_of)) {}

  std::optional<SourceFile> next() override;
  std::optional<SourcePiece> next_piece() override;
  bool tells_once() const override { return false; }

 private:
  /// What extended headers say of the file that follows, by key.
  using Words = std::map<std::string, std::string>;
  /// A run of bytes that the archive holds.
  struct Run {
    u64 offset = 0;  ///< in the file
    u64 bytes = 0;
  };
  struct Header;

  std::vector<u8> read_blocks(u64 bytes);
  void skip(u64 bytes);
  void read_to_end();
  void end_file();
  std::string read_text(u64 bytes);
  Words read_words(u64 bytes);
  SourceFile file_of(const Header& header, const Words& words);
  void take_words(SourceFile& file, const Words& words) const;
  void place_contents(SourceFile& file, const Header& header, const Words& words);
  void read_old_map(const Header& header);
  void read_map_in_data();
  void read_map(std::string_view numbers);
  void add_run(u64 offset, u64 bytes);
  [[noreturn]] void damaged(std::string_view what) const;

  std::string name_;
  Read read_;
  AccessList::NumberOf number_of_;
  u64 position_ = 0;  ///< bytes read so far
  Words for_all_{};   ///< global extended headers
  u64 left_ = 0;      ///< bytes of the file that are still in the archive, without what pads them
  u64 padding_ = 0;
  std::vector<Run> runs_{};  ///< what they are
  std::size_t run_ = 0;
  u64 in_run_ = 0;
  std::vector<u8> piece_{};
};

}  // namespace ocfs2
