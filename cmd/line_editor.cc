// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/line_editor.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cmd/console.h"

namespace ocfs2 {
namespace {

constexpr std::size_t history_max = 500;
constexpr std::size_t listed_max = 100;
constexpr std::size_t columns_if_unknown = 80;

constexpr char control(char letter) { return static_cast<char>(letter & 0x1f); }
bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

/// How many columns a terminal gives a character of UTF-8; the C library knows only with a locale's files.
std::size_t columns_of(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  unsigned code = first < 0x80 ? first : first & (first < 0xe0 ? 0x1f : first < 0xf0 ? 0x0f : 0x07);
  for (const char byte : character.substr(1)) code = code << 6 | (byte & 0x3f);
  const auto in = [code](unsigned least, unsigned most) { return code >= least && code <= most; };
  if (in(0x300, 0x36f) || in(0x200b, 0x200f) || in(0xfe00, 0xfe0f)) return 0;
  const bool wide = in(0x1100, 0x115f) || in(0x2e80, 0xa4cf) || in(0xac00, 0xd7a3) || in(0xf900, 0xfaff) ||
                    in(0xfe30, 0xfe6f) || in(0xff00, 0xff60) || in(0xffe0, 0xffe6) || in(0x1f300, 0x1faff) ||
                    in(0x20000, 0x3fffd);
  return wide ? 2 : 1;
}

std::size_t width_of(std::FILE* terminal) {
  winsize size{};
  const bool known = ioctl(fileno(terminal), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : columns_if_unknown;
}

}  // namespace

bool LineEditor::possible(std::FILE* in, std::FILE* out) {
  const char* const terminal = std::getenv("TERM");
  const std::string_view kind = terminal == nullptr ? "" : terminal;
  return isatty(fileno(in)) == 1 && isatty(fileno(out)) == 1 && !kind.empty() && kind != "dumb";
}

std::optional<std::string> LineEditor::read(std::string_view prompt) {
  const InterruptWatch watch;
  const RawTerminal raw(fileno(in_));
  prompt_ = prompt;
  line_.clear();
  at_ = 0;
  recalled_ = history_.size();
  Next next = Next::more;
  while (next == Next::more) {
    show();
    const auto key = keys_.read();
    next = key && !InterruptWatch::interrupted() ? take(*key) : Next::end;
  }
  fmt::print(out_, "\n");
  std::fflush(out_);
  if (next == Next::end) return std::nullopt;
  remember();
  return line_;
}

LineEditor::Next LineEditor::take(char key) {
  switch (key) {
    case '\r':
    case '\n':
      return Next::done;
    case key_ctrl_c:
      fmt::print(out_, "^C");
      line_.clear();
      return Next::done;
    case control('D'):
      if (line_.empty()) return Next::end;
      erase(at_, behind(at_));
      break;
    case 127:
    case control('H'):
      erase(before(at_), at_);
      break;
    case control('A'):
      at_ = 0;
      break;
    case control('E'):
      at_ = line_.size();
      break;
    case control('B'):
      at_ = before(at_);
      break;
    case control('F'):
      at_ = behind(at_);
      break;
    case control('K'):
      erase(at_, line_.size());
      break;
    case control('U'):
      erase(0, at_);
      break;
    case control('W'):
      erase(word_before(at_), at_);
      break;
    case control('L'):
      fmt::print(out_, "\x1b[H\x1b[2J");
      break;
    case control('P'):
      if (recalled_ > 0) recall(recalled_ - 1);
      break;
    case control('N'):
      if (recalled_ < history_.size()) recall(recalled_ + 1);
      break;
    case '\t':
      complete_word();
      break;
    case key_escape:
      take_sequence();
      break;
    default:
      if (static_cast<unsigned char>(key) >= ' ') insert(key);
  }
  return Next::more;
}

/// Keys that send more than one byte: "ESC [ A", "ESC O A", "ESC [ 3 ~", "ESC [ 1 ; 5 C", "ESC b". Each is
/// done by the key that does the same.
void LineEditor::take_sequence() {
  const auto kind = keys_.read();
  if (kind == 'b') at_ = word_before(at_);
  if (kind == 'f') at_ = word_behind(at_);
  if (kind != '[' && kind != 'O') return;
  std::string numbers;
  auto key = keys_.read();
  for (; key && (*key == ';' || (*key >= '0' && *key <= '9')) && numbers.size() < 16; key = keys_.read())
    numbers += *key;
  const bool word = numbers.ends_with(";5") || numbers.ends_with(";3");
  if (key == 'A') take(control('P'));
  if (key == 'B') take(control('N'));
  if (key == 'C') at_ = word ? word_behind(at_) : behind(at_);
  if (key == 'D') at_ = word ? word_before(at_) : before(at_);
  if (key == 'H' || (key == '~' && (numbers == "1" || numbers == "7"))) at_ = 0;
  if (key == 'F' || (key == '~' && (numbers == "4" || numbers == "8"))) at_ = line_.size();
  if (key == '~' && numbers == "3") erase(at_, behind(at_));
}

void LineEditor::insert(char byte) { line_.insert(at_++, 1, byte); }

void LineEditor::erase(std::size_t from, std::size_t to) {
  line_.erase(from, to - from);
  at_ = from;
}

void LineEditor::remember() {
  if (line_.find_first_not_of(' ') == line_.npos || (!history_.empty() && history_.back() == line_)) return;
  if (history_.size() == history_max) history_.erase(history_.begin());
  history_.push_back(line_);
}

void LineEditor::recall(std::size_t index) {
  if (recalled_ == history_.size()) fresh_ = line_;
  recalled_ = index;
  line_ = index == history_.size() ? fresh_ : history_[index];
  at_ = line_.size();
}

/// As far as all candidates agree; where that is no further, they are shown.
void LineEditor::complete_word() {
  const std::string_view text = std::string_view(line_).substr(0, at_);
  const std::size_t begin = text.find_last_of(' ') + 1;  // npos + 1 is 0
  std::vector<std::string> candidates = complete_(text);
  if (candidates.empty()) return;
  std::ranges::sort(candidates);
  std::string common = candidates.front();
  while (!candidates.back().starts_with(common)) common.pop_back();  // the last one differs first
  while (!common.empty() && common.size() < candidates.front().size() &&
         continues(candidates.front()[common.size()]))
    common.pop_back();
  const bool further = common.size() > at_ - begin;
  if (candidates.size() == 1 && !common.ends_with('/')) common += ' ';
  line_.replace(begin, at_ - begin, common);
  at_ = begin + common.size();
  if (!further && candidates.size() > 1) list(candidates);
}

void LineEditor::list(const std::vector<std::string>& candidates) {
  fmt::print(out_, "\n");
  std::size_t longest = 0;
  for (const std::string& word : candidates) longest = std::max(longest, word.size());
  const std::size_t a_row = std::max<std::size_t>(1, width_of(out_) / (longest + 2));
  const std::size_t shown = std::min(candidates.size(), listed_max);
  for (std::size_t i = 0; i < shown; ++i)
    fmt::print(out_, "{:<{}}{}", candidates[i], longest + 2,
               (i + 1) % a_row == 0 || i + 1 == shown ? "\n" : "");
  if (shown < candidates.size()) fmt::print(out_, "and {} more\n", candidates.size() - shown);
}

/// Bytes that are no character, or would move the cursor, are shown as a question mark.
void LineEditor::show() {
  struct Cell {
    std::string text;
    std::size_t columns;
  };
  std::vector<Cell> cells;
  std::size_t cursor = 0, cursor_column = 0, room = width_of(out_) - 1;
  for (std::size_t at = 0; at < line_.size(); at = behind(at)) {
    const std::string character = line_.substr(at, behind(at) - at);
    const auto first = static_cast<unsigned char>(character[0]);
    const std::size_t wanted = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const bool good = first >= ' ' && first != 127 && !continues(character[0]) && character.size() == wanted;
    cells.push_back(good ? Cell{character, columns_of(character)} : Cell{"?", 1});
    if (at < at_) ++cursor, cursor_column += cells.back().columns;
  }
  const std::string_view prompt = prompt_.size() < room / 2 ? prompt_ : std::string_view();
  room -= std::min(room, prompt.size());
  std::size_t begin = 0, used = 0;
  while (begin < cursor && cursor_column > room) cursor_column -= cells[begin++].columns;
  std::string row;
  for (std::size_t i = begin; i < cells.size() && used + cells[i].columns <= room; ++i)
    row += cells[i].text, used += cells[i].columns;
  fmt::print(out_, "\r{}{}\x1b[K\r", prompt, row);
  if (prompt.size() + cursor_column > 0) fmt::print(out_, "\x1b[{}C", prompt.size() + cursor_column);
  std::fflush(out_);
}

std::size_t LineEditor::before(std::size_t at) const {
  while (at > 0 && continues(line_[--at])) continue;
  return at;
}
std::size_t LineEditor::behind(std::size_t at) const {
  if (at < line_.size()) ++at;
  while (at < line_.size() && continues(line_[at])) ++at;
  return at;
}
std::size_t LineEditor::word_before(std::size_t at) const {
  while (at > 0 && line_[at - 1] == ' ') --at;
  while (at > 0 && line_[at - 1] != ' ') --at;
  return at;
}
std::size_t LineEditor::word_behind(std::size_t at) const {
  while (at < line_.size() && line_[at] == ' ') ++at;
  while (at < line_.size() && line_[at] != ' ') ++at;
  return at;
}

}  // namespace ocfs2
