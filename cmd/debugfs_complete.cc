// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be meant at the prompt of debugfs.ocfs2: commands, and the paths of the volume.
#include "cmd/debugfs.h"
#include "engine/error.h"
#include "engine/volume/directory.h"

namespace ocfs2 {
namespace {

constexpr std::size_t candidates_max = 10000;

std::vector<std::string> commands_with(std::string_view begin) {
  std::vector<std::string> names;
  for (const DebugCommand& command : debug_commands())
    if (command.name.starts_with(begin)) names.emplace_back(command.name);
  return names;
}

/// "/dir/na" looks for what begins with "na" in "/dir/", "//sys" in the system directory. Names that no word
/// can be are left out.
std::vector<std::string> paths_with(DebugSession& session, std::string_view word) {
  const std::size_t slash = word.rfind('/');
  const std::string_view folder = slash == word.npos ? "" : word.substr(0, slash + 1);
  const std::string_view begin = word.substr(folder.size());
  std::vector<std::string> paths;
  Directory(session.volume(), session.filespec(folder.empty() ? "." : folder))
      .each([&](const DirectoryEntry& entry, std::string_view name) {
        const bool dots = (name == "." || name == "..") && begin.empty();
        if (!dots && name.starts_with(begin) && name.find_first_of(" \t\r\n") == name.npos)
          paths.push_back(std::string(folder).append(name).append(
              entry.file_type == static_cast<u8>(EntryType::directory) ? "/" : ""));
        return paths.size() < candidates_max;
      });
  return paths;
}

}  // namespace

std::vector<std::string> complete_debug_word(DebugSession& session, std::string_view before) {
  const std::size_t begin = before.find_last_of(' ') + 1;  // npos + 1 is 0
  const std::string_view word = before.substr(begin);
  if (before.substr(0, begin).find_first_not_of(' ') == before.npos) return commands_with(word);
  if (!session.is_open()) return {};
  try {
    return paths_with(session, word);
  } catch (const Error&) {
    return {};  // a folder that cannot be read has nothing to offer
  }
}

}  // namespace ocfs2
