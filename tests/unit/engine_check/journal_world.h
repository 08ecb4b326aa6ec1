// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fresh volume whose journals can be changed behind its back.
#pragma once

#include <catch2/catch.hpp>

#include "engine/volume/volume_journal.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {

using Codes = std::vector<std::string>;  ///< in the order in which they were found

class JournalWorld : public VolumeWorld {
 public:
  using VolumeWorld::VolumeWorld;

  bool dirty(u32 slot) { return Volume::open(device)->journal_dirty(slot); }
  BlockNo inode_of(u32 slot) { return block_of(*volume().find_system_file(SystemFile::journal, slot)); }
  void edit_inode(u32 slot, const std::function<void(Inode&)>& change) {
    edit<Inode>(inode_of(slot), change);
  }
  void edit_log(u32 slot, const std::function<void(JournalSuperBlock&)>& change) {
    const u64 offset = journal_map(volume(), slot).at(0).value * volume().geometry().block_size();
    std::vector<u8> bytes(journal_super_bytes);
    device.read(offset, bytes);
    change(as<JournalSuperBlock>(Bytes(bytes)));
    device.write(TestKey{}, offset, bytes);
  }
  template <class T>
  void edit(BlockNo block, const std::function<void(T&)>& change) {
    const VolumeFacts& facts = volume().facts();
    std::vector<u8> bytes(facts.geometry.block_size());
    device.read(facts.geometry.byte_of(block), bytes);
    change(as<T>(Bytes(bytes)));
    seal(T::kind, facts, bytes);
    device.write(TestKey{}, facts.geometry.byte_of(block), bytes);
    volume().cache().drop_all();
  }
};

/// fsck has nothing to do any more.
inline void check_clean(BlockDevice& device) {
  const CheckRun again = check_volume(device);
  CHECK(again.codes == Codes{});
  CHECK_FALSE(again.reason);
  CHECK(again.outcome.clean());
}

}  // namespace ocfs2
