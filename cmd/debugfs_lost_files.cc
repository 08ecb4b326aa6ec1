// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of debugfs.ocfs2 for files that have no name any more: deleted ones, and those that no
// directory leads to. And for those whose name alone is known.
#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "cmd/console.h"
#include "cmd/debugfs.h"
#include "cmd/debugfs_show.h"
#include "cmd/debugfs_walk.h"
#include "cmd/json.h"
#include "engine/error.h"
#include "engine/io/open_file.h"
#include "engine/rescue/content_kind.h"
#include "engine/rescue/deleted_files.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "engine/volume/inode_walk.h"

namespace ocfs2 {
namespace {

/// For work that says nothing but what went wrong.
struct Quietly {
  InterruptWatch watch{};
  Console console{"debugfs.ocfs2", {.output = Console::Output::quiet, .dialogue_aside = true}};
};

// ---- deleted files ----

std::string_view found_word(DeletedFile::Found found) {
  return found == DeletedFile::Found::orphan  ? "orphan"
         : found == DeletedFile::Found::inode ? "inode"
                                              : "journal";
}

std::string when_text(u64 seconds) {
  if (seconds == 0) return "-";
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  localtime_r(&time, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts)};
}

void list_deleted(DebugSession& session, Words words) {
  if (!words.empty()) throw WrongUsage{};
  Quietly quietly;
  const DeletedFiles deleted(session.views().replayed(quietly.console), quietly.console);
  fmt::print(session.out, "\t{:<15} {:>6} {:>10} {:>15} {:>21} {:<7} {:<19} {}\n", "Inode", "Owner", "Mode",
             "Size", "Clusters left/all", "Found", "Time deleted", "Name");
  for (const DeletedFile& file : deleted.files())
    fmt::print(session.out, "\t{:<15} {:>6} {:>10} {:>15} {:>21} {:<7} {:<19} {}\n", file.inode.value,
               file.uid, mode_text(file.mode), file.size, fmt::format("{}/{}", file.left(), file.clusters),
               found_word(file.found), when_text(file.deleted_at), file.name);
  fmt::print(session.out, "{} deleted files found\n", deleted.files().size());
}

void write_deleted(DebugSession& session, Words words, JsonWriter& json) {
  if (!words.empty()) throw WrongUsage{};
  Quietly quietly;
  const DeletedFiles deleted(session.views().replayed(quietly.console), quietly.console);
  json.begin_array("deleted");
  for (const DeletedFile& file : deleted.files())
    json.begin_object()
        .field("inode", file.inode.value)
        .field("uid", file.uid)
        .field("gid", file.gid)
        .field("mode", file.mode)
        .field("size", file.size)
        .field("clusters", file.clusters)
        .field("clusters_left", file.left())
        .field("found", found_word(file.found))
        .field("deleted_at", file.deleted_at)
        .field("name", file.name)
        .end_object();
  json.end_array();
}

/// "#17" or "#17-name", with a number behind it where that is taken.
std::string copy_name(const DeletedFile& file, std::set<std::string>& taken) {
  const std::string plain = file.name.empty() ? fmt::format("#{}", file.inode.value)
                                              : fmt::format("#{}-{}", file.inode.value, file.name);
  std::string name = plain.substr(0, 240);
  for (u32 number = 2; !taken.insert(name).second; ++number)
    name = fmt::format("{}.{}", plain.substr(0, 240), number);
  return name;
}

/// Says what did not come along; how many files are not whole.
u64 tell(const std::string& name, std::span<const std::string> losses) {
  for (const std::string& loss : losses) fmt::print(stderr, "{}: {}\n", name, loss);
  return losses.empty() ? 0 : 1;
}

void undelete_all(DebugSession& session, DeletedFiles& deleted, const std::string& path) {
  const OpenFile folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) fail_errno(errno, "{}", path);
  std::set<std::string> taken;
  u64 incomplete = 0;
  for (const DeletedFile& file : deleted.files()) {
    const std::string name = copy_name(file, taken);
    incomplete += tell(name, deleted.copy(file, folder.get(), name, geteuid() == 0));
    fmt::print(session.out, "{}/{}\n", path, name);
  }
  if (incomplete > 0)
    fail(ErrorKind::corrupt, "{} of {} files are not whole, see above", incomplete, deleted.files().size());
}

void undelete(DebugSession& session, Words words) {
  if (words.size() != 2) throw WrongUsage{};
  const bool all = words[0] == "-a";
  const BlockNo wanted = all ? BlockNo() : block_word(session, words[0]);
  Quietly quietly;
  DeletedFiles deleted(session.views().replayed(quietly.console), quietly.console);
  if (all) return undelete_all(session, deleted, words[1]);
  // the same inode may have been several files: the one of which most is left
  const DeletedFile* best = nullptr;
  for (const DeletedFile& file : deleted.files())
    if (file.inode.value == wanted.value && (best == nullptr || file.left() > best->left())) best = &file;
  if (best == nullptr)
    fail(ErrorKind::not_found, "nothing is left of a deleted file with inode {}; lsdel lists what there is",
         wanted.value);
  if (tell(words[1], deleted.copy(*best, AT_FDCWD, words[1], geteuid() == 0)) > 0)
    fail(ErrorKind::corrupt, "{} is not whole, see above", words[1]);
}

// ---- finding ----

struct FindWishes {
  std::string name_pattern{};  ///< as fnmatch(3) takes it; empty: any
  std::string kind{};          ///< of content; empty: any
  bool nameless = false;       ///< inodes in use that no directory leads to
  std::string start = "/";
};

FindWishes find_wishes(Words words) {
  FindWishes wishes;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool more = i + 1 < words.size();
    if (words[i] == "-n" && more)
      wishes.name_pattern = words[++i];
    else if (words[i] == "-c" && more)
      wishes.kind = words[++i];
    else if (words[i] == "-u")
      wishes.nameless = true;
    else if (!words[i].starts_with('-') && !more)
      wishes.start = words[i];
    else
      throw WrongUsage{};
  }
  if (wishes.nameless && !wishes.name_pattern.empty())
    fail(ErrorKind::invalid_argument, "what no directory leads to has no name");
  return wishes;
}

struct FoundFile {
  u64 inode;
  u64 size;
  std::string_view kind;  ///< of its content, or of the file
  std::string path;       ///< empty: none
};

class Finder {
 public:
  Finder(Volume& volume, const FindWishes& wishes, Reporter& reporter)
      : volume_(volume), wishes_(wishes), reporter_(reporter) {}

  void run(InodeNo start, const std::function<void(const FoundFile&)>& use) {
    if (!wishes_.nameless)
      return walk(start, wishes_.start,
                  [&](u64 inode, const std::string& path) { consider(inode, path, use); });
    std::set<u64> known{volume_.root().value, volume_.system_directory().value};
    const auto note = [&](u64 inode, const std::string&) { known.insert(inode); };
    walk(volume_.root(), "/", note);
    walk(volume_.system_directory(), "//", note);
    each_inode_anyway([&](u64 inode) {
      if (!known.contains(inode)) consider(inode, "", use);
    });
  }

 private:
  template <class Work>
  void passing(const std::string& what, const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;
      reporter_.warn(fmt::format("{}: {}", what, error.what()));
    }
  }

  void walk(InodeNo top, const std::string& start, const std::function<void(u64, const std::string&)>& use) {
    NameWalk{volume_,
             [&](u64 inode, const std::string& path, bool) {
               if (reporter_.interrupted()) fail(ErrorKind::interrupted, "interrupted");
               use(inode, path);
               return true;
             },
             [&](const std::string& path, const Error& error) {
               reporter_.warn(fmt::format("{}: {}", path, error.what()));
             }}
        .below(top, start);
  }

  /// Damage ends the search in one allocator.
  void each_inode_anyway(const std::function<void(u64)>& use) {
    for (u32 slot = 0; slot < volume_.facts().max_slots; ++slot)
      passing(system_file_name(SystemFile::inode_alloc, slot), [&] {
        each_inode_of(volume_, volume_.system_file(SystemFile::inode_alloc, slot), [&](const auto& inode) {
          use(inode.block().value);
          return true;
        });
      });
  }

  void consider(u64 number, const std::string& path, const std::function<void(const FoundFile&)>& use) {
    const std::string name = path.substr(path.rfind('/') + 1);
    if (!wishes_.name_pattern.empty() && fnmatch(wishes_.name_pattern.c_str(), name.c_str(), 0) != 0) return;
    passing(path.empty() ? fmt::format("inode {}", number) : path, [&] {
      const auto inode = volume_.inode(InodeNo(number));
      const bool look = inode->is_regular() && (wishes_.nameless || !wishes_.kind.empty());
      const std::string_view kind = look ? kind_of(inode) : type_word(*inode);
      if (wishes_.kind.empty() || wishes_.kind == kind) use({number, inode->size, kind, path});
    });
  }

  std::string_view kind_of(const BlockRef<Inode>& inode) {
    std::vector<u8> beginning(content_sample_bytes);
    FileData data(volume_, inode);
    beginning.resize(data.read(0, beginning));
    return content_kind(beginning);
  }

  static std::string_view type_word(const Inode& inode) {
    return inode.is_regular()     ? "file"
           : inode.is_directory() ? "directory"
           : inode.is_symlink()   ? "link"
                                  : "special";
  }

  Volume& volume_;
  const FindWishes& wishes_;
  Reporter& reporter_;
};

void find_each(DebugSession& session, Words words, const std::function<void(const FoundFile&)>& use) {
  const FindWishes wishes = find_wishes(words);
  Quietly quietly;
  Volume& volume = session.views().replayed(quietly.console);
  Finder(volume, wishes, quietly.console).run(session.filespec(volume, wishes.start), use);
}

void find_files(DebugSession& session, Words words) {
  u64 found = 0;
  find_each(session, words, [&](const FoundFile& file) {
    ++found;
    fmt::print(session.out, "\t{:<15} {:>15} {:<10} {}\n", file.inode, file.size, file.kind, file.path);
  });
  if (found == 0) fail(ErrorKind::not_found, "there is nothing like that");
}

void write_found(DebugSession& session, Words words, JsonWriter& json) {
  json.begin_array("files");
  find_each(session, words, [&](const FoundFile& file) {
    json.begin_object().field("inode", file.inode).field("size", file.size).field("kind", file.kind);
    if (!file.path.empty()) json.field("path", file.path);
    json.end_object();
  });
  json.end_array();
}

constexpr DebugCommand commands[] = {
    {"find", "find [-n <pattern>] [-c <kind>] [-u] [<filespec>]",
     "Find files by name or kind of content, or (-u) what no directory leads to", find_files, write_found},
    {"lsdel", "lsdel", "List deleted files of which something is left", list_deleted, write_deleted},
    action<undelete>("undelete", "undelete <inode#> <outfile> | -a <outdir>",
                     "Copy deleted files out of the volume"),
};

}  // namespace

std::span<const DebugCommand> lost_file_commands() { return commands; }

}  // namespace ocfs2
