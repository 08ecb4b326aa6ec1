// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a node does with names (spec: cluster.md G5; ondisk.md 3.6, 7).
#include <algorithm>

#include "engine/files/node.h"
#include "engine/files/quota_charge.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/inode_life.h"

namespace ocfs2 {
namespace {

constexpr u16 set_group_id = 02000;

void require_name(std::string_view name) {
  if (name == "." || name == "..") refuse(EINVAL, "\"{}\"", name);
  if (name.size() > 255) refuse(ENAMETOOLONG, "\"{}\"", name);
  if (!is_legal_name(name)) refuse(EINVAL, "\"{}\" cannot be a name", name);
}

[[noreturn]] void refuse_name(int number, const FileName& at) {
  throw FileError(number,
                  fmt::format("\"{}\" in directory {}: {}", at.name, at.directory.value, errno_text(number)),
                  RefusedName{at.directory, std::string(at.name)});
}

InodeNo found_in(DirectoryEditor& directory, const FileName& at) {
  const auto found = directory.find(at.name);
  if (!found) refuse_name(ENOENT, at);
  return *found;
}

void put_links(Transaction& transaction, InodeNo inode, s64 change) {
  Inode& edited = transaction.edit<Inode>(block_of(inode));
  edited.set_links(static_cast<u32>(static_cast<s64>(edited.links()) + change));
}

}  // namespace

/// The times of an inode whose contents (else only its attributes) have changed.
void Node::touch(Transaction& transaction, InodeNo number, bool contents) {
  const Moment now = now_();
  Inode& edited = transaction.edit<Inode>(block_of(number));
  edited.ctime = now.seconds;
  edited.ctime_nsec = now.nanoseconds;
  if (contents) set_modification(edited, now);
}

InodeNo Node::create(const FileName& at, const NewFile& file) {
  require_name(at.name);
  return make(at.directory, at.name, file);
}

InodeNo Node::create_nameless(InodeNo directory, const NewFile& file) {
  const InodeNo made = make(directory, std::nullopt, file);
  newborn_.insert(made.value);
  hold(made);
  return made;
}

InodeNo Node::make(InodeNo number, std::optional<std::string_view> name, const NewFile& file) {
  HeldLocks::Use use(locks_);
  lock(use, number, LockLevel::exclusive);
  lock_space(use);
  const auto parent = directory(number);
  require_changeable(parent);
  if (parent->links() == 0) refuse(ENOENT, "directory {} was removed", number.value);

  const bool is_directory = (file.mode & file_mode::type_mask) == file_mode::directory;
  const bool inherits_group = (parent->mode & set_group_id) != 0;
  const bool is_link = (file.mode & file_mode::type_mask) == file_mode::symlink;
  const auto list = is_link ? std::nullopt : inherited_list(parent);
  const u16 taken_off = list ? u16{0} : file.umask;
  const Moment now = now_();
  InodeBirth birth{.mode = static_cast<u16>(file.mode & ~(taken_off & ~file_mode::type_mask)),
                   .links = is_directory ? 2u : 1u,
                   .seconds = now.seconds,
                   .uid = file.uid,
                   .gid = inherits_group ? u32{parent->gid} : file.gid};
  if (is_directory && inherits_group) birth.mode |= set_group_id;

  InodeNo made;
  carry_out_on(number, [&](Transaction& transaction) {
    DirectoryEditor entries(transaction, space_, number);
    if (name && entries.find(*name)) refuse_name(EEXIST, {number, *name});
    if (is_directory) {
      count_link(transaction, volume_, number);
      made = create_directory(transaction, space_, birth, number);
    } else if (is_link) {
      made = create_symlink(transaction, space_, birth, file.target);
    } else if (file.device != 0) {
      made = create_device(transaction, space_, birth, file.device);
    } else {
      made = create_inode(transaction, space_, birth);
    }
    Inode& inode = transaction.edit<Inode>(block_of(made));
    inode.generation = next_generation_;
    inode.atime_nsec = inode.ctime_nsec = inode.mtime_nsec = now.nanoseconds;
    if (list) inherit(transaction, made, *list);
    if (name) {
      entries.add(*name, made, entry_type_of(birth.mode));
      touch(transaction, number);
    } else {
      orphan_inode(transaction, space_, made);
    }
    settle_charge(transaction, space_, {}, QuotaCharge::of(transaction, volume_, made));
  });
  ++next_generation_;
  ++name_changes_;
  lock(use, made, LockLevel::exclusive);  // what is in the cache of it is under a lock from now on
  return made;
}

void Node::link(InodeNo number, const FileName& at) {
  require_name(at.name);
  HeldLocks::Use use(locks_);
  lock(use, at.directory, LockLevel::exclusive);
  lock(use, number, LockLevel::exclusive);
  lock_space(use);
  const auto linked = inode(number);
  require_changeable(directory(at.directory));
  require_unfixed(linked);
  if (linked->is_directory()) refuse(EPERM, "inode {} is a directory, which has one name only", number.value);
  const bool newborn = newborn_.contains(number.value);
  if (linked->links() == 0 && !newborn) refuse(ENOENT, "inode {} was removed", number.value);
  carry_out_on(at.directory, [&](Transaction& transaction) {
    DirectoryEditor entries(transaction, space_, at.directory);
    if (entries.find(at.name)) refuse_name(EEXIST, at);
    entries.add(at.name, number, entry_type_of(linked->mode));
    if (newborn) leave_orphan_directory(transaction, space_, number);
    count_link(transaction, volume_, number);
    touch(transaction, number, false);
    touch(transaction, at.directory);
  });
  newborn_.erase(number.value);
  ++name_changes_;
}

void Node::unlink(const FileName& at) { remove_name(at, false); }

void Node::remove_directory(const FileName& at) {
  if (at.name == ".") refuse_name(EINVAL, at);
  if (at.name == "..") refuse_name(ENOTEMPTY, at);
  remove_name(at, true);
}

void Node::remove_name(const FileName& at, bool is_directory) {
  HeldLocks::Use use(locks_);
  lock(use, at.directory, LockLevel::exclusive);
  const auto parent = directory(at.directory);
  const auto number = Directory(volume_, at.directory).lookup(at.name);
  if (!number) refuse_name(ENOENT, at);
  lock(use, *number, LockLevel::exclusive);
  use.take({'N', number->value, 0, at.directory.value}, LockLevel::exclusive);
  lock_space(use);
  read_neighbours(*number);
  const auto removed = inode(*number);
  require_unfixed(parent);
  require_unfixed(removed);
  if (removed->is_directory() != is_directory)
    refuse_name(is_directory ? ENOTDIR : EISDIR, at);
  if (is_directory && !is_empty(*number))
    refuse_name(ENOTEMPTY, at);
  carry_out_on(at.directory, [&](Transaction& transaction) {
    DirectoryEditor(transaction, space_, at.directory).remove(at.name);
    drop_name(transaction, *number, at.directory);
    touch(transaction, at.directory);
  });
  ++name_changes_;
  if (removed->links() == 0) lost_name(*number);
}

/// The inode loses a name that it had in `parent`; an empty directory its own one, too.
void Node::drop_name(Transaction& transaction, InodeNo number, InodeNo parent) {
  const auto inode = transaction.read<Inode>(block_of(number));
  const bool is_directory = inode->is_directory();
  put_links(transaction, number, is_directory ? -static_cast<s64>(inode->links()) : -1);
  if (is_directory) put_links(transaction, parent, -1);
  touch(transaction, number, false);
  Inode& edited = transaction.edit<Inode>(block_of(number));
  if (edited.links() > 0) return;
  if (locks_.shared()) return orphan_inode(transaction, space_, number);
  // It stands in the orphan directory by the time this is durable, or is gone: see lost_name.
  edited.flags = edited.flags | inode_flag::orphaned;
  edited.orphaned_slot = static_cast<u16>(space_.slot());
}

bool Node::is_empty(InodeNo number) {
  bool empty = true;
  Directory(volume_, number).each([&](const DirectoryEntry&, std::string_view name) {
    return empty = name == "." || name == "..";
  });
  return empty;
}

/// Whether `directory` is on the way from the root to `number`, or is it.
bool Node::is_below(InodeNo number, InodeNo directory) {
  for (std::set<u64> seen; seen.insert(number.value).second;) {
    if (number == directory) return true;
    HeldLocks::Use use(locks_);
    lock(use, number, LockLevel::shared);
    const auto above = Directory(volume_, number).lookup("..");
    if (!above || *above == number) return false;
    number = *above;
  }
  return false;
}

void Node::rename(const FileName& from, const FileName& to, RenameMode mode) {
  require_name(from.name);
  require_name(to.name);
  HeldLocks::Use use(locks_);
  if (from.directory != to.directory) use.take({'R', 0, 0}, LockLevel::exclusive);
  lock_two(use, from.directory, to.directory);
  require_unfixed(directory(from.directory));
  require_changeable(directory(to.directory));
  const auto moved = Directory(volume_, from.directory).lookup(from.name);
  if (!moved) refuse_name(ENOENT, from);
  const auto replaced = Directory(volume_, to.directory).lookup(to.name);
  if (replaced && mode == RenameMode::keep)
    refuse_name(EEXIST, to);
  if (!replaced && mode == RenameMode::exchange)
    refuse_name(ENOENT, to);
  if (replaced == moved) return;  // two names of one file: nothing happens
  if (replaced) require_unfixed(directory(to.directory));
  for (const auto& number : {moved, replaced}) {
    if (!number) continue;
    lock(use, *number, LockLevel::exclusive);
    require_unfixed(inode(*number));
  }
  lock_space(use);
  ++name_changes_;
  const bool is_directory = inode(*moved)->is_directory();
  if (is_directory && is_below(to.directory, *moved))
    refuse(EINVAL, "directory {} cannot move below itself", moved->value);
  if (mode == RenameMode::exchange) {
    if (inode(*replaced)->is_directory() && is_below(from.directory, *replaced))
      refuse(EINVAL, "directory {} cannot move below itself", replaced->value);
    return carry_out_on(to.directory, [&](Transaction& transaction) { exchange(transaction, from, to); });
  }
  if (replaced) {
    if (is_directory != inode(*replaced)->is_directory())
      refuse_name(is_directory ? ENOTDIR : EISDIR, to);
    if (is_directory && !is_empty(*replaced))
      refuse_name(ENOTEMPTY, to);
  }
  carry_out_on(to.directory,
               [&](Transaction& transaction) { move(transaction, from, to, *moved, replaced); });
  if (replaced && inode(*replaced)->links() == 0) lost_name(*replaced);
}

void Node::move(Transaction& transaction, const FileName& from, const FileName& to, InodeNo moved,
                std::optional<InodeNo> replaced) {
  const EntryType type = entry_type_of(transaction.read<Inode>(block_of(moved))->mode);
  {
    DirectoryEditor entries(transaction, space_, to.directory);
    if (replaced)
      entries.replace(to.name, moved, type);
    else
      entries.add(to.name, moved, type);
    if (from.directory == to.directory) entries.remove(from.name);
  }
  if (from.directory != to.directory) DirectoryEditor(transaction, space_, from.directory).remove(from.name);
  if (replaced) drop_name(transaction, *replaced, to.directory);
  settle_parent(transaction, moved, from.directory, to.directory);
  touch(transaction, moved, false);
  touch(transaction, from.directory);
  touch(transaction, to.directory);
}

void Node::exchange(Transaction& transaction, const FileName& from, const FileName& to) {
  const auto put = [&](const FileName& at, InodeNo number) {
    DirectoryEditor(transaction, space_, at.directory)
        .replace(at.name, number, entry_type_of(transaction.read<Inode>(block_of(number))->mode));
  };
  DirectoryEditor first(transaction, space_, from.directory);
  const InodeNo one = found_in(first, from);
  DirectoryEditor second(transaction, space_, to.directory);
  const InodeNo other = found_in(second, to);
  put(from, other);
  put(to, one);
  settle_parent(transaction, one, from.directory, to.directory);
  settle_parent(transaction, other, to.directory, from.directory);
  for (const InodeNo number : {one, other}) touch(transaction, number, false);
  for (const InodeNo number : {from.directory, to.directory}) touch(transaction, number);
}

/// A directory that moves to another one leads there from now on, and counts there.
void Node::settle_parent(Transaction& transaction, InodeNo moved, InodeNo from, InodeNo to) {
  if (from == to || !transaction.read<Inode>(block_of(moved))->is_directory()) return;
  DirectoryEditor(transaction, space_, moved).replace("..", to, EntryType::directory);
  put_links(transaction, from, -1);
  count_link(transaction, volume_, to);
}

}  // namespace ocfs2
