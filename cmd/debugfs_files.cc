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
#include "cmd/debugfs_walk.h"
#include "engine/error.h"
#include "engine/io/open_file.h"
#include "engine/rescue/copy_out.h"

namespace ocfs2 {
namespace {

enum class View { automatic, as_is, mended };

/// What stands before the words of dump and rdump.
struct CopyWishes {
  bool flag = false;  ///< -p of dump, -v of rdump
  View view = View::automatic;
};

CopyWishes take_wishes(Words& words, std::string_view flag) {
  CopyWishes wishes;
  for (; !words.empty() && words[0].starts_with('-'); words = words.subspan(1)) {
    if (words[0] == flag)
      wishes.flag = true;
    else if (words[0] == "-a")
      wishes.view = View::as_is;
    else if (words[0] == "-m")
      wishes.view = View::mended;
    else
      throw WrongUsage{};
  }
  if (words.size() != 2) throw WrongUsage{};
  return wishes;
}

/// What is to be copied, and the volume as it is seen for that.
struct Source {
  Volume& volume;
  InodeNo inode;
};

Source mended_source(DebugSession& session, const std::string& word, Reporter& reporter) {
  Volume& volume = session.views().mended(reporter, static_cast<u64>(std::time(nullptr)));
  return {volume, session.filespec(volume, word)};
}

/// Unless something else is wanted, all of a volume is copied as a repair would leave it, since then nothing
/// is missed; and so is a part that cannot be reached otherwise. Else it is as after a replay.
Source source_of(DebugSession& session, const std::string& word, View view, Reporter& reporter) {
  RescueViews& views = session.views();
  if (view == View::as_is) return {session.volume(), session.filespec(word)};
  if (view == View::mended) return mended_source(session, word, reporter);
  if (!session.is_open()) {
    reporter.warn("the volume is seen as a repair in memory leaves it");
    return mended_source(session, word, reporter);
  }
  try {
    Volume& volume = views.replayed(reporter);
    const InodeNo inode = session.filespec(volume, word);
    if (inode != volume.root() || views.in_use()) return {volume, inode};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted || views.in_use()) throw;
    reporter.warn(fmt::format("{}; looking again, as a repair in memory leaves the volume", error.what()));
  }
  return mended_source(session, word, reporter);
}

/// Says what is not as it was, once the rest is there; then throws.
void tell_losses(DebugSession& session, const Volume& seen, const CopyOut& copy) {
  std::fflush(session.out);
  const MendedDamage& damage = session.views().damage();
  const bool mended = session.views().is_mended(seen) && damage.found > 0;
  if (mended) {
    fmt::print(stderr, "What is damaged, and was mended in memory ({} problems, {} of them left):\n",
               damage.found, damage.left);
    for (const std::string& line : damage.lines) fmt::print(stderr, "  {}\n", line);
    if (damage.lines.size() == MendedDamage::lines_max)
      fmt::print(stderr, "  and more; fsck.ocfs2 -fn tells all\n");
  }
  for (const CopyLoss& loss : copy.losses())
    fmt::print(stderr, "{}: {}\n", loss.path.empty() ? "/" : loss.path, loss.words);
  const u64 files = copy.count().files + copy.count().kept;
  if (!copy.losses().empty())
    fail(ErrorKind::corrupt, "{} things did not come along, see above; {} files did", copy.losses().size(),
         files);
  if (mended)
    fail(ErrorKind::corrupt, "{} files came along; what is damaged, see above, may not be as it was", files);
}

int open_folder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) fail_errno(errno, "{}", path);
  return folder;
}

/// What stands there goes, when it is a file: not /dev/stdout.
void clear_place(int folder, const std::string& name, const std::string& path) {
  struct stat status {};
  if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (!S_ISREG(status.st_mode))
    fail(ErrorKind::invalid_argument, "'{}' is there and no regular file; name another, or use cat", path);
  unlinkat(folder, name.c_str(), 0);
}

/// Of today, with the rights that whoever asked gives to new files.
void make_new(int folder, const std::string& name) {
  const timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  fchmodat(folder, name.c_str(), static_cast<mode_t>(0666 & ~file_mask()), 0);
  utimensat(folder, name.c_str(), now, 0);
}

void dump_file(DebugSession& session, Words words) {
  const auto [preserve, view] = take_wishes(words, "-p");
  InterruptWatch watch;
  Console console("debugfs.ocfs2", {.output = Console::Output::quiet, .dialogue_aside = true});
  const auto [volume, number] = source_of(session, words[0], view, console);
  const auto block = read_unjudged(volume, block_of(number), Inode::signature_text, "inode");
  if (!as<Inode>(ConstBytes(block)).is_regular()) fail(ErrorKind::invalid_argument, "Not a regular file");
  const auto [folder_path, name] = split_path(words[1]);
  if (name.empty()) fail(ErrorKind::invalid_argument, "'{}' names no file", words[1]);
  const OpenFile folder(open_folder(folder_path));
  clear_place(folder.get(), name, words[1]);
  CopyOut copy(volume, folder.get(), preserve && geteuid() == 0, console);
  copy.copy(number, name);
  if (!preserve) make_new(folder.get(), name);
  tell_losses(session, volume, copy);
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
  const auto [verbose, view] = take_wishes(words, "-v");
  std::string target = words[1];
  if (target.size() > 1 && target.ends_with('/')) target.pop_back();
  const OpenFile folder(open_folder(target));
  const std::string name = name_of_copy(words[0]);
  fmt::print(session.out, "Copying to {}/{}\n", target, name);
  std::fflush(session.out);
  InterruptWatch watch;
  const bool watched = session.out == stdout && !verbose && isatty(STDOUT_FILENO) == 1;
  Console console("debugfs.ocfs2", {.output = watched ? Console::Output::text : Console::Output::quiet,
                                    .dialogue_aside = true});
  const auto [volume, number] = source_of(session, words[0], view, console);
  CopyOut copy(volume, folder.get(), geteuid() == 0, console);
  if (verbose)
    copy.on_file(
        [&, &to = target](const std::string& path) { fmt::print(session.out, "{}/{}\n", to, path); });
  if (watched) {
    console.stage("Copying");
    copy.show_progress(copy.measure(number));
  }
  copy.copy(number, name);
  if (watched) console.stage_done(fmt::format("{} files", copy.count().files + copy.count().kept));
  tell_losses(session, volume, copy);
}

constexpr DebugCommand commands[] = {
    {"dump", "dump [-p] [-a|-m] <filespec> <outfile>", "Dump a file out to a mounted filesystem", dump_file},
    {"rdump", "rdump [-v] [-a|-m] <filespec> <outdir>", "Copy a directory and all below it out of the volume",
     dump_tree},
};

}  // namespace

u16 file_mask() {
  const mode_t mask = umask(0);
  umask(mask);
  return static_cast<u16>(mask);
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::span<const DebugCommand> file_commands() { return commands; }

}  // namespace ocfs2
