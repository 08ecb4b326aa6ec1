// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/transaction.h"

#include "engine/error.h"

namespace ocfs2 {
namespace {

void require_sound(const BlockCache& cache, const std::string& device, BlockNo block, const BlockKind& kind,
                   ConstBytes bytes) {
  if (kind.judge == nullptr) return;
  Judgement judgement;
  kind.judge(bytes, {cache.facts(), block}, judgement);
  if (!judgement.clean())
    fail(ErrorKind::corrupt, "{}: the change would leave a damaged {} at block {}: {}; nothing was written",
         device, kind.name, block.value, fault_text(judgement.faults().front()));
}

}  // namespace

Bytes Transaction::create_bytes(BlockNo block, const BlockKind& kind) {
  Edited& edited = edited_[block.value];
  if (!edited.created || edited.kind != &kind)
    edited = {&kind, std::vector<u8>(region_bytes(kind, cache_.facts().geometry)), true};
  return edited.bytes;
}

Bytes Transaction::writable(BlockNo block, const BlockKind& kind, ConstBytes current) {
  const auto [place, is_new] = edited_.try_emplace(block.value);
  Edited& edited = place->second;
  if (is_new) edited = {&kind, std::vector<u8>(current.begin(), current.end()), false};
  require(edited.kind == &kind);
  return edited.bytes;
}

Bytes Transaction::edit_damaged(BlockNo block, const BlockKind& kind, ConstBytes current) {
  const bool is_new = !edited_.contains(block.value);
  const Bytes bytes = writable(block, kind, current);
  if (is_new && kind.judge != nullptr) {
    Judgement judgement;
    kind.judge(current, {cache_.facts(), block}, judgement);
    edited_[block.value].damaged = !judgement.clean();
  }
  return bytes;
}

ConstBytes Transaction::pending(BlockNo block) const {
  const auto edited = edited_.find(block.value);
  return edited == edited_.end() ? ConstBytes() : ConstBytes(edited->second.bytes);
}

void Transaction::commit() {
  for (const auto& [block, edited] : edited_)
    if (!edited.damaged)
      require_sound(cache_, cache_.device().name(), BlockNo(block), *edited.kind, edited.bytes);

  std::vector<BlockImage> images;
  for (auto& [block, edited] : edited_) {
    seal(*edited.kind, cache_.facts(), edited.bytes);
    images.push_back({BlockNo(block), edited.bytes});
  }
  if (!images.empty()) write_ahead_.commit(images);
  for (auto& [block, edited] : edited_) {
    cache_.replace(BlockNo(block), *edited.kind, std::move(edited.bytes));
    if (edited.damaged) cache_.drop(BlockNo(block));  // the cache vouches for what it holds
  }
  edited_.clear();
}

}  // namespace ocfs2
