// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a command takes, said once: the same declarations parse the command line, refuse what is wrong with it
// and write the help text. An applet binds its options to the fields of a plain struct and then reads only
// that:
//
//   Options options(arguments, "Make an OCFS2 file system.");
//   options.group("Geometry");
//   options.number("-N, --node-slots=SLOTS", request.slots, {1, 255}, "How many nodes may mount it at once");
//   options.positional("DEVICE", request.device, "Block device or image file");
//   if (const auto status = options.parse()) return *status;
//
// Unless the applet declares them itself, -h, --help and -V, --version exist too (without the letter if it is
// taken).
#pragma once

#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/option_words.h"
#include "ondisk/integers.h"

namespace ocfs2 {

struct Range {
  u64 least = 0;
  u64 most = std::numeric_limits<u64>::max();
};

/// The letters that a size may end in, either case, each step 1024 times the one before; "b" is bytes, as is
/// none.
inline constexpr std::string_view SIZES_TO_G = "bKMG";
inline constexpr std::string_view SIZES_TO_P = "bKMGTP";

/// A number in decimal or, after 0x, in hexadecimal; nothing when `text` is anything else or too large.
std::optional<u64> number_from(std::string_view text);
/// A number with one of `suffixes` behind it, in bytes (spec: commands.md 0.9).
std::optional<u64> size_from(std::string_view text, std::string_view suffixes);

/// As said of number_from and size_from, but throws Misuse in words, also when the number is out of `range`.
u64 number_in(std::string_view text, Range range);
u64 size_in(std::string_view text, std::string_view suffixes, Range range);

class Options {
 public:
  /// `arguments[0]` is the name that the command was called by. `summary` is a sentence for the help text.
  Options(std::span<char*> arguments, std::string_view summary);

  /// Options declared from here on stand below this title in the help text.
  void group(std::string_view title) { group_ = title; }
  /// Paragraphs behind the options in the help text: examples, exit status.
  void notes(std::string_view text) { notes_ = text; }
  /// --version answers on standard error, as mkfs, fsck, tunefs and debugfs do (spec: commands.md 0.2).
  void version_on_stderr() { version_stream_ = stderr; }

  // Every option is declared by its spelling, as the help text shows it: "-F, --force", "-b BLOCK",
  // "--label=TEXT", "--uuid-reset[=UUID]", "-C [FD]". One with an empty help text is understood but not
  // shown. Of an option given more than once the last value counts, except where said otherwise.

  void flag(std::string_view spelling, bool& target, std::string_view help);
  /// How often it was given is added to the target.
  void count(std::string_view spelling, int& target, std::string_view help);
  /// `Target` is std::string or std::optional<std::string>. A value that may be left out ("[=X]") reads as
  /// empty.
  template <class Target>
  void text(std::string_view spelling, Target& target, std::string_view help) {
    custom(
        spelling, [&target](std::string_view value) { target = std::string(value); }, help);
  }
  /// May be repeated; every value is kept, in order.
  void list(std::string_view spelling, std::vector<std::string>& target, std::string_view help);
  /// `Target` is an unsigned integer or an optional one; it must be able to hold `range.most`.
  template <class Target>
  void number(std::string_view spelling, Target& target, Range range, std::string_view help) {
    custom(
        spelling, [&target, range](std::string_view value) { store(target, number_in(value, range)); }, help);
  }
  template <class Target>
  void size(std::string_view spelling, Target& target, std::string_view suffixes, std::string_view help,
            Range range = {}) {
    custom(
        spelling,
        [&target, suffixes, range](std::string_view value) {
          store(target, size_in(value, suffixes, range));
        },
        help);
  }
  /// Calls `take` with the value each time the option is given ("" for a flag). It may throw Misuse, in words
  /// that go behind "option '--x': ".
  void custom(std::string_view spelling, std::function<void(std::string_view)> take, std::string_view help);

  /// The next argument that is not an option; it must be there.
  void positional(std::string_view name, std::string& target, std::string_view help);
  /// The next one, which may be missing.
  void positional(std::string_view name, std::optional<std::string>& target, std::string_view help);
  /// All the rest; possibly none.
  void positional(std::string_view name, std::vector<std::string>& target, std::string_view help);

  /// Fills the targets. Returns an exit status when the command is already over because it only had to print
  /// its help text or version. Throws Misuse.
  std::optional<int> parse();

  /// Throws Misuse with the usage line: for what only the applet can know, after parse().
  [[noreturn]] void misuse(std::string message) const;

  /// The name the command was called by, without folders.
  const std::string& program() const { return program_; }
  std::string usage_line() const;  ///< "Usage: mkfs.ocfs2 [OPTION]... DEVICE [BLOCKS]"
  std::string help_text() const;   ///< 80 columns wide

 private:
  enum class Places { one, maybe_one, any };
  struct Positional {
    std::string_view name;
    std::string_view help;
    Places places;
    std::function<void(std::string_view)> take;
  };

  template <class Target>
  static void store(Target& target, u64 value) {
    if constexpr (requires { typename Target::value_type; }) {
      target = static_cast<typename Target::value_type>(value);
    } else {
      target = static_cast<Target>(value);
    }
  }
  bool has(char letter, std::string_view name) const;
  void add_common_options();
  void take_positionals(std::span<const std::string> arguments) const;

  std::span<char*> arguments_;
  std::string program_;
  std::string_view summary_;
  std::string_view notes_;
  std::string_view group_ = "Options";
  std::vector<OptionRow> rows_;
  std::vector<Positional> positionals_;
  bool show_help_ = false;
  bool show_version_ = false;
  std::FILE* version_stream_ = stdout;
};

}  // namespace ocfs2
