// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/usage.h"

#include <algorithm>

namespace ocfs2 {

void Usage::add(const Usage& more) {
  inodes += more.inodes;
  space += more.space;
  unsure += more.unsure;
}

const Usage* UsageTable::find(u32 id) const {
  const auto place = std::ranges::lower_bound(settled_, id, {}, &Usage::id);
  return place == settled_.end() || place->id != id ? nullptr : &*place;
}

void UsageTable::add(const std::map<u32, Usage>& more) {
  for (const auto& [id, usage] : more) {
    late_.push_back(usage);
    late_.back().id = id;
  }
  // seldom enough that the whole is linear, soon enough that little waits
  if (late_.size() > 1024 + settled_.size() / 8) settle();
}

Usage& UsageTable::operator[](u32 id) {
  settle();
  const auto place = std::ranges::lower_bound(settled_, id, {}, &Usage::id);
  if (place != settled_.end() && place->id == id) return *place;
  return *settled_.insert(place, {.id = id});
}

void UsageTable::settle() {
  if (late_.empty()) return;
  std::ranges::sort(late_, {}, &Usage::id);
  const auto old = std::ssize(settled_);
  settled_.reserve(settled_.size() + late_.size());  // no more than that
  settled_.insert(settled_.end(), late_.begin(), late_.end());
  late_ = {};
  std::ranges::inplace_merge(settled_, settled_.begin() + old, {}, &Usage::id);
  auto last = settled_.begin();
  for (auto next = last + 1; next != settled_.end(); ++next)
    if (next->id == last->id)
      last->add(*next);
    else
      *++last = *next;
  settled_.erase(last + 1, settled_.end());
}

}  // namespace ocfs2
