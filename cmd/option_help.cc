// SPDX-License-Identifier: GPL-2.0-or-later
//
// The help text of a command: what it does, its arguments, its options by group, at most 80 columns wide.
#include <fmt/format.h>

#include <algorithm>

#include "cmd/options.h"

namespace ocfs2 {
namespace {

constexpr std::size_t WIDTH = 80;
constexpr std::size_t HELP_COLUMN = 30;

/// Appends `text`, whose first line goes on at `column`, in lines that begin at `indent`.
void append_wrapped(std::string& out, std::string_view text, std::size_t column, std::size_t indent) {
  bool fresh = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (!fresh && column + 1 + end >= WIDTH) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
      fresh = true;
    }
    if (!fresh) out += ' ', ++column;
    out += text.substr(0, end);
    column += end;
    fresh = false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

void append_entry(std::string& out, const std::string& left, std::string_view help) {
  out += left;
  if (left.size() + 2 > HELP_COLUMN) {
    out += '\n' + std::string(HELP_COLUMN, ' ');
  } else {
    out += std::string(HELP_COLUMN - left.size(), ' ');
  }
  append_wrapped(out, help, HELP_COLUMN, HELP_COLUMN);
}

/// "  -L, --label=TEXT", "      --uuid-reset[=UUID]", "  -b BLOCK"
std::string left_side(const OptionRow& row) {
  std::string left = row.letter ? fmt::format("  -{}", row.letter) : "    ";
  if (!row.name.empty()) left += (row.letter ? ", --" : "  --") + row.name;
  if (row.value == OptionRow::Value::needed) left += (row.name.empty() ? " " : "=") + row.placeholder;
  if (row.value == OptionRow::Value::allowed) left += (row.name.empty() ? "[" : "[=") + row.placeholder + "]";
  if (row.value == OptionRow::Value::allowed_number) left += " [" + row.placeholder + "]";
  return left;
}

/// A text of paragraphs, each wrapped; lines that begin with a space are kept as they are.
void append_paragraphs(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(' ')) {
      out += fmt::format("{}\n", line);
    } else {
      append_wrapped(out, line, 0, 0);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::string Options::usage_line() const {
  std::string line = fmt::format("Usage: {}{}", program_, rows_.empty() ? "" : " [OPTION]...");
  for (const Positional& positional : positionals_) {
    if (positional.places == Places::one) line += fmt::format(" {}", positional.name);
    if (positional.places == Places::maybe_one) line += fmt::format(" [{}]", positional.name);
    if (positional.places == Places::any) line += fmt::format(" [{}]...", positional.name);
  }
  return line;
}

std::string Options::help_text() const {
  std::string out = usage_line() + "\n\n";
  append_paragraphs(out, summary_);
  if (!positionals_.empty()) out += "\nArguments:\n";
  for (const Positional& positional : positionals_)
    append_entry(out, fmt::format("  {}", positional.name), positional.help);
  std::vector<std::string_view> groups;
  for (const OptionRow& row : rows_)
    if (!row.help.empty() && std::ranges::find(groups, row.group) == groups.end())
      groups.push_back(row.group);
  for (const std::string_view group : groups) {
    out += fmt::format("\n{}:\n", group);
    for (const OptionRow& row : rows_)
      if (row.group == group && !row.help.empty()) append_entry(out, left_side(row), row.help);
  }
  if (!notes_.empty()) out += '\n';
  append_paragraphs(out, notes_);
  return out;
}

}  // namespace ocfs2
