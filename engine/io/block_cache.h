// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks of one volume in bounded memory. There is at most one copy of a block; whoever holds a BlockRef
// keeps that copy alive, everything else may be dropped and read again. A block got as BlockRef<T> has passed
// T's judge and, on volumes with metaecc, its checksum (a single flipped bit is mended in memory). It can
// only be looked at: changing it takes a Transaction. A BlockRef is a view, not a snapshot: once a
// transaction committed a new state of the block, everybody who holds it sees that.
//
// For one thread at a time.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/io/block_device.h"
#include "ondisk/judgement.h"

namespace ocfs2 {

/// The bytes of one block (or of one region that is checked as a whole, such as an xattr bucket).
struct CachedBlock {
  BlockNo block;
  const BlockKind* kind = nullptr;  ///< as what it was judged; null: not yet judged
  std::vector<u8> bytes;
};

/// A judged block seen as `const T`.
template <class T>
class BlockRef {
 public:
  BlockRef() = default;
  explicit BlockRef(std::shared_ptr<const CachedBlock> cached) : cached_(std::move(cached)) {}

  const T& operator*() const { return as<T>(ConstBytes(cached_->bytes)); }
  const T* operator->() const { return &**this; }
  ConstBytes bytes() const { return cached_->bytes; }  ///< the whole block
  BlockNo block() const { return cached_->block; }
  explicit operator bool() const { return cached_ != nullptr; }

 private:
  std::shared_ptr<const CachedBlock> cached_;
};

class BlockCache {
 public:
  static constexpr u64 default_budget_bytes = 8 << 20;

  /// Blocks of `device` as the volume `facts` lays them out. Holds at most `budget_bytes` beyond what callers
  /// hold.
  BlockCache(BlockDevice& device, const VolumeFacts& facts, u64 budget_bytes = default_budget_bytes);

  /// The block as a T. Throws Error(io) when it cannot be read, Error(corrupt) naming block, field, rule and
  /// values when T's judge or the checksum refuses it.
  template <class T>
  BlockRef<T> read(BlockNo block) {
    return BlockRef<T>(read_as(block, T::kind));
  }
  /// `count` consecutive blocks of which nothing is known: data, slot maps, symlink targets. Not cached.
  std::vector<u8> read_raw(BlockNo block, u64 count);

  std::shared_ptr<const CachedBlock> read_as(BlockNo block, const BlockKind& kind);
  /// The bytes of a block or region as they stand on the device, neither judged nor mended: for fsck. Throws
  /// Error(io).
  std::shared_ptr<const CachedBlock> read_unjudged(BlockNo block, const BlockKind& kind);
  /// Reads blocks that will soon be asked for, in device order and in parallel; failures show at the later
  /// read. Takes no more of the first ones than half the budget holds, so that they are still there when
  /// asked for.
  void prefetch(std::span<const BlockNo> blocks);

  /// Puts the committed bytes of a block in the place of what was cached, for all who hold it; for
  /// Transaction. Returns where they are now.
  std::shared_ptr<CachedBlock> replace(BlockNo block, const BlockKind& kind, std::vector<u8> bytes);
  /// Forgets a block, or all of them: a cluster lock was given up, or the device was written behind our back.
  void drop(BlockNo block);
  void drop_all();
  /// Has a block again that was dropped and is newer than what the device has.
  void put_back(const std::shared_ptr<CachedBlock>& cached) { insert(cached); }

  const VolumeFacts& facts() const { return facts_; }
  void set_facts(const VolumeFacts& facts) { facts_ = facts; }
  BlockDevice& device() { return device_; }
  u64 bytes_given_again() const { return bytes_given_again_; }  ///< what was asked for and not read again
  u64 mended_blocks() const { return mended_blocks_; }  ///< in how many a flipped bit was put right in memory

 private:
  struct Entry {
    std::shared_ptr<CachedBlock> cached;
    std::list<u64>::iterator age;
  };
  std::shared_ptr<CachedBlock> find(BlockNo block);
  std::shared_ptr<CachedBlock> fetch(BlockNo block, const BlockKind& kind, u32 bytes);
  void insert(const std::shared_ptr<CachedBlock>& cached);
  void erase(std::unordered_map<u64, Entry>::iterator entry);
  void drop_overlapping(BlockNo block, u64 bytes);
  void evict();
  void verify(CachedBlock& cached, const BlockKind& kind);
  bool inside(BlockNo block, u64 bytes) const;

  BlockDevice& device_;
  VolumeFacts facts_;
  u64 budget_bytes_;
  u64 held_bytes_ = 0;
  u64 mended_blocks_ = 0;
  u64 bytes_given_again_ = 0;
  std::unordered_map<u64, Entry> entries_;
  std::list<u64> ages_;  ///< least recently used first
};

/// How many bytes a region of `kind` covers on this volume: one block, but for xattr buckets (4096 bytes).
u32 region_bytes(const BlockKind& kind, const Geometry& geometry);

/// Writes checksum and error-correcting code into a block of `kind`, or zeros on a volume without metaecc.
void seal(const BlockKind& kind, const VolumeFacts& facts, Bytes block);

/// A judge's finding in words: "h_blkno must be 8721 but is 17".
std::string fault_text(const Fault& fault);

/// Throws Error(corrupt) with the first fault of `judgement`, unless that is clean: "block 8721 of /dev/sdb:
/// extent block: h_blkno must be 8721 but is 17".
void require_clean(const Judgement& judgement, std::string_view device, BlockNo block, const BlockKind& kind);

}  // namespace ocfs2
