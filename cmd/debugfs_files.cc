// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of debugfs.ocfs2 that copy files out of a volume (spec: commands.md 4.2).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "cmd/console.h"
#include "cmd/debugfs.h"
#include "engine/error.h"
#include "engine/io/open_file.h"
#include "engine/rescue/copy_out.h"

namespace ocfs2 {
namespace {

/// Says what was lost, once the rest is there; then throws.
void tell_losses(const CopyOut& copy) {
  for (const CopyLoss& loss : copy.losses())
    fmt::print(stderr, "{}: {}\n", loss.path.empty() ? "/" : loss.path, loss.words);
  if (!copy.losses().empty())
    fail(ErrorKind::corrupt, "{} things did not come along, see above; {} files did", copy.losses().size(),
         copy.count().files + copy.count().kept);
}

int open_folder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) fail_errno(errno, "{}", path);
  return folder;
}

/// "/tmp/x" becomes "/tmp" and "x".
std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

void dump_file(DebugSession& session, Words words) {
  const bool preserve = !words.empty() && words[0] == "-p";
  if (preserve) words = words.subspan(1);
  if (words.size() != 2) throw WrongUsage{};
  const InodeNo number = session.filespec(words[0]);
  const auto block = session.inode_block(number);
  if (!as<Inode>(ConstBytes(block)).is_regular()) fail(ErrorKind::invalid_argument, "Not a regular file");
  const auto [folder_path, name] = split_path(words[1]);
  if (name.empty()) fail(ErrorKind::invalid_argument, "'{}' names no file", words[1]);
  const OpenFile folder(open_folder(folder_path));
  unlinkat(folder.get(), name.c_str(), 0);
  InterruptWatch watch;
  Console console("debugfs.ocfs2", {.dialogue_aside = true});
  CopyOut copy(session.volume(), folder.get(), preserve && geteuid() == 0, console);
  copy.copy(number, name);
  if (!preserve) {  // a file of today, of whoever asked
    const timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    fchmodat(folder.get(), name.c_str(), 0600, 0);
    utimensat(folder.get(), name.c_str(), now, 0);
  }
  tell_losses(copy);
}

/// What a copy is called: the last part of the path, or, where that says nothing, the time.
std::string name_of_copy(const std::string& source) {
  const std::string name = split_path(source).second;
  if (name.empty() || (name != "." && name != ".." && name.find('<') == std::string::npos)) return name;
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d_%H:%M:%S", &parts);
  return text;
}

void dump_tree(DebugSession& session, Words words) {
  const bool verbose = !words.empty() && words[0] == "-v";
  if (verbose) words = words.subspan(1);
  if (words.size() != 2) throw WrongUsage{};
  const InodeNo number = session.filespec(words[0]);
  std::string target = words[1];
  if (target.size() > 1 && target.ends_with('/')) target.pop_back();
  const OpenFile folder(open_folder(target));
  const std::string name = name_of_copy(words[0]);
  fmt::print(session.out, "Copying to {}/{}\n", target, name);
  std::fflush(session.out);
  InterruptWatch watch;
  Console console("debugfs.ocfs2", {.dialogue_aside = true});
  CopyOut copy(session.volume(), folder.get(), geteuid() == 0, console);
  if (verbose)
    copy.on_file([&](const std::string& path) { fmt::print(session.out, "{}/{}\n", target, path); });
  copy.copy(number, name);
  tell_losses(copy);
}

constexpr DebugCommand commands[] = {
    {"dump", "dump [-p] <filespec> <outfile>", "Dump a file out to a mounted filesystem", dump_file},
    {"rdump", "rdump [-v] <filespec> <outdir>", "Copy a directory and all below it out of the volume",
     dump_tree},
};

}  // namespace

std::span<const DebugCommand> file_commands() { return commands; }

}  // namespace ocfs2
