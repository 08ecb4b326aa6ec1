// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a node does with the contents of files and with their attributes.
#include <algorithm>

#include "engine/files/node.h"
#include "engine/files/quota_charge.h"
#include "engine/volume/file_edit.h"
#include "engine/volume/file_share.h"
#include "engine/volume/inode_life.h"

namespace ocfs2 {
namespace {

constexpr u32 changeable = 0x000100FF;             ///< attributes that chattr(1) may set
constexpr u64 access_note_seconds = 24 * 60 * 60;  ///< relatime's

bool earlier(u64 seconds, u32 nanoseconds, u64 than_seconds, u32 than_nanoseconds) {
  return seconds != than_seconds ? seconds < than_seconds : nanoseconds <= than_nanoseconds;
}

}  // namespace

void Node::require_inside(u64 offset, u64 length) const {
  const u64 most = u64{0xFFFFFFFF} << volume_.geometry().cluster_bits;
  const u64 end_max = std::min<u64>(most, static_cast<u64>(INT64_MAX));
  if (offset > end_max || length > end_max - offset) refuse(EFBIG, "a file has at most {} bytes", end_max);
}

void Node::write(InodeNo number, u64 offset, ConstBytes bytes) {
  require_inside(offset, bytes.size());
  HeldLocks::Use use(locks_);
  const auto file = file_to_change(use, number);
  if ((file->attributes & attribute::append) != 0 && offset < file->size)
    refuse(EPERM, "inode {} can only be appended to", number.value);
  if (bytes.empty()) return;
  if (offset > file->size) grow(number, offset);
  while (!bytes.empty()) {
    const ConstBytes part = bytes.first(std::min<u64>(bytes.size(), FileEditor::bytes_max));
    carry_out_on(number, [&](Transaction& transaction) {
      FileEditor(transaction, space_, number).write(offset, part);
      touch(transaction, number);
    });
    offset += part.size();
    bytes = bytes.subspan(part.size());
  }
}

void Node::grow(InodeNo number, u64 size) {
  if (tails_.contains(number.value)) commit();
  carry_out_parts(
      number, [&](Transaction& transaction) { return FileEditor(transaction, space_, number).grow(size); });
}

/// Cuts a regular file. What its last cluster has behind the new end is cleared when that is durable.
void Node::cut(InodeNo number, u64 size) {
  const auto file = volume_.inode(number);
  const Geometry& geometry = volume_.geometry();
  const u64 kept = geometry.clusters_for(size);
  if (file->body_kind() == InodeBody::inline_data)
    return carry_out([&](Transaction& transaction) { truncate_inode(transaction, space_, number, size); });
  if (is_large(file)) commit();
  const u64 old = file->size;
  carry_out_parts(number, [&](Transaction& transaction) {
    transaction.edit<Inode>(block_of(number)).size = size;
    const auto ref = transaction.read<Inode>(block_of(number));
    return release_extents(transaction, space_, ExtentRoot::of(ref), BlockNo(ref->refcount_root), kept,
                           u64{1} << 32) == kept;
  });
  if (size < old && size % volume_.geometry().cluster_size() != 0) tails_.insert(number.value);
}

void Node::resize(InodeNo number, u64 size) {
  require_inside(0, size);
  HeldLocks::Use use(locks_);
  const auto file = file_to_change(use, number);
  require_unfixed(file);
  if (size > file->size)
    grow(number, size);
  else
    cut(number, size);
  carry_out([&](Transaction& transaction) { touch(transaction, number); });
}

void Node::reserve(InodeNo number, u64 offset, u64 length, bool keep_size) {
  if (length == 0) refuse(EINVAL, "no bytes to reserve for inode {}", number.value);
  require_inside(offset, length);
  HeldLocks::Use use(locks_);
  file_to_change(use, number);
  const u64 end = offset + length;
  carry_out_parts(number, [&](Transaction& transaction) {
    touch(transaction, number);
    return FileEditor(transaction, space_, number).allocate(offset, end);
  });
  if (!keep_size) grow(number, end);
}

void Node::punch(InodeNo number, u64 offset, u64 length) {
  if (length == 0) refuse(EINVAL, "no bytes to clear of inode {}", number.value);
  require_inside(offset, length);
  HeldLocks::Use use(locks_);
  const auto file = file_to_change(use, number);
  require_unfixed(file);
  if (is_large(file)) commit();
  carry_out_parts(number, [&](Transaction& transaction) {
    touch(transaction, number);
    return FileEditor(transaction, space_, number).clear(offset, offset + length, false);
  });
}

void Node::clear(InodeNo number, u64 offset, u64 length, bool keep_size) {
  punch(number, offset, length);
  reserve(number, offset, length, keep_size);
}

void Node::share(InodeNo source, InodeNo target) {
  if (!volume_.has(feature::refcount))
    fail(ErrorKind::unsupported, "{}: files can share clusters only with the feature refcount",
         volume_.name());
  HeldLocks::Use use(locks_);
  const auto [one, other] = std::minmax(source, target);
  lock_contents(use, one, LockLevel::exclusive);
  lock_contents(use, other, LockLevel::exclusive);
  const auto from = file_to_change(use, source);
  file_to_change(use, target);
  if (source == target) return;
  cut(target, 0);
  leave_refcount_tree(target);
  if (from->body_kind() == InodeBody::inline_data) {
    std::vector<u8> bytes(from->size);
    read(source, 0, bytes);
    return write(target, 0, bytes);
  }
  const Geometry& geometry = volume_.geometry();
  carry_out_parts(target, [&](Transaction& transaction) {
    if (transaction.read<Inode>(block_of(target))->body_kind() == InodeBody::inline_data)
      FileEditor(transaction, space_, target).leave_inode();
    const u64 shared = geometry.clusters_for(transaction.read<Inode>(block_of(target))->size);
    const u64 next = share_clusters(transaction, space_, source, target, shared, next_generation_);
    const u64 size = transaction.read<Inode>(block_of(source))->size;
    transaction.edit<Inode>(block_of(target)).size = std::min<u64>(next << geometry.cluster_bits, size);
    touch(transaction, target);
    return next >= geometry.clusters_for(size);
  });
  ++next_generation_;
}

/// A file without clusters shares nothing but, perhaps, values of attributes.
void Node::leave_refcount_tree(InodeNo number) {
  const auto file = volume_.inode(number);
  if (file->refcount_root == 0) return;
  XattrSet(volume_, file).each([&](const XattrEntry& entry, ConstBytes) {
    if (!entry.is_local())
      fail(ErrorKind::unsupported, "{}: inode {} shares values of attributes with others already",
           volume_.name(), number.value);
    return true;
  });
  carry_out([&](Transaction& transaction) {
    RefcountEdit(transaction, space_, BlockNo(file->refcount_root)).leave();
    Inode& edited = transaction.edit<Inode>(block_of(number));
    edited.refcount_root = 0;
    edited.dynamic_features = edited.dynamic_features & static_cast<u16>(~dynamic_feature::has_refcount);
  });
}

void Node::change_status(InodeNo number, const StatusChange& change) {
  HeldLocks::Use use(locks_);
  if (change.attributes)
    lock(use, number, LockLevel::exclusive), require_writable();  // this is how "immutable" goes away
  else if (const auto changed = inode_to_change(use, number); !change.present)
    require_unfixed(changed);
  carry_out_on(number, [&](Transaction& transaction) {
    Inode& edited = transaction.edit<Inode>(block_of(number));
    if (change.attributes)
      edited.attributes = (edited.attributes & ~changeable) | (*change.attributes & changeable);
    if (change.mode)
      edited.mode =
          static_cast<u16>((edited.mode & file_mode::type_mask) | (*change.mode & ~file_mode::type_mask));
    if (change.mode) follow_mode(transaction, number);
    if (change.uid) edited.uid = *change.uid;
    if (change.gid) edited.gid = *change.gid;
    touch(transaction, number, false);
    if (change.access) set_access(edited, *change.access);
    if (change.modification) set_modification(edited, *change.modification);
  });
}

void Node::note_access(InodeNo number) {
  if (!running_) return;
  const auto found = inode(number);
  const Moment now = now_();
  const bool noted_since = !earlier(found->atime, found->atime_nsec, found->mtime, found->mtime_nsec) &&
                           !earlier(found->atime, found->atime_nsec, found->ctime, found->ctime_nsec) &&
                           now.seconds - found->atime < access_note_seconds;
  if (noted_since || (found->attributes & attribute::noatime) != 0) return;
  HeldLocks::Use use(locks_);
  lock(use, number, LockLevel::exclusive);
  carry_out([&](Transaction& transaction) { set_access(transaction.edit<Inode>(block_of(number)), now); });
}

}  // namespace ocfs2
