// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/option_words.h"

#include <fmt/core.h>

#include <algorithm>

#include "net/words.h"

namespace ocfs2 {
namespace {

template <class... Args>
[[noreturn]] void misuse(fmt::format_string<Args...> format, Args&&... args) {
  throw Misuse(fmt::format(format, std::forward<Args>(args)...));
}

class WordReader {
 public:
  WordReader(std::span<const OptionRow> rows, std::span<char* const> words) : rows_(rows), words_(words) {}

  GivenWords run() {
    while (!words_.empty()) {
      const std::string_view word = next_word();
      if (word == "--") {
        given_.arguments.insert(given_.arguments.end(), words_.begin(), words_.end());
        break;
      }
      if (word.starts_with("--")) {
        long_option(word.substr(2));
      } else if (word.size() > 1 && word[0] == '-') {
        letters(word);
      } else {
        given_.arguments.emplace_back(word);
      }
    }
    return std::move(given_);
  }

 private:
  std::string_view next_word() {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  /// The value of an option that has none attached.
  std::string value_of_next_word(const OptionRow& row, std::string_view given) {
    if (row.value != OptionRow::Value::needed) return optional_number(row);
    if (words_.empty()) misuse("option '{}' needs a value: {}", given, row.placeholder);
    return std::string(next_word());
  }

  /// The next word when it is such a value, else nothing. The last word is no value, but what the command is
  /// for.
  std::string optional_number(const OptionRow& row) {
    if (row.value != OptionRow::Value::allowed_number || words_.size() < 2) return {};
    std::string_view digits = words_.front();
    if (digits.starts_with('-')) digits.remove_prefix(1);
    const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
    return number ? std::string(next_word()) : std::string();
  }

  void long_option(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string given = "--" + std::string(word.substr(0, equals));
    const OptionRow& row = row_beginning_with(word.substr(0, equals));
    std::string value;
    if (row.value == OptionRow::Value::none) {
      if (equals != word.npos) misuse("option '{}' takes no value", row.spelling());
    } else if (equals != word.npos) {
      value = word.substr(equals + 1);
    } else {
      value = value_of_next_word(row, given);
    }
    given_.options.push_back({&row, std::move(value)});
  }

  /// One word of short options: -F, -Fqx, -N4, -FN 4.
  void letters(std::string_view word) {
    for (std::size_t at = 1; at < word.size(); ++at) {
      const OptionRow& row = row_with_letter(word[at], word);
      given_.options.push_back({&row, {}});
      if (row.value == OptionRow::Value::none) continue;
      std::string& value = given_.options.back().value;
      value = word.substr(at + 1);
      if (value.empty()) value = value_of_next_word(row, std::string{'-', row.letter});
      return;
    }
  }

  const OptionRow& row_beginning_with(std::string_view beginning) const {
    std::vector<const OptionRow*> found;
    for (const OptionRow& row : rows_) {
      if (row.name.empty() || !row.name.starts_with(beginning)) continue;
      if (row.name == beginning) return row;
      found.push_back(&row);
    }
    if (found.empty() || beginning.empty()) unknown("--" + std::string(beginning), beginning);
    if (found.size() == 1) return *found[0];
    std::string candidates = found[0]->spelling();
    for (const OptionRow* row : std::span(found).subspan(1)) candidates += ", " + row->spelling();
    misuse("option '--{}' is ambiguous: {}", beginning, candidates);
  }

  const OptionRow& row_with_letter(char letter, std::string_view word) const {
    for (const OptionRow& row : rows_)
      if (row.letter == letter) return row;
    unknown(std::string{'-', letter}, word.size() > 2 ? word.substr(1) : std::string_view());
  }

  [[noreturn]] void unknown(const std::string& given, std::string_view meant) const {
    std::vector<std::string_view> names;
    for (const OptionRow& row : rows_)
      if (!row.name.empty() && !row.help.empty()) names.push_back(row.name);
    const std::string_view near = meant.empty() ? meant : nearest(meant, names);
    if (near.empty()) misuse("unknown option '{}'", given);
    misuse("unknown option '{}', did you mean '--{}'?", given, near);
  }

  std::span<const OptionRow> rows_;
  std::span<char* const> words_;
  GivenWords given_;
};

}  // namespace

OptionRow row_from_spelling(std::string_view spelling) {
  OptionRow row;
  if (spelling.size() > 1 && spelling[0] == '-' && spelling[1] != '-') {
    row.letter = spelling[1];
    spelling.remove_prefix(2);
    if (spelling.starts_with(", ")) spelling.remove_prefix(2);
  }
  if (spelling.starts_with("--")) {
    const std::size_t end = std::min(spelling.find_first_of("[= "), spelling.size());
    row.name = spelling.substr(2, end - 2);
    spelling.remove_prefix(end);
  }
  if (spelling.empty()) return row;
  row.value = spelling[0] == '['           ? OptionRow::Value::allowed
              : spelling.starts_with(" [") ? OptionRow::Value::allowed_number
                                           : OptionRow::Value::needed;
  const std::size_t begin = spelling.find_first_not_of("[= ");
  row.placeholder = spelling.substr(begin, spelling.find_last_not_of(']') + 1 - begin);
  return row;
}

GivenWords given_words(std::span<const OptionRow> rows, std::span<char* const> words) {
  return WordReader(rows, words).run();
}

}  // namespace ocfs2
