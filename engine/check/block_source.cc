// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/block_source.h"

#include "engine/check/examiner.h"
#include "engine/check/problems/blocks.h"
#include "engine/error.h"

namespace ocfs2 {

BlockSource::BlockSource(BlockDevice& device, const VolumeFacts& facts, u64 budget_bytes)
    : own_cache_(std::make_unique<BlockCache>(device, facts, budget_bytes)), cache_(*own_cache_) {}

std::optional<AnyPatient> BlockSource::look(BlockNo block, const BlockKind& kind, InodeNo owner) {
  const u64 blocks = region_bytes(kind, geometry()) / geometry().block_size();
  if (block <= super_block_no || block.value > geometry().blocks() ||
      blocks > geometry().blocks() - block.value)
    return std::nullopt;
  if (mender_ != nullptr && !mender_->pending(block).empty()) {
    const ConstBytes pending = mender_->pending(block);
    const auto copy = std::make_shared<std::vector<u8>>(pending.begin(), pending.end());
    return AnyPatient(block, kind, *copy, CheckResult::good, mender_, copy);
  }
  try {
    const auto cached = cache_.read_unjudged(block, kind);
    const AnyPatient seen = patient(block, kind, cached->bytes);
    if (seen.check() != CheckResult::mended)
      return AnyPatient(block, kind, cached->bytes, seen.check(), mender_, cached);
    auto mended = std::make_shared<std::vector<u8>>(cached->bytes);
    verify_and_mend(*mended, check_position(kind.check_offset, mended->size()));
    return AnyPatient(block, kind, *mended, CheckResult::mended, mender_, mended);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    unreadable_.push_back({block, owner});
    return std::nullopt;
  }
}

AnyPatient BlockSource::patient(BlockNo block, const BlockKind& kind, ConstBytes bytes) {
  CheckResult check = CheckResult::good;
  if (facts().features.has(feature::metaecc) && kind.check_offset != BlockKind::no_check) {
    const u32 offset = check_position(kind.check_offset, bytes.size());
    if (!verify_check(bytes, offset)) {
      std::vector<u8> copy(bytes.begin(), bytes.end());
      check = verify_and_mend(copy, offset);
    }
  }
  return AnyPatient(block, kind, bytes, check, mender_);
}

void examine_checksum(AnyPatient& patient, InodeNo owner, Examiner& examiner) {
  if (patient.check() == CheckResult::good) return;
  const std::string_view detail = patient.check() == CheckResult::mended
                                      ? "one bit has flipped, which its error correction puts right"
                                      : "it differs in more than the one bit that could be put right";
  if (examiner.resolve(
          problem::BAD_CRC32,
          {.inode = owner, .block = patient.block(), .name = patient.kind().name, .detail = detail}))
    patient.mend_bytes();
}

}  // namespace ocfs2
