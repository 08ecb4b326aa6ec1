// SPDX-License-Identifier: GPL-2.0-or-later
//
// dirty_journal VOLUME SECONDS [SLOT] -- leaves behind what a machine leaves that dies between committing a
// change and putting it in place: the log of SLOT (default 0) holds a new root directory inode whose mtime is
// SECONDS, the journal is dirty, the root directory's own block is as before. Whoever replays the log next,
// the kernel at mount or any fsck, must make the root directory show that time.
#include <fmt/core.h>

#include <cstdlib>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/journal/transaction.h"
#include "engine/volume/volume_journal.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {

static void dirty(const char* path, u64 seconds, u32 slot) {
  const auto device = FileDevice::open(path, Access::exclusive);
  OpenOptions options;
  options.read_only = false;
  const auto volume = Volume::open(*device, options);
  const auto journal = open_slot_journal(*volume, slot, [seconds] { return seconds; });
  const BlockRef<Inode> root = volume->inode(volume->root());
  const std::vector<u8> before(root.bytes().begin(), root.bytes().end());

  Transaction transaction(volume->cache(), *journal);
  transaction.edit(root).mtime = seconds;
  transaction.commit();

  device->write(TestKey{}, volume->geometry().byte_of(root.block()), before);  // it never got to its place
  device->flush();
}

}  // namespace ocfs2

int main(int count, char** arguments) {
  if (count != 3 && count != 4) return fmt::print(stderr, "usage: dirty_journal VOLUME SECONDS [SLOT]\n"), 2;
  try {
    ocfs2::dirty(arguments[1], std::strtoull(arguments[2], nullptr, 10),
                 count == 4 ? static_cast<unsigned>(std::strtoul(arguments[3], nullptr, 10)) : 0);
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "dirty_journal: {}\n", error.what()), 1;
  }
  return 0;
}
