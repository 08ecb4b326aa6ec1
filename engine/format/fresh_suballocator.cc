// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/fresh_suballocator.h"

namespace ocfs2 {

Suballocation FreshSuballocator::allocate(FreshSpace& space) {
  const u32 usable = bits_per_group() - 1;  // the first bit is the descriptor's
  const u32 index = allocated_ / usable;
  if (index == groups()) add_group(space);
  const u32 bit = allocated_++ % usable + 1;
  return {groups_[index] + bit, groups_[index], slot_, static_cast<u16>(bit)};
}

u32 FreshSuballocator::used_bits(u32 index) const {
  const u32 usable = bits_per_group() - 1;
  const u32 before = index * usable;
  return 1 + (allocated_ <= before ? 0 : std::min(allocated_ - before, usable));
}

}  // namespace ocfs2
