// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing the extended attributes of an inode, however they are laid out (spec: ondisk.md 8).
//
//     XattrEditor attributes(transaction, space, inode);
//     attributes.set("user.comment", value);
//
// An editor belongs to one open transaction and sees the attributes as that has left them so far. Each call
// is one change that is complete in itself; when one throws, the transaction is to be aborted.
//
// As with the kernel, an attribute goes into its inode if there is room, else to the inode's xattr block, and
// when that is full to buckets below an index. A value of more than 80 bytes gets clusters of its own, new
// ones each time, so that a crash leaves the old value or the new one. A room inside the inode stays set
// aside once it is made; block, index and clusters are given back with their last attribute.
//
// Two things are the caller's business: the inode's times, and what values mean. Those of access control
// lists are expected in the form that the format has (8.6).
#pragma once

#include "engine/volume/space.h"
#include "engine/volume/xattr_layout.h"
#include "engine/volume/xattr_set.h"

namespace ocfs2 {

enum class XattrMode : u8 {
  either,   ///< adds or replaces
  create,   ///< only if there is none of that name
  replace,  ///< only if there is one
};

class XattrEditor {
 public:
  /// Edits the attributes of `inode`, which is in use, as a part of `transaction`; clusters and blocks come
  /// from `space`.
  XattrEditor(Transaction& transaction, Space& space, InodeNo inode)
      : transaction_(transaction), space_(space), inode_(inode) {}

  /// Gives the attribute `full_name` ("user.comment") a value of up to 65536 bytes. False, and nothing is
  /// changed, when `mode` does not allow it. Throws Error(invalid_argument) for a name that cannot be, a
  /// value that is too long or an access control list without entries, Error(unsupported) when the volume
  /// has no attributes, Error(no_space), Error(corrupt).
  bool set(std::string_view full_name, ConstBytes value, XattrMode mode = XattrMode::either);
  /// False when there is no such attribute. It takes space only where shared clusters have to be counted.
  /// Throws Error(corrupt).
  bool remove(std::string_view full_name);

  /// The value of `full_name`, or nothing.
  std::optional<std::vector<u8>> get(std::string_view full_name) const { return attributes().get(full_name); }
  std::vector<XattrItem> list() const { return attributes().list(); }

 private:
  const Volume& volume() const { return space_.volume(); }
  const Geometry& geometry() const { return volume().geometry(); }
  XattrSet attributes() const { return {space_.volume(), transaction_, inode_}; }
  BlockRef<Inode> inode() const { return transaction_.read<Inode>(block_of(inode_)); }
  BlockNo xattr_block() const { return BlockNo(inode()->xattr_block); }
  bool indexed() const { return transaction_.read<XattrBlock>(xattr_block())->is_indexed(); }

  void require_possible(std::string_view full_name, const std::optional<XattrName>& name,
                        ConstBytes value) const;

  Bytes edit_area();
  bool can_make_area() const;
  void make_area();
  bool put_inside(const LooseAttribute& attribute);
  void take_from_inside(const XattrName& name);

  Bytes edit_block();
  void make_block();
  void put_outside(const LooseAttribute& attribute, const std::optional<XattrSpot>& old);
  void take_from_outside(const XattrSpot& old, const XattrName& name);
  void give_block_back();

  void release_value(const XattrSpot& spot);
  void write_value(const XattrName& name, ConstBytes value);

  Transaction& transaction_;
  Space& space_;
  InodeNo inode_;
};

}  // namespace ocfs2
