// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/identity.h"

#include <sys/random.h>
#include <uuid/uuid.h>

#include <cerrno>
#include <ctime>

#include "engine/error.h"

namespace ocfs2 {
namespace {

/// SplitMix64: every seed gives a well-mixed sequence.
class Sequence {
 public:
  explicit Sequence(u64 seed) : state_(seed) {}
  u32 next() {
    u64 mixed = state_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return static_cast<u32>((mixed ^ (mixed >> 31)) >> 32);
  }

 private:
  u64 state_;
};

u64 random_seed() {
  u64 seed;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
    fail_errno(errno, "cannot get random numbers from the system");
  return seed;
}

u64 seed_from(const Uuid& uuid, u64 epoch) {
  u64 seed = epoch;
  for (const u8 byte : uuid) seed = (seed ^ byte) * 0x100000001B3;
  return seed;
}

Uuid random_uuid() {
  Uuid uuid;
  uuid_generate_random(uuid.data());
  return uuid;
}

}  // namespace

VolumeIdentity new_identity(const std::optional<Uuid>& uuid, const std::optional<u64>& epoch) {
  VolumeIdentity identity;
  identity.uuid = uuid ? *uuid : random_uuid();
  identity.time = epoch ? *epoch : static_cast<u64>(std::time(nullptr));
  Sequence numbers(epoch ? seed_from(identity.uuid, *epoch) : random_seed());
  identity.generation = numbers.next();
  for (u32& seed : identity.index_seeds) seed = numbers.next();
  return identity;
}

}  // namespace ocfs2
