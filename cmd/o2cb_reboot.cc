// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2cb why-reboot: gathers what is left of the boot that ended, on this host, or of a dead host whose root
// file system is mounted somewhere.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "cmd/json.h"
#include "cmd/o2cb.h"
#include "cmd/options.h"
#include "engine/cluster/reboot_cause.h"
#include "engine/error.h"
#include "net/kernel_files.h"
#include "net/late_beats.h"
#include "net/remote_host.h"

namespace ocfs2 {
namespace {

constexpr std::size_t log_tail_bytes = 4 << 20;

/// The end of a file; nothing when it cannot be read.
std::string tail_of(const std::string& path, std::size_t bytes = log_tail_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) return {};
  if (std::fseek(file.get(), -static_cast<long>(bytes), SEEK_END) != 0) std::rewind(file.get());
  std::string text(bytes, '\0');
  text.resize(std::fread(text.data(), 1, bytes, file.get()));
  return text;
}

/// Files below a folder, in its subfolders, too, whose name begins so; sorted.
std::vector<std::string> files_named(const std::string& folder, std::string_view beginning) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored))
    if (entry.path().filename().string().starts_with(beginning)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string journal(const std::string& root) {
  const std::string command = root.empty() ? "journalctl -b -1 -n 5000 -q --no-pager -o short-iso 2>/dev/null"
                                           : "journalctl --root " + shell_word(root) +
                                                 " -b -0 -n 5000 -q --no-pager -o short-iso 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> answer(popen(command.c_str(), "re"), pclose);
  std::string text;
  char part[4096];
  while (const std::size_t length = answer ? std::fread(part, 1, sizeof part, answer.get()) : 0)
    text.append(part, length);
  return text;
}

std::vector<RebootRecord> gather(const std::string& root) {
  std::vector<RebootRecord> records;
  const auto add = [&](const std::string& source, std::string text) {
    if (!text.empty()) records.push_back({source, std::move(text)});
  };
  for (const char* folder : {"/sys/fs/pstore", "/var/lib/systemd/pstore"})
    for (const std::string& file : files_named(root + folder, "dmesg")) add(file, tail_of(file));
  add("journalctl", journal(root));
  for (const char* file : {"/var/log/kern.log", "/var/log/messages", "/var/log/syslog"})
    add(root + file, one_boot_of_log(tail_of(root + file), !root.empty()));
  add(root + late_beats_path,
      late_beats_of_last_boot(tail_of(root + late_beats_path), root.empty() ? boot_id() : std::string()));
  return records;
}

void print_json(const RebootCause& cause) {
  JsonWriter json;
  json.begin_object()
      .field("cause", cause.code)
      .field("words", cause.words)
      .field("remedy", cause.remedy)
      .begin_array("clues");
  for (const RebootClue& clue : cause.clues)
    json.begin_object().field("source", clue.source).field("line", clue.line).end_object();
  json.end_array().end_object();
  fmt::print("{}", json.text());
}

void print_text(const RebootCause& cause) {
  std::string_view source;
  for (const RebootClue& clue : cause.clues) {
    if (clue.source != source) fmt::print("{}:\n", clue.source);
    source = clue.source;
    fmt::print("  {}\n", clue.line);
  }
  fmt::print("{}\n{}{}", cause.words, cause.remedy, cause.remedy.empty() ? "" : "\n");
}

}  // namespace

int o2cb_why_reboot(const O2cbRun&, std::span<char*> arguments) {
  std::string root;
  bool json = false;
  Options options(
      arguments,
      "Tell why this host went down before it was booted: fenced by its heartbeat, by the quorum of "
      "the network, a panic, or in order. The exit status is 1 when nothing is left that tells.");
  options.text("--root=FOLDER", root, "Another host, whose root file system is mounted there");
  options.flag("--json", json, "Write a JSON document");
  if (const auto status = options.parse()) return *status;
  std::error_code ignored;
  if (!root.empty() && !std::filesystem::is_directory(root, ignored))
    fail(ErrorKind::not_found, "{} is no folder: mount the other host's root file system there", root);
  const RebootCause cause = explain_reboot(
      gather(root), root.empty() ? shut_down_in_order(tail_of("/var/log/wtmp", 384 * 10000)) : std::nullopt);
  json ? print_json(cause) : print_text(cause);
  return cause.code == "unknown" ? 1 : 0;
}

}  // namespace ocfs2
