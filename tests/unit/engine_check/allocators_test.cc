// SPDX-License-Identifier: GPL-2.0-or-later
//
// Allocators: every way in which they can be wrong, seen, mended, and not seen again.
#include "tests/unit/engine_check/allocator_world.h"

namespace ocfs2 {
namespace {

constexpr SystemFile bitmap = SystemFile::global_bitmap;
constexpr SystemFile inodes = SystemFile::inode_alloc;
constexpr SystemFile blocks = SystemFile::extent_alloc;

struct Damage {
  std::string name;
  Codes codes;
  std::function<void(AllocatorWorld&)> apply;
};

/// Makes the first group of the extent allocator one in three pieces, 100, 50 and 106 clusters long.
void scatter(AllocatorWorld& world) {
  const BlockNo at = world.group(blocks);
  world.damage<GroupDescriptor>(at, [&](GroupDescriptor&, Bytes bytes) {
    const Bytes list = GroupDescriptor::pieces(bytes);
    as<ExtentList>(list).count = static_cast<u16>(world.geometry().extent_records_per_group());
    const u32 blocks_per_cluster = world.geometry().blocks_per_cluster();
    add_run(list, 0, 100, at.value);
    add_run(list, 100, 50, at.value + 100 * blocks_per_cluster);
    add_run(list, 150, 106, at.value + 150 * blocks_per_cluster);
  });
}

using ChangePieces = std::function<void(ExtentList&, std::span<ExtentRecord>)>;
void damage_pieces(AllocatorWorld& world, const ChangePieces& change) {
  world.damage<GroupDescriptor>(world.group(blocks), [&](GroupDescriptor&, Bytes bytes) {
    const Bytes list = GroupDescriptor::pieces(bytes);
    change(as<ExtentList>(list), ExtentList::record_slots(list));
  });
}

/// Damages of the pieces of a scattered group that the rest of the list can put right.
std::vector<Damage> piece_damages() {
  std::vector<Damage> all;
  const auto add = [&](std::string code, ChangePieces change) {
    all.push_back({code, {code}, [change](AllocatorWorld& world) {
                     scatter(world);
                     damage_pieces(world, change);
                   }});
  };
  using Pieces = std::span<ExtentRecord>;
  add("DISCONTIG_BG_DEPTH", [](ExtentList& list, Pieces) { list.tree_depth += 1; });
  add("DISCONTIG_BG_COUNT", [](ExtentList& list, Pieces) { list.count += 10; });
  add("DISCONTIG_BG_REC_RANGE", [](ExtentList&, Pieces pieces) { pieces[0].block += 1u << 30; });
  add("DISCONTIG_BG_CORRUPT_LEAVES",
      [](ExtentList&, Pieces pieces) { pieces[0].clusters = pieces[1].clusters = 257; });
  add("DISCONTIG_BG_CLUSTERS", [](ExtentList&, Pieces pieces) { pieces[2].clusters += 1; });
  add("DISCONTIG_BG_LESS_CLUSTERS", [](ExtentList& list, Pieces) { list.used -= 1; });
  add("DISCONTIG_BG_NEXT_FREE_REC", [](ExtentList& list, Pieces) { list.used += 1; });
  add("DISCONTIG_BG_LIST_CORRUPT", [](ExtentList&, Pieces pieces) {
    pieces[0].clusters = 257;
    pieces[1].clusters = 256;
  });
  add("DISCONTIG_BG_REC_CORRUPT", [](ExtentList&, Pieces pieces) {
    pieces[0].clusters = 257;
    pieces[1].clusters = 150;
  });
  add("DISCONTIG_BG_LEAF_CLUSTERS", [](ExtentList&, Pieces pieces) { pieces[0].clusters = 257; });
  add("DISCONTIG_BG_CPOS", [](ExtentList&, Pieces pieces) { pieces[1].cpos += 1; });
  return all;
}

std::vector<Damage> suballocator_damages() {
  return {
      {"a group of two chains",
       {"GROUP_CHAIN_LOOP"},
       [](AllocatorWorld& world) {
         world.damage_inode(blocks, [](Inode& inode) { inode.chains.used = static_cast<u16>(2); });
         const BlockNo group = world.group(blocks);
         world.damage_chain(blocks, 1, [group](ChainRecord& chain) { chain.block = group.value; });
       }},
      {"a group of two allocators",
       {"GROUP_DUPLICATE"},
       [](AllocatorWorld& world) {
         const BlockNo theirs = world.group(inodes, 0, 0, 0);
         world.damage_group(world.group(blocks),
                            [theirs](GroupDescriptor& group) { group.next_group = theirs.value; });
       }},
      {"a group that nothing leads to",
       {"CHAIN_EMPTY"},
       [](AllocatorWorld& world) {
         world.damage_chain(inodes, 0, [](ChainRecord& chain) { chain.block = 0; });
       }},
      {"a chain that was always empty",
       {"CHAIN_EMPTY"},
       [](AllocatorWorld& world) {
         world.damage<Inode>(block_of(world.file(blocks)), [](Inode& inode, Bytes bytes) {
           inode.chains.used = static_cast<u16>(2);
           const auto chains = ChainList::chains(Inode::body(bytes));
           std::swap(chains[0], chains[1]);
         });
         world.damage_group(world.group(blocks, 1),
                            [](GroupDescriptor& group) { group.chain = static_cast<u16>(1); });
       }},
  };
}

/// Damages of one field of a group, in the global bitmap and in a suballocator.
std::vector<Damage> field_damages() {
  std::vector<Damage> all;
  const auto add = [&](std::string code, std::function<void(GroupDescriptor&)> change) {
    for (const SystemFile file : {bitmap, SystemFile::global_inode_alloc, inodes, blocks})
      all.push_back(
          {code + " in " + std::string(row_of(file).name), {code}, [file, change](AllocatorWorld& world) {
             world.damage_group(world.group(file), change);
           }});
  };
  add("GROUP_BLKNO", [](GroupDescriptor& group) { group.block += 10; });
  add("GROUP_CHAIN", [](GroupDescriptor& group) { group.chain = static_cast<u16>(group.chain + 10); });
  add("GROUP_GEN", [](GroupDescriptor& group) { group.generation += 10; });
  add("GROUP_PARENT", [](GroupDescriptor& group) { group.parent_inode += 1000; });
  add("GROUP_FREE_BITS", [](GroupDescriptor& group) { group.free_bits += 10; });
  add("GROUP_BITS", [](GroupDescriptor& group) { group.bits -= 8; });
  add("GROUP_SIZE", [](GroupDescriptor& group) { group.bitmap_bytes = static_cast<u16>(9); });
  add("GROUP_CONTIG_FREE", [](GroupDescriptor& group) { group.contig_free_bits = static_cast<u16>(3000); });
  add("CHAIN_LINK_MAGIC", [](GroupDescriptor& group) { group.signature[0] = 'X'; });
  return all;
}

/// Damages of an allocator's inode.
std::vector<Damage> inode_damages() {
  std::vector<Damage> all;
  const auto add = [&](std::string code, std::function<void(Inode&)> change) {
    for (const SystemFile file : {bitmap, SystemFile::global_inode_alloc, inodes, blocks})
      all.push_back({code + " of " + std::string(row_of(file).name),
                     {code},
                     [file, change](AllocatorWorld& world) { world.damage_inode(file, change); }});
  };
  add("CHAIN_COUNT", [](Inode& inode) { inode.chains.count += 100; });
  add("CHAIN_NEXT_FREE", [](Inode& inode) { inode.chains.used = static_cast<u16>(inode.chains.count + 10); });
  add("CHAIN_CPG", [](Inode& inode) { inode.chains.clusters_per_group += 16; });
  add("CHAIN_BPC", [](Inode& inode) { inode.chains.bits_per_cluster = static_cast<u16>(3); });
  add("CHAIN_GROUP_BITS", [](Inode& inode) { inode.bitmap.total += 10; });
  add("CHAIN_GROUP_BITS", [](Inode& inode) { inode.bitmap.used += 10; });
  add("CHAIN_I_CLUSTERS", [](Inode& inode) { inode.clusters += 10; });
  add("CHAIN_I_SIZE", [](Inode& inode) { inode.size += 10; });
  return all;
}

std::vector<Damage> chain_damages() {
  std::vector<Damage> all;
  for (const SystemFile file : {bitmap, SystemFile::global_inode_alloc, inodes, blocks}) {
    const std::string name(row_of(file).name);
    all.push_back({"free bits of a chain in " + name, {"CHAIN_BITS"}, [file](AllocatorWorld& world) {
                     world.damage_chain(file, 0, [](ChainRecord& chain) { chain.free -= 10; });
                   }});
    all.push_back({"bits of a chain in " + name, {"CHAIN_BITS"}, [file](AllocatorWorld& world) {
                     world.damage_chain(file, 0, [](ChainRecord& chain) { chain.total += 10; });
                   }});
    all.push_back(
        {"beginning of a chain of " + name, {"CHAIN_HEAD_LINK_RANGE"}, [file](AllocatorWorld& world) {
           const u64 end = world.geometry().blocks();
           world.damage_chain(file, 0, [end](ChainRecord& chain) { chain.block = end + 10; });
         }});
    all.push_back(
        {"a chain of " + name + " that leads back", {"GROUP_CHAIN_LOOP"}, [file](AllocatorWorld& world) {
           const BlockNo head = world.group(file);
           world.damage_group(head, [head](GroupDescriptor& group) { group.next_group = head.value; });
         }});
    all.push_back({"a link of " + name + " to nowhere", {"CHAIN_LINK_RANGE"}, [file](AllocatorWorld& world) {
                     const u64 end = world.geometry().blocks();
                     world.damage_group(world.group(file),
                                        [end](GroupDescriptor& group) { group.next_group = end; });
                   }});
  }
  for (const SystemFile file : {inodes, blocks})
    all.push_back({"bytes behind the chains of " + std::string(row_of(file).name),
                   {"CHAIN_HEAD_LINK_RANGE"},
                   [file](AllocatorWorld& world) {
                     world.damage_chain(file, 9, [](ChainRecord& chain) { chain.block = 700; });
                   }});
  for (const SystemFile file : {inodes, blocks})
    all.push_back({"an empty chain of " + std::string(row_of(file).name),
                   {"CHAIN_EMPTY"},
                   [file](AllocatorWorld& world) {
                     world.damage_chain(file, 0, [](ChainRecord& chain) { chain.block = 0; });
                   }});
  return all;
}

std::vector<Damage> bitmap_damages() {
  return {
      {"a chain that ends too early",
       {"GROUP_EXPECTED_DESC"},
       [](AllocatorWorld& world) {
         world.damage_group(world.group(bitmap), [](GroupDescriptor& group) { group.next_group = 0; });
       }},
      {"a chain without a beginning",
       {"GROUP_EXPECTED_DESC"},
       [](AllocatorWorld& world) {
         world.damage_chain(bitmap, 0, [](ChainRecord& chain) { chain.block = 0; });
       }},
      {"a group where none can be",
       {"GROUP_UNEXPECTED_DESC"},
       [](AllocatorWorld& world) {
         world.damage_group(world.group(bitmap, 0, 1),
                            [](GroupDescriptor& group) { group.next_group = 5000; });
       }},
      {"a descriptor that is gone, behind another",
       {"CHAIN_LINK_MAGIC"},
       [](AllocatorWorld& world) {
         world.damage<GroupDescriptor>(world.group(bitmap, 0, 1), [](GroupDescriptor&, Bytes bytes) {
           std::ranges::fill(bytes, u8{0xA5});
         });
       }},
      {"a descriptor that is gone, before another",
       {"CHAIN_LINK_MAGIC"},
       [](AllocatorWorld& world) {
         world.damage<GroupDescriptor>(world.group(bitmap, 0, 0), [](GroupDescriptor&, Bytes bytes) {
           std::ranges::fill(bytes, u8{0xA5});
         });
       }},
      {"a generation further down a chain",
       {"CHAIN_LINK_GEN"},
       [](AllocatorWorld& world) {
         world.damage_group(world.group(bitmap, 1, 1),
                            [](GroupDescriptor& group) { group.generation = 0x1234; });
       }},
      {"two chains that meet",
       {"GROUP_CHAIN_LOOP"},
       [](AllocatorWorld& world) {
         const BlockNo other = world.group(bitmap, 1);
         world.damage_group(world.group(bitmap, 0, 1),
                            [other](GroupDescriptor& group) { group.next_group = other.value; });
       }},
  };
}

/// What the global bitmap says against the superblock, and against what is in use.
std::vector<Damage> number_damages() {
  return {
      {"a superblock that knows too few clusters",
       {"SUPERBLOCK_CLUSTERS"},
       [](AllocatorWorld& world) { world.damage_super([](SuperInode& super) { super.clusters -= 9000; }); }},
      {"a superblock that knows too many clusters",
       {"SUPERBLOCK_CLUSTERS"},
       [](AllocatorWorld& world) { world.damage_super([](SuperInode& super) { super.clusters += 9000; }); }},
      {"three opinions of the size",
       {"FIXED_CHAIN_CLUSTERS"},
       [](AllocatorWorld& world) {
         world.damage_super([](SuperInode& super) { super.clusters -= 5000; });
         world.damage_inode(bitmap, [](Inode& inode) { inode.clusters -= 9000; });
       }},
      {"clusters in use that are marked free",
       {"CLUSTER_ALLOC_BIT"},
       [](AllocatorWorld& world) { world.flip_bits(bitmap, 0, 1, 5); }},
      {"clusters marked used that nobody uses",
       {"CLUSTER_ALLOC_BIT"},
       [](AllocatorWorld& world) { world.flip_bits(bitmap, 1, 3000, 5); }},
      {"blocks marked used that nobody uses",
       {"METADATA_ALLOC_BIT"},
       [](AllocatorWorld& world) { world.flip_bits(blocks, 0, 700, 5); }},
      {"the descriptor's own block marked free",
       {"METADATA_ALLOC_BIT"},
       [](AllocatorWorld& world) { world.flip_bits(blocks, 0, 0, 1); }},
      {"an inode in use that is marked free",
       {"INODE_ALLOC_REPAIR"},
       [](AllocatorWorld& world) { world.flip_bits(SystemFile::global_inode_alloc, 0, 9, 1); }},
  };
}

void try_all(const std::vector<Damage>& damages, const VolumeWish& wish) {
  for (const Damage& damage : damages) {
    SECTION(damage.name) {
      AllocatorWorld world(wish);
      damage.apply(world);
      require_found_and_mended(world, damage.codes);
    }
  }
}

TEST_CASE("a sound volume has sound allocators", "[check][allocators]") {
  VolumeWish wish;
  wish.block_size = GENERATE(512, 1024, 4096);
  wish.features = features_of(FeatureLevel::max_features);
  AllocatorWorld world(wish);
  CHECK(world.look().codes == Codes{});
}

TEST_CASE("a wrong field of a group is found and mended", "[check][allocators]") {
  try_all(field_damages(), small_groups());
}
TEST_CASE("a wrong field of an allocator's inode is found and mended", "[check][allocators]") {
  try_all(inode_damages(), small_groups());
}
TEST_CASE("a wrong link of an allocator is cut, and what it lost is found", "[check][allocators]") {
  try_all(chain_damages(), small_groups());
}
TEST_CASE("the global bitmap is put together from what is known of it", "[check][allocators]") {
  try_all(bitmap_damages(), small_groups());
}
TEST_CASE("the size of the volume and the use of its space are compared", "[check][allocators]") {
  try_all(number_damages(), small_groups());
}

TEST_CASE("a suballocator is put together from what is known of it", "[check][allocators]") {
  try_all(suballocator_damages(), small_groups());
}
TEST_CASE("a group without a descriptor is made anew from the blocks in it", "[check][allocators]") {
  for (const SystemFile file : {SystemFile::global_inode_alloc, inodes})
    SECTION(system_file_name(file)) {
      AllocatorWorld world;
      const BlockNo group = world.group(file);
      const auto before = world.block<GroupDescriptor>(group);
      world.damage<GroupDescriptor>(group,
                                    [](GroupDescriptor&, Bytes bytes) { std::ranges::fill(bytes, u8{0}); });
      require_found_and_mended(world, {"CHAIN_LINK_MAGIC"});
      const auto after = world.block<GroupDescriptor>(group);
      CHECK(std::ranges::equal(GroupDescriptor::bitmap(ConstBytes(after)),
                               GroupDescriptor::bitmap(ConstBytes(before))));
    }
}
TEST_CASE("the pieces of a scattered group are put right", "[check][allocators]") {
  AllocatorWorld sound;
  scatter(sound);
  CHECK(sound.look().codes == Codes{});
  try_all(piece_damages(), small_groups());
}

TEST_CASE("a group whose pieces cannot be made out goes", "[check][allocators]") {
  AllocatorWorld world;
  scatter(world);
  damage_pieces(world, [](ExtentList&, std::span<ExtentRecord> pieces) { pieces[1].block = 1u << 30; });
  CHECK(world.mend().codes.front() == "DISCONTIG_BG_REC_RANGE");
  CHECK(world.look().codes == Codes{});
}

TEST_CASE("groups behind a lost link are searched for where nothing else is", "[check][allocators]") {
  // Two groups on one chain, of which the second is lost without a trace in the first.
  AllocatorWorld world;
  const BlockNo first = world.group(blocks);
  const BlockNo second = world.group(blocks, 0, 0, 1);
  world.damage_group(second, [&](GroupDescriptor& group) { group.parent_inode = world.file(blocks).value; });
  const auto other = world.block<Inode>(block_of(world.file(blocks, 1)));
  const ChainRecord theirs = ChainList::chains(Inode::body(ConstBytes(other)))[0];
  world.damage_chain(
      blocks, 0, [](ChainRecord& chain) { chain = {}; }, 1);
  world.damage_inode(
      blocks,
      [](Inode& inode) {
        inode.bitmap = {};
        inode.clusters = 0;
        inode.chains.used = 0;
        inode.size = 0;
      },
      1);
  world.damage_chain(blocks, 0, [&](ChainRecord& chain) {
    chain.total += theirs.total;
    chain.free += theirs.free;
  });
  world.damage_inode(blocks, [&](Inode& inode) {
    inode.bitmap.total += theirs.total;
    inode.bitmap.used += theirs.total - theirs.free;
    inode.clusters += inode.clusters;
    inode.size += inode.size;
  });
  require_found_and_mended(world, {"GROUP_LOST"});
  CHECK(std::set{world.group(blocks, 0, 0), world.group(blocks, 0, 1)} == std::set{first, second});
}

TEST_CASE("a wrong checksum of a group is found and mended", "[check][allocators]") {
  VolumeWish wish = small_groups();
  wish.features = wish.features | feature::metaecc;
  AllocatorWorld world(wish);
  for (const SystemFile file : {bitmap, inodes}) {
    const u64 at = world.geometry().byte_of(world.group(file)) + offsetof(GroupDescriptor, check);
    world.device.write(TestKey{}, at, std::vector<u8>{1, 2, 3, 4, 5, 6});
  }
  require_found_and_mended(world, {"BAD_CRC32", "BAD_CRC32"});
}

}  // namespace
}  // namespace ocfs2
