// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/path.h"

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
    while (!path.empty()) {
      const std::size_t slash = path.find('/');
      const std::string_view name = path.substr(0, slash);
      const bool last = slash == std::string_view::npos;
      if (!name.empty()) current = step(current, name, follow_last || !last);
      path.remove_prefix(last ? path.size() : slash + 1);
    }
    return current;
  }

 private:
  InodeNo step(InodeNo directory, std::string_view name, bool follow) {
    const auto found = Directory(volume_, directory).search(name);
    if (!found) fail(ErrorKind::not_found, "there is no \"{}\" in directory {}", name, directory.value);
    if (!follow) return *found;
    const auto inode = volume_.inode(*found);
    if (!inode->is_symlink()) return *found;
    if (++links_ > links_max)
      fail(ErrorKind::invalid_argument, "\"{}\" leads through too many symbolic links", name);
    return resolve(symlink_target(volume_, inode), directory, true);
  }

  Volume& volume_;
  InodeNo root_;
  u32 links_ = 0;
};

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

}  // namespace ocfs2
