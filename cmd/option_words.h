// SPDX-License-Identifier: GPL-2.0-or-later
//
// Command lines as thirty years of scripts write them. The tools that this toolkit stands in for used
// getopt_long: unambiguous beginnings of long options, values that are optional (only attached: -Cfd,
// --uuid-reset=x), values that look like options (-L -home). Libraries for command lines know fewer spellings
// than that, and getopt_long cannot say what was meant by a wrong one.
#pragma once

#include <exception>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

/// The command line is wrong: what is wrong with it, for people. Caught in main, which adds the usage line.
class Misuse : public std::exception {
 public:
  explicit Misuse(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

  std::string usage;  ///< the usage line of the command, set by Options

 private:
  std::string message_;
};

struct OptionRow {
  enum class Value {
    none,
    needed,
    allowed,         ///< may be left out; only attached
    allowed_number,  ///< the same, but a next word that is a number counts as well, unless it is the last one
  };

  char letter = 0;          ///< 0 for none
  std::string name;         ///< long name without dashes, empty for none
  std::string placeholder;  ///< what the value is called in the help text
  Value value = Value::none;
  std::string_view group;
  std::string_view help;  ///< empty: understood, but not shown
  std::function<void(std::string_view)> take;

  std::string spelling() const { return name.empty() ? std::string{'-', letter} : "--" + name; }
};

/// A row without group, help and effect, from a spelling: "-F, --force", "-L, --label=TEXT", "-b BLOCK",
/// "--uuid-reset[=UUID]", "-C [FD]".
OptionRow row_from_spelling(std::string_view spelling);

struct GivenOption {
  const OptionRow* row;
  std::string value;  ///< empty when it takes none, or it was left out
};
/// A command line, taken apart: both in the order in which they were given.
struct GivenWords {
  std::vector<GivenOption> options;
  std::vector<std::string> arguments;
};
/// Takes `words` (without the program's name) apart; `rows` outlives the result. Throws Misuse for unknown
/// and ambiguous options and for missing or surplus values.
GivenWords given_words(std::span<const OptionRow> rows, std::span<char* const> words);

}  // namespace ocfs2
