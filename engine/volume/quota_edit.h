// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing what a global quota file has on one user or group (spec: ondisk.md 11.2).
//
//     QuotaEdit(transaction, space, QuotaType::user).change(uid, bytes, 1);
//
// Records are changed in their places. New ones go into the leaf that has had room for the shortest time, as
// with the kernel; blocks that hold nothing any more are kept for later, and the file never shrinks. Whether
// somebody may have so much is the caller's business, who knows what time it is: this only counts.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/volume/space.h"
#include "ondisk/quota.h"

namespace ocfs2 {

/// What somebody may have; 0: as much as there is.
struct QuotaLimits {
  u64 space_soft_bytes = 0, space_hard_bytes = 0;
  u64 inodes_soft = 0, inodes_hard = 0;
};

class QuotaEdit {
 public:
  /// Edits the global file of `type` as a part of `transaction`; clusters and extent blocks come from
  /// `space`. Throws Error(invalid_argument) when the volume does not count for this type, Error(corrupt).
  QuotaEdit(Transaction& transaction, Space& space, QuotaType type);

  /// What the file has on `id`, or nothing. Throws Error(corrupt).
  std::optional<QuotaRecord> find(u32 id) const;

  /// `id` has so many bytes and inodes more, or less: but never less than none. Whoever is back within a soft
  /// limit has no time to run out. A record that says nothing any more is removed. Throws Error(no_space)
  /// when a new record does not fit the file and that cannot grow, Error(corrupt).
  void change(u32 id, s64 space_bytes, s64 inodes);
  /// Sets limits; without any of them, the record of somebody who has nothing is removed. Throws what
  /// `change` does.
  void set_limits(u32 id, const QuotaLimits& limits);

 private:
  /// A record in its leaf.
  struct Place {
    u32 leaf = 0;  ///< block of the file
    std::size_t index = 0;
  };

  BlockRef<Inode> inode() const { return transaction_.read<Inode>(inode_); }
  BlockNo place_of(u32 block) const;
  template <class T>
  BlockRef<T> read(u32 block) const;
  template <class T>
  Bytes edit(u32 block);
  template <class T>
  Bytes begin(u32 block);
  GlobalQuotaInfo& edit_info();
  u32 checked(u32 reference, u32 from) const;
  [[noreturn]] void damaged(u32 block, std::string_view fact) const;

  void update(u32 id, const std::function<void(QuotaRecord&)>& act);
  std::vector<u32> way_to(u32 id) const;
  std::optional<Place> locate(u32 id) const;
  void insert(const QuotaRecord& record);
  void remove(u32 id, const Place& place);

  u32 leaf_with_room();
  void list(u32 leaf);
  void unlist(u32 leaf);
  u32 take_block();
  u32 append_block();
  void give_block_back(u32 block);

  Transaction& transaction_;
  Space& space_;
  QuotaGeometry geometry_;
  BlockNo inode_;
};

}  // namespace ocfs2
