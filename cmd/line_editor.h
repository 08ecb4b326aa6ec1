// SPDX-License-Identifier: GPL-2.0-or-later
//
// A line that a person types at a terminal: with the keys that shells have taught, what was typed before, and
// completion. Our own, because readline and its kin need a terminal database and as much room as a tenth of
// this whole program; every terminal of today understands the three sequences that are written here. The line
// stays on one row and moves sideways when it is longer.
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/key_reader.h"

namespace ocfs2 {

class LineEditor {
 public:
  /// What the last word of this text may become; one that ends in '/' may go on.
  using Complete = std::function<std::vector<std::string>(std::string_view before)>;

  LineEditor(std::FILE* in, std::FILE* out, Complete complete)
      : in_(in), out_(out), keys_(in), complete_(std::move(complete)) {}

  /// Whether both ends are a terminal that can move its cursor (TERM).
  static bool possible(std::FILE* in, std::FILE* out);

  /// The next line, which is also remembered; empty after Ctrl-C, nothing after Ctrl-D or when a signal asks
  /// the program to stop.
  std::optional<std::string> read(std::string_view prompt);

 private:
  enum class Next { more, done, end };

  Next take(char key);
  void take_sequence();
  void insert(char byte);
  void erase(std::size_t from, std::size_t to);
  void remember();
  void recall(std::size_t index);
  void complete_word();
  void list(const std::vector<std::string>& candidates);
  void show();
  std::size_t before(std::size_t at) const;
  std::size_t behind(std::size_t at) const;
  std::size_t word_before(std::size_t at) const;
  std::size_t word_behind(std::size_t at) const;

  std::FILE *in_, *out_;
  KeyReader keys_;
  Complete complete_;
  std::string prompt_{}, line_{};
  std::size_t at_ = 0;  ///< byte of the line before which the cursor stands
  std::vector<std::string> history_{};
  std::size_t recalled_ = 0;  ///< line of the history that is shown; its size: the new one
  std::string fresh_{};       ///< the new line, while an older one is shown
};

}  // namespace ocfs2
