// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a node does with extended attributes, and with access control lists, which are attributes that belong
// together with the permission bits (spec: ondisk.md 8).
#include <algorithm>

#include "engine/files/access_list.h"
#include "engine/files/node.h"
#include "engine/volume/xattr_edit.h"

namespace ocfs2 {
namespace {

constexpr u16 permissions = 0777;

AccessList list_of(ConstBytes value) {
  const auto list = AccessList::from_program(value);
  if (!list) refuse(EINVAL, "this is no access control list");
  return *list;
}

void require_kind(std::string_view full_name) {
  if (std::ranges::none_of(xattr_prefixes,
                           [&](const auto& one) { return full_name.starts_with(one.prefix); }))
    refuse(EOPNOTSUPP, "attribute {}", full_name);
}

}  // namespace

std::optional<std::vector<u8>> Node::attribute(InodeNo number, std::string_view full_name) {
  require_kind(full_name);
  HeldLocks::Use use(locks_);
  lock(use, number, LockLevel::shared);
  auto value = XattrSet(volume_, inode(number)).get(full_name);
  if (!value || !AccessList::is_name(full_name)) return value;
  const auto list = AccessList::from_disk(*value);
  if (!list) refuse(EIO, "the access control list of inode {} is damaged", number.value);
  return list->for_program();
}

std::vector<XattrItem> Node::attributes(InodeNo number) {
  HeldLocks::Use use(locks_);
  lock(use, number, LockLevel::shared);
  return XattrSet(volume_, inode(number)).list();
}

void Node::set_attribute(InodeNo number, std::string_view full_name, ConstBytes value, XattrMode mode) {
  require_kind(full_name);
  HeldLocks::Use use(locks_);
  const auto changed = inode_to_change(use, number);
  require_unfixed(changed);
  if (full_name == AccessList::access_name) return set_access_list(number, value);
  if (full_name == AccessList::default_name && !changed->is_directory())
    refuse(EACCES, "inode {} is not a directory", number.value);
  const std::vector<u8> stored = AccessList::is_name(full_name) ? list_of(value).for_disk()
                                                                : std::vector<u8>(value.begin(), value.end());
  carry_out([&](Transaction& transaction) {
    if (!XattrEditor(transaction, space_, number).set(full_name, stored, mode))
      refuse(mode == XattrMode::create ? EEXIST : ENODATA, "attribute {} of inode {}", full_name,
             number.value);
    touch(transaction, number, false);
  });
}

/// The permission bits go with the list; one that says no more than they do is not kept.
void Node::set_access_list(InodeNo number, ConstBytes value) {
  const AccessList list = list_of(value);
  carry_out([&](Transaction& transaction) {
    XattrEditor attributes(transaction, space_, number);
    if (list.is_minimal())
      attributes.remove(AccessList::access_name);
    else
      attributes.set(AccessList::access_name, list.for_disk());
    Inode& edited = transaction.edit<Inode>(block_of(number));
    edited.mode = static_cast<u16>((edited.mode & ~permissions) | list.permissions());
    touch(transaction, number, false);
  });
}

void Node::remove_attribute(InodeNo number, std::string_view full_name) {
  require_kind(full_name);
  HeldLocks::Use use(locks_);
  require_unfixed(inode_to_change(use, number));
  carry_out([&](Transaction& transaction) {
    // An access control list that says nothing is one that is not there.
    if (!XattrEditor(transaction, space_, number).remove(full_name) && !AccessList::is_name(full_name))
      refuse(ENODATA, "attribute {} of inode {}", full_name, number.value);
    touch(transaction, number, false);
  });
}

/// A list of the directory that its files inherit.
std::optional<AccessList> Node::inherited_list(const BlockRef<Inode>& directory) {
  if (!directory->has_dynamic(dynamic_feature::has_xattr)) return std::nullopt;
  const auto value = XattrSet(volume_, directory).get(AccessList::default_name);
  return value ? AccessList::from_disk(*value) : std::nullopt;
}

/// A new inode gets what its directory has for it.
void Node::inherit(Transaction& transaction, InodeNo number, const AccessList& list) {
  Inode& edited = transaction.edit<Inode>(block_of(number));
  AccessList own = list;
  own.limit_to(edited.mode & permissions);
  edited.mode = static_cast<u16>((edited.mode & ~permissions) | own.permissions());
  XattrEditor attributes(transaction, space_, number);
  if (!own.is_minimal()) attributes.set(AccessList::access_name, own.for_disk());
  if (transaction.read<Inode>(block_of(number))->is_directory())
    attributes.set(AccessList::default_name, list.for_disk());
}

/// The permission bits of an inode with a list have changed: the list follows.
void Node::follow_mode(Transaction& transaction, InodeNo number) {
  const auto changed = transaction.read<Inode>(block_of(number));
  if (!changed->has_dynamic(dynamic_feature::has_xattr)) return;
  XattrEditor attributes(transaction, space_, number);
  const auto value = attributes.get(AccessList::access_name);
  auto list = value ? AccessList::from_disk(*value) : std::nullopt;
  if (!list) return;
  list->set_permissions(changed->mode & permissions);
  attributes.set(AccessList::access_name, list->for_disk());
}

}  // namespace ocfs2
