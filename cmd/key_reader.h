// SPDX-License-Identifier: GPL-2.0-or-later
//
// One key at a time, without Enter. A terminal is put into raw mode only while a key is waited for, so that
// whatever ends the program, the shell gets its terminal back as it was; Ctrl-C arrives as a key then.
#pragma once

#include <termios.h>

#include <cstdio>
#include <optional>

namespace ocfs2 {

/// Raw mode of a terminal for as long as this lives.
class RawTerminal {
 public:
  explicit RawTerminal(int file);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  int file_;
  termios before_{};
};

inline constexpr char key_ctrl_c = 3;
inline constexpr char key_escape = 27;

class KeyReader {
 public:
  explicit KeyReader(std::FILE* in) : in_(in) {}

  /// The next key; key_ctrl_c also when a signal asks the program to stop; nothing when the input is closed.
  /// Where keys come from a pipe, the line feed behind one that was `taken` is not a key of its own.
  std::optional<char> read();
  /// The last key was an answer.
  void taken() { swallow_line_feed_ = true; }

 private:
  std::optional<char> read_terminal(int file);

  std::FILE* in_;
  bool swallow_line_feed_ = false;
};

}  // namespace ocfs2
