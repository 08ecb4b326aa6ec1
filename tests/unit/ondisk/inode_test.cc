// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/inode.h"

#include <catch2/catch.hpp>

#include "ondisk/directory.h"
#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

Fields judge(ConstBytes block, u64 at) {
  return fixtures::faults(Inode::kind, block, fixtures::sample_volume(), at);
}

/// An inode in use with nothing in it, at block 10800.
std::vector<u8> fresh_inode(u16 mode, u32 flags = inode_flag::valid) {
  std::vector<u8> block(4096);
  auto& inode = as<Inode>(Bytes(block));
  stamp(inode.signature, Inode::signature_text);
  inode.fs_generation = fixtures::sample_volume().generation;
  inode.block = 10800;
  inode.mode = mode;
  inode.flags = flags;
  inode.links_count = 1;
  inode.extents.count = 243;
  return block;
}

/// Three extents with holes between, the second one unwritten.
std::vector<u8> sparse_file() {
  std::vector<u8> block = fresh_inode(file_mode::regular | 0644);
  const auto list = fixtures::hex(
      "00 00 f3 00 03 00 00 00 00 00 00 00 00 00 00 00"
      "00 00 00 00 01 00 00 00 31 2e 00 00 00 00 00 00"
      "02 00 00 00 01 00 00 01 32 2e 00 00 00 00 00 00"
      "04 00 00 00 01 00 00 00 33 2e 00 00 00 00 00 00");
  std::copy(list.begin(), list.end(), block.begin() + Inode::body_offset);
  as<Inode>(Bytes(block)).clusters = 3;
  as<Inode>(Bytes(block)).size = 20480;
  return block;
}

/// The global bitmap, block 11.
std::vector<u8> global_bitmap() {
  std::vector<u8> block = fresh_inode(file_mode::regular | 0644, 0x491);
  auto& inode = as<Inode>(Bytes(block));
  inode.block = 11;
  inode.suballoc_slot = no_slot;
  inode.clusters = 76800;
  inode.size = u64{76800} * 4096;
  const auto totals = fixtures::hex("28 2e 00 00 00 2c 01 00 00 7e 01 00 f3 00 03 00");
  std::copy(totals.begin(), totals.end(), block.begin() + 0xB8);
  const auto chains = fixtures::hex(
      "da 4f 00 00 00 7e 00 00 03 00 00 00 00 00 00 00"
      "ff 7d 00 00 00 7e 00 00 00 7e 00 00 00 00 00 00"
      "ff 2f 00 00 00 30 00 00 00 fc 00 00 00 00 00 00");
  std::copy(chains.begin(), chains.end(), block.begin() + 0xD0);
  return block;
}

/// Attributes in the last 256 bytes, and the records that make room for them given up.
std::vector<u8> file_with_attributes() {
  std::vector<u8> block = fresh_inode(file_mode::regular | 0644);
  auto& inode = as<Inode>(Bytes(block));
  inode.dynamic_features = dynamic_feature::has_xattr | dynamic_feature::inline_xattr;
  inode.xattr_inline_size = 256;
  inode.extents.count = 227;
  return block;
}

}  // namespace

TEST_CASE("the root directory of a real volume", "[ondisk][inode]") {
  const std::vector<u8> block = fixtures::root_directory();
  CHECK(judge(block, 5).empty());
  const auto& inode = as<Inode>(ConstBytes(block));
  CHECK(inode.suballoc_slot == no_slot);
  CHECK(inode.is_directory());
  CHECK(inode.links() == 3);
  CHECK(inode.body_kind() == InodeBody::inline_data);
  const ConstBytes area = InlineData::data(Inode::body(block));
  CHECK(area.size() == 3896);
  CHECK(find_entry(area, "lost+found") == 32);
  CHECK(as<DirectoryEntry>(area.subspan(32)).inode == 10791);
}

TEST_CASE("a sparse file with an unwritten extent", "[ondisk][inode]") {
  const std::vector<u8> block = sparse_file();
  CHECK(judge(block, 10800).empty());
  const auto records = ExtentList::records(Inode::body(block));
  REQUIRE(records.size() == 3);
  CHECK(records[1].cpos == 2);
  CHECK(records[1].flags == ExtentRecord::unwritten);
  CHECK(records[2].block == 11827);
  CHECK(records[2].end() == 5);
}

TEST_CASE("the global bitmap's inode", "[ondisk][inode]") {
  const std::vector<u8> block = global_bitmap();
  CHECK(judge(block, 11).empty());
  const auto& inode = as<Inode>(ConstBytes(block));
  CHECK(inode.bitmap.used == 11816);
  CHECK(inode.bitmap.total == 76800);
  CHECK(inode.body_kind() == InodeBody::chain_list);
  CHECK(inode.chains.clusters_per_group == 32256);
  const auto chains = ChainList::chains(Inode::body(block));
  REQUIRE(chains.size() == 3);
  CHECK(chains[0].free == 20442);
  CHECK(chains[2].block == 64512);
}

TEST_CASE("damage in any inode", "[ondisk][inode]") {
  std::vector<u8> block = sparse_file();
  auto& inode = as<Inode>(Bytes(block));
  SECTION("whose it is and where") {
    inode.signature[7] = 'X';
    inode.block = 10801;
    inode.fs_generation = 1;
    CHECK(judge(block, 10800) == Fields{"i_signature", "i_blkno", "i_fs_generation"});
  }
  SECTION("no file type") {
    inode.mode = 0644;
    CHECK(judge(block, 10800) == Fields{"i_mode"});
  }
  SECTION("an unlinked inode that is no orphan") {
    inode.links_count = 0;
    CHECK(judge(block, 10800) == Fields{"i_links_count"});
    inode.flags |= inode_flag::orphaned;
    CHECK(judge(block, 10800).empty());
    inode.orphaned_slot = 2;
    CHECK(judge(block, 10800) == Fields{"i_orphaned_slot"});
  }
  SECTION("allocators that are not there") {
    inode.suballoc_slot = 2;
    CHECK(judge(block, 10800) == Fields{"i_suballoc_slot"});
    inode.suballoc_slot = no_slot;
    CHECK(judge(block, 10800) == Fields{"i_suballoc_slot"});
  }
  SECTION("deleted and in use at once") {
    inode.dtime = 1;
    CHECK(judge(block, 10800) == Fields{"i_dtime"});
  }
  SECTION("a device number in a file") {
    inode.device = 1;
    CHECK(judge(block, 10800) == Fields{"id1"});
  }
  SECTION("references that do not fit the features") {
    inode.refcount_root = 500;
    inode.index_root = 76800;
    inode.xattr_block = 600;
    CHECK(judge(block, 10800) == Fields{"i_refcount_loc", "i_dx_root", "i_dyn_features"});
  }
  SECTION("another block size") { CHECK(judge(ConstBytes(block).first(512), 10800) == Fields{"block size"}); }
}

TEST_CASE("a free inode is judged by its place alone", "[ondisk][inode]") {
  std::vector<u8> block(4096, 0xEE);
  auto& inode = as<Inode>(Bytes(block));
  stamp(inode.signature, Inode::signature_text);
  inode.fs_generation = fixtures::sample_volume().generation;
  inode.block = 10800;
  inode.flags = 0;
  CHECK(judge(block, 10800).empty());
}

TEST_CASE("damage in the extents of an inode", "[ondisk][inode][extent]") {
  std::vector<u8> block = sparse_file();
  auto& inode = as<Inode>(Bytes(block));
  const auto records = ExtentList::records(Inode::body(Bytes(block)));
  SECTION("a capacity that is not the inode's") {
    inode.extents.count = 227;
    CHECK(judge(block, 10800) == Fields{"l_count"});
  }
  SECTION("more records than there is room for") {
    inode.extents.used = 60000;
    CHECK_FALSE(judge(block, 10800).empty());
  }
  SECTION("records out of order, or overlapping") {
    records[1].cpos = 5;
    CHECK(judge(block, 10800) == Fields{"e_cpos"});
    records[1].cpos = 0;
    CHECK(judge(block, 10800) == Fields{"e_cpos"});
  }
  SECTION("an empty record is legal at the left only") {
    records[0] = {};
    inode.clusters = 2;
    CHECK(judge(block, 10800).empty());
    records[1] = {};
    inode.clusters = 1;
    CHECK(judge(block, 10800) == Fields{"e_leaf_clusters"});
  }
  SECTION("outside the volume, or over the superblock") {
    records[2].block = 76800;
    CHECK(judge(block, 10800) == Fields{"e_blkno"});
    records[2].block = 76799;
    CHECK(judge(block, 10800).empty());
    records[2].block = 2;
    CHECK(judge(block, 10800) == Fields{"e_blkno"});
  }
  SECTION("flags that do not exist") {
    records[0].flags = 4;
    CHECK(judge(block, 10800) == Fields{"e_flags"});
  }
  SECTION("clusters that are not those of the records") {
    inode.clusters = 4;
    CHECK(judge(block, 10800) == Fields{"i_clusters"});
  }
  SECTION("a last extent block without levels, or levels without one") {
    inode.last_extent_block = 900;
    CHECK(judge(block, 10800) == Fields{"i_last_eb_blk"});
    inode.last_extent_block = 0;
    inode.extents.tree_depth = 1;
    inode.extents.used = 1;
    ExtentList::children(Inode::body(Bytes(block)))[0] = {.cpos = 0, .clusters = 5, .block = 900};
    CHECK(judge(block, 10800) == Fields{"i_last_eb_blk"});
    inode.last_extent_block = 900;
    CHECK(judge(block, 10800).empty());
    inode.extents.used = 0;
    CHECK(judge(block, 10800) == Fields{"l_next_free_rec"});
  }
  SECTION("deeper than any tree can be") {
    inode.extents.tree_depth = 300;
    inode.last_extent_block = 900;
    CHECK(judge(block, 10800).front() == "l_tree_depth");
  }
}

TEST_CASE("records address whole clusters", "[ondisk][inode][extent]") {
  VolumeFacts volume = fixtures::sample_volume();
  volume.geometry.cluster_bits = 15;
  std::vector<u8> block = sparse_file();
  for (ExtentRecord& record : ExtentList::records(Inode::body(Bytes(block))))
    record.block = record.block / 8 * 8;
  CHECK(fixtures::faults(Inode::kind, block, volume, 10800).empty());
  ExtentList::records(Inode::body(Bytes(block)))[0].block += 1;
  CHECK(fixtures::faults(Inode::kind, block, volume, 10800) == Fields{"e_blkno"});
}

TEST_CASE("damage in an allocator's inode", "[ondisk][inode][chain]") {
  std::vector<u8> block = global_bitmap();
  auto& inode = as<Inode>(Bytes(block));
  const auto chains = ChainList::chains(Inode::body(Bytes(block)));
  SECTION("more used than there is") {
    inode.bitmap.used = 76801;
    CHECK(judge(block, 11) == Fields{"i_used"});
  }
  SECTION("a list that is not the block's") {
    inode.chains.count = 244;
    CHECK(judge(block, 11) == Fields{"cl_count"});
    inode.chains.count = 243;
    inode.chains.used = 244;
    CHECK(judge(block, 11) == Fields{"cl_next_free_rec"});
  }
  SECTION("groups of nothing, bits of no size") {
    inode.chains.clusters_per_group = 0;
    inode.chains.bits_per_cluster = 3;
    CHECK(judge(block, 11) == Fields{"cl_cpg", "cl_bpc"});
  }
  SECTION("a chain that leads out of the volume, or has more free than all") {
    chains[1].block = 1 << 30;
    chains[2].free = chains[2].total + 1;
    CHECK(judge(block, 11) == Fields{"c_blkno", "c_free"});
    chains[1].block = 0;
    chains[2].free = 0;
    CHECK(judge(block, 11) == Fields{"c_total"});
  }
}

TEST_CASE("a local alloc", "[ondisk][inode][local_alloc]") {
  std::vector<u8> block = fresh_inode(file_mode::regular | 0644, 0xD1);
  auto& inode = as<Inode>(Bytes(block));
  const auto unused = fixtures::hex("00 00 00 00 00 00 00 00 00 00 00 00 30 0f 00 00");
  std::copy(unused.begin(), unused.end(), block.begin() + 0xB8);
  CHECK(inode.body_kind() == InodeBody::local_alloc);
  CHECK(judge(block, 10800).empty());
  CHECK(LocalAlloc::bitmap(Inode::body(ConstBytes(block))).size() == 3888);

  SECTION("a window") {
    inode.local_alloc.first_cluster = 76000;
    inode.bitmap.total = 800;
    inode.bitmap.used = 3;
    CHECK(judge(block, 10800).empty());
    inode.bitmap.total = 801;
    CHECK(judge(block, 10800) == Fields{"la_bm_off"});
  }
  SECTION("without room for bits, or with more than the block has") {
    inode.local_alloc.bitmap_bytes = 0;
    CHECK(judge(block, 10800) == Fields{"la_size"});
    inode.local_alloc.bitmap_bytes = 3889;
    CHECK(judge(block, 10800) == Fields{"la_size"});
  }
}

TEST_CASE("a truncate log", "[ondisk][inode][truncate_log]") {
  std::vector<u8> block = fresh_inode(file_mode::regular | 0644, 0x811);
  auto& inode = as<Inode>(Bytes(block));
  const auto empty = fixtures::hex("e7 01 00 00");
  std::copy(empty.begin(), empty.end(), block.begin() + 0xC0);
  CHECK(inode.body_kind() == InodeBody::truncate_log);
  CHECK(judge(block, 10800).empty());

  inode.truncate_log.used = 2;
  TruncateLog::slots(Inode::body(Bytes(block)))[0] = {.start = 76790, .clusters = 10};
  CHECK(judge(block, 10800).empty());
  TruncateLog::slots(Inode::body(Bytes(block)))[0].clusters = 11;
  CHECK(judge(block, 10800) == Fields{"t_start"});
  inode.truncate_log.used = 0;
  inode.truncate_log.count = 486;
  CHECK(judge(block, 10800) == Fields{"tl_count"});
}

TEST_CASE("inline data", "[ondisk][inode]") {
  std::vector<u8> block = fresh_inode(file_mode::regular | 0644);
  auto& inode = as<Inode>(Bytes(block));
  inode.dynamic_features = dynamic_feature::inline_data;
  inode.inline_data.count = 3896;
  inode.size = 100;
  CHECK(judge(block, 10800).empty());
  SECTION("longer than its room") {
    inode.size = 3897;
    CHECK(judge(block, 10800) == Fields{"i_size"});
  }
  SECTION("room beyond the block") {
    inode.inline_data.count = 3897;
    CHECK(judge(block, 10800) == Fields{"id_count"});
  }
  SECTION("and clusters, too") {
    inode.clusters = 1;
    CHECK(judge(block, 10800) == Fields{"i_clusters"});
  }
}

TEST_CASE("an inline directory must be filled by entries", "[ondisk][inode]") {
  std::vector<u8> block = fixtures::root_directory();
  as<DirectoryEntry>(Bytes(block).subspan(0xE8)).record_length = 3860;
  CHECK(judge(block, 5) == Fields{"rec_len"});
}

TEST_CASE("fast symlinks", "[ondisk][inode]") {
  std::vector<u8> block = fresh_inode(file_mode::symlink | 0777);
  auto& inode = as<Inode>(Bytes(block));
  const std::string_view target = "../elsewhere";
  inode.size = target.size();
  std::fill(block.begin() + Inode::body_offset, block.end(), 0);
  std::copy(target.begin(), target.end(), block.begin() + Inode::body_offset);
  CHECK(inode.body_kind() == InodeBody::fast_symlink);
  CHECK(Inode::fast_symlink_target(block) == target);
  CHECK(judge(block, 10800).empty());

  inode.size = 11;
  CHECK(judge(block, 10800) == Fields{"length of the target"});
  inode.size = 3904;
  CHECK(judge(block, 10800) == Fields{"i_size", "length of the target"});
}

TEST_CASE("directories with extents have whole blocks", "[ondisk][inode]") {
  std::vector<u8> block = sparse_file();
  auto& inode = as<Inode>(Bytes(block));
  inode.mode = file_mode::directory | 0755;
  inode.size = 12288;
  CHECK(judge(block, 10800).empty());
  inode.size = 8192 + 4032;  // as older tools leave it
  CHECK(judge(block, 10800).empty());
  inode.size = 8192 + 100;
  CHECK(judge(block, 10800) == Fields{"i_size"});
  inode.size = 16384;
  CHECK(judge(block, 10800) == Fields{"i_size"});
  inode.size = 0;
  CHECK(judge(block, 10800) == Fields{"i_size"});
}

TEST_CASE("an inline xattr area takes its room from the body", "[ondisk][inode][xattr]") {
  std::vector<u8> block = file_with_attributes();
  auto& inode = as<Inode>(Bytes(block));
  CHECK(judge(block, 10800).empty());
  CHECK(Inode::body(ConstBytes(block)).size() == 4096 - 0xC0 - 256);
  CHECK(Inode::xattr_area(ConstBytes(block)).size() == 256);
  SECTION("the list has not given it up") {
    inode.extents.count = 243;
    CHECK(judge(block, 10800) == Fields{"l_count"});
  }
  SECTION("there are said to be no attributes") {
    inode.dynamic_features = dynamic_feature::inline_xattr;
    CHECK(judge(block, 10800) == Fields{"i_dyn_features"});
  }
  SECTION("larger than the block") {
    inode.xattr_inline_size = 4000;
    inode.extents.count = 243;
    CHECK(judge(block, 10800) == Fields{"i_xattr_inline_size"});
    CHECK(Inode::xattr_area(ConstBytes(block)).empty());
  }
}

TEST_CASE("link counts beyond 16 bits are for indexed directories", "[ondisk][inode]") {
  std::vector<u8> block = fresh_inode(file_mode::directory | 0755);
  auto& inode = as<Inode>(Bytes(block));
  inode.links_count_high = 1;
  CHECK(inode.links() == 1);
  inode.dynamic_features = dynamic_feature::indexed_dir;
  CHECK(inode.links() == 65537);
  inode.set_links(70000);
  CHECK(inode.links() == 70000);
  inode.dynamic_features = 0;
  inode.set_links(5);
  CHECK(inode.links_count_high == 0);
}

TEST_CASE("device numbers", "[ondisk][inode]") {
  CHECK(device_number(8, 1) == 0x801);
  CHECK(device_number(259, 0x12345) == 0x12310345);
  CHECK(device_major(0x12310345) == 0x103);
  CHECK(device_minor(0x12310345) == 0x12345);
}

}  // namespace ocfs2
