// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every user and group uses. There may be as many of them as inodes, so it is kept tightly.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "ondisk/numbers.h"

namespace ocfs2 {

/// What a user or group uses. The kernel counts clusters of indexes and attributes, too; tools that recount
/// have not: anything from `space` to `space + unsure` is right (spec: ondisk.md 11.5).
struct Usage {
  u32 id = 0;
  u32 inodes = 0;
  u64 space = 0;   ///< bytes
  u64 unsure = 0;  ///< bytes

  void add(const Usage& more);
};

class UsageTable {
 public:
  void add(const std::map<u32, Usage>& more);
  Usage& operator[](u32 id);
  std::span<const Usage> all() { return settle(), settled_; }  ///< by id
  const Usage* find(u32 id) const;                             ///< of those that were settled; null: none

 private:
  void settle();

  std::vector<Usage> settled_;  ///< by id
  std::vector<Usage> late_;     ///< of others, in any order
};

}  // namespace ocfs2
