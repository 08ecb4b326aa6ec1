// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers in the lines that the kernel writes in debugfs, one after the other. Whoever reads a line asks for
// its fields in order and at the end whether all were there.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace ocfs2 {

class KernelNumbers {
 public:
  explicit KernelNumbers(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  /// The next field; empty when there is none.
  std::string_view word() {
    if (rest_.empty()) good_ = false;
    const std::string_view word = rest_.substr(0, rest_.find(separator_));
    rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
    return word;
  }
  /// The next field as a number, in hexadecimal behind 0x; what does not fit spoils the line.
  template <class Number>
  void read(Number& number) {
    std::string_view text = word();
    const int base = text.starts_with("0x") ? 16 : 10;
    if (base == 16) text.remove_prefix(2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size()) good_ = false;
  }
  template <class... Numbers>
  void read_all(Numbers&... numbers) {
    (read(numbers), ...);
  }

  bool good() const { return good_; }  ///< all fields asked for were there and made sense
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  char separator_;
  bool good_ = true;
};

}  // namespace ocfs2
