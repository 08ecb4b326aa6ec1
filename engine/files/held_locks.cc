// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/held_locks.h"

#include <algorithm>

namespace ocfs2 {

HeldLocks::HeldLocks(LockSpace& space, Keeper keeper) : space_(space), keeper_(std::move(keeper)) {
  space_.when_wanted([this](const LockName& lock, LockLevel level) { wanted(lock, level); });
}

HeldLocks::Use::~Use() {
  for (auto taken = taken_.rbegin(); taken != taken_.rend(); ++taken) locks_.end(taken->first, taken->second);
}

void HeldLocks::Use::take(const LockName& lock, LockLevel level) {
  if (!locks_.shared()) return;
  locks_.begin(lock, level);
  taken_.emplace_back(lock, level);
}

void HeldLocks::keep(const LockName& lock, LockLevel level) {
  if (shared()) begin(lock, level);
}

bool HeldLocks::alone_with(const LockName& lock) {
  if (!shared()) return true;
  Held& held = held_[key_of(lock)];
  held.name = lock;
  if (held.level != LockLevel::exclusive && !space_.try_take(lock, LockLevel::exclusive)) return false;
  held.level = LockLevel::exclusive;
  return true;
}

void HeldLocks::drop(const LockName& lock) {
  const auto held = held_.find(key_of(lock));
  if (held == held_.end()) return;
  space_.lower(lock, LockLevel::none);
  held_.erase(held);
}

void HeldLocks::begin(const LockName& lock, LockLevel level) {
  Held& held = held_[key_of(lock)];
  held.name = lock;
  if (held.level < level) {
    space_.take(lock, level);
    if (held.level == LockLevel::none) keeper_.refresh(lock);
    held.level = level;
  }
  (level == LockLevel::exclusive ? held.exclusive_users : held.shared_users) += 1;
}

void HeldLocks::end(const LockName& lock, LockLevel level) {
  const auto found = held_.find(key_of(lock));
  if (found == held_.end()) return;
  Held& held = found->second;
  (level == LockLevel::exclusive ? held.exclusive_users : held.shared_users) -= 1;
  if (held.wanted != LockLevel::none) yield(held);
}

void HeldLocks::wanted(const LockName& lock, LockLevel level) {
  const auto found = held_.find(key_of(lock));
  if (found == held_.end()) return;
  found->second.wanted = std::max(found->second.wanted, level);
  yield(found->second);
}

/// Gives up as much of the lock as the other node needs, unless an operation still uses it.
void HeldLocks::yield(Held& held) {
  const LockLevel target = held.wanted == LockLevel::shared ? LockLevel::shared : LockLevel::none;
  const bool in_use = held.exclusive_users > 0 || (target == LockLevel::none && held.shared_users > 0);
  if (in_use) return;
  held.wanted = LockLevel::none;
  if (held.level <= target) return;
  if (held.level == LockLevel::exclusive) keeper_.settle();
  if (target == LockLevel::none) keeper_.forget();
  held.level = target;
  space_.lower(held.name, target);
}

}  // namespace ocfs2
