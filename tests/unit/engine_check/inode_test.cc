// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "tests/worlds/inode_world.h"

namespace ocfs2 {
namespace {

constexpr const char* large_blocks = "rich-base-4k-metaecc";
constexpr const char* small_blocks = "rich-base";

using Wanted = bool (*)(const Inode&);

bool is_user(const Inode& inode) { return !inode.has_flag(inode_flag::system); }
bool has_extents(const Inode& inode) {
  return inode.body_kind() == InodeBody::extent_list && inode.clusters > 0 && is_user(inode);
}
bool deep_file(const Inode& inode) {
  return has_extents(inode) && inode.is_regular() && inode.extents.tree_depth > 0;
}
bool shallow_file(const Inode& inode) {
  return has_extents(inode) && inode.is_regular() && inode.extents.tree_depth == 0 && inode.extents.used >= 2;
}
bool many_extents(const Inode& inode) { return shallow_file(inode) && inode.extents.used >= 4; }
bool written_file(const Inode& inode) {
  return shallow_file(inode) && as<ExtentRecord>(bytes_of(inode).subspan(0xD0)).flags == 0 &&
         as<ExtentRecord>(bytes_of(inode).subspan(0xE0)).flags == 0;
}
bool any_file(const Inode& inode) {
  return has_extents(inode) && inode.is_regular() && inode.extents.tree_depth == 0;
}
bool extent_directory(const Inode& inode) { return has_extents(inode) && inode.is_directory(); }
bool inline_file(const Inode& inode) {
  return is_user(inode) && inode.is_regular() && inode.has_dynamic(dynamic_feature::inline_data);
}
bool inline_directory(const Inode& inode) {
  return is_user(inode) && inode.is_directory() && inode.has_dynamic(dynamic_feature::inline_data);
}
bool fast_link(const Inode& inode) { return is_user(inode) && inode.body_kind() == InodeBody::fast_symlink; }
bool slow_link(const Inode& inode) { return has_extents(inode) && inode.is_symlink(); }
bool local_alloc(const Inode& inode) { return inode.has_flag(inode_flag::local_alloc); }
bool truncate_log(const Inode& inode) { return inode.has_flag(inode_flag::truncate_log); }
bool unshared_file(const Inode& inode) { return any_file(inode) && inode.refcount_root == 0; }
bool sharing_file(const Inode& inode) { return is_user(inode) && inode.refcount_root != 0; }

ExtentRecord& record(Bytes block, u32 index) {
  return as<ExtentRecord>(
      block.subspan(Inode::body_offset + sizeof(ExtentList) + index * sizeof(ExtentRecord)));
}

struct Case {
  std::string name;
  std::vector<std::string> codes;  ///< what looking finds
  Wanted victim;
  std::function<void(InodeWorld&, Inode&, Bytes)> damage;
};

const Case cases[] = {
    {"own number", {"INODE_BLKNO"}, any_file, [](InodeWorld&, Inode& inode, Bytes) { inode.block += 100; }},
    {"signature",
     {"INODE_SIGNATURE"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.signature[0] = 'X'; }},
    {"flag VALID",
     {"INODE_ALLOC_REPAIR"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.flags &= ~inode_flag::valid; }},
    {"flag VALID of a directory with a wrong entry",
     {"INODE_ALLOC_REPAIR"},
     inline_directory,
     [](InodeWorld&, Inode& inode, Bytes bytes) {
       inode.flags &= ~inode_flag::valid;
       as<DirectoryEntry>(InlineData::data(Inode::body(bytes))).inode = ~u64{0};  // pass 2 mends that
     }},
    {"size of a directory before a wrong entry",
     {"INODE_INLINE_SIZE"},
     inline_directory,
     [](InodeWorld&, Inode& inode, Bytes bytes) {
       const Bytes area = InlineData::data(Inode::body(bytes));
       inode.size = 2 * DirectoryEntry::needed(2);
       as<DirectoryEntry>(area.subspan(inode.size)).inode = ~u64{0};
     }},
    {"time of deletion",
     {"INODE_NZ_DTIME"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.dtime = 100; }},
    {"bit in the allocator",
     {"INODE_SUBALLOC"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.suballoc_bit += 10; }},
    {"slot of the allocator",
     {"INODE_SUBALLOC"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.suballoc_slot += 1; }},
    {"nanoseconds",
     {"INODE_TIME"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.mtime_nsec = 1000000000; }},
    {"first union", {"INODE_ID1"}, any_file, [](InodeWorld&, Inode& inode, Bytes) { inode.device = 5; }},
    {"flags of a system file",
     {"INODE_FLAGS"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.flags |= inode_flag::chain; }},
    {"slot of an orphan",
     {"ORPHAN_SLOT"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) {
       inode.flags |= inode_flag::orphaned;
       inode.orphaned_slot = 200;
     }},
    {"type of a file", {"INODE_MODE"}, any_file, [](InodeWorld&, Inode& inode, Bytes) { inode.mode = 0644; }},
    {"type of a directory",
     {"INODE_MODE"},
     extent_directory,
     [](InodeWorld&, Inode& inode, Bytes) { inode.mode = 0755; }},
    {"mark of sharing without a tree",
     {"REFCOUNT_FLAG_INVALID"},
     unshared_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.dynamic_features |= dynamic_feature::has_refcount; }},
    {"sharing of a directory",
     {"REFCOUNT_FLAG_INVALID"},
     extent_directory,
     [](InodeWorld&, Inode& inode, Bytes) {
       inode.dynamic_features |= dynamic_feature::has_refcount;
       inode.refcount_root = 1;
     }},
    {"tree without mark",
     {"REFCOUNT_LOC_INVALID"},
     unshared_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.refcount_root = 100; }},
    {"mark of sharing lost",
     {"REFCOUNT_LOC_INVALID"},
     sharing_file,
     [](InodeWorld&, Inode& inode, Bytes) {
       inode.dynamic_features &= static_cast<u16>(~dynamic_feature::has_refcount);
     }},
    {"mark of an index on a file",
     {"INDEX_FLAG"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.dynamic_features |= dynamic_feature::indexed_dir; }},

    {"size of a window's bitmap",
     {"LALLOC_SIZE", "LALLOC_CLEAR"},
     local_alloc,
     [](InodeWorld&, Inode& inode, Bytes) { inode.local_alloc.bitmap_bytes += 10; }},
    {"used bits without a window",
     {"LALLOC_NZ_USED", "LALLOC_CLEAR"},
     local_alloc,
     [](InodeWorld&, Inode& inode, Bytes) { inode.bitmap.used = 10; }},
    {"set bits without a window",
     {"LALLOC_NZ_USED"},
     local_alloc,
     [](InodeWorld&, Inode&, Bytes bytes) { bytes[Inode::body_offset + sizeof(LocalAlloc) + 3] = 0x10; }},
    {"place of no window",
     {"LALLOC_NZ_BM", "LALLOC_CLEAR"},
     local_alloc,
     [](InodeWorld&, Inode& inode, Bytes) { inode.local_alloc.first_cluster = 100; }},
    {"window outside",
     {"LALLOC_BM_OVERRUN", "LALLOC_CLEAR"},
     local_alloc,
     [](InodeWorld& world, Inode& inode, Bytes) {
       inode.bitmap.total = 64;
       inode.local_alloc.first_cluster = world.geometry().clusters + 10;
     }},
    {"window too large",
     {"LALLOC_BM_SIZE", "LALLOC_CLEAR"},
     local_alloc,
     [](InodeWorld& world, Inode& inode, Bytes) {
       inode.bitmap.total = world.geometry().local_alloc_bitmap_bytes() * 8 + 10;
       inode.local_alloc.first_cluster = 100;
       REQUIRE(100 + inode.bitmap.total < world.geometry().clusters);
     }},
    {"window that straddles the end",
     {"LALLOC_BM_STRADDLE", "LALLOC_CLEAR"},
     local_alloc,
     [](InodeWorld& world, Inode& inode, Bytes) {
       inode.bitmap.total = 64;
       inode.local_alloc.first_cluster = world.geometry().clusters - 10;
     }},
    {"more used than there is",
     {"LALLOC_USED_OVERRUN", "LALLOC_CLEAR"},
     local_alloc,
     [](InodeWorld&, Inode& inode, Bytes) {
       inode.local_alloc.first_cluster = 100;
       inode.bitmap.total = 64;
       inode.bitmap.used = 65;
     }},
    {"room of a truncate log",
     {"DEALLOC_COUNT"},
     truncate_log,
     [](InodeWorld&, Inode& inode, Bytes) { inode.truncate_log.count += 10; }},
    {"records of a truncate log",
     {"DEALLOC_USED"},
     truncate_log,
     [](InodeWorld&, Inode& inode, Bytes) { inode.truncate_log.used = inode.truncate_log.count + 10u; }},
    {"record that begins outside",
     {"TRUNCATE_REC_START_RANGE"},
     truncate_log,
     [](InodeWorld& world, Inode& inode, Bytes bytes) {
       inode.truncate_log.used = 1;
       as<TruncateRecord>(bytes.subspan(0xC8)) = {world.geometry().clusters, 1};
     }},
    {"record that wraps",
     {"TRUNCATE_REC_WRAP"},
     truncate_log,
     [](InodeWorld&, Inode& inode, Bytes bytes) {
       inode.truncate_log.used = 1;
       as<TruncateRecord>(bytes.subspan(0xC8)) = {100, 0xFFFFFFFF};
     }},
    {"record that ends outside",
     {"TRUNCATE_REC_RANGE"},
     truncate_log,
     [](InodeWorld& world, Inode& inode, Bytes bytes) {
       inode.truncate_log.used = 1;
       as<TruncateRecord>(bytes.subspan(0xC8)) = {100, world.geometry().clusters};
     }},

    {"room for inline data",
     {"INLINE_DATA_COUNT_INVALID"},
     inline_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.inline_data.count = 0; }},
    {"size of inline data",
     {"INODE_INLINE_SIZE"},
     inline_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.size = inode.inline_data.count + 1u; }},
    {"clusters of inline data",
     {"INODE_INLINE_CLUSTERS"},
     inline_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.clusters = 1; }},
    {"target without an end",
     {"LINK_NULLTERM"},
     fast_link,
     [](InodeWorld&, Inode&, Bytes bytes) { std::ranges::fill(Inode::body(bytes), u8{'x'}); }},
    {"size of a fast link",
     {"LINK_SIZE"},
     fast_link,
     [](InodeWorld&, Inode& inode, Bytes) { inode.size += 10; }},
    {"size of a slow link",
     {"LINK_SIZE"},
     slow_link,
     [](InodeWorld&, Inode& inode, Bytes) { inode.size += 10; }},
    {"clusters of a slow link",
     {"LINK_FAST_DATA"},
     slow_link,
     [](InodeWorld&, Inode& inode, Bytes) { inode.clusters = 0; }},
    {"size of a directory",
     {"INODE_SIZE"},
     extent_directory,
     [](InodeWorld&, Inode& inode, Bytes) { inode.size = 0; }},
    {"data behind the end",
     {"INODE_SPARSE_SIZE"},
     written_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.size = 1; }},
    {"clusters of a file",
     {"INODE_SPARSE_CLUSTERS"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.clusters += 1; }},
    {"last extent block",
     {"INODE_LAST_EB"},
     deep_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.last_extent_block += 1; }},

    {"extents that are said to be data",
     {"INLINE_DATA_FLAG_INVALID"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.dynamic_features |= dynamic_feature::inline_data; }},
    {"room of a list",
     {"EXTENT_LIST_COUNT"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.extents.count += 3; }},
    {"depth of a root",
     {"EXTENT_LIST_DEPTH"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.extents.tree_depth = 1; }},
    {"depth of a deep root",
     {"EXTENT_LIST_DEPTH"},
     deep_file,
     [](InodeWorld&, Inode& inode, Bytes) { inode.extents.tree_depth = 0; }},
    {"order",
     {"EXTENT_ORDER"},
     shallow_file,
     [](InodeWorld&, Inode&, Bytes bytes) { std::swap(record(bytes, 0), record(bytes, 1)); }},
    {"flags",
     {"EXTENT_FLAGS"},
     any_file,
     [](InodeWorld&, Inode&, Bytes bytes) { record(bytes, 0).flags |= 0x40; }},
    {"mark of sharing on an extent",
     {"EXTENT_MARKED_REFCOUNTED"},
     unshared_file,
     [](InodeWorld&, Inode&, Bytes bytes) { record(bytes, 0).flags |= ExtentRecord::refcounted; }},
    {"mark unwritten in a directory",
     {"EXTENT_MARKED_UNWRITTEN"},
     extent_directory,
     [](InodeWorld&, Inode&, Bytes bytes) { record(bytes, 0).flags |= ExtentRecord::unwritten; }},
    {"place of an extent",
     {"EXTENT_BLKNO_RANGE"},
     any_file,
     [](InodeWorld&, Inode&, Bytes bytes) { record(bytes, 0).block = 1; }},
    {"end of an extent",
     {"EXTENT_CLUSTERS_OVERRUN"},
     any_file,
     [](InodeWorld& world, Inode&, Bytes bytes) {
       const Geometry& geometry = world.geometry();
       record(bytes, 0).block = geometry.first_block_of(ClusterNo(geometry.clusters - 1)).value;
       record(bytes, 0).clusters = 2;
     }},
    {"overlap",
     {"EXTENT_OVERLAP"},
     shallow_file,
     [](InodeWorld&, Inode&, Bytes bytes) {
       record(bytes, 1).cpos = record(bytes, 0).cpos + record(bytes, 0).clusters - 1u;
     }},
    {"many empty extents",
     {"EXTENT_EMPTY"},
     any_file,
     [](InodeWorld&, Inode& inode, Bytes bytes) {
       REQUIRE(inode.extents.used + 3 <= inode.extents.count);
       for (u32 i = inode.extents.used; i < inode.extents.used + 3u; ++i) record(bytes, i) = ExtentRecord{};
       inode.extents.used += 3;
     }},
    {"many overlaps",
     {"EXTENT_OVERLAP"},
     many_extents,
     [](InodeWorld&, Inode&, Bytes bytes) {
       for (u32 i = 1; i < 4; ++i) record(bytes, i).cpos = record(bytes, 0).cpos;
     }},
    {"hole in a directory",
     {"NO_HOLES"},
     extent_directory,
     [](InodeWorld&, Inode&, Bytes bytes) { record(bytes, 0).cpos += 7; }},
    {"span above a leaf",
     {"EXTENT_SPAN"},
     deep_file,
     [](InodeWorld&, Inode& inode, Bytes bytes) {
       REQUIRE(inode.extents.used >= 1);
       as<ChildRecord>(ConstBytes(bytes).subspan(Inode::body_offset + sizeof(ExtentList)));
       ExtentList::children(Inode::body(bytes))[0].clusters = 1;
     }},
    {"no data",
     {"DIR_ZERO"},
     extent_directory,
     [](InodeWorld&, Inode& inode, Bytes bytes) {
       inode.clusters = 0;
       inode.extents.used = 0;
       record(bytes, 0) = ExtentRecord{};
     }},
};

void examine(const char* corpus, const Case& the) {
  InodeWorld world(corpus);
  INFO(corpus << ": " << the.name);
  const auto victims = world.inodes(the.victim);
  if (victims.empty()) return;  // the other volume has one
  world.inode = victims.front();
  INFO("inode " << world.inode.value);
  REQUIRE(world.look().codes.empty());
  world.damage_inode([&](Inode& inode, Bytes bytes) { the.damage(world, inode, bytes); });

  CHECK(world.look().codes == the.codes);
  const auto mended = world.mend();
  CHECK(mended.codes == std::vector<std::string>{the.codes.front()});
  CHECK(mended.total.left() == 0);
  CHECK(world.look().codes.empty());
}

TEST_CASE("every fault of an inode is found, mended, and then gone", "[check][inode]") {
  for (const Case& the : cases)
    for (const char* corpus : {large_blocks, small_blocks}) examine(corpus, the);
}

TEST_CASE("every case of inode faults has a victim on one of the volumes", "[check][inode]") {
  InodeWorld large(large_blocks), small(small_blocks);
  for (const Case& the : cases) {
    INFO(the.name);
    CHECK(large.inodes(the.victim).size() + small.inodes(the.victim).size() > 0);
  }
}

TEST_CASE("no inode of a sound volume is sick", "[check][inode]") {
  for (const char* corpus : {large_blocks, small_blocks}) {
    InodeWorld world(corpus);
    for (const InodeNo inode : world.inodes([](const Inode&) { return true; })) {
      if (!world.ledger.find(block_of(inode))) continue;
      world.inode = inode;
      INFO(corpus << ": inode " << inode.value);
      const auto outcome = world.look();
      CHECK(outcome.texts.empty());
    }
  }
}

TEST_CASE("inodes of another generation count as free, and are asked about with -G", "[check][inode]") {
  InodeWorld world(large_blocks);
  world.inode = world.find(any_file);
  world.damage_inode([](Inode& inode, Bytes) { inode.fs_generation = 0x1234; });

  CHECK(world.look().codes.empty());
  CHECK(world.look().harvest.inodes.empty());
  world.stale_generations = true;
  CHECK(world.look().codes == std::vector<std::string>{"INODE_GEN", "INODE_GEN_FIX"});
  CHECK(world.mend().codes == std::vector<std::string>{"INODE_GEN"});
  const auto bytes = world.block<Inode>(block_of(world.inode));
  CHECK_FALSE(as<Inode>(ConstBytes(bytes)).has_flag(inode_flag::valid));
}

}  // namespace
}  // namespace ocfs2
