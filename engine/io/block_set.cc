// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/block_set.h"

#include <algorithm>

namespace ocfs2 {
namespace {

/// Runs that wait for being sorted in; many more than these only when as many are sorted.
constexpr std::size_t waiting_max = 1 << 16;

}  // namespace

void BlockSet::add(BlockNo first, u64 count) {
  if (count == 0) return;
  if (runs_.size() > settled_ && runs_.back().end() == first)
    runs_.back().count += count;
  else
    runs_.push_back({first, count});
  if (runs_.size() - settled_ > std::max(waiting_max, settled_)) settle();
}

void BlockSet::settle() {
  if (settled_ == runs_.size()) return;
  std::sort(runs_.begin(), runs_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (const StoredRun& run : runs_) {
    StoredRun* const last = kept > 0 ? &runs_[kept - 1] : nullptr;
    if (last != nullptr && run.first <= last->end())
      last->count = std::max(last->end(), run.end()) - last->first;
    else
      runs_[kept++] = run;
  }
  runs_.resize(kept);
  settled_ = kept;
  u64 rank = 0;
  for (StoredRun& run : runs_) {
    run.rank = rank;
    rank += run.count;
  }
}

const StoredRun* BlockSet::at_or_after(BlockNo block) const {
  const auto run =
      std::partition_point(runs_.begin(), runs_.end(), [&](const StoredRun& r) { return r.end() <= block; });
  return run == runs_.end() ? nullptr : &*run;
}

bool BlockSet::contains(BlockNo block) const {
  const StoredRun* const run = at_or_after(block);
  return run != nullptr && run->first <= block;
}

u64 BlockSet::rank(BlockNo block) const {
  const StoredRun* const run = at_or_after(block);
  if (run == nullptr) return count();
  return run->first <= block ? run->rank + (block - run->first) : run->rank;
}

}  // namespace ocfs2
