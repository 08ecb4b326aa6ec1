// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/check/problems/quota.h"
#include "engine/check/quota_file.h"
#include "engine/volume/file_data.h"
#include "tests/worlds/checkup_world.h"

namespace ocfs2 {
namespace {

/// The 1 KiB volume, on which the kernel has kept quotas of users.
class QuotaWorld : public CheckupWorld {
 public:
  QuotaWorld() : CheckupWorld(corpus_volume("rich-base")) {}

  static void check(Checkup& checkup) {
    for (const SystemFile file : {SystemFile::user_quota, SystemFile::group_quota})
      if (const auto inode = checkup.volume.find_system_file(file))
        checkup.survey.system.found[{file, 0}] = *inode;
    for (const SystemFile file : {SystemFile::local_user_quota, SystemFile::local_group_quota})
      for (u32 slot = 0; slot < checkup.facts().max_slots; ++slot)
        if (const auto inode = checkup.volume.find_system_file(file, slot))
          checkup.survey.system.found[{file, slot}] = *inode;
    check_inodes(checkup);
    check_quota(checkup);
  }
  Outcome look() { return look_at(check); }
  Outcome mend() { return mend_with(check); }

  BlockNo place(u32 block, SystemFile file = SystemFile::user_quota) {
    const auto tree = ExtentTree::of(volume().cache(), volume().system_file(file, 0));
    const u32 per_cluster = geometry().blocks_per_cluster();
    return tree.find(block / per_cluster)->block + block % per_cluster;
  }
  std::vector<u8> file_bytes() {
    FileData data(volume(), volume().system_file(SystemFile::user_quota));
    std::vector<u8> bytes(data.size());
    data.read(0, bytes);
    return bytes;
  }
  ConstBytes block_in(const std::vector<u8>& bytes, u32 block) {
    return ConstBytes(bytes).subspan(u64{block} * geometry().block_size(), geometry().block_size());
  }
  /// The leaf that the tree leads to for `id`.
  u32 leaf_of(u32 id) {
    const auto bytes = file_bytes();
    const QuotaGeometry quota{geometry().block_size()};
    u32 block = quota_root_file_block;
    for (u32 level = 0; level < quota.depth(); ++level)
      block = QuotaTreeBlock::references(block_in(bytes, block))[quota.index_at(level, id)];
    return block;
  }
  std::vector<QuotaRecord> records() {
    const auto bytes = file_bytes();
    std::vector<QuotaRecord> all;
    for (u32 id = 0; id < 70000; ++id)
      if (const u32 leaf = leaf_of_in(bytes, id))
        for (const QuotaRecord& record : QuotaLeaf::records(block_in(bytes, leaf)))
          if (record.id == id && !record.unused()) all.push_back(record);
    return all;
  }

 private:
  u32 leaf_of_in(const std::vector<u8>& bytes, u32 id) {
    const QuotaGeometry quota{geometry().block_size()};
    u32 block = quota_root_file_block;
    for (u32 level = 0; level < quota.depth() && block != 0; ++level)
      block = QuotaTreeBlock::references(block_in(bytes, block))[quota.index_at(level, id)];
    return block;
  }
};

}  // namespace

TEST_CASE("The quota files that a kernel wrote are in order", "[check][quota]") {
  QuotaWorld world;
  CHECK(world.look().texts == std::vector<std::string>());
  CHECK(world.records().size() == 6);
}

}  // namespace ocfs2
