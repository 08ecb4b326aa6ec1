// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/populate.h"

#include <unordered_map>

namespace ocfs2 {
namespace {

class Population {
 public:
  Population(Node& node, TreeSource& source) : node_(node), source_(source) {
    directories_[""] = node.volume().root();
  }

  void add(const SourceFile& file) {
    if (file.path.empty()) return adorn(node_.volume().root(), file);
    const std::size_t slash = file.path.rfind('/');
    const std::string above = slash == file.path.npos ? "" : file.path.substr(0, slash);
    const FileName at{directory(above), std::string_view(file.path).substr(slash + 1)};
    if (file.same_as) return link(*file.same_as, at);
    const bool is_directory = (file.mode & file_mode::type_mask) == file_mode::directory;
    if (const auto there = node_.lookup(at.directory, at.name)) {
      if (is_directory && (node_.status(*there).mode & file_mode::type_mask) == file_mode::directory) {
        directories_[file.path] = *there;
        return adorn(*there, file);
      }
      remove(at, *there);
      directories_.erase(file.path);
    }
    const InodeNo made = node_.create(
        at,
        {.mode = file.mode, .uid = file.uid, .gid = file.gid, .device = file.device, .target = file.target});
    ++done.files;
    if (is_directory) directories_[file.path] = made;
    if ((file.mode & file_mode::type_mask) == file_mode::regular) fill(made, file.size);
    adorn(made, file);
  }

  /// What is made in a directory changes its time: those of directories come last.
  void finish() {
    for (const auto& [inode, change] : times_) node_.change_status(InodeNo(inode), change);
  }

  Populated done;

 private:
  /// The directory of this path, made if it is not there.
  InodeNo directory(const std::string& path) {
    if (const auto known = directories_.find(path); known != directories_.end()) return known->second;
    const std::size_t slash = path.rfind('/');
    const InodeNo above = directory(slash == path.npos ? "" : path.substr(0, slash));
    const FileName at{above, std::string_view(path).substr(slash + 1)};
    auto found = node_.lookup(above, at.name);
    if (!found) {
      found = node_.create(at, {.mode = file_mode::directory | 0755});
      ++done.files;
    }
    return directories_[path] = *found;
  }

  InodeNo find(const std::string& path) {
    InodeNo at = node_.volume().root();
    for (std::string_view rest = path; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find('/'));
      const auto found = node_.lookup(at, name);
      if (!found)
        fail(ErrorKind::not_found, "\"{}\", which it is another name of, was not there before", path);
      at = *found;
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    return at;
  }

  void link(const std::string& path, const FileName& at) {
    const InodeNo linked = find(path);
    if (const auto there = node_.lookup(at.directory, at.name)) {
      if (*there == linked) return;
      remove(at, *there);
    }
    node_.link(linked, at);
    ++done.files;
  }

  void remove(const FileName& at, InodeNo inode) {
    if ((node_.status(inode).mode & file_mode::type_mask) == file_mode::directory)
      node_.remove_directory(at);
    else
      node_.unlink(at);
    times_.erase(inode.value);
  }

  void fill(InodeNo inode, u64 size) {
    while (const auto piece = source_.next_piece()) {
      node_.write(inode, piece->offset, piece->bytes);
      done.bytes += piece->bytes.size();
    }
    if (node_.status(inode).size < size) node_.resize(inode, size);
  }

  void adorn(InodeNo inode, const SourceFile& file) {
    for (const auto& [name, value] : file.attributes)
      node_.set_attribute(inode, name, value, XattrMode::either);
    StatusChange change{.access = file.access, .modification = file.modification};
    if ((file.mode & file_mode::type_mask) == file_mode::directory) {
      node_.change_status(inode, {.mode = file.mode, .uid = file.uid, .gid = file.gid});
      times_[inode.value] = change;
      return;
    }
    // Again, since writing takes set-ID bits off, and a set-group-ID directory gives its group.
    if ((file.mode & file_mode::type_mask) != file_mode::symlink) change.mode = file.mode;
    change.uid = file.uid;
    change.gid = file.gid;
    node_.change_status(inode, change);
  }

  Node& node_;
  TreeSource& source_;
  std::unordered_map<std::string, InodeNo> directories_;  ///< by path
  std::map<u64, StatusChange> times_;                     ///< of directories, to be set at the end
};

}  // namespace

Populated populate(Node& node, TreeSource& source, Reporter& reporter) {
  Population population(node, source);
  while (const auto file = source.next()) {
    if (reporter.interrupted()) fail(ErrorKind::interrupted, "interrupted at \"{}\"", file->path);
    try {
      population.add(*file);
    } catch (const Error& error) {
      throw Error(error.kind(), fmt::format("\"{}\": {}", file->path, error.what()));
    }
  }
  population.finish();
  return population.done;
}

}  // namespace ocfs2
