// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/transaction.h"

#include "engine/error.h"
#include "engine/journal/running_transaction.h"

namespace ocfs2 {
namespace {

void require_sound(const BlockCache& cache, const std::string& device, const CachedBlock& edited) {
  if (edited.kind->judge == nullptr) return;
  Judgement judgement;
  edited.kind->judge(edited.bytes, {cache.facts(), edited.block}, judgement);
  if (!judgement.clean())
    fail(ErrorKind::corrupt, "{}: the change would leave a damaged {} at block {}: {}; nothing was written",
         device, edited.kind->name, edited.block.value, fault_text(judgement.faults().front()));
}

/// A damaged volume may refer to one block as to two different things.
void require_same_kind(const CachedBlock& edited, const BlockKind& kind) {
  if (edited.kind != &kind)
    fail(ErrorKind::corrupt, "block {} is used as {} and as {} at once; run fsck.ocfs2", edited.block.value,
         edited.kind->name, kind.name);
}

/// Those of `ranges` that lie in [first, end), cut to it.
void each_in(const BlockRanges& ranges, BlockNo first, BlockNo end,
             const std::function<void(BlockNo, u64)>& use) {
  auto range = ranges.upper_bound(first.value);
  if (range != ranges.begin()) --range;  // it may reach into what is asked for
  for (; range != ranges.end() && range->first < end.value; ++range) {
    const u64 from = std::max(range->first, first.value);
    const u64 to = std::min(range->first + range->second, end.value);
    if (from < to) use(BlockNo(from), to - from);
  }
}

}  // namespace

Transaction::Transaction(RunningTransaction& running)
    : cache_(running.cache()), write_ahead_(running.write_ahead()), running_(&running) {}

std::shared_ptr<const CachedBlock> Transaction::read_as(BlockNo block, const BlockKind& kind) const {
  const auto edited = edited_.find(block.value);
  if (edited == edited_.end()) return cache_.read_as(block, kind);
  const CachedBlock& copy = *edited->second.copy;
  require_same_kind(copy, kind);
  if (edited->second.damaged && kind.judge != nullptr) {
    Judgement judgement;
    kind.judge(copy.bytes, {cache_.facts(), block}, judgement);
    require_clean(judgement, cache_.device().name(), block, kind);
  }
  return edited->second.copy;
}

Bytes Transaction::edit_as(BlockNo block, const BlockKind& kind) {
  return edit_copy(block, kind, read_as(block, kind)->bytes);
}

Bytes Transaction::create_bytes(BlockNo block, const BlockKind& kind) {
  Edited& edited = edited_[block.value];
  if (!edited.created || edited.copy->kind != &kind) {
    const std::vector<u8> zeros(region_bytes(kind, cache_.facts().geometry));
    edited = {std::make_shared<CachedBlock>(CachedBlock{block, &kind, zeros}), true};
  }
  return edited.copy->bytes;
}

Bytes Transaction::edit_copy(BlockNo block, const BlockKind& kind, ConstBytes current) {
  const auto [place, is_new] = edited_.try_emplace(block.value);
  Edited& edited = place->second;
  if (is_new)
    edited.copy = std::make_shared<CachedBlock>(CachedBlock{block, &kind, {current.begin(), current.end()}});
  require_same_kind(*edited.copy, kind);
  return edited.copy->bytes;
}

void Transaction::write_data(BlockNo first, ConstBytes bytes) {
  leave_to_data(first, cache_.facts().geometry.blocks_for(bytes.size()));
  if (running_ != nullptr) running_->note_data();
  write_ahead_.write_data(cache_.facts().geometry.byte_of(first), bytes);
}

void Transaction::zero_data(BlockNo first, u64 count) {
  leave_to_data(first, count);
  if (running_ != nullptr) running_->note_data();
  write_ahead_.zero_data(cache_.facts().geometry.byte_of(first), count << cache_.facts().geometry.block_bits);
}

void Transaction::release(BlockNo first, u64 count) {
  forget(first, count);
  released_[first.value] = count;
}

void Transaction::each_released(BlockNo first, BlockNo end,
                                const std::function<void(BlockNo, u64 count)>& use) const {
  each_in(released_, first, end, use);
  if (running_ != nullptr) each_in(running_->released(), first, end, use);
}

bool Transaction::nothing_released() const {
  return released_.empty() && (running_ == nullptr || running_->released().empty());
}

void Transaction::forget(BlockNo first, u64 count) {
  edited_.erase(edited_.lower_bound(first.value), edited_.lower_bound(first.value + count));
}

void Transaction::leave_to_data(BlockNo first, u64 count) {
  forget(first, count);
  for (u64 i = 0; i < count; ++i) cache_.drop(first + i);
}

Bytes Transaction::edit_damaged(BlockNo block, const BlockKind& kind, ConstBytes current) {
  const Bytes bytes = edit_copy(block, kind, current);
  Edited& edited = edited_[block.value];
  if (!edited.damaged && kind.judge != nullptr) {
    Judgement judgement;
    kind.judge(current, {cache_.facts(), block}, judgement);
    edited.damaged = !judgement.clean();
  }
  return bytes;
}

ConstBytes Transaction::pending(BlockNo block) const {
  const auto edited = edited_.find(block.value);
  return edited == edited_.end() ? ConstBytes() : ConstBytes(edited->second.copy->bytes);
}

void Transaction::commit() {
  for (const auto& [block, edited] : edited_)
    if (!edited.damaged) require_sound(cache_, cache_.device().name(), *edited.copy);
  if (running_ != nullptr) return join();

  const std::vector<BlockImage> images = seal_all();
  if (!images.empty()) write_ahead_.commit(images);
  for (const auto& [block, edited] : edited_) {
    cache_.replace(BlockNo(block), *edited.copy->kind, edited.copy->bytes);
    if (edited.damaged) cache_.drop(BlockNo(block));  // the cache vouches for what it holds
  }
  abort();  // nothing is left to forget
}

std::vector<BlockImage> Transaction::seal_all() {
  std::vector<BlockImage> images;
  for (auto& [block, edited] : edited_) {
    seal(*edited.copy->kind, cache_.facts(), edited.copy->bytes);
    images.push_back({BlockNo(block), edited.copy->bytes});
  }
  return images;
}

void Transaction::join() {
  std::vector<std::shared_ptr<CachedBlock>> changed;
  for (const auto& [block, edited] : edited_) {
    require(!edited.damaged);  // fsck makes each of its changes durable by itself
    changed.push_back(edited.copy);
  }
  running_->join(changed, released_);
  abort();
}

}  // namespace ocfs2
