// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where fsck gets its patients from: blocks as they stand on the device, with what the mender has pending for
// them. A block that cannot be read is not the end: it is remembered, and becomes a finding of its own.
//
// Each thread has its own.
#pragma once

#include <optional>
#include <vector>

#include "engine/check/patient.h"

namespace ocfs2 {

/// A block that the device did not give.
struct UnreadableBlock {
  BlockNo block;
  InodeNo owner;  ///< whose it is, as far as whoever asked knew
};

class BlockSource {
 public:
  static constexpr u64 default_budget_bytes = 2 << 20;

  /// Without `mender` the patients can only be looked at. All outlive this.
  BlockSource(BlockDevice& device, const VolumeFacts& facts, u64 budget_bytes = default_budget_bytes);
  /// On the volume's own cache, through which the mender commits.
  BlockSource(BlockCache& cache, Mender* mender) : cache_(cache), mender_(mender) {}

  const VolumeFacts& facts() const { return cache_.facts(); }
  const Geometry& geometry() const { return facts().geometry; }
  Mender* mender() const { return mender_; }

  /// The block, whatever is in it. Nothing when it lies outside the volume or cannot be read; the latter is
  /// remembered with `owner`.
  template <class T>
  std::optional<Patient<T>> look(BlockNo block, InodeNo owner) {
    auto any = look(block, T::kind, owner);
    return any ? std::optional(Patient<T>(*std::move(any))) : std::nullopt;
  }
  std::optional<AnyPatient> look(BlockNo block, const BlockKind& kind, InodeNo owner);
  /// Bytes that were read already, such as one of a batch; they must outlive the patient.
  AnyPatient patient(BlockNo block, const BlockKind& kind, ConstBytes bytes);

  void prefetch(std::span<const BlockNo> blocks) { cache_.prefetch(blocks); }
  u64 bytes_from_cache() const { return cache_.bytes_given_again(); }
  std::vector<UnreadableBlock>& unreadable() { return unreadable_; }

 private:
  std::unique_ptr<BlockCache> own_cache_;
  BlockCache& cache_;
  Mender* mender_ = nullptr;
  std::vector<UnreadableBlock> unreadable_;
};

/// Another block was written over that at `place`: it says where that one is, and there it is.
template <class T>
bool is_copy(BlockSource& source, BlockNo place, const T& block, InodeNo owner) {
  if (block.block == place.value) return false;
  const auto other = source.look<T>(BlockNo(block.block), owner);
  return other && (*other)->signature == block.signature && (*other)->block == block.block &&
         (*other)->suballoc_slot == block.suballoc_slot && (*other)->suballoc_bit == block.suballoc_bit;
}

/// A wrong checksum is a problem by itself: BAD_CRC32. Mending seals the block as it is (or as its one wrong
/// bit put right makes it). `structure` is its name for people.
void examine_checksum(AnyPatient& patient, InodeNo owner, class Examiner& examiner);

}  // namespace ocfs2
