// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names of one directory as hashes, 16 bytes each: enough to see whether one occurs twice, and whether an
// index agrees with the entries. Names with bytes beyond seven bits have two hashes, since two conventions
// are in use (spec: ondisk.md 7.4.3); they take 24 bytes.
#pragma once

#include <string_view>
#include <vector>

#include "ondisk/index.h"

namespace ocfs2 {

/// A name in a block of the directory. Ordered as an index orders them.
struct NameKey {
  u64 hash = 0;   ///< major and minor
  u64 block = 0;  ///< that holds the entry
  constexpr auto operator<=>(const NameKey&) const = default;
};

constexpr u64 hash_number(NameHash hash) { return u64{hash.major} << 32 | hash.minor; }

class DirectoryNames {
 public:
  explicit DirectoryNames(const VolumeFacts& facts) : facts_(facts) {}

  /// Begins another directory. The hashes are those of the index when it has one, else quicker ones.
  void begin(bool indexed);
  void add(std::string_view name, BlockNo block);
  void add_dots(BlockNo block);  ///< `.` and `..`, which share the hash 0
  /// Sorts. Nothing is added afterwards.
  void settle();

  u64 count() const { return plain_.size() + wide_.size(); }
  /// By which names are told apart here.
  u64 key(std::string_view name) const;
  /// Keys that occur more than once, each once, in order: nearly always the same name.
  std::vector<u64> twins() const;
  bool has_twins() const;
  /// False when no name has this key, which means that the name is not taken.
  bool contains(u64 key) const;

  /// A name with a hash under either convention.
  struct Wide {
    u64 hash = 0;   ///< bytes are signed
    u64 other = 0;  ///< bytes are unsigned
    u64 block = 0;
    constexpr auto operator<=>(const Wide&) const = default;
  };
  const std::vector<NameKey>& plain() const { return plain_; }
  const std::vector<Wide>& wide() const { return wide_; }

 private:
  template <class Use>
  void each_twin(const Use& use) const;

  const VolumeFacts& facts_;
  bool indexed_ = false;
  std::vector<NameKey> plain_;
  std::vector<Wide> wide_;
};

}  // namespace ocfs2
