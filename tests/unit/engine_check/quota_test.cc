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

constexpr u32 limited = 1000;  ///< an id with usage, which gets a limit here
constexpr u64 limit_bytes = 1 << 30;

QuotaRecord& record_of(Bytes leaf, u32 id) {
  for (QuotaRecord& record : QuotaLeaf::records(leaf))
    if (record.id == id && !record.unused()) return record;
  FAIL("the leaf has no entry for " << id);
  return QuotaLeaf::records(leaf)[0];
}
QuotaRecord& unused_record(Bytes leaf) {
  for (QuotaRecord& record : QuotaLeaf::records(leaf))
    if (record.unused()) return record;
  FAIL("the leaf is full");
  return QuotaLeaf::records(leaf)[0];
}

void give_limit(QuotaWorld& world) {
  world.damage<QuotaLeaf>(world.place(world.leaf_of(limited)), [](QuotaLeaf&, Bytes bytes) {
    record_of(bytes, limited).space_hard_limit = limit_bytes;
  });
}

using Damage = std::function<void(QuotaWorld&)>;

Damage in_head(const std::function<void(GlobalQuotaHead&)>& change) {
  return [change](QuotaWorld& world) {
    world.damage<GlobalQuotaHead>(world.place(0), [&](GlobalQuotaHead& head, Bytes) { change(head); });
  };
}
Damage in_leaf(const std::function<void(QuotaLeaf&, Bytes)>& change) {
  return
      [change](QuotaWorld& world) { world.damage<QuotaLeaf>(world.place(world.leaf_of(limited)), change); };
}
Damage in_local(const std::function<void(LocalQuotaHead&)>& change) {
  return [change](QuotaWorld& world) {
    world.damage<LocalQuotaHead>(world.place(0, SystemFile::local_user_quota),
                                 [&](LocalQuotaHead& head, Bytes) { change(head); });
  };
}

/// A second entry for an id, with a higher limit.
void enter_twice(QuotaLeaf& leaf, Bytes bytes) {
  unused_record(bytes) = record_of(bytes, limited);
  leaf.entries += 1;
}

/// The tree does not lead to an id any more.
void lose_id(QuotaWorld& world) {
  const QuotaGeometry quota{world.geometry().block_size()};
  const auto bytes = world.file_bytes();
  u32 block = quota_root_file_block;
  for (u32 level = 0; level + 1 < quota.depth(); ++level)
    block = QuotaTreeBlock::references(world.block_in(bytes, block))[quota.index_at(level, limited)];
  world.damage<QuotaTreeBlock>(world.place(block), [&](QuotaTreeBlock&, Bytes node) {
    QuotaTreeBlock::references(node)[quota.index_at(quota.depth() - 1, limited)] = 0u;
  });
}

/// Files change hands behind the quota file's back.
void give_files_away(QuotaWorld& world, u32 count, u32 distance) {
  const auto owned = [](const Inode& inode) { return inode.uid == limited && inode.is_regular(); };
  const std::vector<InodeNo> files = world.inodes(owned);
  REQUIRE(files.size() >= count);
  for (u32 i = 0; i < count; ++i)
    world.damage<Inode>(block_of(files[i]), [&](Inode& inode, Bytes) { inode.uid = 5000 + i * distance; });
}

struct Case {
  std::string what;
  std::vector<std::string> codes;
  Damage damage;
};

std::vector<Case> cases() {
  return {
      {"a head that is none", {"QMAGIC_INVALID"}, in_head([](GlobalQuotaHead& head) {
         head.header.magic = 1u;
       })},
      {"a reference out of the file",
       {"QTREE_BLK_INVALID"},
       [](QuotaWorld& world) {
         world.damage<QuotaTreeBlock>(world.place(2), [](QuotaTreeBlock& node, Bytes) { node.first = 99u; });
       }},
      {"a reference back to the root",
       {"QTREE_BLK_INVALID"},
       [](QuotaWorld& world) {
         world.damage<QuotaTreeBlock>(world.place(3), [](QuotaTreeBlock& node, Bytes) { node.first = 1u; });
       }},
      {"more entries than fit", {"DQBLK_INVALID"}, in_leaf([](QuotaLeaf& leaf, Bytes) {
         leaf.entries = static_cast<u16>(500);
       })},
      {"an id twice in a damaged block",
       {"DQBLK_INVALID", "DUP_DQBLK_INVALID"},
       in_leaf([](QuotaLeaf& leaf, Bytes bytes) {
         enter_twice(leaf, bytes);
         leaf.entries = static_cast<u16>(500);
       })},
      {"an id twice", {"DUP_DQBLK_VALID"}, in_leaf(enter_twice)},
      {"an id that is not found", {"QUOTA_LOOKUP"}, lose_id},
      {"a list that leads into the tree", {"QUOTA_LISTS"}, in_head([](GlobalQuotaHead& head) {
         head.info.free_leaf = 2u;
       })},
      {"a free block in use", {"QUOTA_LISTS"}, in_head([](GlobalQuotaHead& head) {
         head.info.free_block = 6u;
       })},
      {"another number of entries", {"QUOTA_LISTS"}, in_leaf([](QuotaLeaf& leaf, Bytes) {
         leaf.entries += 1;
       })},
      {"another size", {"QUOTA_LISTS"}, in_head([](GlobalQuotaHead& head) { head.info.blocks += 1; })},
      {"another usage", {"QUOTA_USAGE"}, in_leaf([](QuotaLeaf&, Bytes bytes) {
         record_of(bytes, limited).space += 4096;
         record_of(bytes, 1001).inodes = 1u;
       })},
      {"usage of somebody new", {"QUOTA_USAGE"}, [](QuotaWorld& world) { give_files_away(world, 2, 1); }},
      {"usage of more than the file has room for",
       {"QUOTA_USAGE"},
       [](QuotaWorld& world) { give_files_away(world, 30, 300); }},
      {"a slot's file that is none", {"QUOTA_LOCAL_INVALID"}, in_local([](LocalQuotaHead& head) {
         head.header.magic = 1u;
       })},
      {"a slot's file of another size", {"QUOTA_LOCAL_INVALID"}, in_local([](LocalQuotaHead& head) {
         head.info.blocks += 3;
       })},
      {"a slot whose node died", {"QUOTA_LOCAL_UNCLEAN"}, in_local([](LocalQuotaHead& head) {
         head.info.flags = 0u;
       })},
  };
}

}  // namespace

TEST_CASE("The quota files that a kernel wrote are in order", "[check][quota]") {
  QuotaWorld world;
  CHECK(world.look().texts == std::vector<std::string>());
  CHECK(world.records().size() == 6);
}

TEST_CASE("Each fault of a quota file is found and mended, and limits stay", "[check][quota]") {
  for (const Case& one : cases()) {
    INFO(one.codes.front() << ": " << one.what);
    QuotaWorld world;
    give_limit(world);
    one.damage(world);
    auto refused = one.codes;
    std::erase(refused, "DUP_DQBLK_INVALID");  // a damaged block that may not be used is not looked into
    CHECK(world.look().codes == refused);
    const auto mended = world.mend();
    CHECK(mended.codes == one.codes);
    CHECK(mended.total.left() == 0);
    CHECK(world.look().texts == std::vector<std::string>());
    const auto records = world.records();
    const auto kept =
        std::ranges::find_if(records, [](const QuotaRecord& record) { return record.id == limited; });
    REQUIRE(kept != records.end());
    CHECK(kept->space_hard_limit == limit_bytes);
  }
}

TEST_CASE("What a dead node has not told the global quota file is no fault of that file", "[check][quota]") {
  QuotaWorld world;
  const u32 first_data = 2;
  world.damage<LocalQuotaHead>(world.place(0, SystemFile::local_user_quota),
                               [](LocalQuotaHead& head, Bytes) { head.info.flags = 0u; });
  REQUIRE(world.volume().system_file(SystemFile::local_user_quota, 0)->size >
          first_data * world.geometry().block_size());
  world.damage<LocalQuotaChunk>(world.place(1, SystemFile::local_user_quota),
                                [](LocalQuotaChunk& chunk, Bytes bytes) {
                                  set_bit(LocalQuotaChunk::bitmap(bytes), 0);
                                  chunk.free -= 1;
                                });
  world.damage<LocalQuotaBlock>(world.place(first_data, SystemFile::local_user_quota),
                                [](LocalQuotaBlock& block, Bytes) {
                                  block.first.id = limited;
                                  block.first.space_change = u64{8192};
                                  block.first.inode_change = u64{2};
                                });
  in_leaf([](QuotaLeaf&, Bytes bytes) {
    record_of(bytes, limited).space -= 8192;
    record_of(bytes, limited).inodes -= 2;
  })(world);

  CHECK(world.look().codes == std::vector<std::string>{"QUOTA_LOCAL_UNCLEAN"});
  CHECK(world.mend().total.left() == 0);
  CHECK(world.look().texts == std::vector<std::string>());
}

TEST_CASE("Every problem of quotas has a case", "[check][quota]") {
  std::set<std::string_view> tested;
  const std::vector<Case> all = cases();
  for (const Case& one : all)
    for (const std::string& code : one.codes) tested.insert(code);
  for (const Problem* problem : problem::quota_problems) CHECK(tested.count(problem->code) == 1);
}

}  // namespace ocfs2
