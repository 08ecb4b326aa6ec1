// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/path.h"

#include <algorithm>
#include <charconv>

#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

constexpr u32 links_max = 8;

class Resolver {
 public:
  Resolver(Volume& volume, InodeNo root) : volume_(volume), root_(root) {}

  InodeNo resolve(std::string_view path, InodeNo from, bool follow_last) {
    InodeNo current = path.starts_with('/') ? root_ : from;
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      if (end > begin) current = step(current, path.substr(0, end), begin, follow_last || end < path.size());
      begin = end + 1;
    }
    return current;
  }

 private:
  /// From the directory to the last component of the path, which begins there.
  InodeNo step(InodeNo directory, std::string_view path, std::size_t begin, bool follow) {
    const auto found = Directory(volume_, directory).search(path.substr(begin));
    if (!found) fail(ErrorKind::not_found, "there is no \"{}\"", path);
    if (!follow) return *found;
    const auto inode = volume_.inode(*found);
    if (!inode->is_symlink()) return *found;
    if (++links_ > links_max)
      fail(ErrorKind::invalid_argument, "\"{}\" leads through too many symbolic links", path);
    return resolve(symlink_target(volume_, inode), directory, true);
  }

  Volume& volume_;
  InodeNo root_;
  u32 links_ = 0;
};

/// What leads from `parent` to `directory`; nothing when that does not.
std::optional<std::string> name_in(Volume& volume, InodeNo parent, InodeNo directory) {
  std::optional<std::string> found;
  Directory(volume, parent).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (entry.inode == directory.value && name != "." && name != "..") found = name;
    return !found;
  });
  return found;
}

}  // namespace

std::optional<InodeNo> parse_inode_number(std::string_view text) {
  if (text.size() < 3 || !text.starts_with('<') || !text.ends_with('>')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  u64 number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return InodeNo(number);
}

InodeNo resolve_path(Volume& volume, std::string_view path, const PathStart& start) {
  if (const auto number = parse_inode_number(path)) return *number;
  const InodeNo root = path.starts_with("//") ? volume.system_directory() : start.root;
  return Resolver(volume, root).resolve(path, start.current, false);
}

std::string path_of_name(Volume& volume, InodeNo directory, std::string_view name) {
  std::string path(name);
  u32 depth = 0;
  try {
    while (directory != volume.root() && depth++ < path_depth_max) {
      const auto parent = Directory(volume, directory).search("..");
      const auto own = parent ? name_in(volume, *parent, directory) : std::nullopt;
      if (!own) break;
      path = *own + "/" + path;
      directory = *parent;
    }
  } catch (const Error&) {
    // what is damaged has no path
  }
  if (directory == volume.root()) return "/" + path;
  return fmt::format("<{}>/{}", directory.value, path);
}

}  // namespace ocfs2
