// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "cmd/version.h"

namespace ocfs2 {
namespace {

bool is_hexadecimal(std::string_view text) { return text.starts_with("0x") || text.starts_with("0X"); }

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The effect of a row, with the option's name put in front of a complaint about its value.
void take_value(const OptionRow& row, const std::string& value) {
  try {
    row.take(value);
  } catch (const Misuse& misuse) {
    throw Misuse(fmt::format("option '{}': {}", row.spelling(), misuse.what()));
  }
}

u64 checked(std::optional<u64> value, std::string_view text, std::string_view what, Range range) {
  if (value && *value >= range.least && *value <= range.most) return *value;
  if (range.least == 0 && range.most == Range{}.most) throw Misuse(fmt::format("'{}' is not {}", text, what));
  throw Misuse(fmt::format("'{}' is not {} from {} to {}", text, what, range.least, range.most));
}

}  // namespace

std::optional<u64> number_from(std::string_view text) {
  const bool hexadecimal = is_hexadecimal(text);
  if (hexadecimal) text.remove_prefix(2);
  u64 value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::optional<u64> size_from(std::string_view text, std::string_view suffixes) {
  constexpr std::string_view steps = "bkmgtp";  // bytes, then powers of 1024
  if (text.empty()) return std::nullopt;
  const auto same_letter = [last = text.back()](char suffix) { return (suffix | 0x20) == (last | 0x20); };
  std::size_t step = 0;
  if (!is_hexadecimal(text) && std::ranges::any_of(suffixes, same_letter)) {
    step = steps.find(static_cast<char>(text.back() | 0x20));
    text.remove_suffix(1);
  }
  const std::optional<u64> number = number_from(text);
  const u64 unit = u64{1} << 10 * step;
  if (!number || *number > std::numeric_limits<u64>::max() / unit) return std::nullopt;
  return *number * unit;
}

u64 number_in(std::string_view text, Range range) {
  return checked(number_from(text), text, "a number", range);
}

u64 size_in(std::string_view text, std::string_view suffixes, Range range) {
  const std::string what = fmt::format("a size (a number, possibly with one of {} behind it)", suffixes);
  return checked(size_from(text, suffixes), text, what, range);
}

Options::Options(std::span<char*> arguments, std::string_view summary)
    : arguments_(arguments), program_(base_name(arguments[0])), summary_(summary) {}

void Options::custom(std::string_view spelling, std::function<void(std::string_view)> take,
                     std::string_view help) {
  OptionRow row = row_from_spelling(spelling);
  row.group = group_;
  row.help = help;
  row.take = std::move(take);
  rows_.push_back(std::move(row));
}

void Options::flag(std::string_view spelling, bool& target, std::string_view help) {
  custom(
      spelling, [&target](std::string_view) { target = true; }, help);
}

void Options::count(std::string_view spelling, int& target, std::string_view help) {
  custom(
      spelling, [&target](std::string_view) { ++target; }, help);
}

void Options::list(std::string_view spelling, std::vector<std::string>& target, std::string_view help) {
  custom(
      spelling, [&target](std::string_view value) { target.emplace_back(value); }, help);
}

void Options::positional(std::string_view name, std::string& target, std::string_view help) {
  positionals_.push_back({name, help, Places::one, [&target](std::string_view value) { target = value; }});
}

void Options::positional(std::string_view name, std::optional<std::string>& target, std::string_view help) {
  positionals_.push_back(
      {name, help, Places::maybe_one, [&target](std::string_view value) { target = std::string(value); }});
}

void Options::positional(std::string_view name, std::vector<std::string>& target, std::string_view help) {
  positionals_.push_back(
      {name, help, Places::any, [&target](std::string_view value) { target.emplace_back(value); }});
}

bool Options::has(char letter, std::string_view name) const {
  return std::ranges::any_of(
      rows_, [&](const OptionRow& row) { return name.empty() ? row.letter == letter : row.name == name; });
}

void Options::add_common_options() {
  group("Help");
  if (!has(0, "help")) flag(has('h', "") ? "--help" : "-h, --help", show_help_, "Show this text and exit");
  if (!has(0, "version"))
    flag(has('V', "") ? "--version" : "-V, --version", show_version_, "Show the version and exit");
}

std::optional<int> Options::parse() try {
  add_common_options();
  const GivenWords given = given_words(rows_, arguments_.subspan(1));
  for (const GivenOption& option : given.options) take_value(*option.row, option.value);
  if (!show_help_ && !show_version_) {
    take_positionals(given.arguments);
    return std::nullopt;
  }
  if (show_help_) {
    fmt::print(stdout, "{}", help_text());
  } else {
    fmt::print(version_stream_, "{}\n", version_line(program_));
  }
  return 0;
} catch (Misuse& misuse) {
  misuse.usage = usage_line();
  throw;
}

void Options::take_positionals(std::span<const std::string> arguments) const {
  for (const Positional& positional : positionals_) {
    if (arguments.empty() && positional.places == Places::one)
      throw Misuse(fmt::format("{} is missing", positional.name));
    while (!arguments.empty()) {
      positional.take(arguments.front());
      arguments = arguments.subspan(1);
      if (positional.places != Places::any) break;
    }
  }
  if (!arguments.empty()) throw Misuse(fmt::format("'{}' is one argument too many", arguments.front()));
}

void Options::misuse(std::string message) const {
  Misuse misuse(std::move(message));
  misuse.usage = usage_line();
  throw misuse;
}

}  // namespace ocfs2
