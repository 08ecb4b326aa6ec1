// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/populate.h"

#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>

#include "engine/files/quota_charge.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/file_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/quota_edit.h"
#include "engine/volume/xattr_edit.h"

namespace ocfs2 {
namespace {

constexpr std::size_t batch_blocks = 2048;  ///< in one commit, about
constexpr u32 own_slot = 0;                 ///< whose allocators inodes and metadata come from
constexpr std::string_view lost_and_found = "lost+found";

/// A path in two: the directory's, and the name in it.
struct Place {
  std::string above;
  std::string_view name;

  explicit Place(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash != path.npos) above = path.substr(0, slash);
    name = std::string_view(path).substr(slash == path.npos ? 0 : slash + 1);
  }
};

bool is_on_the_way(const std::string& directory, const std::string& path) {
  return directory.empty() ||
         (path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/'));
}

void put_links(Transaction& transaction, InodeNo inode, s64 change) {
  Inode& edited = transaction.edit<Inode>(block_of(inode));
  edited.set_links(static_cast<u32>(static_cast<s64>(edited.links()) + change));
}

/// What users or groups own more than before.
class Owners {
 public:
  void count(u32 id, u64 bytes, s64 sign) {
    auto& [more_bytes, more_inodes] = usage_[id];
    more_bytes += sign * static_cast<s64>(bytes);
    more_inodes += sign;
  }
  void write(Transaction& transaction, Space& space, QuotaType type) const {
    for (const auto& [id, more] : usage_) {
      if (more.first != 0 || more.second != 0)
        QuotaEdit(transaction, space, type).change(id, more.first, more.second);
      if (transaction.blocks() >= batch_blocks) transaction.commit();
    }
  }

 private:
  std::map<u32, std::pair<s64, s64>> usage_;  ///< bytes, inodes
};

class Population {
 public:
  Population(Volume& volume, WriteAhead& way, const FillTimes& times, TreeSource& source, Reporter& reporter)
      : volume_(volume),
        space_(volume, own_slot),
        transaction_(volume.cache(), way),
        times_(times),
        source_(source),
        reporter_(reporter),
        next_generation_(volume.facts().generation) {
    know("", volume.root());
    if (const auto found = editor_of("").find(lost_and_found)) know(std::string(lost_and_found), *found);
    // What directories take is known at the end.
    for (const auto& [path, inode] : directories_) charge(inode, -1);
  }

  void add(const SourceFile& file) {
    const bool is_directory = !file.same_as && file.type() == file_mode::directory;
    const auto known = directories_.find(file.path);
    if (is_directory && known != directories_.end()) return adorn(known->second, file);
    if (file.path.empty()) fail(ErrorKind::invalid_argument, "the root of a tree is a directory");
    const Place at(file.path);
    if (!is_legal_name(at.name)) fail(ErrorKind::invalid_argument, "this cannot be a name");
    const std::optional<InodeNo> same = file.same_as ? std::optional(find(*file.same_as)) : std::nullopt;
    if (!source_.tells_once() || known != directories_.end()) {
      if (const auto there = editor_of(at.above).find(at.name)) {
        if (there == same) return;
        remove(at, *there);
      }
    }
    if (same) return link(*same, at);
    const InodeNo made = make(file, at);
    adorn(made, file);
    if (is_directory) return know(file.path, made);
    if (file.type() == file_mode::regular) fill(made, file.size);
    charge(made, 1);
  }

  void settle_when_full() {
    if (transaction_.blocks() >= batch_blocks) transaction_.commit();
  }

  void finish() {
    for (const auto& [path, inode] : directories_) {
      charge(inode, 1);
      settle_when_full();
    }
    if (volume_.has(feature::usrquota)) users_.write(transaction_, space_, QuotaType::user);
    if (volume_.has(feature::grpquota)) groups_.write(transaction_, space_, QuotaType::group);
    transaction_.commit();
  }

  Populated done;

 private:
  struct OpenDirectory {
    OpenDirectory(const std::string& own_path, Transaction& transaction, Space& space, InodeNo inode)
        : path(own_path), editor(transaction, space, inode) {}
    std::string path;
    DirectoryEditor editor;
  };

  void know(const std::string& path, InodeNo inode) { directories_[path] = inode; }

  /// The directory of this path, made if it is not there.
  InodeNo directory(const std::string& path) {
    if (const auto known = directories_.find(path); known != directories_.end()) return known->second;
    const Place at(path);
    if (editor_of(at.above).find(at.name)) fail(ErrorKind::invalid_argument, "\"{}\" is no directory", path);
    const SourceFile missing{.path = path,
                             .mode = file_mode::directory | 0755,
                             .access = {times_.now, 0},
                             .modification = {times_.now, 0}};
    const InodeNo made = make(missing, at);
    adorn(made, missing);
    know(path, made);
    return made;
  }

  /// Editors keep in mind where there is room: those on the way to the present directory are kept, too.
  DirectoryEditor& editor_of(const std::string& path) {
    const InodeNo inode = directory(path);
    while (!open_.empty() && !is_on_the_way(open_.back().path, path)) open_.pop_back();
    if (open_.empty() || open_.back().path != path) open_.emplace_back(path, transaction_, space_, inode);
    return open_.back().editor;
  }

  InodeNo find(const std::string& path) {
    const Place at(path);
    const auto above = directories_.find(at.above);
    const auto found = above == directories_.end()
                           ? std::nullopt
                           : DirectoryEditor(transaction_, space_, above->second).find(at.name);
    if (!found) fail(ErrorKind::not_found, "\"{}\", which it is another name of, was not there before", path);
    return *found;
  }

  InodeNo make(const SourceFile& file, const Place& at) {
    const bool is_directory = file.type() == file_mode::directory;
    const InodeBirth birth{.mode = file.mode,
                           .links = is_directory ? 2u : 1u,
                           .seconds = times_.now,
                           .uid = file.uid,
                           .gid = file.gid};
    DirectoryEditor& entries = editor_of(at.above);
    const InodeNo above = directory(at.above);
    InodeNo made;
    if (is_directory) {
      count_link(transaction_, volume_, above);
      made = create_directory(transaction_, space_, birth, above);
    } else if (file.type() == file_mode::symlink) {
      made = create_symlink(transaction_, space_, birth, file.target);
    } else if (file.device != 0) {
      made = create_device(transaction_, space_, birth, file.device);
    } else {
      made = create_inode(transaction_, space_, birth);
    }
    transaction_.edit<Inode>(block_of(made)).generation = next_generation_++;
    entries.add(at.name, made, entry_type_of(file.mode));
    ++done.files;
    return made;
  }

  void link(InodeNo inode, const Place& at) {
    count_link(transaction_, volume_, inode);
    const u16 mode = transaction_.read<Inode>(block_of(inode))->mode;
    editor_of(at.above).add(at.name, inode, entry_type_of(mode));
    ++done.files;
  }

  /// Owners, permissions, times and attributes.
  void adorn(InodeNo inode, const SourceFile& file) {
    Inode& edited = transaction_.edit<Inode>(block_of(inode));
    edited.mode = file.mode;
    edited.uid = file.uid;
    edited.gid = file.gid;
    const Moment modification = settled(file.modification);
    set_modification(edited, modification);
    set_access(edited, times_.reproducible ? modification : file.access);
    edited.ctime = times_.now;
    edited.ctime_nsec = u32{0};
    for (const auto& [name, value] : file.attributes) set_attribute(inode, file.mode, name, value);
  }

  Moment settled(const Moment& time) const {
    return times_.reproducible && time.seconds >= times_.now ? Moment{times_.now, 0} : time;
  }

  void set_attribute(InodeNo inode, u16 mode, const std::string& name, ConstBytes value) {
    if (!volume_.has(feature::xattr))
      fail(ErrorKind::unsupported,
           "it has the attribute {}, which a volume without the feature xattr cannot hold; add "
           "--fs-features=xattr, or take the attribute away",
           name);
    if (!split_xattr_name(name)) {
      if (left_out_.insert(name).second)
        reporter_.warn(fmt::format("attributes named {} are left out: OCFS2 has none of that kind", name));
      return;
    }
    XattrEditor attributes(transaction_, space_, inode);
    if (!AccessList::is_name(name)) {
      attributes.set(name, value);
      return;
    }
    auto list = AccessList::from_program(value);
    if (!list) fail(ErrorKind::invalid_argument, "its access control list is none");
    if (name == AccessList::access_name) {
      if (list->is_minimal()) return;  // the permissions say it
      list->set_permissions(mode);
    }
    attributes.set(name, list->for_disk());
  }

  void fill(InodeNo inode, u64 size) {
    FileEditor file(transaction_, space_, inode);
    while (const auto piece = source_.next_piece()) {
      extend(file, piece->offset);
      file.write(piece->offset, piece->bytes);
      done.bytes += piece->bytes.size();
      settle_when_full();
      check_interruption();
    }
    extend(file, size);
  }

  void extend(FileEditor& file, u64 size) {
    while (!file.grow(size)) {
      transaction_.commit();
      check_interruption();
    }
  }

  void check_interruption() const {
    if (reporter_.interrupted()) fail(ErrorKind::interrupted, "interrupted");
  }

  void remove(const Place& at, InodeNo inode) {
    open_.clear();
    transaction_.commit();
    const bool is_directory = volume_.inode(inode)->is_directory();
    if (is_directory && !is_empty(inode))
      fail(ErrorKind::invalid_argument, "it takes the place of a directory that is not empty");
    const InodeNo above = directory(at.above);
    DirectoryEditor(transaction_, space_, above).remove(at.name);
    --done.files;
    if (is_directory) {
      put_links(transaction_, above, -1);
      directories_.erase((at.above.empty() ? "" : at.above + "/") + std::string(at.name));
    }
    put_links(transaction_, inode, is_directory ? -2 : -1);
    if (transaction_.read<Inode>(block_of(inode))->links() == 0) {
      if (!is_directory) charge(inode, -1);
      delete_inode(transaction_, space_, inode, times_.now);
    }
    transaction_.commit();  // what is free now may be used again
  }

  bool is_empty(InodeNo inode) {
    bool empty = true;
    Directory(volume_, inode).each([&](const DirectoryEntry&, std::string_view name) {
      return empty = name == "." || name == "..";
    });
    return empty;
  }

  void charge(InodeNo inode, s64 sign) {
    if (!has_quotas(volume_)) return;
    const QuotaCharge cost = QuotaCharge::of(transaction_, volume_, inode);
    users_.count(cost.uid, cost.bytes, sign);
    groups_.count(cost.gid, cost.bytes, sign);
  }

  Volume& volume_;
  Space space_;
  Transaction transaction_;
  const FillTimes times_;
  TreeSource& source_;
  Reporter& reporter_;
  u32 next_generation_;
  std::unordered_map<std::string, InodeNo> directories_;  ///< by path
  std::deque<OpenDirectory> open_;
  std::set<std::string> left_out_;  ///< names of attributes
  Owners users_, groups_;
};

}  // namespace

Populated populate(Volume& volume, WriteAhead& way, const FillTimes& times, TreeSource& source,
                   Reporter& reporter) {
  Population population(volume, way, times, source, reporter);
  while (const auto file = source.next()) {
    try {
      if (reporter.interrupted()) fail(ErrorKind::interrupted, "interrupted");
      population.add(*file);
      population.settle_when_full();
    } catch (const Error& error) {
      throw Error(error.kind(), fmt::format("\"{}\": {}", file->path, error.what()));
    }
    reporter.progress(population.done.files, 0);
  }
  population.finish();
  return population.done;
}

}  // namespace ocfs2
