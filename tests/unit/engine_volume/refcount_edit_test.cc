// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/refcount_edit.h"

#include <random>

#include "engine/error.h"
#include "engine/volume/refcount_tree.h"
#include "tests/worlds/edit_world.h"

namespace ocfs2 {
namespace {

using Catch::Contains;

VolumeWish wish_for(u32 block_size) {
  VolumeWish wish;
  wish.block_size = block_size;
  wish.features = wish.features | feature::metaecc;
  return wish;
}

/// A volume with a refcount tree of one inode, and clusters that are in use.
class SharingWorld : public EditWorld {
 public:
  explicit SharingWorld(u32 block_size, u32 clusters) : EditWorld(wish_for(block_size)), space_(space()) {
    metadata_before = metadata_blocks();
    edit([&](Transaction& transaction) {
      root = RefcountEdit::create(transaction, space_, 0x1234);
      RefcountEdit(transaction, space_, root).join();
      for (u32 taken = 0; taken < clusters;) {
        const BitRun run = space_.allocate_clusters(transaction, clusters - taken);
        for (u64 i = 0; i < run.count; ++i) owned.insert(run.first + i);
        taken += static_cast<u32>(run.count);
      }
    });
  }

  void increment(Transaction& transaction, u64 first, u32 count) {
    RefcountEdit(transaction, space_, root).increment(ClusterNo(first), count);
    for (u64 cluster = first; cluster < first + count; ++cluster) ++model[cluster];
  }
  void decrement(Transaction& transaction, u64 first, u32 count) {
    RefcountEdit(transaction, space_, root).decrement(ClusterNo(first), count);
    for (u64 cluster = first; cluster < first + count; ++cluster)
      if (--model[cluster] == 0) {
        model.erase(cluster);
        owned.erase(cluster);
      }
  }

  void check() {
    volume().cache().drop_all();
    const RefcountTree tree(volume().cache(), root);
    std::map<u64, u32> found;
    records = 0;
    tree.each([&](const RefcountRecord& record) {
      for (u64 cluster = record.cluster; cluster < record.end(); ++cluster)
        found[cluster] = record.references;
      return ++records;
    });
    REQUIRE(found == model);
    for (const u64 cluster : owned) {
      const auto known = model.find(cluster);
      REQUIRE(tree.references(ClusterNo(cluster)) == (known == model.end() ? 0 : known->second));
      REQUIRE(in_use(ClusterNo(cluster)));
    }
    leaves = nodes = 0;
    if (tree.root().is_tree()) {
      const auto block = volume().cache().read<RefcountBlock>(root);
      const ExtentTree extents(volume().cache(), RefcountBlock::list_bytes(block.bytes()), "refcount tree");
      extents.each_block([&](const auto&) { ++nodes; });
      extents.each_run([&](const ExtentRun& run) {
        const auto leaf = volume().cache().read<RefcountBlock>(run.block);
        REQUIRE(leaf->cpos == run.cpos);
        REQUIRE(leaf->generation == 0x1234);
        return ++leaves;
      });
      REQUIRE(leaves == tree.root().leaf_blocks);
    }
    REQUIRE(metadata_blocks() == metadata_before + 1 + leaves + nodes);
    audit();
  }

  u64 metadata_blocks() {
    const auto metadata = allocator(SystemFile::extent_alloc);
    u64 groups = 0;
    metadata.each_group([&](const auto&) { return ++groups; });
    return metadata.used_bits() - groups;
  }

  BlockNo root;
  std::set<u64> owned;
  std::map<u64, u32> model;
  u64 metadata_before = 0;
  u32 records = 0, leaves = 0, nodes = 0;  ///< as `check` found them

 private:
  Space space_;
};

}  // namespace

TEST_CASE("references are counted up and down at random as a map counts them", "[refcount]") {
  const u32 block_size = GENERATE(512u, 1024u, 4096u);
  SharingWorld world(block_size, 9000);
  std::mt19937 random(block_size);
  const u64 first_owned = *world.owned.begin();
  u32 most_leaves = 0, most_nodes = 0;
  for (u32 round = 0; round < 60; ++round) {
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 60; ++i) {
        const u64 first = first_owned + random() % 9000;
        u32 count = 0;
        const u32 wanted = 1 + random() % (random() % 20 == 0 ? 300 : 4);
        if (random() % 16 < (round < 30 ? 12 : 4)) {
          while (count < wanted && world.owned.contains(first + count)) ++count;
          if (count > 0) world.increment(transaction, first, count);
        } else {
          while (count < wanted && world.model.contains(first + count)) ++count;
          if (count > 0) world.decrement(transaction, first, count);
        }
      }
    });
    world.check();
    most_leaves = std::max(most_leaves, world.leaves);
    most_nodes = std::max(most_nodes, world.nodes);
  }
  CHECK(most_leaves > 1);
  if (block_size == 512) CHECK(most_nodes > 1);

  while (!world.model.empty())
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 200 && !world.model.empty(); ++i)
        world.decrement(transaction, std::next(world.model.begin(), random() % world.model.size())->first, 1);
    });
  world.check();
  CHECK(world.leaves == 0);
}

TEST_CASE("neighbours of one count are one record", "[refcount]") {
  SharingWorld world(4096, 100);
  const u64 first = *world.owned.begin();
  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 50; ++i) world.increment(transaction, first + 2 * i, 1);
  });
  world.check();
  CHECK(world.records == 50);

  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 50; ++i) world.increment(transaction, first + 2 * i + 1, 1);
  });
  world.check();
  CHECK(world.records == 1);

  world.edit([&](Transaction& transaction) { world.increment(transaction, first + 10, 5); });
  world.check();
  CHECK(world.records == 3);
}

TEST_CASE("the last inode takes the tree with it, unless there are records", "[refcount]") {
  SharingWorld world(4096, 10);
  const u64 first = *world.owned.begin();
  world.edit([&](Transaction& transaction) { world.increment(transaction, first, 10); });
  Space space = world.space();
  world.edit([&](Transaction& transaction) {
    RefcountEdit tree(transaction, space, world.root);
    tree.join();
    CHECK(tree.leave());
    CHECK_THROWS_WITH(tree.leave(), Contains("has records but no more inodes"));
    CHECK_THROWS_WITH(tree.decrement(ClusterNo(first + 9), 2), Contains("does not know the shared clusters"));
    transaction.abort();
    world.decrement(transaction, first, 10);
    CHECK_FALSE(tree.leave());
  });
  world.audit();
  CHECK(world.metadata_blocks() == world.metadata_before);
}

TEST_CASE("the first leaf serves what comes before it when an earlier one is gone", "[refcount]") {
  SharingWorld world(512, 3000);
  const u64 first = *world.owned.begin();
  const auto each_second = [&](u32 begin, u32 end, const std::function<void(Transaction&, u64)>& change) {
    world.edit([&](Transaction& transaction) {
      for (u32 i = begin; i < end; ++i) change(transaction, first + 2 * i);
    });
  };
  const auto up = [&](Transaction& transaction, u64 cluster) { world.increment(transaction, cluster, 1); };
  each_second(0, 200, up);
  each_second(0, 100,
              [&](Transaction& transaction, u64 cluster) { world.decrement(transaction, cluster, 1); });
  world.check();
  REQUIRE(world.leaves > 1);

  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 100; ++i) world.increment(transaction, first + 2 * i + 1, 1);
  });
  world.check();
  const RefcountTree tree(world.volume().cache(), world.root);
  CHECK(tree.references(ClusterNo(first + 1)) == 1);
}

TEST_CASE("counts can be set to what they should be", "[refcount]") {
  SharingWorld world(512, 1000);
  const u64 first = *world.owned.begin();
  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 400; ++i) world.increment(transaction, first + 2 * i, 1);
  });
  world.check();
  REQUIRE(world.leaves > 1);
  Space space = world.space();
  world.edit([&](Transaction& transaction) {
    RefcountEdit(transaction, space, world.root).set(ClusterNo(first), 900, 7);
    RefcountEdit(transaction, space, world.root).set(ClusterNo(first + 5), 10, 0);
  });
  world.model.clear();
  for (u64 i = 0; i < 900; ++i)
    if (i < 5 || i >= 15) world.model[first + i] = 7;
  world.check();
}

TEST_CASE("who withdraws from clusters that are another's frees none of them", "[refcount]") {
  SharingWorld world(512, 1000);
  const u64 first = *world.owned.begin();
  // Clusters 0 to 799 are known, every second one with two references, which makes the records many.
  world.edit([&](Transaction& transaction) {
    world.increment(transaction, first, 800);
    for (u32 i = 0; i < 800; i += 2) world.increment(transaction, first + i, 1);
  });
  world.check();
  REQUIRE(world.leaves > 1);
  Space space = world.space();
  const u64 used = world.used_clusters();
  const auto withdraw = [&] {
    world.edit([&](Transaction& transaction) {
      RefcountEdit(transaction, space, world.root).withdraw(ClusterNo(first + 100), 900);
    });
    for (u32 i = 100; i < 800; ++i)
      if (const auto known = world.model.find(first + i); known != world.model.end() && --known->second == 0)
        world.model.erase(known);
  };
  withdraw();
  world.check();
  CHECK(world.model.size() == 450);
  withdraw();
  world.check();
  CHECK(world.model.size() == 100);
  CHECK(world.records == 100);
  CHECK(world.used_clusters() == used);
  withdraw();  // from what the tree does not know
  world.check();
}

TEST_CASE("a file gives back what is its own, and one reference to what is not", "[refcount]") {
  const u32 block_size = GENERATE(512u, 4096u);
  SharingWorld world(block_size, 3000);
  Space space = world.space(1);
  const u64 first = *world.owned.begin(), used_before = world.used_clusters();
  BlockNo file;
  world.edit([&](Transaction& transaction) {
    // Clusters 0 to 1999 are shared, the first thousand of them with another file.
    world.increment(transaction, first, 1000);
    world.increment(transaction, first + 1000, 1000);
    for (u32 i = 0; i < 10; ++i) world.increment(transaction, first + 100 * i, 100);
    const NewBlock made = space.allocate_inode(transaction);
    file = made.block;
    auto& inode = transaction.create<Inode>(file);
    stamp(inode.signature, Inode::signature_text);
    inode.fs_generation = world.volume().facts().generation;
    inode.block = file.value;
    set_origin(inode, made.origin);
    become_file(inode, world.geometry(), 3000 * 4096);
    inode.refcount_root = world.root.value;
    inode.dynamic_features = dynamic_feature::has_refcount;
    ExtentEdit tree(transaction, space, ExtentRoot::of(transaction.read<Inode>(file)));
    const auto block = [&](u64 cluster) { return world.geometry().first_block_of(ClusterNo(cluster)); };
    tree.insert({0, 2000, block(first), ExtentRecord::refcounted});
    for (u32 i = 0; i < 100; ++i) tree.insert({2000 + 20 * i, 10, block(first + 2990 - 10 * i), 0});
  });
  const u64 groups = world.used_clusters() - used_before;

  for (u64 end = u64{1} << 32; end > 0;)
    world.edit([&](Transaction& transaction) {
      end = release_extents(transaction, space, ExtentRoot::of(transaction.read<Inode>(file)), world.root, 0,
                            end, 10);
    });

  for (u64 i = 0; i < 3000; ++i) REQUIRE(world.in_use(ClusterNo(first + i)) == (i < 1000));
  CHECK(world.used_clusters() == used_before + groups - 2000);
  CHECK(world.volume().inode(inode_at(file))->clusters == 0);
  world.owned.clear();
  world.model.clear();
  for (u64 i = 0; i < 1000; ++i) world.model[first + i] = 1;
  world.check();
}

}  // namespace ocfs2
