// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/space.h"

#include <algorithm>
#include <random>

#include "engine/error.h"
#include "tests/worlds/edit_world.h"

namespace ocfs2 {
namespace {

using Catch::Contains;

VolumeWish wish_for(u32 block_size, Features more = feature::metaecc) {
  VolumeWish wish;
  wish.block_size = block_size;
  wish.features = wish.features | more;
  return wish;
}

/// Takes all clusters but runs of `length`, `count` of them, that lie scattered over the volume.
void leave_only(EditWorld& world, u32 count, u32 length) {
  Space space = world.space();
  std::vector<u64> taken;
  world.edit([&](Transaction& transaction) {
    try {
      for (;;) {
        const BitRun run = space.allocate_clusters(transaction, 1000);
        for (u64 i = 0; i < run.count; ++i) taken.push_back(run.first + i);
      }
    } catch (const Error& error) {
      REQUIRE(error.kind() == ErrorKind::no_space);
    }
  });
  std::ranges::sort(taken);
  const std::size_t step = taken.size() / count;
  REQUIRE(step > length + 1);
  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < count; ++i)
      for (u32 k = 0; k < length; ++k) space.free_clusters(transaction, ClusterNo(taken[i * step + k]), 1);
  });
}

/// An inode block just taken, with an inode in it.
NewBlock make_inode(Transaction& transaction, Space& space, const Geometry& geometry) {
  const NewBlock made = space.allocate_inode(transaction);
  auto& inode = transaction.create<Inode>(made.block);
  stamp(inode.signature, Inode::signature_text);
  inode.fs_generation = space.volume().facts().generation;
  inode.block = made.block.value;
  set_origin(inode, made.origin);
  become_file(inode, geometry, 0);
  return made;
}

}  // namespace

TEST_CASE("clusters are taken and given back at random, and every counter follows", "[space]") {
  const u32 block_size = GENERATE(512u, 4096u);
  EditWorld world(wish_for(block_size));
  Space space = world.space();
  const u64 used_before = world.used_clusters();
  std::mt19937 random(block_size);
  std::set<u64> ours;
  for (u32 round = 0; round < 60; ++round)
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 10; ++i) {
        if (random() % 2 == 0 || ours.empty()) {
          const u32 wanted = 1 + random() % 300;
          const BitRun run = space.allocate_clusters(transaction, wanted, ClusterNo(random() % 16384));
          REQUIRE(run.count >= 1);
          REQUIRE(run.count <= wanted);
          for (u64 c = 0; c < run.count; ++c) REQUIRE(ours.insert(run.first + c).second);
        } else {
          const u64 first = *std::next(ours.begin(), random() % ours.size());
          u64 count = 0;
          for (const u64 wanted = 1 + random() % 200; count < wanted && ours.erase(first + count) == 1;)
            ++count;
          space.free_clusters(transaction, ClusterNo(first), count);
        }
      }
    });

  world.audit();
  REQUIRE(world.used_clusters() == used_before + ours.size());
  for (const u64 cluster : ours) REQUIRE(world.in_use(ClusterNo(cluster)));
}

TEST_CASE("the longest run is taken where there is none as long as wanted", "[space]") {
  EditWorld world(wish_for(512));
  leave_only(world, 5, 40);
  Space space = world.space();
  std::vector<u64> counts;

  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 6; ++i)
      counts.push_back(space.allocate_clusters(transaction, i == 0 ? 10 : 100).count);
  });

  REQUIRE(counts == std::vector<u64>{10, 40, 40, 40, 40, 30});
  world.edit([&](Transaction& transaction) {
    REQUIRE_THROWS_WITH(space.allocate_clusters(transaction, 1), Contains("no cluster is free"));
    space.free_clusters(transaction, ClusterNo(12000), 35);
    space.free_clusters(transaction, ClusterNo(8000), 70);
  });
  world.edit([&](Transaction& transaction) {
    REQUIRE(space.allocate_clusters(transaction, 100, ClusterNo(12000)) == BitRun{8000, 70});
  });
}

TEST_CASE("clusters that a transaction frees are taken by later ones only", "[space]") {
  EditWorld world(wish_for(4096));
  leave_only(world, 1, 1);
  Space space = world.space();
  BitRun last;

  world.edit([&](Transaction& transaction) {
    last = space.allocate_clusters(transaction, 1);
    space.free_clusters(transaction, ClusterNo(last.first), 1);
    REQUIRE_THROWS_AS(space.allocate_clusters(transaction, 1), Error);
  });

  world.edit([&](Transaction& transaction) { REQUIRE(space.allocate_clusters(transaction, 1) == last); });
}

TEST_CASE("a range that reaches over several groups is freed as one", "[space]") {
  EditWorld world(wish_for(512));
  const u64 border = world.geometry().clusters_per_group();
  Space space = world.space();
  const u64 used_before = world.used_clusters();
  world.edit([&](Transaction& transaction) {
    REQUIRE(space.allocate_clusters(transaction, 10, ClusterNo(border + 1)) == BitRun{border + 1, 10});
    space.free_clusters(transaction, ClusterNo(border + 1), 10);
  });
  REQUIRE(world.used_clusters() == used_before);
  world.edit([&](Transaction& transaction) {
    CHECK_THROWS_WITH(space.free_clusters(transaction, ClusterNo(border - 2), 4),
                      Contains("group descriptor"));
    CHECK_THROWS_WITH(space.free_clusters(transaction, ClusterNo(border + 1), 1), Contains("not all in use"));
    CHECK_THROWS_WITH(space.free_clusters(transaction, ClusterNo(0), 1), Contains("superblock"));
    CHECK_THROWS_WITH(space.free_clusters(transaction, ClusterNo(1 << 20), 1),
                      Contains("there are no 1 clusters"));
  });
  world.audit();
}

TEST_CASE("inode and metadata blocks are taken and given back at random", "[space]") {
  const u32 block_size = GENERATE(512u, 4096u);
  const bool discontiguous = GENERATE(false, true);
  VolumeWish wish = wish_for(block_size);
  if (!discontiguous) wish.features = wish.features.without(feature::discontig_bg);
  EditWorld world(wish);
  Space space = world.space(1);
  std::mt19937 random(block_size + discontiguous);
  std::map<u64, Origin> inodes, others;
  for (u32 round = 0; round < 40; ++round)
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 100; ++i) {
        const bool inode = random() % 2 == 0;
        auto& ours = inode ? inodes : others;
        if (random() % 4 != 0 || ours.empty()) {
          const NewBlock made =
              inode ? make_inode(transaction, space, world.geometry()) : space.allocate_metadata(transaction);
          REQUIRE(ours.emplace(made.block.value, made.origin).second);
          REQUIRE(made.origin.slot == 1);
        } else {
          const auto gone = std::next(ours.begin(), random() % ours.size());
          if (inode)
            space.free_inode(transaction, BlockNo(gone->first), gone->second, 1'800'000'000);
          else
            space.free_metadata(transaction, BlockNo(gone->first), gone->second);
          ours.erase(gone);
        }
      }
    });

  world.audit();
  for (const auto& [block, origin] : inodes) {
    const auto place = world.allocator(SystemFile::inode_alloc, 1).place_of(BlockNo(block));
    REQUIRE((place && place->in_use() && place->bit == origin.bit && place->group.block() == origin.group));
    REQUIRE(world.volume().inode(InodeNo(block))->suballoc_bit == origin.bit);
  }
  const auto allocator = world.allocator(SystemFile::inode_alloc, 1);
  u64 groups = 0;
  allocator.each_group([&](const BlockRef<GroupDescriptor>&) { return ++groups; });
  REQUIRE(allocator.used_bits() == groups + inodes.size());
}

TEST_CASE("a deleted inode says so", "[space]") {
  EditWorld world(wish_for(4096));
  Space space = world.space();
  NewBlock made;
  world.edit([&](Transaction& transaction) { made = make_inode(transaction, space, world.geometry()); });

  world.edit([&](Transaction& transaction) {
    Origin wrong = made.origin;
    wrong.bit += 1;
    CHECK_THROWS_WITH(space.free_inode(transaction, made.block, wrong, 1), Contains("is not at bit"));
    space.free_inode(transaction, made.block, {made.origin.slot, made.origin.bit, BlockNo()}, 1'800'000'001);
  });

  const auto inode = world.volume().any_inode(inode_at(made.block));
  CHECK_FALSE(inode->has_flag(inode_flag::valid));
  CHECK(inode->dtime == 1'800'000'001);
  world.audit();
}

TEST_CASE("system inodes come from the global allocator", "[space]") {
  EditWorld world(wish_for(4096));
  Space space = world.space();
  u64 groups_before = 0, groups = 0;
  world.allocator(SystemFile::global_inode_alloc).each_group([&](const auto&) { return ++groups_before; });
  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 600; ++i) {
      const NewBlock made = space.allocate_system_inode(transaction);
      REQUIRE(made.origin.slot == no_slot);
    }
  });
  world.allocator(SystemFile::global_inode_alloc).each_group([&](const auto&) { return ++groups; });
  CHECK(groups > groups_before);
  world.audit();
}

TEST_CASE("where free space is scattered, a group of blocks lies in pieces", "[space]") {
  const u32 block_size = GENERATE(512u, 4096u);
  EditWorld world(wish_for(block_size));
  leave_only(world, 40, block_size == 512 ? 50 : 100);
  Space space = world.space(1);
  bool in_pieces = false;

  world.edit([&](Transaction& transaction) {
    const NewBlock first = space.allocate_inode(transaction);
    std::set<u64> blocks{first.block.value};
    for (u32 i = 0; i < 1000; ++i)
      REQUIRE(blocks.insert(space.allocate_inode(transaction).block.value).second);
  });

  world.audit();
  world.allocator(SystemFile::inode_alloc, 1).each_group([&](const BlockRef<GroupDescriptor>& group) {
    in_pieces = in_pieces || GroupDescriptor::discontiguous(group.bytes());
    return true;
  });
  REQUIRE(in_pieces);
}

TEST_CASE("a group that would need too many pieces is refused, and takes nothing", "[space]") {
  EditWorld world(wish_for(512));
  leave_only(world, 100, 5);
  const u64 used_before = world.used_clusters();
  Space space = world.space(1);

  world.edit([&](Transaction& transaction) {
    REQUIRE_THROWS_WITH(space.allocate_inode(transaction), Contains("does not fit into the free space"));
  });

  REQUIRE(world.used_clusters() == used_before);
  world.audit();
}

TEST_CASE("bits are marked by number, with all that counts them", "[space]") {
  EditWorld world(wish_for(4096));
  Space space = world.space();
  const u64 last = world.volume().geometry().clusters - 1;
  const BlockNo group = world.volume().geometry().cluster_group_block(0);
  const u64 used_before = world.used_clusters();
  world.edit([&](Transaction& transaction) { space.take_clusters(transaction, ClusterNo(last - 4), 3); });
  CHECK(world.used_clusters() == used_before + 3);
  world.audit();
  const auto refused = [&](auto act, const std::string& words) {
    world.edit([&](Transaction& transaction) {
      REQUIRE_THROWS_WITH(act(transaction), Contains(words));
      transaction.abort();
    });
  };
  refused([&](auto& t) { space.take_clusters(t, ClusterNo(last - 2), 1); }, "are not all free");
  refused([&](auto& t) { space.take_clusters(t, ClusterNo(last), 2); }, "there are no 2 clusters");
  refused([&](auto& t) { space.mark_bits(t, group, {0, 1}, false); }, "it holds the superblock");
  refused([&](auto& t) { space.mark_bits(t, group, {1'000'000, 1}, true); }, "there are no 1 bits");
  refused([&](auto& t) { space.mark_bits(t, group, {5, ~u64{0}}, true); }, "there are no");
  world.edit([&](Transaction& transaction) { space.mark_bits(transaction, group, {last - 4, 3}, false); });
  CHECK(world.used_clusters() == used_before);

  BlockNo inode_group;
  world.edit([&](Transaction& transaction) { inode_group = space.allocate_inode(transaction).origin.group; });
  refused([&](auto& t) { space.mark_bits(t, inode_group, {0, 1}, false); }, "which stays in use");
  world.edit([&](Transaction& transaction) { space.mark_bits(transaction, inode_group, {9, 2}, true); });
  world.audit();
  world.edit([&](Transaction& transaction) { space.mark_bits(transaction, inode_group, {9, 2}, false); });
  world.audit();
}

TEST_CASE("wrong counts of free clusters are counted anew", "[space]") {
  EditWorld world(wish_for(512, {}));
  BlockCache& cache = world.volume().cache();
  const BlockNo at = world.volume().geometry().cluster_group_block(1);
  std::vector<u8> group = cache.read_raw(at, 1);
  as<GroupDescriptor>(Bytes(group)).free_bits = 7;
  world.device.write(TestKey{}, world.volume().geometry().byte_of(at), group);
  cache.drop(at);
  world.edit([&](Transaction& transaction) {
    auto& bitmap = transaction.edit<Inode>(world.volume().system_file(SystemFile::global_bitmap).block());
    bitmap.bitmap.used = bitmap.bitmap.used + 3;
  });
  u32 wrong = 0;
  world.edit([&](Transaction& transaction) { wrong = correct_free_counts(transaction, world.volume()); });
  CHECK(wrong == 1);
  world.audit();
  world.edit([&](Transaction& transaction) { wrong = correct_free_counts(transaction, world.volume()); });
  CHECK(wrong == 0);
  world.audit();
}

}  // namespace ocfs2
