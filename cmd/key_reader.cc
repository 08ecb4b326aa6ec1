// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/key_reader.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "cmd/console.h"

namespace ocfs2 {
namespace {

constexpr int glance_ms = 100;  // how often a pending stop is looked for

}  // namespace

RawTerminal::RawTerminal(int file) : file_(file) {
  tcgetattr(file_, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  tcsetattr(file_, TCSANOW, &raw);
}

RawTerminal::~RawTerminal() { tcsetattr(file_, TCSANOW, &before_); }

std::optional<char> KeyReader::read() {
  if (const int file = fileno(in_); file >= 0 && isatty(file)) return read_terminal(file);
  int letter = std::getc(in_);
  if (letter == '\n' && swallow_line_feed_) letter = std::getc(in_);
  swallow_line_feed_ = false;
  if (InterruptWatch::interrupted()) return key_ctrl_c;
  if (letter == EOF) return std::nullopt;
  return static_cast<char>(letter);
}

/// Waits in short steps: a signal between the look at the flag and the wait would not be seen otherwise.
std::optional<char> KeyReader::read_terminal(int file) {
  const RawTerminal raw(file);
  while (true) {
    if (InterruptWatch::interrupted()) return key_ctrl_c;
    pollfd waiting{file, POLLIN, 0};
    if (poll(&waiting, 1, glance_ms) <= 0) continue;
    char letter = 0;
    if (::read(file, &letter, 1) == 1) return letter;
    if (errno != EINTR && errno != EAGAIN) return std::nullopt;
  }
}

}  // namespace ocfs2
