// SPDX-License-Identifier: GPL-2.0-or-later
//
// The lock manager of a cluster whose nodes take turns on one thread: whoever wants a lock asks the others,
// who must give it up at once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/cluster/lock_space.h"
#include "engine/error.h"

namespace ocfs2 {

class SharedLocks {
 public:
  LockSpace& member(std::size_t number) {
    while (members_.size() <= number) members_.push_back(std::make_unique<Member>(*this));
    return *members_[number];
  }
  u64 given_up() const { return given_up_; }  ///< how often a node gave a lock up for another

 private:
  class Member final : public LockSpace {
   public:
    explicit Member(SharedLocks& all) : all_(all) {}
    bool has_others() const override { return true; }
    void take(const LockName& lock, LockLevel level) override {
      for (const auto& other : all_.members_) {
        if (other.get() == this || other->allows(lock, level)) continue;
        ++all_.given_up_;
        other->use_(lock, level);
        if (!other->allows(lock, level))
          fail(ErrorKind::busy, "lock {}{:x} is not given up", lock.type, lock.block);
      }
      levels_[key(lock)] = level;
    }
    bool try_take(const LockName& lock, LockLevel level) override {
      for (const auto& other : all_.members_)
        if (other.get() != this && !other->allows(lock, level)) return false;
      levels_[key(lock)] = level;
      return true;
    }
    void lower(const LockName& lock, LockLevel level) override { levels_[key(lock)] = level; }
    void when_wanted(std::function<void(const LockName&, LockLevel)> use) override { use_ = std::move(use); }

   private:
    static std::string key(const LockName& lock) { return encode_lock_name(lock); }
    bool allows(const LockName& lock, LockLevel level) const {
      const auto found = levels_.find(key(lock));
      if (found == levels_.end() || found->second == LockLevel::none) return true;
      return level == LockLevel::shared && found->second == LockLevel::shared;
    }
    SharedLocks& all_;
    std::map<std::string, LockLevel> levels_;
    std::function<void(const LockName&, LockLevel)> use_;
  };

  std::vector<std::unique_ptr<Member>> members_;
  u64 given_up_ = 0;
};

}  // namespace ocfs2
