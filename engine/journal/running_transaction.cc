// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/running_transaction.h"

#include "engine/error.h"

namespace ocfs2 {

void RunningTransaction::join(std::span<const std::shared_ptr<CachedBlock>> changed,
                              const BlockRanges& released) {
  u64 more = 0;
  for (const auto& cached : changed) more += blocks_of(*cached);
  if (in_parts_ && blocks_held_ + more > blocks_max()) commit();
  if (blocks_held_ + more > blocks_max())
    fail(ErrorKind::no_space,
         "{}: a change of {} blocks does not fit the journal; enlarge it with tunefs.ocfs2 -J size",
         cache_.device().name(), more);

  for (const auto& cached : changed) {
    auto& held = changed_[cached->block.value];
    if (!held) blocks_held_ += blocks_of(*cached);
    held = cache_.replace(cached->block, *cached->kind, std::move(cached->bytes));
  }
  for (const auto& [first, count] : released) released_[first] = std::max(released_[first], count);
}

void RunningTransaction::commit() {
  if (changed_.empty()) {
    if (data_written_) cache_.device().flush();
    data_written_ = false;
    return;
  }
  std::vector<BlockImage> images;
  for (const auto& [block, cached] : changed_) {
    seal(*cached->kind, cache_.facts(), cached->bytes);
    images.push_back({cached->block, cached->bytes});
  }
  journal_.commit(images);
  changed_.clear();
  if (!released_.empty() && before_reuse_) before_reuse_();
  released_.clear();
  blocks_held_ = 0;
  data_written_ = false;
}

void RunningTransaction::checkpoint() {
  commit();
  journal_.checkpoint();
}

void RunningTransaction::drop_others() {
  cache_.drop_all();
  for (const auto& [block, cached] : changed_) cache_.put_back(cached);
}

}  // namespace ocfs2
