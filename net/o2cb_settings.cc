// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/o2cb_settings.h"

#include <filesystem>

#include "net/words.h"

namespace ocfs2 {
namespace {

namespace fs = std::filesystem;

/// The value of a shell word: quotes taken off, what follows a blank left out.
std::string unquoted(std::string_view text) {
  std::string value;
  char quote = 0;
  for (const char letter : text) {
    if (quote == 0 && (letter == ' ' || letter == '\t' || letter == ';' || letter == '\r')) break;
    if (letter == quote)
      quote = 0;
    else if (quote == 0 && (letter == '"' || letter == '\''))
      quote = letter;
    else
      value += letter;
  }
  return value;
}

std::string shell_word(std::string_view value) {
  const bool plain = value.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789_.:/-") == value.npos;
  return plain ? std::string(value) : "'" + std::string(value) + "'";
}

bool there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

}  // namespace

O2cbSettings::O2cbSettings(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    Line line{std::string(text.substr(0, end)), {}, {}};
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string_view words = trimmed(line.text);
    if (words.starts_with("export ")) words = trimmed(words.substr(7));
    const std::size_t equals = words.find('=');
    if (equals != words.npos && is_word(words.substr(0, equals))) {
      line.variable = words.substr(0, equals);
      line.value = unquoted(words.substr(equals + 1));
    }
    lines_.push_back(std::move(line));
  }
}

const O2cbSettings::Line* O2cbSettings::find(std::string_view variable) const {
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line)
    if (line->variable == variable) return &*line;
  return nullptr;
}

std::string O2cbSettings::get(std::string_view variable) const {
  const Line* const line = find(variable);
  return line != nullptr ? line->value : std::string();
}

void O2cbSettings::set(std::string_view variable, std::string_view value) {
  Line fresh{std::string(variable) + "=" + shell_word(value), std::string(variable), std::string(value)};
  if (const Line* const known = find(variable))
    lines_[static_cast<std::size_t>(known - lines_.data())] = std::move(fresh);
  else
    lines_.push_back(std::move(fresh));
}

std::string O2cbSettings::text() const {
  std::string text;
  for (const Line& line : lines_) text += line.text + "\n";
  return text;
}

std::string O2cbSettings::stack() const {
  const std::string stack = get("O2CB_STACK");
  return stack.empty() ? "o2cb" : stack;
}

std::optional<unsigned> O2cbSettings::time(const O2cbTime& time) const {
  return small_number(get(time.variable));
}

std::vector<std::string> O2cbSettings::faults() const {
  std::vector<std::string> faults;
  const auto complain = [&](std::string_view variable, const std::string& words) {
    const auto line = find(variable) - lines_.data() + 1;
    faults.push_back("line " + std::to_string(line) + ": " + std::string(variable) + " is \"" +
                     get(variable) + "\": " + words);
  };
  const std::string enabled = get("O2CB_ENABLED");
  if (!enabled.empty() && enabled != "true" && enabled != "false")
    complain("O2CB_ENABLED", "only \"true\" starts the cluster at boot");
  if (stack().size() != 4) complain("O2CB_STACK", "a cluster stack has four letters: o2cb or pcmk");
  for (const O2cbTime& wanted : o2cb_times) {
    if (get(wanted.variable).empty()) continue;
    const auto value = time(wanted);
    if (!value || *value < wanted.least)
      complain(wanted.variable, "it must be a number, and " + std::to_string(wanted.least) + " at least");
  }
  const auto idle = time(o2cb_times[1]), keepalive = time(o2cb_times[2]);
  if (idle.value_or(o2cb_times[1].usual) <= keepalive.value_or(o2cb_times[2].usual))
    complain(keepalive ? "O2CB_KEEPALIVE_DELAY_MS" : "O2CB_IDLE_TIMEOUT_MS",
             "the keepalive delay must be below the idle timeout");
  return faults;
}

std::string o2cb_settings_path(const std::string& root) {
  const std::string sysconfig = root + "/etc/sysconfig/o2cb", standard = root + "/etc/default/o2cb";
  if (there(sysconfig)) return sysconfig;
  if (there(standard)) return standard;
  return there(root + "/etc/sysconfig") ? sysconfig : standard;
}

O2cbSettings read_o2cb_settings(const std::string& root) {
  return O2cbSettings(whole_file(o2cb_settings_path(root)).value_or(""));
}

}  // namespace ocfs2
