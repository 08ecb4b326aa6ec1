// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/node.h"

#include <algorithm>
#include <utility>

#include "engine/files/quota_charge.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_edit.h"
#include "engine/volume/inode_life.h"

namespace ocfs2 {
namespace {

constexpr u64 seek_bytes = u64{1} << 30;  ///< looked through at a time
constexpr u64 neighbours = 16;            ///< inodes that are read together

/// Blocks that one operation may change, generously: what a transaction in parts stops at, and what goes
/// with it.
constexpr std::size_t operation_blocks = ExtentEdit::transaction_blocks_max + 64;

}  // namespace

Node::Node(Volume& volume, SlotJournal& journal, u32 slot, LockSpace& locks, std::function<Moment()> now)
    : volume_(volume),
      journal_(&journal),
      running_(std::make_unique<RunningTransaction>(volume.cache(), journal)),
      space_(volume, slot),
      locks_(locks, {.settle = [this] { commit(), running_->checkpoint(); },
                     .forget = [this] { running_->drop_others(); },
                     .refresh = [this](const LockName& lock) { refresh(BlockNo(lock.block)); }}),
      now_(std::move(now)),
      next_generation_(static_cast<u32>(now_().seconds * 1000 + now_().nanoseconds / 1000000)) {}

Node::Node(Volume& volume) : volume_(volume), space_(volume, 0), locks_(alone_, {}) {}

void Node::sync() { commit(); }

void Node::close() {
  while (!held_.empty()) let_go(InodeNo(held_.begin()->first), held_.begin()->second);
  commit();
  if (journal_ != nullptr) journal_->close();
}

// How a change comes about.

/// Carries out a change that fits one transaction. What the log, or space that will be free after a commit,
/// stands in the way of is tried again after one.
void Node::carry_out(const Act& act) {
  for (bool again = false;; again = true) {
    try {
      Transaction transaction(*running_);
      act(transaction);
      transaction.commit();
      break;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::no_space || again || running_->blocks() == 0) throw;
    }
    commit();
  }
  commit_when_full();
}

/// The same, and the inode's owners pay for what it has become.
void Node::carry_out_on(InodeNo inode, const Act& act) {
  carry_out([&](Transaction& transaction) {
    const QuotaCharge before = QuotaCharge::of(transaction, volume_, inode);
    act(transaction);
    settle_charge(transaction, space_, before, QuotaCharge::of(transaction, volume_, inode));
  });
}

/// A change of a size that nobody knows: `part` is called, with a transaction of its own, until it returns
/// true.
void Node::carry_out_parts(InodeNo inode, const Part& part) {
  for (bool done = false; !done;)
    carry_out_on(inode, [&](Transaction& transaction) { done = part(transaction); });
}

void Node::require_writable() const {
  if (!running_) refuse(EROFS, "{}", volume_.name());
}

void Node::commit() {
  if (!running_) return;
  orphan_nameless();
  running_->commit();
  clear_tails();
}

void Node::commit_when_full() {
  if (running_->blocks() + operation_blocks + 8 * nameless_.size() > running_->blocks_max()) commit();
}

// Locks (spec: cluster.md G1, G4).

LockName Node::meta_lock(InodeNo number) const {
  const bool special = number == volume_.root() || number == volume_.system_directory();
  return {'M', number.value, special ? volume_.facts().generation : 0};
}

/// Somebody else may have changed it since it was read; but nobody what is new here.
void Node::refresh(BlockNo block) {
  if (!running_->holds(block)) volume_.cache().drop(block);
}

void Node::lock(HeldLocks::Use& use, InodeNo number, LockLevel level) { use.take(meta_lock(number), level); }

void Node::lock_contents(HeldLocks::Use& use, InodeNo number, LockLevel level) {
  use.take({'W', number.value, inode(number)->generation}, level);
  lock(use, number, level);
}

/// Two directories: the one above first, else by their numbers.
void Node::lock_two(HeldLocks::Use& use, InodeNo one, InodeNo other) {
  if (!locks_.shared()) return;  // to look for the order would take longer than most operations
  if (one == other) return lock(use, one, LockLevel::exclusive);
  const bool other_first = is_below(one, other) || (!is_below(other, one) && other < one);
  lock(use, other_first ? other : one, LockLevel::exclusive);
  lock(use, other_first ? one : other, LockLevel::exclusive);
}

/// Everything that space may come from or go back to: blocks go back to the slot that they are from.
void Node::lock_space(HeldLocks::Use& use) {
  if (!locks_.shared()) return;
  const auto take = [&](SystemFile file, u32 slot) {
    if (const auto number = volume_.find_system_file(file, slot))
      use.take({'M', number->value, volume_.facts().generation}, LockLevel::exclusive);
  };
  for (const SystemFile file : {SystemFile::orphan_dir, SystemFile::inode_alloc, SystemFile::extent_alloc})
    for (u32 slot = 0; slot < volume_.facts().max_slots; ++slot) take(file, slot);
  take(SystemFile::global_bitmap, 0);
  for (const SystemFile file : {SystemFile::user_quota, SystemFile::group_quota}) take(file, 0);
}

// What is there.

BlockRef<Inode> Node::inode(InodeNo number) {
  BlockRef<Inode> found = volume_.inode(number);
  if (found->has_flag(inode_flag::system) && number != volume_.root())
    refuse(EPERM, "inode {} is the volume's own", number.value);
  return found;
}

BlockRef<Inode> Node::regular_file(InodeNo number) {
  BlockRef<Inode> found = inode(number);
  if (found->is_directory()) refuse(EISDIR, "inode {}", number.value);
  if (!found->is_regular()) refuse(EINVAL, "inode {} is not a regular file", number.value);
  return found;
}

BlockRef<Inode> Node::directory(InodeNo number) {
  BlockRef<Inode> found = inode(number);
  if (!found->is_directory()) refuse(ENOTDIR, "inode {}", number.value);
  return found;
}

/// The inode, locked for a change that may take space or give some back.
BlockRef<Inode> Node::inode_to_change(HeldLocks::Use& use, InodeNo number) {
  lock(use, number, LockLevel::exclusive);
  lock_space(use);
  const auto found = inode(number);
  require_changeable(found);
  return found;
}

/// The same for the contents of a regular file.
BlockRef<Inode> Node::file_to_change(HeldLocks::Use& use, InodeNo number) {
  lock_contents(use, number, LockLevel::exclusive);
  lock_space(use);
  const auto found = regular_file(number);
  require_changeable(found);
  return found;
}

void Node::require_changeable(const BlockRef<Inode>& inode) const {
  require_writable();
  if ((inode->attributes & attribute::immutable) != 0)
    refuse(EPERM, "inode {} is immutable", inode.block().value);
}

/// Changeable, and not only by appending to it.
void Node::require_unfixed(const BlockRef<Inode>& inode) const {
  require_changeable(inode);
  if ((inode->attributes & attribute::append) != 0)
    refuse(EPERM, "inode {} is append-only", inode.block().value);
}

std::optional<InodeNo> Node::lookup(InodeNo parent, std::string_view name) {
  if (name.size() > 255) refuse(ENAMETOOLONG, "\"{}\"", name);
  HeldLocks::Use use(locks_);
  lock(use, parent, LockLevel::shared);
  directory(parent);
  const std::optional<InodeNo> found = find_name(parent, name);
  if (found) read_neighbours(*found);
  return found;
}

/// Who only looks goes around damage; but a name that it may hide is not said to be missing.
std::optional<InodeNo> Node::find_name(InodeNo parent, std::string_view name) {
  Directory names(volume_, parent);
  if (running_) return names.lookup(name);
  try {
    if (const auto found = names.lookup(name)) return found;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::io) throw;
  }
  std::optional<InodeNo> found;
  const auto damage = names.each_readable([&](const DirectoryEntry& entry, std::string_view here) {
    if (here == name) found.emplace(entry.inode);
    return !found;
  });
  if (!found && damage) throw *damage;
  return found;
}

/// Files that are looked up one after the other were mostly made so, and lie side by side.
void Node::read_neighbours(InodeNo number) {
  if (locks_.shared()) return;  // a lock protects one inode
  std::vector<BlockNo> near;
  for (u64 block = number.value - number.value % neighbours; near.size() < neighbours; ++block)
    near.emplace_back(block);
  volume_.cache().prefetch(near);
}

void Node::expect(std::span<const InodeNo> inodes) {
  if (locks_.shared()) return;
  std::vector<BlockNo> blocks;
  for (const InodeNo inode : inodes) blocks.push_back(block_of(inode));
  volume_.cache().prefetch(blocks);
}

FileStatus Node::status(InodeNo number) {
  HeldLocks::Use use(locks_);
  lock(use, number, LockLevel::shared);
  const auto found = inode(number);
  return {number,
          found->generation,
          found->mode,
          found->links(),
          found->uid,
          found->gid,
          found->size,
          found->clusters,
          found->is_device() ? u64{found->device} : 0,
          found->attributes,
          found->body_kind() == InodeBody::inline_data,
          {found->atime, found->atime_nsec},
          {found->mtime, found->mtime_nsec},
          {found->ctime, found->ctime_nsec}};
}

std::optional<Error> Node::list(InodeNo number, std::vector<DirectoryItem>& items) {
  HeldLocks::Use use(locks_);
  lock(use, number, LockLevel::shared);
  directory(number);
  items.clear();
  return Directory(volume_, number).each_readable([&](const DirectoryEntry& entry, std::string_view name) {
    if (is_legal_name(name))
      items.push_back({std::string(name), InodeNo(entry.inode), static_cast<EntryType>(entry.file_type)});
    return true;
  });
}

std::vector<DirectoryItem> Node::list(InodeNo number) {
  std::vector<DirectoryItem> items;
  if (const auto damage = list(number, items)) throw *damage;
  return items;
}

std::string Node::read_link(InodeNo number) {
  HeldLocks::Use use(locks_);
  lock(use, number, LockLevel::shared);
  return symlink_target(volume_, inode(number));
}

std::size_t Node::read(InodeNo number, u64 offset, Bytes into) {
  HeldLocks::Use use(locks_);
  lock_contents(use, number, LockLevel::shared);
  return FileData(volume_, regular_file(number)).read(offset, into);
}

std::optional<std::vector<FileData::Piece>> Node::pieces(InodeNo number, u64 offset, u64 length) {
  HeldLocks::Use use(locks_);
  lock_contents(use, number, LockLevel::shared);
  return FileData(volume_, regular_file(number)).pieces(offset, length);
}

u64 Node::seek(InodeNo number, u64 from, bool data) {
  HeldLocks::Use use(locks_);
  lock_contents(use, number, LockLevel::shared);
  FileData file(volume_, regular_file(number));
  for (u64 at = from; at < file.size();) {
    const auto pieces = file.pieces(at, seek_bytes);
    if (!pieces) return data ? from : file.size();
    for (const FileData::Piece& piece : *pieces) {
      if (piece.place.has_value() == data) return at;
      at += piece.length;
    }
  }
  if (data || from >= file.size()) refuse(ENXIO, "byte {} of inode {}", from, number.value);
  return file.size();
}

void Node::before_reuse(std::function<void()> wait) {
  if (running_) running_->before_reuse(std::move(wait));
}

SpaceStatus Node::space_status() {
  HeldLocks::Use use(locks_);
  const auto bitmap = volume_.system_file(SystemFile::global_bitmap);
  use.take({'M', bitmap.block().value, volume_.facts().generation}, LockLevel::shared);
  SpaceStatus status{.clusters = bitmap->bitmap.total,
                     .free_clusters = bitmap->bitmap.total - bitmap->bitmap.used};
  for (u32 slot = 0; slot < volume_.facts().max_slots; ++slot) {
    const auto inodes = volume_.system_file(SystemFile::inode_alloc, slot);
    status.inodes += inodes->bitmap.total;
    status.free_inodes += inodes->bitmap.total - inodes->bitmap.used;
  }
  const u64 possible = status.free_clusters * volume_.geometry().blocks_per_cluster();
  status.inodes += possible;
  status.free_inodes += possible;
  return status;
}

bool Node::is_large(const BlockRef<Inode>& inode) const {
  const bool deep = inode->body_kind() == InodeBody::extent_list && inode->extents.tree_depth > 0;
  return deep || inode->xattr_block != 0 || inode->index_root != 0 || inode->refcount_root != 0;
}

// Life.

void Node::hold(InodeNo number, u64 count) {
  u64& held = held_[number.value];
  if (held == 0) locks_.keep({'O', number.value, 0}, LockLevel::shared);
  held += count;
}

void Node::let_go(InodeNo number, u64 count) {
  const auto held = held_.find(number.value);
  if (held == held_.end()) return;
  held->second -= std::min(held->second, count);
  if (held->second > 0) return;
  held_.erase(held);
  newborn_.erase(number.value);
  const LockName open{'O', number.value, 0};
  if (running_ && volume_.any_inode(number)->has_flag(inode_flag::valid) &&
      volume_.inode(number)->links() == 0 && locks_.alone_with(open))
    remove(number);
  locks_.drop(open);
}

/// The inode has no name any more: it goes, unless somebody holds it, here or on another node, who will see
/// to that.
void Node::lost_name(InodeNo number) {
  if (!locks_.shared()) nameless_.insert(number.value);
  if (held_.contains(number.value)) return;
  const LockName open{'O', number.value, 0};
  if (locks_.alone_with(open)) remove(number);
  locks_.drop(open);
}

/// What is still held without a name would be lost after a crash: it gets one in the orphan directory.
void Node::orphan_nameless() {
  if (nameless_.empty()) return;
  HeldLocks::Use use(locks_);
  lock_space(use);
  for (const u64 number : nameless_) {
    Transaction transaction(*running_);
    orphan_inode(transaction, space_, InodeNo(number));
    transaction.commit();
  }
  nameless_.clear();
}

/// Only now: until the new size of a file was durable, these were bytes of it.
void Node::clear_tails() {
  for (const u64 number : std::exchange(tails_, {})) {
    Transaction transaction(*running_);
    if (transaction.read<Inode>(BlockNo(number))->has_flag(inode_flag::valid) &&
        transaction.read<Inode>(BlockNo(number))->is_regular())
      FileEditor(transaction, space_, InodeNo(number)).clear_tail();
    transaction.commit();
  }
}

void Node::delete_orphans() {
  std::vector<InodeNo> orphans;
  for (u32 slot = 0; slot < volume_.facts().max_slots; ++slot)
    if (const auto number = volume_.find_system_file(SystemFile::orphan_dir, slot))
      Directory(volume_, *number).each([&](const DirectoryEntry& entry, std::string_view name) {
        if (name != "." && name != "..") orphans.emplace_back(entry.inode);
        return true;
      });
  for (const InodeNo orphan : orphans)
    if (volume_.inode(orphan)->links() == 0 && !held_.contains(orphan.value)) remove(orphan);
}

/// Deletes an inode without names and gives back what it has.
void Node::remove(InodeNo number) {
  HeldLocks::Use use(locks_);
  lock_contents(use, number, LockLevel::exclusive);
  lock_space(use);
  const bool unnamed = nameless_.erase(number.value) > 0;
  tails_.erase(number.value);
  const u64 seconds = now_().seconds;
  const auto found = volume_.inode(number);
  if (!is_large(found))
    return carry_out_on(
        number, [&](Transaction& transaction) { delete_inode(transaction, space_, number, seconds); });

  // Steps that commit for themselves follow: whatever has no name now must be found after a crash.
  if (unnamed) nameless_.insert(number.value);
  commit();
  if (found->is_regular()) cut(number, 0);
  const RunningTransaction::InParts in_parts(*running_);
  carry_out_on(number, [&](Transaction& transaction) { delete_inode(transaction, space_, number, seconds); });
}

}  // namespace ocfs2
