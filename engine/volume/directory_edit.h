// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing the names in a directory, however it is laid out (spec: ondisk.md 7).
//
// An editor belongs to one open transaction and sees the directory as that has left it so far. Each call is
// one change that is complete in itself: afterwards entries, the list of blocks with holes and the index
// agree again. When one throws, the transaction is to be aborted. One directory has one editor at a time.
//
// Three things are the caller's business, who alone knows what is happening: the link counts of the inodes
// that names come to and go from (and that of the directory, for subdirectories), its times, and that a name
// to be added is not there yet.
#pragma once

#include <optional>
#include <string_view>

#include "engine/volume/directory_blocks.h"
#include "engine/volume/index_edit.h"
#include "ondisk/directory.h"

namespace ocfs2 {

class DirectoryEditor {
 public:
  /// Edits directory `number` as a part of `transaction`; clusters and blocks come from `space`. Throws
  /// Error(invalid_argument) when the inode is no directory, and what reading it throws.
  DirectoryEditor(Transaction& transaction, Space& space, InodeNo number);

  /// The inode that `name` leads to; through the index when there is one.
  std::optional<InodeNo> find(std::string_view name);

  /// Adds an entry in the first hole that is large enough. Without one the directory grows; out of its inode,
  /// too, and has an index from then on if the volume has them. `name` must be legal. Throws Error(no_space),
  /// Error(corrupt).
  void add(std::string_view name, InodeNo inode, EntryType type);
  /// False when there is no such name.
  bool remove(std::string_view name);
  /// Lets `name` lead to another inode; so `..` is set, too. False when there is no such name.
  bool replace(std::string_view name, InodeNo inode, EntryType type);
  /// Renames an entry, in its place where the new name fits, else in another. False when there is no such
  /// name. `new_name` must be legal. Throws what `add` does.
  bool rename(std::string_view name, std::string_view new_name);
  /// Moves the entries of a directory inside its inode to a block, in their order.
  void leave_inode();

 private:
  struct EntryPlace {
    BlockNo block;  ///< that of the inode when the entries are inside
    u32 offset = 0;
  };

  const Volume& volume() const { return space_.volume(); }
  BlockRef<Inode> inode() const { return transaction_.read<Inode>(number_); }
  bool is_inline() const { return inode()->body_kind() == InodeBody::inline_data; }
  bool indexed() const { return inode()->has_dynamic(dynamic_feature::indexed_dir); }
  bool trailers() const { return indexed() || volume().has(feature::metaecc); }
  IndexEditor index() { return {transaction_, space_, BlockNo(inode()->index_root)}; }

  std::shared_ptr<const CachedBlock> block(BlockNo number) const;
  ConstBytes area(const CachedBlock& block) const;
  Bytes edit_area(BlockNo block);
  DirectoryEntry entry(const EntryPlace& place) const;
  std::optional<EntryPlace> locate_in(BlockNo block, std::string_view name) const;
  std::optional<EntryPlace> locate(std::string_view name);
  /// There is more room somewhere.
  void forget_search() {
    first_with_hole_ = 0;
    searched_from_ = BlockNo();
  }
  void take_out(const EntryPlace& place, std::string_view name);

  BlockNo block_with_hole(u32 bytes);
  BlockNo listed_block_with_hole(u32 bytes);
  BlockNo append_block();
  void attach_index();
  void leave_safely(ConstBytes old_inode, BlockNo at);
  /// Puts a block that this transaction has made in its place ahead of the commit.
  void write_through(BlockNo at, const BlockKind& kind);

  const DirectoryTrailer& trailer(const CachedBlock& block) const {
    return DirectoryBlock::trailer(ConstBytes(block.bytes));
  }
  DirectoryTrailer& edit_trailer(BlockNo block) {
    return DirectoryBlock::trailer(transaction_.edit_as(block, DirectoryBlock::kind));
  }
  void note_hole(BlockNo block);
  void list(BlockNo block);
  void unlist(BlockNo block);

  Transaction& transaction_;
  Space& space_;
  BlockNo number_;
  DirectoryBlocks blocks_;
  // What searches for room have shown: no hole of `hole_sought_` bytes or more is …
  u32 hole_sought_ = 0;
  u64 first_with_hole_ = 0;  ///< … without an index, in the blocks before this one,
  BlockNo searched_from_;    ///< … with one, in this listed block and those behind it
};

}  // namespace ocfs2
