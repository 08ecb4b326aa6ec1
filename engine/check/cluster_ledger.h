// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which clusters the global bitmap calls used, against which clusters something uses. On a sound volume every
// claim finds its cluster allocated and not yet claimed, so one bitmap that claims empty is enough: what is
// left in it at the end was allocated for nobody, and what a claim did not find there goes into a second
// bitmap, which stays empty on a sound volume. Both are sparse: parts that are all zeros or all ones cost
// nothing.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ondisk/bitmap.h"
#include "ondisk/numbers.h"

namespace ocfs2 {

/// Bits in chunks of which only the mixed ones take memory. Bits beyond the last are clear, and stay so.
class SparseBitmap {
 public:
  static constexpr u32 chunk_bits = 32768;

  explicit SparseBitmap(u64 bits);

  u64 size() const { return bits_; }
  bool test(u64 bit) const;
  void set(BitRun run);
  void clear(BitRun run);
  /// Sets bits [first, first + count) to those of `source`, as far as they lie inside; `first` is a multiple
  /// of 8, and bits behind the end of `source` count as set.
  void assign(u64 first, ConstBytes source, u64 count);
  /// The next run of set bits that begins in [first, end); count 0 when there is none. Runs end at `end`.
  BitRun next_run(u64 first, u64 end) const;
  u64 count() const;         ///< set bits
  u64 memory_bytes() const;  ///< in chunks

 private:
  /// Without `bits` it is all zeros or all ones, as `ones` says.
  struct Chunk {
    u32 ones = 0;  ///< set bits
    std::unique_ptr<std::array<u8, chunk_bits / 8>> bits;
  };
  u32 length(u64 index) const;  ///< bits of a chunk: only the last has fewer than chunk_bits
  BitRun inside(BitRun run) const;
  Bytes mixed(Chunk& chunk, u64 index);
  void set_ones(Chunk& chunk, u64 index, u32 ones);
  template <class Use>
  void each_part(BitRun run, Use use);
  u64 find(u64 first, u64 end, bool value) const;

  u64 bits_;
  std::vector<Chunk> chunks_;
};

class ClusterLedger {
 public:
  explicit ClusterLedger(u64 clusters) : unclaimed_(clusters), unexpected_(clusters), repeated_(clusters) {}

  /// What a group of the global bitmap says of the clusters from `first` on. Before any claim of these.
  void record_allocated(ClusterNo first, ConstBytes bitmap, u32 bits) {
    unclaimed_.assign(first.value, bitmap, bits);
  }
  /// Something uses these clusters. Parts outside the volume are left out.
  void claim(ClusterNo first, u64 count);

  /// The bitmap was made to say that these are used: what was claimed once was to be expected.
  void allow(BitRun run);
  /// These clusters are allocated, and one alone claims them (now).
  void settle(BitRun run) {
    unexpected_.clear(run);
    repeated_.clear(run);
  }

  /// Clusters that were allocated and that nobody claimed, run by run within [first, end).
  BitRun next_unclaimed(ClusterNo first, ClusterNo end) const {
    return unclaimed_.next_run(first.value, end.value);
  }
  /// Claimed clusters that were not allocated, or had been claimed before: the on-disk bit tells which.
  BitRun next_unexpected(ClusterNo first, ClusterNo end) const {
    return unexpected_.next_run(first.value, end.value);
  }
  /// Among those: claimed twice or more although not allocated.
  bool repeated(ClusterNo cluster) const { return repeated_.test(cluster.value); }
  u64 memory_bytes() const {
    return unclaimed_.memory_bytes() + unexpected_.memory_bytes() + repeated_.memory_bytes();
  }

 private:
  void claim_again(BitRun run);

  SparseBitmap unclaimed_;
  SparseBitmap unexpected_;
  SparseBitmap repeated_;
};

}  // namespace ocfs2
