// SPDX-License-Identifier: GPL-2.0-or-later
//
// The locks that this node has (spec: cluster.md G6). An operation takes what it needs before its
// transaction begins, in the order of G4.1, and holds it to its end. Afterwards the lock stays here, with
// what it protects in the cache, until another node wants it. Then there is one way to give it up: commit,
// checkpoint, drop, lower.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "engine/cluster/lock_space.h"

namespace ocfs2 {

class HeldLocks {
 public:
  struct Keeper {
    std::function<void()> settle;                  ///< makes all changes of this node be in their places
    std::function<void()> forget;                  ///< drops all that others may change from now on
    std::function<void(const LockName&)> refresh;  ///< a lock is new here: what it is about may be stale
  };
  /// `space` outlives this.
  HeldLocks(LockSpace& space, Keeper keeper);

  /// False when there is nobody to share with.
  bool shared() const { return space_.has_others(); }

  /// What one operation holds, from its beginning to its end.
  class Use {
   public:
    explicit Use(HeldLocks& locks) : locks_(locks) {}
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    /// Throws what LockSpace::take does.
    void take(const LockName& lock, LockLevel level);

   private:
    HeldLocks& locks_;
    std::vector<std::pair<LockName, LockLevel>> taken_;
  };

  /// A lock that is held for longer than one operation, as those of open inodes are; no Use.
  void keep(const LockName& lock, LockLevel level);
  /// Whether this node alone can have the lock for a moment: nobody else uses what it stands for.
  bool alone_with(const LockName& lock);
  /// The end of `keep`.
  void drop(const LockName& lock);

 private:
  struct Held {
    LockName name;
    LockLevel level = LockLevel::none;
    unsigned shared_users = 0, exclusive_users = 0;
    LockLevel wanted = LockLevel::none;  ///< by others
  };
  using Key = std::tuple<char, std::uint64_t, std::uint32_t, std::uint64_t>;
  static Key key_of(const LockName& lock) { return {lock.type, lock.block, lock.generation, lock.parent}; }

  void begin(const LockName& lock, LockLevel level);
  void end(const LockName& lock, LockLevel level);
  void wanted(const LockName& lock, LockLevel level);
  void yield(Held& held);

  LockSpace& space_;
  Keeper keeper_;
  std::map<Key, Held> held_;
};

}  // namespace ocfs2
