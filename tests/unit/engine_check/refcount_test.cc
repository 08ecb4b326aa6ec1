// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/check/problems/refcounts.h"
#include "engine/volume/refcount_tree.h"
#include "tests/worlds/checkup_world.h"

namespace ocfs2 {
namespace {

constexpr const char* large_blocks = "rich-base-4k-metaecc";
constexpr const char* small_blocks = "rich-base";

void check_sharing(Checkup& checkup) {
  check_inodes(checkup);
  check_refcount_trees(checkup);
}

using Records = std::vector<std::array<u64, 3>>;

class RefcountWorld : public CheckupWorld {
 public:
  RefcountWorld(const char* volume, bool with_leaves) : CheckupWorld(corpus_volume(volume)) {
    const auto shares = [](const Inode& inode) { return inode.refcount_root != 0; };
    for (const InodeNo inode : inodes(shares)) {
      const BlockNo tree(as<Inode>(ConstBytes(block<Inode>(block_of(inode)))).refcount_root);
      if (root.value == 0 && suits(tree, with_leaves)) root = tree;
      if (tree == root) users.push_back(inode);
    }
    REQUIRE(root.value != 0);
  }

  Records records() {
    Records all;
    RefcountTree(volume().cache(), root).each([&](const RefcountRecord& record) {
      all.push_back({record.cluster, record.clusters, record.references});
      return true;
    });
    return all;
  }
  /// The block of leaf `index`.
  BlockNo leaf(std::size_t index) {
    const auto bytes = block<RefcountBlock>(root);
    return BlockNo(ExtentList::records(RefcountBlock::list_bytes(ConstBytes(bytes)))[index].block);
  }
  /// A user of the tree that has shared extents, and not only the right to have some.
  BlockNo sharing_inode() {
    for (const InodeNo user : users) {
      const auto bytes = block<Inode>(block_of(user));
      const auto& inode = as<Inode>(ConstBytes(bytes));
      if (inode.body_kind() != InodeBody::extent_list) continue;
      for (const ExtentRecord& record : ExtentList::records(Inode::body(ConstBytes(bytes))))
        if (inode.extents.tree_depth == 0 && (record.flags & ExtentRecord::refcounted) != 0)
          return block_of(user);
    }
    FAIL("nobody shares through the tree");
    return {};
  }
  Outcome look() { return look_at(check_sharing); }
  Outcome mend() { return mend_with(check_sharing); }

  BlockNo root{};
  std::vector<InodeNo> users;

 private:
  bool suits(BlockNo tree, bool with_leaves) {
    const auto bytes = block<RefcountBlock>(tree);
    const auto& head = as<RefcountBlock>(ConstBytes(bytes));
    if (!with_leaves) return !head.is_tree() && head.records.used >= 3;
    return head.is_tree() && head.extents.tree_depth == 0 && head.extents.used >= 2;
  }
};

using Damage = std::function<void(RefcountWorld&)>;
using Change = std::function<void(RefcountBlock&, Bytes list)>;

struct Case {
  std::string what;
  const Problem* problem;
  bool with_leaves;
  Damage damage;
  std::vector<std::string> also{};  ///< codes that a "no" leads to
};

Damage in_root(const Change& change) {
  return [change](RefcountWorld& world) {
    world.damage<RefcountBlock>(world.root, [&](RefcountBlock& block, Bytes bytes) {
      change(block, RefcountBlock::list_bytes(bytes));
    });
  };
}
Damage in_leaf(std::size_t index, const Change& change) {
  return [index, change](RefcountWorld& world) {
    world.damage<RefcountBlock>(world.leaf(index), [&](RefcountBlock& block, Bytes bytes) {
      change(block, RefcountBlock::list_bytes(bytes));
    });
  };
}
Damage both(const Damage& first, const Damage& second) {
  return [first, second](RefcountWorld& world) {
    first(world);
    second(world);
  };
}
RefcountRecord& record(Bytes list, std::size_t index) { return RefcountList::slots(list)[index]; }

std::vector<Case> faults_of_heads() {
  return {
      {"another place", &problem::RB_BLKNO, false,
       in_root([](RefcountBlock& block, Bytes) { block.block += 1; })},
      {"another place of a leaf", &problem::RB_BLKNO, true,
       in_leaf(1, [](RefcountBlock& block, Bytes) { block.block += 1; })},
      {"another generation", &problem::RB_GEN_BELONGS, false,
       in_root([](RefcountBlock& block, Bytes) { block.fs_generation = 0x1234; })},
      {"a root of another volume",
       &problem::RB_GEN,
       false,
       in_root([](RefcountBlock& block, Bytes) {
         block.fs_generation = 0x1234;
         block.block = 77;
       }),
       {"RB_GEN_FIX", "RB_BLKNO"}},
      {"a leaf of another volume",
       &problem::RB_GEN,
       true,
       in_leaf(0,
               [](RefcountBlock& block, Bytes) {
                 block.fs_generation = 0x1234;
                 block.parent = 77;
               }),
       {"RB_GEN_FIX", "RB_PARENT"}},
      {"a root with something above it", &problem::RB_PARENT, true,
       in_root([](RefcountBlock& block, Bytes) { block.parent = 77; })},
      {"a leaf below another root", &problem::RB_PARENT, true,
       in_leaf(0, [](RefcountBlock& block, Bytes) { block.parent = 77; })},
      {"a root that says it is a leaf", &problem::REFCOUNT_FLAGS, false,
       in_root([](RefcountBlock& block, Bytes) { block.flags = RefcountBlock::leaf; })},
      {"a tree without its flag", &problem::REFCOUNT_FLAGS, true,
       in_root([](RefcountBlock& block, Bytes) { block.flags = 0u; })},
      {"a leaf without its flag", &problem::REFCOUNT_FLAGS, true,
       in_leaf(0, [](RefcountBlock& block, Bytes) { block.flags = 4u; })},
      {"a leaf of another tree", &problem::REFCOUNT_GENERATION, true,
       in_leaf(1, [](RefcountBlock& block, Bytes) { block.generation += 1; })},
      {"a leaf with another key", &problem::REFCOUNT_LEAF_KEY, true,
       in_leaf(1, [](RefcountBlock& block, Bytes) { block.cpos += 1; })},
      {"a leaf under another key", &problem::REFCOUNT_LEAF_RANGE, true,
       both(in_leaf(1, [](RefcountBlock& block, Bytes) { block.cpos += 1; }),
            in_root([](RefcountBlock&, Bytes list) { ExtentList::records(list)[1].cpos += 1; }))},
      {"a long leaf", &problem::REFCOUNT_LEAF_LENGTH, true, in_root([](RefcountBlock&, Bytes list) {
         ExtentList::records(list)[0].clusters = static_cast<u16>(3);
       })},
      {"another number of leaves", &problem::REFCOUNT_CLUSTERS, true,
       in_root([](RefcountBlock& block, Bytes) { block.leaf_blocks += 5; })},
      {"another last block", &problem::REFCOUNT_LAST_LEAF, true,
       in_root([](RefcountBlock& block, Bytes) { block.last_extent_block = 77; })},
      {"more users", &problem::REFCOUNT_COUNT, false,
       in_root([](RefcountBlock& block, Bytes) { block.inodes += 3; })},
      {"fewer users", &problem::REFCOUNT_COUNT, true,
       in_root([](RefcountBlock& block, Bytes) { block.inodes = 1; })},
  };
}

std::vector<Case> faults_of_records() {
  return {
      {"room for more", &problem::REFCOUNT_LIST_COUNT, false,
       in_root([](RefcountBlock& block, Bytes) { block.records.count += 10; })},
      {"more records than fit", &problem::REFCOUNT_LIST_USED, false, in_root([](RefcountBlock& block, Bytes) {
         block.records.used = static_cast<u16>(block.records.count + 5);
       })},
      {"more records than there are", &problem::REFCOUNT_LIST_USED, true,
       in_leaf(1, [](RefcountBlock& block, Bytes) { block.records.used += 1; })},
      {"a record outside the volume", &problem::REFCOUNT_CLUSTER_RANGE, false,
       in_root([](RefcountBlock&, Bytes list) { record(list, 0).cluster = u64{1} << 40; })},
      {"a record without references", &problem::REFCOUNT_REC_EMPTY, false,
       in_root([](RefcountBlock&, Bytes list) { record(list, 1).references = 0u; })},
      {"two records of the same clusters", &problem::REFCOUNT_CLUSTER_COLLISION, false,
       in_root([](RefcountBlock&, Bytes list) { record(list, 1).cluster = record(list, 0).cluster; })},
      {"an empty leaf", &problem::REFCOUNT_LIST_EMPTY, true,
       in_leaf(0,
               [](RefcountBlock& block, Bytes list) {
                 std::ranges::fill(list.subspan(sizeof(RefcountList)), u8{0});
                 block.records.used = static_cast<u16>(0);
               })},
      {"a leaf that is none", &problem::REFCOUNT_BLOCK_INVALID, true,
       in_leaf(1, [](RefcountBlock& block, Bytes) { block.signature[2] = 'X'; })},
      {"a leaf twice", &problem::REFCOUNT_BLOCK_INVALID, true, in_root([](RefcountBlock&, Bytes list) {
         ExtentList::records(list)[1].block = ExtentList::records(list)[0].block;
       })},
      {"a root without its signature", &problem::REFCOUNT_ROOT_REBUILD, true,
       in_root([](RefcountBlock& block, Bytes) { block.signature[2] = 'X'; })},
      {"a root that was overwritten", &problem::REFCOUNT_ROOT_REBUILD, false,
       [](RefcountWorld& world) {
         const std::vector<u8> garbage(world.geometry().block_size(), 0xA5);
         world.device.write(TestKey{}, world.geometry().byte_of(world.root), garbage);
         world.volume().cache().drop_all();
       }},
      {"an inode that strayed", &problem::REFCOUNT_ROOT_MOVED, false,
       [](RefcountWorld& world) {
         world.damage<Inode>(world.sharing_inode(), [](Inode& inode, Bytes) { inode.refcount_root = 4711; });
       }},
      {"clusters that nobody shares", &problem::REFCOUNT_REC_REDUNDANT, false,
       in_root([](RefcountBlock& block, Bytes list) {
         record(list, block.records.used) = {record(list, block.records.used - 1u).end() + 10, 5u, 2u};
         block.records.used += 1;
       })},
      {"a record less", &problem::REFCOUNT_REC_MISSING, false,
       in_root([](RefcountBlock& block, Bytes) { block.records.used -= 1; })},
      {"another count", &problem::REFCOUNT_COUNT_INVALID, false,
       in_root([](RefcountBlock&, Bytes list) { record(list, 0).references += 1; })},
      {"many other counts", &problem::REFCOUNT_COUNT_INVALID, true,
       in_leaf(0,
               [](RefcountBlock& block, Bytes list) {
                 for (u32 i = 0; i < block.records.used; ++i) record(list, i).references = 9u;
               })},
  };
}

std::vector<Case> cases() {
  std::vector<Case> all = faults_of_heads();
  for (const Case& one : faults_of_records()) all.push_back(one);
  return all;
}

/// What records say, however they are cut.
std::map<u64, u64> references_by_cluster(const Records& records) {
  std::map<u64, u64> all;
  for (const auto& [first, count, references] : records)
    for (u64 i = 0; i < count; ++i) all[first + i] = references;
  return all;
}

}  // namespace

TEST_CASE("The refcount trees that kernels wrote are in order", "[check][refcount]") {
  for (const char* name : {large_blocks, small_blocks}) {
    CheckupWorld world(corpus_volume(name));
    std::size_t users = 0, blocks = 0;
    const auto outcome = world.look_at([&](Checkup& checkup) {
      check_sharing(checkup);
      users = checkup.survey.tree_users.size();
      for (const TreeUser& user : checkup.survey.tree_users)
        blocks += checkup.survey.metadata_blocks.claimed(*checkup.survey.metadata_blocks.find(user.tree));
      CHECK(checkup.survey.disputed.empty());
    });
    CHECK(outcome.texts == std::vector<std::string>());
    CHECK(users > 10);
    CHECK(blocks == users);
  }
}

TEST_CASE("Each fault of a refcount tree is one finding, is mended, and is gone then", "[check][refcount]") {
  for (const char* volume : {large_blocks, small_blocks})
    for (const Case& one : cases()) {
      INFO(one.problem->code << ": " << one.what << " on " << volume);
      RefcountWorld world(volume, one.with_leaves);
      const auto before = references_by_cluster(world.records());
      one.damage(world);
      const std::string code(one.problem->code);
      std::vector<std::string> all_refused{code};
      all_refused.insert(all_refused.end(), one.also.begin(), one.also.end());

      const auto seen = world.look();
      CHECK(seen.codes == all_refused);
      const auto mended = world.mend();
      CHECK(mended.codes == std::vector<std::string>{code});
      CHECK(mended.total.left() == 0);
      CHECK(world.look().texts == std::vector<std::string>());
      CHECK(references_by_cluster(world.records()) == before);
    }
}

TEST_CASE("A tree that is said to come from nowhere is put in its place before it is changed",
          "[check][refcount]") {
  RefcountWorld world(small_blocks, false);
  const auto before = references_by_cluster(world.records());
  world.damage<RefcountBlock>(world.root, [](RefcountBlock& block, Bytes) {
    block.suballoc_group = ~u64{0};
    block.records.used -= 1;
  });
  const auto mended = world.mend();
  CHECK(mended.codes == std::vector<std::string>{"METADATA_SUBALLOC", "REFCOUNT_REC_MISSING"});
  CHECK(mended.total.left() == 0);
  CHECK(world.look().texts == std::vector<std::string>());
  CHECK(references_by_cluster(world.records()) == before);
}

TEST_CASE("A refcount block of another volume may be believed", "[check][refcount]") {
  RefcountWorld world(large_blocks, false);
  world.damage<RefcountBlock>(world.root, [](RefcountBlock& block, Bytes) {
    block.fs_generation = 0x1234;
    block.block = 77;
  });
  world.refused = {"RB_GEN"};
  CHECK(world.mend().codes == std::vector<std::string>{"RB_GEN", "RB_GEN_FIX", "RB_BLKNO"});
  CHECK(world.look().texts == std::vector<std::string>());
}

TEST_CASE("Inodes whose tree cannot be built anew share no longer", "[check][refcount]") {
  RefcountWorld world(small_blocks, false);
  const u64 nowhere = GENERATE(u64{0x1234}, u64{1}, u64{1} << 40);
  for (const InodeNo user : world.users)
    world.damage<Inode>(block_of(user), [&](Inode& inode, Bytes) { inode.refcount_root = nowhere; });
  CHECK(world.mend().codes == std::vector<std::string>{"REFCOUNT_ROOT_BLOCK_INVALID"});
  const auto after = world.look();
  CHECK(after.texts == std::vector<std::string>());
  for (const InodeNo user : world.users) CHECK(world.volume().inode(user)->refcount_root == 0);
}

TEST_CASE("Every problem of refcount trees has a case", "[check][refcount]") {
  std::set<std::string_view> tested{"RB_GEN_FIX"};
  for (const Case& one : cases()) tested.insert(one.problem->code);
  for (const Problem* problem : problem::refcount_problems) CHECK(tested.count(problem->code) == 1);
}

}  // namespace ocfs2
