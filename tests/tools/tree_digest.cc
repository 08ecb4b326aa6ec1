// SPDX-License-Identifier: GPL-2.0-or-later
//
// tree_digest VOLUME [DAMAGE] -- a line for each regular file of a user: inode, size, digest of the content,
// and the blocks of metadata that describe it. With the name of a damage of fswreck, a bare VOLUME is
// furnished first, as fswreck would, so that there is a state before the damage to compare with.
//
// Files are found by their inodes, not by names: whatever a repair calls them, their content must be there.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/volume/chain_allocator.h"
#include "engine/wreck/wreck.h"
#include "ondisk/bitmap.h"
#include "ondisk/group.h"
#include "tests/worlds/file_state.h"

namespace ocfs2 {
namespace {

void tell(Volume& volume, const BlockRef<Inode>& inode) {
  if (!inode->has_flag(inode_flag::valid) || inode->has_flag(inode_flag::system) || !inode->is_regular())
    return;
  const FileState state = state_of(volume, inode);
  fmt::print("{} {} {:08x} {}\n", inode.block().value, state.size, state.digest,
             fmt::join(state.metadata, " "));
}

void tell_slot(Volume& volume, u32 slot) {
  const ChainAllocator allocator(volume, volume.system_file(SystemFile::inode_alloc, slot));
  allocator.each_group([&](const BlockRef<GroupDescriptor>& group) {
    for (u32 bit = 1; bit < group->bits; ++bit) {
      if (!test_bit(GroupDescriptor::bitmap(group.bytes()), bit)) continue;
      const auto block =
          GroupDescriptor::block_of_bit(group.bytes(), bit, allocator.inode().chains.bits_per_cluster);
      if (block) tell(volume, volume.any_inode(inode_at(*block)));
    }
    return true;
  });
}

}  // namespace

void tell_all(const char* path, const char* damage) {
  const auto device = FileDevice::open(path, damage ? Access::read_write : Access::read_only);
  if (damage) furnish_if_bare(*device, *find_damage(damage));
  const auto volume = Volume::open(*device);
  for (u32 slot = 0; slot < volume->facts().max_slots; ++slot) tell_slot(*volume, slot);
}

}  // namespace ocfs2

int main(int count, char** arguments) {
  if (count < 2) return fmt::print(stderr, "usage: tree_digest VOLUME [DAMAGE]\n"), 2;
  try {
    ocfs2::tell_all(arguments[1], arguments[2]);
    return 0;
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "tree_digest: {}\n", error.what()), 1;
  }
}
