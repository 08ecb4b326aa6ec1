// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/block_cache.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/io/device_errors.h"
#include "ondisk/check.h"

namespace ocfs2 {

BlockCache::BlockCache(BlockDevice& device, const VolumeFacts& facts, u64 budget_bytes)
    : device_(device), facts_(facts), budget_bytes_(budget_bytes) {}

bool BlockCache::inside(BlockNo block, u64 bytes) const {
  const u64 block_size = facts_.geometry.block_size();
  return block.value < device_.size_bytes() / block_size &&
         lies_inside(block.value * block_size, bytes, device_.size_bytes());
}

std::vector<u8> BlockCache::read_raw(BlockNo block, u64 count) {
  const u64 device_blocks = device_.size_bytes() / facts_.geometry.block_size();
  if (!lies_inside(block.value, count, device_blocks))
    fail(ErrorKind::io, "{}: cannot read {} blocks from block {}: the device has only {}", device_.name(),
         count, block.value, device_blocks);
  std::vector<u8> bytes(count * facts_.geometry.block_size());
  device_.read(facts_.geometry.byte_of(block), bytes);
  return bytes;
}

std::shared_ptr<const CachedBlock> BlockCache::read_as(BlockNo block, const BlockKind& kind) {
  const u32 bytes = region_bytes(kind, facts_.geometry);
  std::shared_ptr<CachedBlock> cached = find(block);
  if (cached && cached->bytes.size() == bytes && cached->kind != nullptr) {
    if (cached->kind != &kind) verify(*cached, kind);
    bytes_given_again_ += bytes;
    return cached;
  }
  if (!cached || cached->bytes.size() != bytes) cached = fetch(block, kind, bytes);
  drop(block);  // until it proves sound: the next attempt shall ask the device again
  verify(*cached, kind);
  insert(cached);
  return cached;
}

std::shared_ptr<const CachedBlock> BlockCache::read_unjudged(BlockNo block, const BlockKind& kind) {
  const u32 bytes = region_bytes(kind, facts_.geometry);
  // What was judged may have been mended in memory: only what never was stands there as on the device.
  std::shared_ptr<CachedBlock> cached = find(block);
  if (cached && cached->bytes.size() == bytes && cached->kind == nullptr) {
    bytes_given_again_ += bytes;
    return cached;
  }
  cached = fetch(block, kind, bytes);
  insert(cached);
  return cached;
}

std::shared_ptr<CachedBlock> BlockCache::fetch(BlockNo block, const BlockKind& kind, u32 bytes) {
  if (!inside(block, bytes))
    fail(ErrorKind::io, "{}: cannot read block {} ({}): it lies past the end of the device ({} bytes)",
         device_.name(), block.value, kind.name, device_.size_bytes());
  auto fetched = std::make_shared<CachedBlock>(CachedBlock{block, nullptr, std::vector<u8>(bytes)});
  device_.read(facts_.geometry.byte_of(block), fetched->bytes);
  return fetched;
}

void BlockCache::verify(CachedBlock& cached, const BlockKind& kind) {
  if (facts_.features.has(feature::metaecc) && kind.check_offset != BlockKind::no_check) {
    const u32 check_offset = check_position(kind.check_offset, cached.bytes.size());
    switch (verify_and_mend(cached.bytes, check_offset)) {
      case CheckResult::good:
        break;
      case CheckResult::mended:
        ++mended_blocks_;
        break;
      case CheckResult::bad:
        fail(ErrorKind::corrupt, "block {} of {}: {}: its checksum is {:#010x}, its bytes give {:#010x}",
             cached.block.value, device_.name(), kind.name,
             u32{as<BlockCheck>(ConstBytes(cached.bytes).subspan(check_offset)).crc},
             u32{compute_check(cached.bytes, check_offset).crc});
    }
  }
  if (kind.judge != nullptr) {
    Judgement judgement;
    kind.judge(cached.bytes, Place{facts_, cached.block}, judgement);
    require_clean(judgement, device_.name(), cached.block, kind);
  }
  cached.kind = &kind;
}

void BlockCache::prefetch(std::span<const BlockNo> blocks) {
  const u64 block_size = facts_.geometry.block_size();
  blocks = blocks.first(std::min<u64>(blocks.size(), budget_bytes_ / 2 / block_size));
  std::vector<u64> wanted;
  for (const BlockNo block : blocks)
    if (!entries_.contains(block.value) && inside(block, block_size)) wanted.push_back(block.value);
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());

  std::vector<std::shared_ptr<CachedBlock>> read;
  std::vector<ReadRequest> requests;
  for (const u64 number : wanted) {
    read.push_back(
        std::make_shared<CachedBlock>(CachedBlock{BlockNo(number), nullptr, std::vector<u8>(block_size)}));
    requests.push_back({number * block_size, read.back()->bytes});
  }
  device_.read_many(requests);
  for (std::size_t i = 0; i < read.size(); ++i)
    if (requests[i].error == 0) insert(read[i]);
}

std::shared_ptr<CachedBlock> BlockCache::replace(BlockNo block, const BlockKind& kind,
                                                 std::vector<u8> bytes) {
  std::shared_ptr<CachedBlock> cached = find(block);
  drop_overlapping(block, bytes.size());
  if (cached && cached->bytes.size() == bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), cached->bytes.begin());  // in place: views of it stay valid
    cached->kind = &kind;
    return cached;
  }
  cached = std::make_shared<CachedBlock>(CachedBlock{block, &kind, std::move(bytes)});
  insert(cached);
  return cached;
}

/// Forgets regions that share blocks with this one but begin elsewhere: a bucket covers up to eight blocks.
void BlockCache::drop_overlapping(BlockNo block, u64 bytes) {
  const u64 block_size = facts_.geometry.block_size();
  for (u64 after = 1; after < bytes / block_size; ++after) drop(block + after);
  for (u64 before = 1; before < check_region_max / block_size && before <= block.value; ++before) {
    const auto entry = entries_.find(block.value - before);
    if (entry != entries_.end() && entry->second.cached->bytes.size() > before * block_size) erase(entry);
  }
}

void BlockCache::drop(BlockNo block) {
  if (const auto entry = entries_.find(block.value); entry != entries_.end()) erase(entry);
}

void BlockCache::drop_all() {
  entries_.clear();
  ages_.clear();
  held_bytes_ = 0;
}

std::shared_ptr<CachedBlock> BlockCache::find(BlockNo block) {
  const auto entry = entries_.find(block.value);
  if (entry == entries_.end()) return nullptr;
  ages_.splice(ages_.end(), ages_, entry->second.age);
  return entry->second.cached;
}

void BlockCache::insert(const std::shared_ptr<CachedBlock>& cached) {
  drop(cached->block);
  const u64 number = cached->block.value;
  held_bytes_ += cached->bytes.size();
  entries_[number] = {cached, ages_.insert(ages_.end(), number)};
  evict();
}

void BlockCache::erase(std::unordered_map<u64, Entry>::iterator entry) {
  held_bytes_ -= entry->second.cached->bytes.size();
  ages_.erase(entry->second.age);
  entries_.erase(entry);
}

void BlockCache::evict() {
  // What somebody holds cannot go: it counts as just used. A few of those a time are looked at, or a caller
  // that holds thousands would pay for all of them at every read.
  for (u32 held_ones = 0; held_bytes_ > budget_bytes_ && !ages_.empty() && held_ones < 32;) {
    const auto oldest = entries_.find(ages_.front());
    if (oldest->second.cached.use_count() == 1) {
      erase(oldest);
    } else {
      ages_.splice(ages_.end(), ages_, ages_.begin());
      ++held_ones;
    }
  }
}

u32 region_bytes(const BlockKind& kind, const Geometry& geometry) {
  return kind.region_bytes != 0 ? kind.region_bytes : geometry.block_size();
}

void seal(const BlockKind& kind, const VolumeFacts& facts, Bytes block) {
  if (kind.check_offset == BlockKind::no_check) return;
  const u32 check_offset = check_position(kind.check_offset, block.size());
  as<BlockCheck>(block.subspan(check_offset)) =
      facts.features.has(feature::metaecc) ? compute_check(block, check_offset) : BlockCheck{0, 0, 0};
}

std::string fault_text(const Fault& fault) {
  if (fault.rule == "must be" || fault.rule == "must be at most" || fault.rule == "must be at least")
    return fmt::format("{} {} {} but is {}", fault.field, fault.rule, fault.expected, fault.found);
  const std::string found = fault.found == 0 ? "" : fmt::format(" (found {})", fault.found);
  return fmt::format("{}: {}{}", fault.field, fault.rule, found);
}

void require_clean(const Judgement& judgement, std::string_view device, BlockNo block,
                   const BlockKind& kind) {
  if (judgement.clean()) return;
  const std::size_t more = judgement.faults().size() - 1;
  fail(ErrorKind::corrupt, "block {} of {}: {}: {}{}", block.value, device, kind.name,
       fault_text(judgement.faults().front()), more == 0 ? "" : fmt::format(" (and {} more)", more));
}

}  // namespace ocfs2
